"""The sentences that no model wrote, one file for each language: this changes when languages are chosen otherwise."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


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
    """The sentences in a language that there is a file for."""
    table = tomllib.loads(files("shopwright.grounding.wording").joinpath(f"{locale}.toml").read_text("utf-8"))
    return Wording(**table)
