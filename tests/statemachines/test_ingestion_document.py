"""The ingestion machine as it is written: what it may retry, what it catches, and that no path ends in silence."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from shopwright.documents.rejected import Rejected
from shopwright.errors import Unavailable

ROOT = Path(__file__).parents[2]
MACHINE = json.loads((ROOT / "statemachines" / "ingestion.asl.json").read_text("utf-8"))
PLATFORM = {
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
    # An environment that ended, or was ended, in the middle of a call. Every step may be repeated.
    "Runtime.ExitError",
    "Lambda.Unknown",
    "Sandbox.Timedout",
}
RESTART_S = 240  # what a server may need to come back, or its standby to take over
DROP = {f"{name}.$" for name in ("bucket", "key", "sequencer", "size", "merchant_id", "document_id")}


def states(machine: Any = MACHINE) -> Iterator[tuple[str, Any]]:
    for name, state in machine["States"].items():
        yield name, state
        if "ItemProcessor" in state:
            yield from states(state["ItemProcessor"])


def tasks() -> list[tuple[str, Any]]:
    return [(name, state) for name, state in states() if state["Type"] == "Task"]


def descendants(kind: type[Exception]) -> set[str]:
    children: list[type[Exception]] = kind.__subclasses__()
    return {name for child in children for name in {child.__name__, *descendants(child)}}


@pytest.mark.parametrize(("name", "state"), tasks(), ids=[name for name, _ in tasks()])
def test_every_task_has_a_timeout_and_retries_only_what_is_safe_to_retry(name: str, state: Any) -> None:
    # Every module that may raise one must be known here.
    import shopwright.database.connection
    import shopwright.documents.s3
    import shopwright.documents.sandbox
    import shopwright.orchestrator.answer_cache
    import shopwright.resilience.deadline
    import shopwright.tenancy.secretsmanager  # noqa: F401

    assert 0 < state["TimeoutSeconds"] <= 300
    for rule in state["Retry"]:
        assert set(rule["ErrorEquals"]) <= descendants(Unavailable) | PLATFORM | {"States.TaskFailed"}
        assert "States.TaskFailed" not in rule["ErrorEquals"] or name == "KeepForAnOperator"
        assert rule["MaxDelaySeconds"] <= 30
        assert rule["JitterStrategy"] == "FULL"


def waits(rule: Any) -> list[float]:
    """The longest waits before each try; with full jitter, half of each is what to expect."""
    return [
        min(rule["IntervalSeconds"] * rule["BackoffRate"] ** tried, rule["MaxDelaySeconds"])
        for tried in range(rule["MaxAttempts"])
    ]


@pytest.mark.parametrize(("name", "state"), tasks(), ids=[name for name, _ in tasks()])
def test_a_step_outlasts_the_restart_of_a_server_and_the_machine_outlasts_its_steps(name: str, state: Any) -> None:
    if name == "KeepForAnOperator":
        return
    (rule,) = (rule for rule in state["Retry"] if "DatabaseUnavailable" in rule["ErrorEquals"])
    most = waits(rule)
    # A sum of waits, each uniform between nothing and its longest: three standard deviations below its mean.
    unlucky = sum(most) / 2 - 3 * (sum(wait**2 for wait in most) / 12) ** 0.5

    assert unlucky > RESTART_S
    # An unavailable server is told within seconds: ten are allowed here for each try, in five states one after another.
    assert 5 * (sum(most) + 10 * len(most)) < MACHINE["TimeoutSeconds"]


def test_a_file_that_can_be_refused_is_caught_by_each_of_its_names() -> None:
    for name in ("Parse", "EachBatch", "Insert"):
        *before, refused, anything = MACHINE["States"][name]["Catch"]
        assert [(rule["ErrorEquals"], rule["Next"]) for rule in before] == (
            [(["VectorsGone", "ModelSwitched"], "Parse")] if name == "Insert" else []
        )
        assert set(refused["ErrorEquals"]) == descendants(Rejected)
        assert refused["Next"] == "Quarantine"
        assert (anything["ErrorEquals"], anything["Next"]) == (["States.ALL"], "RecordFailure")


def test_a_document_whose_kept_vectors_are_gone_is_read_again() -> None:
    again = MACHINE["States"]["Insert"]["Catch"][0]

    assert (again["ErrorEquals"], again["Next"]) == (["VectorsGone", "ModelSwitched"], "Parse")
    assert len(MACHINE["States"]["Parse"]["Catch"]) == 2  # what is read again is caught like what is read first


def test_no_failure_ends_in_silence() -> None:
    for name, state in MACHINE["States"].items():
        if state["Type"] in ("Task", "Map") and name != "KeepForAnOperator":
            assert state["Catch"][-1]["ErrorEquals"] == ["States.ALL"], name
    assert MACHINE["States"]["RecordFailure"]["Catch"][-1]["Next"] == "KeepForAnOperator"
    assert MACHINE["States"]["KeepForAnOperator"]["Parameters"]["MessageBody.$"] == "$$.Execution.Input"
    assert MACHINE["States"]["KeepForAnOperator"]["Next"] == "Failed"
    assert MACHINE["States"]["Failed"]["Type"] == "Fail"


def test_between_states_go_ids_and_keys_and_results_are_named_field_by_field() -> None:
    for name, state in tasks():
        if name == "KeepForAnOperator":
            continue
        payload = state["Parameters"]["Payload"]
        assert set(payload) >= DROP
        own = {"batch.$", "batches.$", "sha256.$", "feed.$", "model.$", "outcome", "error.$"}
        assert set(payload) - DROP <= own
        assert "ResultSelector" in state or state["OutputPath"] == "$.Payload.batch"


def test_every_place_holder_is_one_that_the_stack_fills() -> None:
    assert set(re.findall(r"\$\{(\w+)\}", json.dumps(MACHINE))) == {
        "IngestParseArn",
        "PiiSanitizeArn",
        "EmbedArn",
        "InsertVectorsArn",
        "QuarantineArn",
        "RemoveDocumentArn",
        "FailedQueueUrl",
    }


def test_every_state_is_reached_and_every_next_is_there() -> None:
    def next_of(state: Any) -> set[str]:
        named = {state[key] for key in ("Next", "Default") if key in state}
        return named | {rule["Next"] for rule in [*state.get("Choices", []), *state.get("Catch", [])]}

    for machine in (MACHINE, MACHINE["States"]["EachBatch"]["ItemProcessor"]):
        reached = {machine["StartAt"]}
        while more := set().union(*(next_of(machine["States"][name]) for name in reached)) - reached:
            reached |= more
        assert reached == set(machine["States"])
