"""Documents and the payloads of ingestion in S3: changes when what we ask of S3 does."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
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
_BATCH = re.compile(r"(?P<stage>[a-z]+)/(?P<number>\d+)\.json")
_AT_ONCE = 1000  # what S3 deletes in one request
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

    def forget(self, key: str) -> None:
        """Delete for good what a deletion left behind: the versions that it covered, then its marker.

        A version that came after it stays: S3 says which one is the latest, and times to the second which is older.
        """
        _theirs(key, self._folder)
        with _named():
            versions, markers = [], []
            for page in self._s3.get_paginator("list_object_versions").paginate(Bucket=self._bucket, Prefix=key):
                versions += [one for one in page.get("Versions", []) if one["Key"] == key]
                markers += [one for one in page.get("DeleteMarkers", []) if one["Key"] == key]
            if not markers:
                return
            last = max(marker["LastModified"] for marker in markers)
            covered = [one["VersionId"] for one in versions if not one["IsLatest"] and one["LastModified"] <= last]
            _delete(self._s3, self._bucket, [(key, version) for version in covered])
            _delete(self._s3, self._bucket, [(key, marker["VersionId"]) for marker in markers])


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
        self._folder = f"steps/{tenant.merchant_id}/"

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
        """Delete every payload under a prefix for good: what was cut is not masked yet, and must not live on as an old
        version."""
        _theirs(prefix, self._folder)
        with _named():
            _delete_versions(self._s3, self._bucket, prefix)

    def batches(self, prefix: str) -> Mapping[str, frozenset[int]]:
        """Which batches of an arrival there are, by stage: `{"cut": {0, 1}, "masked": {0}}`."""
        _theirs(prefix, self._folder)
        found: dict[str, set[int]] = {}
        with _named():
            pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
            for page in pages:
                for item in page.get("Contents", []):
                    if written := _BATCH.fullmatch(item["Key"].removeprefix(prefix)):
                        found.setdefault(written["stage"], set()).add(int(written["number"]))
        return {stage: frozenset(numbers) for stage, numbers in found.items()}


class QuarantineBucket:
    """Files that were refused. `of` gives one merchant's, with that merchant's credentials."""

    def __init__(self, bucket: str, s3: "Callable[[Credentials], S3Client]" = client, *, vend: Vend = own) -> None:
        self._bucket = bucket
        self._s3 = s3
        self._vend = vend

    def forget(self, tenant: Tenant, document_id: str) -> None:
        """Delete for good what was set apart of one document."""
        with _named():
            _delete_versions(
                self._s3(self._vend(tenant)), self._bucket, f"quarantine/{tenant.merchant_id}/{document_id}/"
            )


def _delete_versions(s3: "S3Client", bucket: str, prefix: str) -> None:
    """Every version of every object under the prefix, and every delete marker."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix):
        found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        _delete(s3, bucket, [(one["Key"], one["VersionId"]) for one in found])


def _delete(s3: "S3Client", bucket: str, versions: Sequence[tuple[str, str]]) -> None:
    for start in range(0, len(versions), _AT_ONCE):
        some = versions[start : start + _AT_ONCE]
        answer = s3.delete_objects(
            Bucket=bucket,
            Delete={"Objects": [{"Key": key, "VersionId": version} for key, version in some], "Quiet": True},
        )
        if answer.get("Errors"):
            raise StorageUnavailable("Some of what is to be deleted is still there. Please try again in a moment.")


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
