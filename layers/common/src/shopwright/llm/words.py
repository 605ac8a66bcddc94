"""Which words of a question matter and which mean the same: changes when English questions need better reading."""

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*(?:-[^\W_]+)*")
_MONEY = re.compile(
    r"[€$£¥]\s?[0-9]|[0-9]\s?(?:[€$£¥]|(?:EUR|USD|GBP|CHF|euros?|dollars?|pounds?|cents?)\b)|free\b"
    r"|\bprice: ?[0-9]",
    re.I,
)
_TIME = re.compile(
    r"\b(?:[0-9]+|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fourteen|same|next|first|last)"
    r"(?:[ \-](?:to|or|and|–)?[ \-]?[0-9]*)?[ \-]?(?:working |business |calendar )?"
    r"(?:second|minute|hour|day|week|month|year|night)s?\b|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day|"
    r"\b[0-9]{1,2}(?::[0-9]{2})?\s?(?:am|pm)\b|\b[0-9]+ ?h\b",
    re.I,
)
_WEIGHT = re.compile(
    r"[0-9]\s?(?:g|kg|mg|lbs?|oz|grams?|kilos?|kilograms?|pounds?|ounces?)\b|weight_[a-z]+: ?[0-9]", re.I
)
_POWER = re.compile(r"[0-9]\s?(?:k?w|(?:kilo)?watts?)\b|\b(?:power_k?w|wattage|watts): ?[0-9]", re.I)
_NUMBER = re.compile(r"[0-9]|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve|half|quarter)\b", re.I)
_FIGURES = {"money": _MONEY, "time": _TIME, "weight": _WEIGHT, "power": _POWER, "number": _NUMBER}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question is about. `names` are the words written as names are; `figures` the kinds of figure wanted."""

    terms: frozenset[str]
    names: frozenset[str]
    figures: frozenset[str]
    how_to: bool


@lru_cache(maxsize=256)
def asked(question: str) -> Asked:
    """Read a question."""
    question = _read(question)
    said = list(_WORD.finditer(question))
    terms = frozenset(term for match in said for term in _terms(match[0]))
    names = frozenset(
        term
        for match in said
        if _is_name(match[0]) and not _begins(question, match.start())
        for term in _terms(match[0])
    )
    plain = f" {' '.join(match[0].casefold() for match in said)} "
    figures = frozenset(
        kind for kind, phrases in _table()["figures"].items() if any(f" {phrase} " in plain for phrase in phrases)
    )
    return Asked(terms, names, figures, bool(re.match(r"\s*how (?:do|can|should|to|would)\b", question, re.I)))


@lru_cache(maxsize=4096)  # ways of answering read the same sentences, one after the other
def terms(text: str) -> frozenset[str]:
    """The words of a text that mean something, each as the stem of its meaning."""
    return frozenset(term for match in _WORD.finditer(_read(text.replace("_", " "))) for term in _terms(match[0]))


def has_figure(kind: str, text: str) -> bool:
    """Does a text hold a figure of this kind?"""
    return bool(_FIGURES[kind].search(text))


@cache
def figure_terms(kind: str) -> frozenset[str]:
    """The words that ask for a figure of this kind: the figure itself answers them."""
    return terms(" ".join(_table()["figures"][kind]))


def _read(text: str) -> str:
    """The text with each phrase that means one word, or tells nothing, as that."""
    if not _any_phrase().search(text.lower()):  # as a rule: one look instead of twenty
        return text
    for phrase, word in _phrases():
        text = phrase.sub(word, text)
    return text


@lru_cache(maxsize=16_384)
def _terms(word: str) -> frozenset[str]:
    found: set[str] = set()
    for part in {word, *word.split("-")}:
        plain = _unaccented(part.casefold()).replace("’", "'").removesuffix("'s")
        if plain not in _empty() and (len(plain) > 1 or plain.isdigit()):
            found.add(_same().get(plain) or _same().get(_stem(plain)) or _stem(plain))
    return frozenset(found)


def _unaccented(word: str) -> str:
    """A crêpe pan is asked for as a pan for crepes."""
    if word.isascii():
        return word
    return "".join(one for one in unicodedata.normalize("NFKD", word) if not unicodedata.combining(one))


def _is_name(word: str) -> bool:
    return word[0].isupper() or (word[0].isdigit() and any(map(str.isalpha, word)))


def _begins(question: str, place: int) -> bool:
    """A capital that only begins a sentence makes no name."""
    before = question[:place].rstrip()
    return not before or before[-1] in ".!?:"


def _stem(word: str) -> str:
    """Enough of a stem for English inflections: it need not be a word, only the same for both forms."""
    if len(word) <= 3 or not word.isascii() or not word.isalpha():
        return word
    for ending, instead in (("ies", "y"), ("sses", "ss"), ("ches", "ch"), ("shes", "sh"), ("xes", "x")):
        if word.endswith(ending):
            return word[: -len(ending)] + instead
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and re.search(r"[aeiouy]", word[: -len(ending)]):
            word = word[: -len(ending)]
            if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lsz":
                word = word[:-1]
            break
    return word[:-1] if word.endswith("e") and len(word) > 3 else word


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads(files("shopwright.llm").joinpath("english.toml").read_text("utf-8"))
    return table


@cache
def _empty() -> frozenset[str]:
    return frozenset(str(_table()["empty"]).split())


@cache
def _phrases() -> tuple[tuple[re.Pattern[str], str], ...]:
    verbs = "|".join(str(_table()["back"]).split())
    back = rf"\b(?:{verbs})(?: [\w']{{1,20}}){{0,2}} back\b"
    return tuple((re.compile(phrase, re.I), word) for phrase, word in [(back, "return"), *_table()["phrases"]])


@cache
def _any_phrase() -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{phrase.pattern})" for phrase, _ in _phrases()))


@cache
def _same() -> dict[str, str]:
    meanings: dict[str, str] = {}
    for line in _table()["same"]:
        first, *others = line.split()
        for word in (first, *others):
            meanings.setdefault(word, first)
            meanings.setdefault(_stem(word), first)
    return meanings
