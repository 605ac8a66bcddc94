"""What Lambda and the management API say, as the wire says it, comes to us by our own names."""

import json
from io import BytesIO
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.response import StreamingBody
from botocore.stub import Stubber
from shopwright.sockets import apigatewaymanagementapi, awslambda
from shopwright.sockets.apigatewaymanagementapi import Sockets
from shopwright.sockets.awslambda import HandOver, Messenger
from shopwright.sockets.limits import limits
from shopwright.sockets.socket import EventTooLarge, SocketGone, SocketsUnavailable

KEYS = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing", "region_name": "eu-west-1"}
ONCE = Config(retries={"total_max_attempts": 1})


class Wire:
    """A client of botocore's own, whose answers are laid out beforehand and held to AWS's model of the service."""

    def __init__(self, service: Any, **more: Any) -> None:
        make: Any = boto3.client
        self.client: Any = make(service, config=ONCE, **KEYS, **more)
        self.stub = Stubber(self.client)
        self.stub.activate()


@pytest.fixture
def management() -> Wire:
    return Wire("apigatewaymanagementapi", endpoint_url="https://sockets.example/live")


@pytest.fixture
def functions() -> Wire:
    return Wire("lambda")


def sockets(wire: Wire) -> Sockets:
    return Sockets("https://sockets.example/live", lambda address: wire.client)


def test_a_message_goes_to_its_socket(management: Wire) -> None:
    management.stub.add_response("post_to_connection", {}, {"ConnectionId": "c-1", "Data": "grüß".encode()})

    sockets(management).send("c-1", "grüß")

    management.stub.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("code", "status", "named"),
    [
        ("GoneException", 410, SocketGone),
        ("PayloadTooLargeException", 413, EventTooLarge),
        ("LimitExceededException", 429, SocketsUnavailable),
        ("ForbiddenException", 403, SocketsUnavailable),
        ("InternalServerException", 500, SocketsUnavailable),
    ],
)
def test_what_keeps_a_message_from_its_socket_has_a_name(
    management: Wire, code: str, status: int, named: type[Exception]
) -> None:
    management.stub.add_client_error("post_to_connection", code, http_status_code=status)

    with pytest.raises(named):
        sockets(management).send("c-1", "{}")


def test_what_no_socket_can_carry_is_not_sent(management: Wire) -> None:
    with pytest.raises(EventTooLarge):
        sockets(management).send("c-1", "x" * (limits().largest_event_bytes + 1))


def test_closing_what_is_closed_is_no_trouble(management: Wire) -> None:
    management.stub.add_response("delete_connection", {}, {"ConnectionId": "c-1"})
    management.stub.add_client_error("delete_connection", "GoneException", http_status_code=410)
    management.stub.add_client_error("delete_connection", "ForbiddenException", http_status_code=403)

    sockets(management).close("c-1")
    sockets(management).close("c-1")
    with pytest.raises(SocketsUnavailable):
        sockets(management).close("c-1")


def test_handing_over_does_not_wait_for_an_answer(functions: Wire) -> None:
    functions.stub.add_response(
        "invoke", {"StatusCode": 202}, {"FunctionName": "f", "InvocationType": "Event", "Payload": b"{}"}
    )

    HandOver("f", functions.client)("{}")

    functions.stub.assert_no_pending_responses()


def test_a_hand_over_that_fails_has_a_name(functions: Wire) -> None:
    functions.stub.add_client_error("invoke", "TooManyRequestsException", http_status_code=429)

    with pytest.raises(SocketsUnavailable):
        HandOver("f", functions.client)("{}")


def told(functions: Wire, answer: bytes, **more: Any) -> None:
    body = StreamingBody(BytesIO(answer), len(answer))
    payload = json.dumps({"connection_id": "c-1", "text": "hello"}).encode()
    functions.stub.add_response(
        "invoke", {"StatusCode": 200, "Payload": body, **more}, {"FunctionName": "f", "Payload": payload}
    )


def test_a_messenger_says_when_nobody_is_there(functions: Wire) -> None:
    told(functions, b'{"gone": false}')
    told(functions, b'{"gone": true}')
    messenger = Messenger("f", functions.client)

    messenger.send("c-1", "hello")
    with pytest.raises(SocketGone):
        messenger.send("c-1", "hello")


@pytest.mark.parametrize(
    ("answer", "more"),
    [(b'{"errorType": "SocketsUnavailable"}', {"FunctionError": "Unhandled"}), (b"not json", {}), (b"null", {})],
)
def test_a_messenger_that_fails_has_a_name(functions: Wire, answer: bytes, more: dict[str, Any]) -> None:
    told(functions, answer, **more)

    with pytest.raises(SocketsUnavailable):
        Messenger("f", functions.client).send("c-1", "hello")


def test_every_client_has_its_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv({"region_name": "AWS_DEFAULT_REGION"}.get(name, name.upper()), value)
    clients: list[Any] = [apigatewaymanagementapi.client("https://sockets.example/live"), awslambda.client()]
    for config in [client.meta.config for client in clients]:
        assert config.connect_timeout == 0.5
        assert config.read_timeout <= 6
        assert config.retries == {"total_max_attempts": 2, "mode": "standard"}
