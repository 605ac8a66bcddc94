"""Is the cache there?"""

from collections.abc import Callable

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from shopwright.errors import Unavailable


class CacheUnavailable(Unavailable):
    """The cache did not answer in time."""


class Valkey:
    """One node, asked whether it is alive. Any node's answer will do, so that no cluster is discovered for it."""

    def __init__(self, host: str, port: int, *, tls: str, token: Callable[[], str], timeout_s: float = 0.3) -> None:
        self._host = host
        self._port = port
        self._tls = tls == "require"
        self._token = token
        self._timeout_s = timeout_s
        self._client: Redis | None = None

    def ping(self) -> None:
        """Raise CacheUnavailable unless the node answers in time. Nothing is tried twice."""
        try:
            if self._client is None:
                self._client = Redis(
                    host=self._host,
                    port=self._port,
                    ssl=self._tls,
                    password=self._token(),
                    socket_connect_timeout=self._timeout_s,
                    socket_timeout=self._timeout_s,
                    retry=Retry(NoBackoff(), 0),
                )
            self._client.ping()
        except RedisError as cause:
            self._client = None  # the next call reads the token again: it may have been rotated
            raise CacheUnavailable("The cache did not answer.") from cause
