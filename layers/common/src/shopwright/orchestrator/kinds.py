"""What a thing is, and which products a name means: changes when we tell kinds or names apart otherwise."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from shopwright.catalog import columns
from shopwright.llm import fits, words
from shopwright.llm.fits import Subject
from shopwright.orchestrator import having
from shopwright.orchestrator.item import Item
from shopwright.orchestrator.seeking import WORD, Sought, spelled_terms
from shopwright.orchestrator.vocabulary import said

_SEVERAL = re.compile(r"\b(?:and|or)\b|[&,/]", re.I)
_DESCRIBES = re.compile(r",|\s[-–]\s|\(|\b(?:with|for|of|in|and)\b", re.I)


def valued_terms(item: Item) -> frozenset[str]:
    """What a name and the values say."""
    return words.terms(" ".join((item.title, *(f"{name} {fact.value}" for name, fact in item.sheet.items()))))


def meant(name: str, items: Sequence[Item]) -> tuple[Item, ...]:
    """The products that a name may mean: the one that is called so, else all whose names hold it."""
    said = fits.tokens(name)
    whole = [item for item in items if fits.tokens(item.title) == said]
    terms = [term for term, _ in spelled_terms(name)]
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


def _numbers(tokens: Iterable[str]) -> set[str]:
    return {token for token in tokens if token[:1].isdigit()}


def called_or_beside(asked: Sought, items: Sequence[Item], *, surely: bool) -> tuple[list[Item], list[Item]]:
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
    # Where there are the things themselves, what only goes with them is none of them.
    members = [item for item in beside if not _called(item.title) & _tables().beside]
    beside = members if called or members or surely else beside
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
    said = WORD.findall(_DESCRIBES.split(title, maxsplit=1)[0])
    return [
        word
        for before, word in zip(["", *said], said, strict=False)
        if len(word) > 1 and not _has_digit(word) and not (_has_digit(before) and word in columns.figures().units)
    ]


def _has_digit(word: str) -> bool:
    return any(map(str.isdigit, word))


def kind_of(title: str) -> str:
    """The word of a name that says what the thing is."""
    said = _plain_words(title)
    kept = [word for word in said if word.casefold() not in _tables().behind]
    return (kept or said or [""])[-1]


@dataclass(frozen=True, slots=True)
class _Tables:
    """Where, by `carry.toml`, a product says what it is and what it is made of."""

    is_names: tuple[str, ...]
    made_of: tuple[str, ...]
    beside: frozenset[str]
    behind: frozenset[str]


@cache
def _tables() -> _Tables:
    lists = said("carry")["is"]
    return _Tables(
        is_names=tuple(lists["names"]),
        made_of=tuple(lists["made_of"]),
        beside=words.terms(lists["beside"]),
        behind=frozenset(lists["behind"].split()),
    )
