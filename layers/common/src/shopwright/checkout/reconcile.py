"""A day's orders held against what the gateways say: changes when the two can differ in another way.

It changes nothing about any order: a difference is written down, counted and told to an operator. A gateway that cannot
be asked about a payment (Adyen) is counted as unasked, and only our own books are held against our own orders there;
its settlement report is the other side, which an operator still has to compare by hand.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from shopwright.checkout.gateways import Gateway, Standing
from shopwright.checkout.order import Order, State, Status
from shopwright.errors import ShopwrightError
from shopwright.resilience.deadline import Deadline
from shopwright.tenancy.tenant import Tenant

if TYPE_CHECKING:
    from shopwright.checkout.aurora import Difference, MerchantOrders, Orders

ASK_MS = 10_000  # for one payment
_TAKEN = frozenset({Status.PAID, Status.REFUNDING})
_OVER = frozenset({Status.PAID, Status.CANCELLED, Status.REFUNDED})
_NEVER_ASKED = frozenset({State.NONE})


@dataclass(frozen=True, slots=True)
class Desk:
    """What must be within reach. `differs` makes a difference as the repository keeps it."""

    orders: "Orders"
    gateway: Callable[[Tenant, str], Gateway]
    differs: "Callable[[str, str, str, str], Difference]"


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What came of a day, over all merchants."""

    day: str
    merchants: int
    checked: int
    unasked: int
    differences: int


def reconcile(day: date, desk: Desk, deadline: Deadline) -> Reconciled:
    """Hold every order of the day, and every older one that changed since, against its gateway."""
    merchants = checked = unasked = found = 0
    for tenant in desk.orders.merchants_selling(day):
        orders = desk.orders.of(tenant)
        differences: list[Difference] = []
        seen = blind = 0
        for order in _of_day(orders, day):
            deadline.check()
            standing, asked = _standing(order, tenant, desk, deadline)
            seen += 1
            blind += not asked
            differences += [
                desk.differs(order.id, kind, ours, theirs)
                for kind, ours, theirs in compare(order, orders.books(order.id).get("gateway", 0), standing)
            ]
        orders.reconciled(day, checked=seen, unasked=blind, differences=differences)
        merchants, checked, unasked, found = (
            merchants + 1,
            checked + seen,
            unasked + blind,
            found + len(differences),
        )
    return Reconciled(day.isoformat(), merchants, checked, unasked, found)


def compare(order: Order, booked: int, standing: Standing | None) -> Iterator[tuple[str, str, str]]:
    """Where they differ: its kind, what we say and what the gateway says."""
    due = order.total.minor if order.status in _TAKEN else 0
    if order.status in _OVER and booked != due:
        yield "books", str(due), str(booked)
    if standing is None:
        return
    net = standing.captured.minor - standing.refunded.minor
    if net != booked:
        yield "taken", str(booked), str(net)
    if order.status in _OVER and standing.authorized.minor:
        yield "held", "0", str(standing.authorized.minor)


def _of_day(orders: "MerchantOrders", day: date) -> Iterator[Order]:
    last: str | None = None
    while ids := orders.of_day(day, after_id=last):
        yield from (orders.look(one) for one in ids)
        last = ids[-1]


def _standing(order: Order, tenant: Tenant, desk: Desk, deadline: Deadline) -> tuple[Standing | None, bool]:
    """What its gateway holds, and whether it could be asked."""
    if order.payment.state in _NEVER_ASKED:
        return None, True
    try:
        standing = desk.gateway(tenant, order.payment.gateway).find(order.pay(tenant), deadline.part(ASK_MS))
    except ShopwrightError:  # one that cannot be asked now must not keep the others from being asked
        return None, False
    return standing, standing is not None
