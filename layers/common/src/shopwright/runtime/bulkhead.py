"""How a function comes by its merchants' bulkhead: changes when what counts their requests is reached otherwise."""

from typing import Protocol

from shopwright.runtime.journal import logger
from shopwright.tenancy import limits
from shopwright.tenancy.bulkhead import Bulkhead
from shopwright.tenancy.secretsmanager import Secret


class CacheAddress(Protocol):
    """The part of an `Environment` that names the cache."""

    @property
    def cache_host(self) -> str: ...
    @property
    def cache_port(self) -> int: ...
    @property
    def cache_tls(self) -> str: ...
    @property
    def cache_secret_arn(self) -> str: ...


def bulkhead(env: CacheAddress) -> Bulkhead:
    """One that counts in the cache, and by itself while the cache does not answer."""
    # The driver is loaded here and not above: importing this module costs none of it.
    from shopwright.tenancy.valkey import SharedGate

    token = Secret(env.cache_secret_arn)
    return Bulkhead(
        SharedGate(env.cache_host, env.cache_port, tls=env.cache_tls, token=lambda: token.json()["token"]),
        limits=limits.together(),
        own_limits=limits.alone(),
        report=lambda failure: logger().warning("requests are counted by each environment", exc_info=failure),
    )
