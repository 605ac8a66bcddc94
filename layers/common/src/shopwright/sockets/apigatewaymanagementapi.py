"""Sending to a socket, and closing it: changes when API Gateway's management API does."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from shopwright.sockets.limits import limits
from shopwright.sockets.socket import EventTooLarge, SocketGone, SocketsUnavailable


@lru_cache(1)
def client(address: str) -> Any:
    """One client per process. Its address is not a region's but the API's own, and so it is a setting."""
    # Imported here and not above: the SDK takes longer to import than most of our functions do without it.
    import boto3
    from botocore.config import Config

    config = Config(connect_timeout=0.5, read_timeout=1.5, retries={"total_max_attempts": 2, "mode": "standard"})
    return boto3.client("apigatewaymanagementapi", endpoint_url=address, config=config)


class Sockets:
    """The open sockets of one stage of the API, by their connection ids."""

    def __init__(self, address: str, management: Callable[[str], Any] = client) -> None:
        self._address = address
        self._management = management

    def send(self, connection_id: str, text: str) -> None:
        """One message. SocketGone when nobody is there; SocketsUnavailable when it may be tried again."""
        data = text.encode()
        if len(data) > limits().largest_event_bytes:
            raise EventTooLarge
        try:
            self._management(self._address).post_to_connection(ConnectionId=connection_id, Data=data)
        except (BotoCoreError, ClientError) as cause:
            raise _named(cause) from cause

    def close(self, connection_id: str) -> None:
        """End it. One that is closed already is as good."""
        try:
            self._management(self._address).delete_connection(ConnectionId=connection_id)
        except (BotoCoreError, ClientError) as cause:
            failure = _named(cause)
            if not isinstance(failure, SocketGone):
                raise failure from cause


def _named(cause: BotoCoreError | ClientError) -> SocketGone | EventTooLarge | SocketsUnavailable:
    code = cause.response.get("Error", {}).get("Code", "") if isinstance(cause, ClientError) else ""
    status = cause.response.get("ResponseMetadata", {}).get("HTTPStatusCode") if isinstance(cause, ClientError) else 0
    if code == "GoneException" or status == 410:
        return SocketGone()
    if code == "PayloadTooLargeException" or status == 413:
        return EventTooLarge()
    return SocketsUnavailable()
