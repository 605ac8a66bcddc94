"""What a shopper's words fix: price, size, colour, pieces, product, order. Changes when we read more of them.

Read from the words alone, without a model: a figure is taken where the words around it say what it is of, and left
alone anywhere else, so that "under 50 cm" is no price and "for 2 persons" no number of pieces.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar

from shopwright.money import NO_CURRENCY, Money, NotMoney, parse
from shopwright.orchestrator.follow_up import names


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


class Pointing(StrEnum):
    """How a product is pointed at."""

    CODE = "code"
    NAME = "name"
    PLACE = "place"  # "the second one", among those that were shown last; -1 is the last of them
    PRONOUN = "pronoun"


@dataclass(frozen=True, slots=True)
class Reference:
    """One product that the words point at. Which one it is, only the conversation and the catalog know."""

    how: Pointing
    text: str
    place: int | None = None


@dataclass(frozen=True, slots=True)
class PriceRange:
    """From `least` to `most`, both included unless it is to be `over` the one or `under` the other; an amount whose
    currency nobody said has ISO 4217's XXX."""

    least: Money | None = None
    most: Money | None = None
    over: bool = False
    under: bool = False

    @property
    def lowest(self) -> int | None:
        """The lowest price that is in it, in minor units."""
        return None if self.least is None else self.least.minor + self.over

    @property
    def highest(self) -> int | None:
        """The highest one; a bound of nothing at all is left at nothing."""
        return None if self.most is None else max(0, self.most.minor - self.under)


@dataclass(frozen=True, slots=True)
class Measure:
    """From `least` to `most` of a weight in grams, a capacity in millilitres, a power in watts and so on, both included
    unless it is to be `over` the one or `under` the other. `unit`: the one that was said."""

    name: str
    least: Decimal | None = None
    most: Decimal | None = None
    over: bool = False
    under: bool = False
    unit: str = field(default="", compare=False)

    def within(self, other: "Measure") -> "Measure":
        """This one, with the end that it lacks from the other."""
        low, high = (self if self.least is not None else other), (self if self.most is not None else other)
        return Measure(self.name, low.least, high.most, low.over, high.under, self.unit)

    def holds(self, amount: Decimal) -> bool:
        """Whether so much is in it."""
        return (self.least is None or amount > self.least or (amount == self.least and not self.over)) and (
            self.most is None or amount < self.most or (amount == self.most and not self.under)
        )


@dataclass(frozen=True, slots=True)
class Denied:
    """What is not to be there. `as_word`: how it was written where it may be one word, such as "non-stick"."""

    what: str
    as_word: str = ""


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
            denied=_once((*before.denied, *self.denied)),
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


def wanted(text: str, *, currency: str | None = None) -> Wanted:
    """Read what the words fix. `currency` is the shop's: for amounts that name none, and for signs of several."""
    plain = plain_text(text)
    price, rest = _price(plain, currency)
    measures, rest = _measures(rest)
    order, rest = _order_number(rest)
    colours, not_colours = _colours(rest)
    return Wanted(
        price=price,
        measures=measures,
        sizes=_sizes(rest),
        colours=colours,
        not_colours=not_colours,
        denied=_denied(rest)[0],
        quantity=_quantity(rest),
        references=_references(text, rest, order),
        order_number=order,
        sort=_sort(rest),
        in_stock=bool(_IN_STOCK.search(rest)),
        sold_out=bool(_SOLD_OUT.search(rest)),
    )


def change_of_cart(text: str) -> Change:
    """What the words would do to the cart; adding, when they say nothing else."""
    plain = plain_text(text).lower()
    return next(change for change, says in _tables().cart if says.search(plain))


def product_words(text: str) -> str:
    """The words of a message about the cart that may name a product: empty for "add the black one"."""
    words = re.findall(r"[\w'-]+", without_bounds(text).lower())
    tables = _tables()
    plain = tables.beside | tables.numbers.keys() | tables.ordinals.keys() | tables.colours.keys() | tables.sizes.keys()
    named = any(not word.isdigit() and word not in plain for word in words)
    return " ".join(word for word in words if not word.isdigit() and word not in tables.beside) if named else ""


def numerals() -> frozenset[str]:
    """Numbers in words: how many of something, or a part of its name."""
    return frozenset(_tables().numbers)


def without_bounds(text: str, *, currency: str | None = None) -> str:
    """The words without what they say of the price and of a weight: what is left is what to look for."""
    rest = _measures(_price(plain_text(text), currency)[1])[1]
    return re.sub(r"\s+", " ", rest).strip(" ,.;?!")


