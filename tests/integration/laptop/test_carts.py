"""The same contract on the laptop's own DynamoDB, and two shoppers' devices that write at once."""

import threading
import uuid

import pytest
from shopwright.checkout.cart import CartBusy, Line
from shopwright.checkout.dynamodb import Carts

from tests.integration.laptop.launcher import Laptop
from tests.unit.shopwright.checkout.contract import *  # noqa: F403 - the contract's tests run under this module's fixtures
from tests.unit.shopwright.checkout.contract import OUTDOOR, Clock, make_table, put


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def carts(laptop: Laptop, clock: Clock) -> Carts:
    dynamodb = laptop.client("dynamodb")
    name = f"carts-{uuid.uuid4()}"
    make_table(dynamodb, name)
    return Carts(name, lambda _: dynamodb, now=clock)


def test_devices_that_write_at_once_lose_no_line(carts: Carts) -> None:
    refused: list[CartBusy] = []

    def device(number: int) -> None:
        try:
            carts.of(OUTDOOR, "user#ann").change(put(f"sku-{number}"), request_id=f"r-{number}")
        except CartBusy as busy:
            refused.append(busy)

    devices = [threading.Thread(target=device, args=(number,)) for number in range(4)]
    for one in devices:
        one.start()
    for one in devices:
        one.join()

    lines = carts.of(OUTDOOR, "user#ann").open().lines
    assert len(lines) + len(refused) == 4
    assert set(lines) <= {Line(f"sku-{number}", 1) for number in range(4)}
    assert len(lines) >= 1
