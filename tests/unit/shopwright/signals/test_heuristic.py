"""Without a trained model, products are still ranked, and each rank is explained."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shopwright.money import Money
from shopwright.signals.heuristic import predict
from shopwright.signals.predict import Candidate

EUR = "EUR"


def candidate(name: str, price: int | None = 1000, *, is_out: bool = False, left: int | None = 5) -> Candidate:
    return Candidate(name, None if price is None else Money(price, EUR), is_out, left)


def test_every_prediction_says_which_model_made_it_when_how_sure_and_why() -> None:
    (one,) = predict([candidate("tent")])

    assert (one.product_id, one.model_id, one.model_version) == ("tent", "heuristic", "1")
    assert one.training_date <= date(2027, 1, 1)
    assert 0 < one.confidence < 0.5  # it was fitted on nothing
    assert {name for name, _ in one.feature_importance} == {"availability", "price", "stock"}
    assert sum(share for _, share in one.feature_importance) == pytest.approx(1, abs=0.001)


def test_what_can_be_had_comes_before_what_cannot() -> None:
    there, gone = predict([candidate("there", 2000), candidate("gone", 1000, is_out=True, left=0)])

    assert there.score > gone.score


def test_of_two_alike_the_cheaper_and_the_fuller_shelf_come_first() -> None:
    cheap, dear = predict([candidate("cheap", 1000), candidate("dear", 3000)])
    assert cheap.score > dear.score
    many, few = predict([candidate("many", left=50), candidate("few", left=1)])
    assert many.score > few.score


def test_who_knows_less_is_less_sure() -> None:
    all_known, no_stock, nothing = predict([candidate("a"), candidate("b", left=None), candidate("c", None, left=None)])

    assert all_known.confidence > no_stock.confidence > nothing.confidence > 0


@given(
    st.lists(
        st.builds(
            Candidate,
            st.text(min_size=1, max_size=5),
            st.none() | st.builds(Money, st.integers(0, 10**9), st.sampled_from(["EUR", "JPY", "XXX"])),
            st.booleans(),
            st.none() | st.integers(0, 10**6),
        ),
        max_size=20,
    )
)
def test_scores_and_shares_are_shares_whatever_the_catalog_says(candidates: list[Candidate]) -> None:
    predictions = predict(candidates)

    assert [one.product_id for one in predictions] == [one.product_id for one in candidates]
    for one in predictions:
        assert 0 <= one.score <= 1
        assert 0 < one.confidence <= 1
        assert sum(share for _, share in one.feature_importance) == pytest.approx(1, abs=0.001)
        assert [share for _, share in one.feature_importance] == sorted(
            (share for _, share in one.feature_importance), reverse=True
        )
