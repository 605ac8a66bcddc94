"""Language models: a stage that has some may ask those and no others, and pays from a ledger; one without asks none."""

from collections.abc import Callable

import pytest

from cdk.stages import PROD
from tests.cdk.assembly import Assembly
from tests.cdk.permissions import permissions

ANSWERING = ("chat", "chat-stream")


@pytest.fixture(scope="module")
def prod(synthesize: Callable[..., Assembly]) -> Assembly:
    return synthesize(PROD)


def role(cloud: Assembly, function: str) -> dict[str, set[str]]:
    found = cloud.function(function)
    table = permissions(cloud)[cloud.label(found.stack, found.properties["Role"])]
    return {str(reach): set(actions) for reach, actions in table.items()}


@pytest.mark.parametrize("function", ANSWERING)
def test_a_stage_without_models_may_ask_none(cloud: Assembly, function: str) -> None:
    assert cloud.function(function).properties["Environment"]["Variables"]["MODELS"] == "none"
    assert not [action for actions in role(cloud, function).values() for action in actions if "bedrock" in action]


@pytest.mark.parametrize("function", ANSWERING)
def test_a_stage_with_models_may_ask_the_ladders_and_no_others(prod: Assembly, function: str) -> None:
    asked = {
        reach: actions
        for reach, actions in role(prod, function).items()
        if any(action.startswith("bedrock:") for action in actions)
    }

    assert prod.function(function).properties["Environment"]["Variables"]["MODELS"] == "bedrock"
    assert all(
        actions == {"bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"} for actions in asked.values()
    )
    assert all("nova-" in reach for reach in asked)
    assert sum("foundation-model" in reach for reach in asked) == 4


@pytest.mark.parametrize("function", ANSWERING)
def test_what_is_spent_is_entered_in_the_ledger(prod: Assembly, function: str) -> None:
    ledger = {action for reach, actions in role(prod, function).items() if "Ledger" in reach for action in actions}

    assert ledger == {
        "dynamodb:BatchGetItem",
        "dynamodb:ConditionCheckItem",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
    }


def test_only_functions_that_answer_may_ask_models(prod: Assembly) -> None:
    may = {
        name
        for name, table in permissions(prod).items()
        if any(action.startswith("bedrock:") for actions in table.values() for action in actions)
    }

    assert len(may) == len(ANSWERING)
