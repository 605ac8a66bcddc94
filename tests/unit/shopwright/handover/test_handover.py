"""Who asks for a person is seen by the merchant and by nobody else, once, and as long as they want."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from shopwright.database.paging import NotACursor
from shopwright.handover.dynamodb import Handovers
from shopwright.handover.handover import (
    KEPT_TURNS,
    LIFETIME_S,
    LONGEST_TEXT,
    Desk,
    Handover,
    HandoverNotFound,
    HandoversUnavailable,
    Line,
    NoticeUnsent,
    State,
    hand_over,
)
from shopwright.handover.sns import Notices, client
from shopwright.orchestrator import tools
from shopwright.orchestrator.toolbox import Call
from shopwright.privacy.redact import mask
from shopwright.resilience.deadline import Deadline
from shopwright.runtime.tooling import HandOverSettings, handing_over
from shopwright.tenancy.caller import Caller, Role
from shopwright.tenancy.tenant import Tenant

from tests.unit.shopwright.orchestrator.conftest import Clock

OUTDOOR, KITCHEN = Tenant("outdoor"), Tenant("kitchen")
ONE, OTHER = "0f8fad5b-d9cb-469f-a165-70867728950e", "1f8fad5b-d9cb-469f-a165-70867728950e"


def make_table(dynamodb: Any) -> None:
    dynamodb.create_table(
        TableName="handovers",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": kind}
            for name, kind in (("merchant_id", "S"), ("item", "S"), ("pile", "S"), ("at", "N"))
        ],
        KeySchema=[
            {"AttributeName": "merchant_id", "KeyType": "HASH"},
            {"AttributeName": "item", "KeyType": "RANGE"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by_pile",
                "KeySchema": [
                    {"AttributeName": "pile", "KeyType": "HASH"},
                    {"AttributeName": "at", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )


class Shop:
    """A merchant's tray, and a note of whom they were told of."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.dynamodb: Any = boto3.client("dynamodb")
        make_table(self.dynamodb)
        self.handovers = Handovers("handovers", lambda _: self.dynamodb, now=clock)
        self.told: list[tuple[str, str]] = []
        self.missed: list[NoticeUnsent] = []
        self.notify: Callable[[Tenant, Handover], None] = lambda tenant, one: self.told.append(
            (tenant.merchant_id, one.reference)
        )

    def ask(
        self,
        reference: str = ONE,
        tenant: Tenant = OUTDOOR,
        *,
        summary: str = "Let me talk to a human",
        said: tuple[Line, ...] = (),
    ) -> Handover:
        return hand_over(
            tenant,
            "asked_for",
            summary,
            reference=reference,
            subject="user#ann",
            said=said,
            desk=Desk(
                keep=self.handovers.keep,
                notify=self.notify,
                mask=mask,
                missed=self.missed.append,
                now=self.clock,
            ),
        )

    def waiting(self, tenant: Tenant = OUTDOOR, state: State = State.WAITING) -> list[str]:
        return [one.reference for one in self.handovers.of(tenant).page(state, 50).handovers]


@pytest.fixture
def shop(aws: None) -> Shop:
    return Shop(Clock())


def test_a_merchant_sees_who_asked_and_what_was_said(shop: Shop) -> None:
    said = tuple(Line(f"Question {number}?", f"Answer {number}.") for number in range(9))

    shop.ask(said=said)

    kept = shop.handovers.of(OUTDOOR).open(ONE)
    assert (kept.summary, kept.reason, kept.state) == ("Let me talk to a human", "asked_for", State.WAITING)
    assert kept.lines == said[-KEPT_TURNS:]
    assert kept.at == int(shop.clock())
    assert shop.told == [("outdoor", ONE)]


def test_no_other_merchant_sees_it_opens_it_or_marks_it(shop: Shop) -> None:
    shop.ask()

    theirs = shop.handovers.of(KITCHEN)
    assert shop.waiting(KITCHEN) == []
    with pytest.raises(HandoverNotFound):
        theirs.open(ONE)
    with pytest.raises(HandoverNotFound):
        theirs.mark(ONE, State.DONE)
    theirs.forget(ONE, "user#ann")
    assert shop.waiting() == [ONE]


def test_who_asks_again_renews_the_same_and_the_merchant_is_told_once(shop: Shop) -> None:
    shop.ask()
    shop.clock.time += 60
    shop.ask(summary="A human, please!")

    (one,) = shop.handovers.of(OUTDOOR).page(State.WAITING, 50).handovers
    assert (one.summary, one.at) == ("A human, please!", int(shop.clock()))
    assert shop.told == [("outdoor", ONE)]


def test_what_was_seen_to_is_on_another_pile_until_the_shopper_asks_again(shop: Shop) -> None:
    shop.ask()
    shop.ask(OTHER)

    assert shop.handovers.of(OUTDOOR).mark(ONE, State.DONE).state is State.DONE
    assert (shop.waiting(), shop.waiting(state=State.DONE)) == ([OTHER], [ONE])

    shop.ask()
    assert set(shop.waiting()) == {ONE, OTHER}
    assert shop.told == [("outdoor", ONE), ("outdoor", OTHER), ("outdoor", ONE)]


def test_the_newest_come_first_page_by_page(shop: Shop) -> None:
    names = [f"{number}f8fad5b-d9cb-469f-a165-70867728950e" for number in range(5)]
    for name in names:
        shop.ask(name)
        shop.clock.time += 1

    tray, found, cursor = shop.handovers.of(OUTDOOR), [], None
    for _ in range(3):
        page = tray.page(State.WAITING, 2, cursor)
        found += [one.reference for one in page.handovers]
        cursor = page.cursor

    assert found == names[::-1]
    assert cursor is None
    with pytest.raises(NotACursor):
        tray.page(State.WAITING, 2, "bm8")


