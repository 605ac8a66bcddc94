"""What only the real table can get wrong: leftovers, interruptions, two writers at once, no answer."""

from typing import Any

import boto3
import pytest
from botocore.config import Config
from shopwright.orchestrator.dynamodb import FAST, Sessions
from shopwright.orchestrator.session import LIFETIME_S, SessionNotFound, SessionsUnavailable

from tests.unit.shopwright.orchestrator.conftest import NOBODYS, OUTDOOR, Clock, turn


def test_deleting_leaves_no_item_behind_however_many_turns_there_were(dynamodb: Any, clock: Clock) -> None:
    ann = Sessions("sessions", lambda: dynamodb, now=clock).of(OUTDOOR, "user#ann")
    session_id = ann.remember(None, turn(1))
    for number in range(2, 61):
        ann.remember(session_id, turn(number))
    assert dynamodb.scan(TableName="sessions")["Count"] == 61

    ann.delete(session_id)

    assert dynamodb.scan(TableName="sessions")["Count"] == 0


def test_a_deletion_that_broke_off_can_be_taken_up_again(dynamodb: Any, clock: Clock) -> None:
    class Stumbling:
        """Breaks off once, after the conversation has been closed."""

        def __init__(self) -> None:
            self.fell = False
            self.exceptions = dynamodb.exceptions

        def batch_write_item(self, **request: Any) -> Any:
            if not self.fell:
                self.fell = True
                raise dynamodb.exceptions.ProvisionedThroughputExceededException({"Error": {}}, "BatchWriteItem")
            return dynamodb.batch_write_item(**request)

        def __getattr__(self, name: str) -> Any:
            return getattr(dynamodb, name)

    stumbling: Any = Stumbling()
    ann = Sessions("sessions", lambda: stumbling, now=clock).of(OUTDOOR, "user#ann")
    session_id = ann.remember(None, turn())

    with pytest.raises(SessionsUnavailable):
        ann.delete(session_id)
    with pytest.raises(SessionNotFound):
        ann.remember(session_id, turn(2))
    ann.delete(session_id)

    assert dynamodb.scan(TableName="sessions")["Count"] == 0


def test_two_who_write_at_once_lose_no_turn(dynamodb: Any, clock: Clock) -> None:
    class Crowded:
        """Somebody else adds a turn between our look at the head and our writing."""

        def __init__(self) -> None:
            self.others = 0
            self.exceptions = dynamodb.exceptions

        def transact_write_items(self, **request: Any) -> Any:
            if self.others < 1 and session_id:
                self.others += 1
                Sessions("sessions", lambda: dynamodb, now=clock).of(OUTDOOR, "user#ann").remember(session_id, turn(2))
            return dynamodb.transact_write_items(**request)

        def __getattr__(self, name: str) -> Any:
            return getattr(dynamodb, name)

    session_id = ""
    crowded: Any = Crowded()
    ann = Sessions("sessions", lambda: crowded, now=clock).of(OUTDOOR, "user#ann")
    session_id = ann.remember(None, turn(1))

    ann.remember(session_id, turn(3))

    assert ann.open(session_id).turns == (turn(1), turn(2), turn(3))


def test_items_carry_the_time_at_which_dynamodb_may_drop_them(dynamodb: Any, clock: Clock) -> None:
    Sessions("sessions", lambda: dynamodb, now=clock).of(OUTDOOR, "user#ann").remember(None, turn())

    ends = {item["expires_at"]["N"] for item in dynamodb.scan(TableName="sessions")["Items"]}

    assert ends == {str(1_790_000_000 + LIFETIME_S)}


def test_a_table_that_does_not_answer_is_named_as_unavailable_within_its_time_limits() -> None:
    unreachable = boto3.client(
        "dynamodb",
        region_name="eu-west-1",
        endpoint_url="http://127.0.0.1:9",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=FAST.merge(Config(retries={"total_max_attempts": 1})),
    )
    ann = Sessions("sessions", lambda: unreachable).of(OUTDOOR, "user#ann")

    for attempt in (
        lambda: ann.open(NOBODYS),
        lambda: ann.remember(None, turn()),
        lambda: ann.remember(NOBODYS, turn()),
        lambda: ann.delete(NOBODYS),
    ):
        with pytest.raises(SessionsUnavailable):
            attempt()
