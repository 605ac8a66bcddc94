"""An operator, by `make audit`: is a merchant's audit trail whole, in order, and as it was written?"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import islice

from pydantic import BaseModel, ConfigDict
from shopwright.observability import trail
from shopwright.observability.audit import Finding
from shopwright.observability.dynamodb import Heads
from shopwright.observability.s3 import Archive
from shopwright.runtime import task
from shopwright.runtime.journal import logger
from shopwright.runtime.settings import Settings
from shopwright.tenancy.tenant import Tenant

SHOWN = 100  # findings of one merchant: what is broken more often than that is broken


class Environment(Settings):
    audit_bucket: str
    audit_heads_table: str


class Asked(BaseModel):
    """Whose trail; without a merchant, everybody's."""

    model_config = ConfigDict(frozen=True)

    merchant_id: str | None = None


@dataclass(frozen=True, slots=True)
class Trail:
    """One merchant's: how many entries its head knows of, and what is wrong with them."""

    merchant_id: str
    entries: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Verified:
    """`whole` when nobody's trail has a flaw."""

    whole: bool
    trails: tuple[Trail, ...]


@dataclass(frozen=True, slots=True)
class Desk:
    heads: Heads
    archive: Archive


@cache
def wire() -> Desk:
    env = Environment.read()
    return Desk(Heads(env.audit_heads_table), Archive(env.audit_bucket))


def build(desk: Callable[[], Desk] = wire) -> task.TaskHandler:
    def verify_audit(asked: Asked) -> Verified:
        at = desk()
        tenants = [Tenant(asked.merchant_id)] if asked.merchant_id else at.heads.tenants() | at.archive.tenants()
        trails = []
        for tenant in sorted(tenants, key=lambda one: one.merchant_id):
            task.deadline().check()
            head = at.heads.of(tenant)
            found = tuple(islice(trail.verify(tenant, heads=at.heads, archive=at.archive), SHOWN))
            if found:
                logger().error("audit trail broken", extra={"merchant_id": tenant.merchant_id, "flaws": len(found)})
            trails.append(Trail(tenant.merchant_id, head.number if head else 0, found))
        return Verified(not any(one.findings for one in trails), tuple(trails))

    return task.handler(verify_audit, Asked, kind="trigger")


handler = build()
