"""Does a shop hold the answer? Evidence ranking and abstention on shoppers' questions about products."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from shopwright.llm.extractive import Source, compose, evidence

from bench import measures
from bench.judged import ProductQuestion
from bench.measures import Floats

FOLDS = 5
Embed = Callable[[Sequence[str]], NDArray[np.float32]]


def measure(
    questions: Sequence[ProductQuestion], embed_questions: Embed, embed_passages: Embed
) -> tuple[dict[str, float], dict[str, tuple[str, float]]]:
    """Cross-validated by question: what is fitted or chosen on four fifths is held against the fifth part."""
    asked = embed_questions([one.question for one in questions])
    sources = [
        _sources(one, embed_passages([candidate.text for candidate in one.candidates]) @ vector)
        for one, vector in zip(questions, asked, strict=True)
    ]
    silent = np.array([not any(candidate.good for candidate in one.candidates) for one in questions])
    cosine = np.array([max(source.similarity for source in some) for some in sources])
    shipped = np.array([compose(q.question, some).confidence for q, some in zip(questions, sources, strict=True)])
    seen = [evidence(q.question, some) for q, some in zip(questions, sources, strict=True)]
    features = np.array([[e.similarity, e.coverage, e.missing_name, e.support] for e in seen])
    parts = measures.folds(len(questions), FOLDS)

    fitted = np.zeros(len(questions))
    for part in range(FOLDS):
        there = parts == part
        fitted[there] = measures.probability(
            measures.logistic(features[~there], ~silent[~there]), features[there]
        )
    metrics = {
        "product_qa_amazon questions": float(len(questions)),
        "product_qa_amazon without an answer": float(silent.sum()),
    }
    for name, best in (
        ("cosine", [max(some, key=lambda source: source.similarity).ref for some in sources]),
        ("evidence", [max(zip(e.each, some, strict=True), key=lambda p: p[0])[1].ref
                      for e, some in zip(seen, sources, strict=True)]),
    ):
        right = np.array([q.candidates[ref - 1].good for q, ref in zip(questions, best, strict=True)])
        metrics[f"product_qa_amazon P@1 by {name}"] = float(right.mean())
        for group in sorted({one.group for one in questions}):
            of = np.array([one.group == group for one in questions])
            metrics[f"product_qa_amazon P@1 by {name}, {group}"] = float(right[of].mean())
    for name, scores in (("cosine threshold", cosine), ("confidence as shipped", shipped), ("confidence refitted", fitted)):
        metrics[f"product_qa_amazon abstention F1, {name}"] = _f1(scores, silent, parts)
        metrics[f"product_qa_amazon AUC, {name}"] = measures.area(scores, ~silent)
    metrics["product_qa_amazon ECE, confidence as shipped"] = measures.calibration_error(shipped, ~silent)
    metrics["product_qa_amazon ECE, confidence refitted"] = measures.calibration_error(fitted, ~silent)
    bar = metrics["product_qa_amazon abstention F1, cosine threshold"]
    return metrics, {"product_qa_amazon abstention F1, confidence refitted": (">=", bar)}


def _sources(question: ProductQuestion, cosines: NDArray[np.float32]) -> list[Source]:
    return [
        Source(ref, (), candidate.text, float(cosine))
        for ref, (candidate, cosine) in enumerate(zip(question.candidates, cosines, strict=True), start=1)
    ]


def _f1(scores: Floats, silent: NDArray[np.bool_], parts: NDArray[np.int64]) -> float:
    """Of saying that there is no answer, each part under the threshold that was best on the others."""
    said = np.zeros(len(scores), dtype=bool)
    for part in range(FOLDS):
        there = parts == part
        said[there] = scores[there] < measures.best_threshold(scores[~there], silent[~there])
    return measures.f1(said, silent)
