"""A claim stands when the merchant said so, in these words; everything else does not."""

import pytest
from shopwright.grounding.check import Claim, check
from shopwright.grounding.cite import cite
from shopwright.grounding.wording import wording
from shopwright.retrieval.search import Passage

SOURCES = {
    1: "Standard delivery costs €5.90. You may return anything within 60 days. Opened ropes cannot come back.",
    2: "sku: T-1; name: Winter Tent; price: 649.00 EUR; weight_g: 3150; description: Not for storms.",
}


def stands(text: str, ref: int = 1, *quotes: str) -> bool:
    return check([Claim(text, ref, quotes or (text,))], SOURCES).score == 1.0


def test_a_sentence_in_the_merchants_own_words_stands() -> None:
    assert stands("You may return anything within 60 days.")


@pytest.mark.parametrize(
    "text",
    [
        "You may return anything within 90 days.",
        "You may return anything within 6",
        "You may return anything within 60 weeks.",
        "Opened ropes can come back.",
        "Standard delivery costs $5.90.",
        "Standard delivery costs €15.90.",
        "0 days.",
    ],
)
def test_a_sentence_that_the_merchant_did_not_write_does_not_stand(text: str) -> None:
    assert not stands(text)


def test_a_true_claim_without_a_citation_does_not_stand() -> None:
    uncited = Claim("You may return anything within 60 days.", 1, ())

    assert check([uncited], SOURCES).unsupported == (uncited,)


def test_a_claim_that_cites_the_wrong_passage_or_none_that_we_have_does_not_stand() -> None:
    assert not stands("You may return anything within 60 days.", 2)
    assert not stands("You may return anything within 60 days.", 7)


def test_fields_of_a_record_may_be_read_out_with_their_unit() -> None:
    assert stands("Winter Tent: weight 3150 g", 2, "name: Winter Tent", "weight_g: 3150")
    assert stands("Winter Tent: price 649.00 EUR", 2, "name: Winter Tent", "price: 649.00 EUR")


@pytest.mark.parametrize(
    ("text", "quotes"),
    [
        ("Winter Tent: weight 3150 kg", ("name: Winter Tent", "weight_g: 3150")),
        ("Winter Tent: weight 315 g", ("name: Winter Tent", "weight_g: 3150")),
        ("Winter Tent: price 649.00 USD", ("name: Winter Tent", "price: 649.00 EUR")),
        ("Winter Tent: for storms", ("name: Winter Tent", "description: Not for storms.")),
        ("Summer Tent: price 649.00 EUR", ("name: Winter Tent", "price: 649.00 EUR")),
        ("Winter Tent: weight 649.00 EUR", ("name: Winter Tent", "price: 649.00 EUR")),
    ],
)
def test_a_record_read_out_wrongly_does_not_stand(text: str, quotes: tuple[str, ...]) -> None:
    assert not stands(text, 2, *quotes)


def test_the_score_is_the_share_that_stands_and_silence_is_not_right() -> None:
    true, false = "You may return anything within 60 days.", "Delivery is free."
    verdict = check([Claim(true, 1, (true,)), Claim(false, 1, (false,))], SOURCES)

    assert verdict.score == 0.5
    assert [claim.text for claim in verdict.unsupported] == [false]
    assert check([], SOURCES).score == 0.0


def test_a_citation_leads_to_the_passage_in_the_version_that_was_read() -> None:
    passage = Passage("c", "d-x", 3, "Returns", ("Returns", "How"), 10, 90, "documents/a/r.md", SOURCES[1], 0.8, 0.1, 1)

    citation = cite(1, passage, "within 60 days")

    assert (citation.document_id, citation.version, citation.start, citation.end) == ("d-x", 3, 10, 90)
    assert (citation.section, citation.source_uri) == (("Returns", "How"), "documents/a/r.md")


def test_what_no_model_wrote_is_there_for_every_occasion() -> None:
    words = wording()

    assert {"not_remembered", "masked", "cut_down"} <= words.notes.keys()
    for text in (words.not_in_documents, words.unavailable, *words.notes.values()):
        assert text.endswith(".")
