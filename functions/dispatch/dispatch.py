"""SQS, fed by EventBridge with S3's events: start the ingestion of each object that came or went.

No more than a stage's limit is worked off at once: a dispatcher waits with its message until there is room, so that a
big drop waits in the queue and costs nobody else's answers. One that has waited too long puts its message back at the
end of the queue as a new one: waiting is no failure, and must not use up the attempts after which a message is a dead
letter.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from shopwright.documents.document import NotADocument
from shopwright.documents.event import S3Event
from shopwright.documents.sqs import Queue
from shopwright.documents.stepfunctions import Ingestion
from shopwright.documents.work import Change
from shopwright.runtime import queue
from shopwright.runtime.settings import Settings

PATIENCE_S = 100.0  # within the function's deadline; then the message goes to the end of the queue
POLL_S = 0.25


class Environment(Settings):
    ingestion_arn: str
    ingestion_limit: int
    documents_bucket: str
    drops_queue_url: str


@dataclass(frozen=True, slots=True)
class Desk:
    bucket: str
    start: Callable[[Change, str], bool]
    running: Callable[[int], int]
    put_back: Callable[[str], None]
    limit: int
    pause: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic


@cache
def wire() -> Desk:
    env = Environment.read()
    ingestion = Ingestion(env.ingestion_arn)
    return Desk(
        bucket=env.documents_bucket,
        start=ingestion.start,
        running=ingestion.running,
        put_back=Queue(env.drops_queue_url).send,
        limit=env.ingestion_limit,
    )


def there_is_room(desk: Desk) -> bool:
    """Wait until another ingestion may start. False: none may, for PATIENCE_S."""
    until = desk.clock() + PATIENCE_S
    while desk.running(desk.limit) >= desk.limit:
        if desk.clock() >= until:
            return False
        desk.pause(POLL_S)
    return True


def build(desk: Callable[[], Desk] = wire) -> queue.QueueHandler:
    def dispatch(event: S3Event) -> None:
        if event.detail.bucket.name != desk().bucket:
            raise NotADocument("This event is about another bucket.")
        if not event.is_of_a_document:
            return
        change = event.change
        if there_is_room(desk()):
            desk().start(change, event.attempt)
        else:
            desk().put_back(event.text())  # before this message is deleted: the other way round it could get lost

    return queue.handler(dispatch, S3Event)


handler = build()
