"""Migrations by CloudFormation, which must always be answered, and by hand, where going down must be meant."""

import json
from typing import Any

import migrate
import pytest
from shopwright.database.migrate import MigrationFailed

from tests.unit.functions.ingestion import context, sample


class Clerk:
    """A schema that remembers how far it is, and the answers that CloudFormation got."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.at, self.failure = 0, failure
        self.answers: dict[str, Any] = {}

    def up(self, to: int | None, models: Any = ()) -> tuple[int, ...]:
        self.models = [model.name for model in models]
        if self.failure:
            raise self.failure
        before, self.at = self.at, 4 if to is None else to
        return tuple(range(before + 1, self.at + 1))

    def down(self, to: int) -> tuple[int, ...]:
        before, self.at = self.at, to
        return tuple(range(before, to, -1))

    def call(self, event: Any) -> Any:
        desk = migrate.Desk(self.up, self.down, lambda url, body: self.answers.update({url: json.loads(body)}))
        return migrate.build(lambda: desk)(event, context())


def test_cloudformation_is_answered_with_what_was_applied() -> None:
    clerk = Clerk()
    request = sample("migrate/create.json")
    clerk.call(request)

    (answer,) = clerk.answers.values()
    assert list(clerk.answers) == [request["ResponseURL"]]
    assert (answer["Status"], answer["Data"]) == ("SUCCESS", {"Applied": "1,2,3,4"})
    assert all(answer[name] == request[name] for name in ("StackId", "RequestId", "LogicalResourceId"))
    clerk.call({**request, "RequestType": "Update", "PhysicalResourceId": answer["PhysicalResourceId"]})
    assert clerk.answers[request["ResponseURL"]]["Data"] == {"Applied": ""}


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (MigrationFailed("Migration 3 failed."), "MigrationFailed: Migration 3 failed."),
        (RuntimeError("password=hunter2"), "RuntimeError; see the log of request request-1"),
    ],
)
def test_cloudformation_is_told_of_a_failure_instead_of_being_left_to_wait(failure: Exception, reason: str) -> None:
    clerk = Clerk(failure)
    clerk.call(sample("migrate/create.json"))

    (answer,) = clerk.answers.values()
    assert (answer["Status"], answer["Reason"]) == ("FAILED", reason)


def test_deleting_the_resource_leaves_the_data() -> None:
    clerk = Clerk()
    clerk.call(sample("migrate/create.json"))
    clerk.call({**sample("migrate/create.json"), "RequestType": "Delete"})

    assert clerk.at == 4


def test_by_hand_it_goes_up_and_says_so() -> None:
    assert Clerk().call(sample("migrate/up.json")) == {"direction": "up", "migrations": (1, 2, 3, 4)}


@pytest.mark.parametrize(
    "event",
    [{"direction": "down"}, {"direction": "down", "to": 0}, {"direction": "down", "allow_data_loss": True}],
)
def test_going_down_is_refused_unless_it_is_meant(event: dict[str, object]) -> None:
    clerk = Clerk()
    clerk.at = 4
    with pytest.raises(migrate.DownRefused):
        clerk.call(event)
    assert clerk.at == 4
    assert clerk.call({"direction": "down", "to": 2, "allow_data_loss": True})["migrations"] == (4, 3)


@pytest.mark.parametrize(
    "event", [{}, {"direction": "sideways"}, {"RequestType": "Create"}, {"direction": "up", "to": -1}]
)
def test_a_call_that_is_neither_is_refused(event: dict[str, object]) -> None:
    with pytest.raises(migrate.MalformedCall):
        Clerk().call(event)
