"""What an article is called, costs and whether it can be had: changes when a line of a cart must know more."""

from dataclasses import dataclass

from shopwright.catalog.facts import OUT
from shopwright.errors import Invalid
from shopwright.money import Money

LONGEST_LIST = 50


class RangeUnusable(Invalid):
    """No price can lie in this range."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One article that the shop sells now. `left` is None when nobody counts it; `price` when the feed gives none;
    `surcharge` is what its delivery costs on top, if anything."""

    sku: str
    product_id: str
    title: str
    variant: str
    price: Money | None
    price_version: int
    availability: str
    left: int | None
    surcharge: Money | None = None

    @property
    def name(self) -> str:
        """With the variant's name, where it says something that the product's does not."""
        return name_of(self.title, self.variant)

    @property
    def is_out(self) -> bool:
        """Is there none to sell? What is counted decides over what is said."""
        return self.left == 0 if self.left is not None else self.availability == OUT


def name_of(title: str, variant: str) -> str:
    """What an article is called: its product's name, with the variant's where that says something more."""
    if not variant or variant in title:
        return title
    return variant if title in variant else f"{title}, {variant}"


@dataclass(frozen=True, slots=True)
class Range:
    """From `low` to `high`, both included, in minor units. Without a currency, in whichever the shop's prices are."""

    low: int | None = None
    high: int | None = None
    currency: str | None = None

    def __post_init__(self) -> None:
        for end in (self.low, self.high):
            if end is not None and not 0 <= end <= 10**15:
                raise RangeUnusable("A price is not below zero, nor beyond any price.")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise RangeUnusable("The lower price is above the higher one. Swap the two.")


ANY_PRICE = Range()


@dataclass(frozen=True, slots=True)
class Overview:
    """What a shop has as a whole: how many products of each brand and category, the most first, and what of them is
    sold out. A list that is as long as `LONGEST_LIST` may go on."""

    brands: tuple[tuple[str, int], ...] = ()
    categories: tuple[tuple[str, int], ...] = ()
    sold_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Listed:
    """A product with those of its variants that fit what was asked. Prices are the lowest and the highest of them."""

    product_id: str
    title: str
    skus: tuple[str, ...]
    low: Money | None
    high: Money | None
    is_out: bool
    left: int | None  # of all that fit; None when one of them is not counted
    place: int = 0  # of the name or the passage by which it was found, from 1
