"""Kept answers in Valkey: changes when their keys, or the way we talk to the cluster, do.

Every key of a merchant carries `{merchant_id}` as its hash tag, so that they lie on one node and one script sees them:
`merchant:{acme}:query_hash:<sha256>` the answers, `…:lock:<sha256>` who computes one, `…:generation` the newest
generation that anyone has seen, `…:kept` which answers there are. Each operation is one script, in one round trip.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from hashlib import sha1
from importlib.resources import files
from typing import Any

from redis.backoff import NoBackoff
from redis.cluster import RedisCluster
from redis.exceptions import NoScriptError, RedisClusterException, RedisError
from redis.retry import Retry

from shopwright.errors import Unavailable
from shopwright.orchestrator.answer_cache import Look, ShelfUnavailable, State
from shopwright.tenancy.tenant import Tenant

_STATES = (State.MISSING, State.STALE, State.FRESH)


class Shelf:
    """The cluster, discovered from one address on first use, and anew after a failure."""

    def __init__(self, host: str, port: int, *, tls: str, token: Callable[[], str], timeout_s: float = 0.15) -> None:
        self._host = host
        self._port = port
        self._tls = tls == "require"
        self._token = token
        self._timeout_s = timeout_s
        self._connecting = threading.Lock()
        self._cluster: RedisCluster | None = None

    def __repr__(self) -> str:
        return f"Shelf({self._host}:{self._port})"

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
        with self._connecting:
            cluster, self._cluster = self._cluster, None
        if cluster is not None:
            cluster.close()

    def _run(self, name: str, keys: list[str], values: list[str | int | bytes]) -> Any:
        script = _script(name)
        try:
            cluster = self._connected()
            try:
                return cluster.evalsha(script.sha1, len(keys), *keys, *values)
            except NoScriptError:  # this node has not run it yet, or has been started anew
                return cluster.eval(script.text, len(keys), *keys, *values)
        except (RedisError, RedisClusterException, Unavailable) as cause:  # Unavailable: the token could not be read
            self.close()  # the next call finds the cluster, and reads the token, again
            raise ShelfUnavailable("Kept answers cannot be reached at the moment.") from cause

    def _connected(self) -> RedisCluster:
        with self._connecting:
            if self._cluster is None:
                self._cluster = RedisCluster(
                    host=self._host,
                    port=self._port,
                    ssl=self._tls,
                    password=self._token(),
                    socket_connect_timeout=self._timeout_s,
                    socket_timeout=self._timeout_s,
                    retry=Retry(NoBackoff(), 0),
                    protocol=2,  # the third would negotiate notices of maintenance at every connection
                )
            return self._cluster


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


@dataclass(frozen=True, slots=True)
class _Script:
    text: str
    sha1: str


@cache
def _script(name: str) -> _Script:
    text = files("shopwright.orchestrator").joinpath("scripts", f"{name}.lua").read_text("utf-8")
    return _Script(text, sha1(text.encode(), usedforsecurity=False).hexdigest())
