"""Sources beside our own, the further check, breakers and hand-overs: what a stage names may be asked, and no more."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from cdk.stages import DEV, PROD
from tests.cdk.assembly import Assembly
from tests.cdk.permissions import permissions

ANSWERING = ("chat", "chat-stream")
BASE, APPLICATION, RETRIEVER, GUARDRAIL = "KB12345678", "a" + "1" * 35, "b" + "2" * 35, "abcdefgh1234"
ACTIONS = {"bedrock:Retrieve", "qbusiness:SearchRelevantContent", "bedrock:ApplyGuardrail"}
VARIABLES = {
    "KNOWLEDGE_BASE_ID": BASE,
    "AMAZON_Q_APPLICATION_ID": APPLICATION,
    "AMAZON_Q_RETRIEVER_ID": RETRIEVER,
    "GUARDRAIL_ID": GUARDRAIL,
    "GUARDRAIL_VERSION": "3",
}


@pytest.fixture(scope="module")
def everything(synthesize: Callable[..., Assembly]) -> Assembly:
    """Stage dev with every source there is, and a model for the guardrail to check."""
    named: dict[str, Any] = {name.lower(): value for name, value in VARIABLES.items()}
    return synthesize(replace(DEV, models="bedrock", **named))


def role(cloud: Assembly, function: str) -> dict[str, set[str]]:
    found = cloud.function(function)
    table = permissions(cloud)[cloud.label(found.stack, found.properties["Role"])]
    return {str(reach): set(actions) for reach, actions in table.items()}


def endpoints(cloud: Assembly) -> str:
    return str([one.properties["ServiceName"] for one in cloud.all("AWS::EC2::VPCEndpoint")])


@pytest.mark.parametrize("function", ANSWERING)
def test_a_stage_that_names_no_source_may_ask_none(cloud: Assembly, function: str) -> None:
    given = cloud.function(function).properties["Environment"]["Variables"]

    assert {given[name] for name in VARIABLES} == {""}
    assert not ACTIONS & {action for actions in role(cloud, function).values() for action in actions}
    assert "bedrock-agent-runtime" not in endpoints(cloud)
    assert "qbusiness" not in endpoints(cloud)


@pytest.mark.parametrize("function", ANSWERING)
def test_a_stage_that_names_them_may_ask_just_these(everything: Assembly, function: str) -> None:
    given = everything.function(function).properties["Environment"]["Variables"]
    reached = {
        action: reach
        for reach, actions in role(everything, function).items()
        for action in actions
        if action in ACTIONS
    }

    assert {name: given[name] for name in VARIABLES} == VARIABLES
    assert set(reached) == ACTIONS
    assert reached["bedrock:Retrieve"].endswith(f":knowledge-base/{BASE}")
    assert reached["qbusiness:SearchRelevantContent"].endswith(f":application/{APPLICATION}")
    assert reached["bedrock:ApplyGuardrail"].endswith(f":guardrail/{GUARDRAIL}")
    assert "*" not in "".join(reached.values())


def test_functions_in_the_network_reach_the_sources_that_there_are(everything: Assembly) -> None:
    assert "bedrock-agent-runtime" in endpoints(everything)
    assert "qbusiness" in endpoints(everything)


def test_only_functions_that_answer_may_ask_sources(everything: Assembly) -> None:
    may = [name for name, table in permissions(everything).items() if any(ACTIONS & set(one) for one in table.values())]

    assert len(may) == len(ANSWERING)


@pytest.mark.parametrize(
    ("named", "says"),
    [
        ({"amazon_q_application_id": APPLICATION}, "amazon_q_retriever_id go together"),
        ({"guardrail_id": GUARDRAIL}, "guardrail_version go together"),
        ({"guardrail_id": GUARDRAIL, "guardrail_version": "3"}, "checks what a model says"),
    ],
)
def test_a_stage_that_names_half_of_something_cannot_be_made(named: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        replace(DEV, **named)
    assert not PROD.guardrail_id


@pytest.mark.parametrize("function", ANSWERING)
def test_who_answers_shares_its_circuits_with_all_of_the_stage(cloud: Assembly, function: str) -> None:
    circuits = {action for reach, actions in role(cloud, function).items() if "Circuits" in reach for action in actions}

    assert circuits == {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"}


@pytest.mark.parametrize(
    ("function", "may"),
    [
        ("chat", {"dynamodb:PutItem"}),
        ("chat-stream", {"dynamodb:PutItem"}),
        ("sessions", {"dynamodb:DeleteItem"}),
        ("handovers", {"dynamodb:GetItem", "dynamodb:Query", "dynamodb:UpdateItem"}),
    ],
)
def test_what_is_handed_over_is_written_by_some_read_by_one_and_ended_by_another(
    cloud: Assembly, function: str, may: set[str]
) -> None:
    handed = {action for reach, actions in role(cloud, function).items() if "Handovers" in reach for action in actions}

    assert handed == may


def test_merchants_are_told_over_tls_by_those_who_answer_alone_and_the_word_is_sealed(cloud: Assembly) -> None:
    (topic,) = [one for one in cloud.all("AWS::SNS::Topic") if "Handover" in one.path]
    tell = [
        name
        for name, table in permissions(cloud).items()
        if any("sns:Publish" in may and topic.path in reach for reach, may in table.items())
    ]

    assert topic.properties["KmsMasterKeyId"]
    assert len(tell) == len(ANSWERING)
    assert any(
        "aws:SecureTransport" in str(policy.properties) and topic.id in str(policy.properties["Topics"])
        for policy in cloud.all("AWS::SNS::TopicPolicy")
    )
