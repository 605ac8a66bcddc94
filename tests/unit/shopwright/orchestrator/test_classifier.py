"""What was fitted is multiplied as it was fitted, and refused where it does not fit."""

import json

import pytest
from shopwright.orchestrator.classifier import Classifier, ClassifierUnusable, Judged, read

SHOP = Classifier(
    model="m",
    labels=("search.plain", "search.show", "cart.add"),
    weights=((4.0, 0.0), (3.0, 1.0), (0.0, 5.0)),
    biases=(0.0, 0.5, 0.0),
    middles=((1.0, 0.0), (0.8, 0.6), (0.0, 1.0)),
)


def test_the_likeliest_comes_first_and_the_probabilities_are_whole() -> None:
    judged = SHOP.judge((1.0, 0.0))

    assert judged.label == "search.plain"
    assert judged.nearness == 1.0
    assert sum(probability for _, probability in judged.labels) == pytest.approx(1.0)
    assert judged.probability == pytest.approx(0.6154, abs=1e-4)  # e^4 of e^4 + e^3.5 + e^0


def test_topics_of_one_kind_count_together() -> None:
    kinds = SHOP.judge((0.6, 0.8)).by({"search.plain": "search", "search.show": "search", "cart.add": "cart"})

    assert [kind for kind, _ in kinds] == ["cart", "search"]
    assert sum(probability for _, probability in kinds) == pytest.approx(1.0)


def test_a_vector_that_is_near_nothing_says_so_however_sure_the_regression_is() -> None:
    judged = SHOP.judge((-1.0, 0.0))

    assert judged.nearness <= 0.0


def test_a_file_gives_back_what_was_put_into_it() -> None:
    again = read(SHOP.as_text(examples="x"))

    assert again.labels == SHOP.labels
    assert again.judge((0.6, 0.8)).probability == pytest.approx(SHOP.judge((0.6, 0.8)).probability, abs=1e-3)


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", "null", json.dumps({"labels": 3}), SHOP.as_text().replace('"cart.add"', '"cart.add", "more"')],
)
def test_a_file_that_does_not_fit_together_is_refused_by_name(text: str) -> None:
    with pytest.raises(ClassifierUnusable):
        read(text)


def test_a_vector_of_another_width_is_refused() -> None:
    with pytest.raises(ClassifierUnusable, match="2 dimensions"):
        SHOP.judge((1.0, 0.0, 0.0))


def test_nothing_cannot_be_judged() -> None:
    with pytest.raises(ClassifierUnusable):
        Judged((), 0.0)
