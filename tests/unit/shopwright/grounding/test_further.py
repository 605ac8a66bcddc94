"""The lower of two verdicts wins, and another checker can never let pass what ours has refused."""

import pytest
from shopwright.grounding.claims import claims
from shopwright.grounding.further import CONTEXTUAL, Contextual, lower, units
from shopwright.grounding.judge import Judged, Judgement

(SAID,) = claims("You have 60 days to return a tent [1].")


def ours(probability: float, *, stands: bool = True) -> Judgement:
    return Judgement((Judged(SAID, probability, stands, () if stands else ("number",)),))


@pytest.mark.parametrize(("we", "they", "together"), [(0.9, 0.97, 0.9), (0.9, 0.75, 0.75), (0.8, None, 0.8)])
def test_the_less_sure_of_two_verdicts_counts(we: float, they: float | None, together: float) -> None:
    judged = lower(ours(we), Contextual(they, 0.9, passes=True))

    assert judged.passes
    assert judged.confidence == together
    assert judged.flags == ()


@pytest.mark.parametrize("they", [0.3, None])
def test_what_the_other_checker_stops_does_not_pass_and_is_flagged(they: float | None) -> None:
    judged = lower(ours(0.99), Contextual(they, 0.9, passes=False))

    assert not judged.passes
    assert judged.flags == (CONTEXTUAL,)
    assert judged.confidence == (they or 0.0)


def test_what_we_have_refused_stays_refused() -> None:
    refused = ours(0.2, stands=False)

    assert lower(refused, Contextual(1.0, 1.0, passes=True)) == refused


def test_more_is_held_than_is_metered() -> None:
    assert units("q", ["s" * 2500, "t"], "a" * 1001) == 1 + 3 + 2
