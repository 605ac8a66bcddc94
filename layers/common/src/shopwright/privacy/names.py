"""Finds people's names, postal addresses and places: changes when what the recognizer looks at in a word does.

A linear-chain model (`names.crfsuite`) reads each word with its neighbours: its shape, its ending, and whether lists of
given names, surnames, towns and everyday English words hold it (`names.lists`: 32-bit checksums, so that no list of
people is shipped). Both are made by predictors/names, from sentences that we generate, with the same `features`.
"""

import re
import tomllib
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from shopwright.privacy.redact import Kind, apart

if TYPE_CHECKING:
    import pycrfsuite

KINDS = {"N": Kind.NAME, "A": Kind.ADDRESS, "P": Kind.PLACE}
LISTS = {"first": "f", "last": "l", "town": "t", "land": "k", "common": "c"}
LONGEST = 400  # words that are read in one go: what the model costs grows with a text's length, not with its square
_LONGEST_FIGURES = 9
_TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|[0-9]+|\n|[^\w\s]|_")
_LETTER = re.compile(r"[^\W\d_]")
_AROUND = "()[]{}<>.,;:!?\"'“”‘’"  # a mark that a stretch may have taken with it
_POSTCODE = re.compile(
    r"[A-Z]{1,2}[0-9][0-9A-Z]?[0-9][A-Z]{2}|[A-Z][0-9][A-Z][0-9][A-Z][0-9]|[0-9]{4}[A-Z]{2}"
)  # one word

_BRITISH = re.compile(r"(?<![\w-])[A-Z]{1,2}[0-9][0-9A-Z]? [0-9][A-Z]{2}(?![\w-])")  # in two words, and no code

_SHORT_STREET = re.compile(  # Hauptstr. 5a: the full stop parts it in two for the model
    r"(?<![\w-])(?!(?:Illu|Re?gi|In)str)[^\W\d_a-z][\w-]{1,30}(?:str|[ -]Str)\.[ ]?[0-9]{1,4}(?:[ ]?[a-z])?(?![\w])"
)
_ENDINGS = (
    ("s", ""), ("es", ""), ("ies", "y"), ("ed", ""), ("ed", "e"), ("ing", ""), ("ing", "e"), ("ly", ""), ("er", ""),
    ("n't", ""),
    ("'s", ""), ("’s", ""), ("'re", ""), ("'ll", ""), ("'ve", ""), ("'d", ""), ("'m", ""),
)  # fmt: skip

Token = tuple[int, int, str]
Lists = Callable[[str], str]


def find(text: str) -> Iterator[tuple[int, int, Kind]]:
    """Where names, addresses and places stand, as the trained model sees them; and streets that German cuts short."""
    short = ((*match.span(), Kind.ADDRESS) for match in _SHORT_STREET.finditer(text))
    yield from apart((*_read(text), *short))


def _read(text: str) -> Iterator[tuple[int, int, Kind]]:
    if not _LETTER.search(text):
        return
    tagger = _tagger()
    tokens = tokenize(text)
    for first in range(0, len(tokens), LONGEST):
        part = tokens[first : first + LONGEST]
        words = [word for _, _, word in part]
        labels = tagger.tag(features(words, lists))
        if all(label == "O" for label in labels):
            continue
        sure = float(_goods()["certain" if _is_listing(text, part) else "elsewhere"])
        for start, end, kind in spans(part, labels):
            inside = [at for at, (begins, _, _) in enumerate(part) if start <= begins < end]
            if _in_a_code(text, start, end):
                continue
            if kind is Kind.ADDRESS and (_measured(part, inside) or _numbers_alone(text[start:end])):
                continue
            if sum(1 - tagger.marginal("O", at) for at in inside) >= sure * len(inside):
                yield start, end, kind


def tokenize(text: str) -> list[Token]:
    """Words, numbers, marks and line ends, and where each stands."""
    return [(match.start(), match.end(), match[0]) for match in _TOKEN.finditer(text)]


