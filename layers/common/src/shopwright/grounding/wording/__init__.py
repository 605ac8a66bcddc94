"""The sentences that no model wrote, one file for each language: this changes when languages are chosen otherwise."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Wording:
    """One language's sentences."""

    not_in_documents: str
    not_of_it: str
    unavailable: str
    facts_unavailable: str
    budget_spent: str
    notes: dict[str, str]
    talk: dict[str, str]
    shelf: dict[str, str]
    orders: dict[str, str]
    reach: dict[str, str]


@cache
def wording(locale: str = "en") -> Wording:
    """The sentences in a language; in English those that its file has not, or where there is no file."""
    english = _table("en")
    if locale == "en" or not files("shopwright.grounding.wording").joinpath(f"{locale}.toml").is_file():
        return Wording(**english)
    own = _table(locale)
    both: dict[str, Any] = {
        name: {**said, **own.get(name, {})} if isinstance(said, dict) else own.get(name, said)
        for name, said in english.items()
    }
    return Wording(**both)


def _table(locale: str) -> dict[str, Any]:
    return tomllib.loads(files("shopwright.grounding.wording").joinpath(f"{locale}.toml").read_text("utf-8"))
