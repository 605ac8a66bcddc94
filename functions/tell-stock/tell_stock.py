"""SQS, fed by the topic of order events: what has changed on the shelf is told to shoppers from now on.

The stock itself was taken with the payment, or put back with what undid it, in the database and in one transaction.
What is left to do is to end the answers that were kept from before, and to say when the last one of an article is gone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from shopwright.checkout.event import OrderEvent
from shopwright.observability import metrics
from shopwright.runtime import queue
from shopwright.runtime.journal import logger
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
    def tell(event: OrderEvent) -> None:
        gone = desk().orders(event.tenant).stock_changed(event.id)
        if event.kind == "OrderPaid" and gone:
            metrics.count("ArticlesSoldOut", len(gone))
            logger().info("sold out", extra={"merchant_id": event.merchant_id, "skus": gone})

    return queue.handler(tell, OrderEvent)


handler = build()
