"""A shopper's own orders, told in the chat: changes when shoppers ask for other things of them, or are told more.

Whose orders they are comes from the verified caller and from nothing that was said. Looking is all that is done here:
an order is cancelled by the shop.
"""

import re
from collections.abc import Callable, Sequence

from shopwright.checkout.order import Order, OrderUnknown, Status
from shopwright.grounding.wording import wording
from shopwright.orchestrator.beside import says
from shopwright.tenancy.caller import Caller, Role

MOST = 5  # orders, the newest
_OPEN = frozenset({Status.STARTED, Status.PLACED, Status.PAID})
WHO_BUYS = frozenset({Role.SHOPPER, Role.GUEST})
Orders = Callable[[Caller, str | None], Sequence[Order]]  # the newest; or the one of this number, else OrderUnknown

_NUMBER = re.compile(r"\bo-[a-z2-7]{26}\b", re.I)


def asked(text: str, numbered: str | None) -> bool:
    """Is a wish about orders of the shopper's own? `numbered`: it names an order, by whatever number."""
    if _NUMBER.search(text) or numbered:
        return True
    if says("orders", "of_rule").search(text):
        return False
    return bool(says("orders", "own").search(text) or says("orders", "cancel").search(text))


def rule_of_cancelling(text: str) -> str | None:
    """What is true of cancelling an order, whatever the pages say; None: that is not asked."""
    return wording().orders["cancel"] if says("orders", "may_cancel").search(text) else None


def cancels(text: str) -> bool:
    """Is somebody to cancel an order of the shopper's own?"""
    return says("orders", "cancel").search(text) is not None or cancels_it(text)


def cancels_it(text: str) -> bool:
    """Is "it" to be cancelled, whatever it is? Of what is there to cancel, an order is."""
    return says("orders", "cancel_it").search(text) is not None


def told(text: str, numbered: str | None, caller: Caller, orders: Orders) -> str:
    """What the caller's own orders say. Another's, and one that is none, are as unknown as each other."""
    orders_say = wording().orders
    ours = _NUMBER.search(text)
    if numbered and ours is None:
        return orders_say["unknown"]
    if caller.role not in WHO_BUYS:
        return orders_say["unknown" if ours else "none"]
    try:
        found = orders(caller, ours[0].lower() if ours else None)
    except OrderUnknown:
        return orders_say["unknown"]
    if not found:
        return orders_say["none"]
    if cancels(text):
        return _to_cancel(found)
    lines = [orders_say["newest"]] if len(found) == MOST else []
    holds = bool(says("orders", "contents").search(text))
    lines += [_line(order, holds=holds) for order in found]
    if says("orders", "parcel").search(text):
        lines.append(orders_say["parcel"])
    return "\n".join(lines)


def told_abroad(locale: str, caller: Caller, orders: Orders, *, parcel: bool) -> str:
    """The caller's newest orders in another language; `parcel`: they ask whether it has left."""
    orders_say = wording(locale).orders
    found = orders(caller, None) if caller.role in WHO_BUYS else ()
    if not found:
        return orders_say["none"]
    lines = [orders_say["newest"]] if len(found) == MOST else []
    lines += [_line(order, holds=False, locale=locale) for order in found]
    return "\n".join([*lines, orders_say["parcel"]] if parcel else lines)


def _to_cancel(found: Sequence[Order]) -> str:
    """What can become of them, and that nothing has: only the shop can do it."""
    orders_say = wording().orders
    open_ones = [order for order in found if order.status in _OPEN]
    if not open_ones:
        return "\n".join([*(_line(order, holds=False) for order in found[:1]), orders_say["nothing_open"]])
    lines = [_line(order, holds=False) for order in open_ones]
    if len(open_ones) == 1:
        lines.append(orders_say["cancel_" + ("not_paid" if open_ones[0].status is not Status.PAID else "paid")])
        if open_ones[0].shown == "action_needed":
            lines.append(orders_say["cancel_unanswered"])
    return "\n".join([*lines, orders_say["not_cancelled"]])


def _line(order: Order, *, holds: bool, locale: str = "en") -> str:
    orders_say = wording(locale).orders
    line = orders_say["one"].format(
        number=order.id,
        day=f"{order.created_at:%Y-%m-%d}",
        total=f"{order.total.amount} {order.total.currency}",
        status=orders_say[f"is_{order.shown}"],
    )
    if holds and order.lines:
        goods = ", ".join(f"{one.quantity} × {one.title}" for one in order.lines)
        line = f"{line} {orders_say['holds'].format(goods=goods)}"
    return f"{line} {order.told}".strip()
