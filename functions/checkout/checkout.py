"""POST /v1/checkout/quote and /v1/checkout: the full terms of buying the cart, and the shopper's one word to them."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

from aws_lambda_powertools.event_handler import Response
from pydantic import BaseModel, ConfigDict, Field
from shopwright.checkout import cart as carting
from shopwright.checkout import consent, quote
from shopwright.checkout.canonical import digest
from shopwright.checkout.cart import LONGEST_TITLE, Bought, LeftOut
from shopwright.checkout.consent import MAX_URL, Agreed, KeyNeeded
from shopwright.checkout.order import Placing
from shopwright.checkout.quote import Quote, QuotedLine, Signatures
from shopwright.checkout.terms import Terms
from shopwright.errors import ShopwrightError
from shopwright.observability.sqs import Audit
from shopwright.runtime import http
from shopwright.runtime.bulkhead import bulkhead
from shopwright.runtime.paying import GatewaySettings, WalletSettings
from shopwright.runtime.repeated import idempotency_key
from shopwright.tenancy.branding import Shopfront
from shopwright.tenancy.bulkhead import Bulkhead
from shopwright.tenancy.caller import Caller
from shopwright.tenancy.dynamodb import Members
from shopwright.tenancy.tenant import Tenant

if TYPE_CHECKING:
    from shopwright.catalog.offer import Offer

LONGEST_INSTRUMENT = 16_000


class Environment(WalletSettings, GatewaySettings):
    stage: str
    carts_table: str
    claims_table: str
    members_table: str
    audit_queue_url: str
    cache_host: str
    cache_port: int
    cache_tls: str
    cache_secret_arn: str
    quote_key_secret_arn: str
    saga_arn: str


RequestId = Annotated[
    str | None,
    idempotency_key(
        "Needed: the same request again answers the same, and has no further effect. While the first is "
        "still being worked on, it is 409 RequestInFlight; with another body under the key, 409 KeyOfAnother."
    ),
]
Whole = Annotated[int, Field(ge=0, le=2**53 - 1)]
Word = Annotated[str, Field(max_length=1000)]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Wanted(_Shape):
    """What the shopper will pay with, as the merchant's payment form gave it. Never a card number."""

    instrument: Annotated[str, Field(min_length=1, max_length=LONGEST_INSTRUMENT, repr=False)]


class LineOfQuote(_Shape):
    """One line. Amounts are in minor units and include tax; a rate is in basis points."""

    sku: Word
    product_id: Word
    title: Annotated[str, Field(max_length=LONGEST_TITLE)]
    quantity: Whole
    unit_minor: Whole
    total_minor: Whole
    tax_rate: Whole
    tax_minor: Whole


class LeftOutShown(_Shape):
    """So many of one article in the cart that are being paid for in another order, and are not bought again."""

    order_id: Word
    sku: Word
    title: Annotated[str, Field(max_length=LONGEST_TITLE)]
    quantity: Whole


class QuoteShown(_Shape):
    """Everything that a shopper agrees to, to be sent back as it is. Amounts are in minor units of `currency`."""

    merchant_id: Word
    subject: Word
    nonce: Word
    cart_version: Whole
    lines: Annotated[list[LineOfQuote], Field(min_length=1, max_length=carting.MAX_LINES)]
    currency: Word
    goods_minor: Whole
    delivery_minor: Whole
    tax_minor: Annotated[int, Field(ge=0, le=2**53 - 1, description="Included in goods and delivery.")]
    total_minor: Whole
    terms_version: Whole
    gateway: Word
    instrument: Annotated[str, Field(max_length=100, description="A name for the instrument, by which nobody can pay.")]
    issued_at: Whole
    expires_at: Whole
    surcharge_minor: Annotated[
        int, Field(ge=0, le=2**53 - 1, description="The part of delivery_minor that bulky goods cost on top.")
    ]
    left_out: Annotated[
        list[LeftOutShown], Field(description="What of the cart is being paid for in other orders of the shopper's.")
    ]

    @property
    def quote(self) -> Quote:
        told = self.model_dump()
        lines = tuple(QuotedLine(**line) for line in told["lines"])
        return Quote(**{**told, "lines": lines, "left_out": tuple(LeftOut(**one) for one in told["left_out"])})


class Quoted(BaseModel):
    """A quote, signed. A consent names its hash."""

    quote: QuoteShown
    quote_hash: str
    signature: str


class Consent(_Shape):
    """The shopper's own word to exactly these terms, given by the shopper alone."""

    quote_hash: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    nonce: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    agreed: bool


class Order(_Shape):
    """A quote as it was given, and the consent to it."""

    quote: QuoteShown
    signature: Annotated[str, Field(max_length=200)]
    consent: Consent
    return_url: Annotated[
        str,
        Field(
            max_length=MAX_URL,
            description="Where the shopper's bank sends them back to: https, on the shop's own website.",
        ),
    ]


class Started(BaseModel):
    """The order has been taken, and is being worked on."""

    order_id: str
    status_url: str


@dataclass(frozen=True, slots=True)
class Desk:
    members: Members
    trail: Audit
    bulkhead: Bulkhead
    carting: carting.Desk
    terms: Callable[[Tenant], Terms]
    under_way: Callable[[Caller], Sequence[Bought]]
    vendor: Callable[[Tenant], str]
    check: Callable[[str, str], None]  # vendor, instrument
    keep: Callable[[Tenant, str, str], str]
    signatures: Signatures
    claimed: Callable[[Caller, str], consent.Claim | None]
    claim: Callable[[Caller, consent.Claim], bool]
    open_request: Callable[[Caller, str, str], str | None]
    close_request: Callable[[Caller, str, str | None], None]
    place: Callable[[Caller, Placing], None]
    start: Callable[[Caller, str, str], None]
    shopfront: Callable[[Tenant], Shopfront | None]
    now: Callable[[], float]
    on_this_machine: bool = False  # a page on the shopper's own machine is one of the shop's: for who develops one


