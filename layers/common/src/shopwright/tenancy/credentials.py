"""The AWS credentials that a repository works with. It is born with them, so that they can be narrowed to its tenant.

Today everything uses the execution role's own (`own`). The signature is what vending by tenant needs: a repository
asks for its credentials by tenant, and cannot come by any others. What belongs to no one tenant (members, secrets, the
ingestion machine) stays with the role.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from shopwright.tenancy.tenant import Tenant


@dataclass(frozen=True, slots=True)
class Credentials:
    """What an SDK client signs its calls with. None of the three: the execution role's own, found by the SDK."""

    access_key_id: str | None = None
    secret_access_key: str | None = field(default=None, repr=False)
    session_token: str | None = field(default=None, repr=False)


# So many sets of credentials have their SDK client at hand in one process; the one that rested longest goes first.
KEPT_CLIENTS = 32

Vend = Callable[[Tenant], Credentials]


def own(_: Tenant) -> Credentials:
    """The execution role's own credentials, whoever the tenant is."""
    return Credentials()
