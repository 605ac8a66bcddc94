"""A model's prose is taken apart into claims, each with the sources that it names."""

import pytest
from shopwright.grounding.claims import claims, unmarked


def said(prose: str) -> list[tuple[str, tuple[int, ...]]]:
    return [(claim.text, claim.refs) for claim in claims(prose)]


@pytest.mark.parametrize("mark", ["[1][3]", "[1, 3]", "[1; 3]", "[1] [3]", "[1,3]"])
def test_a_claim_may_cite_several_passages(mark: str) -> None:
    assert said(f"Delivery is free over €75 {mark}.") == [("Delivery is free over €75.", (1, 3))]


def test_a_range_of_marks_cites_all_between() -> None:
    assert said("Delivery is free over €75 [2-4].") == [("Delivery is free over €75.", (2, 3, 4))]


def test_a_mark_after_the_full_stop_belongs_to_the_sentence_before() -> None:
    assert said("It weighs 1.28 kg. [1] It is green.[2]") == [("It weighs 1.28 kg.", (1,)), ("It is green.", (2,))]


def test_each_part_of_a_sentence_has_its_own_mark_and_all_know_their_sentence() -> None:
    prose = "Delivery costs €5.90 [1], and a return label costs €4.50 [2]."

    found = claims(prose)

    assert [(one.text, one.refs) for one in found] == [
        ("Delivery costs €5.90", (1,)),
        ("and a return label costs €4.50.", (2,)),
    ]
    assert {one.sentence for one in found} == {(0, len(prose))}


@pytest.mark.parametrize(
    "sentence",
    [
        "It weighs approx. 3.5 kg, e.g. with its pegs.",
        "Send it to the Mend Bench, No. 4, before 5 p.m. on Friday.",
        "Delivery costs 5.90 euros.",
        "We take cards, i.e. credit and debit cards.",
    ],
)
def test_a_point_within_a_sentence_does_not_end_it(sentence: str) -> None:
    assert said(f"{sentence} [1]") == [(sentence, (1,))]


def test_each_item_of_a_list_is_a_claim_and_an_unmarked_one_has_the_marks_of_the_line_above() -> None:
    prose = "The warranty covers [2]:\n- poles and **zips**\n- seams [3]\n1. buckles\n\nTents are fine."

    assert said(prose) == [
        ("poles and zips", (2,)),
        ("seams", (3,)),
        ("buckles", (2,)),
        ("Tents are fine.", ()),
    ]


@pytest.mark.parametrize(
    "prose",
    [
        "Hello!",
        "Would you like to see some tents?",
        "Let me know if I can help.",
        "## Returns",
        "",
        "[1]",
        "...",
        "Sure!",
    ],
)
def test_what_claims_nothing_is_no_claim(prose: str) -> None:
    assert said(prose) == []


def test_a_courtesy_with_a_figure_in_it_is_a_claim() -> None:
    assert said("Sure, you have 90 days.") == [("Sure, you have 90 days.", ())]


def test_the_shopper_reads_the_prose_without_marks_and_stars() -> None:
    assert unmarked("You have **60 days** [1][2] to _return_ it. [3]") == "You have 60 days to return it."


def test_spans_lead_back_into_the_prose() -> None:
    prose = "Hi! You have 60 days [1]. It is free [2]."

    assert [prose[one.start : one.end].strip() for one in claims(prose)] == ["You have 60 days [1].", "It is free [2]."]
