"""One bad message does not hold up the others of its batch."""

import json
from typing import Any

import pytest
from pydantic import BaseModel
from shopwright.errors import Unavailable
from shopwright.runtime import queue

from tests.fakes.gateway import Context


class Drop(BaseModel):
    key: str


class Dispatch:
    """Remembers what it was given, and fails on demand."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def handler(self) -> queue.QueueHandler:
        def dispatch(drop: Drop) -> None:
            if drop.key == "down":
                raise Unavailable("Not now.")
            if drop.key == "bug":
                raise ValueError("ann@example.com")
            self.seen.append(drop.key)

        dispatch.__module__ = "dispatch"
        return queue.handler(dispatch, Drop)


def batch(*bodies: str) -> dict[str, Any]:
    return {
        "Records": [
            {
                "messageId": f"m{number}",
                "receiptHandle": "r",
                "body": body,
                "attributes": {},
                "messageAttributes": {},
                "md5OfBody": "",
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-west-1:000000000000:q",
                "awsRegion": "eu-west-1",
            }
            for number, body in enumerate(bodies)
        ]
    }


def failed(answer: Any) -> list[str]:
    return [item["itemIdentifier"] for item in answer["batchItemFailures"]]


def keyed(key: str) -> str:
    return json.dumps({"key": key})


def test_a_good_batch_is_done() -> None:
    desk = Dispatch()

    assert failed(desk.handler()(batch(keyed("a"), keyed("b")), Context())) == []
    assert desk.seen == ["a", "b"]


def test_only_what_failed_comes_back(capsys: pytest.CaptureFixture[str]) -> None:
    desk = Dispatch()

    answer = desk.handler()(
        batch(keyed("a"), keyed("down"), keyed("bug"), "not json", '{"no": "key"}', keyed("b")), Context()
    )

    assert failed(answer) == ["m1", "m2", "m3", "m4"]
    assert desk.seen == ["a", "b"]
    written = capsys.readouterr().out
    assert "ann@" not in written
    assert "not json" not in written
    lines = [json.loads(line) for line in written.splitlines()]
    assert [line["error"] for line in lines if line.get("message") == "message failed"] == [
        "Unavailable", "ValueError", "MalformedMessage", "MalformedMessage",
    ]  # fmt: skip
    assert [line["MessageFailures"] for line in lines if "MessageFailures" in line] == [[1.0] * 4]


def test_a_batch_that_failed_whole_comes_back_whole_and_raises_nothing() -> None:
    assert failed(Dispatch().handler()(batch(keyed("down"), keyed("down")), Context())) == ["m0", "m1"]


def test_when_time_is_up_the_rest_comes_back() -> None:
    desk = Dispatch()

    answer = desk.handler()(batch(keyed("a"), keyed("b")), Context(remaining_ms=100))

    assert failed(answer) == ["m0", "m1"]
    assert desk.seen == []
