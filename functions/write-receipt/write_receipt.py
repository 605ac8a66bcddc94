"""SQS, fed by the topic of order events: a paid or refunded order is given its receipt, a page and a PDF, once."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from shopwright.checkout.event import OrderEvent
from shopwright.checkout.receipt import NothingToReceipt, html, pdf, receipt_for
from shopwright.observability import metrics
from shopwright.runtime import queue
from shopwright.runtime.paying import OrderSettings
from shopwright.tenancy.branding import BrandingMissing, Shopfront
from shopwright.tenancy.tenant import Tenant

if TYPE_CHECKING:
    from shopwright.checkout.aurora import MerchantOrders
    from shopwright.checkout.s3 import MerchantReceipts


class Environment(OrderSettings):
    members_table: str
    receipts_bucket: str


@dataclass(frozen=True, slots=True)
class Desk:
    orders: "Callable[[Tenant], MerchantOrders]"
    shopfront: Callable[[Tenant], Shopfront | None]
    receipts: "Callable[[Tenant], MerchantReceipts]"


@cache
def wire() -> Desk:
    from shopwright.checkout.s3 import Receipts
    from shopwright.tenancy.dynamodb import Shopfronts

    env = Environment.read()
    return Desk(env.orders().of, Shopfronts(env.members_table).of, Receipts(env.receipts_bucket).of)


def build(desk: Callable[[], Desk] = wire) -> queue.QueueHandler:
    def write(event: OrderEvent) -> None:
        at, tenant = desk(), event.tenant
        orders = at.orders(tenant)
        told = orders.told(event.id)
        if told.kind not in ("OrderPaid", "OrderRefunded"):
            raise NothingToReceipt
        shopfront = at.shopfront(tenant)
        if shopfront is None:
            raise BrandingMissing
        order, refunded = orders.look(told.order_id), told.kind == "OrderRefunded"
        receipt = receipt_for(
            order,
            paid_at=order.paid_at or told.at,
            branding=shopfront.branding,
            refunded_at=told.at if refunded else None,
        )
        if at.receipts(tenant).keep(order.id, html=html(receipt), pdf=pdf(receipt), refunded=refunded):
            metrics.count("ReceiptsWritten")

    return queue.handler(write, OrderEvent)


handler = build()
