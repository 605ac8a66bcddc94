"""GET and DELETE /v1/cart, PUT and DELETE /v1/cart/lines/{sku}: what a shopper means to buy, at the prices of now."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, Literal
from urllib.parse import unquote

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path
from pydantic import BaseModel, ConfigDict, Field
from shopwright.catalog.offer import Offer
from shopwright.checkout import cart as carting
from shopwright.checkout.cart import MAX_QUANTITY, Change, Empty, Line, Priced, Put, Remove, Shown
from shopwright.checkout.dynamodb import Carts
from shopwright.money import NO_CURRENCY, Money
from shopwright.observability.sqs import Audit
from shopwright.runtime import http
from shopwright.runtime.bulkhead import bulkhead
from shopwright.runtime.database import TenantSettings
from shopwright.runtime.repeated import idempotency_key
from shopwright.tenancy.bulkhead import Bulkhead
from shopwright.tenancy.caller import Caller
from shopwright.tenancy.dynamodb import Members


class Environment(TenantSettings):
    carts_table: str
    members_table: str
    audit_queue_url: str
    cache_host: str
    cache_port: int
    cache_tls: str
    cache_secret_arn: str


Sku = Annotated[str, Path(description="The article's number as the catalog has it, URL-encoded.")]
RequestId = Annotated[
    str | None,
    idempotency_key("One for each change that is meant: the same request again has no further effect."),
]


class Wanted(BaseModel):
    """How many of an article the cart shall have, whatever it had before."""

    model_config = ConfigDict(extra="forbid", strict=True)

    quantity: Annotated[int, Field(ge=1, le=MAX_QUANTITY, examples=[2])]
    cart_version: Annotated[
        int | None, Field(ge=0, description="Change the cart only if it still has this version.")
    ] = None


class Amount(BaseModel):
    """An amount of money, as the products' prices are told."""

    amount: int = Field(description="In minor units: 1299 are 12.99 USD, 500 are 500 JPY.")
    currency: str | None = Field(description="ISO 4217; null when the shop's feed does not say.", examples=["EUR"])


class CartLine(BaseModel):
    """An article in the cart, as the catalog has it now."""

    sku: str
    quantity: int
    title: str | None = Field(description="As it is called, or was when it was last sold.")
    product_id: str | None
    unit_price: Amount | None
    total: Amount | None
    left: int | None = Field(description="How many there are to sell; null: nobody counts them.")
    trouble: Literal["not_sold", "no_price", "out_of_stock", "too_few_left"] | None = Field(
        description="Why the line cannot be bought as it stands; null: it can, or the prices are not known."
    )


class PaidFor(BaseModel):
    """So many of one article in the cart that are being paid for in another order, and are not bought again."""

    order_id: str
    sku: str
    title: str
    quantity: int


class CartShown(BaseModel):
    """The caller's own cart. Nothing of it is reserved."""

    version: int = Field(description="Grows with every change of the lines.")
    lines: list[CartLine]
    total: Amount | None = Field(
        description="Of all lines, also of what is left out; null when one has no price, or two currencies are mixed."
    )
    left_out: list[PaidFor] | None = Field(
        description="What a quote leaves out: it is being paid for in other orders of theirs. Null: not known now."
    )
    prices_known: bool = Field(description="False: the catalog did not answer, and the lines have no prices.")
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Desk:
    members: Members
    trail: Audit
    bulkhead: Bulkhead
    carting: carting.Desk


@cache
def wire() -> Desk:
    # The driver of the database is loaded here and not above: importing this module costs none of it.
    from shopwright.catalog.aurora import Offers
    from shopwright.checkout.aurora import Orders

    env = Environment.read()
    database, signer = env.database(), env.signer()
    offers, orders = Offers(database), Orders(database, signer)

    def offered(caller: Caller, skus: Sequence[str]) -> Mapping[str, Sequence[Offer]]:
        return offers.of(signer.sign(caller.tenant), skus)

    carts = Carts(env.carts_table)
    return Desk(
        members=Members(env.members_table),
        trail=Audit(env.audit_queue_url),
        bulkhead=bulkhead(env),
        carting=carting.Desk(
            open=carts.open,
            change=carts.change,
            offers=offered,
            last_names=lambda caller, skus: offers.last_names(signer.sign(caller.tenant), skus),
            under_way=lambda caller: orders.of(caller.tenant).under_way(caller.subject),
        ),
    )


def build(desk: Callable[[], Desk] = wire) -> http.Handler:
    api = http.api()

    def changed(wanted: Change, request_id: str | None, if_version: int | None = None) -> Priced:
        http.deadline(api).check()
        return carting.change(
            http.caller(api), wanted, desk=desk().carting, request_id=request_id, if_version=if_version
        )

    @api.get("/v1/cart")
    def show() -> CartShown:
        return _shown(carting.show(http.caller(api), desk=desk().carting))

    @api.put("/v1/cart/lines/<sku>")
    def put(sku: Sku, wanted: Wanted, idempotency_key: RequestId = None) -> CartShown:
        line = Line(unquote(sku), wanted.quantity)
        return _shown(changed(Put(line), idempotency_key, wanted.cart_version))

    @api.delete("/v1/cart/lines/<sku>")
    def remove(sku: Sku, idempotency_key: RequestId = None) -> CartShown:
        return _shown(changed(Remove(unquote(sku)), idempotency_key))

    @api.delete("/v1/cart", status_code=204, responses={204: {"description": "There is nothing in it any more."}})
    def empty(idempotency_key: RequestId = None) -> Response[Any]:
        changed(Empty(), idempotency_key)
        return http.no_content()

    return http.handler(api, admit=lambda: desk().members, trail=lambda: desk().trail, bulkhead=lambda: desk().bulkhead)


def _shown(priced: Priced) -> CartShown:
    cart = priced.cart
    return CartShown(
        version=cart.version,
        lines=[_line(line, priced.prices_known) for line in priced.lines],
        total=_amount(priced.total),
        left_out=None if priced.left_out is None else [PaidFor(**asdict(one)) for one in priced.left_out],
        prices_known=priced.prices_known,
        expires_at=datetime.fromtimestamp(cart.expires_at, UTC) if cart.lines else None,
    )


def _line(shown: Shown, prices_known: bool) -> CartLine:
    offer = shown.offer
    return CartLine.model_validate(
        {
            "sku": shown.line.sku,
            "quantity": shown.line.quantity,
            "title": shown.title,
            "product_id": None if offer is None else offer.product_id,
            "unit_price": None if offer is None else _amount(offer.price),
            "total": _amount(shown.total),
            "left": None if offer is None else offer.left,
            "trouble": shown.trouble if prices_known else None,
        }
    )


def _amount(money: Money | None) -> Amount | None:
    if money is None:
        return None
    return Amount(amount=money.minor, currency=None if money.currency == NO_CURRENCY else money.currency)


handler = build()
