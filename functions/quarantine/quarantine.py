"""Ingestion, when it cannot go on: tell the merchant why, keep the refused file apart, clear what was begun."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath
from typing import Any, Literal

from shopwright.documents import rejected
from shopwright.documents.aurora import DocumentRepository, Documents
from shopwright.documents.s3 import DocumentsBucket, MerchantFiles, MerchantPayloads, WorkBucket
from shopwright.documents.work import Drop, Payload
from shopwright.runtime import task
from shopwright.runtime.database import TenantSettings
from shopwright.tenancy.tenant import Tenant

REFUSED = {kind.__name__ for kind in rejected.Rejected.__subclasses__()}
FAILED = "We could not take this file in. We have been told; upload it again if it is urgent."


class Environment(TenantSettings):
    documents_bucket: str
    quarantine_bucket: str
    artifacts_bucket: str


@dataclass(frozen=True, slots=True)
class Desk:
    documents_of: Callable[[Tenant], Documents]
    files_of: Callable[[Tenant], MerchantFiles]
    work_of: Callable[[Tenant], MerchantPayloads]
    apart: str  # the bucket of refused files


class Failure(Payload):
    """What Step Functions catches. A Lambda's cause is JSON that holds the error's message."""

    Error: str
    Cause: str = ""


class Work(Drop):
    outcome: Literal["refused", "failed"]
    error: Failure


@dataclass(frozen=True, slots=True)
class Recorded:
    outcome: str
    error: str


@cache
def wire() -> Desk:
    env = Environment.read()
    return Desk(
        documents_of=DocumentRepository(env.database(), env.signer()).of,
        files_of=DocumentsBucket(env.documents_bucket).of,
        work_of=WorkBucket(env.artifacts_bucket).of,
        apart=env.quarantine_bucket,
    )


def build(desk: Callable[[], Desk] = wire) -> task.TaskHandler:
    def quarantine(work: Work) -> Recorded:
        documents = desk().documents_of(work.tenant)
        desk().work_of(work.tenant).clear(work.work)
        if work.outcome == "failed":
            current = documents.fail(work.arrival, reason=FAILED, code=_code(work.error))
            return Recorded("failed" if current else "superseded", work.error.Error)
        file = PurePosixPath(work.key).name
        desk().files_of(work.tenant).copy(
            work.key,
            to_bucket=desk().apart,
            to_key=f"quarantine/{work.merchant_id}/{work.document_id}/{work.sequencer}/{file}",
        )
        current = documents.quarantine(work.arrival, reason=_reason(work.error), code=_code(work.error))
        return Recorded("quarantined" if current else "superseded", work.error.Error)

    return task.handler(quarantine, Work)


def _code(failure: Failure) -> str:
    """The failure's name, if it is one of ours; the platform's hold dots and say nothing to a merchant."""
    return failure.Error if failure.Error.isidentifier() else "IngestionFailed"


def _reason(failure: Failure) -> str:
    """The message that we wrote for the merchant; of any other error, nothing."""
    try:
        cause: Any = json.loads(failure.Cause)
    except ValueError:
        return FAILED
    if failure.Error in REFUSED and isinstance(cause, dict) and isinstance(cause.get("errorMessage"), str):
        return str(cause["errorMessage"])
    return FAILED


handler = build()
