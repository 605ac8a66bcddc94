"""SQS's dead letters, when an operator calls (`make replay`): send what lies in a queue of failures on its way again.

Both queues are emptied into the queue of drops, so that what is replayed is bounded as every drop is. A message's own
id, which is the same however often it is received, names the attempt, so that nothing is worked off twice for it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from pydantic import BaseModel, ValidationError
from shopwright.documents.event import S3Event
from shopwright.documents.sqs import Message, Queue
from shopwright.documents.work import Change
from shopwright.errors import Invalid
from shopwright.runtime import replaying, task
from shopwright.runtime.settings import Settings


class Environment(Settings):
    drops_queue_url: str
    failed_queue_url: str
    dead_letter_queue_url: str


@dataclass(frozen=True, slots=True)
class Desk:
    queues: Mapping[str, Queue]
    drop: Callable[[str], None]


class Call(replaying.Asked):
    """Which queue of failures."""

    queue: Literal["ingestion-dead-letters", "ingestion-failed"]


class Execution(BaseModel):
    input: str


class Ended(BaseModel):
    """What EventBridge says of an execution."""

    detail: Execution


@cache
def wire() -> Desk:
    env = Environment.read()
    return Desk(
        queues={
            "ingestion-dead-letters": Queue(env.dead_letter_queue_url),
            "ingestion-failed": Queue(env.failed_queue_url),
        },
        drop=Queue(env.drops_queue_url).send,
    )


def build(desk: Callable[[], Desk] = wire) -> task.TaskHandler:
    def replay(call: Call) -> replaying.Replayed:
        return replaying.replay(call.queue, call, desk().queues[call.queue], desk().drop, _again)

    return task.handler(replay, Call, kind="trigger")


def _again(message: Message) -> str | None:
    """The event that brings this message's change about once more; None when nobody can tell what it was."""
    for read in (_as_event, _as_input, _as_end):
        try:
            return read(message).text()
        except (ValidationError, Invalid):
            continue
    return None


def _as_event(message: Message) -> S3Event:
    """What could not be dispatched. It started nothing, or nothing that failed: its name is free, or taken rightly."""
    event = S3Event.model_validate_json(message.body)
    _ = event.change
    return event


def _as_input(message: Message) -> S3Event:
    """The input of an execution that failed, and holds its name for good."""
    return S3Event.of(Change.model_validate_json(message.body), attempt=message.id)


def _as_end(message: Message) -> S3Event:
    """An execution that ran out of time, or was stopped: it could not send its input itself."""
    end = Ended.model_validate_json(message.body)
    return S3Event.of(Change.model_validate_json(end.detail.input), attempt=message.id)


handler = build()
