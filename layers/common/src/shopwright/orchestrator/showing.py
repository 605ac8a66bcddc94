"""What is told of products: which fit, which is the lighter, what each costs. Changes when it is told otherwise.

Everything is decided and told from one reading of the database (`Item.sheet`), so that no sentence mixes what was true
when products were looked for with what is true now. Prose has no figure of its own: each is a value with its version.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from shopwright.catalog import columns
from shopwright.catalog.facts import AVAILABILITY, OUT, STOCK, Kind, Sheet, Told
from shopwright.grounding.wording import wording
from shopwright.llm import fits, words
from shopwright.llm.fits import Subject
from shopwright.money import NO_CURRENCY, Money
from shopwright.orchestrator import having
from shopwright.orchestrator.having import Thing
from shopwright.orchestrator.wanted import Denied, Measure, PriceRange, Sort, Wanted, more_than, subject_words, wanted
from shopwright.retrieval.search import Passage
from shopwright.signals.predict import Prediction

_WORD = re.compile(r"[^\W_]+")
_PLURAL = re.compile(r"[^\W\d_]{2,}(?<!s)s|mice", re.I)
_SEVERAL = re.compile(r"\b(?:and|or)\b|[&,/]", re.I)
_DESCRIBES = re.compile(r",|\s[-–]\s|\(|\b(?:with|for|of|in|and)\b", re.I)
_LATER = frozenset({"on preorder", "on backorder"})
_FIGURE = re.compile(r"[0-9][0-9,]*(?:\.[0-9]+)?")
_BARE = re.compile(r"(?<![\w.,-])[1-9][0-9]?(?:\.[0-9])?(?![\w.,-])")
_INCH = Decimal("25.4")
_LETTERS = ("XXS", "XS", "S", "M", "L", "XL", "XXL", "XXXL")
_SPAN = re.compile(r"(?<![\w.])(?P<low>X{0,3}[SL]|M|[0-9]{1,3})\s?[-–]\s?(?P<high>X{0,3}[SL]|M|[0-9]{1,3})(?![\w.])")


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


@dataclass(frozen=True, slots=True)
class By:
    """A word that compares: the value that it goes by (empty: no single one), and whether its least or its most.
    `one`: it asks for one product, and not for an order."""

    word: str
    name: str
    most: bool
    one: bool


@dataclass(frozen=True, slots=True)
class Sought:
    """What is looked for: its words in their order, by their meaning and as they were `spelled`; the last of those that
    name it; and what must fit."""

    terms: tuple[str, ...]
    spelled: tuple[str, ...]
    named: Subject
    head: str
    wishes: Wanted
    by: By | None = None
    below: tuple[Item, ...] = ()  # cheaper than each of these
    bought: tuple[str, ...] | None = None  # the most first; None: nobody counts
    counts: bool = False  # how many are left is asked for
    has: tuple[Thing, ...] = ()  # what it must have by its values
    lacks: tuple[Thing, ...] = ()  # what it must not have


@dataclass(frozen=True, slots=True)
class _Held:
    """How much a product weighs, holds, gives ...: the value that says so (empty: its name does), the least and the
    most of it, and what else the value says: "20 cm blade" is the length of a blade."""

    name: str
    low: Decimal
    high: Decimal
    of: frozenset[str] = frozenset()


_Amounts = Sequence[tuple[Measure, Mapping[str, _Held]]]  # by product


def sought(text: str, wishes: Wanted, *, compared_by: By | None) -> Sought:
    """Read the words that are left when those that only ask, and those that fix something, are gone."""
    parts = _tables().describes.split(_tables().by_word.sub(" ", text.casefold()))
    named = [found for part in parts if (found := _terms(part))]
    return Sought(
        terms=tuple(term for found in named for term, _ in found),
        spelled=tuple(dict.fromkeys(word for found in named for _, word in found)),
        named=fits.subject(text),
        head=named[0][-1][0] if named else "",
        wishes=wishes,
        by=compared_by,
    )


def subject(text: str, wishes: Wanted) -> tuple[str, Wanted]:
    """The words for the thing that is looked for, and the wishes without them: in "not dishwasher safe pans" what is
    denied ends with it."""
    rest = subject_words(text)
    denied = wanted(text).denied
    last = denied[-1].what.split() if denied else []
    if len(last) < 2 or not _PLURAL.fullmatch(last[-1]) or has_subject(rest):
        return rest, wishes
    fewer = Denied(" ".join(last[:-1]), denied[-1].as_word)
    kept = tuple(fewer if one == denied[-1] else one for one in wishes.denied)
    return f"{rest} {last[-1]}".strip(), replace(wishes, denied=kept)


def has_subject(text: str) -> bool:
    """Whether the words name a thing of their own."""
    return bool(sought(_tables().by_word.sub(" ", text.casefold()), Wanted(), compared_by=None).terms)


def by_word(text: str) -> By | None:
    """The word of a text that compares."""
    match = _tables().by_word.search(more_than(text).casefold())
    if match is None:
        return None
    word = " ".join(match[0].split())
    name, end, said = _tables().by[word]
    return By(said, name, end == "most", word.endswith("est") or word.startswith(("least", "most")))


def asked_names(text: str) -> tuple[str, ...]:
    """The values that a short question asks for."""
    plain = f" {' '.join(_WORD.findall(text.casefold()))} "
    return tuple(name for name, phrases in _tables().asks.items() if any(f" {phrase} " in plain for phrase in phrases))


def figures() -> Mapping[str, int]:
    return _tables().shown


def is_out(item: Item) -> bool:
    """What is counted decides over what is said."""
    stock, said = item.sheet.get(STOCK), item.sheet.get(AVAILABILITY)
    later = said is not None and said.value in _LATER
    if stock is not None:
        return stock.value == "0" and not later
    return said is not None and said.value == OUT


def found(
    asked: Sought, items: Sequence[Item], *, complete: bool, surely: bool = False, all_told: bool = False
) -> Shown | None:
    """The products that fit what was looked for; the nearest, when none does; None, when nothing of the kind is there.

    A product is of the kind when its name or its category has the word for it, and it holds all other words too.
    `surely`: its name ends with that word, or it is the category's. `all_told`: "the cheapest" is of all of these.
    """
    asked = _understood(asked, items)
    named, beside = _of_kind(asked, items, surely=surely)
    if not named and not beside:
        return None
    beside = _alike(asked.wishes, named, beside)
    kind = (*named, *beside)
    held = [(one, _amounts_held(one, kind)) for one in asked.wishes.measures]
    by = asked.by
    lines: list[Line] = []
    foreign = _foreign(asked.wishes.price, kind)
    if foreign is not None:
        lines.append(Line(wording().shelf["other_currency"].format(currency=foreign)))
    if by is not None and not by.name:
        lines.append(Line(wording().shelf["does_not_say_which"].format(word=by.word)))
    popular = asked.wishes.sort is Sort.POPULAR and asked.bought is not None
    if asked.wishes.sort in (Sort.NEWEST, Sort.RATING, Sort.POPULAR) and not popular:
        lines.append(Line(wording().shelf["does_not_sort"]))
    pool = named if by is not None and by.one and named and not all_told else kind
    judged = {item.product_id: _lacks(item, asked.lacks, kind) for item in pool}
    fits = [item for item in pool if _fits(item, asked, held)]
    fitting = [item for item in fits if judged[item.product_id]]
    unsaid = _in_order(asked, [item for item in fits if judged[item.product_id] is None], named)
    names = _decides(asked)
    if not fitting:
        allowed = [item for item in pool if judged[item.product_id] and not _is_refused(item, asked.wishes)]
        near = _nearest(asked, allowed, held) if not unsaid and not asked.wishes.sold_out else []
        says = "nothing" if complete else "nothing_seen"
        if any(not any(item.product_id in amounts for item in pool) for _, amounts in held):
            says = "unmeasured"
            if not asked.head:
                return None  # of nothing in particular, the nearest is nothing to tell
        lines += [] if unsaid else [Line(wording().shelf[says if near else f"{says}_at_all"])]
        lines += [_line(item, asked) for item in near]
        untold = _unsaid(asked, unsaid, figures()["most"])
        lines += untold
        shown = [*near, *(item for line in untold for item in line.items)]
        return Shown(tuple(lines), tuple(shown), tuple(kind), names, likely=bool(untold), fits=bool(untold))
    if popular and asked.bought is not None:
        told = bought(fitting, asked.bought)
        if told.items:
            return replace(told, looked_at=tuple(kind), names=names)
        lines += told.lines
    ranked = _in_order(asked, fitting, named)
    if by is not None and by.name and by.one:
        best = _best(by, ranked)
        if best:
            sure = complete and all(_end(item, by) is not None for item in ranked)
            says = "superlative_out" if is_out(best[0]) else "superlative" if sure else "superlative_seen"
            lines.append(Line(wording().shelf[says].format(word=by.word)))
            lines += [_line(item, asked) for item in best[: figures()["most"]]]
            return Shown(tuple(lines), tuple(best[: figures()["most"]]), tuple(kind), names)
        lines.append(Line(wording().shelf["does_not_say_which"].format(word=by.word)))
    shown = ranked[: figures()["most"]]
    more = "fit_more" if len(ranked) > len(shown) else "fit" if len(shown) > 1 else "fit_one"
    more = more if complete else {"fit_more": "fit_more_seen"}.get(more, "fit_first")
    fit = wording().shelf["whatever_price" if foreign is not None else more]
    lines.append(Line(fit.format(count=len(ranked), shown=len(shown))))
    lines += [_line(item, asked) for item in shown]
    lines += _perhaps_others(asked, ranked, items)
    untold = _unsaid(asked, unsaid, figures()["most"] - len(shown))
    lines += untold
    shown += [item for line in untold for item in line.items]
    by_flag = any(one.flags for one in asked.has)
    return Shown(tuple(lines), tuple(shown), tuple(kind), names, passing=popular, by_flag=by_flag)


def _perhaps_others(asked: Sought, fitting: Sequence[Item], items: Sequence[Item]) -> list[Line]:
    """Where a word is of somebody's description alone, others of that kind may be so as well, and not say it."""
    told = {item.product_id for item in fitting}
    of_kind = replace(asked, terms=tuple(term for term in asked.terms if term == asked.head), named=fits.subject(""))
    called, _ = _of_kind(of_kind, items, surely=True)
    others = [item for item in called if item.product_id not in told]
    by_value = {term for item in fitting for term in _valued(item)}
    prose = [
        word for word in asked.spelled if words.terms(word) & set(asked.terms) and not words.terms(word) & by_value
    ]
    if not asked.head or not prose or not others:
        return []
    return [Line(wording().shelf["others_unsaid"].format(what=" ".join(prose)))]


