"""Tier 0: an answer in the merchant's own sentences, without a model: changes when we choose those sentences better.

It quotes and never writes: a sentence of a page, the answer of a question that the merchant has answered, or fields of
a product's record. What it cannot quote it does not say. Deterministic; about two milliseconds.
"""

import math
import re
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from shopwright.llm import delivered, described, fits, guaranteed, policies, recorded, returned, services, words
from shopwright.llm import nearest as near
from shopwright.llm.described import Description
from shopwright.llm.fits import Quantity, Subject
from shopwright.llm.nearest import Likeness
from shopwright.llm.units import NAMED, Source, Unit, fields_of, name, with_what_it_leans_on
from shopwright.llm.units import units as units_of
from shopwright.llm.words import Asked

_UNIT = re.compile(
    r"^(?P<what>.+)_(?P<unit>mg|g|kg|mm|cm|m|ml|l|w|wh|kwh|v|mah|hz|gb|tb|mb|h|min|s|days|months|years)$"
)
_UNITS = {"w": "W", "wh": "Wh", "kwh": "kWh", "v": "V", "mah": "mAh", "hz": "Hz", "gb": "GB", "tb": "TB", "mb": "MB"}
_PLAIN = frozenset({"sku", "id", "stock", "ean", "gtin", "url", "image", "image_url", "currency"})
# "from 50 EUR" is a figure; "free for orders over 50 EUR" only holds one.
_LEADS = re.compile(r"\W*(?:[^\W\d_]+ ){0,2}\W*[0-9]")
_TAKES = re.compile(r"\btakes?\b", re.I)
_STEPS = re.compile(r"^how (?:to|it works)\b", re.I)
_OUT = ("availability", "out of stock")  # whoever asks for a price wants to know that it cannot be had


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


def compose(question: str, sources: Sequence[Source]) -> Draft:
    """Choose one to three quotations that answer the question, or none."""
    question = fits.of_limits(question)
    about = words.asked(fits.without_examples(question))
    units = [unit for source in sources for unit in units_of(source)]
    entry = _entry(question, units)
    if not units or fits.hides_its_subject(question) or (fits.compares(question) and not entry):
        return Draft((), 0.0)
    weights = _weights(about, units)
    evidence = _evidence(about, sources, units, weights)
    of_goods = _of_any_goods(fits.subject(question), units)
    if fits.asks_of_goods(question) and any(_is_of_everything(of_goods, unit) for unit in units):
        evidence = replace(evidence, coverage=1.0)  # "anything" holds whatever is asked about
    confidence = _probability(evidence)
    by = _figures()["choose"]
    pages = [unit for unit in units if not name(unit)]
    rule = delivered.rule(fits.subject(question), about.figures, pages, int(by["sentences"]) - 1)
    settled = [] if entry or rule else _settled(question, about, units, pages)
    of_products = [] if entry or settled or rule else described.told(question, units, int(by["sentences"]))
    if any(one.by_name for one in of_products):
        return Draft(tuple(map(_description, of_products)), max(confidence, by["certain"]))
    if settled or (rule and rule.sure):
        confidence = max(confidence, by["certain"])
    answerable = confidence >= _figures()["answerable"]["threshold"]
    if not answerable:
        chosen: list[Unit] = []
    elif entry or settled:
        chosen = entry or settled
    elif rule is not None:
        general = _choose(question, about, rule.general, weights) if rule.general else []
        beside = () if rule.implied else rule.units
        chosen = [*general[: int(by["sentences"]) - len(beside)], *beside]
    else:
        chosen = guaranteed.with_those_before(_choose(question, about, units, weights), pages, int(by["sentences"]))
    if not chosen and not rule:
        if of_products:
            return Draft(tuple(map(_description, of_products)), max(confidence, by["certain"]))
        chosen = described.of_its_kind(question, units)
        confidence = max(confidence, by["certain"]) if chosen else confidence
    if fits.asks_stock(question):
        about = replace(about, terms=about.terms | words.terms("stock availability"))
    if fits.asks_material(question):
        about = replace(about, terms=about.terms | words.terms("material"))
    return Draft(tuple(_sentence(about, unit) for unit in chosen), confidence)


def nearest(question: str, sources: Sequence[Source], likeness: Likeness) -> Draft:
    """What answers the question in other words, where `compose` found nothing in its own."""
    question = fits.of_limits(question)
    units = [unit for source in sources for unit in units_of(source)]
    most = int(_figures()["choose"]["sentences"])
    chosen = [
        _description(one) if isinstance(one, Description) else Sentence(one.text, one.source.ref, (one.text,))
        for one in near.told(question, units, likeness, most)
    ]
    return Draft(tuple(chosen), _figures()["nearest"]["confidence"] if chosen else 0.0)


