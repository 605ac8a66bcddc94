"""Finds what names one person or opens their accounts: changes when another country's number, or another word, counts.

A number counts because its shape and check are distinct enough, or because a word announces it; a word that says it is
an order's or an article's takes it back. Network addresses are here too: they lead to one household.
"""

import ipaddress
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import Any

from shopwright.privacy import card

_BEFORE = 60
_WORD = re.compile(r"[^\W\d_]+")
_APOSTROPHED = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?|[^\W_]+")
_DIGITS = re.compile(r"[0-9]{2}|[0-9a-f]:[0-9a-f]", re.I)
_LINK = (
    r"(?:[ \t]{1,2}(?:number|numbers|no|nr|code|id|details|is|was|are|reads|as|like|such|of|ending|in|with|ist|est|es)"
    r"\b\.?|[ \t]?[:=#(])"
    r"{0,4}[ \t]{0,2}"
)
_VALUES = {
    "number": r"['\"“‘]?(?:[A-Z]{2}: ?)?(?P<value>[#*]?(?=[\w*\-]{0,20}[0-9*X]{3})(?=[\w\- ]{0,30}[0-9])"
    r"[A-Z]{0,10}-?[0-9X*]"
    r"[0-9A-Z*\-]{2,30}(?:[ \-][0-9X]{2,6}){0,5})",
    "secret": r"(?P<value>(?P<q>['\"])[^\n'\"]{3,64}(?P=q)|[“‘][^\n“”‘’]{3,64}[”’]"
    r"|(?=[^\s]{0,40}[0-9!@#$%^&*_])[^\s'\"“‘,;:()]{5,64}[^\s'\",.;:()?])",
    "code": r"(?P<value>[0-9]{3,8})(?![\w.-])",
    "sort": r"(?P<value>[0-9]{2}[ \-]?[0-9]{2}[ \-]?[0-9]{2})(?![\w-])",
    "bank": r"(?P<value>[0-9]{4}[ \-]?[0-9]{4}(?:[ \-]?[0-9]{1,4})?)(?![\w-])",
    "card": r"(?P<value>[56][0-9]{11})(?![\w.-])",
    "date": r"(?P<value>[0-9]{1,4}[./\- ][0-9]{1,2}[./\- ][0-9]{1,4}"
    r"|[0-9]{1,2}(?:st|nd|rd|th|\.)?(?: of)? [^\W\d_]{3,9}"
    r"\.?,? [0-9]{2,4}|[^\W\d_]{3,9} [0-9]{1,2}(?:st|nd|rd|th)?,? [0-9]{4})",
}
_PARTED = re.compile(r"[. ]")
_AND_IS = re.compile(  # AB123456C is my national insurance number
    r"[ \t]{1,2}(?:is|was|ist|es|est|è|é)[ \t](?:my|his|her|their|the|meine?|mi|mon|ma|mijn|meu)[ \t]"
    r"(?P<what>[^\n.;!?]{1,40})",
    re.I,
)
_IPV4 = re.compile(r"(?<![\w.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![\w]|\.[0-9])")
_IPV6 = re.compile(r"(?<![\w:])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:])", re.I)
_VERSION = re.compile(r"(?:\bv|version|firmware|release|build|driver|bios|software)[ \t:.]{0,3}$", re.I)


@dataclass(frozen=True, slots=True)
class _Id:
    shape: re.Pattern[str]
    check: Callable[[str], bool]
    alone: bool
    words: frozenset[str]


def words_of(text: str) -> frozenset[str]:
    """The words of a text, each once, in small letters."""
    return frozenset(_APOSTROPHED.findall(text.lower()))


def ids(text: str) -> Iterator[tuple[int, int]]:
    """Where national ids stand."""
    if not _DIGITS.search(text):
        return
    hinted = bool(words_of(text) & frozenset().union(*(kind.words for kind in _ids())))
    for kind in _ids():
        if not (kind.alone or hinted):
            continue
        for match in kind.shape.finditer(text):
            before = [word.casefold() for word in _WORD.findall(text[max(0, match.start() - _BEFORE) : match.start()])]
            after = _AND_IS.match(text, match.end())
            told = {*before[-8:], *(words_of(after["what"]) if after else ())}
            if _words("other") & set(before[-3:]) or not (kind.alone or kind.words & told):
                continue
            if kind.check(match[0]) or kind.check(_PARTED.sub("", match[0])):
                yield match.span()


def announced(text: str) -> Iterator[tuple[int, int, str]]:
    """Where a value stands that a word right before it gives away, and of which kind it is."""
    if not words_of(text) & _words("keys"):
        return
    for kind, pattern in _announced():
        for match in pattern.finditer(text):
            before = _WORD.findall(text[max(0, match.start() - 24) : match.start()])[-1:]
            if before and before[0].casefold() in _words("other"):
                continue
            if kind != "card" or card.luhn(match["value"]):
                yield *match.span("value"), kind


def addresses(text: str) -> Iterator[tuple[int, int]]:
    """Where network addresses stand. Four numbers behind "version" are a version."""
    if not _DIGITS.search(text):
        return
    for pattern in (_IPV4, _IPV6):
        for match in pattern.finditer(text):
            if _is_address(match[0]) and not _VERSION.search(text, max(0, match.start() - 16), match.start()):
                yield match.span()


def _is_address(written: str) -> bool:
    if ":" in written and sum(map(str.isalnum, written)) < 6:
        return False  # 10::20 and the like
    try:
        ipaddress.ip_address(written)
    except ValueError:
        return False
    return True


def _always(_: str) -> bool:
    return True


def _checked(module: str) -> Callable[[str], bool]:
    def check(number: str) -> bool:
        # Loaded by the first text that holds such a shape: most texts never need any of them.
        return bool(import_module(f"stdnum.{module}").is_valid(number))

    return check


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files("shopwright.privacy").joinpath("identity.toml").read_text("utf-8"))


@cache
def _ids() -> tuple[_Id, ...]:
    return tuple(
        _Id(
            re.compile(rf"(?<![\w.\-/]){row['shape']}(?![\w]|[\-./][0-9])"),
            _checked(row["module"]) if "module" in row else _always,
            row.get("alone", False),
            frozenset(row["words"].split()) if "words" in row else _words("words"),
        )
        for row in _table()["id"]
    )


@cache
def _words(name: str) -> frozenset[str]:
    return frozenset(_table()["announcing"][name].split())


@cache
def _announced() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(
        (row["kind"], re.compile(rf"\b(?:{_flat(row['words'])}){_LINK}{_VALUES[row['value']]}", re.I))
        for row in _table()["announced"]
    )


def _flat(words: str) -> str:
    return words.replace("\n", "")
