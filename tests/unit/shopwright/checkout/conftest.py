"""A table of carts in memory, real and fake, and a clock that stands still."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from shopwright.checkout.dynamodb import Carts

from tests.fakes.carts import FakeCarts
from tests.unit.shopwright.checkout.contract import Clock, make_table


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws():
        made = boto3.client("dynamodb")
        make_table(made)
        yield made


@pytest.fixture(params=["real", "fake"])
def carts(request: pytest.FixtureRequest, clock: Clock) -> Any:
    if request.param == "fake":
        return FakeCarts(clock)
    dynamodb = request.getfixturevalue("dynamodb")
    return Carts("carts", lambda _: dynamodb, now=clock)
