"""The entries of the audit trails in S3: changes when their keys or their form do.

Key: `audit/{merchant_id}/{number of its first entry, 12 digits}.jsonl`, one entry a line. The bucket locks what is
written (Object Lock) and encrypts it with our key.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from shopwright.observability import audit
from shopwright.observability.audit import AuditUnavailable, Entry
from shopwright.tenancy.tenant import Tenant

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PREFIX = "audit/"
_THERE_ALREADY = {"PreconditionFailed", "412", "ConditionalRequestConflict"}


def client() -> "S3Client":
    """A client with the trail's time limits; region and address come from the environment."""
    # Imported here and not above: the SDK takes longer to import than most of our functions do without it.
    import boto3
    from botocore.config import Config

    config = Config(connect_timeout=1, read_timeout=5, retries={"total_max_attempts": 3, "mode": "standard"})
    return boto3.client("s3", config=config)


class Archive:
    """Every merchant's entries. One that is there is never written over."""

    def __init__(self, bucket: str, s3: "S3Client | None" = None) -> None:
        self._bucket = bucket
        self._s3 = s3 or client()

    def add(self, tenant: Tenant, entries: Sequence[Entry]) -> bool:
        """Write the entries as one object. False: something lies in their place already, and stays."""
        body = "".join(f"{audit.line(entry)}\n" for entry in entries).encode()
        try:
            self._s3.put_object(
                Bucket=self._bucket,
                Key=_key(tenant, entries[0].number),
                Body=body,
                ContentType="application/jsonl",
                ChecksumAlgorithm="SHA256",  # a bucket with Object Lock asks for a checksum
                IfNoneMatch="*",
            )
        except ClientError as cause:
            if cause.response.get("Error", {}).get("Code") in _THERE_ALREADY:
                return False
            raise AuditUnavailable("The audit trail does not answer.") from cause
        except BotoCoreError as cause:
            raise AuditUnavailable("The audit trail does not answer.") from cause
        return True

    def at(self, tenant: Tenant, number: int) -> tuple[Entry | None, ...]:
        """The entries of the object that begins with this number."""
        return self._read(_key(tenant, number))

    def all(self, tenant: Tenant) -> Iterator[Entry | None]:
        """Every entry, in the order of the keys; None for a line that is none."""
        try:
            pages = self._s3.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=f"{PREFIX}{tenant.merchant_id}/"
            )
            for page in pages:
                for found in page.get("Contents", []):
                    yield from self._read(found["Key"])
        except (BotoCoreError, ClientError) as cause:
            raise AuditUnavailable("The audit trail does not answer.") from cause

    def tenants(self) -> set[Tenant]:
        """Everybody who has an entry, whether or not there is a head that knows of it."""
        try:
            pages = self._s3.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=PREFIX, Delimiter="/"
            )
            return {
                Tenant(found["Prefix"].removeprefix(PREFIX).rstrip("/"))
                for page in pages
                for found in page.get("CommonPrefixes", [])
            }
        except (BotoCoreError, ClientError) as cause:
            raise AuditUnavailable("The audit trail does not answer.") from cause

    def _read(self, key: str) -> tuple[Entry | None, ...]:
        try:
            body = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except (BotoCoreError, ClientError) as cause:
            raise AuditUnavailable("The audit trail does not answer.") from cause
        return tuple(audit.parsed(text) for text in body.decode("utf-8", "replace").splitlines())


def _key(tenant: Tenant, number: int) -> str:
    return f"{PREFIX}{tenant.merchant_id}/{number:012d}.jsonl"
