"""The checker tells true claims about the demo shops from false ones: the bench's own sets, cut short."""

from pathlib import Path

import numpy as np
import pytest
import shopwright_models
from shopwright.embedding.onnx import OnnxEmbedder
from shopwright.grounding.judge import FEATURES

from bench.grounding import balanced, shipped
from bench.grounding_fit import shop_set, spread, toml
from bench.grounding_lessons import lessons
from bench.grounding_sets import Claimed, hand_written, judged_sets, questions


@pytest.fixture(scope="module")
def embedder() -> OnnxEmbedder:
    return OnnxEmbedder(shopwright_models.directory())


@pytest.mark.parametrize(("claimed", "bar"), [(shop_set()[::4], 0.95), (hand_written(), 0.90)], ids=["made", "by hand"])
def test_true_and_false_claims_about_the_shops_are_told_apart(
    claimed: list[Claimed], bar: float, embedder: OnnxEmbedder
) -> None:
    said = shipped(claimed, embedder.passages)

    assert balanced(said.stands, np.array([one.supported for one in claimed])) >= bar


def test_lessons_are_other_claims_than_those_that_the_checker_is_held_to() -> None:
    held = {one.text for one in [*shop_set(), *hand_written()] if not one.supported}
    taught = {one.text for one in lessons() if not one.supported}

    assert len(taught) > 300
    assert len(held & taught) <= 0.1 * len(taught)


def test_an_answer_to_everything_is_as_good_as_a_coin() -> None:
    true = np.array([True, False, True, False])

    assert balanced(np.array([True] * 4), true) == 0.5
    assert balanced(true, true) == 1.0
    assert balanced(~true, true) == 0.0


def test_what_the_fit_writes_names_every_feature_twice() -> None:
    written = toml(np.arange(2 * len(FEATURES) + 1, dtype=float), ["A note."])

    assert written.startswith("# A note.\n")
    assert all(written.count(f"\n{name} = ") >= 2 for name in FEATURES)
    assert spread(np.ones((3, len(FEATURES)))).shape == (3, 2 * len(FEATURES))


def test_a_folder_without_judged_sets_holds_none(tmp_path: Path) -> None:
    assert list(judged_sets(tmp_path)) == []
    assert questions(tmp_path) == []
