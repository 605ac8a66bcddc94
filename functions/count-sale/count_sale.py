"""SQS, fed by the topic of order events: what was sold, and what came back, is counted on its day, once."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from shopwright.checkout.event import OrderEvent
from shopwright.observability import metrics
from shopwright.runtime import queue
from shopwright.runtime.paying import OrderSettings
from shopwright.tenancy.tenant import Tenant

if TYPE_CHECKING:
    from shopwright.checkout.aurora import MerchantOrders


class Environment(OrderSettings):
    pass


@dataclass(frozen=True, slots=True)
class Desk:
    orders: "Callable[[Tenant], MerchantOrders]"


@cache
def wire() -> Desk:
    return Desk(Environment.read().orders().of)


def build(desk: Callable[[], Desk] = wire) -> queue.QueueHandler:
    def count(event: OrderEvent) -> None:
        if desk().orders(event.tenant).count_sale(event.id):
            metrics.count({"OrderPaid": "OrdersPaid", "OrderRefunded": "OrdersRefunded"}.get(event.kind, "OrdersOther"))

    return queue.handler(count, OrderEvent)


handler = build()
