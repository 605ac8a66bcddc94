"""State machines and code agree: what one calls exists, what it retries may be retried, nothing hangs or vanishes."""

import inspect
import json
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import shopwright
from shopwright.errors import ShopwrightError, Unavailable

from tests.cdk.assembly import FUNCTIONS, ROOT, dev

MACHINES = sorted((ROOT / "statemachines").glob("*.asl.json"))

# What Lambda and Step Functions raise when trying again is safe. Nothing else of the platform's is retried.
PLATFORM = {
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
    # An environment that ended, or was ended, in the middle of a call: what we do in one may be repeated.
    "Runtime.ExitError",
    "Lambda.Unknown",
    "Sandbox.Timedout",
}
# A service integration raises no error of ours; sending the same message again is safe.
OF_AN_INTEGRATION = {"States.TaskFailed"}


@dataclass(frozen=True, slots=True)
class Task:
    """A task, the map or parallel states around it, and the states that it stands among."""

    name: str
    body: dict[str, Any]
    around: tuple[dict[str, Any], ...]
    among: dict[str, Any]

    @property
    def calls_us(self) -> bool:
        resource = str(self.body["Resource"]).removesuffix(".waitForTaskToken")
        return resource == "arn:aws:states:::lambda:invoke" or resource.startswith("${")

    @property
    def is_last_resort(self) -> bool:
        """After it there is only failure, so that there is nothing left to do when it fails itself."""
        return not self.calls_us and bool(self.among[self.body["Next"]]["Type"] == "Fail")


def tasks(machine: dict[str, Any], around: tuple[dict[str, Any], ...] = ()) -> Iterator[Task]:
    """Every task of a machine, also those in a map or a branch."""
    for name, state in machine["States"].items():
        if state["Type"] == "Task":
            yield Task(name, state, around, machine["States"])
        for inner in (state.get("ItemProcessor"), state.get("Iterator"), *state.get("Branches", [])):
            if inner:
                yield from tasks(inner, (*around, state))


def every_task() -> list[Any]:
    return [
        pytest.param(task, id=f"{path.name.removesuffix('.asl.json')}-{task.name}")
        for path in MACHINES
        for task in tasks(json.loads(path.read_text(encoding="utf-8")))
    ]


@cache
def our_errors() -> dict[str, type[ShopwrightError]]:
    """Every error of ours by its name, which is what Step Functions matches."""
    named: dict[str, type[ShopwrightError]] = {}
    for module in pkgutil.walk_packages(shopwright.__path__, "shopwright."):
        for name, member in inspect.getmembers(import_module(module.name), inspect.isclass):
            if issubclass(member, ShopwrightError):
                assert named.setdefault(name, member) is member, f"two errors are called {name}"
    return named


@pytest.mark.parametrize("path", MACHINES, ids=lambda path: path.name)
def test_every_lambda_that_a_machine_names_is_a_function_folder(path: Path) -> None:
    named = {
        re.sub(r"(?<!^)(?=[A-Z])", "-", name.removesuffix("Arn")).lower()
        for name in re.findall(r"\$\{([A-Za-z]+Arn)\}", path.read_text(encoding="utf-8"))
    }

    assert named
    assert named <= set(FUNCTIONS)


@pytest.mark.parametrize("path", MACHINES, ids=lambda path: path.name)
def test_cdk_binds_every_name_of_a_machine_to_its_own_function(path: Path) -> None:
    cloud = dev()
    name = path.name.removesuffix(".asl.json")
    (machine,) = [one for one in cloud.all("AWS::StepFunctions::StateMachine") if one.path.endswith(f"/{name}/Machine")]
    bound = machine.properties["DefinitionSubstitutions"]

    assert set(bound) == set(re.findall(r"\$\{([A-Za-z0-9]+)\}", path.read_text(encoding="utf-8")))
    for placeholder, value in bound.items():
        if placeholder.endswith("Arn"):
            folder = re.sub(r"(?<!^)(?=[A-Z])", "-", placeholder.removesuffix("Arn")).lower()
            assert cloud.label("Service", value) == cloud.function(folder).path


@pytest.mark.parametrize("task", every_task())
def test_only_what_is_safe_to_retry_is_retried(task: Task) -> None:
    allowed = PLATFORM if task.calls_us else PLATFORM | OF_AN_INTEGRATION
    for retrier in task.body.get("Retry", []):
        for error in retrier["ErrorEquals"]:
            if error in allowed:
                continue
            assert error in our_errors(), f"{error} is no error of ours"
            assert issubclass(our_errors()[error], Unavailable), f"{error} may not be retried"


@pytest.mark.parametrize("task", every_task())
def test_every_error_of_ours_that_a_task_catches_exists(task: Task) -> None:
    for state in (task.body, *task.around):
        for catcher in state.get("Catch", []):
            unknown = [error for error in catcher["ErrorEquals"] if error not in our_errors() and error != "States.ALL"]
            assert unknown == []


@pytest.mark.parametrize("task", every_task())
def test_no_task_waits_for_ever_nor_gives_up_before_its_function_does(task: Task) -> None:
    assert 0 < task.body["TimeoutSeconds"] <= 900
    if task.calls_us:
        named = re.search(r"\$\{([A-Za-z]+)Arn\}", json.dumps(task.body))
        assert named is not None
        folder = re.sub(r"(?<!^)(?=[A-Z])", "-", named[1]).lower()
        assert task.body["TimeoutSeconds"] >= dev().function(folder).properties["Timeout"]


@pytest.mark.parametrize("task", every_task())
def test_no_failure_of_a_task_goes_unnoticed(task: Task) -> None:
    if task.is_last_resort:
        return
    caught = [catcher["ErrorEquals"] for state in (task.body, *task.around) for catcher in state.get("Catch", [])]

    assert ["States.ALL"] in caught
