"""Starting the ingestion of one event: changes when what names an execution does."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from shopwright.documents.work import Change
from shopwright.errors import ShopwrightError, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

_TRY_AGAIN = {"ThrottlingException", "ServiceQuotaExceededException", "InternalServerException", "ServiceUnavailable"}


class IngestionUnavailable(Unavailable):
    """The machine could not be started just now; the message stays in the queue."""


class IngestionRefused(ShopwrightError):
    """The machine refused what we handed it: a mistake of ours."""


@cache
def client() -> "SFNClient":
    """One client per process."""
    # Imported here and not above: the SDK takes longer to import than most of our functions do without it.
    import boto3
    from botocore.config import Config

    config = Config(connect_timeout=1, read_timeout=5, retries={"total_max_attempts": 3, "mode": "standard"})
    return boto3.client("stepfunctions", config=config)


def execution_name(change: Change, attempt: str = "") -> str:
    """The same event always has the same name, and no two events share one.

    A name is taken for good, also by an execution that has failed: whoever tries an event again says which attempt.
    """
    parts = (change.bucket, change.key, change.sequencer, *([attempt] if attempt else []))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


class Ingestion:
    """The ingestion machine."""

    def __init__(self, arn: str, stepfunctions: "Callable[[], SFNClient]" = client) -> None:
        self._arn = arn
        self._stepfunctions = stepfunctions

    def running(self, most: int) -> int:
        """How many documents are being worked off, counted no further than `most` (1 to 1000).

        AWS's list lags by moments, so that two who ask at once may both find the last place free.
        """
        with _named():
            listed = self._stepfunctions().list_executions(
                stateMachineArn=self._arn, statusFilter="RUNNING", maxResults=most
            )
        return len(listed["executions"])

    def start(self, change: Change, attempt: str = "") -> bool:
        """Start it for one event. False: it was started for this event and attempt before, which is as good."""
        with _named():
            try:
                self._stepfunctions().start_execution(
                    stateMachineArn=self._arn,
                    name=execution_name(change, attempt),
                    input=change.model_dump_json(),
                )
            except ClientError as error:
                if _code(error) == "ExecutionAlreadyExists":
                    return False
                raise
        return True


@contextmanager
def _named() -> Iterator[None]:
    """Turn the SDK's errors into ours."""
    try:
        yield
    except ClientError as error:
        code = _code(error)
        if code in _TRY_AGAIN or error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500:
            raise IngestionUnavailable("Ingestion could not be started; it will be tried again.") from None
        raise IngestionRefused(f"The ingestion machine refused the event ({code}).") from None
    except BotoCoreError:
        raise IngestionUnavailable("Ingestion could not be started; it will be tried again.") from None


def _code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")
