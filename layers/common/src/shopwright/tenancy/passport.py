"""What proves to PostgreSQL whose rows a transaction may see: a short-lived, signed statement of the tenant.

The database checks the signature itself (`tenant()` in the migrations), so that a raw `set_config` of another
merchant opens nothing. Form: `<kid>.<merchant_id>.<expires>.<hex>`, where hex = HMAC-SHA256(key, all before it).
"""

import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass

from shopwright.tenancy.tenant import Tenant

LIFETIME_S = 60


@dataclass(frozen=True, slots=True)
class Passport:
    """A signed tenant. `text` is handed to the database and appears nowhere else."""

    tenant: Tenant
    text: str

    def __repr__(self) -> str:
        return f"Passport({self.tenant.merchant_id})"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The key that the edge signs with. `kid` lets two keys live side by side while one is rotated out."""

    kid: str
    key: bytes

    def __repr__(self) -> str:
        return f"SigningKey({self.kid})"


class Signer:
    """Signs passports. Holds the key; is handed only to code that has verified a caller."""

    def __init__(self, key: Callable[[], SigningKey], *, now: Callable[[], float] = time.time) -> None:
        self._key = key
        self._now = now

    def sign(self, tenant: Tenant, *, lifetime_s: int = LIFETIME_S) -> Passport:
        """A passport for one tenant, valid for `lifetime_s` seconds from now."""
        signing = self._key()
        statement = f"{signing.kid}.{tenant.merchant_id}.{int(self._now()) + lifetime_s}"
        signature = hmac.new(signing.key, statement.encode(), hashlib.sha256).hexdigest()
        return Passport(tenant, f"{statement}.{signature}")
