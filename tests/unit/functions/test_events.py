"""Every sample event is what its function takes: it is parsed by that function's own model, so it cannot go stale."""

import importlib
import json
from pathlib import Path
from typing import Any, cast

import pytest
from shopwright.runtime.http import Handler
from shopwright.runtime.queue import FifoHandler, QueueHandler
from shopwright.runtime.task import TaskHandler
from shopwright.tenancy.member import Member
from shopwright.tenancy.tenant import Tenant
from shopwright.tenancy.widget import Widget

from tests.fakes import gateway
from tests.fakes.bulkhead import roomy
from tests.fakes.members import FakeMembers
from tests.fakes.trail import FakeAudit

ROOT = Path(__file__).parents[3]
EVENTS = sorted((ROOT / "events").rglob("*.json"))
TURNED_AWAY = {400, 401, 403, 404, 413, 415, 422}


class Reached(Exception):
    """The event has passed admission and its route's model."""


class Counter:
    """A desk that lets the event's own caller in, and has nothing on it. It notes that it was asked for more."""

    def __init__(self, members: FakeMembers) -> None:
        self.members = members
        self.trail = FakeAudit()
        self.bulkhead = roomy()
        self.reached = False

    def __getattr__(self, name: str) -> Any:
        self.reached = True
        raise Reached(name)


def owner(event: dict[str, Any]) -> FakeMembers:
    """A members table with the caller of this event in good standing, or the widget of its page."""
    claims = (event["requestContext"].get("authorizer") or {}).get("claims")
    if claims is None:
        origin = frozenset({event["headers"].get("Origin", "")})
        key = json.loads(event["body"] or "{}").get("widget_key", "none")
        return FakeMembers(widgets=(Widget(key, Tenant("outdoor"), origin),))
    subject = f"user#{claims['username']}" if "username" in claims else f"client#{claims['client_id']}"
    return FakeMembers(
        Member(subject, claims["merchant_id"], claims["role"], scopes=frozenset(claims["scope"].split()))
    )


def test_there_are_events() -> None:
    assert EVENTS


def test_every_function_has_an_event() -> None:
    """`migrate` answers CloudFormation; its events are CloudFormation's."""
    functions = {folder.name for folder in (ROOT / "functions").iterdir() if any(folder.glob("*.py"))}

    assert functions - {path.parent.name for path in EVENTS} <= {"migrate"}


@pytest.mark.parametrize("path", EVENTS, ids=lambda path: str(path.relative_to(ROOT / "events")))
def test_an_event_is_what_its_function_takes(path: Path) -> None:
    module = importlib.import_module(path.parent.name.replace("-", "_"))
    event = json.loads(path.read_text("utf-8"))
    handler = module.handler
    if isinstance(handler, TaskHandler):
        handler.model.model_validate(event)
    elif isinstance(handler, QueueHandler | FifoHandler):
        assert event["Records"]
        for record in event["Records"]:
            handler.model.model_validate_json(record["body"])
    elif isinstance(handler, Handler):
        desk = Counter(owner(event))
        answer = gateway.send(module.build(lambda: cast(Any, desk)), event)
        assert answer.status not in TURNED_AWAY, answer
        assert desk.reached or answer.status < 300, answer
    elif path.parent.name == "migrate":  # one handler for CloudFormation's call and for one by hand
        model = module.ResourceRequest if "RequestType" in event else module.ByHand
        model.model_validate(event)
    else:
        pytest.fail(f"{path.parent.name} answers by a handler that no rule here knows")


def test_an_event_that_its_function_does_not_take_is_noticed() -> None:
    import guests

    event = json.loads((ROOT / "events" / "guests" / "visit.json").read_text("utf-8"))
    answer = gateway.send(
        guests.build(lambda: cast(Any, Counter(owner(event)))), {**event, "body": '{"widget": "wk_outdoor_demo"}'}
    )

    assert answer.status in TURNED_AWAY
