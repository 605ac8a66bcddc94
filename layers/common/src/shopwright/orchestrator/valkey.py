"""Kept answers in Valkey: changes when their keys, or the way we talk to the cluster, do.

Every key of a merchant carries `{merchant_id}` as its hash tag, so that they lie on one node and one script sees them:
`merchant:{acme}:query_hash:<sha256>` the answers, `…:lock:<sha256>` who computes one, `…:generation` the newest
generation that anyone has seen, `…:kept` which answers there are. Each operation is one script, in one round trip.
"""

from collections.abc import Callable
from typing import Any

from shopwright.orchestrator.answer_cache import Look, ShelfUnavailable, State
from shopwright.tenancy.tenant import Tenant
from shopwright.tenancy.valkey import Cluster, ClusterUnavailable, script

_STATES = (State.MISSING, State.STALE, State.FRESH)


class Shelf:
    """Everybody's kept answers."""

    def __init__(self, host: str, port: int, *, tls: str, token: Callable[[], str], timeout_s: float = 0.15) -> None:
        self._cluster = Cluster(host, port, tls=tls, token=token, timeout_s=timeout_s)

    def __repr__(self) -> str:
        return f"Shelf({self._cluster!r})"

    def look(self, tenant: Tenant, query_hash: str, *, token: str, now_ms: int, lock_ms: int) -> Look:
        """What is kept for a question. Whoever finds nothing, or something past its soft lifetime, first, leads."""
        at = _Keys(tenant)
        state, leads, *kept = self._run(
            "look", [at.entry(query_hash), at.lock(query_hash), at.generation], [token, lock_ms, now_ms]
        )
        value, kept_by = kept or (None, b"")
        return Look(_STATES[state], bool(leads), value, kept_by.decode("utf-8", "replace"))

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
        """Keep an answer and give the lock back. False when the answer is older than what is known to be current."""
        at = _Keys(tenant)
        return bool(
            self._run(
                "keep",
                [at.entry(query_hash), at.lock(query_hash), at.generation, at.index],
                [token, value, generation, now_ms + soft_ms, hard_ms, now_ms, longest_ms, most, query_hash, at.entry()],
            )
        )

    def drop(
        self,
        tenant: Tenant,
        query_hash: str,
        *,
        kept_by: str,
        generation: int | None = None,
        longest_ms: int = 0,
    ) -> None:
        """Remove an answer that was refused; `generation` is the one that it should have been of."""
        at = _Keys(tenant)
        self._run(
            "drop",
            [at.entry(query_hash), at.generation, at.index],
            [kept_by, query_hash, "" if generation is None else generation, longest_ms],
        )

    def give_up(self, tenant: Tenant, query_hash: str, *, token: str) -> None:
        """Give the lock back without an answer."""
        self._run("give_up", [_Keys(tenant).lock(query_hash)], [token])

    def forget(self, tenant: Tenant) -> int:
        """Remove everything that is kept for a merchant; how many answers that were."""
        at = _Keys(tenant)
        return int(self._run("forget", [at.index, at.generation], [at.entry()]))

    def close(self) -> None:
        self._cluster.close()

    def _run(self, name: str, keys: list[str], values: list[str | int | bytes]) -> Any:
        try:
            return self._cluster.run(script("shopwright.orchestrator", name), keys, values)
        except ClusterUnavailable as cause:
            raise ShelfUnavailable("Kept answers cannot be reached at the moment.") from cause


class _Keys:
    """A merchant's keys. A Tenant's id holds neither braces nor colons, so that no id can name another's keys."""

    def __init__(self, tenant: Tenant) -> None:
        self._mine = f"merchant:{{{tenant.merchant_id}}}"
        self.generation = f"{self._mine}:generation"
        self.index = f"{self._mine}:kept"

    def entry(self, query_hash: str = "") -> str:
        return f"{self._mine}:query_hash:{query_hash}"

    def lock(self, query_hash: str) -> str:
        return f"{self._mine}:lock:{query_hash}"
