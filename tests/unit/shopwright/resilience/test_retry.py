"""A call that fails for a moment is tried again, while there is time; one that is refused is not."""

import logging

import pytest
from shopwright.errors import Exhausted, Invalid, Unavailable
from shopwright.resilience.breaker import CircuitOpen
from shopwright.resilience.deadline import Deadline, DeadlinePassed
from shopwright.resilience.retry import Patience, retry

QUICK = Patience(attempts=3, first_s=0.001, longest_s=0.004, jitter_s=0.001)


class Dependency:
    """Fails so many times, then answers."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.asked = 0

    def __call__(self) -> str:
        self.asked += 1
        if self.failures:
            raise self.failures.pop(0)
        return "answer"


def test_a_failure_for_a_moment_is_tried_again() -> None:
    dependency = Dependency(Unavailable("no"), Unavailable("no"))

    assert retry(dependency, deadline=Deadline(5000), patience=QUICK) == "answer"
    assert dependency.asked == 3


def test_after_so_many_tries_the_last_failure_is_raised_as_it_is() -> None:
    failures = [Unavailable("first"), Unavailable("second"), Unavailable("third")]
    dependency = Dependency(*failures)

    with pytest.raises(Unavailable, match="third"):
        retry(dependency, deadline=Deadline(5000), patience=QUICK)
    assert dependency.asked == 3


@pytest.mark.parametrize(
    "refusal",
    [Invalid("no"), Exhausted("no"), CircuitOpen("no"), DeadlinePassed("no"), ValueError("no")],
    ids=lambda refusal: type(refusal).__name__,
)
def test_a_refusal_is_an_answer_and_is_not_tried_again(refusal: Exception) -> None:
    dependency = Dependency(refusal)

    with pytest.raises(type(refusal)):
        retry(dependency, deadline=Deadline(5000), patience=QUICK)
    assert dependency.asked == 1


def test_nothing_is_waited_for_that_the_deadline_has_no_room_for() -> None:
    now = [100.0]
    dependency = Dependency(*[Unavailable("no")] * 3)
    slow = Patience(attempts=3, first_s=60, longest_s=60, jitter_s=0)

    with pytest.raises(Unavailable) as failure:
        retry(dependency, deadline=Deadline(5000, now=lambda: now[0]), patience=slow)
    assert (dependency.asked, type(failure.value)) == (1, Unavailable)


def test_a_passed_deadline_asks_nobody() -> None:
    now = [100.0]
    deadline = Deadline(1000, now=lambda: now[0])
    now[0] += 2
    dependency = Dependency()

    with pytest.raises(DeadlinePassed):
        retry(dependency, deadline=deadline, patience=QUICK)
    assert dependency.asked == 0


def test_what_was_asked_and_what_failed_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    retry(Dependency(Unavailable("ann@example.com did not answer")), deadline=Deadline(5000), patience=QUICK)

    assert caplog.text == ""


def test_the_waits_grow_up_to_the_longest() -> None:
    patience = Patience(attempts=6, first_s=0.1, longest_s=0.5, jitter_s=0.05)

    assert [round(patience.wait_s(attempt), 2) for attempt in range(1, 5)] == [0.15, 0.25, 0.45, 0.5]
