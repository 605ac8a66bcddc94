"""The gate of all environments in Valkey: changes when its keys, or the way we talk to the cluster, do.

A merchant's two keys carry `{merchant_id}` as their hash tag, so that they lie on one node and one script sees both:
`merchant:{acme}:bulkhead:inside` and `…:waiting`. Each operation is one script, in one round trip.
"""

import threading
from collections.abc import Callable
from functools import cache
from hashlib import sha1
from importlib.resources import files

from redis.backoff import NoBackoff
from redis.cluster import RedisCluster
from redis.exceptions import NoScriptError, RedisClusterException, RedisError
from redis.retry import Retry

from shopwright.errors import Unavailable
from shopwright.tenancy.bulkhead import Entry, GateUnavailable
from shopwright.tenancy.limits import Compartment
from shopwright.tenancy.tenant import Tenant

_SAID = {1: Entry.IN, 0: Entry.WAIT, -1: Entry.FULL}


class SharedGate:
    """The cluster, discovered from one address on first use, and anew after a failure."""

    def __init__(self, host: str, port: int, *, tls: str, token: Callable[[], str], timeout_s: float = 0.1) -> None:
        self._host = host
        self._port = port
        self._tls = tls == "require"
        self._token = token
        self._timeout_s = timeout_s
        self._connecting = threading.Lock()
        self._cluster: RedisCluster | None = None

    def __repr__(self) -> str:
        return f"SharedGate({self._host}:{self._port})"

    def enter(self, tenant: Tenant, ticket: str, limits: Compartment) -> Entry:
        said = self._run("enter", tenant, [ticket, limits.at_once, limits.waiting, limits.wait_ms, limits.lease_ms])
        return _SAID[said]

    def leave(self, tenant: Tenant, ticket: str) -> None:
        self._run("leave", tenant, [ticket])

    def close(self) -> None:
        with self._connecting:
            cluster, self._cluster = self._cluster, None
        if cluster is not None:
            cluster.close()

    def _run(self, name: str, tenant: Tenant, values: list[str | int]) -> int:
        text, digest = _script(name)
        mine = f"merchant:{{{tenant.merchant_id}}}:bulkhead"
        keys = [f"{mine}:inside", f"{mine}:waiting"]
        try:
            cluster = self._connected()
            try:
                return int(cluster.evalsha(digest, len(keys), *keys, *values))
            except NoScriptError:  # this node has not run it yet, or has been started anew
                return int(cluster.eval(text, len(keys), *keys, *values))
        except (RedisError, RedisClusterException, Unavailable) as cause:  # Unavailable: the token could not be read
            self.close()  # the next call finds the cluster, and reads the token, again
            raise GateUnavailable("Nobody can say how busy this shop is at the moment.") from cause

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


@cache
def _script(name: str) -> tuple[str, str]:
    text = files("shopwright.tenancy").joinpath("scripts", f"{name}.lua").read_text("utf-8")
    return text, sha1(text.encode(), usedforsecurity=False).hexdigest()