def subject_words(text: str, *, currency: str | None = None) -> str:
    """The words without what they fix: what is left may name what is looked for, and holds words that only ask."""
    rest = _denied(without_bounds(text, currency=currency))[1]
    tables = _tables()
    for says in (
        tables.colour,
        *tables.size,
        _EU_SIZE,
        _MEASURE,
        _IN_STOCK,
        _SOLD_OUT,
        *(says for _, says in tables.sort),
    ):
        rest = says.sub(" ", rest)
    return re.sub(r"\s+", " ", rest).strip(" ,.;?!")


def without_denied(text: str) -> str:
    """The words without what is not to be there."""
    return _denied(plain_text(text))[1]


def compared(text: str) -> tuple[str, ...]:
    """What a comparison names, each by itself: "Kettle 1 or 2" names two kettles. Fewer than two: it names none."""
    plain = _ENDS.sub("", _COMPARES.sub(" ", more_than(text))).strip(" ,.;:?!")
    plain = plain.rpartition(":")[2] if ":" in plain else plain
    for between in _BETWEEN:  # "with" may stand in a name
        parts = [part for piece in between.split(plain) if (part := _ARTICLE.sub("", piece.strip(" ,.;?!\"'")))]
        if len(parts) > 1:
            break
    if len(parts) < 2 or any(len(part.split()) > _LONGEST_NAME for part in parts):
        return ()
    first = parts[0].split()
    # What begins with a figure goes on from the first one's figure.
    at = next((n for n, word in enumerate(first) if word[0].isdigit()), None)
    return tuple(
        part if at is None or not part[0].isdigit() else " ".join([*first[:at], *part.split()]) for part in parts
    )


def more_than(text: str) -> str:
    """ "How much more does A cost than B?" asks what "A costs more than B" says."""
    return _HOW_MUCH_MORE.sub(r"\g<one> \g<verb> \g<more> than", plain_text(text))


def asks_difference(text: str) -> bool:
    """Whether the words ask by how much two things differ."""
    return bool(_DIFFERENCE.search(plain_text(text)))


def plain_text(text: str) -> str:
    """One kind of apostrophe and one kind of space, so that patterns need to know no other."""
    return re.sub(r"\s+", " ", text.replace("’", "'").replace("`", "'")).strip()


