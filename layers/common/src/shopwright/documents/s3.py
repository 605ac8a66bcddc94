"""Documents and the payloads of ingestion in S3: changes when what we ask of S3 does."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel

from shopwright.documents.document import MAX_BYTES, DocumentNotFound, check_size
from shopwright.errors import Denied, ShopwrightError, Unavailable
from shopwright.tenancy.credentials import KEPT_CLIENTS, Credentials, Vend, own
from shopwright.tenancy.tenant import Tenant

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_GONE = {"NoSuchKey", "404", "NotFound", "NoSuchVersion"}
_BROKEN = {"AccessDenied", "403", "NoSuchBucket", "InvalidBucketName", "InvalidRequest"}
_Payload = TypeVar("_Payload", bound=BaseModel)


class StorageUnavailable(Unavailable):
    """S3 did not answer."""


class NotTheirs(Denied):
    """A key of another merchant's, handed to what was made for this one: a mistake of ours, or an attack."""


class StorageRefused(ShopwrightError):
    """S3 refused what we asked: a mistake in how the product is set up, which trying again does not cure."""


@lru_cache(KEPT_CLIENTS)
def client(credentials: Credentials) -> "S3Client":
    """A client with our time limits; region and address come from the environment."""
    # Imported here and not above: the SDK takes longer to import than most of our functions do without it.
    import boto3
    from botocore.config import Config

    return boto3.client(
        "s3",
        config=Config(
            connect_timeout=1,
            read_timeout=10,
            retries={"total_max_attempts": 3, "mode": "standard"},
            signature_version="s3v4",
        ),
        aws_access_key_id=credentials.access_key_id,
        aws_secret_access_key=credentials.secret_access_key,
        aws_session_token=credentials.session_token,
    )


class DocumentsBucket:
    """The merchants' files. `of` gives what reaches those of one, with that merchant's credentials."""

    def __init__(self, bucket: str, s3: "Callable[[Credentials], S3Client]" = client, *, vend: Vend = own) -> None:
        self._bucket = bucket
        self._s3 = s3
        self._vend = vend

    def of(self, tenant: Tenant) -> "MerchantFiles":
        return MerchantFiles(self._bucket, self._s3(self._vend(tenant)), tenant)


class MerchantFiles:
    """The files of one merchant. A key outside the merchant's own folder raises NotTheirs before S3 is asked."""

    def __init__(self, bucket: str, s3: "S3Client", tenant: Tenant) -> None:
        self._bucket = bucket
        self._s3 = s3
        self._folder = f"documents/{tenant.merchant_id}/"

    def read(self, key: str) -> bytes:
        """A file, unless it is empty or too large: its size is known before a byte of it is read."""
        _theirs(key, self._folder)
        with _named():
            answer = self._s3.get_object(Bucket=self._bucket, Key=key)
            check_size(answer["ContentLength"])
            return answer["Body"].read(MAX_BYTES + 1)

    def delete(self, key: str) -> None:
        """Delete a file; the event about it removes the document. One that is gone already is no error."""
        _theirs(key, self._folder)
        with _named():
            self._s3.delete_object(Bucket=self._bucket, Key=key)

    def copy(self, key: str, *, to_bucket: str, to_key: str) -> bool:
        """Copy a file without reading it; False when it is gone."""
        _theirs(key, self._folder)
        try:
            with _named():
                self._s3.copy_object(Bucket=to_bucket, Key=to_key, CopySource={"Bucket": self._bucket, "Key": key})
        except DocumentNotFound:
            return False
        return True


class WorkBucket:
    """What the steps of ingestion hand to each other. `of` gives one merchant's, with that merchant's credentials."""

    def __init__(self, bucket: str, s3: "Callable[[Credentials], S3Client]" = client, *, vend: Vend = own) -> None:
        self._bucket = bucket
        self._s3 = s3
        self._vend = vend

    def of(self, tenant: Tenant) -> "MerchantPayloads":
        return MerchantPayloads(self._bucket, self._s3(self._vend(tenant)), tenant)


class MerchantPayloads:
    """The payloads of one merchant's documents. A key outside the merchant's own folder raises NotTheirs."""

    def __init__(self, bucket: str, s3: "S3Client", tenant: Tenant) -> None:
        self._bucket = bucket
        self._s3 = s3
        self._folder = f"work/{tenant.merchant_id}/"

    def write(self, key: str, payload: BaseModel) -> str:
        """Write a payload, over one that a step tried before; gives its key."""
        _theirs(key, self._folder)
        with _named():
            self._s3.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=payload.model_dump_json().encode(),
                ContentType="application/json",
            )
        return key

    def read(self, key: str, model: type[_Payload]) -> _Payload:
        """A payload that a step before has written."""
        _theirs(key, self._folder)
        with _named():
            body = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        return model.model_validate_json(body)

    def clear(self, prefix: str) -> None:
        """Delete every payload under a prefix."""
        _theirs(prefix, self._folder)
        with _named():
            pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
            for page in pages:
                keys = [{"Key": item["Key"]} for item in page.get("Contents", [])]
                if keys:
                    self._s3.delete_objects(Bucket=self._bucket, Delete={"Objects": keys, "Quiet": True})  # type: ignore[typeddict-item]  # a list of plain dicts is what it takes


def _theirs(key: str, folder: str) -> None:
    if not key.startswith(folder):
        raise NotTheirs("This key belongs to another merchant.")


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
