"""Which places a text names, and which of them lie in which: changes when shops and shoppers name more places.

A table of countries, and of those parts of them that shops make rules for: whether "all fifty states" holds Hawaii is
known here, and whether a city lies in one of them is not.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Named:
    """A place in a text: its own name, and where in the text it stands."""

    place: str
    start: int
    end: int


def named(text: str, *, anyhow: bool = False) -> tuple[Named, ...]:
    """The places that a text names, in their order. A name without its capital counts only `anyhow`: "china" is also
    what cups are made of."""
    found = []
    for match in _pattern().finditer(text):
        written = match[0]
        place = own_name(" ".join(written.split()))
        small = not written[0].isupper() and written.upper() in _table()["capitals"]
        if place is not None and not small and (anyhow or written[0].isupper() or place in _plain()):
            found.append(Named(place, match.start(), match.end()))
    return tuple(found)


def within(place: str) -> frozenset[str]:
    """The place itself, and everything that it lies in."""
    return frozenset({place}).union(*(within(whole) for whole in _wholes().get(place, ())))


def own_name(written: str) -> str | None:
    """The place that goes by this name; None for one that is not in the table."""
    return _names().get(written) or _names().get(written.casefold()) or _names().get(written.upper())


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files("shopwright.llm").joinpath("places.toml").read_text("utf-8"))


@cache
def _names() -> dict[str, str]:
    holds: dict[str, list[str]] = _table()["holds"]
    names = {one: one for one in (*holds, *(part for parts in holds.values() for part in parts))}
    return names | {other: also[0] for also in _table()["also"] for other in also}


@cache
def _plain() -> frozenset[str]:
    """Places that are also called by plain words: "all fifty states"."""
    return frozenset({"united states", "contiguous united states"})


@cache
def _pattern() -> re.Pattern[str]:
    longest_first = sorted(_names(), key=len, reverse=True)
    either = "|".join(re.escape(name).replace("\\ ", "\\s+") for name in longest_first)
    return re.compile(rf"(?<!\w)(?:{either})(?!\w)", re.I)


@cache
def _wholes() -> dict[str, tuple[str, ...]]:
    """What each place lies in, one step up."""
    above: dict[str, list[str]] = {}
    for whole, parts in _table()["holds"].items():
        for part in parts:
            above.setdefault(part, []).append(whole)
    return {part: tuple(wholes) for part, wholes in above.items()}
