"""Finds payment card numbers: changes when a way of writing one gets past it.

A card number is 13 to 19 digits that begin as a brand's do and pass the Luhn check, whatever separates the digits. It
must begin and end where a group of digits does: a window inside a longer number is that number's business, and an
order number stays readable. An article number (EAN, GTIN) is told apart by what the text calls it.
"""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any

SHORTEST, LONGEST = 13, 19
_WIDEST_GAP = 8  # characters between two groups of one number
_GROUP = re.compile(r"[0-9]+")
_GAP = re.compile(r"[\s.\-_~]{1,8}")
_LIST_GAP = re.compile(r"[,;:/|+*\\]")
_DOUBLED = str.maketrans("0123456789", "0246813579")
_ARTICLE = re.compile(
    r"(?:ean|gtin|upc|isbn|barcode|bar code)s?[\s\-]?(?:8|12|13|14)?(?:\s?(?:code|number|no\.?)s?)?[\s:=#|\"'\[(]{0,6}"
    r"(?:[0-9]{8,14}[\s,;/|\"']{1,4}){0,20}$",
    re.I,
)
_ARTICLE_REACH = 320
_WORD = re.compile(r"[^\W\d_]+")
_WORD_END = re.compile(r"[0-9.]+$")
_WORD_START = re.compile(r"[0-9.]*[0-9]")
_DECIMAL = re.compile(r"[0-9]{1,5}(?:\.[0-9]{1,2})?")
_DAY = r"(?:0?[1-9]|[12][0-9]|3[01])"  # of a month, or the month: 40-00-00 is no date
_YEAR = r"(?:19|20)[0-9]{2}"
_DATE = re.compile(rf"{_YEAR}[-.]{_DAY}[-.]{_DAY}|{_DAY}[-.]{_DAY}[-.](?:{_YEAR}|[0-9]{{2}})")

_SPACED = re.compile(  # four groups with the same mark between them, blanks around it or not
    r"(?<![0-9])([0-9]{4})([ \t]{0,2}[x×/|\\*+:;][ \t]{0,2})([0-9]{4})\2([0-9]{4})\2([0-9]{4})(?![0-9]|\2[0-9])", re.I
)
_WRAP = r"(?:[ \t()\[\]{}<>'\"&.\-]|%2[0D]|\band\b|\bthen\b){1,10}"  # a bracket, an address bar's blank, a word
_WRAPPED = re.compile(
    rf"(?<![0-9])([0-9]{{4}}){_WRAP}([0-9]{{4}}|[0-9]{{6}}){_WRAP}([0-9]{{4,5}})(?:{_WRAP}([0-9]{{4}}))?(?![0-9])", re.I
)
_LETTERED = re.compile(  # letters for digits: 5500 OOOO OOOO OOO4, 4l11111111111111
    r"(?<![\w.\-])(?=[0-9OIl \t.\-]{0,22}[OIl])[0-9OIl]{4}(?:([ \t.\-]?)[0-9OIl]{4}\1[0-9OIl]{4}\1[0-9OIl]{4}"
    r"|([ \t.\-]?)[0-9OIl]{6}\2[0-9OIl]{5})(?![\w\-]|\.\w)",
    re.I,
)
_MEANT = str.maketrans("oOiIlL", "001111")
_FEWEST_DIGITS = 3
_LED = re.compile(r"[0-9][ \t]{0,2}[x×/|\\*+:;][ \t]{0,2}$", re.I)
_LABEL = r"([^:;\n]{1,60}):[ \t]{0,2}"
_CELLS = re.compile(
    rf"(?<![0-9])([0-9]{{4}})(?:;[ \t]{_LABEL}([0-9]{{4}}))" + rf"(?:;[ \t]{_LABEL}([0-9]{{4}}))" * 2 + r"(?![0-9])"
)
_NUMBERED = re.compile(r"[\W\d_]+")

Group = tuple[int, int]


def find(text: str) -> Iterator[tuple[int, int]]:
    """Where card numbers stand. Overlapping readings are all given."""
    for groups in _runs(text):
        yield from _cards(text, groups)
    yield from _spaced(text)
    yield from _wrapped(text)
    yield from _in_cells(text)
    yield from _lettered(text)


