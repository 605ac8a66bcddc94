"""What does not stand is cut, once; what cannot be saved is not said."""

from collections.abc import Callable, Sequence

import pytest
from shopwright.grounding.claims import claims
from shopwright.grounding.judge import NO_CITATION, UNSUPPORTED, Judged, Judgement
from shopwright.grounding.repair import cut, repair


def judging(*wrong: str) -> Callable[[str], Judgement]:
    """A judge to whom all stands but what holds one of these words."""

    def judge(prose: str) -> Judgement:
        return Judgement(
            tuple(
                Judged(said, 0.1, stands=False, flags=(UNSUPPORTED,))
                if any(word in said.text for word in wrong)
                else Judged(said, 0.9, stands=True, flags=())
                for said in claims(prose)
            )
        )

    return judge


def left(prose: str, *wrong: str) -> str | None:
    repaired = repair(prose, judging(*wrong))
    return repaired.prose if repaired else None


def test_an_answer_that_passes_is_left_as_it_is() -> None:
    prose = "Hello! You have **60 days** [1].\n\n- It is free [2]."

    repaired = repair(prose, judging())

    assert repaired is not None
    assert (repaired.prose, repaired.cut) == (prose, False)


def test_a_sentence_that_does_not_stand_goes_and_the_others_stay() -> None:
    assert left("You have 60 days [1]. The label costs €9 [1]. Exchanges are free [2].", "€9") == (
        "You have 60 days [1]. Exchanges are free [2]."
    )


def test_the_whole_sentence_goes_when_a_part_of_it_does_not_stand() -> None:
    assert left("Exchanges are free [2]. Delivery is free [1], and the label costs €9 [2].", "€9") == (
        "Exchanges are free [2]."
    )


def test_a_number_is_never_put_right() -> None:
    repaired = repair("You have 90 days [1]. Exchanges are free [2].", judging("90"))

    assert repaired is not None
    assert repaired.cut
    assert not any(character.isdigit() for character in repaired.prose.replace("[2]", ""))


def test_what_leans_on_a_sentence_goes_with_it() -> None:
    assert left("Exchanges are free [2]. A label costs €9 [1]. Under that, it is free [1].", "€9") == (
        "Exchanges are free [2]."
    )


def test_a_list_loses_its_item_and_its_opening_with_the_last_one() -> None:
    prose = "Exchanges are free [2].\n\nCovered are [1]:\n- poles\n- holes\n\nCall us."

    assert left(prose, "holes") == "Exchanges are free [2].\n\nCovered are [1]:\n- poles\n\nCall us."
    assert left(prose, "holes", "poles") == "Exchanges are free [2].\n\nCall us."


@pytest.mark.parametrize("prose", ["The label costs €9 [1].", "Hello! The label costs €9 [1].", "Hello!", ""])
def test_when_nothing_is_left_that_claims_something_there_is_no_answer(prose: str) -> None:
    assert left(prose, "€9") is None


def test_an_answer_is_repaired_once_and_not_again() -> None:
    asked: list[str] = []

    def never(prose: str) -> Judgement:
        asked.append(prose)
        first, *others = claims(prose)
        return Judgement((Judged(first, 0.0, stands=False, flags=(NO_CITATION,)), *(_stands(one) for one in others)))

    def _stands(one: object) -> Judged:
        return Judged(one, 0.9, stands=True, flags=())  # type: ignore[arg-type]

    assert repair("One thing is so [1]. Another is too [1]. And a third [1].", never) is None
    assert len(asked) == 2


def _spans(prose: str, wrong: Sequence[str]) -> str:
    return cut(prose, judging(*wrong)(prose))


def test_the_marks_of_what_is_left_still_belong_to_it() -> None:
    after = _spans("It is green. [1] It is heavy. [2] It is wide. [3]", ["heavy"])

    assert [one.refs for one in claims(after)][:1] == [(1,)]
    assert "heavy" not in after
