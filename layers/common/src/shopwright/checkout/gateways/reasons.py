"""Why a payment was declined, as a shopper understands it: changes when we tell reasons apart in another way.

The words are in reasons.toml, with what each code of the vendors means. A code that nobody has told us of is a plain
refusal: that is true of every decline.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from shopwright.errors import Declined

PLAIN = "declined"


class PaymentDeclined(Declined):
    """The gateway will not hold the money. `reason` is a name of reasons.toml, and the message is what it says."""

    def __init__(self, reason: str) -> None:
        said = explain(reason)
        super().__init__(said.message)
        self.reason = said.reason
        self.again = said.again


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: its name, what a shopper is told, and whether the same instrument may be tried once more."""

    reason: str
    message: str
    again: bool


def explain(reason: str) -> Reason:
    """The reason of this name; a plain refusal when there is none."""
    known = _table()["reasons"]
    name = reason if reason in known else PLAIN
    return Reason(name, known[name]["message"], known[name]["again"])


def of_stripe(*codes: str | None) -> str:
    """What the first of these codes that we know means (the decline code first: it says more)."""
    return _first("stripe", codes) or PLAIN


def of_adyen(code: str | None, words: str | None = None) -> str:
    """What a refusal's code, or else its words, mean. Before the words may stand a bank's number: "05 : Refused"."""
    said = (words or "").rpartition(":")[2].strip().casefold()
    return _first("adyen", (code,)) or _first("adyen_words", ((words or "").strip().casefold(), said)) or PLAIN


def of_stripe_error(code: str | None) -> str | None:
    """What an error that is about the payment, and not about how we ask, means to the shopper; None: it is ours."""
    return _first("stripe", (code,))


def of_adyen_error(code: str | None) -> str | None:
    """The same for Adyen."""
    return _first("adyen_errors", (code,))


def _first(vendor: str, codes: tuple[str | None, ...]) -> str | None:
    known: dict[str, str] = _table()[vendor]
    return next((known[code] for code in codes if code is not None and code in known), None)


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("reasons.toml").read_text("utf-8"))
