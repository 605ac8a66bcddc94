"""Does a quotation speak of what was asked, or of something like it? Changes when we rule out more, or less.

Similarity finds the nearest thing; these rules say when the nearest thing is another thing. They only ever take away:
a shopper who is told nothing asks the shop, and one who is told the price of another product buys on it.
"""

import re
import tomllib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum
from functools import cache, lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import Any

from shopwright.llm import places, words

_TOKEN = re.compile(r"(?<![\w.,])-(?=[0-9])[0-9]+(?:[.,][0-9]+)*|[0-9]+(?:[.,][0-9]+)+|[^\W_]+")
_AMOUNT = re.compile(
    r"(?:[€$£¥]|\b(?:eur|usd|gbp|chf)\b)\s?[0-9]+(?:[.,][0-9]+)*|"
    r"[0-9]+(?:[.,][0-9]+)*\s?(?:[€$£¥]|(?:eur|usd|gbp|chf|euros?|dollars?|pounds?)\b)",
    re.I,
)
_OF_CHARGE = re.compile(r"(?<=\bfree) of charge\b", re.I)
_QUANTITY = re.compile(
    r"(?P<before>[€$£¥]|\b(?:eur|usd|gbp|chf)\b)?\s?(?<![\w.,])(?P<number>[0-9]+(?:[.,][0-9]+)*)[\s-]?"
    r"(?P<after>[€$£¥%]|[^\W\d_]+)?",
    re.I,
)
_CURRENCIES = frozenset({"eur", "usd", "gbp", "chf", "jpy"})
Quantity = tuple[Decimal, str]  # with its unit; a bare number has none
_ALL_SIDES = 3
_BARE = 4  # words: "shipping Canada?"
ELSEWHERE = "elsewhere"  # wherever the shop is not: "abroad"


class Reach(IntEnum):
    """How far a sentence answers a question about deliveries to a place; the more, the better."""

    NOT = 0  # it is of other places, or of none
    LISTS = 1  # it says where deliveries go, and the place is not among it
    EXCLUDES = 2  # the place is outside what it says
    IMPLIES = 3  # it says what is outside, and the place is not: nothing is said of what holds there
    COVERS = 4  # what it says holds the place
    NAMES = 5


@dataclass(frozen=True, slots=True)
class Subject:
    """What a quotation must hold to be about what was asked."""

    tokens: tuple[str, ...]
    names: frozenset[str]  # as written: what stands with a capital letter, and codes such as 27K
    numbers: frozenset[tuple[str, str]]  # each with the word after it
    model_numbers: frozenset[str]  # those that stand beside a name, or name a thing themselves: gift card 100
    words: frozenset[str]  # what is left when the words that only ask are gone
    qualifiers: frozenset[str]  # of a service: the price of another service is no answer
    places: tuple[str, ...]  # to which it asks about deliveries, each by its own name
    compound: str  # two words that mean something only together


@lru_cache(maxsize=256)
def subject(question: str) -> Subject:
    """Read what a question is about."""
    plain = without_examples(question)
    found = list(_TOKEN.finditer(plain))
    said = tuple(_token(match[0]) for match in found)
    found_compound = _pattern("compound").search(plain)
    names = [_is_name(plain, match) for match in found]
    numbers = {
        (token, said[at + 1] if at + 1 < len(said) else "")
        for at, token in enumerate(said)
        if _is_number(token) and found[at][0] != "one"  # "Can I hire one?" counts nothing
    }
    beside = {
        token
        for at, token in enumerate(said)
        if _is_number(token)
        and (
            any(names[max(at - 1, 0) : at])
            or any(names[at + 1 : at + 2])
            or _names_a_thing(said[at - 1] if at else "", said[at + 1] if at + 1 < len(said) else "")
        )
    }
    return Subject(
        tokens=said,
        names=frozenset(token for token, named in zip(said, names, strict=True) if named and not _is_number(token)),
        numbers=frozenset(numbers),
        model_numbers=frozenset(beside),
        words=frozenset(term for term in words.terms(plain) if not _is_number(term)) - asking(),
        qualifiers=words.terms(plain) & _qualifiers(),
        places=tuple(dict.fromkeys(place for place, _, _ in _destinations(question))),
        compound=found_compound[0].casefold().rstrip("s") if found_compound else "",
    )


