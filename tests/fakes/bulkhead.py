"""Bulkheads in one process: the product's own, with a gate of its own, made small or left as it is."""

from shopwright.tenancy import limits
from shopwright.tenancy.bulkhead import Bulkhead, OwnGate
from shopwright.tenancy.limits import Compartment


def one_at_a_time() -> Bulkhead:
    """Whoever comes while another of the merchant's is in is turned away at once."""
    return _of(Compartment(at_once=1, waiting=0, wait_ms=100, lease_ms=30_000, per_second=100))


def roomy() -> Bulkhead:
    """As all environments together are, so that no test meets its walls by chance."""
    return _of(limits.together())


def _of(room: Compartment) -> Bulkhead:
    return Bulkhead(OwnGate(), limits=room, own_limits=room, report=lambda _: None)
