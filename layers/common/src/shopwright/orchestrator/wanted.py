"""What a shopper's words fix: price, size, colour, pieces, product, order. Changes when we read more of them.

Read from the words alone, without a model: a figure is taken where the words around it say what it is of, and left
alone anywhere else, so that "under 50 cm" is no price and "for 2 persons" no number of pieces.
"""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, lru_cache

from shopwright.orchestrator.bounds import Measure, PriceRange, measures_in, price_in
from shopwright.orchestrator.denied import Denied, colour_words, colours_in, denied_in
from shopwright.orchestrator.pointing import Reference, order_number_in, references_in
from shopwright.orchestrator.vocabulary import (
    any_of,
    colour_names,
    count_of,
    currency_signs,
    numbers,
    once,
    ordinals,
    said,
    size_names,
    small_numbers,
)


class Sort(StrEnum):
    """In which order products are wished for."""

    PRICE_UP = "price_up"
    PRICE_DOWN = "price_down"
    NEWEST = "newest"
    RATING = "rating"
    POPULAR = "popular"


class Change(StrEnum):
    """What is to happen to the cart."""

    ADD = "add"
    REMOVE = "remove"
    SET = "set"
    SWAP = "swap"
    CLEAR = "clear"
    SHOW = "show"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the words fix, and nothing that they do not."""

    price: PriceRange | None = None
    measures: tuple[Measure, ...] = ()
    sizes: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()
    not_colours: tuple[str, ...] = ()
    denied: tuple[Denied, ...] = ()
    quantity: int | None = None
    references: tuple[Reference, ...] = ()
    order_number: str | None = field(default=None, repr=False)  # a person's
    sort: Sort | None = None
    in_stock: bool = False
    sold_out: bool = False

    def over(self, before: "Wanted") -> "Wanted":
        """These wishes on top of earlier ones: what is said anew replaces, everything else stays."""
        return Wanted(
            price=self.price or before.price,
            measures=(*self.measures, *(one for one in before.measures if one.name not in self._measured)),
            sizes=self.sizes or before.sizes,
            colours=self.colours or tuple(one for one in before.colours if one not in self.not_colours),
            not_colours=self.not_colours or tuple(one for one in before.not_colours if one not in self.colours),
            denied=once((*before.denied, *self.denied)),
            quantity=self.quantity if self.quantity is not None else before.quantity,
            references=self.references or before.references,
            order_number=self.order_number or before.order_number,
            sort=self.sort or before.sort,
            in_stock=self.in_stock or (before.in_stock and not self.sold_out),
            sold_out=self.sold_out or (before.sold_out and not self.in_stock),
        )

    @property
    def _measured(self) -> frozenset[str]:
        return frozenset(one.name for one in self.measures)

    @property
    def fixes(self) -> bool:
        """Whether the words fix anything at all."""
        return self != Wanted()


@lru_cache(maxsize=256)
def wanted(text: str, *, currency: str | None = None) -> Wanted:
    """Read what the words fix. `currency` is the shop's: for amounts that name none, and for signs of several."""
    plain = plain_text(text)
    price, rest = price_in(plain, currency)
    measures, rest = measures_in(rest)
    order, rest = order_number_in(rest)
    colours, not_colours = colours_in(rest)
    return Wanted(
        price=price,
        measures=measures,
        sizes=_sizes(rest),
        colours=colours,
        not_colours=not_colours,
        denied=denied_in(rest)[0],
        quantity=_quantity(rest),
        references=references_in(text, rest, order),
        order_number=order,
        sort=_sort(rest),
        in_stock=bool(_IN_STOCK.search(rest) or _NONE_SOLD_OUT.search(rest)),
        sold_out=bool(_SOLD_OUT.search(_NONE_SOLD_OUT.sub(" ", rest))),
    )


def change_of_cart(text: str) -> Change:
    """What the words would do to the cart; adding, when they say nothing else."""
    plain = plain_text(text).lower()
    return next(change for change, says in _tables().cart if says.search(plain))


