"""Tier 0: an answer in the merchant's own sentences, without a model: changes when we choose those sentences better.

It quotes and never writes: a sentence of a page, the answer of a question that the merchant has answered, or fields of
a product's record. What it cannot quote it does not say. Deterministic; about two milliseconds.
"""

import math
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from shopwright.llm import fits, words
from shopwright.llm.fits import Quantity, Subject
from shopwright.llm.words import Asked

_END = re.compile(
    r"(?<=[.!?…])(?<!\b[A-Z]\.)(?<!\be\.g\.)(?<!\bi\.e\.)(?<!\bapprox\.)(?<!\bincl\.)(?<!\bexcl\.)(?<!\bNo\.)[\"'”’)\]]*\s+(?=[^\sa-z])"
    r"|\n+"
)
_FIELD = re.compile(r"(?:^|; )(?P<label>[^\W\d][\w .()/-]{0,39}): ")
_UNIT = re.compile(
    r"^(?P<what>.+)_(?P<unit>mg|g|kg|mm|cm|m|ml|l|w|wh|kwh|v|mah|hz|gb|tb|mb|h|min|s|days|months|years)$"
)
_UNITS = {"w": "W", "wh": "Wh", "kwh": "kWh", "v": "V", "mah": "mAh", "hz": "Hz", "gb": "GB", "tb": "TB", "mb": "MB"}
_NAMED = frozenset({"name", "title", "product", "product name", "model", "question"})
_PROSE = frozenset({"description", "details", "text", "summary"})
_PLAIN = frozenset({"sku", "id", "stock", "ean", "gtin", "url", "image", "image_url", "currency"})
# "from 50 EUR" is a figure; "free for orders over 50 EUR" only holds one.
_LEADS = re.compile(r"\W*(?:[^\W\d_]+ ){0,2}\W*[0-9]")
_OUT = ("availability", "out of stock")  # whoever asks for a price wants to know that it cannot be had


@dataclass(frozen=True, slots=True)
class Source:
    """A retrieved passage as the composer reads it. `similarity` is its cosine with the question."""

    ref: int
    titles: tuple[str, ...]
    content: str
    similarity: float


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of an answer. Each of `quotes` stands in the source word for word, and `text` says no more."""

    text: str
    ref: int
    quotes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """What could be answered. `confidence` is the probability that the sources hold the answer; below the threshold
    there are no sentences: an honest "that is not in the documents" is better than the nearest thing to an answer."""

    sentences: tuple[Sentence, ...]
    confidence: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for there being an answer: what the calibration was made with."""

    similarity: float  # of the nearest passage
    coverage: float  # the weighted share of the question that the best unit and its titles hold
    missing_name: float  # the share of the question's names that no passage holds
    asked_terms: int


@dataclass(frozen=True, slots=True)
class _Unit:
    source: Source
    place: int
    text: str
    said: frozenset[str]
    above: frozenset[str]
    fields: tuple[tuple[str, str], ...]
    heading: str  # right above it: the last title, or the question that it answers
    row: tuple[tuple[str, str], ...] = ()  # of a table that has no products' names: what stands in its columns


def compose(question: str, sources: Sequence[Source]) -> Draft:
    """Choose one to three quotations that answer the question, or none."""
    about = words.asked(fits.without_examples(question))
    units = [unit for source in sources for unit in _units(source)]
    entry = _entry(question, units)
    if not units or fits.hides_its_subject(question) or (fits.compares(question) and not entry):
        return Draft((), 0.0)
    weights = _weights(about, units)
    confidence = _probability(_evidence(about, sources, units, weights))
    if confidence < _figures()["answerable"]["threshold"]:
        return Draft((), confidence)
    chosen = entry or _choose(question, about, units, weights)
    if fits.asks_stock(question):
        about = replace(about, terms=about.terms | words.terms("stock availability"))
    return Draft(tuple(_sentence(about, unit) for unit in chosen), confidence)


def record(content: str) -> tuple[tuple[str, str], ...]:
    """The fields of a record, each with its label, in their order; nothing for sentences."""
    return _fields(content)


def evidence(question: str, sources: Sequence[Source]) -> Evidence:
    """The features of the decision, for whoever calibrates it."""
    about = words.asked(fits.without_examples(question))
    units = [unit for source in sources for unit in _units(source)]
    return _evidence(about, sources, units, _weights(about, units))


