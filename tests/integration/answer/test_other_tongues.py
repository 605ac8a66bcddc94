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
        ("Wie viele Tage habe ich, um etwas zurückzugeben?", "de"),
        ("Liefern Sie nach Österreich?", "de"),
        ("Quelle est la garantie sur les tentes ?", "fr"),
        ("¿Cuántos días tengo para devolver un artículo?", "es"),
        ("¿Tienen tiendas de campaña por menos de 300 euros?", "es"),
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
