"""What the words of a question look for: changes when we read more of what names, asks or compares."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from shopwright.catalog import columns
from shopwright.llm import fits, words
from shopwright.llm.fits import Subject
from shopwright.orchestrator.comparison import more_than
from shopwright.orchestrator.denied import Denied
from shopwright.orchestrator.having import Thing
from shopwright.orchestrator.item import Item
from shopwright.orchestrator.vocabulary import any_of, count_of, said, small_numbers
from shopwright.orchestrator.wanted import Wanted, subject_words, wanted

WORD = re.compile(r"[^\W_]+(?:['’.,-][^\W_]+)*")
_WORD = re.compile(r"[^\W_]+")
_MEASURE = re.compile(r"(?<![\w.,])([0-9]+(?:[.,][0-9]+)?)([^\W\d_]{1,3})(?![\w-])")
_GOOD = frozenset({"best", "better"})
_ALONE = frozenset({"most", "least", "maximum", "minimum", "best"})
_FOR = re.compile(r"\bfor\s+(.+)", re.I)
_PLURAL = re.compile(r"[^\W\d_]{2,}(?<!s)s|mice", re.I)


@dataclass(frozen=True, slots=True)
class By:
    """A word that compares: the value that it goes by (empty: no single one), and whether its least or its most.
    `one`: it asks for one product, and not for an order."""

    word: str
    name: str
    most: bool
    one: bool
    ways: tuple[tuple[str, bool], ...] = ()  # without a name: each value that it may go by, and which end of it
    of: str = ""  # the value, as the words call it


@dataclass(frozen=True, slots=True)
class Counted:
    """How many of something it is to have, "two ports"; not `exact`: more than that, or at most."""

    number: int
    what: str
    exact: bool


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
    use: frozenset[str] = frozenset()  # the words for what it is for: "laptop" of "laptop chargers"
    below: tuple[Item, ...] = ()  # cheaper than each of these
    bought: tuple[str, ...] | None = None  # the most first; None: nobody counts
    asks: str = ""  # the question's own words
    counts: bool = False  # how many are left is asked for
    counted: Counted | None = None
    beyond: int = 0  # so many more cost as much, and were not looked at
    has: tuple[Thing, ...] = ()  # what it must have by its values
    lacks: tuple[Thing, ...] = ()  # what it must not have


def sought(text: str, wishes: Wanted, *, compared_by: By | None) -> Sought:
    """Read the words that are left when those that only ask, and those that fix something, are gone."""
    counted, text = _counted(spaced(text))
    parts = _tables().describes.split(_tables().by_word.sub(" ", text.casefold()))
    named = [found for part in parts if (found := spelled_terms(part))]
    return Sought(
        terms=tuple(term for found in named for term, _ in found),
        spelled=tuple(dict.fromkeys(word for found in named for _, word in found)),
        named=fits.subject(text),
        head=named[0][-1][0] if named else "",
        wishes=wishes,
        by=compared_by,
        counted=counted,
        use=frozenset(term for term, _ in [*(named[0][:-1] if named else []), *spelled_terms(_used_for(text))]),
    )


def _counted(text: str) -> tuple[Counted | None, str]:
    """How many of something it is to have, and the text without the number."""
    match = _tables().counted.search(text)
    if match is None or not named_terms(match["what"]):
        return None, text
    counted = Counted(count_of(match["count"]), match["what"], exact=not (match["bound"] or match["more"]))
    return counted, f"{text[: match.end('has')]} {text[match.start('what') :]}"


def _used_for(text: str) -> str:
    return " ".join(_FOR.findall(text))


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
    spelled = more_than(fits.of_limits(text))
    match = _tables().by_word.search(spelled.casefold())
    if match is None:
        return None
    word = " ".join(match[0].split())
    one = (
        word.endswith("est")
        or word.startswith(("least", "most", "highest", "lowest"))
        or word.endswith(("longest", " most", " least"))
    )
    called, end = " ".join((match["of"] or "").split()), match["end"] or ""
    if called and not (end in _GOOD and called in ("price", "weight")):
        most, one = end in _tables().most, end.endswith("est") or end in _ALONE
        as_said = spelled[slice(*match.span())] if len(spelled) == len(spelled.casefold()) else word
        named = as_said[-len(called) :] if as_said.casefold().endswith(called) else called
        told = f"{end} {named}"  # "R-value" as it was spelled
        return By(told, "", most, one, tuple((way, most) for way in _tables().called.get(called, (called,))), named)
    if word in _tables().any:
        ways = _tables().any[word]
        return By(_tables().told_as.get(word, word), "", ways[0][1], one, ways)
    name, end, said = _tables().by[word if word in _tables().by else end]
    return By(said, name, end == "most", one)


def also_called(spelled: str) -> tuple[str, ...]:
    """The same words, with another word for the thing in the place of one of them."""
    said_words = spelled.split()
    return tuple(
        " ".join([*said_words[:at], other, *said_words[at + 1 :]])
        for at, word in enumerate(said_words)
        for alike in _tables().alike
        if any(words.terms(word) == words.terms(one) or word.casefold() == one for one in alike)
        for other in alike
        if other != word.casefold() and other not in (word.casefold().rstrip("s"), f"{word.casefold()}s")
    )


def asked_names(text: str) -> tuple[str, ...]:
    """The values that a short question asks for."""
    plain = f" {' '.join(_WORD.findall(fits.of_limits(text).casefold()))} "
    return tuple(name for name, phrases in _tables().asks.items() if any(f" {phrase} " in plain for phrase in phrases))


def asking_phrases(names: Sequence[str]) -> list[str]:
    """The words that ask for these values."""
    return [phrase for name in names for phrase in _tables().asks[name]]


def spaced(text: str) -> str:
    """ "5m" is 5 m."""
    units = columns.figures().units
    return _MEASURE.sub(lambda match: f"{match[1]} {match[2]}" if match[2] in units else match[0], text)


def named_terms(text: str) -> tuple[str, ...]:
    """The words of a text that mean something and do not only ask, by their meaning."""
    return tuple(term for term, _ in spelled_terms(text))


def spelled_terms(text: str) -> list[tuple[str, str]]:
    """The words that mean something, in their order, each beside its meaning, without those that only ask."""
    tables = _tables()
    return [
        (term, word)
        for said in WORD.findall(spaced(text))
        for word in said.split("-")  # dishwasher-safe is dishwasher safe
        if word and said.casefold() not in tables.asking and word.casefold() not in tables.asking
        for term in sorted(words.terms(word))
    ]


@dataclass(frozen=True, slots=True)
class _Tables:
    """What `carry.toml` says of the words of a question, ready to be searched with."""

    asking: frozenset[str]
    describes: re.Pattern[str]
    by: Mapping[str, tuple[str, str, str]]
    any: Mapping[str, tuple[tuple[str, bool], ...]]
    called: Mapping[str, tuple[str, ...]]
    told_as: Mapping[str, str]
    most: frozenset[str]
    by_word: re.Pattern[str]
    asks: Mapping[str, Sequence[str]]
    alike: tuple[tuple[str, ...], ...]
    counted: re.Pattern[str]  # "with at least two ports"


@cache
def _tables() -> _Tables:
    lists = said("carry")
    ends = [*lists["ends"]["most"], *lists["ends"]["least"]]
    by_any = {
        word: tuple((name, end == "most") for name, _, end in (way.rpartition(" ") for way in ways))
        for word, ways in lists["by_any"].items()
    }
    by = {str(word): (name, end, "".join(told) or word) for word, (name, end, *told) in lists["by"].items()}
    return _Tables(
        asking=frozenset(lists["words"]["asks"].split()),
        describes=re.compile(rf"\b(?:{'|'.join(lists['words']['describes'])})\b"),
        by=by,
        any=by_any,
        called={called: tuple(ways.split()) for called, ways in lists["called"].items()},
        told_as=lists["told_as"],
        most=frozenset(lists["ends"]["most"]),
        # "The highest R-value": what "highest" and "lowest" are said of is a value, whatever it is called.
        by_word=re.compile(
            rf"(?<![\w-])(?:(?P<end>{any_of(ends)})\s+(?P<of>{any_of(lists['called'])}"
            r"|(?:(?<=highest )|(?<=lowest )|(?<=higher )|(?<=lower ))(?!than\b|price[ds]\b|rated\b|quality\b)\w[\w-]*)"
            rf"|{any_of([*by, *by_any])})(?![\w-])"
        ),
        asks=lists["asks"],
        alike=tuple(tuple(one.split()) for one in lists["words"]["alike"]),
        counted=re.compile(
            rf"\b(?P<has>with|have|has|having|had|got)\s+(?:only\s+|just\s+|exactly\s+|an?\s+)?"
            rf"(?P<bound>(?:{any_of(end for ends in said('wanted')['bounds'].values() for end in ends)})\s+)?"
            rf"(?P<count>[1-9][0-9]?|{small_numbers()})\s+(?P<more>or (?:more|fewer|less)\s+)?"
            rf"(?!(?:{any_of(said('wanted')['price']['units'].split())})(?!\w))"
            r"(?P<what>(?:[^\W\d_][\w-]*\s+)?[^\W\d_]{2,}s|[^\W\d_]{3,})\b",
            re.I,
        ),
    )
