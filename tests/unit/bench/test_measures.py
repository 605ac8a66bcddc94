"""The measures of rankings and of confidence, against figures worked out by hand."""

import gzip
import json
import math
from pathlib import Path

import numpy as np
import pytest

from bench import measures
from bench.judged import product_questions, retrieval_sets
from bench.outcome import CannotMeasure

GRADES = {"a": 3, "b": 1, "c": 0}


def test_a_perfect_ranking_has_an_ndcg_of_one_and_a_late_one_less() -> None:
    assert measures.ndcg(GRADES, ["a", "b", "c"], binary=False) == 1
    expected = (1 + 3 / math.log2(3)) / (3 + 1 / math.log2(3))
    assert measures.ndcg(GRADES, ["b", "a"], binary=False) == pytest.approx(expected)
    assert measures.ndcg(GRADES, ["b", "a"], binary=True) == 1


def test_what_nobody_judged_counts_as_nothing_and_is_left_out_of_the_condensed_figure() -> None:
    ranked = ["x", "a", "y", "b"]

    assert measures.ndcg(GRADES, ranked, binary=False) < 1
    assert measures.ndcg(GRADES, measures.condensed(GRADES, ranked), binary=False) == 1
    assert measures.judged(GRADES, ranked) == 0.2
    assert measures.reciprocal_rank(GRADES, ranked) == 0.5
    assert measures.recall(GRADES, ranked) == 1


def test_a_difference_that_every_query_shows_is_hardly_chance_and_none_is_certainly() -> None:
    base = np.linspace(0, 0.5, 40)

    assert measures.chance([base + 0.1], [base]) < 0.001
    assert measures.chance([base], [base]) == 1
    mixed = np.where(np.arange(40) % 2, 0.1, -0.1)
    assert measures.chance([base + mixed], [base]) > 0.5


def test_folds_are_of_one_size_and_the_same_in_every_run() -> None:
    parts = measures.folds(23, 5)

    assert sorted(np.bincount(parts)) == [4, 4, 5, 5, 5]
    assert (parts == measures.folds(23, 5)).all()


def test_a_fit_finds_what_the_answers_follow_and_is_calibrated() -> None:
    dice = np.random.default_rng(1)
    features = dice.normal(size=(4000, 2))
    true = dice.random(4000) < 1 / (1 + np.exp(-(0.5 + 2 * features[:, 0])))
    fit = measures.logistic(features, true)
    said = measures.probability(fit, features)

    assert fit == pytest.approx([0.5, 2, 0], abs=0.15)
    assert measures.calibration_error(said, true) < 0.03
    assert measures.calibration_error(np.full(4000, 0.99), ~true & true) == pytest.approx(0.99)
    assert 0.8 < measures.area(said, true) < 0.95
    assert measures.area(np.zeros(4000), true) == 0.5


def test_a_threshold_is_the_one_with_the_best_f1() -> None:
    scores = np.array([0.1, 0.2, 0.8, 0.9] * 10)

    bound = measures.best_threshold(scores, scores < 0.5)

    assert measures.f1(scores < bound, scores < 0.5) == 1
    assert measures.f1(scores < 0, scores < 0.5) == 0


def write(path: Path, rows: list[dict[str, object]]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(gzip.compress("\n".join(json.dumps(row) for row in rows).encode()))


def test_a_folder_gives_the_sets_that_it_holds_and_no_others(tmp_path: Path) -> None:
    write(
        tmp_path / "faq_stackfaq" / "corpus.jsonl.gz", [{"id": "f1", "question": "How?", "answers": ["So.", "Or so."]}]
    )
    write(tmp_path / "faq_stackfaq" / "dev.jsonl.gz", [{"qid": "f1.1", "query": "In what way?", "relevant": ["f1"]}])
    write(
        tmp_path / "product_qa_amazon" / "dev.jsonl.gz",
        [{"set": "semiPQA/dev", "question": "Big?", "candidates": [{"text": "size: 4", "label": 2}]}],
    )

    (only,) = retrieval_sets(tmp_path)
    (question,) = product_questions(tmp_path)

    assert (only.name, only.main, only.items[0].text, only.queries[0].grades) == (
        "faq_stackfaq", "MRR", "So.\nOr so.", {"f1": 1},
    )  # fmt: skip
    assert (question.group, question.candidates[0].good) == ("semiPQA", True)


def test_a_set_that_is_no_gzip_is_named(tmp_path: Path) -> None:
    (tmp_path / "product_qa_amazon").mkdir()
    (tmp_path / "product_qa_amazon" / "dev.jsonl.gz").write_text("no gzip")

    with pytest.raises(CannotMeasure, match=r"dev\.jsonl\.gz"):
        product_questions(tmp_path)
