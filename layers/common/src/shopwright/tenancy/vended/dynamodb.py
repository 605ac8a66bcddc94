"""DynamoDB with one tenant's credentials: changes when how such a client is made, or how many are kept, does.

Each table's adapter says how long it waits. Region and address come from the environment.
"""

from functools import lru_cache
from typing import TYPE_CHECKING

from shopwright.tenancy.credentials import KEPT_CLIENTS, Credentials

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@lru_cache(KEPT_CLIENTS)
def client(
    credentials: Credentials, *, read_timeout_s: float = 0.6, attempts: int = 2, connections: int = 10
) -> "DynamoDBClient":
    """A client that waits as long as an answer may for a conversation or a cart: two seconds at most, all attempts
    together."""
    # Imported here and not above: the SDK takes longer to import than most of our functions do without it.
    import boto3
    from botocore.config import Config

    return boto3.client(
        "dynamodb",
        config=Config(
            connect_timeout=0.3,
            read_timeout=read_timeout_s,
            retries={"total_max_attempts": attempts, "mode": "standard"},
            max_pool_connections=connections,
        ),
        aws_access_key_id=credentials.access_key_id,
        aws_secret_access_key=credentials.secret_access_key,
        aws_session_token=credentials.session_token,
    )
