"""One thing that is wanted of the products, and what came of its steps: changes when a wish carries more."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from shopwright.catalog.facts import Choice
from shopwright.catalog.offer import Overview
from shopwright.orchestrator import having, seeking
from shopwright.orchestrator.going_on import subject_of
from shopwright.orchestrator.intent import Request
from shopwright.orchestrator.item import Item, Shown
from shopwright.orchestrator.looking import as_passage
from shopwright.orchestrator.plan import Step as Planned
from shopwright.orchestrator.registry import Outcome
from shopwright.orchestrator.summing import Part
from shopwright.orchestrator.wanted import Wanted
from shopwright.retrieval.search import Passage


class Whole(StrEnum):
    """What may be asked of a shop as a whole."""

    BRANDS = "brands"
    CATEGORIES = "categories"
    SOLD_OUT = "sold out"


@dataclass(frozen=True, slots=True)
class Wish:
    """One thing that is wanted of the products. `about` are the words for it, also those of an earlier message."""

    number: int
    request: Request
    about: str
    show: "Callable[[Wish, Sequence[Item], Outcomes], Shown | None]"
    shown: tuple[str, ...] = ()  # the products that it points at
    below: tuple[str, ...] = ()  # the products than which it is to be cheaper
    bought: tuple[str, ...] | None = None  # most, in their order; None: nobody counts, or it is not asked for
    kind: str = ""  # what the first of those is
    parts: tuple[str, ...] = ()  # the names that it compares
    whole: "Whole | None" = None  # it asks of the shop as a whole
    overview: Overview | None = None
    sums: tuple[Part, ...] = ()  # what is to be added up
    brand: str = ""  # whose products are asked for
    also: tuple[str, ...] = ()  # the products that it compares those with: "cheaper than it"
    skipped: frozenset[str] = frozenset()  # those that were told already
    likely: bool = False  # where the documents say nothing of it
    size: str = ""  # in which the first of those is asked for, whatever it is called then
    all_told: bool = False  # "the cheapest of them" is of all that were found


@dataclass(slots=True)
class Outcomes:
    """What came of each step, by the wish that it was made for, and how variants are looked up."""

    variants: Callable[[Sequence[str]], Mapping[str, Sequence[Choice]]]
    by_wish: dict[int, list[tuple[Planned, Outcome]]] = field(default_factory=dict)

    def of(self, wish: Wish, tool: str) -> list[Outcome]:
        return [outcome for step, outcome in self.by_wish.get(wish.number, []) if step.tool == tool]

    def complete(self, wish: Wish) -> bool:
        """Whether everything that holds the words was looked at."""
        return any(is_complete(outcome) for outcome in self.of(wish, "search_products"))

    def beyond(self, wish: Wish) -> int:
        """How many more were found for what it names no word of, and were not looked up."""
        found = self.of(wish, "search_products")
        if words_of(wish) or not found or found[0].value is None:
            return 0
        looked = {one.value["product_id"] for one in self.of(wish, "get_facts") if one.value is not None}
        return len({one["product_id"] for one in found[0].value["products"]} - looked - wish.skipped)

    def passages(self) -> tuple[Passage, ...]:
        """What was found in the documents for the rest."""
        given = [outcome.value for step, outcome in self.by_wish.get(-1, []) if outcome.value is not None]
        return tuple(as_passage(one) for value in given for one in value["passages"])


def is_complete(outcome: Outcome) -> bool:
    return bool(outcome.value and outcome.value["complete"])


def words_of(wish: Wish) -> str:
    """What names the thing; without such, its colour."""
    if wish.brand:
        return wish.brand
    asked = seeking.sought(subject_of(wish.about), Wanted(), compared_by=None)
    by = seeking.by_word(wish.about)
    named = " ".join(having.without_things(asked.spelled))[:400] or " ".join(wish.request.wanted.colours)
    return named or (by.of if by is not None else "")
