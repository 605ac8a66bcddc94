"""GET /v1/orders and /v1/orders/{order_id}: what was bought, how far it is, and what the shop does about it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from pydantic import BaseModel, ConfigDict, Field
from shopwright.checkout import order as ordering
from shopwright.checkout.gateways import Challenge
from shopwright.checkout.order import OrderUnknown, State, Status
from shopwright.checkout.stepfunctions import Begin
from shopwright.checkout.terms import MOST_OTHER_RATES, WHOLE, Terms
from shopwright.checkout.work import ORDER_ID
from shopwright.money import Money
from shopwright.observability.sqs import Audit
from shopwright.runtime import http
from shopwright.runtime.paying import WalletSettings
from shopwright.tenancy.caller import Caller, Role
from shopwright.tenancy.dynamodb import Members
from shopwright.tenancy.tenant import Tenant

if TYPE_CHECKING:
    from shopwright.checkout.aurora import MerchantOrders
    from shopwright.checkout.s3 import MerchantReceipts

STAFF = frozenset({Role.MERCHANT, Role.OPERATOR})  # they see every order of their shop; everybody else their own
LONGEST_PROOF = 20_000


class Environment(WalletSettings):
    members_table: str
    audit_queue_url: str
    saga_arn: str
    receipts_bucket: str


OrderId = Annotated[str, Path(pattern=ORDER_ID, description="As the checkout gave it.")]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class LineShown(BaseModel):
    """A line as it was agreed to. Amounts are in minor units of the order's currency."""

    sku: str
    product_id: str
    title: str
    quantity: int
    unit_minor: int
    total_minor: int


class ToDo(BaseModel):
    """What the shopper has to do for their bank: go to `url`, or let the payment form act on `token`."""

    url: str
    token: str


class OrderShown(BaseModel):
    """An order as it stands. Amounts are in minor units of `currency`."""

    order_id: str
    status: str = Field(
        description="processing, action_needed, pending, placed, paid, cancelling, cancelled, refunding or refunded."
    )
    message: str = Field(description="What the shopper should know; empty while all is well.")
    action: ToDo | None = Field(description="For whoever bought it alone, while status is action_needed.")
    lines: list[LineShown]
    delivery_minor: int
    surcharge_minor: int = Field(description="The part of delivery_minor that bulky goods cost on top.")
    tax_minor: int = Field(description="Included in lines and delivery.")
    total_minor: int
    currency: str
    refunded_minor: int = Field(description="What was taken and given back: nothing, or the total.")
    created_at: datetime
    changed_at: datetime
    paid_at: datetime | None
    ended_at: datetime | None = Field(description="When it was cancelled or refunded.")


class OrdersShown(BaseModel):
    """One page, the newest first."""

    orders: list[OrderShown]
    cursor: str | None


class ReceiptShown(BaseModel):
    """Two addresses of the same receipt. Whoever has one can read it until it expires: it says no name and no card."""

    html: str = Field(description="A page, to be shown.")
    pdf: str = Field(description="A file, to be kept.")
    expires_in: int = Field(description="Seconds.")


class Proof(_Shape):
    """What the shopper's browser brought back from their bank: the query of the address, or what the form gave."""

    proof: Annotated[
        dict[Annotated[str, Field(max_length=100)], Annotated[str, Field(max_length=LONGEST_PROOF)]],
        Field(max_length=10),
    ]


class Refund(_Shape):
    """The whole of it."""

    restock: Annotated[bool, Field(description="The goods are back on the shelf.")] = False


class TermsShown(_Shape):
    """What a shop asks for delivery, and which tax its prices include: minor units, and basis points."""

    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$", examples=["EUR"])]
    delivery_minor: Annotated[int, Field(ge=0, le=10**9)]
    free_from_minor: Annotated[
        int | None, Field(ge=0, le=10**12, description="Free from this total of goods on, itself included.")
    ]
    tax_rate: Annotated[int, Field(ge=0, le=WHOLE, examples=[2000])]
    other_rates: Annotated[
        dict[Annotated[str, Field(max_length=200)], Annotated[int, Field(ge=0, le=WHOLE)]],
        Field(max_length=MOST_OTHER_RATES, description="By article number."),
    ] = {}


@dataclass(frozen=True, slots=True)
class Desk:
    members: Members
    trail: Audit
    orders: "Callable[[Tenant], MerchantOrders]"
    challenge: Callable[[Tenant, str], Challenge]
    keep_proof: Callable[[Tenant, str, Mapping[str, str]], str]
    wake: Callable[[str], None]
    again: Callable[[Tenant, ordering.Order, Begin, str], None]
    receipts: "Callable[[Tenant], MerchantReceipts]"


@cache
def wire() -> Desk:
    from shopwright.checkout.s3 import Receipts
    from shopwright.checkout.stepfunctions import Sagas, Waiting

    env = Environment.read()
    wallet, sagas = env.wallet(), Sagas(env.saga_arn)
    return Desk(
        members=Members(env.members_table),
        trail=Audit(env.audit_queue_url),
        orders=env.orders().of,
        challenge=wallet.challenge,
        keep_proof=wallet.keep_proof,
        wake=Waiting().wake,
        again=lambda tenant, order, begin, attempt: sagas.again(tenant, order.id, order.saga_id, begin, attempt),
        receipts=Receipts(env.receipts_bucket).of,
    )


