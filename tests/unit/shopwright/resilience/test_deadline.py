"""A call knows how long it still has, and says so when that is nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shopwright.errors import Unavailable
from shopwright.resilience.deadline import Deadline, DeadlinePassed


class Clock:
    """Moves when told to."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


def test_time_runs_out() -> None:
    clock = Clock()
    deadline = Deadline(2000, now=clock)

    assert deadline.left_s() == 2.0
    clock.at += 1.5
    deadline.check()
    assert deadline.left_s() == pytest.approx(0.5)
    clock.at += 0.5
    with pytest.raises(DeadlinePassed):
        deadline.check()
    assert deadline.left_s() == 0.0


def test_a_passed_deadline_may_be_tried_again() -> None:
    assert issubclass(DeadlinePassed, Unavailable)


def test_the_platforms_own_end_counts_when_it_comes_first() -> None:
    deadline = Deadline(8000, now=Clock(), remaining_ms=lambda: 1250)

    assert deadline.left_s() == pytest.approx(1.0)  # a quarter of a second is kept for saying so


def test_a_platform_with_time_to_spare_adds_none() -> None:
    assert Deadline(500, now=Clock(), remaining_ms=lambda: 60_000).left_s() == pytest.approx(0.5)


@pytest.mark.parametrize("budget", [0, -1])
def test_a_deadline_without_a_budget_is_a_mistake(budget: int) -> None:
    with pytest.raises(ValueError, match="above 0 ms"):
        Deadline(budget)


@given(st.lists(st.floats(min_value=0, max_value=3), max_size=20), st.integers(min_value=1, max_value=10_000))
def test_what_is_left_never_grows_and_never_falls_below_nothing(steps: list[float], budget: int) -> None:
    clock = Clock()
    deadline = Deadline(budget, now=clock)
    before = deadline.left_s()
    for step in steps:
        clock.at += step
        assert 0.0 <= deadline.left_s() <= before
        before = deadline.left_s()


def test_a_part_ends_with_its_own_budget_or_with_the_whole_whichever_comes_first() -> None:
    clock = Clock()
    whole = Deadline(1000, now=clock)
    short, long = whole.part(300), whole.part(5000)

    assert [short.left_s(), long.left_s()] == pytest.approx([0.3, 1.0])
    clock.at += 0.4
    with pytest.raises(DeadlinePassed):
        short.check()
    whole.check()
    clock.at += 0.7
    with pytest.raises(DeadlinePassed):
        long.check()
