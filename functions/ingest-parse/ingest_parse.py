"""Ingestion, step 1: read the object, cut it into passages, lay them out in batches for the steps that follow."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import shopwright_models
from shopwright.documents.aurora import DocumentRepository, Documents, Outcome
from shopwright.documents.chunk import chunk
from shopwright.documents.document import (
    PIPELINE,
    DocumentNotFound,
    Status,
    check_name,
    check_size,
    format_of,
    is_personal,
)
from shopwright.documents.parse.block import Parsed as Read
from shopwright.documents.parse.formats import named
from shopwright.documents.rejected import UnsupportedFormat
from shopwright.documents.s3 import DocumentsBucket, MerchantFiles, MerchantPayloads, WorkBucket
from shopwright.documents.sandbox import Sandbox
from shopwright.documents.work import Drop, batches
from shopwright.embedding.model import Model
from shopwright.embedding.tokens import Tokens
from shopwright.runtime import task
from shopwright.runtime.database import TenantSettings
from shopwright.tenancy.tenant import Tenant


class Environment(TenantSettings):
    documents_bucket: str
    artifacts_bucket: str


@dataclass(frozen=True, slots=True)
class Desk:
    documents_of: Callable[[Tenant], Documents]
    files_of: Callable[[Tenant], MerchantFiles]
    work_of: Callable[[Tenant], MerchantPayloads]
    count: Callable[[str], int]
    read: Callable[[bytes, str], Read]
    model: Model


@dataclass(frozen=True, slots=True)
class Parsed:
    """`outcome` is parsed, unchanged or superseded; only the first has batches."""

    outcome: str
    sha256: str = ""
    chunks: int = 0
    batches: tuple[str, ...] = ()


@cache
def wire() -> Desk:
    env = Environment.read()
    return Desk(
        documents_of=DocumentRepository(env.database(), env.signer()).of,
        files_of=DocumentsBucket(env.documents_bucket).of,
        work_of=WorkBucket(env.artifacts_bucket).of,
        count=Tokens(shopwright_models.directory()).count,
        read=Sandbox().read,
        model=Model.read(shopwright_models.directory()),
    )


def build(desk: Callable[[], Desk] = wire) -> task.TaskHandler:
    def parse(drop: Drop) -> Parsed:
        documents = desk().documents_of(drop.tenant)
        outcome = documents.register(drop.arrival, title=named(drop.key))
        if outcome is not Outcome.GOES_ON:
            return Parsed(outcome.value)
        if is_personal(drop.key):
            raise UnsupportedFormat(
                "This file's name holds an e-mail address or a telephone, card or account number. Rename the file."
            )
        check_name(drop.key)
        format_of(drop.key)
        check_size(drop.size)
        try:
            data = desk().files_of(drop.tenant).read(drop.key)
        except DocumentNotFound:
            documents.remove(drop.arrival)  # deleted since; the event about that may be lost, or have come before
            return Parsed(Outcome.SUPERSEDED.value)
        sha256 = hashlib.sha256(data).hexdigest()
        if documents.keep_if_unchanged(drop.arrival, sha256=sha256, pipeline=PIPELINE):
            return Parsed(Outcome.UNCHANGED.value, sha256)
        parsed = desk().read(data, drop.key)
        chunks = chunk(drop.document_id, parsed, desk().count)
        embedded = documents.embedded(
            drop.document_id, [one.id for one in chunks], model=desk().model, pipeline=PIPELINE
        )
        payloads = desk().work_of(drop.tenant)
        keys = tuple(
            payloads.write(f"{drop.work}cut/{number:04d}.json", batch)
            for number, batch in enumerate(batches(parsed.title, chunks, embedded))
        )
        if not documents.advance(drop.arrival, Status.PARSED):
            return Parsed(Outcome.SUPERSEDED.value)
        return Parsed("parsed", sha256, len(chunks), keys)

    return task.handler(parse, Drop)


handler = build()
