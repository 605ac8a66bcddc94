"""What several products cost together: changes when we read more ways of asking for a sum.

"How much are 3 whisks?" and "the whisk and the ladle together" are multiplied and added from the prices that are told
beside the sum. A figure is a number of pieces where a thing follows it, and not where a unit does.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from shopwright.catalog.facts import AVAILABILITY, STOCK
from shopwright.grounding.wording import wording
from shopwright.money import NO_CURRENCY
from shopwright.orchestrator import kinds
from shopwright.orchestrator.amounts import price_span
from shopwright.orchestrator.item import Item, Line, Shown
from shopwright.orchestrator.telling import line_of, prices_of
from shopwright.orchestrator.vocabulary import any_of, count_of, said, small_numbers
from shopwright.orchestrator.wanted import plain_text

_ASKS = re.compile(
    r"^\W*(?:(?:and|so|ok|okay|please|hi|hello)\W+)*"
    r"(?:how much (?:is|are|do|does|would|will|for)?|what(?:'s| is| are| do| does| would| will)?"
    r"(?= .*\b(?:cost|come to|be)\b)"
    r"|(?:what(?:'s| is| are)? )?(?:the )?(?:total(?: price| cost)?|price|cost)s?(?: of| for))\b\s*(?P<what>.*)$",
    re.I,
)
_TOGETHER = re.compile(r"\b(?:together|altogether|in total|in all|all in|combined)\b", re.I)
_ENDS = re.compile(
    r"\s*\b(?:(?:would|will|do|does) )?(?:cost|costs|be|come to|set me back)(?: me)?\b"
    r"|\b(?:please|cost|for|of)\s*$|[?.!]+\s*$",
    re.I,
)
_ALSO = re.compile(
    r"^(?:it |this |that |they |everything )?(?:(?:would|will|do|does|cost|costs|be|come to) )*"
    r"(?:it )?(?:cost |be |come to )?"
    r"(?:if|when) (?:i|we) (?:also )?(?:add|added|take|took|buy|bought|get|got|throw in|include|included)\s+"
    r"(?P<what>.+?)"
    r"(?: too| as well| to it| to that)?$",
    re.I,
)
_OTHER = re.compile(r"^\W*(?:do|does|can|could|is|are|will|would|which|who|where|when|why|how)\b", re.I)
_POINTS = re.compile(r"(?:it|this|that|them|these|those|each|of (?:it|them|these|those))", re.I)
_ARTICLE = re.compile(r"^(?:the|an?|your|some)\s+", re.I)
_BETWEEN = re.compile(r"\s*(?:,\s*and|,|\band\b|\bplus\b|&|\+)\s+", re.I)
_MOST = 999


@dataclass(frozen=True, slots=True)
class Part:
    """So many of what is called so; without a name: of what was shown."""

    count: int
    name: str


def parts_in(text: str) -> tuple[Part, ...]:
    """What is to be added up; nothing, where the words ask for no sum."""
    plain = plain_text(text)
    together = bool(_TOGETHER.search(plain))
    match = _ASKS.match(plain)
    if match is None and (not together or _OTHER.match(plain)):
        return ()
    what = _TOGETHER.sub(" ", match["what"] if match else plain).strip(" ?.!,")
    if (also := _ALSO.match(what)) is not None:
        return (Part(1, ""), *_read(also["what"]))
    what = _ENDS.sub(" ", _ENDS.sub(" ", what)).strip(" ?.!,")
    found = _read(what)
    if any(_OTHER.match(part.name) for part in found):
        return ()  # "how much is it, and can it be washed?"
    several = (len(found) > 1 and (together or "," not in what)) or any(part.count > 1 for part in found)
    return found if several else ()


def told(parts: Sequence[Part], items: Sequence[Item], shown: Sequence[str]) -> Shown | None:
    """The price of each, and what they come to; which one is meant, where a name is of several."""
    pointed = [item for item in items if item.product_id in shown]
    found = [pointed if not part.name else list(kinds.meant(part.name, items)) for part in parts]
    found = [list(one) for one in kinds.apart(found)]
    counts = any(part.count > 1 for part in parts)  # else its other words may ask for something else
    lacking = [part.name for part, meant in zip(parts, found, strict=True) if not meant]
    if lacking:
        if "" in lacking or len(lacking) == len(parts) or not counts:
            return None
        return Shown(
            (Line(wording().shelf["not_sold"].format(name=wording().shelf["or"].join(lacking))),), (), tuple(items)
        )
    unclear = next((meant for meant in found if len(meant) > 1), None)
    if unclear is not None:
        titles = "; ".join(item.title for item in unclear[:5])
        return Shown(
            (Line(wording().talk["which"].format(titles=titles)),), tuple(unclear[:5]), tuple(items), asks=True
        )
    chosen = [meant[0] for meant in found]
    if len({item.product_id for item in chosen}) < len(chosen):
        return None  # one name, with an "and" in it
    each = tuple({item.product_id: item for item in chosen}.values())
    lines = [line_of(item, prices_of(item)) for item in each]
    first = _sum([part.count for part in parts], chosen)
    names = frozenset({"price", "sale_price", STOCK, AVAILABILITY})
    return Shown((first, *lines), each, each, names)


def _sum(counts: Sequence[int], items: Sequence[Item]) -> Line:
    spans = [price_span(item) for item in items]
    for item, span in zip(items, spans, strict=True):
        if span is None:
            return Line(wording().shelf["does_not_say"].format(name="price", title=item.title), (item,))
    priced = [span for span in spans if span is not None]
    what = wording().shelf["and"].join(f"{count} x {item.title}" for count, item in zip(counts, items, strict=True))
    units = tuple(dict.fromkeys(unit for _, _, unit in priced))
    if len(units) > 1:
        return Line(
            wording().shelf["no_sum"].format(what=what), tuple({item.product_id: item for item in items}.values())
        )
    low = sum((count * span[0] for count, span in zip(counts, priced, strict=True)), Decimal(0))
    high = sum((count * span[1] for count, span in zip(counts, priced, strict=True)), Decimal(0))
    unit = "" if units[0] == NO_CURRENCY else f" {units[0]}"
    amount = f"{low:f}{unit}" if low == high else f"{low:f} to {high:f}{unit}"
    return Line(
        wording().shelf["sum"].format(what=what, amount=amount),
        tuple({item.product_id: item for item in items}.values()),
    )


def _read(what: str) -> tuple[Part, ...]:
    return tuple(part for piece in _BETWEEN.split(what) if (part := _part(piece.strip(" ?.!,"))) is not None)


def _part(piece: str) -> Part | None:
    match = _counted().match(piece)
    count, name = (count_of(match["count"]), piece[match.end() :]) if match else (1, piece)
    name = _ARTICLE.sub("", name.strip())
    if _POINTS.fullmatch(name):
        name = ""
    if not 0 < count <= _MOST or (not name and match is None and piece and not _POINTS.fullmatch(piece)):
        return None
    return Part(count, name)


def _counted() -> re.Pattern[str]:
    price = said("wanted")["price"]
    units = any_of([*price["units"].split(), *price["counted"].split()])
    return re.compile(
        rf"(?:only |just )?(?P<count>[0-9]{{1,3}}|{small_numbers()})(?![\w.,-])"
        rf"(?:\s*(?:x|times|pieces of|of the|of)\b)?\s*"
        rf"(?!(?:{units})(?![\w]))",
        re.I,
    )
