"""Which of several is the lighter, the cheaper, the better by a value: changes when things are compared otherwise."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache

from shopwright.catalog.facts import AVAILABILITY, STOCK
from shopwright.grounding.wording import wording
from shopwright.money import NO_CURRENCY
from shopwright.orchestrator.amounts import amount_of, end_of, unit_of
from shopwright.orchestrator.item import Item, Line, Shown, is_out
from shopwright.orchestrator.seeking import By
from shopwright.orchestrator.telling import line_of, named_value, prices_of, stock_of
from shopwright.orchestrator.vocabulary import figures, said


def compared(
    items: Sequence[Item],
    by: By | None,
    *,
    by_how_much: bool = False,
    several: bool = False,
    groups: Sequence[Sequence[Item]] = (),
) -> Shown:
    """What two or more products have in common and apart, and which of them is the lighter, the cheaper, ... `several`:
    more than were named, since a name is of several: of the `groups`."""
    by = None if by is None else settled(by, items)
    names = [name for name in _order(items) if len({_value(item, name) for item in items}) > 1]
    names = names[: figures()["facts"]]
    if by is not None and by.name != "price":
        names = [*(name for name in sorted(values_of(by, items)) if name not in names), *names]
    lines: list[Line] = []
    if by is not None and by.name:
        said = _overlapping(groups, by) or (_difference(items, by) if by_how_much else None)
        lines.append(said or _verdict(items, by))
    elif by is not None:
        lines.append(nobody_says_which(by))
    lines += [Line(wording().shelf["several_called_so"])] if several else []
    lines += [line_of(item, (*prices_of(item), *names, *stock_of(item, out_only=True))) for item in items]
    decided = frozenset({*names, "price", "sale_price", STOCK, AVAILABILITY, *(values_of(by, items) if by else ())})
    return Shown(tuple(lines), tuple(items), tuple(items), decided)


def picked(items: Sequence[Item], by: By) -> Shown | None:
    """ "The cheaper one" of some."""
    by = settled(by, items)
    best = best_of(by, items) if by.name else []
    if not best:
        return None
    lines = [
        line_of(item, (*prices_of(item), *named_value(item, by.name), *stock_of(item, out_only=True))) for item in best
    ]
    return Shown(
        tuple(lines), tuple(best), tuple(items), frozenset({*values_of(by, items), "sale_price", STOCK, AVAILABILITY})
    )


def settled(by: By, items: Sequence[Item], *, few: bool = False) -> By:
    """By which value a word goes: the first that most of these have; `few`: that any two of them have."""
    for name, most in by.ways:
        amounts = [amount for item in items if (amount := amount_of(item, name)) is not None]
        enough = len(amounts) >= min(2, len(items)) > 0 and (few or 2 * len(amounts) >= len(items))
        if enough and len({unit for _, _, unit in amounts}) == 1:
            return replace(by, name=name, most=most)
    return by


def nobody_says_which(by: By) -> Line:
    return Line(wording().shelf["does_not_say_which_of" if by.of else "does_not_say_which"].format(word=by.word))


def values_of(by: By, items: Sequence[Item]) -> frozenset[str]:
    """The values of these by which they are compared."""
    return frozenset({by.name} if by.name == "price" else {one for item in items for one in named_value(item, by.name)})


def best_of(by: By, items: Sequence[Item]) -> list[Item]:
    """The one that has the least or the most, and those that have as much; of what costs money, one that can be had."""
    pool = [item for item in items if not is_out(item)] or list(items)
    ordered = by_amount(by, pool)
    first = end_of(ordered[0], by) if ordered else None
    return [item for item in ordered if end_of(item, by) == first]


def by_amount(by: By, items: Sequence[Item]) -> list[Item]:
    with_amount = [item for item in items if end_of(item, by) is not None]
    if len({unit_of(item, by.name) for item in with_amount}) > 1:
        return []  # nobody compares grams with litres, nor euros with dollars
    return sorted(with_amount, key=lambda item: (-1 if by.most else 1) * (end_of(item, by) or Decimal(0)))


def _verdict(items: Sequence[Item], by: By) -> Line:
    lacking = [item for item in items if end_of(item, by) is None]
    if lacking:
        name = by.of or by.name.replace("_", " ")
        return Line(wording().shelf["does_not_say"].format(name=name, title=lacking[0].title), (lacking[0],))
    ordered = by_amount(by, items)
    if not ordered:
        currencies = tuple(dict.fromkeys(unit_of(item, by.name) for item in items))
        if by.name != "price" or NO_CURRENCY in currencies:
            return nobody_says_which(by)
        units = wording().shelf["and"].join(currencies)
        return Line(wording().shelf["several_currencies"].format(currencies=units, word=by.word), tuple(items))
    best = [item for item in ordered if amount_of(item, by.name) == amount_of(ordered[0], by.name)]
    if any(_overlap(ordered[0], other, by) for other in ordered if other not in best):
        return Line(wording().shelf["depends"].format(word=by.word), tuple(items))
    if len(best) > 1:
        titles = wording().shelf["and"].join(item.title for item in best)
        return Line(wording().shelf["same"].format(titles=titles, name=by.of or _plainly(by.name)), tuple(best))
    says = "verdict_of" if by.of else "verdict"
    return Line(wording().shelf[says].format(title=best[0].title, word=by.word), (best[0],))


def _overlapping(groups: Sequence[Sequence[Item]], by: By) -> Line | None:
    """Of "the kettles and the pots" neither are the cheaper where some of each are cheaper than some of the others."""
    spans = [[span for item in group if (span := amount_of(item, by.name))] for group in groups]
    if len(spans) != 2 or not all(spans) or len({unit for group in spans for _, _, unit in group}) > 1:
        return None
    (low, high), (other_low, other_high) = (
        (min(span[0] for span in group), max(span[1] for span in group)) for group in spans
    )
    if low > other_high or other_low > high:
        return None
    said = wording().shelf["overlap"].format(word=by.word, name=by.of or _plainly(by.name))
    return Line(said, tuple(item for group in groups for item in group))


def _difference(items: Sequence[Item], by: By) -> Line | None:
    """By how much one of two is the cheaper, the lighter, ...: computed from the values that are told beside it."""
    spans = [span for item in items if (span := amount_of(item, by.name)) and span[0] == span[1]]
    ordered = by_amount(by, items)
    if len(items) != 2 or len(spans) != 2 or len(ordered) != 2 or spans[0][0] == spans[1][0]:
        return None
    apart, unit = abs(spans[0][0] - spans[1][0]), "" if spans[0][2] == NO_CURRENCY else spans[0][2]
    amount = f"{apart:f} {unit}".strip()
    said = wording().shelf["difference"]
    return Line(
        said.format(title=ordered[0].title, amount=amount, word=by.word, other=ordered[1].title), tuple(ordered)
    )


def _overlap(first: Item, other: Item, by: By) -> bool:
    """Whether some variant of the other beats, or is as good as, some variant of the first."""
    one, two = amount_of(first, by.name), amount_of(other, by.name)
    if one is None or two is None:
        return False
    return two[1] >= one[0] if by.most else two[0] <= one[1]


def _value(item: Item, name: str) -> str:
    fact = item.sheet.get(name)
    return "" if fact is None else fact.text


def _plainly(name: str) -> str:
    return name.rpartition(":")[2].replace("_", " ")


def _order(items: Sequence[Item]) -> list[str]:
    tables = _tables()
    held = {name for item in items for name in item.sheet} - tables.never
    return [*(name for name in tables.first if name in held), *sorted(held - set(tables.first))]


@dataclass(frozen=True, slots=True)
class _Tables:
    """In which order, by `carry.toml`, values are compared, and which never are."""

    first: tuple[str, ...]
    never: frozenset[str]


@cache
def _tables() -> _Tables:
    lists = said("carry")["compared"]
    return _Tables(first=tuple(lists["first"]), never=frozenset(lists["never"]))