def _valued(item: Item) -> frozenset[str]:
    """What a name and the values say."""
    return words.terms(" ".join((item.title, *(f"{name} {fact.value}" for name, fact in item.sheet.items()))))


def _unsaid(asked: Sought, items: Sequence[Item], most: int) -> list[Line]:
    """Those of which nobody says whether they have what is denied."""
    if not items or most <= 0:
        return []
    says = "unsaid_more" if len(items) > most else "unsaid"
    what = ", ".join(one.text for one in asked.lacks)
    first = Line(wording().shelf[says].format(what=what, count=len(items)))
    return [first, *(_line(item, asked) for item in items[:most])]


def compared(
    items: Sequence[Item],
    by: By | None,
    *,
    by_how_much: bool = False,
    several: bool = False,
    groups: Sequence[Sequence[Item]] = (),
) -> Shown:
    """What two or more products have in common and apart, and which of them is the lighter, the cheaper, ... `several`:
    more than were named, since a name is of several: of the `groups`."""
    names = [name for name in _order(items) if len({_value(item, name) for item in items}) > 1]
    names = names[: figures()["facts"]]
    if by is not None and by.name not in ("", "price", *names):
        names.insert(0, by.name)
    lines: list[Line] = []
    if by is not None and by.name:
        said = _overlapping(groups, by) or (_difference(items, by) if by_how_much else None)
        lines.append(said or _verdict(items, by))
    elif by is not None:
        lines.append(Line(wording().shelf["does_not_say_which"].format(word=by.word)))
    lines += [Line(wording().shelf["several_called_so"])] if several else []
    lines += [_told(item, (*_prices(item), *names, *_stock(item, out_only=True))) for item in items]
    decided = frozenset({*names, "price", "sale_price", STOCK, AVAILABILITY, *((by.name,) if by and by.name else ())})
    return Shown(tuple(lines), tuple(items), tuple(items), decided)


