"""Checkout-saga, step 3: place the order, whose goods are kept and whose money is held."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from shopwright.checkout import saga
from shopwright.checkout.work import Step
from shopwright.runtime import task
from shopwright.runtime.paying import OrderSettings
from shopwright.tenancy.tenant import Tenant

if TYPE_CHECKING:
    from shopwright.checkout.aurora import MerchantOrders


class Environment(OrderSettings):
    pass


@dataclass(frozen=True, slots=True)
class Desk:
    orders: "Callable[[Tenant], MerchantOrders]"


@dataclass(frozen=True, slots=True)
class Placed:
    outcome: str


@cache
def wire() -> Desk:
    return Desk(Environment.read().orders().of)


def build(desk: Callable[[], Desk] = wire) -> task.TaskHandler:
    def confirm(step: Step) -> Placed:
        return Placed(saga.confirm(desk().orders(step.tenant), step.order_id))

    return task.handler(confirm, Step)


handler = build()
