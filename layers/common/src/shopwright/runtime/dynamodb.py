"""Is the sessions table there?"""

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from shopwright.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class TableUnavailable(Unavailable):
    """The table did not answer in time."""


def client() -> "DynamoDBClient":
    """A client that neither waits nor tries again; region and address come from the environment."""
    # Imported here and not above: the SDK takes longer to import than most of our functions do without it.
    import boto3
    from botocore.config import Config

    config = Config(connect_timeout=0.3, read_timeout=0.3, retries={"total_max_attempts": 1, "mode": "standard"})
    return boto3.client("dynamodb", config=config)


class Table:
    """One table, asked for an item that nobody has: what a request would do, without anybody's data."""

    def __init__(self, name: str, dynamodb: "DynamoDBClient | None" = None) -> None:
        self._name = name
        self._dynamodb = dynamodb or client()

    def ping(self) -> None:
        """Raise TableUnavailable unless the table answers in time."""
        try:
            self._dynamodb.get_item(
                TableName=self._name,
                Key={"merchant_id": {"S": "-"}, "item": {"S": "-"}},
                ProjectionExpression="#item",
                ExpressionAttributeNames={"#item": "item"},
            )
        except (BotoCoreError, ClientError) as cause:
            raise TableUnavailable("The table did not answer.") from cause
