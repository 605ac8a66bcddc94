"""What whoever answers reaches, and what whoever has answers made elsewhere does: changes when an answer needs more."""

from cdk.parts.grants import (
    Grantee,
    allow,
    read_secret,
    use_cache,
    use_circuits,
    use_database,
    use_models,
    use_reader,
    use_rows,
    use_sources,
    use_table,
)
from cdk.parts.ground import Ground
from cdk.parts.layers import MORE_MODELS
from cdk.stacks.data import Data


def let_answer(grantee: Grantee, ground: Ground) -> None:
    """Everything that an answer is made from (`runtime/answering.py`)."""
    data = ground.data
    for name, value in {
        "CARTS_TABLE": data.carts.table_name,
        "MEMBERS_TABLE": data.members.table_name,
        "SESSIONS_TABLE": data.sessions.table_name,
        "MORE_MODELS": MORE_MODELS,
    }.items():
        grantee.add_environment(name, value)
    use_database(grantee, data)
    use_cache(grantee, data)
    use_reader(grantee, data)
    use_models(grantee, ground)
    use_sources(grantee, ground)
    use_circuits(grantee, data)
    use_rows(grantee, data.members, "merchant#", "GetItem")  # how the shop is reached, as it shows itself
    use_table(grantee, data.carts, "GetItem", "PutItem")
    use_table(grantee, data.sessions, "GetItem", "PutItem", "Query")


def let_ask(grantee: Grantee, ground: Ground, agent_arn: str | None) -> None:
    """Answer itself, or ask AgentCore's program and reach nothing that answers are made from."""
    grantee.add_environment("ORCHESTRATOR", ground.stage.orchestrator)
    if agent_arn is None:
        let_answer(grantee, ground)
        return
    use_cache(grantee, ground.data)  # where a merchant's requests are counted
    grantee.add_environment("AGENT_RUNTIME_ARN", agent_arn)
    for resource in (agent_arn, f"{agent_arn}/runtime-endpoint/DEFAULT"):
        allow(grantee, ["bedrock-agentcore:InvokeAgentRuntime"], resource)
    use_warrants(grantee, ground.data)


def use_warrants(grantee: Grantee, data: Data) -> None:
    """The key by which it is said, and believed, who asks."""
    if data.warrant_key_secret is None:
        raise ValueError("There are no warrants: the stage's orchestrator is inline.")
    grantee.add_environment("WARRANT_SECRET_ARN", data.warrant_key_secret.secret_arn)
    read_secret(grantee, data.warrant_key_secret)