def _units(source: Source) -> Iterable[_Unit]:
    """The quotable parts of a passage: a record is one, and so is each sentence of anything else."""
    above = words.terms(" ".join(source.titles))
    heading = source.titles[-1] if source.titles else ""
    fields = _fields(source.content)
    if fields:
        named = any(label.casefold() in _NAMED for label, _ in fields)
        said = words.terms(source.content)
        yield _Unit(source, 0, source.content, said, above, fields, heading, () if named else fields)
        return
    place = 0
    for piece in _END.split(source.content):
        text = piece.strip()
        if not re.search(r"\w", text):
            continue
        if text.endswith("?"):  # the question of a question and answer: it says what is below, like a title
            above |= words.terms(text)
            heading = text
            continue
        yield _Unit(source, place, text, words.terms(text), above, (), heading, _cells(text, fewest=2))
        place += 1


def _fields(content: str) -> tuple[tuple[str, str], ...]:
    return _cells(content, fewest=3)


def _cells(content: str, *, fewest: int) -> tuple[tuple[str, str], ...]:
    found = list(_FIELD.finditer(content))
    if len(found) < fewest or found[0].start() or "\n" in content:
        return ()
    ends = [match.start() for match in found[1:]] + [len(content)]
    return tuple((match["label"], content[match.end() : end].strip()) for match, end in zip(found, ends, strict=True))


def _weights(about: Asked, units: Sequence[_Unit]) -> dict[str, float]:
    """How much each word of the question tells: the rarer among what was found, the more; a name more than a word."""
    passages: dict[int, frozenset[str]] = {}
    for unit in units:
        passages[unit.source.ref] = passages.get(unit.source.ref, frozenset()) | unit.said | unit.above
    counts = Counter(term for held in passages.values() for term in about.terms & held)
    total = len(passages)
    return {
        term: (1.0 + math.log((total + 1) / (counts[term] + 1))) * (1.5 if term in about.names else 1.0)
        for term in about.terms
    }


def _evidence(about: Asked, sources: Sequence[Source], units: Sequence[_Unit], weights: dict[str, float]) -> Evidence:
    everything = sum(weights.values())
    best = max((_held(unit.said | unit.above, weights) for unit in units), default=0.0)
    found: frozenset[str] = frozenset().union(*(unit.said | unit.above for unit in units)) if units else frozenset()
    return Evidence(
        similarity=max((source.similarity for source in sources), default=0.0),
        coverage=best / everything if everything else 0.0,
        missing_name=len(about.names - found) / len(about.names) if about.names else 0.0,
        asked_terms=len(about.terms),
    )


def _held(said: frozenset[str], weights: dict[str, float]) -> float:
    return sum(weight for term, weight in weights.items() if term in said)


def _probability(evidence: Evidence) -> float:
    by = _figures()["answerable"]
    score = (
        by["intercept"]
        + by["similarity"] * evidence.similarity
        + by["coverage"] * evidence.coverage
        + by["missing_name"] * evidence.missing_name
    )
    return 1 / (1 + math.exp(-score))


def _entry(question: str, units: Sequence[_Unit]) -> list[_Unit]:
    """What the merchant has written under this very question."""
    under = [unit for unit in units if not unit.fields and fits.asks_the_same(question, unit.heading)]
    if not under or any(unit.row for unit in under):
        return []
    first = min(under, key=lambda unit: unit.source.ref)
    same = [unit for unit in under if unit.source is first.source]
    return same[: int(_figures()["choose"]["sentences"])]


