"""Who may tell a shop that it was paid: only who knows its secret, about its own account, in every part."""

import json
import time
from typing import Any

import pytest
import stripe as sdk
from Adyen import util
from shopwright.checkout.gateways import Misconfigured, Told, WebhookForged, adyen, stripe
from shopwright.money import Money

from tests.integration.gateways.shop import HMAC_KEY, KITCHEN, Shop

# Adyen's own vector: https://docs.adyen.com/development-resources/webhooks/verify-hmac-signatures
VECTOR = {
    "pspReference": "7914073381342284",
    "originalReference": "",
    "merchantAccountCode": "TestMerchant",
    "merchantReference": "TestPayment-1407325143704",
    "amount": {"value": 1130, "currency": "EUR"},
    "eventCode": "AUTHORISATION",
    "success": "true",
    "eventDate": "2014-08-06T17:15:34.121+02:00",
    "additionalData": {"hmacSignature": "coqCmt/IZ4E3CzPvMY8zTjQVL5hYJUiBRg8UU+iCWo0="},
}


def _vector_gateway(*keys: str) -> adyen.AdyenGateway:
    account = adyen.Account(KITCHEN, "TestMerchant", "key", keys or (HMAC_KEY,))
    return adyen.AdyenGateway(account, lambda _, token: token)


def _body(*items: dict[str, Any]) -> bytes:
    return json.dumps(
        {"live": "false", "notificationItems": [{"NotificationRequestItem": one} for one in items]}
    ).encode()


def test_adyens_published_signature_is_accepted() -> None:
    [event] = _vector_gateway().verify_webhook({}, _body(VECTOR))

    assert (event.told, event.name, event.amount) == (Told.AUTHORIZED, "TestPayment-1407325143704", Money(1130, "EUR"))
    assert event.id == "7914073381342284.AUTHORISATION.true"


def test_while_a_key_takes_the_place_of_another_both_hold() -> None:
    old = "00" * 32

    assert _vector_gateway(old, HMAC_KEY).verify_webhook({}, _body(VECTOR))
    with pytest.raises(WebhookForged):
        _vector_gateway(old).verify_webhook({}, _body(VECTOR))


@pytest.mark.parametrize(
    "change",
    [
        {"amount": {"value": 1, "currency": "EUR"}},
        {"amount": {"value": 1130, "currency": "USD"}},
        {"merchantReference": "another"},
        {"eventCode": "CAPTURE"},
        {"success": "false"},
        {"success": True},
        {"pspReference": "7914073381342285"},
        {"originalReference": "7914073381342284"},
        {"merchantAccountCode": "AnotherMerchant"},
        {"additionalData": None},
        {"additionalData": {}},
        {"additionalData": {"hmacSignature": ""}},
        {"additionalData": {"hmacSignature": 7}},
        {"additionalData": {"hmacSignature": "é"}},
        {"amount": None},
        {
            "merchantReference": "TestPayment-1407325143704:1130",
            "amount": {"value": "EUR", "currency": "AUTHORISATION"},
        },
    ],
)
def test_a_changed_notification_is_refused_wherever_it_stands_in_its_message(change: dict[str, Any]) -> None:
    forged = {**VECTOR, **change}

    for items in ([forged], [forged, VECTOR], [VECTOR, forged], [VECTOR, VECTOR, forged]):
        with pytest.raises(WebhookForged):
            _vector_gateway().verify_webhook({}, _body(*items))


def test_a_notification_without_its_signature_is_refused_behind_a_genuine_one() -> None:
    bare = {name: value for name, value in VECTOR.items() if name != "additionalData"}

    with pytest.raises(WebhookForged):
        _vector_gateway().verify_webhook({}, _body(VECTOR, bare))


