"""Events of the documents bucket start one ingestion each."""

import json
from typing import Any

import dispatch
import pytest
from shopwright.documents.stepfunctions import IngestionUnavailable, execution_name
from shopwright.documents.work import Change

from tests.unit.functions.ingestion import context, sample


class Machine:
    """Remembers what was started; refuses to start when it is down."""

    def __init__(self, *, down: bool = False, busy: int = 0) -> None:
        self.started: dict[str, Change] = {}
        self.down = down
        self.busy = busy
        self.waited_s = 0.0
        self.put_back: list[str] = []

    def running(self, most: int) -> int:
        return min(self.busy, most)

    def wait(self, seconds: float) -> None:
        """Time passes, and every second one document is done."""
        self.waited_s += seconds
        if self.waited_s % 1 == 0:
            self.busy -= 1

    def start(self, change: Change, attempt: str) -> bool:
        if self.down:
            raise IngestionUnavailable("Ingestion could not be started; it will be tried again.")
        fresh = execution_name(change, attempt) not in self.started
        self.started[execution_name(change, attempt)] = change
        return fresh


def send(machine: Machine, *events: Any) -> Any:
    desk = dispatch.Desk(
        "shopwright-dev-documents",
        machine.start,
        machine.running,
        machine.put_back.append,
        limit=2,
        pause=machine.wait,
        clock=lambda: machine.waited_s,
    )
    return dispatch.build(lambda: desk)(
        {"Records": [record for event in events for record in event["Records"]]}, context()
    )


def changed(event: Any, **change: str) -> Any:
    record = dict(event["Records"][0])
    body = json.loads(record["body"])
    body["detail"]["object"].update({name: value for name, value in change.items() if name != "bucket"})
    body["detail"]["bucket"]["name"] = change.get("bucket", body["detail"]["bucket"]["name"])
    return {"Records": [{**record, "body": json.dumps(body), "messageId": change.get("key", "m")}]}


def test_an_object_that_came_and_one_that_went_start_an_ingestion_each() -> None:
    machine = Machine()

    assert send(machine, sample("dispatch/created.json"), sample("dispatch/deleted.json")) == {"batchItemFailures": []}
    created, deleted = machine.started.values()
    assert (created.kind, created.merchant_id, created.size) == ("created", "kitchen", 1840)
    assert (deleted.kind, deleted.document_id) == ("deleted", created.document_id)
    assert all(len(name) == 64 for name in machine.started)


def test_the_same_event_twice_starts_one_ingestion_and_counts_as_done_both_times() -> None:
    machine = Machine()
    event = sample("dispatch/created.json")

    assert send(machine, event, event) == {"batchItemFailures": []}
    assert len(machine.started) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"key": "documents/KITCHEN/a.md"},
        {"key": "documents/../a.md"},
        {"key": "kitchen/a.md"},
        {"key": "documents/kitchen"},
        {"key": "documents/a/b.md"},
        {"bucket": "somebody-elses-bucket"},
        {"sequencer": "not hexadecimal"},
    ],
)
def test_an_event_that_names_no_merchant_of_ours_goes_back_by_itself(change: dict[str, str]) -> None:
    machine = Machine()
    good = sample("dispatch/created.json")

    answer = send(machine, changed(good, **change), good)

    assert len(answer["batchItemFailures"]) == 1
    assert len(machine.started) == 1


def test_an_empty_folder_is_no_document() -> None:
    machine = Machine()

    assert send(machine, changed(sample("dispatch/created.json"), key="documents/kitchen/new/")) == {
        "batchItemFailures": []
    }
    assert machine.started == {}


def test_a_machine_that_is_down_keeps_the_message_in_the_queue() -> None:
    event = sample("dispatch/created.json")

    answer = send(Machine(down=True), event)

    assert answer == {"batchItemFailures": [{"itemIdentifier": event["Records"][0]["messageId"]}]}


def test_a_big_drop_waits_until_there_is_room_and_is_not_lost() -> None:
    machine = Machine(busy=4)

    assert send(machine, sample("dispatch/created.json")) == {"batchItemFailures": []}
    assert machine.waited_s == 3
    assert len(machine.started) == 1


def test_a_drop_that_waits_too_long_goes_to_the_end_of_the_queue_and_has_not_failed() -> None:
    machine = Machine(busy=100_000)

    assert send(machine, sample("dispatch/created.json")) == {"batchItemFailures": []}
    assert machine.started == {}
    (again,) = machine.put_back

    machine.busy = 0
    record = {**sample("dispatch/created.json")["Records"][0], "body": again}
    assert send(machine, {"Records": [record]}) == {"batchItemFailures": []}
    (change,) = machine.started.values()
    assert (change.kind, change.size) == ("created", 1840)


def test_a_drop_that_nobody_can_read_is_a_failure_however_busy_the_shop_is() -> None:
    machine = Machine(busy=100_000)

    answer = send(machine, changed(sample("dispatch/created.json"), key="kitchen/a.md"))

    assert len(answer["batchItemFailures"]) == 1
    assert machine.put_back == []


def test_an_old_version_that_is_deleted_for_good_says_nothing_about_the_document() -> None:
    machine = Machine()
    record = dict(sample("dispatch/deleted.json")["Records"][0])
    body = json.loads(record["body"])
    body["detail"]["deletion-type"] = "Permanently Deleted"

    assert send(machine, {"Records": [{**record, "body": json.dumps(body)}]}) == {"batchItemFailures": []}
    assert machine.started == {}
