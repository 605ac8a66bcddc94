"""In which language a shopper asks, and whether the shop's documents are in another."""

import pytest
from shopwright.orchestrator.tongue import other, tongue_of, tongues

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
        ("送料はいくらですか", None),
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


def test_each_language_has_its_words_for_it() -> None:
    for code, tongue in tongues().items():
        assert (bool(tongue.note), bool(tongue.not_in_documents)) == (code != "en",) * 2
