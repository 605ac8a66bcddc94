"""Tokens, costs and failures of questions to models are told as metrics."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from shopwright.costs.price import Bill, Line, Tokens
from shopwright.llm.meter import tell
from shopwright.llm.say import Done, Estimate, Fell, Tried, Why
from shopwright.observability.metrics import metrics

STALLED = Tried("nova-lite", Why.STALLED, Estimate(900, 5000))
BILL = Bill((Line("nova-micro", 37_100),))


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "chat")
    metrics.cache_clear()
    yield
    metrics().clear_metrics()
    metrics.cache_clear()


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    metrics().flush_metrics()
    line: dict[str, Any] = json.loads(capsys.readouterr().out)
    return {name: value for name, value in line.items() if name.startswith("Model")}


def test_an_answer_tells_its_tokens_and_its_cost(capsys: pytest.CaptureFixture[str]) -> None:
    tell(Done("nova-micro", "x", (1,), Estimate(1200, 90_000), Tokens(600, 40, 200, 0), BILL, tried=(STALLED,)))

    assert told(capsys) == {
        "ModelQuestions": [1],
        "ModelNanoDollars": [37_100],
        "ModelFailed.model_stalled": [1],
        "ModelInputTokens": [600],
        "ModelCachedTokens": [200],
        "ModelOutputTokens": [40],
        "ModelEstimateRatio": [1.5],
    }


def test_a_question_that_no_model_answered_tells_why(capsys: pytest.CaptureFixture[str]) -> None:
    tell(Fell(Why.STALLED, BILL, (STALLED, STALLED)))

    assert told(capsys) == {
        "ModelQuestions": [1],
        "ModelNanoDollars": [37_100],
        "ModelFailed.model_stalled": [1, 1],
        "ModelFell.model_stalled": [1],
    }


def test_a_second_question_of_a_request_tells_its_own_cost_alone(capsys: pytest.CaptureFixture[str]) -> None:
    tell(Fell(Why.EMPTY, BILL), before=Bill((Line("nova-micro", 30_000),)))

    assert told(capsys)["ModelNanoDollars"] == [7_100]


def test_a_cost_that_is_not_in_the_ledger_is_noticed(capsys: pytest.CaptureFixture[str]) -> None:
    tell(Done("nova-micro", "x", (1,), Estimate(1200, 90_000), Tokens(600, 40), BILL, entered=False))

    assert told(capsys)["ModelCostNotEntered"] == [1]