_MORE = (
    "better|cheaper|dearer|pricier|lighter|heavier|warmer|smaller|bigger|larger|faster|slower|quieter|louder|stronger"
    "|longer|shorter|newer|thinner|thicker|taller|brighter"
)
_WORSE = rf"(?:(?:more|less) (?!than\b)\w+|{_MORE})"
_MOST = (
    r"(?:(?:most|least) \w+|best|(?:cheap|dear|light|warm|small|large?|fast|slow|quiet|loud|strong|long|short|new|thick"
    r"|tall|bright|thinn|bigg|heavi|prici)e?st)"
)
_COMPARES = re.compile(
    r"^.{0,60}?\b(?:compare|comparison (?:of|between)|differences? (?:in (?:price|weight|cost|size) )?between"
    r"|pros and cons of|side by side)\b"
    r"|^(?:which|what)(?:'s)? (?:one |of (?:them|these|those) |of the \w+ )?(?:(?:is|are|weighs|costs)(?: the)? )?"
    rf"(?:{_WORSE}|{_MOST}|more|less)(?: one)?\b(?: of\b)?"
    r"|^which of\b"
    rf"|^(?:by )?how much (?:{_WORSE}|more|less) (?:is|are)\b|^by how much (?:is|are|do|does)\b"
    r"|^(?:please|can you|could you|would you)\b",
    re.I,
)
_SAME = r"(?:(?:exactly |about )?(?:the same|as much|alike|equally \w+)(?: (?:in )?(?:price|weight|amount|money))?)"
_ENDS = re.compile(
    rf"\s+(?:(?:cost|weigh|is|are)s?\s+)?(?:{_SAME}|(?:the )?(?:{_WORSE}|{_MOST})(?: one)?"
    r"|(?:cost|weigh)s? (?:more|less|the (?:most|least)))\W*$"
    r"|[:,?!-]\s*(?:which|what)(?: one| of (?:them|these|those))? (?:is|costs|weighs|are)\b.{0,30}$",
    re.I,
)
_HOW_MUCH_MORE = re.compile(
    r"^(?:by )?how much (?P<more>more|less) do(?:es)? (?P<one>.{2,80}?) (?P<verb>cost|weigh) than\b", re.I
)
_DIFFERENCE = re.compile(
    r"\bby how much\b|\bhow much (?:more|less|cheaper|dearer|pricier|lighter|heavier)\b"
    r"|\bdifferences? in (?:price|weight|cost)\b|\b(?:price|weight|cost) difference\b",
    re.I,
)
_BETWEEN = (
    re.compile(
        rf"\s+(?:(?:any|much|really|actually|still)\s+)?(?:(?:costs?|weighs?)\s+)?(?:(?:more|less)(?:\s+\w+)?|\w+er)\s+than\s+"
        rf"|\s+than\s+|\s+(?:(?:costs?|weighs?|is|are)\s+)?(?:{_SAME}|as\s+\w+)\s+as\s+",
        re.I,
    ),
    re.compile(r"\s*,\s*(?:and\s+|or\s+)?|\s+(?:and|or|vs\.?|versus|against)\s+", re.I),
    re.compile(r"\s+(?:with|to)\s+", re.I),
)
_ARTICLE = re.compile(r"^(?:(?:the|a|an|your|between|of|is|are|isn't|aren't|do|does|don't|doesn't|both)\s+)+", re.I)
_LONGEST_NAME = 8  # words
_MAX_DIGITS = 12
_MOST_PIECES = 999
_MOST_SHOWN = 20
_MOST_DENIED = 8
_T = TypeVar("_T")
_CODE = re.compile(r"(?<![\w-])(?=[A-Z0-9-]*[0-9])(?=[A-Z0-9-]*[A-Z])[A-Z0-9]{2,}(?:-[A-Z0-9]{2,})+(?![\w-])")
_ORDER = re.compile(
    r"\b(?:order|purchase|shipment|parcel|refund for|return for)s?"
    r"\s*(?:number|no\.?|nr\.?|id|code)?\s*(?:is|:)?\s*[#]?\s*"
    r"(?P<cued>(?=[A-Z0-9-]*[0-9]{3})[A-Z0-9]{1,6}-?[A-Z0-9-]{2,20})(?![\w-])"
    r"|(?:^|\s)#\s?(?P<hash>[A-Z]{0,4}-?[0-9]{3,20})(?![\w-])"
    r"|\b(?:status of|track|about)\s+#?(?P<bare>[A-Z]{0,4}-?[0-9]{5,20})(?![\w-])",
    re.I,
)
_IS_THERE = re.compile(r"^\W*(?:(?:and|so|but|hi|ok)\W+)?(?:is|are|do|does|have|has|can|could)(?:n't)?\b", re.I)
_AND_ALSO = re.compile(r"\s*,?\s*\b(?:or|nor)\b\s*(?:in\s+)?", re.I)
_NO_BEFORE = r"(?<!\bnot )(?<!n't )(?<!\bno )(?<!\bwithout )(?<!\bexcept )(?<!\bother than )"
_NOT = r"(?<!\bnot )(?<!n't )(?<!\bnot currently )"
_IN_STOCK = re.compile(
    rf"\b{_NOT}(?:in stock|available (?:now|immediately|today)|on hand|ready to ship)\b|\b(?:not|n't) sold out\b", re.I
)
_SOLD_OUT = re.compile(
    r"(?:\bnot|n't) (?:currently )?(?:in stock|available)\b|(?<!\bnot )(?<!n't )\b(?:sold out|out of stock)\b", re.I
)
_PRONOUN = re.compile(
    r"\b(?:it|this one|that one|these|those|them|this|that|the same one|both)\b"
    r"(?!\s+(?:is|was|would be) (?:all|it|everything)\b)(?!'s all)",
    re.I,
)
_NOT_A_PRODUCT = re.compile(
    r"\b(?:is it possible|does it cost to ship|how is it going|it is|it's (?:my|for|a)\b)", re.I
)
_EU_SIZE = re.compile(r"\b(?:size|sizes|sz|eu|uk|us)\s*(?:eu|uk|us)?\s*(?P<size>[0-9]{1,3}(?:[.,]5)?)\b", re.I)
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


