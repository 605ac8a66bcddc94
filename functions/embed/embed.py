"""Ingestion, step 3, once for each batch: a vector for each masked passage that has none, from its text alone."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Protocol

import shopwright_models
from pydantic import Field
from shopwright.documents.chunk import embedded_text
from shopwright.documents.s3 import MerchantPayloads, WorkBucket
from shopwright.documents.work import Batch, Drop, EmbeddedBatch, packed
from shopwright.embedding.model import Model
from shopwright.embedding.shelf import Shelf
from shopwright.runtime import task
from shopwright.runtime.settings import Settings
from shopwright.tenancy.tenant import Tenant


class Environment(Settings):
    artifacts_bucket: str
    more_models: str  # folders with further embedding models; as a rule they are empty or not there


class Embedder(Protocol):
    """A model, and what makes its vectors."""

    model: Model

    def passages(self, texts: Iterable[str]) -> list[list[float]]: ...


@dataclass(frozen=True, slots=True)
class Desk:
    work_of: Callable[[Tenant], MerchantPayloads]
    embedder: Callable[[str], Embedder]


class Work(Drop):
    batch: str = Field(pattern=r"^steps/")
    model: str = shopwright_models.NAME


@dataclass(frozen=True, slots=True)
class Embedded:
    batch: str


@cache
def wire() -> Desk:
    env = Environment.read()
    work = WorkBucket(env.artifacts_bucket)
    shelf = Shelf(shopwright_models.directories(env.more_models), shopwright_models.NAME)
    return Desk(work_of=work.of, embedder=shelf.embedder)


def build(desk: Callable[[], Desk] = wire) -> task.TaskHandler:
    def embed(work: Work) -> Embedded:
        payloads = desk().work_of(work.tenant)
        masked = payloads.read(work.batch, Batch)
        embedder = desk().embedder(work.model)
        fresh = [embedded_text(piece.section, piece.content) for piece in masked.pieces if not piece.embedded]
        vectors = iter(embedder.passages(fresh))
        embedded = EmbeddedBatch(
            title=masked.title,
            pieces=masked.pieces,
            masked=masked.masked,
            model_name=embedder.model.name,
            model_dimensions=embedder.model.dimensions,
            model_sha256=embedder.model.sha256,
            vectors=tuple(None if piece.embedded else packed(next(vectors)) for piece in masked.pieces),
        )
        return Embedded(payloads.write(work.batch.replace("/masked/", "/embedded/"), embedded))

    return task.handler(embed, Work)


handler = build()
