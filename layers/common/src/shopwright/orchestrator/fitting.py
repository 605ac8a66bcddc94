"""Whether a product is as it is wished for: changes when another wish can be held against what a catalog says.

Price, colour, size, what it has and what it must not have, each by the values as they are now.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from shopwright.llm import words
from shopwright.money import NO_CURRENCY, Money
from shopwright.orchestrator import having
from shopwright.orchestrator.amounts import INCH, Amounts, in_inches, measures_up, price_span
from shopwright.orchestrator.bounds import PriceRange
from shopwright.orchestrator.having import Thing
from shopwright.orchestrator.item import Item, is_out
from shopwright.orchestrator.seeking import Counted, Sought
from shopwright.orchestrator.vocabulary import any_of, numbers
from shopwright.orchestrator.wanted import Wanted, wanted

_LETTERS = ("XXS", "XS", "S", "M", "L", "XL", "XXL", "XXXL")
_SPAN = re.compile(r"(?<![\w.])(?P<low>X{0,3}[SL]|M|[0-9]{1,3})\s?[-–]\s?(?P<high>X{0,3}[SL]|M|[0-9]{1,3})(?![\w.])")


def is_like(item: Item, wishes: Wanted) -> bool:
    """Whether it has the colours and sizes that are wished for."""
    return not missing(item, wishes)


def is_span(value: str) -> bool:
    """Whether a value is from one size to another."""
    return bool(_SPAN.search(value))


def understood(asked: Sought, items: Sequence[Item]) -> Sought:
    """What is asked for with the words of these products' own values: a thing that each of them has or has not is no
    word to look for, and what is written like a denial may be what a thing is called, such as non-stick."""
    flags = having.flags_of(item.sheet for item in items)
    has: list[Thing] = []
    lacks: list[Thing] = []
    for one in asked.wishes.denied:
        as_word = having.thing(one.as_word, flags, as_word=True) if one.as_word else None
        if as_word is not None and any(state_of(item, as_word, items) for item in items):
            has.append(as_word)
        elif (thing := having.thing(one.what, flags)) is not None:
            lacks.append(thing)
    things, rest = having.things_in(asked.terms, flags)
    head = asked.head if asked.head in rest else ""
    return replace(asked, terms=rest, head=head, has=(*has, *things), lacks=tuple(lacks))


def state_of(item: Item, thing: Thing, others: Sequence[Item]) -> bool | None:
    likes = [(one.title, one.sheet) for one in others]
    return having.has(thing, item.title, item.passage.content, item.sheet, likes)


def has_so_many(item: Item, counted: Counted) -> bool:
    """Whether its own words say that it has so many: "two ports", "both ports", "2 x USB port"."""
    figures = any_of([str(counted.number), *(word for word, number in numbers().items() if number == counted.number)])
    many = re.compile(rf"(?<![\w.,])(?:{figures})(?:\s?[x×])?[\s-]+(?P<of>[\w-]+(?:\s+[\w-]+)?)", re.I)
    told = " . ".join((item.title, *(fact.value for fact in item.sheet.values()), item.passage.content))
    what = words.terms(counted.what)
    return any(what <= words.terms(match["of"]) for match in many.finditer(told))


def lacks_all(item: Item, things: Sequence[Thing], others: Sequence[Item]) -> bool | None:
    """Whether it has none of these; None: nobody says."""
    content = item.passage.content
    states = [state_of(item, one, others) for one in things]
    if any(
        state is None and having.may_have(one, item.title, content, item.sheet)
        for state, one in zip(states, things, strict=True)
    ):
        return False
    return False if any(states) else None if None in states else True


def fits_all(item: Item, asked: Sought, held: Amounts) -> bool:
    return (
        not missing(item, asked.wishes)
        and all(measures_up(item, one, amounts) for one, amounts in held)
        and all(state_of(item, one, (item,)) for one in asked.has)
        and _is_priced(item, asked.wishes.price, wholly=_is_several(item, asked.wishes))
        and (not asked.below or is_below(item, asked.below))
    )


def missing(item: Item, wishes: Wanted) -> int:
    """How many of the wishes, beside the price, it does not meet."""
    colour = item.sheet.get("colour")
    said = "" if colour is None else colour.value
    misses = int(wishes.in_stock and is_out(item)) + int(wishes.sold_out and not is_out(item))
    misses += bool(wishes.colours) and not any(_is_colour(one, said) for one in wishes.colours)
    misses += is_refused(item, wishes)
    return misses + sum(not _has_size(item, one) for one in wishes.sizes)


def is_refused(item: Item, wishes: Wanted) -> bool:
    """Whether it comes in no colour but those that are refused."""
    said = having.parts(item.sheet["colour"].value) if "colour" in item.sheet else []
    return bool(said) and all(any(_is_colour(one, part) for one in wishes.not_colours) for part in said)


def _has_size(item: Item, wished: str) -> bool:
    figure, _, unit = wished.partition(" ")
    if unit == "inch" and (held := in_inches(item)) and held.low == Decimal(figure) * INCH:
        return True
    return any(is_size(wished, value) for value in (item.title, *sizes_of(item).values()))


def sizes_of(item: Item) -> dict[str, str]:
    return {name: item.sheet[name].value for name in SIZES if name in item.sheet}


def _is_several(item: Item, wishes: Wanted) -> bool:
    """Whether it comes in several of what was wished for: which of them costs how much, its values do not say."""
    said = [item.sheet["colour"].value] if wishes.colours and "colour" in item.sheet else []
    said += sizes_of(item).values() if wishes.sizes else []
    return any("," in value for value in said)


SIZES = ("size", "dimensions", "capacity")


def _is_priced(item: Item, price: PriceRange | None, *, wholly: bool) -> bool:
    """Whether one of its variants costs so much; all of them, where it is not known which one is meant."""
    if price is None:
        return True
    span = price_span(item)
    if span is None:
        return False
    low, high, currency = span
    if wholly:
        return _is_in(price, low, currency) and _is_in(price, high, currency)
    # Of a range only its ends are known to be somebody's price.
    return any(_is_in(price, end, currency) for end in (low, high))


def _is_in(price: PriceRange, amount: Decimal, currency: str) -> bool:
    least, most = (_in(end, currency) for end in (price.least, price.most))
    return (least is None or amount > least or (amount == least and not price.over)) and (
        most is None or amount < most or (amount == most and not price.under)
    )


def _in(bound: Money | None, currency: str) -> Decimal | None:
    """The bound in the price's own unit; None when there is none, or it is in another currency."""
    if bound is None or len({bound.currency, currency} - {NO_CURRENCY}) > 1:
        return None
    return Decimal(bound.amount)


