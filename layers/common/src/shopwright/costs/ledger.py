"""Money is held before a call and settled after it: changes when what may be spent is held in another way.

Three limits hold at once: a request's, its session's and its merchant's day. A hold takes the most that a call can
cost from all three, or nothing from any; a settlement gives back what was not needed. `spent` plus everything held
never exceeds a limit, however many call at the same moment.

A hold that nobody settles comes back after `hold_s`. Whoever still settles it then is heard: the money has been spent,
so it is entered, and `late` says that nothing was held for it meanwhile.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from threading import Lock
from typing import Any

from shopwright.costs.price import Bill, dollars, nanos
from shopwright.errors import Conflict, Exhausted, Invalid, Unavailable

_CALLS = 32  # of one request, all its runs together
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}")


class BudgetSpent(Exhausted):
    """What a limit has left does not pay for this. What costs nothing still goes on."""


class RequestBudgetSpent(BudgetSpent):
    """One question has cost as much as one may."""

    def __init__(self) -> None:
        super().__init__("This question has used what one question may cost. Ask it in smaller parts.")


class SessionBudgetSpent(BudgetSpent):
    """One conversation has cost as much as one may."""

    def __init__(self) -> None:
        super().__init__("This conversation has used what one conversation may cost. Begin a new one.")


class MerchantBudgetSpent(BudgetSpent):
    """A merchant's shoppers have cost what they may in a day."""

    retry_after_s = 3600

    def __init__(self) -> None:
        super().__init__("The shop has used what its shoppers may cost in a day. Models are back tomorrow.")


class AlreadySettled(Conflict):
    """Money was held for this call before, and the call is over, or took so long that the money has come back."""

    def __init__(self) -> None:
        super().__init__("This call has been paid for. Use a key of its own for each call.")


class HeldOtherwise(Conflict):
    """The key is in use, for another amount or another session."""

    def __init__(self) -> None:
        super().__init__("Money is held under this key for something else. Use a key of its own for each call.")


class KeyUnusable(Invalid):
    """The name of a call or of a session cannot be one."""


class LedgerBusy(Unavailable):
    """Others wrote to the same accounts at the same moment, again and again."""

    retry_after_s = 1

    def __init__(self) -> None:
        super().__init__("The ledger is being written to from elsewhere. Please try again.")


class LedgerUnavailable(Unavailable):
    """Nothing can be held or settled at the moment, so that nothing may be bought."""

    def __init__(self) -> None:
        super().__init__("Costs cannot be kept at the moment. Please try again.")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may be spent, in nano-dollars."""

    request: int
    session: int
    merchant_day: int
    shares: int = 1
    hold_s: int = 120

    def share(self, number: int) -> int:
        """A part's share of the merchant's day: the shares add up to the limit exactly."""
        whole, rest = divmod(self.merchant_day, self.shares)
        return whole + (1 if number < rest else 0)


@dataclass(frozen=True, slots=True)
class Hold:
    """Money that is kept for one call. `account` is the part of the merchant's day that it was taken from."""

    key: str
    session_id: str
    amount: int
    account: str
    until: int


@dataclass(frozen=True, slots=True)
class Settled:
    """What was entered. `late`: the hold had come back, so that a limit may have been passed."""

    actual: int
    late: bool = False


@dataclass(frozen=True, slots=True)
class Left:
    """What a session and its merchant's day have left, in nano-dollars; never below 0."""

    session: int
    merchant: int


@dataclass(frozen=True, slots=True)
class Account:
    """One account as it stands: what was used is what was spent and what is held. `holds`: key → amount, end."""

    used: int = 0
    spent: int = 0
    holds: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    def expired(self, now: float) -> tuple[str, ...]:
        """Holds that nobody settled in time, the oldest first."""
        return tuple(
            sorted((key for key, (_, until) in self.holds.items() if until <= now), key=lambda key: self.holds[key][1])
        )

    def left(self, limit: int, now: float) -> int:
        """What can still be held, once what has expired is given back."""
        return max(0, limit - self.used + sum(self.holds[key][0] for key in self.expired(now)))


@dataclass(frozen=True, slots=True)
class Books:
    """The ledger of one merchant as a purse uses it: the table's, or one in memory."""

    hold: Callable[[str, str, int, Limits], Hold]  # key, session, amount
    settle: Callable[[Hold, int], Settled]
    release: Callable[[Hold], None]
    left: Callable[[str, Limits], Left]  # session


class Purse:
    """What one request may spend. Each call gets a key of its own, and the request's whole cost stands in `bill`."""

    def __init__(self, books: Books, *, request_id: str, session_id: str, limits: Limits) -> None:
        self._books = books
        self._request_id = usable(request_id)
        self._session_id = usable(session_id)
        self.limits = limits
        self._lock = Lock()
        self._calls = 0
        self._held = 0
        self._bill = Bill()

    @property
    def bill(self) -> Bill:
        """What has been settled so far."""
        return self._bill

    def left(self) -> Left:
        """What the session and the merchant's day have left."""
        return self._books.left(self._session_id, self.limits)

    def affords(self, amount: int) -> bool:
        """Whether the request's own limit pays for this; the other two are asked when it is held."""
        return self._bill.nanos + self._held + amount <= self.limits.request

    def hold(self, amount: int) -> Hold:
        """Keep this much for a call that is about to be made, or raise BudgetSpent.

        The platform may run a request again after it died: what it held or spent then stays where it is, and this
        call takes the next free name.
        """
        with self._lock:
            if not self.affords(amount):
                raise RequestBudgetSpent
            self._held += amount
        try:
            for _ in range(_CALLS):
                with self._lock:
                    self._calls += 1
                    key = f"{self._request_id}/{self._calls}"
                with suppress(AlreadySettled, HeldOtherwise):
                    return self._books.hold(key, self._session_id, amount, self.limits)
            raise RequestBudgetSpent  # noqa: TRY301 - the same way back as any other refusal
        except BaseException:
            with self._lock:
                self._held -= amount
            raise

    def settle(self, hold: Hold, bill: Bill) -> Settled:
        """Enter what the call really cost."""
        try:
            return self._books.settle(hold, bill.nanos)
        finally:  # it was spent, whether or not it could be entered
            with self._lock:
                self._held -= hold.amount
                self._bill += bill

    def release(self, hold: Hold) -> None:
        """Give everything back: the call was never made, or was refused before anything was done."""
        with self._lock:
            self._held -= hold.amount
        self._books.release(hold)


def usable(name: str) -> str:
    """The name of a call or of a session, if it can be one."""
    if not _KEY.fullmatch(name):
        raise KeyUnusable("A call and a session are named by up to 128 letters, digits and . _ : / - characters.")
    return name


def limits_of(**changed: str) -> Limits:
    """The limits of `limits.toml`, with those of a merchant that differ, in dollars."""
    table = {**_table(), **changed}
    return Limits(
        nanos(table["request"]),
        nanos(table["session"]),
        nanos(table["merchant_day"]),
        int(table["shares"]),
        int(table["hold_s"]),
    )


def said(bill: Bill) -> dict[str, str]:
    """A bill as an answer carries it: dollars as text, line by line and in all."""
    lines: dict[str, int] = {}
    for line in bill.lines:
        lines[line.what] = lines.get(line.what, 0) + line.nanos
    return {**{what: dollars(amount) for what, amount in lines.items()}, "total": dollars(bill.nanos)}


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files("shopwright.costs").joinpath("limits.toml").read_text("utf-8"))
