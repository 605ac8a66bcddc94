"""Each step of a sale, and its undoing: changes when what a step does changes.

The order of the steps, and what is tried again, is in statemachines/checkout-saga.asl.json. A step may run twice, may
end anywhere, and may meet a webhook on its way: it looks at the order first, writes down what it is about to ask before
it asks, asks a gateway under a key that is always the same, and tells the order what became of it.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from shopwright.checkout.gateways import (
    Authorization,
    CallRefused,
    Challenge,
    Change,
    Done,
    Event,
    Gateway,
    Held,
    InstrumentUnusable,
    Means,
    Misconfigured,
    Outcome,
    OutcomeUnknown,
    ProofUnusable,
    Standing,
    Told,
)
from shopwright.checkout.gateways.reasons import PaymentDeclined
from shopwright.checkout.order import GRAVE, HOLDS, HOLDS_NOTHING, OF_AN_AMOUNT, Heard, News, Order, State, Status
from shopwright.errors import Conflict, Declined
from shopwright.resilience.deadline import Deadline
from shopwright.tenancy.tenant import Tenant

if TYPE_CHECKING:
    from shopwright.checkout.aurora import MerchantOrders

WAITING, UNSEEN = "waiting", "unseen"
AT_WORK = frozenset({State.UNDOING, State.PENDING, State.CAPTURING})  # the gateway tells when it is done
MOST_UNDOS = 8
_SEALED = "instrument_unusable"  # what pays is no longer in the vault


class ChallengeAbandoned(Declined):
    """The shopper did not do what their bank asked of them, in time."""

    def __init__(self) -> None:
        super().__init__("Your bank's question was not answered in time. You were not charged; your cart is kept.")


class GatewaySilent(Declined):
    """The gateway has not said in a long time whether it holds the money, or has taken it."""

    def __init__(self) -> None:
        super().__init__("The payment provider has not confirmed this payment. It is being undone; your cart is kept.")


class CaptureFailed(Declined):
    """The money was held, and could not be taken."""

    def __init__(self) -> None:
        super().__init__("The payment could not be completed. You were not charged; your cart is kept.")


class UndoRefused(Conflict):
    """The gateway will not undo a payment: an operator has to look."""

    def __init__(self) -> None:
        super().__init__("This payment could not be undone by itself. We have been told.")


@dataclass(frozen=True, slots=True)
class Desk:
    """What must be within reach. `gateway` is the merchant's account with a vendor; `keep` and `proof` are the vault's;
    `wake` lets go of who waits for an order; `bought` takes what an order had out of its shopper's cart, once."""

    orders: "Callable[[Tenant], MerchantOrders]"
    gateway: Callable[[Tenant, str], Gateway]
    keep: Callable[[Tenant, str, Challenge], str]
    proof: Callable[[Tenant, str], Mapping[str, str]]
    wake: Callable[[str], None]
    bought: Callable[[Tenant, Order], None]
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


def reserve(orders: "MerchantOrders", order_id: str) -> str:
    """Keep the goods."""
    orders.reserve(order_id, for_s=limits()["hold"])
    return "reserved"


def authorize(tenant: Tenant, order_id: str, *, desk: Desk, deadline: Deadline) -> str:
    """Have the money held: `authorized`, or `waiting` for the shopper, their bank or the gateway."""
    orders = desk.orders(tenant)
    # A shop that has no keys of this gateway any more is found out before anything is asked: then nothing is to undo.
    gateway = desk.gateway(tenant, orders.look(order_id).payment.gateway)
    order = orders.ask(order_id)
    state = order.payment.state
    if state in HOLDS:
        return "authorized"
    if state is State.DECLINED:
        raise PaymentDeclined(order.payment.reason)
    if state in HOLDS_NOTHING - {State.NONE}:  # let go of by the bank, the shopper or the merchant
        raise ChallengeAbandoned
    if state in (State.CHALLENGED, State.PENDING):
        answer = _heard_since(order, gateway, tenant, desk, deadline)
    else:
        answer = _asked(order, gateway, tenant, desk, deadline)
    if answer is None:
        return WAITING
    return _told(answer, tenant, order, desk)