def _choose(question: str, about: Asked, units: Sequence[_Unit], weights: dict[str, float]) -> list[_Unit]:
    """The units to quote, in the order of their source; none when nothing fits what was asked."""
    by = _figures()["choose"]
    subject = fits.subject(question)
    records = _records(about, subject, units)
    if records and len(records) <= by["sentences"]:
        return records
    everything = sum(weights.values()) or 1.0

    def adds(unit: _Unit, open_terms: dict[str, float], open_figures: frozenset[str]) -> float:
        figures = sum(words.has_figure(kind, unit.text) for kind in open_figures)
        return _held(unit.said, open_terms) / everything + by["figure_bonus"] * figures

    def worth(unit: _Unit) -> float:
        above = by["title_weight"] * _held(unit.above - unit.said, weights) / everything
        alien = by["alien_service"] if fits.alien_qualifiers(subject, unit.said) else 0.0
        holds = by["held_figure"] if unit in holding else 0.0
        return adds(unit, weights, about.figures) + above + holds - alien

    def rank(unit: _Unit) -> float:
        return worth(unit) + by["similarity_weight"] * unit.source.similarity

    holding, without = _told_apart(question, units)
    pages = [unit for unit in units if not _name(unit) and unit not in without]
    # What stands in the row above is said of something else.
    said = {(unit.source.ref, unit.place + 1): unit.said for unit in pages if not unit.row}
    fitting = [
        unit
        for unit in pages
        if fits.is_said_of(
            subject,
            unit.text,
            unit.said,
            unit.above,
            frozenset() if unit.row else said.get((unit.source.ref, unit.place), frozenset()),
            about.figures,
            " ".join(unit.source.titles),
            unit.heading,
        )
    ]
    fitting = [unit for unit in fitting if fits.names_place(subject, unit.text)] or fitting
    ranked = sorted(fitting, key=lambda unit: (-rank(unit), unit.source.ref, unit.place))
    if not ranked:
        return []
    first = ranked[0]
    if first.row:
        rows = [
            unit for unit in ranked if unit.row and _table(unit) == _table(first) and worth(unit) >= worth(first) - 1e-9
        ]
        if len(rows) > by["rows"]:  # nobody wants to read them all, and none of them is the answer
            ranked = [unit for unit in ranked if not unit.row]
            if not ranked:
                return []
            first = ranked[0]
        elif len(rows) > 1:
            return sorted(rows, key=lambda unit: (unit.source.ref, unit.place))
    chosen = _with_what_it_leans_on(first, pages)
    if first.fields:
        return chosen
    if about.how_to:  # the steps of an instruction stand one after the other
        after = [unit for unit in pages if unit.source is first.source and unit.place > first.place]
        steps = sorted({unit.place: unit for unit in [*chosen, *after]}.items())
        return [unit for _, unit in steps][: int(by["sentences"])]
    for unit in ranked[1:]:
        if len(chosen) >= by["sentences"] or rank(unit) < by["close_enough"] * rank(first):
            break
        held = frozenset().union(*(one.said | one.above for one in chosen))
        figures = frozenset(
            kind for kind in about.figures if not any(words.has_figure(kind, one.text) for one in chosen)
        )
        left = {term: weight for term, weight in weights.items() if term not in held}
        further = [one for one in _with_what_it_leans_on(unit, pages) if one not in chosen]
        if (
            not unit.fields
            and adds(unit, left, figures) >= by["new_share"]
            and len(chosen) + len(further) <= by["sentences"]
        ):
            chosen.extend(further)
    order = {ref: at for at, ref in reversed(list(enumerate(unit.source.ref for unit in chosen)))}
    return sorted(chosen, key=lambda unit: (order[unit.source.ref], unit.place))


def _table(unit: _Unit) -> tuple[tuple[str, ...], str]:
    """What the rows of one table have in common."""
    return unit.source.titles, unit.row[0][0]


def _told_apart(question: str, units: Sequence[_Unit]) -> tuple[list[_Unit], list[_Unit]]:
    """The rows that hold a figure of the question, and those that are of other figures: 100 EUR is not 50 EUR."""
    asked = fits.quantities(question)
    holding: list[_Unit] = []
    without: list[_Unit] = []
    for table in dict.fromkeys(_table(unit) for unit in units if unit.row):
        rows = [unit for unit in units if unit.row and _table(unit) == table]
        label = _key(rows, asked)
        held = [unit for unit in rows if any(fits.is_among(one, asked) for one in _in_column(unit, label))]
        if held or (label and any(kind for _, kind in asked)):
            holding += held
            without += [unit for unit in rows if unit not in held]
    return holding, without


def _key(rows: Sequence[_Unit], asked: frozenset[Quantity]) -> str:
    """The first column whose figures are of a kind that the question gives; "" for none. A price is an answer, unless
    it stands first."""
    for at, label in enumerate(dict.fromkeys(label for unit in rows for label, _ in unit.row)):
        column = [value for unit in rows for name, value in unit.row if name == label]
        is_answer = at and words.terms(label) & words.terms("price")
        if is_answer or not all(map(_LEADS.match, column)):
            continue
        if any(
            fits.is_comparable(one, asked, label, bare=not at) for value in column for one in fits.quantities(value)
        ):
            return label
    return ""


