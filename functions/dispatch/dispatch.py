"""SQS, fed by EventBridge with S3's events: start the ingestion of each object that came or went.

No more than a stage's limit is worked off at once: a dispatcher waits with its message until there is room, so that a
big drop waits in the queue and costs nobody else's answers.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Literal

from pydantic import BaseModel, Field
from shopwright.documents.document import NotADocument, document_id, tenant_of
from shopwright.documents.stepfunctions import Ingestion
from shopwright.documents.work import Change
from shopwright.errors import Exhausted
from shopwright.runtime import queue
from shopwright.runtime.settings import Settings

PATIENCE_S = 100.0  # within the function's deadline; then the message goes back and comes again
POLL_S = 0.25


class IngestionBusy(Exhausted):
    """The ingestion works off as many documents as it may."""


class Environment(Settings):
    ingestion_arn: str
    ingestion_limit: int
    documents_bucket: str


@dataclass(frozen=True, slots=True)
class Desk:
    bucket: str
    start: Callable[[Change], bool]
    running: Callable[[int], int]
    limit: int
    pause: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic


class Named(BaseModel):
    name: str


class S3Object(BaseModel):
    key: str
    sequencer: str
    size: int = 0


class Detail(BaseModel):
    bucket: Named
    object: S3Object


class S3Event(BaseModel):
    """What EventBridge says about an object. Keys come as they are, not URL-encoded as in S3's own notifications."""

    kind: Annotated[Literal["Object Created", "Object Deleted"], Field(alias="detail-type")]
    detail: Detail


@cache
def wire() -> Desk:
    env = Environment.read()
    ingestion = Ingestion(env.ingestion_arn)
    return Desk(
        bucket=env.documents_bucket, start=ingestion.start, running=ingestion.running, limit=env.ingestion_limit
    )


def wait_for_room(desk: Desk) -> None:
    """Return when another ingestion may start. Raises IngestionBusy when none may for PATIENCE_S."""
    until = desk.clock() + PATIENCE_S
    while desk.running(desk.limit) >= desk.limit:
        if desk.clock() >= until:
            raise IngestionBusy("Too many documents are being worked off; this one waits in the queue.")
        desk.pause(POLL_S)


def build(desk: Callable[[], Desk] = wire) -> queue.QueueHandler:
    def dispatch(event: S3Event) -> None:
        bucket, drop = event.detail.bucket.name, event.detail.object
        if bucket != desk().bucket:
            raise NotADocument("This event is about another bucket.")
        if drop.key.endswith("/"):
            return  # what the S3 console writes for an empty folder
        wait_for_room(desk())
        desk().start(
            Change(
                kind="created" if event.kind == "Object Created" else "deleted",
                bucket=bucket,
                key=drop.key,
                sequencer=drop.sequencer,
                size=drop.size,
                merchant_id=tenant_of(drop.key).merchant_id,
                document_id=document_id(drop.key),
            )
        )

    return queue.handler(dispatch, S3Event)


handler = build()
