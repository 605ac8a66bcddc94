"""SQS's dead letters of orders and payments, when an operator calls (`make replay`): send each to its consumer again.

It goes to the queue of the consumer that failed and not to the topic: the others have done their part. Every consumer
knows what it has done, so that an event which is sent twice is acted on once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from pydantic import BaseModel, ValidationError
from shopwright.checkout.event import OrderEvent
from shopwright.checkout.gateways.message import WebhookMessage
from shopwright.documents.sqs import Message, Queue
from shopwright.runtime import replaying, task
from shopwright.runtime.settings import Settings


class Environment(Settings):
    receipts_queue_url: str
    receipts_failed_queue_url: str
    stock_queue_url: str
    stock_failed_queue_url: str
    sales_queue_url: str
    sales_failed_queue_url: str
    webhooks_queue_url: str
    webhooks_failed_queue_url: str


@dataclass(frozen=True, slots=True)
class Way:
    """Where a consumer's failures lie, how they come to it again, and what it reads."""

    failed: Queue
    send: Callable[[str], None]
    reads: type[BaseModel] = OrderEvent


@dataclass(frozen=True, slots=True)
class Desk:
    ways: Mapping[str, Way]


class Call(replaying.Asked):
    """Which consumer's failures."""

    queue: Literal["receipts-failed", "stock-failed", "sales-failed", "webhooks-failed"]


@cache
def wire() -> Desk:
    env = Environment.read()
    return Desk(
        {
            "receipts-failed": Way(Queue(env.receipts_failed_queue_url), Queue(env.receipts_queue_url).send),
            "stock-failed": Way(Queue(env.stock_failed_queue_url), Queue(env.stock_queue_url).send),
            "sales-failed": Way(Queue(env.sales_failed_queue_url), Queue(env.sales_queue_url).send),
            "webhooks-failed": Way(
                Queue(env.webhooks_failed_queue_url), Queue(env.webhooks_queue_url).send, WebhookMessage
            ),
        }
    )


def build(desk: Callable[[], Desk] = wire) -> task.TaskHandler:
    def replay(call: Call) -> replaying.Replayed:
        way = desk().ways[call.queue]

        def again(message: Message) -> str | None:
            """The message as it came; None when its consumer could not read it."""
            try:
                way.reads.model_validate_json(message.body)
            except ValidationError:
                return None
            return message.body

        return replaying.replay(call.queue, call, way.failed, way.send, again)

    return task.handler(replay, Call, kind="trigger")


handler = build()
