"""Queues in SQS, as those who put messages back or fetch them see them: changes when what we ask of SQS does."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from shopwright.errors import ShopwrightError, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

AT_MOST = 10  # messages that SQS gives at once
_BROKEN = {"AccessDenied", "AccessDeniedException", "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"}


class QueueUnavailable(Unavailable):
    """SQS did not answer."""


class QueueRefused(ShopwrightError):
    """SQS refused what we asked: a mistake in how the product is set up, which trying again does not cure."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message that we hold: nobody else gets it until its time is up, and it is there until it is deleted."""

    id: str  # stays the same however often it is received
    body: str
    receipt: str


@cache
def client() -> "SQSClient":
    """One client per process."""
    # Imported here and not above: the SDK takes longer to import than most of our functions do without it.
    import boto3
    from botocore.config import Config

    config = Config(connect_timeout=1, read_timeout=5, retries={"total_max_attempts": 3, "mode": "standard"})
    return boto3.client("sqs", config=config)


class Queue:
    """One queue."""

    def __init__(self, url: str, sqs: "Callable[[], SQSClient]" = client) -> None:
        self._url = url
        self._sqs = sqs

    def send(self, body: str) -> None:
        """Put a message at the end, as one that nobody has received yet."""
        with _named():
            self._sqs().send_message(QueueUrl=self._url, MessageBody=body)

    def receive(self, most: int, *, hold_s: int) -> tuple[Message, ...]:
        """Some messages, held for so many seconds; none: there is none that nobody else holds."""
        with _named():
            answer = self._sqs().receive_message(
                QueueUrl=self._url, MaxNumberOfMessages=min(most, AT_MOST), VisibilityTimeout=hold_s, WaitTimeSeconds=1
            )
        return tuple(Message(one["MessageId"], one["Body"], one["ReceiptHandle"]) for one in answer.get("Messages", []))

    def delete(self, message: Message) -> None:
        """It is done with."""
        with _named():
            self._sqs().delete_message(QueueUrl=self._url, ReceiptHandle=message.receipt)

    def let_go(self, message: Message) -> None:
        """Whoever comes next may have it."""
        with _named():
            self._sqs().change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=message.receipt, VisibilityTimeout=0
            )

    def waiting(self) -> int:
        """About how many messages there are, those that somebody holds included."""
        with _named():
            told = self._sqs().get_queue_attributes(
                QueueUrl=self._url,
                AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
            )["Attributes"]
        return sum(int(number) for number in told.values())


@contextmanager
def _named() -> Iterator[None]:
    """Turn the SDK's errors into ours."""
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code in _BROKEN:
            raise QueueRefused(f"The queue refused the request ({code}).") from None
        raise QueueUnavailable("The queue did not answer; try again in a moment.") from None
    except BotoCoreError:
        raise QueueUnavailable("The queue did not answer; try again in a moment.") from None
