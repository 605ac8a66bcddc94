"""Sixty-four threads at one table of the laptop's DynamoDB: nothing is overspent, and the true bill is settled."""

import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import pytest
from botocore.config import Config
from shopwright.costs.dynamodb import Ledgers
from shopwright.costs.ledger import BudgetSpent, LedgerBusy, Purse, limits_of
from shopwright.costs.price import DOLLAR, Bill, Line
from shopwright.tenancy.tenant import Tenant

from tests.integration.laptop import launcher
from tests.unit.shopwright.costs.conftest import make_table

FULL = os.environ.get("SHOPWRIGHT_FULL") == "1"
TURNS = 20_000 if FULL else 600
THREADS = 64
MERCHANTS = tuple(Tenant(f"shop-{number}") for number in range(4))


@pytest.fixture(scope="module")
def laptop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[launcher.Laptop]:
    started = launcher.start(tmp_path_factory.mktemp("ledger"), {})
    yield started
    launcher.stop(started)


def test_sixty_four_threads_overspend_nothing_and_pay_the_true_bill(laptop: launcher.Laptop) -> None:
    # The product's client with more patience: what is tried here is who gets the money, not how fast a laptop is.
    patient = Config(
        connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 1}, max_pool_connections=THREADS
    )
    dynamodb = laptop.client("dynamodb", config=patient)
    make_table(dynamodb)
    ledgers = Ledgers("ledger", lambda _: dynamodb)
    # So tight that both limits are met: of the shoppers' sessions, and of two merchants' days.
    limits = limits_of(session="0.001", merchant_day=f"{TURNS * 0.000012:.6f}")
    bills: Counter[tuple[str, str]] = Counter()
    outcomes: Counter[str] = Counter()
    lock = Lock()

    def turn(number: int) -> None:
        chance = random.Random(number)  # noqa: S311 - traffic, no secret
        merchant = MERCHANTS[chance.choice((0, 0, 0, 0, 1, 1, 2, 3))]
        session = f"s-{chance.randrange(TURNS // 60)}"
        purse = Purse(ledgers.of(merchant).books(), request_id=f"r-{number}", session_id=session, limits=limits)
        most = chance.randrange(100_000, 400_000)
        try:
            hold = purse.hold(most)
        except (BudgetSpent, LedgerBusy) as refused:
            outcome, actual = type(refused).__name__, 0
        else:
            fate = chance.random()
            outcome, actual = ("died", 0) if fate < 0.02 else ("released", 0) if fate < 0.06 else ("paid", 0)
            if outcome == "released":
                purse.release(hold)
            elif outcome == "paid":
                actual = chance.randrange(most + 1)
                purse.settle(hold, Bill((Line("model", actual),)))
        with lock:
            outcomes[outcome] += 1
            bills[merchant.merchant_id, session] += actual

    began = time.monotonic()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(turn, range(TURNS)))
    took_s = time.monotonic() - began

    items = [item for page in dynamodb.get_paginator("scan").paginate(TableName="ledger") for item in page["Items"]]
    accounts = {(item["merchant_id"]["S"], item["item"]["S"]): item for item in items if "used" in item}
    sessions = {key: item for key, item in accounts.items() if key[1].startswith("session#")}
    days: Counter[str] = Counter()
    for (merchant_id, name), item in accounts.items():
        held = sum(int(value["L"][0]["N"]) for key, value in item.items() if key.startswith("hold#"))
        assert int(item["used"]["N"]) == int(item.get("spent", {"N": "0"})["N"]) + held, (merchant_id, name)
        if name.startswith("day#"):
            days[merchant_id] += int(item["used"]["N"])
    assert [key for key, item in sessions.items() if int(item["used"]["N"]) > limits.session] == []
    assert [merchant_id for merchant_id, used in days.items() if used > limits.merchant_day] == []
    for (merchant_id, name), item in sessions.items():
        assert int(item.get("spent", {"N": "0"})["N"]) == bills[merchant_id, name.removeprefix("session#")]
    spent = sum(int(item.get("spent", {"N": "0"})["N"]) for item in sessions.values())
    assert spent == sum(bills.values()) > 0
    assert sum(outcomes.values()) == TURNS
    assert {"paid", "released", "SessionBudgetSpent", "MerchantBudgetSpent"} <= set(outcomes)
    lane = "" if FULL else " (quick; the full lane makes 20,000)"
    print(f"\n{TURNS:,} turns in {took_s:.0f} s, {spent / DOLLAR:.4f} dollars, {dict(outcomes)}{lane}")  # noqa: T201 - the count that was cut short
