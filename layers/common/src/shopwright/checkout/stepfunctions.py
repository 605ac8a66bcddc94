"""The checkout's executions: changes when what names one, or what is handed to one, does.

An execution is handed ids and nothing else: its history never holds what was bought, by whom or with what.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Literal

from botocore.exceptions import BotoCoreError, ClientError

from shopwright.errors import ShopwrightError, Unavailable
from shopwright.tenancy.tenant import Tenant

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

_TRY_AGAIN = {"ThrottlingException", "ServiceQuotaExceededException", "InternalServerException", "ServiceUnavailable"}
_GONE = {"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"}
_BUCKET_S = 600  # one more execution for the same order in so many seconds at most

Begin = Literal["reserve", "undo"]


class SagaUnavailable(Unavailable):
    """The machine could not be reached just now."""

    def __init__(self) -> None:
        super().__init__("Orders cannot be taken at the moment. Please try again.")


class SagaRefused(ShopwrightError):
    """The machine refused what we handed it: a mistake of ours."""


@cache
def client() -> "SFNClient":
    """One client per process."""
    # Imported here and not above: the SDK takes longer to import than most of our functions do without it.
    import boto3
    from botocore.config import Config

    config = Config(connect_timeout=1, read_timeout=3, retries={"total_max_attempts": 2, "mode": "standard"})
    return boto3.client("stepfunctions", config=config)


class Sagas:
    """The checkout machine."""

    def __init__(
        self,
        arn: str,
        stepfunctions: "Callable[[], SFNClient]" = client,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._arn = arn
        self._stepfunctions = stepfunctions
        self._now = now

    def start(self, tenant: Tenant, order_id: str, saga_id: str) -> None:
        """Start an order's saga. It is started once: the same name again is the same execution."""
        self._start(tenant, order_id, saga_id, "reserve")

    def again(self, tenant: Tenant, order_id: str, saga_id: str, begin: Begin, attempt: str = "") -> None:
        """One more execution for an order whose first has ended, or must not be waited for: on from where it stands, or
        to undo it. One for each attempt, or for each ten minutes; steps may be repeated, so that one too many does no
        harm."""
        named = attempt or str(int(self._now()) // _BUCKET_S)
        self._start(tenant, order_id, f"{saga_id}-{begin}-{sha256(named.encode()).hexdigest()[:16]}", begin)

    def is_running(self, saga_id: str) -> bool:
        """Does the order's first execution still run?"""
        arn = f"{self._arn.replace(':stateMachine:', ':execution:')}:{saga_id}"
        with _named():
            try:
                return self._stepfunctions().describe_execution(executionArn=arn)["status"] == "RUNNING"
            except ClientError as error:
                if _code(error) == "ExecutionDoesNotExist":
                    return False
                raise

    def _start(self, tenant: Tenant, order_id: str, name: str, begin: Begin) -> None:
        handed = {"merchant_id": tenant.merchant_id, "order_id": order_id, "begin": begin}
        with _named():
            try:
                self._stepfunctions().start_execution(
                    stateMachineArn=self._arn, name=name, input=json.dumps(handed, sort_keys=True)
                )
            except ClientError as error:
                if _code(error) != "ExecutionAlreadyExists":
                    raise


class Waiting:
    """Who waits in a machine, by the token that it gave."""

    def __init__(self, stepfunctions: "Callable[[], SFNClient]" = client) -> None:
        self._stepfunctions = stepfunctions

    def wake(self, token: str) -> None:
        """Let it go on and look for itself. One that has gone on already needs nobody."""
        with _named():
            try:
                self._stepfunctions().send_task_success(taskToken=token, output='{"woken": true}')
            except ClientError as error:
                if _code(error) not in _GONE:
                    raise


@contextmanager
def _named() -> Iterator[None]:
    """Turn the SDK's errors into ours."""
    try:
        yield
    except ClientError as error:
        code = _code(error)
        if code in _TRY_AGAIN or error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500:
            raise SagaUnavailable from None
        raise SagaRefused(f"The checkout machine refused what it was handed ({code}).") from None
    except BotoCoreError:
        raise SagaUnavailable from None


def _code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")
