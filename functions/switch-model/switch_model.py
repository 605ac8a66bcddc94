"""Reembedding, before and after: tell how far a model is, let it answer, forget the vectors of one that does not.

`make reembed` calls it by hand too: `{"merchant_id": "kitchen", "model": "…", "action": "standing"}`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Literal, Protocol

import shopwright_models
from pydantic import BaseModel, Field
from shopwright.documents.chunk import embedded_text
from shopwright.embedding.aurora import Lacking, MerchantModels, Models
from shopwright.embedding.shelf import Shelf
from shopwright.runtime import task
from shopwright.runtime.database import TenantSettings
from shopwright.tenancy.tenant import Tenant


class Environment(TenantSettings):
    more_models: str  # folders with further embedding models; as a rule they are empty or not there


class Embedder(Protocol):
    def passages(self, texts: Iterable[str]) -> list[list[float]]: ...


@dataclass(frozen=True, slots=True)
class Desk:
    models_of: Callable[[Tenant], MerchantModels]
    embedder: Callable[[str], Embedder]


class Work(BaseModel):
    """`standing` only tells; `switch` lets the model answer; `forget` removes its vectors, when it does not answer."""

    merchant_id: str
    model: str = Field(min_length=1, max_length=100)
    action: Literal["standing", "switch", "forget"]


@dataclass(frozen=True, slots=True)
class Stands:
    merchant_id: str
    model: str
    passages: int
    embedded: int
    serving: str | None
    previous: str | None


@cache
def wire() -> Desk:
    env = Environment.read()
    # The counts go over every passage of the merchant.
    models = Models(env.database(statement_timeout_ms=50_000), env.signer())
    return Desk(models.of, Shelf(shopwright_models.directories(env.more_models), shopwright_models.NAME).embedder)


def build(desk: Callable[[], Desk] = wire) -> task.TaskHandler:
    def switch(work: Work) -> Stands:
        models = desk().models_of(Tenant(work.merchant_id))

        def embed(some: Sequence[Lacking]) -> list[list[float]]:
            return desk().embedder(work.model).passages([embedded_text(one.section, one.content) for one in some])

        if work.action == "switch":
            standing = models.switch(work.model, embed)
        elif work.action == "forget":
            standing = models.forget(work.model)
        else:
            standing = models.standing(work.model)
        return Stands(work.merchant_id, work.model, **asdict(standing))

    return task.handler(switch, Work)


handler = build()
