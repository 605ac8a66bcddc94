"""Conversations in DynamoDB: changes when their table's layout does.

Key: `merchant_id`, `item`. A conversation's head lies at its id, turn 7 at `<id>#000007`. The head names the subject
and counts the turns; head and turn are written in one transaction, so that a turn never outlives its conversation.
"""

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from shopwright.orchestrator.session import (
    LIFETIME_S,
    MAX_TURNS,
    SHOWN_TURNS,
    Session,
    SessionBusy,
    SessionFull,
    SessionNotFound,
    SessionsUnavailable,
    Turn,
)
from shopwright.tenancy.credentials import KEPT_CLIENTS, Credentials, Vend, own
from shopwright.tenancy.tenant import Tenant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, TransactWriteItemTypeDef, WriteRequestUnionTypeDef

    Item = dict[str, AttributeValueTypeDef]

_TRIES = 3
_BATCH = 25  # what one BatchWriteItem takes


@lru_cache(KEPT_CLIENTS)
def client(credentials: Credentials) -> "DynamoDBClient":
    """A client with the conversation's time limits; region and address come from the environment.

    An answer does not wait long for its memory: about a second and a half at most.
    """
    # Imported here and not above: the SDK takes longer to import than most of our functions do without it.
    import boto3
    from botocore.config import Config

    return boto3.client(
        "dynamodb",
        config=Config(connect_timeout=0.3, read_timeout=0.6, retries={"total_max_attempts": 2, "mode": "standard"}),
        aws_access_key_id=credentials.access_key_id,
        aws_secret_access_key=credentials.secret_access_key,
        aws_session_token=credentials.session_token,
    )


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

    def open(self, session_id: str, *, turns: int = SHOWN_TURNS) -> Session:
        """The conversation with its newest turns, or SessionNotFound."""
        try:
            length, expires_at = self._head(session_id)
            page = self._dynamodb.query(
                TableName=self._table,
                KeyConditionExpression="merchant_id = :merchant AND begins_with(#item, :turns)",
                ExpressionAttributeNames={"#item": "item"},
                ExpressionAttributeValues={":merchant": {"S": self._merchant_id}, ":turns": {"S": f"{session_id}#"}},
                ScanIndexForward=False,
                Limit=turns,
                ConsistentRead=True,
            )
        except (BotoCoreError, ClientError) as cause:
            raise SessionsUnavailable from cause
        return Session(session_id, tuple(_turn(item) for item in reversed(page["Items"])), length, expires_at)

    def remember(self, session_id: str | None, turn: Turn) -> str:
        """Add a turn to a conversation, or begin one with it. Gives the conversation's id."""
        try:
            if session_id is None:
                begun = str(uuid.uuid4())
                self._write(begun, 0, turn)
                return begun
            for _ in range(_TRIES):
                length, _expires_at = self._head(session_id)
                if length >= MAX_TURNS:
                    raise SessionFull
                if self._written(session_id, length, turn):
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

    def _head(self, session_id: str) -> tuple[int, int]:
        """Its length and when it ends. DynamoDB deletes what has expired in its own time: for us it is gone at once."""
        head = self._dynamodb.get_item(TableName=self._table, Key=self._key(session_id), ConsistentRead=True).get(
            "Item"
        )
        if head is None or head.get("subject") != {"S": self._subject} or "closed" in head:
            raise SessionNotFound
        expires_at = int(head["expires_at"]["N"])
        if expires_at <= self._now():
            raise SessionNotFound
        return int(head["length"]["N"]), expires_at

    def _written(self, session_id: str, length: int, turn: Turn) -> bool:
        try:
            self._write(session_id, length, turn)
        except self._dynamodb.exceptions.TransactionCanceledException:
            return False  # someone else added a turn, or closed it: look again
        return True

    def _write(self, session_id: str, length: int, turn: Turn) -> None:
        expires: AttributeValueTypeDef = {"N": str(int(self._now()) + LIFETIME_S)}
        head: Item = {
            **self._key(session_id),
            "subject": {"S": self._subject},
            "length": {"N": str(length + 1)},
            "expires_at": expires,
        }
        said: Item = {
            **self._key(f"{session_id}#{length + 1:06d}"),
            "question": {"S": turn.question},
            "answer": {"S": turn.answer},
            "verdict": {"S": turn.verdict},
            "at": {"N": str(turn.at)},
            "expires_at": expires,
        }
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
            TransactItems=[fresh if length == 0 else longer, {"Put": {"TableName": self._table, "Item": said}}]
        )

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
    return Turn(item["question"]["S"], item["answer"]["S"], item["verdict"]["S"], int(item["at"]["N"]))
