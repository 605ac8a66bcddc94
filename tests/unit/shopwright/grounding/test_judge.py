"""A model's answer may be said when every claim of it stands on what it cites."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import pytest
from shopwright.grounding.evidence import Cited, Evidence, weigh
from shopwright.grounding.judge import FEATURES, Judgement, judge, probability

SOURCES = {
    1: Cited(
        "You may return anything within 60 days of delivery. For your safety we do not take back ropes and helmets "
        "once their seal is broken. A return label costs €4.50. Exchanges for another size are free of charge.",
        ("Returns",),
    ),
    2: Cited("Standard delivery costs €5.90 and takes 3 to 5 working days. Delivery is free for orders over €75.", ()),
    3: Cited(
        "sku: T-1; name: Larkmoss 1 Solo Tent; price: 219.00 EUR; stock: 73; colour: moss green; weight_g: 1280; "
        "dishwasher_safe: no",
        ("Larkmoss 1 Solo Tent",),
    ),
}


def embed(texts: Sequence[str]) -> list[list[float]]:
    """Unit vectors of letter pairs: near for texts that share them, as a model's are for the same meaning."""
    rows = []
    for text in texts:
        row = [0.0] * 64
        for one, other in zip(text.casefold(), text.casefold()[1:], strict=False):
            row[(ord(one) * 31 + ord(other)) % 64] += 1.0
        length = sum(value * value for value in row) ** 0.5 or 1.0
        rows.append([value / length for value in row])
    return rows


def said(prose: str, filled: Sequence[str] = ()) -> Judgement:
    return judge(prose, SOURCES, embed, filled=filled)


@pytest.mark.parametrize(
    "prose",
    [
        "You may return anything within 60 days of delivery [1].",
        "You can send anything back within 60 days of delivery. [1]",
        "Ropes can't be returned once their seal is broken [1].",
        "Delivery is free for orders above €75 [2]. Standard delivery takes 3-5 business days [2].",
        "The Larkmoss 1 Solo Tent weighs 1.28 kg [3] and a return label costs 4.50 euros [1].",
        "The Larkmoss 1 Solo Tent costs €219 [3].",
        "The Larkmoss 1 Solo Tent must not go into the dishwasher [3].",
    ],
)
def test_an_answer_in_other_words_than_the_merchants_passes(prose: str) -> None:
    judged = said(prose)

    assert judged.passes
    assert (judged.score, judged.flags) == (1.0, ())


@pytest.mark.parametrize(
    ("prose", "flag"),
    [
        ("You may return anything within 90 days of delivery [1].", "number"),
        ("You may return anything within 60 weeks of delivery [1].", "unit"),
        ("A return label costs $4.50 [1].", "currency"),
        ("Delivery is free for orders under €75 [2].", "number"),
        ("You may not return anything within 60 days of delivery [1].", "negation"),
        ("We take back ropes once their seal is broken [1].", "negation"),
        ("The Larkmoss 1 Solo Tent may go into the dishwasher [3].", "negation"),
        ("The Grayling Ridge Tent costs €219 [3].", "entity"),
        ("The Larkmoss 1 Solo Tent glows in the dark [3].", "unsupported"),
        ("You may return anything within 60 days of delivery.", "no_citation"),
        ("You may return anything within 60 days of delivery [7].", "no_citation"),
    ],
)
def test_an_answer_with_one_thing_wrong_does_not_pass_and_is_told_what(prose: str, flag: str) -> None:
    judged = said(prose)

    assert not judged.passes
    assert flag in judged.flags


def test_the_score_is_the_share_of_claims_that_stand_and_the_confidence_is_of_them_all() -> None:
    good, bad = said("A return label costs €4.50 [1]."), said("A return label costs €4.50 [1]. It costs €9 [1].")

    assert (bad.score, bad.passes) == (0.5, False)
    assert bad.confidence <= 0.05 < 0.5 < good.confidence <= 1


def test_an_answer_that_claims_nothing_does_not_pass() -> None:
    assert (said("Hello! Can I help?").score, said("").passes, said("").confidence) == (0.0, False, 0.0)


def test_a_figure_may_stand_in_a_slot_that_the_database_filled_and_nowhere_else() -> None:
    prose = "The Larkmoss 1 Solo Tent costs €199 now [3]."

    assert not said(prose).passes
    assert "number" not in said(prose, filled=["€199.00"]).flags


def test_a_passage_that_several_claims_cite_is_embedded_once() -> None:
    seen: list[str] = []

    def counting(texts: Sequence[str]) -> list[list[float]]:
        seen.extend(texts)
        return embed(texts)

    judge("A return label costs €4.50 [1]. Exchanges for another size are free of charge [1].", SOURCES, counting)

    assert sorted(seen) == sorted({*seen})
    assert len(seen) == 4


def test_a_claim_may_lean_on_several_passages() -> None:
    assert said(
        "Delivery is free for orders over €75, and exchanges for another size are free of charge [1][2]."
    ).passes


def test_a_question_of_the_merchants_page_says_what_the_answer_below_is_about() -> None:
    faq = {1: Cited("How long do I have to return something?\nYou have 14 days from delivery.")}

    assert judge("You have 14 days from delivery to return something [1].", faq, embed).passes


def test_a_passage_that_says_nothing_bears_nothing_out() -> None:
    assert not judge("It is green [1].", {1: Cited("")}, embed).passes
    assert probability(weigh("It is green.", [Cited("")], embed)) < 0.5


def test_every_feature_has_its_weight_and_more_of_what_speaks_against_a_claim_makes_it_less_likely() -> None:
    found: dict[str, Any] = {name: 1.0 if name.startswith("covered") else 0.0 for name in FEATURES}
    plain = Evidence(**found | {"statements": 1.5})
    against = ("figures_wrong", "figures_elsewhere", "denied", "contrary", "names_missing", "swapped")

    assert {field.name for field in fields(Evidence)} == {*FEATURES, "kinds"}
    for name in against:
        assert probability(Evidence(**found | {"statements": 1.5, name: 1.0})) < probability(plain), name
