"""Leave to put one file into a bucket, for a program that has no AWS credentials."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

LEAVE_S = 900
# Signing happens on this machine; the limits are for the case that credentials have to be fetched first.
LOCAL = Config(
    signature_version="s3v4",
    request_checksum_calculation="when_required",  # else the uploading program would have to send our checksum
    connect_timeout=0.5,
    read_timeout=1.0,
    retries={"total_max_attempts": 2, "mode": "standard"},
)


@dataclass(frozen=True, slots=True)
class Leave:
    """A PUT to `url` with these headers and exactly the stated number of bytes."""

    url: str
    headers: dict[str, str]
    expires_in: int


class Uploads:
    """One bucket."""

    def __init__(self, bucket: str, s3: "S3Client | None" = None) -> None:
        self._bucket = bucket
        self._s3 = s3 or boto3.client("s3", config=LOCAL)

    def leave(self, key: str, media_type: str, size: int) -> Leave:
        """Good for one key, one media type, one size and 15 minutes: all four are under the signature."""
        url = self._s3.generate_presigned_url(
            "put_object",
            Params={"Bucket": self._bucket, "Key": key, "ContentType": media_type, "ContentLength": size},
            ExpiresIn=LEAVE_S,
        )
        return Leave(url, {"content-type": media_type}, LEAVE_S)
