"""Conversations in DynamoDB: changes when their table's layout does.

Key: `merchant_id`, `item`. A conversation's head lies at its id, turn 7 at `<id>#000007`. The head names the subject,
counts the turns and sums them up; head and turn are written in one transaction, so that a turn never outlives its
conversation. Heads alone have an `owner` (`<merchant_id>#<subject>`), by which an index lists them, the newest first.
What a shopper lets us keep between visits lies at `context#<subject>`.
"""

import json
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from shopwright.database.paging import NotACursor, cursor_of, read_cursor
from shopwright.orchestrator.session import (
    CONTEXT_LIFETIME_S,
    LIFETIME_S,
    MAX_TURNS,
    SHOWN_TURNS,
    CartBefore,
    Listed,
    Page,
    Preferences,
    Session,
    SessionBusy,
    SessionFull,
    SessionNotFound,
    SessionsUnavailable,
    ShopperContext,
    Tally,
    Turn,
    counted,
    summed_up,
)
from shopwright.tenancy.credentials import Credentials, Vend, own
from shopwright.tenancy.tenant import Tenant
from shopwright.tenancy.vended.dynamodb import client

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import (
        AttributeValueTypeDef,
        QueryInputTypeDef,
        TransactWriteItemTypeDef,
        WriteRequestUnionTypeDef,
    )

    Item = dict[str, AttributeValueTypeDef]

_TRIES = 3
_BATCH = 25  # what one BatchWriteItem takes
_BY_OWNER = "by_owner"


@dataclass(frozen=True, slots=True)
class _Head:
    expires_at: int
    tally: Tally
    summary: tuple[str, ...]


class Sessions:
    """The table. `of` gives the part that one subject of one merchant may see."""

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

    def of(self, tenant: Tenant, subject: str) -> "SessionManager":
        return SessionManager(self._table, self._dynamodb(self._vend(tenant)), self._now, tenant, subject)


