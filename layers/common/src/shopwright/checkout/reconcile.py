"""A day's orders held against what the gateways say: changes when the two can differ in another way.

It changes nothing about any order: a difference is written down, counted and told to an operator. A gateway that cannot
be asked about a payment (Adyen) is counted as unasked, and only our own books are held against our own orders there;
its settlement report is the other side, which an operator still has to compare by hand.

Merchants are seen to in turns, so that neither many orders nor a gateway that does not answer keeps anybody else out.
Who was not reached is named, and comes first the night after, with all that has changed since.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from shopwright.checkout.gateways import Gateway, Standing
from shopwright.checkout.order import Order, State, Status
from shopwright.errors import ShopwrightError, Unavailable
from shopwright.resilience.deadline import Deadline
from shopwright.tenancy.tenant import Tenant

if TYPE_CHECKING:
    from shopwright.checkout.aurora import Difference, MerchantOrders, Orders

ASK_MS = 10_000  # for one payment
TURN_MS = 20_000  # for one merchant, before the others have theirs
SPARE_S = 15.0  # for the order that is being looked at, and for saying what came of it
SILENT = 3  # so often in a row without an answer, and a gateway is asked no more this night
DAYS_BACK = 6
_TAKEN = frozenset({Status.PAID, Status.REFUNDING})
_OVER = frozenset({Status.PAID, Status.CANCELLED, Status.REFUNDED})
_NEVER_ASKED = frozenset({State.NONE})


class BooksOutOfReach(Unavailable):
    """A merchant's gateway does not answer: their orders are held against it another night."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What must be within reach. `differs` makes a difference as the repository keeps it."""

    orders: "Orders"
    gateway: Callable[[Tenant, str], Gateway]
    differs: "Callable[[str, str, str, str], Difference]"


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What came of a day, over all merchants. `unreached`: whose turn did not come, or whose gateway did not answer."""

    day: str
    merchants: int
    checked: int
    unasked: int
    differences: int
    unreached: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Seen:
    """What came of one merchant's orders."""

    checked: int
    unasked: int
    differences: int


def reconcile(day: date, desk: Desk, deadline: Deadline) -> Reconciled:
    """Hold every order of the day, and every older one that changed since, against its gateway."""
    waiting = deque(
        (tenant, _merchant(tenant, since, day, desk, deadline))
        for tenant, since in desk.orders.reconciliations_due(day, days_back=DAYS_BACK)
    )
    seen: list[_Seen] = []
    unreached: list[Tenant] = []
    while waiting and deadline.left_s() > SPARE_S:
        tenant, work = waiting.popleft()
        try:
            came = _turn(work, deadline)
        except BooksOutOfReach:
            unreached.append(tenant)
            continue
        if came is None:
            waiting.append((tenant, work))
        else:
            seen.append(came)
    return Reconciled(
        day.isoformat(),
        merchants=len(seen),
        checked=sum(one.checked for one in seen),
        unasked=sum(one.unasked for one in seen),
        differences=sum(one.differences for one in seen),
        unreached=tuple(tenant.merchant_id for tenant in (*unreached, *(tenant for tenant, _ in waiting))),
    )


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


_Work = Generator[None, None, _Seen]  # gives way after each order


def _turn(work: _Work, deadline: Deadline) -> _Seen | None:
    """Go on with a merchant's orders for one turn; None: there are more."""
    turn = deadline.part(TURN_MS)
    while turn.left_s() > 0 and deadline.left_s() > SPARE_S:
        try:
            next(work)
        except StopIteration as end:
            seen: _Seen = end.value
            return seen
    return None


def _merchant(tenant: Tenant, since: date, day: date, desk: Desk, deadline: Deadline) -> _Work:
    """One merchant's orders, one by one, and then what came of them, written down."""
    orders = desk.orders.of(tenant)
    differences: list[Difference] = []
    checked = unasked = failed = in_a_row = 0
    answered = False
    for order in _of_day(orders, day, since):
        try:
            standing, asked = _standing(order, tenant, desk, deadline)
            in_a_row = 0
            answered = answered or standing is not None
        except Unavailable:
            standing, asked = None, False
            failed, in_a_row = failed + 1, in_a_row + 1
            if in_a_row == SILENT:
                raise BooksOutOfReach from None
        checked += 1
        unasked += not asked
        differences += [
            desk.differs(order.id, kind, ours, theirs)
            for kind, ours, theirs in compare(order, orders.books(order.id).get("gateway", 0), standing)
        ]
        yield
    if failed and not answered:
        raise BooksOutOfReach
    orders.reconciled(day, checked=checked, unasked=unasked, differences=differences)
    return _Seen(checked, unasked, len(differences))


def _of_day(orders: "MerchantOrders", day: date, since: date) -> Iterator[Order]:
    last: str | None = None
    while ids := orders.of_day(day, since=since, after_id=last):
        yield from (orders.look(one) for one in ids)
        last = ids[-1]


def _standing(order: Order, tenant: Tenant, desk: Desk, deadline: Deadline) -> tuple[Standing | None, bool]:
    """What its gateway holds, and whether it could be asked; Unavailable, when it does not answer now."""
    if order.payment.state in _NEVER_ASKED:
        return None, True
    try:
        standing = desk.gateway(tenant, order.payment.gateway).find(order.pay(tenant), deadline.part(ASK_MS))
    except Unavailable:
        raise
    except ShopwrightError:  # one that cannot be asked at all must not keep the others from being asked
        return None, False
    return standing, standing is not None
