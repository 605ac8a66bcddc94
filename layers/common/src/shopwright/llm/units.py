"""What of a passage can be quoted by itself: changes when a page is cut into sentences and records otherwise."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from shopwright.llm import fits, words

_END = re.compile(
    r"(?<=[.!?…])(?<!\b[A-Z]\.)(?<!\be\.g\.)(?<!\bi\.e\.)(?<!\bapprox\.)(?<!\bincl\.)(?<!\bexcl\.)(?<!\bNo\.)[\"'”’)\]]*\s+(?=[^\sa-z])"
    r"|\n+"
)
_FIELD = re.compile(r"(?:^|; )(?P<label>[^\W\d][\w .()/-]{0,39}): ")
NAMED = frozenset({"name", "title", "product", "product name", "model", "question"})


@dataclass(frozen=True, slots=True)
class Source:
    """A retrieved passage as the composer reads it. `similarity` is its cosine with the question."""

    ref: int
    titles: tuple[str, ...]
    content: str
    similarity: float
    page: str = ""  # the document that it is of, and where in it it stands
    at: int = 0


@dataclass(frozen=True, slots=True)
class Unit:
    """A record, a row or a sentence."""

    source: Source
    place: int  # in its passage
    text: str
    said: frozenset[str]
    above: frozenset[str]
    fields: tuple[tuple[str, str], ...]
    heading: str  # right above it: the last title, or the question that it answers
    row: tuple[tuple[str, str], ...] = ()  # of a table that has no products' names: what stands in its columns


@lru_cache(maxsize=512)
def units(source: Source) -> tuple[Unit, ...]:
    """The quotable parts of a passage: a record is one, and so is each sentence of anything else. Below "Warranty and
    repairs", what speaks of repairs is not of the warranty."""
    above = words.terms(" ".join(source.titles))
    joint = [both for title in source.titles if len(both := words.terms(title) & fits.trade()) > 1]
    heading = source.titles[-1] if source.titles else ""
    fields = fields_of(source.content)
    if fields:
        named = any(label.casefold() in NAMED for label, _ in fields)
        said = words.terms(source.content)
        return (Unit(source, 0, source.content, said, above, fields, heading, () if named else fields),)
    found: list[Unit] = []
    for text in sentences(source.content):
        if text.endswith("?"):  # the question of a question and answer: it says what is below, like a title
            above |= words.terms(text)
            heading = text
            continue
        said = words.terms(text)
        own = said | (words.terms(heading) if len(source.titles) != 1 else frozenset())
        lent = frozenset[str]().union(*(both - own for both in joint))
        other = lent if any(both & own for both in joint) else lent & fits.own()
        found.append(Unit(source, len(found), text, said, above - other, (), heading, _cells(text, fewest=2)))
    return tuple(found)


def sentences(text: str) -> Iterator[str]:
    """The sentences of a text, each as it stands there."""
    return (piece.strip() for piece in _END.split(text) if re.search(r"\w", piece))


def fields_of(content: str) -> tuple[tuple[str, str], ...]:
    """The fields of a record, each with its label, in their order; nothing for sentences."""
    return _cells(content, fewest=3)


def _cells(content: str, *, fewest: int) -> tuple[tuple[str, str], ...]:
    found = list(_FIELD.finditer(content))
    if len(found) < fewest or found[0].start() or "\n" in content:
        return ()
    ends = [match.start() for match in found[1:]] + [len(content)]
    return tuple((match["label"], content[match.end() : end].strip()) for match, end in zip(found, ends, strict=True))


def with_what_it_leans_on(unit: Unit, among: Sequence[Unit], most: int) -> list[Unit]:
    """A sentence that begins with "Under that" says nothing, or something else, without the one before; a rule is half
    told without the "Under that" after it."""
    before_and_after = {one.place: one for one in among if one.source is unit.source and not one.fields}
    chosen = [unit]
    after = before_and_after.get(unit.place + 1)
    if after is not None and fits.completes(after.text):
        chosen.append(after)
    while len(chosen) < most and fits.leans(chosen[0].text):
        previous = before_and_after.get(chosen[0].place - 1)
        if previous is None:
            break
        chosen.insert(0, previous)
    return chosen


def name(unit: Unit) -> str:
    """What a product's record calls it; nothing for any other unit."""
    return next((value for label, value in unit.fields if label.casefold() in NAMED), "")
