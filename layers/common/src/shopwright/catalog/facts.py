"""A product's facts, typed: changes when we learn to tell another kind of value apart.

A fact has an amount (of money, in minor units, or of a unit) or words, never both. The database gives each a version
that grows with every change, so that whoever kept an answer can ask whether it still holds.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from shopwright.catalog.columns import figures
from shopwright.money import NO_CURRENCY, Money
from shopwright.privacy.redact import mask

STOCK, AVAILABILITY, OUT = "stock", "availability", "out of stock"
MAX_WORDS = 500
_QUANTITY = re.compile(r"(?P<number>[0-9]{1,9}(?:\.[0-9]{1,6})?) ?(?P<unit>[^\W\d_]{1,6}|°[CF]|%)")
_NUMBER = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,6})?")


class Kind(StrEnum):
    """What sort of value a fact has."""

    MONEY = "money"
    QUANTITY = "quantity"
    FLAG = "flag"
    WORDS = "words"


@dataclass(frozen=True, slots=True)
class Fact:
    """One value of a product or of one of its variants. `unit` is a currency for money."""

    name: str
    kind: Kind
    amount: Decimal | None = None
    words: str | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """A fact as the database tells it now, of a product or of one of its variants (`sku`; empty: of all of them).

    Of variants that differ, `value` has the lowest and the highest, or all the words.
    """

    product_id: str
    sku: str
    name: str
    kind: Kind
    value: str
    unit: str
    version: int

    @property
    def key(self) -> str:
        """What a kept answer remembers the version by."""
        parts = (self.product_id, self.sku, self.name) if self.sku else (self.product_id, self.name)
        return "#".join(_escaped(part) for part in parts)

    @property
    def text(self) -> str:
        """The value as it is said, with its unit."""
        unit = "" if self.unit == NO_CURRENCY else self.unit
        return f"{self.value} {unit}" if unit else self.value


def read_key(key: str) -> tuple[str, str, str]:
    """Product, variant (or empty) and name that a key was made of."""
    product, *rest = (part.replace("%23", "#").replace("%25", "%") for part in key.split("#"))
    if not 1 <= len(rest) <= 2:
        raise ValueError("a fact's key is product#name or product#sku#name")
    return product, rest[0] if len(rest) == 2 else "", rest[-1]


def money(name: str, price: Money) -> Fact:
    return Fact(name, Kind.MONEY, Decimal(price.minor), unit=price.currency)


def fact(name: str, value: str, unit: str = "") -> Fact:
    """A merchant's value, as far as its type can be told. `unit` is the one that its column's name carries."""
    plain = value.strip()
    if unit and _NUMBER.fullmatch(plain):
        return Fact(name, Kind.QUANTITY, Decimal(plain), unit=unit)
    measured = _QUANTITY.fullmatch(plain)
    if measured and measured["unit"] in figures().units:
        return Fact(name, Kind.QUANTITY, Decimal(measured["number"]), unit=measured["unit"])
    if plain.casefold() in figures().flags:
        return Fact(name, Kind.FLAG, words=figures().flags[plain.casefold()])
    return Fact(name, Kind.WORDS, words=without_personal(name, plain[:MAX_WORDS]))


def availability(words: str) -> Fact:
    """`in_stock`, `InStock`, `https://schema.org/InStock`, `In Stock`: one spelling of each."""
    plain = re.sub(r"[^a-z]", "", words.casefold().rsplit("/", 1)[-1])
    said = figures().availability.get(plain)
    return Fact(AVAILABILITY, Kind.WORDS, words=said or without_personal(AVAILABILITY, words.strip()[:MAX_WORDS]))


def without_personal(name: str, words: str) -> str:
    """The words with what is personal masked. The name is read with them: an EAN is no card number."""
    lead = f"{name.replace('_', ' ')}: "
    return mask(lead + words).text.removeprefix(lead)


def told_value(kind: Kind, low: Decimal | None, high: Decimal | None, words: Iterable[str], unit: str) -> str:
    """What the variants' values come to: one value, the lowest and the highest, or every word once."""
    if kind is Kind.MONEY and low is not None and high is not None:
        ends = dict.fromkeys(Money(int(end), unit).amount for end in (low, high))
    elif kind is Kind.QUANTITY and low is not None and high is not None:
        ends = dict.fromkeys(format(end, "f") for end in (low, high))
    else:
        return ", ".join(dict.fromkeys(words))
    return " to ".join(ends)


Sheet = Mapping[str, Told]  # a product's facts, by name


@dataclass(frozen=True, slots=True)
class Choice:
    """One variant that is sold, with its own values and those that it shares, as they are now."""

    sku: str
    title: str
    sheet: Sheet


def _escaped(part: str) -> str:
    return part.replace("%", "%25").replace("#", "%23")
