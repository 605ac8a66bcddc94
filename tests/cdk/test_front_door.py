"""The API: what needs a token, what the gateway refuses by itself, and what it writes down."""

import json
import re
from typing import Any

from tests.cdk.assembly import Assembly, Resource

PUBLIC = {
    ("GET", "/v1/health"),
    ("GET", "/v1/ready"),
    ("POST", "/v1/guests"),
    ("POST", "/v1/webhooks/{gateway}/{merchant}"),
}
BODILESS = {("POST", "/v1/sign-out"), ("POST", "/v1/chat/tickets"), ("POST", "/v1/orders/{order_id}/cancel")}
CHAT = {
    ("POST", "/v1/chat"),
    ("POST", "/v1/chat/tickets"),
    ("GET", "/v1/sessions"),
    ("GET", "/v1/sessions/{session_id}"),
    ("GET", "/v1/sessions/{session_id}/export"),
    ("GET", "/v1/context"),
    ("PUT", "/v1/context"),
    ("DELETE", "/v1/context"),
    ("DELETE", "/v1/sessions/{session_id}"),
    ("GET", "/v1/cart"),
    ("DELETE", "/v1/cart"),
    ("PUT", "/v1/cart/lines/{sku}"),
    ("DELETE", "/v1/cart/lines/{sku}"),
    ("POST", "/v1/sign-out"),
    ("GET", "/v1/products"),
    ("GET", "/v1/products/{sku}"),
    ("POST", "/v1/checkout/quote"),
    ("POST", "/v1/checkout"),
    ("GET", "/v1/orders"),
    ("GET", "/v1/orders/{order_id}"),
    ("GET", "/v1/orders/{order_id}/receipt"),
    ("POST", "/v1/orders/{order_id}/proof"),
}
ORDERS = {
    ("POST", "/v1/orders/{order_id}/cancel"),
    ("POST", "/v1/orders/{order_id}/refund"),
    ("GET", "/v1/terms"),
    ("PUT", "/v1/terms"),
}
DOCUMENTS = {
    ("GET", "/v1/documents"),
    ("POST", "/v1/documents"),
    ("GET", "/v1/documents/{document_id}"),
    ("DELETE", "/v1/documents/{document_id}"),
}
HANDOVERS = {
    ("GET", "/v1/handovers"),
    ("GET", "/v1/handovers/{reference}"),
    ("PUT", "/v1/handovers/{reference}"),
}
PERSONAL_DATA = {("POST", "/v1/privacy/restore"): "shop/restore", ("POST", "/v1/privacy/erase"): "shop/erase"}
SCOPES = {
    **dict.fromkeys(CHAT, "shop/chat"),
    **dict.fromkeys(DOCUMENTS, "shop/documents"),
    **dict.fromkeys(HANDOVERS, "shop/handovers"),
    **dict.fromkeys(ORDERS, "shop/orders"),
    ("GET", "/v1/statistics"): "shop/statistics",
    **PERSONAL_DATA,
}
# Nothing of anyone's: who asked, from where and with what program stays out of the access log.
PERSONAL = (
    "identity",
    "sourceIp",
    "userAgent",
    "caller",
    "$context.path",
    "username",
    "claims.sub",
    "email",
    "requestOverride",
)


def routes(cloud: Assembly) -> dict[tuple[str, str], Resource]:
    """Every method but the browsers' preflights, by verb and path."""
    return {
        (method.properties["HttpMethod"], _path(cloud, method.properties["ResourceId"])): method
        for method in cloud.all("AWS::ApiGateway::Method")
        if method.properties["HttpMethod"] != "OPTIONS"
    }


def test_the_routes_are_these(cloud: Assembly) -> None:
    assert set(routes(cloud)) == PUBLIC | set(SCOPES)


def test_every_route_but_four_needs_an_access_token_with_its_scope(cloud: Assembly) -> None:
    (authorizer,) = cloud.all("AWS::ApiGateway::Authorizer")
    for route, method in routes(cloud).items():
        if route in PUBLIC:
            assert method.properties["AuthorizationType"] == "NONE", route
            continue
        assert method.properties["AuthorizationType"] == "COGNITO_USER_POOLS", route
        assert method.properties["AuthorizerId"] == {"Ref": authorizer.id}, route
        assert method.properties["AuthorizationScopes"] == [SCOPES[route]], route


