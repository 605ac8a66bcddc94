"""What a product's own record says of a thing that is asked about it: changes when that sentence is found otherwise.

"Does it have noise cancelling?" is answered by the sentence of its description that speaks of that, whole, so that no
"without" is lost. Nothing is concluded from it: no yes, and no no. What the record does not say in the question's own
words, or in those that mean no other thing, it does not say.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from shopwright.llm import fits, words
from shopwright.llm.units import NAMED, Unit, name, sentences

_TOKEN = re.compile(r"[0-9]+(?:[.,][0-9]+)*\s?(?:°\s?[CF]\b|%)|[0-9]+(?:[.,][0-9]+)*(?![^\W_])|[^\W_]+(?:['’][^\W_]+)*")
# A question that goes on about something is told with its name behind it: "Does it float? (Boulder)".
_NAMED = re.compile(r"^(?P<asked>.+?)\W*\((?P<name>[^()]+)\)\W*$", re.S)
_PRONOUN = re.compile(r"\b(?:this one|that one|its|it|they|them|their|these|those)\b", re.I)
GAP = re.compile(r"[\s-]*")  # between two words of one name
_CAPITAL = re.compile(r"(?<=[a-z0-9,] )[A-Z]\w+")
UNTOLD = frozenset({"sku", "id", "stock", "ean", "gtin", "url", "image", "image_url", "currency", "price", "category"})
PROSE = frozenset({"description", "details", "text", "summary"})
_FLAG = frozenset({"yes", "no", "true", "false"})


@dataclass(frozen=True, slots=True)
class Description:
    """A sentence of a product's description, or one of its fields. `by_name`: the question names its range."""

    unit: Unit
    sentence: str
    field: tuple[str, str]
    by_name: bool


def asks(question: str) -> bool:
    """Does it ask whether something is so?"""
    question = with_name(question)
    return bool(_pattern("asks").match(question)) and not fits.asks_stock(question)


def goes_on(question: str) -> bool:
    """Does it ask so of what was spoken of before?"""
    return bool(_NAMED.match(question)) and asks(question)


def hangs_on_nothing(question: str) -> bool:
    """Does it ask whether "it" is so, where nobody knows what that is?"""
    return bool(_pattern("of_pronoun").match(question)) and not _NAMED.match(question) and not fits.asks_stock(question)


def asks_of_parts(question: str) -> bool:
    """Does it ask what comes with something? That a record has a field of that name does not tell."""
    return asks(question) and bool(_pattern("parts").search(question))


def names_one(question: str, units: Sequence[Unit]) -> bool:
    """Does it name a product, or a range?"""
    return any(one.by_name for one in _meant(with_name(question), units))


def with_name(question: str) -> str:
    match = _NAMED.match(question)
    return _PRONOUN.sub(match["name"], match["asked"], count=1) if match else question


def tells_of_parts(text: str) -> bool:
    """Does a sentence say that something comes with another thing, or what it costs beside?"""
    return bool(_pattern("tells_parts").search(text))


def told(question: str, units: Sequence[Unit], most: int) -> list[Description]:
    """What the records of the products that the question means say of what it asks; none where none does."""
    question = with_name(question)
    found = [one for meant in _meant(question, units) if (one := _said_of(meant, question)) is not None]
    firsts = {one.sentence or one.field[1]: one for one in reversed(found)}
    found.sort(key=lambda one: one is not firsts[one.sentence or one.field[1]])  # what differs is not left out
    return found[:most] if len(firsts) <= most else []


def of_its_kind(question: str, units: Sequence[Unit]) -> list[Unit]:
    """What a page says of all things of the kind of the one product that is meant: "Every tent comes with pegs"."""
    meant = _meant(with_name(question), units)
    rests = {one.rest for one in meant}
    if len(rests) != 1 or meant[0].rest & fits.trade():
        return []
    rest = meant[0].rest
    of_kind = frozenset[str]().union(*(kinds(one.unit) | one.called for one in meant)) - rest
    return [
        unit
        for unit in units
        if not name(unit) and not unit.row and not _CAPITAL.search(unit.text) and _is_of_every(unit, of_kind, rest)
    ][:1]


def _is_of_every(unit: Unit, of_kind: frozenset[str], rest: frozenset[str]) -> bool:
    """Does a sentence say of all such things what is asked, and not of something else beside them?"""
    clauses = _pattern("clauses").split(unit.text)
    return any(_kinds_said(clause) & of_kind and rest <= keys(clause) | (unit.above - unit.said) for clause in clauses)


