"""Looks after orders that nobody works on any more: changes when an order can be left lying in another way.

It decides nothing about money and releases nothing itself: it starts an execution, whose steps look for themselves. An
order whose money may be held is never given up while its own execution runs. Each is looked at in its turn: a round
ends with its time, and the next one begins with those that have waited longest.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shopwright.checkout.order import Order, Status
from shopwright.checkout.saga import limits
from shopwright.checkout.stepfunctions import Begin
from shopwright.resilience.deadline import Deadline
from shopwright.tenancy.tenant import Tenant

if TYPE_CHECKING:
    from shopwright.checkout.aurora import Orders


PAGE = 200
SPARE_S = 10.0  # for the order that is being looked at


@dataclass(frozen=True, slots=True)
class Desk:
    """What must be within reach. `runs`: does the saga's own execution still run?"""

    orders: "Orders"
    again: Callable[[Tenant, Order, Begin], None]
    runs: Callable[[Order], bool]


@dataclass(frozen=True, slots=True)
class Swept:
    """What was found, and what was done about it. `whole`: nothing was left that no round has looked at of late."""

    whole: bool
    found: int
    expired: int
    undone: int
    gone_on: int


def sweep(desk: Desk, deadline: Deadline, *, page: int = PAGE) -> Swept:
    """One round over the orders that have stood still for as long as goods are kept."""
    found = expired = undone = gone_on = 0
    for tenant, order_id in _standing(desk, page):
        if deadline.left_s() < SPARE_S:
            return Swept(False, found, expired, undone, gone_on)
        found += 1
        orders = desk.orders.of(tenant)
        order = orders.sweep(order_id)
        if orders.expire(order_id):
            desk.again(tenant, order, "undo")
            expired += 1
        elif desk.runs(order):
            continue
        elif order.status is Status.PLACED:
            desk.again(tenant, order, "reserve")
            gone_on += 1
        elif order.status in (Status.STARTED, Status.UNDOING, Status.REFUNDING):
            orders.undo(order_id, "stalled")
            desk.again(tenant, order, "undo")
            undone += 1
    return Swept(True, found, expired, undone, gone_on)


def _standing(desk: Desk, page: int) -> Iterator[tuple[Tenant, str]]:
    """Page by page: what has been looked at is on none of the next ones."""
    while found := desk.orders.standing_still(for_s=limits()["hold"], again_s=limits()["sweep"], at_most=page):
        yield from found
