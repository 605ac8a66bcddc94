"""What is read of a question in another language, word by word."""

import re

import pytest
from shopwright.orchestrator.glossary import english, glossaries
from shopwright.orchestrator.tongue import tongue_of

PAGES = ["Whetmore knives are guaranteed for 15 years.", "Larkmoss 2 Trekking Tent"]


@pytest.mark.parametrize(
    ("code", "asked", "read_so"),
    [
        ("de", "Wie viel kostet die Expresslieferung?", "How much does express delivery cost?"),
        ("de", "Hallo, was kostet der Standardversand?", "How much does standard delivery cost?"),
        ("de", "Wie lange habe ich Zeit, etwas zurückzugeben?", "How many days do I have to return?"),
        ("de", "Wie lange habe ich Garantie?", "How long is the guarantee?"),
        ("de", "Kann ich per Überweisung bezahlen?", "Can I pay by bank transfer?"),
        ("de", "Gibt es einen Studentenrabatt?", "Do you offer student discount?"),
        ("de", "Wann haben Sie geöffnet?", "When is the shop open?"),
        ("de", "Wie schwer ist das Larkmoss 2 Trekking Tent?", "How much does Larkmoss 2 Trekking Tent weigh?"),
        ("de", "Haben Sie Zelte unter 300 Euro?", "Do you have tent under 300 euros?"),
        ("fr", "Puis-je payer par virement ?", "Can I pay by bank transfer?"),
        ("fr", "Quelle est la garantie des couteaux Whetmore ?", "How long is the guarantee on knife Whetmore?"),
        ("fr", "Combien de jours ai-je pour retourner un article ?", "How many days do I have to return?"),
        ("fr", "Combien coûte l'emballage cadeau ?", "How much does gift wrapping cost?"),
        ("fr", "Acceptez-vous les cartes de crédit ?", "Do you accept credit card?"),
        ("fr", "Les retours sont-ils gratuits ?", "Is return free?"),
        ("es", "¿Cuándo abre la tienda?", "When is the shop open?"),
        ("es", "¿Cuánto tarda el envío estándar?", "How long does standard delivery take?"),
        ("es", "¿Cuánto cuesta afilar un cuchillo?", "How much does it cost to sharpen knife?"),
        ("es", "¿Puedo pagar en cuotas mensuales?", "Can I pay in monthly payments?"),
        ("es", "¿Tienen tiendas de campaña por menos de 300 euros?", "Do you have tents under 300 euros?"),
    ],
)
def test_a_question_of_shopping_is_read_in_english(code: str, asked: str, read_so: str) -> None:
    assert tongue_of(asked) == code
    assert english(asked, code, PAGES) == read_so


@pytest.mark.parametrize(
    ("code", "asked"),
    [
        ("de", "Kann ich keine Rechnung bekommen?"),
        ("de", "Kann ich ohne Karton etwas zurückgeben?"),
        ("de", "Liefern Sie nur nach Irland?"),
        ("de", "Wie viel kostet die Silikonhülle?"),
        ("de", "Wie lange ist die Garantie auf Bramble?"),  # no name of this shop's
        ("de", "Verkaufen Sie Karten?"),  # maps, or cards
        ("de", "Wie viel kostet es?"),
        ("de", "Ich habe ein Zelt. Wie lange ist die Garantie?"),
        ("de", "Die Lieferung ist teuer"),
        ("fr", "Vendez-vous des casques ?"),  # helmets, or headphones
        ("fr", "Puis-je ne pas payer par virement ?"),
        ("es", "¿Cuándo no abre la tienda?"),
        ("it", "Quanto costa la spedizione?"),
    ],
)
def test_what_is_not_read_to_the_last_word_is_not_read(code: str, asked: str) -> None:
    assert english(asked, code, PAGES) is None


@pytest.mark.parametrize("code", ["de", "fr", "es"])
def test_every_word_and_form_can_be_met(code: str) -> None:
    mine = glossaries()[code]

    assert all(re.fullmatch(r"[a-z0-9 ]+", word) for word in [*mine.words, *mine.small])
    assert all(said.endswith("?") and ("{" in said) == ("about" in form.groupindex) for form, said in mine.forms)
