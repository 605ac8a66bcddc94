"""Nobody spends what is not there; the fake holds and settles as the real ledger does."""

from typing import Any

import pytest
from shopwright.costs.ledger import (
    AlreadySettled,
    HeldOtherwise,
    KeyUnusable,
    Left,
    Limits,
    MerchantBudgetSpent,
    SessionBudgetSpent,
    Settled,
)

from tests.unit.shopwright.costs.conftest import KITCHEN, LIMITS, OUTDOOR, Clock


def test_what_is_held_is_gone_until_it_is_settled(ledgers: Any) -> None:
    ledger = ledgers.of(OUTDOOR)
    assert ledger.left("s-1", LIMITS) == Left(1000, 3000)

    hold = ledger.hold("r-1/1", "s-1", 300, LIMITS)
    assert ledger.left("s-1", LIMITS) == Left(700, 2700)

    assert ledger.settle(hold, 120) == Settled(120)
    assert ledger.left("s-1", LIMITS) == Left(880, 2880)
    assert ledger.spent("session#s-1") == ledger.spent(hold.account) == 120


def test_what_was_never_bought_is_given_back_whole(ledgers: Any) -> None:
    ledger = ledgers.of(OUTDOOR)

    ledger.release(ledger.hold("r-1/1", "s-1", 300, LIMITS))

    assert ledger.left("s-1", LIMITS) == Left(1000, 3000)


def test_a_session_spends_its_limit_to_the_last_and_not_beyond(ledgers: Any) -> None:
    ledger = ledgers.of(OUTDOOR)
    ledger.settle(ledger.hold("r-1/1", "s-1", 600, LIMITS), 600)

    with pytest.raises(SessionBudgetSpent):
        ledger.hold("r-2/1", "s-1", 401, LIMITS)
    ledger.hold("r-2/1", "s-1", 400, LIMITS)

    assert ledger.left("s-1", LIMITS) == Left(0, 2000)
    with pytest.raises(SessionBudgetSpent):
        ledger.hold("r-3/1", "s-1", 1, LIMITS)
    ledger.hold("r-4/1", "s-2", 1000, LIMITS)


def test_a_merchant_spends_its_day_over_all_its_sessions_and_not_beyond(ledgers: Any) -> None:
    ledger = ledgers.of(OUTDOOR)
    for number in range(6):
        ledger.hold(f"r-{number}/1", f"s-{number}", 500, LIMITS)

    with pytest.raises(MerchantBudgetSpent):
        ledger.hold("r-7/1", "s-7", 1, LIMITS)

    assert ledger.left("s-7", LIMITS) == Left(1000, 0)
    ledgers.of(KITCHEN).hold("r-7/1", "s-7", 1, LIMITS)


def test_a_merchant_starts_afresh_the_next_day_and_a_session_does_not(ledgers: Any, clock: Clock) -> None:
    ledger = ledgers.of(OUTDOOR)
    ledger.settle(ledger.hold("r-1/1", "s-1", 900, LIMITS), 900)

    clock.time += 24 * 3600

    assert ledger.left("s-1", LIMITS) == Left(100, 3000)


def test_a_call_that_goes_past_midnight_is_entered_on_the_day_it_began(ledgers: Any, clock: Clock) -> None:
    ledger = ledgers.of(OUTDOOR)
    hold = ledger.hold("r-1/1", "s-1", 900, LIMITS)
    clock.time += 24 * 3600

    ledger.settle(hold, 500)

    assert ledger.spent(hold.account) == 500
    assert ledger.left("s-1", LIMITS) == Left(500, 3000)


def test_holding_or_settling_twice_is_doing_it_once(ledgers: Any) -> None:
    ledger = ledgers.of(OUTDOOR)

    hold = ledger.hold("r-1/1", "s-1", 300, LIMITS)
    assert ledger.hold("r-1/1", "s-1", 300, LIMITS) == hold
    assert ledger.left("s-1", LIMITS) == Left(700, 2700)

    assert ledger.settle(hold, 120) == ledger.settle(hold, 120) == ledger.settle(hold, 7) == Settled(120)
    ledger.release(hold)
    assert ledger.left("s-1", LIMITS) == Left(880, 2880)
    with pytest.raises(AlreadySettled):
        ledger.hold("r-1/1", "s-1", 300, LIMITS)