def _in_column(unit: _Unit, label: str) -> frozenset[Quantity]:
    return frozenset(one for name, value in unit.row if name == label for one in fits.quantities(value))


def _records(about: Asked, subject: Subject, units: Sequence[_Unit]) -> list[_Unit]:
    """The products that the question names. The one whose whole name it says goes before all
    others; of several that it could mean, all."""
    fitting = [unit for unit in units if _name(unit) and _is_record_of(about, subject, unit)]
    whole = [unit for unit in fitting if fits.is_full_name(subject, _name(unit))]
    if whole:
        longest = max(len(fits.tokens(_name(unit))) for unit in whole)
        return [unit for unit in whole if len(fits.tokens(_name(unit))) == longest]
    if about.how_to:  # instructions are not found in a product's record
        return []
    return fitting


def _is_record_of(about: Asked, subject: Subject, unit: _Unit) -> bool:
    told = [(label, value) for label, value in unit.fields if label.casefold() not in {*_PLAIN, *_PROSE}]
    return fits.is_record_of(
        subject, _name(unit), [value for _, value in told], [label for label, _ in unit.fields]
    ) and all(
        any(words.has_figure(kind, f"{label}: {value}") for label, value in told)
        for kind in about.figures
        if kind != "number"
    )


def _with_what_it_leans_on(unit: _Unit, units: Sequence[_Unit]) -> list[_Unit]:
    """A sentence that begins with "Under that" says nothing, or something else, without the one before; a rule is half
    told without the "Under that" after it."""
    before_and_after = {one.place: one for one in units if one.source is unit.source and not one.fields}
    chosen = [unit]
    after = before_and_after.get(unit.place + 1)
    if after is not None and fits.completes(after.text):
        chosen.append(after)
    while len(chosen) < _figures()["choose"]["sentences"] and fits.leans(chosen[0].text):
        previous = before_and_after.get(chosen[0].place - 1)
        if previous is None:
            break
        chosen.insert(0, previous)
    return chosen


def _name(unit: _Unit) -> str:
    """What a product's record calls it; nothing for any other unit."""
    return next((value for label, value in unit.fields if label.casefold() in _NAMED), "")


def _sentence(about: Asked, unit: _Unit) -> Sentence:
    if not unit.fields:
        return Sentence(unit.text, unit.source.ref, (unit.text,))
    return _record(about, unit)


def _record(about: Asked, unit: _Unit) -> Sentence:
    """The fields of a record that the question asks for, under the record's name; without such, its description."""
    named = next((field for field in unit.fields if field[0].casefold() in _NAMED), None)
    if named is None and unit.fields[0][0].casefold() not in _PLAIN:
        named = unit.fields[0]  # a row of a table is of what stands in its first column
    others = [field for field in unit.fields if field != named]
    about_name = words.terms(named[1]) if named else frozenset()
    wanted = [field for field in others if words.terms(field[0]) & (about.terms - about_name)]
    wanted = wanted or [field for field in others if _wants(about, field, about_name)]
    if not wanted:
        wanted = [
            field
            for field in others
            if field[0].casefold() not in _PLAIN and (field[0].casefold() in ("description", "price"))
        ]
    shown = wanted[:4] or others[:3]
    shown += [field for field in others if field == _OUT and field not in shown]
    told = ", ".join(_told(label, value) for label, value in shown)
    return Sentence(
        f"{named[1]}: {told}" if named else told,
        unit.source.ref,
        tuple(f"{label}: {value}" for label, value in ([named, *shown] if named else shown)),
    )


def _wants(about: Asked, field: tuple[str, str], about_name: frozenset[str]) -> bool:
    label, value = field
    asked = about.terms - about_name
    if label.casefold() in _PLAIN:
        return False
    return bool(words.terms(value) & asked) or any(
        words.has_figure(kind, f"{label}: {value}") for kind in about.figures if kind not in ("number", "time")
    )


def _told(label: str, value: str) -> str:
    match = _UNIT.match(label)
    if match and re.fullmatch(r"[0-9][0-9.,]*", value):
        return f"{match['what'].replace('_', ' ')} {value} {_UNITS.get(match['unit'], match['unit'])}"
    return value if label.casefold() == "description" else f"{label.replace('_', ' ')} {value}"


@cache
def _figures() -> dict[str, dict[str, float]]:
    return tomllib.loads(files("shopwright.llm").joinpath("extractive.toml").read_text("utf-8"))
