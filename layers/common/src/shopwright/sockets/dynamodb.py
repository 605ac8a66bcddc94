"""The sockets table: tickets that were not used yet, sockets that are open, and how much each shopper has asked for.

Its key is `item`: `ticket#<hash>`, `socket#<connection id>`, `pace#<what>#<minute>`. Everything in it is over within an
hour or so; a restored copy would be worth nothing.
"""

import time
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from shopwright.errors import Invalid
from shopwright.sockets.limits import Limits, limits
from shopwright.sockets.socket import SocketOver, SocketsUnavailable, TooMuchAtOnce
from shopwright.sockets.ticket import Ticket
from shopwright.tenancy.caller import Role
from shopwright.tenancy.standing import Claims
from shopwright.tenancy.tenant import Tenant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    Item = dict[str, AttributeValueTypeDef]

_CONDITION_FAILED = "ConditionalCheckFailedException"


@cache
def client() -> "DynamoDBClient":
    """One client per process: every message waits for this table, so it fails fast."""
    # Imported here and not above: the SDK takes longer to import than most of our functions do without it.
    import boto3
    from botocore.config import Config

    config = Config(connect_timeout=0.5, read_timeout=1.0, retries={"total_max_attempts": 2, "mode": "standard"})
    return boto3.client("dynamodb", config=config)


class Tickets:
    """A ticket is taken in the moment in which it is found: of many who show it at once, one gets in."""

    def __init__(self, table: str, dynamodb: "DynamoDBClient | None" = None) -> None:
        self._table = table
        self._dynamodb = dynamodb or client()

    def keep(self, fingerprint: str, ticket: Ticket) -> None:
        """Remember whose it is until it is used or expires."""
        claims = ticket.claims
        item: Item = {
            "item": {"S": f"ticket#{fingerprint}"},
            "merchant_id": {"S": claims.tenant.merchant_id},
            "subject": {"S": claims.subject},
            "role": {"S": claims.role.value},
            "scopes": {"SS": sorted(claims.scopes)},
            "issued_at": {"N": str(claims.issued_at)},
            "token_expires_at": {"N": str(claims.expires_at)},
            "expires_at": {"N": str(ticket.expires_at)},
        }
        try:
            self._dynamodb.put_item(
                TableName=self._table,
                Item=item,
                ConditionExpression="attribute_not_exists(#item)",
                ExpressionAttributeNames={"#item": "item"},
            )
        except (BotoCoreError, ClientError) as cause:
            raise SocketsUnavailable from cause

    def take(self, fingerprint: str, *, now: float) -> Ticket | None:
        """The ticket, which is used up with that; None for one that was used, has expired or never was."""
        try:
            item = self._dynamodb.delete_item(
                TableName=self._table,
                Key={"item": {"S": f"ticket#{fingerprint}"}},
                ConditionExpression="expires_at > :now",
                ExpressionAttributeValues={":now": {"N": str(int(now))}},
                ReturnValues="ALL_OLD",
            )["Attributes"]
        except ClientError as cause:
            if _code(cause) == _CONDITION_FAILED:
                return None
            raise SocketsUnavailable from cause
        except BotoCoreError as cause:
            raise SocketsUnavailable from cause
        return _ticket(item)


class Pace:
    """How much a shopper, a socket and a merchant's agents ask for within a minute, and when a socket was last heard
    of."""

    def __init__(
        self,
        table: str,
        dynamodb: "DynamoDBClient | None" = None,
        *,
        figures: Limits | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._table = table
        self._dynamodb = dynamodb or client()
        self._limits = figures or limits()
        self._now = now

    def ticket(self, shopper: str) -> None:
        """Count one more ticket, or raise TooMuchAtOnce."""
        self._one_more(f"tickets#{shopper}", self._limits.ticket.per_shopper_per_minute)

    def tool(self, merchant_id: str) -> None:
        """Count one more call of a tool by an agent, or raise TooMuchAtOnce."""
        self._one_more(f"tools#{merchant_id}", self._limits.tool.per_merchant_per_minute)

    def message(self, connection_id: str, shopper: str, *, opened_at: int) -> None:
        """Count one more message, or raise TooMuchAtOnce; SocketOver when the socket was silent for too long.

        A socket that floods does not use up its shopper's share.
        """
        now = int(self._now())
        minute = f"in_{now // 60}"
        try:
            before = self._dynamodb.update_item(
                TableName=self._table,
                Key={"item": {"S": f"socket#{connection_id}"}},
                UpdateExpression="SET heard_at = :now, expires_at = :later ADD #minute :one",
                ConditionExpression="attribute_not_exists(#minute) OR #minute < :most",
                ExpressionAttributeNames={"#minute": minute},
                ExpressionAttributeValues={
                    ":now": {"N": str(now)},
                    ":later": {"N": str(now + self._limits.socket.longest_s)},
                    ":one": {"N": "1"},
                    ":most": {"N": str(self._limits.message.per_socket_per_minute)},
                },
                ReturnValues="ALL_OLD",
            ).get("Attributes", {})
        except ClientError as cause:
            if _code(cause) == _CONDITION_FAILED:
                raise TooMuchAtOnce(60 - now % 60) from None
            raise SocketsUnavailable from cause
        except BotoCoreError as cause:
            raise SocketsUnavailable from cause
        heard_at = int(before["heard_at"]["N"]) if "heard_at" in before else opened_at
        if now - heard_at > self._limits.socket.idle_s:
            raise SocketOver
        self._one_more(f"messages#{shopper}", self._limits.message.per_shopper_per_minute)

    def closed(self, connection_id: str) -> None:
        """Forget a socket."""
        try:
            self._dynamodb.delete_item(TableName=self._table, Key={"item": {"S": f"socket#{connection_id}"}})
        except (BotoCoreError, ClientError) as cause:
            raise SocketsUnavailable from cause

    def _one_more(self, what: str, most: int) -> None:
        now = int(self._now())
        try:
            self._dynamodb.update_item(
                TableName=self._table,
                Key={"item": {"S": f"pace#{what}#{now // 60}"}},
                UpdateExpression="ADD hits :one SET expires_at = :later",
                ConditionExpression="attribute_not_exists(hits) OR hits < :most",
                ExpressionAttributeValues={
                    ":one": {"N": "1"},
                    ":most": {"N": str(most)},
                    ":later": {"N": str(now + 300)},
                },
            )
        except ClientError as cause:
            if _code(cause) == _CONDITION_FAILED:
                raise TooMuchAtOnce(60 - now % 60) from None
            raise SocketsUnavailable from cause
        except BotoCoreError as cause:
            raise SocketsUnavailable from cause


def _ticket(item: "Item") -> Ticket | None:
    try:
        claims = Claims(
            subject=item["subject"]["S"],
            tenant=Tenant(item["merchant_id"]["S"]),
            role=Role(item["role"]["S"]),
            scopes=frozenset(item["scopes"]["SS"]),
            issued_at=int(item["issued_at"]["N"]),
            expires_at=int(item["token_expires_at"]["N"]),
        )
        return Ticket(claims, int(item["expires_at"]["N"]))
    except (KeyError, ValueError, Invalid):  # edited by hand: it opens nothing
        return None


def _code(cause: ClientError) -> str:
    return str(cause.response.get("Error", {}).get("Code", ""))
