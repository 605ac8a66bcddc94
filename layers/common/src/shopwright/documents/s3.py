"""Documents and the payloads of ingestion in S3: changes when what we ask of S3 does."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from shopwright.documents.document import MAX_BYTES, DocumentNotFound, check_size
from shopwright.documents.work import Payload
from shopwright.errors import ShopwrightError, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_PATIENT = Config(
    connect_timeout=1,
    read_timeout=10,
    retries={"total_max_attempts": 3, "mode": "standard"},
    signature_version="s3v4",
)
_GONE = {"NoSuchKey", "404", "NotFound", "NoSuchVersion"}
_BROKEN = {"AccessDenied", "403", "NoSuchBucket", "InvalidBucketName", "InvalidRequest"}
_Payload = TypeVar("_Payload", bound=Payload)


class StorageUnavailable(Unavailable):
    """S3 did not answer."""


class StorageRefused(ShopwrightError):
    """S3 refused what we asked: a mistake in how the product is set up, which trying again does not cure."""


@cache
def client() -> "S3Client":
    """One client per process."""
    return boto3.client("s3", config=_PATIENT)


class DocumentsBucket:
    """The merchants' files."""

    def __init__(self, bucket: str, s3: "Callable[[], S3Client]" = client) -> None:
        self._bucket = bucket
        self._s3 = s3

    def read(self, key: str) -> bytes:
        """A file, unless it is empty or too large: its size is known before a byte of it is read."""
        with _named():
            answer = self._s3().get_object(Bucket=self._bucket, Key=key)
            check_size(answer["ContentLength"])
            return answer["Body"].read(MAX_BYTES + 1)

    def delete(self, key: str) -> None:
        """Delete a file; the event about it removes the document. One that is gone already is no error."""
        with _named():
            self._s3().delete_object(Bucket=self._bucket, Key=key)

    def copy(self, key: str, *, to_bucket: str, to_key: str) -> bool:
        """Copy a file without reading it; False when it is gone."""
        try:
            with _named():
                self._s3().copy_object(Bucket=to_bucket, Key=to_key, CopySource={"Bucket": self._bucket, "Key": key})
        except DocumentNotFound:
            return False
        return True


class WorkBucket:
    """What the steps of ingestion hand to each other."""

    def __init__(self, bucket: str, s3: "Callable[[], S3Client]" = client) -> None:
        self._bucket = bucket
        self._s3 = s3

    def write(self, key: str, payload: Payload) -> str:
        """Write a payload, over one that a step tried before; gives its key."""
        with _named():
            self._s3().put_object(
                Bucket=self._bucket,
                Key=key,
                Body=payload.model_dump_json().encode(),
                ContentType="application/json",
            )
        return key

    def read(self, key: str, model: type[_Payload]) -> _Payload:
        """A payload that a step before has written."""
        with _named():
            body = self._s3().get_object(Bucket=self._bucket, Key=key)["Body"].read()
        return model.model_validate_json(body)

    def clear(self, prefix: str) -> None:
        """Delete every payload under a prefix."""
        with _named():
            pages = self._s3().get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
            for page in pages:
                keys = [{"Key": item["Key"]} for item in page.get("Contents", [])]
                if keys:
                    self._s3().delete_objects(Bucket=self._bucket, Delete={"Objects": keys, "Quiet": True})  # type: ignore[typeddict-item]  # a list of plain dicts is what it takes


@contextmanager
def _named() -> Iterator[None]:
    """botocore's errors by our names; their texts hold keys and request ids, and stop here."""
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code in _GONE:
            raise DocumentNotFound("The file is not there any more.") from None
        if code in _BROKEN:
            raise StorageRefused(f"The storage refused the request ({code}).") from None
        raise StorageUnavailable("The storage did not answer. Please try again in a moment.") from None
    except BotoCoreError:
        raise StorageUnavailable("The storage did not answer. Please try again in a moment.") from None
