"""Schedule, every five minutes: look after orders that nobody works on any more, expired holds among them."""

from collections.abc import Callable
from functools import cache

from pydantic import BaseModel
from shopwright.checkout import sweep
from shopwright.checkout.order import Order
from shopwright.checkout.stepfunctions import Begin, Sagas
from shopwright.runtime import task
from shopwright.runtime.paying import OrderSettings
from shopwright.tenancy.tenant import Tenant


class Environment(OrderSettings):
    saga_arn: str


class Tick(BaseModel):
    """The schedule's event. What is in it does not matter."""


@cache
def wire() -> sweep.Desk:
    env = Environment.read()
    sagas = Sagas(env.saga_arn)

    def again(tenant: Tenant, order: Order, begin: Begin) -> None:
        sagas.again(tenant, order.id, order.saga_id, begin)

    return sweep.Desk(env.orders(), again, lambda order: sagas.is_running(order.saga_id))


def build(desk: Callable[[], sweep.Desk] = wire) -> task.TaskHandler:
    def sweep_orders(tick: Tick) -> sweep.Swept:
        return sweep.sweep(desk(), task.deadline())

    return task.handler(sweep_orders, Tick, kind="trigger")


handler = build()
