"""SQS, fed by the webhooks: what a gateway tells has the effect on its order that our own call would have had, once."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from shopwright.checkout import saga
from shopwright.checkout.gateways.message import WebhookMessage
from shopwright.checkout.order import Order
from shopwright.observability import metrics
from shopwright.runtime import queue
from shopwright.runtime.paying import CartSettings, PayingSettings
from shopwright.tenancy.tenant import Tenant

# Two of them wake an operator (cdk/capabilities/payments.py).
COUNTED = {
    "applied": "WebhooksApplied",
    "known": "WebhooksRepeated",
    "unplaced": "WebhooksUnplaced",
    "grave": "WebhooksGrave",
}


class Environment(PayingSettings, CartSettings):
    saga_arn: str


@dataclass(frozen=True, slots=True)
class Desk:
    saga: saga.Desk
    undo: Callable[[Tenant, Order, str], None]


@cache
def wire() -> Desk:
    from shopwright.checkout.stepfunctions import Sagas

    env = Environment.read()
    sagas = Sagas(env.saga_arn)

    def undo(tenant: Tenant, order: Order, attempt: str) -> None:
        sagas.again(tenant, order.id, order.saga_id, "undo", attempt)

    return Desk(env.paying(bought=env.bought()), undo)


def build(desk: Callable[[], Desk] = wire) -> queue.QueueHandler:
    def settle(message: WebhookMessage) -> None:
        at = desk()
        became = saga.hear(message.tenant, message.gateway, message.event, desk=at.saga, undo=at.undo)
        metrics.count(COUNTED[became])

    return queue.handler(settle, WebhookMessage)


handler = build()