def bought(items: Sequence[Item], most_first: Sequence[str]) -> Shown:
    """Those of the products that were bought most, in that order."""
    by_id = {item.product_id: item for item in items}
    told = [by_id[one] for one in most_first if one in by_id][: figures()["most"]]
    says = "bought_most" if told else "none_bought" if most_first else "nothing_bought"
    names = frozenset({"price", "sale_price", STOCK, AVAILABILITY})
    lines = [Line(wording().shelf[says]), *(_told(item, _prices(item)) for item in told)]
    return Shown(tuple(lines), tuple(told), tuple(items), names, passing=True)


def picked(items: Sequence[Item], by: By) -> Shown | None:
    """ "The cheaper one" of some."""
    best = _best(by, items) if by.name else []
    if not best:
        return None
    lines = [_told(item, (*_prices(item), *_named(by.name), *_stock(item, out_only=True))) for item in best]
    return Shown(tuple(lines), tuple(best), tuple(items), frozenset({by.name, "sale_price", STOCK, AVAILABILITY}))


def told(items: Sequence[Item], names: Sequence[str]) -> Shown | None:
    """The values that were asked for, of each of these products; None, when none of them has any."""
    lines: list[Line] = []
    for item in items:
        held = [name for name in _with_sale(names) if _has(item, name)]
        if held:
            lines.append(_told(item, (*held, *_stock(item, out_only=STOCK not in names))))
        else:
            what = wording().shelf["or"].join(name.replace("_", " ") for name in names)
            lines.append(Line(wording().shelf["does_not_say"].format(name=what, title=item.title), (item,)))
    if not any(line.told for line in lines):
        return None
    return Shown(tuple(lines), tuple(items), tuple(items), frozenset({*_with_sale(names), STOCK, AVAILABILITY}))


def meant(name: str, items: Sequence[Item]) -> tuple[Item, ...]:
    """The products that a name may mean: the one that is called so, else all whose names hold it."""
    said = fits.tokens(name)
    whole = [item for item in items if fits.tokens(item.title) == said]
    terms = [term for term, _ in _terms(name)]
    held = [
        item
        for item in items
        if (set(said) <= set(fits.tokens(item.title)))
        or (terms and _numbers(said) <= set(fits.tokens(item.title)) and set(terms) <= words.terms(item.title))
    ]
    return tuple(whole or held)


def apart(meanings: Sequence[Sequence[Item]]) -> list[tuple[Item, ...]]:
    """What each of several names may mean, when one that is another's only meaning is meant by that one; and of
    "Dutch Oven" and "Dutch Oven, Juniper" the one that is called no more than that."""
    sure = [one[0].product_id for one in meanings if len(one) == 1]
    found: list[tuple[Item, ...]] = []
    for one in meanings:
        left = [item for item in one if len(one) == 1 or item.product_id not in sure] or list(one)
        shortest = min(left, key=lambda item: len(fits.tokens(item.title)), default=None)
        is_base = shortest is not None and all(_begins(item.title, shortest.title) for item in left)
        found.append((shortest,) if is_base and shortest is not None else tuple(left))
    return found


