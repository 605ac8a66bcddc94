"""An English question out of one in another language, by the words of shopping: changes when more languages are read.

Only for a question in a form that we know and of which every word is known, or stands as a name in the shop's own
pages: half a question is another one. What comes of it is clumsy, and good enough to be looked up.
"""

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import product
from typing import Any

_WORD = re.compile(r"[^\W_]+(?:[.,]\d+)*")
_PART = re.compile(r"\([^()]*\)|\{\}|[^\s()]+")
_SENTENCES = re.compile(r"[.?!:]\s+\S")
_SHORTEST = 4  # letters of a word that others are joined to, or that has an ending
_LONGEST = 5  # words of a phrase


@dataclass(frozen=True, slots=True)
class Glossary:
    """A language's words (`glossary.toml`); `forms` are matched against words that each have a space after them."""

    opens: re.Pattern[str]
    forms: tuple[tuple[re.Pattern[str], str], ...]
    words: Mapping[str, str]
    small: frozenset[str]
    endings: tuple[str, ...]
    links: tuple[str, ...]

    def meaning(self, phrase: str) -> str | None:
        """What a word or a phrase means, in whatever case or number; "" for what may be left out."""
        if phrase in self.words:
            return self.words[phrase]
        if phrase in self.small:
            return ""
        for stems in product(*map(self._stems, phrase.split())):
            if (stem := " ".join(stems)) in self.words:
                return self.words[stem]
        return self._joined(phrase) if self.links and " " not in phrase else None

    def _stems(self, word: str) -> Sequence[str]:
        return [word, *(word.removesuffix(one) for one in self.endings if len(word) > _SHORTEST and word.endswith(one))]

    def _joined(self, word: str) -> str | None:
        for at in range(len(word) - _SHORTEST, _SHORTEST - 1, -1):
            first = next((self.words[one] for one in self._unlinked(word[:at]) if self.words.get(one)), None)
            rest = self.meaning(word[at:]) if first and word[at:] not in self.small else None
            if first and rest:
                return f"{first} {rest}"
        return None

    def _unlinked(self, word: str) -> Sequence[str]:
        return [word, *(word.removesuffix(link) for link in self.links if word.endswith(link))]


@cache
def glossaries() -> Mapping[str, Glossary]:
    table: dict[str, Any] = tomllib.loads(files("shopwright.orchestrator").joinpath("glossary.toml").read_text("utf-8"))
    return {
        code: Glossary(
            re.compile(rf"(?:(?:{row['opens']}) )+"),
            tuple((_form(pattern), said) for pattern, said in row["forms"].items()),
            row["words"],
            frozenset(row["small"].split()),
            tuple(row["endings"].split()),
            tuple(row["links"].split()),
        )
        for code, row in table.items()
    }


def english(asked: str, code: str, pages: Sequence[str]) -> str | None:
    """The question in English; None: we cannot read enough of it. `pages` are the shop's, which its names stand in."""
    mine = glossaries().get(code)
    if mine is None or _SENTENCES.search(asked):
        return None
    said = _WORD.findall(asked.replace("ß", "ss"))
    plain = "".join(f"{_plain(one)} " for one in said)
    opening = mine.opens.match(plain)
    begins = opening.end() if opening else 0
    for form, template in mine.forms:
        found = form.fullmatch(plain, begins)
        if found is None:
            continue
        if "{" not in template:
            return template
        first, last = (plain[:at].count(" ") for at in found.span("about"))
        meant = _meant(said[first:last], mine, pages)
        if meant:
            turned = [*meant[-1:], *meant[:-1]] if mine.links else meant
            return template.replace("{verb}", " ".join(turned)).replace("{}", " ".join(meant))
    return None


def _meant(said: Sequence[str], mine: Glossary, pages: Sequence[str]) -> list[str]:
    """The words one after the other; empty: one of them is not known."""
    plain = [_plain(one) for one in said]
    meant: list[str] = []
    at = 0
    while at < len(said):
        for length in range(min(_LONGEST, len(said) - at), 0, -1):
            meaning = mine.meaning(" ".join(plain[at : at + length]))
            if meaning is None and length == 1 and (said[at][0].isdigit() or _is_name(said[at], pages)):
                meaning = said[at]
            if meaning is not None:
                meant += [meaning] if meaning else []
                at += length
                break
        else:
            return []
    return meant


def _is_name(word: str, pages: Sequence[str]) -> bool:
    return word[0].isupper() and any(re.search(rf"\b{re.escape(word)}\b", page) for page in pages)


def _plain(word: str) -> str:
    apart = unicodedata.normalize("NFKD", word.casefold())
    return "".join(one for one in apart if not unicodedata.combining(one))


def _form(pattern: str) -> re.Pattern[str]:
    def part(text: str) -> str:
        if text == "{}":
            return "(?P<about>.+ )"
        if text.startswith("("):
            return rf"(?:{text[1:-1]}) " if "|" in text else rf"(?:{text[1:-1]} )?"
        return rf"{text} "

    return re.compile("".join(map(part, _PART.findall(pattern))))
