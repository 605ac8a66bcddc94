"""Data keys from KMS: changes when how we ask for them does.

The encryption context (merchant, purpose, scope) is bound into what KMS wraps: under any other, KMS refuses.
"""

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from shopwright.privacy.vault import NotYours, VaultUnavailable

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

_REFUSED = frozenset({"InvalidCiphertextException", "IncorrectKeyException"})


def client() -> "KMSClient":
    """A client with the vault's time limits; region and address come from the environment."""
    # Imported here and not above: the SDK takes longer to import than most of our functions do without it.
    import boto3
    from botocore.config import Config

    config = Config(connect_timeout=0.5, read_timeout=2.0, retries={"total_max_attempts": 3, "mode": "standard"})
    return boto3.client("kms", config=config)


class DataKeys:
    """Keys of 256 bits under one KMS key."""

    def __init__(self, key_id: str, kms: "KMSClient | None" = None) -> None:
        self._key_id = key_id
        self._kms = kms or client()

    def make(self, context: dict[str, str]) -> tuple[bytes, bytes]:
        """A new key, plain and wrapped."""
        try:
            made = self._kms.generate_data_key(KeyId=self._key_id, KeySpec="AES_256", EncryptionContext=context)
        except (BotoCoreError, ClientError) as cause:
            raise VaultUnavailable from cause
        return made["Plaintext"], made["CiphertextBlob"]

    def open(self, wrapped: bytes, context: dict[str, str]) -> bytes:
        """The key that was wrapped under this context, or NotYours."""
        try:
            return self._kms.decrypt(KeyId=self._key_id, CiphertextBlob=wrapped, EncryptionContext=context)["Plaintext"]
        except ClientError as cause:
            if cause.response.get("Error", {}).get("Code") in _REFUSED:
                raise NotYours from None
            raise VaultUnavailable from cause
        except BotoCoreError as cause:
            raise VaultUnavailable from cause