def foreign_currency(price: PriceRange | None, items: Sequence[Item]) -> str | None:
    """The shop's currency, when the shopper spoke of another."""
    bound = price and (price.most or price.least)
    if not bound or bound.currency == NO_CURRENCY:
        return None
    theirs = {span[2] for item in items if (span := price_span(item))} - {NO_CURRENCY}
    return min(theirs) if theirs and bound.currency not in theirs else None


def is_below(item: Item, others: Sequence[Item]) -> bool:
    span = price_span(item)
    spans = [other for one in others if (other := price_span(one))]
    return span is not None and all(span[2] == other[2] and span[0] < other[0] for other in spans)


def _is_colour(wished: str, value: str) -> bool:
    """Moss green is green; so is what we know as another word for it."""
    said = set(re.findall(r"[^\W\d_]+", value.casefold().replace("gray", "grey")))
    return (
        wished in value.casefold()
        or set(wished.split()) <= said
        or any(set(wished.split()) <= set(one.split()) for one in wanted(value).colours)
    )


def is_size(wished: str, value: str) -> bool:
    if re.search(rf"(?<![\w.]){re.escape(wished)}(?![\w.]|\s?[-–]\s?[0-9])", value, re.I):
        return True
    for match in _SPAN.finditer(value):
        low, high = match["low"], match["high"]
        if wished in _LETTERS and low in _LETTERS and high in _LETTERS:
            if _LETTERS.index(low) <= _LETTERS.index(wished) <= _LETTERS.index(high):
                return True
        elif all(re.fullmatch(r"[0-9]+(?:\.5)?", one) for one in (wished, low, high)) and (
            Decimal(low) <= Decimal(wished) <= Decimal(high)
        ):
            return True
    return False


def misses_price_by(item: Item, price: PriceRange | None) -> Decimal:
    span = price_span(item)
    if span is None:
        return Decimal("Infinity")
    low, high, currency = span
    if price is None:
        return low
    least, most = (_in(end, currency) for end in (price.least, price.most))
    if most is not None and low > most:
        return low - most
    if least is not None and high < least:
        return least - high
    return Decimal(0)
