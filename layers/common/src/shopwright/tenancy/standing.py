"""Does this token still stand? Our own strict check behind the authorizer, which verifies signatures but not lives.

The authorizer goes on accepting a token after sign-out, after a user is disabled and after a membership changes; and
it would accept a merchant claim that is empty or a list. So every claim's shape is checked here, and then the caller's
row in the members table, which is the deny list.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from shopwright.errors import Denied, Invalid
from shopwright.tenancy.caller import Caller, Role
from shopwright.tenancy.member import Member
from shopwright.tenancy.tenant import Tenant

_NAME = re.compile(r"[\x21-\x7e]{1,128}")
_SCOPES = re.compile(r"[\x21-\x7e]+(?: [\x21-\x7e]+)*")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DATE = re.compile(r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d{2}) (\d{2}):(\d{2}):(\d{2}) UTC (\d{4})")


class NotSignedIn(Denied):
    """There is no token that stands. Signing in again may help."""


@dataclass(frozen=True, slots=True)
class Claims:
    """The claims of an access token, each of its proper shape."""

    subject: str
    tenant: Tenant
    role: Role
    scopes: frozenset[str]
    issued_at: int
    expires_at: int


def claims(raw: Mapping[str, object]) -> Claims:
    """Read the authorizer's claims, or raise NotSignedIn.

    The message never says which claim was wrong: whoever forges learns nothing, and our own clients cannot cause it.
    """
    try:
        if _text(raw, "token_use") != "access":
            raise _refused()
        client = _text(raw, "client_id", _NAME)
        role = Role(_text(raw, "role"))
        # A machine's token (client credentials) has no username; its subject is the client.
        machine = "username" not in raw
        if machine != (role is Role.MACHINE):
            raise _refused()
        subject = f"client#{client}" if machine else f"user#{_text(raw, 'username', _NAME)}"
        return Claims(
            subject=subject,
            tenant=Tenant(_text(raw, "merchant_id")),
            role=role,
            scopes=frozenset(_text(raw, "scope", _SCOPES).split(" ")),
            issued_at=_instant(raw.get("iat")),
            expires_at=_instant(raw.get("exp")),
        )
    except (ValueError, Invalid):
        raise _refused() from None


def check(token: Claims, row: Member | None, *, now: float) -> Caller:
    """Hold the token against the caller's members row, or raise NotSignedIn.

    A token issued in the very second of a sign-out is refused too: clocks count in seconds, and the safe side is to
    ask for a new sign-in. Scopes count only while both the token and the row have them.
    """
    if (
        row is None
        or row.subject != token.subject
        or row.gone(now)
        or row.disabled
        or row.merchant_id != token.tenant.merchant_id
        or row.role != token.role.value
        or token.issued_at <= row.not_before
    ):
        raise _refused()
    return Caller(tenant=token.tenant, role=token.role, subject=token.subject, scopes=token.scopes & row.scopes)


def _refused() -> NotSignedIn:
    return NotSignedIn("Sign in again: this token does not stand.")


def _text(raw: Mapping[str, object], name: str, pattern: re.Pattern[str] | None = None) -> str:
    value = raw.get(name)
    if not isinstance(value, str) or (pattern is not None and not pattern.fullmatch(value)):
        raise _refused()
    return value


def _instant(value: object) -> int:
    """Seconds since 1970. API Gateway hands `iat` and `exp` over as digits or as `Tue Nov 24 02:54:37 UTC 2026`."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str):
        if value.isascii() and value.isdigit() and len(value) <= 12:
            return int(value)
        if date := _DATE.fullmatch(value):
            month, day, hour, minute, second, year = date.groups()
            if month in _MONTHS:
                moment = datetime(
                    int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second), tzinfo=UTC
                )
                return int(moment.timestamp())
    raise _refused()
