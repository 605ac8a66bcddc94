"""Telling a merchant that somebody waits: changes when how the word reaches them does.

One topic for all merchants; whoever subscribes for one filters by the attribute `merchant_id`. The word holds nothing
that anybody said.
"""

import json
from collections.abc import Callable
from functools import cache
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from shopwright.handover.handover import Handover, NoticeUnsent
from shopwright.tenancy.tenant import Tenant


@cache
def client() -> Any:
    """One client per process, with little patience: a shopper waits behind it."""
    # Imported here and not above: the SDK takes longer to import than most of our functions do without it.
    import boto3
    from botocore.config import Config

    config = Config(connect_timeout=0.3, read_timeout=0.5, retries={"total_max_attempts": 1, "mode": "standard"})
    made: Any = boto3.client("sns", config=config)
    return made


class Notices:
    """The topic of those who wait."""

    def __init__(self, topic_arn: str, sns: Callable[[], Any] = client) -> None:
        self._topic_arn = topic_arn
        self._sns = sns

    def notify(self, tenant: Tenant, handover: Handover) -> None:
        """Say that this one waits, or raise NoticeUnsent."""
        said = {
            "merchant_id": tenant.merchant_id,
            "reference": handover.reference,
            "reason": handover.reason,
            "at": handover.at,
        }
        try:
            self._sns().publish(
                TopicArn=self._topic_arn,
                Subject="A shopper waits for a person of the shop",
                Message=json.dumps(said),
                MessageAttributes={
                    "merchant_id": {"DataType": "String", "StringValue": tenant.merchant_id},
                    "reason": {"DataType": "String", "StringValue": handover.reason},
                },
            )
        except (BotoCoreError, ClientError) as cause:
            raise NoticeUnsent from cause
