"""Which products a question names, whatever it asks of them: changes when a shopper names a product otherwise.

Where nothing of a record answers, the whole of it is still worth telling: "How loud is the signal whistle?" – "118 dB"
stands there, in words that no rule knows. So a name has to be surer than an answer: what stands beside it in the
question must not make another product of it ("the Whetmore Cleaver", "the Eiderlight -30").
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from shopwright.llm import described, fits, words
from shopwright.llm.described import GAP, is_content, key, keys, kind_of, tokens
from shopwright.llm.units import Unit, name

_IS = re.compile(r"^\W*(?:(?:and|so|but|hi|hello)\W+)*(?:is|are|was|were)\b", re.I)
_VERB = re.compile(r"have|has|comes?|go(?:es)?|needs?|works?|fits?|keep|hold|last|run|take|get", re.I)
_OF_IT = frozenset({"the", "my", "your", "this"})
MOST = 2  # "the strap for the watch" names two; of three of one range nobody knows which is meant


def named(question: str, units: Sequence[Unit]) -> list[Unit]:
    """The records of the products that the question names, in its order; none where that is not sure."""
    question = described.with_name(question)
    if fits.compares(question) or fits.asks_stock(question) or fits.hides_its_subject(question):
        return []
    if words.terms(question) & fits.trade():  # what a shop does is said on its pages
        return []
    small = frozenset(token for unit in units for token, _, _ in tokens(unit.text, 0) if token[:1].islower())
    found = [run for unit in units if name(unit) for run in _runs(unit, question, small)]
    best = [run for run in found if not any(_beats(other, run) for other in found)]
    ranges = frozenset(key(next(tokens(name(unit), 0))[0]) for unit in units if name(unit))
    best = [run for run in best if _stands_alone(run, question, ranges)]
    records = {run.unit.source.ref: run.unit for run in sorted(best, key=lambda run: run.start)}
    return list(records.values()) if len(records) <= MOST else []


@dataclass(frozen=True, slots=True)
class _Run:
    """Words of a question, one behind the other, that are all of a product's name; `start` and `end` count words.
    `is_all`: and the name has no others."""

    unit: Unit
    start: int
    end: int
    is_all: bool


def _runs(unit: Unit, question: str, small: frozenset[str]) -> list[_Run]:
    """`small` are the words that the shop writes in small letters somewhere: "rain" alone is no Rain Cover."""
    said = list(tokens(question, 0))
    called = [key(token) for token, _, _ in tokens(name(unit), 0)]
    kind = described.kinds(unit) | kind_of(unit)
    own = {one for one in called if one not in kind and not one[:1].isdigit() and words.terms(one)}
    found: list[_Run] = []
    at = 0
    while at < len(said):
        end = at
        while (
            end < len(said)
            and key(said[end][0]) in called
            and (end == at or GAP.fullmatch(question[said[end - 1][2] : said[end][1]]))
        ):
            end += 1
        held = [key(token) for token, _, _ in said[at:end]]
        means = [one for one in held if words.terms(one) and not one[:1].isdigit()]
        enough = len(means) > 1 or {*called} <= {*held} or (called[0] in held and _is_marked(said, at, small))
        if own.intersection(held) and enough:
            found.append(_Run(unit, at, end, {*called} <= {*held}))
        at = max(end, at + 1)
    return found


def _is_marked(said: Sequence[tuple[str, int, int]], at: int, small: frozenset[str]) -> bool:
    """Does one word stand for a name: with a capital letter, or as what the question begins with ("is the squall …")
    and is nothing else?"""
    token = said[at][0]
    if not at:
        return False
    of_it = said[at - 1][0].casefold() in _OF_IT and not any(is_content(before) for before, _, _ in said[:at])
    return token[:1].isupper() or (of_it and token not in small)


def _beats(one: _Run, other: _Run) -> bool:
    """Does it name the same thing more fully?"""
    meet = one.start < other.end and other.start < one.end
    return meet and (one.end - one.start, one.is_all) > (other.end - other.start, other.is_all)


def _stands_alone(run: _Run, question: str, ranges: frozenset[str]) -> bool:
    """Is what stands beside the name, or beside a part of it, no more of a name: of a product that this is not? "The
    Ember gas stove" is not the Cinder Gas Stove; `ranges` are what names begin with."""
    said = list(tokens(question, 0))
    # Of "Keyboards and mice" it is one, and not the other.
    record = keys(" ".join(value for label, value in run.unit.fields if label.casefold() != "category"))
    subject = fits.subject(question)
    written = frozenset(fits.tokens(" ".join(value for _, value in run.unit.fields)))
    if not frozenset(number for number, _ in subject.numbers) | subject.model_numbers <= written:
        return False
    called = keys(name(run.unit))
    for at, (token, _, _) in enumerate(said):
        has_figures = any(map(str.isdigit, token))
        if key(token) in called or (key(token) in record and not has_figures):
            continue
        behind, before = _joined(question, said, at - 1, called), _joined(question, said, at, called)
        if (behind or before) and (has_figures or (at and token[:1].isupper())):
            return False
        if at == run.start - 1 and before and key(token) in ranges:
            return False
        one_word = behind and at == run.end and run.end - run.start == 1
        if one_word and is_content(token) and not _is_asked(question, said, at):
            return False
    return True


def _is_asked(question: str, said: Sequence[tuple[str, int, int]], at: int) -> bool:
    """Is the word behind a name what is asked of it, and not what it is? "Is the Squall noisy?", "Does the Worldplug
    convert …?", but "is the Squall backpack waterproof?", "does the Glimmer lantern have …?"."""
    if not described.asks(question):
        return False
    after = [token for token, _, _ in said[at + 1 :]]
    if _IS.match(question):
        return not any(is_content(token) for token in after)
    return not after or _VERB.fullmatch(after[0]) is None


def _joined(question: str, said: Sequence[tuple[str, int, int]], at: int, called: frozenset[str]) -> bool:
    """Do two words that stand one behind the other belong together, one of them being of a name?"""
    if not 0 <= at < len(said) - 1 or not {key(said[at][0]), key(said[at + 1][0])} & called:
        return False
    return GAP.fullmatch(question[said[at][2] : said[at + 1][1]]) is not None
