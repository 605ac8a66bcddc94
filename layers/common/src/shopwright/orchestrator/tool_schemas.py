"""The tools as others want them described: changes when Bedrock's toolConfig or the gateway's schema or policies do."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel

from shopwright.orchestrator.tools import Definition

_BOUNDS = (
    ("minimum", "at least {}"),
    ("maximum", "at most {}"),
    ("minLength", "at least {} characters"),
    ("maxLength", "at most {} characters"),
    ("minItems", "at least {} of them"),
    ("maxItems", "at most {} of them"),
    ("pattern", "of the form {}"),
)


def converse(tools: Iterable[Definition]) -> dict[str, Any]:
    """Bedrock Converse's `toolConfig`."""
    return {
        "tools": [
            {
                "toolSpec": {
                    "name": tool.name,
                    "description": tool.says,
                    "inputSchema": {"json": _full(tool.takes)},
                }
            }
            for tool in tools
        ]
    }


def gateway(tools: Iterable[Definition]) -> list[dict[str, Any]]:
    """The `inlinePayload` of an AgentCore Gateway target. It knows type, properties, required, items and description:
    every bound is said in the description, and held by the registry."""
    return [
        {
            "name": tool.name,
            "description": tool.says,
            "inputSchema": _plain(_full(tool.takes)),
            "outputSchema": _plain(_full(tool.gives)),
        }
        for tool in tools
    ]


def target(tool: Definition) -> str:
    """What the gateway calls the target that the tool is behind. It knows no underscores there."""
    return tool.name.replace("_", "-")


def cedar(tool: Definition, gateway_arn: str) -> str:
    """The policy by which the gateway lets the tool's roles call it, and nobody else."""
    roles = ", ".join(f'"{role.value}"' for role in sorted(tool.roles))
    return (
        "permit(\n"
        "  principal is AgentCore::OAuthUser,\n"
        f'  action == AgentCore::Action::"{target(tool)}___{tool.name}",\n'
        f'  resource == AgentCore::Gateway::"{gateway_arn}"\n'
        ") when {\n"
        f'  principal.hasTag("role") && [{roles}].contains(principal.getTag("role"))\n'
        "};"
    )


def _full(shape: type[BaseModel]) -> dict[str, Any]:
    """The shape's JSON schema in one piece: nothing is referred to, and nothing has a title."""
    schema = shape.model_json_schema()
    described: dict[str, Any] = _inlined(schema, schema.get("$defs", {}))
    described.pop("description", None)  # it is the tool's own that says what it is for
    return described


def _inlined(node: Any, parts: Mapping[str, Any]) -> Any:
    if isinstance(node, list):
        return [_inlined(one, parts) for one in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        rest = {name: value for name, value in node.items() if name != "$ref"}
        return _inlined({**parts[node["$ref"].rsplit("/", 1)[1]], **rest}, parts)
    whole: dict[str, Any] = {}
    for name, value in node.items():
        if name == "properties":
            whole[name] = {one: _inlined(its, parts) for one, its in value.items()}
        elif name not in ("title", "$defs"):
            whole[name] = _inlined(value, parts)
    return whole


def _plain(node: Mapping[str, Any]) -> dict[str, Any]:
    """The same in the five words that the gateway knows."""
    either = node.get("anyOf")
    if either:
        kinds = [one for one in either if one.get("type") != "null"]
        # A number that pydantic also takes as text, so that it loses nothing on the way: here it is a number.
        first = next((one for one in kinds if one.get("type") == "number"), kinds[0])
        return _plain({**first, **{name: value for name, value in node.items() if name != "anyOf"}})
    plain: dict[str, Any] = {"type": node.get("type", "string")}
    said = [str(node["description"])] if "description" in node else []
    values = node.get("enum", [node["const"]] if "const" in node else [])
    if values:
        said.append(f"One of: {', '.join(str(value) for value in values)}.")
    bounds = [words.format(node[name]) for name, words in _BOUNDS if name in node]
    if bounds:
        said.append(f"{', '.join(bounds).capitalize()}.")
    if said:
        plain["description"] = " ".join(said)
    if node.get("type") == "object":
        plain["properties"] = {name: _plain(value) for name, value in node.get("properties", {}).items()}
        if node.get("required"):
            plain["required"] = list(node["required"])
    if node.get("type") == "array":
        plain["items"] = _plain(node["items"])
    return plain