def without_examples(question: str) -> str:
    """The question without who asks, and without the sum and the place it gives as its own: the shop's rule names a
    threshold and a list."""
    question = _without_masks(question)
    for _, start, end in reversed(_destinations(question)):
        question = f"{question[:start]} {question[end:]}"
    return _AMOUNT.sub(" ", question)


def hides_its_subject(question: str) -> bool:
    """Is what it asks for behind one of our masks? The nearest thing to "[name]" is a sentence about names."""
    return bool(_pattern("hidden").search(_without_masks(question)))


def _without_masks(question: str) -> str:
    """Without those masks that are about whoever asks."""
    return _pattern("explained").sub(r"\g<what>", _pattern("introduction").sub(" ", question))


def of_limits(question: str) -> str:
    """The question with what something bears called a limit, for that is not what it weighs."""
    return _pattern("borne").sub("limit", question)


def compares(question: str) -> bool:
    """Does it ask for the most, the least or a comparison? A quotation cannot compute one."""
    return bool(_pattern("comparison").search(question))


def asks_stock(question: str) -> bool:
    """Does it ask whether something can be had, or how many there are?"""
    return bool(_pattern("stock").search(question))


def asks_material(question: str) -> bool:
    """Does it ask what something is made of?"""
    return bool(_pattern("material").search(question))


def asks_size(question: str) -> bool:
    """Does it ask how long, or how tall, a thing is?"""
    return bool(_pattern("sized").search(question))


def is_size(question: str, value: str) -> bool:
    """Does a field give such a size? How tall a thing of two figures is, neither of them need say."""
    if not is_of_kind(question, value):
        return False
    return not _pattern("third_side").search(question) or len(_QUANTITY.findall(value)) >= _ALL_SIDES


def cared_for(question: str) -> frozenset[str]:
    """What it asks how to wash, or to store."""
    match = _pattern("of_care").search(question)
    return words.terms(match["thing"]) - asking() if match else frozenset()


def asks_the_same(question: str, heading: str) -> bool:
    """Is a heading the question, but for words such as "a" or "please"?"""
    question, heading = _OF_CHARGE.sub("", question), _OF_CHARGE.sub("", heading)
    asked, headed = tokens(question), tokens(heading)
    if len(headed) < 3:
        return False
    if asked == headed:
        return True
    meant = words.terms(question)
    apart = frozenset(asked) ^ frozenset(headed)
    alike = all(words.terms(token) or token in _harmless() for token in apart)
    return len(meant) > 1 and meant == words.terms(heading) and alike


def is_of_kind(question: str, text: str) -> bool:
    """Is a sentence of the kind that alone can answer: with an hour, for opening hours?"""
    return all(one.text.search(text) for one in _needs() if one.asks.search(question))


def is_surely_of_kind(question: str, text: str) -> bool:
    """Is a sentence of a kind that answers such a question whatever its other words are?"""
    return any(one.text.search(text) for one in _needs() if one.sure and one.asks.search(question))


def asks_of_what_is_not(question: str) -> bool:
    """Does it ask what is left out?"""
    return bool(_pattern("not").search(question))


def asks_from_which_sum(question: str) -> bool:
    """Does it ask whether an order of some sum is delivered free, or of which? Of a special service it does not."""
    asked = words.terms(question)
    business = asked & trade() <= words.terms("deliver free price pay")
    return business and not asked & _qualifiers() and bool(_pattern("threshold").search(question))


def asks_of_goods(question: str) -> bool:
    """Does it ask of something that is sold whether it can be sent back, or is guaranteed?"""
    return bool(_pattern("of_goods").search(question))


def says_not(text: str) -> bool:
    """Does a sentence leave something out?"""
    return bool(_pattern("says_not").search(text))


def limits(text: str) -> bool:
    """Does a sentence leave out all but what it names?"""
    return bool(_pattern("limits").search(text))


def catches_all(text: str) -> bool:
    """Is a sentence of everything, or of everything else?"""
    return bool(_pattern("catch_all").search(text) or _pattern("catch_one").search(text))


