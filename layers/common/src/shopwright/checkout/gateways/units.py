"""How each vendor counts an amount: changes when one counts in another way. The figures are in units.toml."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from shopwright.errors import Invalid
from shopwright.money import Money, exponent


class AmountUnsupported(Invalid):
    """The vendor has no way to write this amount."""

    def __init__(self) -> None:
        super().__init__("This amount cannot be paid in this currency. Please ask the shop.")


def to_vendor(money: Money, vendor: str) -> int:
    """The amount in the vendor's units: 500 JPY is 500, and 5 ISK is 500 too."""
    theirs = _table()[vendor]
    if money.currency in theirs["unsure"]:
        raise AmountUnsupported
    shift = _shift(money.currency, vendor)
    value, rest = (int(money.minor * 10**shift), 0) if shift >= 0 else divmod(money.minor, 10**-shift)
    if rest:
        raise AmountUnsupported
    if value % theirs["steps"].get(money.currency, 1):
        raise AmountUnsupported
    return value


def from_vendor(value: int, currency: str, vendor: str) -> Money:
    """What the vendor's number means. What is finer than the currency itself is refused."""
    code = currency.upper()
    shift = _shift(code, vendor)
    minor, rest = divmod(value, 10**shift) if shift > 0 else (int(value * 10**-shift), 0)
    if rest:
        raise AmountUnsupported
    return Money(minor, code)


def _shift(currency: str, vendor: str) -> int:
    """How many decimals more the vendor counts than ISO 4217."""
    theirs: int = _table()[vendor]["decimals"].get(currency, exponent(currency))
    return theirs - exponent(currency)


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("units.toml").read_text("utf-8"))
