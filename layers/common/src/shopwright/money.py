"""An amount of money: changes when merchants write prices in another way, or a currency changes its minor unit.

Minor units and an ISO 4217 currency, never a float: 12.99 USD is 1299 cents, 500 JPY is 500 yen.
"""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files

from shopwright.errors import Invalid

NO_CURRENCY = "XXX"  # ISO 4217's own code for an amount of which nobody said the currency
_LARGEST = 10**15  # minor units: beyond any price, and far within a bigint
_DIGITS = r"[0-9](?:[0-9.,'’ \u00a0\u202f]*[0-9])?"
_AMOUNT = re.compile(
    rf"(?P<before>[^\W\d_]{{1,4}}\$?|[^\w\s(−-]{{1,2}})?\s*(?P<sign>[-−(])?\s*(?P<digits>{_DIGITS})(?:[.,][-–—])?\s*"
    rf"(?P<close>\))?\s*(?P<after>[^\W\d_]{{1,4}}\$?|[^\w\s.,)(-])?\.?"
)
_GROUPED = re.compile(r"[0-9]{1,3}(?:(?P<mark>[.,'’ \u00a0\u202f])[0-9]{3})(?:(?P=mark)[0-9]{3})*")
_CODE = re.compile(r"[A-Z]{3}")


class NotMoney(Invalid):
    """The text is no amount, or one that can be read in two ways."""


@dataclass(frozen=True, slots=True)
class Money:
    """So many minor units of a currency."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if not _CODE.fullmatch(self.currency):
            raise NotMoney("A currency is an ISO 4217 code such as EUR.")
        if abs(self.minor) > _LARGEST:
            raise NotMoney("This amount is beyond any price.")

    @property
    def amount(self) -> str:
        """The amount alone, with as many decimals as the currency has: `12.99`, `500`, `1.250`."""
        return format(Decimal(self.minor).scaleb(-exponent(self.currency)), "f")

    def __str__(self) -> str:
        return self.amount if self.currency == NO_CURRENCY else f"{self.amount} {self.currency}"


def exponent(currency: str) -> int:
    """How many decimals a currency has; two, unless ISO 4217 says otherwise."""
    return _exponents().get(currency, 2)


def currency_of(text: str) -> str | None:
    """The currency that a code, a name or an unmistakable sign means; None: it means none that we know."""
    plain = text.strip()
    if _CODE.fullmatch(plain.upper()) and plain.upper() in _codes():
        return plain.upper()
    return _signs().get(plain) or _signs().get(plain.casefold())


def parse(text: str, currency: str | None = None, *, mark: str | None = None) -> Money:
    """`1.299,00 EUR`, `$12.99`, `CHF 1'250.–`, or `12.99` with the currency of another column.

    `mark` is the decimal mark that the amounts beside this one use: without it, "1.299" can be read in two ways, and
    is refused.
    """
    match = _AMOUNT.fullmatch(text.strip())
    if match is None:
        raise NotMoney("This is no amount of money.")
    if match["sign"] or match["close"]:
        raise NotMoney("A price is not below zero.")
    said = {}
    for part in ("before", "after"):
        word = (match[part] or "").strip()
        if word:
            found = currency_of(word)
            if found is None:
                raise NotMoney("The currency is none that we know. Write its ISO 4217 code, such as EUR.")
            said[part] = found
    if len(set(said.values())) > 1:
        raise NotMoney("This amount names two currencies.")
    own = next(iter(said.values()), None)
    # "$" beside a column that says CAD is a Canadian price.
    both = own is not None and currency is not None and own != currency
    if both and not _is_sign_of((match["before"] or match["after"]).strip(), currency):
        raise NotMoney("This amount names another currency than the column beside it.")
    code = (currency if both else own or currency) or NO_CURRENCY
    return Money(_minor(match["digits"], code, mark), code)


def decimal_mark(texts: Iterable[str]) -> str | None:
    """The mark that these amounts use for decimals, told from those that leave no doubt; None: none does, or both."""
    seen: set[str] = set()
    for text in texts:
        match = _AMOUNT.fullmatch(text.strip())
        if match is not None:
            certain = _certain_mark(match["digits"])
            if certain:
                seen.add(certain)
    return seen.pop() if len(seen) == 1 else None


def _certain_mark(digits: str) -> str | None:
    """`.` or `,` when an amount can be read in one way only."""
    marks = [sign for sign in digits if sign in ".,"]
    if not marks:
        return None
    last, decimals = marks[-1], len(digits) - digits.rfind(marks[-1]) - 1
    if len(set(marks)) == 2:
        return last if marks.count(last) == 1 else None
    if len(marks) > 1:
        return "," if last == "." else "."  # 1.299.000: the mark parts thousands
    return last if decimals != 3 else None


def _minor(digits: str, currency: str, mark: str | None) -> int:
    certain = _certain_mark(digits)
    if any(sign in digits for sign in ".,") and certain is None and mark is None:
        raise NotMoney("This amount can be read in two ways. Write it with two decimals.")
    point = certain or mark or "."
    whole, _, decimals = digits.partition(point) if digits.count(point) == 1 else (digits, "", "")
    if not (_GROUPED.fullmatch(whole) or whole.isdigit()) or (decimals and not decimals.isdigit()):
        raise NotMoney("This is no amount of money.")
    units = exponent(currency)
    if decimals[units:].strip("0"):
        raise NotMoney(f"This amount has more decimals than its currency, which has {units}.")
    plain = re.sub(r"[^0-9]", "", whole) + decimals[:units].ljust(units, "0")
    if len(plain) > 16:
        raise NotMoney("This amount is beyond any price.")
    return int(plain)


def _is_sign_of(word: str, currency: str | None) -> bool:
    return currency in _table()["shared"].get(word, ())


@cache
def _table() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(files("shopwright").joinpath("money.toml").read_text("utf-8"))


@cache
def _exponents() -> dict[str, int]:
    return {code: int(units) for units, codes in _table()["exponents"].items() for code in codes}


@cache
def _codes() -> frozenset[str]:
    return frozenset(code for codes in _table()["exponents"].values() for code in codes)


@cache
def _signs() -> dict[str, str]:
    return {sign: code for code, signs in _table()["signs"].items() for sign in signs}
