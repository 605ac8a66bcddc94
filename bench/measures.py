"""How good a ranking is, and whether one is better than another: changes when a measure does."""

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def ndcg(grades: Mapping[str, int], ranked: Sequence[str], *, binary: bool, depth: int = 10) -> float:
    """Gains are the grades themselves (0 or 1 when `binary`); an item that nobody judged counts as 0."""

    def gain(item: str) -> int:
        grade = grades.get(item, 0)
        return min(grade, 1) if binary else grade

    ideal = sorted((gain(item) for item in grades), reverse=True)[:depth]
    best = _discounted(ideal)
    return _discounted([gain(item) for item in ranked[:depth]]) / best if best else 0.0


def _discounted(gains: Sequence[int]) -> float:
    return sum(gain / math.log2(place + 2) for place, gain in enumerate(gains))


def condensed(grades: Mapping[str, int], ranked: Sequence[str]) -> list[str]:
    """The ranking without what nobody judged."""
    return [item for item in ranked if item in grades]


def judged(grades: Mapping[str, int], ranked: Sequence[str], *, depth: int = 10) -> float:
    return sum(item in grades for item in ranked[:depth]) / depth


def recall(grades: Mapping[str, int], ranked: Sequence[str], *, depth: int = 10) -> float:
    good = {item for item, grade in grades.items() if grade > 0}
    return len(good & set(ranked[:depth])) / len(good)


def reciprocal_rank(grades: Mapping[str, int], ranked: Sequence[str]) -> float:
    return next((1 / place for place, item in enumerate(ranked, start=1) if grades.get(item, 0) > 0), 0.0)


def chance(ones: Sequence[Floats], others: Sequence[Floats], *, rounds: int = 10_000, seed: int = 2026) -> float:
    """Two-sided p of a paired randomization test: how often would swapping each query's two figures by a coin give a
    difference of the means as large? Several sets weigh alike, whatever their numbers of queries."""
    coins = np.random.default_rng(seed)
    seen, drawn = 0.0, np.zeros(rounds)
    for one, other in zip(ones, others, strict=True):
        gap = one - other
        seen += float(gap.mean()) / len(ones)
        drawn += (coins.choice((-1.0, 1.0), size=(rounds, len(gap))) @ gap) / len(gap) / len(ones)
    return float((np.sum(np.abs(drawn) >= abs(seen) - 1e-12) + 1) / (rounds + 1))


def folds(how_many: int, parts: int, *, seed: int = 2026) -> NDArray[np.int64]:
    """To which part each of them belongs: by chance, the same in every run, and all parts of one size."""
    return np.random.default_rng(seed).permutation(np.arange(how_many) % parts)


def f1(said: NDArray[np.bool_], true: NDArray[np.bool_]) -> float:
    hits = int((said & true).sum())
    return 2 * hits / (int(said.sum()) + int(true.sum())) if hits else 0.0


def best_threshold(scores: Floats, true: NDArray[np.bool_]) -> float:
    """Below which score to say so, for the highest F1."""
    tried = np.unique(np.quantile(scores, np.linspace(0.005, 0.995, 199)))
    return float(max(tried, key=lambda bound: f1(scores < bound, true)))


def calibration_error(confidence: Floats, true: NDArray[np.bool_], *, bins: int = 10) -> float:
    """Expected calibration error: how far what is claimed stands from what is so, over bins of equal width."""
    places = np.minimum((confidence * bins).astype(int), bins - 1)
    return float(
        sum(
            (places == place).mean() * abs(confidence[places == place].mean() - true[places == place].mean())
            for place in range(bins)
            if (places == place).any()
        )
    )


def area(scores: Floats, true: NDArray[np.bool_]) -> float:
    """Area under the ROC curve: how often a true one scores above a false one."""
    order = np.argsort(scores, kind="stable")
    ranks = np.empty(len(scores))
    for value in np.unique(scores):
        same = np.flatnonzero(scores[order] == value)
        ranks[order[same]] = same.mean() + 1
    ones = int(true.sum())
    return float((ranks[true].sum() - ones * (ones + 1) / 2) / (ones * (len(true) - ones)))


def logistic(features: Floats, true: NDArray[np.bool_], *, weights: Floats | None = None, ridge: float = 1.0) -> Floats:
    """The intercept and a weight for each feature, by Newton's method with a little ridge."""
    table = np.column_stack([np.ones(len(features)), features])
    each = np.ones(len(true)) if weights is None else weights
    penalty = np.eye(table.shape[1]) * ridge
    penalty[0, 0] = 0
    found = np.zeros(table.shape[1])
    for _ in range(50):
        says = probability(found, features)
        slope = each * says * (1 - says)
        found -= np.linalg.solve(
            (table.T * slope) @ table + penalty, table.T @ (each * (says - true)) + penalty @ found
        )
    return found


def probability(fitted: Floats, features: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-(fitted[0] + features @ fitted[1:]))), dtype=np.float64)


Measure = Callable[[Mapping[str, int], Sequence[str]], float]
