"""What is told of an order, as those who act on it read it: changes when what others are told does.

It says which order, and nothing of who bought it. Whoever acts on it believes its id alone, and asks the database what
was told under that.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shopwright.checkout.work import ORDER_ID
from shopwright.tenancy.tenant import Tenant


class Bought(BaseModel):
    """So many of one article."""

    model_config = ConfigDict(frozen=True)

    sku: str
    product_id: str
    quantity: Annotated[int, Field(gt=0)]


class OrderEvent(BaseModel):
    """One message of the topic. The same one may come more than once: `id` says which it is."""

    model_config = ConfigDict(frozen=True)

    id: Annotated[str, Field(pattern=r"^[0-9A-HJKMNP-TV-Z]{26}$")]
    kind: Literal["OrderPlaced", "OrderPaid", "OrderCancelled", "OrderRefunded"]
    merchant_id: Annotated[str, Field(min_length=1, max_length=64)]
    order_id: Annotated[str, Field(pattern=ORDER_ID)]
    at: datetime
    total_minor: Annotated[int, Field(gt=0)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    lines: tuple[Bought, ...]

    @property
    def tenant(self) -> Tenant:
        return Tenant(self.merchant_id)
