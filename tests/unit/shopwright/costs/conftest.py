"""A ledger, real and fake, and a clock that stands still."""

from typing import Any

import boto3
import pytest
from shopwright.costs.dynamodb import Ledgers
from shopwright.costs.ledger import Limits
from shopwright.tenancy.tenant import Tenant

from tests.fakes.ledger import FakeLedgers

OUTDOOR, KITCHEN = Tenant("outdoor"), Tenant("kitchen")
LIMITS = Limits(request=400, session=1000, merchant_day=3000, shares=2, hold_s=120)


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.time = 1_790_000_000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def dynamodb(aws: None) -> Any:
    made = boto3.client("dynamodb")
    make_table(made)
    return made


def make_table(dynamodb: Any, name: str = "ledger") -> None:
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("merchant_id", "item")],
        KeySchema=[
            {"AttributeName": "merchant_id", "KeyType": "HASH"},
            {"AttributeName": "item", "KeyType": "RANGE"},
        ],
    )


@pytest.fixture(params=["real", "fake"])
def ledgers(request: pytest.FixtureRequest, clock: Clock) -> Any:
    if request.param == "fake":
        return FakeLedgers(clock)
    dynamodb = request.getfixturevalue("dynamodb")
    return Ledgers("ledger", lambda _: dynamodb, now=clock, sleep=lambda _: None)
