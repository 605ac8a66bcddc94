"""How a product reads as passages: changes when we want a product to be found by other words.

Most rows read well as the merchant wrote them. A product whose rows or variants only make sense together is told anew:
once as a whole, and once for each variant that has a row or a price of its own.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from html.parser import HTMLParser

from shopwright.catalog.facts import STOCK, Fact, Kind, told_value
from shopwright.catalog.product import Place, Product, Variant
from shopwright.money import NO_CURRENCY

MAX_DESCRIPTION = 1200
_LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class Passage:
    """One passage of a product, or of one of its variants (`sku`); `name` is the title above it."""

    name: str
    text: str
    start: int
    end: int
    sku: str = ""


def passages(product: Product) -> tuple[Passage, ...]:
    """What is to stand in place of the product's rows; nothing, when the rows may stand as they are."""
    own = product.places[0]
    if len(product.places) == 1 and own.sku:
        return ()
    rows = {place.sku: place for place in product.places[1:] if place.sku}
    differ = len({_price(variant) for variant in product.variants}) > 1
    told = [Passage(_heading(product.title), _whole(product), own.start, own.end)]
    for variant in product.variants:
        row = rows.get(variant.sku)
        if row is None and differ and variant.title != product.title:
            row = own
        if row is not None:
            text = _of_variant(product, variant)
            told.append(Passage(_heading(variant.title), text, row.start, row.end, variant.sku))
    return tuple(told)


def _heading(title: str) -> str:
    return title if len(title) <= _LONGEST_NAME else title[: _LONGEST_NAME - 1].rstrip() + "…"


def _whole(product: Product) -> str:
    return _line([*_fields(product, product.variants), ("description", _plain(product.description))])


def _of_variant(product: Product, variant: Variant) -> str:
    made_up = variant.sku.startswith(f"{product.id}:")  # by us, and it says nothing
    code = [] if made_up else [("sku", variant.sku)]
    return _line([("name", variant.title), *code, *_fields(product, (variant,))[1:]])


def _fields(product: Product, variants: tuple[Variant, ...]) -> list[tuple[str, str]]:
    names = dict.fromkeys(fact.name for variant in variants for fact in variant.facts)
    told = [("name", product.title)]
    for name in names:
        told.append((_label(name), _together([fact for one in variants for fact in one.facts if fact.name == name])))
    counted = [variant.on_hand for variant in variants if variant.on_hand is not None]
    if counted and len(counted) == len(variants):
        told.append((STOCK, str(sum(counted))))
    return told + [(_label(fact.name), _together([fact])) for fact in product.facts]


def _together(facts: list[Fact]) -> str:
    first = facts[0]
    amounts = [fact.amount for fact in facts if fact.amount is not None]
    words = [fact.words for fact in facts if fact.words is not None]
    value = told_value(first.kind, min(amounts, default=None), max(amounts, default=None), words, first.unit)
    return value if first.unit in ("", NO_CURRENCY) else f"{value} {first.unit}"


def _price(variant: Variant) -> tuple[object, ...]:
    return tuple((fact.amount, fact.unit) for fact in variant.facts if fact.kind is Kind.MONEY)


def _label(name: str) -> str:
    return name.replace("_", " ")


def _line(fields: Iterable[tuple[str, str]]) -> str:
    return "; ".join(f"{label}: {value}" for label, value in fields if value)


class _Words(HTMLParser):
    """The words of a description that is a piece of HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def _plain(description: str) -> str:
    if "<" not in description:
        return description[:MAX_DESCRIPTION]
    reader = _Words()
    reader.feed(description[: 10 * MAX_DESCRIPTION])
    reader.close()
    return " ".join(" ".join(reader.words).split())[:MAX_DESCRIPTION]


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a passage is: a product's, or one variant's of it."""

    product_id: str
    sku: str = ""


_Span = tuple[int, int, bool, Owner | None]  # from, to, does it give way, whose it is


class Telling:
    """A feed as passages: what is told anew, what is told to nobody, and which product each passage belongs to."""

    def __init__(self, products: Iterable[Product], withheld: Iterable[Place] = ()) -> None:
        self.anew: list[Passage] = []
        self._owners: dict[tuple[int, str], Owner] = {}
        spans: list[_Span] = [(place.start, place.end, True, None) for place in withheld]
        for product in products:
            told = passages(product)
            self.anew += told
            for passage in told:
                self._owners[passage.start, passage.name] = Owner(product.id, passage.sku)
            spans += ((place.start, place.end, bool(told), Owner(product.id)) for place in product.places)
        self._spans = sorted(spans, key=lambda span: span[:2])
        self._starts = [span[0] for span in self._spans]

    def gives_way(self, start: int) -> bool:
        """Does what stands there in the file give way: to a passage of ours or, where it is withheld, to none?"""
        span = self._span(start)
        return span is not None and span[2]

    def owner(self, start: int, title: str) -> Owner | None:
        """The product of a passage that starts there under that title; None: it is no product's."""
        span = self._span(start)
        if span is None:
            return None
        return self._owners.get((start, title)) if span[2] else span[3]

    def _span(self, start: int) -> _Span | None:
        at = bisect_right(self._starts, start) - 1
        return self._spans[at] if at >= 0 and start < self._spans[at][1] else None
