"""What a breaker must do, whatever keeps its circuits: held against the fake, moto and the laptop's DynamoDB.

Each function takes `environment`, which makes one more environment's way to the circuits, and `name`, a circuit of the
test's own: Powertools counts by name for the whole process.
"""

import time
from collections.abc import Callable
from typing import Any

import pytest
from shopwright.errors import Invalid, Unavailable
from shopwright.resilience.breaker import Breaker, CircuitOpen, Tolerance
from shopwright.resilience.deadline import DeadlinePassed

Environment = Callable[[], Any]
# Whole seconds are counted: a circuit that opens late in one would be tried a moment later with a single second.
QUICK = Tolerance(failures=3, open_s=2, successes=2, known_s=0)


class Dependency:
    """Answers, or does not, and counts how often it was asked."""

    def __init__(self) -> None:
        self.failure: Exception | None = None
        self.asked = 0

    def __call__(self) -> str:
        self.asked += 1
        if self.failure is not None:
            raise self.failure
        return "answer"


def fail(breaker: Breaker, dependency: Dependency, times: int, failure: Exception | None = None) -> None:
    dependency.failure = failure or Unavailable("It did not answer.")
    for _ in range(times):
        with pytest.raises(type(dependency.failure)):
            breaker.call(dependency)


def test_an_open_circuit_leaves_the_dependency_alone_in_every_environment(environment: Environment, name: str) -> None:
    dependency = Dependency()
    one = Breaker(name, environment(), tolerance=QUICK)
    other = Breaker(name, environment(), tolerance=QUICK)
    assert one.call(dependency) == "answer"

    fail(one, dependency, 3)
    asked = dependency.asked

    for breaker in (one, other):
        with pytest.raises(CircuitOpen) as refusal:
            breaker.call(dependency)
    assert dependency.asked == asked
    assert isinstance(refusal.value, Unavailable)


def test_a_circuit_closes_again_after_a_few_successes(environment: Environment, name: str) -> None:
    changes: list[str] = []
    dependency = Dependency()
    breaker = Breaker(name, environment(), tolerance=QUICK, report=lambda change: changes.append(change.to_state.value))
    fail(breaker, dependency, 3)
    dependency.failure = None

    time.sleep(3.05)

    assert [breaker.call(dependency) for _ in range(3)] == ["answer"] * 3
    assert [change.lower() for change in changes] == ["open", "half_open", "closed"]
    assert Breaker(name, environment(), tolerance=QUICK).call(dependency) == "answer"


def test_a_dependency_that_fails_its_trial_is_left_alone_again(environment: Environment, name: str) -> None:
    dependency = Dependency()
    breaker = Breaker(name, environment(), tolerance=QUICK)
    fail(breaker, dependency, 3)

    time.sleep(3.05)
    fail(breaker, dependency, 1)

    asked = dependency.asked
    with pytest.raises(CircuitOpen):
        breaker.call(dependency)
    assert dependency.asked == asked


def test_a_success_in_between_begins_the_count_anew(environment: Environment, name: str) -> None:
    dependency = Dependency()
    breaker = Breaker(name, environment(), tolerance=QUICK)

    for _ in range(3):
        fail(breaker, dependency, 2)
        dependency.failure = None
        assert breaker.call(dependency) == "answer"


@pytest.mark.parametrize("failure", [Invalid("No."), DeadlinePassed("Too late."), CircuitOpen("Not now.")])
def test_what_says_nothing_about_the_dependency_opens_no_circuit(
    environment: Environment, name: str, failure: Exception
) -> None:
    dependency = Dependency()
    breaker = Breaker(f"{name}-{type(failure).__name__}", environment(), tolerance=QUICK)

    fail(breaker, dependency, 6, failure)

    dependency.failure = None
    assert breaker.call(dependency) == "answer"


def test_one_dependency_down_leaves_the_others_reachable(environment: Environment, name: str) -> None:
    store = environment()
    fail(Breaker(f"{name}-a", store, tolerance=QUICK), Dependency(), 3)

    assert Breaker(f"{name}-b", store, tolerance=QUICK).call(Dependency()) == "answer"