@dataclass(frozen=True, slots=True)
class _Tables:
    """What `wanted.toml` says, ready to be searched with."""

    numbers: Mapping[str, int]
    currencies: Mapping[str, str]
    ordinals: Mapping[str, int]
    colours: Mapping[str, str]
    sizes: Mapping[str, str]
    about: Decimal
    # What it is, whether a question says it otherwise, and whether it is the other end of what is denied.
    price: tuple[tuple[str, re.Pattern[str], bool, bool], ...]
    strict: re.Pattern[str]  # a bound after one of these is not included
    figure: re.Pattern[str]
    # Its name, how it is bounded, its units, what it may not follow, and what it is said with.
    measures: tuple[
        tuple[str, tuple[re.Pattern[str], ...], Mapping[str, Decimal], re.Pattern[str], re.Pattern[str]], ...
    ]
    no_price: re.Pattern[str]  # what ends so goes on with no price
    place: re.Pattern[str]
    beside: frozenset[str]
    colour: re.Pattern[str]
    size: tuple[re.Pattern[str], ...]
    denied: tuple[tuple[re.Pattern[str], bool], ...]  # and whether an "and" goes on denying
    between: re.Pattern[str]
    until: re.Pattern[str]
    quantity: re.Pattern[str]
    sort: tuple[tuple[Sort, re.Pattern[str]], ...]
    cart: tuple[tuple[Change, re.Pattern[str]], ...]


def _price(text: str, currency: str | None) -> tuple[PriceRange | None, str]:
    """The price that is said, and the text without the words that say it."""
    least: Money | None = None
    most: Money | None = None
    over = under = False
    rest = text
    if not _tables().figure.search(text):
        return None, text
    for kind, says, asking, denied in _tables().price:
        match = None if asking and _IS_THERE.match(text) else _first_price(says, rest)
        if match is None:
            continue
        shared = next((said for part, said in match.groupdict().items() if part[0] == "s" and said), None)
        low = _money(_first(match, "a", "a2"), shared, currency)
        high = _money(match["b"], shared, currency) if kind == "between" else None
        if low is None or (kind == "between" and high is None):
            continue
        strict = tuple(
            bool(_tables().strict.search(match[0][: match.start(part) - match.start()]))
            for part in (_said_as(match, "a", "a2"), "b")
            if part in match.groupdict() and not denied
        )
        if kind == "between" and high is not None:
            ends = sorted(((low, strict[0]), (high, strict[1])), key=lambda one: one[0].minor)
            (least, over), (most, under) = ends
        elif kind == "about":
            least = Money(int(low.minor * (1 - _tables().about)), low.currency)
            most = Money(int(low.minor * (1 + _tables().about)), low.currency)
        elif kind == "most" and most is None:
            most, under = low, any(strict)
        elif kind == "least" and least is None:
            least, over = low, any(strict)
        rest = f"{rest[: match.start()]} {rest[match.end() :]}"
    return (PriceRange(least, most, over, under) if least or most else None), rest


def _first_price(says: re.Pattern[str], text: str) -> re.Match[str] | None:
    """The first place that is not of an age, a size and the like."""
    none = _tables().no_price
    return next(
        (one for one in says.finditer(text) if not none.search(text[max(0, one.start() - 20) : one.start()])), None
    )


def _first(match: re.Match[str], *parts: str) -> str:
    return match[_said_as(match, *parts)]


def _said_as(match: re.Match[str], *parts: str) -> str:
    """Which of these groups holds something."""
    return next(part for part in parts if match.groupdict().get(part))


def _money(figure: str, sign: str | None, currency: str | None) -> Money | None:
    said = figure.lower().strip()
    digits = str(_tables().numbers[said]) if said in _tables().numbers else said
    if sum(one.isdigit() for one in digits) > _MAX_DIGITS:
        return None
    # A price has no three decimals: the mark before three digits parts thousands.
    digits = re.sub(r"(?<=[0-9])[.,'](?=[0-9]{3}(?:[^0-9]|$))", "", digits)
    meant = _tables().currencies.get(sign.lower(), sign) if sign else None
    for shop in (currency, None):
        try:
            found = parse(f"{meant} {digits}" if meant else digits, shop)
        except NotMoney:
            continue
        return found if meant or currency else Money(found.minor, NO_CURRENCY)
    return None


def _measures(text: str) -> tuple[tuple[Measure, ...], str]:
    """What is said of weights and capacities, and the text without it."""
    found: dict[str, Measure] = {}
    rest = text
    for name, patterns, units, not_after, only_of in _tables().measures:
        if not only_of.search(text):
            continue
        for match in (match for says in patterns for match in says.finditer(rest)):
            if not_after.search(rest[: match.start()]) or match[0] not in rest:
                continue
            said = {part: value for part, value in match.groupdict().items() if value}
            unit = units[said["unit"].lower()]
            low = _decimal(said["figure"]) * units[said.get("first", said["unit"]).lower()]
            if "second" in said:
                high = _decimal(said["second"]) * unit
                one = Measure(name, min(low, high), max(low, high))
            elif "denied" in said:  # "that do not weigh more than 2 kg"
                one = Measure(name, most=low) if said.keys() & {"over", "least"} else Measure(name, least=low)
            elif said.keys() & {"under", "most", "most_after"}:
                one = Measure(name, most=low, under="under" in said)
            else:
                one = Measure(name, least=low, over="over" in said)
            one = replace(one, unit=said["unit"].lower())
            found[name] = one if name not in found else one.within(found[name])
            rest = rest.replace(match[0], " ", 1)
    return tuple(found.values()), rest