def _begins(title: str, with_: str) -> bool:
    said = fits.tokens(with_)
    return fits.tokens(title)[: len(said)] == said


def called_in(text: str, items: Sequence[Item]) -> tuple[Item, ...]:
    """The products whose whole name stands in a text, in whatever language the rest of it is."""
    asked = fits.subject(text)
    return tuple(item for item in items if fits.is_full_name(asked, item.title))


def named_terms(text: str) -> tuple[str, ...]:
    """The words of a text that mean something and do not only ask, by their meaning."""
    return tuple(term for term, _ in _terms(text))


def is_like(item: Item, wishes: Wanted) -> bool:
    """Whether it has the colours and sizes that are wished for."""
    return not _missing(item, wishes)


def is_span(value: str) -> bool:
    """Whether a value is from one size to another."""
    return bool(_SPAN.search(value))


def line_of(item: Item, names: Iterable[str]) -> Line:
    """These values of a product, told."""
    return _told(item, names)


def _numbers(tokens: Iterable[str]) -> set[str]:
    return {token for token in tokens if token[:1].isdigit()}


def _of_kind(asked: Sought, items: Sequence[Item], *, surely: bool) -> tuple[list[Item], list[Item]]:
    """Those that are called so, and those that stand in such a category: a tent repair kit is no tent. Where there are
    neither, those whose name has the word somewhere, or which are made of it."""
    called: list[Item] = []
    beside: list[Item] = []
    somewhere: list[Item] = []
    for item in items:
        title = words.terms(item.title)
        categories = _values_of(item, _tables().is_names)
        # Of "Keyboards and mice" it may be either.
        category = words.terms(" ".join(one for one in categories if not _SEVERAL.search(one)))
        held = title | category | having.terms_of(item.title, item.passage.content, item.sheet)
        if not set(asked.terms) <= held or not _has_names(item, asked.named, held):
            continue
        if not asked.head or asked.head in _called(item.title):
            called.append(item)
        elif asked.head in category:
            beside.append(item)
        elif asked.head in title | words.terms(" ".join(_values_of(item, _tables().made_of))):
            somewhere.append(item)
    return (called, beside) if called or beside or surely else (somewhere, [])


def _values_of(item: Item, names: Iterable[str]) -> list[str]:
    return [item.sheet[name].value for name in names if name in item.sheet]


def _has_names(item: Item, named: Subject, held: frozenset[str]) -> bool:
    """Whether what is written as a name is its own: Halcyon Lite is no Halcyon One."""
    said = frozenset(fits.tokens(" ".join((item.title, *(fact.value for fact in item.sheet.values())))))
    return named.model_numbers <= said and all(
        token in said or (words.terms(token) and words.terms(token) <= held) for token in named.names
    )


def _called(title: str) -> frozenset[str]:
    """What a name says that the thing is: its last word, before what describes it, a size or a set."""
    kind = kind_of(title)
    return words.terms(kind) if kind else frozenset()


def _plain_words(title: str) -> list[str]:
    said = _tables().word.findall(_DESCRIBES.split(title, maxsplit=1)[0])
    return [
        word
        for before, word in zip(["", *said], said, strict=False)
        if len(word) > 1 and not _has_digit(word) and not (_has_digit(before) and word in columns.figures().units)
    ]


def _has_digit(word: str) -> bool:
    return any(map(str.isdigit, word))


def _understood(asked: Sought, items: Sequence[Item]) -> Sought:
    """What is asked for with the words of these products' own values: a thing that each of them has or has not is no
    word to look for, and what is written like a denial may be what a thing is called, such as non-stick."""
    flags = having.flags_of(item.sheet for item in items)
    has: list[Thing] = []
    lacks: list[Thing] = []
    for one in asked.wishes.denied:
        as_word = having.thing(one.as_word, flags, as_word=True) if one.as_word else None
        if as_word is not None and any(_state(item, as_word, items) for item in items):
            has.append(as_word)
        elif (thing := having.thing(one.what, flags)) is not None:
            lacks.append(thing)
    things, rest = having.things_in(asked.terms, flags)
    head = asked.head if asked.head in rest else ""
    return replace(asked, terms=rest, head=head, has=(*has, *things), lacks=tuple(lacks))


def widened(asked: Sought, kind: str) -> Sought:
    """What is cheaper than one certain product is another one of its kind, by whatever name."""
    terms = tuple(sorted(words.terms(kind)))
    return replace(asked, terms=terms, spelled=(kind,), head=terms[-1] if terms else "", named=fits.subject(""))


def has_below(asked: Sought, items: Sequence[Item]) -> bool:
    """Whether one that is looked for is cheaper than those that it is to be cheaper than."""
    kind = _of_kind(_understood(asked, items), items, surely=False)
    return any(_is_below(item, asked.below) for found in kind for item in found)


def kind_of(title: str) -> str:
    """The word of a name that says what the thing is."""
    said = _plain_words(title)
    return said[-1] if said else ""


