"""Ingestion, step 3, once for each batch: a vector for each masked passage that has none, from its text alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import shopwright_models
from pydantic import Field
from shopwright.documents.chunk import embedded_text
from shopwright.documents.s3 import MerchantPayloads, WorkBucket
from shopwright.documents.work import Batch, Drop, EmbeddedBatch, packed
from shopwright.embedding.model import Model
from shopwright.embedding.onnx import OnnxEmbedder
from shopwright.runtime import task
from shopwright.runtime.settings import Settings
from shopwright.tenancy.tenant import Tenant


class Environment(Settings):
    artifacts_bucket: str


@dataclass(frozen=True, slots=True)
class Desk:
    work_of: Callable[[Tenant], MerchantPayloads]
    model: Model
    embed: Callable[[Sequence[str]], list[list[float]]]


class Work(Drop):
    batch: str = Field(pattern=r"^work/")


@dataclass(frozen=True, slots=True)
class Embedded:
    batch: str


@cache
def wire() -> Desk:
    work = WorkBucket(Environment.read().artifacts_bucket)
    embedder = OnnxEmbedder(shopwright_models.directory())
    return Desk(work_of=work.of, model=embedder.model, embed=embedder.passages)


def build(desk: Callable[[], Desk] = wire) -> task.TaskHandler:
    def embed(work: Work) -> Embedded:
        payloads = desk().work_of(work.tenant)
        masked = payloads.read(work.batch, Batch)
        fresh = [embedded_text(piece.section, piece.content) for piece in masked.pieces if not piece.embedded]
        vectors = iter(desk().embed(fresh))
        embedded = EmbeddedBatch(
            title=masked.title,
            pieces=masked.pieces,
            masked=masked.masked,
            model_name=desk().model.name,
            model_dimensions=desk().model.dimensions,
            model_sha256=desk().model.sha256,
            vectors=tuple(None if piece.embedded else packed(next(vectors)) for piece in masked.pieces),
        )
        return Embedded(payloads.write(work.batch.replace("/masked/", "/embedded/"), embedded))

    return task.handler(embed, Work)


handler = build()
