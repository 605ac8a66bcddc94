"""What `make replay` and `make reembed` ask the service for, and what they say."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import boto3
import pytest

from local import operate, reembed, replay, terminal
from local.cloud import Running
from local.operate import Service


class Deployed(Service):
    """A service whose functions answer from a script, and note what they were asked."""

    def __init__(self, answers: Mapping[str, list[dict[str, Any]]], machine: Any = None) -> None:
        super().__init__(boto3.Session(region_name="us-east-1"), None, {"ReembeddingArn": "arn:reembedding"})
        object.__setattr__(self, "answers", {name: list(said) for name, said in answers.items()})
        object.__setattr__(self, "asked", [])
        object.__setattr__(self, "machine", machine)

    answers: dict[str, list[dict[str, Any]]]
    asked: list[Any]
    machine: Any

    def call(self, function: str, event: object) -> Any:
        self.asked.append(event)
        left = self.answers[function]
        return left.pop(0) if len(left) > 1 else left[0]

    def client(self, name: str) -> Any:
        return self.machine


class Machine:
    """Step Functions with one execution, which runs for some looks and then ends."""

    def __init__(self, status: str, looks: int = 2) -> None:
        self.status, self.looks = status, looks
        self.inputs: list[str] = []

    def start_execution(self, *, stateMachineArn: str, input: str) -> dict[str, str]:  # noqa: N803 - the SDK's names
        self.inputs.append(input)
        return {"executionArn": "arn:execution"}

    def describe_execution(self, *, executionArn: str) -> dict[str, str]:  # noqa: N803 - the SDK's name
        self.looks -= 1
        return {"status": "RUNNING" if self.looks >= 0 else self.status, "error": "NoSuchModel"}


def told(replayed: int, poison: int = 0, left: int = 0) -> dict[str, Any]:
    return {"replayed": replayed, "poison": poison, "left": left}


def stands(embedded: int, serving: str, previous: str | None = None) -> dict[str, Any]:
    return {"passages": 10, "embedded": embedded, "serving": serving, "previous": previous}


def test_a_replay_goes_on_until_nothing_is_left_to_do() -> None:
    service = Deployed({"replay-drops": [told(1000, left=200), told(200, 1, 1), told(0, 1, 1)]})
    said: list[str] = []

    assert replay.replay(service, "ingestion-failed", limit=None, dry=False, say=said.append) == 1200
    assert len(service.asked) == 3
    assert said[-1] == "  0 replayed, 1 that nobody can read, 1 in the queue now"


def test_a_dry_replay_looks_once_and_a_limit_is_kept() -> None:
    dry = Deployed({"replay-drops": [told(3, left=3)]})
    replay.replay(dry, "ingestion-failed", limit=None, dry=True, say=lambda line: None)
    assert dry.asked == [{"queue": "ingestion-failed", "dry": True}]

    limited = Deployed({"replay-drops": [told(4), told(1)]})
    assert replay.replay(limited, "ingestion-failed", limit=5, dry=False, say=lambda line: None) == 5
    assert [asked["limit"] for asked in limited.asked] == [5, 1]


def test_a_shop_that_the_model_serves_already_is_left_alone() -> None:
    machine = Machine("SUCCEEDED")
    service = Deployed({"switch-model": [stands(10, "next")]}, machine)

    reembed.reembed(service, "kitchen", "next", say=lambda line: None)

    assert machine.inputs == []


def test_a_job_is_followed_to_its_end() -> None:
    machine = Machine("SUCCEEDED")
    service = Deployed(
        {"switch-model": [stands(0, "first"), stands(4, "first"), stands(7, "first"), stands(10, "next")]}, machine
    )
    said: list[str] = []

    reembed.reembed(service, "kitchen", "next", say=said.append, pause=lambda seconds: None)

    assert machine.inputs == ['{"merchant_id": "kitchen", "model": "next"}']
    assert said == [
        "  kitchen: 4 of 10, first answers",
        "  kitchen: 7 of 10, first answers",
        "  kitchen: 10 of 10, next answers",
    ]


def test_a_job_that_fails_says_who_goes_on_answering() -> None:
    service = Deployed({"switch-model": [stands(0, "first")]}, Machine("FAILED"))

    with pytest.raises(reembed.Failed, match="NoSuchModel; first goes on answering"):
        reembed.reembed(service, "kitchen", "next", say=lambda line: None, pause=lambda seconds: None)


def test_there_is_a_way_back_only_from_the_model_that_answers() -> None:
    machine = Machine("SUCCEEDED")
    said: list[str] = []
    reembed.back(Deployed({"switch-model": [stands(10, "first")]}, machine), "kitchen", "next", say=said.append)

    assert machine.inputs == []
    assert said == ["  kitchen: there is no way back from next; first answers"]


def nothing_runs() -> Running | None:
    return None


@pytest.mark.parametrize("command", [replay.main, reembed.main])
def test_without_a_running_cloud_the_commands_name_the_one_that_starts_it(
    command: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {replay.main: ["ingestion-failed"], reembed.main: ["kitchen", "next"]}[command]

    assert terminal.run(partial(command, given, find=partial(operate.find, laptop=nothing_runs))) == 1
    assert "make up" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "given"), [(replay.main, []), (replay.main, ["drops"]), (reembed.main, ["kitchen"])]
)
def test_a_command_that_cannot_be_says_how_it_is_given(
    command: Any, given: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("QUEUE", "MERCHANT", "MODEL"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(SystemExit):
        command(given, find=lambda stage: pytest.fail("a wrong command line does not get as far as the service"))
    assert "make re" in capsys.readouterr().err


def test_what_is_not_deployed_yet_is_said_by_its_name() -> None:
    service = Service(boto3.Session(region_name="us-east-1"), None, {})

    with pytest.raises(terminal.Stop, match="ReplayDropsFunctionName"):
        service.call("replay-drops", {})
