"""How a guest stays the same person when a token ends: changes when what a renewal may be used for, or how often, does.

A renewal is a secret that is exchanged for a new token and the next renewal, once. We keep hashes of it alone. All of
one guest's renewals share a part, so that one which was used before is known as such however long ago that was: then
two hold it, nobody can say which is the guest, and both are signed out. For a moment the one before is taken once more,
because an answer can be lost on its way to the page; it then gives the same next one as before, so that none which
somebody was given is worth nothing. The next one follows from the one before and a salt that is kept: neither alone is
enough. While one exchange is under way no other begins.

Form: `<the guest's number>.<the shared part>.<the secret>`.
"""

import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import compare_digest

from shopwright.errors import Conflict, Denied
from shopwright.tenancy.caller import Role
from shopwright.tenancy.member import Member, Renewals
from shopwright.tenancy.tenant import Tenant

FORM = r"^[0-9a-f]{32}\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}$"
_FORM = re.compile(FORM)


class RenewalRefused(Denied):
    """This renewal opens nothing: it is unknown, of another shop, over, signed out, or was used before."""

    def __init__(self) -> None:
        super().__init__("This visit cannot be continued. Ask for a token without a renewal, as a new visitor.")


class RenewedElsewhere(Conflict):
    """Somebody exchanges the same renewal at the same moment, or its answer was given once more already."""

    def __init__(self) -> None:
        super().__init__("This visit is being continued by another request. Please try again.")


class RenewalStolen(Exception):
    """A renewal that was exchanged before is used again: whoever catches this signs the guest out."""


@dataclass(frozen=True, slots=True)
class Presented:
    """A renewal as somebody sent it."""

    guest: str
    line: str = field(repr=False)
    secret: str = field(repr=False)

    @classmethod
    def read(cls, text: str) -> "Presented":
        """What a text of the right form says."""
        if _FORM.fullmatch(text) is None:
            raise RenewalRefused
        return cls(*text.split("."))

    @property
    def subject(self) -> str:
        return subject_of(self.guest)


def subject_of(guest: str) -> str:
    """The key of a guest's members row, by their number."""
    return f"user#guest-{guest}"


def first(guest: str, *, now: int) -> tuple[str, Renewals]:
    """A new guest's first renewal, and what is kept of it."""
    line, secret = secrets.token_urlsafe(16), secrets.token_urlsafe(32)
    return f"{guest}.{line}.{secret}", Renewals(_hash(line), _hash(secret), "", now)


def following(
    presented: Presented, row: Member | None, tenant: Tenant, *, now: int, again_s: int, busy_s: int
) -> tuple[str, Renewals]:
    """The next one in place of what was presented, and what is to be kept while it is exchanged; RenewalRefused,
    RenewedElsewhere, or RenewalStolen when it was exchanged before."""
    if row is None or row.renewals is None or row.gone(now) or row.disabled or row.role != Role.GUEST.value:
        raise RenewalRefused
    kept = row.renewals
    if row.merchant_id != tenant.merchant_id or not compare_digest(_hash(presented.line), kept.line):
        raise RenewalRefused
    if kept.since <= row.not_before:  # signed out since it was given
        raise RenewalRefused
    spent = _hash(presented.secret)
    is_next = compare_digest(spent, kept.present)
    is_lost = compare_digest(spent, kept.before) and now - kept.since <= again_s
    if not is_next and not is_lost:
        raise RenewalStolen
    if now < kept.busy_until or (is_lost and kept.again):
        raise RenewedElsewhere
    salt = secrets.token_urlsafe(32) if is_next else kept.salt
    secret = _next(presented.secret, salt)
    since = now if is_next else kept.since  # a moment is not made longer by asking again
    renewals = Renewals(kept.line, _hash(secret), spent, since, salt, again=is_lost, busy_until=now + busy_s)
    return f"{presented.guest}.{presented.line}.{secret}", renewals


def _next(secret: str, salt: str) -> str:
    """The secret that follows: the same for the same two."""
    return urlsafe_b64encode(hmac.digest(secret.encode(), salt.encode(), "sha256")).decode().rstrip("=")


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()
