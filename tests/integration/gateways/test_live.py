"""The same rules before the vendors' own sandboxes, for whoever has keys: STRIPE_TEST_KEY, ADYEN_TEST_KEY.

What our doubles do that no specification states is asked here: which key gives the same answer, what a decline is
called, what may be done twice.
"""

import json
import os
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from shopwright.checkout.gateways import (
    Authorization,
    Done,
    Gateway,
    Held,
    KeyReused,
    Means,
    Misconfigured,
    Outcome,
    Payment,
    adyen,
    stripe,
)
from shopwright.money import Money
from shopwright.resilience.deadline import Deadline
from shopwright.tenancy.tenant import Tenant

SOON = 30_000
SHOP = Tenant("sandbox")
# Published test values of the vendors. Adyen's sandbox takes a test card behind `test_`, in place of an encrypted one.
_CARD = {
    "type": "scheme",
    "encryptedCardNumber": "test_4111111111111111",
    "encryptedExpiryMonth": "test_03",
    "encryptedExpiryYear": "test_2030",
    "encryptedSecurityCode": "test_737",
}


@dataclass(frozen=True, slots=True)
class Sandbox:
    """One vendor's sandbox, and what it calls a card that pays and one that does not."""

    gateway: Gateway
    wrong_key: Gateway
    ok: str
    poor: str

    def pay(self, payment: Payment, instrument: str) -> Authorization:
        means = Means(instrument, "https://shop.example/paid", "Shopwright's tests")
        return self.gateway.authorize(payment, means, Deadline(SOON), persist=lambda _: None)


def _plain(_: Tenant, token: str) -> str:
    return token


def _stripe() -> Sandbox:
    key = os.environ.get("STRIPE_TEST_KEY")
    if not key:
        pytest.skip("STRIPE_TEST_KEY is not set")
    if not key.startswith(("sk_test_", "rk_test_")):
        pytest.fail("STRIPE_TEST_KEY is no key of a sandbox: nothing was sent.")
    account = stripe.Account(SHOP, key, ())
    return Sandbox(
        stripe.Stripe(account, _plain),
        stripe.Stripe(replace(account, secret_key="sk_test_none"), _plain),
        ok="pm_card_visa",
        poor="pm_card_visa_chargeDeclinedInsufficientFunds",
    )


def _adyen() -> Sandbox:
    key, name = os.environ.get("ADYEN_TEST_KEY"), os.environ.get("ADYEN_TEST_ACCOUNT")
    if not key or not name:
        pytest.skip("ADYEN_TEST_KEY and ADYEN_TEST_ACCOUNT are not set")
    account = adyen.Account(SHOP, name, key, ())  # without a prefix of a live address it is the sandbox
    return Sandbox(
        adyen.AdyenGateway(account, _plain),
        adyen.AdyenGateway(replace(account, api_key="none"), _plain),
        ok=json.dumps(_CARD),
        poor=json.dumps({**_CARD, "holderName": "NOT_ENOUGH_BALANCE"}),
    )


@pytest.fixture(params=[_stripe, _adyen], ids=["stripe", "adyen"])
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    made: Callable[[], Sandbox] = request.param
    return made()


def _payment(amount: Money | None = None) -> Payment:
    number = uuid.uuid4().hex[:12]
    return Payment(SHOP, f"order-{number}", f"saga-{number}", 1, amount or Money(1_099, "EUR"))


def test_money_is_held_once_taken_and_given_back(sandbox: Sandbox) -> None:
    payment = _payment()
    told, again = sandbox.pay(payment, sandbox.ok), sandbox.pay(payment, sandbox.ok)
    assert told.outcome is Outcome.AUTHORIZED
    assert again == told

    payment = replace(payment, reference=told.reference)
    assert sandbox.gateway.capture(payment, Deadline(SOON)).done in (Done.DONE, Done.RECEIVED)
    assert sandbox.gateway.refund(payment, Deadline(SOON)).done in (Done.DONE, Done.RECEIVED)
    standing = sandbox.gateway.find(payment, Deadline(SOON))
    if standing is not None:
        assert standing.held is Held.REFUNDED


def test_what_is_held_is_let_go_of_by_whatever_way_fits(sandbox: Sandbox) -> None:
    payment = _payment()
    payment = replace(payment, reference=sandbox.pay(payment, sandbox.ok).reference)

    assert sandbox.gateway.reverse(payment, Deadline(SOON)).done in (Done.DONE, Done.RECEIVED)


def test_a_payment_is_undone_by_our_name_alone_where_the_gateway_allows_that(sandbox: Sandbox) -> None:
    payment = _payment()
    if sandbox.gateway.vendor == "adyen":
        sandbox.pay(payment, sandbox.ok)

    assert sandbox.gateway.reverse(payment, Deadline(SOON)).done in (Done.ALREADY, Done.RECEIVED)


def test_a_card_without_money_is_told_as_what_it_is(sandbox: Sandbox) -> None:
    told = sandbox.pay(_payment(), sandbox.poor)

    assert (told.outcome, told.reason) == (Outcome.DECLINED, "insufficient_funds")


def test_a_key_is_for_one_request(sandbox: Sandbox) -> None:
    payment = _payment()
    sandbox.pay(payment, sandbox.ok)

    with pytest.raises(KeyReused):
        sandbox.pay(replace(payment, amount=Money(1_100, "EUR")), sandbox.ok)


def test_currencies_without_decimals_are_written_as_the_vendor_writes_them(sandbox: Sandbox) -> None:
    payment = _payment(Money(1_500, "JPY"))
    told = sandbox.pay(payment, sandbox.ok)
    assert told.outcome is Outcome.AUTHORIZED

    standing = sandbox.gateway.find(replace(payment, reference=told.reference), Deadline(SOON))
    if standing is not None:
        assert standing.authorized == Money(1_500, "JPY")


def test_a_wrong_key_is_the_merchants_trouble(sandbox: Sandbox) -> None:
    means = Means(sandbox.ok, "https://shop.example/paid")

    with pytest.raises(Misconfigured):
        sandbox.wrong_key.authorize(_payment(), means, Deadline(SOON), persist=lambda _: None)
