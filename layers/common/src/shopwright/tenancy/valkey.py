"""Scripts in the cluster, and the gate made of two: changes when its keys, or the way we talk to the cluster, do.

A merchant's keys carry `{merchant_id}` as their hash tag, so that they lie on one node and one script sees them:
`merchant:{acme}:bulkhead:inside` and `…:waiting` are the gate's. Each operation is one script, in one round trip.
"""

import threading
from collections.abc import Callable, Sequence
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
from shopwright.tenancy.bulkhead import Entry, GateUnavailable
from shopwright.tenancy.limits import Compartment
from shopwright.tenancy.tenant import Tenant

_SAID = {1: Entry.IN, 0: Entry.WAIT, -1: Entry.FULL}


class ClusterUnavailable(Unavailable):
    """Valkey did not answer in time, or refused us."""


@dataclass(frozen=True, slots=True)
class Script:
    """A script, and the name by which a node knows it once it has run it."""

    text: str
    sha1: str


@cache
def script(package: str, name: str) -> Script:
    """`scripts/<name>.lua` of a package."""
    text = files(package).joinpath("scripts", f"{name}.lua").read_text("utf-8")
    return Script(text, sha1(text.encode(), usedforsecurity=False).hexdigest())


class Cluster:
    """The cluster, discovered from one address on first use, and anew after a failure. Nothing is tried twice."""

    def __init__(self, host: str, port: int, *, tls: str, token: Callable[[], str], timeout_s: float) -> None:
        self._host = host
        self._port = port
        self._tls = tls == "require"
        self._token = token
        self._timeout_s = timeout_s
        self._connecting = threading.Lock()
        self._cluster: RedisCluster | None = None

    def __repr__(self) -> str:
        return f"Cluster({self._host}:{self._port})"

    def run(self, of: Script, keys: Sequence[str], values: Sequence[str | int | bytes]) -> Any:
        """What a script gives. Its keys lie in one slot."""
        try:
            cluster = self._connected()
            try:
                return cluster.evalsha(of.sha1, len(keys), *keys, *values)
            except NoScriptError:  # this node has not run it yet, or has been started anew
                return cluster.eval(of.text, len(keys), *keys, *values)
        except (RedisError, RedisClusterException, Unavailable) as cause:  # Unavailable: the token could not be read
            self.close()  # the next call finds the cluster, and reads the token, again
            raise ClusterUnavailable("Valkey did not answer.") from cause

    def close(self) -> None:
        with self._connecting:
            cluster, self._cluster = self._cluster, None
        if cluster is not None:
            cluster.close()

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


class SharedGate:
    """The gate that every environment of the stage goes through."""

    def __init__(self, host: str, port: int, *, tls: str, token: Callable[[], str], timeout_s: float = 0.1) -> None:
        self._cluster = Cluster(host, port, tls=tls, token=token, timeout_s=timeout_s)

    def __repr__(self) -> str:
        return f"SharedGate({self._cluster!r})"

    def enter(self, tenant: Tenant, ticket: str, limits: Compartment) -> Entry:
        said = self._run("enter", tenant, [ticket, limits.at_once, limits.waiting, limits.wait_ms, limits.lease_ms])
        return _SAID[said]

    def leave(self, tenant: Tenant, ticket: str) -> None:
        self._run("leave", tenant, [ticket])

    def close(self) -> None:
        self._cluster.close()

    def _run(self, name: str, tenant: Tenant, values: list[str | int]) -> int:
        mine = f"merchant:{{{tenant.merchant_id}}}:bulkhead"
        try:
            return int(
                self._cluster.run(script("shopwright.tenancy", name), [f"{mine}:inside", f"{mine}:waiting"], values)
            )
        except ClusterUnavailable as cause:
            raise GateUnavailable("Nobody can say how busy this shop is at the moment.") from cause