def _order_number(text: str) -> tuple[str | None, str]:
    match = _ORDER.search(text)
    if match is None:
        return None, text
    number = match["cued"] or match["hash"] or match["bare"]
    return number.upper(), text.replace(number, " ", 1)


def _colours(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    wished: list[str] = []
    refused: list[str] = []
    end, denied = 0, False
    for match in _tables().colour.finditer(text):
        denied = bool(match["no"]) or (denied and bool(_AND_ALSO.fullmatch(text[end : match.start()])))
        (refused if denied else wished).append(_tables().colours[match["colour"].lower()])
        end = match.end()
    return _once(wished), _once(one for one in refused if one not in wished)


def _denied(text: str) -> tuple[tuple[Denied, ...], str]:
    """What is not to be there, and the text without the words that say so. Colours are read apart."""
    tables = _tables()
    found: list[Denied] = []
    rest = text
    for says, goes_on in tables.denied:
        for _ in range(_MOST_DENIED):
            match = says.search(rest)
            if match is None:
                break
            what, as_word = match["what"], match.groupdict().get("word") or ""
            lead = tables.between.match(what)
            said = what[lead.end() if lead else 0 :]
            end = tables.until.search(said) if not as_word else None
            said, left = (said[: end.start()], said[end.start() :]) if end else (said, "")
            if not goes_on and not as_word:
                said, also, others = said.partition(" and ")
                left = f"{also}{others}{left}"
            for part in re.split(r"\s+(?:or|nor|and)\s+", said):
                plain = " ".join(tables.colour.sub(" ", part).split()).strip("'\"-–")
                if plain and plain != "ones" and tables.colour.search(part):
                    left = f"{plain} {left}"  # "not red kettles" are kettles
                elif plain and plain != "ones":
                    found.append(Denied(plain, as_word))
            rest = f"{rest[: match.start()]} , {left}{rest[match.end() :]}"
    return _once(found), rest


def _sizes(rest: str) -> tuple[str, ...]:
    found = [match["size"].replace(",", ".") for match in _EU_SIZE.finditer(rest)]
    found += [_tables().sizes[match["size"].lower()] for says in _tables().size for match in says.finditer(rest)]
    for match in _MEASURE.finditer(rest):
        unit = (match["unit"] or match["of"]).lower()
        if unit in ("inch", "inches", "cm", "mm") and _OF_ANOTHER.search(rest[: match.start()]):
            continue
        figure = (match["figure"] or str(_number(match["count"]))).replace(",", ".")
        found.append(f"{figure} {_SAME_UNIT.get(unit, unit)}")
    return _once(found)


def _quantity(text: str) -> int | None:
    match = _tables().quantity.search(text)
    if match is None:
        return None
    number = _number(next(part for part in match.groups() if part))
    return number if 0 < number <= _MOST_PIECES else None


def _number(said: str) -> int:
    return _tables().numbers.get(said.lower()) or int(said)


def _references(text: str, rest: str, order: str | None) -> tuple[Reference, ...]:
    """Codes, then names, then places in what was shown; a pronoun only where nothing says it better."""
    found = [Reference(Pointing.CODE, match[0]) for match in _CODE.finditer(text) if match[0] != order]
    codes = {one.text for one in found}
    found += [
        Reference(Pointing.NAME, name)
        for name in names(rest)
        if not any(name in code or code in name for code in codes)
        and name != order
        and name.lower() not in _tables().sizes
    ]
    for match in _tables().place.finditer(rest):
        ordinal = match["ordinal"]
        place = _tables().ordinals[ordinal.lower()] if ordinal else int(match["number"])
        step = 1 if place > 0 else -1
        count = _number(match["many"]) if match["many"] else 1
        if place and count <= _MOST_SHOWN:
            found += [Reference(Pointing.PLACE, match[0].strip(), place + step * further) for further in range(count)]
    if not found and (pronoun := _PRONOUN.search(_NOT_A_PRODUCT.sub(" ", rest))):
        found.append(Reference(Pointing.PRONOUN, pronoun[0].lower()))
    return _once(found)


def _sort(text: str) -> Sort | None:
    return next((sort for sort, says in _tables().sort if says.search(text)), None)


def _once(found: Iterable[_T]) -> tuple[_T, ...]:
    return tuple(dict.fromkeys(found))


@cache
def _tables() -> _Tables:
    said: dict[str, Any] = tomllib.loads(files("shopwright.orchestrator").joinpath("wanted.toml").read_text("utf-8"))
    numbers = {str(word): int(value) for word, value in said["numbers"].items()}
    counts = _any(word for word, value in numbers.items() if value <= 20)
    currencies = {word: sign for words, sign in said["currencies"].items() for word in words.split()}
    other = f"(?:{_any(said['price']['units'].split())})"
    figure = rf"(?:(?<![0-9.,'])[0-9](?:[0-9.,']{{0,14}}[0-9])?|\b(?:{_any(numbers)})\b)"
    sign = rf"(?:[€$£¥₹]|\b[A-Z]{{3}}(?=\s?[0-9])|\b(?:{_any(currencies)})\b)"
    after = rf"(?:[€$£¥₹]|\b(?:{_any(currencies)})\b|[A-Z]{{3}}\b)"
    by = said["price"]
    to = r"\s?(?:-|–|to)\s?"
    counted = f"(?:{other}|(?:{_any(by['counted'].split())}))"
    range_of_it = rf"(?:\s?(?:-|–|to|or)\s?[0-9.,]+)?\s?-?{counted}(?![\w])"
    end = rf"(?![0-9]|[.,'][0-9])(?!{range_of_it})"
    # "up to 3 devices": one figure or a word before a thing counts it.
    plain = rf"{end}(?:(?<=[0-9][0-9])|(?!\s+(?!(?:{_any(by['goes_on'].split())})\b)[^\W\d_]))"
    whole = {
        place: rf"(?:(?P<s{place}1>{sign})\s?)?(?P<{place}>{figure})(?:\s?(?P<s{place}2>{after})(?![0-9])|{plain})"
        for place in "ab"
    }
    # An amount that a currency must stand beside, since the words before it tell of much else.
    money = rf"(?:(?P<s1>{sign})\s?(?P<a>{figure})(?:[.,]-)?|(?P<a2>{figure})\s?(?P<s2>{after})){end}"
    at_most, at_least = _any(by["at_most"]), _any(by["at_least"])
    over, under = _any(by["denied_over"]), _any(by["denied_under"])
    # "Don't you have" and "Isn't there" deny nothing.
    denies = (
        r"\b(?:not|never|cannot|won'?t|can'?t|(?:is|are|do|does|did|have|has|could|would|should|must|need)n'?t"
        r"|without (?:spending|paying|going|costing))\s+"
        r"(?:(?!(?:you|i|we|they|there|it|the)\b)[\w']+\s+){0,3}?"
    )
    refuses = r"\b(?:do not|don'?t|never)\s+(?:want|need|like|show me|cost)\s+(?:[\w']+\s+){0,2}?"
    # Without a currency an amount stands at an end: "tents over 600".
    bare = (
        rf"(?P<a>(?<![0-9.,'])[0-9][0-9.,']{{0,13}}[0-9]){end}(?=\s*(?:[?.!,;)]|$|(?:{_any(by['goes_on'].split())})\b))"
    )
    price = (
        ("between", rf"\b(?:between|from)\s+{whole['a']}\s+(?:and|to|up to|till|until)\s+{whole['b']}", False, False),
        (
            "between",
            rf"\b(?:{at_least})\s+{whole['a']},?\s+(?:but|and|yet)\s+(?:{at_most})\s+{whole['b']}",
            False,
            False,
        ),
        (
            "between",
            rf"\b(?:{at_most})\s+{whole['a']},?\s+(?:but|and|yet)\s+(?:{at_least})\s+{whole['b']}",
            False,
            False,
        ),
        (
            "between",
            rf"(?P<sa1>{sign})\s?(?P<a>{figure})\s?(?:-|–|to)\s?(?P<sb1>{sign})?\s?(?P<b>{figure}){end}",
            False,
            False,
        ),
        ("between", rf"(?P<a>{figure}){to}(?P<b>{figure})\s?(?P<sb2>{after})", False, False),
        ("most", rf"{denies}(?:{over})\s+{whole['a']}", False, True),
        ("most", rf"\b(?:nothing|none|no)\s+(?:{over})\s+{whole['a']}", True, True),
        ("least", rf"{refuses}(?:{under})\s+{whole['a']}", False, True),
        ("least", rf"\b(?:not|no)\s+(?:{under})\s+{whole['a']}", False, True),
        ("least", rf"\b(?:nothing|none)\s+(?:{under})\s+{whole['a']}", True, True),
        ("most", rf"\b(?:{at_most})\s+(?:about |around )?{whole['a']}", False, False),
        ("most", rf"(?:<=?|≤)\s?{whole['a']}", False, False),
        ("most", rf"\b(?:{_any(by['at_most_money'])})\s+{money}", False, False),
        ("most", rf"(?:\bfor\s+)?{whole['a']}\s+(?:{_any(by['at_most_after'])})(?![\w])", False, False),
        ("most", rf"(?:\bfor\s+)?{money}\s+(?:{_any(by['at_most_after_money'])})(?![\w])", False, False),
        ("least", rf"\b(?:{at_least})\s+{money}", False, False),
        ("least", rf"\b(?:{over})\s+{bare}", False, False),
        ("least", rf"(?:>=?|≥)\s?{money}", False, False),
        ("least", rf"(?:\bfor\s+)?{money}\s+(?:{_any(by['at_least_after'])})(?![\w])", False, False),
        ("about", rf"(?:\b|(?=~))(?:{_any(by['about'])})\s?{money}", False, False),
    )
    none = rf"(?!(?:{_any(said['denied']['no_denial'].split())}|in stock|[0-9])(?![\w'-]))"
    words = r"[^.,;:?!()]+"
    auxiliary = r"(?:(?:is|are|do|does|has|have|ca|wo|should|need|must|would|could)n'?t|cannot)"
    all_of = _any(said["denied"]["all_of"])
    no = (
        r"(?P<no>\bnon-|(?:\b(?:not|no|nothing|never|neither|nor|(?:don'?t|do not) (?:want|like|need))"
        rf"|\b(?:{all_of})|\b{auxiliary})\s+"
        r"(?:be\s+|come\s+|made\s+)?(?:in\s+)?(?:the\s+|an?\s+|any\s+|colou?red\s+)?)?"
    )
    colours = {word: name for name, words in said["colours"].items() for word in words}
    sizes = {word: name for name, words in said["sizes"].items() for word in words}
    sure = _any(word for word in sizes if "x" in word and " " not in word)
    count = rf"(?:[0-9]{{1,3}}|{counts})"
    of_them = rf"(?![\w.,-]*[0-9])(?![\s-]*(?!in\b)(?:{other}|(?:{_any(currencies)}))(?![\w]))(?![\s]?[€$£¥₹%])"
    cues = (
        "add|put|take|have|buy|order|want|need|get|get me|give me|make it|make that|make them|pop|throw in|remove|only"
        "|just|also"
    )
    return _Tables(
        numbers=numbers,
        currencies=currencies,
        ordinals={str(word): int(value) for word, value in said["ordinals"].items()},
        colours=colours,
        sizes=sizes,
        about=Decimal(str(by["about_share"])),
        price=tuple((kind, re.compile(pattern, re.I), asking, denied) for kind, pattern, asking, denied in price),
        strict=re.compile(rf"(?:(?<!\bno )(?<!\bnot )\b(?:{over}|{under})\s+|[<>]\s?)(?:{sign})?\s?\Z", re.I),
        figure=re.compile(figure, re.I),
        no_price=re.compile(rf"\b(?:{_any(by['not_after'])}) \Z", re.I),
        measures=tuple(
            (
                name,
                _measure_of(said["bounds"], one["units"], one["verbs"], one.get("least", ()), counts),
                {unit: Decimal(str(factor)) for unit, factor in one["units"].items()},
                re.compile(rf"\b(?:{_any(one['not_after'])})\s+(?:up to\s+)?\Z" if one["not_after"] else r"(?!)", re.I),
                re.compile(rf"\b(?:{_any(one['only_of'])})\b" if "only_of" in one else "", re.I),
            )
            for name, one in said["measures"].items()
        ),
        place=re.compile(
            rf"\b(?:the|and)\s+(?P<ordinal>{_any(said['ordinals'])})(?:\s+(?P<many>{counts}|[0-9]))?(?:\s+(?:ones?|items?|products?))?\b"
            r"(?!\s+(?:day|week|month|year|time|order|trip|hour|hand)s?\b)(?<!last)"
            r"|\b(?:number|option|item|product)\s+(?P<number>[0-9]{1,2})\b",
            re.I,
        ),
        beside=frozenset(said["beside"].split()),
        colour=re.compile(rf"{no}\b(?P<colour>{_any(colours)})\b", re.I),
        size=(
            re.compile(rf"\b(?:sizes?|in an?|in|that an?)\s+(?:size\s+)?(?P<size>{_any(sizes)})(?![\w'-])", re.I),
            re.compile(rf"(?<![\w'-])(?P<size>{sure})(?![\w'-])", re.I),
        ),
        denied=(
            (re.compile(rf"{_NO_BEFORE}\b(?P<word>non[- ](?P<what>[^\W_]+))\b", re.I), False),
            (re.compile(r"\b(?P<word>(?P<what>[^\W\d_]+)-free)\b(?<!hands-free)(?<!toll-free)", re.I), False),
            (re.compile(rf"(?<![\w-])(?:{all_of})\s+{none}(?P<what>{words})", re.I), True),
            (re.compile(rf"\bi (?:do not|don'?t) (?:want|like|need) {none}(?P<what>{words})", re.I), False),
            (
                re.compile(
                    r"(?<!\bi )(?<!\byou )(?<!\bwe )(?<!\bthey )(?<!\bwhy )(?<!^)"
                    rf"\b{auxiliary}\s+{none}(?P<what>{words})",
                    re.I,
                ),
                False,
            ),
            (
                re.compile(
                    r"(?<!\byou )(?<!\bthere )(?<!\bwe )(?<!\bthey )"
                    rf"\b(?:not|no|never|neither)\s+{none}(?P<what>{words})",
                    re.I,
                ),
                False,
            ),
        ),
        between=re.compile(rf"(?:(?:{_any(said['denied']['between'].split())})\s+)+", re.I),
        until=re.compile(rf"(?:^|\s)(?:{_any(said['denied']['until'].split())})(?![\w'-])", re.I),
        quantity=re.compile(
            rf"\b(?:{cues})\s+(?:in |only |just |also )?({count})\b{of_them}"
            rf"|(?<![\w.])([0-9]{{1,3}})\s?[x×](?![\w])|\bx\s?([0-9]{{1,3}})\b"
            rf"|\b({count})\s+(?:pieces|pcs|units|of (?:them|those|these|each|it)|instead of)\b"
            rf"|\b(?:quantity|number|amount|it|them|that)\s+to\s+({count})\b{of_them}",
            re.I,
        ),
        sort=tuple(
            (Sort(name), re.compile(rf"(?<![\w-])(?:{_any(words)})(?![\w-])", re.I))
            for name, words in sorted(said["sort"].items(), key=lambda one: one[0] != Sort.PRICE_DOWN)
        ),
        cart=tuple((Change(one["change"]), re.compile("|".join(one["says"]))) for one in said["cart"]),
    )


def _measure_of(
    bounds: Mapping[str, Iterable[str]], units: Iterable[str], verbs: Iterable[str], least: Iterable[str], counts: str
) -> tuple[re.Pattern[str], ...]:
    """How a measure is bounded: by both ends, by words before it, and by words after it. `least`: words that say for
    this measure alone that so much will do."""
    number = rf"(?:[0-9]{{1,3}}(?:,[0-9]{{3}})+(?![0-9])|[0-9]+(?:[.,][0-9]+)?|(?:{counts})\b)"
    any_unit = _any(units)
    figure, unit = rf"(?P<figure>{number})", rf"\s?-?(?P<unit>{any_unit})(?![\w/])"
    verb = rf"(?:\b(?:that|which)\s+)?(?:\b(?:{_any(verbs)})\s+)?"
    no = r"(?:(?:do|does|is|are|should|must)(?:\s+not|n't)|not)"
    denied = rf"(?P<denied>(?:\b(?:that|which)\s+)?\b{no}\s+(?:be|{_any(verbs)})?\s*)"
    said = {**bounds, "least": [*bounds["least"], *least]}
    before = "|".join(rf"(?P<{end}>{_any(said[end])})" for end in ("most", "least", "under", "over"))
    after = "|".join(rf"(?P<{end}>{_any(bounds[end])})" for end in ("most_after", "least_after"))
    return tuple(
        re.compile(pattern, re.I)
        for pattern in (
            rf"{verb}\b(?:between|from)\s+{figure}\s?(?P<first>{any_unit})?\s+(?:and|to)\s+(?P<second>{number}){unit}",
            rf"(?:{denied}|{verb})\b(?:{before})\s+{figure}{unit}",
            rf"{verb}(?<![\w.,]){figure}{unit}\s+(?:{after})(?![\w])",
        )
    )


def _decimal(said: str) -> Decimal:
    """A comma before three digits parts thousands, as a price's does."""
    if not said[0].isdigit():
        return Decimal(_number(said))
    parts_thousands = re.fullmatch(r"[0-9]{1,3}(?:,[0-9]{3})+", said)
    return Decimal(said.replace(",", "" if parts_thousands else "."))


def _any(words: Iterable[str]) -> str:
    """The longer first, so that "at the most" is not read as "at"."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