def _state(item: Item, thing: Thing, others: Sequence[Item]) -> bool | None:
    likes = [(one.title, one.sheet) for one in others]
    return having.has(thing, item.title, item.passage.content, item.sheet, likes)


def _lacks(item: Item, things: Sequence[Thing], others: Sequence[Item]) -> bool | None:
    """Whether it has none of these; None: nobody says."""
    content = item.passage.content
    states = [_state(item, one, others) for one in things]
    if any(
        state is None and having.may_have(one, item.title, content, item.sheet)
        for state, one in zip(states, things, strict=True)
    ):
        return False
    return False if any(states) else None if None in states else True


def _fits(item: Item, asked: Sought, held: _Amounts) -> bool:
    return (
        not _missing(item, asked.wishes)
        and all(_measures(item, one, amounts) for one, amounts in held)
        and all(_state(item, one, (item,)) for one in asked.has)
        and _is_priced(item, asked.wishes.price, wholly=_is_several(item, asked.wishes))
        and (not asked.below or _is_below(item, asked.below))
    )


def _missing(item: Item, wishes: Wanted) -> int:
    """How many of the wishes, beside the price, it does not meet."""
    colour = item.sheet.get("colour")
    said = "" if colour is None else colour.value
    misses = int(wishes.in_stock and is_out(item)) + int(wishes.sold_out and not is_out(item))
    misses += bool(wishes.colours) and not any(_is_colour(one, said) for one in wishes.colours)
    misses += _is_refused(item, wishes)
    return misses + sum(not _has_size(item, one) for one in wishes.sizes)


def _is_refused(item: Item, wishes: Wanted) -> bool:
    """Whether it comes in no colour but those that are refused."""
    said = having.parts(item.sheet["colour"].value) if "colour" in item.sheet else []
    return bool(said) and all(any(_is_colour(one, part) for one in wishes.not_colours) for part in said)


def _has_size(item: Item, wished: str) -> bool:
    figure, _, unit = wished.partition(" ")
    if unit == "inch" and (held := _in_inches(item)) and held.low == Decimal(figure) * _INCH:
        return True
    return any(_is_size(wished, value) for value in (item.title, *_sizes(item).values()))


def _sizes(item: Item) -> dict[str, str]:
    return {name: item.sheet[name].value for name in _SIZES if name in item.sheet}


def _held(item: Item, wished: str) -> _Held | None:
    """The amount by which a bound is kept. Of "40 x 30 cm" and "45 W, 18 W" the most counts; of variants, and of what
    is said of two cases, each."""
    means = _tables().measured[wished]
    for name in means.names:
        span = _amount(item, name)
        if span is not None and span[2] == means.unit:
            return _Held(name, span[0], span[1])
        fact = item.sheet.get(name)
        if fact is not None and fact.kind is Kind.WORDS and (one := _in_words(name, fact.value, means)):
            return one
    return _in_words("", item.title, means) if means.in_name else None


def _in_words(name: str, value: str, means: "_Measured") -> _Held | None:
    amounts: list[Decimal] = []
    rest = value
    for match in _tables().amount.finditer(value):
        factor, unit = _tables().units[match["unit"]]
        if unit == means.unit:
            amounts += [Decimal(one.replace(",", "")) * factor for one in _FIGURE.findall(match["figures"])]
            rest = rest.replace(match[0], " ", 1)
    if not amounts:
        return None
    return _Held(name, max(amounts) if means.most else min(amounts), max(amounts), words.terms(rest))


def _in_inches(item: Item) -> _Held | None:
    """A screen's name says its inches without the word: Clearview 27."""
    bare = [Decimal(one) for one in _BARE.findall(_tables().amount.sub(" ", item.title))]
    return _Held("", bare[0] * _INCH, bare[0] * _INCH) if len(bare) == 1 else None


def _amounts_held(wished: Measure, kind: Sequence[Item]) -> Mapping[str, _Held]:
    """How much of it each of these has, by product: from the values, else, of inches, from the names."""
    held = {item.product_id: one for item in kind if (one := _held(item, wished.name))}
    if not held and wished.unit in ("inch", "inches"):
        held = {item.product_id: one for item in kind if (one := _in_inches(item))}
    return held


def _alike(wishes: Wanted, named: Sequence[Item], beside: Sequence[Item]) -> list[Item]:
    """Those that only stand in the category, if they are measured by what the things that are called so are measured
    by: a footprint sleeps nobody, and shears have no blade of so many centimetres."""
    kept = [] if named and any(one.endswith(" person") for one in wishes.sizes) else list(beside)
    for wished in wishes.measures:
        by = {(one.name, one.of) for item in named if (one := _held(item, wished.name))}
        of_names = {name for name, _ in by}
        exact = wished.name == "length"
        kept = [
            item
            for item in kept
            if not by
            or ((one := _held(item, wished.name)) and ((one.name, one.of) in by if exact else one.name in of_names))
        ]
    return kept


def _measures(item: Item, wished: Measure, held: Mapping[str, _Held]) -> bool:
    """Whether it weighs, or holds, so much; of variants that differ, each of them."""
    one = held.get(item.product_id)
    return one is not None and wished.holds(one.low) and wished.holds(one.high)


