"""Ingestion of a deletion: the object is gone, so everything that was made of it goes too.

Its passages, vectors and products go in one transaction, and the merchant's generation grows, which ends the answers
that are kept. Then the file's old versions, what was set apart of it and what a vault kept of it are deleted for good,
and the answers are forgotten, so that none of them is told while PostgreSQL cannot be asked. Each may be repeated.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from shopwright.catalog.aurora import Catalog, CatalogRepository
from shopwright.documents.aurora import DocumentRepository, Documents, Outcome
from shopwright.documents.s3 import DocumentsBucket, MerchantFiles, QuarantineBucket
from shopwright.documents.work import Drop
from shopwright.orchestrator.valkey import Shelf
from shopwright.privacy.dynamodb import PersonalTable
from shopwright.privacy.vault import Vault
from shopwright.privacy.vault import document as scope_of
from shopwright.runtime import task
from shopwright.runtime.database import TenantSettings
from shopwright.tenancy.secretsmanager import Secret
from shopwright.tenancy.tenant import Tenant


class Environment(TenantSettings):
    documents_bucket: str
    quarantine_bucket: str
    personal_table: str
    cache_host: str
    cache_port: int
    cache_tls: str
    cache_secret_arn: str


@dataclass(frozen=True, slots=True)
class Desk:
    documents_of: Callable[[Tenant], Documents]
    catalog_of: Callable[[Tenant], Catalog]
    files_of: Callable[[Tenant], MerchantFiles]
    forget: tuple[Callable[[Tenant, str], None], ...]  # by whoever keeps something under a document's id
    forget_answers: Callable[[Tenant], int]  # how many there were


@dataclass(frozen=True, slots=True)
class Removed:
    outcome: str


@cache
def wire() -> Desk:
    env = Environment.read()
    database = env.database(statement_timeout_ms=10_000)
    signer = env.signer()
    # No keys are within reach: an erasure opens nothing.
    vault = Vault(PersonalTable(env.personal_table), keys=None)

    cache_token = Secret(env.cache_secret_arn)

    def shred(tenant: Tenant, document_id: str) -> None:
        vault.shred(tenant, scope_of(document_id))

    return Desk(
        documents_of=DocumentRepository(database, signer).of,
        catalog_of=CatalogRepository(database, signer).of,
        files_of=DocumentsBucket(env.documents_bucket).of,
        forget=(QuarantineBucket(env.quarantine_bucket).forget, shred),
        forget_answers=Shelf(
            env.cache_host, env.cache_port, tls=env.cache_tls, token=lambda: cache_token.json()["token"]
        ).forget,
    )


def build(desk: Callable[[], Desk] = wire) -> task.TaskHandler:
    def remove(drop: Drop) -> Removed:
        catalog = desk().catalog_of(drop.tenant)
        outcome = (
            desk()
            .documents_of(drop.tenant)
            .remove(drop.arrival, also=lambda db: catalog.withdraw(db, drop.document_id))
        )
        if outcome is Outcome.REMOVED:
            desk().files_of(drop.tenant).forget(drop.key)
            for forget in desk().forget:
                forget(drop.tenant, drop.document_id)
            desk().forget_answers(drop.tenant)
        return Removed(outcome.value)

    return task.handler(remove, Drop)


handler = build()
