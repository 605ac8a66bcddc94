"""Keys, amounts and reasons: what both gateways are told, and what a shopper is."""

import re
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shopwright.checkout.gateways import Payment, key, reasons, units
from shopwright.checkout.gateways.calling import time_for
from shopwright.checkout.gateways.units import AmountUnsupported
from shopwright.money import Money, exponent
from shopwright.resilience.deadline import Deadline, DeadlinePassed
from shopwright.tenancy.tenant import Tenant

CURRENCIES = ["EUR", "JPY", "KWD", "ISK", "CLP", "IDR", "CVE", "MGA", "UGX", "HUF", "TWD", "BHD", "CLF"]


def test_a_key_is_the_same_for_the_same_thing_and_another_for_anything_else() -> None:
    tenants, sagas = (Tenant("kitchen"), Tenant("outdoor")), ("saga-1", "saga-11")
    made = {
        key(tenant, saga, attempt, operation)
        for tenant, saga, attempt, operation in product(tenants, sagas, (1, 2), ("create", "authorize", "capture-1"))
    }

    assert len(made) == 24
    assert key(Tenant("kitchen"), "saga-1", 1, "create") in made
    assert all(re.fullmatch("[A-Z2-7]{40}", one) for one in made)


def test_a_payments_name_tells_its_saga_and_attempt() -> None:
    payment = Payment(Tenant("kitchen"), "order-1", "saga-1", 2, Money(1, "EUR"))

    assert payment.name == "saga-1.2"
    assert payment.key("void-1") == key(Tenant("kitchen"), "saga-1", 2, "void-1")


@given(minor=st.integers(1, 10**12), currency=st.sampled_from(CURRENCIES), vendor=st.sampled_from(["stripe", "adyen"]))
def test_an_amount_that_a_vendor_takes_comes_back_as_it_went(minor: int, currency: str, vendor: str) -> None:
    money = Money(minor, currency)
    try:
        value = units.to_vendor(money, vendor)
    except AmountUnsupported:
        assert currency in ("UGX", "KWD", "BHD", "IDR", "CVE", "MGA")
        return

    assert units.from_vendor(value, currency.lower(), vendor) == money


@pytest.mark.parametrize(
    ("vendor", "money", "value"),
    [
        ("stripe", Money(500, "JPY"), 500),
        ("stripe", Money(5, "ISK"), 500),
        ("stripe", Money(500, "MGA"), 5),
        ("stripe", Money(800_45, "TWD"), 800_45),
        ("stripe", Money(5_120, "KWD"), 5_120),
        ("stripe", Money(5_124, "KWD"), None),
        ("stripe", Money(550, "MGA"), None),
        ("stripe", Money(5, "UGX"), None),
        ("adyen", Money(5_124, "KWD"), 5_124),
        ("adyen", Money(5, "CLP"), 500),
        ("adyen", Money(5, "ISK"), 500),
        ("adyen", Money(500, "IDR"), 5),
        ("adyen", Money(550, "CVE"), None),
        ("adyen", Money(5, "UGX"), 5),
    ],
)
def test_currencies_without_or_with_three_decimals_are_written_as_each_vendor_writes_them(
    vendor: str, money: Money, value: int | None
) -> None:
    if value is None:
        with pytest.raises(AmountUnsupported):
            units.to_vendor(money, vendor)
    else:
        assert units.to_vendor(money, vendor) == value


def test_half_a_unit_of_a_vendor_is_no_amount() -> None:
    with pytest.raises(AmountUnsupported):
        units.from_vendor(550, "isk", "stripe")


def test_every_currency_that_a_table_names_is_counted_otherwise_than_by_the_standard() -> None:
    for vendor, table in units._table().items():
        for currency, decimals in table["decimals"].items():
            assert decimals != exponent(currency), (vendor, currency)


def test_every_reason_has_words_and_every_code_a_reason() -> None:
    table = reasons._table()
    for name in ("stripe", "adyen", "adyen_errors", "adyen_words"):
        assert set(table[name].values()) <= set(table["reasons"])
    used = {reason for name in ("stripe", "adyen", "adyen_errors", "adyen_words") for reason in table[name].values()}
    assert used == set(table["reasons"])
    for reason in table["reasons"].values():
        assert reason["message"].endswith(".")
        assert len(reason["message"]) <= 120


@pytest.mark.parametrize("code", ["fraudulent", "lost_card", "stolen_card", "pickup_card", "merchant_blacklist"])
def test_who_holds_a_stolen_card_learns_no_more_than_that_it_was_refused(code: str) -> None:
    assert reasons.of_stripe(code, "card_declined") == "declined"


def test_a_code_that_nobody_told_us_of_is_a_plain_refusal() -> None:
    assert reasons.of_stripe("brand_new_code", "card_declined") == "declined"
    assert reasons.of_stripe(None, "expired_card") == "card_expired"
    assert reasons.of_adyen("999", None) == "declined"
    assert reasons.of_adyen(None, "05 : Not enough balance") == "insufficient_funds"
    assert reasons.of_stripe_error("brand_new_code") is None
    assert reasons.explain("brand_new").reason == "declined"


def test_a_refusal_says_what_the_shopper_can_do() -> None:
    refusal = reasons.PaymentDeclined("card_expired")

    assert (refusal.reason, refusal.again) == ("card_expired", False)
    assert str(refusal) == "This card has expired. Pay with another card."


def test_a_gateway_is_waited_for_as_long_as_there_is_time_and_no_longer() -> None:
    connect, read = time_for(Deadline(120_000))
    assert (connect, read) == (2.0, 20.0)
    connect, read = time_for(Deadline(2_000))
    assert connect + read <= 2.0
    with pytest.raises(DeadlinePassed):
        time_for(Deadline(400))
