"""POST /v1/privacy/erase: what was kept of a person or a document becomes unreadable, for everybody and for good."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from shopwright.observability import metrics
from shopwright.observability.sqs import Audit
from shopwright.privacy import vault as rules
from shopwright.privacy.dynamodb import PersonalTable, Records
from shopwright.privacy.vault import Vault
from shopwright.runtime import http
from shopwright.runtime.journal import logger
from shopwright.runtime.settings import Settings
from shopwright.tenancy.dynamodb import Members
from shopwright.tenancy.tenant import Tenant

_ID = Field(default=None, pattern=r"^[\x21-\x7e]{1,180}$")


class Environment(Settings):
    members_table: str
    audit_queue_url: str
    personal_table: str
    personal_records_table: str


class Asked(BaseModel):
    """Whose tokens are to die: a document's, a person's, or both."""

    model_config = ConfigDict(extra="forbid", strict=True)

    document_id: Annotated[str | None, Field(default=None, pattern=r"^d-[a-z2-7]{20}$")]
    subject: Annotated[str | None, _ID]

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if self.document_id is None and self.subject is None:
            raise ValueError("name a document_id, a subject, or both")
        return self

    @property
    def scopes(self) -> list[str]:
        """The vault's names for them."""
        documents = [] if self.document_id is None else [rules.document(self.document_id)]
        return documents + ([] if self.subject is None else [rules.subject(self.subject)])


class Gone(BaseModel):
    """How many tokens there were. Erasing again erases 0."""

    erased: int


@dataclass(frozen=True, slots=True)
class Desk:
    members: Members
    trail: Audit
    record: Callable[..., None]
    shred: Callable[[Tenant, str], int]


@cache
def wire() -> Desk:
    env = Environment.read()
    # No keys are within reach: an erasure opens nothing.
    vault = Vault(PersonalTable(env.personal_table), keys=None)
    return Desk(
        Members(env.members_table), Audit(env.audit_queue_url), Records(env.personal_records_table).add, vault.shred
    )


def build(desk: Callable[[], Desk] = wire) -> http.Handler:
    api = http.api()

    @api.post("/v1/privacy/erase")
    def erase(asked: Asked) -> Gone:
        at, caller = desk(), http.caller(api)
        erased = 0
        for scope in asked.scopes:
            http.deadline(api).check()
            at.record(
                caller.tenant,
                who=caller.subject,
                did="erase",
                what=rules.shown(scope),
                why="asked over the API",
                request_id=http.request_id(api),
            )
            erased += at.shred(caller.tenant, scope)
        metrics.count("Erased", erased)
        logger().info("personal data erased", extra={"erased": erased})
        return Gone(erased=erased)

    return http.handler(api, admit=lambda: desk().members, trail=lambda: desk().trail)


handler = build()
