"""A socket's messages are handled side by side, and a handler's trouble is not the client's to read."""

import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.integration.laptop.launcher import Laptop
from tests.integration.laptop.socket_client import Closed, WebSocket
from tests.integration.laptop.templates import arn, function, integration, ref, role, template

ANSWERS = """
    import json, time

    def handler(event, context):
        if event["requestContext"]["eventType"] != "MESSAGE":
            return {"statusCode": 200}
        said = json.loads(event["body"])
        if said.get("crash"):
            raise ValueError("the password is swordfish")
        time.sleep(said.get("work", 0))
        return {"statusCode": 200, "body": json.dumps({"size": len(event["body"])})}
"""


@pytest.fixture(scope="module")
def address(laptop: Laptop) -> str:
    route = {"ApiId": ref("Api"), "Target": {"Fn::Join": ["/", ["integrations", ref("Integration")]]}}
    resources = {
        "Role": role(),
        "Answers": function(ANSWERS),
        "Api": {
            "Type": "AWS::ApiGatewayV2::Api",
            "Properties": {
                "Name": "sockets",
                "ProtocolType": "WEBSOCKET",
                "RouteSelectionExpression": "$request.body.action",
            },
        },
        "Integration": {
            "Type": "AWS::ApiGatewayV2::Integration",
            "Properties": {
                "ApiId": ref("Api"),
                "IntegrationType": "AWS_PROXY",
                "IntegrationUri": integration("Answers"),
            },
        },
        "Connect": {"Type": "AWS::ApiGatewayV2::Route", "Properties": {**route, "RouteKey": "$connect"}},
        "Default": {
            "Type": "AWS::ApiGatewayV2::Route",
            "Properties": {**route, "RouteKey": "$default", "RouteResponseSelectionExpression": "$default"},
        },
        "Silent": {"Type": "AWS::ApiGatewayV2::Route", "Properties": {**route, "RouteKey": "silent"}},
        "Stage": {
            "Type": "AWS::ApiGatewayV2::Stage",
            "Properties": {"ApiId": ref("Api"), "StageName": "live", "AutoDeploy": True},
        },
        "Permission": {
            "Type": "AWS::Lambda::Permission",
            "Properties": {
                "FunctionName": arn("Answers"),
                "Action": "lambda:InvokeFunction",
                "Principal": "apigateway.amazonaws.com",
            },
        },
    }
    api = laptop.deploy("sockets", template(resources, {"Api": ref("Api")}))["Api"]
    return f"/_aws/execute-api/{api}/live"


@pytest.fixture
def socket(laptop: Laptop, address: str) -> Iterator[WebSocket]:
    place = urlsplit(laptop.endpoint)
    opened = WebSocket(str(place.hostname), int(place.port or 0), address)
    yield opened
    opened.close()


def test_two_messages_on_one_socket_are_handled_at_the_same_time(socket: WebSocket) -> None:
    for warm in (0.3, 0.3):
        socket.send({"work": warm})
    assert [socket.receive(), socket.receive()] == [{"size": 13}, {"size": 13}]
    asked = time.monotonic()
    socket.send({"work": 2.5})
    socket.send({"work": 2.5})
    socket.receive()
    socket.receive()
    assert time.monotonic() - asked < 4.5


def test_a_handlers_exception_does_not_reach_the_client(socket: WebSocket) -> None:
    socket.send({"crash": True})
    answer = socket.receive()
    assert answer["message"] == "Internal server error"
    assert set(answer) == {"message", "connectionId", "requestId"}
    assert "swordfish" not in str(answer)


def test_a_route_without_a_response_says_nothing(socket: WebSocket) -> None:
    socket.send({"action": "silent", "work": 0})
    socket.send({"work": 0.4})
    assert socket.receive() == {"size": 13}


def test_a_message_above_128_kilobytes_closes_the_socket(socket: WebSocket) -> None:
    socket.send({"work": 0, "pad": "x" * 131_000})
    assert socket.receive()["size"] > 131_000
    socket.send({"work": 0, "pad": "x" * 131_072})
    with pytest.raises(Closed):
        socket.receive()