def whole(question: str, sources: Sequence[Source]) -> Draft:
    """All that the records of the products that the question names say, where nothing of it is known to answer."""
    units = [unit for source in sources for unit in units_of(source)]
    told = [_whole(unit) for unit in recorded.named(question, units)]
    return Draft(tuple(told), _figures()["whole"]["confidence"] if told else 0.0)


def _whole(unit: Unit) -> Sentence:
    """A record but for what tells a shopper nothing; its description comes last, for it has an end of its own."""
    named = next(field for field in unit.fields if field[0].casefold() in NAMED)
    silent = {*_PLAIN, "category"}
    others = [field for field in unit.fields if field != named and field[0].casefold() not in silent and field[1]]
    shown = sorted(others, key=lambda field: field[0].casefold() in described.PROSE)
    told = ", ".join(_told(label, value) for label, value in shown)
    return Sentence(
        f"{named[1]}: {told}", unit.source.ref, tuple(f"{label}: {value}" for label, value in [named, *shown])
    )


def _settled(question: str, about: Asked, units: Sequence[Unit], pages: Sequence[Unit]) -> list[Unit]:
    """What answers by a rule, whatever its words are: the first that knows."""
    most, rows = int(_figures()["choose"]["sentences"]), int(_figures()["choose"]["rows"])
    return (
        delivered.from_sum(question, pages, most)
        or delivered.returned_from(question, about.figures, pages, most)
        or policies.told(question, pages, most, rows)
        or returned.rule(question, about.figures, units, most)
        or services.rule(question, about.figures, pages, most)
        or guaranteed.rule(question, units, most)
        or [unit for unit in pages if fits.is_surely_of_kind(question, unit.text)][:1]
    )


def names_one(question: str, sources: Sequence[Source]) -> bool:
    """Does the question name a product of these, or a range?"""
    return described.names_one(question, [unit for source in sources for unit in units_of(source)])


def describes(question: str, sources: Sequence[Source]) -> bool:
    """Does the record of a product that the question names speak of what it asks?"""
    if not described.asks(question):
        return False
    units = [unit for source in sources for unit in units_of(source)]
    return any(one.by_name for one in described.told(question, units, int(_figures()["choose"]["sentences"])))


def also_sought(question: str) -> str | None:
    """What to look for beside the question itself: a page seldom holds the word "policy"."""
    return policies.sought(question)


def sought_otherwise(question: str) -> str | None:
    """What to look for when the question itself has found no answer: a page may not hold the name of a country that it
    delivers to, and what it says of everything is far from the name of one product."""
    if fits.subject(question).places:
        return policies.WHERE
    return policies.sought_of(question) if fits.asks_of_goods(question) else None


def record(content: str) -> tuple[tuple[str, str], ...]:
    """The fields of a record, each with its label, in their order; nothing for sentences."""
    return fields_of(content)


def evidence(question: str, sources: Sequence[Source]) -> Evidence:
    """The features of the decision, for whoever calibrates it."""
    about = words.asked(fits.without_examples(question))
    units = [unit for source in sources for unit in units_of(source)]
    return _evidence(about, sources, units, _weights(about, units))


def _weights(about: Asked, units: Sequence[Unit]) -> dict[str, float]:
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


def _evidence(about: Asked, sources: Sequence[Source], units: Sequence[Unit], weights: dict[str, float]) -> Evidence:
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


def _entry(question: str, units: Sequence[Unit]) -> list[Unit]:
    """What the merchant has written under this very question."""
    under = [unit for unit in units if not unit.fields and fits.asks_the_same(question, unit.heading)]
    if not under or any(unit.row for unit in under):
        return []
    first = min(under, key=lambda unit: unit.source.ref)
    same = [unit for unit in under if unit.source is first.source]
    return same[: int(_figures()["choose"]["sentences"])]