def is_of_others(text: str) -> bool:
    """Is a sentence of everything else alone, and of nothing that is named before it?"""
    return bool(_pattern("catch_all").search(text))


def quantities(text: str) -> frozenset[Quantity]:
    """The figures of a text, each with its unit: 100 EUR, 5 kg, 8 %."""
    return frozenset(
        (_decimal(match["number"]), _unit(match["before"] or match["after"] or ""))
        for match in _QUANTITY.finditer(text)
    )


def is_comparable(one: Quantity, asked: frozenset[Quantity], label: str, *, bare: bool) -> bool:
    """Is a figure of a column of the kind of one that is asked for? Two sums are, in whatever currency; a `bare` number
    is, and so is one whose unit the column's label gives."""
    kinds = {kind for _, kind in asked}
    if not one[1]:
        return bool(asked) and (bare or bool(kinds & {_unit(token) for token in tokens(label)}))
    return bool({one[1], ""} & kinds) or bool(one[1] in _CURRENCIES and kinds & _CURRENCIES)


def is_among(one: Quantity, asked: frozenset[Quantity]) -> bool:
    """Is it one of these figures? A number without a unit is of any."""
    return any(number == one[0] and (kind == one[1] or not kind or not one[1]) for number, kind in asked)


def reach(place: str, text: str, title: str = "") -> Reach:
    """How a sentence below this title answers a question about deliveries to a place."""
    if not any(map(_pattern("sends").search, (text, title))):
        return Reach.NOT
    if place == ELSEWHERE:
        named = bool(_pattern("elsewhere").search(text))
        return Reach.NAMES if named else Reach.LISTS if _lists(text) else Reach.NOT
    told = places.named(text)
    outside = [one.place for one in told if _pattern("beyond").search(text[: one.start])]
    inside = [one.place for one in told if one.place not in outside]
    by_title = not told and place in (one.place for one in places.named(title))
    if place in inside or by_title or (places.own_name(place) is None and _folded(place) in _folded(f"{title} {text}")):
        return Reach.NAMES
    if places.within(place).intersection(inside):
        return Reach.COVERS
    if places.within(place).intersection(outside):
        return Reach.IMPLIES
    if outside or (not told and _pattern("elsewhere").search(text)):
        # Where nobody knows where it lies, the shopper judges.
        return Reach.EXCLUDES if places.own_name(place) else Reach.LISTS
    return Reach.LISTS if _lists(text) else Reach.NOT


def names_a_place(text: str) -> bool:
    """Is a sentence of some places, or of all that are far?"""
    return bool(places.named(text) or _pattern("elsewhere").search(text))


def names_a_sum(text: str) -> bool:
    """Does a sentence hold an amount of money?"""
    return bool(_AMOUNT.search(text))


def adds_to_another(text: str) -> bool:
    """Does a sentence say how much longer or dearer something is, and so half of what holds?"""
    return bool(_pattern("on_top").search(text))


def _lists(text: str) -> bool:
    """Does a sentence tell all the places that deliveries go to?"""
    return bool(_pattern("destination").search(text) and _pattern("everywhere").search(text))


def tokens(text: str) -> tuple[str, ...]:
    """The words and numbers of a text as they are written, number words as numbers."""
    return tuple(_token(match[0]) for match in _TOKEN.finditer(text))


def is_record_of(asked: Subject, name: str, values: Iterable[str], labels: Iterable[str]) -> bool:
    """May a product's record answer? Its name must be asked for, and nothing that it does not have.

    Its description is no evidence: what that mentions is often another product.
    """
    values = tuple(values)
    called = tokens(name)
    held = frozenset(called).union(*(tokens(value) for value in values))
    pairs = {pair for value in values for pair in zip(tokens(value), [*tokens(value)[1:], ""], strict=True)}
    said = words.terms(" ".join((name, *values, *labels)))
    return (
        bool(
            (words.terms(name) - trade()) & (asked.words | words.terms(" ".join(asked.names)))
            or is_full_name(asked, name)
        )
        and all(number in called or (number, unit) in pairs for number, unit in asked.numbers)
        and all(token in held or (words.terms(token) and words.terms(token) <= said) for token in asked.names)
        and asked.words <= said
    )


