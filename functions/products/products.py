"""GET /v1/products: what the merchant sells, with the prices and the stock of the moment, for whoever may ask."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Annotated
from urllib.parse import unquote

from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from pydantic import BaseModel, Field
from shopwright.catalog.aurora import Catalog, CatalogRepository
from shopwright.catalog.facts import AVAILABILITY, Kind
from shopwright.catalog.product import MAX_ID
from shopwright.catalog.shelf import MAX_PAGE, Article, Displayed, Order, ProductNotFound, Value
from shopwright.money import NO_CURRENCY
from shopwright.observability.sqs import Audit
from shopwright.runtime import http
from shopwright.runtime.database import TenantSettings
from shopwright.tenancy.dynamodb import Members
from shopwright.tenancy.tenant import Tenant

PRICE, SALE_PRICE = "price", "sale_price"
_APART = frozenset({PRICE, SALE_PRICE, AVAILABILITY})


class Environment(TenantSettings):
    members_table: str
    audit_queue_url: str


Sku = Annotated[
    str, Path(min_length=1, max_length=3 * MAX_ID, description="A variant's SKU, or a product's id; percent-encoded.")
]


class Price(BaseModel):
    """An amount of money. `version` grows with every change."""

    amount: int = Field(description="In minor units: 1299 are 12.99 USD, 500 are 500 JPY.")
    currency: str | None = Field(description="ISO 4217; null where the merchant's feed names none.")
    version: int


class ShownFact(BaseModel):
    """Something known of a product or a variant. `version` grows with every change."""

    name: str
    kind: Kind
    value: str = Field(description="A number for a quantity, minor units for money, else words.")
    unit: str = Field(description="Of a quantity, or money's currency; empty where there is none.")
    version: int


class Availability(BaseModel):
    """What the merchant says, such as `in stock`, `out of stock` or `preorder`."""

    value: str
    version: int


class Stock(BaseModel):
    """How many can be bought now: those on hand that nobody's checkout holds."""

    available: int
    version: int


class Variant(BaseModel):
    """What can be put into a cart. What is null, the merchant's feed does not say."""

    sku: str
    title: str
    price: Price | None
    sale_price: Price | None
    availability: Availability | None
    stock: Stock | None
    facts: list[ShownFact]


class ShownProduct(BaseModel):
    """One product. Its own `facts` hold for all its variants; of many variants the first are shown, and all counted."""

    product_id: str
    title: str
    changed_at: datetime
    facts: list[ShownFact]
    variants: list[Variant]
    variant_count: int


class ProductList(BaseModel):
    """Products in the order that was asked for. `cursor` opens the next page; null: there is none."""

    products: list[ShownProduct]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Desk:
    members: Members
    trail: Audit
    catalog_of: Callable[[Tenant], Catalog]


@cache
def wire() -> Desk:
    env = Environment.read()
    return Desk(
        members=Members(env.members_table),
        trail=Audit(env.audit_queue_url),
        catalog_of=CatalogRepository(env.database(), env.signer()).of,
    )


def build(desk: Callable[[], Desk] = wire) -> http.Handler:
    api = http.api()

    @api.get("/v1/products")
    def listed(
        limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 20,
        cursor: Annotated[str | None, Query(max_length=1500)] = None,
        order: Annotated[Order, Query(description="The latest change first, or by name.")] = Order.NEWEST,
        text: Annotated[
            str | None, Query(max_length=100, description="Only products with this in their title.")
        ] = None,
        available: Annotated[bool, Query(description="Only products that can be had now.")] = False,
        sku: Annotated[
            str | None,
            Query(
                min_length=1,
                max_length=MAX_ID,
                description="Only the product of this SKU or id, whatever else is asked.",
            ),
        ] = None,
    ) -> ProductList:
        catalog = desk().catalog_of(http.caller(api).tenant)
        if sku is not None:  # one with a slash in it fits into no path
            return ProductList(products=_of_sku(catalog, sku), cursor=None)
        page = catalog.browse(limit, cursor, order=order, text=_plain(text), available=available)
        return ProductList(products=[_shown(product) for product in page.products], cursor=page.cursor)

    @api.get("/v1/products/<sku>")
    def shown(sku: Sku) -> ShownProduct:
        return _shown(_found(desk().catalog_of(http.caller(api).tenant), sku))

    return http.handler(api, admit=lambda: desk().members, trail=lambda: desk().trail)


def _plain(text: str | None) -> str | None:
    """Without what no title holds, and the database cannot."""
    return " ".join(text.replace("\0", " ").split()) if text else None


def _of_sku(catalog: Catalog, sku: str) -> list[ShownProduct]:
    try:
        return [_shown(catalog.find(sku.replace("\0", "")))]
    except ProductNotFound:
        return []


def _found(catalog: Catalog, sku: str) -> Displayed:
    """The gateway hands on some characters of an address as they were sent, percent-encoded."""
    names = [name for name in dict.fromkeys((sku, unquote(sku))) if "\0" not in name]
    for name in names[:-1]:
        try:
            return catalog.find(name)
        except ProductNotFound:
            continue
    return catalog.find(names[-1] if names else "")


def _shown(product: Displayed) -> ShownProduct:
    return ShownProduct(
        product_id=product.id,
        title=product.title,
        changed_at=product.changed_at,
        facts=[_fact(fact) for fact in product.facts.values()],
        variants=[_variant(variant) for variant in product.variants],
        variant_count=product.variant_count,
    )


def _variant(variant: Article) -> Variant:
    said = variant.facts.get(AVAILABILITY)
    return Variant(
        sku=variant.sku,
        title=variant.title,
        price=_price(variant.facts.get(PRICE)),
        sale_price=_price(variant.facts.get(SALE_PRICE)),
        availability=Availability(value=said.words, version=said.version) if said and said.words else None,
        stock=Stock(available=variant.left.count, version=variant.left.version) if variant.left else None,
        facts=[_fact(fact) for fact in variant.facts.values() if fact.name not in _APART],
    )


def _price(said: Value | None) -> Price | None:
    if said is None or said.kind is not Kind.MONEY or said.amount is None:
        return None
    return Price(amount=int(said.amount), currency=_currency(said.unit), version=said.version)


def _fact(said: Value) -> ShownFact:
    value = said.words if said.amount is None else format(said.amount, "f")
    unit = (_currency(said.unit) or "") if said.kind is Kind.MONEY else said.unit
    return ShownFact(name=said.name, kind=said.kind, value=value or "", unit=unit, version=said.version)


def _currency(code: str) -> str | None:
    return None if code == NO_CURRENCY else code


handler = build()
