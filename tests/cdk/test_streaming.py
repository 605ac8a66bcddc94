"""The WebSocket API: who comes in, what is limited and written down, and how an answer gets out of the network."""

import json
from typing import Any

import pytest

from tests.cdk.assembly import Assembly, Resource
from tests.cdk.permissions import permissions

PERSONAL = ("identity", "sourceIp", "userAgent", "caller", "principalId", "subject", "querystring", "domainName")


def routes(cloud: Assembly) -> dict[str, Resource]:
    return {route.properties["RouteKey"]: route for route in cloud.all("AWS::ApiGatewayV2::Route")}


def test_a_socket_begins_with_a_ticket_and_has_no_other_way_in(cloud: Assembly) -> None:
    (authorizer,) = cloud.all("AWS::ApiGatewayV2::Authorizer")
    found = routes(cloud)

    assert set(found) == {"$connect", "$default", "$disconnect"}
    assert found["$connect"].properties["AuthorizationType"] == "CUSTOM"
    assert found["$connect"].properties["AuthorizerId"] == {"Ref": authorizer.id}
    assert authorizer.properties["AuthorizerType"] == "REQUEST"
    assert authorizer.properties["IdentitySource"] == ["route.request.querystring.ticket"]
    assert "Service/Streaming/chat-connect/Function" in cloud.label("Service", authorizer.properties["AuthorizerUri"])
    assert "AuthorizerResultTtlInSeconds" not in authorizer.properties  # a used ticket must not be remembered as good


def test_every_message_goes_to_chat_socket_and_what_it_returns_is_not_sent(cloud: Assembly) -> None:
    for route in routes(cloud).values():
        assert "RouteResponseSelectionExpression" not in route.properties
    for integration in cloud.all("AWS::ApiGatewayV2::Integration"):
        assert integration.properties["IntegrationType"] == "AWS_PROXY"
        uri = cloud.label("Service", integration.properties["IntegrationUri"])
        assert "Service/Streaming/chat-socket/Function" in uri


def test_only_the_api_may_call_its_functions(cloud: Assembly) -> None:
    allowed = {
        cloud.label("Service", one.properties["FunctionName"])
        for one in cloud.all("AWS::Lambda::Permission")
        if "Socket/Api" in one.path or "Socket/Api" in json.dumps(one.properties.get("SourceArn", ""))
    }

    assert allowed <= {"Service/Streaming/chat-socket/Function", "Service/Streaming/chat-connect/Function"}
    for one in cloud.all("AWS::Lambda::Permission"):
        if cloud.label("Service", one.properties["FunctionName"]) in {
            "Service/Streaming/chat-stream/Function",
            "Service/Streaming/chat-tell/Function",
        }:
            pytest.fail(f"{one.path}: somebody outside may call what only our own functions call")


def test_the_stage_throttles_and_writes_down_sockets_but_neither_people_nor_tickets(cloud: Assembly) -> None:
    (stage,) = cloud.all("AWS::ApiGatewayV2::Stage")
    settings = stage.properties["DefaultRouteSettings"]
    record = stage.properties["AccessLogSettings"]["Format"]
    records = cloud.one(cloud.label("Service", stage.properties["AccessLogSettings"]["DestinationArn"]))

    assert stage.properties["StageName"] == "live"
    assert (settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"]) == (500, 1000)
    assert (settings["LoggingLevel"], settings["DataTraceEnabled"]) == ("ERROR", False)
    assert json.loads(record)["connection_id"] == "$context.connectionId"
    assert not [word for word in PERSONAL if word in record]
    assert records.properties["RetentionInDays"] == 7
    assert "Service/Door/Account" in [cloud.label("Service", {"Ref": one}) for one in stage.body["DependsOn"]]


def test_tickets_and_counters_forget_on_time_and_are_not_brought_back(cloud: Assembly) -> None:
    table = cloud.one("Data/Sockets").properties

    assert [key["AttributeName"] for key in table["KeySchema"]] == ["item"]
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is False
    assert cloud.label("Data", table["SSESpecification"]["KMSMasterKeyId"]) == "Data/TablesKey"


def test_a_question_is_answered_once_or_not_at_all(cloud: Assembly) -> None:
    (handed_over,) = [one for one in cloud.all("AWS::Lambda::EventInvokeConfig") if "chat-stream" in one.path]

    assert handed_over.properties["MaximumRetryAttempts"] == 0
    assert handed_over.properties["MaximumEventAgeInSeconds"] == 60


@pytest.mark.parametrize("variable", ["SOCKET_URL", "MANAGEMENT_URL"])
def test_functions_are_told_where_the_sockets_are(cloud: Assembly, variable: str) -> None:
    told = {
        function.path.split("/")[2]: cloud.label("Service", function.properties["Environment"]["Variables"][variable])
        for function in cloud.all("AWS::Lambda::Function")
        if variable in function.properties["Environment"]["Variables"]
    }

    scheme = {"SOCKET_URL": "wss", "MANAGEMENT_URL": "https"}[variable]
    host = "Service/Streaming/Socket/Api.execute-api.<AWS::Region>.<AWS::URLSuffix>/live"
    assert set(told.values()) == {f"{scheme}://{host}"}
    assert set(told) == {"SOCKET_URL": {"chat-tickets"}, "MANAGEMENT_URL": {"chat-socket", "chat-tell"}}[variable]


def test_sockets_are_reached_from_outside_the_network_alone(cloud: Assembly) -> None:
    """A public API's sockets cannot be reached through an endpoint, and there is no NAT."""
    reach = {
        role.split("/")[2]
        for role, table in permissions(cloud).items()
        if any("execute-api:ManageConnections" in actions for actions in table.values())
    }

    assert reach == {"chat-socket", "chat-tell"}
    for folder in reach:
        assert "VpcConfig" not in cloud.function(folder).properties


def test_what_holds_no_connection_to_the_database_is_what_a_flood_meets(cloud: Assembly) -> None:
    for folder in ("chat-tickets", "chat-connect", "chat-socket", "chat-tell"):
        variables: dict[str, Any] = cloud.function(folder).properties["Environment"]["Variables"]
        assert not [name for name in variables if name.startswith(("DATABASE", "CACHE", "TENANT"))], folder
