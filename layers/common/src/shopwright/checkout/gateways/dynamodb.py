"""Which webhooks came before: changes when their table's layout does.

Key: `merchant_id`, `item` (the gateway and the event's id). A row is written after the event was handed on, so an event
is never lost between the two; one that comes again meanwhile is handed on again. `noted` is what nobody waits for;
`unknown` is what is about no payment of ours, kept for an operator: the merchant may have other business there.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from botocore.exceptions import BotoCoreError, ClientError

from shopwright.checkout.gateways.message import WebhookMessage
from shopwright.errors import Unavailable
from shopwright.tenancy.credentials import Credentials, Vend, own
from shopwright.tenancy.tenant import Tenant
from shopwright.tenancy.vended.dynamodb import client

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

State = Literal["handed_on", "noted", "unknown"]
_DAY_S = 86_400
KEPT_S = {"handed_on": 35 * _DAY_S, "noted": 35 * _DAY_S, "unknown": 90 * _DAY_S}  # vendors try again for up to 30 days


class RecordsUnavailable(Unavailable):
    """It cannot be told whether the event came before. The gateway will send its webhook again."""

    def __init__(self) -> None:
        super().__init__("This cannot be taken at the moment. Please send it again.")


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event that came, and what became of it."""

    message: WebhookMessage
    state: State
    at: int


class Records:
    """The table."""

    def __init__(
        self,
        table: str,
        dynamodb: "Callable[[Credentials], DynamoDBClient]" = client,
        *,
        vend: Vend = own,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._table = table
        self._dynamodb = dynamodb
        self._vend = vend
        self._now = now

    def known(self, message: WebhookMessage) -> bool:
        """Whether this event came before, and was taken care of."""
        try:
            row = self._client(message.tenant).get_item(
                TableName=self._table,
                Key={"merchant_id": {"S": message.merchant_id}, "item": {"S": _item(message)}},
                ProjectionExpression="expires_at",
                ConsistentRead=True,
            )
        except (BotoCoreError, ClientError) as cause:
            raise RecordsUnavailable from cause
        return "Item" in row and int(row["Item"]["expires_at"]["N"]) > self._now()

    def keep(self, message: WebhookMessage, state: State) -> None:
        """Remember the event, and what became of it."""
        now = int(self._now())
        try:
            self._client(message.tenant).put_item(
                TableName=self._table,
                Item={
                    "merchant_id": {"S": message.merchant_id},
                    "item": {"S": _item(message)},
                    "state": {"S": state},
                    "at": {"N": str(now)},
                    "message": {"S": message.model_dump_json()},
                    "expires_at": {"N": str(now + KEPT_S[state])},
                },
            )
        except (BotoCoreError, ClientError) as cause:
            raise RecordsUnavailable from cause

    def unknown(self, tenant: Tenant) -> Iterator[Recorded]:
        """The merchant's events that nobody knew what to do with."""
        try:
            pages = (
                self._client(tenant)
                .get_paginator("query")
                .paginate(
                    TableName=self._table,
                    KeyConditionExpression="merchant_id = :merchant",
                    FilterExpression="#state = :unknown",
                    ExpressionAttributeNames={"#state": "state"},
                    ExpressionAttributeValues={":merchant": {"S": tenant.merchant_id}, ":unknown": {"S": "unknown"}},
                    ConsistentRead=True,
                )
            )
            for page in pages:
                for row in page["Items"]:
                    message = WebhookMessage.model_validate_json(row["message"]["S"])
                    yield Recorded(message, "unknown", int(row["at"]["N"]))
        except (BotoCoreError, ClientError) as cause:
            raise RecordsUnavailable from cause

    def _client(self, tenant: Tenant) -> "DynamoDBClient":
        return self._dynamodb(self._vend(tenant))


def _item(message: WebhookMessage) -> str:
    return f"{message.gateway}#{message.id}"
