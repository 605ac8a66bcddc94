"""The topic of order events: changes when what others are told of an order, or how, does."""

import json
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from shopwright.errors import Unavailable
from shopwright.tenancy.tenant import Tenant

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

    from shopwright.checkout.aurora import Announcement


class TopicUnavailable(Unavailable):
    """The topic did not take an event; it stays in the outbox."""

    def __init__(self) -> None:
        super().__init__("Order events cannot be published at the moment. They are kept, and published later.")


@cache
def client() -> "SNSClient":
    """One client per process."""
    # Imported here and not above: the SDK takes longer to import than most of our functions do without it.
    import boto3
    from botocore.config import Config

    config = Config(connect_timeout=1, read_timeout=5, retries={"total_max_attempts": 3, "mode": "standard"})
    return boto3.client("sns", config=config)


class Topic:
    """Where order events go. One may be published twice: `id` says which it is."""

    def __init__(self, arn: str, sns: "Callable[[], SNSClient]" = client) -> None:
        self._arn = arn
        self._sns = sns

    def publish(self, tenant: Tenant, event: "Announcement") -> None:
        """Tell everybody who listens. Consumers choose by `kind` and `merchant_id`."""
        body = {
            "id": event.id,
            "kind": event.kind,
            "merchant_id": tenant.merchant_id,
            "at": event.at.isoformat(),
            **event.body,
        }
        try:
            self._sns().publish(
                TopicArn=self._arn,
                Message=json.dumps(body, sort_keys=True),
                MessageAttributes={
                    "kind": {"DataType": "String", "StringValue": event.kind},
                    "merchant_id": {"DataType": "String", "StringValue": tenant.merchant_id},
                },
            )
        except (BotoCoreError, ClientError) as cause:
            raise TopicUnavailable from cause