@cache
def wire() -> Desk:
    import time

    from shopwright.catalog.aurora import Offers
    from shopwright.checkout.aurora import Orders
    from shopwright.checkout.dynamodb import Carts, Claims
    from shopwright.checkout.gateways import instrument
    from shopwright.checkout.stepfunctions import Sagas
    from shopwright.tenancy.dynamodb import Shopfronts
    from shopwright.tenancy.secretsmanager import Secret

    env = Environment.read()
    database, signer, wallet = env.database(), env.signer(), env.wallet()
    orders, offers = Orders(database, signer), Offers(database)
    carts, claims, sagas = Carts(env.carts_table), Claims(env.claims_table), Sagas(env.saga_arn)
    accounts = env.accounts(wallet.reveal)

    def offered(caller: Caller, skus: Sequence[str]) -> "dict[str, tuple[Offer, ...]]":
        return offers.of(signer.sign(caller.tenant), skus)

    def check(vendor: str, text: str) -> None:
        if vendor == "stripe":
            instrument.of_stripe(text)
        else:
            instrument.of_adyen(text, sandbox=env.stage != "prod")

    return Desk(
        members=Members(env.members_table),
        trail=Audit(env.audit_queue_url),
        bulkhead=bulkhead(env),
        carting=carting.Desk(
            open=carts.open,
            change=carts.change,
            offers=offered,
            last_names=lambda caller, skus: offers.last_names(signer.sign(caller.tenant), skus),
        ),
        terms=lambda tenant: orders.of(tenant).terms(),
        under_way=lambda caller: orders.of(caller.tenant).under_way(caller.subject),
        vendor=lambda tenant: accounts.of(tenant).vendor,
        check=check,
        keep=wallet.keep,
        signatures=Signatures(quote.keys_in(Secret(env.quote_key_secret_arn))),
        claimed=claims.held,
        claim=claims.take,
        open_request=claims.open_request,
        close_request=claims.close_request,
        place=lambda caller, placing: orders.of(caller.tenant).place(placing),
        start=lambda caller, order, saga: sagas.start(caller.tenant, order, saga),
        shopfront=Shopfronts(env.members_table).of,
        now=time.time,
        on_this_machine=env.stage != "prod",
    )


def build(desk: Callable[[], Desk] = wire) -> http.Handler:
    api = http.api()

    def quoted(caller: Caller, gateway: str, instrument: str) -> Quote:
        at = desk()
        under_way = at.under_way(caller)
        cart = carting.show(caller, desk=at.carting)
        http.deadline(api).check()
        return quote.make(
            caller,
            cart,
            at.terms(caller.tenant),
            under_way=under_way,
            gateway=gateway,
            instrument=instrument,
            now=at.now(),
        )

    @api.post("/v1/checkout/quote")
    def ask(wanted: Wanted) -> Quoted:
        at, caller = desk(), http.caller(api)
        vendor = at.vendor(caller.tenant)
        at.check(vendor, wanted.instrument)
        # The terms first: what stands in their way leaves nothing in the vault.
        made = quoted(caller, vendor, "")
        named = at.keep(caller.tenant, caller.subject, wanted.instrument)
        made = quote.pay_with(made, named)
        return Quoted(
            quote=QuoteShown.model_validate(made.json()), quote_hash=made.hash, signature=at.signatures.sign(made)
        )

    @api.post("/v1/checkout", status_code=202, responses={202: {"description": "Taken; see status_url."}})
    def begin(order: Order, idempotency_key: RequestId = None) -> Response[Any]:
        at, caller = desk(), http.caller(api)
        if idempotency_key is None:
            raise KeyNeeded
        body = digest(order.model_dump())
        known = at.open_request(caller, idempotency_key, body)
        if known is not None:
            return http.json_response(202, Started.model_validate_json(known), {"idempotent-replayed": "true"})
        agreed = Agreed(
            quote=order.quote.quote,
            signature=order.signature,
            quote_hash=order.consent.quote_hash,
            nonce=order.consent.nonce,
            agreed=order.consent.agreed,
            return_url=order.return_url,
        )
        request = hashlib.sha256(f"{idempotency_key}|{body}".encode()).hexdigest()
        try:
            order_id = consent.begin(caller, agreed, request=request, desk=_consenting(at, quoted))
        except ShopwrightError:
            at.close_request(caller, idempotency_key, None)
            raise
        started = Started(order_id=order_id, status_url=f"/v1/orders/{order_id}")
        at.close_request(caller, idempotency_key, started.model_dump_json())
        return http.json_response(202, started)

    return http.handler(api, admit=lambda: desk().members, trail=lambda: desk().trail, bulkhead=lambda: desk().bulkhead)


def _consenting(at: Desk, quoted: Callable[[Caller, str, str], Quote]) -> consent.Desk:
    return consent.Desk(
        signatures=at.signatures,
        quoted=lambda caller, before: quoted(caller, before.gateway, before.instrument),
        claimed=at.claimed,
        claim=at.claim,
        place=at.place,
        start=at.start,
        sites=lambda caller: _sites(at.shopfront(caller.tenant)),
        now=at.now,
        on_this_machine=at.on_this_machine,
    )


def _sites(shopfront: Shopfront | None) -> frozenset[str]:
    if shopfront is None:
        return frozenset()
    brand = shopfront.branding
    return frozenset(consent.host_of(one) for one in (brand.website, *brand.sites) if one)


handler = build()
