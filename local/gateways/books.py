"""What a gateway holds of whose money, to the last cent: this changes when money can move in another way.

The books are the oracle of the tests: whatever a shop believes, this is what its shoppers were charged.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Literal

INSTRUMENTS = Path(__file__).with_name("instruments.toml")
DECLINE = "_decline_"


class State(StrEnum):
    """Where a payment stands with its gateway."""

    OPEN = "open"
    CHALLENGED = "challenged"
    PENDING = "pending"
    AUTHORIZED = "authorized"
    CAPTURING = "capturing"
    CAPTURED = "captured"
    VOIDED = "voided"
    DECLINED = "declined"


class NotInTheBooks(Exception):
    """The money is not there to be moved like this. `why` is a word of ours, which the wires turn into their own."""

    def __init__(self, why: Literal["state", "amount", "refunded"]) -> None:
        super().__init__(why)
        self.why = why


@dataclass(slots=True)
class Entry:
    """One payment. Amounts are the vendor's own units."""

    account: str
    reference: str
    name: str
    order_id: str
    amount: int
    currency: str
    state: State = State.OPEN
    captured: int = 0
    refunded: int = 0
    reason: str = ""
    instrument: str = ""
    refunds: list[str] = field(default_factory=list)
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def held(self) -> int:
        """What is taken from the shopper's account and not yet ours."""
        return self.amount if self.state in (State.AUTHORIZED, State.CAPTURING) else 0

    def authorize(self) -> None:
        self._must_be(State.OPEN, State.CHALLENGED, State.PENDING, State.DECLINED)
        self.state, self.reason = State.AUTHORIZED, ""

    def capture(self, amount: int | None = None) -> None:
        self._must_be(State.AUTHORIZED, State.CAPTURING)
        taken = self.amount if amount is None else amount
        if not 0 < taken <= self.amount:
            raise NotInTheBooks("amount")
        self.state, self.captured = State.CAPTURED, taken

    def void(self) -> None:
        self._must_be(State.OPEN, State.CHALLENGED, State.PENDING, State.AUTHORIZED, State.DECLINED)
        self.state = State.VOIDED

    def refund(self, refund: str, amount: int | None = None) -> int:
        self._must_be(State.CAPTURED)
        left = self.captured - self.refunded
        if not left:
            raise NotInTheBooks("refunded")
        back = left if amount is None else amount
        if not 0 < back <= left:
            raise NotInTheBooks("amount")
        self.refunded += back
        self.refunds.append(refund)
        return back

    def _must_be(self, *states: State) -> None:
        if self.state not in states:
            raise NotInTheBooks("state")


@dataclass(frozen=True, slots=True)
class Line:
    """What an order's shopper was charged, over all of its payments."""

    vendor: str
    account: str
    order_id: str
    currency: str
    payments: int
    open_holds: int  # payments that hold money now
    held: int
    captured: int
    refunded: int

    @property
    def net(self) -> int:
        return self.captured - self.refunded


class Books:
    """One vendor's books."""

    def __init__(self, vendor: str) -> None:
        self.vendor = vendor
        self.entries: dict[str, Entry] = {}

    def open(self, entry: Entry) -> Entry:
        self.entries[entry.reference] = entry
        return entry

    def entry(self, account: str, reference: str) -> Entry | None:
        found = self.entries.get(reference)
        return found if found is not None and found.account == account else None

    def named(self, account: str, name: str) -> list[Entry]:
        return [one for one in self.entries.values() if one.account == account and one.name == name]

    def ledger(self, order_id: str | None = None) -> list[Line]:
        """A line for each order of each account, or for the one that is asked for."""
        orders: dict[tuple[str, str, str], list[Entry]] = {}
        for one in self.entries.values():
            if order_id is None or one.order_id == order_id:
                orders.setdefault((one.account, one.order_id, one.currency.upper()), []).append(one)
        return [self._line(*key, of) for key, of in orders.items()]

    def _line(self, account: str, order_id: str, currency: str, of: Iterable[Entry]) -> Line:
        of = list(of)
        return Line(
            self.vendor,
            account,
            order_id,
            currency,
            payments=len(of),
            open_holds=sum(one.held > 0 for one in of),
            held=sum(one.held for one in of),
            captured=sum(one.captured for one in of),
            refunded=sum(one.refunded for one in of),
        )


def behaviour(vendor: str, instrument: str) -> tuple[str, str] | None:
    """What this instrument does, and with which code; None: there is no such instrument."""
    if DECLINE in instrument:
        return "decline", instrument.partition(DECLINE)[2]
    told = _instruments()[vendor].get(instrument)
    return None if told is None else (told["does"], told.get("code", ""))


@cache
def _instruments() -> dict[str, dict[str, dict[str, str]]]:
    return tomllib.loads(INSTRUMENTS.read_text("utf-8"))