def _is_several(item: Item, wishes: Wanted) -> bool:
    """Whether it comes in several of what was wished for: which of them costs how much, its values do not say."""
    said = [item.sheet["colour"].value] if wishes.colours and "colour" in item.sheet else []
    said += _sizes(item).values() if wishes.sizes else []
    return any("," in value for value in said)


_SIZES = ("size", "dimensions", "capacity")


def _is_priced(item: Item, price: PriceRange | None, *, wholly: bool) -> bool:
    """Whether one of its variants costs so much; all of them, where it is not known which one is meant."""
    if price is None:
        return True
    span = _span(item)
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


def _foreign(price: PriceRange | None, items: Sequence[Item]) -> str | None:
    """The shop's currency, when the shopper spoke of another."""
    bound = price and (price.most or price.least)
    if not bound or bound.currency == NO_CURRENCY:
        return None
    theirs = {span[2] for item in items if (span := _span(item))} - {NO_CURRENCY}
    return min(theirs) if theirs and bound.currency not in theirs else None


def _is_below(item: Item, others: Sequence[Item]) -> bool:
    span = _span(item)
    spans = [other for one in others if (other := _span(one))]
    return span is not None and all(span[2] == other[2] and span[0] < other[0] for other in spans)


def _span(item: Item) -> tuple[Decimal, Decimal, str] | None:
    """The lowest and the highest that it costs now. A sale price may be of some of its variants only."""
    price, sale = item.sheet.get("price"), item.sheet.get("sale_price")
    first = price or sale
    if first is None or first.kind is not Kind.MONEY:
        return None
    amounts = _amounts(first)
    if sale is not None and sale is not first and sale.unit == first.unit:
        cheaper = _amounts(sale)
        return min(*amounts, *cheaper), max(amounts) if len(set(amounts)) > 1 else max(cheaper), first.unit
    return min(amounts), max(amounts), first.unit


def _amounts(fact: Told) -> tuple[Decimal, ...]:
    return tuple(Decimal(end) for end in fact.value.split(" to "))


def _is_colour(wished: str, value: str) -> bool:
    """Moss green is green; so is what we know as another word for it."""
    said = set(re.findall(r"[^\W\d_]+", value.casefold().replace("gray", "grey")))
    return (
        wished in value.casefold()
        or set(wished.split()) <= said
        or any(set(wished.split()) <= set(one.split()) for one in wanted(value).colours)
    )


def _is_size(wished: str, value: str) -> bool:
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


def _nearest(asked: Sought, items: Sequence[Item], held: _Amounts) -> list[Item]:
    """Of those that do not fit, the ones that miss least: first what fits but for its price, nearest in price."""
    price = asked.wishes.price

    def misses(item: Item) -> int:
        measures = sum(not _measures(item, one, amounts) for one, amounts in held)
        return measures + _missing(item, asked.wishes) + sum(not _state(item, one, (item,)) for one in asked.has)

    def by_how_much(item: Item) -> tuple[Decimal, ...]:
        return tuple(_short_of(one, amounts.get(item.product_id)) for one, amounts in held)

    nearest = sorted(items, key=lambda item: (misses(item), by_how_much(item), _misses_by(item, price)))
    return nearest[: figures()["near"]]


def _short_of(wished: Measure, held: _Held | None) -> Decimal:
    if held is None:
        return Decimal("Infinity")
    low = Decimal(0) if wished.least is None else max(Decimal(0), wished.least - held.low)
    return max(low, Decimal(0) if wished.most is None else held.high - wished.most)


def _misses_by(item: Item, price: PriceRange | None) -> Decimal:
    span = _span(item)
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


def _in_order(asked: Sought, items: Sequence[Item], named: Sequence[Item]) -> list[Item]:
    """What can be had first, and what is called so before what stands in such a category; then by the wished order,
    or in the order in which they came."""
    called = {item.product_id for item in named}
    ranked = list(items)
    down = asked.wishes.sort is Sort.PRICE_DOWN or (asked.by is not None and asked.by.name == "price" and asked.by.most)
    if down or asked.wishes.sort is Sort.PRICE_UP or (asked.by is not None and asked.by.name == "price"):
        ranked.sort(key=lambda item: _cost(item, down=down))
        return sorted(ranked, key=is_out)
    if asked.by is not None and asked.by.name:
        return [*_by_amount(asked.by, ranked), *(item for item in ranked if _amount(item, asked.by.name) is None)]
    least = next((one for one in asked.wishes.measures if one.name == "persons" and one.least is not None), None)
    sleeps = {} if least is None else _amounts_held(least, ranked)  # what is for fewer is nearer
    if sleeps:
        ranked.sort(key=lambda item: sleeps[item.product_id].low if item.product_id in sleeps else Decimal("Infinity"))
    return sorted(ranked, key=lambda item: (is_out(item), item.product_id not in called))


def _cost(item: Item, *, down: bool) -> tuple[bool, Decimal]:
    span = _span(item)
    if span is None:
        return True, Decimal(0)
    return False, -span[1] if down else span[0]


def _best(by: By, items: Sequence[Item]) -> list[Item]:
    """The one that has the least or the most, and those that have as much; of what costs money, one that can be had."""
    pool = [item for item in items if not is_out(item)] or list(items)
    ordered = _by_amount(by, pool)
    first = _end(ordered[0], by) if ordered else None
    return [item for item in ordered if _end(item, by) == first]


