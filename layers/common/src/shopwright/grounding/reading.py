"""A text as the checker compares it: its words, what it denies, its names. Changes when we read English better."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from shopwright.grounding.figures import Figure, between, figures
from shopwright.llm import words

_TOKEN = re.compile(r"[^\W_]+(?:['’.&][^\W_]+)*(?:-[^\W_]+)*|[;:,.!?()]")
_SENTENCE = re.compile(
    r"(?<=[.!?…])(?<!\b[A-Z]\.)(?<!\be\.g\.)(?<!\bi\.e\.)(?<!\bapprox\.)(?<!\bNo\.)[\"'”’)\]]*\s+(?=[^\sa-z])|\n+"
)
_FIELD = re.compile(r"(?:^|; )(?P<label>[^\W\d][\w .()/-]{0,39}): ")
_REFUSED = re.compile(r"[^:]{1,40}: (?:no|false|none|not? .*)", re.I)
_ADJECTIVE = re.compile(r"non-\w+(?:able|ible|ed)")
_MOST = 400  # statements of a source that are looked at
_KEPT = 1024  # readings: a source is read once for all claims that cite it


@dataclass(frozen=True, slots=True)
class Word:
    """A word that means something: as it is written, the stems of its meaning, and whether it is written as a name."""

    written: str
    stems: frozenset[str]
    named: bool


@dataclass(frozen=True, slots=True)
class Clause:
    """What is said in one go. `denies`: it holds an odd number of "not"; `lacking` are the words after a "without"."""

    words: tuple[Word, ...]
    plain: frozenset[str]  # every word as it is written, in lower case, with and without a plural's s
    figures: tuple[Figure, ...]
    denies: bool
    lacking: frozenset[str]

    @property
    def terms(self) -> frozenset[str]:
        return frozenset(stem for word in self.words for stem in word.stems)

    @property
    def names(self) -> frozenset[str]:
        return frozenset(word.written.casefold() for word in self.words if word.named)


@dataclass(frozen=True, slots=True)
class Reading:
    """A statement: its clauses, and what they hold together."""

    text: str
    clauses: tuple[Clause, ...]
    words: tuple[Word, ...]
    terms: frozenset[str]
    plain: frozenset[str]
    figures: tuple[Figure, ...]


@lru_cache(maxsize=_KEPT)
def read(text: str) -> Reading:
    """Read one statement."""
    said = _phrased(text)
    told = figures(said)
    held = {place: one for one in told for place in range(one.start, one.end)}
    clauses: list[Clause] = []
    current = _Open()
    begins = True
    tokens = list(_TOKEN.finditer(said))
    for at, match in enumerate(tokens):
        token, lower = match[0], match[0].casefold().replace("’", "'")
        figure = held.get(match.start()) or held.get(match.end() - 1)
        after = tokens[at + 1][0] if at + 1 < len(tokens) else ""
        if figure:
            current.figures.setdefault(figure.start, figure)
            begins = False
            if lower in between():
                current.take(token, lower, named=False)
            continue
        if not token[0].isalnum():
            mark = token
            if mark in ";:" or (mark == "," and (after.casefold() in _joints() or after == "and")):
                current = _closed(current, clauses)
            begins = mark in ".!?:"
            current.lacks = False
            continue
        if lower in _joints() or (lower == "that" and after.casefold() in _verbs()):
            current = _closed(current, clauses)
        named, begins = _named(token, begins), False
        if lower in _without() and (lower not in _places() or after.casefold() in _articles() or after[:1].isupper()):
            current.lacks = True
            current.plain.add(lower)
            continue
        current.take(token, lower, named=named)
    left = _closed(current, clauses)
    if left is current and (current.words or current.figures or current.denials):
        clauses.append(_whole(current))
    if _REFUSED.fullmatch(text):
        clauses = [_refused(clauses)]
    return Reading(
        text,
        tuple(clauses),
        tuple(word for clause in clauses for word in clause.words),
        frozenset[str]().union(*(clause.terms for clause in clauses)),
        frozenset[str]().union(*(clause.plain for clause in clauses)),
        told,
    )


class _Open:
    """A clause as it grows."""

    def __init__(self) -> None:
        self.words: list[Word] = []
        self.plain: set[str] = set()
        self.figures: dict[int, Figure] = {}
        self.denials = 0
        self.lacking: set[str] = set()
        self.lacks = False

    def take(self, token: str, lower: str, *, named: bool) -> None:
        if lower in _no() or lower.endswith("n't") or _ADJECTIVE.fullmatch(lower):
            self.denials += 1
            self.lacks = False
            if "-" not in lower:
                return
        for part in {lower, *lower.split("-")}:
            self.plain |= {part, part.removesuffix("s"), part.removesuffix("'s")}
        stems = _stems(lower)
        if stems:
            self.words.append(Word(token, stems, named))
            if self.lacks:
                self.lacking |= stems
                self.lacks = False


def _closed(current: _Open, clauses: list[Clause]) -> _Open:
    """Put it with the others; what is too short to stand alone goes with what comes."""
    short = len(current.words) + len(current.figures) < 2
    if short and (not clauses or not (current.words or current.figures)):
        return current
    clause = _whole(current)
    if short and not clause.denies:
        before = clauses.pop()
        clause = _together(before, clause)
    clauses.append(clause)
    return _Open()


def _whole(current: _Open) -> Clause:
    return Clause(
        tuple(current.words),
        frozenset(current.plain),
        tuple(current.figures.values()),
        current.denials % 2 == 1,
        frozenset(current.lacking),
    )


def _together(one: Clause, other: Clause) -> Clause:
    return Clause(
        one.words + other.words,
        one.plain | other.plain,
        one.figures + other.figures,
        one.denies != other.denies,
        one.lacking | other.lacking,
    )


def _refused(clauses: list[Clause]) -> Clause:
    """A field whose value is "no" denies what its label says, once."""
    whole = clauses[0]
    for other in clauses[1:]:
        whole = _together(whole, other)
    return Clause(whole.words, whole.plain, whole.figures, denies=True, lacking=whole.lacking)


def statements(text: str) -> tuple[str, ...]:
    """What a passage says: its sentences, or the fields of a record."""
    fields = list(_FIELD.finditer(text))
    if len(fields) >= 3 and not fields[0].start() and "\n" not in text:
        ends = [match.start() for match in fields[1:]] + [len(text)]
        return tuple(text[match.start() : end].lstrip("; ").strip() for match, end in zip(fields, ends, strict=True))
    pieces = (piece.strip() for sentence in _SENTENCE.split(text) for piece in re.split(r";\s+", sentence))
    return tuple(piece for piece in pieces if re.search(r"\w", piece))[:_MOST]


def contrary(claim: Clause, told: Clause) -> int:
    """How many words of the claim stand against what is told: opposites, or one of several that exclude each other."""
    mine, theirs = claim.plain - told.plain, told.plain - claim.plain
    count = sum((one in mine and other in theirs) or (other in mine and one in theirs) for one, other in _opposites())
    for before in _prefixes():
        count += sum(f"{before}{word}" in theirs for word in mine) + sum(f"{before}{word}" in mine for word in theirs)
    for group in _exclusive():
        count += bool(mine & group and theirs & group and not claim.plain & told.plain & group)
    return count


def _phrased(text: str) -> str:
    for pattern, instead in _phrases():
        text = pattern.sub(instead, text)
    return text


def _named(token: str, begins: bool) -> bool:
    """A name has a capital that begins no sentence, or a letter beside a digit."""
    has_digit, has_letter = any(map(str.isdigit, token)), any(map(str.isalpha, token))
    return (has_digit and has_letter) or any(map(str.isupper, token[1:])) or (token[0].isupper() and not begins)


@cache
def _stems(lower: str) -> frozenset[str]:
    if lower in _empty():
        return frozenset()
    known = _same().get(lower)
    return frozenset({known}) if known else frozenset(_same().get(stem, stem) for stem in words.terms(lower))


@cache
def _table() -> "dict[str, dict[str, list[str]]]":
    return tomllib.loads(files("shopwright.grounding").joinpath("reading.toml").read_text("utf-8"))


@cache
def _no() -> frozenset[str]:
    return frozenset(_table()["words"]["no"])


@cache
def _without() -> frozenset[str]:
    return frozenset(_table()["words"]["without"])


@cache
def _places() -> frozenset[str]:
    return frozenset(_table()["words"]["places"])


@cache
def _articles() -> frozenset[str]:
    return frozenset(_table()["words"]["articles"])


@cache
def _verbs() -> frozenset[str]:
    return frozenset(_table()["words"]["verbs"])


@cache
def _joints() -> frozenset[str]:
    return frozenset(_table()["words"]["joints"])


@cache
def _empty() -> frozenset[str]:
    return frozenset(str(_table()["words"]["empty"]).split())


@cache
def _phrases() -> tuple[tuple[re.Pattern[str], str], ...]:
    rows = [(phrase, word) for word, phrases in _table()["phrases"].items() for phrase in phrases]
    return tuple(
        (re.compile(rf"\b{re.escape(phrase)}\b", re.I), word)
        for phrase, word in sorted(rows, key=lambda row: -len(row[0]))
    )


@cache
def _same() -> dict[str, str]:
    meanings: dict[str, str] = {}
    for line in _table()["words"]["same"]:
        first, *others = line.casefold().split()
        for word in (first, *others):
            for stem in {word, *words.terms(word)}:
                meanings.setdefault(stem, first)
    return meanings


@cache
def _opposites() -> tuple[tuple[str, str], ...]:
    return tuple((one, other) for one, other in (pair.split() for pair in _table()["opposites"]["pairs"]))


@cache
def _prefixes() -> tuple[str, ...]:
    return tuple(_table()["opposites"]["prefixes"])


@cache
def _exclusive() -> tuple[frozenset[str], ...]:
    return tuple(frozenset(line.split()) for line in _table()["opposites"]["exclusive"])
