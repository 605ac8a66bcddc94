"""Leaving a dependency alone while it is down, in every environment at once: changes when what trips a circuit does.

Powertools keeps the state machine and the shared state (`dynamodb.py`). Each environment counts its own failures in a
row and writes only when the circuit changes; a state that cannot be read counts as closed, so that the breaker never is
the outage.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING, TypeVar

from shopwright.errors import ShopwrightError, Unavailable
from shopwright.resilience.deadline import DeadlinePassed

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.circuit_breaker import CircuitBreakerConfig, CircuitTransition
    from aws_lambda_powertools.utilities.circuit_breaker.persistence import CircuitBreakerPersistenceLayer

NOT_NOW = "This is not available at the moment. Please try again in a little while."
_Result = TypeVar("_Result")


class CircuitOpen(Unavailable):
    """The dependency has failed again and again and is left alone for a while.

    A dependency has its own, which is also its own Unavailable: then what answers in its place does so at once.
    """

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
    """The circuit of one dependency, named alike in every environment.

    While it is open `left_alone` is raised. `excused` are failures of the dependency's kind that say nothing about its
    health: what one merchant's data or one shopper's words bring about must not shut it for the others.
    """

    def __init__(
        self,
        name: str,
        store: "CircuitBreakerPersistenceLayer",
        *,
        tolerance: Tolerance = Tolerance(),
        report: "Callable[[CircuitTransition], None] | None" = None,
        left_alone: Callable[[], CircuitOpen] = lambda: CircuitOpen(NOT_NOW),
        excused: tuple[type[Unavailable], ...] = (),
    ) -> None:
        self._name = name
        self._store = store
        self._tolerance = tolerance
        self._report = report
        self._left_alone = left_alone
        self._excused: tuple[type[Unavailable], ...] = (CircuitOpen, DeadlinePassed, *excused)
        self._config: CircuitBreakerConfig | None = None

    def __repr__(self) -> str:
        return f"Breaker({self._name})"

    def call(self, function: Callable[[], _Result]) -> _Result:
        """What the function gives; CircuitOpen without asking it while the circuit is open.

        A failure that is Unavailable counts against the dependency; any other is an answer of it.
        """
        # Imported here and not above: whoever only names CircuitOpen needs none of it.
        from aws_lambda_powertools.utilities.circuit_breaker import CircuitBreakerOpenError, circuit_breaker

        excuses: list[ShopwrightError] = []

        def theirs() -> _Result | None:
            try:
                return function()
            except self._excused as excuse:  # says nothing about the dependency
                excuses.append(excuse)
                raise _Excused from excuse

        guarded = circuit_breaker(
            name=self._name, persistence_store=self._store, config=self._settings(), on_transition=self._report
        )(theirs)
        try:
            result: _Result = guarded()
        except CircuitBreakerOpenError:
            raise self._left_alone() from None
        except _Excused:
            raise excuses[0] from None
        return result

    def stream(self, begin: Callable[[], Iterator[_Result]]) -> Iterator[_Result]:
        """What `begin` gives, one by one. It has succeeded when it has come to its end, or when nobody wants more.

        It is read in a thread of its own: a call has one outcome, and that of a stream is known only at its end.
        `begin` must keep to a deadline of its own.
        """
        came: SimpleQueue[tuple[_Result] | BaseException | None] = SimpleQueue()
        gone = threading.Event()

        def all_of_it() -> None:
            pieces = begin()
            try:
                for piece in pieces:
                    if gone.is_set():
                        return
                    came.put((piece,))
            finally:
                close = getattr(pieces, "close", None)
                if close is not None:
                    close()

        def read() -> None:
            try:
                self.call(all_of_it)
                came.put(None)
            except BaseException as failure:
                came.put(failure)

        threading.Thread(target=read, name="breaker", daemon=True).start()
        try:
            while (one := came.get()) is not None:
                if isinstance(one, BaseException):
                    raise one
                yield one[0]
        finally:
            gone.set()

    def _settings(self) -> "CircuitBreakerConfig":
        from aws_lambda_powertools.utilities.circuit_breaker import CircuitBreakerConfig

        if self._config is None:
            self._config = CircuitBreakerConfig(
                failure_threshold=self._tolerance.failures,
                recovery_timeout=self._tolerance.open_s,
                success_threshold=self._tolerance.successes,
                handled_exceptions=(Unavailable,),
                local_cache_max_age=self._tolerance.known_s,
            )
        return self._config


class _Excused(Exception):
    """Carries a failure past the count."""
