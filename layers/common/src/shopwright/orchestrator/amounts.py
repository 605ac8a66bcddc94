"""How much of something a product has, in the unit that a bound is in: changes when another figure can be compared.

A measure is told by one of several values, in several units, else by a name: `carry.toml` says by which.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from shopwright.catalog.facts import Kind, Told
from shopwright.llm import words
from shopwright.orchestrator.bounds import Measure
from shopwright.orchestrator.item import Item
from shopwright.orchestrator.seeking import By
from shopwright.orchestrator.vocabulary import any_of, said
from shopwright.orchestrator.wanted import Wanted

_FIGURE = re.compile(r"[0-9][0-9,]*(?:\.[0-9]+)?")
_BARE = re.compile(r"(?<![\w.,-])[1-9][0-9]?(?:\.[0-9])?(?![\w.,-])")
INCH = Decimal("25.4")
_MEASURE = "measure:"


@dataclass(frozen=True, slots=True)
class Held:
    """How much a product weighs, holds, gives ...: the value that says so (empty: its name does), the least and the
    most of it, and what else the value says: "20 cm blade" is the length of a blade."""

    name: str
    low: Decimal
    high: Decimal
    of: frozenset[str] = frozenset()


Amounts = Sequence[tuple[Measure, Mapping[str, Held]]]  # by product


def held_of(item: Item, wished: str) -> Held | None:
    """The amount by which a bound is kept. Of "40 x 30 cm" and "45 W, 18 W" the most counts; of variants, and of what
    is said of two cases, each."""
    means = _tables().measured[wished]
    for name in means.names:
        span = amount_of(item, name)
        if span is not None and span[2] == means.unit:
            return Held(name, span[0], span[1])
        fact = item.sheet.get(name)
        if fact is not None and fact.kind is Kind.WORDS and (one := _in_words(name, fact.value, means)):
            return one
    return _in_words("", item.title, means) if means.in_name else None


def _in_words(name: str, value: str, means: "_Measured") -> Held | None:
    amounts: list[Decimal] = []
    rest = value
    for match in _tables().amount.finditer(value):
        factor, unit = _tables().units[match["unit"]]
        if unit == means.unit:
            amounts += [Decimal(one.replace(",", "")) * factor for one in _FIGURE.findall(match["figures"])]
            rest = rest.replace(match[0], " ", 1)
    if not amounts:
        return None
    return Held(name, max(amounts) if means.most else min(amounts), max(amounts), words.terms(rest))


def in_inches(item: Item) -> Held | None:
    """A screen's name says its inches without the word: Clearview 27."""
    bare = [Decimal(one) for one in _BARE.findall(_tables().amount.sub(" ", item.title))]
    return Held("", bare[0] * INCH, bare[0] * INCH) if len(bare) == 1 else None


def amounts_held(wished: Measure, kind: Sequence[Item]) -> Mapping[str, Held]:
    """How much of it each of these has, by product: from the values, else, of inches, from the names."""
    held = {item.product_id: one for item in kind if (one := held_of(item, wished.name))}
    if not held and wished.unit in ("inch", "inches"):
        held = {item.product_id: one for item in kind if (one := in_inches(item))}
    return held


def measured_alike(wishes: Wanted, named: Sequence[Item], beside: Sequence[Item]) -> list[Item]:
    """Those that only stand in the category, if they are measured by what the things that are called so are measured
    by: a footprint sleeps nobody, and shears have no blade of so many centimetres."""
    kept = [] if named and any(one.endswith(" person") for one in wishes.sizes) else list(beside)
    for wished in wishes.measures:
        by = {(one.name, one.of) for item in named if (one := held_of(item, wished.name))}
        of_names = {name for name, _ in by}
        exact = wished.name == "length"
        kept = [
            item
            for item in kept
            if not by
            or ((one := held_of(item, wished.name)) and ((one.name, one.of) in by if exact else one.name in of_names))
        ]
    return kept


def measures_up(item: Item, wished: Measure, held: Mapping[str, Held]) -> bool:
    """Whether it weighs, or holds, so much; of variants that differ, each of them."""
    one = held.get(item.product_id)
    return one is not None and wished.holds(one.low) and wished.holds(one.high)


def price_span(item: Item) -> tuple[Decimal, Decimal, str] | None:
    """The lowest and the highest that it costs now. A sale price may be of some of its variants only."""
    price, sale = item.sheet.get("price"), item.sheet.get("sale_price")
    first = price or sale
    if first is None or first.kind is not Kind.MONEY:
        return None
    amounts = _amounts(first)
    if sale is not None and sale is not first and sale.unit == first.unit:
        cheaper = _amounts(sale)
        return min(*amounts, *cheaper), max(amounts) if len(set(amounts)) > 1 else max(cheaper), first.unit
    return min(amounts), max(amounts), first.unit


