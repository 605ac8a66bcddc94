"""A merchant sees who waits for a person of the shop, and says when somebody has seen to it; nobody else does."""

from typing import Any

import boto3
import handovers
import pytest
from shopwright.handover.dynamodb import Handovers
from shopwright.handover.handover import Handover, Line
from shopwright.tenancy.member import Member
from shopwright.tenancy.tenant import Tenant

from tests.fakes import gateway
from tests.fakes.gateway import Answer
from tests.fakes.members import FakeMembers
from tests.fakes.trail import FakeAudit
from tests.unit.shopwright.handover.test_handover import make_table

SCOPES = ("shop/handovers",)
MARY = gateway.member(subject="user#mary", role="merchant", scopes=SCOPES)
KIT = gateway.member("kitchen", subject="user#mary", role="merchant", scopes=SCOPES)
ANN = gateway.member(scopes=("shop/chat", "shop/handovers"))
ONE, OTHER = "0f8fad5b-d9cb-469f-a165-70867728950e", "1f8fad5b-d9cb-469f-a165-70867728950e"


class Desk:
    """A desk with the real adapter, on a table in memory, and two who wait."""

    def __init__(self) -> None:
        make_table(boto3.client("dynamodb"))
        self.store = Handovers("handovers", lambda _: boto3.client("dynamodb"), now=lambda: gateway.ISSUED_AT)
        for age, name in enumerate((ONE, OTHER)):
            at = int(gateway.ISSUED_AT) + age
            one = Handover(name, "user#ann", "asked_for", "A human, please", at, at + 99, (Line("Leaks?", "No."),))
            self.store.keep(Tenant("outdoor"), one)

    def call(self, method: str = "GET", path: str = "", row: Member = MARY, **more: Any) -> Answer:
        handler = handovers.build(
            lambda: handovers.Desk(members=FakeMembers(row), trail=FakeAudit(), handovers=self.store.of)
        )
        return gateway.send(handler, gateway.request(method, f"/v1/handovers{path}", token=gateway.claims(row), **more))


@pytest.fixture
def desk(aws: None) -> Desk:
    return Desk()


def test_the_list_has_who_waits_the_newest_first_page_by_page(desk: Desk) -> None:
    first = desk.call(query={"limit": "1"})
    second = desk.call(query={"limit": "1", "cursor": first.body["cursor"]})

    assert first.status == 200
    assert [one["reference"] for one in first.body["handovers"] + second.body["handovers"]] == [OTHER, ONE]
    assert first.body["handovers"][0]["summary"] == "A human, please"
    assert "user#ann" not in str(first.body)


def test_one_is_opened_with_what_was_said(desk: Desk) -> None:
    answer = desk.call(path=f"/{ONE}")

    assert answer.body["conversation"] == [{"question": "Leaks?", "answer": "No."}]
    assert answer.body["state"] == "waiting"


def test_who_was_seen_to_waits_no_more(desk: Desk) -> None:
    assert desk.call("PUT", f"/{ONE}", body={"state": "done"}).body["state"] == "done"

    assert [one["reference"] for one in desk.call().body["handovers"]] == [OTHER]
    assert [one["reference"] for one in desk.call(query={"state": "done"}).body["handovers"]] == [ONE]
    assert desk.call("PUT", f"/{ONE}", body={"state": "waiting"}).body["state"] == "waiting"


def test_another_merchants_are_as_if_they_never_were(desk: Desk) -> None:
    assert desk.call(row=KIT).body["handovers"] == []
    assert desk.call(path=f"/{ONE}", row=KIT).status == 404
    assert desk.call("PUT", f"/{ONE}", row=KIT, body={"state": "done"}).status == 404
    assert desk.call(path=f"/{ONE}").body["state"] == "waiting"


@pytest.mark.parametrize(
    "row", [ANN, gateway.member(subject="user#mary", role="merchant", scopes=("shop/chat",))], ids=["shopper", "scope"]
)
def test_nobody_but_the_merchant_may_look(desk: Desk, row: Member) -> None:
    assert desk.call(row=row).status == 403
    assert desk.call("PUT", f"/{ONE}", row=row, body={"state": "done"}).status == 403


@pytest.mark.parametrize("body", [{"state": "gone"}, {}, {"state": "done", "merchant": "x"}])
def test_what_is_no_mark_is_refused(desk: Desk, body: dict[str, str]) -> None:
    assert desk.call("PUT", f"/{ONE}", body=body).status == 422


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "101"}, {"state": "x"}])
def test_what_is_no_question_is_refused(desk: Desk, query: dict[str, str]) -> None:
    assert desk.call(query=query).status == 422


def test_without_the_table_the_merchant_is_asked_to_come_back(desk: Desk) -> None:
    boto3.client("dynamodb").delete_table(TableName="handovers")

    assert desk.call().body["error"] == "HandoversUnavailable"
