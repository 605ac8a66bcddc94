"""A step takes its model, gives a result that fits between two states, and fails with a name."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict
from shopwright.errors import Invalid, ShopwrightError, Unavailable
from shopwright.runtime import deadlines, task

from tests.fakes.gateway import Context


class Order(BaseModel):
    model_config = ConfigDict(extra="forbid")

    merchant_id: str
    text: str
    size: int = 1


@dataclass(frozen=True, slots=True)
class Parsed:
    words: tuple[str, ...]
    note: str | None = None


class Lost(Unavailable):
    """A thing that comes back."""


def embed(order: Order) -> Any:
    if order.text == "lost":
        raise Lost("Not there just now.")
    if order.text == "bug":
        raise ValueError(f"cannot read ann@example.com {order.text}")
    if order.text == "clock":
        return {"left": task.deadline().left_s()}
    if order.text == "model":
        return order
    return Parsed(tuple(["w" * 10] * order.size))


embed.__module__ = "embed"  # a step's name is its module's
HANDLER = task.handler(embed, Order)


def run(context: Context | None = None, **event: object) -> Any:
    return HANDLER({"merchant_id": "outdoor", **event}, context or Context(remaining_ms=120_000))


def test_a_dataclass_and_a_model_become_json() -> None:
    assert run(text="a b") == {"words": ["w" * 10], "note": None}
    assert run(text="model") == {"merchant_id": "outdoor", "text": "model", "size": 1}


def test_a_result_that_does_not_fit_between_two_states_is_refused() -> None:
    with pytest.raises(task.ResultTooLarge, match="put it in S3"):
        run(text="many", size=20_165)  # one word more than 256 KiB


def test_a_result_at_the_limit_passes() -> None:
    largest = (task.LARGEST_RESULT_BYTES - len('{"words":[],"note":null}') + 1) // len('"wwwwwwwwww",')

    result = run(text="many", size=largest)

    assert len(json.dumps(result, separators=(",", ":"))) <= 256 * 1024
    with pytest.raises(task.ResultTooLarge):
        run(text="many", size=largest + 1)


def test_text_counts_in_bytes() -> None:
    def step(order: Order) -> dict[str, str]:
        return {"text": "日" * 100_000}

    step.__module__ = "embed"
    with pytest.raises(task.ResultTooLarge):
        task.handler(step, Order)({"merchant_id": "outdoor", "text": ""}, Context())


@pytest.mark.parametrize("event", [{"text": 7, "secret": "hunter2"}, {"merchant_id": "outdoor"}, [], None, "hunter2"])
def test_an_input_of_the_wrong_shape_is_named_and_not_repeated(event: Any) -> None:
    with pytest.raises(task.MalformedInput) as refused:
        HANDLER(event, Context())

    assert "hunter2" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert issubclass(task.MalformedInput, Invalid)


def test_our_own_failures_keep_their_name_for_the_state_machine() -> None:
    with pytest.raises(Lost):
        run(text="lost")


def test_a_bug_leaves_its_message_out_of_the_executions_history(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(task.Unexpected) as failed:
        run(text="bug")

    assert "ann@" not in str(failed.value)
    assert "ValueError in embed" in str(failed.value)
    assert Context().aws_request_id in str(failed.value)
    assert failed.value.__cause__ is None
    assert failed.value.__suppress_context__
    written = capsys.readouterr().out
    assert "ann@" not in written
    assert "test_task.py" in written
    assert not issubclass(task.Unexpected, Unavailable)
    assert issubclass(task.Unexpected, ShopwrightError)


def test_a_step_knows_its_deadline() -> None:
    assert 100 < run(text="clock")["left"] <= deadlines.budgets()["step"]["embed"] / 1000
    assert run(Context(remaining_ms=1250), text="clock")["left"] <= 1.0


def test_a_step_without_a_deadline_does_not_run() -> None:
    def step(order: Order) -> None:
        raise AssertionError("it ran")

    step.__module__ = "nobody_gave_it_a_row"
    with pytest.raises(KeyError):
        task.handler(step, Order)({"merchant_id": "outdoor", "text": ""}, Context())


def test_each_run_is_counted_and_logged_without_what_it_was_about(capsys: pytest.CaptureFixture[str]) -> None:
    run(text="zanzibarine")

    written = capsys.readouterr().out
    lines = [json.loads(line) for line in written.splitlines()]
    assert "zanzibarine" not in written
    assert [line["merchant_id"] for line in lines if line.get("message") == "step done"] == ["outdoor"]
    assert [line["Steps"] for line in lines if "Steps" in line] == [[1.0]]
