"""What delivery costs and which tax a price includes: changes when shops charge in another way.

One flat charge for delivery, free from an amount on; bulky goods cost their feed's surcharge on top, the highest once
for an order; prices include tax, at one rate or the article's own. Not covered: several zones or carriers, weight, tax
that is added at the till, and rates that depend on where the shopper lives. A shop that needs one of these cannot sell
through us yet.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shopwright.errors import Conflict, Invalid
from shopwright.money import NO_CURRENCY, Money, currency_of

WHOLE = 10_000  # a rate is in basis points: 2000 is 20 %
MOST_OTHER_RATES = 500


class TermsMissing(Conflict):
    """The shop has not said what delivery costs and which tax its prices include."""

    def __init__(self) -> None:
        super().__init__(
            "This shop does not take orders yet: its charges for delivery are not set. Please ask the shop."
        )


class TermsUnusable(Invalid):
    """These terms cannot be a shop's."""


@dataclass(frozen=True, slots=True)
class Terms:
    """A merchant's own. Every amount is in `currency`. A rate is in basis points."""

    delivery: Money
    free_from: Money | None
    tax_rate: int
    other_rates: Mapping[str, int] = field(default_factory=dict)  # by article number
    version: int = 1

    def __post_init__(self) -> None:
        if self.currency == NO_CURRENCY or currency_of(self.currency) != self.currency:
            raise TermsUnusable("Say in which currency the shop sells, by its ISO 4217 code, such as EUR.")
        for amount in (self.delivery, self.free_from):
            if amount is not None and (amount.currency != self.currency or amount.minor < 0):
                raise TermsUnusable("Charges for delivery are in the shop's one currency, and not below zero.")
        if len(self.other_rates) > MOST_OTHER_RATES:
            raise TermsUnusable(f"At most {MOST_OTHER_RATES} articles may have a rate of their own.")
        if not all(0 <= rate <= WHOLE for rate in (self.tax_rate, *self.other_rates.values())):
            raise TermsUnusable(f"A tax rate is in basis points, from 0 to {WHOLE}: 2000 is 20 %.")

    @property
    def currency(self) -> str:
        return self.delivery.currency

    def delivery_for(self, goods_minor: int) -> int:
        """What delivering goods of this price costs."""
        if self.free_from is not None and goods_minor >= self.free_from.minor:
            return 0
        return self.delivery.minor

    def rate_of(self, sku: str) -> int:
        return self.other_rates.get(sku, self.tax_rate)


def tax_in(amount_minor: int, rate: int) -> int:
    """The tax that an amount includes, to the nearest minor unit; half of one is rounded up."""
    return (2 * amount_minor * rate + WHOLE + rate) // (2 * (WHOLE + rate))
