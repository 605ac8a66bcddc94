"""In which language a shopper asks, and whether the shop's documents are in another."""

import pytest
from shopwright.orchestrator.tongue import other, plainly, tongue_of, tongues

ENGLISH = ["You may return anything within 60 days of delivery, and we pay for the parcel."]
GERMAN = ["Sie können alles innerhalb von 60 Tagen zurückgeben, und wir zahlen für das Paket."]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("How many days do I have to return something?", "en"),
        ("Wie viele Tage habe ich für die Rückgabe?", "de"),
        ("Quels sont les délais pour un retour et combien ça coûte ?", "fr"),
        ("¿Cuánto cuesta el envío y cuándo llega?", "es"),
        ("Quanto costa la spedizione e quando arriva il pacco?", "it"),
        ("Hoeveel kost de verzending en wanneer is het er?", "nl"),
        ("Quanto custa a entrega e quando chega? Posso devolver?", "pt"),
        ("Ile kosztuje wysyłka i kiedy to jest u mnie w domu?", "pl"),
        ("Zelt", None),
        ("tents", None),
        ("Zelte unter 300 EUR", None),
        ("pan", None),
        ("Liefern Sie nach Österreich?", "de"),
        ("Habt ihr Zelte unter 300 Euro?", "de"),
        ("Was ist in meinem Warenkorb?", "de"),
        ("Verkaufen Sie Wanderschuhe?", "de"),
        ("Livrez-vous en Suisse ?", "fr"),
        ("¿Envían a España?", "es"),
        ("Avete zaini?", "it"),
        ("Leveren jullie in België?", "nl"),
        ("pan " * 1000, None),
        ("a pan and a lid", "en"),
        ("Guten Tag!", "de"),
        ("Bonjour", "fr"),
        ("Muchas gracias", "es"),
        ("Qui paie le colis ?", "fr"),
        ("送料はいくらですか", "ja"),
        ("运费是多少？", "zh"),
        ("Сколько стоит доставка?", "ru"),
        ("Is the 送料 tent in stock?", "en"),
        ("", None),
    ],
)
def test_a_language_is_told_by_its_commonest_words(text: str, code: str | None) -> None:
    assert tongue_of(text) == code


def test_another_language_is_one_that_the_documents_are_not_in() -> None:
    asked = "Wie viele Tage habe ich für die Rückgabe?"

    assert other(asked, ENGLISH) == "de"
    assert other(asked, GERMAN) is None
    assert other("How many days do I have to return something?", GERMAN) is None
    assert other(asked, []) is None


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Within how many days may I return something?", "Within how many days may I return something?"),
        ("Wie viele Tage habe ich für die Rückgabe?", "tage rückgabe?"),
        ("Dans combien de jours puis-je retourner un article ?", "jours retourner article"),
        ("¿Cuándo llega el paquete a Madrid?", "llega paquete a Madrid?"),
    ],
)
def test_of_a_question_in_another_language_what_tells_nothing_is_left_out(text: str, plain: str) -> None:
    assert plainly(text) == plain


def test_where_one_passage_is_in_the_language_that_was_asked_in_the_documents_are_not_in_another() -> None:
    assert other("Wie viele Tage habe ich für die Rückgabe?", [*ENGLISH * 5, *GERMAN]) is None


def test_each_language_has_its_words_for_it() -> None:
    for code, tongue in tongues().items():
        said = (tongue.note, tongue.not_found, tongue.not_in_documents)
        assert [bool(one) for one in said] == [code != "en"] * 3
