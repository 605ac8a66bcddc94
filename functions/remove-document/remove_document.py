"""Ingestion of a deletion: the object is gone, so its passages and its products go too."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from shopwright.catalog.aurora import Catalog, CatalogRepository
from shopwright.documents.aurora import DocumentRepository, Documents
from shopwright.documents.work import Drop
from shopwright.runtime import task
from shopwright.runtime.database import TenantSettings
from shopwright.tenancy.tenant import Tenant


class Environment(TenantSettings):
    """The database, and nothing else."""


@dataclass(frozen=True, slots=True)
class Desk:
    documents_of: Callable[[Tenant], Documents]
    catalog_of: Callable[[Tenant], Catalog]


@dataclass(frozen=True, slots=True)
class Removed:
    outcome: str


@cache
def wire() -> Desk:
    env = Environment.read()
    database = env.database(statement_timeout_ms=10_000)
    signer = env.signer()
    return Desk(documents_of=DocumentRepository(database, signer).of, catalog_of=CatalogRepository(database, signer).of)


def build(desk: Callable[[], Desk] = wire) -> task.TaskHandler:
    def remove(drop: Drop) -> Removed:
        catalog = desk().catalog_of(drop.tenant)
        outcome = (
            desk()
            .documents_of(drop.tenant)
            .remove(drop.arrival, also=lambda db: catalog.withdraw(db, drop.document_id))
        )
        return Removed(outcome.value)

    return task.handler(remove, Drop)


handler = build()
