"""The REST API answers bad requests itself, and tells nobody why a function failed."""

import json
from typing import Any

import pytest

from tests.integration.laptop.launcher import Laptop
from tests.integration.laptop.templates import arn, function, integration, ref, role, template

CRASHES_ON_DEMAND = """
    import json

    def handler(event, context):
        said = json.loads(event["body"] or "{}")
        if said.get("crash"):
            raise ValueError("the password is swordfish")
        if said.get("shapeless"):
            return 7
        if said.get("whence"):
            said = {"address": event["requestContext"]["identity"]["sourceIp"]}
        return {"statusCode": 200, "body": json.dumps(said)}
"""


def method(verb: str, resource: Any, **more: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::ApiGateway::Method",
        "Properties": {
            "RestApiId": ref("Api"),
            "ResourceId": resource,
            "HttpMethod": verb,
            "AuthorizationType": "NONE",
            "Integration": {
                "Type": "AWS_PROXY",
                "IntegrationHttpMethod": "POST",
                "Uri": integration("Answers"),
            },
            **more,
        },
    }


@pytest.fixture(scope="module")
def address(laptop: Laptop) -> str:
    resources = {
        "Role": role(),
        "Answers": function(CRASHES_ON_DEMAND),
        "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "rest"}},
        "Chat": {
            "Type": "AWS::ApiGateway::Resource",
            "Properties": {
                "RestApiId": ref("Api"),
                "ParentId": {"Fn::GetAtt": ["Api", "RootResourceId"]},
                "PathPart": "chat",
            },
        },
        "Validator": {
            "Type": "AWS::ApiGateway::RequestValidator",
            "Properties": {"RestApiId": ref("Api"), "ValidateRequestBody": True, "ValidateRequestParameters": True},
        },
        "Object": {
            "Type": "AWS::ApiGateway::Model",
            "Properties": {
                "RestApiId": ref("Api"),
                "Name": "Object",
                "ContentType": "application/json",
                "Schema": {"type": "object"},
            },
        },
        "Wording": {
            "Type": "AWS::ApiGateway::GatewayResponse",
            "Properties": {
                "RestApiId": ref("Api"),
                "ResponseType": "BAD_REQUEST_BODY",
                "ResponseTemplates": {
                    "application/json": '{"error": "Malformed", "message": $context.error.messageString}'
                },
            },
        },
        "Post": method(
            "POST", ref("Chat"), RequestValidatorId=ref("Validator"), RequestModels={"application/json": ref("Object")}
        ),
        "Get": method(
            "GET",
            ref("Chat"),
            RequestValidatorId=ref("Validator"),
            RequestParameters={"method.request.querystring.q": True},
        ),
        "Deployment": {
            "Type": "AWS::ApiGateway::Deployment",
            "DependsOn": ["Post", "Get", "Wording"],
            "Properties": {"RestApiId": ref("Api")},
        },
        "Stage": {
            "Type": "AWS::ApiGateway::Stage",
            "Properties": {"RestApiId": ref("Api"), "DeploymentId": ref("Deployment"), "StageName": "live"},
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
    api = laptop.deploy("rest", template(resources, {"Api": ref("Api")}))["Api"]
    return f"/_aws/execute-api/{api}/live/chat"


def post(laptop: Laptop, address: str, body: bytes) -> tuple[int, Any]:
    status, text = laptop.call("POST", address, body, {"content-type": "application/json"})
    return status, json.loads(text)


def test_a_good_request_reaches_the_function(laptop: Laptop, address: str) -> None:
    assert post(laptop, address, b'{"hello": 1}') == (200, {"hello": 1})


def test_a_crashed_function_is_an_internal_server_error_and_nothing_more(laptop: Laptop, address: str) -> None:
    assert post(laptop, address, b'{"crash": true}') == (502, {"message": "Internal server error"})


def test_malformed_json_is_refused_by_the_gateway_in_our_words(laptop: Laptop, address: str) -> None:
    status, answer = post(laptop, address, b'{"hello": ')
    assert (status, answer) == (400, {"error": "Malformed", "message": "Invalid request body"})


def test_a_missing_required_parameter_is_refused_by_the_gateway(laptop: Laptop, address: str) -> None:
    status, text = laptop.call("GET", address)
    assert status == 400
    assert "Missing required request parameters" in text


def test_a_caller_cannot_choose_the_address_it_comes_from(laptop: Laptop, address: str) -> None:
    headers = {"content-type": "application/json", "x-forwarded-for": "203.0.113.7"}
    status, text = laptop.call("POST", address, b'{"whence": true}', headers)
    assert (status, json.loads(text)) == (200, {"address": "127.0.0.1"})
