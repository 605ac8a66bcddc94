"""Ingestion of a deletion: the object is gone, so its passages go too."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from shopwright.database.connection import Address, Database
from shopwright.database.secrets import key_in, login_in
from shopwright.documents.aurora import DocumentRepository, Documents
from shopwright.documents.work import Drop
from shopwright.runtime import task
from shopwright.runtime.settings import Settings
from shopwright.tenancy.passport import Signer
from shopwright.tenancy.secretsmanager import Secret
from shopwright.tenancy.tenant import Tenant


class Environment(Settings):
    database_host: str
    database_port: int
    database_name: str
    database_tls: str
    database_secret_arn: str
    tenant_key_secret_arn: str


@dataclass(frozen=True, slots=True)
class Desk:
    documents_of: Callable[[Tenant], Documents]


@dataclass(frozen=True, slots=True)
class Removed:
    outcome: str


@cache
def wire() -> Desk:
    env = Environment.read()
    database = Database(
        Address(env.database_host, env.database_port, env.database_name, env.database_tls),
        login_in(Secret(env.database_secret_arn)),
        statement_timeout_ms=10_000,
    )
    signer = Signer(key_in(Secret(env.tenant_key_secret_arn)))
    return Desk(documents_of=DocumentRepository(database, signer).of)


def build(desk: Callable[[], Desk] = wire) -> task.TaskHandler:
    def remove(drop: Drop) -> Removed:
        return Removed(desk().documents_of(drop.tenant).remove(drop.arrival).value)

    return task.handler(remove, Drop)


handler = build()