def confirm(orders: "MerchantOrders", order_id: str) -> str:
    """Place the order, and say so in the same transaction."""
    orders.confirm(order_id)
    return "placed"


def capture(tenant: Tenant, order_id: str, *, desk: Desk, deadline: Deadline) -> str:
    """Take the money: `paid`, or `waiting` for the gateway to say."""
    orders = desk.orders(tenant)
    order = orders.ask_capture(order_id)
    if order.payment.state is State.CAPTURED:
        return _paid(tenant, order, desk)
    if order.payment.state in HOLDS_NOTHING | {State.CAPTURE_FAILED}:
        raise CaptureFailed
    order = orders.look(order_id)
    gateway = desk.gateway(tenant, order.payment.gateway)
    try:
        change = gateway.capture(order.pay(tenant), deadline, serial=order.payment.captures)
    except OutcomeUnknown:
        orders.note(order_id, "capture_unknown")
        standing = _look(order, gateway, tenant, deadline)
        if standing is None or standing.held is not Held.CAPTURED:
            raise
        change = Change(Done.ALREADY, standing=standing)
    match change.done:
        case Done.DONE | Done.ALREADY:
            heard = orders.tell(order_id, News(Told.CAPTURED, order.total, change.reference))
            return _paid(tenant, heard.order, desk)
        case Done.RECEIVED:
            if desk.now().timestamp() - order.payment.changed_at.timestamp() > limits()["capture"]:
                raise GatewaySilent
            return WAITING
        case Done.REFUSED:
            raise CaptureFailed


def compensate(tenant: Tenant, order_id: str, why: str, *, desk: Desk, deadline: Deadline) -> str:
    """Undo an order by what the gateway really holds: `cancelled`, `refunded` or `waiting` for the gateway to say;
    `paid` when there is nothing to undo, because the money came after all; `unseen` when it must be asked again."""
    orders = desk.orders(tenant)
    order = orders.undo(order_id, why)
    if order.status is Status.PAID:
        return "paid"
    if order.is_unseen:
        return UNSEEN
    if order.payment.state not in HOLDS_NOTHING and not _undone(order, tenant, desk, deadline):
        if desk.now().timestamp() - order.undone_since.timestamp() > limits()["undo"]:
            raise UndoRefused
        orders.wait(order_id)
        return WAITING
    return orders.settle(order_id).status.value


def ask_again(tenant: Tenant, order_id: str, *, desk: Desk, deadline: Deadline) -> str:
    """Learn what became of a payment whose answer was lost, from a gateway that finds nothing by our name for it: ask
    once more under the same key. It answers as it did the first time; if it never heard of it, what it holds now is let
    go of by the next step."""
    orders = desk.orders(tenant)
    order = orders.look(order_id)
    if not order.is_unseen:
        return "known"
    means = Means(order.payment.instrument, order.payment.return_url, order.id)
    answer = desk.gateway(tenant, order.payment.gateway).authorize(
        order.pay(tenant),
        means,
        deadline,
        persist=lambda reference: None,  # it is told with what it is the name of
    )
    if answer.reason == _SEALED:  # nobody was asked
        raise UndoRefused
    held = order.total if answer.outcome is Outcome.AUTHORIZED else None
    orders.tell(order.id, News(Told(answer.outcome.value), held, answer.reference, detail=answer.reason))
    return "known"


def give_up(tenant: Tenant, order_id: str, why: str, *, desk: Desk) -> str:
    """Set an order apart that could not be undone: an operator has it tried again."""
    desk.orders(tenant).park(order_id, why)
    return "parked"


def listen(tenant: Tenant, order_id: str, token: str, waits: frozenset[State], *, desk: Desk) -> None:
    """Be woken when something is told of this order; at once, when it has been told already."""
    order = desk.orders(tenant).listen(order_id, token)
    # What the shopper brought back is news to who waits for the shopper alone.
    proven = order.payment.state is State.CHALLENGED and bool(order.payment.proof)
    if order.payment.state not in waits or proven:
        desk.wake(token)


