"""Everything that exists because merchants drop documents: from the drop to searchable passages."""

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_sqs as sqs
from constructs import Construct, IDependable

from cdk.capabilities.privacy import LAYERS, erase_personal, keep_personal
from cdk.parts.acknowledge import acknowledge
from cdk.parts.alarms import MINUTE
from cdk.parts.asl_state_machine import AslStateMachine
from cdk.parts.capability_function import CapabilityFunction
from cdk.parts.grants import allow, delete_versions, list_objects, use_cache, use_database, use_objects
from cdk.parts.ground import Ground
from cdk.parts.layers import MORE_MODELS

_DISPATCH_TIMEOUT_S = 120
_ATTEMPTS = 5


class Ingestion(Construct):
    """S3 → EventBridge → SQS → dispatch → the state machine and its six steps, and three places where failures wait."""

    def __init__(self, scope: Construct, name: str, *, ground: Ground, after: IDependable) -> None:
        """`after` is what must be done before a document can be stored: the migrations."""
        super().__init__(scope, name)
        data = ground.data

        parse = CapabilityFunction(
            self,
            "ingest-parse",
            ground,
            layers=("common", "parsing"),
            timeout_s=60,
            memory_mb=1769,  # a whole processor: the largest feeds take its reader ten seconds of one
            environment={
                "DOCUMENTS_BUCKET": data.documents.bucket_name,
                "ARTIFACTS_BUCKET": data.artifacts.bucket_name,
            },
            in_network=True,
        )
        use_database(parse, data)
        use_objects(parse, data, data.documents, "documents/", "GetObject")
        list_objects(parse, data.documents)
        use_objects(parse, data, data.artifacts, "steps/", "PutObject")
        delete_versions(parse, data, data.artifacts, "steps/")

        sanitize = CapabilityFunction(
            self,
            "pii-sanitize",
            ground,
            layers=LAYERS,
            timeout_s=60,
            memory_mb=512,
            environment={
                "ARTIFACTS_BUCKET": data.artifacts.bucket_name,
                "PERSONAL_TABLE": data.personal.table_name,
                "PERSONAL_KEY_ARN": data.personal_key.key_arn,
                "KEEP_PERSONAL": ground.stage.keep_personal,
            },
        )
        use_objects(sanitize, data, data.artifacts, "steps/", "GetObject", "PutObject")
        keep_personal(sanitize, data)

        embed = CapabilityFunction(
            self,
            "embed",
            ground,
            layers=("common", "models"),
            timeout_s=120,
            memory_mb=2048,
            environment={"ARTIFACTS_BUCKET": data.artifacts.bucket_name, "MORE_MODELS": MORE_MODELS},
        )
        use_objects(embed, data, data.artifacts, "steps/", "GetObject", "PutObject")

        insert = CapabilityFunction(
            self,
            "insert-vectors",
            ground,
            timeout_s=60,
            memory_mb=512,
            environment={"ARTIFACTS_BUCKET": data.artifacts.bucket_name},
            in_network=True,
        )
        use_database(insert, data)
        use_objects(insert, data, data.artifacts, "steps/", "GetObject")
        delete_versions(insert, data, data.artifacts, "steps/")

        quarantine = CapabilityFunction(
            self,
            "quarantine",
            ground,
            timeout_s=30,
            memory_mb=256,
            environment={
                "DOCUMENTS_BUCKET": data.documents.bucket_name,
                "QUARANTINE_BUCKET": data.quarantine.bucket_name,
                "ARTIFACTS_BUCKET": data.artifacts.bucket_name,
            },
            in_network=True,
        )
        use_database(quarantine, data)
        use_objects(quarantine, data, data.documents, "documents/", "GetObject", "GetObjectTagging")
        list_objects(quarantine, data.documents)
        use_objects(quarantine, data, data.quarantine, "quarantine/", "PutObject", "PutObjectTagging")
        delete_versions(quarantine, data, data.artifacts, "steps/")

        remove = CapabilityFunction(
            self,
            "remove-document",
            ground,
            layers=LAYERS,
            timeout_s=30,
            memory_mb=256,
            environment={
                "DOCUMENTS_BUCKET": data.documents.bucket_name,
                "QUARANTINE_BUCKET": data.quarantine.bucket_name,
                "PERSONAL_TABLE": data.personal.table_name,
            },
            in_network=True,
        )
        use_database(remove, data)
        use_cache(remove, data)
        erase_personal(remove, data)
        delete_versions(remove, data, data.documents, "documents/")
        delete_versions(remove, data, data.quarantine, "quarantine/")

        self.failed = self._queue("Failed", ground.stage.resource("ingestion-failed"))
        machine = AslStateMachine(
            self,
            "ingestion",
            stage=ground.stage,
            steps=[parse, sanitize, embed, insert, quarantine, remove],
            substitutions={"FailedQueueUrl": self.failed.queue_url},
        )
        self.failed.grant_send_messages(machine)
        machine.node.add_dependency(after)
        self.machine = machine

        self.dead_letters = self._queue("DeadLetters", ground.stage.resource("ingestion-dead-letters"))
        events.Rule(
            self,
            "OnEnd",
            description="An ingestion ran out of time or was stopped, and could not keep its input itself.",
            event_pattern=events.EventPattern(
                source=["aws.states"],
                detail_type=["Step Functions Execution Status Change"],
                detail={"stateMachineArn": [machine.state_machine_arn], "status": ["TIMED_OUT", "ABORTED"]},
            ),
            targets=[targets.SqsQueue(self.failed, dead_letter_queue=self.dead_letters)],
        )

        self.queue = sqs.Queue(
            self,
            "Drops",
            queue_name=ground.stage.resource("ingestion-drops"),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            visibility_timeout=Duration.seconds(2 * _DISPATCH_TIMEOUT_S),
            retention_period=Duration.days(4),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=_ATTEMPTS),
        )
        events.Rule(
            self,
            "OnDrop",
            description="An object below documents/ was made or deleted.",
            event_pattern=events.EventPattern(
                source=["aws.s3"],
                detail_type=["Object Created", "Object Deleted"],
                detail={
                    "bucket": {"name": [data.documents.bucket_name]},
                    "object": {"key": [{"prefix": "documents/"}]},
                },
            ),
            targets=[targets.SqsQueue(self.queue, dead_letter_queue=self.dead_letters)],
        )

        dispatch = CapabilityFunction(
            self,
            "dispatch",
            ground,
            timeout_s=_DISPATCH_TIMEOUT_S,
            memory_mb=256,
            environment={
                "INGESTION_ARN": machine.state_machine_arn,
                "INGESTION_LIMIT": str(ground.stage.ingestions),
                "DOCUMENTS_BUCKET": data.documents.bucket_name,
                "DROPS_QUEUE_URL": self.queue.queue_url,
            },
        )
        allow(dispatch, ["states:StartExecution", "states:ListExecutions"], machine.state_machine_arn)
        allow(dispatch, ["sqs:SendMessage"], self.queue.queue_arn)  # a drop that has waited too long goes to the end
        dispatch.add_event_source(
            event_sources.SqsEventSource(
                self.queue,
                batch_size=1,  # a dispatcher may wait with its message: the others must not wait in its hands
                max_concurrency=ground.stage.dispatch_concurrency,
                report_batch_item_failures=True,
            )
        )

        replay = CapabilityFunction(
            self,
            "replay-drops",
            ground,
            timeout_s=300,
            memory_mb=256,
            environment={
                "DROPS_QUEUE_URL": self.queue.queue_url,
                "FAILED_QUEUE_URL": self.failed.queue_url,
                "DEAD_LETTER_QUEUE_URL": self.dead_letters.queue_url,
            },
        )
        allow(replay, ["sqs:SendMessage"], self.queue.queue_arn)
        for failures in (self.failed, self.dead_letters):
            allow(
                replay,
                ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"],
                failures.queue_arn,
            )

        acknowledge(
            dispatch,
            {
                "Serverless-LambdaEventSourceMappingDestination": "A queue as source takes no destination: what fails "
                "goes to the queue's own dead letter queue.",
            },
        )

        self._alarms(ground)
        self.functions = (dispatch, parse, sanitize, embed, insert, quarantine, remove, replay)

    def _queue(self, name: str, deployed: str) -> sqs.Queue:
        """A queue where failures wait for a person: two weeks, which is the longest there is."""
        queue = sqs.Queue(
            self,
            name,
            queue_name=deployed,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(14),
        )
        acknowledge(
            queue,
            dict.fromkeys(
                ("AwsSolutions-SQS3", "Serverless-SQSRedrivePolicy"),
                "This queue is where failures end: what is in it waits for an operator, and an alarm says so.",
            ),
        )
        return queue

    def _alarms(self, ground: Ground) -> None:
        for queue, what in (
            (self.dead_letters, "Drops could not be dispatched"),
            (self.failed, "Documents failed in the ingestion"),
        ):
            ground.alarms.on(
                queue,
                "Waiting",
                queue.metric_approximate_number_of_messages_visible(period=MINUTE, statistic="Maximum"),
                above=0,
                says=f"{what}: read the reason in the logs, cure it, and replay the queue (runbooks/ingestion.md).",
            )
        ground.alarms.on(
            self,
            "FailedExecutions",
            self.machine.metric_failed(period=MINUTE),
            above=0,
            says="An ingestion execution failed; its input is in the failed queue.",
        )
        ground.alarms.on(
            self,
            "TimedOutExecutions",
            self.machine.metric_timed_out(period=MINUTE),
            above=0,
            says="An ingestion execution ran out of time; its input is in the failed queue.",
        )
