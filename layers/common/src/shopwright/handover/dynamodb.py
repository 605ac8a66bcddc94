"""Hand-overs in DynamoDB: changes when their table's layout does.

Key: `merchant_id`, `item`, which is the reference. An index lists a merchant's by `pile` (`<merchant_id>#waiting`), the
newest first.
"""

import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from shopwright.database.paging import NotACursor, cursor_of, read_cursor
from shopwright.handover.handover import Handover, HandoverNotFound, HandoversUnavailable, Line, Page, State
from shopwright.tenancy.credentials import Credentials, Vend, own
from shopwright.tenancy.tenant import Tenant
from shopwright.tenancy.vended.dynamodb import client

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, QueryInputTypeDef

    Item = dict[str, AttributeValueTypeDef]

_BY_PILE = "by_pile"


class Handovers:
    """The table. `of` gives the part that is one merchant's."""

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

    def of(self, tenant: Tenant) -> "Tray":
        return Tray(self._table, self._dynamodb(self._vend(tenant)), self._now, tenant)

    def keep(self, tenant: Tenant, handover: Handover) -> bool:
        """Keep it; whether it is news."""
        return self.of(tenant).keep(handover)


class Tray:
    """One merchant's hand-overs; nobody else's can be named through it."""

    def __init__(self, table: str, dynamodb: "DynamoDBClient", now: Callable[[], float], tenant: Tenant) -> None:
        self._table = table
        self._dynamodb = dynamodb
        self._now = now
        self._merchant_id = tenant.merchant_id

    def keep(self, handover: Handover) -> bool:
        """Keep it in the place of an earlier one of the same conversation; whether none was waiting there."""
        item: Item = {
            **self._key(handover.reference),
            "pile": {"S": self._pile(handover.state)},
            "subject": {"S": handover.subject},
            "reason": {"S": handover.reason},
            "summary": {"S": handover.summary},
            "lines": {"S": json.dumps([(line.question, line.answer) for line in handover.lines])},
            "at": {"N": str(handover.at)},
            "expires_at": {"N": str(handover.expires_at)},
        }
        try:
            before = self._dynamodb.put_item(TableName=self._table, Item=item, ReturnValues="ALL_OLD").get("Attributes")
        except (BotoCoreError, ClientError) as cause:
            raise HandoversUnavailable from cause
        return before is None or before["pile"] != item["pile"] or self._is_over(before)

    def page(self, state: State, limit: int, cursor: str | None = None) -> Page:
        """Those in that state, the newest first. One that has just changed may be missing for a moment."""
        asked: QueryInputTypeDef = {
            "TableName": self._table,
            "IndexName": _BY_PILE,
            "KeyConditionExpression": "pile = :pile",
            "ExpressionAttributeValues": {":pile": {"S": self._pile(state)}},
            "ScanIndexForward": False,
            "Limit": limit,
        }
        if cursor:
            asked["ExclusiveStartKey"] = self._opened(cursor, state)
        try:
            page = self._dynamodb.query(**asked)
        except (BotoCoreError, ClientError) as cause:
            raise HandoversUnavailable from cause
        last = page.get("LastEvaluatedKey")
        return Page(
            tuple(_handover(item) for item in page["Items"] if not self._is_over(item)),
            cursor_of(last["item"]["S"], last["at"]["N"]) if last else None,
        )

    def open(self, reference: str) -> Handover:
        """The whole of one, or HandoverNotFound."""
        try:
            found = self._dynamodb.get_item(TableName=self._table, Key=self._key(reference), ConsistentRead=True).get(
                "Item"
            )
        except (BotoCoreError, ClientError) as cause:
            raise HandoversUnavailable from cause
        if found is None or self._is_over(found):
            raise HandoverNotFound
        return _handover(found)

    def mark(self, reference: str, state: State) -> Handover:
        """Say that somebody has looked at it, or that somebody must again."""
        try:
            found = self._dynamodb.update_item(
                TableName=self._table,
                Key=self._key(reference),
                UpdateExpression="SET pile = :pile",
                ConditionExpression="attribute_exists(merchant_id) AND expires_at > :now",
                ExpressionAttributeValues={
                    ":pile": {"S": self._pile(state)},
                    ":now": {"N": str(int(self._now()))},
                },
                ReturnValues="ALL_NEW",
            )["Attributes"]
        except ClientError as cause:
            if cause.response.get("Error", {}).get("Code") == "ConditionalCheckFailedException":
                raise HandoverNotFound from None
            raise HandoversUnavailable from cause
        except BotoCoreError as cause:
            raise HandoversUnavailable from cause
        return _handover(found)

    def forget(self, reference: str, subject: str) -> None:
        """It is gone, if it was there and of this subject's conversation."""
        try:
            self._dynamodb.delete_item(
                TableName=self._table,
                Key=self._key(reference),
                ConditionExpression="attribute_not_exists(merchant_id) OR subject = :subject",
                ExpressionAttributeValues={":subject": {"S": subject}},
            )
        except ClientError as cause:
            if cause.response.get("Error", {}).get("Code") != "ConditionalCheckFailedException":
                raise HandoversUnavailable from cause
        except BotoCoreError as cause:
            raise HandoversUnavailable from cause

    def _key(self, reference: str) -> "Item":
        return {"merchant_id": {"S": self._merchant_id}, "item": {"S": reference}}

    def _pile(self, state: State) -> str:
        return f"{self._merchant_id}#{state.value}"

    def _is_over(self, item: "Item") -> bool:
        """DynamoDB deletes what has expired in its own time: for us it is gone at once."""
        return int(item["expires_at"]["N"]) <= self._now()

    def _opened(self, cursor: str, state: State) -> "Item":
        """Where a page ended. A cursor names places of its own merchant and pile, or it opens nothing."""
        item, at = read_cursor(cursor, 2)
        if not at.isdecimal():
            raise NotACursor
        return {**self._key(item), "pile": {"S": self._pile(state)}, "at": {"N": at}}


def _handover(item: "Item") -> Handover:
    return Handover(
        reference=item["item"]["S"],
        subject=item["subject"]["S"],
        reason=item["reason"]["S"],
        summary=item["summary"]["S"],
        at=int(item["at"]["N"]),
        expires_at=int(item["expires_at"]["N"]),
        lines=tuple(Line(question, answer) for question, answer in json.loads(item["lines"]["S"])),
        state=State(item["pile"]["S"].rpartition("#")[2]),
    )
