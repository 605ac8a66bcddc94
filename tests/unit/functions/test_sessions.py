"""A conversation belongs to who had it: to everybody else it never was."""

from typing import Any

import boto3
import pytest
import sessions
from shopwright.handover.dynamodb import Handovers
from shopwright.handover.handover import Handover, State
from shopwright.orchestrator.dynamodb import Sessions
from shopwright.orchestrator.session import Turn
from shopwright.tenancy.member import Member
from shopwright.tenancy.tenant import Tenant

from tests.fakes import gateway
from tests.fakes.gateway import Answer
from tests.fakes.members import FakeMembers
from tests.fakes.trail import FakeAudit
from tests.unit.shopwright.handover.test_handover import make_table as make_handovers
from tests.unit.shopwright.orchestrator.conftest import make_table

ANN = gateway.member()
BOB = gateway.member(subject="user#bob")
KIT = gateway.member("kitchen", subject="user#ann")  # the same name at another merchant
MISSING = "0f8fad5b-d9cb-469f-a165-70867728950e"


class Desk:
    """A desk with the real adapter, on a table in memory."""

    def __init__(self) -> None:
        self.table = "sessions"
        self.store = Sessions(self.table, lambda _: boto3.client("dynamodb"), now=lambda: gateway.ISSUED_AT)
        self.handovers = Handovers("handovers", lambda _: boto3.client("dynamodb"), now=lambda: gateway.ISSUED_AT)

    def converse(self, turns: int, row: Member = ANN) -> str:
        manager = self.store.of(Tenant(row.merchant_id), row.subject)
        session: str | None = None
        for number in range(1, turns + 1):
            session = manager.remember(session, Turn(f"Question {number}", f"Answer {number}", "answered", 1790000000))
        assert session is not None
        return session

    def call(self, method: str, session: str, row: Member = ANN, **more: Any) -> Answer:
        return self.at(method, f"/v1/sessions/{session}", row, **more)

    def at(self, method: str, path: str, row: Member = ANN, **more: Any) -> Answer:
        handler = sessions.build(
            lambda: sessions.Desk(
                members=FakeMembers(row), trail=FakeAudit(), sessions=self.store.of, handovers=self.handovers.of
            )
        )
        return gateway.send(handler, gateway.request(method, path, token=gateway.claims(row), **more))


@pytest.fixture
def desk(aws: None) -> Desk:
    make_table(boto3.client("dynamodb"))
    make_handovers(boto3.client("dynamodb"))
    return Desk()


def test_a_conversation_can_be_read_again(desk: Desk) -> None:
    session = desk.converse(3)

    answer = desk.call("GET", session)

    assert answer.status == 200
    assert (answer.body["session_id"], answer.body["length"]) == (session, 3)
    assert [turn["question"] for turn in answer.body["turns"]] == ["Question 1", "Question 2", "Question 3"]
    assert answer.body["turns"][0]["at"] == "2026-09-21T14:13:20Z"


def test_the_newest_turns_come_when_fewer_are_asked_for(desk: Desk) -> None:
    answer = desk.call("GET", desk.converse(5), query={"limit": "2"})

    assert [turn["answer"] for turn in answer.body["turns"]] == ["Answer 4", "Answer 5"]
    assert answer.body["length"] == 5


@pytest.mark.parametrize("limit", ["0", "201", "all"])
def test_how_many_turns_has_a_bound(desk: Desk, limit: str) -> None:
    assert desk.call("GET", MISSING, query={"limit": limit}).body["field"] == "limit"


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("row", [BOB, KIT], ids=["another shopper", "another merchant"])
def test_somebody_elses_conversation_looks_like_one_that_never_was(desk: Desk, method: str, row: Member) -> None:
    session = desk.converse(2)

    theirs, missing = desk.call(method, session, row), desk.call(method, MISSING, row)

    assert theirs.status == missing.status == 404
    assert theirs.body == missing.body
    assert desk.call("GET", session).body["length"] == 2


def test_a_deleted_conversation_is_gone_with_every_turn(desk: Desk) -> None:
    session = desk.converse(3)

    assert desk.call("DELETE", session).status == 204
    assert desk.call("GET", session).status == 404
    assert boto3.client("dynamodb").scan(TableName="sessions")["Count"] == 0