def _choose(question: str, about: Asked, units: Sequence[Unit], weights: dict[str, float]) -> list[Unit]:
    """The units to quote, in the order of their source; none when nothing fits what was asked."""
    by = _figures()["choose"]
    subject = fits.subject(question)
    goods = _of_any_goods(subject, units)
    records = _records(question, about, subject, units)
    if records and len(records) <= by["sentences"]:
        return records
    everything = sum(weights.values()) or 1.0

    def adds(unit: Unit, open_terms: dict[str, float], open_figures: frozenset[str]) -> float:
        figures = sum(words.has_figure(kind, unit.text) for kind in open_figures)
        return _held(unit.said, open_terms) / everything + by["figure_bonus"] * figures

    def worth(unit: Unit) -> float:
        above = by["title_weight"] * _held(unit.above - unit.said, weights) / everything
        alien = by["alien_service"] if fits.alien_qualifiers(subject, unit.said) else 0.0
        holds = by["held_figure"] if unit in holding else 0.0
        return adds(unit, weights, about.figures) + above + holds - alien

    takes = bool(_TAKES.search(question))

    def rank(unit: Unit) -> float:
        echo = by["echo"] if takes and _TAKES.search(unit.text) else 0.0
        steps = by["steps"] if about.how_to and _STEPS.search(unit.heading) else 0.0
        return echo + steps + worth(unit) + by["similarity_weight"] * unit.source.similarity

    holding, without = _told_apart(question, units)
    of_parts = described.asks_of_parts(question)
    pages = [unit for unit in units if not name(unit) and unit not in without]
    of_kind = [unit for unit in pages if fits.is_of_kind(question, unit.text)]
    # What stands in the row above is said of something else.
    said = {(unit.source.ref, unit.place + 1): unit.said for unit in pages if not unit.row}
    fitting = [
        unit
        for unit in of_kind
        if (not of_parts or described.tells_of_parts(unit.text))
        and (not fits.is_of_others(unit.text) or subject.words & unit.said)
        and fits.is_said_of(
            goods if fits.catches_all(unit.text) else subject,
            unit.text,
            unit.said,
            unit.above,
            frozenset() if unit.row else said.get((unit.source.ref, unit.place), frozenset()),
            about.figures,
            unit.heading,
        )
    ]
    fitting = _particular(question, goods if subject.names else subject, fitting, of_kind)
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
    chosen = with_what_it_leans_on(first, pages, int(by["sentences"]))
    if first.fields:
        return chosen
    chosen += [unit for unit in _with_it(question, subject, first, pages) if unit not in chosen]
    chosen = chosen[: int(by["sentences"])]
    if about.how_to:  # the steps of an instruction stand one after the other
        same = [unit for unit in pages if unit.source is first.source and unit.heading == first.heading]
        from_first = subject.words & words.terms(first.heading) or _STEPS.search(first.heading)
        after = [unit for unit in same if from_first or unit.place > first.place]
        chosen = [unit for unit in chosen if not from_first]
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
        further = [one for one in with_what_it_leans_on(unit, pages, int(by["sentences"])) if one not in chosen]
        if (
            not unit.fields
            and adds(unit, left, figures) >= by["new_share"]
            and len(chosen) + len(further) <= by["sentences"]
        ):
            chosen.extend(further)
    order = {ref: at for at, ref in reversed(list(enumerate(unit.source.ref for unit in chosen)))}
    return sorted(chosen, key=lambda unit: (order[unit.source.ref], unit.place))


def _of_any_goods(subject: Subject, units: Sequence[Unit]) -> Subject:
    """The subject without the names of products that the shop sells: what is said of everything is said of them."""
    called = [name(unit) for unit in units if name(unit)]
    goods = frozenset(token for one in called for token in fits.tokens(one))
    if not subject.names <= goods:
        return subject
    return replace(
        subject,
        names=subject.names - goods,
        words=subject.words - words.terms(" ".join(called)) | (subject.words & fits.trade()),
        model_numbers=subject.model_numbers - goods,
    )


def _is_of_everything(subject: Subject, unit: Unit) -> bool:
    """Does a sentence of the very business that is asked about speak of everything there is?"""
    business = subject.words & fits.trade()
    return (
        not unit.fields
        and bool(business)
        and business <= unit.said
        and fits.catches_all(unit.text)
        and fits.is_said_of(subject, unit.text, unit.said, unit.above, frozenset(), (), unit.heading)
    )


def _particular(question: str, subject: Subject, fitting: Sequence[Unit], pages: Sequence[Unit]) -> list[Unit]:
    """Without what is said of everything, where the page speaks of the very thing; and, for what is left out, only what
    leaves something out."""
    wanted = subject.words - fits.trade()
    business = subject.words & fits.trade()
    spoken = frozenset[str]().union(
        *(
            (unit.said | words.terms(unit.heading)) & wanted
            for unit in pages
            if business <= unit.said | unit.above and not unit.fields
        )
    )
    kept = [
        unit for unit in fitting if not fits.catches_all(unit.text) or not (wanted - unit.said - unit.above) & spoken
    ]
    if fits.asks_of_what_is_not(question):
        of_others = fits.own() - subject.words if wanted - words.terms("covered") else frozenset()
        kept = [unit for unit in kept if not unit.said & of_others]
        kept = [unit for unit in kept if fits.says_not(unit.text) or fits.limits(unit.text)] or kept
    return kept


