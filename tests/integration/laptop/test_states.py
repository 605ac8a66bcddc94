"""Step Functions retries, catches and times out as the States Language says."""

import json
import time
from itertools import pairwise
from typing import Any

import pytest

from tests.integration.laptop.launcher import Laptop
from tests.integration.laptop.templates import arn, function, machine, ref, role, template

FAILS_BY_NAME = """
    class Busy(Exception): pass
    class Poisoned(Exception): pass
    tried = 0

    def handler(event, context):
        global tried
        tried += 1
        if event["mood"] == "busy" and tried < 3:
            raise Busy("not now")
        if event["mood"] == "poisoned":
            raise Poisoned("never")
        return {"tried": tried}
"""

NOTES_WHEN_IT_IS_TRIED = """
    import time
    times = []

    class Busy(Exception): pass

    def handler(event, context):
        if event.get("tell"):
            return times
        times.append(time.time())
        raise Busy("not now")
"""

RETRIED = {"IntervalSeconds": 1, "BackoffRate": 3, "MaxAttempts": 3, "ErrorEquals": ["Busy"]}


def task(function: str, **more: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": f"${{{function}}}", "TimeoutSeconds": 10, "End": True, **more}


def waiting(**more: Any) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl": "${Queue}", "MessageBody": {"token.$": "$$.Task.Token"}},
        "End": True,
        **more,
    }


@pytest.fixture(scope="module")
def outputs(laptop: Laptop) -> dict[str, str]:
    named = {
        "Try": task(
            "Fails",
            Retry=[{"ErrorEquals": ["Busy"], "IntervalSeconds": 1, "MaxDelaySeconds": 1, "MaxAttempts": 3}],
            Catch=[{"ErrorEquals": ["Poisoned"], "Next": "Quarantine", "ResultPath": "$.why"}],
        ),
        "Quarantine": {"Type": "Pass", "End": True},
    }
    resources = {
        "Role": role(),
        "Queue": {"Type": "AWS::SQS::Queue"},
        "Fails": function(FAILS_BY_NAME),
        "Capped": function(NOTES_WHEN_IT_IS_TRIED),
        "Spread": function(NOTES_WHEN_IT_IS_TRIED),
        "Named": machine(named, "Try", Fails=arn("Fails")),
        "CappedMachine": machine(
            {"Try": task("Capped", Retry=[{**RETRIED, "MaxDelaySeconds": 1}])}, "Try", Capped=arn("Capped")
        ),
        "SpreadMachine": machine(
            {"Try": task("Spread", Retry=[{**RETRIED, "MaxDelaySeconds": 1, "JitterStrategy": "FULL"}])},
            "Try",
            Spread=arn("Spread"),
        ),
        "Handed": machine(
            {
                "Try": {
                    "Type": "Task",
                    "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
                    "Parameters": {"FunctionName": "${Fails}", "Payload": {"mood": "poisoned"}},
                    "TimeoutSeconds": 30,
                    "Catch": [{"ErrorEquals": ["Poisoned"], "Next": "Quarantine", "ResultPath": "$.why"}],
                    "End": True,
                },
                "Quarantine": {"Type": "Pass", "End": True},
            },
            "Try",
            Fails=arn("Fails"),
        ),
        "Waiting": machine({"Wait": waiting(HeartbeatSeconds=1, TimeoutSeconds=10)}, "Wait", Queue=ref("Queue")),
    }
    names = ("Named", "Handed", "CappedMachine", "SpreadMachine", "Waiting", "Queue", "Capped", "Spread")
    return laptop.deploy("states", template(resources, {name: ref(name) for name in names}))


def test_an_exception_is_retried_by_its_name(laptop: Laptop, outputs: dict[str, str]) -> None:
    ended = laptop.run(outputs["Named"], {"mood": "busy"})
    assert (ended["status"], json.loads(ended["output"])) == ("SUCCEEDED", {"tried": 3})


def test_an_exception_is_caught_by_its_name(laptop: Laptop, outputs: dict[str, str]) -> None:
    ended = laptop.run(outputs["Named"], {"mood": "poisoned"})
    assert ended["status"] == "SUCCEEDED"
    assert json.loads(ended["output"])["why"]["Error"] == "Poisoned"


def test_a_function_that_fails_with_a_token_in_its_hand_is_not_waited_for(
    laptop: Laptop, outputs: dict[str, str]
) -> None:
    ended = laptop.run(outputs["Handed"])

    assert (ended["status"], json.loads(ended["output"])["why"]["Error"]) == ("SUCCEEDED", "Poisoned")
    assert (ended["stopDate"] - ended["startDate"]).total_seconds() < 10


def test_a_retry_never_waits_longer_than_its_cap(laptop: Laptop, outputs: dict[str, str]) -> None:
    assert laptop.run(outputs["CappedMachine"])["status"] == "FAILED"
    gaps = [later - earlier for earlier, later in pairwise(laptop.invoke(outputs["Capped"], {"tell": True}))]
    assert len(gaps) == 3
    assert all(0.9 < gap < 1.8 for gap in gaps), gaps


def test_full_jitter_spreads_the_waits_below_the_cap(laptop: Laptop, outputs: dict[str, str]) -> None:
    assert laptop.run(outputs["SpreadMachine"])["status"] == "FAILED"
    gaps = [later - earlier for earlier, later in pairwise(laptop.invoke(outputs["Spread"], {"tell": True}))]
    assert len(gaps) == 3
    assert sum(gaps) < 2.95, gaps  # three full seconds without jitter


def test_a_worker_that_falls_silent_is_given_up(laptop: Laptop, outputs: dict[str, str]) -> None:
    ended = laptop.run(outputs["Waiting"])
    assert (ended["status"], ended["error"]) == ("FAILED", "States.HeartbeatTimeout")
    assert 0.9 < (ended["stopDate"] - ended["startDate"]).total_seconds() < 3


def test_a_worker_that_keeps_beating_is_waited_for(laptop: Laptop, outputs: dict[str, str]) -> None:
    states, queues = laptop.client("stepfunctions"), laptop.client("sqs")
    queues.purge_queue(QueueUrl=outputs["Queue"])
    execution = states.start_execution(stateMachineArn=outputs["Waiting"], input="{}")["executionArn"]
    [message] = queues.receive_message(QueueUrl=outputs["Queue"], WaitTimeSeconds=5)["Messages"]
    token = json.loads(message["Body"])["token"]
    for _ in range(4):
        time.sleep(0.5)
        states.send_task_heartbeat(taskToken=token)
    states.send_task_success(taskToken=token, output='"done"')
    deadline = time.monotonic() + 5
    while (found := states.describe_execution(executionArn=execution))["status"] == "RUNNING":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert (found["status"], found["output"]) == ("SUCCEEDED", '"done"')