def build(desk: Callable[[], Desk] = wire) -> http.Handler:
    api = http.api()

    def find(order_id: str) -> ordering.Order:
        """The order, if the caller may know of it."""
        caller = http.caller(api)
        found = desk().orders(caller.tenant).look(order_id)
        if caller.role not in STAFF and found.subject != caller.subject:
            raise OrderUnknown
        return found

    @api.get("/v1/orders")
    def page(
        limit: Annotated[int, Query(ge=1, le=50)] = 20, cursor: Annotated[str | None, Query(max_length=500)] = None
    ) -> OrdersShown:
        caller = http.caller(api)
        subject = None if caller.role in STAFF else caller.subject
        orders, after = desk().orders(caller.tenant).page(subject=subject, limit=limit, cursor=cursor)
        return OrdersShown(orders=[_shown(order, None) for order in orders], cursor=after)

    @api.get("/v1/orders/<order_id>")
    def one(order_id: OrderId) -> OrderShown:
        order = find(order_id)
        return _shown(order, _to_do(order, http.caller(api), desk()))

    @api.get("/v1/orders/<order_id>/receipt")
    def receipt(order_id: OrderId) -> ReceiptShown:
        order = find(order_id)
        lent = desk().receipts(http.caller(api).tenant).lend(order.id, refunded=order.status is Status.REFUNDED)
        return ReceiptShown(html=lent.html, pdf=lent.pdf, expires_in=lent.expires_in)

    @api.post(
        "/v1/orders/<order_id>/proof", status_code=202, responses={202: {"description": "It is being looked at."}}
    )
    def prove(order_id: OrderId, given: Proof) -> Response[Any]:
        at, caller, order = desk(), http.caller(api), find(order_id)
        if order.subject != caller.subject:
            raise OrderUnknown
        if order.payment.state is State.CHALLENGED and order.status is Status.STARTED:
            name = at.keep_proof(caller.tenant, caller.subject, given.proof)
            wake = at.orders(caller.tenant).prove(order.id, name).payment.wake
            if wake:
                at.wake(wake)
        return http.json_response(202, _shown(find(order_id), None))

    @api.post("/v1/orders/<order_id>/cancel", status_code=202, responses={202: {"description": "It is being undone."}})
    def cancel(order_id: OrderId) -> Response[Any]:
        at, tenant = desk(), http.caller(api).tenant
        order = at.orders(tenant).cancel(order_id)
        if order.status is Status.UNDOING:
            at.again(tenant, order, "undo", "cancelled by the shop")
        return http.json_response(202, _shown(order, None))

    @api.post(
        "/v1/orders/<order_id>/refund", status_code=202, responses={202: {"description": "It is being refunded."}}
    )
    def refund(order_id: OrderId, wanted: Refund) -> Response[Any]:
        at, tenant = desk(), http.caller(api).tenant
        order = at.orders(tenant).refund(order_id, restock=wanted.restock)
        if order.status is Status.REFUNDING:
            at.again(tenant, order, "undo", "refunded by the shop")
        return http.json_response(202, _shown(order, None))

    @api.get("/v1/terms")
    def terms() -> TermsShown:
        return _terms(desk().orders(http.caller(api).tenant).terms())

    @api.put("/v1/terms")
    def set_terms(wanted: TermsShown) -> TermsShown:
        free = wanted.free_from_minor
        terms = Terms(
            delivery=Money(wanted.delivery_minor, wanted.currency),
            free_from=None if free is None else Money(free, wanted.currency),
            tax_rate=wanted.tax_rate,
            other_rates=wanted.other_rates,
        )
        return _terms(desk().orders(http.caller(api).tenant).set_terms(terms))

    return http.handler(api, admit=lambda: desk().members, trail=lambda: desk().trail)


def _to_do(order: ordering.Order, caller: Caller, at: Desk) -> ToDo | None:
    if order.shown != "action_needed" or order.subject != caller.subject or not order.payment.challenge:
        return None
    challenge = at.challenge(caller.tenant, order.payment.challenge)
    return ToDo(url=challenge.url, token=challenge.token)


def _shown(order: ordering.Order, action: ToDo | None) -> OrderShown:
    return OrderShown(
        order_id=order.id,
        status=order.shown,
        message=order.told,
        action=action,
        lines=[LineShown.model_validate(line, from_attributes=True) for line in order.lines],
        delivery_minor=order.delivery_minor,
        surcharge_minor=order.surcharge_minor,
        tax_minor=order.tax_minor,
        total_minor=order.total.minor,
        currency=order.total.currency,
        refunded_minor=0 if order.given_back is None else order.given_back.minor,
        created_at=order.created_at,
        changed_at=order.changed_at,
        paid_at=order.paid_at,
        ended_at=order.ended_at,
    )


def _terms(terms: Terms) -> TermsShown:
    return TermsShown(
        currency=terms.currency,
        delivery_minor=terms.delivery.minor,
        free_from_minor=None if terms.free_from is None else terms.free_from.minor,
        tax_rate=terms.tax_rate,
        other_rates=dict(terms.other_rates),
    )


handler = build()
