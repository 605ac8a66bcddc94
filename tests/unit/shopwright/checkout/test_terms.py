"""What a shop may ask for delivery, and in which money."""

import pytest
from shopwright.checkout.terms import Terms, TermsUnusable
from shopwright.money import Money


@pytest.mark.parametrize("currency", ["ZZZ", "YEN", "XXX"])
def test_a_shop_sells_in_a_currency_that_there_is(currency: str) -> None:
    with pytest.raises(TermsUnusable, match="ISO 4217"):
        Terms(Money(395, currency), None, 2000)


@pytest.mark.parametrize("currency", ["EUR", "GBP", "JPY", "KWD"])
def test_every_currency_that_there_is_will_do(currency: str) -> None:
    assert Terms(Money(395, currency), None, 2000).currency == currency


def test_delivery_is_free_from_the_very_amount_on() -> None:
    terms = Terms(Money(395, "GBP"), Money(5001, "GBP"), 2000)

    assert [terms.delivery_for(goods) for goods in (5000, 5001)] == [395, 0]
