"""POST /v1/chat: a question goes in, a cited answer comes out, and what is wrong is named."""

from collections.abc import Sequence
from typing import Any

import chat
import pytest
from shopwright.database.connection import DatabaseUnavailable
from shopwright.grounding.wording import wording
from shopwright.llm.extractive import compose
from shopwright.orchestrator import answer as answering
from shopwright.orchestrator import visit
from shopwright.orchestrator.answer_cache import AnswerCache, Standing
from shopwright.orchestrator.answerer import Answerer, Inline
from shopwright.orchestrator.events import Tell
from shopwright.orchestrator.session import Session, Turn
from shopwright.orchestrator.visit import Question
from shopwright.privacy.redact import mask
from shopwright.resilience.deadline import Deadline
from shopwright.retrieval.search import Passage
from shopwright.tenancy.acquainted import Acquainted
from shopwright.tenancy.caller import Caller
from shopwright.tenancy.limits import acquaintance
from shopwright.tenancy.tenant import Tenant

from tests.fakes import gateway
from tests.fakes.bulkhead import one_at_a_time
from tests.fakes.gateway import Answer
from tests.fakes.members import FakeMembers
from tests.fakes.sessions import FakeSessions
from tests.fakes.shelf import FakeShelf
from tests.fakes.trail import FakeAudit

ANN = gateway.member()
KIT = gateway.member("kitchen", subject="user#kit")
RETURN = "How many days do I have to return something?"
MISSING = "0f8fad5b-d9cb-469f-a165-70867728950e"
PASSAGES = {
    "outdoor": "You may return anything within 60 days of delivery.",
    "kitchen": "You may return unused items within 30 days of delivery.",
}


class Listening:
    """Has it answered, and notes what was asked."""

    def __init__(self, answerer: Answerer, heard: list[Question]) -> None:
        self._answerer = answerer
        self._heard = heard

    def answer(self, question: Question, *, deadline: Deadline, tell: Tell | None = None) -> answering.Answer:
        self._heard.append(question)
        return self._answerer.answer(question, deadline=deadline, tell=tell)


class Desk:
    """A desk with one page of each of two shops on it."""

    def __init__(self, cache: AnswerCache | None = None) -> None:
        self.sessions = FakeSessions(lambda: gateway.ISSUED_AT)
        self.members = FakeMembers(ANN, KIT)
        self.acquainted = Acquainted(self.members, acquaintance())
        self.cache = cache
        self.bulkhead = one_at_a_time()
        self.database_is_down = False
        self.searched: list[str] = []
        self.heard: list[Question] = []

    def search(self, caller: Caller, question: str, vector: Sequence[float]) -> Sequence[Passage]:
        if self.database_is_down:
            raise DatabaseUnavailable("The database did not answer. Please try again in a moment.")
        self.searched.append(question)
        shop = caller.tenant.merchant_id
        uri = f"documents/{shop}/returns.md"
        return [Passage("c", "d-x", 1, "Returns", ("Returns", "How"), 0, 52, uri, PASSAGES[shop], 0.85, 0.1, 0.03)]

    def recall(self, caller: Caller, session_id: str) -> Session:
        return self.sessions.of(caller.tenant, caller.subject).open(session_id)

    def remember(self, caller: Caller, session_id: str | None, turn: Turn, begun: str) -> str:
        return self.sessions.of(caller.tenant, caller.subject).remember(session_id, turn, begun)

    def ask(self, body: Any = None, row: Any = ANN, **more: Any) -> Answer:
        held = visit.Desk(
            mask=mask,
            embed=lambda question: [1.0],
            search=self.search,
            facts=lambda caller, chunks: {chunk: {} for chunk in chunks},
            compose=compose,
            recall=self.recall,
            remember=self.remember,
            cache=self.cache,
        )
        answerer = Listening(Inline(held), self.heard)
        at = chat.Desk(members=self.acquainted, trail=FakeAudit(), bulkhead=self.bulkhead, answerer=answerer)
        handler = chat.build(lambda: at)
        token = None if row is None else gateway.claims(row)
        sent = {"message": RETURN} if body is None else body
        return gateway.send(handler, gateway.request("POST", "/v1/chat", token=token, body=sent, **more))


