"""A table of carts in memory, real and fake, and a clock that stands still."""

from typing import Any

import boto3
import pytest
from shopwright.checkout.dynamodb import Carts

from tests.fakes.carts import FakeCarts
from tests.unit.shopwright.checkout.contract import Clock, make_table


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def dynamodb(aws: None) -> Any:
    made = boto3.client("dynamodb")
    make_table(made)
    return made


@pytest.fixture(params=["real", "fake"])
def carts(request: pytest.FixtureRequest, clock: Clock) -> Any:
    if request.param == "fake":
        return FakeCarts(clock)
    dynamodb = request.getfixturevalue("dynamodb")
    return Carts("carts", lambda _: dynamodb, now=clock)