@dataclass(frozen=True, slots=True)
class _Meant:
    """A product that a question means, and the words of the question that are left beside its name."""

    unit: Unit
    rest: frozenset[str]
    left: str
    by_name: bool
    called: frozenset[str]  # by the question, but for the name of its range


@dataclass(frozen=True, slots=True)
class _Run:
    unit: Unit
    start: int
    end: int
    by_name: bool
    whole: bool  # it is all of the product's name


def _meant(question: str, units: Sequence[Unit]) -> list[_Meant]:
    match = _pattern("asks").match(question)
    if match is None or fits.asks_stock(question):
        return []
    said = list(tokens(question, match.end()))
    runs = [run for unit in units if name(unit) and (run := _run(unit, question, said)) is not None]
    if not runs:
        return []
    first = min((run.start for run in runs), default=0)
    is_subject = not any(is_content(token) for token, _, _ in said[:first])
    runs = [run for run in runs if run.start == first] if is_subject else runs
    runs = [run for run in runs if run.whole] or runs
    longest = max(run.end - run.start for run in runs)
    return [
        _Meant(run.unit, rest, left, run.by_name, _called(run, said))
        for run in runs
        if run.end - run.start == longest
        for left in [_without(question, match.end(), said, run)]
        if (rest := _rest(left))
    ]


def _run(unit: Unit, question: str, said: Sequence[tuple[str, int, int]]) -> _Run | None:
    """The longest part of the question that is nothing but words of a product's name. Of "is it wireless?" the last is
    what is asked, also where the name says it."""
    called = [key(token) for token, _, _ in tokens(name(unit), 0)]
    kind = kind_of(unit)
    names = {one for one in called if one not in kind and not one[:1].isdigit() and len(one) > 1 and words.terms(one)}
    best: _Run | None = None
    at = 0
    while at < len(said):
        end = at
        while (
            end < len(said)
            and key(said[end][0]) in {*called, *kind}
            and (end == at or GAP.fullmatch(question[said[end - 1][2] : said[end][1]]))
        ):
            end += 1
        of_state = end == len(said) and end - at > 1 and not any(is_content(token) for token, _, _ in said[:at])
        end -= of_state and bool(_pattern("of_state").match(question))
        held = [key(token) for token, _, _ in said[at:end]]
        before = question[: said[at][1]]
        is_thing = not any(is_content(token) for token, _, _ in said[:at]) or _pattern("of_thing").search(before)
        if is_thing and names.intersection(held) and (best is None or end - at > best.end - best.start):
            best = _Run(unit, at, end, called[0] in held, set(called) <= {*held})
        at = max(end, at + 1)
    return best


def _called(run: _Run, said: Sequence[tuple[str, int, int]]) -> frozenset[str]:
    held = frozenset(key(token) for token, _, _ in said[run.start : run.end])
    return held - {key(next(tokens(name(run.unit), 0))[0])}


def _without(question: str, begin: int, said: Sequence[tuple[str, int, int]], run: _Run) -> str:
    """The question without the product's name."""
    return f"{question[begin : said[run.start][1]]} {question[said[run.end - 1][2] :]}"


def _rest(left: str) -> frozenset[str]:
    plain = _pattern("plain").sub(" ", left)
    found = frozenset(key(token) for token, _, _ in tokens(plain, 0) if is_content(token))
    return found if any(not one.isdigit() for one in found) else frozenset()


def _said_of(meant: _Meant, question: str) -> Description | None:
    """The sentence that speaks of all that is asked, or the field that does."""
    unit = meant.unit
    nothing = ("", "")
    prose = [value for label, value in unit.fields if label.casefold() in PROSE]
    for value in prose:
        for sentence in sentences(value):
            gives = not asks_of_parts(question) or _gives(sentence, meant.rest)
            if gives and _speaks(sentence, meant.left, meant.rest):
                return Description(unit, sentence, nothing, meant.by_name)
    fields = [
        (label, value)
        for label, value in unit.fields
        if label.casefold() not in {*UNTOLD, *PROSE, *NAMED} and value.strip()
    ]
    for label, value in fields:
        of_value = keys(value)
        holds = _holds(f"{label.replace('_', ' ')} {value}", meant.left, meant.rest)
        if holds and (value.casefold() in _FLAG or of_value & meant.rest or not asks_of_parts(question)):
            return Description(unit, "", (label, value), meant.by_name)
    for one in _table()["fields"]:
        if re.search(one["asks"], question, re.I):
            labels = frozenset(one["labels"].split())
            of_it = [field for field in fields if field[0].casefold() in labels]
            if of_it:
                return Description(unit, "", of_it[0], meant.by_name)
    if prose and _with_it(name(unit), meant.rest):
        return Description(unit, next(sentences(prose[0])), nothing, meant.by_name)
    return None


