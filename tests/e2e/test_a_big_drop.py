"""Many documents at once, servers and functions that die among them: all become searchable, once each."""

import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from local import replay
from local.cloud import Cloud
from tests.e2e.stores import Stores, wait

pytestmark = pytest.mark.usefixtures("socket_enabled")
FULL = os.environ.get("SHOPWRIGHT_FULL") == "1"
LANE = "full" if FULL else "quick"
MANY = 10_000 if FULL else 80
SOME = 1_000 if FULL else 60
PER_DOCUMENT_S = 2.0  # patience, not a bar
LIMIT = 4  # of the dev stage, and one more for each further dispatcher that finds the last place free at once
AT_ONCE = LIMIT + 1
FAILURES = ("ingestion-failed", "ingestion-dead-letters")


def drop(stores: Stores, merchant: str, number: int) -> None:
    stores.client("s3").put_object(
        Bucket=stores.cloud.outputs["DocumentsBucket"],
        Key=f"documents/{merchant}/page-{number:05}.md",
        Body=f"# Page {number}\n\nArticle {number} is sent back within {number + 3} days.\n".encode(),
    )


def drop_all(stores: Stores, merchant: str, documents: int) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: drop(stores, merchant, number), range(documents)))


def assert_searchable_once_each(stores: Stores, merchant: str, documents: int) -> None:
    assert stores.statuses(merchant) == {"searchable": documents}
    (found,) = stores.rows(
        """select count(*), count(distinct document_id), count(distinct content), count(v.id)
             from shopwright.chunk c
             left join shopwright.chunk_embedding_bge_small_en_v15 v using (merchant_id, id)
            where c.merchant_id = %s""",
        merchant,
    )
    assert found == (documents, documents, documents, documents)
    assert stores.rows("select distinct version from shopwright.document where merchant_id = %s", merchant) == [(1,)]


def settle(stores: Stores, merchant: str, documents: int, *, look: Callable[[], object] = lambda: None) -> None:
    """Wait until nothing is at work any more, and replay what failed as often as it takes."""
    budget = 300 + documents * PER_DOCUMENT_S

    def done() -> bool:
        look()
        return sum(stores.statuses(merchant).values()) >= documents and stores.quiet()

    wait(done, within_s=budget)
    for _ in range(5):
        failures = {queue: stores.waiting(queue) for queue in FAILURES}
        if not any(failures.values()):
            return
        print(f"to be replayed: {failures}")  # noqa: T201 - what the replay command was needed for
        for queue in FAILURES:
            replay.replay(stores.service, queue, limit=None, dry=False)
        wait(stores.quiet, within_s=budget)


def test_a_big_drop_is_worked_off_within_its_bound_and_nothing_is_lost(stores: Stores) -> None:
    merchant = f"big-drop-{os.getpid()}"
    most = 0

    def look() -> None:
        nonlocal most
        most = max(most, stores.running())

    began = time.monotonic()
    drop_all(stores, merchant, MANY)
    settle(stores, merchant, MANY, look=look)
    seconds = time.monotonic() - began

    assert_searchable_once_each(stores, merchant, MANY)
    assert {queue: stores.waiting(queue) for queue in FAILURES} == dict.fromkeys(FAILURES, 0)
    assert 0 < most <= AT_ONCE
    print(f"{MANY} documents in {seconds:.0f} s ({MANY / seconds:.1f}/s), {most} at once at most ({LANE})")  # noqa: T201 - the count


def runtimes(stores: Stores, functions: set[str]) -> list[int]:
    """The processes of these functions, of this cloud and no other."""
    names = {
        f"AWS_LAMBDA_FUNCTION_NAME={stores.cloud.outputs[f'{function}FunctionName']}".encode() for function in functions
    }
    here = f"AWS_ENDPOINT_URL={stores.cloud.gateway_url}".encode()
    found = []
    for process in Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        try:
            variables = set((process / "environ").read_bytes().split(b"\0"))
        except OSError:
            continue
        if here in variables and variables & names:
            found.append(int(process.name))
    return found


def kill(pids: list[int]) -> int:
    """End them as a crash would; gives how many were still there."""
    ended = 0
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
            ended += 1
        except ProcessLookupError:
            continue
    return ended


def test_what_dies_in_the_middle_of_a_drop_costs_no_document(laptop_cloud: Cloud, stores: Stores) -> None:
    merchant = f"deaths-{os.getpid()}"

    def searchable() -> int:
        return stores.statuses(merchant).get("searchable", 0)

    drop_all(stores, merchant, SOME)
    wait(lambda: searchable() >= SOME // 10, within_s=120)
    killed = 0
    for part, functions in enumerate(({"Embed"}, {"InsertVectors"}, {"IngestParse", "PiiSanitize"}), start=2):
        killed += kill(runtimes(stores, functions))
        wait(lambda part=part: searchable() >= SOME * part // 10, within_s=120 + SOME)

    laptop_cloud.postgres.kill()
    time.sleep(5)
    laptop_cloud.postgres.start()
    wait(lambda: searchable() >= SOME * 6 // 10, within_s=240 + SOME)
    laptop_cloud.valkey.kill()
    wait(lambda: searchable() >= SOME * 7 // 10, within_s=120 + SOME)
    laptop_cloud.valkey.start()
    settle(stores, merchant, SOME)

    assert killed >= 3
    assert_searchable_once_each(stores, merchant, SOME)
    assert {queue: stores.waiting(queue) for queue in FAILURES} == dict.fromkeys(FAILURES, 0)
    print(f"{SOME} documents, {killed} functions, PostgreSQL and Valkey killed ({LANE}; the full lane takes 1000)")  # noqa: T201 - the count


def test_an_ingestion_that_was_stopped_is_replayed_under_a_name_of_its_own(laptop_cloud: Cloud, stores: Stores) -> None:
    merchant = f"stopped-{os.getpid()}"
    machine = stores.client("stepfunctions")
    laptop_cloud.postgres.kill()
    try:
        drop(stores, merchant, 1)
        wait(lambda: stores.running() == 1, within_s=60)
        (execution,) = machine.list_executions(
            stateMachineArn=stores.cloud.outputs["IngestionArn"], statusFilter="RUNNING"
        )["executions"]
        machine.stop_execution(executionArn=execution["executionArn"], error="Operator", cause="stopped by a test")
    finally:
        laptop_cloud.postgres.start()
    wait(lambda: stores.waiting("ingestion-failed") == 1, within_s=60)
    told: list[str] = []

    assert replay.replay(stores.service, "ingestion-failed", limit=None, dry=True, say=told.append) == 1
    assert replay.replay(stores.service, "ingestion-failed", limit=None, dry=False, say=told.append) == 1

    wait(lambda: stores.statuses(merchant) == {"searchable": 1}, within_s=90)
    assert_searchable_once_each(stores, merchant, 1)
    assert stores.waiting("ingestion-failed") == 0
    assert "1 would be replayed" in told[0]
