"""Everything that exists because somebody may ask, years later, who did what."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from cdk.parts.acknowledge import acknowledge
from cdk.parts.alarms import MINUTE
from cdk.parts.capability_function import CapabilityFunction
from cdk.parts.grants import allow, list_objects, use_objects, use_table
from cdk.parts.ground import Ground

_TIMEOUT_S = 30
_ATTEMPTS = 10  # a record is worth many: the trail goes on where it stopped


class Auditing(Construct):
    """Routes hand records in, record-audit chains them, verify-audit looks at the chains when an operator asks."""

    def __init__(self, scope: Construct, name: str, *, ground: Ground) -> None:
        super().__init__(scope, name)
        data = ground.data
        self.dead_letters = self._queue("DeadLetters", ground, retention=Duration.days(14))
        self.queue = self._queue(
            "Records",
            ground,
            retention=Duration.days(4),
            visibility=Duration.seconds(6 * _TIMEOUT_S),
            dead_letters=sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=_ATTEMPTS),
        )
        environment = {"AUDIT_BUCKET": data.audit.bucket_name, "AUDIT_HEADS_TABLE": data.audit_heads.table_name}

        record = CapabilityFunction(
            self,
            "record-audit",
            ground,
            timeout_s=_TIMEOUT_S,
            memory_mb=256,
            environment=environment,
            records_key=data.audit_key,
            records_kept=ground.stage.audit_log_retention,
        )
        use_table(record, data.audit_heads, "GetItem", "PutItem")
        use_objects(record, data, data.audit, "audit/", "GetObject", "PutObject")
        acknowledge(
            self.dead_letters,
            {"Serverless-SQSRedrivePolicy": "The last queue of its chain: what lies there waits for an operator."},
        )
        acknowledge(
            record,
            {
                "Serverless-LambdaEventSourceMappingDestination": "A queue as source has no such destination: failed "
                "batches go back to it, and then to its dead letters."
            },
        )
        record.add_event_source(
            event_sources.SqsEventSource(self.queue, batch_size=10, report_batch_item_failures=True)
        )

        verify = CapabilityFunction(self, "verify-audit", ground, timeout_s=900, memory_mb=512, environment=environment)
        use_table(verify, data.audit_heads, "GetItem", "Scan")
        use_objects(verify, data, data.audit, "audit/", "GetObject")
        list_objects(verify, data.audit, "audit/")
        ground.alarms.on(
            self,
            "NotHandedIn",
            cloudwatch.Metric(
                namespace="Shopwright",
                metric_name="AuditNotHandedIn",
                dimensions_map={"service": "every-function"},  # observability/metrics.py
                statistic="Sum",
                period=Duration.minutes(5),
            ),
            above=0,
            says="Requests were answered whose audit records could not be handed in. They are in the functions' logs, "
            "under `audit record not handed in`.",
        )
        ground.alarms.on(
            self,
            "DeadLettersWait",
            self.dead_letters.metric_approximate_number_of_messages_visible(period=MINUTE),
            above=0,
            says="Audit records could not be chained. See record-audit's log; what lies in the way is in the bucket.",
        )
        self.functions = (record, verify)

    def heard_by(self, function: lambda_.Function) -> None:
        """The function's routes hand their records in."""
        function.add_environment("AUDIT_QUEUE_URL", self.queue.queue_url)
        allow(function, ["sqs:SendMessage"], self.queue.queue_arn)

    def _queue(
        self,
        name: str,
        ground: Ground,
        *,
        retention: Duration,
        visibility: Duration | None = None,
        dead_letters: sqs.DeadLetterQueue | None = None,
    ) -> sqs.Queue:
        return sqs.Queue(
            self,
            name,
            fifo=True,
            # Each merchant's records in order, and no merchant waits behind another.
            deduplication_scope=sqs.DeduplicationScope.MESSAGE_GROUP,
            fifo_throughput_limit=sqs.FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=retention,
            visibility_timeout=visibility,
            dead_letter_queue=dead_letters,
        )