def _with_it(called: str, rest: frozenset[str]) -> bool:
    """ "Pan with Lid" has a lid."""
    _, said, after = called.partition(" with ")
    return bool(said) and rest <= keys(after)


def _holds(text: str, left: str, rest: frozenset[str]) -> bool:
    missing = rest - keys(text)
    for one in _kin():
        if missing and (asked := one.asks.search(left)) and one.told.search(text):
            missing -= keys(asked[0])
    return not missing


def _speaks(sentence: str, left: str, rest: frozenset[str]) -> bool:
    """Does a sentence speak of it? "An oven glove" is no oven."""
    if not _holds(sentence, left, rest):
        return False
    said = list(tokens(sentence, 0))
    for one in rest & keys(sentence):
        at = [number for number, (token, _, _) in enumerate(said) if key(token) == one]
        if not any(_stands_alone(sentence, said, number, rest) for number in at):
            return False
    return True


def _gives(sentence: str, rest: frozenset[str]) -> bool:
    """Is it said to be there, or not to be? "Holds six knives" gives none, and "clips for a headlamp" no headlamp."""
    found = [start for token, start, _ in tokens(sentence, 0) if key(token) in rest]
    return any(_pattern("gives").search(sentence[:start]) for start in found)


def _stands_alone(sentence: str, said: Sequence[tuple[str, int, int]], at: int, rest: frozenset[str]) -> bool:
    """Is a word more than the first half of another thing's name?"""
    token, _, end = said[at]
    if at + 1 == len(said) or token[-1:] == "s" or token.endswith(("ed", "ly")):
        return True
    after, start, _ = said[at + 1]
    joined = sentence[end:start].strip(" -") == ""
    return not joined or not _is_word(after) or after.endswith(("s", "ed")) or key(after) in rest


def _is_word(token: str) -> bool:
    return bool(words.terms(token)) and not token[:1].isdigit() and token.casefold() not in _little()


def is_content(token: str) -> bool:
    return bool(found := words.terms(token)) and not (found <= _asking()) and token.casefold() not in _little()


def kinds(unit: Unit) -> frozenset[str]:
    """What a product is: what its category is called, where its name says so as well, and its name's last word."""
    called = [key(token) for token, _, _ in tokens(name(unit).partition(",")[0], 0)]
    last = next((one for one in reversed(called) if one.isalpha() and len(one) > 2), "")
    return frozenset({last, *(kind_of(unit) & {*called})}) - {""}


def _kinds_said(text: str) -> frozenset[str]:
    """Of what a sentence speaks as of every one: "all our tents and jackets"."""
    return frozenset(key(token) for match in _pattern("every").finditer(text) for token in match["kinds"].split())


def kind_of(unit: Unit) -> frozenset[str]:
    category = next((value for label, value in unit.fields if label.casefold() == "category"), "")
    return keys(category)


def tokens(text: str, begin: int) -> Iterator[tuple[str, int, int]]:
    return ((match[0], match.start(), match.end()) for match in _TOKEN.finditer(text, begin))


def keys(text: str) -> frozenset[str]:
    return frozenset(key(token) for token, _, _ in tokens(text, 0))


def key(token: str) -> str:
    """A word as the stem of its meaning; one that means nothing by itself, as it is: a name may be of such."""
    marked = unicodedata.normalize("NFD", token.casefold())
    token = "".join(one for one in marked if not unicodedata.combining(one))
    plain = re.sub(r"\s", "", token)
    return plain if plain[-1] in "%cf" and plain[:1].isdigit() else next(iter(words.terms(token)), plain)


@dataclass(frozen=True, slots=True)
class _Kin:
    """Words by which a thing is asked for, and others by which a record tells of it."""

    asks: re.Pattern[str]
    told: re.Pattern[str]


@cache
def _table() -> Mapping[str, Any]:
    table: dict[str, Any] = tomllib.loads(files("shopwright.llm").joinpath("described.toml").read_text("utf-8"))
    return table


@cache
def _kin() -> tuple[_Kin, ...]:
    return tuple(_Kin(re.compile(one["asks"], re.I), re.compile(one["told"], re.I)) for one in _table()["kin"])


@cache
def _pattern(which: str) -> re.Pattern[str]:
    return re.compile(_table()[which], re.I | re.X)


@cache
def _asking() -> frozenset[str]:
    return (fits.asking() | words.terms(_table()["asking"])) - words.terms(_table()["telling"])


@cache
def _little() -> frozenset[str]:
    return frozenset(_table()["little"].split())