def product_words(text: str) -> str:
    """The words of a message about the cart that may name a product: empty for "add the black one"."""
    words = re.findall(r"[\w'-]+", without_bounds(text).lower())
    tables = _tables()
    plain = tables.beside | numbers().keys() | ordinals().keys() | colour_names().keys() | size_names().keys()
    named = any(not word.isdigit() and word not in plain for word in words)
    return " ".join(word for word in words if not word.isdigit() and word not in tables.beside) if named else ""


def numerals() -> frozenset[str]:
    """Numbers in words: how many of something, or a part of its name."""
    return frozenset(numbers())


@lru_cache(maxsize=256)
def without_bounds(text: str, *, currency: str | None = None) -> str:
    """The words without what they say of the price and of a weight: what is left is what to look for."""
    rest = measures_in(price_in(plain_text(text), currency)[1])[1]
    return re.sub(r"\s+", " ", rest).strip(" ,.;?!")


@lru_cache(maxsize=256)
def subject_words(text: str, *, currency: str | None = None) -> str:
    """The words without what they fix: what is left may name what is looked for, and holds words that only ask."""
    rest = denied_in(_NONE_SOLD_OUT.sub(" ", without_bounds(text, currency=currency)))[1]
    tables = _tables()
    for says in (
        colour_words(),
        *tables.size,
        _EU_SIZE,
        _IN_SIZE,
        _MEASURE,
        _IN_STOCK,
        _SOLD_OUT,
        *(says for _, says in tables.sort),
    ):
        rest = says.sub(" ", rest)
    return re.sub(r"\s+", " ", rest).strip(" ,.;?!")


def without_denied(text: str) -> str:
    """The words without what is not to be there."""
    return denied_in(plain_text(text))[1]


def plain_text(text: str) -> str:
    """One kind of apostrophe and one kind of space, so that patterns need to know no other."""
    return re.sub(r"\s+", " ", text.replace("’", "'").replace("`", "'")).strip()


_MOST_PIECES = 999
_NOT = r"(?<!\bnot )(?<!n't )(?<!\bnot currently )"
_IN_STOCK = re.compile(
    rf"\b{_NOT}(?:in stock|available (?:now|immediately|today)|on hand|ready to ship)\b|\b(?:not|n't) sold out\b", re.I
)
_NONE_SOLD_OUT = re.compile(
    r"\b(?:but )?(?:nothing|none|no|not|without|except|excluding|minus)\b(?: (?!if\b)[\w']+){0,3}?"
    r" (?:sold[ -]out|out of stock)(?: (?:ones?|items?|products?|articles?))?\b",
    re.I,
)
_SOLD_OUT = re.compile(
    r"(?:\bnot|n't) (?:currently )?(?:in stock|available)\b|(?<!\bnot )(?<!n't )\b(?:sold out|out of stock)\b", re.I
)
_EU_SIZE = re.compile(r"\b(?:size|sizes|sz|eu|uk|us)\s*(?:eu|uk|us)?\s*(?P<size>[0-9]{1,3}(?:[.,]5)?)\b", re.I)
# "In 47?" asks for a size, and "in 30 days" for none.
_IN_SIZE = re.compile(
    r"\bin (?:an? )?(?P<size>[1-5][0-9](?:[.,]5)?)(?=\W*$|,| (?:please|available|in stock|and|or|still|left|too)\b)",
    re.I,
)
_MEASURE = re.compile(
    r"(?<![\w.,])(?P<figure>[0-9]+(?:[.,][0-9]+)?)[\s-]?(?P<unit>cm|mm|inch(?:es)?|l|liters?|litres?|ml|persons?|people|man|seater)\b"
    r"|\b(?P<count>one|two|three|four|five|six|eight|ten)[\s-](?P<of>persons?|people|man|seater)\b",
    re.I,
)
_OF_ANOTHER = re.compile(r"\b(?:for|fits?|fitting) (?:an?|my|our|your|the|his|her|their) (?:[\w'-]+ )?\Z", re.I)
_SAME_UNIT = {
    "inches": "inch",
    "liter": "l",
    "liters": "l",
    "litre": "l",
    "litres": "l",
    "man": "person",
    "people": "person",
    "persons": "person",
    "seater": "person",
}


