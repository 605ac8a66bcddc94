"""What merchants call the columns of their feeds: changes when we read those names otherwise than by the table."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

_WORDS = re.compile(r"[^\W_]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_BRACKETED = re.compile(r"\((?P<unit>[^\W\d_]{1,5})\)\s*$")
MAX_NAME = 40


@dataclass(frozen=True, slots=True)
class Column:
    """What a column holds: a role that we know, or a fact under a name of its own, and the unit that its name says."""

    role: str | None
    name: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Figures:
    """The tables beside the roles: which units, yes and no, and words for availability there are."""

    units: frozenset[str]
    flags: Mapping[str, str]
    availability: Mapping[str, str]
    prose: frozenset[str]


@lru_cache(maxsize=4096)
def column(label: str) -> Column:
    """`Variant Price`, `g:price`, `regular_price` and `price` are one column; `weight_g` and `Weight (kg)` another."""
    plain, unit = _unit(label)
    words = _plain(plain)
    role = _roles().get(words)
    if role is None:
        for prefix in _table()["prefixes"]["names"]:
            if words.startswith(f"{prefix} "):
                words = words.removeprefix(f"{prefix} ")
                role = _roles().get(words)
                break
    if role == "grams":
        return Column(None, "weight", "g")
    name = role or words.replace(" ", "_")[:MAX_NAME].strip("_")
    return Column(role, name, unit)


@cache
def figures() -> Figures:
    table = _table()
    return Figures(
        units=frozenset(table["units"]["known"]),
        flags={word: said for said, words in table["flags"].items() for word in words},
        availability={word: said for said, words in table["availability"].items() for word in words},
        prose=frozenset(table["prose"]["roles"]),
    )


def _unit(label: str) -> tuple[str, str]:
    """The name without the unit at its end, and the unit."""
    bracketed = _BRACKETED.search(label)
    if bracketed and bracketed["unit"] in figures().units:
        return label[: bracketed.start()], bracketed["unit"]
    stem, _, last = label.strip().rpartition("_")
    by_name = {unit.casefold(): unit for unit in sorted(figures().units, reverse=True)}
    if stem and last.casefold() in by_name and last.casefold() not in ("in", "l"):
        return stem, by_name[last.casefold()]
    return label, ""


def _plain(label: str) -> str:
    return " ".join(_WORDS.findall(_CAMEL.sub(" ", label.strip()).casefold()))


@cache
def _table() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(files("shopwright.catalog").joinpath("columns.toml").read_text("utf-8"))


@cache
def _roles() -> dict[str, str]:
    return {name: role for role, names in _table()["roles"].items() for name in names}
