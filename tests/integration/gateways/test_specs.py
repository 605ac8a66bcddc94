"""The vendors' own examples, read by our adapters; and the judges judged. Only with SPECS=<folder>.

The numbers are how many examples there are in the files that CONTRIBUTING.md names.
"""

import json
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from Adyen import util
from shopwright.checkout.gateways import Done, Outcome, Told, adyen, stripe

from local.gateways.wire import Call
from tests.integration.gateways.shop import HMAC_KEY, Shop
from tests.integration.gateways.specs import NotAsSpecified, Specs

MODIFICATIONS = ("captures", "cancels", "refunds", "reversals")


@pytest.fixture
def given(specs: Specs | None) -> Specs:
    if specs is None:
        pytest.skip("SPECS names no folder with the vendors' specifications")
    return specs


def test_every_example_of_an_answer_to_a_payment_is_read(given: Specs) -> None:
    outcomes: Counter[Outcome] = Counter()
    for name, example in given.adyen["components"]["examples"].items():
        is_answer = name.startswith("post-payments-") and name.endswith("-200")
        if is_answer and "resultCode" in example["value"]:
            outcomes[adyen.authorization(example["value"]).outcome] += 1
    assert outcomes == {Outcome.AUTHORIZED: 8, Outcome.CHALLENGED: 3}
    given.examples["CheckoutService-v72 examples read, answers to a payment"] = outcomes.total()


def test_every_example_of_an_answer_to_a_change_is_read(given: Specs) -> None:
    read = 0
    for name, example in given.adyen["components"]["examples"].items():
        if name.endswith("-201") and any(f"-{kind}-" in name for kind in MODIFICATIONS):
            change = adyen.change(example["value"])
            assert change.done is Done.RECEIVED
            assert change.reference
            read += 1
    assert read == 7
    given.examples["CheckoutService-v72 examples read, answers to a change"] = read


def test_every_example_of_a_notification_is_verified_and_read(given: Specs, with_adyen: Shop) -> None:
    account = replace(with_adyen.gateway._account, merchant_account="YOUR_MERCHANT_ACCOUNT")  # type: ignore[attr-defined]
    gateway = adyen.AdyenGateway(account, with_adyen.vault.reveal)
    told: Counter[Told] = Counter()
    for name, example in given.notifications["components"]["examples"].items():
        message: dict[str, Any] = json.loads(json.dumps(example.get("value", example)))
        headers = {}
        for wrapped in message.get("notificationItems", []):
            item = wrapped["NotificationRequestItem"]
            item["merchantAccountCode"] = "YOUR_MERCHANT_ACCOUNT"
            signature = util.generate_notification_sig(item, HMAC_KEY).decode()
            item["additionalData"] = {**item.get("additionalData", {}), "hmacSignature": signature}
        body = json.dumps(message).encode()
        if "notificationItems" not in message:
            headers["HmacSignature"] = util.generate_payload_sig(body, HMAC_KEY).decode()
        events = gateway.verify_webhook(headers, body)
        assert events, name
        told.update(event.told for event in events)
    assert told.total() == 42
    given.examples["Webhooks-v1 examples verified and read"] = told.total()
    for expected in (
        Told.AUTHORIZED,
        Told.CAPTURED,
        Told.CAPTURE_FAILED,
        Told.VOIDED,
        Told.REFUND_FAILED,
        Told.DISPUTED,
    ):
        assert told[expected] > 0, expected


def test_every_fixture_of_stripe_is_read_as_the_object_of_an_event(given: Specs, with_stripe: Shop) -> None:
    read = 0
    for name, resource in given.fixtures.items():
        body, headers = _event("anything.updated", resource)
        [event] = with_stripe.gateway.verify_webhook(headers, body)
        assert event.told is Told.OTHER, name
        read += 1
    assert read == 176
    given.examples["Stripe fixtures3 resources verified and read"] = read


def test_stripes_own_payment_intent_is_read_in_each_of_its_states(given: Specs) -> None:
    intent = given.fixtures["payment_intent"]
    statuses = given.stripe["components"]["schemas"]["payment_intent"]["properties"]["status"]["enum"]
    for status in statuses:
        standing = stripe.standing({**intent, "status": status})
        assert standing.reference == intent["id"]
    assert len({stripe.standing({**intent, "status": status}).held for status in statuses}) == 6  # two are open
    given.examples["Stripe statuses of a payment intent read"] = len(statuses)


def test_a_double_that_spoke_otherwise_than_its_vendor_would_be_caught(given: Specs, shop: Shop) -> None:
    shop.paid()
    call: Call = shop.double.calls[-1]
    given.check(call)

    for name in ("status", "resultCode"):
        if name in call.body:
            with pytest.raises(NotAsSpecified):
                given.check(replace(call, body={**call.body, name: "settled"}))
    with pytest.raises(NotAsSpecified):
        given.check(replace(call, body={**call.body, "amount": "a lot"}))
    with pytest.raises(NotAsSpecified):
        given.check(replace(call, request={**call.request, "unheard_of": "1"}))


def test_the_specifications_were_used(given: Specs, with_stripe: Shop, with_adyen: Shop) -> None:
    for shop in (with_stripe, with_adyen):
        shop.paid()
        for call in shop.double.calls:
            given.check(call)
    assert all(given.counted[what] > 0 for what in ("stripe answer", "stripe request", "adyen answer", "adyen request"))


def _event(kind: str, about: dict[str, Any]) -> tuple[bytes, dict[str, str]]:
    import stripe as sdk

    text = json.dumps({"id": "evt_1", "object": "event", "created": 1, "type": kind, "data": {"object": about}})
    return text.encode(), {"stripe-signature": sdk.WebhookSignature.generate_signature_header(text, "whsec_kitchen")}
