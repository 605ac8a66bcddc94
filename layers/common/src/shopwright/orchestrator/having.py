"""Whether a product has a thing: changes when we can tell from more of a catalog that it has, or has not.

A value that is yes or no decides over any prose. Else whatever says it in its name, its values or its description
counts, unless it is said to be absent there ("without noise cancelling"). That nobody mentions it is no proof that it
is not there, except where every product names its own: what is of oak is not of steel.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from shopwright.catalog.facts import Kind, Sheet
from shopwright.llm import words
from shopwright.llm.extractive import record
from shopwright.orchestrator.vocabulary import said

_ABSENT = re.compile(
    r"\b(?:without|not(?! only)|no(?! more|\.? ?[0-9])|never|free (?:of|from)|lacks?|lacking|cannot"
    r"|(?:is|are|do|does|has|have|ca|wo)n['’]t)\b[^.;:,()]*|\b[^\W\d_]+-free\b"
    # "It goes where down should not": the negation ends its clause, and denies what stands before it.
    r"|\b[^\W\d_]+ (?:should|must|can|could|may|will|would|do|does) not(?=\s*(?:$|[.;:,()]))",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Thing:
    """What a product may have: by its words, by the `flags` that are called so, or by what `means` as much."""

    text: str
    terms: frozenset[str]
    flags: tuple[str, ...] = ()
    means: str = ""


def flags_of(sheets: Iterable[Sheet]) -> frozenset[str]:
    """The names of the values that are yes or no."""
    return frozenset(name for sheet in sheets for name, fact in sheet.items() if fact.kind is Kind.FLAG)


def thing(text: str, flags: Iterable[str], *, as_word: bool = False) -> Thing | None:
    """What these words name; None, when they name nothing. In one word, such as non-stick, each part of it counts."""
    found = words.terms(text.replace("-", " ")) - (frozenset() if as_word else _nothing())
    if not found:
        return None
    means = next((name for name, one in _tables().means.items() if found <= one.terms), "")
    return Thing(text, found, tuple(sorted(flag for flag in flags if _called(flag, found))), means)


def things_in(terms: Sequence[str], flags: Iterable[str]) -> tuple[tuple[Thing, ...], tuple[str, ...]]:
    """The things among words that are decided by a value, and the words that are left."""
    found: list[Thing] = []
    taken: set[str] = set()
    said = frozenset(terms)
    for flag in sorted(flags):
        if _called(flag, said):
            named = words.terms(flag)
            taken |= (named | _tables().beside) & said
            found.append(Thing(flag.replace("_", " "), named, (flag,)))
    for name, one in _tables().means.items():
        if one.terms & said and not one.denied_only:
            taken |= one.terms & said
            found.append(Thing(name, one.terms & said, means=name))
    return tuple(found), tuple(term for term in terms if term not in taken)


def without_things(spelled: Sequence[str]) -> list[str]:
    """The words that a product must hold as they are: what another word may mean as well is not among them."""
    means = {term for one in _tables().means.values() if not one.denied_only for term in one.terms}
    return [word for word in spelled if not words.terms(word) & means]


def has(one: Thing, title: str, content: str, sheet: Sheet, others: Sequence[tuple[str, Sheet]]) -> bool | None:
    """Whether it has it; None: nobody says. `others` are the titles and values of its like: where one of them names the
    thing as its own, a product that names another has it not."""
    flagged = [sheet[flag].value == "yes" for flag in one.flags if flag in sheet]
    if flagged:
        return any(flagged)
    if one.means:
        return _means(one.means, title, sheet)
    colours = parts(sheet["colour"].value) if "colour" in sheet else []
    if len(colours) > 1 and any(_says(one, colour) for colour in colours):
        return all(_says(one, colour) for colour in colours)  # it may be had in another one
    told = [title, *_values(sheet), _prose(content)]
    if any(one.terms <= words.terms(_ABSENT.sub(" ", text)) for text in told):
        return True
    if any(one.terms <= words.terms(" ".join(_ABSENT.findall(text)).replace("-", " ")) for text in told):
        return False
    known = {name for name in _tables().known for _, other in others if name in other and _says(one, other[name].value)}
    called = one.text[:1].isupper() and any(_says(one, other) for other, _ in others)
    return False if called or any(name in sheet for name in known) else None


def said_by(one: Thing, title: str, content: str, sheet: Sheet) -> tuple[tuple[str, ...], str]:
    """Which values say whether a product has a thing, or else the sentence of its description that does."""
    named = tuple(flag for flag in one.flags if flag in sheet)
    if not named and one.means:
        means = _tables().means[one.means]
        named = tuple(name for name, fact in sheet.items() if means.says.search(fact.value))
        named = named or tuple(name for name in means.by or _tables().by if name in sheet)
    named = named or tuple(
        name for name, fact in sheet.items() if fact.kind is not Kind.FLAG and _says(one, fact.value)
    )
    told = (value for _, value in record(content)) if record(content) else (content,)
    sentences = (part for value in told for part in re.split(r"(?<=[.;!?])\s+", value))
    prose = next((part.strip() for part in sentences if one.terms <= words.terms(part.replace("-", " "))), "")
    return named, "" if named or prose in title else prose


def may_have(one: Thing, title: str, content: str, sheet: Sheet) -> bool:
    """Whether its words stand there, be it apart or spelled otherwise, where nobody says whether it has it: then it is
    not shown to who wants none."""
    if one.flags or one.means:
        return False
    said = terms_of(title, content, sheet)
    joined = _joined(_ABSENT.sub(" ", " . ".join((title, *_values(sheet), _prose(content)))))
    return all(
        (thing(word, ()) or one).terms <= said or (len(plain := _joined(word)) >= _LONG and plain in joined)
        for word in one.text.split()
        if words.terms(word) & one.terms
    )


def denies(text: str, what: Iterable[str], beside: frozenset[str] = frozenset()) -> bool:
    """Whether it is said of something that it is not so, or not there: of one of these things, which the words
    `beside` may name."""
    said = words.terms(" ".join(_ABSENT.findall(text)).replace("-", " "))
    named = [words.terms(one) - _nothing() for one in what]
    return bool(_ABSENT.search(text)) and (not named or any(one <= said | beside for one in named))


def terms_of(title: str, content: str, sheet: Sheet) -> frozenset[str]:
    """All that is said of a product, but for what is said not to be there."""
    flags = " ".join(name for name, fact in sheet.items() if fact.kind is Kind.FLAG and fact.value == "yes")
    return words.terms(_ABSENT.sub(" ", " . ".join((title, *_values(sheet), _prose(content), flags))))


def parts(value: str) -> list[str]:
    """The values of variants that differ, each by itself."""
    return [part.strip() for part in value.split(",") if part.strip()]


def decides() -> set[str]:
    """The values, beside flags, by which it is decided."""
    return set(_tables().known)


def _means(name: str, title: str, sheet: Sheet) -> bool | None:
    means = _tables().means[name]
    told = [title, *_values(sheet)]
    if any(means.says.search(_ABSENT.sub(" ", text)) for text in told):
        return True
    if means.contrary:
        other = _means(means.contrary, title, sheet)
        return None if other is None else not other
    return False if any(name in sheet for name in means.by or _tables().by) else None


def _joined(text: str) -> str:
    """ "non-stick" and "non stick" are "nonstick"."""
    return re.sub(r"[\W_]+", "", text.casefold())


def _says(one: Thing, value: str) -> bool:
    return one.terms <= words.terms(value)


def _values(sheet: Sheet) -> list[str]:
    return [fact.value for fact in sheet.values() if fact.kind is not Kind.FLAG]


def _prose(content: str) -> str:
    """What a record says, but for its values that are yes or no: they are read from the database."""
    pairs = record(content)
    return " . ".join(f"{label} : {value}" for label, value in pairs if value.casefold() not in _NO) or content


_LONG = 7  # letters: a shorter word stands in too many others
_NO = frozenset({"no", "false", "n"})


def _called(flag: str, said: frozenset[str]) -> bool:
    """Whether words name a flag, with or without the word that is beside its subject."""
    named = words.terms(flag)
    return bool(named) and (named - _tables().beside or named) <= said


@dataclass(frozen=True, slots=True)
class _Means:
    terms: frozenset[str]
    says: re.Pattern[str]
    contrary: str
    by: tuple[str, ...]
    denied_only: bool


@dataclass(frozen=True, slots=True)
class _Tables:
    """What `carry.toml` says of it."""

    means: Mapping[str, _Means]
    known: tuple[str, ...]
    by: tuple[str, ...]  # of a thing that several words mean
    beside: frozenset[str]


@cache
def _nothing() -> frozenset[str]:
    return words.terms(said("carry")["words"]["asks"])


@cache
def _tables() -> _Tables:
    lists = said("carry")
    return _Tables(
        means={
            name: _Means(
                words.terms(" ".join(one["words"])),
                re.compile(
                    rf"(?<![\w-])(?:{'|'.join([*map(re.escape, one['says']), *one.get('also', ())])})(?![\w])", re.I
                ),
                one.get("contrary", ""),
                tuple(one.get("by", ())),
                one.get("denied_only", False),
            )
            for name, one in lists["means"].items()
        },
        known=tuple(lists["known"]["by"]),
        by=tuple(lists["known"]["of_means"]),
        beside=words.terms(lists["known"]["beside"]),
    )
