"""One test for each path through the ingestion machine, on the laptop cloud, with the real steps and PostgreSQL."""

import json
import time
import uuid
from typing import Any

import boto3
import pytest
from botocore.config import Config
from shopwright.documents.document import document_id
from shopwright.documents.stepfunctions import execution_name
from shopwright.documents.work import Change

from local.cloud import Running

PATIENCE_S = 60


class Ingestion:
    """The machine and its buckets, as an operator sees them."""

    def __init__(self, cloud: Running) -> None:
        self.outputs = cloud.outputs
        self._to: dict[str, Any] = {
            "endpoint_url": cloud.gateway_url,
            "region_name": self.outputs["IngestionArn"].split(":")[3],
            "aws_access_key_id": "test",
            "aws_secret_access_key": "test",
            "config": Config(connect_timeout=2, read_timeout=30, retries={"total_max_attempts": 2}),
        }
        self.s3 = boto3.client("s3", **self._to)
        self.sqs = boto3.client("sqs", **self._to)
        self.machine = boto3.client("stepfunctions", **self._to)

    def change(self, key: str, sequencer: str, kind: str = "created", **change: Any) -> dict[str, Any]:
        return {
            "kind": kind,
            "bucket": self.outputs["DocumentsBucket"],
            "key": key,
            "sequencer": sequencer,
            "size": 100,
            "merchant_id": key.split("/")[1],
            "document_id": document_id(key),
            **change,
        }

    def put(self, key: str, body: bytes) -> None:
        self.s3.put_object(Bucket=self.outputs["DocumentsBucket"], Key=key, Body=body)

    def run(self, change: dict[str, Any]) -> dict[str, Any]:
        """Start it with a name of our own, so that the event of the put itself does not get in its way."""
        started = self.machine.start_execution(
            stateMachineArn=self.outputs["IngestionArn"], name=f"test-{uuid.uuid4().hex}", input=json.dumps(change)
        )
        return self.ended(started["executionArn"])

    def ended(self, arn: str) -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            execution = self.machine.describe_execution(executionArn=arn)
            if execution["status"] != "RUNNING":
                return {**execution, "said": json.loads(execution.get("output") or "{}")}
            time.sleep(0.2)
        raise AssertionError("the execution did not end")


@pytest.fixture(scope="module")
def ingestion(cloud: Running) -> Ingestion:
    return Ingestion(cloud)


@pytest.fixture
def key() -> str:
    return f"documents/path-tests/{uuid.uuid4().hex}.md"


LATE = "FFFFFFFFFFFFFF"  # later than the sequencer of the put's own event


def test_a_file_becomes_searchable(ingestion: Ingestion, key: str) -> None:
    ingestion.put(key, b"# Shipping\n\nWe ship in two days.\n")

    ended = ingestion.run(ingestion.change(key, LATE))

    assert ended["status"] == "SUCCEEDED"
    # The put's own event may have been quicker: then its content is there, and this one changes nothing.
    outcome = ended["said"].get("inserted", ended["said"]["parsed"])["outcome"]
    assert outcome in {"searchable", "unchanged"}


def test_the_same_content_again_is_unchanged_and_a_late_older_one_is_superseded(ingestion: Ingestion, key: str) -> None:
    ingestion.put(key, b"# Shipping\n\nWe ship in two days.\n")
    ingestion.run(ingestion.change(key, LATE))

    again = ingestion.run(ingestion.change(key, LATE + "01"))
    older = ingestion.run(ingestion.change(key, "01"))

    assert again["said"]["parsed"]["outcome"] == "unchanged"
    assert older["said"]["parsed"]["outcome"] == "superseded"


def test_a_file_that_cannot_be_read_goes_to_quarantine(ingestion: Ingestion, key: str) -> None:
    ingestion.put(key, b"%PDF-1.7 not really")

    ended = ingestion.run(ingestion.change(key, LATE))

    assert ended["status"] == "SUCCEEDED"
    assert ended["said"]["quarantined"]["outcome"] == "quarantined"
    kept = f"quarantine/path-tests/{document_id(key)}/{LATE}/{key.rsplit('/', 1)[1]}"
    assert ingestion.s3.head_object(Bucket=ingestion.outputs["QuarantineBucket"], Key=kept)["ContentLength"] == 19


def test_a_deleted_object_is_removed(ingestion: Ingestion, key: str) -> None:
    ingestion.put(key, b"# Shipping\n\nWe ship in two days.\n")
    ingestion.run(ingestion.change(key, LATE))

    ended = ingestion.run(ingestion.change(key, LATE + "02", kind="deleted"))

    assert ended["said"]["removed"]["outcome"] == "removed"


def test_a_failure_that_we_did_not_foresee_ends_in_the_failed_queue(ingestion: Ingestion, key: str) -> None:
    broken = ingestion.change(key, LATE, document_id="d-somebody-elses")

    ended = ingestion.run(broken)

    assert (ended["status"], ended.get("error")) == ("FAILED", "IngestionFailed")
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        answer = ingestion.sqs.receive_message(
            QueueUrl=ingestion.outputs["IngestionFailedQueueUrl"], WaitTimeSeconds=1, MaxNumberOfMessages=10
        )
        if any(json.loads(message["Body"]) == broken for message in answer.get("Messages", [])):
            return
    raise AssertionError("the input did not reach the failed queue")


def test_a_kind_that_nobody_knows_fails_by_its_name(ingestion: Ingestion, key: str) -> None:
    ended = ingestion.run(ingestion.change(key, LATE, kind="renamed"))

    assert (ended["status"], ended.get("error")) == ("FAILED", "UnknownKind")


def test_a_drop_starts_its_own_execution_by_its_own_name(ingestion: Ingestion, key: str) -> None:
    ingestion.put(key, b"# Shipping\n\nWe ship in two days.\n")
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        for found in ingestion.machine.list_executions(
            stateMachineArn=ingestion.outputs["IngestionArn"], maxResults=100
        )["executions"]:
            asked = json.loads(ingestion.machine.describe_execution(executionArn=found["executionArn"])["input"])
            if asked.get("key") == key and not found["name"].startswith("test-"):
                assert found["name"] == execution_name(Change.model_validate(asked))
                assert ingestion.ended(found["executionArn"])["status"] == "SUCCEEDED"
                return
        time.sleep(0.5)
    raise AssertionError("the drop started nothing")
