"""One request's money, and a whole day's traffic: nothing is overspent, and what is settled is the true bill."""

import os
import random
from collections import Counter
from collections.abc import Iterator

import pytest
from shopwright.costs.ladder import Rung, step
from shopwright.costs.ledger import (
    Books,
    BudgetSpent,
    LedgerUnavailable,
    Limits,
    Purse,
    RequestBudgetSpent,
    SessionBudgetSpent,
    limits_of,
)
from shopwright.costs.price import DOLLAR, Bill, Line, Tokens, price_book
from shopwright.tenancy.tenant import Tenant

from tests.fakes.ledger import FakeLedgers
from tests.unit.shopwright.costs.conftest import LIMITS, OUTDOOR, Clock

FULL = os.environ.get("SHOPWRIGHT_FULL") == "1"
TURNS = 1_000_000 if FULL else 30_000
AT_ONCE = 1_000
MODELS = {Rung.SMALL: "nova-micro", Rung.MIDDLE: "nova-lite", Rung.LARGE: "nova-pro"}


def purse(table: FakeLedgers, request_id: str = "r-1", limits: Limits = LIMITS) -> Purse:
    return Purse(table.of(OUTDOOR).books(), request_id=request_id, session_id="s-1", limits=limits)


def cost(nanos: int) -> Bill:
    return Bill((Line("model", nanos),))


def test_a_request_has_a_limit_of_its_own(clock: Clock) -> None:
    table = FakeLedgers(clock)
    mine = purse(table)
    first = mine.hold(300)

    with pytest.raises(RequestBudgetSpent):
        mine.hold(101)
    mine.settle(first, cost(250))
    mine.release(mine.hold(150))
    second = mine.hold(150)
    mine.settle(second, cost(150))

    assert mine.bill.nanos == 400
    assert not mine.affords(1)
    assert purse(table, "r-2").left().session == 600


def test_what_was_refused_is_not_held_against_the_request(clock: Clock) -> None:
    table = FakeLedgers(clock)
    for number in range(3):
        other = purse(table, f"r-{number}")
        other.settle(other.hold(300), cost(300))
    mine = purse(table, "r-9")

    with pytest.raises(SessionBudgetSpent):
        mine.hold(300)

    assert mine.affords(400)
    mine.hold(100)


def test_a_request_that_runs_again_after_it_died_pays_for_its_own_calls_alone(clock: Clock) -> None:
    table = FakeLedgers(clock)
    died = purse(table)
    died.settle(died.hold(100), cost(80))
    died.hold(200)

    again = purse(table)
    hold = again.hold(100)
    again.settle(hold, cost(60))

    assert hold.key == "r-1/3"
    assert again.bill.nanos == 60
    assert table.of(OUTDOOR).spent("session#s-1") == 140


def test_what_was_spent_stands_in_the_bill_even_when_it_cannot_be_entered(clock: Clock) -> None:
    table = FakeLedgers(clock)
    mine = purse(table)
    hold = mine.hold(300)
    table.down = True

    with pytest.raises(LedgerUnavailable):
        mine.settle(hold, cost(200))

    assert mine.bill.nanos == 200


