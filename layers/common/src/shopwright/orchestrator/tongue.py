"""Which language a text is in, as far as its commonest words tell: changes when another language is to be told apart.

For one question: did the shopper ask in another language than the shop's documents are in? A message of a few words, or
one in a language that is not in the table, tells nothing, and is read as ever.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")


@dataclass(frozen=True, slots=True)
class Tongue:
    """A language: how it is known (`tongue.toml`), and what is said in it of an answer that is in another one."""

    words: frozenset[str]
    greets: frozenset[str]
    asks: frozenset[str]
    marks: frozenset[str]
    script: re.Pattern[str] | None
    capitals: bool
    note: str
    not_found: str
    not_in_documents: str


@cache
def tongues() -> Mapping[str, Tongue]:
    table: dict[str, Any] = tomllib.loads(files("shopwright.orchestrator").joinpath("tongue.toml").read_text("utf-8"))
    return {
        code: Tongue(
            frozenset(row["words"].split()),
            frozenset(row.get("greets", "").split()),
            frozenset(row.get("asks", "").split()),
            frozenset(row.get("marks", "")),
            re.compile(f"[{row['script']}]") if "script" in row else None,
            row.get("capitals", True),
            row["note"],
            row["not_found"],
            row["not_in_documents"],
        )
        for code, row in table["tongues"].items()
    }


def tongue_of(text: str, *, share: float = 0.2) -> str | None:
    """The language's code; None when the words do not tell: not so large a share of them is among its commonest, or two
    languages have as many of them."""
    plain = text.casefold().replace("’", "'")
    letters = sum(map(str.isalpha, plain))
    for code, one in tongues().items():
        if one.script is not None and letters and 3 * len(one.script.findall(plain)) >= letters:
            return code
    said = _WORD.findall(plain)
    greeted = [code for code, one in tongues().items() if said and set(said) <= one.greets]
    if len(greeted) == 1:
        return greeted[0]
    apart = set(said)  # a word that is said a thousand times tells no more than once
    counts = sorted(
        ((len(apart & one.words) + bool(one.marks & set(plain)), code) for code, one in tongues().items()), reverse=True
    )
    (most, code), (second, _) = counts[:2]
    asks = most == 1 and second == 0 and len(said) > 1 and said[0] in tongues()[code].asks
    return code if (most >= 2 or asks) and most > second and most >= share * len(apart) else None


def plainly(asked: str) -> str:
    """What a question in another language than English is about: without its commonest words, which tell nothing, and,
    where every noun has a capital, without these."""
    code = tongue_of(asked)
    if code is None or code == "en":
        return asked
    mine = tongues()[code]
    said = _WORD.sub(lambda word: "" if word[0].casefold().replace("’", "'") in mine.words else word[0], asked)
    kept = (said if mine.capitals else said.casefold()).split()
    return " ".join(one for one in kept if any(map(str.isalnum, one)))


def other(asked: str, documents: Sequence[str]) -> str | None:
    """The language that was asked in, when the documents are in another; None: one is in it, or nobody knows."""
    mine = tongue_of(asked)
    if mine is None or mine == "en":  # an English question is read as it stands, whatever the documents are in
        return None
    if any(_of_record(document) == mine for document in documents):
        return None
    theirs = of_documents(documents)
    return mine if theirs is not None and theirs != mine else None


def of_documents(documents: Sequence[str]) -> str | None:
    return _of_record(" ".join(documents))


def _of_record(text: str) -> str | None:
    return tongue_of(text, share=0.03)  # records of products have few such words
