"""What a shop has sold, counted: changes when a merchant wants to know another number."""

from dataclasses import dataclass

MOST_POPULAR = 10


@dataclass(frozen=True, slots=True)
class Sold:
    """Thirty days in one currency. What was refunded is in `total_minor` too: it was sold first."""

    currency: str
    orders: int
    total_minor: int
    refunds: int
    refunded_minor: int


@dataclass(frozen=True, slots=True)
class Popular:
    """An article's thirty days: in how many orders it was, and how many of it were kept."""

    product_id: str
    title: str
    orders: int
    units: int


@dataclass(frozen=True, slots=True)
class Sales:
    """The shop's last thirty days, as of the last count; the most bought first."""

    by_currency: tuple[Sold, ...]
    popular: tuple[Popular, ...]
