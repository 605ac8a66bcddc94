"""Whether one variant of a product can be had: changes when we understand more of which variant is meant.

"Is the hoody in moss in stock?" is answered with the stock of what is moss, and never with the stock of all. What a
variant is like is what its own values and its title say beyond what the product is called; words that are none of that
are left alone, unless they name a colour or a size, or stand where one would.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from shopwright.catalog.facts import AVAILABILITY, STOCK, Choice, Kind
from shopwright.grounding.wording import wording
from shopwright.llm import fits
from shopwright.orchestrator import fitting, seeking, telling, vocabulary
from shopwright.orchestrator.item import Item, Line, Shown
from shopwright.orchestrator.wanted import Wanted, wanted


def asks_stock(text: str) -> bool:
    """Whether the words ask if something can be had, or how many of it there are."""
    return fits.asks_stock(text)


def meant(text: str, items: Sequence[Item], variants: Mapping[str, Sequence[Choice]]) -> Item | None:
    """The one product that is asked about: named in full, or by words that only its name and its variants have. Where
    "Dutch Oven, Juniper" is a product of its own, "the Dutch Oven in juniper" means that one."""
    words = set(fits.tokens(text))
    named = [item for item in items if set(fits.tokens(item.title)) <= words]
    if named:
        longest = max(named, key=lambda item: len(fits.tokens(item.title)))
        return longest if all(_holds(longest.title, item.title) for item in named) else None
    terms = set(seeking.named_terms(text))
    held = [
        item
        for item in items
        if (title := set(seeking.named_terms(item.title))) & terms
        and terms - _like(item, variants.get(item.product_id, ())) - _said(text) <= title
    ]
    return held[0] if len(held) == 1 else None


def told(text: str, item: Item, variants: Sequence[Choice]) -> Shown | None:
    """What is left of the variants of a product that are asked for; None: no variant is."""
    asked = _asked(text, item, variants)
    if not asked.what:
        return None
    names = frozenset({*_tables().like, STOCK, AVAILABILITY})
    most = vocabulary.figures()["most"]
    fitting = asked.fitting
    if fitting:
        together = any(_is_of_several(one, asked.wishes, asked.said) for one in fitting)
        lines = [Line(wording().shelf["counted_together"], (item,))] if together else []
        return Shown((*lines, *(_line(item, one) for one in fitting[:most])), (item,), (item,), names)
    says = "does_not_say_of" if asked.elsewhere else "no_such_variant"
    first = Line(wording().shelf[says].format(title=item.title, what=asked.what), (item,))
    return Shown((first, *(_line(item, one) for one in variants[:most])), (item,), (item,), names)


def chosen(text: str, item: Item, variants: Sequence[Choice]) -> tuple[str, tuple[Choice, ...]]:
    """What the words say of a variant, and the variants that are so; all of them, where they say nothing of one."""
    asked = _asked(text, item, variants)
    return asked.what, asked.fitting if asked.what else tuple(variants)


def unexplained(text: str, item: Item, variants: Sequence[Choice]) -> set[str]:
    """The words that are neither in a product's name nor what a variant is or could be like."""
    title = set(seeking.named_terms(item.title))
    return set(seeking.named_terms(text)) - title - _like(item, variants) - _said(text)


def together(text: str, item: Item, variant: Choice) -> bool:
    """Whether a variant is of more than the one colour or size that the words ask for, as "EU 36-48" is."""
    asked = _asked(text, item, (variant,))
    return _is_of_several(variant, asked.wishes, asked.said)


def told_apart(variant: Choice, among: Sequence[Choice]) -> str:
    """What a variant is like and others among them are not, with its article number."""
    differ = [
        name
        for name in sorted(_tables().like)
        if name in variant.sheet and len({one.sheet[name].value for one in among if name in one.sheet}) > 1
    ]
    like = ", ".join(variant.sheet[name].text for name in differ)
    return f"{like} ({variant.sku})" if like else variant.sku


@dataclass(frozen=True, slots=True)
class _Asked:
    """Which variant the words ask for. `elsewhere`: all that they say is a place where none of them is."""

    what: str
    wishes: Wanted
    said: set[str]
    fitting: tuple[Choice, ...]
    elsewhere: bool = False