def test_one_key_is_one_call(ledgers: Any) -> None:
    ledger = ledgers.of(OUTDOOR)
    ledger.hold("r-1/1", "s-1", 300, LIMITS)

    for session, amount in (("s-1", 301), ("s-2", 300)):
        with pytest.raises(HeldOtherwise):
            ledger.hold("r-1/1", session, amount, LIMITS)

    assert ledgers.of(KITCHEN).hold("r-1/1", "s-2", 301, LIMITS).amount == 301


def test_a_hold_that_nobody_settles_comes_back(ledgers: Any, clock: Clock) -> None:
    ledger = ledgers.of(OUTDOOR)
    abandoned = ledger.hold("r-1/1", "s-1", 1000, LIMITS)
    with pytest.raises(SessionBudgetSpent):
        ledger.hold("r-2/1", "s-1", 1, LIMITS)

    clock.time += LIMITS.hold_s

    assert ledger.left("s-1", LIMITS) == Left(1000, 3000)
    ledger.hold("r-2/1", "s-1", 1000, LIMITS)
    assert ledger.left("s-1", LIMITS) == Left(0, 2000)
    ledger.release(abandoned)
    assert ledger.left("s-1", LIMITS) == Left(0, 2000)


def test_abandoned_holds_of_other_sessions_come_back_to_the_merchant(ledgers: Any, clock: Clock) -> None:
    ledger = ledgers.of(OUTDOOR)
    for number in range(3):
        ledger.hold(f"r-{number}/1", f"s-{number}", 1000, Limits(1000, 1000, 3000, hold_s=60))
    one_part = Limits(1000, 1000, 3000)
    with pytest.raises(MerchantBudgetSpent):
        ledger.hold("r-7/1", "s-7", 1, one_part)

    clock.time += 60

    ledger.hold("r-7/1", "s-7", 1000, one_part)
    assert ledger.left("s-7", one_part).merchant == 2000


def test_what_was_spent_is_entered_even_when_the_hold_has_come_back(ledgers: Any, clock: Clock) -> None:
    ledger = ledgers.of(OUTDOOR)
    slow = ledger.hold("r-1/1", "s-1", 1000, LIMITS)
    clock.time += LIMITS.hold_s
    ledger.hold("r-2/1", "s-1", 900, LIMITS)

    assert ledger.settle(slow, 300) == ledger.settle(slow, 300) == Settled(300, late=True)

    assert ledger.left("s-1", LIMITS) == Left(0, 1800)
    assert ledger.spent("session#s-1") == 300


def test_a_limit_that_is_lowered_holds_from_then_on(ledgers: Any) -> None:
    ledger = ledgers.of(OUTDOOR)
    ledger.settle(ledger.hold("r-1/1", "s-1", 300, LIMITS), 300)

    lower = Limits(100, 200, 3000, shares=2)

    assert ledger.left("s-1", lower).session == 0
    with pytest.raises(SessionBudgetSpent):
        ledger.hold("r-2/1", "s-1", 1, lower)


def test_more_than_a_whole_limit_is_never_held_even_by_the_first(ledgers: Any) -> None:
    ledger = ledgers.of(OUTDOOR)

    with pytest.raises(SessionBudgetSpent):
        ledger.hold("r-1/1", "s-1", 1001, LIMITS)
    with pytest.raises(MerchantBudgetSpent):
        ledger.hold("r-1/1", "s-1", 900, Limits(1000, 1000, 1000, shares=2))

    assert ledger.left("s-1", LIMITS) == Left(1000, 3000)


@pytest.mark.parametrize("name", ["", "#", "a#b", "hold#x", "é", "x" * 129, "a b", "-a"])
def test_a_name_that_could_be_anothers_account_is_refused(ledgers: Any, name: str) -> None:
    ledger = ledgers.of(OUTDOOR)

    with pytest.raises(KeyUnusable):
        ledger.hold(name, "s-1", 1, LIMITS)
    with pytest.raises(KeyUnusable):
        ledger.hold("r-1/1", name, 1, LIMITS)


def test_the_shares_of_a_day_add_up_to_its_limit() -> None:
    limits = Limits(1, 1, 1003, shares=8)

    assert sum(limits.share(number) for number in range(8)) == 1003
