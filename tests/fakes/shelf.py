"""Kept answers in memory. They pass the contract tests of the real shelf (tests/integration/cache/test_shelf.py)."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from shopwright.orchestrator.answer_cache import Look, ShelfUnavailable, State
from shopwright.orchestrator.valkey import Shelf
from shopwright.tenancy.tenant import Tenant


@dataclass
class _Kept:
    value: bytes
    generation: int
    soft_at_ms: int
    ends: float
    kept_by: str


@dataclass
class _Merchant:
    entries: dict[str, _Kept] = field(default_factory=dict)
    locks: dict[str, tuple[str, float]] = field(default_factory=dict)  # token, end
    generation: int | None = None


class FakeShelf(Shelf):
    """Remembers everybody's answers; `down = True` makes it a cluster that does not answer."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.down = False
        self.asked = 0
        self._clock = clock
        self._one_at_a_time = threading.Lock()  # as a script is
        self._merchants: dict[str, _Merchant] = {}

    def look(self, tenant: Tenant, query_hash: str, *, token: str, now_ms: int, lock_ms: int) -> Look:
        with self._one_at_a_time:
            mine = self._of(tenant)
            kept = mine.entries.get(query_hash)
            if kept and (kept.ends <= self._clock() or kept.generation < (mine.generation or 0)):
                del mine.entries[query_hash]
                kept = None
            if kept and kept.soft_at_ms > now_ms:
                return Look(State.FRESH, False, kept.value, kept.kept_by)
            held = mine.locks.get(query_hash)
            leads = held is None or held[1] <= self._clock()
            if leads:
                mine.locks[query_hash] = (token, self._clock() + lock_ms / 1000)
            return Look(State.STALE, leads, kept.value, kept.kept_by) if kept else Look(State.MISSING, leads)

    def keep(
        self,
        tenant: Tenant,
        query_hash: str,
        value: bytes,
        *,
        token: str,
        generation: int,
        now_ms: int,
        soft_ms: int,
        hard_ms: int,
        longest_ms: int,
        most: int,
    ) -> bool:
        with self._one_at_a_time:
            mine = self._of(tenant)
            self._unlock(mine, query_hash, token)
            if generation < (mine.generation or 0):
                return False
            mine.generation = generation
            mine.entries.pop(query_hash, None)
            while len(mine.entries) >= most:
                del mine.entries[min(mine.entries, key=lambda one: mine.entries[one].ends)]
            ends = self._clock() + hard_ms / 1000
            mine.entries[query_hash] = _Kept(value, generation, now_ms + soft_ms, ends, token)
            return True

    def drop(
        self, tenant: Tenant, query_hash: str, *, kept_by: str, generation: int | None = None, longest_ms: int = 0
    ) -> None:
        with self._one_at_a_time:
            mine = self._of(tenant)
            kept = mine.entries.get(query_hash)
            if kept and kept.kept_by == kept_by:
                del mine.entries[query_hash]
            if generation is not None:
                mine.generation = max(generation, mine.generation or 0)

    def give_up(self, tenant: Tenant, query_hash: str, *, token: str) -> None:
        with self._one_at_a_time:
            self._unlock(self._of(tenant), query_hash, token)

    def forget(self, tenant: Tenant) -> int:
        with self._one_at_a_time:
            mine = self._of(tenant)
            count = len(mine.entries)
            mine.entries.clear()
            mine.generation = None
            return count

    def close(self) -> None:
        """There is nothing to close."""

    def put(self, tenant: Tenant, query_hash: str, value: bytes, *, generation: int = 1) -> None:
        """What somebody with a hand in the cache could write."""
        self._of(tenant).entries[query_hash] = _Kept(value, generation, 2**52, self._clock() + 60, "somebody")

    def values(self) -> list[bytes]:
        return [kept.value for mine in self._merchants.values() for kept in mine.entries.values()]

    def _of(self, tenant: Tenant) -> _Merchant:
        self.asked += 1
        if self.down:
            raise ShelfUnavailable("Kept answers cannot be reached at the moment.")
        return self._merchants.setdefault(tenant.merchant_id, _Merchant())

    @staticmethod
    def _unlock(mine: _Merchant, query_hash: str, token: str) -> None:
        if query_hash in mine.locks and mine.locks[query_hash][0] == token:
            del mine.locks[query_hash]
