"""How a function comes by its breakers: changes when where circuits are kept, or who hears of them, does."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from shopwright.errors import Unavailable
from shopwright.observability import metrics
from shopwright.resilience.breaker import Breaker, CircuitOpen
from shopwright.runtime.journal import logger

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.circuit_breaker import CircuitTransition


class Breakers:
    """One environment's breakers, a circuit for each name; the circuits are the whole stage's."""

    def __init__(self, table: str) -> None:
        # Loaded here and not above: importing this module costs none of it.
        from shopwright.resilience.dynamodb import circuits
        from shopwright.resilience.known import Known

        self._store = Known(
            circuits(table), report=lambda failure: logger().warning("circuits are not known", exc_info=failure)
        )
        self._made: dict[str, Breaker] = {}

    def __call__(
        self, name: str, left_alone: Callable[[], CircuitOpen], excused: tuple[type[Unavailable], ...] = ()
    ) -> Breaker:
        """The breaker of that dependency. Its circuit is read at once, in the background: an environment that begins
        in the middle of an outage learns of it while it is still opening its connections."""
        if name not in self._made:
            self._store.get_state(name)
            self._made[name] = Breaker(name, self._store, report=_told, left_alone=left_alone, excused=excused)
        return self._made[name]


def _told(change: "CircuitTransition") -> None:
    metrics.count(f"Circuit.{change.to_state.value.lower()}")
    logger().warning("circuit changed", extra={"circuit": change.circuit_name, "state": change.to_state.value})
