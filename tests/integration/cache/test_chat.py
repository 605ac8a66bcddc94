"""chat with a real PostgreSQL and a real Valkey: a kept answer is never an old one, and never anybody else's."""

import os
import re
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from shopwright.orchestrator.answer_cache import rules
from shopwright.tenancy.tenant import Tenant

from local.postgres import Postgres
from local.valkey import Valkey
from tests.integration.cache.conftest import Shop

RETURN = "How many days do I have to return something?"


def page(days: int) -> str:
    return f"# Returns\n\nYou may return anything within {days} days of delivery.\n"


def test_the_same_question_is_searched_once_and_answered_alike(shop: Shop) -> None:
    one, other = shop.counter(), shop.counter()
    shop.write(shop.repository(one.database), "returns.md", page(60))

    first, second = one.ask(RETURN), other.ask("how many days do I have  to return something?")

    assert (first.body["cache"], first.body["served_from_cache_at"]) == ("miss", None)
    assert (second.body["cache"], second.status) == ("hit", 200)
    assert second.body["served_from_cache_at"].startswith("20")
    for part in ("answer", "verdict", "citations", "confidence"):
        assert second.body[part] == first.body[part]
    assert "60 days" in second.body["answer"]
    assert second.body["session_id"] is not None
    assert (one.searched, other.searched) == (1, 0)


def test_two_merchants_who_are_asked_the_same_answer_from_their_own_pages(shop: Shop) -> None:
    counter = shop.counter()
    shop.write(shop.repository(counter.database), "returns.md", page(60))
    shop.write(shop.repository(counter.database), "returns.md", page(14), "kitchen")

    said = [counter.ask(RETURN, merchant).body for merchant in ("outdoor", "kitchen") * 2]

    assert [one["cache"] for one in said] == ["miss", "miss", "hit", "hit"]
    assert ["60 days" in one["answer"] for one in said] == [True, False, True, False]
    assert ["14 days" in one["answer"] for one in said] == [False, True, False, True]


def test_a_new_version_of_a_page_is_told_at_once(shop: Shop) -> None:
    counter = shop.counter()
    documents = shop.repository(counter.database)
    shop.write(documents, "returns.md", page(60))
    counter.ask(RETURN)

    shop.write(documents, "returns.md", page(30))

    told = counter.ask(RETURN).body
    assert ("30 days" in told["answer"], told["cache"]) == (True, "miss")
    assert counter.ask(RETURN).body["cache"] == "hit"


def test_what_a_deleted_page_said_is_not_told_any_more_and_leaves_the_cache(shop: Shop, valkey_server: Valkey) -> None:
    counter = shop.counter()
    documents = shop.repository(counter.database)
    shop.write(documents, "returns.md", page(77))
    counter.ask(RETURN)

    shop.remove(documents, "returns.md")

    assert "77" not in counter.ask(RETURN).body["answer"]
    with valkey_server.connect() as raw:
        values = [raw.hget(key, "value") for key in raw.keys("merchant:{outdoor}:query_hash:*")]
    assert values
    assert not [value for value in values if "77 days" in str(value)]


def test_a_forgotten_merchant_leaves_nothing_behind(shop: Shop, valkey_server: Valkey) -> None:
    counter = shop.counter()
    shop.write(shop.repository(counter.database), "returns.md", page(60))
    counter.ask(RETURN)
    counter.ask(RETURN, "kitchen")

    counter.shelf.forget(Tenant("outdoor"))

    with valkey_server.connect() as raw:
        assert raw.keys("merchant:{outdoor}:*") == []
        assert raw.keys("merchant:{kitchen}:*") != []


def test_a_follow_up_is_kept_under_what_it_asks_and_not_under_its_words(shop: Shop) -> None:
    counter = shop.counter()
    documents = shop.repository(counter.database)
    shop.write(
        documents,
        "tents.md",
        "# Ridge Tent\n\nThe Ridge Tent weighs 3150 g.\n\n# Lake Tent\n\nThe Lake Tent weighs 1200 g.\n",
    )
    told = []
    for name in ("Ridge Tent", "Lake Tent"):
        session_id = counter.ask(f"How heavy is the {name}?").body["session_id"]
        told.append(counter.ask("And how heavy is it?", session_id=session_id).body)

    assert [one["cache"] for one in told] == ["miss", "miss"]
    assert "1200" not in told[0]["answer"]
    assert "3150" not in told[1]["answer"]


def test_personal_data_of_a_question_lies_nowhere_in_the_cache(shop: Shop, valkey_server: Valkey) -> None:
    counter = shop.counter()
    shop.write(shop.repository(counter.database), "returns.md", page(60))

    counter.ask(f"I am ann@example.com, card 4111 1111 1111 1111. {RETURN}")

    with valkey_server.connect() as raw:
        everything = str([(key, raw.hgetall(key)) for key in raw.keys("*query_hash*")])
    assert '"written_at"' in everything.replace("\\", "")
    assert "ann@" not in everything
    assert "4111" not in everything


