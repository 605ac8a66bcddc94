"""What was asked for comes first; among equals, what is likelier to be taken."""

from datetime import date

from shopwright.orchestrator.ranking import rank
from shopwright.signals.predict import Prediction


def prediction(product_id: str, score: float, confidence: float = 0.4) -> Prediction:
    return Prediction(product_id, score, confidence, (("price", 1.0),), "m", "1", date(2026, 1, 1))


def order(relevance: dict[str, float], *predictions: Prediction) -> list[str]:
    return [one.product_id for one in rank(relevance, predictions)]


def test_among_equals_the_likelier_choice_comes_first() -> None:
    assert order({"a": 0.8, "b": 0.8}, prediction("a", 0.1), prediction("b", 0.9)) == ["b", "a"]


def test_what_was_asked_for_is_not_outdone_by_what_sells() -> None:
    assert order({"asked": 0.95, "other": 0.3}, prediction("asked", 0.0, 1), prediction("other", 1.0, 1))[0] == "asked"


def test_a_surer_prediction_counts_for_more() -> None:
    relevance = {"a": 0.8, "b": 0.7}
    assert order(relevance, prediction("a", 0.2, 0.05), prediction("b", 0.9, 0.05)) == ["a", "b"]
    assert order(relevance, prediction("a", 0.2, 0.9), prediction("b", 0.9, 0.9)) == ["b", "a"]


def test_without_predictions_relevance_alone_decides_and_equals_stay_as_they_came() -> None:
    ranked = rank({"a": 0.5, "b": 0.9, "c": 0.5}, ())

    assert [(one.product_id, one.score) for one in ranked] == [("b", 0.9), ("a", 0.5), ("c", 0.5)]
    assert {one.prediction for one in ranked} == {None}
