"""A shop at each gateway, over one real database."""

from collections.abc import Iterator

import pytest

from local.gateways.server import Gateways, doubles, running
from tests.integration.checkout.house import House
from tests.integration.database.conftest import Shop, new_shop, server, shop

__all__ = ["new_shop", "server", "shop"]


@pytest.fixture(scope="module")
def gateways() -> Iterator[Gateways]:
    with running(doubles()) as made:
        yield made


@pytest.fixture(params=["stripe", "adyen"])
def house(request: pytest.FixtureRequest, shop: Shop, gateways: Gateways) -> House:
    return House(shop, gateways, request.param)