def _by_amount(by: By, items: Sequence[Item]) -> list[Item]:
    with_amount = [item for item in items if _end(item, by) is not None]
    if len({_unit(item, by.name) for item in with_amount}) > 1:
        return []  # nobody compares grams with litres, nor euros with dollars
    return sorted(with_amount, key=lambda item: (-1 if by.most else 1) * (_end(item, by) or Decimal(0)))


def _end(item: Item, by: By) -> Decimal | None:
    span = _amount(item, by.name)
    return None if span is None else span[1] if by.most else span[0]


def _amount(item: Item, name: str) -> tuple[Decimal, Decimal, str] | None:
    if name == "price":
        return _span(item)
    fact = item.sheet.get(name)
    if fact is None or fact.kind is not Kind.QUANTITY or fact.unit not in _tables().units:
        return None
    factor, unit = _tables().units[fact.unit]
    if name == "weight" and unit != _tables().measured[name].unit:
        return None
    amounts = [amount * factor for amount in _amounts(fact)]
    return min(amounts), max(amounts), unit


def _unit(item: Item, name: str) -> str:
    span = _amount(item, name)
    return "" if span is None else span[2]


def _verdict(items: Sequence[Item], by: By) -> Line:
    lacking = [item for item in items if _end(item, by) is None]
    if lacking:
        name = by.name.replace("_", " ")
        return Line(wording().shelf["does_not_say"].format(name=name, title=lacking[0].title), (lacking[0],))
    ordered = _by_amount(by, items)
    if not ordered:
        currencies = tuple(dict.fromkeys(_unit(item, by.name) for item in items))
        if by.name != "price" or NO_CURRENCY in currencies:
            return Line(wording().shelf["does_not_say_which"].format(word=by.word))
        units = wording().shelf["and"].join(currencies)
        return Line(wording().shelf["several_currencies"].format(currencies=units, word=by.word), tuple(items))
    best = [item for item in ordered if _amount(item, by.name) == _amount(ordered[0], by.name)]
    if any(_overlap(ordered[0], other, by) for other in ordered if other not in best):
        return Line(wording().shelf["depends"].format(word=by.word), tuple(items))
    if len(best) > 1:
        titles = wording().shelf["and"].join(item.title for item in best)
        return Line(wording().shelf["same"].format(titles=titles, name=by.name), tuple(best))
    return Line(wording().shelf["verdict"].format(title=best[0].title, word=by.word), (best[0],))


def _overlapping(groups: Sequence[Sequence[Item]], by: By) -> Line | None:
    """Of "the kettles and the pots" neither are the cheaper where some of each are cheaper than some of the others."""
    spans = [[span for item in group if (span := _amount(item, by.name))] for group in groups]
    if len(spans) != 2 or not all(spans) or len({unit for group in spans for _, _, unit in group}) > 1:
        return None
    (low, high), (other_low, other_high) = (
        (min(span[0] for span in group), max(span[1] for span in group)) for group in spans
    )
    if low > other_high or other_low > high:
        return None
    said = wording().shelf["overlap"].format(word=by.word, name=by.name.replace("_", " "))
    return Line(said, tuple(item for group in groups for item in group))


def _difference(items: Sequence[Item], by: By) -> Line | None:
    """By how much one of two is the cheaper, the lighter, ...: computed from the values that are told beside it."""
    spans = [span for item in items if (span := _amount(item, by.name)) and span[0] == span[1]]
    ordered = _by_amount(by, items)
    if len(items) != 2 or len(spans) != 2 or len(ordered) != 2 or spans[0][0] == spans[1][0]:
        return None
    apart, unit = abs(spans[0][0] - spans[1][0]), "" if spans[0][2] == NO_CURRENCY else spans[0][2]
    amount = f"{apart:f} {unit}".strip()
    said = wording().shelf["difference"]
    return Line(
        said.format(title=ordered[0].title, amount=amount, word=by.word, other=ordered[1].title), tuple(ordered)
    )


def _overlap(first: Item, other: Item, by: By) -> bool:
    """Whether some variant of the other beats, or is as good as, some variant of the first."""
    one, two = _amount(first, by.name), _amount(other, by.name)
    if one is None or two is None:
        return False
    return two[1] >= one[0] if by.most else two[0] <= one[1]


def _line(item: Item, asked: Sought) -> Line:
    wishes = asked.wishes
    names = [*_prices(item)]
    several = "colour" in item.sheet and len(having.parts(item.sheet["colour"].value)) > 1
    names += ["colour"] if wishes.colours or wishes.not_colours or (asked.lacks and several) else []
    sizes = _sizes(item) if wishes.sizes else {}
    names += [name for name, value in sizes.items() if any(_is_size(one, value) for one in wishes.sizes)] or [*sizes][
        :1
    ]
    names += [held.name for one in wishes.measures if (held := _held(item, one.name)) and held.name]
    names += _named(asked.by.name) if asked.by else []
    names += [flag for one in (*asked.has, *asked.lacks) for flag in one.flags]
    return _told(item, (*names, *_stock(item, out_only=not (wishes.in_stock or asked.counts))))


