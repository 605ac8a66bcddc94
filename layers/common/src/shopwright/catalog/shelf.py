"""What shoppers see of a merchant's products: changes when they are to see more of one, or fewer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from shopwright.catalog.facts import Kind
from shopwright.errors import NotFound

MAX_PAGE = 50
MAX_SHOWN_LISTED, MAX_SHOWN = 20, 100  # variants of one product: an answer of a function has its bounds


class ProductNotFound(NotFound):
    """Withdrawn, another merchant's, or one that never was: they look the same."""


class Order(StrEnum):
    """What a list begins with."""

    NEWEST = "newest"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Value:
    """A fact as it is now. Its version grows with every change."""

    name: str
    kind: Kind
    amount: Decimal | None
    words: str | None
    unit: str
    version: int


@dataclass(frozen=True, slots=True)
class Left:
    """How many there are that nobody holds; this too is a fact."""

    count: int
    version: int


@dataclass(frozen=True, slots=True)
class Article:
    """One variant. `left` is None where nobody counts it."""

    sku: str
    title: str
    facts: Mapping[str, Value]
    left: Left | None


@dataclass(frozen=True, slots=True)
class Displayed:
    """One product with what all its variants share, and the first of its `variant_count` variants."""

    id: str
    title: str
    changed_at: datetime
    facts: Mapping[str, Value]
    variants: tuple[Article, ...]
    variant_count: int


@dataclass(frozen=True, slots=True)
class Page:
    """Products, and the cursor that opens the next page; None: there is none."""

    products: tuple[Displayed, ...]
    cursor: str | None
