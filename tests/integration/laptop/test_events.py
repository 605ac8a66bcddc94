"""A dropped file comes through S3, EventBridge and SQS to a function that runs no more often at once than it may."""

import json
import time

from tests.integration.laptop.launcher import Laptop
from tests.integration.laptop.templates import arn, function, ref, role, template

NOTES_ITS_HOURS = """
    import json, time, urllib.request, os

    def handler(event, context):
        begun = time.time()
        time.sleep(0.3)
        said = [json.loads(record["body"])["detail"]["object"] for record in event["Records"]]
        note = json.dumps({"begun": begun, "ended": time.time(), "objects": said}).encode()
        query = "Action=SendMessage&Version=2012-11-05&MessageBody=" + urllib.parse.quote(note)
        urllib.request.urlopen(os.environ["NOTES"] + "?" + query, timeout=5).close()
"""


def test_dropped_files_are_handled_at_bounded_concurrency_and_carry_a_sequencer(laptop: Laptop) -> None:
    resources = {
        "Role": role(),
        "Bucket": {
            "Type": "AWS::S3::Bucket",
            "Properties": {"NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}},
        },
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 30}},
        "Notes": {"Type": "AWS::SQS::Queue"},
        "Rule": {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "EventPattern": {
                    "source": ["aws.s3"],
                    "detail-type": ["Object Created"],
                    "detail": {"bucket": {"name": [ref("Bucket")]}, "object": {"key": [{"prefix": "documents/"}]}},
                },
                "Targets": [{"Id": "queue", "Arn": arn("Queue")}],
            },
        },
        "Dispatch": function(NOTES_ITS_HOURS, variables={"NOTES": ref("Notes")}),
        "Mapping": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "EventSourceArn": arn("Queue"),
                "FunctionName": ref("Dispatch"),
                "BatchSize": 1,
                "ScalingConfig": {"MaximumConcurrency": 2},
            },
        },
    }
    outputs = laptop.deploy("events", template(resources, {"Bucket": ref("Bucket"), "Notes": ref("Notes")}))
    s3, sqs = laptop.client("s3"), laptop.client("sqs")
    for number in range(6):
        s3.put_object(Bucket=outputs["Bucket"], Key=f"documents/kitchen/{number}.txt", Body=b"hello")
    s3.put_object(Bucket=outputs["Bucket"], Key="elsewhere/7.txt", Body=b"hello")

    notes: list[dict[str, object]] = []
    deadline = time.monotonic() + 15
    while len(notes) < 6 and time.monotonic() < deadline:
        found = sqs.receive_message(QueueUrl=outputs["Notes"], WaitTimeSeconds=1, MaxNumberOfMessages=10)
        notes += [json.loads(message["Body"]) for message in found.get("Messages", [])]

    assert len(notes) == 6
    edges = sorted([(note["begun"], 1) for note in notes] + [(note["ended"], -1) for note in notes])
    at_once = [sum(step for _, step in edges[: place + 1]) for place in range(len(edges))]
    assert max(at_once) == 2
    objects = [one for note in notes for one in note["objects"]]  # type: ignore[attr-defined]  # JSON of our own
    assert sorted(one["key"] for one in objects) == [f"documents/kitchen/{number}.txt" for number in range(6)]
    assert all(one["sequencer"] for one in objects)
