"""Ingestion, step 2, once for each batch: mask personal data, so that none is embedded, stored or quoted."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from pydantic import Field
from shopwright.documents.s3 import MerchantPayloads, WorkBucket
from shopwright.documents.work import Batch, Drop, Piece
from shopwright.privacy.redact import mask
from shopwright.runtime import task
from shopwright.runtime.settings import Settings
from shopwright.tenancy.tenant import Tenant


class Environment(Settings):
    artifacts_bucket: str


@dataclass(frozen=True, slots=True)
class Desk:
    work_of: Callable[[Tenant], MerchantPayloads]


class Work(Drop):
    batch: str = Field(pattern=r"^work/")


@dataclass(frozen=True, slots=True)
class Sanitized:
    batch: str
    masked: int


@cache
def wire() -> Desk:
    return Desk(work_of=WorkBucket(Environment.read().artifacts_bucket).of)


def build(desk: Callable[[], Desk] = wire) -> task.TaskHandler:
    def sanitize(work: Work) -> Sanitized:
        payloads = desk().work_of(work.tenant)
        cut = payloads.read(work.batch, Batch)
        found = 0

        def clean(text: str) -> str:
            nonlocal found
            masked = mask(text)
            found += len(masked.found)
            return masked.text

        pieces = tuple(
            Piece.model_validate(
                {
                    **piece.model_dump(),
                    "content": clean(piece.content),
                    "section": tuple(mask(title).text for title in piece.section),
                }
            )
            for piece in cut.pieces
        )
        masked = Batch(title=mask(cut.title).text, pieces=pieces, masked=found)
        return Sanitized(payloads.write(work.batch.replace("/cut/", "/masked/"), masked), found)

    return task.handler(sanitize, Work)


handler = build()
