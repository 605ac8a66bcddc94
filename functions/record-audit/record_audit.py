"""SQS, fed by every route: chain each merchant's audit records and keep them, locked and encrypted."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from shopwright.observability import audit, trail
from shopwright.observability.audit import Entry, Record
from shopwright.observability.dynamodb import Heads
from shopwright.observability.s3 import Archive
from shopwright.runtime import queue
from shopwright.runtime.settings import Settings
from shopwright.tenancy.tenant import Tenant


class Environment(Settings):
    audit_bucket: str
    audit_heads_table: str


class Handed(BaseModel):
    """A record as a route handed it in."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    id: Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
    merchant_id: str
    at: Annotated[str, Field(max_length=40)]
    request_id: Annotated[str, Field(max_length=128)]
    subject: Annotated[str, Field(max_length=200)]
    role: Annotated[str, Field(max_length=40)]
    route: Annotated[str, Field(max_length=200)]
    status: Annotated[int, Field(ge=100, le=599)]
    request_payload_hash: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    response_reference: Annotated[str, Field(max_length=200)]

    def record(self) -> Record:
        return Record(**self.model_dump())


@dataclass(frozen=True, slots=True)
class Desk:
    append: Callable[[Tenant, Sequence[Record]], Sequence[Entry]]
    say: Callable[[str], None]  # one line of the audit log group


@cache
def wire() -> Desk:
    env = Environment.read()
    heads, archive = Heads(env.audit_heads_table), Archive(env.audit_bucket)

    def append(tenant: Tenant, records: Sequence[Record]) -> Sequence[Entry]:
        return trail.append(tenant, records, heads=heads, archive=archive)

    def say(line: str) -> None:
        # Not by the logger: its redactor would take a hash apart, and what is said here holds nobody's words.
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    return Desk(append, say)


def build(desk: Callable[[], Desk] = wire) -> queue.FifoHandler:
    def record_audit(merchant_id: str, handed: list[Handed]) -> None:
        tenant = Tenant(merchant_id)
        records = [one.record() for one in handed]
        if any(record.merchant_id != tenant.merchant_id for record in records):
            raise queue.MalformedMessage("A record lies in another merchant's group.")
        for entry in desk().append(tenant, records):
            desk().say(audit.line(entry))

    return queue.fifo_handler(record_audit, Handed)


handler = build()
