"""Secrets, read from Secrets Manager and kept for a short while."""

import json
import time
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from shopwright.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

KEPT_S = 300
_MISSING = "ResourceNotFoundException"


class SecretUnavailable(Unavailable):
    """The secret could not be read just now."""


class SecretMissing(SecretUnavailable):
    """There is no such secret, or not any more."""


class SecretMalformed(Exception):
    """The secret is not a JSON object of texts; someone stored it wrongly, and trying again will not help."""


@cache
def client() -> "SecretsManagerClient":
    """One client per process: making one costs more than reading a secret."""
    # Imported here and not above: the SDK takes longer to import than most of our functions do without it.
    import boto3
    from botocore.config import Config

    config = Config(connect_timeout=0.5, read_timeout=1.5, retries={"total_max_attempts": 2, "mode": "standard"})
    return boto3.client("secretsmanager", config=config)


class Secret:
    """One secret that holds a JSON object. What is read is kept for five minutes; `refresh` reads it anew at once,
    which is what to do when the other side refuses it: it may just have been rotated."""

    def __init__(
        self,
        arn: str,
        secretsmanager: "Callable[[], SecretsManagerClient]" = client,
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._arn = arn
        self._secretsmanager = secretsmanager
        self._now = now
        self._kept: dict[str, str] | None = None
        self._read_at = 0.0

    def __repr__(self) -> str:
        return f"Secret({self._arn})"

    def json(self) -> dict[str, str]:
        """The object, at most five minutes old."""
        if self._kept is None or self._now() - self._read_at >= KEPT_S:
            return self.refresh()
        return self._kept

    def refresh(self) -> dict[str, str]:
        """The object as it is now."""
        try:
            text = self._secretsmanager().get_secret_value(SecretId=self._arn)["SecretString"]
        except (BotoCoreError, ClientError) as cause:
            missing = isinstance(cause, ClientError) and cause.response["Error"].get("Code") == _MISSING
            kind = SecretMissing if missing else SecretUnavailable
            raise kind("A part of the service is not reachable. Please try again.") from cause
        try:
            value = json.loads(text)
        except ValueError:
            raise SecretMalformed(f"{self._arn} does not hold JSON.") from None  # the cause would carry the secret
        if not isinstance(value, dict):
            raise SecretMalformed(f"{self._arn} does not hold a JSON object.")
        self._kept = {str(name): str(held) for name, held in value.items()}
        self._read_at = self._now()
        return self._kept
