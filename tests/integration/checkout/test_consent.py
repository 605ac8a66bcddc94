"""Nobody is charged for anything but what they were told and agreed to, themselves, a moment ago, once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from shopwright.checkout.consent import (
    Claim,
    ConsentUsed,
    QuoteExpired,
    QuoteForeign,
    ReturnUrlUnusable,
    TermsChanged,
    Unconsented,
)
from shopwright.checkout.quote import (
    CartEmpty,
    CurrencyUnfit,
    LineTroubled,
    Quote,
    QuoteForged,
)
from shopwright.checkout.terms import Terms, tax_in
from shopwright.money import Money

from tests.integration.checkout.house import House


@pytest.fixture
def house(shop: Any, gateways: Any) -> House:
    return House(shop, gateways, "stripe")


def test_a_quote_tells_everything_that_is_charged(house: House) -> None:
    house.put(house.shelve(stock=5, price=1200), 2)

    quoted = house.quote()

    assert (quoted.goods_minor, quoted.delivery_minor, quoted.total_minor) == (2400, 395, 2795)
    assert quoted.tax_minor == 400 + 66  # a sixth of each, to the nearest penny
    assert quoted.instrument.startswith("tok_")
    assert "pm_card" not in quoted.text().decode()


def test_delivery_is_free_from_an_amount_on_and_an_article_may_have_a_rate_of_its_own(house: House) -> None:
    sku = house.shelve(stock=9, price=2500)
    house.orders.set_terms(Terms(Money(395, "GBP"), Money(5000, "GBP"), 2000, {sku: 0}))
    house.put(sku, 2)

    quoted = house.quote()

    assert (quoted.delivery_minor, quoted.tax_minor, quoted.total_minor) == (0, 0, 5000)
    house.orders.set_terms(Terms(Money(395, "GBP"), Money(5000, "GBP"), 2000))


@pytest.mark.parametrize(("amount", "rate", "tax"), [(1200, 2000, 200), (100, 700, 7), (1, 2000, 0), (3, 2000, 1)])
def test_included_tax_is_rounded_to_the_nearest_unit(amount: int, rate: int, tax: int) -> None:
    assert tax_in(amount, rate) == tax


@pytest.mark.parametrize(
    "change",
    [
        lambda quote: replace(quote, total_minor=1),
        lambda quote: replace(quote, merchant_id="outdoor"),
        lambda quote: replace(quote, expires_at=quote.expires_at + 1),
        lambda quote: replace(quote, instrument="tok_" + "a" * 24),
        lambda quote: replace(quote, lines=(replace(quote.lines[0], quantity=99), *quote.lines[1:])),
    ],
)
def test_a_quote_that_was_touched_is_none(house: House, change: Callable[[Quote], Quote]) -> None:
    house.put(house.shelve())
    quoted = house.quote()
    touched = change(quoted)

    with pytest.raises(QuoteForged):
        house.agree(touched, signature=house.signatures.sign(quoted), quote_hash=touched.hash)
    assert house.started == []


@pytest.mark.parametrize(
    "changed", [{"agreed": False}, {"quote_hash": "0" * 64}, {"nonce": "0" * 32}], ids=["no", "hash", "nonce"]
)
def test_without_the_shoppers_word_to_exactly_this_nothing_starts(house: House, changed: dict[str, Any]) -> None:
    house.put(house.shelve())

    with pytest.raises(Unconsented):
        house.agree(house.quote(), **changed)
    assert house.started == []


def test_a_quote_is_the_shoppers_own(house: House) -> None:
    house.put(house.shelve())

    with pytest.raises(QuoteForeign):
        house.agree(house.quote(), who="bob")


def test_a_quote_is_over_after_a_quarter_of_an_hour(house: House) -> None:
    house.put(house.shelve())
    quoted = house.quote()
    house.late = timedelta(minutes=15)

    with pytest.raises(QuoteExpired):
        house.agree(quoted)


def test_a_consent_is_spent_once_and_the_same_request_goes_on_from_where_it_stopped(house: House) -> None:
    house.put(house.shelve())
    quoted = house.quote()

    first = house.agree(quoted, request="r-1")
    house.late = timedelta(hours=1)  # its answer was lost, and the shopper's page asks again

    assert house.agree(quoted, request="r-1") == first
    with pytest.raises(ConsentUsed):
        house.agree(quoted, request="r-2")
    assert {name for name, _ in house.started} == {first}
    assert isinstance(house.claims[quoted.nonce], Claim)


def test_what_has_changed_is_said_and_asked_anew(house: House) -> None:
    sku = house.shelve(stock=5, price=1000)
    house.put(sku)
    quoted = house.quote()
    house.run(
        "update shopwright.product_fact set amount = 1100 where merchant_id = %(m)s and product_id = %(s)s", s=sku
    )

    with pytest.raises(TermsChanged, match=r"costs 11\.00 GBP and not 10\.00 GBP.*total is 14\.95 GBP and not 13\.95"):
        house.agree(quoted)
    assert house.started == []

    house.put(sku, 2)
    with pytest.raises(TermsChanged, match="The cart has 2 of"):
        house.agree(quoted)
    house.put(sku, 1)
    house.run(
        "update shopwright.product_fact set amount = 1000 where merchant_id = %(m)s and product_id = %(s)s", s=sku
    )
    with pytest.raises(TermsChanged, match="The cart has been changed"):
        house.agree(quoted)


def test_stock_that_has_gone_meanwhile_is_said(house: House) -> None:
    sku = house.shelve(stock=1)
    house.put(sku)
    quoted = house.quote()
    house.run("update shopwright.stock set on_hand = 0 where merchant_id = %(m)s and sku = %(s)s", s=sku)

    with pytest.raises(LineTroubled, match="sold out"):
        house.agree(quoted)


def test_what_cannot_be_bought_cannot_be_quoted(house: House) -> None:
    with pytest.raises(CartEmpty):
        house.quote(who="carl")

    free = house.shelve(price=0)
    house.put(free, who="dora")
    with pytest.raises(LineTroubled, match="has no price"):  # though delivery would cost something
        house.quote(who="dora")

    withdrawn = house.shelve()
    house.put(withdrawn, who="eve")
    house.run("update shopwright.product set withdrawn = true where merchant_id = %(m)s and id = %(s)s", s=withdrawn)
    with pytest.raises(LineTroubled, match="does not sell"):
        house.quote(who="eve")

    yen = house.shelve()
    house.run("update shopwright.product_fact set unit = 'JPY' where merchant_id = %(m)s and product_id = %(s)s", s=yen)
    house.put(yen, who="finn")
    with pytest.raises(CurrencyUnfit, match="JPY"):
        house.quote(who="finn")


@pytest.mark.parametrize(("currency", "total"), [("JPY", "3345 JPY"), ("KWD", "3.345 KWD")])
def test_a_currency_with_no_decimals_or_three_is_charged_as_it_is(house: House, currency: str, total: str) -> None:
    sku = house.shelve(stock=3)
    house.run(
        "update shopwright.product_fact set unit = %(c)s where merchant_id = %(m)s and product_id = %(s)s",
        s=sku,
        c=currency,
    )
    house.orders.set_terms(Terms(Money(395, currency), None, 2000))
    house.put(sku)

    quoted = house.quote()
    house.orders.set_terms(Terms(Money(395, "GBP"), Money(5000, "GBP"), 2000))

    assert str(quoted.total) == total


@pytest.mark.parametrize(("currency", "unit"), [("JPY", 30), ("KWD", 30_000), ("GBP", 3000)])
def test_a_price_without_a_currency_is_so_many_of_the_shops_own(house: House, currency: str, unit: int) -> None:
    sku = house.shelve(stock=3, price=3000)  # 30.00
    house.run("update shopwright.product_fact set unit = 'XXX' where merchant_id = %(m)s and product_id = %(s)s", s=sku)
    house.orders.set_terms(Terms(Money(395, currency), None, 2000))
    house.put(sku, who="gil")

    quoted = house.quote(who="gil")
    house.orders.set_terms(Terms(Money(395, "GBP"), Money(5000, "GBP"), 2000))

    assert [line.unit_minor for line in quoted.lines] == [unit]


def test_a_price_that_a_currency_cannot_hold_is_not_sold_at(house: House) -> None:
    sku = house.shelve(stock=3, price=1250)  # 12.50
    house.run("update shopwright.product_fact set unit = 'XXX' where merchant_id = %(m)s and product_id = %(s)s", s=sku)
    house.orders.set_terms(Terms(Money(395, "JPY"), None, 2000))
    house.put(sku, who="hal")

    try:
        with pytest.raises(CurrencyUnfit, match=r"12\.50"):
            house.quote(who="hal")
    finally:
        house.orders.set_terms(Terms(Money(395, "GBP"), Money(5000, "GBP"), 2000))


@pytest.mark.parametrize(
    "url", ["http://shop.example/", "javascript:alert(1)", "https://ann:" + "pw@shop.example/", "https:///x", "//shop"]
)
def test_nobody_is_sent_back_to_an_address_that_is_none(house: House, url: str) -> None:
    house.put(house.shelve())

    with pytest.raises(ReturnUrlUnusable):
        house.agree(house.quote(), return_url=url)
