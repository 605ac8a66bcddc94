"""Handing in a record for the audit trail: changes when how it travels there does.

A FIFO queue keeps each merchant's records in order and gives a batch of them to one taker at a time, which is what a
chain needs; a request waits for the queue alone, and not for the trail.
"""

import json
from collections.abc import Callable
from dataclasses import asdict
from functools import cache
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from shopwright.observability.audit import AuditUnavailable, Record

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@cache
def client() -> "SQSClient":
    """One client per process, with little patience: a shopper waits behind it."""
    # Imported here and not above: the SDK takes longer to import than most of our functions do without it.
    import boto3
    from botocore.config import Config

    config = Config(connect_timeout=0.3, read_timeout=0.7, retries={"total_max_attempts": 2, "mode": "standard"})
    return boto3.client("sqs", config=config)


class Audit:
    """Where records are handed in."""

    def __init__(self, url: str, sqs: "Callable[[], SQSClient]" = client) -> None:
        self._url = url
        self._sqs = sqs

    def hand_in(self, record: Record) -> None:
        """Put the record into the queue, or raise AuditUnavailable."""
        try:
            self._sqs().send_message(
                QueueUrl=self._url,
                MessageBody=json.dumps(asdict(record)),
                MessageGroupId=record.merchant_id,
                MessageDeduplicationId=record.id,
            )
        except (BotoCoreError, ClientError) as cause:
            raise AuditUnavailable("The audit trail does not answer.") from cause