def is_full_name(asked: Subject, name: str) -> bool:
    """Is it in the question, whole and in order?"""
    called = tokens(name)
    return bool(called) and any(
        asked.tokens[at : at + len(called)] == called for at in range(len(asked.tokens) - len(called) + 1)
    )


def is_said_of(
    asked: Subject,
    text: str,
    said: frozenset[str],
    above: frozenset[str],
    before: frozenset[str],
    figures: Collection[str],
    heading: str = "",
) -> bool:
    """May a sentence answer, with the titles above it? Not when it is of another subject, name or service.

    What the sentence `before` it holds need not be said again, nor "cost" beside a price.
    """
    held = said | above
    if said & trade() or not leans(text):  # it says itself what it is about
        before -= trade()
    if not asked.qualifiers <= held:
        return False
    written = frozenset(tokens(text))
    if not all(token in written or (words.terms(token) and words.terms(token) <= held) for token in asked.names):
        return False
    if not asked.model_numbers <= written:
        return False
    if asked.compound and asked.compound not in f"{text} {heading}".casefold():
        return False
    if "power" in figures and not words.has_figure("power", text):
        return False
    told = frozenset[str]().union(*(words.figure_terms(kind) for kind in figures if words.has_figure(kind, text)))
    missing = asked.words - held - before - told
    if words.has_figure("money", text):  # what something costs says whether it is free
        missing -= words.terms("free")
    for one in _opposites():
        if said & one.told:
            missing -= one.asked
    if missing & trade():
        return False
    missing -= _modifiers(asked, held)
    return (
        not missing
        or bool(_pattern("catch_all").search(text))
        or (len(missing) == 1 and bool(said & asked.words) and (catches_all(text) or _is_of_faulty(asked, said)))
    )


def _is_of_faulty(asked: Subject, said: frozenset[str]) -> bool:
    """Is it of the fee on whatever does not work?"""
    return (
        bool({"fee", "fees"} & {*asked.tokens})
        and words.terms("faulty item fee") <= said
        and (words.terms("faulty") <= asked.words)
    )


def _destinations(question: str) -> list[tuple[str, int, int]]:
    """The places to which a question asks about deliveries, each by its own name and with where it stands."""
    if not _pattern("sends").search(question) or "return" in words.terms(question):
        return []
    if far := _pattern("elsewhere").search(question):
        past = [one.end for one in places.named(question, anyhow=True) if far.end() <= one.start <= far.end() + 5]
        return [(ELSEWHERE, far.start(), max([far.end(), *past]))]
    found: list[tuple[str, int, int]] = []
    for one in places.named(question, anyhow=True):
        before = question[: one.start]
        goes_on = found and _pattern("also_to").search(before)
        to = _pattern("towards").search(before) or _pattern("whether").match(before)
        if goes_on or to or len(question.split()) <= _BARE:
            found.append((one.place, one.start, one.end))
    unknown = None if found else _pattern("place").search(question)
    return [(unknown["name"].strip(), *unknown.span("name"))] if unknown else found


def _folded(text: str) -> str:
    return f" {' '.join(tokens(text))} "


def _modifiers(asked: Subject, held: frozenset[str]) -> frozenset[str]:
    """A climbing rope is a rope; but of "is the coating safe?" the last word is no thing."""
    of_state = asked.tokens[:1] in (("is",), ("are",))
    said = asked.tokens[:-1] if of_state else asked.tokens
    return frozenset[str]().union(
        *(
            words.terms(one)
            for one, after in pairwise(said)
            if one.endswith("ing") and words.terms(after) and words.terms(after) <= held
        )
    )


def completes(text: str) -> bool:
    """Does a sentence say what holds where the one before it does not?"""
    return bool(_pattern("completing").match(text))


def alien_qualifiers(asked: Subject, said: frozenset[str]) -> bool:
    """Does a sentence speak of a special service that nobody asked for?"""
    return bool((said & _qualifiers()) - asked.qualifiers)


def leans(text: str) -> bool:
    """Does a sentence need the one before it to be understood?"""
    return bool(_pattern("leaning").match(text))


