"""POST /v1/privacy/restore: what a token stands for, for those who may know it, with a record of who asked and why."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from shopwright.observability import metrics
from shopwright.observability.sqs import Audit
from shopwright.privacy.dynamodb import PersonalTable, Records
from shopwright.privacy.kms import DataKeys
from shopwright.privacy.redactor import Use, redactor
from shopwright.privacy.vault import Restored, Vault
from shopwright.runtime import http
from shopwright.runtime.journal import logger
from shopwright.runtime.settings import Settings
from shopwright.tenancy.dynamodb import Members
from shopwright.tenancy.tenant import Tenant


class Environment(Settings):
    members_table: str
    audit_queue_url: str
    personal_table: str
    personal_records_table: str
    personal_key_arn: str


class Asked(BaseModel):
    """A token as it stands in a text, and why it must be known."""

    model_config = ConfigDict(extra="forbid", strict=True)

    token: Annotated[str, Field(pattern=r"^tok_[a-z2-7]{24}$", examples=["tok_mfrggzdfmztwq2lknnwg23tp"])]
    reason: Annotated[
        str, Field(min_length=5, max_length=200, examples=["The courier needs the address of parcel 42."])
    ]


class Told(BaseModel):
    """What the token stands for. It is in no log; do not keep it."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Desk:
    members: Members
    trail: Audit
    record: Callable[..., None]
    restore: Callable[[Tenant, str], Restored]


@cache
def wire() -> Desk:
    env = Environment.read()
    vault = Vault(PersonalTable(env.personal_table), DataKeys(env.personal_key_arn))
    return Desk(
        Members(env.members_table), Audit(env.audit_queue_url), Records(env.personal_records_table).add, vault.restore
    )


def build(desk: Callable[[], Desk] = wire) -> http.Handler:
    api = http.api()

    @api.post("/v1/privacy/restore")
    def restore(asked: Asked) -> Told:
        at, caller = desk(), http.caller(api)
        http.deadline(api).check()
        # The record first: nothing is ever restored that was not recorded.
        at.record(
            caller.tenant,
            who=caller.subject,
            did="restore",
            what=asked.token,
            why=redactor(Use.LOG).mask(asked.reason).text,
            request_id=http.request_id(api),
        )
        restored = at.restore(caller.tenant, asked.token)
        metrics.count("Restored")
        logger().info("personal data restored", extra={"kind": restored.kind.value})
        return Told(kind=restored.kind.value, value=restored.value)

    return http.handler(api, admit=lambda: desk().members, trail=lambda: desk().trail)


handler = build()