def test_a_senders_key_for_a_message_goes_with_the_question() -> None:
    desk = Desk()
    desk.ask(headers={"Idempotency-Key": "m-1"})
    desk.ask()

    assert [question.key for question in desk.heard] == ["m-1", None]
    assert desk.ask(headers={"Idempotency-Key": "no key"}).status == 422


def test_a_question_is_answered_with_a_citation_the_clocks_and_the_request_id() -> None:
    answer = Desk().ask()

    assert answer.status == 200
    body = answer.body
    assert body["answer"] == "You may return anything within 60 days of delivery. [1]"
    assert (body["verdict"], body["mode"], body["notes"]) == ("answered", "extractive", [])
    [cited] = body["citations"]
    assert (cited["ref"], cited["section"], cited["start"], cited["end"]) == (1, "Returns > How", 0, 52)
    assert cited["source_uri"] == "documents/outdoor/returns.md"
    clocks = body["clocks"]
    assert 0 <= clocks["first_useful_ms"] <= clocks["first_token_ms"] <= clocks["done_ms"]
    assert body["request_id"] == answer.headers["x-request-id"] == gateway.REQUEST_ID
    assert 0 < body["confidence"] <= 1
    assert (body["cache"], body["served_from_cache_at"]) == ("off", None)


def test_each_merchants_shopper_is_answered_from_that_merchants_page() -> None:
    desk = Desk()

    assert "60 days" in desk.ask(row=ANN).body["answer"]
    assert "30 days" in desk.ask(row=KIT).body["answer"]


def test_an_answer_that_is_not_there_is_a_good_answer() -> None:
    answer = Desk().ask({"message": "Who won the chess championship last year in Moscow?"})

    assert answer.status == 200
    assert answer.body["verdict"] == "not_in_documents"
    assert answer.body["citations"] == []


def test_a_conversation_goes_on_under_the_id_that_the_answer_gave() -> None:
    desk = Desk()
    session_id = desk.ask().body["session_id"]

    again = desk.ask({"message": "And how long for boots?", "session_id": session_id})

    assert again.body["session_id"] == session_id
    assert desk.sessions.of(Tenant("outdoor"), "user#ann").open(session_id).length == 2


def test_somebody_elses_conversation_and_one_that_never_was_look_the_same() -> None:
    desk = Desk()
    anns = desk.ask().body["session_id"]

    stolen = desk.ask({"message": RETURN, "session_id": anns}, KIT)
    missing = desk.ask({"message": RETURN, "session_id": MISSING}, KIT)

    assert stolen.status == missing.status == 404
    assert stolen.body == missing.body


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"message": "a" * 4001}, "message"),
        ({"message": ""}, "message"),
        ({"message": " \n\t?"}, "message"),
        ({"message": 7}, "message"),
        ({"message": None}, "message"),
        ({"message": "broken \ud800 text"}, "message"),
        ({}, "message"),
        ({"message": RETURN, "temperature": 1}, "temperature"),
        ({"message": RETURN, "session_id": "../other"}, "session_id"),
        ({"message": RETURN, "session_id": 5}, "session_id"),
    ],
)
def test_a_request_that_is_wrong_names_the_field_and_searches_nothing(body: Any, field: str) -> None:
    desk = Desk()

    answer = desk.ask(body)

    assert (answer.status, answer.body["error"], answer.body["field"]) == (422, "Invalid", field)
    assert "Value error" not in answer.body["message"]
    assert "[0-9a-f]" not in answer.body["message"]
    assert desk.searched == []


def test_a_message_of_the_greatest_length_is_read() -> None:
    assert Desk().ask({"message": (RETURN + " ").ljust(4000, "x")}).status == 200


def test_without_a_token_or_for_another_merchant_nobody_is_answered() -> None:
    desk = Desk()

    assert desk.ask(row=None).status == 401
    assert desk.ask({"message": RETURN, "merchant_id": "kitchen"}).status == 403
    assert desk.searched == []


def test_when_the_documents_cannot_be_reached_the_shopper_gets_a_word_and_a_time() -> None:
    desk = Desk()
    desk.database_is_down = True

    answer = desk.ask()

    assert answer.status == 503
    assert answer.headers["retry-after"] == "2"
    assert (answer.body["error"], answer.body["answer"]) == ("DatabaseUnavailable", wording().unavailable)
    assert answer.body["verdict"] == "unavailable"
    assert {"message", "request_id"} <= answer.body.keys()