def hear(tenant: Tenant, vendor: str, event: Event, *, desk: Desk, undo: Callable[[Tenant, Order, str], None]) -> str:
    """What a webhook tells: the same change as an answer to our own call, once, whoever comes first. `undo` starts one
    more execution, one for each event. Gives `applied`, `known`, or for an operator to see: `grave`, `unplaced`."""
    orders = desk.orders(tenant)
    order_id = orders.named(vendor, name=event.name, order_id=event.order_id, reference=event.reference)
    if order_id is None:
        if event.told is not Told.OTHER:
            orders.keep_unplaced(vendor, event, "no such order")
        return "unplaced"
    news = News(event.told, event.amount, event.reference, f"{vendor}:{event.id}", event.reason, at=event.occurred_at)
    heard = orders.tell(order_id, news)
    grave = _is_grave(heard, event)
    if grave:
        orders.keep_unplaced(vendor, event, "an operator has to look")
    if heard.order.status is Status.PAID:
        _paid(tenant, heard.order, desk)
    if heard.again:
        undo(tenant, heard.order, event.id)
    if heard.applied and heard.order.payment.wake:
        desk.wake(heard.order.payment.wake)
    return "grave" if grave else "applied" if heard.applied else "known"


@cache
def limits() -> dict[str, int]:
    """Seconds, by what is waited for."""
    return tomllib.loads(files("shopwright.checkout").joinpath("limits.toml").read_text("utf-8"))


def _asked(order: Order, gateway: Gateway, tenant: Tenant, desk: Desk, deadline: Deadline) -> Authorization | None:
    """Ask for the money; when the answer is lost, look what the gateway holds."""
    orders = desk.orders(tenant)
    means = Means(order.payment.instrument, order.payment.return_url, order.id)
    try:
        return gateway.authorize(
            order.pay(tenant), means, deadline, persist=lambda reference: orders.persist(order.id, reference)
        )
    except (Misconfigured, CallRefused, InstrumentUnusable):
        if order.payment.state is State.NONE:  # nothing was ever asked before: nothing can be held
            orders.tell(order.id, News(Told.DECLINED, detail="declined"))
        raise
    except OutcomeUnknown:
        orders.note(order.id, "authorize_unknown")
        known = orders.look(order.id)
        answer = _as_answer(_look(known, gateway, tenant, deadline))
        if answer is None:
            raise
        return answer


def _heard_since(
    order: Order, gateway: Gateway, tenant: Tenant, desk: Desk, deadline: Deadline
) -> Authorization | None:
    """What became of a challenge, or of a payment that the gateway is at work on; None: nothing yet."""
    waited = desk.now().timestamp() - order.payment.changed_at.timestamp()
    if order.payment.state is State.CHALLENGED and order.payment.proof:
        try:
            return gateway.resume(order.pay(tenant), desk.proof(tenant, order.payment.proof), deadline)
        except ProofUnusable:  # a page opened by itself, or another payment's: the bank's question still stands
            desk.orders(tenant).unprove(order.id, order.payment.proof)
            return None
    standing = gateway.find(order.pay(tenant), deadline)
    found = _as_answer(standing)
    if found is None and standing is not None and standing.held is Held.VOIDED:
        raise ChallengeAbandoned
    if found is not None and found.outcome.value != order.payment.state.value:
        return found
    if order.payment.state is State.CHALLENGED and waited > limits()["challenge"]:
        raise ChallengeAbandoned
    if order.payment.state is State.PENDING and waited > limits()["pending"]:
        raise GatewaySilent
    return None


def _look(order: Order, gateway: Gateway, tenant: Tenant, deadline: Deadline) -> Standing | None:
    return gateway.find(order.pay(tenant), deadline)