class SessionManager:
    """The conversations of one subject with one merchant; nobody else's can be named through it."""

    def __init__(
        self, table: str, dynamodb: "DynamoDBClient", now: Callable[[], float], tenant: Tenant, subject: str
    ) -> None:
        self._table = table
        self._dynamodb = dynamodb
        self._now = now
        self._merchant_id = tenant.merchant_id
        self._subject = subject

    def open(self, session_id: str, *, turns: int = SHOWN_TURNS, first: bool = False) -> Session:
        """The conversation with its newest turns, or those that it began with; or SessionNotFound."""
        try:
            head = self._head(session_id)
            page = self._dynamodb.query(
                TableName=self._table,
                KeyConditionExpression="merchant_id = :merchant AND begins_with(#item, :turns)",
                ExpressionAttributeNames={"#item": "item"},
                ExpressionAttributeValues={":merchant": {"S": self._merchant_id}, ":turns": {"S": f"{session_id}#"}},
                ScanIndexForward=first,
                Limit=turns,
                ConsistentRead=True,
            )
        except (BotoCoreError, ClientError) as cause:
            raise SessionsUnavailable from cause
        said = tuple(_turn(item) for item in (page["Items"] if first else reversed(page["Items"])))
        return Session(session_id, said, head.tally.turns, head.expires_at, head.tally, head.summary)

    def mine(self, limit: int, cursor: str | None = None) -> Page:
        """The subject's conversations, the newest first. One that has just had a turn may be missing for a moment."""
        try:
            asked: QueryInputTypeDef = {
                "TableName": self._table,
                "IndexName": _BY_OWNER,
                "KeyConditionExpression": "#owner = :owner",
                "ExpressionAttributeNames": {"#owner": "owner"},
                "ExpressionAttributeValues": {":owner": {"S": self._owner}},
                "ScanIndexForward": False,
                "Limit": limit,
            }
            if cursor:
                asked["ExclusiveStartKey"] = self._opened(cursor)
            page = self._dynamodb.query(**asked)
        except (BotoCoreError, ClientError) as cause:
            raise SessionsUnavailable from cause
        heads = [(item["item"]["S"], _head(item)) for item in page["Items"] if "closed" not in item]
        now = self._now()
        return Page(
            tuple(Listed(name, head.expires_at, head.tally) for name, head in heads if head.expires_at > now),
            _sealed(page["LastEvaluatedKey"]) if "LastEvaluatedKey" in page else None,
        )

    def context(self) -> ShopperContext | None:
        """What the shopper lets us keep between visits; None when nothing was agreed to, or it has ended."""
        try:
            found = self._dynamodb.get_item(
                TableName=self._table, Key=self._key(self._context_item), ConsistentRead=True
            ).get("Item")
        except (BotoCoreError, ClientError) as cause:
            raise SessionsUnavailable from cause
        if found is None or int(found["expires_at"]["N"]) <= self._now():
            return None
        held = json.loads(found["preferences"]["S"])
        return ShopperContext(
            Preferences(**{**held, "likes": tuple(held["likes"])}),
            int(found["consented_at"]["N"]),
            int(found["expires_at"]["N"]),
        )

    def agree(self, preferences: Preferences) -> ShopperContext:
        """The shopper has agreed: keep this from now on."""
        now = int(self._now())
        held = self.context()
        kept = ShopperContext(preferences, held.consented_at if held else now, now + CONTEXT_LIFETIME_S)
        self._keep(kept, agreed=False)
        return kept

    def prefer(self, preferences: Preferences) -> bool:
        """Keep this, if the shopper has agreed to it before. False: nobody has, and nothing is kept."""
        held = self.context()
        if held is None:
            return False
        return self._keep(
            ShopperContext(preferences, held.consented_at, int(self._now()) + CONTEXT_LIFETIME_S), agreed=True
        )

    def forget(self) -> None:
        """The shopper agrees no longer: nothing of it is kept."""
        try:
            self._dynamodb.delete_item(TableName=self._table, Key=self._key(self._context_item))
        except (BotoCoreError, ClientError) as cause:
            raise SessionsUnavailable from cause

    def remember(self, session_id: str | None, turn: Turn, begun: str | None = None) -> str:
        """Add a turn to a conversation, or begin one with it. Gives the conversation's id: that of a new one is
        `begun`, for whoever needed it before there was anything to keep."""
        try:
            if session_id is None:
                begun = begun or str(uuid.uuid4())
                self._write(begun, None, turn)
                return begun
            for _ in range(_TRIES):
                head = self._head(session_id)
                if head.tally.turns >= MAX_TURNS:
                    raise SessionFull
                if self._written(session_id, head, turn):
                    return session_id
        except (BotoCoreError, ClientError) as cause:
            raise SessionsUnavailable from cause
        raise SessionBusy

    def delete(self, session_id: str) -> None:
        """Remove the conversation and every turn of it. It is closed first, so that nothing is added meanwhile; after
        a failure the same call goes on where it stopped."""
        try:
            self._close(session_id)
            for keys in self._turn_keys(session_id):
                self._remove(keys)
            self._dynamodb.delete_item(TableName=self._table, Key=self._key(session_id))
        except (BotoCoreError, ClientError) as cause:
            raise SessionsUnavailable from cause

    def _key(self, item: str) -> "Item":
        return {"merchant_id": {"S": self._merchant_id}, "item": {"S": item}}

    @property
    def _owner(self) -> str:
        return f"{self._merchant_id}#{self._subject}"

    @property
    def _context_item(self) -> str:
        return f"context#{self._subject}"

    def _head(self, session_id: str) -> _Head:
        """DynamoDB deletes what has expired in its own time: for us it is gone at once."""
        found = self._dynamodb.get_item(TableName=self._table, Key=self._key(session_id), ConsistentRead=True).get(
            "Item"
        )
        if found is None or found.get("subject") != {"S": self._subject} or "closed" in found:
            raise SessionNotFound
        head = _head(found)
        if head.expires_at <= self._now():
            raise SessionNotFound
        return head

    def _written(self, session_id: str, head: _Head, turn: Turn) -> bool:
        try:
            self._write(session_id, head, turn)
        except self._dynamodb.exceptions.TransactionCanceledException:
            return False  # someone else added a turn, or closed it: look again
        return True

    def _write(self, session_id: str, before: _Head | None, turn: Turn) -> None:
        expires: AttributeValueTypeDef = {"N": str(int(self._now()) + LIFETIME_S)}
        tally = counted(before.tally if before else None, turn)
        length = tally.turns - 1
        head: Item = {
            **self._key(session_id),
            "subject": {"S": self._subject},
            "owner": {"S": self._owner},
            "length": {"N": str(tally.turns)},
            "began_at": {"N": str(tally.began_at)},
            "last_at": {"N": str(tally.last_at)},
            "answered": {"N": str(tally.answered)},
            "products": {"N": str(tally.products)},
            "cost": {"N": str(tally.cost)},
            "outcome": {"S": tally.outcome},
            "summary": {"S": json.dumps(summed_up(before.summary if before else (), turn))},
            "expires_at": expires,
        }
        said: Item = {
            **self._key(f"{session_id}#{tally.turns:06d}"),
            "question": {"S": turn.question},
            "answer": {"S": turn.answer},
            "verdict": {"S": turn.verdict},
            "at": {"N": str(turn.at)},
            "mode": {"S": turn.mode},
            "products": {"S": json.dumps(turn.products)},
            "cost": {"N": str(turn.cost)},
            "expires_at": expires,
        }
        if turn.cart is not None:
            said["cart"] = {"S": json.dumps([turn.cart.version, turn.cart.lines])}
        fresh: TransactWriteItemTypeDef = {
            "Put": {
                "TableName": self._table,
                "Item": head,
                "ConditionExpression": "attribute_not_exists(merchant_id)",
            }
        }
        longer: TransactWriteItemTypeDef = {
            "Put": {
                "TableName": self._table,
                "Item": head,
                "ConditionExpression": "subject = :subject AND #length = :length AND attribute_not_exists(closed)",
                "ExpressionAttributeNames": {"#length": "length"},
                "ExpressionAttributeValues": {":subject": {"S": self._subject}, ":length": {"N": str(length)}},
            }
        }
        self._dynamodb.transact_write_items(
            TransactItems=[longer if before else fresh, {"Put": {"TableName": self._table, "Item": said}}]
        )

    def _keep(self, context: ShopperContext, *, agreed: bool) -> bool:
        held = {
            "size": context.preferences.size,
            "colour": context.preferences.colour,
            "budget": context.preferences.budget,
            "likes": context.preferences.likes,
        }
        item: Item = {
            **self._key(self._context_item),
            "preferences": {"S": json.dumps(held)},
            "consented_at": {"N": str(context.consented_at)},
            "expires_at": {"N": str(context.expires_at)},
        }
        try:
            if agreed:
                self._dynamodb.put_item(
                    TableName=self._table, Item=item, ConditionExpression="attribute_exists(merchant_id)"
                )
            else:
                self._dynamodb.put_item(TableName=self._table, Item=item)
        except ClientError as cause:
            if cause.response.get("Error", {}).get("Code") == "ConditionalCheckFailedException":
                return False  # forgotten in between
            raise SessionsUnavailable from cause
        except BotoCoreError as cause:
            raise SessionsUnavailable from cause
        return True

    def _opened(self, cursor: str) -> "Item":
        """Where a page ended. A cursor names places of its own subject and merchant, or it opens nothing."""
        item, last_at = read_cursor(cursor, 2)
        if not last_at.isdecimal():
            raise NotACursor
        return {**self._key(item), "owner": {"S": self._owner}, "last_at": {"N": last_at}}

    def _close(self, session_id: str) -> None:
        try:
            self._dynamodb.update_item(
                TableName=self._table,
                Key=self._key(session_id),
                UpdateExpression="SET closed = :yes",
                ConditionExpression="subject = :subject",
                ExpressionAttributeValues={":yes": {"BOOL": True}, ":subject": {"S": self._subject}},
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            raise SessionNotFound from None

    def _turn_keys(self, session_id: str) -> "Iterator[list[Item]]":
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="merchant_id = :merchant AND begins_with(#item, :turns)",
            ProjectionExpression="merchant_id, #item",
            ExpressionAttributeNames={"#item": "item"},
            ExpressionAttributeValues={":merchant": {"S": self._merchant_id}, ":turns": {"S": f"{session_id}#"}},
            ConsistentRead=True,
        )
        for page in pages:
            keys = page["Items"]
            yield from (keys[first : first + _BATCH] for first in range(0, len(keys), _BATCH))

    def _remove(self, keys: "Sequence[Item]") -> None:
        left: Sequence[WriteRequestUnionTypeDef] = [{"DeleteRequest": {"Key": key}} for key in keys]
        for _ in range(_TRIES):
            if not left:
                return
            left = self._dynamodb.batch_write_item(RequestItems={self._table: left})["UnprocessedItems"].get(
                self._table, []
            )
        if left:
            raise SessionsUnavailable


def _turn(item: "Item") -> Turn:
    return Turn(
        question=item["question"]["S"],
        answer=item["answer"]["S"],
        verdict=item["verdict"]["S"],
        at=int(item["at"]["N"]),
        mode=item["mode"]["S"],
        products=tuple(json.loads(item["products"]["S"])),
        cost=int(item["cost"]["N"]),
        cart=_cart_before(item["cart"]["S"]) if "cart" in item else None,
    )


def _cart_before(kept: str) -> CartBefore:
    version, lines = json.loads(kept)
    return CartBefore(version, tuple((sku, quantity) for sku, quantity in lines))


def _head(item: "Item") -> _Head:
    return _Head(
        expires_at=int(item["expires_at"]["N"]),
        tally=Tally(
            began_at=int(item["began_at"]["N"]),
            last_at=int(item["last_at"]["N"]),
            turns=int(item["length"]["N"]),
            answered=int(item["answered"]["N"]),
            products=int(item["products"]["N"]),
            cost=int(item["cost"]["N"]),
            outcome=item["outcome"]["S"],
        ),
        summary=tuple(json.loads(item["summary"]["S"])),
    )


def _sealed(key: "Item") -> str:
    return cursor_of(key["item"]["S"], key["last_at"]["N"])