def _amounts(fact: Told) -> tuple[Decimal, ...]:
    return tuple(Decimal(end) for end in fact.value.split(" to "))


def short_of(wished: Measure, held: Held | None) -> Decimal:
    if held is None:
        return Decimal("Infinity")
    low = Decimal(0) if wished.least is None else max(Decimal(0), wished.least - held.low)
    return max(low, Decimal(0) if wished.most is None else held.high - wished.most)


def end_of(item: Item, by: By) -> Decimal | None:
    span = amount_of(item, by.name)
    return None if span is None else span[1] if by.most else span[0]


def amount_of(item: Item, name: str) -> tuple[Decimal, Decimal, str] | None:
    if name == "price":
        return price_span(item)
    if name.startswith(_MEASURE):
        held = _held_as(item, name.removeprefix(_MEASURE))
        # What else a value says is of another case: "7 h, 28 h with case".
        return None if held is None else (held.low, held.low, name)
    fact = item.sheet.get(name)
    if fact is None:
        return _labelled(item, name)
    if fact.kind is not Kind.QUANTITY or fact.unit not in _tables().units:
        return None
    factor, unit = _tables().units[fact.unit]
    if name == "weight" and unit != _tables().measured[name].unit:
        return None
    amounts = [amount * factor for amount in _amounts(fact)]
    return min(amounts), max(amounts), unit


def value_of(item: Item, name: str) -> str:
    """By which of its values an amount is told; empty: by its name, or none."""
    if name.startswith(_MEASURE):
        held = _held_as(item, name.removeprefix(_MEASURE))
        return "" if held is None else held.name
    if name in item.sheet:
        return name
    found = _label_in(item, name)
    return "" if found is None else found[0]


def _held_as(item: Item, measure: str) -> Held | None:
    if measure == "inches":
        return in_inches(item) if words.terms(item.title) & _tables().screens else None
    return held_of(item, measure)


def _labelled(item: Item, name: str) -> tuple[Decimal, Decimal, str] | None:
    """A figure that has this word before it in one of the values: "R-value 3.4", "comfort -8 °C"."""
    found = _label_in(item, name)
    return None if found is None else (found[1], found[1], f"{name} {found[2]}")


def _label_in(item: Item, name: str) -> tuple[str, Decimal, str] | None:
    says = re.compile(
        rf"(?<![\w-]){re.escape(name)}:?\s+(?P<figure>-?[0-9]+(?:\.[0-9]+)?)\s?(?P<unit>°?[^\W\d_]*)", re.I
    )
    for fact in item.sheet.values():
        match = says.search(fact.value) if fact.kind is Kind.WORDS else None
        if match is not None:
            return fact.name, Decimal(match["figure"]), match["unit"].casefold()
    return None


def unit_of(item: Item, name: str) -> str:
    span = amount_of(item, name)
    return "" if span is None else span[2]


def value_names(measure: str) -> tuple[str, ...]:
    """By which values a measure is told."""
    return _tables().measured[measure].names


@dataclass(frozen=True, slots=True)
class _Measured:
    """By which values a measure is told, in which unit; of several figures, whether the `most` is it."""

    names: tuple[str, ...]
    unit: str
    in_name: bool
    most: bool


@dataclass(frozen=True, slots=True)
class _Tables:
    """What `carry.toml` says of units and measures, ready to be searched with."""

    units: Mapping[str, tuple[Decimal, str]]
    measured: Mapping[str, _Measured]
    amount: re.Pattern[str]  # one or more figures before a unit, in words
    screens: frozenset[str]


@cache
def _tables() -> _Tables:
    lists = said("carry")
    units = any_of(lists["units"])
    figure = r"[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?"
    return _Tables(
        units={unit: (Decimal(str(factor)), base) for unit, (factor, base) in lists["units"].items()},
        measured={
            name: _Measured(tuple(one["names"]), one["unit"], one.get("in_name", False), one.get("most", False))
            for name, one in lists["measured"].items()
        },
        amount=re.compile(
            rf"(?<![\w.,])(?P<figures>{figure}(?:\s?[x×–-]\s?{figure})*)[\s-]?(?P<unit>{units})(?![\w/])"
        ),
        screens=words.terms(lists["screens"]["called"]),
    )
