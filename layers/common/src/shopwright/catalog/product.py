"""What a merchant sells, as a feed tells it: changes when the shop needs to know more about a product."""

from dataclasses import dataclass
from datetime import datetime

from shopwright.catalog.facts import Fact

MAX_PRODUCTS = 50_000
MAX_VARIANTS = 500
MAX_ID = 200


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the decoded file something stands, in characters; `sku` when it is one variant's."""

    start: int
    end: int
    sku: str = ""


@dataclass(frozen=True, slots=True)
class Variant:
    """One thing that can be put into a cart. `on_hand` is None when the feed does not count it; `counted_at` is when it
    was counted, where the feed says so."""

    sku: str
    title: str
    facts: tuple[Fact, ...] = ()
    on_hand: int | None = None
    counted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Product:
    """One product, with at least one variant. `facts` are those that its variants share."""

    row: int
    id: str
    title: str
    description: str
    facts: tuple[Fact, ...]
    variants: tuple[Variant, ...]
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that could not be read, by its number in the file (the header of a table is row 1), and why."""

    row: int
    reason: str


@dataclass(frozen=True, slots=True)
class Warned:
    """An article that was taken in, and something about it that the merchant will want to look at."""

    sku: str
    reason: str


@dataclass(frozen=True, slots=True)
class Feed:
    """What a file says that the merchant sells, and which of its rows could not be read. `withheld` is where those
    stand that no shopper may read: rows that were refused, and a table's header."""

    products: tuple[Product, ...]
    refused: tuple[Refused, ...]
    withheld: tuple[Place, ...] = ()
    warned: tuple[Warned, ...] = ()
