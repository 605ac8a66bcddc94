"""Who may do what, read from the templates. `python -m tests.cdk.permissions` writes the table that reviewers read."""

import json
from pathlib import Path
from typing import Any

from tests.cdk.assembly import Assembly, dev, on_agentcore

TABLE = Path(__file__).parent / "permissions.json"
AGENT_TABLE = Path(__file__).parent / "permissions-agentcore.json"

# What every function may do: its own log, its traces.
EVERYONE = {"logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTelemetryRecords", "xray:PutTraceSegments"}


def permissions(cloud: Assembly) -> dict[str, dict[str, list[str]]]:
    """For each role: what it reaches (with the condition under which), and the actions."""
    roles: dict[str, dict[str, list[str]]] = {
        role.path: {
            cloud.label(role.stack, managed): ["(a managed policy of AWS)"]
            for managed in role.properties.get("ManagedPolicyArns", [])
        }
        for role in cloud.all("AWS::IAM::Role")
    }
    for policy in cloud.all("AWS::IAM::Policy"):
        for role in policy.properties["Roles"]:
            table = roles[cloud.label(policy.stack, role)]
            for statement in policy.properties["PolicyDocument"]["Statement"]:
                for resource in _listed(statement["Resource"]):
                    reach = cloud.label(policy.stack, resource) + _condition(cloud, policy.stack, statement)
                    if statement["Effect"] != "Allow":
                        reach = f"NOT {reach}"
                    table[reach] = sorted({*table.get(reach, []), *_listed(statement["Action"])})
    return {role: dict(sorted(table.items())) for role, table in sorted(roles.items())}


def agent_permissions(cloud: Assembly) -> dict[str, dict[str, list[str]]]:
    """Of a stage whose orchestrator is on AgentCore: the roles there, and of those who ask it."""
    asking = ("Service/Conversation/chat/", "Service/Streaming/chat-stream/")
    return {
        role: table for role, table in permissions(cloud).items() if role.startswith(("Service/AgentCore/", *asking))
    }


def _condition(cloud: Assembly, stack: str, statement: dict[str, Any]) -> str:
    conditions = [
        f"{key} {operator} {cloud.label(stack, value)}"
        for operator, pairs in statement.get("Condition", {}).items()
        for key, value in pairs.items()
    ]
    return f" if {' and '.join(sorted(conditions))}" if conditions else ""


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _write(table: Path, roles: dict[str, dict[str, list[str]]]) -> None:
    table.write_text(json.dumps(roles, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    _write(TABLE, permissions(dev()))
    _write(AGENT_TABLE, agent_permissions(on_agentcore()))