def test_signed_fields_cannot_be_cut_in_another_way() -> None:
    """The signed text joins its parts with colons: what moves one from part to part keeps the signature."""
    moved = {**VECTOR, "pspReference": "7914073381342284:", "originalReference": "TestMerchant"}
    moved |= {"merchantAccountCode": "TestPayment-1407325143704", "merchantReference": "1130"}

    with pytest.raises(WebhookForged):
        _vector_gateway().verify_webhook({}, _body(moved))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b'{"notificationItems": []}',
        b'{"notificationItems": {}}',
        b'{"notificationItems": [{}]}',
        b'{"notificationItems": [{"NotificationRequestItem": []}]}',
        b'{"type": "x", "data": {}}',
    ],
)
def test_what_is_no_notification_is_refused(shop: Shop, body: bytes) -> None:
    with pytest.raises(WebhookForged):
        shop.gateway.verify_webhook({"Stripe-Signature": "t=1,v1=00", "HmacSignature": "x"}, body)


def test_another_account_of_the_same_company_key_is_not_this_merchant(with_adyen: Shop) -> None:
    item = {**VECTOR, "merchantAccountCode": "AnotherECOM"}
    item["additionalData"] = {"hmacSignature": util.generate_notification_sig(item, HMAC_KEY).decode()}

    with pytest.raises(WebhookForged):
        with_adyen.gateway.verify_webhook({}, _body(item))


def test_a_message_of_stripe_is_refused_when_a_byte_of_it_differs_or_it_is_old(with_stripe: Shop) -> None:
    with_stripe.paid()
    message = with_stripe.double.take()[0]

    assert with_stripe.gateway.verify_webhook(message.headers, message.body)
    assert with_stripe.gateway.verify_webhook({"stripe-signature": message.headers["Stripe-Signature"]}, message.body)
    for headers, body in (
        (message.headers, message.body.replace(b"4990", b"4991")),
        (message.headers, message.body + b" "),
        ({}, message.body),
        ({"Stripe-Signature": ""}, message.body),
        (_signed(message.body, "whsec_kitchen", age_s=301), message.body),
        (_signed(message.body, "whsec_another"), message.body),
    ):
        with pytest.raises(WebhookForged):
            with_stripe.gateway.verify_webhook(headers, body)


def test_an_account_without_a_secret_believes_nobody() -> None:
    for gateway in (
        stripe.Stripe(stripe.Account(KITCHEN, "sk", ()), lambda _, token: token),
        adyen.AdyenGateway(adyen.Account(KITCHEN, "a", "k", ()), lambda _, token: token),
    ):
        with pytest.raises(Misconfigured):
            gateway.verify_webhook({}, b"{}")


@pytest.mark.parametrize(
    ("kind", "about", "told"),
    [
        ("payment_intent.canceled", {"cancellation_reason": "automatic"}, Told.EXPIRED),
        ("payment_intent.canceled", {"cancellation_reason": "abandoned"}, Told.VOIDED),
        ("charge.refund.updated", {"object": "refund", "status": "failed"}, Told.REFUND_FAILED),
        ("refund.updated", {"object": "refund", "status": "succeeded"}, Told.REFUNDED),
        ("refund.created", {"object": "refund", "status": "succeeded"}, Told.REFUNDED),
        ("refund.created", {"object": "refund", "status": "pending"}, Told.OTHER),
        ("refund.updated", {"object": "refund", "status": "canceled"}, Told.REFUND_FAILED),
        ("charge.refunded", {"object": "charge", "refunded": True}, Told.OTHER),
        ("charge.dispute.created", {"object": "dispute", "payment_intent": "pi_1"}, Told.DISPUTED),
        ("invoice.paid", {"object": "invoice"}, Told.OTHER),
        ("payment_intent.succeeded", {"amount_received": 12_345, "currency": "isk"}, Told.CAPTURED),
    ],
)
def test_what_stripe_tells_means_what_it_says(kind: str, about: dict[str, Any], told: Told) -> None:
    content = {"object": "payment_intent", "id": "pi_1", **about}
    event = stripe.event({"object": "event", "id": "evt_1", "created": 1, "type": kind, "data": {"object": content}})

    assert event.told is told
    assert event.amount is None  # none is given, or one that no currency has


def _signed(body: bytes, secret: str, *, age_s: int = 0) -> dict[str, str]:
    at = int(time.time()) - age_s
    return {"Stripe-Signature": sdk.WebhookSignature.generate_signature_header(body.decode(), secret, at)}
