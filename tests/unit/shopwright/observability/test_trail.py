"""An audit trail, in memory and as AWS keeps it: both pass the same tests, and any hand laid on it shows."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shopwright.observability import audit, trail
from shopwright.observability.audit import AuditUnavailable, Entry, Finding, Flaw, Record, TrailBroken
from shopwright.observability.dynamodb import Heads
from shopwright.observability.s3 import Archive
from shopwright.observability.sqs import Audit
from shopwright.tenancy.tenant import Tenant

from tests.fakes.trail import FakeArchive, FakeAudit, FakeHeads

KITCHEN, OUTDOOR = Tenant("kitchen"), Tenant("outdoor")


def record(number: int, tenant: Tenant = KITCHEN) -> Record:
    return Record(
        id=f"{number:032x}",
        merchant_id=tenant.merchant_id,
        at=audit.timestamp(1_764_000_000 + number),
        request_id=f"r-{number}",
        subject="user#ann",
        role="shopper",
        route="POST /v1/chat",
        status=200,
        request_payload_hash=audit.digest(b"what she asked"),
        response_reference=f"sha256:{audit.digest(b'what she was told')}",
    )


@dataclasses.dataclass
class Kept:
    heads: Heads
    archive: Archive

    def add(self, *numbers: int, tenant: Tenant = KITCHEN) -> Sequence[Entry]:
        return trail.append(tenant, [record(one, tenant) for one in numbers], heads=self.heads, archive=self.archive)

    def findings(self, tenant: Tenant = KITCHEN) -> list[Finding]:
        return list(trail.verify(tenant, heads=self.heads, archive=self.archive))

    def ids(self, tenant: Tenant = KITCHEN) -> list[int]:
        return [int(entry.record.id, 16) for entry in self.archive.all(tenant) if entry]


@pytest.fixture
def stored(aws: None) -> tuple[str, str]:
    boto3.client("s3").create_bucket(Bucket="audit", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    boto3.client("dynamodb").create_table(
        TableName="heads",
        KeySchema=[{"AttributeName": "merchant_id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "merchant_id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return "audit", "heads"


@pytest.fixture(params=["memory", "aws"])
def kept(request: pytest.FixtureRequest) -> Kept:
    if request.param == "memory":
        return Kept(FakeHeads(), FakeArchive())
    bucket, table = request.getfixturevalue("stored")
    return Kept(Heads(table), Archive(bucket))


def test_every_request_has_its_place_in_the_merchants_chain(kept: Kept) -> None:
    first, second = kept.add(1, 2)
    (third,) = kept.add(3)

    assert [one.number for one in (first, second, third)] == [1, 2, 3]
    assert (second.before, third.before) == (first.hash, second.hash)
    assert kept.ids() == [1, 2, 3]
    assert kept.findings() == []


def test_merchants_chains_know_nothing_of_each_other(kept: Kept) -> None:
    kept.add(1)
    kept.add(2, tenant=OUTDOOR)
    (second,) = kept.add(3)

    assert second.number == 2
    assert kept.heads.tenants() == kept.archive.tenants() == {KITCHEN, OUTDOOR}
    assert kept.findings() == kept.findings(OUTDOOR) == []


def test_a_batch_that_is_delivered_twice_is_kept_once(kept: Kept) -> None:
    kept.add(1, 2)

    assert kept.add(1, 2) == ()
    assert [one.number for one in kept.add(2, 3)] == [3]
    assert kept.ids() == [1, 2, 3]


def test_whoever_was_killed_before_the_head_moved_is_gone_on_from() -> None:
    heads = FakeHeads()
    kept = Kept(heads, FakeArchive())
    kept.add(1)
    heads.dies = True
    with pytest.raises(AuditUnavailable):
        kept.add(2, 3)

    assert [one.number for one in kept.add(2, 3, 4)] == [4]
    assert kept.ids() == [1, 2, 3, 4]
    assert kept.findings() == []


def test_a_lost_head_is_found_again_from_the_entries() -> None:
    heads = FakeHeads()
    kept = Kept(heads, FakeArchive())
    kept.add(1)
    kept.add(2, 3)
    heads.heads.clear()

    kept.add(4)

    assert kept.ids() == [1, 2, 3, 4]
    assert kept.findings() == []


def test_what_lies_in_the_way_is_never_written_over() -> None:
    archive = FakeArchive()
    kept = Kept(FakeHeads(), archive)
    kept.add(1)
    archive.objects[KITCHEN][2] = (None,)

    with pytest.raises(TrailBroken):
        kept.add(2)

    assert archive.objects[KITCHEN][2] == (None,)


def changed(entries: list[Entry | None], at: int) -> list[Entry | None]:
    entry = entries[at]
    assert entry
    entries[at] = dataclasses.replace(entry, record=dataclasses.replace(entry.record, status=500))
    return entries


def forged(entries: list[Entry | None], at: int) -> list[Entry | None]:
    """Changed, and hashed anew: the entry by itself is sound."""
    entry = entries[at]
    assert entry
    other = audit.linked(
        audit.Head(entry.number - 1, entry.before), [dataclasses.replace(entry.record, subject="user#bob")]
    )
    entries[at] = other[0]
    return entries


def lost(entries: list[Entry | None], at: int) -> list[Entry | None]:
    return entries[:at] + entries[at + 1 :]


def swapped(entries: list[Entry | None], at: int) -> list[Entry | None]:
    to = (at + 1) % len(entries)
    entries[at], entries[to] = entries[to], entries[at]
    return entries


def doubled(entries: list[Entry | None], at: int) -> list[Entry | None]:
    return [*entries[: at + 1], *entries[at:]]


def cut(entries: list[Entry | None], at: int) -> list[Entry | None]:
    return entries[:at]


def unread(entries: list[Entry | None], at: int) -> list[Entry | None]:
    entries[at] = None
    return entries


@pytest.mark.parametrize("hand", [changed, forged, lost, swapped, doubled, cut, unread])
@given(length=st.integers(2, 12), data=st.data())
def test_any_hand_laid_on_the_trail_shows(hand: Callable[..., list[Entry | None]], length: int, data: Any) -> None:
    head = audit.beginning(KITCHEN)
    entries = audit.linked(head, [record(one) for one in range(1, length + 1)])
    head = audit.after(head, entries)
    at = data.draw(st.integers(0, length - 1))

    assert list(audit.verify(KITCHEN, entries, head)) == []
    assert list(audit.verify(KITCHEN, hand(list(entries), at), head)) != []


def test_a_trail_without_its_end_is_called_cut_off(kept: Kept) -> None:
    kept.add(1, 2, 3)
    head = kept.heads.of(KITCHEN)

    assert list(audit.verify(KITCHEN, list(kept.archive.all(KITCHEN))[:2], head)) == [Finding(Flaw.CUT_OFF, 3)]


def test_another_merchants_entries_do_not_pass_for_ones_own() -> None:
    theirs = audit.linked(audit.beginning(OUTDOOR), [record(1, OUTDOOR)])

    found = list(audit.verify(KITCHEN, theirs, audit.Head(1, theirs[0].hash)))

    assert {one.flaw for one in found} == {Flaw.CHANGED, Flaw.OUT_OF_PLACE}


def test_a_line_that_is_no_entry_is_told_and_not_skipped(stored: tuple[str, str]) -> None:
    kept = Kept(Heads(stored[1]), Archive(stored[0]))
    kept.add(1, 2)
    s3 = boto3.client("s3")
    key = s3.list_objects_v2(Bucket="audit")["Contents"][0]["Key"]
    body = s3.get_object(Bucket="audit", Key=key)["Body"].read().splitlines()
    s3.put_object(Bucket="audit", Key=key, Body=b"\n".join([body[0], b'{"number": 2}']))

    assert Finding(Flaw.UNREADABLE, 2) in kept.findings()


@pytest.fixture(params=["memory", "aws"])
def queue(request: pytest.FixtureRequest) -> Audit:
    if request.param == "memory":
        return FakeAudit()
    request.getfixturevalue("aws")
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName="audit.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    return Audit(url, lambda: sqs)


def test_a_record_that_is_handed_in_again_is_the_same_record(queue: Audit) -> None:
    queue.hand_in(record(1))
    queue.hand_in(record(1))
    queue.hand_in(record(2))

    if isinstance(queue, FakeAudit):
        assert [one.request_id for one in queue.records] == ["r-1", "r-2"]
    else:
        sqs = boto3.client("sqs")
        url = sqs.list_queues()["QueueUrls"][0]
        counted = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
        assert counted["Attributes"]["ApproximateNumberOfMessages"] == "2"


def test_a_queue_that_is_not_there_is_unavailable(aws: None) -> None:
    gone = Audit("https://sqs.eu-central-1.amazonaws.com/000000000000/gone.fifo", lambda: boto3.client("sqs"))

    with pytest.raises(AuditUnavailable):
        gone.hand_in(record(1))
