"""Fills a product's record from the database: changes when another of its fields is to be told as it is now.

A passage holds what the feed said when it was embedded. Whatever in it is a fact is replaced by what the database says
at this moment, or left out when it says nothing: a claim is then held against this record, so that neither an old
figure nor one that somebody made up stands on it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from shopwright.catalog.columns import column, figures
from shopwright.catalog.facts import AVAILABILITY, OUT, STOCK, Sheet, Told

Field = tuple[str, str]
_SLOT = re.compile(r"\{\{\s*([a-z][a-z_0-9]{0,39}:[0-9]{1,4})\s*\}\}")
_CODES = frozenset({"id", "group", "sku", "parent"})
_TOLD_OTHERWISE = frozenset({"availability", "in_stock", "stock"})
_SOLD_LATER = frozenset({"on preorder", "on backorder"})


def filled(record: Sequence[Field], facts: Sheet) -> tuple[Field, ...]:
    """The record's fields as the database has them now, and whether it can be had."""
    told: list[Field] = []
    for label, value in record:
        known = column(label)
        if known.role in figures().prose or known.role in _CODES:
            told.append((label, value))
        elif known.name == STOCK or known.role in _TOLD_OTHERWISE:
            continue
        elif fact := facts.get(known.name):
            told.append(_field(label, known.unit, fact))
    names = {column(label).name for label, _ in told}
    told += [(name.replace("_", " "), facts[name].text) for name in ("sale_price",) if name in facts.keys() - names]
    # Before the prose: a description may hold what looks like a field.
    at = next((n for n, (label, _) in enumerate(told) if column(label).name == "description"), len(told))
    return (*told[:at], *_at_hand(facts), *told[at:])


def _at_hand(facts: Sheet) -> Iterable[Field]:
    stock, said = facts.get(STOCK), facts.get(AVAILABILITY)
    if stock is not None:
        yield STOCK, stock.text
    if stock is not None and (stock.value == "0" or said is None):
        later = said is not None and said.value in _SOLD_LATER
        yield AVAILABILITY, said.value if said is not None and later else OUT if stock.value == "0" else "in stock"
    elif said is not None:
        yield AVAILABILITY, said.text


def _field(label: str, unit: str, fact: Told) -> Field:
    """Under the merchant's own label. `weight_g: 1280` keeps its unit there, as long as it is still the fact's."""
    if unit and unit == fact.unit:
        return label, fact.value
    return (label if not unit else fact.name.replace("_", " ")), fact.text


def used(quotes: Iterable[str], facts: Sheet) -> tuple[Told, ...]:
    """The facts that quotations of a filled record tell. They hang on whether it can be had too: it would say so."""
    names = [column(quote.partition(": ")[0]).name for quote in quotes]
    return tuple(facts[name] for name in dict.fromkeys((*names, STOCK, AVAILABILITY)) if name in facts)


def as_passage(record: Iterable[Field]) -> str:
    """A record as a passage holds it."""
    return "; ".join(f"{label}: {value}" for label, value in record)


@dataclass(frozen=True, slots=True)
class Filled:
    """A text with its slots filled. `used` are the facts that it tells now; `unknown` are slots that stand for nothing:
    they are left where they are, and a sentence that has one does not stand."""

    text: str
    used: tuple[Told, ...]
    unknown: tuple[str, ...]


def fill(text: str, facts: Mapping[str, Told]) -> Filled:
    """`{{price:1}}` becomes what the fact of that slot says at this moment. Nothing else in the text is touched, and
    what a fact says is never read for slots again."""
    used: dict[str, Told] = {}
    unknown: dict[str, None] = {}

    def told(slot: re.Match[str]) -> str:
        fact = facts.get(slot[1])
        if fact is None:
            unknown[slot[1]] = None
            return slot[0]
        used[slot[1]] = fact
        return fact.text

    return Filled(_SLOT.sub(told, text), tuple(used.values()), tuple(unknown))
