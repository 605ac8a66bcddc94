"""A table of conversations in memory, real and fake, and a clock that stands still."""

from typing import Any

import boto3
import pytest
from shopwright.orchestrator.dynamodb import Sessions
from shopwright.orchestrator.session import Turn
from shopwright.tenancy.tenant import Tenant

from tests.fakes.sessions import FakeSessions

OUTDOOR, KITCHEN = Tenant("outdoor"), Tenant("kitchen")
NOBODYS = "0f8fad5b-d9cb-469f-a165-70867728950e"


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.time = 1_790_000_000.0

    def __call__(self) -> float:
        return self.time


def turn(number: int = 1) -> Turn:
    return Turn(f"Question {number}?", f"Answer {number}.", "answered", 1_790_000_000 + number)


def make_table(dynamodb: Any) -> None:
    dynamodb.create_table(
        TableName="sessions",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": kind}
            for name, kind in (("merchant_id", "S"), ("item", "S"), ("owner", "S"), ("last_at", "N"))
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by_owner",
                "KeySchema": [
                    {"AttributeName": "owner", "KeyType": "HASH"},
                    {"AttributeName": "last_at", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        KeySchema=[
            {"AttributeName": "merchant_id", "KeyType": "HASH"},
            {"AttributeName": "item", "KeyType": "RANGE"},
        ],
    )


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def dynamodb(aws: None) -> Any:
    made = boto3.client("dynamodb")
    make_table(made)
    return made


@pytest.fixture(params=["real", "fake"])
def sessions(request: pytest.FixtureRequest, clock: Clock) -> Any:
    if request.param == "fake":
        return FakeSessions(clock)
    dynamodb = request.getfixturevalue("dynamodb")
    return Sessions("sessions", lambda _: dynamodb, now=clock)