def spans(tokens: Sequence[Token], labels: Sequence[str]) -> Iterator[tuple[int, int, Kind]]:
    """Stretches of one kind, from labels such as B-N, I-N, O."""
    start = end = 0
    kind = ""
    for (begins, ends, _), label in zip(tokens, labels, strict=True):
        if kind and (label == "O" or label[0] == "B" or label[2:] != kind):
            yield start, end, KINDS[kind]
            kind = ""
        if label != "O":
            if not kind:
                start, kind = begins, label[2:]
            end = ends
    if kind:
        yield start, end, KINDS[kind]


def _measured(tokens: Sequence[Token], inside: Sequence[int]) -> bool:
    """Does a stretch give a size? 250 Sheet Feeder, 64 GB: a technical sheet has a street's look and no street."""
    after = [word for _, _, word in tokens[inside[0] + 1 : inside[-1] + 2]]
    numbers = [tokens[at][2].isdigit() for at in inside]
    return any(number and _role(word) == "measures" for number, word in zip(numbers, after, strict=False))


def _numbers_alone(said: str) -> bool:
    """Is it a row of figures, longer than any postcode and house number together? That is a part's number."""
    return sum(map(str.isdigit, said)) > _LONGEST_FIGURES and not _LETTER.search(said)


def _in_a_code(text: str, start: int, end: int) -> bool:
    """Is it a word of letters and figures, or a piece of one, as in 300CB, 7.2kW or pan1a2b? Nobody's name, street or
    town is one, in brackets or not; a postcode has its own form."""
    if _joined(text[start - 1 : start], text[start]) or _joined(text[end - 1], text[end : end + 1]):
        return True
    word = text[start:end].strip(_AROUND)
    return word.isalnum() and not word.isalpha() and not word.isdigit() and not _POSTCODE.fullmatch(word)


def _joined(left: str, right: str) -> bool:
    """A letter beside a figure, either way round; a word that runs on in letters is the tokenizer's business."""
    return (left.isdigit() and right.isalnum()) or (left.isalpha() and right.isdigit())


def _is_listing(text: str, tokens: Sequence[Token]) -> bool:
    """Is it a line of goods, with codes, sizes or brands, in which nobody speaks and nobody is addressed?"""
    if any(word.lower() in _goods()["persons"] or _role(word) == "titles" for *_, word in tokens):
        return False
    marks = sum(_role(word) == "brands" or word.lower() in _goods()["labels"] for *_, word in tokens)
    postcodes = [found.span() for found in _BRITISH.finditer(text, tokens[0][0], tokens[-1][1])]
    for (_, end, word), (start, _, after) in pairwise(tokens):
        code = end == start and word.isalnum() and after.isalnum()  # V15: letters beside figures
        code = code and not any(first < end < last for first, last in postcodes)
        marks += code or (word.isdigit() and _role(after) == "measures")
    return marks >= int(_goods()["marks"])


def _role(word: str) -> str:
    return roles().get(word.lower(), "")


def features(words: Sequence[str], known: Lists) -> list[list[str]]:
    """What the model is told about each word: itself, two neighbours on each side, and some of them together."""
    looks = [look(word, known(word.lower())) for word in words]
    pairs = [known(f"{first} {second}".lower()) for first, second in pairwise(words)]
    edge = ("#", "#", "#", "#")
    padded = [edge, edge, *looks, edge, edge]
    towns = ["", *pairs, ""]
    told = []
    for place, word in enumerate(words):
        p2, p1, (small, shape, lists_, role), n1, n2 = padded[place : place + 5]
        row = [
            "w=" + small, "s=" + shape, "l=" + lists_, "r=" + role, "e=" + small[-3:], "b=" + small[:2],
            "w-1=" + p1[0], "s-1=" + p1[1], "l-1=" + p1[2], "r-1=" + p1[3], "w-2=" + p2[0], "l-2=" + p2[2],
            "w+1=" + n1[0], "s+1=" + n1[1], "l+1=" + n1[2], "r+1=" + n1[3], "w+2=" + n2[0], "l+2=" + n2[2],
            "r-2=" + p2[3], "r+2=" + n2[3],
            "w-1w-2=" + p1[0] + " " + p2[0], "sl=" + shape + lists_, "ll+1=" + lists_ + "|" + n1[2],
            "l-1l=" + p1[2] + "|" + lists_, "w-1sl=" + p1[0] + shape + lists_, "w+1sl=" + n1[0] + shape + lists_,
            "s-1s=" + p1[1] + "|" + shape, "ss+1=" + shape + "|" + n1[1], "rr+1=" + role + "|" + n1[3],
            "r-1s=" + p1[3] + shape, "s-2=" + p2[1] + p1[1] + shape, "s+2=" + shape + n1[1] + n2[1],
        ]  # fmt: skip
        if "t" in towns[place] or "t" in towns[place + 1]:
            row.append("two")
        if len(word) == 1:
            row.append("one")
        told.append(row)
    return told


