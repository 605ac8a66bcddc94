"""An order and its payment, and which of their states may follow which: changes when an order's life does.

    started ──▶ placed ──▶ paid ──▶ refunding ──▶ refunded
       └───────────┴──▶ undoing ──▶ cancelled

A step and a webhook that tell the same thing go through the same table, so that it does not matter who comes first, how
often, or in which order.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cache
from importlib.resources import files

from shopwright.checkout.canonical import Json
from shopwright.checkout.cart import Bought, Line
from shopwright.checkout.gateways import Payment, Told
from shopwright.checkout.gateways.reasons import explain
from shopwright.checkout.quote import Quote
from shopwright.errors import NotFound
from shopwright.money import Money
from shopwright.tenancy.tenant import Tenant


class OrderUnknown(NotFound):
    """The caller has no such order."""

    def __init__(self) -> None:
        super().__init__("There is no such order.")


class Status(StrEnum):
    """How far an order is."""

    STARTED = "started"
    PLACED = "placed"
    PAID = "paid"
    UNDOING = "undoing"
    CANCELLED = "cancelled"
    REFUNDING = "refunding"
    REFUNDED = "refunded"


class State(StrEnum):
    """How its payment stands, as far as we have been told."""

    NONE = "none"
    ASKED = "asked"  # the money was asked for: from here on only the gateway knows
    PENDING = "pending"
    CHALLENGED = "challenged"
    DECLINED = "declined"
    AUTHORIZED = "authorized"
    CAPTURING = "capturing"
    CAPTURED = "captured"
    CAPTURE_FAILED = "capture_failed"
    UNDOING = "undoing"  # a void or a refund was received, and will be done or fail
    UNDO_FAILED = "undo_failed"
    VOIDED = "voided"
    REFUNDED = "refunded"


HOLDS_NOTHING = frozenset({State.NONE, State.DECLINED, State.VOIDED, State.REFUNDED})
HOLDS = frozenset({State.AUTHORIZED, State.CAPTURING, State.CAPTURED, State.CAPTURE_FAILED})
_BEFORE = frozenset({State.NONE, State.ASKED, State.PENDING, State.CHALLENGED})

# What may be told, from which states it is news, and what the payment is then.
_TABLE: Mapping[Told, tuple[frozenset[State], State]] = {
    Told.PENDING: (frozenset({State.NONE, State.ASKED, State.CHALLENGED}), State.PENDING),
    Told.CHALLENGED: (frozenset({State.NONE, State.ASKED, State.PENDING}), State.CHALLENGED),
    Told.DECLINED: (_BEFORE, State.DECLINED),
    Told.AUTHORIZED: (_BEFORE | {State.DECLINED}, State.AUTHORIZED),
    Told.CAPTURED: (frozenset(State) - {State.CAPTURED, State.REFUNDED, State.UNDOING}, State.CAPTURED),
    Told.CAPTURE_FAILED: (frozenset({State.AUTHORIZED, State.CAPTURING}), State.CAPTURE_FAILED),
    Told.VOIDED: (frozenset(State) - {State.CAPTURED, State.REFUNDED, State.VOIDED}, State.VOIDED),
    Told.VOID_FAILED: (frozenset({State.UNDOING}), State.UNDO_FAILED),
    Told.EXPIRED: (frozenset(State) - {State.CAPTURED, State.REFUNDED, State.VOIDED}, State.VOIDED),
    Told.REFUNDED: (frozenset(State) - {State.REFUNDED}, State.REFUNDED),
    Told.REFUND_FAILED: (frozenset({State.UNDOING}), State.UNDO_FAILED),
}
# What is no news where we are and must not be overlooked: an operator looks at it.
GRAVE = frozenset({Told.CAPTURE_FAILED, Told.REFUND_FAILED, Told.VOID_FAILED, Told.DISPUTED})
OF_AN_AMOUNT = frozenset({Told.AUTHORIZED, Told.CAPTURED, Told.REFUNDED})  # the whole, or it is not this that happened


def after(state: State, told: Told) -> State | None:
    """How the payment stands after being told this; None: it is no news, or it says nothing about how it stands."""
    news, then = _TABLE.get(told, (frozenset(), state))
    return then if state in news else None


@dataclass(frozen=True, slots=True)
class Placing:
    """An order that a shopper has agreed to, before anything was done for it."""

    order_id: str
    saga_id: str
    quote: Quote
    consent: Mapping[str, Json]
    return_url: str


@dataclass(frozen=True, slots=True)
class Paying:
    """How an order is paid. `instrument`, `challenge` and `proof` are names in the vault."""

    state: State
    gateway: str
    reference: str
    instrument: str
    challenge: str
    proof: str
    reason: str
    return_url: str
    captures: int
    undos: int
    changed_at: datetime
    held: bool  # has the gateway ever said that it holds, or has taken, the money?
    wake: str = field(default="", repr=False)  # who waits for what the gateway tells


@dataclass(frozen=True, slots=True)
class OrderLine:
    """A line as it was agreed to."""

    sku: str
    product_id: str
    title: str
    quantity: int
    unit_minor: int
    total_minor: int


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it stands."""

    id: str
    saga_id: str
    subject: str
    status: Status
    reason: str
    lines: tuple[OrderLine, ...]
    delivery_minor: int
    tax_minor: int
    delivery_tax_minor: int  # the part of it that is delivery's
    total: Money
    cart_version: int
    created_at: datetime
    changed_at: datetime
    payment: Paying
    surcharge_minor: int = 0  # the part of delivery's that bulky goods cost
    restock: bool = False  # a refund brings the goods back onto the shelf
    parked: bool = False
    undo_since: datetime | None = None  # since when it is being undone, or was last tried again by an operator
    paid_at: datetime | None = None
    ended_at: datetime | None = None  # when it was cancelled or refunded

    @property
    def is_undone(self) -> bool:
        """Has it been given up, or is it about to be? No step goes forward any more."""
        return self.status in (Status.UNDOING, Status.CANCELLED)

    @property
    def is_unseen(self) -> bool:
        """Was its money asked for, with no answer, and had the gateway nothing to let go of? It may have declined, or
        never have heard of it, or be about to."""
        return self.payment.state is State.UNDO_FAILED and not self.payment.held

    @property
    def undone_since(self) -> datetime:
        """From when on the time to undo it is counted."""
        return self.undo_since or self.payment.changed_at

    @property
    def is_still_at_work(self) -> bool:
        """Has the gateway said, since it is being undone, that it does not know yet whether it will hold the money?"""
        return self.payment.state is State.PENDING and self.payment.changed_at > self.undone_since

    @property
    def _asks_shopper(self) -> bool:
        """Is it known what their bank wants of them? A webhook says that it wants something, and not what."""
        return self.payment.state is State.CHALLENGED and bool(self.payment.challenge) and not self.payment.proof

    @property
    def shown(self) -> str:
        """How far it is, in a word for whoever bought it."""
        match self.status:
            case Status.STARTED if self._asks_shopper:
                return "action_needed"
            case Status.STARTED if self.payment.state in (State.ASKED, State.PENDING, State.CHALLENGED):
                return "pending"
            case Status.STARTED:
                return "processing"
            case Status.UNDOING:
                return "cancelling"
            case _:
                return self.status.value

    @property
    def given_back(self) -> Money | None:
        """What was taken and is the shopper's again; it is always the whole."""
        return self.total if self.payment.state is State.REFUNDED else None

    @property
    def told(self) -> str:
        """What whoever bought it is told of its end; nothing while all is well."""
        words, amount = _words(), str(self.total)
        day = "" if self.ended_at is None else f"{self.ended_at:%Y-%m-%d}"
        match self.status:
            case Status.UNDOING:
                return words["undoing"]
            case Status.REFUNDING:
                return words["refunding"].format(amount=amount)
            case Status.REFUNDED:
                return words["refunded"].format(amount=amount, day=day)
            case Status.CANCELLED if self.payment.state is State.DECLINED and self.reason != "cancelled_by_shop":
                return explain(self.payment.reason).message
            case Status.CANCELLED:
                said = words.get(self.reason, words["other"])
                return f"{said} {words['given_back'].format(amount=amount, day=day)}" if self.given_back else said
            case _:
                return ""

    @property
    def bought(self) -> Bought:
        """What of its shopper's cart it has bought."""
        return Bought(self.id, tuple(Line(line.sku, line.quantity) for line in self.lines))

    def pay(self, tenant: Tenant) -> Payment:
        """Its payment, as a gateway is asked about it. A saga tries once: another try is another consent."""
        return Payment(tenant, self.id, self.saga_id, 1, self.total, self.payment.reference)


@cache
def _words() -> dict[str, str]:
    return tomllib.loads(files("shopwright.checkout").joinpath("ends.toml").read_text("utf-8"))


@dataclass(frozen=True, slots=True)
class News:
    """What a gateway has told, by an answer or by a webhook. `told_as` is the webhook's own id."""

    told: Told
    amount: Money | None = None
    reference: str = ""
    told_as: str | None = None
    detail: str = ""
    challenge: str = ""  # a name in the vault
    proof: str = ""  # likewise: what the shopper brought back, when this is what it was used for
    at: datetime | None = None  # when it happened, as the gateway says


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of news, and the order as it is after it."""

    order: Order
    applied: bool
    applied_before: bool = False  # it had been told before, and was news then
    again: bool = False  # it undid what was undone: see that it is undone once more
