"""A gateway tells a shop what became of its money: believed when signed, handed on once, and never lost."""

import base64
import json
import time
from typing import Any

import payment_webhook
import pytest
import stripe as sdk
from Adyen import util
from shopwright.checkout.gateways import Gateway, Misconfigured, Told, adyen, stripe
from shopwright.checkout.gateways.message import WebhookMessage
from shopwright.checkout.gateways.sqs import NotHandedOn
from shopwright.money import Money
from shopwright.tenancy.tenant import Tenant

from tests.fakes import gateway
from tests.fakes.gateway import Answer

HMAC_KEY = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056"
ROUTE = "/v1/webhooks/{gateway}/{merchant}"


def _never(tenant: Tenant, token: str) -> str:
    raise AssertionError("a webhook opened a token")


GATEWAYS: dict[str, Gateway] = {
    "kitchen": stripe.Stripe(stripe.Account(Tenant("kitchen"), "sk_test_kitchen", ("whsec_kitchen",)), _never),
    "outdoor": stripe.Stripe(stripe.Account(Tenant("outdoor"), "sk_test_outdoor", ("whsec_outdoor",)), _never),
    "electronics": adyen.AdyenGateway(adyen.Account(Tenant("electronics"), "VoltmereECOM", "key", (HMAC_KEY,)), _never),
}


class Desk:
    """A desk that remembers what was handed on and what was kept."""

    def __init__(self) -> None:
        self.queue: list[WebhookMessage] = []
        self.records: dict[str, str] = {}
        self.down = False

    def gateway(self, tenant: Tenant) -> Gateway:
        if tenant.merchant_id not in GATEWAYS:
            raise Misconfigured
        return GATEWAYS[tenant.merchant_id]

    def hand_on(self, message: WebhookMessage) -> None:
        if self.down:
            raise NotHandedOn
        self.queue.append(message)

    def keep(self, message: WebhookMessage, state: str) -> None:
        self.records[message.id] = state

    def send(self, vendor: str, merchant: str, body: str, headers: dict[str, str] | None = None) -> Answer:
        handler = payment_webhook.build(
            lambda: payment_webhook.Desk(
                gateway=self.gateway,
                known=lambda message: message.id in self.records,
                hand_on=self.hand_on,
                keep=self.keep,
            )
        )
        event = gateway.request(
            "POST",
            ROUTE.format(gateway=vendor, merchant=merchant),
            raw=body,
            headers=headers,
            path_parameters={"gateway": vendor, "merchant": merchant},
        )
        event["resource"] = ROUTE
        return gateway.send(handler, event)


def paid(kind: str = "payment_intent.succeeded", *, event: str = "evt_1", **more: Any) -> str:
    about = {
        "id": "pi_1",
        "object": "payment_intent",
        "amount_received": 4_990,
        "currency": "gbp",
        "metadata": {"payment": "saga-1.1", "order_id": "order-1"},
        **more,
    }
    told = {"object": "event", "id": event, "created": 1_790_000_000, "type": kind, "data": {"object": about}}
    return json.dumps(told)


def signed(body: str, by: str = "whsec_kitchen") -> dict[str, str]:
    return {"Stripe-Signature": sdk.WebhookSignature.generate_signature_header(body, by, int(time.time()))}


def notification(*changes: dict[str, Any]) -> str:
    items = []
    for change in changes:
        item: dict[str, Any] = {
            "amount": {"currency": "USD", "value": 4_990},
            "eventCode": "AUTHORISATION",
            "eventDate": "2026-11-26T10:00:00+01:00",
            "merchantAccountCode": "VoltmereECOM",
            "merchantReference": "saga-7.1",
            "pspReference": "QFQTPCQ8HXSKGK82",
            "success": "true",
            **change,
        }
        signature = util.generate_notification_sig(item, HMAC_KEY).decode()
        items.append({"NotificationRequestItem": {**item, "additionalData": {"hmacSignature": signature}}})
    return json.dumps({"live": "false", "notificationItems": items})


def test_what_stripe_tells_is_verified_and_handed_on_in_our_words() -> None:
    desk, body = Desk(), paid()

    answer = desk.send("stripe", "kitchen", body, signed(body))

    assert answer.status == 200
    [message] = desk.queue
    assert (message.merchant_id, message.gateway, message.told) == ("kitchen", "stripe", Told.CAPTURED)
    assert (message.name, message.order_id, message.event.amount) == ("saga-1.1", "order-1", Money(4_990, "GBP"))
    assert message.event.occurred_at.year == 2026
    assert WebhookMessage.model_validate_json(message.model_dump_json()) == message
    assert desk.records == {"evt_1": "handed_on"}


