"""Everything that exists because an order has been paid: what is done after it, which nobody who pays waits for."""

from aws_cdk import Duration
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from cdk.capabilities.payments import Payments
from cdk.parts.acknowledge import acknowledge
from cdk.parts.alarms import MINUTE
from cdk.parts.capability_function import CapabilityFunction
from cdk.parts.grants import allow, use_database, use_objects, use_table
from cdk.parts.ground import Ground

_TIMEOUT_S = 60
_ATTEMPTS = 5
_SOLD = ("OrderPaid", "OrderRefunded")
_ON_THE_SHELF = ("OrderPaid", "OrderCancelled", "OrderRefunded")


class AfterSale(Construct):
    """The topic of order events → a queue for each who acts on them → write-receipt, tell-stock, count-sale; what one
    of them cannot do waits in its own queue of failures, and replay-events sends it on its way again, as it does what
    gateways told of payments."""

    def __init__(self, scope: Construct, name: str, *, ground: Ground, topic: sns.Topic, payments: Payments) -> None:
        super().__init__(scope, name)
        self._ground = ground
        self._topic = topic
        data = ground.data
        self.queues: dict[str, tuple[sqs.Queue, sqs.Queue]] = {}

        receipt = self._consumer("write-receipt", "receipts", _SOLD, layers=("common", "receipts"), memory_mb=512)
        receipt.add_environment("MEMBERS_TABLE", data.members.table_name)
        receipt.add_environment("RECEIPTS_BUCKET", data.receipts.bucket_name)
        use_table(receipt, data.members, "GetItem")
        use_objects(receipt, data, data.receipts, "receipts/", "PutObject")
        stock = self._consumer("tell-stock", "stock", _ON_THE_SHELF)
        count = self._consumer("count-sale", "sales", _SOLD)

        replay = CapabilityFunction(self, "replay-events", ground, timeout_s=300, memory_mb=256)
        for what, (queue, failed) in {**self.queues, "webhooks": (payments.events, payments.dead_letters)}.items():
            replay.add_environment(f"{what.upper()}_QUEUE_URL", queue.queue_url)
            replay.add_environment(f"{what.upper()}_FAILED_QUEUE_URL", failed.queue_url)
            allow(replay, ["sqs:SendMessage"], queue.queue_arn)
            allow(
                replay,
                ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"],
                failed.queue_arn,
            )
        self.functions = (receipt, stock, count, replay)

    def _consumer(
        self,
        name: str,
        what: str,
        kinds: tuple[str, ...],
        *,
        layers: tuple[str, ...] = ("common",),
        memory_mb: int = 256,
    ) -> CapabilityFunction:
        """A function, its queue of events of these kinds, and where its failures wait."""
        function = CapabilityFunction(
            self, name, self._ground, layers=layers, timeout_s=_TIMEOUT_S, memory_mb=memory_mb, in_network=True
        )
        use_database(function, self._ground.data)
        failed = self._queue(f"{what.capitalize()}Failed", f"{what}-failed", retention=Duration.days(14))
        acknowledge(
            failed,
            dict.fromkeys(
                ("AwsSolutions-SQS3", "Serverless-SQSRedrivePolicy"),
                "This queue is where failures end: what is in it waits for an operator, and an alarm says so.",
            ),
        )
        queue = self._queue(
            what.capitalize(),
            f"{what}-events",
            retention=Duration.days(4),
            visibility=Duration.seconds(6 * _TIMEOUT_S),
            dead_letters=sqs.DeadLetterQueue(queue=failed, max_receive_count=_ATTEMPTS),
        )
        self._topic.add_subscription(
            subscriptions.SqsSubscription(
                queue,
                raw_message_delivery=True,
                filter_policy={"kind": sns.SubscriptionFilter.string_filter(allowlist=list(kinds))},
                dead_letter_queue=failed,
            )
        )
        function.add_event_source(
            event_sources.SqsEventSource(queue, batch_size=10, max_concurrency=2, report_batch_item_failures=True)
        )
        acknowledge(
            function,
            {
                "Serverless-LambdaEventSourceMappingDestination": "A queue as source takes no destination: what fails "
                "goes to the queue's own dead letter queue.",
            },
        )
        self._ground.alarms.on(
            failed,
            "Waiting",
            failed.metric_approximate_number_of_messages_visible(period=MINUTE, statistic="Maximum"),
            above=0,
            says=f"{name} could not act on a paid order: read why in its log, cure it, and run make replay "
            f"QUEUE={what}-failed (docs/runbooks/checkout.md).",
        )
        self.queues[what] = (queue, failed)
        return function

    def _queue(
        self,
        name: str,
        deployed: str,
        *,
        retention: Duration,
        visibility: Duration | None = None,
        dead_letters: sqs.DeadLetterQueue | None = None,
    ) -> sqs.Queue:
        return sqs.Queue(
            self,
            name,
            queue_name=self._ground.stage.resource(deployed),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=retention,
            visibility_timeout=visibility,
            dead_letter_queue=dead_letters,
        )
