"""Finds bank account numbers (IBAN): changes when a way of writing one gets past it.

The country's own length and structure and the mod-97 check decide, in any spacing and either case.
"""

import re
from collections.abc import Iterator
from functools import cache

_GAP = r"[\s.\-/_,~]"
_START = re.compile(rf"(?=([A-Za-z]{_GAP}{{0,2}}[A-Za-z]{_GAP}{{0,2}}[0-9]{_GAP}{{0,2}}[0-9]))")
_SEPARATED = re.compile(rf"{_GAP}+")
_MISTYPED = str.maketrans("OI", "01")  # the letters for the digits
_SHORTEST, _LONGEST = 15, 34
_WIDEST_GAP = 3
_SEPARATORS = frozenset(" \t\r\n.-/_,~")


def find(text: str) -> Iterator[tuple[int, int]]:
    """Where IBANs stand. Each possible beginning is followed for a hundred-odd characters at most."""
    end = 0
    for start, length in beginnings(text):
        if start < end:
            continue
        characters, stop = _gather(text, start, length)
        if len(characters) == length and not _wordy(text[start:stop]) and _valid(characters):
            end = stop
            yield start, stop


def beginnings(text: str) -> Iterator[tuple[int, int]]:
    """Where an IBAN may begin, and how long its country says that it is."""
    for match in _START.finditer(text):
        length = _lengths().get(_pair(match[1]))
        glued = match.start() > 0 and text[match.start() - 1].isalnum()
        if length is not None and not (glued and len(match[1]) > 4):
            yield match.start(), length  # from within a word only when nothing parts the first four characters


def _pair(beginning: str) -> str:
    return "".join(character for character in beginning if character.isalpha())[:2].upper()


def _gather(text: str, start: int, length: int) -> tuple[str, int]:
    characters: list[str] = []
    place, gap = start, 0
    while place < len(text) and len(characters) < length:
        character = text[place]
        if character.isascii() and character.isalnum():
            characters.append(character)
            gap = 0
        elif character in _SEPARATORS and gap < _WIDEST_GAP:
            gap += 1
        else:
            break
        place += 1
    return "".join(characters).upper(), place


def _wordy(written: str) -> bool:
    """Words between blanks: no bank parts its numbers so that five letters stand alone."""
    groups = _SEPARATED.split(written)
    return len(groups) > 1 and any(len(group) > 4 and group.isalpha() for group in groups)


def _valid(number: str) -> bool:
    from stdnum import iban  # loaded by the first text that may hold one: it reads a table

    country, rest = number[:2], number[2:]
    spelled = {number, country + rest.translate(_MISTYPED)}
    return any(iban.is_valid(one, check_country=False) for one in spelled)


@cache
def _lengths() -> dict[str, int]:
    """Country → length, from the registry that python-stdnum carries."""
    from stdnum import numdb

    found: dict[str, int] = {}
    for length, low, _, properties, _ in numdb.get("iban").prefixes:
        bban = sum(int(size) for size in re.findall(r"([0-9]+)!?[a-z]", properties.get("bban", "")))
        if length == 2 and bban and _SHORTEST <= bban + 4 <= _LONGEST:
            found[low] = bban + 4
    return found
