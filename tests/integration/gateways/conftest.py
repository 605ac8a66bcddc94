"""Both gateways, each before its own double, so that every rule is held by both; and what the doubles said."""

from collections.abc import Iterator

import pytest

from local.gateways.server import Gateways, doubles, running
from tests.integration.gateways.shop import Shop, adyen_shop, stripe_shop
from tests.integration.gateways.specs import Specs


@pytest.fixture(scope="session")
def specs() -> Iterator[Specs | None]:
    """The vendors' specifications; None without SPECS=<folder>. With -s, what they were used for is said at the end."""
    given = Specs.given()
    yield given
    if given is not None:
        for what, times in (*sorted(given.examples.items()), *sorted(given.counted.items())):
            print(f"{what}: {times}")  # noqa: T201 - the figures that the specifications are good for


@pytest.fixture
def gateways(specs: Specs | None) -> Iterator[Gateways]:
    """Both doubles. With SPECS, all that they were asked, answered and told is held against the specifications."""
    with running(doubles()) as made:
        yield made
    if specs is not None:
        for double in made.both:
            for call in double.calls:
                specs.check(call)
            for message in double.told:
                specs.message(message)


@pytest.fixture(params=["stripe", "adyen"])
def shop(request: pytest.FixtureRequest, gateways: Gateways) -> Shop:
    return stripe_shop(gateways) if request.param == "stripe" else adyen_shop(gateways)


@pytest.fixture
def with_stripe(gateways: Gateways) -> Shop:
    return stripe_shop(gateways)


@pytest.fixture
def with_adyen(gateways: Gateways) -> Shop:
    return adyen_shop(gateways)
