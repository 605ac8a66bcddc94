"""SQS, fed by EventBridge with S3's events: start the ingestion of each object that came or went."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Literal

from pydantic import BaseModel, Field
from shopwright.documents.document import NotADocument, document_id, tenant_of
from shopwright.documents.stepfunctions import Ingestion
from shopwright.documents.work import Change
from shopwright.runtime import queue
from shopwright.runtime.settings import Settings


class Environment(Settings):
    ingestion_arn: str
    documents_bucket: str


@dataclass(frozen=True, slots=True)
class Desk:
    bucket: str
    start: Callable[[Change], bool]


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
    return Desk(bucket=env.documents_bucket, start=Ingestion(env.ingestion_arn).start)


def build(desk: Callable[[], Desk] = wire) -> queue.QueueHandler:
    def dispatch(event: S3Event) -> None:
        bucket, drop = event.detail.bucket.name, event.detail.object
        if bucket != desk().bucket:
            raise NotADocument("This event is about another bucket.")
        if drop.key.endswith("/"):
            return  # what the S3 console writes for an empty folder
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
