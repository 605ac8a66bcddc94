"""S3 and Step Functions, as the product uses them: sizes before bytes, names of ours for their errors."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws
from shopwright.documents import s3 as adapter
from shopwright.documents.document import DocumentNotFound, document_id
from shopwright.documents.rejected import EmptyFile, FileTooLarge
from shopwright.documents.s3 import (
    DocumentsBucket,
    MerchantFiles,
    NotTheirs,
    QuarantineBucket,
    StorageRefused,
    StorageUnavailable,
    WorkBucket,
)
from shopwright.documents.stepfunctions import Ingestion, IngestionRefused, IngestionUnavailable, execution_name
from shopwright.documents.work import Batch, Change, passages_in
from shopwright.tenancy.credentials import Credentials, own
from shopwright.tenancy.tenant import Tenant

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

KITCHEN, OUTDOOR = Tenant("kitchen"), Tenant("outdoor")
MINE, THEIRS = "documents/kitchen/a.md", "documents/outdoor/a.md"


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> "Iterator[S3Client]":
    for name, value in {
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        client = adapter.client.__wrapped__(own(KITCHEN))  # the product's own, made anew
        for bucket in ("docs", "work", "apart"):
            client.create_bucket(Bucket=bucket)
        yield client


def test_a_file_is_read_copied_and_deleted(s3: "S3Client") -> None:
    bucket = DocumentsBucket("docs", lambda _: s3).of(KITCHEN)
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
        DocumentsBucket("nowhere", lambda _: s3).of(KITCHEN).read(MINE)


def test_another_merchants_key_is_refused_before_the_store_is_asked(s3: "S3Client") -> None:
    s3.put_object(Bucket="docs", Key=THEIRS, Body=b"their secret")
    s3.put_object(Bucket="work", Key="steps/outdoor/d/1/cut/0", Body=b"{}")
    files = DocumentsBucket("docs", lambda _: s3).of(KITCHEN)
    payloads = WorkBucket("work", lambda _: s3).of(KITCHEN)

    for attempt in (
        lambda: files.read(THEIRS),
        lambda: files.delete(THEIRS),
        lambda: files.copy(THEIRS, to_bucket="apart", to_key="x"),
        lambda: payloads.read("steps/outdoor/d/1/cut/0", Batch),
        lambda: payloads.clear("steps/"),
        lambda: payloads.clear("steps/kitchen-2/"),
    ):
        with pytest.raises(NotTheirs):
            attempt()
    assert s3.get_object(Bucket="docs", Key=THEIRS)["Body"].read() == b"their secret"


@pytest.mark.parametrize(("size", "error"), [(0, EmptyFile), (50 * 1024 * 1024, FileTooLarge)])
def test_a_file_of_the_wrong_size_is_refused_before_a_byte_of_it_is_read(size: int, error: type) -> None:
    class Body:
        def read(self, _: int) -> bytes:
            raise AssertionError("it was read")

    class Store:
        def get_object(self, **_: str) -> dict[str, object]:
            return {"ContentLength": size, "Body": Body()}

    with pytest.raises(error):
        MerchantFiles("docs", Store(), KITCHEN).read(MINE)  # type: ignore[arg-type]  # all that it asks of it


def test_payloads_of_one_arrival_are_cleared_and_of_another_are_not(s3: "S3Client") -> None:
    work = WorkBucket("work", lambda _: s3).of(KITCHEN)
    for key in ("steps/kitchen/d/01/cut/0000.json", "steps/kitchen/d/01/masked/0000.json", "steps/kitchen/d/02/x.json"):
        assert work.write(key, Batch(title="T", pieces=())) == key
    assert work.read("steps/kitchen/d/01/cut/0000.json", Batch).title == "T"
    work.clear("steps/kitchen/d/01/")

    with pytest.raises(DocumentNotFound):
        work.read("steps/kitchen/d/01/cut/0000.json", Batch)
    assert work.read("steps/kitchen/d/02/x.json", Batch).title == "T"


def test_cleared_payloads_are_gone_in_every_version(s3: "S3Client") -> None:
    s3.put_bucket_versioning(Bucket="work", VersioningConfiguration={"Status": "Enabled"})
    work = WorkBucket("work", lambda _: s3).of(KITCHEN)
    for title in ("first", "again"):
        work.write("steps/kitchen/d/01/cut/0000.json", Batch(title=title, pieces=()))
    s3.delete_object(Bucket="work", Key="steps/kitchen/d/01/cut/0000.json")

    work.clear("steps/kitchen/d/01/")

    left = s3.list_object_versions(Bucket="work")
    assert not left.keys() & {"Versions", "DeleteMarkers"}


def test_the_batches_that_are_laid_out_tell_how_far_a_file_is(s3: "S3Client") -> None:
    work = WorkBucket("work", lambda _: s3).of(KITCHEN)
    for name in ("cut/0000", "cut/0001", "cut/0002", "masked/0000", "masked/0002", "embedded/0002"):
        work.write(f"steps/kitchen/d/01/{name}.json", Batch(title="T", pieces=()))

    found = work.batches("steps/kitchen/d/01/")

    assert found == {"cut": {0, 1, 2}, "masked": {0, 2}, "embedded": {2}}
    assert [passages_in(found[stage], 110) for stage in ("cut", "masked", "embedded")] == [110, 60, 10]
    with pytest.raises(NotTheirs):
        work.batches("steps/outdoor/d/01/")


@pytest.fixture
def versioned(s3: "S3Client") -> "S3Client":
    for bucket in ("docs", "apart"):
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    return s3


def bodies(s3: "S3Client", bucket: str) -> list[bytes]:
    """Every version of everything in a bucket."""
    return [
        s3.get_object(Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"])["Body"].read()
        for one in s3.list_object_versions(Bucket=bucket).get("Versions", [])
    ]


def test_a_deleted_file_is_forgotten_in_every_version_and_no_other_is_touched(versioned: "S3Client") -> None:
    files = DocumentsBucket("docs", lambda _: versioned).of(KITCHEN)
    for body in (b"old canary", b"new canary"):
        versioned.put_object(Bucket="docs", Key=MINE, Body=body)
    versioned.put_object(Bucket="docs", Key=MINE + ".bak", Body=b"a neighbour")
    files.delete(MINE)

    files.forget(MINE)
    files.forget(MINE)

    assert bodies(versioned, "docs") == [b"a neighbour"]
    assert "DeleteMarkers" not in versioned.list_object_versions(Bucket="docs")
    with pytest.raises(NotTheirs):
        files.forget(THEIRS)


def test_a_file_that_came_back_is_not_forgotten_with_what_was_deleted(versioned: "S3Client") -> None:
    files = DocumentsBucket("docs", lambda _: versioned).of(KITCHEN)
    versioned.put_object(Bucket="docs", Key=MINE, Body=b"deleted")
    files.delete(MINE)
    versioned.put_object(Bucket="docs", Key=MINE, Body=b"uploaded again")

    files.forget(MINE)

    assert files.read(MINE) == b"uploaded again"
    assert b"deleted" not in bodies(versioned, "docs")


def test_what_was_set_apart_of_one_document_is_forgotten(versioned: "S3Client") -> None:
    for key in ("quarantine/kitchen/d-1/01/a.md", "quarantine/kitchen/d-1/02/a.md", "quarantine/outdoor/d-1/01/a.md"):
        versioned.put_object(Bucket="apart", Key=key, Body=key.encode())

    QuarantineBucket("apart", lambda _: versioned).forget(KITCHEN, "d-1")

    assert bodies(versioned, "apart") == [b"quarantine/outdoor/d-1/01/a.md"]


def test_a_store_that_does_not_answer_is_unavailable_and_its_words_stay_inside() -> None:
    class Down:
        def get_object(self, **_: str) -> None:
            raise EndpointConnectionError(endpoint_url="http://secret-host")

    with pytest.raises(StorageUnavailable) as caught:
        MerchantFiles("docs", Down(), KITCHEN).read(MINE)  # type: ignore[arg-type]  # all that it asks of it
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("bucket", [DocumentsBucket, WorkBucket])
def test_a_merchants_objects_are_reached_with_that_merchants_credentials_and_no_others(
    s3: "S3Client", bucket: type[DocumentsBucket] | type[WorkBucket]
) -> None:
    handed: list[Credentials] = []

    def vend(tenant: Tenant) -> Credentials:
        return Credentials(f"key of {tenant.merchant_id}", "secret", "token")

    def client(credentials: Credentials) -> "S3Client":
        handed.append(credentials)
        return s3

    store = bucket("docs", client, vend=vend)
    assert handed == []
    store.of(KITCHEN)
    assert handed == [vend(KITCHEN)]
    store.of(OUTDOOR)
    assert handed == [vend(KITCHEN), vend(OUTDOOR)]


def test_the_client_signs_with_what_was_vended_and_is_made_once_for_it(s3: "S3Client") -> None:
    made = adapter.client(Credentials("key of kitchen", "secret", "token"))

    address = made.generate_presigned_url("get_object", Params={"Bucket": "docs", "Key": "x"})
    assert "key%20of%20kitchen" in address
    assert adapter.client(Credentials("key of kitchen", "secret", "token")) is made
    assert adapter.client(Credentials("key of outdoor", "secret", "token")) is not made


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