def _told(item: Item, names: Iterable[str]) -> Line:
    held = [item.sheet[name] for name in dict.fromkeys(names) if name in item.sheet]
    out = [wording().shelf["sold_out"]] if is_out(item) else []
    told = ", ".join([*(f"{fact.name.replace('_', ' ')} {fact.text}" for fact in held), *out])
    hangs = tuple(item.sheet[name] for name in (STOCK, AVAILABILITY) if name in item.sheet)
    return (
        Line(f"{item.title}: {told}", (item,), tuple(dict.fromkeys((*held, *hangs))))
        if told
        else Line(item.title, (item,), hangs)
    )


def _prices(item: Item) -> tuple[str, ...]:
    return tuple(name for name in ("price", "sale_price") if name in item.sheet)


def _with_sale(names: Sequence[str]) -> tuple[str, ...]:
    return (*names, "sale_price") if "price" in names else tuple(names)


def _named(name: str) -> list[str]:
    return [name] if name and name != "price" else []


def _stock(item: Item, *, out_only: bool) -> tuple[str, ...]:
    return () if out_only else tuple(name for name in (STOCK, AVAILABILITY) if name in item.sheet)


def _has(item: Item, name: str) -> bool:
    return name in item.sheet or (name == STOCK and AVAILABILITY in item.sheet)


def _value(item: Item, name: str) -> str:
    fact = item.sheet.get(name)
    return "" if fact is None else fact.text


def _order(items: Sequence[Item]) -> list[str]:
    tables = _tables()
    held = {name for item in items for name in item.sheet} - tables.never
    return [*(name for name in tables.first if name in held), *sorted(held - set(tables.first))]


def _decides(asked: Sought) -> frozenset[str]:
    wishes = asked.wishes
    names = {"price", "sale_price", STOCK, AVAILABILITY}
    names |= {"colour"} if wishes.colours or wishes.not_colours else set()
    names |= set(_SIZES) if wishes.sizes else set()
    names |= {name for one in wishes.measures for name in _tables().measured[one.name].names}
    names |= {asked.by.name} if asked.by and asked.by.name else set()
    names |= {flag for one in (*asked.has, *asked.lacks) for flag in one.flags}
    names |= having.decides() if asked.has or asked.lacks else set()
    return frozenset(names)


def _terms(text: str) -> list[tuple[str, str]]:
    """The words that mean something, in their order, each beside its meaning, without those that only ask."""
    tables = _tables()
    return [
        (term, word)
        for said in tables.word.findall(text)
        for word in said.split("-")  # dishwasher-safe is dishwasher safe
        if word and said.casefold() not in tables.asking and word.casefold() not in tables.asking
        for term in sorted(words.terms(word))
    ]


@dataclass(frozen=True, slots=True)
class _Measured:
    """By which values a measure is told, in which unit; of several figures, whether the `most` is it."""

    names: tuple[str, ...]
    unit: str
    in_name: bool
    most: bool


@dataclass(frozen=True, slots=True)
class _Tables:
    """What `carry.toml` says, ready to be searched with."""

    shown: Mapping[str, int]
    asking: frozenset[str]
    describes: re.Pattern[str]
    by: Mapping[str, tuple[str, str, str]]
    by_word: re.Pattern[str]
    asks: Mapping[str, Sequence[str]]
    first: tuple[str, ...]
    never: frozenset[str]
    is_names: tuple[str, ...]
    made_of: tuple[str, ...]
    units: Mapping[str, tuple[Decimal, str]]
    word: re.Pattern[str]
    measured: Mapping[str, _Measured]
    amount: re.Pattern[str]  # one or more figures before a unit, in words


@cache
def _tables() -> _Tables:
    said: dict[str, Any] = tomllib.loads(files("shopwright.orchestrator").joinpath("carry.toml").read_text("utf-8"))
    by = {str(word): (name, end, "".join(told) or word) for word, (name, end, *told) in said["by"].items()}
    longest = sorted(by, key=len, reverse=True)
    units = "|".join(re.escape(unit) for unit in sorted(said["units"], key=len, reverse=True))
    figure = r"[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?"
    return _Tables(
        shown=said["shown"],
        asking=frozenset(said["words"]["asks"].split()),
        describes=re.compile(rf"\b(?:{'|'.join(said['words']['describes'])})\b"),
        by=by,
        by_word=re.compile(rf"(?<![\w-])(?:{'|'.join(re.escape(word) for word in longest)})(?![\w-])"),
        asks=said["asks"],
        first=tuple(said["compared"]["first"]),
        never=frozenset(said["compared"]["never"]),
        is_names=tuple(said["is"]["names"]),
        made_of=tuple(said["is"]["made_of"]),
        units={unit: (Decimal(str(factor)), base) for unit, (factor, base) in said["units"].items()},
        word=re.compile(r"[^\W_]+(?:['’.,-][^\W_]+)*"),
        measured={
            name: _Measured(tuple(one["names"]), one["unit"], one.get("in_name", False), one.get("most", False))
            for name, one in said["measured"].items()
        },
        amount=re.compile(
            rf"(?<![\w.,])(?P<figures>{figure}(?:\s?[x×–-]\s?{figure})*)[\s-]?(?P<unit>{units})(?![\w/])"
        ),
    )