@lru_cache(20_000)
def look(word: str, held: str) -> tuple[str, str, str, str]:
    """A word in small letters, its shape, which lists hold it, and what part it may play in an address."""
    small = word.lower()
    return ("0" if word.isdigit() else small), _shape(word), held or "-", roles().get(small, "-")


def _shape(word: str) -> str:
    if word.isdigit():
        return f"d{min(len(word), 7)}"
    if not word[0].isalpha():
        return word[0]
    size = "" if len(word) > 1 else "1"
    if word.islower():
        return "x" + size
    if word.isupper():
        return "X" + size
    return "Xx" if word[0].isupper() and word[1:].islower() else "xX"


@cache
def roles() -> dict[str, str]:
    """Word → the list of names.toml that it is in."""
    return {word: name for name in reversed(_table()) if name != "goods" for word in _table()[name].split()}


@cache
def _goods() -> dict[str, Any]:
    table = _table()["goods"]
    return {**table, **{name: frozenset(table[name].split()) for name in ("labels", "persons")}}


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files("shopwright.privacy").joinpath("names.toml").read_text("utf-8"))


@lru_cache(20_000)
def lists(small: str) -> str:
    """The letters of the lists that hold a word, or two words in a row, in small letters: `fl` for ann."""
    return held(small, _holds)


def held(small: str, holds: Callable[[str, str], bool]) -> str:
    """The same with the lists in another form. An everyday word is one with its endings, too: returns, returned."""
    found = "".join(letter for letter in LISTS.values() if holds(letter, small))
    return found if found or not any(holds("c", stem) for stem in _stems(small)) else "c"


def _stems(small: str) -> Iterator[str]:
    for ending, instead in _ENDINGS:
        if small.endswith(ending) and len(small) > len(ending) + 2:
            yield small[: -len(ending)] + instead


def _holds(letter: str, small: str) -> bool:
    marks, mark = _lists()[letter], checksum(small)
    place = bisect_left(marks, mark)
    return place < len(marks) and marks[place] == mark


def checksum(small: str) -> int:
    """What the lists hold of a word."""
    return zlib.crc32(small.encode())


def packed(marks: dict[str, set[int]]) -> bytes:
    """The lists as one file: for each its length and then its checksums in order."""
    body = b""
    for name in LISTS:
        body += array("I", [len(marks[name]), *sorted(marks[name])]).tobytes()
    return zlib.compress(body, 9)


@cache
def _lists() -> "dict[str, array[int]]":
    held = array("I")
    held.frombytes(zlib.decompress(files("shopwright.privacy").joinpath("names.lists").read_bytes()))
    found, at = {}, 0
    for letter in LISTS.values():
        size = held[at]
        found[letter] = held[at + 1 : at + 1 + size]
        at += 1 + size
    return found


@cache
def _model() -> bytes:
    """Kept as long as the tagger that reads from it, which holds no reference of its own."""
    return zlib.decompress(files("shopwright.privacy").joinpath("names.crfsuite").read_bytes())


@cache
def _tagger() -> "pycrfsuite.Tagger":
    # Loaded by the first text that has words in it: importing this costs nothing.
    import pycrfsuite

    tagger: Any = pycrfsuite.Tagger()
    tagger.open_inmemory(_model())
    return tagger
