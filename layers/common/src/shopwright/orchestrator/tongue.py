"""Which language a text is in, as far as its commonest words tell: changes when another language is to be told apart.

For one question: did the shopper ask in another language than the shop's documents are in? A message of a few words, or
one in a language that is not in the table, tells nothing, and is read as ever.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")


@dataclass(frozen=True, slots=True)
class Tongue:
    """A language: its commonest words, and what is said in it of an answer that is in another one."""

    words: frozenset[str]
    note: str
    not_in_documents: str


@cache
def tongues() -> Mapping[str, Tongue]:
    table: dict[str, Any] = tomllib.loads(files("shopwright.orchestrator").joinpath("tongue.toml").read_text("utf-8"))
    return {
        code: Tongue(frozenset(row["words"].split()), row["note"], row["not_in_documents"])
        for code, row in table["tongues"].items()
    }


def tongue_of(text: str, *, share: float = 0.2) -> str | None:
    """The language's code; None when the words do not tell: not so large a share of them is among its commonest, or two
    languages have as many of them."""
    said = [word.casefold().replace("’", "'") for word in _WORD.findall(text)]
    counts = sorted(((sum(word in one.words for word in said), code) for code, one in tongues().items()), reverse=True)
    (most, code), (second, _) = counts[:2]
    return code if most >= 2 and most > second and most >= share * len(said) else None


def other(asked: str, documents: Iterable[str]) -> str | None:
    """The language that was asked in, when the documents are in another; None: they are not, or nobody knows."""
    mine = tongue_of(asked)
    if mine is None or mine == "en":  # an English question is read as it stands, whatever the documents are in
        return None
    theirs = tongue_of(" ".join(documents), share=0.03)  # records of products have few such words
    return mine if theirs is not None and theirs != mine else None
