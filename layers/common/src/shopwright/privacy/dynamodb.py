"""The vault's table and its records in DynamoDB: changes when their layout does.

Key: `merchant_id`, `item`. Items: `merchant` (the wrapped key that tokens are named with), `scope#<name>` (its salt),
`scope#<name>#key#<id>` (a wrapped data key), `token#<token>` (a sealed value), `scope#<name>#token#<token>` (where to
find it by its scope). The records lie in a table of their own, to which only adding is allowed.
"""

import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from shopwright.privacy.vault import VaultUnavailable
from shopwright.tenancy.tenant import Tenant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

Row = Mapping[str, str | bytes]


def client() -> "DynamoDBClient":
    """A client with the vault's time limits; region and address come from the environment."""
    # Imported here and not above: the SDK takes longer to import than most of our functions do without it.
    import boto3
    from botocore.config import Config

    config = Config(connect_timeout=0.5, read_timeout=2.0, retries={"total_max_attempts": 3, "mode": "standard"})
    return boto3.client("dynamodb", config=config)


class PersonalTable:
    """The table. `of` gives the part that belongs to one merchant."""

    def __init__(self, table: str, dynamodb: "DynamoDBClient | None" = None) -> None:
        self._table = table
        self._dynamodb = dynamodb or client()

    def of(self, tenant: Tenant) -> "MerchantRows":
        return MerchantRows(self._table, self._dynamodb, tenant)


class MerchantRows:
    """One merchant's rows; nobody else's can be named through it. Reads are strongly consistent."""

    def __init__(self, table: str, dynamodb: "DynamoDBClient", tenant: Tenant) -> None:
        self._table = table
        self._dynamodb = dynamodb
        self._merchant_id = tenant.merchant_id

    def get(self, item: str) -> Row | None:
        """The row, or None."""
        try:
            found = self._dynamodb.get_item(TableName=self._table, Key=self._key(item), ConsistentRead=True).get("Item")
        except (BotoCoreError, ClientError) as cause:
            raise VaultUnavailable from cause
        return None if found is None else _row(found)

    def add(self, item: str, row: Row) -> None:
        """Write a row unless it is there: what is there stays."""
        self._write(item, row, "attribute_not_exists(#item)")

    def claim(self, item: str, row: Row) -> None:
        """Write a row unless it is there and has not been erased."""
        self._write(item, row, "attribute_not_exists(#item) OR attribute_exists(erased)")

    def put(self, item: str, row: Row) -> None:
        """Write a row, whatever was there."""
        self._write(item, row, None)

    def remove(self, item: str) -> None:
        """It is not there afterwards."""
        try:
            self._dynamodb.delete_item(TableName=self._table, Key=self._key(item))
        except (BotoCoreError, ClientError) as cause:
            raise VaultUnavailable from cause

    def below(self, prefix: str) -> Iterator[str]:
        """The items whose names begin so."""
        try:
            pages = self._dynamodb.get_paginator("query").paginate(
                TableName=self._table,
                KeyConditionExpression="merchant_id = :merchant AND begins_with(#item, :prefix)",
                ProjectionExpression="#item",
                ExpressionAttributeNames={"#item": "item"},
                ExpressionAttributeValues={":merchant": {"S": self._merchant_id}, ":prefix": {"S": prefix}},
                ConsistentRead=True,
            )
            for page in pages:
                yield from [str(found["item"]["S"]) for found in page["Items"]]
        except (BotoCoreError, ClientError) as cause:
            raise VaultUnavailable from cause

    def _key(self, item: str) -> "dict[str, AttributeValueTypeDef]":
        return {"merchant_id": {"S": self._merchant_id}, "item": {"S": item}}

    def _write(self, item: str, row: Row, condition: str | None) -> None:
        held: dict[str, AttributeValueTypeDef] = {
            name: {"S": value} if isinstance(value, str) else {"B": value} for name, value in row.items()
        }
        whole = {**self._key(item), **held}
        try:
            if condition is None:
                self._dynamodb.put_item(TableName=self._table, Item=whole)
            else:
                self._dynamodb.put_item(
                    TableName=self._table,
                    Item=whole,
                    ConditionExpression=condition,
                    ExpressionAttributeNames={"#item": "item"},
                )
        except ClientError as cause:
            if cause.response.get("Error", {}).get("Code") != "ConditionalCheckFailedException":
                raise VaultUnavailable from cause
        except BotoCoreError as cause:
            raise VaultUnavailable from cause


class Records:
    """Who had what restored or erased, when and why: only ever added to, and never the value."""

    def __init__(
        self, table: str, dynamodb: "DynamoDBClient | None" = None, *, now: Callable[[], float] = time.time
    ) -> None:
        self._table = table
        self._dynamodb = dynamodb or client()
        self._now = now

    def add(self, tenant: Tenant, *, who: str, did: str, what: str, why: str, request_id: str) -> None:
        """One more record."""
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self._now()))
        said = {"who": who, "did": did, "what": what, "why": why, "request_id": request_id, "at": at}
        try:
            self._dynamodb.put_item(
                TableName=self._table,
                Item={
                    "merchant_id": {"S": tenant.merchant_id},
                    "item": {"S": f"{at}#{uuid.uuid4()}"},
                    **{name: {"S": value} for name, value in said.items()},
                },
                ConditionExpression="attribute_not_exists(#item)",
                ExpressionAttributeNames={"#item": "item"},
            )
        except (BotoCoreError, ClientError) as cause:
            raise VaultUnavailable from cause


def _row(found: "Mapping[str, AttributeValueTypeDef]") -> Row:
    return {
        name: str(value["S"]) if "S" in value else bytes(value["B"])
        for name, value in found.items()
        if name not in ("merchant_id", "item")
    }
