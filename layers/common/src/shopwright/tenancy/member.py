"""What the members table says of one subject."""

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Renewals:
    """What is kept of a guest's renewals (`renewal.py`): hashes of what they share, of the one that may be exchanged
    now, and of the one before; since when the present one may; by what it follows from the one before, and whether that
    was taken once more; and until when an exchange is under way, if it does not end before."""

    line: str
    present: str
    before: str
    since: int
    salt: str = ""
    again: bool = True
    busy_until: int = 0


@dataclass(frozen=True, slots=True)
class Member:
    """One row, as stored: it is compared with a token's claims, and is never itself taken for a verified caller.

    Tokens issued at or before `not_before` are refused; rows past `expires_at` count as gone, whether or not the
    table has already removed them.
    """

    subject: str
    merchant_id: str
    role: str
    scopes: frozenset[str] = frozenset()
    disabled: bool = False
    not_before: int = 0
    expires_at: int | None = field(default=None)
    renewals: Renewals | None = field(default=None, repr=False)

    def gone(self, now: float) -> bool:
        """Whether the row's time is over."""
        return self.expires_at is not None and self.expires_at <= now


class Roll(Protocol):
    """Where a subject's row is looked up."""

    def row(self, subject: str) -> Member | None:
        """The subject's row, or None."""
        ...
