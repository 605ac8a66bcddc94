"""Reembedding, step 1, again and again: embed passages that a model has no vector of, for as long as there is time."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Protocol
from uuid import UUID

import shopwright_models
from pydantic import BaseModel, ConfigDict, Field
from shopwright.documents.chunk import embedded_text
from shopwright.embedding.aurora import MerchantModels, Models
from shopwright.embedding.shelf import Shelf
from shopwright.runtime import task
from shopwright.runtime.database import TenantSettings
from shopwright.tenancy.tenant import Tenant

BATCH = 50
ENOUGH_S = 60.0  # left at the end of a call: a batch takes seconds


class Environment(TenantSettings):
    more_models: str  # folders with further embedding models; as a rule they are empty or not there


class Embedder(Protocol):
    def passages(self, texts: Iterable[str]) -> list[list[float]]: ...


@dataclass(frozen=True, slots=True)
class Desk:
    models_of: Callable[[Tenant], MerchantModels]
    embedder: Callable[[str], Embedder]
    enough_s: float = ENOUGH_S


class Work(BaseModel):
    """`after` is where the call before stopped; empty: begin at the first passage."""

    model_config = ConfigDict(frozen=True)

    merchant_id: str
    model: str = Field(min_length=1, max_length=100)
    after: str = ""


@dataclass(frozen=True, slots=True)
class Reembedded:
    """`outcome` is more or done; `after` goes into the next call."""

    outcome: str
    after: str
    embedded: int


@cache
def wire() -> Desk:
    env = Environment.read()
    shelf = Shelf(shopwright_models.directories(env.more_models), shopwright_models.NAME)
    database = env.database(statement_timeout_ms=20_000)
    return Desk(models_of=Models(database, env.signer()).of, embedder=shelf.embedder)


def build(desk: Callable[[], Desk] = wire) -> task.TaskHandler:
    def reembed(work: Work) -> Reembedded:
        models = desk().models_of(Tenant(work.merchant_id))
        embedder = desk().embedder(work.model)
        after, embedded = UUID(work.after) if work.after else None, 0
        while True:
            found = models.lacking(work.model, after=after, limit=BATCH)
            if found:
                vectors = embedder.passages([embedded_text(one.section, one.content) for one in found])
                models.add(work.model, [one.id for one in found], vectors)
                after, embedded = found[-1].id, embedded + len(found)
            if len(found) < BATCH:
                return Reembedded("done", "", embedded)
            if task.deadline().left_s() < desk().enough_s:
                return Reembedded("more", str(found[-1].id), embedded)

    return task.handler(reembed, Work)


handler = build()
