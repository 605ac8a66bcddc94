"""Names of orders, sagas and what happens to them: changes when what makes them unique does."""

import base64
import hashlib

from ulid import ULID

from shopwright.tenancy.tenant import Tenant


def new_id() -> str:
    """A ULID: unique, and later ones sort behind earlier ones."""
    return str(ULID())


def order_id(tenant: Tenant, nonce: str) -> str:
    """The order that a quote becomes. One quote is one order, however often it is agreed to."""
    return "o-" + _named(tenant, "order", nonce)[:26]


def saga_id(tenant: Tenant, nonce: str) -> str:
    """The execution that a quote starts: no two merchants share one, though they share the machine."""
    return "s-" + _named(tenant, "saga", nonce)[:40]


def _named(tenant: Tenant, what: str, nonce: str) -> str:
    hashed = hashlib.sha256(f"{tenant.merchant_id}|{what}|{nonce}".encode()).digest()
    return base64.b32encode(hashed).decode().lower()
