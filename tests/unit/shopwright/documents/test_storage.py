"""S3 and Step Functions, as the product uses them: sizes before bytes, names of ours for their errors."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws
from shopwright.documents import s3 as adapter
from shopwright.documents.document import DocumentNotFound, document_id
from shopwright.documents.rejected import EmptyFile, FileTooLarge
from shopwright.documents.s3 import DocumentsBucket, StorageRefused, StorageUnavailable, WorkBucket
from shopwright.documents.stepfunctions import Ingestion, IngestionRefused, IngestionUnavailable, execution_name
from shopwright.documents.work import Batch, Change

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> "Iterator[S3Client]":
    for name, value in {
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        client = adapter.client.__wrapped__()  # the product's own, made anew
        for bucket in ("docs", "work", "apart"):
            client.create_bucket(Bucket=bucket)
        yield client


def test_a_file_is_read_copied_and_deleted(s3: "S3Client") -> None:
    bucket = DocumentsBucket("docs", lambda: s3)
    s3.put_object(Bucket="docs", Key="documents/kitchen/ä b+c.md", Body=b"text")

    assert bucket.read("documents/kitchen/ä b+c.md") == b"text"
    assert bucket.copy("documents/kitchen/ä b+c.md", to_bucket="apart", to_key="quarantine/x")
    assert s3.get_object(Bucket="apart", Key="quarantine/x")["Body"].read() == b"text"
    bucket.delete("documents/kitchen/ä b+c.md")
    bucket.delete("documents/kitchen/ä b+c.md")
    assert not bucket.copy("documents/kitchen/ä b+c.md", to_bucket="apart", to_key="quarantine/y")
    with pytest.raises(DocumentNotFound):
        bucket.read("documents/kitchen/ä b+c.md")
    with pytest.raises(StorageRefused):
        DocumentsBucket("nowhere", lambda: s3).read("x")


@pytest.mark.parametrize(("size", "error"), [(0, EmptyFile), (50 * 1024 * 1024, FileTooLarge)])
def test_a_file_of_the_wrong_size_is_refused_before_a_byte_of_it_is_read(size: int, error: type) -> None:
    class Body:
        def read(self, _: int) -> bytes:
            raise AssertionError("it was read")

    class Store:
        def get_object(self, **_: str) -> dict[str, object]:
            return {"ContentLength": size, "Body": Body()}

    with pytest.raises(error):
        DocumentsBucket("docs", Store).read("x")  # type: ignore[arg-type]  # all that it asks of it


def test_payloads_of_one_arrival_are_cleared_and_of_another_are_not(s3: "S3Client") -> None:
    work = WorkBucket("work", lambda: s3)
    for key in ("work/kitchen/d/01/cut/0000.json", "work/kitchen/d/01/masked/0000.json", "work/kitchen/d/02/x.json"):
        assert work.write(key, Batch(title="T", pieces=())) == key
    assert work.read("work/kitchen/d/01/cut/0000.json", Batch).title == "T"
    work.clear("work/kitchen/d/01/")

    with pytest.raises(DocumentNotFound):
        work.read("work/kitchen/d/01/cut/0000.json", Batch)
    assert work.read("work/kitchen/d/02/x.json", Batch).title == "T"


def test_a_store_that_does_not_answer_is_unavailable_and_its_words_stay_inside() -> None:
    class Down:
        def get_object(self, **_: str) -> None:
            raise EndpointConnectionError(endpoint_url="http://secret-host")

    with pytest.raises(StorageUnavailable) as caught:
        DocumentsBucket("docs", Down).read("x")  # type: ignore[arg-type]  # all that it asks of it
    assert "secret" not in str(caught.value)


CHANGE = Change.model_validate(
    {
        "kind": "created",
        "bucket": "docs",
        "key": "documents/kitchen/a.md",
        "sequencer": "01",
        "merchant_id": "kitchen",
        "document_id": document_id("documents/kitchen/a.md"),
    }
)


class Machine:
    """Answers every start in the same way, and remembers what it was asked."""

    def __init__(self, answer: Exception | None = None) -> None:
        self.answer = answer
        self.asked: list[dict[str, str]] = []

    def start_execution(self, **asked: str) -> None:
        self.asked.append(asked)
        if self.answer:
            raise self.answer


def refusal(code: str, status: int = 400) -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": "arn:secret"}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]  # the parts that matter
        "StartExecution",
    )


def start(machine: Any) -> bool:
    return Ingestion("arn:machine", lambda: machine).start(CHANGE)


def test_an_ingestion_is_named_after_its_event_and_started_once() -> None:
    machine = Machine()

    assert start(machine)
    assert machine.asked[0]["name"] == execution_name(CHANGE)
    assert Change.model_validate_json(machine.asked[0]["input"]) == CHANGE
    assert not start(Machine(refusal("ExecutionAlreadyExists")))


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (refusal("ThrottlingException"), IngestionUnavailable),
        (refusal("Whatever", 503), IngestionUnavailable),
        (EndpointConnectionError(endpoint_url="http://secret"), IngestionUnavailable),
        (refusal("StateMachineDoesNotExist"), IngestionRefused),
    ],
)
def test_only_what_passes_is_tried_again(answer: Exception, error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        start(Machine(answer))
    assert "secret" not in str(caught.value)