def _token(written: str) -> str:
    plain = written.casefold()
    return _numbers().get(plain, plain)


def _decimal(written: str) -> Decimal:
    """1,250.50 and 1.250,50 are the same; so are 1,250 and 1250."""
    marks = [mark for mark in written if mark in ".,"]
    if len(set(marks)) == 2:
        plain = written.replace(marks[0], "").replace(marks[-1], ".")
    elif len(marks) > 1 or re.fullmatch(r"[0-9]{1,3},[0-9]{3}", written):
        plain = written.replace(marks[0], "")
    else:
        plain = written.replace(",", ".")
    return Decimal(plain).normalize()


def _unit(written: str) -> str:
    plain = written.casefold()
    return _units().get(plain) or plain.removesuffix("s")


def _is_number(token: str) -> bool:
    return token.lstrip("-")[:1].isdigit()


def _names_a_thing(before: str, after: str) -> bool:
    """Is a number between these two a name, as in gift card 100? Not where it limits, or counts what follows."""
    said, counted = words.terms(before), words.terms(after)
    return (
        bool(said)
        and not said & (asking() | trade() | _bounds())
        and not _is_number(before)
        and not counted - asking() - trade()
    )


def _is_name(text: str, match: re.Match[str]) -> bool:
    before = text[: match.start()].rstrip()
    begins = not before or before[-1] in ".!?:"
    return match[0][0].isupper() and match[0] != "I" and not begins and before[-1:] not in ("'", "’")


@dataclass(frozen=True, slots=True)
class _Opposites:
    """A sentence that tells one of these answers whoever asks for the other."""

    asked: frozenset[str]
    told: frozenset[str]


@cache
def _opposites() -> tuple[_Opposites, ...]:
    return tuple(_Opposites(words.terms(one["asked"]), words.terms(one["told"])) for one in _table()["opposites"])


@dataclass(frozen=True, slots=True)
class _Need:
    """Of what kind a sentence must be; a `sure` one answers whatever else it says."""

    asks: re.Pattern[str]
    text: re.Pattern[str]
    sure: bool


@cache
def _needs() -> tuple[_Need, ...]:
    flags = re.I | re.X
    return tuple(
        _Need(
            re.compile(_spelled(one["asks"]), flags), re.compile(_spelled(one["text"]), flags), one.get("sure", False)
        )
        for one in _table()["needs"]
    )


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads(files("shopwright.llm").joinpath("fits.toml").read_text("utf-8"))
    return table


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(_spelled(_table()[name]), re.X if name == "place" else re.I | re.X)


def _spelled(pattern: str) -> str:
    """With the patterns that it names in capitals."""
    for word in ("hidden", "sized", "time"):
        pattern = pattern.replace(word.upper(), f"(?:{_table()[word]})")
    return pattern.replace("SUM", f"(?:{_AMOUNT.pattern})".replace(" ", r"\ "))


@cache
def asking() -> frozenset[str]:
    """Words that ask and name no subject."""
    return words.terms(_table()["asking"]) | words.terms(_table()["numbers"])  # numbers are held to account apart


@cache
def states() -> frozenset[str]:
    """In what state a thing is: no thing by itself."""
    return frozenset(term for one in _opposites() for term in one.asked)


@cache
def own() -> frozenset[str]:
    """Of what shops do, what a sentence has to say by itself below a title that is of two things."""
    return words.terms(_table()["own"])


@cache
def trade() -> frozenset[str]:
    """What shops do, each as the stem of its meaning."""
    return words.terms(_table()["trade"])


@cache
def _harmless() -> frozenset[str]:
    return frozenset(_table()["harmless"].split())


@cache
def _units() -> dict[str, str]:
    return {word: line.split()[0] for line in _table()["units"].strip().splitlines() for word in line.split()}


@cache
def _bounds() -> frozenset[str]:
    return words.terms(_table()["bounds"])


@cache
def _qualifiers() -> frozenset[str]:
    return words.terms(_table()["qualifiers"])


@cache
def _numbers() -> dict[str, str]:
    spelled: Sequence[str] = _table()["numbers"].split()
    return {word: str(number) for number, word in enumerate(spelled, start=1)}