def test_fifty_shoppers_who_ask_at_once_cause_one_search(shop: Shop) -> None:
    counters = [shop.counter() for _ in range(50)]
    shop.write(shop.repository(counters[0].database), "returns.md", page(60))
    for counter in counters:
        counter.answer("Do you sell bicycles?")  # every environment is warm, and connected
    searched = sum(counter.searched for counter in counters)
    together = threading.Barrier(50)

    def ask(number: int) -> str:
        together.wait(30)
        return counters[number].answer(RETURN).text

    with ThreadPoolExecutor(50) as pool:
        said = set(pool.map(ask, range(50)))

    assert len(said) == 1
    assert sum(counter.searched for counter in counters) - searched == 1


@contextmanager
def stopped(valkey: Valkey) -> Iterator[None]:
    process = valkey.process
    assert process is not None
    os.kill(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process.pid, signal.SIGCONT)


def test_a_cache_that_hangs_costs_one_request_a_moment_and_the_next_ones_nothing(
    shop: Shop, valkey_server: Valkey
) -> None:
    counter = shop.counter(timeout_s=0.6)
    shop.write(shop.repository(counter.database), "returns.md", page(60))
    counter.ask(RETURN)

    with stopped(valkey_server):
        said = [counter.ask(RETURN) for _ in range(4)]

    assert [one.body["cache"] for one in said] == ["off"] * 4
    assert all("60 days" in one.body["answer"] for one in said)
    assert len(counter.troubles) == 1
    assert counter.searched == 5


def test_a_cache_that_died_is_used_again_once_it_is_back(shop: Shop, valkey_server: Valkey) -> None:
    counter = shop.counter()
    shop.write(shop.repository(counter.database), "returns.md", page(60))
    counter.ask(RETURN)

    valkey_server.kill()
    assert counter.ask(RETURN).body["cache"] == "off"
    valkey_server.start()

    time.sleep(rules().rest_ms / 1000)
    assert [counter.ask(RETURN).body["cache"] for _ in range(2)] == ["miss", "hit"]


def test_without_the_database_a_kept_answer_is_told_with_its_time_and_nothing_else_is(
    shop: Shop, postgres_server: Postgres
) -> None:
    counter = shop.counter()
    shop.write(shop.repository(counter.database), "returns.md", page(60))
    counter.ask(RETURN)

    postgres_server.stop()
    try:
        kept, other = counter.ask(RETURN), counter.ask("What does express delivery cost?")
    finally:
        postgres_server.start()

    assert (kept.status, kept.body["cache"], "60 days" in kept.body["answer"]) == (200, "hit", True)
    [note] = kept.body["notes"]
    assert kept.body["served_from_cache_at"][:10] in note
    assert (other.status, other.body["verdict"]) == (503, "unavailable")
    assert counter.ask(RETURN).body["notes"] == []


class Truth:
    """What each page says, and when each of its versions had surely taken the place of the one before it."""

    def __init__(self, pages: int) -> None:
        self.since = [{0: 0.0} for _ in range(pages)]  # number that the page tells → when its writing had returned

    def is_stale(self, page: int, number: int, *, asked_at: float) -> bool:
        replaced = self.since[page].get(number + 1)
        return replaced is not None and replaced < asked_at


def test_while_pages_change_all_the_time_no_shopper_is_told_what_was_already_replaced(shop: Shop) -> None:
    subjects = ("tents", "boots", "stoves")
    writer, readers = shop.counter(), [shop.counter() for _ in range(4)]
    documents = shop.repository(writer.database)
    truth, done = Truth(len(subjects)), threading.Event()

    def write(at: int, number: int) -> None:
        text = f"# Warranty of {subjects[at]}\n\nThe warranty of {subjects[at]} lasts {number + 100} months.\n"
        shop.write(documents, f"{subjects[at]}.md", text)
        truth.since[at][number] = time.monotonic()

    def change() -> None:
        try:
            for number in range(1, 9):
                for at in range(len(subjects)):
                    write(at, number)
        finally:
            done.set()

    def read(counter_at: int) -> list[tuple[str, bool]]:
        told: list[tuple[str, bool]] = []
        while not done.is_set():
            at = len(told) % len(subjects)
            asked_at = time.monotonic()
            said = readers[counter_at].answer(f"How many months does the warranty of {subjects[at]} last?")
            [number] = set(re.findall(r"(\d{3,}) months", said.text))
            told.append((said.cache.value, truth.is_stale(at, int(number) - 100, asked_at=asked_at)))
        return told

    for at in range(len(subjects)):
        write(at, 0)
    with ThreadPoolExecutor(5) as pool:
        writing, reading = pool.submit(change), [pool.submit(read, at) for at in range(4)]
        writing.result(180)
        told = [one for each in reading for one in each.result(60)]

    assert [stale for _, stale in told].count(True) == 0
    assert {how for how, _ in told} >= {"hit", "miss"}
    assert [max(numbers) for numbers in truth.since] == [8] * len(subjects)