def _as_answer(standing: Standing | None) -> Authorization | None:
    """What a gateway holds, as an answer to our asking; None when it does not say that it has acted."""
    if standing is None:
        return None
    match standing.held:
        case Held.AUTHORIZED | Held.CAPTURED:
            return Authorization(Outcome.AUTHORIZED, standing.reference)
        case Held.CHALLENGED if standing.challenge is not None:
            return Authorization(Outcome.CHALLENGED, standing.reference, standing.challenge)
        case Held.PENDING:
            return Authorization(Outcome.PENDING, standing.reference)
        case Held.OPEN if standing.reason:
            return Authorization(Outcome.DECLINED, standing.reference, reason=standing.reason)
        case _:
            return None


def _told(answer: Authorization, tenant: Tenant, order: Order, desk: Desk) -> str:
    """Tell the order what the gateway answered, and go by what the order is then: a webhook may have been first."""
    orders = desk.orders(tenant)
    challenge = "" if answer.challenge is None else desk.keep(tenant, order.subject, answer.challenge)
    news = News(
        Told(answer.outcome.value),
        order.total if answer.outcome is Outcome.AUTHORIZED else None,
        answer.reference,
        detail=answer.reason,
        challenge=challenge,
        proof=order.payment.proof,
    )
    now = orders.tell(order.id, news).order
    if now.payment.state in HOLDS:
        return "authorized"
    if now.payment.state is State.DECLINED:
        raise PaymentDeclined(now.payment.reason)
    if now.payment.state in HOLDS_NOTHING:
        raise ChallengeAbandoned
    return WAITING


def _undone(order: Order, tenant: Tenant, desk: Desk, deadline: Deadline) -> bool:
    """Have the gateway let go of whatever it holds; False: it has received that, or is still at work on the payment
    itself, and will tell."""
    orders = desk.orders(tenant)
    if (
        order.payment.undos % MOST_UNDOS == 0
    ):  # so often it was received and then failed: an operator's resuming goes on
        raise UndoRefused
    gateway = desk.gateway(tenant, order.payment.gateway)
    payment = order.pay(tenant)
    if order.is_still_at_work and gateway.find(payment, deadline) is None:
        return False
    orders.note(order.id, "undo_asked", detail=str(order.payment.undos))
    change = gateway.reverse(payment, deadline, serial=order.payment.undos)
    if change.done is Done.REFUSED:
        if change.standing is None or change.standing.held is not Held.PENDING:
            raise UndoRefused
        _check_awaited(order, change.standing.reference, orders)
        return False
    if change.done is Done.RECEIVED:
        orders.undoing(order.id, change.reference)
        return False
    standing = change.standing or gateway.find(payment, deadline)
    was_taken = order.payment.state is State.CAPTURED if standing is None else standing.held is Held.REFUNDED
    told = Told.REFUNDED if was_taken else Told.VOIDED
    now = orders.tell(order.id, News(told, order.total if was_taken else None, change.reference)).order
    if now.payment.state not in HOLDS_NOTHING:
        raise UndoRefused
    return True


def _check_awaited(order: Order, reference: str, orders: "MerchantOrders") -> None:
    """The gateway is at work: is that how the order stands, so that whoever waits is woken when it is done?"""
    state = order.payment.state
    if state not in AT_WORK:
        state = orders.tell(order.id, News(Told.PENDING, reference=reference)).order.payment.state
    if state not in AT_WORK:
        raise OutcomeUnknown


def _paid(tenant: Tenant, order: Order, desk: Desk) -> str:
    """What follows a paid order: its goods have been bought. When the money was taken too late, it goes back."""
    if order.status is not Status.PAID:
        raise CaptureFailed
    desk.bought(tenant, order)
    return "paid"


def _is_grave(heard: Heard, event: Event) -> bool:
    """Must an operator see this, though it changed nothing? The process that was told it first may not have kept it."""
    wrong = event.amount is not None and event.told in OF_AN_AMOUNT and event.amount != heard.order.total
    return not heard.applied and not heard.applied_before and (wrong or event.told in GRAVE)