def test_what_adyen_tells_is_taken_item_by_item_and_accepted_as_adyen_wants_it() -> None:
    desk = Desk()

    answer = desk.send("adyen", "electronics", notification({}, {"pspReference": "CAPT", "eventCode": "CAPTURE"}))

    assert answer.status == 200
    assert answer.body == "[accepted]"
    assert [message.told for message in desk.queue] == [Told.AUTHORIZED, Told.CAPTURED]


def test_a_webhook_that_comes_again_is_answered_and_has_no_other_effect() -> None:
    desk, body = Desk(), paid()

    answers = [desk.send("stripe", "kitchen", body, signed(body)) for _ in range(3)]

    assert {answer.status for answer in answers} == {200}
    assert len(desk.queue) == 1


def test_an_event_that_cannot_be_handed_on_is_sent_again_by_the_gateway_and_not_lost() -> None:
    desk, body = Desk(), paid()
    desk.down = True

    assert desk.send("stripe", "kitchen", body, signed(body)).status == 503
    assert desk.records == {}
    desk.down = False
    assert desk.send("stripe", "kitchen", body, signed(body)).status == 200
    assert len(desk.queue) == 1


@pytest.mark.parametrize(
    ("body", "state"),
    [
        (paid(metadata={}), "unknown"),
        (paid("invoice.paid", object="invoice", metadata={}), "unknown"),
        (paid("payment_intent.created"), "noted"),
    ],
    ids=["another shop's payment", "another business", "nothing to wait for"],
)
def test_what_is_about_no_payment_of_ours_is_kept_for_an_operator(body: str, state: str) -> None:
    desk = Desk()

    assert desk.send("stripe", "kitchen", body, signed(body)).status == 200
    assert desk.queue == []
    assert desk.records == {"evt_1": state}


def test_a_dispute_is_handed_on_by_the_payments_own_name_for_it_carries_no_other() -> None:
    desk = Desk()
    body = paid("charge.dispute.created", object="dispute", id="dp_1", payment_intent="pi_1", metadata={})

    assert desk.send("stripe", "kitchen", body, signed(body)).status == 200
    [message] = desk.queue
    assert (message.told, message.reference, message.name) == (Told.DISPUTED, "pi_1", "")


def test_another_merchants_secret_signs_nothing_here() -> None:
    desk, body = Desk(), paid()

    answer = desk.send("stripe", "kitchen", body, signed(body, "whsec_outdoor"))

    assert (answer.status, answer.body["error"]) == (422, "WebhookForged")
    assert desk.queue == []
    assert desk.records == {}


def test_one_forged_item_spoils_its_whole_message() -> None:
    desk = Desk()
    told = json.loads(notification({}, {"pspReference": "X", "eventCode": "REFUND"}))
    told["notificationItems"][1]["NotificationRequestItem"]["amount"]["value"] = 1

    assert desk.send("adyen", "electronics", json.dumps(told)).status == 422
    assert desk.queue == []


@pytest.mark.parametrize(
    ("vendor", "merchant"),
    [("adyen", "kitchen"), ("stripe", "electronics"), ("paypal", "kitchen"), ("stripe", "nobody"), ("stripe", "..")],
)
def test_an_address_that_is_not_the_merchants_gateway_does_not_exist(vendor: str, merchant: str) -> None:
    desk, body = Desk(), paid()

    answer = desk.send(vendor, merchant, body, signed(body))

    assert answer.status == 404
    assert desk.queue == []


def test_the_bytes_that_were_signed_are_the_bytes_that_are_verified() -> None:
    desk = Desk()
    body = paid(description="Gebäck für Zoë ☕")
    spaced = body.replace(", ", ",   ")

    assert desk.send("stripe", "kitchen", spaced, signed(spaced)).status == 200
    assert desk.send("stripe", "kitchen", body, signed(spaced)).status == 422


def test_a_body_that_came_in_base64_is_read() -> None:
    desk, body = Desk(), paid()
    handler = payment_webhook.build(
        lambda: payment_webhook.Desk(desk.gateway, lambda _: False, desk.hand_on, desk.keep)
    )
    event = gateway.request(
        "POST",
        ROUTE.format(gateway="stripe", merchant="kitchen"),
        raw=base64.b64encode(body.encode()).decode(),
        headers=signed(body),
    )
    event["isBase64Encoded"] = True

    assert gateway.send(handler, event).status == 200
    assert len(desk.queue) == 1


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '{"a": NaN}'])
def test_what_is_no_message_at_all_is_refused(body: str) -> None:
    desk = Desk()
    for vendor, merchant in (("stripe", "kitchen"), ("adyen", "electronics")):
        assert desk.send(vendor, merchant, body, signed(body)).status in (400, 422)
    assert desk.queue == []
