"""What opens a socket: changes when a ticket has to stand for more, or may be used in another way.

A browser cannot send a header when it opens a WebSocket, and an access token in an address would end up in logs. So a
token buys a ticket, which opens one socket, once, within half a minute. We keep only the ticket's hash.
"""

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from shopwright.errors import Invalid
from shopwright.tenancy.caller import Role
from shopwright.tenancy.standing import Claims, NotSignedIn
from shopwright.tenancy.tenant import Tenant

_FORM = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Ticket:
    """Who bought it, as their token said then: it is held against the members table again for each message."""

    claims: Claims
    expires_at: int  # of the ticket itself, in epoch seconds


def fresh() -> str:
    """A new ticket, to be told to its buyer alone: 256 bits that nobody can guess."""
    return secrets.token_urlsafe(32)


def fingerprint(ticket: str) -> str:
    """What we know a ticket by."""
    return hashlib.sha256(ticket.encode()).hexdigest()


def looks_like_one(shown: str) -> bool:
    """Whether it is worth looking for."""
    return _FORM.fullmatch(shown) is not None


def shopper(claims: Claims) -> str:
    """One shopper of one merchant, as a name that says nothing of a person."""
    return hashlib.sha256(f"{claims.tenant.merchant_id}\n{claims.subject}".encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Opener:
    """Who opened a socket, and when."""

    claims: Claims
    opened_at: int

    def context(self) -> dict[str, str]:
        """As API Gateway keeps it beside the socket, where its client cannot reach it: flat, and all strings."""
        claims = self.claims
        return {
            "merchant_id": claims.tenant.merchant_id,
            "subject": claims.subject,
            "role": claims.role.value,
            "scopes": " ".join(sorted(claims.scopes)),
            "issued_at": str(claims.issued_at),
            "token_expires_at": str(claims.expires_at),
            "opened_at": str(self.opened_at),
        }

    @classmethod
    def of(cls, context: Mapping[str, object]) -> "Opener":
        """What `context` gave, or NotSignedIn."""
        held = {name: str(value) for name, value in context.items()}
        try:
            claims = Claims(
                subject=held["subject"],
                tenant=Tenant(held["merchant_id"]),
                role=Role(held["role"]),
                scopes=frozenset(held["scopes"].split()),
                issued_at=int(held["issued_at"]),
                expires_at=int(held["token_expires_at"]),
            )
            return cls(claims, int(held["opened_at"]))
        except (KeyError, ValueError, Invalid):
            raise NotSignedIn("Open another socket with a new ticket: this one is nobody's.") from None