def test_what_was_handed_over_goes_with_its_conversation_and_with_nobody_elses(desk: Desk) -> None:
    session = desk.converse(1)
    tray = desk.handovers.of(Tenant("outdoor"))
    tray.keep(Handover(session, "user#ann", "asked_for", "A human", int(gateway.ISSUED_AT), 2 * int(gateway.ISSUED_AT)))

    assert desk.call("DELETE", session, BOB).status == 404
    assert len(tray.page(State.WAITING, 5).handovers) == 1
    assert desk.call("DELETE", session).status == 204
    assert tray.page(State.WAITING, 5).handovers == ()


@pytest.mark.parametrize("name", ["x", MISSING.upper(), f"{MISSING}%23000001", f"{MISSING}#000001"])
def test_what_cannot_be_an_id_is_refused(desk: Desk, name: str) -> None:
    desk.converse(1)

    assert desk.call("GET", name).status in {404, 422}


def test_without_the_table_the_shopper_is_asked_to_come_back(desk: Desk) -> None:
    session = desk.converse(1)
    boto3.client("dynamodb").delete_table(TableName="sessions")

    answer = desk.call("GET", session)

    assert (answer.status, answer.body["error"]) == (503, "SessionsUnavailable")
    assert "retry-after" in answer.headers


def test_a_shopper_sees_the_list_of_their_own_conversations_page_by_page(desk: Desk) -> None:
    mine = {desk.converse(turns) for turns in (1, 2, 3)}
    desk.converse(1, BOB)

    first = desk.at("GET", "/v1/sessions", query={"limit": "2"}).body
    second = desk.at("GET", "/v1/sessions", query={"limit": "2", "cursor": first["cursor"]}).body

    assert {one["session_id"] for one in first["sessions"] + second["sessions"]} == mine
    assert second["cursor"] is None
    assert sorted(one["tally"]["turns"] for one in first["sessions"] + second["sessions"]) == [1, 2, 3]


@pytest.mark.parametrize("cursor", ["x", "WzEsMl0", "eyJhIjogMX0=", "bnVsbA=="])
def test_a_cursor_that_no_page_gave_is_refused(desk: Desk, cursor: str) -> None:
    assert desk.at("GET", "/v1/sessions", query={"cursor": cursor}).body["error"] == "NotACursor"


def test_a_cursor_of_somebody_elses_page_shows_nothing_of_theirs(desk: Desk) -> None:
    for _ in range(3):
        desk.converse(1, BOB)
    theirs = desk.at("GET", "/v1/sessions", BOB, query={"limit": "1"}).body["cursor"]

    assert desk.at("GET", "/v1/sessions", query={"cursor": theirs}).body["sessions"] == []


def test_a_conversation_is_handed_out_whole_as_a_file(desk: Desk) -> None:
    session = desk.converse(60)

    answer = desk.at("GET", f"/v1/sessions/{session}/export")

    assert len(answer.body["turns"]) == 60
    assert answer.body["tally"]["answered"] == 60
    assert session in answer.headers["content-disposition"]
    assert desk.at("GET", f"/v1/sessions/{session}/export", BOB).status == 404


def test_nothing_is_kept_of_a_shopper_between_visits_until_they_agree_nor_after_they_take_it_back(desk: Desk) -> None:
    assert desk.at("GET", "/v1/context").body["consented_at"] is None
    assert desk.at("PUT", "/v1/context", body={"size": "M"}).status == 422
    assert desk.at("PUT", "/v1/context", body={"consent": False, "size": "M"}).status == 422

    assert desk.at("PUT", "/v1/context", body={"consent": True, "size": "M", "likes": ["p-1"]}).status == 200
    kept = desk.at("GET", "/v1/context").body
    assert (kept["size"], kept["likes"]) == ("M", ["p-1"])
    assert kept["consented_at"] is not None
    assert desk.at("GET", "/v1/context", BOB).body["size"] is None

    assert desk.at("DELETE", "/v1/context").status == 204
    assert desk.at("GET", "/v1/context").body["consented_at"] is None
