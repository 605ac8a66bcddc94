"""What the shopper still gets while a database or cache is down, and that all is well again when it is back."""

import time
from collections.abc import Iterator

import pytest

from local.cloud import Cloud
from tests.e2e.shop import Visitor, eventually

pytestmark = pytest.mark.usefixtures("socket_enabled")
QUESTION = "Within how many days may a spatterguard be sent back?"


@pytest.fixture(scope="module", autouse=True)
def page(kitchen: Visitor) -> None:
    content = b"# Spatterguards\n\nA spatterguard may be sent back within 53 days of delivery.\n"
    assert kitchen.wait_for(kitchen.drop("spatterguards.md", content))["status"] == "searchable"


@pytest.fixture
def no_database(laptop_cloud: Cloud) -> Iterator[None]:
    laptop_cloud.postgres.kill()
    yield
    laptop_cloud.postgres.start()


@pytest.fixture
def no_cache(laptop_cloud: Cloud) -> Iterator[None]:
    laptop_cloud.valkey.kill()
    yield
    laptop_cloud.valkey.start()


def test_without_the_database_the_shopper_is_told_so_and_asked_to_come_back(
    laptop_cloud: Cloud, kitchen: Visitor, kitchen_shopper: Visitor, no_database: None
) -> None:
    answer = kitchen_shopper.ask(QUESTION)

    assert answer.status == 503, answer
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.body["answer"]
    assert answer.body["verdict"] == "unavailable"
    assert "psycopg" not in str(answer.body)
    ready = kitchen_shopper.call("GET", "/v1/ready")
    assert ready.status == 503
    assert kitchen_shopper.call("GET", "/v1/health").status == 200
    assert kitchen.call("GET", "/v1/documents").status == 503

    laptop_cloud.postgres.start()

    again = eventually(lambda: (said := kitchen_shopper.ask(QUESTION)).status == 200 and said)
    assert "53 days" in again.body["answer"]
    eventually(lambda: kitchen_shopper.call("GET", "/v1/ready").status == 200)


def test_a_page_dropped_while_the_database_is_down_is_not_lost(laptop_cloud: Cloud, kitchen: Visitor) -> None:
    content = b"# Gaskets\n\nA gasketeer is sent back within 67 days.\n"
    announced = kitchen.announce("late.md", content)
    laptop_cloud.postgres.kill()
    try:
        document = kitchen.put(announced, content)
        time.sleep(3)  # long enough for the first attempts to fail
    finally:
        laptop_cloud.postgres.start()

    eventually(lambda: kitchen.document(document).status == 200)
    assert kitchen.wait_for(document)["status"] == "searchable"


def test_without_the_cache_answers_go_on_and_readiness_says_what_is_missing(
    laptop_cloud: Cloud, kitchen_shopper: Visitor, no_cache: None
) -> None:
    answer = kitchen_shopper.ask(QUESTION)
    assert answer.status == 200
    assert "53 days" in answer.body["answer"]
    assert kitchen_shopper.call("GET", "/v1/ready").status == 503

    laptop_cloud.valkey.start()

    eventually(lambda: kitchen_shopper.call("GET", "/v1/ready").status == 200)
