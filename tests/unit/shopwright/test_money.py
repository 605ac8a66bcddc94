"""Prices as merchants write them: read exactly, or refused when they can be read in two ways."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shopwright.money import NO_CURRENCY, Money, NotMoney, currency_of, decimal_mark, exponent, parse


@pytest.mark.parametrize(
    ("text", "currency", "mark", "minor", "of"),
    [
        ("1.299,00 EUR", None, None, 129900, "EUR"),
        ("$12.99", None, None, 1299, "USD"),
        ("12.99", "USD", None, 1299, "USD"),
        ("CHF 1'250.–", None, None, 125000, "CHF"),
        ("€ 5,-", None, None, 500, "EUR"),
        ("1 299,50 €", None, None, 129950, "EUR"),
        ("1,299.00", None, None, 129900, NO_CURRENCY),
        ("1.299", "EUR", ",", 129900, "EUR"),
        ("40.000", "PLN", ".", 4000, "PLN"),
        ("500", "JPY", None, 500, "JPY"),
        ("1.250", "KWD", ".", 1250, "KWD"),
        ("1.299.000 VND", None, None, 1299000, "VND"),
        ("$5", "CAD", None, 500, "CAD"),
        ("0", None, None, 0, NO_CURRENCY),
        ("1,5", "EUR", None, 150, "EUR"),
    ],
)
def test_a_price_is_read_to_the_minor_unit(
    text: str, currency: str | None, mark: str | None, minor: int, of: str
) -> None:
    assert parse(text, currency, mark=mark) == Money(minor, of)


@pytest.mark.parametrize(
    ("text", "currency", "mark"),
    [
        ("1.299", "EUR", None),  # 1299 euros, or one and a bit
        ("1,299", "EUR", None),
        ("12.999", "USD", "."),
        ("1.5", "JPY", None),
        ("-3", None, None),
        ("(3.00)", None, None),
        ("free", None, None),
        ("", None, None),
        ("12.3.4", None, None),
        ("5 Taler", None, None),
        ("$5", "EUR", None),
        ("$5 EUR", None, None),
        ("1e5", None, None),
        ("NaN", None, None),
        ("٣", None, None),
        ("9" * 40, None, None),
    ],
)
def test_what_is_no_price_or_could_be_two_is_refused(text: str, currency: str | None, mark: str | None) -> None:
    with pytest.raises(NotMoney):
        parse(text, currency, mark=mark)


@given(st.integers(0, 10**12), st.sampled_from(["EUR", "JPY", "KWD", "CLF", NO_CURRENCY]))
def test_what_is_written_is_read_back(minor: int, currency: str) -> None:
    money = Money(minor, currency)

    assert parse(str(money), None if currency != NO_CURRENCY else NO_CURRENCY, mark=".") == money
    assert Decimal(money.amount).scaleb(exponent(currency)) == minor


@given(st.text(max_size=20))
def test_no_text_is_read_as_anything_but_money_or_refused(text: str) -> None:
    try:
        assert parse(text).minor >= 0
    except NotMoney:
        return


def test_decimals_are_told_from_the_prices_beside() -> None:
    assert decimal_mark(["1.299", "12,50", "3"]) == ","
    assert decimal_mark(["1,299", "12.50"]) == "."
    assert decimal_mark(["1.299", "3"]) is None
    assert decimal_mark(["12.50", "12,50"]) is None


def test_currencies_go_by_code_sign_and_name() -> None:
    assert [currency_of(text) for text in ("eur", "€", "Euros", "$", "kr", "EU")] == [
        "EUR",
        "EUR",
        "EUR",
        "USD",
        None,
        None,
    ]
    with pytest.raises(NotMoney):
        Money(1, "euro")