class Kept:
    """A cache in memory, and the database that it asks whether an answer still holds."""

    def __init__(self) -> None:
        self.is_down = False
        self.cache = AnswerCache(
            FakeShelf(), seen=lambda _: 1, current=self.current, context=(), now=lambda: 1_790_000_000.0
        )

    def current(self, caller: Caller, facts: Sequence[str]) -> Standing:
        if self.is_down:
            raise DatabaseUnavailable("The database did not answer. Please try again in a moment.")
        return Standing(1, {})


def test_a_kept_answer_says_when_it_was_written_and_is_remembered_all_the_same() -> None:
    desk = Desk(Kept().cache)
    first = desk.ask().body

    again = desk.ask().body

    assert (first["cache"], first["served_from_cache_at"]) == ("miss", None)
    assert (again["cache"], again["served_from_cache_at"]) == ("hit", "2026-09-21T14:13:20Z")
    assert (again["answer"], again["citations"], again["notes"]) == (first["answer"], first["citations"], [])
    assert len(desk.searched) == 1
    assert desk.sessions.of(Tenant("outdoor"), "user#ann").open(again["session_id"]).length == 1


def test_a_kept_answer_that_cannot_be_checked_says_so() -> None:
    kept = Kept()
    desk = Desk(kept.cache)
    desk.ask()
    kept.is_down = desk.database_is_down = True

    answer = desk.ask()

    assert (answer.status, answer.body["cache"]) == (200, "hit")
    assert answer.body["notes"] == [wording().notes["unchecked"].format(at="2026-09-21 14:13 UTC")]
    assert desk.ask({"message": "Do you sell tents?"}).status == 503


def test_when_the_conversation_cannot_be_kept_the_answer_says_so() -> None:
    desk = Desk()
    desk.sessions.down = True

    answer = desk.ask()

    assert (answer.status, answer.body["verdict"], answer.body["session_id"]) == (200, "answered", None)
    assert answer.body["notes"] == [wording().notes["not_remembered"]]


def test_who_was_seen_a_moment_ago_is_answered_without_memory_while_every_table_is_down() -> None:
    desk = Desk()
    session = desk.ask().body["session_id"]
    desk.members.down = desk.sessions.down = True

    answer = desk.ask({"message": RETURN, "session_id": session})
    stranger = desk.ask(row=KIT)

    assert (answer.status, answer.body["verdict"], answer.body["session_id"]) == (200, "answered", session)
    assert answer.body["notes"] == [wording().notes["not_remembered"]]
    assert (stranger.status, stranger.body["error"]) == (503, "MembersUnavailable")
    assert stranger.headers["retry-after"] == "2"


def test_a_shopper_known_to_be_switched_off_stays_out_while_every_table_is_down() -> None:
    desk = Desk()
    desk.ask()
    desk.members.rows[ANN.subject] = gateway.member(disabled=True)
    assert desk.ask().status == 401
    desk.members.down = True

    assert desk.ask().status == 401


def test_who_is_known_may_ask_for_no_other_merchant_while_every_table_is_down() -> None:
    desk = Desk()
    desk.ask()
    desk.members.down = True

    assert desk.ask(row=gateway.member("kitchen", subject=ANN.subject)).status == 401
    assert desk.ask({"message": RETURN, "merchant_id": "kitchen"}).status == 403


def test_neither_question_nor_answer_is_in_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    Desk().ask({"message": f"I am ann@example.com. {RETURN}"})

    told = capsys.readouterr().out
    assert "question answered" in told
    for secret in ("ann@example.com", "60 days", "return something"):
        assert secret not in told


def test_a_flooded_shop_asks_to_come_back_and_another_shop_is_answered_as_before() -> None:
    desk = Desk()
    with desk.bulkhead.admit(Tenant("outdoor"), within_s=0):
        flooded, other = desk.ask(), desk.ask(row=KIT)

    assert (flooded.status, flooded.body["error"], flooded.headers["retry-after"]) == (429, "MerchantBusy", "1")
    assert other.status == 200
    assert desk.ask().status == 200
