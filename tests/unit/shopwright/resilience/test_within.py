"""What comes bit by bit is waited for, and never longer than there is time."""

import time
from collections.abc import Iterator
from itertools import count

import pytest
from shopwright.errors import Conflict
from shopwright.resilience.deadline import Deadline, DeadlinePassed
from shopwright.resilience.within import Silent, within


def slowly(*pauses_s: float, fails: Exception | None = None) -> Iterator[int]:
    for number, pause_s in enumerate(pauses_s):
        time.sleep(pause_s)
        yield number
    if fails:
        raise fails


def test_what_comes_in_time_comes_as_it_is() -> None:
    assert list(within(lambda: slowly(0, 0.01, 0), Deadline(5000), silence_s=4)) == [0, 1, 2]


def test_a_silence_is_noticed_and_what_came_before_it_kept() -> None:
    came = within(lambda: slowly(0, 4), Deadline(9000), silence_s=1)

    assert next(came) == 0
    with pytest.raises(Silent):
        next(came)


def test_a_failure_is_raised_where_somebody_waits() -> None:
    came = within(lambda: slowly(0, fails=Conflict("broken")), Deadline(5000), silence_s=4)

    assert next(came) == 0
    with pytest.raises(Conflict, match="broken"):
        next(came)


def test_the_deadline_counts_even_when_something_always_comes() -> None:
    with pytest.raises(DeadlinePassed):
        list(within(lambda: slowly(*[0.02] * 1000), Deadline(100), silence_s=4))


def test_what_there_is_no_time_for_is_not_begun() -> None:
    spent = Deadline(1)
    time.sleep(0.01)
    begun = []

    def begin() -> Iterator[int]:
        begun.append(1)
        yield 1

    with pytest.raises(DeadlinePassed):
        next(within(begin, spent, silence_s=4))
    assert begun == []


def test_whoever_stops_waiting_stops_what_he_waited_for() -> None:
    made: list[int] = []

    def endless() -> Iterator[int]:
        for number in count():
            made.append(number)
            time.sleep(0.005)
            yield number

    came = within(endless, Deadline(5000), silence_s=4)
    next(came)
    came.close()  # type: ignore[attr-defined]  # it is a generator

    time.sleep(0.5)
    so_far = len(made)
    time.sleep(0.1)
    assert len(made) == so_far < 100