def _sizes(rest: str) -> tuple[str, ...]:
    found = [match["size"].replace(",", ".") for says in (_EU_SIZE, _IN_SIZE) for match in says.finditer(rest)]
    found += [size_names()[match["size"].lower()] for says in _tables().size for match in says.finditer(rest)]
    for match in _MEASURE.finditer(rest):
        unit = (match["unit"] or match["of"]).lower()
        if unit in ("inch", "inches", "cm", "mm") and _OF_ANOTHER.search(rest[: match.start()]):
            continue
        figure = (match["figure"] or str(count_of(match["count"]))).replace(",", ".")
        found.append(f"{figure} {_SAME_UNIT.get(unit, unit)}")
    return once(found)


def _quantity(text: str) -> int | None:
    match = _tables().quantity.search(text)
    if match is None:
        return None
    number = count_of(next(part for part in match.groups() if part))
    return number if 0 < number <= _MOST_PIECES else None


def _sort(text: str) -> Sort | None:
    return next((sort for sort, says in _tables().sort if says.search(text)), None)


@dataclass(frozen=True, slots=True)
class _Tables:
    """What `wanted.toml` says, ready to be searched with."""

    beside: frozenset[str]
    size: tuple[re.Pattern[str], ...]
    quantity: re.Pattern[str]
    sort: tuple[tuple[Sort, re.Pattern[str]], ...]
    cart: tuple[tuple[Change, re.Pattern[str]], ...]


@cache
def _tables() -> _Tables:
    lists = said("wanted")
    counts = small_numbers()
    sizes = size_names()
    sure = any_of(word for word in sizes if "x" in word and " " not in word)
    other = f"(?:{any_of(lists['price']['units'].split())})"
    count = rf"(?:[0-9]{{1,3}}|{counts})"
    of_them = rf"(?![\w.,-]*[0-9])(?![\s-]*(?!in\b)(?:{other}|(?:{any_of(currency_signs())}))(?![\w]))(?![\s]?[€$£¥₹%])"
    cues = (
        "add|put|take|have|buy|order|want|need|get|get me|give me|make it|make that|make them|pop|throw in|remove|only"
        "|just|also"
    )
    return _Tables(
        beside=frozenset(lists["beside"].split()),
        size=(
            re.compile(rf"\b(?:sizes?|in an?|in|that an?)\s+(?:size\s+)?(?P<size>{any_of(sizes)})(?![\w'-])", re.I),
            re.compile(rf"(?<![\w'-])(?P<size>{sure})(?![\w'-])", re.I),
        ),
        quantity=re.compile(
            rf"\b(?:{cues})\s+(?:in |only |just |also )?({count})\b{of_them}"
            rf"|(?<![\w.])([0-9]{{1,3}})\s?[x×](?![\w])|\bx\s?([0-9]{{1,3}})\b"
            rf"|\b({count})\s+(?:pieces|pcs|units|of (?:them|those|these|each|it)|instead of)\b"
            rf"|\b(?:quantity|number|amount|it|them|that)\s+to\s+({count})\b{of_them}",
            re.I,
        ),
        sort=tuple(
            (Sort(name), re.compile(rf"(?<![\w-])(?:{any_of(words)})(?![\w-])", re.I))
            for name, words in sorted(lists["sort"].items(), key=lambda one: one[0] != Sort.PRICE_DOWN)
        ),
        cart=tuple((Change(one["change"]), re.compile("|".join(one["says"]))) for one in lists["cart"]),
    )
