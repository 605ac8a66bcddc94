"""Schedule, every night: hold yesterday's orders against what the gateways say, and write down where they differ."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache

from pydantic import BaseModel
from shopwright.checkout import reconcile as books
from shopwright.observability import metrics
from shopwright.runtime import task
from shopwright.runtime.journal import logger
from shopwright.runtime.paying import GatewaySettings, OrderSettings


class Environment(OrderSettings, GatewaySettings):
    pass


class Call(BaseModel):
    """The schedule's event; or, from an operator, which day."""

    day: date | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    reconciling: books.Desk
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


@cache
def wire() -> Desk:
    from shopwright.checkout.aurora import Difference

    env = Environment.read()
    return Desk(books.Desk(env.orders(), env.looking(), Difference))


def build(desk: Callable[[], Desk] = wire) -> task.TaskHandler:
    def reconcile(call: Call) -> books.Reconciled:
        at = desk()
        day = call.day or (at.now() - timedelta(days=1)).date()
        came = books.reconcile(day, at.reconciling, task.deadline())
        metrics.count("ReconciliationDifferences", came.differences)
        metrics.count("ReconciliationUnreached", len(came.unreached))
        if came.unreached:
            logger().warning("merchants not reached", extra={"merchants": came.unreached})
        return came

    return task.handler(reconcile, Call, kind="trigger")


handler = build()
