"""The heads of the audit trails in DynamoDB: changes when their table's layout does. Key: `merchant_id`."""

import json
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from shopwright.observability.audit import AuditUnavailable, Head
from shopwright.tenancy.tenant import Tenant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def client() -> "DynamoDBClient":
    """A client with the trail's time limits; region and address come from the environment."""
    # Imported here and not above: the SDK takes longer to import than most of our functions do without it.
    import boto3
    from botocore.config import Config

    config = Config(connect_timeout=1, read_timeout=3, retries={"total_max_attempts": 3, "mode": "standard"})
    return boto3.client("dynamodb", config=config)


class Heads:
    """The newest entry of each merchant's trail."""

    def __init__(self, table: str, dynamodb: "DynamoDBClient | None" = None) -> None:
        self._table = table
        self._dynamodb = dynamodb or client()

    def of(self, tenant: Tenant) -> Head | None:
        """The head, or None when the merchant has no trail yet."""
        try:
            found = self._dynamodb.get_item(
                TableName=self._table, Key={"merchant_id": {"S": tenant.merchant_id}}, ConsistentRead=True
            ).get("Item")
        except (BotoCoreError, ClientError) as cause:
            raise AuditUnavailable("The audit trail does not answer.") from cause
        if found is None:
            return None
        return Head(int(found["number"]["N"]), found["hash"]["S"], tuple(json.loads(found["recent"]["S"])))

    def tenants(self) -> set[Tenant]:
        """Everybody who has a trail."""
        try:
            pages = self._dynamodb.get_paginator("scan").paginate(
                TableName=self._table, ProjectionExpression="merchant_id"
            )
            return {Tenant(item["merchant_id"]["S"]) for page in pages for item in page["Items"]}
        except (BotoCoreError, ClientError) as cause:
            raise AuditUnavailable("The audit trail does not answer.") from cause

    def move(self, tenant: Tenant, seen: Head, to: Head) -> None:
        """Move the head on, unless somebody has moved it since it was seen: then it stays where that one put it."""
        try:
            self._dynamodb.put_item(
                TableName=self._table,
                Item={
                    "merchant_id": {"S": tenant.merchant_id},
                    "number": {"N": str(to.number)},
                    "hash": {"S": to.hash},
                    "recent": {"S": json.dumps(to.recent)},
                },
                ConditionExpression="attribute_not_exists(merchant_id) OR (#number = :number AND #hash = :hash)",
                ExpressionAttributeNames={"#number": "number", "#hash": "hash"},
                ExpressionAttributeValues={":number": {"N": str(seen.number)}, ":hash": {"S": seen.hash}},
            )
        except ClientError as cause:
            if cause.response.get("Error", {}).get("Code") != "ConditionalCheckFailedException":
                raise AuditUnavailable("The audit trail does not answer.") from cause
        except BotoCoreError as cause:
            raise AuditUnavailable("The audit trail does not answer.") from cause
