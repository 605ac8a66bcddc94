"""GET /v1/statistics: what a merchant's shop holds and sells, counted now and then."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from pydantic import BaseModel, Field
from shopwright.checkout.sales import Sales
from shopwright.documents.statistics import Statistics
from shopwright.observability.sqs import Audit
from shopwright.runtime import http
from shopwright.runtime.database import ReadingSettings
from shopwright.tenancy.dynamodb import Members
from shopwright.tenancy.tenant import Tenant


class Environment(ReadingSettings):
    members_table: str
    audit_queue_url: str


class Counted(BaseModel):
    """Documents of one kind and state."""

    media_type: str
    status: str
    documents: int
    passages: int
    masked: int = Field(description="Personal data that were masked in them.")
    bytes: int
    last_change: datetime


class Sold(BaseModel):
    """The last thirty days in one currency, in minor units. What was refunded was sold before, and is in the total."""

    currency: str
    orders: int
    total_minor: int
    refunds: int
    refunded_minor: int


class Popular(BaseModel):
    """An article that is bought: in how many orders, and how many of it were not given back."""

    product_id: str
    title: str
    orders: int
    units: int


class Shown(BaseModel):
    """A shop's documents and sales, counted. `counted_at` is null until the first count: a new shop waits minutes."""

    counted_at: datetime | None = Field(
        description="What is shown is as of then. It is counted anew every quarter of an hour: what was ordered since "
        "is not in it yet, and is in `GET /v1/orders` at once."
    )
    documents: int
    searchable: int
    refused: int = Field(description="In quarantine: each document's own page says why.")
    failed: int
    passages: int
    masked: int
    bytes: int
    last_change: datetime | None
    by_kind: list[Counted]
    sales: list[Sold]
    popular: list[Popular] = Field(description="Of the last thirty days, the most bought first; ten at most.")


@dataclass(frozen=True, slots=True)
class Desk:
    members: Members
    trail: Audit
    statistics: Callable[[Tenant], Statistics]
    sales: Callable[[Tenant], Sales]


@cache
def wire() -> Desk:
    from shopwright.checkout.aurora import sales_of
    from shopwright.documents.aurora import statistics_of

    env = Environment.read()
    reading, signer = env.reading(), env.signer()
    return Desk(
        members=Members(env.members_table),
        trail=Audit(env.audit_queue_url),
        statistics=lambda tenant: statistics_of(reading, signer.sign(tenant)),
        sales=lambda tenant: sales_of(reading, signer.sign(tenant)),
    )


def build(desk: Callable[[], Desk] = wire) -> http.Handler:
    api = http.api()

    @api.get("/v1/statistics")
    def statistics() -> Shown:
        tenant = http.caller(api).tenant
        return _shown(desk().statistics(tenant), desk().sales(tenant))

    return http.handler(api, admit=lambda: desk().members, trail=lambda: desk().trail)


def _shown(counted: Statistics, sales: Sales) -> Shown:
    return Shown(
        counted_at=counted.counted_at,
        documents=counted.documents(),
        searchable=counted.documents("searchable"),
        refused=counted.documents("quarantined"),
        failed=counted.documents("failed"),
        passages=sum(one.passages for one in counted.by_kind),
        masked=sum(one.masked for one in counted.by_kind),
        bytes=sum(one.bytes for one in counted.by_kind),
        last_change=max((one.last_change for one in counted.by_kind), default=None),
        by_kind=[Counted.model_validate(one, from_attributes=True) for one in counted.by_kind],
        sales=[Sold.model_validate(one, from_attributes=True) for one in sales.by_currency],
        popular=[Popular.model_validate(one, from_attributes=True) for one in sales.popular],
    )


handler = build()
