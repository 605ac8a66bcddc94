"""Who asks in another language is answered in it where the documents are, and else told so in words of their own."""

import pytest
from shopwright.orchestrator.tongue import tongues

from tests.integration.answer.conftest import HARBOUR, Shops


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Within how many days may I return something?", "You may return anything within 45 days of delivery. [1]"),
        (
            "Innerhalb von wie vielen Tagen kann ich etwas zurückgeben?",
            "Sie können alles innerhalb von 45 Tagen nach der Lieferung zurückgeben. [1]",
        ),
        (
            "Dans combien de jours puis-je retourner un article ?",
            "Vous pouvez retourner tout article dans les 45 jours après la livraison. [1]",
        ),
        (
            "¿En cuántos días puedo devolver un artículo?",
            "Puede devolver cualquier artículo en los 45 días siguientes a la entrega. [1]",
        ),
    ],
)
def test_where_the_documents_are_in_that_language_too_the_answer_is(shops: Shops, question: str, answer: str) -> None:
    said = shops.ask(HARBOUR, question)

    assert (said.verdict, said.text, said.notes) == ("answered", answer, ())
    assert len(said.citations) == 1


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ("Wie hoch ist die Gebühr für Expresslieferungen?", "de"),
        ("Combien coûte un emballage cadeau pour mon colis ?", "fr"),
        ("¿Cuánto cuesta el papel de regalo para el paquete?", "es"),
    ],
)
def test_what_no_document_says_is_said_to_be_missing_in_that_language(shops: Shops, question: str, code: str) -> None:
    said = shops.ask(HARBOUR, question)

    assert (said.verdict, said.text) == ("not_in_documents", tongues()[code].not_found)


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ("Wie viele Tage habe ich, um ein Zelt ohne Karton zurückzugeben?", "de"),
        ("Kann ich mit Bitcoin bezahlen?", "de"),
        ("Vendez-vous des montres ?", "fr"),
        ("¿Puedo pagar con criptomonedas?", "es"),
        ("Сколько стоит доставка?", "ru"),
        ("送料はいくらですか", "ja"),
    ],
)
def test_where_they_are_in_english_alone_that_is_said_in_the_shoppers_language(
    shops: Shops, question: str, code: str
) -> None:
    said = shops.ask("outdoor", question)

    assert (said.verdict, said.text) == ("not_in_documents", tongues()[code].not_in_documents)
    assert (said.notes, said.citations) == ((), ())  # a note about an answer belongs to an answer


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ("Was kostet das Larkmoss 2 Trekking Tent?", "de"),
        ("Combien coûte le Larkmoss 2 Trekking Tent ?", "fr"),
        ("¿Cuánto cuesta el Larkmoss 2 Trekking Tent?", "es"),
    ],
)
def test_what_a_product_costs_is_told_in_figures_and_the_rest_in_the_shoppers_language(
    shops: Shops, question: str, code: str
) -> None:
    said = shops.ask("outdoor", question)

    assert said.verdict == "answered"
    assert "289.00 EUR" in said.text
    assert said.notes == (tongues()[code].note,)
    assert [fact.value for fact in said.facts if fact.name == "price"] == ["289.00"]


@pytest.mark.parametrize(
    ("shop", "question", "code", "told"),
    [
        ("outdoor", "Wie viele Tage habe ich, um etwas zurückzugeben?", "de", "within 60 days"),
        ("outdoor", "Liefern Sie nach Österreich?", "de", "all countries of the European Union"),
        ("outdoor", "Puis-je payer par virement ?", "fr", "by bank transfer"),
        ("outdoor", "Quelle est la garantie sur les tentes ?", "fr", "a warranty of 5 years"),
        ("outdoor", "¿Cuándo abre la tienda?", "es", "from Tuesday to Saturday"),
        (
            "outdoor",
            "¿Tienen tiendas de campaña por menos de 300 euros?",
            "es",
            "Larkmoss 1 Solo Tent: price 219.00 EUR",
        ),
        ("outdoor", "Wie schwer ist das Larkmoss 2 Trekking Tent?", "de", "weight"),
        ("kitchen", "Quelle est la garantie des couteaux Whetmore ?", "fr", "guaranteed for 15 years"),
        ("kitchen", "Kann ich in Raten zahlen?", "de", "We do not offer payment in instalments."),
        ("kitchen", "¿Cuánto cuesta afilar un cuchillo?", "es", "£4.00 per blade"),
        ("electronics", "Gibt es einen Studentenrabatt?", "de", "Students and teachers get 8% off"),
        ("electronics", "¿Envían a Canadá?", "es", "We do not ship to PO boxes or abroad."),
    ],
)
def test_what_we_can_read_in_english_is_answered_in_the_documents_words(
    shops: Shops, shop: str, question: str, code: str, told: str
) -> None:
    said = shops.ask(shop, question)

    assert said.verdict == "answered"
    assert told in said.text
    assert said.citations
    assert said.notes == (tongues()[code].note,)
