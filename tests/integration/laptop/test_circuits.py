"""The breaker's contract on the laptop's own DynamoDB."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from shopwright.resilience.dynamodb import circuits

from tests.integration.laptop.launcher import Laptop
from tests.unit.shopwright.resilience.contract import *  # noqa: F403 - the contract's tests run under this module's fixtures
from tests.unit.shopwright.resilience.test_breaker import make_table


@pytest.fixture(scope="module")
def table(laptop: Laptop) -> str:
    made = f"circuits-{uuid.uuid4()}"
    make_table(laptop.client("dynamodb"), made)
    return made


@pytest.fixture
def name() -> str:
    return f"circuit-{uuid.uuid4()}"


@pytest.fixture
def environment(laptop: Laptop, table: str) -> Callable[[], Any]:
    return lambda: circuits(table, laptop.client("dynamodb"))
