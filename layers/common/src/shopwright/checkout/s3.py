"""Receipts in S3, a page and a PDF for each paid order: changes when where they lie, or how they are lent, does.

A receipt is written once. S3 itself refuses a second one under its name, so that an event that comes twice, or after
the shop has changed its branding, leaves the shopper's receipt as it was.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from shopwright.checkout.receipt import ReceiptNotWritten
from shopwright.errors import ShopwrightError, Unavailable
from shopwright.tenancy.credentials import KEPT_CLIENTS, Credentials, Vend, own
from shopwright.tenancy.tenant import Tenant

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

LENT_S = 300
_GONE = {"NoSuchKey", "404", "NotFound"}
_THERE = {"PreconditionFailed", "412"}
_BROKEN = {"AccessDenied", "403", "NoSuchBucket", "InvalidBucketName", "InvalidRequest"}


class ReceiptsUnavailable(Unavailable):
    """S3 did not answer."""

    def __init__(self) -> None:
        super().__init__("Receipts cannot be reached at the moment. Please try again in a moment.")


class ReceiptsRefused(ShopwrightError):
    """S3 refused what we asked: a mistake in how the product is set up, which trying again does not cure."""


@dataclass(frozen=True, slots=True)
class Lent:
    """Where a receipt can be fetched for so many seconds, by whoever has the address."""

    html: str
    pdf: str
    expires_in: int


@lru_cache(KEPT_CLIENTS)
def client(credentials: Credentials) -> "S3Client":
    """A client with our time limits; region and address come from the environment."""
    # Imported here and not above: the SDK takes longer to import than most of our functions do without it.
    import boto3
    from botocore.config import Config

    return boto3.client(
        "s3",
        config=Config(
            connect_timeout=0.5,
            read_timeout=2,
            retries={"total_max_attempts": 2, "mode": "standard"},
            signature_version="s3v4",
        ),
        aws_access_key_id=credentials.access_key_id,
        aws_secret_access_key=credentials.secret_access_key,
        aws_session_token=credentials.session_token,
    )


class Receipts:
    """The receipts' bucket. `of` gives what reaches those of one merchant, with that merchant's credentials."""

    def __init__(self, bucket: str, s3: "Callable[[Credentials], S3Client]" = client, *, vend: Vend = own) -> None:
        self._bucket = bucket
        self._s3 = s3
        self._vend = vend

    def of(self, tenant: Tenant) -> "MerchantReceipts":
        return MerchantReceipts(self._bucket, self._s3(self._vend(tenant)), tenant)


class MerchantReceipts:
    """One merchant's receipts: none of another's has a name that can be said here."""

    def __init__(self, bucket: str, s3: "S3Client", tenant: Tenant) -> None:
        self._bucket = bucket
        self._s3 = s3
        self._folder = f"receipts/{tenant.merchant_id}/"

    def keep(self, order_id: str, *, html: str, pdf: bytes, refunded: bool = False) -> bool:
        """Write an order's receipt, or beside it the one that says that it was refunded; False: it has that, and it
        stays. The page is last: where it is, both are."""
        name = _name(order_id, refunded)
        self._put(f"{name}.pdf", pdf, "application/pdf")
        return self._put(f"{name}.html", html.encode(), "text/html; charset=utf-8")

    def lend(self, order_id: str, *, refunded: bool = False) -> Lent:
        """Addresses that show the receipt for a few minutes, or ReceiptNotWritten. Of a refunded order it is the one
        that says so, as soon as that is written."""
        name = _name(order_id, refunded)
        if not self._has(name):
            if refunded:
                return self.lend(order_id)
            raise ReceiptNotWritten
        return Lent(
            self._address(f"{name}.html", "inline"),
            self._address(f"{name}.pdf", f'attachment; filename="receipt-{name}.pdf"'),
            LENT_S,
        )

    def _has(self, name: str) -> bool:
        try:
            with _named():
                self._s3.head_object(Bucket=self._bucket, Key=f"{self._folder}{name}.html")
        except ClientError:
            return False
        return True

    def _address(self, name: str, disposition: str) -> str:
        return self._s3.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self._bucket,
                "Key": f"{self._folder}{name}",
                "ResponseContentDisposition": disposition,
                "ResponseCacheControl": "private, no-store",
            },
            ExpiresIn=LENT_S,
        )

    def _put(self, name: str, body: bytes, media_type: str) -> bool:
        try:
            with _named():
                self._s3.put_object(
                    Bucket=self._bucket,
                    Key=f"{self._folder}{name}",
                    Body=body,
                    ContentType=media_type,
                    IfNoneMatch="*",
                )
        except ClientError:
            return False
        return True


def _name(order_id: str, refunded: bool) -> str:
    return f"{order_id}-refunded" if refunded else order_id


@contextmanager
def _named() -> Iterator[None]:
    """botocore's errors by our names; only "it is not there" and "it is there already" go through, to be told apart by
    who asked. Their texts hold keys and request ids, and stop here."""
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code in _GONE | _THERE:
            raise
        if code in _BROKEN:
            raise ReceiptsRefused(f"The storage refused the request ({code}).") from None
        raise ReceiptsUnavailable from None
    except BotoCoreError:
        raise ReceiptsUnavailable from None
