"""A receipt says what was bought and paid, in the shop's name, on a page and in a PDF alike."""

import io
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pypdf
import pytest
from shopwright.checkout.receipt import Receipt, ReceiptLine, html, pdf
from shopwright.money import Money
from shopwright.tenancy.branding import Branding

SHOP = Branding(
    name="Fernhollow Outfitters",
    legal_name="Fernhollow Ltd.",
    address=("1 Moor Lane", "Dublin"),
    email="help@fernhollow.example",
    website="https://fernhollow.example",
    tax_id="IE1234567X",
    colour="#14532d",
    currency="EUR",
    terms="You may return anything within 60 days.",
)


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


BOUGHT = Receipt(
    order_id="01J9ZQ8RM3K5T7V9X1B2C3D4E5",
    paid_at=datetime(2026, 11, 26, 9, 30, tzinfo=UTC),
    branding=SHOP,
    lines=(
        ReceiptLine("Larkmoss 2 Trekking Tent", "FH-TEN-121", 1, eur(28900), eur(28900)),
        ReceiptLine("Dormouse 10 Summer Bag", "FH-SLE-109", 2, eur(6900), eur(13800)),
    ),
    goods=eur(42700),
    delivery=eur(0),
    tax=eur(7985),
    total=eur(42700),
    paid_by="card, through Stripe",
)
SAID = (
    *("Fernhollow Outfitters", "Fernhollow Ltd.", "1 Moor Lane", "help@fernhollow.example", "IE1234567X"),
    *("01J9ZQ8RM3K5T7V9X1B2C3D4E5", "2026-11-26 09:30 UTC", "card, through Stripe"),
    *("Larkmoss 2 Trekking Tent", "FH-TEN-121", "289.00 EUR", "Dormouse 10 Summer Bag", "69.00 EUR", "138.00 EUR"),
    *("427.00 EUR", "0.00 EUR", "79.85 EUR", "You may return anything within 60 days."),
)


class Words(HTMLParser):
    """The text of a page, and its elements' names."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text = ""
        self.tags: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data + " "


def text_of(document: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(document)).pages).split())


def test_the_page_and_the_pdf_say_the_same() -> None:
    page, document = " ".join(Words(html(BOUGHT)).text.split()), text_of(pdf(BOUGHT))

    for said in SAID:
        assert said in page
        assert said in document


def test_a_refunded_order_says_so_with_its_day_and_amount_on_both() -> None:
    receipt = replace(BOUGHT, refunded_at=datetime(2026, 12, 3, 16, 5, tzinfo=UTC))
    page, document = " ".join(Words(html(receipt)).text.split()), text_of(pdf(receipt))

    for said in (*SAID, "Refunded 2026-12-03 16:05 UTC", "Given back 427.00 EUR"):
        assert said in page
        assert said in document


def test_what_bulky_goods_cost_on_top_is_a_line_of_its_own() -> None:
    receipt = replace(BOUGHT, surcharge=eur(1900))

    for said in (" ".join(Words(html(receipt)).text.split()), text_of(pdf(receipt))):
        assert "Delivery of bulky goods 19.00 EUR" in said
        assert "Delivery 0.00 EUR" in said


def test_what_a_shop_wrote_is_text_on_the_page_and_nothing_else() -> None:
    line = replace(BOUGHT.lines[0], title="<script>alert(1)</script> & co", sku='"><img src=x onerror=alert(1)>')
    page = html(replace(BOUGHT, lines=(line,)))

    assert "<script>alert(1)</script> & co" in Words(page).text
    assert {"script", "img"}.isdisjoint(Words(page).tags)


@pytest.mark.parametrize(
    ("amount", "said"),
    [(Money(500, "JPY"), "500 JPY"), (Money(1250, "KWD"), "1.250 KWD"), (Money(5, "EUR"), "0.05 EUR")],
)
def test_money_has_the_decimals_of_its_currency(amount: Money, said: str) -> None:
    receipt = replace(BOUGHT, total=amount)

    assert said in Words(html(receipt)).text
    assert said in text_of(pdf(receipt))


def test_the_same_receipt_is_the_same_bytes() -> None:
    assert pdf(BOUGHT) == pdf(BOUGHT)
    assert html(BOUGHT) == html(BOUGHT)


@pytest.mark.parametrize("title", ["Zelt für 2 Personen, grün", "Σκηνή δύο ατόμων", "Палатка «Кедр»"])
def test_a_name_in_another_script_is_whole_in_both(title: str) -> None:
    receipt = replace(BOUGHT, lines=(replace(BOUGHT.lines[0], title=title),))

    assert title in Words(html(receipt)).text
    assert title in text_of(pdf(receipt))


def test_fifty_lines_with_names_as_long_as_they_may_be_fit_on_their_pages() -> None:
    lines = tuple(replace(BOUGHT.lines[0], title=f"{n} " + "W" * 300, sku="S" * 100) for n in range(50))

    document = pdf(replace(BOUGHT, lines=lines))

    read = pypdf.PdfReader(io.BytesIO(document))
    assert len(read.pages) > 3
    assert text_of(document).count("289.00 EUR") == 100


def test_a_shop_that_has_told_only_its_name_gives_a_receipt_without_gaps() -> None:
    receipt = replace(BOUGHT, branding=Branding(name="Saltgrove", currency="GBP"))

    assert "None" not in Words(html(receipt)).text
    assert "Tax id" not in text_of(pdf(receipt))
