"""Whatever happens to a ledger in whatever order, the real one and the fake say the same, and no limit is passed."""

import uuid
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from shopwright.costs.dynamodb import Ledgers
from shopwright.costs.ledger import Hold, Left, Limits
from shopwright.errors import ShopwrightError

from tests.fakes.ledger import FakeLedgers
from tests.unit.shopwright.costs.conftest import OUTDOOR, Clock, make_table

LIMITS = Limits(request=1000, session=300, merchant_day=450, shares=1, hold_s=60)
SESSIONS = ("s-1", "s-2", "s-3")
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("hold"), st.integers(0, 9), st.sampled_from(SESSIONS), st.integers(1, 320)),
        st.tuples(st.just("settle"), st.integers(0, 9), st.just(""), st.integers(0, 100)),
        st.tuples(st.just("release"), st.integers(0, 9), st.just(""), st.just(0)),
        st.tuples(st.just("wait"), st.just(0), st.just(""), st.sampled_from((1, 30, 60))),
    ),
    max_size=30,
)


def outcome(ledger: Any, held: dict[int, Hold], step: tuple[str, int, str, int]) -> object:
    """What one step comes to: its value, or the name of its refusal. A settlement is a share of what was held."""
    verb, number, session, amount = step
    try:
        if verb == "hold":
            held[number] = ledger.hold(f"r-{number}", session, amount, LIMITS)
            return held[number].amount, held[number].session_id, held[number].until
        if number in held and verb == "settle":
            return ledger.settle(held[number], held[number].amount * amount // 100)
        if number in held and verb == "release":
            return ledger.release(held[number])
    except ShopwrightError as refused:
        return type(refused).__name__
    return None


@example(steps=[("hold", 0, "s-1", 8), ("release", 0, "", 0), ("settle", 0, "", 100)])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_the_fake_says_what_the_real_ledger_says(dynamodb: Any, steps: list[tuple[str, int, str, int]]) -> None:
    table = f"ledger-{uuid.uuid4()}"
    make_table(dynamodb, table)
    clock = Clock()
    real = Ledgers(table, lambda _: dynamodb, now=clock, sleep=lambda _: None).of(OUTDOOR)
    fake = FakeLedgers(clock).of(OUTDOOR)
    holds: tuple[dict[int, Hold], dict[int, Hold]] = ({}, {})
    late = 0

    for step in steps:
        if step[0] == "wait":
            clock.time += step[3]
            continue
        ours, theirs = outcome(real, holds[0], step), outcome(fake, holds[1], step)
        assert ours == theirs, step
        late += getattr(ours, "actual", 0) if getattr(ours, "late", False) else 0
        lefts: list[Left] = [real.left(name, LIMITS) for name in SESSIONS]
        assert lefts == [fake.left(name, LIMITS) for name in SESSIONS], step
        for name in SESSIONS:
            assert real.spent(f"session#{name}") == fake.spent(f"session#{name}") <= LIMITS.session + late

    # Money comes back in two ways: nobody settled in time, or it was given back. Only then is a settlement late.
    assert late == 0 or any(step[0] in ("wait", "release") for step in steps)


def test_the_steps_reach_every_outcome() -> None:
    """The generator is no use if it never refuses anything: one hundred of its lists meet each outcome."""
    clock = Clock()
    seen: set[str] = set()

    @settings(max_examples=200, deadline=None, database=None, derandomize=True)
    @given(steps=STEPS)
    def walk(steps: list[tuple[str, int, str, int]]) -> None:
        ledger, held = FakeLedgers(clock).of(OUTDOOR), dict[int, Hold]()
        for step in steps:
            clock.time += step[3] if step[0] == "wait" else 0
            came = outcome(ledger, held, step)
            seen.add(came if isinstance(came, str) else f"{step[0]}{' late' if getattr(came, 'late', False) else ''}")

    walk()
    wanted = {
        "hold",
        "settle",
        "release",
        "SessionBudgetSpent",
        "MerchantBudgetSpent",
        "AlreadySettled",
        "HeldOtherwise",
    }
    if missing := wanted - seen:
        pytest.fail(f"never seen: {missing}")
