"""Of a table's rows the one that is asked for is quoted; changes when rows are told apart otherwise."""

import pytest
from shopwright.llm import fits
from shopwright.llm.extractive import compose
from shopwright.llm.units import Source

VOUCHERS = (
    "Order value: 50 EUR; Discount: 5 %; Code: AUTUMN5\nOrder value: 100 EUR; Discount: 8 %; Code: AUTUMN8\n"
    "Order value: 200 EUR; Discount: 12 %; Code: AUTUMN12"
)
CARDS = "Card value: 25 GBP; Bonus: 2 GBP\nCard value: 50 GBP; Bonus: 5 GBP\nCard value: 100 GBP; Bonus: 15 GBP"
PARCELS = "Weight: up to 5 kg; Price: 5 EUR\nWeight: up to 10 kg; Price: 9 EUR\nWeight: up to 30 kg; Price: 15 EUR"
SERVICES = "Service: Standard; Price: €5.90, free for orders over €75\nService: Express; Price: €14.90"
GUARANTEES = [
    ("Kettles", "2 years"),
    ("Knives", "25 years"),
    ("Pans", "10 years"),
    ("Boards", "1 year"),
    ("Mills", "5 years"),
]


def said(question: str, *sources: Source) -> str:
    return " | ".join(sentence.text for sentence in compose(question, sources).sentences)


def table(title: str, content: str) -> Source:
    return Source(1, (title,), content, 0.85)


def guarantees(*further: tuple[str, str]) -> Source:
    rows = [f"Product: {name}; Warranty: {time}" for name, time in (*GUARANTEES, *further)]
    return table("Warranty", "\n".join(rows))


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("Which discount do I get for an order of 100 EUR?", "Order value: 100 EUR; Discount: 8 %; Code: AUTUMN8"),
        ("Which discount do I get for an order of EUR 100?", "Order value: 100 EUR; Discount: 8 %; Code: AUTUMN8"),
        ("Which discount do I get for an order of 100.00 euros?", "Order value: 100 EUR; Discount: 8 %; Code: AUTUMN8"),
        ("Which discount do I get for an order of 100?", "Order value: 100 EUR; Discount: 8 %; Code: AUTUMN8"),
        ("What is the discount code for 200 EUR?", "Order value: 200 EUR; Discount: 12 %; Code: AUTUMN12"),
        ("Which discount do I get for an order of 50 EUR?", "Order value: 50 EUR; Discount: 5 %; Code: AUTUMN5"),
    ],
)
def test_the_row_that_holds_the_figure_is_quoted_and_no_other(question: str, told: str) -> None:
    assert said(question, table("Vouchers", VOUCHERS)) == told


@pytest.mark.parametrize("amount", ["75 EUR", "150 EUR", "€1,000", "100 USD", "5 EUR", "8 EUR"])
def test_a_figure_that_no_row_holds_gets_no_other_rows_answer(amount: str) -> None:
    assert said(f"Which discount do I get for an order of {amount}?", table("Vouchers", VOUCHERS)) == ""


def test_a_sentence_may_answer_where_no_row_does() -> None:
    rule = Source(2, ("Vouchers",), "Any order gets a discount of 2 % at least.", 0.8)

    asked = said("Which discount do I get for an order of 75 EUR?", table("Vouchers", VOUCHERS), rule)

    assert asked == "Any order gets a discount of 2 % at least."


def test_rows_that_were_found_one_by_one_are_told_apart_too() -> None:
    rows = [Source(at, ("Vouchers",), row, 0.85) for at, row in enumerate(VOUCHERS.splitlines(), start=1)]

    assert said("Which discount do I get for an order of 200 EUR?", *rows).endswith("AUTUMN12")
    assert said("Which discount do I get for an order of 100 EUR?", rows[0], rows[2]) == ""


def test_a_figure_in_the_answers_column_is_not_the_figure_that_is_asked_about() -> None:
    cards = table("Gift cards", CARDS)

    assert said("What bonus do I get with a 100 GBP gift card?", cards) == "Card value: 100 GBP; Bonus: 15 GBP"
    assert said("What bonus comes with a £50 gift card?", cards) == "Card value: 50 GBP; Bonus: 5 GBP"
    assert said("What bonus do I get with a 15 GBP gift card?", cards) == ""


def test_a_price_list_is_not_told_apart_by_its_prices() -> None:
    services = table("Delivery", SERVICES)

    assert said("How much is express delivery for an order of 80 EUR?", services).startswith("Service: Express")
    assert said("How much is delivery for an order of 80 EUR?", services).startswith("Service: Standard")


def test_a_weight_tells_rows_apart_as_a_sum_does() -> None:
    parcels = table("Delivery of parcels", PARCELS)

    assert said("What does delivery of a 10 kg parcel cost?", parcels) == "Weight: up to 10 kg; Price: 9 EUR"
    assert said("What does delivery of a 7 kg parcel cost?", parcels) == ""


def test_a_column_of_bare_numbers_is_read_where_it_stands_first_or_names_its_unit() -> None:
    first = table("Vouchers", VOUCHERS.replace(" EUR", "").replace(" %", ""))
    named = table("Vouchers", "Code: A5; Order value EUR: 50; Discount: 5\nCode: A8; Order value EUR: 100; Discount: 8")

    for source in (first, named):
        assert "100; Discount: 8" in said("Which discount do I get for an order of 100 EUR?", source)
        assert said("Which discount do I get for an order of 5 EUR?", source) == ""


def test_of_rows_that_would_each_answer_all_are_told() -> None:
    told = said("How long is the warranty?", guarantees())

    assert all(name in told and time in told for name, time in GUARANTEES)
    assert said("How long is the warranty on knives?", guarantees()) == "Product: Knives; Warranty: 25 years"


def test_of_many_such_rows_none_is_told_for_all() -> None:
    many = guarantees(("Lids", "3 years"))
    rule = Source(2, ("Warranty",), "The warranty is 1 year at least.", 0.8)

    assert said("How long is the warranty?", many) == ""
    assert said("How long is the warranty?", many, rule) == "The warranty is 1 year at least."


def test_the_row_above_says_nothing_of_the_row_below() -> None:
    parts = table("Spare parts", "Part: Brass lid knob\nPart: Steel lid knob; Cost: 7 EUR; Sold: singly")

    assert said("What does the brass lid knob cost?", parts) == ""
    assert "7 EUR" in said("What does the steel lid knob cost?", parts)


@pytest.mark.parametrize(
    ("one", "other"),
    [("1,250.50 EUR", "€1.250,50"), ("1,250 kg", "1250 kilos"), ("£5", "5.00 pounds"), ("8%", "8 percent")],
)
def test_a_figure_is_the_same_however_it_is_written(one: str, other: str) -> None:
    assert fits.quantities(one) == fits.quantities(other)
