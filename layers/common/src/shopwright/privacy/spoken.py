"""Finds numbers and e-mail addresses that are spelled out in words: changes when a way of saying one gets past it.

"six nine seven one …", "double five", "jane dot doe at example dot com". Seven digits in a row are said of nothing in
a shop but a telephone, a card or an account; counting up ("one two three four …") is not a number at all.
"""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any

from shopwright.privacy import card

FEWEST = 7
_MOST = 40  # words in one spoken number: what is longer is looked at in parts
_TOKEN = re.compile(r"[^\W_]+")
_GAP = re.compile(r"[\s,.\-]{1,3}")
_LETTER_BY_LETTER = re.compile(  # j a n e @ g m a i l . c o m
    r"(?<!\w)\w(?:[ \t][\w.+\-]){1,63}[ \t]@[ \t][^\W_](?:[ \t][\w\-]){1,40}"
    r"(?:[ \t]\.(?:[ \t][^\W\d_]){2,24}(?!\w)){1,4}"
)
_NAMED = re.compile(r"[^\W\d_]{2,20}[._][^\W\d_]{2,20}")
_TIMES = {"double": 2, "triple": 3, "treble": 3}


def numbers(text: str) -> Iterator[tuple[int, int, str]]:
    """Where spelled numbers stand, and their digits."""
    if sum(word in _values() for word in _TOKEN.findall(text.lower())) < 4:
        return
    for run in _runs(text):
        digits = "".join(said for _, _, said in run)
        if len(digits) >= FEWEST and not _counts(digits):
            yield run[0][0], run[-1][1], digits


def emails(text: str) -> Iterator[tuple[int, int]]:
    """Where spelled e-mail addresses stand."""
    yield from (match.span() for match in _LETTER_BY_LETTER.finditer(text))
    if not _said("at") & set(text.lower().split()) and " @ " not in text:
        return
    for match in _address().finditer(text):
        local, domain = match["local"], match["domain"]
        words = _TOKEN.findall(local)
        if len(words) == 1 and words[0].casefold() in _said("nobody"):
            continue
        written = "." in domain and not re.search(r"[\s]", domain)
        provider = _TOKEN.findall(domain)[0].casefold() in _said("providers")
        before = {word.casefold() for word in _TOKEN.findall(text[max(0, match.start() - 40) : match.start()])}
        shouted = match["at"].isupper() and not (local.isupper() and domain.isupper())  # jane AT example DOT com
        spaced = match["at"] == "@" and not written  # jane @ example . com
        named = _NAMED.fullmatch(local) and (local.islower() or local.istitle())  # jane.doe at example.com
        named = named and not set(map(str.casefold, words)) & _said("files")
        if provider or shouted or spaced or named or (len(words) > 1 and not written) or before & _said("announced"):
            yield match.span()
    yield from (match.span() for match in _at_a_provider().finditer(text))


def _runs(text: str) -> Iterator[list[tuple[int, int, str]]]:
    """Digits, in words or in figures of four at most, with nothing but a gap between; at least half of them said."""
    run: list[tuple[int, int, str]] = []
    said = times = 0
    started = 0
    for token in _TOKEN.finditer(text):
        word = token[0].casefold()
        digits = word if word.isdigit() and len(word) <= 4 else _values().get(word, "")
        apart = bool(run) and not _GAP.fullmatch(text, run[-1][1], started if times else token.start())
        if word in _TIMES and not times:
            if apart:
                yield from _whole(run, said)
                run, said = [], 0
            times, started = _TIMES[word], token.start()
            continue
        if not digits or apart or len(run) == _MOST:
            yield from _whole(run, said)
            run, said = [], 0
        if digits:
            pair = run and digits.isdigit() and len(digits) == 1 and run[-1][2] in _TENS and word in _values()
            if pair:  # forty two
                run[-1] = (run[-1][0], token.end(), run[-1][2][0] + digits)
            else:
                run.append((started if times else token.start(), token.end(), digits * max(1, times)))
            said += word in _values()
        times = 0
    yield from _whole(run, said)


_TENS = frozenset(f"{ten}0" for ten in range(2, 10))


def _whole(run: list[tuple[int, int, str]], said: int) -> Iterator[list[tuple[int, int, str]]]:
    if said >= 4 and 2 * said >= len(run):
        yield run


def _counts(digits: str) -> bool:
    """One, two, three, …: upwards or downwards without a break, or the same again and again."""
    steps = {int(after) - int(before) for before, after in pairwise(digits)}
    return steps in ({1}, {-1}) or (steps == {0} and not card.luhn(digits))


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files("shopwright.privacy").joinpath("spoken.toml").read_text("utf-8"))


@cache
def _values() -> dict[str, str]:
    found: dict[str, str] = dict(_table()["pairs"])
    for language in _table()["digits"].values():
        for digit, words in enumerate(language.split()):
            for word in words.split("/"):
                found.setdefault(word, str(digit))
    return found


@cache
def _said(name: str) -> frozenset[str]:
    return frozenset(_table()["mail"][name].split())


@cache
def _address() -> re.Pattern[str]:
    def either(name: str) -> str:
        return "|".join(map(re.escape, sorted(_said(name))))

    dot = rf"(?:[ \t]{{1,2}}(?:{either('dot')})[ \t]{{1,2}}|[ \t]?\.[ \t]?)"
    join = rf"(?:{dot}|[ \t]{{1,2}}(?:{either('joined')})[ \t]{{1,2}}|[_+\-])"
    part = r"[^\W_]{1,32}"
    letters = r"[^\W_](?:[ \t][^\W_]){2,24}"  # j a n e
    return re.compile(
        rf"(?<![\w.])(?P<local>(?:{letters}|{part})(?:{join}(?:{letters}|{part})){{0,5}})"
        rf"[ \t]{{1,2}}(?P<at>{either('at')}|@)[ \t]{{1,2}}"
        rf"(?P<domain>[^\W_](?:[\w\-]{{0,40}})(?:{dot}[^\W_][\w\-]{{0,30}}){{0,3}}?{dot}[^\W\d_]{{2,10}}"
        rf"(?:{dot}(?:uk|in|au|nz|za|br|jp|kr|mx|il|tr)\b)?)(?!\w)",
        re.I,
    )


@cache
def _at_a_provider() -> re.Pattern[str]:
    """jane dot doe at gmail, jane.doe99 at gmail: without the end that everybody knows."""
    dot, at, provider = ("|".join(map(re.escape, sorted(_said(name)))) for name in ("dot", "at", "everybodys"))
    return re.compile(
        rf"(?<![\w.])[^\W_]{{1,32}}(?:(?:[ \t](?:{dot}|underscore)[ \t]|[._])[^\W_]{{1,32}}){{1,4}}"
        rf"[ \t](?:{at})[ \t](?:{provider})(?![\w.])",
        re.I,
    )
