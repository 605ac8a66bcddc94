"""SQS's dead letters, when an operator calls (`make replay`): send what lies in a queue of failures on its way again.

Both queues are emptied into the queue of drops, so that what is replayed is bounded as every drop is. A message is sent
before it is deleted: nothing is lost when this function ends in between, and its own id, which is the same however
often it is received, names the attempt, so that nothing is worked off twice for it. What nobody can read is counted
and left where it is.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from shopwright.documents.event import S3Event
from shopwright.documents.sqs import AT_MOST, Message, Queue
from shopwright.documents.work import Change
from shopwright.errors import Invalid
from shopwright.runtime import task
from shopwright.runtime.settings import Settings

HOLD_S = 330  # longer than this function runs: what it has seen does not come to it twice
SPARE_S = 15.0  # kept for letting go of what stays


class Environment(Settings):
    drops_queue_url: str
    failed_queue_url: str
    dead_letter_queue_url: str


@dataclass(frozen=True, slots=True)
class Desk:
    queues: Mapping[str, Queue]
    drop: Callable[[str], None]


class Call(BaseModel):
    """What an operator asks. `dry`: only say what would be done."""

    model_config = ConfigDict(extra="forbid")

    queue: Literal["ingestion-dead-letters", "ingestion-failed"]
    limit: int = Field(default=1000, ge=1)
    dry: bool = False


class Execution(BaseModel):
    input: str


class Ended(BaseModel):
    """What EventBridge says of an execution."""

    detail: Execution


@dataclass(frozen=True, slots=True)
class Replayed:
    """`poison` is how many nobody can read; `left` is about how many lie in the queue now, those included."""

    queue: str
    replayed: int
    poison: int
    left: int
    dry: bool


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
    def replay(call: Call) -> Replayed:
        source = desk().queues[call.queue]
        replayed, poison, stays = 0, 0, list[Message]()
        try:
            while (room := call.limit - replayed - poison) > 0 and task.deadline().left_s() > SPARE_S:
                found = source.receive(min(room, AT_MOST), hold_s=HOLD_S)
                if not found:
                    break
                for message in found:
                    again = _again(message)
                    if again is None:
                        poison += 1
                        stays.append(message)
                    elif call.dry:
                        replayed += 1
                        stays.append(message)
                    else:
                        desk().drop(again)
                        source.delete(message)
                        replayed += 1
        finally:
            for message in stays:
                source.let_go(message)
        return Replayed(call.queue, replayed, poison, source.waiting(), call.dry)

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