def test_it_is_gone_after_a_month(shop: Shop) -> None:
    shop.ask()
    shop.clock.time += LIFETIME_S

    assert shop.waiting() == []
    tray = shop.handovers.of(OUTDOOR)
    with pytest.raises(HandoverNotFound):
        tray.open(ONE)
    with pytest.raises(HandoverNotFound):
        tray.mark(ONE, State.DONE)
    shop.ask()
    assert len(shop.told) == 2


def test_it_goes_with_its_conversation_and_with_nobody_elses(shop: Shop) -> None:
    shop.ask()

    shop.handovers.of(OUTDOOR).forget(ONE, "user#bob")
    assert shop.waiting() == [ONE]
    shop.handovers.of(OUTDOOR).forget(ONE, "user#ann")
    shop.handovers.of(OUTDOOR).forget(ONE, "user#ann")
    assert shop.waiting() == []


def test_personal_data_are_masked_and_texts_are_cut(shop: Shop) -> None:
    kept = shop.ask(summary="Call me: ann@example.com", said=(Line("q" * 9000, "a" * 9000),))

    assert "ann@example.com" not in kept.summary
    assert kept.lines == (Line("q" * LONGEST_TEXT, "a" * LONGEST_TEXT),)
    assert "ann@example.com" not in json.dumps(shop.dynamodb.scan(TableName="handovers")["Items"])
    assert "user#ann" not in repr(kept)
    assert "qqq" not in repr(kept.lines)


def test_a_merchant_who_cannot_be_told_still_finds_it_in_the_list(shop: Shop) -> None:
    def unsent(tenant: Tenant, one: Handover) -> None:
        raise NoticeUnsent

    shop.notify = unsent

    shop.ask()

    assert shop.waiting() == [ONE]
    assert len(shop.missed) == 1


def test_without_the_table_nothing_is_promised(shop: Shop) -> None:
    shop.dynamodb.delete_table(TableName="handovers")

    with pytest.raises(HandoversUnavailable):
        shop.ask()
    tray = shop.handovers.of(OUTDOOR)
    for failing in (
        lambda: tray.page(State.WAITING, 5),
        lambda: tray.open(ONE),
        lambda: tray.mark(ONE, State.DONE),
        lambda: tray.forget(ONE, "user#ann"),
    ):
        with pytest.raises(HandoversUnavailable):
            failing()
    assert shop.told == []


def test_the_word_that_a_merchant_gets_holds_nothing_that_anybody_said(shop: Shop) -> None:
    sqs: Any = boto3.client("sqs")
    sns: Any = boto3.client("sns")
    topic = sns.create_topic(Name="handovers")["TopicArn"]
    queues = {}
    for merchant in ("outdoor", "kitchen"):
        queues[merchant] = sqs.create_queue(QueueName=merchant)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=queues[merchant], AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        sns.subscribe(
            TopicArn=topic,
            Protocol="sqs",
            Endpoint=arn,
            Attributes={"FilterPolicy": json.dumps({"merchant_id": [merchant]})},
        )
    shop.notify = Notices(topic, lambda: sns).notify

    kept = shop.ask(summary="My tent leaks", said=(Line("Does it leak?", "It does not."),))

    assert shop.missed == []
    (message,) = sqs.receive_message(QueueUrl=queues["outdoor"])["Messages"]
    assert json.loads(json.loads(message["Body"])["Message"]) == {
        "merchant_id": "outdoor",
        "reference": ONE,
        "reason": "asked_for",
        "at": kept.at,
    }
    assert "leak" not in message["Body"]
    assert "Messages" not in sqs.receive_message(QueueUrl=queues["kitchen"])


def test_a_topic_that_is_not_there_or_does_not_answer_has_one_name(aws: None) -> None:
    one = Handover(ONE, "user#ann", "asked_for", "x", 1, 2)

    class Nowhere:
        def publish(self, **_: object) -> None:
            raise EndpointConnectionError(endpoint_url="https://sns")

    for sns in (boto3.client("sns"), Nowhere()):
        with pytest.raises(NoticeUnsent):
            Notices("arn:aws:sns:eu-west-1:123456789012:none", lambda sns=sns: sns).notify(OUTDOOR, one)  # type: ignore[misc]


def test_the_client_keeps_a_shopper_waiting_for_less_than_a_second(aws: None) -> None:
    limits = vars(client().meta.config)
    client.cache_clear()

    assert (limits["connect_timeout"] + limits["read_timeout"]) * limits["retries"]["total_max_attempts"] < 1


def test_a_tool_that_is_asked_from_outside_hands_over_as_the_chat_does(shop: Shop) -> None:
    sns: Any = boto3.client("sns")
    env = HandOverSettings(
        handovers_table="handovers", handovers_topic_arn=sns.create_topic(Name="handovers")["TopicArn"]
    )
    ann = Caller(OUTDOOR, Role.SHOPPER, "user#ann", frozenset())
    wanted = tools.HandOver(reason="asked_for", summary="Call me: jane@example.com")

    reference = handing_over(env, lambda call: ())(Call(ann, Deadline(1000)), wanted)

    kept = Handovers("handovers").of(OUTDOOR).open(reference)
    assert (kept.lines, "jane@" in kept.summary) == ((), False)
    with pytest.raises(HandoverNotFound):
        Handovers("handovers").of(KITCHEN).open(reference)
