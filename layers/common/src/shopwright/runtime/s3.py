"""Leave to put one file into a bucket, for a program that has no AWS credentials."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from shopwright.tenancy.credentials import KEPT_CLIENTS, Credentials, Vend, own
from shopwright.tenancy.tenant import Tenant

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

LEAVE_S = 900


@dataclass(frozen=True, slots=True)
class Leave:
    """A PUT to `url` with these headers and exactly the stated number of bytes."""

    url: str
    headers: dict[str, str]
    expires_in: int


@lru_cache(KEPT_CLIENTS)
def client(credentials: Credentials) -> "S3Client":
    """A client that signs; region and address come from the environment.

    Signing happens on this machine; the limits are for the case that credentials have to be fetched first.
    """
    # Imported here and not above: the SDK takes longer to import than most of our functions do without it.
    import boto3
    from botocore.config import Config

    return boto3.client(
        "s3",
        config=Config(
            signature_version="s3v4",
            request_checksum_calculation="when_required",  # else the uploading program would have to send our checksum
            connect_timeout=0.5,
            read_timeout=1.0,
            retries={"total_max_attempts": 2, "mode": "standard"},
        ),
        aws_access_key_id=credentials.access_key_id,
        aws_secret_access_key=credentials.secret_access_key,
        aws_session_token=credentials.session_token,
    )


class Uploads:
    """One bucket. `of` gives what signs for one merchant, with that merchant's credentials."""

    def __init__(self, bucket: str, s3: "Callable[[Credentials], S3Client]" = client, *, vend: Vend = own) -> None:
        self._bucket = bucket
        self._s3 = s3
        self._vend = vend

    def of(self, tenant: Tenant) -> "MerchantUploads":
        return MerchantUploads(self._bucket, self._s3(self._vend(tenant)))


class MerchantUploads:
    """The uploads of one merchant: the leave is worth what the merchant's credentials are."""

    def __init__(self, bucket: str, s3: "S3Client") -> None:
        self._bucket = bucket
        self._s3 = s3

    def leave(self, key: str, media_type: str, size: int) -> Leave:
        """Good for one key, one media type, one size and 15 minutes: all four are under the signature."""
        url = self._s3.generate_presigned_url(
            "put_object",
            Params={"Bucket": self._bucket, "Key": key, "ContentType": media_type, "ContentLength": size},
            ExpiresIn=LEAVE_S,
        )
        return Leave(url, {"content-type": media_type}, LEAVE_S)