def _spaced(text: str) -> Iterator[tuple[int, int]]:
    """4111 / 1111 / 1111 / 1111 and 4111x1111x1111x1111, when no longer list holds it."""
    for match in _SPACED.finditer(text):
        digits = match[1] + match[3] + match[4] + match[5]
        if _branded(digits) and luhn(digits) and not _LED.search(text, max(0, match.start() - 6), match.start()):
            yield match.span()


def _wrapped(text: str) -> Iterator[tuple[int, int]]:
    """4111 (1111) 1111 1111, [4111][1111][1111][1111], 4111%201111%201111%201111, 4111 and 1111 and 1111 and 1111."""
    for match in _WRAPPED.finditer(text):
        digits = "".join(group for group in match.groups() if group)
        groups = [match.span(at) for at in range(1, 5) if match[at]]
        if _regular(groups) and _branded(digits) and luhn(digits) and not _something_else(text, groups, digits):
            yield match.span()


def _lettered(text: str) -> Iterator[tuple[int, int]]:
    for match in _LETTERED.finditer(text):
        digits = "".join(filter(str.isalnum, match[0])).translate(_MEANT)
        typed = sum(map(str.isdigit, match[0]))
        if typed >= _FEWEST_DIGITS and _branded(digits) and luhn(digits):
            yield match.span()


def _in_cells(text: str) -> Iterator[tuple[int, int]]:
    """`part 1: 4111; part 2: 1111; …`: over cells of one row that are called alike, or that say it is a card's."""
    for match in _CELLS.finditer(text):
        digits = match[1] + match[3] + match[5] + match[7]
        labels = [match[2], match[4], match[6]]
        alike = len({_NUMBERED.sub("", label).casefold() for label in labels}) == 1
        says = any(word.casefold() in _words() for label in labels for word in _WORD.findall(label))
        if (alike or says) and _branded(digits) and luhn(digits):
            yield match.span()


def windows(text: str) -> Iterator[tuple[int, int]]:
    """Every stretch that is looked at more closely. At most seven begin at one group, so the work is linear."""
    for groups in _runs(text):
        for first, last in _stretches(groups):
            yield groups[first][0], groups[last][1]


def luhn(digits: str) -> bool:
    """Does the check digit fit?"""
    return not (sum(map(int, digits[-1::-2])) + sum(map(int, digits[-2::-2].translate(_DOUBLED)))) % 10


def _runs(text: str) -> Iterator[list[Group]]:
    """Groups of digits with nothing but separators between them, where there are digits enough for a card."""
    run: list[Group] = []
    digits = 0
    for match in _GROUP.finditer(text):
        start, end = match.span()
        if run and not (start - run[-1][1] <= _WIDEST_GAP and _separates(text, run[-1][1], start)):
            if digits >= SHORTEST:
                yield run
            run, digits = [], 0
        run.append((start, end))
        digits += end - start
    if digits >= SHORTEST:
        yield run


def _separates(text: str, start: int, end: int) -> bool:
    return bool(_GAP.fullmatch(text, start, end) or _LIST_GAP.fullmatch(text, start, end))


def _stretches(groups: list[Group]) -> Iterator[tuple[int, int]]:
    for first in range(len(groups)):
        digits = 0
        for last in range(first, len(groups)):
            digits += groups[last][1] - groups[last][0]
            if digits > LONGEST:
                break
            if digits >= SHORTEST:
                yield first, last


def _cards(text: str, groups: list[Group]) -> Iterator[tuple[int, int]]:
    written = [text[start:end] for start, end in groups]
    for first, last in _stretches(groups):
        digits = "".join(written[first : last + 1])
        if (first or last != len(groups) - 1) and _listed(text, groups[first : last + 1]):
            continue  # part of a longer list of numbers
        named = len(groups) == 1 and len(digits) == 13 and _gtin(digits)  # a graphics card 4719331986377
        stands = (_branded(digits) and luhn(digits)) or (not named and _announced(text, groups, first, last))
        if stands and not _something_else(text, groups[first : last + 1], digits):
            yield groups[first][0], groups[last][1]
    for (start, end), number in zip(groups, written, strict=True):  # a card number with its expiry run into it
        if end - start > LONGEST:
            yield from (
                (start, start + length) for length in (16, 15) if _branded(number[:length]) and luhn(number[:length])
            )


