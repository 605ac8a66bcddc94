"""A product as it is told of, and what is told of it: changes when an answer holds something else."""

from dataclasses import dataclass

from shopwright.catalog.facts import AVAILABILITY, OUT, STOCK, Sheet, Told
from shopwright.retrieval.search import Passage
from shopwright.signals.predict import Prediction

_LATER = frozenset({"on preorder", "on backorder"})


@dataclass(frozen=True, slots=True)
class Item:
    """A product with its values as the database has them now. `relevance` says how well it is what was asked for."""

    product_id: str
    title: str
    passage: Passage
    sheet: Sheet
    relevance: float = 1.0
    prediction: Prediction | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence of the answer, the values that it tells, and the products that it tells of."""

    text: str
    items: tuple[Item, ...] = ()
    told: tuple[Told, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """What is told, and the products in their order. `looked_at` are those that it hangs on; `names` the values of
    theirs by which it was decided. `asks`: we need to know more first."""

    lines: tuple[Line, ...]
    items: tuple[Item, ...]
    looked_at: tuple[Item, ...]
    names: frozenset[str] = frozenset()
    asks: bool = False
    likely: bool = False  # the documents may know better
    fits: bool = True  # what is told is what was looked for, and not only near it
    passing: bool = False  # it hangs on what has no version: how much was bought
    by_flag: bool = False  # a value that is yes or no decided it


def is_out(item: Item) -> bool:
    """What is counted decides over what is said."""
    stock, said = item.sheet.get(STOCK), item.sheet.get(AVAILABILITY)
    later = said is not None and said.value in _LATER
    if stock is not None:
        return stock.value == "0" and not later
    return said is not None and said.value == OUT
