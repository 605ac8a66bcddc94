"""SQS's dead letters of order events, when an operator calls (`make replay`): send each to its own consumer again.

It goes to the queue of the consumer that failed and not to the topic: the others have done their part. Every consumer
knows what it has done, so that an event which is sent twice is acted on once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from pydantic import ValidationError
from shopwright.checkout.event import OrderEvent
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


@dataclass(frozen=True, slots=True)
class Way:
    """Where a consumer's failures lie, and how they come to it again."""

    failed: Queue
    send: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Desk:
    ways: Mapping[str, Way]


class Call(replaying.Asked):
    """Which consumer's failures."""

    queue: Literal["receipts-failed", "stock-failed", "sales-failed"]


@cache
def wire() -> Desk:
    env = Environment.read()
    return Desk(
        {
            "receipts-failed": Way(Queue(env.receipts_failed_queue_url), Queue(env.receipts_queue_url).send),
            "stock-failed": Way(Queue(env.stock_failed_queue_url), Queue(env.stock_queue_url).send),
            "sales-failed": Way(Queue(env.sales_failed_queue_url), Queue(env.sales_queue_url).send),
        }
    )


def build(desk: Callable[[], Desk] = wire) -> task.TaskHandler:
    def replay(call: Call) -> replaying.Replayed:
        way = desk().ways[call.queue]
        return replaying.replay(call.queue, call, way.failed, way.send, _again)

    return task.handler(replay, Call, kind="trigger")


def _again(message: Message) -> str | None:
    """The event as it came; None when it is none."""
    try:
        OrderEvent.model_validate_json(message.body)
    except ValidationError:
        return None
    return message.body


handler = build()
