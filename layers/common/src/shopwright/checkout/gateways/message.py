"""What a webhook becomes on its way to the saga: changes when its consumer needs to know more.

It carries what a genuine message told, in our words, and nothing of the message itself.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shopwright.checkout.gateways import Event, Told
from shopwright.money import Money
from shopwright.tenancy.tenant import Tenant


class WebhookMessage(BaseModel):
    """One event of one merchant's gateway. The amount is to be compared with what was asked for, by who consumes it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    merchant_id: Annotated[str, Field(max_length=40)]
    gateway: Literal["stripe", "adyen"]
    id: Annotated[str, Field(max_length=300)]
    told: Told
    type: Annotated[str, Field(max_length=100)]
    reference: Annotated[str, Field(max_length=200)]
    name: Annotated[str, Field(max_length=200)]
    order_id: Annotated[str, Field(max_length=200)]
    minor: int | None
    currency: str | None
    occurred_at: datetime
    reason: Annotated[str, Field(max_length=64)]

    @property
    def tenant(self) -> Tenant:
        return Tenant(self.merchant_id)

    @property
    def event(self) -> Event:
        amount = None if self.minor is None or self.currency is None else Money(self.minor, self.currency)
        return Event(
            id=self.id,
            told=self.told,
            type=self.type,
            reference=self.reference,
            name=self.name,
            order_id=self.order_id,
            amount=amount,
            occurred_at=self.occurred_at,
            reason=self.reason,
        )


def of(tenant: Tenant, vendor: str, event: Event) -> WebhookMessage:
    """The event as the queue carries it."""
    return WebhookMessage.model_validate(
        {
            "merchant_id": tenant.merchant_id,
            "gateway": vendor,
            "id": event.id,
            "told": event.told,
            "type": event.type,
            "reference": event.reference,
            "name": event.name,
            "order_id": event.order_id,
            "minor": event.amount.minor if event.amount else None,
            "currency": event.amount.currency if event.amount else None,
            "occurred_at": event.occurred_at,
            "reason": event.reason,
        }
    )
