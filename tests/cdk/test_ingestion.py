"""From the drop to the state machine, and where what fails is kept."""

from cdk.stages import DEV
from tests.cdk.assembly import Assembly, Resource


def test_drops_and_deletions_below_documents_reach_the_queue(cloud: Assembly) -> None:
    rule = cloud.one("Service/Ingestion/OnDrop")
    (target,) = rule.properties["Targets"]

    pattern = rule.properties["EventPattern"]
    assert pattern["source"] == ["aws.s3"]
    assert set(pattern["detail-type"]) == {"Object Created", "Object Deleted"}
    assert pattern["detail"]["object"]["key"] == [{"prefix": "documents/"}]
    assert [cloud.label("Service", name) for name in pattern["detail"]["bucket"]["name"]] == ["Data/Documents"]
    assert cloud.label("Service", target["Arn"]) == "Service/Ingestion/Drops"
    assert cloud.label("Service", target["DeadLetterConfig"]["Arn"]) == "Service/Ingestion/DeadLetters"


def test_an_ingestion_that_ran_out_of_time_or_was_stopped_is_kept_for_a_replay(cloud: Assembly) -> None:
    rule = cloud.one("Service/Ingestion/OnEnd")
    (target,) = rule.properties["Targets"]

    assert rule.properties["EventPattern"]["detail"]["status"] == ["TIMED_OUT", "ABORTED"]
    (machine,) = rule.properties["EventPattern"]["detail"]["stateMachineArn"]
    assert cloud.label("Service", machine) == "Service/Ingestion/ingestion/Machine"
    assert cloud.label("Service", target["Arn"]) == "Service/Ingestion/Failed"


def test_a_drop_that_cannot_be_dispatched_waits_in_the_dead_letter_queue(cloud: Assembly) -> None:
    drops = cloud.one("Service/Ingestion/Drops").properties

    assert cloud.label("Service", drops["RedrivePolicy"]["deadLetterTargetArn"]) == "Service/Ingestion/DeadLetters"
    assert drops["RedrivePolicy"]["maxReceiveCount"] == 5
    assert drops["VisibilityTimeout"] >= 2 * cloud.function("dispatch").properties["Timeout"]


def test_every_queue_is_encrypted_and_wants_tls(cloud: Assembly) -> None:
    queues = cloud.all("AWS::SQS::Queue")
    guarded = {
        cloud.label(policy.stack, queue)
        for policy in cloud.all("AWS::SQS::QueuePolicy")
        for queue in policy.properties["Queues"]
        if any(
            statement["Effect"] == "Deny" and "aws:SecureTransport" in str(statement.get("Condition"))
            for statement in policy.properties["PolicyDocument"]["Statement"]
        )
    }

    assert len(queues) == 14
    assert all(queue.properties["SqsManagedSseEnabled"] is True for queue in queues)
    assert guarded == {queue.path for queue in queues}


def test_a_dispatcher_takes_one_drop_at_a_time_and_starts_no_more_than_the_stage_allows(cloud: Assembly) -> None:
    (source,) = [
        source
        for source in cloud.all("AWS::Lambda::EventSourceMapping")
        if cloud.label("Service", source.properties["EventSourceArn"]) == "Service/Ingestion/Drops"
    ]

    assert source.properties["BatchSize"] == 1
    assert source.properties["ScalingConfig"] == {"MaximumConcurrency": 2}
    assert source.properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    variables = cloud.function("dispatch").properties["Environment"]["Variables"]
    assert variables["INGESTION_LIMIT"] == str(DEV.ingestions)
    assert cloud.label("Service", variables["DROPS_QUEUE_URL"]) == "Service/Ingestion/Drops"


def test_the_machine_writes_errors_without_what_was_in_them(cloud: Assembly) -> None:
    for machine in cloud.all("AWS::StepFunctions::StateMachine"):
        assert_quiet(machine)


def assert_quiet(machine: Resource) -> None:
    assert machine.properties["StateMachineType"] == "STANDARD"
    assert machine.properties["LoggingConfiguration"]["Level"] == "ERROR"
    assert machine.properties["LoggingConfiguration"]["IncludeExecutionData"] is False
    assert machine.properties["TracingConfiguration"] == {"Enabled": True}


def test_no_document_is_taken_in_before_the_schema_is_there(cloud: Assembly) -> None:
    machine = cloud.one("Service/Ingestion/ingestion/Machine")
    (migrations,) = cloud.all("Custom::Migrations")

    assert migrations.id in machine.body["DependsOn"]
    waiting = {
        one.type
        for one in cloud.all("AWS::Lambda::Function", "AWS::ApiGateway::RestApi", "AWS::ApiGateway::Stage")
        if migrations.id in one.body.get("DependsOn", [])
    }
    assert waiting == set()


def test_an_operator_is_woken_when_something_waits_or_fails(cloud: Assembly) -> None:
    topic = cloud.one("Service/Alarms/Topic")
    alarms = {alarm.path: alarm.properties for alarm in cloud.all("AWS::CloudWatch::Alarm")}

    assert {
        "Service/Ingestion/DeadLetters/Waiting",
        "Service/Ingestion/Failed/Waiting",
        "Service/Ingestion/FailedExecutions",
        "Service/Door/Failing",
        "Service/Conversation/chat/Function/Slow",
    } <= alarms.keys()
    assert all(alarm["AlarmActions"] == [{"Ref": topic.id}] for alarm in alarms.values())


def test_an_alarm_may_reach_the_operators(cloud: Assembly) -> None:
    topic = cloud.one("Service/Alarms/Topic")
    (policy,) = [one for one in cloud.all("AWS::SNS::TopicPolicy") if one.path.startswith(topic.path)]
    key = cloud.one(cloud.label("Service", topic.properties["KmsMasterKeyId"]))
    cloudwatch = {"Service": "cloudwatch.amazonaws.com"}
    may = [
        statement["Action"]
        for document in (policy.properties["PolicyDocument"], key.properties["KeyPolicy"])
        for statement in document["Statement"]
        if statement["Principal"] == cloudwatch and statement["Effect"] == "Allow"
    ]

    assert may == ["sns:Publish", ["kms:Decrypt", "kms:GenerateDataKey"]]