def _announced(text: str, groups: list[Group], first: int, last: int) -> bool:
    """Is this the whole of what stands after "my card number is"? Then it is one, mistyped or not."""
    if first or last != len(groups) - 1:
        return False
    said = re.split(r"[.!?\n]\s", text[max(0, groups[0][0] - 40) : groups[0][0]])[-1]
    words = [word.casefold() for word in _WORD.findall(said)[-4:]]
    return any(word in _words() for word in words) and "order" not in words


def _branded(digits: str) -> bool:
    return any(low <= digits[: len(low)] <= high for low, high in _brands().get((len(digits), digits[0]), ()))


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files("shopwright.privacy").joinpath("cards.toml").read_text("utf-8"))


@cache
def _words() -> frozenset[str]:
    return frozenset(_table()["words"].split())


@cache
def _brands() -> dict[tuple[int, str], tuple[tuple[str, str], ...]]:
    """Length and first digit → the ranges of first digits."""
    table = _table()["brand"]
    return {
        (length, digit): tuple(
            (row["from"], row["to"])
            for row in table
            if length in row["lengths"] and row["from"][0] <= digit <= row["to"][0]
        )
        for length in range(SHORTEST, LONGEST + 1)
        for digit in "0123456789"
    }


def _something_else(text: str, groups: list[Group], digits: str) -> bool:
    """Is it a column of sizes, prices or dates, or an article number that says so?"""
    start, end = groups[0][0], groups[-1][1]
    if len(groups) == 1:
        return (
            len(digits) in (13, 14)
            and _gtin(digits)
            and bool(_ARTICLE.search(text[max(0, start - _ARTICLE_REACH) : start]))
        )
    if not _evenly_listed(text, groups):
        return True
    words = re.split(r"[\s,;:/|]+", _whole_words(text, start, end))
    return len(words) > 1 and (_series(words) or all(map(_DATE.fullmatch, words)) or _prices(words))


def _whole_words(text: str, start: int, end: int) -> str:
    """The stretch with the rest of the numbers that it begins and ends in: the 5 of 36.5 is no number of its own."""
    before = _WORD_END.search(text[max(0, start - 8) : start])
    after = _WORD_START.match(text[end : end + 8])
    return (before[0] if before else "") + text[start:end] + (after[0] if after else "")


def _listed(text: str, groups: list[Group]) -> bool:
    """Is there a comma, a slash or the like between the groups, as in a list?"""
    return any(_LIST_GAP.fullmatch(text, before[1], after[0]) for before, after in pairwise(groups))


def _evenly_listed(text: str, groups: list[Group]) -> bool:
    """Commas, slashes and the like part a card's digits only when nothing but the same mark does."""
    gaps = {text[before[1] : after[0]] for before, after in pairwise(groups)}
    return not _listed(text, groups) or (len(gaps) == 1 and _regular(groups))


def _regular(groups: list[Group]) -> bool:
    sizes = [end - start for start, end in groups]
    return sizes in ([4, 4, 4, 4], [4, 6, 5], [4, 6, 4], [4, 4, 4, 4, 3], [4, 4, 4, 1]) or set(sizes) == {1}


def _series(words: list[str]) -> bool:
    """Sizes in order: 36 37 38 39, or 36 36.5 37."""
    if len(words) < 4 or not all(map(_DECIMAL.fullmatch, words)):
        return False
    steps = {round(float(after) - float(before), 2) for before, after in pairwise(words)}
    return len(steps) == 1 and steps != {0.0}


def _prices(words: list[str]) -> bool:
    return len(words) >= 3 and all(re.fullmatch(r"[0-9]{1,4}\.[0-9]{2}", word) for word in words)


def _gtin(digits: str) -> bool:
    return not sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(digits))) % 10
