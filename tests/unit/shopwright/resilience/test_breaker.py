"""The fake keeps circuits as DynamoDB does, here in moto; and what happens when neither answers."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from shopwright.resilience.breaker import Breaker
from shopwright.resilience.dynamodb import circuits, client

from tests.fakes.circuits import FakeCircuits
from tests.unit.shopwright.resilience.contract import *  # noqa: F403 - the contract's tests run under this module's fixtures
from tests.unit.shopwright.resilience.contract import QUICK, Dependency, fail


def make_table(dynamodb: Any, name: str) -> None:
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "circuit", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "circuit", "KeyType": "HASH"}],
    )


@pytest.fixture
def name() -> str:
    return f"circuit-{uuid.uuid4()}"


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(variable, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws():
        made = boto3.client("dynamodb")
        make_table(made, "circuits")
        yield made


@pytest.fixture(params=["real", "fake"])
def environment(request: pytest.FixtureRequest) -> Callable[[], Any]:
    if request.param == "fake":
        return FakeCircuits().store
    dynamodb = request.getfixturevalue("dynamodb")
    return lambda: circuits("circuits", dynamodb)


def test_while_nothing_fails_nothing_is_written(name: str) -> None:
    shared = FakeCircuits()
    breaker = Breaker(name, shared.store(), tolerance=QUICK)
    dependency = Dependency()

    for _ in range(5):
        breaker.call(dependency)
    fail(breaker, dependency, 2)

    assert shared.written == 0


def test_without_the_table_the_dependency_is_asked_as_if_there_were_no_breaker(name: str) -> None:
    shared = FakeCircuits()
    shared.down = True
    breaker = Breaker(name, shared.store(), tolerance=QUICK)
    dependency = Dependency()

    fail(breaker, dependency, 7)
    dependency.failure = None

    assert breaker.call(dependency) == "answer"
    assert dependency.asked == 8


def test_items_carry_the_time_at_which_dynamodb_may_drop_them(dynamodb: Any, name: str) -> None:
    fail(Breaker(name, circuits("circuits", dynamodb), tolerance=QUICK), Dependency(), 3)

    (item,) = dynamodb.scan(TableName="circuits")["Items"]

    assert item["circuit"]["S"] == name
    assert int(item["expires_at"]["N"]) > int(item["opened_at"]["N"]) + QUICK.open_s


def test_the_client_waits_for_half_a_second_and_does_not_try_again(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(variable, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")

    limits = vars(client.__wrapped__().meta.config)

    assert limits["connect_timeout"] + limits["read_timeout"] <= 0.5
    assert limits["retries"]["total_max_attempts"] == 1
