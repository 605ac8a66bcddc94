"""This file changes when what MiniStack's REST API does with a request differs from what AWS does.

MiniStack can validate requests, but its CloudFormation forgets both the validators and which method has which; it
shows a failed function's exception and stack to the caller; and it believes a caller's word on the caller's address.
"""

from typing import Any

from ministack.services import apigateway_v1

from local.ministack.handlers import Attributes, Handlers, Properties, after


def install(handlers: Handlers) -> None:
    after(handlers, "AWS::ApiGateway::RequestValidator", _keep_validator)
    after(handlers, "AWS::ApiGateway::Method", _validate_method)
    native = apigateway_v1._lambda_proxy_response

    def response(result: dict[str, Any]) -> tuple[dict[str, Any] | None, str | None]:
        """A caller never sees why a function failed."""
        answer, failure = native(result)
        return answer, "Internal server error" if failure else None

    apigateway_v1._lambda_proxy_response = response
    described = apigateway_v1._build_lambda_event_v1

    def event(*arguments: Any, **named: Any) -> dict[str, Any]:
        """The address is the connection's, as on AWS, and here everybody comes from this machine."""
        built: dict[str, Any] = described(*arguments, **named)
        built["requestContext"]["identity"]["sourceIp"] = "127.0.0.1"
        return built

    apigateway_v1._build_lambda_event_v1 = event


def _keep_validator(validator: str, properties: Properties) -> Attributes:
    apigateway_v1._request_validators.setdefault(properties["RestApiId"], {})[validator] = {
        "id": validator,
        "name": properties.get("Name", validator),
        "validateRequestBody": _is_true(properties.get("ValidateRequestBody")),
        "validateRequestParameters": _is_true(properties.get("ValidateRequestParameters")),
    }
    return {}


def _validate_method(method: str, properties: Properties) -> Attributes:
    resource = apigateway_v1._resources[properties["RestApiId"]][properties["ResourceId"]]
    resource["resourceMethods"][properties["HttpMethod"]]["requestValidatorId"] = properties.get("RequestValidatorId")
    return {}


def _is_true(value: Any) -> bool:
    """A template's truth, which may be a word."""
    return str(value).lower() == "true"
