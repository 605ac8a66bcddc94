"""One merchant's flood stays that merchant's: changes when how much of the shop one of them may take at once does.

So many of a merchant's requests run at once, so many wait for a moment, and the rest are turned away at once. Who runs
is counted in Valkey for all environments together; while that does not answer, each environment counts its own.
"""

import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from shopwright.errors import Exhausted, Unavailable
from shopwright.tenancy.limits import Compartment
from shopwright.tenancy.tenant import Tenant

_LOOKS_EVERY_S = 0.02  # whoever waits
_LEFT_ALONE_S = 2.0  # a gate that did not answer


class MerchantBusy(Exhausted):
    """The merchant's shop has as many requests as it may have at once."""

    def __init__(self) -> None:
        super().__init__("This shop is very busy at the moment. Please try again in a moment.")


class GateUnavailable(Unavailable):
    """Nobody can say how many requests of a merchant are running."""


class Entry(Enum):
    """What a gate says to whoever asks to come in."""

    IN = "in"
    WAIT = "wait"
    FULL = "full"


class Gate(Protocol):
    """Counts who is in, by merchant. A place that is never given back is free again when its lease ends."""

    def enter(self, tenant: Tenant, ticket: str, limits: Compartment) -> Entry:
        """Come in, or take a place in the queue; asking again with the same ticket keeps one's place."""

    def leave(self, tenant: Tenant, ticket: str) -> None:
        """Give the place back, inside or in the queue."""


@dataclass(slots=True)
class _Room:
    inside: dict[str, float] = field(default_factory=dict)  # ticket → when its lease ends
    waiting: deque[tuple[str, float]] = field(default_factory=deque)  # in the order in which they came
    begun: deque[float] = field(default_factory=deque)  # when those of the last second came in


class OwnGate:
    """The gate of one environment alone. It also bounds how many of a merchant's requests begin in a second: on Lambda
    an environment runs one request at a time, and a flood would still fill it."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._rooms: dict[str, _Room] = {}
        self._lock = threading.Lock()

    def enter(self, tenant: Tenant, ticket: str, limits: Compartment) -> Entry:
        with self._lock:
            now = self._now()
            room = self._rooms.setdefault(tenant.merchant_id, _Room())
            room.inside = {one: ends for one, ends in room.inside.items() if ends > now}
            room.waiting = deque((one, ends) for one, ends in room.waiting if ends > now)
            while room.begun and room.begun[0] <= now - 1:
                room.begun.popleft()
            if ticket in room.inside:
                return Entry.IN
            queue = [one for one, _ in room.waiting]
            place = queue.index(ticket) if ticket in queue else len(queue)
            free = min(limits.at_once - len(room.inside), limits.per_second - len(room.begun))
            if place < free:
                room.waiting = deque(one for one in room.waiting if one[0] != ticket)
                room.inside[ticket] = now + limits.lease_ms / 1000
                room.begun.append(now)
                return Entry.IN
            if ticket in queue:
                return Entry.WAIT
            if len(queue) >= limits.waiting:
                return Entry.FULL
            room.waiting.append((ticket, now + limits.wait_ms / 1000))
            return Entry.WAIT

    def leave(self, tenant: Tenant, ticket: str) -> None:
        with self._lock:
            room = self._rooms.get(tenant.merchant_id)
            if room is None:
                return
            room.inside.pop(ticket, None)
            room.waiting = deque(one for one in room.waiting if one[0] != ticket)
            if not room.inside and not room.waiting and not room.begun:
                del self._rooms[tenant.merchant_id]


class Bulkhead:
    """Lets a merchant's requests in, as many as fit. `report` is told when a gate does not answer."""

    def __init__(
        self,
        shared: Gate,
        *,
        limits: Compartment,
        own_limits: Compartment,
        own: Gate | None = None,
        report: Callable[[GateUnavailable], None],
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._shared = shared
        self._limits = limits
        self._own_limits = own_limits
        self._own = own or OwnGate(now)
        self._report = report
        self._now = now
        self._sleep = sleep
        self._alone_until = 0.0

    @contextmanager
    def admit(self, tenant: Tenant, *, within_s: float) -> Iterator[None]:
        """Run the block inside, or raise MerchantBusy: at once when the queue is full, else after the wait, which is
        never longer than `within_s`."""
        ticket = secrets.token_hex(8)
        gate = self._entered(tenant, ticket, within_s)
        try:
            yield
        finally:
            self._left(gate, tenant, ticket)

    def _entered(self, tenant: Tenant, ticket: str, within_s: float) -> Gate:
        if self._now() >= self._alone_until:
            try:
                self._wait(self._shared, self._limits, tenant, ticket, within_s)
                return self._shared
            except GateUnavailable as failure:
                self._alone_until = self._now() + _LEFT_ALONE_S
                self._report(failure)
        self._wait(self._own, self._own_limits, tenant, ticket, within_s)
        return self._own

    def _wait(self, gate: Gate, limits: Compartment, tenant: Tenant, ticket: str, within_s: float) -> None:
        ends = self._now() + min(within_s, limits.wait_ms / 1000)
        while True:
            said = gate.enter(tenant, ticket, limits)
            if said is Entry.IN:
                return
            if said is Entry.FULL:
                raise MerchantBusy
            if self._now() >= ends:
                self._left(gate, tenant, ticket)
                raise MerchantBusy
            self._sleep(min(_LOOKS_EVERY_S, max(0.001, ends - self._now())))

    def _left(self, gate: Gate, tenant: Tenant, ticket: str) -> None:
        try:
            gate.leave(tenant, ticket)
        except GateUnavailable as failure:  # the lease gives the place back
            self._alone_until = self._now() + _LEFT_ALONE_S
            self._report(failure)
