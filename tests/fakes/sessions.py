"""Conversations in memory. They pass the contract tests of the real ones (test_session.py of the orchestrator)."""

import uuid
from collections.abc import Callable

from shopwright.orchestrator.session import (
    LIFETIME_S,
    MAX_TURNS,
    SHOWN_TURNS,
    Session,
    SessionFull,
    SessionNotFound,
    SessionsUnavailable,
    Turn,
)
from shopwright.tenancy.tenant import Tenant


class FakeSessions:
    """Remembers every conversation of everybody; `down = True` makes it a table that does not answer."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        self.kept: dict[tuple[str, str], tuple[str, list[Turn], int]] = {}  # merchant, id → subject, turns, end
        self.down = False

    def of(self, tenant: Tenant, subject: str) -> "FakeSessionManager":
        return FakeSessionManager(self, tenant.merchant_id, subject)


class FakeSessionManager:
    """What one subject of one merchant sees of them."""

    def __init__(self, table: FakeSessions, merchant_id: str, subject: str) -> None:
        self._table = table
        self._merchant_id = merchant_id
        self._subject = subject

    def open(self, session_id: str, *, turns: int = SHOWN_TURNS) -> Session:
        said, expires_at = self._mine(session_id)
        return Session(session_id, tuple(said[-turns:]), len(said), expires_at)

    def remember(self, session_id: str | None, turn: Turn) -> str:
        said, _ = self._mine(session_id) if session_id else ([], 0)
        if len(said) >= MAX_TURNS:
            raise SessionFull
        self._answer()
        kept_as = session_id or str(uuid.uuid4())
        ends = int(self._table.now()) + LIFETIME_S
        self._table.kept[self._merchant_id, kept_as] = (self._subject, [*said, turn], ends)
        return kept_as

    def delete(self, session_id: str) -> None:
        self._mine(session_id)
        del self._table.kept[self._merchant_id, session_id]

    def _answer(self) -> None:
        if self._table.down:
            raise SessionsUnavailable

    def _mine(self, session_id: str) -> tuple[list[Turn], int]:
        self._answer()
        subject, said, expires_at = self._table.kept.get((self._merchant_id, session_id), ("", [], 0))
        if subject != self._subject or expires_at <= self._table.now():
            raise SessionNotFound
        return said, expires_at
