"""Handing over from one function to the next: changes when Lambda's way of being called does."""

import json
from functools import cache
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from shopwright.sockets.socket import SocketGone, SocketsUnavailable

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


@cache
def client() -> "LambdaClient":
    """One client per process."""
    # Imported here and not above: the SDK takes longer to import than most of our functions do without it.
    import boto3
    from botocore.config import Config

    config = Config(connect_timeout=0.5, read_timeout=6.0, retries={"total_max_attempts": 2, "mode": "standard"})
    return boto3.client("lambda", config=config)


class HandOver:
    """A function that goes on by itself; whoever calls it does not wait."""

    def __init__(self, function: str, awslambda: "LambdaClient | None" = None) -> None:
        self._function = function
        self._lambda = awslambda or client()

    def __call__(self, payload: str) -> None:
        try:
            self._lambda.invoke(FunctionName=self._function, InvocationType="Event", Payload=payload.encode())
        except (BotoCoreError, ClientError) as cause:
            raise SocketsUnavailable from cause


class Messenger:
    """A function outside the network that sends to sockets for those inside, who cannot reach them."""

    def __init__(self, function: str, awslambda: "LambdaClient | None" = None) -> None:
        self._function = function
        self._lambda = awslambda or client()

    def send(self, connection_id: str, text: str) -> None:
        """One message. SocketGone when nobody is there; SocketsUnavailable when it could not be sent."""
        payload = json.dumps({"connection_id": connection_id, "text": text}).encode()
        try:
            answer = self._lambda.invoke(FunctionName=self._function, Payload=payload)
            told = json.loads(answer["Payload"].read())
        except (BotoCoreError, ClientError, ValueError) as cause:
            raise SocketsUnavailable from cause
        if answer.get("FunctionError") or not isinstance(told, dict):
            raise SocketsUnavailable
        if told.get("gone") is True:
            raise SocketGone
