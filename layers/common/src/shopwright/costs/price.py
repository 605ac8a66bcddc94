"""What things cost, by the price book: changes when we are billed for another kind of thing.

Amounts are whole nano-dollars (a thousand-millionth of a dollar), and no float ever comes near them. The price of a
line is rounded up to the next one, so that a bill is never lower than what it stands for, and higher by less than a
nano-dollar for each of its lines.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Any

from shopwright.errors import Invalid

DOLLAR = 10**9


class NotPriced(Invalid):
    """The price book has no line for this, and what has no price is not bought."""


class Unit(StrEnum):
    """What is metered besides tokens, each in whole units."""

    LAMBDA_MB_MS = "lambda_mb_ms"
    LAMBDA_REQUESTS = "lambda_requests"
    DATABASE_ACU_MS = "database_acu_ms"
    DYNAMODB_WRITE_UNITS = "dynamodb_write_units"
    DYNAMODB_READ_UNITS = "dynamodb_read_units"
    GUARDRAIL_TEXT_UNITS = "guardrail_text_units"
    EMBEDDING_TOKENS = "embedding_tokens"
    AMAZON_Q_UNITS = "amazon_q_units"
    MINDSDB_VCPU_MS = "mindsdb_vcpu_ms"
    MINDSDB_GB_MS = "mindsdb_gb_ms"


@dataclass(frozen=True, slots=True)
class Rate:
    """Nano-dollars for one unit, as an exact fraction."""

    nanos: int
    units: int

    def of(self, units: int) -> int:
        """What so many cost, rounded up."""
        if units < 0:
            raise ValueError(f"nobody is billed for {units} units")
        return -(-units * self.nanos // self.units)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a model read and wrote, as its provider meters it. `input` is what came from no cache and went to none."""

    input: int = 0
    output: int = 0
    cached: int = 0
    written: int = 0

    def __add__(self, other: "Tokens") -> "Tokens":
        return Tokens(
            self.input + other.input,
            self.output + other.output,
            self.cached + other.cached,
            self.written + other.written,
        )


@dataclass(frozen=True, slots=True)
class ModelPrice:
    """One model's prices for a token of each kind."""

    input: Rate
    cached: Rate
    output: Rate
    source: str

    def of(self, tokens: Tokens) -> int:
        """What the call cost, every kind of token counted."""
        return (
            self.input.of(tokens.input + tokens.written) + self.cached.of(tokens.cached) + self.output.of(tokens.output)
        )


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a bill."""

    what: str
    nanos: int


@dataclass(frozen=True, slots=True)
class Bill:
    """What something cost, line by line."""

    lines: tuple[Line, ...] = ()

    @property
    def nanos(self) -> int:
        return sum(line.nanos for line in self.lines)

    def __add__(self, other: "Bill") -> "Bill":
        return Bill((*self.lines, *other.lines))


@dataclass(frozen=True, slots=True)
class Source:
    """Where a price was read, and when."""

    name: str
    address: str
    read: date


@dataclass(frozen=True, slots=True)
class PriceBook:
    """The prices of one region."""

    region: str
    models: Mapping[str, ModelPrice]
    units: Mapping[Unit, Rate]
    sources: Mapping[str, Source]
    calls: Mapping[str, Mapping[Unit, int]]

    def model(self, name: str) -> ModelPrice:
        """The prices of a model by its name in the book."""
        if name not in self.models:
            raise NotPriced(f"The price book has no model {name} in {self.region}: add it to costs/prices.toml.")
        return self.models[name]

    def tokens(self, model: str, tokens: Tokens) -> Bill:
        """The bill of one call of a model."""
        return Bill((Line(model, self.model(model).of(tokens)),))

    def used(self, unit: Unit, units: int) -> Bill:
        """The bill of so many units of something else."""
        return Bill((Line(unit.value, self.units[unit].of(units)),))

    def call(self, cost: int | str) -> Bill:
        """The bill of one call of a tool: its kind's, or the nano-dollars that its definition names."""
        if isinstance(cost, int):
            return Bill((Line("tools", cost),))
        if cost not in self.calls:
            raise NotPriced(f"The price book has no calls of the kind {cost}: add them to costs/prices.toml.")
        return total(self.used(unit, units) for unit, units in self.calls[cost].items())


@cache
def price_book(region: str = "us-east-1") -> PriceBook:
    """The book of a region. Prices differ between regions, so that one without a table has no prices at all."""
    return read(tomllib.loads(files("shopwright.costs").joinpath("prices.toml").read_text("utf-8")), region)


def read(table: Mapping[str, Any], region: str) -> PriceBook:
    """A price book from its table. Every unit must be there, and every line must name a source that is."""
    if region not in table or region in ("sources", "calls"):
        raise NotPriced(f"The price book has no region {region}: add its table to costs/prices.toml.")
    sources = {name: Source(**row) for name, row in table["sources"].items()}
    models = {
        name: ModelPrice(
            input=_rate(row["input"], row["per"]),
            cached=_rate(row["cached"], row["per"]),
            output=_rate(row["output"], row["per"]),
            source=_known(row, sources),
        )
        for name, row in table[region]["models"].items()
    }
    rows = table[region]["units"]
    return PriceBook(
        region,
        models,
        {unit: _rate(rows[unit]["dollars"], rows[unit]["per"]) for unit in Unit if _known(rows[unit], sources)},
        sources,
        {kind: {Unit(unit): int(units) for unit, units in row.items()} for kind, row in table["calls"].items()},
    )


def nanos(dollars: str) -> int:
    """Whole nano-dollars from dollars as they are written in a data file."""
    amount = Fraction(Decimal(dollars)) * DOLLAR
    if amount.denominator != 1 or amount < 0:
        raise ValueError(f"{dollars} dollars is not a whole number of nano-dollars")
    return amount.numerator


def dollars(nano_dollars: int) -> str:
    """For people and for JSON: all nine places, exactly, without trailing zeros beyond the cent."""
    sign, nano_dollars = ("-", -nano_dollars) if nano_dollars < 0 else ("", nano_dollars)
    whole, rest = divmod(nano_dollars, DOLLAR)
    places = f"{rest:09d}".rstrip("0").ljust(2, "0")
    return f"{sign}{whole}.{places}"


def total(bills: Iterable[Bill]) -> Bill:
    """Several bills as one."""
    return Bill(tuple(line for bill in bills for line in bill.lines))


def _rate(dollars: str, per: int) -> Rate:
    if not isinstance(dollars, str) or type(per) is not int or per < 1:
        raise ValueError("a price is dollars, as text, for a whole number of units")
    one = Fraction(Decimal(dollars)) * DOLLAR / per
    if one < 0:
        raise ValueError(f"a price below zero: {dollars}")
    return Rate(one.numerator, one.denominator)


def _known(row: Mapping[str, Any], sources: Mapping[str, Source]) -> str:
    source: str = row["source"]
    if source not in sources:
        raise ValueError(f"a price is from {source}, which is not among the sources")
    return source
