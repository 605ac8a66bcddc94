"""The tools are described as Bedrock and the gateway take them: AWS's own model of each call says whether they do."""

import re
from typing import Any

import pytest
from botocore.session import get_session
from botocore.validate import ParamValidator
from cedarpy import is_authorized
from jsonschema import Draft202012Validator
from shopwright.orchestrator import tool_schemas
from shopwright.orchestrator.tools import Definition, definitions
from shopwright.tenancy.caller import Role

TOOLS = tuple(definitions().values())
GATEWAY_WORDS = {"type", "properties", "required", "items", "description"}


def complaints(service: str, operation: str, parameters: dict[str, Any]) -> str:
    """What AWS's own model of the call has against these parameters."""
    shape = get_session().get_service_model(service).operation_model(operation).input_shape
    assert shape is not None
    report: str = ParamValidator().validate(parameters, shape).generate_report()
    return report


def nodes(node: dict[str, Any]) -> list[dict[str, Any]]:
    """A schema and all that is in it."""
    inner = [*node.get("properties", {}).values(), *([node["items"]] if "items" in node else [])]
    return [node, *(one for child in inner for one in nodes(child))]


def test_bedrock_takes_the_tool_config() -> None:
    config = tool_schemas.converse(TOOLS)
    call = {"modelId": "m", "messages": [{"role": "user", "content": [{"text": "Hi"}]}], "toolConfig": config}

    assert complaints("bedrock-runtime", "Converse", call) == ""
    assert [tool["toolSpec"]["name"] for tool in config["tools"]] == [tool.name for tool in TOOLS]


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_a_tools_schema_stands_by_itself_and_is_json_schema(tool: Any) -> None:
    (described,) = tool_schemas.converse([tool])["tools"]
    schema = described["toolSpec"]["inputSchema"]["json"]

    Draft202012Validator.check_schema(schema)
    assert "$ref" not in str(schema)
    assert "$defs" not in str(schema)
    assert schema["type"] == "object"
    assert schema["additionalProperties"] is False


def test_the_gateway_takes_its_targets() -> None:
    target = {
        "gatewayIdentifier": "shop-0123456789",
        "name": "tools",
        "targetConfiguration": {
            "mcp": {
                "lambda": {
                    "lambdaArn": "arn:aws:lambda:eu-west-1:000000000000:function:tools",
                    "toolSchema": {"inlinePayload": tool_schemas.gateway(TOOLS)},
                }
            }
        },
    }

    assert complaints("bedrock-agentcore-control", "CreateGatewayTarget", target) == ""


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_the_gateways_schema_has_its_five_words_and_no_other(tool: Any) -> None:
    (described,) = tool_schemas.gateway([tool])

    for schema in (described["inputSchema"], described["outputSchema"]):
        for node in nodes(schema):
            assert set(node) <= GATEWAY_WORDS
            assert node["type"] in {"string", "number", "integer", "boolean", "object", "array"}
            assert ("items" in node) is (node["type"] == "array")
            assert set(node.get("required", [])) <= set(node.get("properties", {}))


def test_what_the_gateway_has_no_word_for_is_said_in_words() -> None:
    by_name = {tool["name"]: tool["inputSchema"]["properties"] for tool in tool_schemas.gateway(TOOLS)}

    assert "One of: show, put, add, take, remove, empty, become." in by_name["edit_cart"]["action"]["description"]
    assert by_name["edit_cart"]["quantity"]["type"] == "integer"
    assert "at most 99" in by_name["edit_cart"]["quantity"]["description"].lower()
    assert by_name["search_products"]["highest_price"]["type"] == "number"


def test_both_descriptions_and_the_registry_name_the_same_arguments() -> None:
    for tool in TOOLS:
        (bedrock,) = tool_schemas.converse([tool])["tools"]
        (gateway,) = tool_schemas.gateway([tool])
        fields = set(tool.takes.model_fields)
        assert set(bedrock["toolSpec"]["inputSchema"]["json"].get("properties", {})) == fields
        assert set(gateway["inputSchema"]["properties"]) == fields


GATEWAY = "arn:aws:bedrock-agentcore:eu-west-1:000000000000:gateway/shopwright-dev-tools-a1b2c3d4e5"


def permitted(role: str | None, tool: str, *, gateway: str = GATEWAY, kind: str = "OAuthUser") -> bool:
    """What Cedar's own engine says, with every enabled tool's policy before it."""
    caller = {
        "uid": {"type": f"AgentCore::{kind}", "id": "ann"},
        "attrs": {},
        "parents": [],
        "tags": {} if role is None else {"role": role},
    }
    result = is_authorized(
        {
            "principal": f'AgentCore::{kind}::"ann"',
            "action": f'AgentCore::Action::"{tool}"',
            "resource": f'AgentCore::Gateway::"{gateway}"',
            "context": {},
        },
        "\n".join(tool_schemas.cedar(one, GATEWAY) for one in TOOLS if one.enabled),
        [caller],
    )
    assert result.diagnostics.errors == []
    return bool(result.allowed)


@pytest.mark.parametrize("tool", [one for one in TOOLS if one.enabled], ids=lambda tool: tool.name)
@pytest.mark.parametrize("role", list(Role))
def test_cedar_lets_the_roles_call_a_tool_that_the_registry_lets(tool: Definition, role: Role) -> None:
    assert permitted(role.value, f"{tool_schemas.target(tool)}___{tool.name}") is (role in tool.roles)


@pytest.mark.parametrize(
    ("role", "tool", "more"),
    [
        (None, "search-documents___search_documents", {}),
        ("", "search-documents___search_documents", {}),
        ("admin", "search-documents___search_documents", {}),
        ("shopper", "ask-amazon-q___ask_amazon_q", {}),  # it is off
        ("shopper", "search_documents", {}),
        ("shopper", "drop-tables___drop_tables", {}),
        ("shopper", "search-documents___search_documents", {"gateway": GATEWAY.replace("dev", "prod")}),
        ("shopper", "search-documents___search_documents", {"kind": "IamEntity"}),
    ],
)
def test_cedar_lets_nobody_else_call_anything(role: str | None, tool: str, more: dict[str, str]) -> None:
    assert permitted(role, tool, **more) is False


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_a_targets_name_is_one_that_the_gateway_takes(tool: Definition) -> None:
    assert re.fullmatch(r"([0-9a-zA-Z][-]?){1,100}", tool_schemas.target(tool))
