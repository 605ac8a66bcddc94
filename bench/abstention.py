"""Does a shop hold the answer? Evidence ranking and abstention on shoppers' questions about products."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from shopwright.llm.extractive import compose, evidence
from shopwright.llm.units import Source
from shopwright.retrieval.search import Passage

from bench import measures
from bench.judged import ProductQuestion
from bench.measures import Floats

FOLDS = 5
ROUNDS = 6  # of folds, each by another chance: with so few questions without an answer, one is a lottery


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, its cosine with each of its candidates, and what search found among them."""

    given: ProductQuestion
    cosines: NDArray[np.float32]
    found: tuple[Passage, ...]
    candidate_of: Callable[[Passage], int]


def measure(asked: Sequence[Asked]) -> tuple[dict[str, float], dict[str, tuple[str, float]]]:
    """Cross-validated by question: what is fitted or chosen on four fifths is held against the fifth part."""
    silent = np.array([not any(candidate.good for candidate in one.given.candidates) for one in asked])
    sources = [
        [Source(ref, p.section, p.content, p.similarity) for ref, p in enumerate(one.found, start=1)] for one in asked
    ]
    cosine = np.array([float(one.cosines.max()) for one in asked])
    shipped = np.array([compose(one.given.question, some).confidence for one, some in zip(asked, sources, strict=True)])
    seen = [evidence(one.given.question, some) for one, some in zip(asked, sources, strict=True)]
    features = np.array([[e.similarity, e.coverage, e.missing_name] for e in seen])

    metrics = {"product_qa questions": float(len(asked)), "product_qa without an answer": float(silent.sum())}
    first = {
        "cosine": [int(one.cosines.argmax()) for one in asked],
        "hybrid": [one.candidate_of(one.found[0]) for one in asked],
    }
    right = {
        way: np.array([one.given.candidates[at].good for one, at in zip(asked, places, strict=True)], dtype=float)
        for way, places in first.items()
    }
    for way, hits in right.items():
        metrics[f"product_qa P@1, {way}"] = float(hits.mean())
        for group in sorted({one.given.group for one in asked}):
            metrics[f"product_qa P@1, {way}, {group}"] = float(
                hits[np.array([one.given.group == group for one in asked])].mean()
            )
    metrics["product_qa p, P@1 of hybrid against cosine"] = measures.chance([right["hybrid"]], [right["cosine"]])

    rounds = [_round(cosine, shipped, features, silent, seed) for seed in range(ROUNDS)]
    for name in rounds[0]:
        metrics[f"product_qa {name}"] = float(np.mean([figures[name] for figures in rounds]))
    metrics["product_qa AUC, cosine"] = measures.area(cosine, ~silent)
    metrics["product_qa AUC, confidence as shipped"] = measures.area(shipped, ~silent)
    metrics["product_qa ECE, confidence as shipped"] = measures.calibration_error(shipped, ~silent)
    bar = metrics["product_qa abstention F1, cosine threshold"]
    return metrics, {"product_qa abstention F1, confidence refitted": (">=", bar)}


def _round(cosine: Floats, shipped: Floats, features: Floats, silent: NDArray[np.bool_], seed: int) -> dict[str, float]:
    """Each part under the fit and the threshold that the other parts gave."""
    parts = measures.folds(len(silent), FOLDS, seed=seed)
    refitted = np.zeros(len(silent))
    said = {name: np.zeros(len(silent), dtype=bool) for name in ("cosine threshold", "confidence as shipped")}
    said["confidence refitted"] = np.zeros(len(silent), dtype=bool)
    for part in range(FOLDS):
        there = parts == part
        fit = measures.logistic(features[~there], ~silent[~there])
        refitted[there] = measures.probability(fit, features[there])
        learnt = {
            "cosine threshold": cosine[~there],
            "confidence as shipped": shipped[~there],
            "confidence refitted": measures.probability(fit, features[~there]),
        }
        held = {"cosine threshold": cosine, "confidence as shipped": shipped, "confidence refitted": refitted}
        for name, scores in learnt.items():
            said[name][there] = held[name][there] < measures.best_threshold(scores, silent[~there])
    return {
        **{f"abstention F1, {name}": measures.f1(which, silent) for name, which in said.items()},
        "AUC, confidence refitted": measures.area(refitted, ~silent),
        "ECE, confidence refitted": measures.calibration_error(refitted, ~silent),
    }
