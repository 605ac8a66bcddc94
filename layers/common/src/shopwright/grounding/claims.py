"""A model's prose to claims, each with the passages that it cites: changes when models mark sources in another way.

A mark is `[2]`, `[1][3]`, `[1, 3]` or `[1-3]`. It belongs to the words before it, back to the last mark or the
beginning of the sentence; after a full stop it still belongs to that sentence. An item of a list without a mark has the
marks of the line that opens the list. What a mark cannot reach cites nothing.
"""

import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_MARKS = re.compile(r"(?:\s?\[\s*[0-9]{1,3}(?:\s*(?:,|;|-|–|and)\s*\[?[0-9]{1,3})*\s*\])+")
_NUMBERS = re.compile(r"([0-9]{1,3})(?:\s*[-–]\s*([0-9]{1,3}))?")
_ITEM = re.compile(r"^\s*(?:[-*•–]|[0-9]{1,2}[.)]|\(?[a-z]\))\s+")
_HEADING = re.compile(r"^\s*#{1,6}\s+")
_DECORATION = re.compile(r"\*\*|__|(?<!\w)[*_](?=\w)|(?<=\w)[*_](?!\w)|`")
_END = re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s|\[|$)")
_FEWEST = 3  # words of a claim with a mark of its own inside a sentence
_MOST_REFS = 20


@dataclass(frozen=True, slots=True)
class Said:
    """One claim of a model. `start` and `end` are characters of its prose, the marks among them.

    `text` is without marks. `sentence` is the span of the whole sentence: who cuts a claim cuts that.
    """

    text: str
    refs: tuple[int, ...]
    start: int
    end: int
    sentence: tuple[int, int]


def claims(prose: str) -> tuple[Said, ...]:
    """What is claimed, in its order. Questions, courtesies, headings and the opening of a list claim nothing."""
    return tuple(_claims(prose))


def sentences(prose: str) -> tuple[tuple[int, int], ...]:
    """Spans of the prose's sentences, each with its marks; headings and the openings of lists are some too. The last
    one may go on in what is not there yet; no other changes."""
    spans = ((start, end) for at, end in _lines(prose) for start, end in _sentences(prose, at, end))
    return tuple((start, end) for start, end in spans if prose[start:end].strip())


def remarked(prose: str, number: Callable[[int], int | None]) -> str:
    """The prose with other numbers in its marks; one that has none (None) goes."""

    def mark(found: re.Match[str]) -> str:
        shown = dict.fromkeys(one for ref in _refs(found[0]) if (one := number(ref)) is not None)
        return " " + "".join(f"[{one}]" for one in shown) if shown else ""

    return _MARKS.sub(mark, prose)


def unmarked(prose: str) -> str:
    """The prose without its marks and its decoration."""
    return " ".join(_DECORATION.sub("", _MARKS.sub("", prose)).split())


def _claims(prose: str) -> Iterator[Said]:
    inherited: tuple[int, ...] = ()
    for at, end in _lines(prose):
        start, line = at, prose[at:end]
        if not line.strip():
            continue
        if _HEADING.match(line):
            inherited = ()
            continue
        item = _ITEM.match(line)
        if not item:
            inherited = ()
        elif item.end() < len(line):
            start += item.end()
        for first, last in _sentences(prose, start, end):
            for begin, stop, refs in _marked(prose, first, last):
                text = unmarked(prose[begin:stop]).lstrip(",;: ")
                if text.endswith(":") and not _figure(text):
                    inherited = refs
                elif _claims_something(text):
                    yield Said(text, refs or (inherited if item else ()), begin, stop, (first, last))


def _lines(prose: str) -> Iterator[tuple[int, int]]:
    at = 0
    for line in prose.splitlines(keepends=True):
        yield at, at + len(line.rstrip("\r\n"))
        at += len(line)


def _sentences(prose: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Spans of sentences. The point of an abbreviation or a decimal ends none; marks after one belong to it."""
    begin = at = start
    while match := _END.search(prose, at, end):
        at = match.end()
        marks = _MARKS.match(prose, at, end)
        at = marks.end() if marks else at
        if _ends(prose[begin : match.end()], prose[at:end]):
            yield begin, at
            begin = at
    if prose[begin:end].strip():
        yield begin, end


def _ends(before: str, after: str) -> bool:
    word = re.search(r"\S+$", before.rstrip("\"'”’)]"))
    last = word[0].casefold().lstrip("(\"'") if word else ""
    if last in _words()["abbreviations"] or re.fullmatch(r"(?:[a-z]\.)+", last) or re.fullmatch(r"[0-9]+\.", before):
        return not after.strip()
    follows = after.lstrip()
    return not follows or not follows[0].islower()


def _marked(prose: str, start: int, end: int) -> Iterator[tuple[int, int, tuple[int, ...]]]:
    """The parts of a sentence, each with its own marks; what follows the last mark belongs with what is before it."""
    found = list(_MARKS.finditer(prose, start, end))
    begin = start
    parts: list[tuple[int, int, tuple[int, ...]]] = []
    for match in found:
        if parts and len(prose[begin : match.start()].split()) < _FEWEST:
            was = parts.pop()
            parts.append((was[0], match.end(), tuple(dict.fromkeys((*was[2], *_refs(match[0]))))))
        else:
            parts.append((begin, match.end(), _refs(match[0])))
        begin = match.end()
    if not parts:
        yield start, end, ()
        return
    yield from parts[:-1]
    yield parts[-1][0], end, parts[-1][2]


def _refs(marks: str) -> tuple[int, ...]:
    refs: list[int] = []
    for first, last in _NUMBERS.findall(marks):
        low = int(first)
        high = int(last) if last else low
        refs += range(low, min(high, low + _MOST_REFS) + 1)
    return tuple(dict.fromkeys(refs))[:_MOST_REFS]


def _claims_something(text: str) -> bool:
    if not re.search(r"\w", text) or text.endswith("?"):
        return False
    plain = re.sub(r"[^\w' ]+", " ", text.casefold().replace("’", "'"))
    plain = " ".join(plain.split())
    return _figure(text) or not any(re.match(rf"{start}\b", plain) for start in _words()["courtesies"])


def _figure(text: str) -> bool:
    return any(map(str.isdigit, text))


@cache
def _words() -> dict[str, frozenset[str]]:
    table = tomllib.loads(files("shopwright.grounding").joinpath("claims.toml").read_text("utf-8"))
    return {name: frozenset(words) for name, words in table.items()}