def _asked(text: str, item: Item, variants: Sequence[Choice]) -> _Asked:
    rest = _without(text, item.title)
    wishes = replace(wanted(rest), price=None, in_stock=False, sort=None)
    known = _like(item, variants)
    called = set(seeking.named_terms(item.title))
    said = {term for term in seeking.named_terms(rest) if term in known}
    places = (found["what"] for found in _tables().place.finditer(rest))
    other = next((one for one in places if not set(seeking.named_terms(one)) & (known | called)), "")
    named = bool(wishes.colours or wishes.sizes)
    fitting = tuple(one for one in variants if _is_so(one, item, said, wishes)) if named or not other else ()
    what = ", ".join((*wishes.colours, *wishes.sizes)) or other or ", ".join(sorted(said))
    return _Asked(what, wishes, said, fitting, elsewhere=not named and not said)


def _line(item: Item, variant: Choice) -> Line:
    one = replace(item, title=variant.title, sheet=variant.sheet)
    like = [name for name in ("colour", "size") if name in variant.sheet and _adds(variant, name)]
    if STOCK in variant.sheet or AVAILABILITY in variant.sheet:
        return telling.line_of(one, (*like, STOCK, AVAILABILITY))
    values = ", ".join(f"{name} {variant.sheet[name].text}" for name in like)
    title = f"{variant.title} ({values})" if values else variant.title
    told = tuple(variant.sheet[name] for name in like)
    return Line(wording().shelf["does_not_say"].format(name=STOCK, title=title), (one,), told)


def _adds(variant: Choice, name: str) -> bool:
    return not set(fits.tokens(variant.sheet[name].value)) <= set(fits.tokens(variant.title))


def _is_of_several(variant: Choice, wishes: Wanted, said: set[str]) -> bool:
    """Whether one record counts more than what was asked for: "EU 36-48", or "blue, white"."""
    asked = {"colour": bool(wishes.colours), "size": bool(wishes.sizes)}
    return any(
        ("," in fact.value or fitting.is_span(fact.value))
        and (asked.get(name, False) or bool(set(seeking.named_terms(fact.value)) & said))
        for name, fact in variant.sheet.items()
        if name in _tables().like
    )


def _is_so(variant: Choice, item: Item, said: set[str], wishes: Wanted) -> bool:
    one = replace(item, title=variant.title, sheet=variant.sheet)
    return said <= _of(variant) and fitting.is_like(one, wishes)


def _like(item: Item, variants: Sequence[Choice]) -> set[str]:
    """What tells the variants apart, and what they are like."""
    called = set(seeking.named_terms(item.title))
    return {term for one in variants for term in _of(one)} - called


def _of(variant: Choice) -> set[str]:
    values = [
        fact.text
        for name, fact in variant.sheet.items()
        if name in _tables().like and fact.kind in (Kind.WORDS, Kind.QUANTITY)
    ]
    return {term for text in (variant.title, *values) for term in seeking.named_terms(text)}


def _said(text: str) -> set[str]:
    """The words for colours and sizes, whether or not the product has such."""
    wishes = wanted(text)
    named = " ".join((*wishes.colours, *wishes.sizes, *(found["what"] for found in _tables().place.finditer(text))))
    return set(seeking.named_terms(named))


def _without(text: str, title: str) -> str:
    """The words that are not the product's name, each of which it has once."""
    for word in re.findall(r"[^\W_]+", title):
        text = re.sub(rf"(?<![^\W_]){re.escape(word)}(?:e?s)?(?![^\W_])", " ", text, count=1, flags=re.I)
    return text


def _holds(title: str, other: str) -> bool:
    return set(fits.tokens(other)) <= set(fits.tokens(title))


@dataclass(frozen=True, slots=True)
class _Tables:
    """What `carry.toml` says of variants: the values that tell them apart, and where a colour or a size would stand."""

    like: frozenset[str]
    place: re.Pattern[str]


@cache
def _tables() -> _Tables:
    by = vocabulary.said("carry")["variants"]
    none, after = "|".join(by["in_no_variant"].split()), "|".join(by["then"])
    return _Tables(
        like=frozenset(by["like"]),
        place=re.compile(
            rf"\bin (?:the )?(?:colou?r )?(?P<what>(?!(?:{none})\b)[^\W\d_]{{3,}})(?=\s*(?:[?.!,]|$|(?:{after})\b))",
            re.I,
        ),
    )
