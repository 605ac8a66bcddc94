"""What in a passage speaks for a claim, and what against it: changes when we look for something else.

A claim is held against the statements of what it cites, clause by clause. The statement that holds most of a clause's
words is its evidence: its figures and names have to be there, and it must not say the contrary.
"""

import itertools
import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from shopwright.grounding import reading
from shopwright.grounding.figures import Figure, figures, fits, misread, opposed
from shopwright.grounding.reading import Clause, Reading, Word, read

Embed = Callable[[Sequence[str]], Sequence[Sequence[float]]]
"""Unit vectors of texts."""

_NEAREST = 6  # statements whose vector is asked for: those that share most words with the claim
_TITLE = 0.8  # a word that only a title holds, beside one in the statement
_MOST = 3.0  # a count beyond which more say no more


@dataclass(frozen=True, slots=True)
class Cited:
    """A passage as the checker reads it, under the titles that stand above it."""

    text: str
    titles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the verdict is made of: shares of 1, and counts."""

    covered: float  # the weighted share of the claim's words in its best statement, titles counted less
    covered_by_clauses: float  # in the best statement of each of its clauses
    covered_by_all: float
    paired: float  # the share of neighbouring words that stand near each other in a statement too
    cosine: float  # with the nearest statement
    missing: float  # words that no statement and no title holds
    missing_share: float
    missing_in_record: float  # of a claim on a product's record: what is not in it is not known
    names_missing: float  # names that nothing cited holds
    names_elsewhere: float  # names that stand elsewhere than the evidence, which has others
    figures_wrong: float  # figures that nothing cited bears out, or in the contrary direction
    figures_elsewhere: float  # figures that stand elsewhere, while the evidence has others of their dimension
    denied: float  # clauses that say "no" where their evidence does not, or the other way round
    contrary: float  # opposites, and one thing for another
    swapped: float  # words in whose place, before the same one, the evidence has another
    statements: float  # how long the source is
    kinds: tuple[str, ...] = ()  # of mistakes that are certain: number, unit, currency


@dataclass(frozen=True, slots=True)
class _Statement:
    said: Reading
    above: Reading

    @property
    def terms(self) -> frozenset[str]:
        return self.said.terms | self.above.terms


def weigh(claim: str, cited: Sequence[Cited], embed: Embed, *, filled: Iterable[str] = ()) -> Evidence:
    """Hold a claim against what it cites. A figure may also stand in `filled`: the slots that the database filled."""
    mine = read(claim)
    sources = [one for passage in cited for one in _statements(passage)]
    if not sources or not mine.clauses:
        return _NOTHING
    weights = _weights(mine, sources)
    slots = [figure for slot in filled for figure in figures(slot)]
    told = slots + [figure for one in sources for figure in (*one.said.figures, *one.above.figures)]
    best = max(sources, key=lambda one: _held(one, weights))
    chosen = [(clause, _best(clause, sources, weights, best)) for clause in mine.clauses]
    known = frozenset[str]().union(*(one.said.plain | one.above.plain for one in sources))
    terms = frozenset[str]().union(*(one.terms for one in sources))
    missing = [word for word in mine.words if not word.stems & terms]
    lost = [word for word in mine.words if word.named and not _spoken(word.written.casefold(), known)]
    is_record = len(sources) > 1 and all(": " in one.said.text for one in sources)
    wrong, elsewhere, turned = 0, 0, 0
    kinds: list[str] = []
    for clause, one in chosen:
        near = [*one.said.figures, *one.above.figures, *slots]
        for figure in clause.figures:
            if not any(fits(figure, other) for other in told):
                wrong += 1
                kinds.append(misread(figure, told))
            elif not any(fits(figure, other) for other in near):
                elsewhere += any(figure.dimension == other.dimension for other in one.said.figures)
            elif _turned(figure, near):
                turned += 1
                kinds.append("number")
    everything = sum(weights.values()) or 1.0
    by_clauses = frozenset[str]().union(*(one.terms & clause.terms for clause, one in chosen))
    return Evidence(
        covered=_held(best, weights) / everything,
        covered_by_clauses=sum(weights[term] for term in by_clauses) / everything,
        covered_by_all=sum(weight for term, weight in weights.items() if term in terms) / everything,
        paired=_paired(mine.words, sources),
        cosine=_cosine(claim, sources, weights, embed),
        missing=min(float(len(missing)), _MOST),
        missing_share=len(missing) / len(mine.words) if mine.words else 0.0,
        missing_in_record=min(float(len(missing)), _MOST) if is_record else 0.0,
        names_missing=min(float(len(lost)), _MOST),
        names_elsewhere=min(float(sum(_named_elsewhere(clause, one, known) for clause, one in chosen)), _MOST),
        figures_wrong=min(float(wrong + turned), _MOST),
        figures_elsewhere=min(float(elsewhere), _MOST),
        denied=float(sum(_denied(clause, one) for clause, one in chosen)),
        contrary=min(float(sum(_contrary(clause, one) for clause, one in chosen)), _MOST),
        swapped=min(float(sum(_swapped(clause.words, one) for clause, one in chosen)), _MOST),
        statements=math.log1p(len(sources)),
        kinds=tuple(dict.fromkeys(kinds)),
    )


_NOTHING = Evidence(*(0.0,) * 16)


def _statements(passage: Cited) -> Iterable[_Statement]:
    """A question of the passage says what the statements below it are about, as a title does."""
    titles = list(passage.titles)
    for part in reading.statements(passage.text):
        if part.endswith("?"):
            titles = [*passage.titles, part]
        else:
            yield _Statement(read(part), read(" : ".join(titles)))


def _weights(mine: Reading, sources: Sequence[_Statement]) -> dict[str, float]:
    """The rarer a word among the statements, the more it tells: between 1 and 2."""
    counts = Counter(term for one in sources for term in mine.terms & one.said.terms)
    most = math.log(len(sources) + 1)
    return {term: 1.0 + math.log((len(sources) + 1) / (counts[term] + 1)) / most for term in mine.terms}


def _held(one: _Statement, weights: dict[str, float]) -> float:
    return sum(
        weight if term in one.said.terms else _TITLE * weight if term in one.above.terms else 0.0
        for term, weight in weights.items()
    )


def _best(clause: Clause, sources: Sequence[_Statement], weights: dict[str, float], whole: _Statement) -> _Statement:
    """The statement that holds most of a clause; of several, the one that the claim as a whole leans on."""
    own = {term: weights[term] for term in clause.terms}

    def worth(one: _Statement) -> tuple[float, int, bool]:
        borne = sum(any(fits(figure, other) for other in one.said.figures) for figure in clause.figures)
        return round(_held(one, own), 6), borne, one is whole

    return max(sources, key=worth)


def _turned(figure: Figure, near: Iterable[Figure]) -> bool:
    """Its direction is the contrary of the one told, and nowhere the same."""
    alike = [one for one in near if fits(figure, one)]
    return any(opposed(figure, one) for one in alike) and not any(figure.bound == one.bound for one in alike)


def _spoken(name: str, known: frozenset[str]) -> bool:
    plain = name.removesuffix("'s").removesuffix("’s")
    return any(form in known for form in (name, plain, plain.removesuffix("s"))) or all(
        part in known for part in plain.split("-")
    )


def _named_elsewhere(clause: Clause, one: _Statement, known: frozenset[str]) -> int:
    here = one.said.plain | one.above.plain
    mine = {name for name in clause.names if _spoken(name, known)}
    others = {word.written.casefold() for word in one.said.words if word.named} - clause.plain
    return sum(not _spoken(name, here) for name in mine) if others else 0


def _paired(mine: Sequence[Word], sources: Sequence[_Statement]) -> float:
    """Of each two words side by side in the claim, how often do they stand within a few words of each other?"""
    pairs = [(one.stems, other.stems) for one, other in itertools.pairwise(mine)]
    if not pairs:
        return 1.0
    near: set[tuple[str, str]] = set()
    for one in sources:
        told = one.said.words
        for at, word in enumerate(told):
            for other in told[max(0, at - 3) : at + 4]:
                near |= {(x, y) for x in word.stems for y in other.stems}
    return sum(any((x, y) in near for x in one for y in other) for one, other in pairs) / len(pairs)


def _cosine(claim: str, sources: Sequence[_Statement], weights: dict[str, float], embed: Embed) -> float:
    nearest = sorted(sources, key=lambda one: -_held(one, weights))[:_NEAREST]
    first, *others = embed([claim, *(one.said.text for one in nearest)])
    return max(sum(x * y for x, y in zip(first, other, strict=True)) for other in others)


def _clause(mine: Clause, one: _Statement) -> Clause:
    return max(one.said.clauses, key=lambda clause: len(mine.terms & clause.terms))


def _denied(mine: Clause, one: _Statement) -> bool:
    """One says no and the other does not. "Not under warranty" and "outside the warranty" say the same no."""
    if not one.said.clauses:
        return False
    told = _clause(mine, one)
    shared = mine.terms & told.terms
    if not shared:
        return False
    differ = mine.denies != told.denies
    lacking = bool((mine.lacking ^ told.lacking) & shared)
    return differ != lacking


def _contrary(mine: Clause, one: _Statement) -> int:
    if not one.said.clauses:
        return 0
    return reading.contrary(mine, _clause(mine, one))


def _swapped(mine: Sequence[Word], one: _Statement) -> int:
    """How many words stand in the claim where its evidence has another word before the same one?"""
    count, told = 0, one.said.words
    theirs = frozenset(stem for word in mine for stem in word.stems)
    for at, word in enumerate(mine):
        if word.stems & one.terms:
            continue
        after = mine[at + 1].stems if at + 1 < len(mine) else frozenset[str]()
        for place, other in enumerate(told):
            if other.stems & theirs:
                continue
            right = told[place + 1].stems if place + 1 < len(told) else frozenset[str]()
            if after & right or not (after or right):
                count += 1
                break
    return count
