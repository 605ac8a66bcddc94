"""What gateways tell: who takes it, where it waits, and who reads merchants' keys."""

import pytest
import settle_payments

from tests.cdk.assembly import Assembly
from tests.cdk.permissions import permissions

WEBHOOK = "Service/Payments/payment-webhook/Role"
SECRETS = "secret:shopwright/dev/merchants/*"


def test_an_event_that_cannot_be_applied_waits_for_an_operator_who_is_woken(cloud: Assembly) -> None:
    events = cloud.one("Service/Payments/Events").properties
    dead = cloud.one("Service/Payments/DeadLetters").properties
    redrive = events["RedrivePolicy"]

    assert cloud.label("Service", redrive["deadLetterTargetArn"]) == "Service/Payments/DeadLetters"
    assert redrive["maxReceiveCount"] == 12
    assert dead["MessageRetentionPeriod"] == 14 * 24 * 3600
    assert events["SqsManagedSseEnabled"] is dead["SqsManagedSseEnabled"] is True
    alarm = cloud.one("Service/Payments/DeadLettersWait").properties
    assert (alarm["Namespace"], alarm["Threshold"]) == ("AWS/SQS", 0)
    assert "make replay QUEUE=webhooks-failed" in alarm["AlarmDescription"]
    assert alarm["AlarmActions"]


def test_forged_webhooks_in_numbers_wake_an_operator(cloud: Assembly) -> None:
    alarm = cloud.one("Service/Payments/Refused").properties

    assert (alarm["MetricName"], alarm["Threshold"]) == ("WebhooksForged", 20)
    assert alarm["Dimensions"] == [{"Name": "service", "Value": "payment-webhook"}]
    assert alarm["AlarmActions"]


@pytest.mark.parametrize(("name", "metric"), [("Unplaced", "WebhooksUnplaced"), ("Grave", "WebhooksGrave")])
def test_what_somebody_has_to_look_at_wakes_an_operator(cloud: Assembly, name: str, metric: str) -> None:
    alarm = cloud.one(f"Service/Payments/{name}").properties

    assert metric in settle_payments.COUNTED.values()
    assert (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"]) == ("Shopwright", metric, "Sum")
    assert alarm["Dimensions"] == [{"Name": "service", "Value": "settle-payments"}]
    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (0, "GreaterThanThreshold")
    assert [cloud.label("Service", action) for action in alarm["AlarmActions"]] == ["Service/Alarms/Topic"]


def test_the_door_for_gateways_holds_nothing_of_anybody_but_what_it_needs(cloud: Assembly) -> None:
    table = permissions(cloud)[WEBHOOK]

    assert table["Data/Webhooks"] == ["dynamodb:GetItem", "dynamodb:PutItem"]
    assert table["Service/Payments/Events"] == ["sqs:SendMessage"]
    assert not [reach for reach in table if reach.startswith(("Data/Personal", "Data/Members", "Data/Database"))]
    assert "VpcConfig" not in cloud.function("payment-webhook").properties


def test_merchants_keys_are_read_by_functions_that_pay_or_hear_from_gateways_and_written_by_none(
    cloud: Assembly,
) -> None:
    reading = {
        role.split("/")[2]: actions
        for role, table in permissions(cloud).items()
        for reach, actions in table.items()
        if SECRETS in reach
    }
    told = {
        function.properties["FunctionName"].removeprefix("shopwright-dev-")
        for function in cloud.all("AWS::Lambda::Function")
        if "GATEWAY_SECRETS" in function.properties["Environment"]["Variables"]
    }

    assert set(reading) == told
    assert set(map(tuple, reading.values())) == {("secretsmanager:GetSecretValue",)}
