"""Conversations in memory. They pass the contract tests of the real ones (test_session.py of the orchestrator)."""

import uuid
from collections.abc import Callable

from shopwright.orchestrator.session import (
    CONTEXT_LIFETIME_S,
    LIFETIME_S,
    MAX_TURNS,
    SHOWN_TURNS,
    Listed,
    Page,
    Preferences,
    Session,
    SessionFull,
    SessionNotFound,
    SessionsUnavailable,
    ShopperContext,
    Tally,
    Turn,
    counted,
    summed_up,
)
from shopwright.tenancy.tenant import Tenant


class FakeSessions:
    """Remembers every conversation of everybody; `down = True` makes it a table that does not answer."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        self.kept: dict[tuple[str, str], tuple[str, list[Turn], int]] = {}  # merchant, id → subject, turns, end
        self.contexts: dict[tuple[str, str], ShopperContext] = {}  # merchant, subject
        self.down = False

    def of(self, tenant: Tenant, subject: str) -> "FakeSessionManager":
        return FakeSessionManager(self, tenant.merchant_id, subject)


class FakeSessionManager:
    """What one subject of one merchant sees of them."""

    def __init__(self, table: FakeSessions, merchant_id: str, subject: str) -> None:
        self._table = table
        self._merchant_id = merchant_id
        self._subject = subject

    def open(self, session_id: str, *, turns: int = SHOWN_TURNS, first: bool = False) -> Session:
        said, expires_at = self._mine(session_id)
        tally, summary = _told(said)
        return Session(
            session_id, tuple(said[:turns] if first else said[-turns:]), len(said), expires_at, tally, summary
        )

    def mine(self, limit: int, cursor: str | None = None) -> Page:
        self._answer()
        found = [
            Listed(name, ends, _told(said)[0])
            for (merchant_id, name), (subject, said, ends) in self._table.kept.items()
            if (merchant_id, subject) == (self._merchant_id, self._subject) and ends > self._table.now()
        ]
        found.sort(key=lambda one: (-one.tally.last_at, one.id))
        first = 0 if cursor is None else [one.id for one in found].index(cursor) + 1
        page = tuple(found[first : first + limit])
        return Page(page, page[-1].id if first + limit < len(found) else None)

    def context(self) -> ShopperContext | None:
        self._answer()
        found = self._table.contexts.get((self._merchant_id, self._subject))
        return found if found and found.expires_at > self._table.now() else None

    def agree(self, preferences: Preferences) -> ShopperContext:
        now, held = int(self._table.now()), self.context()
        kept = ShopperContext(preferences, held.consented_at if held else now, now + CONTEXT_LIFETIME_S)
        self._table.contexts[self._merchant_id, self._subject] = kept
        return kept

    def prefer(self, preferences: Preferences) -> bool:
        if self.context() is None:
            return False
        self.agree(preferences)
        return True

    def forget(self) -> None:
        self._answer()
        self._table.contexts.pop((self._merchant_id, self._subject), None)

    def remember(self, session_id: str | None, turn: Turn, begun: str | None = None) -> str:
        said, _ = self._mine(session_id) if session_id else ([], 0)
        if len(said) >= MAX_TURNS:
            raise SessionFull
        self._answer()
        kept_as = session_id or begun or str(uuid.uuid4())
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


def _told(said: list[Turn]) -> tuple[Tally, tuple[str, ...]]:
    tally: Tally | None = None
    summary: tuple[str, ...] = ()
    for turn in said:
        tally, summary = counted(tally, turn), summed_up(summary, turn)
    assert tally
    return tally, summary
