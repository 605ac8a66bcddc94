"""Leaving a dependency alone while it is down, in every environment at once: changes when what trips a circuit does.

Powertools keeps the state machine and the shared state (`dynamodb.py`). Each environment counts its own failures in a
row and writes only when the circuit changes; a state that cannot be read counts as closed, so that the breaker never is
the outage.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from shopwright.errors import ShopwrightError, Unavailable
from shopwright.resilience.deadline import DeadlinePassed

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.circuit_breaker import CircuitTransition
    from aws_lambda_powertools.utilities.circuit_breaker.persistence import CircuitBreakerPersistenceLayer

_Result = TypeVar("_Result")


class CircuitOpen(Unavailable):
    """The dependency has failed again and again and is left alone for a while."""

    retry_after_s = 10


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How many failures in a row open a circuit, how long it stays open, and how many successes close it again.

    One success closes it: only the thread that tries a circuit may try it again, and where tools run in threads the
    next call comes from another one.
    """

    failures: int = 5
    open_s: int = 15
    successes: int = 1
    known_s: int = 2  # how long an environment relies on the state that it read


class Breaker:
    """The circuit of one dependency, named alike in every environment."""

    def __init__(
        self,
        name: str,
        store: "CircuitBreakerPersistenceLayer",
        *,
        tolerance: Tolerance = Tolerance(),
        report: "Callable[[CircuitTransition], None] | None" = None,
    ) -> None:
        self._name = name
        self._store = store
        self._tolerance = tolerance
        self._report = report

    def __repr__(self) -> str:
        return f"Breaker({self._name})"

    def call(self, function: Callable[[], _Result]) -> _Result:
        """What the function gives; CircuitOpen without asking it while the circuit is open.

        A failure that is Unavailable counts against the dependency; any other is an answer of it.
        """
        # Imported here and not above: whoever only names CircuitOpen needs none of it.
        from aws_lambda_powertools.utilities.circuit_breaker import (
            CircuitBreakerConfig,
            CircuitBreakerOpenError,
            circuit_breaker,
        )

        answers: list[ShopwrightError] = []

        def theirs() -> _Result | None:
            try:
                return function()
            except (CircuitOpen, DeadlinePassed) as ours:  # says nothing about the dependency
                answers.append(ours)
                raise _Ours from ours

        config = CircuitBreakerConfig(
            failure_threshold=self._tolerance.failures,
            recovery_timeout=self._tolerance.open_s,
            success_threshold=self._tolerance.successes,
            handled_exceptions=(Unavailable,),
            local_cache_max_age=self._tolerance.known_s,
        )
        guarded = circuit_breaker(
            name=self._name, persistence_store=self._store, config=config, on_transition=self._report
        )(theirs)
        try:
            result: _Result = guarded()
        except CircuitBreakerOpenError:
            raise CircuitOpen("This is not available at the moment. Please try again in a little while.") from None
        except _Ours:
            raise answers[0] from None
        return result


class _Ours(Exception):
    """Carries a failure past the count."""
