"""The orchestrator on AgentCore: who may ask it, what it reaches, and what each tool behind the gateway reaches."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import call_tool
import chat
import chat_stream
import introduce_caller
import pytest
from shopwright.orchestrator.tool_schemas import gateway as described
from shopwright.orchestrator.tools import definitions
from shopwright.runtime import agentcore as program
from shopwright.runtime.gateway import HEADER
from shopwright.runtime.settings import Settings
from shopwright.runtime.tooling import SETTINGS

from cdk.stages import CONNECTED_TOOLS, DEV, STAGES, Stage
from local.ministack import records
from tests.architecture.test_environment import EVERYONE as TOLD_EVERYONE
from tests.cdk.assembly import OF_AGENTCORE, ROOT, Assembly, Resource
from tests.cdk.permissions import AGENT_TABLE, EVERYONE, agent_permissions, permissions
from tests.cdk.test_permissions import ANYWHERE

NESTED = "Service/AgentCore"
ENABLED = [tool for tool in definitions().values() if tool.enabled]
DATABASE = {"Data/DatabaseUser", "Data/TenantKey"}
# What each need of a tool reaches, besides what every tool does: its log, its traces, the warrants' key and the trail.
REACH = {
    "database": {("secretsmanager:GetSecretValue", secret) for secret in DATABASE},
    "embedding": set[tuple[str, str]](),
    "carts": {
        *((f"dynamodb:{action}", "Data/Carts") for action in ("GetItem", "PutItem")),
        *((f"kms:{action}", "Data/TablesKey") for action in ("Decrypt", "DescribeKey", "GenerateDataKey")),
    },
    "hand_over": {
        ("dynamodb:PutItem", "Data/Handovers"),
        ("sns:Publish", "Service/Handover/Topic"),
        *((f"kms:{action}", "Data/TablesKey") for action in ("Decrypt", "DescribeKey", "GenerateDataKey")),
    },
}
EVERY_TOOL = {
    ("secretsmanager:GetSecretValue", "Data/WarrantKey"),
    ("kms:Decrypt", "Data/SecretsKey"),
    ("sqs:SendMessage", "Service/Auditing/Records"),
}


def tool(agents: Assembly, name: str) -> Resource:
    return agents.function(f"tool-{name.replace('_', '-')}")


def told(agents: Assembly, function: Resource) -> set[str]:
    return set(function.properties["Environment"]["Variables"]) - TOLD_EVERYONE


def declared(*settings: type[Settings]) -> set[str]:
    return {name.upper() for one in settings for name in one.model_fields} - TOLD_EVERYONE


def reaches(agents: Assembly, function: Resource) -> set[tuple[str, str]]:
    """Each action with what it is for, conditions aside, beyond what every function may do."""
    table = permissions(agents)[agents.label(function.stack, function.properties["Role"])]
    return {
        (action, reach.partition(" if ")[0])
        for reach, actions in table.items()
        for action in actions
        if action not in EVERYONE and not action.startswith("ec2:")
    }


def groups(agents: Assembly, function: Resource) -> set[str]:
    held = function.properties.get("VpcConfig", {}).get("SecurityGroupIds", [])
    return {agents.label(function.stack, one).split("/")[1].split(".")[0] for one in held}


def test_where_answers_are_made_in_the_functions_there_is_nothing_of_agentcore(cloud: Assembly) -> None:
    assert not [one.path for one in cloud.all() if one.type.startswith("AWS::BedrockAgentCore")]
    for folder in ("chat", "chat-stream"):
        assert cloud.function(folder).properties["Environment"]["Variables"]["ORCHESTRATOR"] == "inline"
    assert not [one for one in cloud.all("AWS::Lambda::Function") if one.path.endswith(tuple(OF_AGENTCORE))]


def test_every_role_of_agentcore_may_do_exactly_what_the_table_says(agents: Assembly) -> None:
    expected = json.loads(AGENT_TABLE.read_text(encoding="utf-8"))

    assert agent_permissions(agents) == expected, "Was it meant? Then write it down: python -m tests.cdk.permissions"


@pytest.mark.parametrize("name", [one.name for one in ENABLED])
def test_a_tools_role_reaches_what_the_tool_needs_and_nothing_else(agents: Assembly, name: str) -> None:
    needed = set[tuple[str, str]]().union(*(REACH.get(need, set()) for need in definitions()[name].needs))

    assert reaches(agents, tool(agents, name)) == EVERY_TOOL | needed


def test_every_tool_has_a_role_of_its_own(agents: Assembly) -> None:
    roles = {agents.label(NESTED, tool(agents, one.name).properties["Role"]) for one in ENABLED}

    assert len(roles) == len(ENABLED)


@pytest.mark.parametrize("name", [one.name for one in ENABLED])
def test_a_tool_is_in_the_network_only_for_what_it_reaches_there(agents: Assembly, name: str) -> None:
    needs = set(definitions()[name].needs)
    expected = {"Tools"} if "database" in needs else set()
    if "carts" in needs:
        expected.add("Carts")

    assert groups(agents, tool(agents, name)) == expected


@pytest.mark.parametrize("name", [one.name for one in ENABLED])
def test_a_tool_is_told_what_it_needs_and_nothing_else(agents: Assembly, name: str) -> None:
    needs = [SETTINGS[need] for need in definitions()[name].needs if need in SETTINGS]
    function = tool(agents, name)

    assert told(agents, function) == declared(call_tool.Environment, *needs)
    assert function.properties["Environment"]["Variables"]["TOOL"] == name
    assert function.properties["Handler"] == "call_tool.handler"


@pytest.mark.parametrize(
    ("folder", "environment"),
    [
        ("chat", chat.AgentEnvironment),
        ("chat-stream", chat_stream.AgentEnvironment),
        ("introduce-caller", introduce_caller.Environment),
    ],
)
def test_a_function_is_told_what_it_declares(agents: Assembly, folder: str, environment: type[Settings]) -> None:
    assert told(agents, agents.function(folder)) == declared(environment)


@pytest.mark.parametrize("folder", ["chat", "chat-stream"])
def test_whoever_asks_agentcore_reaches_the_program_and_nothing_that_it_answers_from(
    agents: Assembly, folder: str
) -> None:
    reach = reaches(agents, agents.function(folder))
    asked = {of for action, of in reach if action == "bedrock-agentcore:InvokeAgentRuntime"}
    secrets = {of for action, of in reach if action == "secretsmanager:GetSecretValue"}
    runtime = "Service/AgentCore/Program/Runtime"

    assert asked == {runtime, f"{runtime}/runtime-endpoint/DEFAULT"}
    assert secrets == {"Data/CacheToken", "Data/WarrantKey"}
    assert not [of for _, of in reach if of in {"Data/Sessions", "Data/Carts"}]
    assert groups(agents, agents.function(folder)) == {"Asking"}
    assert len(agents.function(folder).properties["Layers"]) == 1  # no model is loaded where nothing is answered


def test_only_the_program_and_the_tools_have_a_way_to_the_database(agents: Assembly) -> None:
    ways: dict[str, set[str]] = {}
    for one in agents.all("AWS::EC2::SecurityGroupIngress"):
        target = agents.label("Network", one.properties["GroupId"]).split("/")[1].split(".")[0]
        source = agents.label("Network", one.properties["SourceSecurityGroupId"]).split("/")[1].split(".")[0]
        ways.setdefault(target, set()).add(source)

    assert ways == {
        "Database": {"Functions", "Agents", "Tools"},
        "Cache": {"Functions", "Agents", "Asking"},
        "Endpoints": {"Functions", "Agents", "Asking", "Tools"},
    }


def test_the_program_answers_from_inside_the_network_as_a_function_would(agents: Assembly) -> None:
    (runtime,) = agents.all("AWS::BedrockAgentCore::Runtime")
    network = runtime.properties["NetworkConfiguration"]

    assert network["NetworkMode"] == "VPC"
    assert [agents.label(NESTED, one) for one in network["NetworkModeConfig"]["SecurityGroups"]] == ["Network/Agents"]
    assert runtime.properties["ProtocolConfiguration"] == "HTTP"
    assert "AuthorizerConfiguration" not in runtime.properties  # signed requests of our own functions, and no others
    assert runtime.properties["LifecycleConfiguration"] == {"IdleRuntimeSessionTimeout": 300, "MaxLifetime": 3600}
    given = set(runtime.properties["EnvironmentVariables"]) - TOLD_EVERYONE
    assert given == declared(program.Environment)
    assert set(runtime.properties["EnvironmentVariables"]) >= TOLD_EVERYONE


def test_the_program_has_chats_rights_and_no_more_than_its_image_and_its_log_besides(
    agents: Assembly, cloud: Assembly
) -> None:
    def held(of: Assembly, role: str) -> set[tuple[str, str]]:
        return {
            (action, reach)
            for reach, actions in permissions(of)[role].items()
            for action in actions
            if action[:4] != "ec2:"
        }

    answering = {one for one in held(cloud, "Service/Conversation/chat/Role") if "Service/Conversation" not in one[1]}
    answering = {
        one for one in answering if one[1] not in ("Data/Members", "Service/Auditing/Records")
    }  # its asker verifies, and records
    more = held(agents, "Service/AgentCore/Program/Role") - answering

    assert {action for action, _ in more} == {
        "secretsmanager:GetSecretValue",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:GetAuthorizationToken",
        "ecr:GetDownloadUrlForLayer",
    }
    assert {of for action, of in more if action.startswith("secretsmanager")} == {"Data/WarrantKey"}
    assert answering <= held(agents, "Service/AgentCore/Program/Role")


def test_the_image_is_made_for_the_only_machine_that_agentcore_has(agents: Assembly) -> None:
    assets = json.loads((agents.folder / "Service.assets.json").read_text("utf-8"))
    (image,) = assets["dockerImages"].values()
    dockerfile = (ROOT / "layers" / "agent" / "Dockerfile").read_text("utf-8")

    assert image["source"]["platform"] == "linux/arm64"
    assert '"shopwright.runtime.agentcore", "0.0.0.0", "8080"' in dockerfile
    assert "USER nobody" in dockerfile
    assert "pip" not in dockerfile  # everything is locked and laid there before


def test_the_programs_log_does_not_grow_for_ever(agents: Assembly) -> None:
    log = agents.one("Service/AgentCore/Program/Records")

    assert log.properties["RetentionInDays"] == 7
    name = agents.label(NESTED, log.properties["LogGroupName"])
    assert name == "/aws/bedrock-agentcore/runtimes/Service/AgentCore/Program/Runtime-DEFAULT"


def test_every_tool_that_is_on_is_offered_with_its_own_schema_and_behind_its_own_function(agents: Assembly) -> None:
    offered = {}
    for target in agents.all("AWS::BedrockAgentCore::GatewayTarget"):
        behind = target.properties["TargetConfiguration"]["Mcp"]["Lambda"]
        (payload,) = behind["ToolSchema"]["InlinePayload"]
        offered[payload["Name"]] = (target, agents.label(NESTED, behind["LambdaArn"]), payload)

    assert set(offered) == {one.name for one in ENABLED}
    for name, (target, function, payload) in offered.items():
        (source,) = described([definitions()[name]])
        assert function == tool(agents, name).path
        assert target.properties["Name"] == name.replace("_", "-")
        assert (payload["Description"], _lower(payload["InputSchema"])) == (
            source["description"],
            source["inputSchema"],
        )
        assert target.properties["MetadataConfiguration"] == {"AllowedRequestHeaders": [HEADER]}
        assert target.properties["CredentialProviderConfigurations"] == [{"CredentialProviderType": "GATEWAY_IAM_ROLE"}]


def _lower(shape: dict[str, Any]) -> dict[str, Any]:
    """CloudFormation's spelling as the gateway's."""
    plain: dict[str, Any] = {}
    for name, value in shape.items():
        if name == "Properties":
            plain["properties"] = {one: _lower(its) for one, its in value.items()}
        elif name == "Items":
            plain["items"] = _lower(value)
        else:
            plain[name.lower()] = value
    if plain["type"] == "object":
        plain.setdefault("properties", {})
    return plain


def test_the_gateway_admits_tokens_of_our_own_pool_and_asks_who_it_is_before_every_call(agents: Assembly) -> None:
    (gateway,) = agents.all("AWS::BedrockAgentCore::Gateway")
    admits = gateway.properties["AuthorizerConfiguration"]["CustomJWTAuthorizer"]
    (interceptor,) = gateway.properties["InterceptorConfigurations"]

    assert gateway.properties["AuthorizerType"] == "CUSTOM_JWT"
    assert agents.label(NESTED, admits["DiscoveryUrl"]) == (
        "https://cognito-idp.<AWS::Region>.amazonaws.com/Service/Members/Pool/.well-known/openid-configuration"
    )
    assert admits["AllowedScopes"] == ["shop/chat"]
    assert len(agents.all("AWS::Cognito::UserPool")) == 1  # CDK would have made one of its own
    assert interceptor["InterceptionPoints"] == ["REQUEST"]
    assert interceptor["InputConfiguration"] == {"PassRequestHeaders": True}
    assert agents.label(NESTED, interceptor["Interceptor"]["Lambda"]["Arn"]) == agents.function("introduce-caller").path
    assert "ExceptionLevel" not in gateway.properties  # else callers would read our insides


def test_the_gateway_calls_our_tools_and_their_introduction_and_asks_its_policies(agents: Assembly) -> None:
    table = permissions(agents)["Service/AgentCore/GatewayRole"]
    called = {reach for reach, actions in table.items() if "lambda:InvokeFunction" in actions}

    assert called == {tool(agents, one.name).path for one in ENABLED} | {agents.function("introduce-caller").path}
    assert {action for actions in table.values() for action in actions} == {
        "lambda:InvokeFunction",
        "bedrock-agentcore:GetPolicyEngine",
        "bedrock-agentcore:AuthorizeAction",
        "bedrock-agentcore:PartiallyAuthorizeActions",
    }


def test_nobody_else_may_call_a_tool(agents: Assembly) -> None:
    for one in agents.all("AWS::Lambda::Permission"):
        assert "AgentCore" not in agents.label(NESTED, one.properties["FunctionName"]), one.path


def test_policies_are_enforced_and_each_names_one_tool_and_its_roles(agents: Assembly) -> None:
    (gateway,) = agents.all("AWS::BedrockAgentCore::Gateway")
    policies = {
        one.properties["Name"]: agents.label(NESTED, one.properties["Definition"]["Cedar"]["Statement"])
        for one in agents.all("AWS::BedrockAgentCore::Policy")
    }

    assert gateway.properties["PolicyEngineConfiguration"]["Mode"] == "ENFORCE"
    assert set(policies) == {one.name for one in ENABLED}
    for name, text in policies.items():
        assert f'"{name.replace("_", "-")}___{name}"' in text
        assert 'AgentCore::Gateway::"Service/AgentCore/Gateway"' in text
    for one in agents.all("AWS::BedrockAgentCore::Policy"):
        assert one.properties["ValidationMode"] == "FAIL_ON_ANY_FINDINGS"


def test_memory_forgets_soon_under_a_key_of_its_own_and_no_program_of_ours_writes_to_it(agents: Assembly) -> None:
    (memory,) = agents.all("AWS::BedrockAgentCore::Memory")

    assert memory.properties["EventExpiryDuration"] == 7
    assert agents.label(NESTED, memory.properties["EncryptionKeyArn"]) == "Service/AgentCore/MemoryKey"
    writers = {
        role
        for role, table in permissions(agents).items()
        for actions in table.values()
        if {"bedrock-agentcore:CreateEvent", "bedrock-agentcore:BatchCreateMemoryRecords"} & set(actions)
    }
    assert writers == set()


def test_what_agentcore_is_trusted_with_it_is_trusted_with_for_our_account_alone(agents: Assembly) -> None:
    trusted = [
        statement
        for role in agents.all("AWS::IAM::Role")
        for statement in role.properties["AssumeRolePolicyDocument"]["Statement"]
        if "bedrock-agentcore" in json.dumps(statement["Principal"])
    ]

    assert len(trusted) == 3
    for statement in trusted:
        assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
        assert "aws:SourceArn" in statement["Condition"]["ArnLike"]


def test_nothing_more_is_granted_everywhere(agents: Assembly) -> None:
    everywhere = {
        action
        for table in permissions(agents).values()
        for reach, actions in table.items()
        if reach[0] == "*"
        for action in actions
    }

    assert everywhere - ANYWHERE == {"ecr:GetAuthorizationToken"}  # which knows no resource
    assert not [
        (role, action)
        for role, table in permissions(agents).items()
        for actions in table.values()
        for action in actions
        if "*" in action
    ]


def test_each_connected_tool_has_its_share_of_the_connections(agents: Assembly) -> None:
    reserved = {
        function.path.split("/")[2]: function.properties["ReservedConcurrentExecutions"]
        for function in agents.all("AWS::Lambda::Function")
        if "AgentCore" in function.path and "ReservedConcurrentExecutions" in function.properties
    }
    connected = {f"tool-{one.name.replace('_', '-')}" for one in ENABLED if "database" in one.needs}

    assert reserved == dict.fromkeys(connected, DEV.tool_concurrency)
    assert len(connected) == CONNECTED_TOOLS


@pytest.mark.parametrize("of", STAGES.values(), ids=STAGES)
def test_every_stage_may_have_its_orchestrator_on_agentcore(of: Stage) -> None:
    there = replace(of, orchestrator="agentcore")

    assert there.reserved == of.reserved + CONNECTED_TOOLS * of.tool_concurrency
    assert there.reserved <= min(there.connection_budget, 900)


def test_a_protected_stage_can_be_built_with_it(synthesize: Callable[..., Assembly]) -> None:
    built = synthesize(replace(STAGES["prod"], orchestrator="agentcore"))

    (key,) = [one for one in built.all("AWS::KMS::Key") if one.path.endswith("MemoryKey")]
    assert key.body["DeletionPolicy"] == "Retain"


def test_the_laptop_can_hold_it_and_writes_down_what_it_has_not_got(agents: Assembly, cloud: Assembly) -> None:
    more = {one.type for one in agents.all()} - {one.type for one in cloud.all()}

    more.remove("AWS::CloudFormation::Stack")  # the nested one that holds them
    assert more == {kind for kind in more if kind.startswith("AWS::BedrockAgentCore::")}
    assert more <= {record.type for record in records.read()}
