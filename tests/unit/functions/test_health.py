"""Alive is the function's own word; ready is the word of everything it needs."""

import health

from tests.fakes import gateway
from tests.fakes.gateway import Answer


def ask(path: str, **down: bool) -> Answer:
    there = {"postgresql": True, "valkey": True, "dynamodb": True, **down}
    return gateway.send(health.build(lambda: health.Desk(ask=lambda: there)), gateway.request("GET", path))


def test_alive_needs_nothing() -> None:
    def nobody() -> health.Desk:
        raise AssertionError("a dependency was asked")

    answer = gateway.send(health.build(nobody), gateway.request("GET", "/v1/health"))

    assert (answer.status, answer.body) == (200, {"status": "ok"})


def test_ready_when_everything_is() -> None:
    answer = ask("/v1/ready")

    assert answer.status == 200
    assert answer.body == {
        "status": "ok",
        "dependencies": {"postgresql": "ok", "valkey": "ok", "dynamodb": "ok"},
    }


def test_one_that_is_down_is_named_and_nothing_more_is_said() -> None:
    answer = ask("/v1/ready", valkey=False)

    assert (answer.status, answer.headers["retry-after"]) == (503, "2")
    assert answer.body == {
        "status": "unavailable",
        "dependencies": {"postgresql": "ok", "valkey": "unavailable", "dynamodb": "ok"},
    }
    assert answer.headers["x-request-id"] == gateway.REQUEST_ID
