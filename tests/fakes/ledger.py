"""A ledger in memory. It passes the contract tests of the real one (tests/unit/shopwright/costs/test_ledger.py)."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from shopwright.costs.ledger import (
    Account,
    AlreadySettled,
    Books,
    HeldOtherwise,
    Hold,
    LedgerUnavailable,
    Left,
    Limits,
    MerchantBudgetSpent,
    SessionBudgetSpent,
    Settled,
    usable,
)
from shopwright.tenancy.tenant import Tenant

DAY_S = 24 * 3600


@dataclass(slots=True)
class _Entry:
    hold: Hold
    state: str = "held"
    actual: int = 0


@dataclass(slots=True)
class _Sum:
    used: int = 0
    spent: int = 0
    holds: dict[str, tuple[int, int]] = field(default_factory=dict)

    def seen(self) -> Account:
        return Account(self.used, self.spent, self.holds)


class FakeLedgers:
    """Every merchant's accounts; `down = True` makes it a table that does not answer."""

    def __init__(self, now: Callable[[], float], seed: int = 0) -> None:
        self.now = now
        self.random = random.Random(seed)  # noqa: S311 - which part is no secret
        self.lock = Lock()
        self.accounts: dict[tuple[str, str], _Sum] = {}
        self.entries: dict[tuple[str, str], _Entry] = {}
        self.down = False

    def of(self, tenant: Tenant) -> "FakeLedger":
        return FakeLedger(self, tenant.merchant_id)


class FakeLedger:
    """One merchant's part of them."""

    def __init__(self, table: FakeLedgers, merchant_id: str) -> None:
        self._table = table
        self._merchant_id = merchant_id

    def books(self) -> Books:
        return Books(self.hold, self.settle, self.release, self.left)

    def hold(self, key: str, session_id: str, amount: int, limits: Limits) -> Hold:
        usable(key), usable(session_id)
        with self._table.lock:
            self._answer()
            before = self._table.entries.get((self._merchant_id, key))
            if before is not None:
                return _same(before, session_id, amount, self._table.now())
            session = self._with_room(f"session#{session_id}", limits.session - amount)
            if session is None:
                raise SessionBudgetSpent
            first = self._table.random.randrange(limits.shares)
            for number in ((first + step) % limits.shares for step in range(limits.shares)):
                part = self._with_room(self._day(number), limits.share(number) - amount)
                if part is not None:
                    break
            else:
                raise MerchantBudgetSpent
            hold = Hold(key, session_id, amount, self._day(number), int(self._table.now()) + limits.hold_s)
            for account in (session, part):
                account.used += amount
                account.holds[key] = (amount, hold.until)
            self._table.entries[self._merchant_id, key] = _Entry(hold)
            return hold

    def settle(self, hold: Hold, actual: int) -> Settled:
        with self._table.lock:
            self._answer()
            return self._end(hold, actual, "settled")

    def release(self, hold: Hold) -> None:
        with self._table.lock:
            self._answer()
            self._end(hold, 0, "released")

    def left(self, session_id: str, limits: Limits) -> Left:
        with self._table.lock:
            self._answer()
            now = self._table.now()
            parts = [self._account(self._day(number)).seen() for number in range(limits.shares)]
            return Left(
                self._account(f"session#{session_id}").seen().left(limits.session, now),
                sum(part.left(limits.share(number), now) for number, part in enumerate(parts)),
            )

    def spent(self, account: str) -> int:
        with self._table.lock:
            return self._account(account).spent

    def _end(self, hold: Hold, actual: int, state: str) -> Settled:
        entry = self._table.entries[self._merchant_id, hold.key]
        if entry.state in ("settled", "late"):
            return Settled(entry.actual, entry.state == "late")
        late = entry.state != "held"
        if late and actual == 0:
            return Settled(0)
        for name in (f"session#{hold.session_id}", hold.account):
            account = self._account(name)
            account.used += actual if late else actual - hold.amount
            account.spent += actual
            account.holds.pop(hold.key, None)
        entry.state, entry.actual = ("late" if late else state), actual
        return Settled(actual, late)

    def _account(self, name: str) -> _Sum:
        return self._table.accounts.setdefault((self._merchant_id, name), _Sum())

    def _with_room(self, name: str, most: int) -> _Sum | None:
        """The account, unless it has used more than this: then what has expired is given back first."""
        account = self._account(name)
        if account.used > most:
            for key in account.seen().expired(self._table.now()):
                self._end(self._table.entries[self._merchant_id, key].hold, 0, "expired")
        return account if account.used <= most else None

    def _day(self, part: int) -> str:
        return f"day#{int(self._table.now()) // DAY_S}#{part:02d}"

    def _answer(self) -> None:
        if self._table.down:
            raise LedgerUnavailable


def _same(before: _Entry, session_id: str, amount: int, now: float) -> Hold:
    if before.state != "held" or before.hold.until <= now:
        raise AlreadySettled
    if (before.hold.session_id, before.hold.amount) != (session_id, amount):
        raise HeldOtherwise
    return before.hold
