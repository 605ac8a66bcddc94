"""The queue from the webhooks to the saga: changes when how an event travels there does."""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from shopwright.checkout.gateways.message import WebhookMessage
from shopwright.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class NotHandedOn(Unavailable):
    """The queue did not take the event. The gateway will send its webhook again."""

    def __init__(self) -> None:
        super().__init__("This cannot be taken at the moment. Please send it again.")


@cache
def client() -> "SQSClient":
    """One client per process. Vendors wait ten seconds for an answer, and come back when there is none."""
    # Imported here and not above: the SDK takes longer to import than most of our functions do without it.
    import boto3
    from botocore.config import Config

    config = Config(connect_timeout=0.5, read_timeout=2.0, retries={"total_max_attempts": 2, "mode": "standard"})
    return boto3.client("sqs", config=config)


class Events:
    """Where genuine events are handed on. One may be handed on twice: who consumes it gives it one effect."""

    def __init__(self, url: str, sqs: "Callable[[], SQSClient]" = client) -> None:
        self._url = url
        self._sqs = sqs

    def hand_on(self, message: WebhookMessage) -> None:
        """Put the event into the queue, or raise NotHandedOn."""
        try:
            self._sqs().send_message(QueueUrl=self._url, MessageBody=message.model_dump_json())
        except (BotoCoreError, ClientError) as cause:
            raise NotHandedOn from cause
