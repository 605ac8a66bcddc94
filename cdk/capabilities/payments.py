"""Everything that exists because payment gateways tell merchants what became of the money."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from cdk.parts.acknowledge import acknowledge
from cdk.parts.alarms import MINUTE
from cdk.parts.capability_function import CapabilityFunction
from cdk.parts.front_door import FrontDoor
from cdk.parts.grants import allow, use_gateways, use_table
from cdk.parts.ground import Ground

_CONSUMER_TIMEOUT_S = 30
_ATTEMPTS = 12  # an event may come before the answer that it is about: it waits until its payment is known


class Payments(Construct):
    """payment-webhook verifies what gateways send and puts it into a queue; the saga's side takes it from there."""

    def __init__(self, scope: Construct, name: str, *, ground: Ground, door: FrontDoor) -> None:
        super().__init__(scope, name)
        data = ground.data
        self.dead_letters = self._queue("DeadLetters", retention=Duration.days(14))
        acknowledge(
            self.dead_letters,
            {"Serverless-SQSRedrivePolicy": "The last queue of its chain: what lies there waits for an operator."},
        )
        self.events = self._queue(
            "Events",
            retention=Duration.days(4),
            visibility=Duration.seconds(6 * _CONSUMER_TIMEOUT_S),
            dead_letters=sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=_ATTEMPTS),
        )
        webhook = CapabilityFunction(
            self,
            "payment-webhook",
            ground,
            timeout_s=10,
            memory_mb=512,
            layers=("common", "payments"),
            environment={"WEBHOOKS_TABLE": data.webhooks.table_name, "WEBHOOKS_QUEUE_URL": self.events.queue_url},
        )
        use_gateways(webhook, data, ground.stage.gateway_secrets)
        use_table(webhook, data.webhooks, "GetItem", "PutItem")
        allow(webhook, ["sqs:SendMessage"], self.events.queue_arn)
        public = door.route("POST", "/v1/webhooks/{gateway}/{merchant}", webhook, scope=None, body=True)
        acknowledge(
            public,
            dict.fromkeys(
                ("AwsSolutions-APIG4", "AwsSolutions-COG4"),
                "A payment gateway has no token of ours: each part of what it sends is signed with the merchant's own "
                "secret, and the route has limits of its own.",
            ),
        )
        ground.alarms.on(
            webhook,
            "Failing",
            webhook.metric_errors(),
            above=0,
            says="payment-webhook fails: gateways send again for days, but orders wait meanwhile. See its log group.",
        )
        ground.alarms.on(
            self,
            "DeadLettersWait",
            self.dead_letters.metric_approximate_number_of_messages_visible(period=MINUTE),
            above=0,
            says="A gateway told something of a payment that could not be applied: read why in the log of "
            "settle-payments, cure it, and run make replay QUEUE=webhooks-failed (docs/runbooks/payments.md).",
        )
        ground.alarms.on(
            self,
            "Refused",
            _counted("WebhooksForged", by="payment-webhook"),
            above=20,
            says="Many webhooks are not signed with their merchant's secret: a merchant changed it, or somebody forges "
            "them. See docs/runbooks/payments.md.",
        )
        ground.alarms.on(
            self,
            "Unplaced",
            _counted("WebhooksUnplaced", by="settle-payments"),
            above=0,
            says="A gateway told something of a payment that is no order's of ours. It is kept in unplaced_event: see "
            "docs/runbooks/checkout.md.",
        )
        ground.alarms.on(
            self,
            "Grave",
            _counted("WebhooksGrave", by="settle-payments"),
            above=0,
            says="A payment is disputed, failed after the fact, or is of another amount than its order: somebody has "
            "to decide. It is kept in unplaced_event: see docs/runbooks/checkout.md.",
        )
        self.functions = (webhook,)

    def _queue(
        self,
        name: str,
        *,
        retention: Duration,
        visibility: Duration | None = None,
        dead_letters: sqs.DeadLetterQueue | None = None,
    ) -> sqs.Queue:
        return sqs.Queue(
            self,
            name,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=retention,
            visibility_timeout=visibility,
            dead_letter_queue=dead_letters,
        )


def _counted(name: str, *, by: str) -> cloudwatch.Metric:
    """What a function counts. Each function's counts are a metric of their own: without its name none is found."""
    return cloudwatch.Metric(
        namespace="Shopwright",
        metric_name=name,
        dimensions_map={"service": by},
        statistic="Sum",
        period=Duration.minutes(5),
    )
