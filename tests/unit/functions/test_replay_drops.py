"""What lies in the queues of failures goes on its way again: all of it, once each, and nothing that nobody can read."""

import json
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import dispatch
import pytest
import replay_drops
from moto import mock_aws
from shopwright.documents import sqs as adapter
from shopwright.documents.event import S3Event
from shopwright.documents.sqs import Queue, QueueRefused, QueueUnavailable
from shopwright.documents.stepfunctions import execution_name
from shopwright.documents.work import Change

from tests.unit.functions.ingestion import context, drop, sample

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

FAILED, DEAD = "ingestion-failed", "ingestion-dead-letters"


class Queues:
    """The three queues in moto, and how to look into them."""

    def __init__(self, sqs: "SQSClient") -> None:
        self.sqs = sqs
        self.urls = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in (FAILED, DEAD, "drops")}
        self.broken_after: int | None = None

    def queue(self, name: str) -> Queue:
        return Queue(self.urls[name], lambda: self.sqs)

    def put(self, name: str, *bodies: str) -> None:
        for body in bodies:
            self.sqs.send_message(QueueUrl=self.urls[name], MessageBody=body)

    def drop(self, body: str) -> None:
        if self.broken_after is not None:
            if self.broken_after == 0:
                raise QueueUnavailable("The queue did not answer; try again in a moment.")
            self.broken_after -= 1
        self.queue("drops").send(body)

    def all(self, name: str) -> list[str]:
        """Every message that can be received now; they are taken."""
        found = []
        while some := self.sqs.receive_message(QueueUrl=self.urls[name], MaxNumberOfMessages=10).get("Messages"):
            found += [one["Body"] for one in some]
        return found

    def replay(self, queue: str, **more: Any) -> Any:
        desk = replay_drops.Desk({name: self.queue(name) for name in (FAILED, DEAD)}, self.drop)
        return replay_drops.build(lambda: desk)({"queue": queue, **more}, context())


@pytest.fixture
def queues(monkeypatch: pytest.MonkeyPatch) -> Iterator[Queues]:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        yield Queues(adapter.client.__wrapped__())  # the product's own, made anew


def failed(number: int, kind: str = "created") -> str:
    return json.dumps(drop(key=f"documents/kitchen/{number}.md", kind=kind))


def started(bodies: list[str]) -> dict[str, Change]:
    """What dispatch starts for these messages, by name."""
    names: dict[str, Change] = {}

    def start(change: Change, attempt: str) -> bool:
        names[execution_name(change, attempt)] = change
        return True

    desk = dispatch.Desk("documents", start, lambda most: 0, bodies.append, limit=1)
    records = [{"messageId": str(uuid.uuid4()), "body": body, "eventSource": "aws:sqs"} for body in bodies]
    assert dispatch.build(lambda: desk)({"Records": records}, context()) == {"batchItemFailures": []}
    return names


def test_a_failed_document_starts_an_ingestion_under_a_name_that_is_free(queues: Queues) -> None:
    queues.put(FAILED, *(failed(number) for number in range(23)), failed(99, "deleted"))

    assert queues.replay(FAILED) == {"queue": FAILED, "replayed": 24, "poison": 0, "left": 0, "dry": False}

    again = started(queues.all("drops"))
    assert sorted(change.key for change in again.values()) == sorted(
        f"documents/kitchen/{number}.md" for number in [*range(23), 99]
    )
    assert {change.kind for change in again.values()} == {"created", "deleted"}
    assert not again.keys() & {execution_name(change) for change in again.values()}  # those names are taken


def test_a_drop_that_could_not_be_dispatched_keeps_its_own_name(queues: Queues) -> None:
    body = sample("dispatch/created.json")["Records"][0]["body"]
    queues.put(DEAD, body)

    assert queues.replay(DEAD)["replayed"] == 1

    (again,) = queues.all("drops")
    event = S3Event.model_validate_json(again)
    assert (event.attempt, event.change) == ("", S3Event.model_validate_json(body).change)


def test_an_ingestion_that_ran_out_of_time_is_replayed_from_its_input(queues: Queues) -> None:
    queues.put(FAILED, json.dumps({"source": "aws.states", "detail": {"status": "TIMED_OUT", "input": failed(7)}}))

    assert queues.replay(FAILED)["replayed"] == 1
    assert [change.key for change in started(queues.all("drops")).values()] == ["documents/kitchen/7.md"]


@pytest.mark.parametrize(
    "body",
    ["", "not json", "[]", '{"detail": {}}', json.dumps({**drop(), "kind": "created", "merchant_id": "outdoor"})],
    ids=["a space", "text", "a list", "an empty event", "another merchant's"],
)
def test_what_nobody_can_read_is_counted_and_left(queues: Queues, body: str) -> None:
    queues.put(FAILED, body or " ", failed(1))

    assert queues.replay(FAILED) == {"queue": FAILED, "replayed": 1, "poison": 1, "left": 1, "dry": False}
    assert queues.all(FAILED) == [body or " "]  # and whoever comes next can have it at once


def test_a_dry_run_says_what_it_would_do_and_moves_nothing(queues: Queues) -> None:
    queues.put(FAILED, failed(1), failed(2), "poison")

    assert queues.replay(FAILED, dry=True) == {"queue": FAILED, "replayed": 2, "poison": 1, "left": 3, "dry": True}
    assert len(queues.all(FAILED)) == 3
    assert queues.all("drops") == []


def test_no_more_than_the_limit_is_replayed(queues: Queues) -> None:
    queues.put(FAILED, *(failed(number) for number in range(15)))

    assert queues.replay(FAILED, limit=12)["replayed"] == 12
    assert (len(queues.all("drops")), len(queues.all(FAILED))) == (12, 3)


def test_a_replay_that_breaks_off_loses_nothing_and_doubles_nothing(queues: Queues) -> None:
    queues.put(FAILED, *(failed(number) for number in range(5)))
    queues.broken_after = 3

    with pytest.raises(QueueUnavailable):
        queues.replay(FAILED)

    sent = [S3Event.model_validate_json(body).change.key for body in queues.all("drops")]
    kept = queues.queue(FAILED).waiting()
    assert len(sent) == len(set(sent)) == 3
    assert kept == 2


def test_a_message_that_is_sent_twice_starts_one_ingestion(queues: Queues) -> None:
    queues.put(FAILED, failed(1))
    (held,) = queues.queue(FAILED).receive(10, hold_s=0)  # as if the function had ended between sending and deleting
    queues.drop(replay_drops._as_input(held).text())

    queues.replay(FAILED)

    bodies = queues.all("drops")
    assert len(bodies) == 2
    assert len(started(bodies)) == 1


def test_a_queue_that_is_not_there_is_a_mistake_of_ours(queues: Queues) -> None:
    queues.sqs.delete_queue(QueueUrl=queues.urls[FAILED])

    with pytest.raises(QueueRefused):
        queues.replay(FAILED)
