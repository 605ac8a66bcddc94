"""Which webhooks came before is known, per merchant, and for as long as a gateway may come back."""

from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.core.models import DEFAULT_ACCOUNT_ID
from shopwright.checkout.gateways import Event, Told, message
from shopwright.checkout.gateways.dynamodb import KEPT_S, Records, RecordsUnavailable
from shopwright.checkout.gateways.message import WebhookMessage
from shopwright.checkout.gateways.sqs import Events, NotHandedOn
from shopwright.money import Money
from shopwright.tenancy.tenant import Tenant

from tests.unit.shopwright.checkout.contract import Clock

KITCHEN, OUTDOOR = Tenant("kitchen"), Tenant("outdoor")
PRICE = Money(4_990, "GBP")


def told(tenant: Tenant = KITCHEN, number: int = 1, amount: Money | None = PRICE) -> WebhookMessage:
    event = Event(
        f"evt_{number}", Told.CAPTURED, "payment_intent.succeeded", "pi_1", "saga-1.1", "order-1", amount,
        datetime(2026, 11, 26, tzinfo=UTC),
    )  # fmt: skip
    return message.of(tenant, "stripe", event)


@pytest.fixture
def records(aws: None, clock: Clock) -> Records:
    made = boto3.client("dynamodb")
    made.create_table(
        TableName="webhooks",
        KeySchema=[{"AttributeName": "merchant_id", "KeyType": "HASH"}, {"AttributeName": "item", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "merchant_id", "AttributeType": "S"},
            {"AttributeName": "item", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    return Records("webhooks", lambda _: made, now=clock)


def test_an_event_is_known_once_it_was_kept_and_to_its_own_merchant_alone(records: Records) -> None:
    assert not records.known(told())
    records.keep(told(), "handed_on")

    assert records.known(told())
    assert not records.known(told(OUTDOOR))
    assert not records.known(told(number=2))


def test_an_event_is_forgotten_when_no_gateway_comes_back_any_more(records: Records, clock: Clock) -> None:
    records.keep(told(), "handed_on")

    clock.time += KEPT_S["handed_on"] - 1
    assert records.known(told())
    clock.time += 1
    assert not records.known(told())


def test_what_is_about_no_payment_of_ours_is_told_to_an_operator(records: Records) -> None:
    records.keep(told(number=1), "handed_on")
    records.keep(told(number=2, amount=None), "unknown")
    records.keep(told(OUTDOOR, number=3), "unknown")

    [one] = records.unknown(KITCHEN)

    assert (one.message, one.state) == (told(number=2, amount=None), "unknown")


def test_a_table_that_does_not_answer_is_an_outage(aws: None) -> None:
    records = Records("nowhere", lambda _: boto3.client("dynamodb"))

    for act in (lambda: records.known(told()), lambda: records.keep(told(), "unknown"),
                lambda: list(records.unknown(KITCHEN))):  # fmt: skip
        with pytest.raises(RecordsUnavailable):
            act()


def test_an_event_travels_whole(aws: None) -> None:
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName="events")["QueueUrl"]

    for sent in (told(), told(amount=None)):
        Events(url, lambda: sqs).hand_on(sent)
        [got] = sqs.receive_message(QueueUrl=url)["Messages"]
        read = WebhookMessage.model_validate_json(got["Body"])
        assert read == sent
        assert message.of(read.tenant, read.gateway, read.event) == sent
        sqs.delete_message(QueueUrl=url, ReceiptHandle=got["ReceiptHandle"])


def test_a_queue_that_takes_nothing_is_an_outage(aws: None) -> None:
    def down() -> Any:
        raise ClientError({"Error": {"Code": "Down"}}, "SendMessage")

    with pytest.raises(NotHandedOn):
        Events("https://sqs.eu-west-1.amazonaws.com/123456789012/none", down).hand_on(told())
    with pytest.raises(NotHandedOn):
        Events(f"https://sqs.eu-west-1.amazonaws.com/{DEFAULT_ACCOUNT_ID}/none", lambda: boto3.client("sqs")).hand_on(
            told()
        )