def test_a_body_that_is_no_json_object_does_not_reach_a_function(cloud: Assembly) -> None:
    validators = {validator.id: validator.properties for validator in cloud.all("AWS::ApiGateway::RequestValidator")}
    (model,) = cloud.all("AWS::ApiGateway::Model")

    assert model.properties["Schema"]["type"] == "object"
    for route, method in routes(cloud).items():
        validator = validators[method.properties["RequestValidatorId"]["Ref"]]
        assert validator["ValidateRequestParameters"] is True, route
        has_body = route[0] in {"POST", "PUT"} and route not in BODILESS
        assert validator["ValidateRequestBody"] is has_body, route
        assert method.properties.get("RequestModels", {}) == (
            {"application/json": {"Ref": model.id}} if has_body else {}
        ), route


def test_the_gateways_own_refusals_look_like_ours(cloud: Assembly) -> None:
    refusals = {one.properties["ResponseType"]: one.properties for one in cloud.all("AWS::ApiGateway::GatewayResponse")}

    assert {"UNAUTHORIZED", "BAD_REQUEST_BODY", "THROTTLED", "MISSING_AUTHENTICATION_TOKEN"} <= refusals.keys()
    assert {"DEFAULT_4XX", "DEFAULT_5XX"} <= refusals.keys()
    for kind, refusal in refusals.items():
        body = json.loads(refusal["ResponseTemplates"]["application/json"])
        assert body.keys() == {"error", "message", "request_id"}, kind
        assert body["request_id"] == "$context.requestId", kind
        assert refusal["ResponseParameters"]["gatewayresponse.header.x-request-id"] == "context.requestId", kind


def test_the_stage_throttles_traces_and_writes_down_requests_but_not_people(cloud: Assembly) -> None:
    (stage,) = cloud.all("AWS::ApiGateway::Stage")
    settings, own = sorted(stage.properties["MethodSettings"], key=lambda one: len(one["ResourcePath"]))
    record = stage.properties["AccessLogSetting"]["Format"]

    assert stage.properties["StageName"] == "live"
    assert stage.properties["TracingEnabled"] is True
    assert (settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"]) == (500, 1000)
    assert own["ResourcePath"] == "/~1v1~1webhooks~1{gateway}~1{merchant}"
    assert (own["ThrottlingRateLimit"], own["ThrottlingBurstLimit"]) == (50, 100)
    for one in (settings, own):
        assert (one["DataTraceEnabled"], one["LoggingLevel"], one["MetricsEnabled"]) == (False, "ERROR", True)
    assert json.loads(record)["request_id"] == "$context.requestId"
    assert not [word for word in PERSONAL if word in record]


def test_pages_of_other_origins_are_turned_away_by_the_preflight(cloud: Assembly) -> None:
    preflights = [
        method for method in cloud.all("AWS::ApiGateway::Method") if method.properties["HttpMethod"] == "OPTIONS"
    ]

    assert preflights
    for method in preflights:
        (answer,) = method.properties["Integration"]["IntegrationResponses"]
        origin = answer["ResponseParameters"]["method.response.header.Access-Control-Allow-Origin"]
        assert origin == "'http://127.0.0.1:8000'"
        (others,) = answer["ResponseTemplates"].values()
        # The gateway answers for the others by a template; ours is the page's distribution, and there is no third.
        asked = re.findall(r'\$origin == "(h[^"]+)"', cloud.label("Service", others))
        assert asked == ["https://Service/Page/Distribution"]


def _path(cloud: Assembly, resource: Any) -> str:
    """The path of an API resource, from its parents."""
    match resource:
        case {"Fn::GetAtt": [_, "RootResourceId"]}:
            return ""
        case {"Ref": str(identity)}:
            (own,) = [one for one in cloud.all("AWS::ApiGateway::Resource") if one.id == identity]
            return f"{_path(cloud, own.properties['ParentId'])}/{own.properties['PathPart']}"
    raise ValueError(f"{resource!r} is no resource of an API.")
