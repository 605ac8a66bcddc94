"""Who is asking: the merchant, the role and the scopes that a verified and still valid token stands for."""

from dataclasses import dataclass
from enum import StrEnum

from shopwright.tenancy.tenant import Tenant


class Role(StrEnum):
    """What a member may be to a merchant. `runtime/access.toml` says which role may use which route."""

    SHOPPER = "shopper"
    GUEST = "guest"
    MERCHANT = "merchant"
    OPERATOR = "operator"
    MACHINE = "machine"


@dataclass(frozen=True, slots=True)
class Caller:
    """A caller whose token and membership have both been checked. `subject` is the key of the members row."""

    tenant: Tenant
    role: Role
    subject: str
    scopes: frozenset[str]

    def __repr__(self) -> str:
        return f"Caller({self.tenant.merchant_id}, {self.role.value})"  # the subject is a person's
