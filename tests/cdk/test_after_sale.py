"""Who hears of a paid order, where what fails waits, and who is woken."""

import pytest

from tests.cdk.assembly import Assembly
from tests.cdk.permissions import permissions

CONSUMERS = {
    "receipts": ("write-receipt", ["OrderPaid", "OrderRefunded"]),
    "stock": ("tell-stock", ["OrderPaid", "OrderCancelled", "OrderRefunded"]),
    "sales": ("count-sale", ["OrderPaid", "OrderRefunded"]),
}
HOME = "Service/AfterSale"


@pytest.mark.parametrize("what", CONSUMERS)
def test_each_consumer_hears_what_concerns_it_through_a_queue_of_its_own(cloud: Assembly, what: str) -> None:
    (subscription,) = [
        one.properties
        for one in cloud.all("AWS::SNS::Subscription")
        if cloud.label("Service", one.properties["Endpoint"]) == f"{HOME}/{what.capitalize()}"
    ]
    (mapping,) = [
        one.properties
        for one in cloud.all("AWS::Lambda::EventSourceMapping")
        if cloud.label("Service", one.properties["EventSourceArn"]) == f"{HOME}/{what.capitalize()}"
    ]
    name, kinds = CONSUMERS[what]

    assert cloud.label("Service", subscription["TopicArn"]) == "Service/Checkout/Orders"
    assert subscription["FilterPolicy"] == {"kind": kinds}
    assert subscription["RawMessageDelivery"] is True
    lost = subscription["RedrivePolicy"]["deadLetterTargetArn"]
    assert cloud.label("Service", lost) == f"{HOME}/{what.capitalize()}Failed"
    assert cloud.label("Service", mapping["FunctionName"]) == cloud.function(name).path
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


@pytest.mark.parametrize("what", CONSUMERS)
def test_what_fails_waits_two_weeks_for_an_operator_who_is_woken(cloud: Assembly, what: str) -> None:
    queue = cloud.one(f"{HOME}/{what.capitalize()}").properties
    failed = cloud.one(f"{HOME}/{what.capitalize()}Failed").properties
    alarm = cloud.one(f"{HOME}/{what.capitalize()}Failed/Waiting").properties
    function = cloud.function(CONSUMERS[what][0]).properties

    dead = queue["RedrivePolicy"]
    assert cloud.label("Service", dead["deadLetterTargetArn"]) == f"{HOME}/{what.capitalize()}Failed"
    assert dead["maxReceiveCount"] == 5
    assert queue["VisibilityTimeout"] == 6 * function["Timeout"]
    assert failed["MessageRetentionPeriod"] == 14 * 24 * 3600
    assert queue["SqsManagedSseEnabled"] is failed["SqsManagedSseEnabled"] is True
    assert (alarm["MetricName"], alarm["Threshold"]) == ("ApproximateNumberOfMessagesVisible", 0)
    assert [cloud.label("Service", action) for action in alarm["AlarmActions"]] == ["Service/Alarms/Topic"]
    assert f"make replay QUEUE={what}-failed" in alarm["AlarmDescription"]


@pytest.mark.parametrize(
    ("what", "queue", "failed"),
    [
        *((what, f"{HOME}/{what.capitalize()}", f"{HOME}/{what.capitalize()}Failed") for what in CONSUMERS),
        ("webhooks", "Service/Payments/Events", "Service/Payments/DeadLetters"),
    ],
)
def test_what_failed_can_be_sent_again_to_whom_it_is_for(cloud: Assembly, what: str, queue: str, failed: str) -> None:
    given = cloud.function("replay-events").properties["Environment"]["Variables"]
    may = permissions(cloud)[f"{HOME}/replay-events/Role"]

    assert cloud.label("Service", given[f"{what.upper()}_QUEUE_URL"]) == queue
    assert cloud.label("Service", given[f"{what.upper()}_FAILED_QUEUE_URL"]) == failed
    assert may[queue] == ["sqs:SendMessage"]
    assert "sqs:DeleteMessage" in may[failed]


def test_receipts_are_written_by_one_function_and_read_by_the_one_that_lends_them(cloud: Assembly) -> None:
    reach = {
        role.split("/")[2]: actions
        for role, table in permissions(cloud).items()
        for place, actions in table.items()
        if place.startswith("Data/Receipts/")
    }

    assert reach == {"write-receipt": ["s3:PutObject"], "orders": ["s3:GetObject"]}
    bucket = cloud.one("Data/Receipts").properties
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert all(bucket["PublicAccessBlockConfiguration"].values())
    assert not [one for one in bucket["LifecycleConfiguration"]["Rules"] if "ExpirationInDays" in one]


def test_nobody_after_a_sale_can_move_money_or_open_the_vault(cloud: Assembly) -> None:
    for role, table in permissions(cloud).items():
        if role.startswith(f"{HOME}/"):
            assert not [reach for reach in table if "merchants/*" in reach or "Personal" in reach], role