class Street:
    """Shoppers who ask at the same moment: each turn is cut into its steps, and any of a thousand may go next."""

    def __init__(self, seed: int, limits: Limits) -> None:
        self.random = random.Random(seed)  # noqa: S311 - traffic, no secret
        self.clock = Clock()
        self.table = FakeLedgers(self.clock, seed)
        self.limits = limits
        self.merchants = [Tenant(f"shop-{number}") for number in range(20)]
        self.bills: Counter[tuple[str, str]] = Counter()  # merchant, session → what the provider charges
        self.outcomes: Counter[str] = Counter()
        self.book = price_book()

    def walk(self, turns: int) -> None:
        begun = 0
        going: list[Iterator[str]] = []
        while begun < turns or going:
            while begun < turns and len(going) < AT_ONCE:
                going.append(self.turn(begun))
                begun += 1
            at = self.random.randrange(len(going))
            self.clock.time += 0.0004
            if next(going[at], "over") == "over":
                going[at] = going[-1]
                going.pop()

    def turn(self, number: int) -> Iterator[str]:
        merchant = self.random.choice(self.merchants)
        session = f"s-{number // 8}" if self.random.random() < 0.9 else f"s-{self.random.randrange(number // 8 + 1)}"
        books: Books = self.table.of(merchant).books()
        mine = Purse(books, request_id=f"r-{number}", session_id=session, limits=self.limits)
        while True:
            rung = step(mine.left(), self.limits).rung
            yield "looked"
            if rung not in MODELS:
                self.outcomes[rung.name.lower()] += 1
                return
            price = self.book.model(MODELS[rung])
            most = Tokens(input=self.random.randrange(500, 8000), output=500)
            try:
                hold = mine.hold(price.of(most))
            except BudgetSpent as refused:
                self.outcomes[type(refused).__name__] += 1
                return
            yield "held"
            fate = self.random.random()
            if fate < 0.02:  # the function died: nobody settles, and the provider did not charge
                self.outcomes["died"] += 1
                return
            if fate < 0.05:
                mine.release(hold)
                self.outcomes["released"] += 1
                return
            cached = self.random.randrange(most.input)
            used = Tokens(most.input - cached, self.random.randrange(501), cached)
            bill = self.book.tokens(MODELS[rung], used)
            self.bills[merchant.merchant_id, session] += price.of(used)
            mine.settle(hold, bill)
            self.outcomes[MODELS[rung]] += 1
            yield "settled"
            if self.random.random() < 0.8:  # else the answer did not stand: once more
                return

    def faults(self) -> list[str]:
        """Every account that was overspent, or that does not tell the true bill."""
        found = []
        days: Counter[str] = Counter()
        for (merchant, name), account in self.table.accounts.items():
            if name.startswith("session#"):
                if account.used > self.limits.session:
                    found.append(f"{merchant} {name} used {account.used}")
                if account.spent != self.bills[merchant, name.removeprefix("session#")]:
                    found.append(f"{merchant} {name} is settled at {account.spent}")
            else:
                days[merchant] += account.used
            if account.used != account.spent + sum(amount for amount, _ in account.holds.values()):
                found.append(f"{merchant} {name} does not add up")
        return found + [f"{merchant} used {used}" for merchant, used in days.items() if used > self.limits.merchant_day]


@pytest.mark.parametrize("merchant_day", ["6.00", "12.00"])
def test_a_thousand_shoppers_at_once_overspend_nothing_and_pay_the_true_bill(merchant_day: str) -> None:
    turns = TURNS // 2
    limits = limits_of(merchant_day=f"{float(merchant_day) * turns / 500_000 + 0.2:.6f}")
    street = Street(seed=7, limits=limits)

    street.walk(turns)

    assert street.faults() == []
    assert sum(street.outcomes.values()) >= turns
    assert {"nova-micro", "nova-lite", "nova-pro", "extractive", "died", "released"} <= set(street.outcomes)
    spent = sum(account.spent for (_, name), account in street.table.accounts.items() if name.startswith("session#"))
    assert spent == sum(street.bills.values()) > 0
    lane = "" if FULL else " (quick; the full lane makes 1,000,000 in all)"
    print(f"\n{turns:,} turns, {AT_ONCE:,} at once, {spent / DOLLAR:,.2f} dollars, {dict(street.outcomes)}{lane}")  # noqa: T201 - the count that was cut short


def test_a_street_that_forgets_a_hold_is_noticed() -> None:
    street = Street(seed=3, limits=limits_of())
    street.walk(200)
    assert street.faults() == []

    next(account for (_, name), account in street.table.accounts.items() if name.startswith("session#")).used += 1

    assert len(street.faults()) == 1
