"""Ingestion, step 2, once for each batch: mask personal data, so that none is embedded, stored or quoted."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Literal

from pydantic import Field
from shopwright.documents.s3 import MerchantPayloads, WorkBucket
from shopwright.documents.work import Batch, Drop, Piece
from shopwright.privacy.redactor import PIIRedactor, Use, redactor
from shopwright.runtime import task
from shopwright.runtime.settings import Settings
from shopwright.tenancy.tenant import Tenant


class Environment(Settings):
    artifacts_bucket: str
    personal_table: str
    personal_key_arn: str
    keep_personal: Literal["mask", "token"]  # masks, or masks with tokens that a vault gives back


def _masks(tenant: Tenant, document_id: str, use: Use) -> PIIRedactor:
    return redactor(use)


@dataclass(frozen=True, slots=True)
class Desk:
    work_of: Callable[[Tenant], MerchantPayloads]
    redactor_of: Callable[[Tenant, str, Use], PIIRedactor] = _masks


class Work(Drop):
    batch: str = Field(pattern=r"^steps/")


@dataclass(frozen=True, slots=True)
class Sanitized:
    batch: str
    masked: int


@cache
def wire() -> Desk:
    env = Environment.read()
    work_of = WorkBucket(env.artifacts_bucket).of
    if env.keep_personal == "mask":
        return Desk(work_of)
    # Loaded here and not above: masking alone needs neither keys nor a table.
    from shopwright.privacy.dynamodb import PersonalTable
    from shopwright.privacy.kms import DataKeys
    from shopwright.privacy.vault import Vault, document

    vault = Vault(PersonalTable(env.personal_table), DataKeys(env.personal_key_arn))

    def keeping(tenant: Tenant, document_id: str, use: Use) -> PIIRedactor:
        return PIIRedactor(use, keep=vault.keeper(tenant, document(document_id)))

    return Desk(work_of, keeping)


def build(desk: Callable[[], Desk] = wire) -> task.TaskHandler:
    def sanitize(work: Work) -> Sanitized:
        payloads = desk().work_of(work.tenant)
        cut = payloads.read(work.batch, Batch)
        prose = desk().redactor_of(work.tenant, work.document_id, Use.DOCUMENT)
        records = desk().redactor_of(work.tenant, work.document_id, Use.RECORD)
        found = 0

        def clean(piece: Piece) -> Piece:
            nonlocal found
            redact = records if piece.record else prose
            masked = redact.mask(piece.content)
            found += len(masked.found)
            section = tuple(redact.mask(title).text for title in piece.section)
            return Piece.model_validate({**piece.model_dump(), "content": masked.text, "section": section})

        pieces = tuple(map(clean, cut.pieces))
        masked = Batch(title=prose.mask(cut.title).text, pieces=pieces, masked=found)
        return Sanitized(payloads.write(work.batch.replace("/cut/", "/masked/"), masked), found)

    return task.handler(sanitize, Work)


handler = build()