def _with_it(question: str, subject: Subject, first: Unit, pages: Sequence[Unit]) -> list[Unit]:
    """What belongs to a sentence: below a heading that names the very thing, what else is said of that; and after "only
    these", what holds for the others."""
    same = [unit for unit in pages if unit.source is first.source and unit.heading == first.heading and not unit.row]
    headed = words.terms(first.heading) - fits.trade() - fits.asking()
    of_entry = first.heading.endswith("?") or fits.asks_of_what_is_not(question)
    if of_entry and fits.limits(first.text):
        return [unit for unit in same if unit.place == first.place + 1]
    if len(headed) > 1 and headed <= subject.words and not first.heading.endswith("?"):
        return [unit for unit in same if unit.place > first.place and unit.said & headed]
    return []


def _table(unit: Unit) -> tuple[tuple[str, ...], str]:
    """What the rows of one table have in common."""
    return unit.source.titles, unit.row[0][0]


def _told_apart(question: str, units: Sequence[Unit]) -> tuple[list[Unit], list[Unit]]:
    """The rows that hold a figure of the question, and those that are of other figures: 100 EUR is not 50 EUR."""
    asked = fits.quantities(question)
    holding: list[Unit] = []
    without: list[Unit] = []
    for table in dict.fromkeys(_table(unit) for unit in units if unit.row):
        rows = [unit for unit in units if unit.row and _table(unit) == table]
        label = _key(rows, asked)
        held = [unit for unit in rows if any(fits.is_among(one, asked) for one in _in_column(unit, label))]
        if held or (label and any(kind for _, kind in asked)):
            holding += held
            without += [unit for unit in rows if unit not in held]
    return holding, without


def _key(rows: Sequence[Unit], asked: frozenset[Quantity]) -> str:
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


def _in_column(unit: Unit, label: str) -> frozenset[Quantity]:
    return frozenset(one for name, value in unit.row if name == label for one in fits.quantities(value))


def _records(question: str, about: Asked, subject: Subject, units: Sequence[Unit]) -> list[Unit]:
    """The products that the question names. The one whose whole name it says goes before all
    others; of several that it could mean, all."""
    if described.asks_of_parts(question) or described.hangs_on_nothing(question):
        return []  # that a record has a field of such a name tells nothing of them
    fitting = [
        unit for unit in units if name(unit) and _is_record_of(about, subject, unit) and _is_of_kind(question, unit)
    ]
    whole = [unit for unit in units if name(unit) and fits.is_full_name(subject, name(unit))]
    if whole:
        longest = max(len(fits.tokens(name(unit))) for unit in whole)
        told = [unit for unit in whole if len(fits.tokens(name(unit))) == longest and unit in fitting]
        # "The Dutch oven in juniper" is called so in another order.
        return told or [unit for unit in fitting if set(fits.tokens(name(unit))) <= {*subject.tokens}]
    if about.how_to:  # instructions are not found in a product's record
        return []
    return fitting


def _is_of_kind(question: str, unit: Unit) -> bool:
    """Of several lengths that a description tells, which one is asked for?"""
    if fits.asks_size(question):
        told = [field for field in unit.fields if field[0].casefold() not in {*NAMED, *described.PROSE}]
        return any(fits.is_of_kind(question, value) for _, value in told)
    return fits.is_of_kind(question, unit.text)


def _is_record_of(about: Asked, subject: Subject, unit: Unit) -> bool:
    told = [(label, value) for label, value in unit.fields if label.casefold() not in {*_PLAIN, *described.PROSE}]
    return fits.is_record_of(
        subject, name(unit), [value for _, value in told], [label for label, _ in unit.fields]
    ) and all(
        any(words.has_figure(kind, f"{label}: {value}") for label, value in told)
        for kind in about.figures
        if kind != "number"
    )


def _sentence(about: Asked, unit: Unit) -> Sentence:
    if not unit.fields:
        return Sentence(unit.text, unit.source.ref, (unit.text,))
    return _record(about, unit)


def _description(one: Description) -> Sentence:
    """A sentence or a field of a product's record, under the product's name."""
    named = next(field for field in one.unit.fields if field[0].casefold() in NAMED)
    said = one.sentence or _told(*one.field)
    quoted = one.sentence or f"{one.field[0]}: {one.field[1]}"
    return Sentence(f"{named[1]}: {said}", one.unit.source.ref, (f"{named[0]}: {named[1]}", quoted))


def _record(about: Asked, unit: Unit) -> Sentence:
    """The fields of a record that the question asks for, under the record's name; without such, its description."""
    named = next((field for field in unit.fields if field[0].casefold() in NAMED), None)
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
