"""What is said in other words than it was asked for in: changes when likeness of meaning decides otherwise.

Where no sentence holds the question's own words, the embedder is asked which one means nearly the same: "Which payment
methods do you take?" – "You can pay by card or by bank transfer." Likeness also finds the nearest thing to what is not
there. So what the question names and counts must stand in the sentence, or above it; and a product's own record is
compared without the product's name, which would make each of its fields alike.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar

from shopwright.llm import described, fits, words
from shopwright.llm.described import Description
from shopwright.llm.fits import Subject
from shopwright.llm.units import NAMED, Unit, name, sentences

_T = TypeVar("_T")
Likeness = Callable[[str, Sequence[str]], Sequence[float]]  # cosines of a question and texts
_SIDES = "long tall wide deep thick high"
_WORD = re.compile(r"\S+")


def told(question: str, units: Sequence[Unit], likeness: Likeness, most: int) -> Sequence[Unit | Description]:
    """What answers the question in other words: one of a product's record, or sentences of one page; or nothing."""
    if _is_beyond(question):
        return ()
    subject, by = fits.subject(question), _figures()
    left, parts = _of_record(question, subject, units)
    of_record = _ranked(left, parts, likeness)[:1]
    if of_record and fits.asks_size(question):
        return [of_record[0][0]]
    if of_record and of_record[0][1] >= float(by["record"]):
        return [of_record[0][0]]
    # A sentence is little more like the question than the passage that it stands in.
    least_like = float(by["page"]) - float(by["lift"])
    near = [unit for unit in units if unit.source.similarity >= least_like and not name(unit) and not unit.fields]
    fitting = [unit for unit in near if _holds(subject, question, unit)]
    compared = [(f"{unit.heading}: {unit.text}", unit) for unit in fitting[: int(by["pages"])]]
    of_pages = _ranked(question, compared, likeness)
    if not of_pages or of_pages[0][1] < float(by["page"]):
        return ()
    first, score = of_pages[0]
    least = score - float(by["beside"])
    alike = [unit for unit, its in of_pages if its >= least and _below(unit) == _below(first)]
    return sorted(alike[:most], key=lambda unit: (unit.source.ref, unit.place))


def _is_beyond(question: str) -> bool:
    """Is it a question that no one sentence answers, or one that others know how to answer?"""
    return bool(
        fits.hides_its_subject(question)
        or fits.compares(question)
        or fits.asks_stock(question)
        or fits.asks_of_what_is_not(question)
        or described.hangs_on_nothing(question)
        or fits.subject(question).places
    )


def _ranked(asked: str, compared: Sequence[tuple[str, _T]], likeness: Likeness) -> list[tuple[_T, float]]:
    """Each with the likeness of its text, the most like first."""
    if not compared:
        return []
    found = likeness(asked, [text for text, _ in compared])
    return sorted(zip((one for _, one in compared), found, strict=True), key=lambda one: -one[1])


def _last(question: str) -> frozenset[str]:
    """The last of its words that means something: "Can I pay with bitcoin?" asks for bitcoin."""
    terms = (words.terms(word) - fits.asking() for word in reversed(question.split()))
    return next((one for one in terms if one), frozenset())


def _below(unit: Unit) -> tuple[str, str]:
    return unit.source.page, unit.heading


def _holds(subject: Subject, question: str, unit: Unit) -> bool:
    """Does it, with what stands above it, name what the question names?"""
    held = unit.said | unit.above
    cared_for = fits.cared_for(question)
    if cared_for and not cared_for & held:
        return False
    if described.asks(question):
        last = _last(question)
        of_what = subject.words - last
        if not last <= unit.said or (of_what and not of_what & held):
            return False
    written = frozenset(fits.tokens(" ".join((unit.text, *unit.source.titles, unit.heading))))
    business = subject.words & fits.trade()
    return (
        fits.is_of_kind(question, unit.text)
        and all(one in written or words.terms(one) <= held for one in subject.names)
        and subject.model_numbers <= written
        and subject.qualifiers <= held
        and (not business or bool(business & held))
        and not fits.alien_qualifiers(subject, unit.said)
    )


def _of_record(question: str, subject: Subject, units: Sequence[Unit]) -> tuple[str, Sequence[tuple[str, Description]]]:
    """What is left of the question without the name of the one product that it means; and each field and sentence of
    that product's record."""
    shares = [(unit, _share(question, name(unit))) for unit in units if name(unit)]
    # The first word of a name is the range's or the product's own: the Squall Rain Jacket is the Squall.
    led = [(unit, share) for unit, share in shares if subject.names.intersection(fits.tokens(name(unit).split()[0]))]
    shares = led or [(unit, share) for unit, share in shares if share >= float(_figures()["named"])]
    best = max((share for _, share in shares), default=0.0)
    meant = [unit for unit, share in shares if share == best]
    if not best or len(meant) > 1 or described.asks(question):  # of two, whose field? Whether it is so, others tell
        return "", ()
    (unit,) = meant
    left = " ".join(word for word in _WORD.findall(question) if not _is_of(word, name(unit)))
    written = frozenset(fits.tokens(" ".join(value for _, value in unit.fields)))
    numbers = frozenset(number for number, _ in subject.numbers)
    if not numbers | subject.model_numbers <= written:
        return "", ()
    if fits.asks_size(question):  # whatever its field is called; what the description measures may be another side
        if words.terms(left) - fits.asking() - words.terms(_SIDES):
            return "", ()
        return left, [(text, one) for text, one in _parts(unit) if fits.is_size(question, one.field[1])]
    return (left, tuple(_parts(unit))) if words.terms(left) - fits.asking() else ("", ())


def _parts(unit: Unit) -> Iterable[tuple[str, Description]]:
    nothing = ("", "")
    for label, value in unit.fields:
        if label.casefold() in described.PROSE:
            yield from ((one, Description(unit, one, nothing, by_name=True)) for one in sentences(value))
        elif label.casefold() not in {*described.UNTOLD, *NAMED} and value.strip():
            field = (label, value)
            yield f"{label.replace('_', ' ')}: {value}", Description(unit, "", field, by_name=True)


def _share(question: str, called: str) -> float:
    """How much of a product's name the question says."""
    own = [word for word in called.split() if words.terms(word) or word[:1].isdigit()]
    return sum(_is_of(word, question) for word in own) / len(own) if own else 0.0


def _is_of(word: str, text: str) -> bool:
    """Is a word one of a text's?"""
    return bool(words.terms(word) and words.terms(word) <= words.terms(text)) or (
        bool(fits.tokens(word)) and frozenset(fits.tokens(word)) <= frozenset(fits.tokens(text))
    )


@cache
def _figures() -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads(files("shopwright.llm").joinpath("extractive.toml").read_text("utf-8"))
    return dict(table["nearest"])
