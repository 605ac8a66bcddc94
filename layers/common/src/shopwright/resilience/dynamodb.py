"""The circuits' shared state in DynamoDB: changes when their table's layout does.

Key: `circuit`, the dependency's name. An item is written when a circuit opens, is tried or closes, and never else.
"""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.circuit_breaker.persistence import CircuitBreakerPersistenceLayer
    from mypy_boto3_dynamodb import DynamoDBClient


@cache
def client() -> "DynamoDBClient":
    """A client that waits for half a second at most: a breaker must cost less than what it spares."""
    # Imported here and not above: the SDK takes longer to import than most of our functions do without it.
    import boto3
    from botocore.config import Config

    return boto3.client(
        "dynamodb",
        config=Config(connect_timeout=0.2, read_timeout=0.3, retries={"total_max_attempts": 1, "mode": "standard"}),
    )


def circuits(table: str, dynamodb: "DynamoDBClient | None" = None) -> "CircuitBreakerPersistenceLayer":
    """The table of circuits; every environment of the stage shares it."""
    from aws_lambda_powertools.utilities.circuit_breaker.persistence import CircuitBreakerDynamoDBPersistence

    return CircuitBreakerDynamoDBPersistence(
        table_name=table, key_attr="circuit", expiry_attr="expires_at", boto3_client=dynamodb or client()
    )
