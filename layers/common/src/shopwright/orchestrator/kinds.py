"""What a thing is, and which products a name means: changes when we tell kinds or names apart otherwise."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache

from shopwright.catalog import columns
from shopwright.llm import fits, words
from shopwright.llm.fits import Subject
from shopwright.orchestrator import fitting, having, seeking
from shopwright.orchestrator.item import Item
from shopwright.orchestrator.seeking import WORD, Sought, spelled_terms
from shopwright.orchestrator.vocabulary import said
from shopwright.orchestrator.wanted import Wanted, wanted

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
    return tuple(whole or held or _in_colour(name, items) or _by_values(said, terms, items))


def _by_values(said: Sequence[str], terms: Sequence[str], items: Sequence[Item]) -> list[Item]:
    """Those whose category or colour has the words that the name lacks: a santoku is one of the knives, and of the
    ovens one is oat."""
    found = []
    for item in items:
        title = words.terms(item.title)
        more = words.terms(" ".join(_values_of(item, (*_tables().is_names, "colour"))))
        numbers = _numbers(said) <= set(fits.tokens(item.title))
        if numbers and set(terms) & title and set(terms) <= title | more:
            found.append(item)
    return found


def _in_colour(name: str, items: Sequence[Item]) -> tuple[Item, ...]:
    """ "The kettle in black": what is called a kettle, and is black by its values."""
    match = _IN_COLOUR.search(name)
    wishes = Wanted(colours=wanted(match["colour"]).colours) if match is not None else Wanted()
    if match is None or not wishes.colours:
        return ()
    return tuple(item for item in meant(name[: match.start()], items) if fitting.is_like(item, wishes))


_IN_COLOUR = re.compile(r"\s+in (?P<colour>[\w -]+)$", re.I)


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


def is_of(item: Item, head: str) -> bool:
    """Whether a word says what it is: in its name, or in its category."""
    return bool(head) and head in words.terms(" ".join((item.title, *_values_of(item, _tables().is_names))))


def without_general(asked: Sought) -> Sought:
    """What is looked for without a last word that only says of what sort the thing before it is."""
    at = asked.terms.index(asked.head) if asked.head in asked.terms else 0
    if not at or asked.head not in _tables().general:
        return asked
    return replace(asked, terms=(*asked.terms[:at], *asked.terms[at + 1 :]), head=asked.terms[at - 1])


def without_unheard(asked: Sought, items: Sequence[Item]) -> tuple[Sought, str]:
    """What is looked for without those of its words that nothing of the kind says, and these words: "kitchen" of
    "kitchen scales", where other things here are for a kitchen. None are left out where a name stands, or where one of
    the kind is said not to be so."""
    kind, _ = called_or_beside(replace(asked, terms=(asked.head,), named=fits.subject("")), items, surely=True)
    if not asked.head or not kind or asked.named.names or asked.named.model_numbers:
        return asked, ""
    held = frozenset(term for item in kind for term in having.terms_of(item.title, item.passage.content, item.sheet))
    unheard = [word for word in asked.spelled if words.terms(word) & set(asked.terms) and not words.terms(word) & held]
    left_out = words.terms(" ".join(unheard))
    if not unheard or asked.head in left_out or not left_out <= asked.use:
        return asked, ""
    elsewhere = frozenset(term for item in items for term in words.terms(item.title))
    if not left_out <= elsewhere:
        return asked, ""  # a word that this shop has for nothing asks for another thing
    likes = [(item.title, item.sheet) for item in items]
    things = [thing for word in unheard if (thing := having.thing(word, ())) is not None]
    if any(
        having.has(thing, item.title, item.passage.content, item.sheet, likes) is not None
        for thing in things
        for item in kind
    ):
        return asked, ""
    kept = tuple(term for term in asked.terms if term not in left_out)
    return replace(asked, terms=kept, named=fits.subject("")), " ".join(unheard)


def has_figures(item: Item, text: str) -> bool:
    """Whether every figure of a text is in its name or its values: what is called 20 cm is no pan of 47 cm."""
    held = fits.tokens(" ".join((item.title, *(fact.value for fact in item.sheet.values()))))
    return _numbers(fits.tokens(seeking.spaced(text))) <= set(held)


def called_or_beside(
    asked: Sought, items: Sequence[Item], *, surely: bool, whole: bool = False
) -> tuple[list[Item], list[Item]]:
    """Those that are called so, and those that stand in such a category: a tent repair kit is no tent. Where there are
    neither, those whose name has the word somewhere, or which are made of it."""
    called: list[Item] = []
    beside: list[Item] = []
    somewhere: list[Item] = []
    coined: list[Item] = []
    for item in items:
        title = words.terms(item.title)
        categories = _values_of(item, _tables().is_names)
        # Of "Keyboards and mice" it may be either.
        category = words.terms(" ".join(one for one in categories if not _SEVERAL.search(one)))
        held = title | category | having.terms_of(item.title, item.passage.content, item.sheet)
        of_head = {asked.head} if _is_coined_of(item.title, asked.head) else set()
        if not set(asked.terms) <= held | of_head or not _has_names(item, asked.named, held):
            continue
        if not asked.head or asked.head in _called(item.title):
            called.append(item)
        elif asked.head in category:
            beside.append(item)
        elif asked.head in title | words.terms(" ".join(_values_of(item, _tables().made_of))):
            somewhere.append(item)
        elif len(asked.terms) > 1 and _is_coined_of(item.title, asked.head):
            coined.append(item)
    if not called and not whole:
        # Of the backpacks a trekking pack is one, and a bag that stands among them is none.
        called = _called_in_part(asked.head, beside)
        beside = [item for item in beside if item not in called]
    # Where there are the things themselves, what only goes with them is none of them.
    members = [item for item in beside if not _called(item.title) & _tables().beside]
    beside = members if (called or members or surely) and not whole else beside
    return (called, beside) if called or beside else (coined if surely else somewhere or coined, [])


def _called_in_part(head: str, items: Sequence[Item]) -> list[Item]:
    """Those that are called by the last part of a word, alone or behind another one: a pack, or a daypack, of the
    "backpacks"."""
    kinds = {item.product_id: kind_of(item.title).casefold() for item in items}
    said = {word for item in items for one in _values_of(item, _tables().is_names) for word in WORD.findall(one)}
    spelled = {word.casefold().removesuffix("s") for word in said if head in words.terms(word)}
    parts = {kind for kind in kinds.values() if len(kind) >= _LONG and any(one.endswith(kind) for one in spelled)}
    return [item for item in items if any(kinds[item.product_id].endswith(part) for part in parts)]


def _is_coined_of(title: str, head: str) -> bool:
    """Whether a made-up name, which stands first, ends with the word: a Hearthradio is a radio."""
    first = next(iter(WORD.findall(title)), "").casefold()
    return len(head) >= _LONG and len(first) >= len(head) + 3 and first.endswith(head) and len(title.split()) > 1


_LONG = 4  # letters: a shorter word ends too many others


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
    general: frozenset[str]
    behind: frozenset[str]


@cache
def _tables() -> _Tables:
    lists = said("carry")["is"]
    return _Tables(
        is_names=tuple(lists["names"]),
        made_of=tuple(lists["made_of"]),
        beside=words.terms(lists["beside"]),
        general=words.terms(lists["general"]),
        behind=frozenset(lists["behind"].split()),
    )
