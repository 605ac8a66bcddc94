"""Names and addresses are masked where they are somebody's; a shop's own words stay useful."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shopwright.privacy import names, redactor
from shopwright.privacy.redact import Kind
from shopwright.privacy.redactor import PIIRedactor, Use

QUESTION, DOCUMENT, ANSWER, LOG = (PIIRedactor(use) for use in (Use.QUESTION, Use.DOCUMENT, Use.ANSWER, Use.LOG))
RECORD = PIIRedactor(Use.RECORD)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("My name is Jane Doe.", "My name is [name]."),
        ("my name is jane doe", "my name is [name]"),
        ("this is rahul sharma speaking", "this is [name] speaking"),
        ("Please deliver it to 12 Mill Lane, Leeds LS1 4AB", "Please deliver it to [address]"),
        ("Kind regards,\nOliver Hughes", "Kind regards,\n[name]"),
        ("Jane Doe, jane@example.com", "[name], [email]"),
        ("My name is Jane\u200b Doe.", "My name is [name]."),
    ],
)
def test_a_question_loses_whoever_is_in_it(text: str, masked: str) -> None:
    assert QUESTION.mask(text).text == masked


@pytest.mark.parametrize(
    "text",
    [
        "Do you deliver to Ireland?",
        "Is the Dyson V15 out of stock?",
        "How long is delivery to Germany and Austria?",
        "Which Bosch drill fits a 13 mm chuck?",
        "How many days do I have to return something?",
        "Do you have the Larkmoss 1 Solo Tent in green?",
    ],
)
def test_a_question_about_the_shop_is_searched_as_it_was_asked(text: str) -> None:
    assert QUESTION.mask(text).text == text


@pytest.mark.parametrize(
    "text",
    [
        "We ship to Ireland, Germany and the United Kingdom within 5 days.",
        "Delivery to London and Manchester is free above 50 EUR.",
        "Dyson V15 Detect, Philips Sonicare and Ralph Lauren shirts are excluded.",
        "Returns: write to returns@fernhollow.example or call 0800 123 4567.",
        "Our shop: 12 Mill Lane, Leeds LS1 4AB",
    ],
)
def test_a_document_keeps_brands_towns_and_the_shops_own_contacts(text: str) -> None:
    assert DOCUMENT.mask(text).text == text
    assert ANSWER.mask(text).text == text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Reviewed by Jane Doe on Monday", "Reviewed by [name] on Monday"),
        ("Jane Doe, jane.doe@example.com, +44 20 7946 0958", "[name], [email], [phone]"),
        ("Ship to: Jane Doe\n12 Mill Lane\nLeeds LS1 4AB", None),
    ],
)
def test_a_document_loses_people_beside_their_contact_data_and_in_reviews(text: str, masked: str | None) -> None:
    found = DOCUMENT.mask(text).text

    assert "Jane" not in found
    assert "Mill" not in found
    if masked is not None:
        assert found == masked


@pytest.mark.parametrize(
    "line",
    [
        "Corvane SlimDock 12 EAN 4006381333931 MPN CSD-413MS-300CB",
        "HDMI Cable, HD15, 10 m, Male to Male, Shielded, Black, Polybag",
        "Tefal Marella Kettle 1.7 L, 2.4kW, stainless steel",
        "Core i5-9400, 8GB DDR4, 256GB SSD, LAN, WLAN, Webcam, Windows 10 Pro",
        "Drum Unit (approx. 30,000 pages), Phaser 3250 - 250 Sheet Feeder",
        "Order A-10442, 2 x SKU K-LAR-028, 129.90 EUR, stock 14",
    ],
)
def test_a_line_of_goods_names_nobody(line: str) -> None:
    assert redactor.everything(line) == ()


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("My name is Jane Doe and my Dyson V15 is broken.", "My name is [name] and my Dyson V15 is broken."),
        (
            "Please send the Bosch GSR 12V-15 to 12 Mill Lane, Leeds LS1 4AB",
            "Please send the Bosch GSR 12V-15 to [address]",
        ),
    ],
)
def test_somebody_beside_a_brand_and_a_code_is_masked_all_the_same(text: str, masked: str) -> None:
    assert QUESTION.mask(text).text == masked


def test_a_log_line_keeps_its_own_words() -> None:
    for text in (
        "question answered",
        "another merchant was named",
        "request failed",
        "GET /v1/documents/{document_id}",
    ):
        assert LOG.mask(text).text == text


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.text(max_size=200))
def test_findings_are_in_order_apart_and_inside_the_text(text: str) -> None:
    found = redactor.everything(text)

    assert all(0 <= one.start < one.end <= len(text) for one in found)
    assert all(one.end <= other.start for one, other in pairwise(found))


def test_the_recognizer_reads_a_long_text_in_pieces_and_to_its_end() -> None:
    text = "the tent is green and light. " * 300 + "my name is Jane Doe"

    found = list(names.find(text))

    assert (len(text) - 8, len(text), Kind.NAME) in found


def test_masking_twice_is_masking_once() -> None:
    once = QUESTION.mask("I am Jane Doe of 12 Mill Lane, Leeds LS1 4AB, jane@example.com").text

    assert QUESTION.mask(once).text == once


@pytest.mark.parametrize("code", ["quenelle1a2b3c", "quenelle5c9c8b", "X200b5", "pan4d5e6f", "KX12ab34"])
def test_no_piece_of_a_code_passes_for_an_address(code: str) -> None:
    for question in (f"How much is the Pan {code}?", f"Do you have the {code} in blue?"):
        assert QUESTION.mask(question).text == question


@pytest.mark.parametrize("code", ["0b0d0d7d", "97dd2b5c", "c0e4a851", "bd2c2d68"])
def test_a_code_in_brackets_is_no_address_either(code: str) -> None:
    question = f"My friend wonders whether the Winter pan and the Summer pan suit hot nights. ({code})"
    assert QUESTION.mask(question).text == question


@pytest.mark.parametrize(
    "record",
    [
        "sku: SG-PAN-160; name: Softfall Crêpe Pan; brand: Bellwick; category: Pans; price: 26.00 GBP; stock: 75",
        "sku: FH-FOO-142; name: Tideline Sandal; brand: Emile Henry; category: Robert Welch; price: 79.90 EUR",
        "title: Joseph Joseph Nest of nine mixing bowls and measuring cups in a stack; brand: Joseph Joseph",
        "name: Squall W Rain Jacket; description: A customer named it: the Squall W is cut for those who walk in rain.",
    ],
)
def test_what_a_product_is_called_stays_in_its_record(record: str) -> None:
    assert RECORD.mask(record).text == record


@pytest.mark.parametrize(
    ("record", "masked"),
    [
        (
            "name: Gloves; description: Worn by us all since spring. Reviewed by Jane Doe: I would buy them again.",
            "name: Gloves; description: Worn by us all since spring. Reviewed by [name]: I would buy them again.",
        ),
        ("name: Oven Gloves; contact: Jane Doe; stock: 3", "name: Oven Gloves; contact: [name]; stock: 3"),
        (
            "name: Oven Gloves; note: ann@example.com; card: 4111 1111 1111 1111; phone: +44 20 7946 0958",
            "name: Oven Gloves; note: [email]; card: [card]; phone: [phone]",
        ),
    ],
)
def test_a_record_loses_people_in_its_prose_and_in_their_own_fields_and_whatever_the_gate_finds(
    record: str, masked: str
) -> None:
    assert RECORD.mask(record).text == masked


class Shelf:
    """What a merchant sells by name. It remembers what it was asked."""

    def __init__(self, *names: str) -> None:
        self.names = [f" {name.casefold()} " for name in names]
        self.asked: list[tuple[str, ...]] = []

    def sold(self, stretches: Sequence[str]) -> dict[str, bool]:
        self.asked.append(tuple(stretches))
        held = {said: [name for name in self.names if f" {said.casefold()} " in name] for said in stretches}
        return {said: f" {said.casefold()} " in found for said, found in held.items() if found}


@pytest.mark.parametrize(
    "text",
    [
        "How much is the Tideline Sandal?",
        "Aurelia Pasta Roller",
        "Do you have anything from Emile Henry?",
        "Robert Welch",
    ],
)
def test_a_question_keeps_the_name_of_what_the_merchant_sells(text: str) -> None:
    shelf = Shelf("Tideline Sandal", "Aurelia Pasta Roller", "Emile Henry", "Robert Welch")
    assert QUESTION.mask(text).text != text

    assert PIIRedactor(Use.QUESTION, goods=shelf.sold).mask(text).text == text


@pytest.mark.parametrize("text", ["Larkmoss 1 vs Larkmoss 2", "Camplounge 10 or Mossbed 9", "Wayfell 45 vs 65"])
def test_two_products_against_each_other_are_no_address(text: str) -> None:
    shelf = Shelf("Larkmoss 1 Solo Tent", "Larkmoss 2 Trekking Tent", "Camplounge 10", "Mossbed 9", "Wayfell 45 Pack")
    assert QUESTION.mask(text).text != text

    assert PIIRedactor(Use.QUESTION, goods=shelf.sold).mask(text).text == text


def test_an_address_beside_a_product_is_masked_all_the_same() -> None:
    mask = PIIRedactor(Use.QUESTION, goods=Shelf("Larkmoss 1 Solo Tent").sold).mask

    assert mask("Mill Lane 12 or Mill Lane 14").text == "[address]"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (
            "My name is Jane Doe, how much is the Tideline Sandal?",
            "My name is [name], how much is the Tideline Sandal?",
        ),
        ("My name is Robert.", "My name is [name]."),  # half of a brand is no brand
        ("My card is 4111 1111 1111 1111", "My card is [card]"),
    ],
)
def test_whoever_is_no_product_is_masked_all_the_same(text: str, masked: str) -> None:
    shelf = Shelf("Tideline Sandal", "Robert Welch", "4111 1111 1111 1111")

    assert PIIRedactor(Use.QUESTION, goods=shelf.sold).mask(text).text == masked


def test_one_word_that_people_are_called_by_is_kept_where_it_is_all_of_a_brand() -> None:
    assert PIIRedactor(Use.QUESTION, goods=Shelf("Joseph").sold).mask("I am Joseph").text == "I am Joseph"
    assert PIIRedactor(Use.QUESTION, goods=Shelf("Joseph Elevate").sold).mask("I am Joseph").text == "I am [name]"


def test_an_answer_keeps_goods_that_stand_beside_what_makes_a_name_somebodys() -> None:
    text = "Reviewed by Jane Doe. name: Tideline Sandal costs 79.90 EUR."

    masked = PIIRedactor(Use.ANSWER, goods=Shelf("Tideline Sandal").sold).mask(text).text

    assert masked == "Reviewed by [name]. name: Tideline Sandal costs 79.90 EUR."


def test_the_shelf_is_asked_only_about_what_the_recognizer_would_mask_and_never_twice() -> None:
    shelf = Shelf("Tideline Sandal")
    mask = PIIRedactor(Use.QUESTION, goods=shelf.sold).mask

    mask("How long is delivery? My card is 4111 1111 1111 1111.")
    assert shelf.asked == []
    mask("How much is the Tideline Sandal?")
    mask("How much is the Tideline Sandal? And now?")
    assert shelf.asked == [("Tideline Sandal",)]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("John Smith, 12 Acacia Avenue, London SW1A 1AA", "[name], [address]"),
        ("Lieferung an Hauptstr. 5a, bitte", "Lieferung an [address], bitte"),
        ("Ich wohne Berliner Str. 12", "Ich wohne [address]"),
        ("See Illustr. 4 of the manual", "See Illustr. 4 of the manual"),
        ("jane . doe @ example . com", "[email]"),
        ("part 07700-900123", "part 07700-900123"),
    ],
)
def test_a_postcode_is_no_product_code_and_a_part_number_no_address(text: str, masked: str) -> None:
    assert QUESTION.mask(text).text == masked


@pytest.mark.parametrize(
    "question",
    [
        "Welche Zahlungsarten gibt es?",
        "Guten Tag, wie kann ich bezahlen?",
        "Verkaufen Sie Wanderschuhe?",
        "Quels sont les frais de livraison ?",
        "Livrez-vous en Suisse ?",
        "¿Cuánto cuesta el envío?",
        "Quanto costa la spedizione?",
        "Dov'è il mio ordine?",
        "Hoeveel kost de verzending?",
        "Wat zijn de verzendkosten?",
    ],
)
def test_a_question_in_another_language_is_no_name(question: str) -> None:
    assert QUESTION.mask(question).text == question


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Bonjour Marie Dupont", "Bonjour [name]"),
        ("Guten Tag Frau Schneider, wie geht es?", "Guten Tag Frau [name], wie geht es?"),
        ("Mein Name ist Anna Müller, wo ist meine Bestellung?", "Mein Name ist [name], wo ist meine Bestellung?"),
        ("Hola, soy María García", "Hola, soy [name]"),
        ("J'habite 12 rue de la Paix, 75002 Paris", "[address]"),
    ],
)
def test_somebody_behind_a_greeting_in_another_language_is_masked_all_the_same(text: str, masked: str) -> None:
    assert QUESTION.mask(text).text == masked


@pytest.mark.parametrize(
    "question",
    [
        "Can you send it to the Isle of Skye?",
        "can someone call me back",
        "who can call me back?",
        "mats with R-value over 3.4",
        "Guarantee on the Dawnpour Kettle?",
        "add sg-ute-110",
        "Sleeping mats below 100",
        "Is Larkmoss 3 below 400?",
        "remove sg-ute-110 please",
        "Lege einen Schneebesen in den Warenkorb",
        "Tausche den Wok gegen die Pfanne",
        "Ajoute un fouet au panier",
        "waht is your return policy",
        "how mcuh is the Portage 90",
    ],
)
def test_everyday_words_and_article_numbers_in_a_question_are_no_names(question: str) -> None:
    assert QUESTION.mask(question).text == question


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("I am Skye, can I return it?", "I am [name], can I return it?"),
        ("Mats Lindqvist ordered a tent", "[name] ordered a tent"),
        ("add sg-ute-110 for jane doe", "add sg-ute-110 for [name]"),
        ("Legen Sie es für Anna Schneider zurück", "Legen Sie es für [name] zurück"),
        ("Ajoute une table pour Marie Dupont", "Ajoute une table pour [name]"),
        ("call me jane doe", "call me [name]"),
        ("is jon there", "is [name] there"),
        ("send it to brian", "send it to [name]"),  # which is no brain with two letters in each other's place
    ],
)
def test_somebody_beside_everyday_words_is_masked_all_the_same(text: str, masked: str) -> None:
    assert QUESTION.mask(text).text == masked


def test_what_a_thing_is_called_is_kept_behind_what_it_is() -> None:
    mask = PIIRedactor(Use.QUESTION, goods=lambda said: {"Larkmoss 2": False} if "Larkmoss 2" in said else {}).mask

    assert mask("Was kostet das Zelt Larkmoss 2?").text == "Was kostet das Zelt Larkmoss 2?"
