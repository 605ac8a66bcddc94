"""The words that we know, as TOML keeps them: changes when they are kept, or matched, otherwise."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar

_T = TypeVar("_T")


def once(found: Iterable[_T]) -> tuple[_T, ...]:
    return tuple(dict.fromkeys(found))


def any_of(words: Iterable[str]) -> str:
    """The longer first, so that "at the most" is not read as "at"."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def count_of(said: str) -> int:
    """A number in figures or in words."""
    return numbers().get(said.lower()) or int(said)


def figures() -> Mapping[str, int]:
    """How many of something are told or compared."""
    shown: Mapping[str, int] = said("carry")["shown"]
    return shown


@cache
def nearness() -> Mapping[str, float]:
    """From when on a product is near to what was asked for."""
    near: Mapping[str, float] = said("carry")["near"]
    return near


@cache
def numbers() -> Mapping[str, int]:
    return {str(word): int(value) for word, value in said("wanted")["numbers"].items()}


@cache
def ordinals() -> Mapping[str, int]:
    return {str(word): int(value) for word, value in said("wanted")["ordinals"].items()}


@cache
def currency_signs() -> Mapping[str, str]:
    return {word: sign for words, sign in said("wanted")["currencies"].items() for word in words.split()}


@cache
def colour_names() -> Mapping[str, str]:
    """What we call a colour, by each of its words."""
    return {word: name for name, words in said("wanted")["colours"].items() for word in words}


@cache
def size_names() -> Mapping[str, str]:
    """What we call a size, by each of its words."""
    return {word: name for name, words in said("wanted")["sizes"].items() for word in words}


@cache
def said(name: str) -> dict[str, Any]:
    """What `<name>.toml` says."""
    return tomllib.loads(files("shopwright.orchestrator").joinpath(f"{name}.toml").read_text("utf-8"))


@cache
def small_numbers() -> str:
    """The words that count up to twenty, as one pattern has them."""
    return any_of(word for word, value in numbers().items() if value <= 20)
