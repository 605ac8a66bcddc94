"""A shopper's conversation over a socket: a token buys a ticket, the ticket opens a socket, questions are answered."""

import json
from collections.abc import Sequence
from typing import Any

import chat_connect
import chat_socket
import chat_stream
import chat_tell
import chat_tickets
import pytest
from shopwright.database.connection import DatabaseUnavailable
from shopwright.errors import Unavailable
from shopwright.grounding.wording import wording
from shopwright.llm.extractive import Draft, Sentence
from shopwright.llm.units import Source
from shopwright.orchestrator.answerer import Inline
from shopwright.orchestrator.events import Accepted
from shopwright.orchestrator.visit import Desk
from shopwright.privacy.redact import Masked
from shopwright.retrieval.search import Passage
from shopwright.runtime.websocket import Line
from shopwright.sockets.alone import PacedAlone
from shopwright.sockets.limits import limits
from shopwright.sockets.socket import SocketGone, SocketsUnavailable
from shopwright.sockets.ticket import Opener
from shopwright.tenancy.acquainted import Acquainted
from shopwright.tenancy.caller import Caller
from shopwright.tenancy.limits import acquaintance
from shopwright.tenancy.member import Member
from shopwright.tenancy.standing import claims
from shopwright.tenancy.tenant import Tenant

from tests.fakes import gateway
from tests.fakes.bulkhead import one_at_a_time
from tests.fakes.gateway import Answer, Context
from tests.fakes.members import FakeMembers
from tests.fakes.sessions import FakeSessions
from tests.fakes.sockets import FakePace, FakeTickets, Sockets
from tests.fakes.trail import FakeAudit

ANN = gateway.member()
KIT = gateway.member("kitchen", subject="user#kit")
NOW = float(gateway.ISSUED_AT + 10)
RETURN = "How many days do I have to return something?"
PASSAGES = {
    "outdoor": "You may return anything within 60 days of delivery. Members send it back for free.",
    "kitchen": "You may return unused items within 30 days of delivery. We pay for nothing.",
}
URL = "wss://sockets.example/live"


def compose(asked: str, found: Sequence[Source]) -> Draft:
    """Both sentences of the page."""
    first, _, second = found[0].content.partition(". ")
    return Draft(tuple(Sentence(one, 1, (one,)) for one in (f"{first}.", second)), 0.9)


class Shop:
    """All five functions, with memory behind them. What one hands to the next is handed on here."""

    def __init__(self) -> None:
        self.time = NOW
        self.members = FakeMembers(ANN, KIT)
        self.tickets = FakeTickets()
        self.pace = FakePace(lambda: self.time)
        self.acquainted = Acquainted(self.members, acquaintance(), now=lambda: self.time)
        self.paced = PacedAlone(self.pace, now=lambda: self.time)
        self.sockets = Sockets()
        self.sessions = FakeSessions(lambda: int(self.time))
        self.trail = FakeAudit()
        self.bulkhead = one_at_a_time()
        self.database_is_down = self.nobody_takes_over = False
        self.handed_over: list[str] = []

    def buy(self, row: Member | None = ANN, **changed: Any) -> Answer:
        at = chat_tickets.Desk(self.members, self.trail, self.pace.ticket, self.tickets.keep, URL, lambda: self.time)
        token = None if row is None else gateway.claims(row, **changed)
        return gateway.send(chat_tickets.build(lambda: at), gateway.request("POST", "/v1/chat/tickets", token=token))

    def knock(self, ticket: str) -> dict[str, Any]:
        at = chat_connect.Desk(
            self.members, lambda fingerprint, now: self.tickets.take(fingerprint, now=now), lambda: self.time
        )
        arn = "arn:aws:execute-api:eu-west-1:000000000000:s0ck3t1234/live/$connect"
        event = {"type": "REQUEST", "methodArn": arn, "queryStringParameters": {"ticket": ticket}}
        answer: dict[str, Any] = chat_connect.build(lambda: at)(event, Context())
        return answer

    def open(self, row: Member = ANN) -> dict[str, Any]:
        """The context of a socket that this member has opened."""
        context: dict[str, Any] = self.knock(self.buy(row).body["ticket"])["context"]
        return context

    def frame(self, body: str, opened: dict[str, Any], socket: str = "c-1", event: str = "MESSAGE") -> Any:
        at = chat_socket.Desk(
            self.acquainted, self.paced, self.sockets.send, self.sockets.close, self.hand_over, lambda: self.time
        )
        place = {"connectionId": socket, "eventType": event, "requestId": "r-1", "authorizer": opened}
        return chat_socket.build(lambda: at)({"requestContext": place, "body": body}, Context())

    def hand_over(self, payload: str) -> None:
        if self.nobody_takes_over:
            raise SocketsUnavailable
        self.handed_over.append(payload)

    def answer(self, payload: str | None = None, **changed: Any) -> Any:
        """What chat-stream does with what was handed over last."""
        held = Desk(
            mask=changed.pop("mask", None) or (lambda text: Masked(text, ())),
            embed=lambda question: [1.0],
            search=self.search,
            facts=lambda caller, chunks: {chunk: {} for chunk in chunks},
            compose=compose,
            recall=lambda caller, of: self.sessions.of(caller.tenant, caller.subject).open(of),
            remember=lambda caller, of, turn, begun: self.sessions.of(caller.tenant, caller.subject).remember(
                of, turn, begun
            ),
        )
        at = chat_stream.Desk(
            Inline(held), changed.pop("send", self.messenger), self.trail, self.bulkhead, lambda: self.time
        )
        return chat_stream.build(lambda: at)(json.loads(payload or self.handed_over[-1]), Context(remaining_ms=30_000))

    def messenger(self, socket: str, text: str) -> None:
        """chat-tell, as chat-stream meets it."""
        at = chat_tell.Desk(self.sockets.send)
        if chat_tell.build(lambda: at)({"connection_id": socket, "text": text}, Context())["gone"]:
            raise SocketGone

    def search(self, caller: Caller, question: str, vector: Sequence[float]) -> Sequence[Passage]:
        if self.database_is_down:
            raise DatabaseUnavailable("The database did not answer. Please try again in a moment.")
        shop = caller.tenant.merchant_id
        uri = f"documents/{shop}/returns.md"
        return [Passage("c", "d-x", 1, "Returns", ("Returns", "How"), 0, 52, uri, PASSAGES[shop], 0.85, 0.1, 0.03)]

    def ask(self, message: str = RETURN, *, row: Member = ANN, **more: Any) -> list[dict[str, Any]]:
        """One question from end to end, and the events that its sender has had."""
        opened = self.open(row)
        assert self.frame(json.dumps({"action": "ask", "id": "m-1", "message": message, **more}), opened) == {
            "statusCode": 200
        }
        if self.handed_over:
            self.answer()
        return self.sockets.sent["c-1"]


def error(shop: Shop) -> str:
    [event] = shop.sockets.sent["c-1"]
    assert event["event"] == "error"
    assert event["request_id"] == "r-1"
    return str(event["error"])


def test_an_answer_comes_in_parts_in_their_order_and_ends_with_all_of_it() -> None:
    events = Shop().ask()

    assert [event["event"] for event in events] == ["accepted", "sources", "delta", "delta", "done"]
    assert [event["seq"] for event in events] == [0, 1, 2, 3, 4]
    assert {(event["request_id"], event["message_id"]) for event in events} == {("r-1", "m-1")}
    [cited] = events[1]["citations"]
    assert (cited["ref"], cited["source_uri"]) == (1, "documents/outdoor/returns.md")
    done = events[-1]
    assert events[2]["text"] + events[3]["text"] == done["answer"]
    assert (
        done["answer"] == "You may return anything within 60 days of delivery. [1] Members send it back for free. [1]"
    )
    assert done["citations"] == events[1]["citations"]
    assert (done["verdict"], done["cache"], done["facts"]) == ("answered", "off", [])
    assert done["clocks"]["first_useful_ms"] <= done["clocks"]["first_token_ms"] <= done["clocks"]["done_ms"]
    assert done["session_id"]


def test_each_merchants_shopper_is_answered_from_that_merchants_page() -> None:
    assert "30 days" in Shop().ask(row=KIT)[-1]["answer"]


def test_a_conversation_goes_on_over_another_socket_and_over_nobody_elses() -> None:
    shop = Shop()
    session = shop.ask()[-1]["session_id"]
    shop.sockets.sent.clear()

    assert shop.ask(session_id=session)[-1]["session_id"] == session
    shop.sockets.sent.clear()
    foreign = shop.ask(session_id=session, row=KIT)[-1]
    assert (foreign["event"], foreign["error"]) == ("error", "SessionNotFound")


def test_a_ticket_is_for_whoever_has_a_token_that_stands() -> None:
    shop = Shop()

    bought = shop.buy()

    assert bought.status == 201
    assert bought.body["expires_in"] == 30
    assert bought.body["url"] == f"{URL}?ticket={bought.body['ticket']}"
    assert shop.buy(None).status == 401
    assert shop.buy(gateway.member(subject="user#gone")).status == 401
    assert shop.buy(scope="shop/documents").status == 403


def test_a_ticket_opens_one_socket_once() -> None:
    shop = Shop()
    ticket = shop.buy().body["ticket"]

    first, again = shop.knock(ticket), shop.knock(ticket)

    effects = [one["policyDocument"]["Statement"][0]["Effect"] for one in (first, again)]
    assert effects == ["Allow", "Deny"]
    assert Opener.of(first["context"]) == Opener(claims(gateway.claims(ANN)), int(NOW))
    assert "ann" not in first["principalId"]
    assert again["context"] == {}


@pytest.mark.parametrize("ticket", ["", "x" * 43, "é" * 43, "a" * 4000])
def test_what_is_no_ticket_of_ours_opens_nothing(ticket: str) -> None:
    assert Shop().knock(ticket)["policyDocument"]["Statement"][0]["Effect"] == "Deny"


@pytest.mark.parametrize("what", ["late", "token over", "signed out", "gone"])
def test_a_ticket_whose_time_is_over_or_whose_owner_is_gone_opens_nothing(what: str) -> None:
    shop = Shop()
    ticket = shop.buy(exp=str(int(NOW) + (5 if what == "token over" else 900))).body["ticket"]
    shop.time += {"late": 30, "token over": 5}.get(what, 0)
    if what == "signed out":
        shop.members.sign_out(ANN.subject, at=int(NOW))
    if what == "gone":
        del shop.members.rows[ANN.subject]

    assert shop.knock(ticket)["policyDocument"]["Statement"][0]["Effect"] == "Deny"


def test_tickets_are_not_sold_without_end() -> None:
    shop = Shop()
    for _ in range(limits().ticket.per_shopper_per_minute):
        assert shop.buy().status == 201

    refused = shop.buy()

    assert (refused.status, refused.body["error"]) == (429, "TooMuchAtOnce")
    assert 0 < int(refused.headers["retry-after"]) <= 60
    assert shop.buy(KIT).status == 201


def ask_of(**changed: Any) -> str:
    return json.dumps({"action": "ask", "message": RETURN, **changed}, ensure_ascii=False)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ("{", "MalformedBody"),
        ("", "MalformedBody"),
        ("[]", "MalformedBody"),
        ('{"action": "ask", "action": "ask", "message": "Hi"}', "MalformedBody"),
        ('{"action": NaN}', "MalformedBody"),
        ("[" * 30_000, "MalformedBody"),
        (ask_of(action="buy"), "UnknownAction"),
        (ask_of(action=["ask"]), "UnknownAction"),
        ('{"message": "Hi"}', "UnknownAction"),
        (ask_of(message="a" * 4001), "Invalid"),
        (ask_of(message=""), "Invalid"),
        (ask_of(message="What\x00?"), "Invalid"),
        (ask_of(message="What\x1b[2J?"), "Invalid"),
        (ask_of(message=7), "Invalid"),
        ('{"action": "ask", "message": "broken \\ud800 text"}', "Invalid"),
        (ask_of(session_id="../other"), "Invalid"),
        (ask_of(merchant_id="kitchen"), "Invalid"),
        (ask_of(id="a" * 65), "Invalid"),
        (ask_of(message="x" * 33_000), "MessageTooLarge"),
        (ask_of(pad="x" * 200_000), "MessageTooLarge"),
        (ask_of(message="é" * 16_500), "MessageTooLarge"),
    ],
)
def test_a_message_that_is_wrong_is_told_by_name_and_not_handed_over(body: str, named: str) -> None:
    shop = Shop()

    shop.frame(body, shop.open())

    assert error(shop) == named
    assert shop.handed_over == []
    assert shop.sockets.closed == []


def test_a_message_of_the_greatest_length_is_taken() -> None:
    shop = Shop()

    shop.frame(ask_of(message=(RETURN + "\n\t").ljust(4000, "𝄞")), shop.open())

    assert [event["event"] for event in shop.sockets.sent["c-1"]] == ["accepted"]


def test_what_is_wrong_with_a_message_says_which() -> None:
    shop = Shop()

    shop.frame(ask_of(message="a" * 4001, id="m-7"), shop.open())

    [event] = shop.sockets.sent["c-1"]
    assert event["message_id"] == "m-7"
    assert event["message"].startswith("message: ")
    assert "pydantic" not in json.dumps(event)


@pytest.mark.parametrize("what", ["token over", "signed out", "gone", "demoted", "edited"])
def test_a_socket_whose_owner_may_no_longer_come_in_is_told_so_and_closed(what: str) -> None:
    shop = Shop()
    opened = shop.open()
    if what == "token over":
        shop.time += 3600
    elif what == "signed out":
        shop.members.sign_out(ANN.subject, at=int(NOW))
    elif what == "gone":
        del shop.members.rows[ANN.subject]
    elif what == "demoted":
        shop.members.rows[ANN.subject] = gateway.member(role="guest")
    else:
        opened = {**opened, "role": "king"}

    shop.frame(ask_of(), opened)

    assert error(shop) == "NotSignedIn"
    assert shop.sockets.closed == ["c-1"]
    assert shop.handed_over == []


def test_without_the_scope_nothing_is_answered_but_the_socket_stays() -> None:
    shop = Shop()
    opened = shop.open()
    shop.members.rows[ANN.subject] = gateway.member(scopes=())

    shop.frame(ask_of(), opened)

    assert error(shop) == "Denied"
    assert shop.sockets.closed == []


@pytest.mark.parametrize(("later", "why"), [(601, "silent"), (3599, "silent"), (3700, "old")])
def test_a_socket_that_was_silent_or_has_lived_for_too_long_is_closed(later: int, why: str) -> None:
    shop = Shop()
    opened = shop.knock(shop.buy(exp=str(int(NOW) + 9000)).body["ticket"])["context"]
    shop.time += later

    shop.frame(ask_of(), opened)

    assert error(shop) == "SocketOver"
    assert shop.sockets.closed == ["c-1"]


def test_a_socket_that_floods_is_asked_to_wait() -> None:
    shop = Shop()
    opened = shop.open()
    for _ in range(limits().message.per_socket_per_minute):
        shop.frame(ask_of(), opened)

    shop.frame(ask_of(), opened)

    last = shop.sockets.sent["c-1"][-1]
    assert (last["event"], last["error"]) == ("error", "TooMuchAtOnce")
    assert 0 < last["retry_after_s"] <= 60
    assert len(shop.handed_over) == limits().message.per_socket_per_minute


def test_when_we_cannot_see_who_is_there_a_stranger_is_asked_to_try_again() -> None:
    shop = Shop()
    opened = shop.open()
    shop.members.down = True

    shop.frame(ask_of(), opened)

    [event] = shop.sockets.sent["c-1"]
    assert (event["error"], event["retry_after_s"]) == ("MembersUnavailable", 2)
    assert shop.handed_over == []


def test_who_was_seen_a_moment_ago_is_answered_on_while_every_table_is_down() -> None:
    shop = Shop()
    opened = shop.open()
    shop.frame(ask_of(), opened)
    shop.members.down = shop.pace.down = True

    shop.frame(ask_of(), opened)

    assert [event["event"] for event in shop.sockets.sent["c-1"]] == ["accepted", "accepted"]
    assert len(shop.handed_over) == 2


def test_who_was_seen_to_be_signed_out_stays_out_while_every_table_is_down() -> None:
    shop = Shop()
    opened = shop.open()
    shop.members.sign_out(ANN.subject, at=int(NOW))
    shop.frame(ask_of(), opened)
    shop.members.down = shop.pace.down = True

    shop.frame(ask_of(), opened, socket="c-2")

    assert [event["error"] for event in shop.sockets.sent["c-2"]] == ["NotSignedIn"]
    assert shop.handed_over == []


def test_no_ticket_is_sold_and_none_opens_a_socket_while_the_tables_are_down() -> None:
    shop = Shop()
    ticket = shop.buy().body["ticket"]
    shop.frame(ask_of(), shop.open())
    shop.members.down = shop.pace.down = shop.tickets.down = True

    assert (shop.buy().status, shop.buy().headers["retry-after"]) == (503, "2")
    with pytest.raises(SocketsUnavailable):
        shop.knock(ticket)


def test_when_nobody_takes_over_the_shopper_is_told() -> None:
    shop = Shop()
    shop.nobody_takes_over = True

    shop.frame(ask_of(), shop.open())

    assert [event["event"] for event in shop.sockets.sent["c-1"]] == ["accepted", "error"]


def test_who_leaves_is_forgotten() -> None:
    shop = Shop()
    opened = shop.open()
    shop.frame(ask_of(), opened)

    assert shop.frame("", opened, event="DISCONNECT") == {"statusCode": 200}

    assert shop.pace.heard_at == {}
    assert len(shop.sockets.sent["c-1"]) == 1


def test_for_somebody_who_has_left_already_nothing_is_started() -> None:
    shop = Shop()
    opened = shop.open()
    shop.sockets.gone.add("c-1")

    assert shop.frame(ask_of(), opened) == {"statusCode": 200}

    assert shop.handed_over == []


def test_a_shopper_who_leaves_in_the_middle_is_not_answered_further() -> None:
    shop = Shop()
    shop.frame(ask_of(), shop.open())
    sent = 0

    def until_they_leave(socket: str, text: str) -> None:
        nonlocal sent
        sent += 1
        if json.loads(text)["event"] == "delta":
            shop.sockets.gone.add(socket)
        shop.messenger(socket, text)

    assert shop.answer(send=until_they_leave) == {"events": 3}

    assert sent == 2  # the sources, and the first words, which found nobody
    assert shop.sessions.kept == {}


def test_when_the_documents_cannot_be_reached_the_shopper_gets_a_word_and_a_time() -> None:
    shop = Shop()
    shop.database_is_down = True

    last = shop.ask()[-1]

    assert (last["event"], last["error"]) == ("error", "DatabaseUnavailable")
    assert (last["message"], last["retry_after_s"]) == (wording().unavailable, 2)


def test_a_question_that_waited_for_too_long_is_not_answered_any_more() -> None:
    shop = Shop()
    shop.frame(ask_of(), shop.open())
    shop.time += 21

    shop.answer()

    assert shop.sockets.sent["c-1"][-1]["error"] == "DeadlinePassed"


def test_what_breaks_is_told_without_its_insides(capsys: pytest.CaptureFixture[str]) -> None:
    shop = Shop()
    shop.frame(ask_of(), shop.open())

    def broken(text: str) -> Any:
        raise ValueError("the password is swordfish")

    shop.answer(mask=broken)

    last = shop.sockets.sent["c-1"][-1]
    assert (last["event"], last["error"], last["request_id"]) == ("error", "Unexpected", "r-1")
    assert "swordfish" not in json.dumps(last)
    assert "message broke" in capsys.readouterr().out


def test_when_not_even_the_failure_can_be_told_nothing_breaks() -> None:
    shop = Shop()
    shop.frame(ask_of(), shop.open())
    shop.sockets.down = True

    def down(socket: str, text: str) -> None:
        raise SocketsUnavailable

    assert shop.answer(send=down) == {"events": 6}


def test_a_question_is_in_the_audit_trail_with_what_it_came_to_and_without_its_words() -> None:
    shop = Shop()
    shop.ask()
    shop.database_is_down = True
    shop.ask()

    ticket, answered, other_ticket, failed = shop.trail.records
    assert {ticket.route, other_ticket.route} == {"POST /v1/chat/tickets"}
    assert [(one.route, one.status) for one in (answered, failed)] == [("WebSocket ask", 200), ("WebSocket ask", 503)]
    assert (answered.merchant_id, answered.subject, answered.request_id) == ("outdoor", "user#ann", "r-1")
    assert answered.request_payload_hash == failed.request_payload_hash != answered.response_reference
    assert RETURN not in repr(shop.trail.records)


def test_an_audit_trail_that_cannot_be_reached_costs_no_answer(capsys: pytest.CaptureFixture[str]) -> None:
    shop = Shop()
    opened = shop.open()
    shop.trail.down = True

    shop.frame(ask_of(), opened)
    shop.answer()

    assert shop.sockets.sent["c-1"][-1]["event"] == "done"
    assert "audit record not handed in" in capsys.readouterr().out


def test_a_part_that_could_not_be_sent_costs_nothing_but_the_wait() -> None:
    shop = Shop()
    shop.frame(ask_of(), shop.open())

    def hiccup(socket: str, text: str) -> None:
        if json.loads(text)["seq"] == 2:
            raise SocketsUnavailable
        shop.messenger(socket, text)

    shop.answer(send=hiccup)

    events = shop.sockets.sent["c-1"]
    assert [event["event"] for event in events] == ["accepted", "sources", "delta", "done"]
    assert events[-1]["answer"].startswith("You may return anything within 60 days of delivery. [1]")


def test_a_socket_that_was_let_in_is_open() -> None:
    shop = Shop()

    assert shop.frame("", shop.open(), event="CONNECT") == {"statusCode": 200}
    assert shop.sockets.sent == {}


def test_no_two_events_have_one_number_even_if_the_first_may_not_have_arrived() -> None:
    numbers: list[int] = []
    shop_is_busy = True

    def send(socket: str, text: str) -> None:
        if shop_is_busy:
            raise SocketsUnavailable
        numbers.append(json.loads(text)["seq"])

    line = Line(send, "c-1", "r-1")
    with pytest.raises(Unavailable):
        line.tell(Accepted())
    shop_is_busy = False
    line.tell(Accepted())
    line.tell(Accepted())

    assert numbers == [1, 2]


def test_neither_question_nor_answer_nor_ticket_is_in_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    shop = Shop()
    ticket = shop.buy().body["ticket"]
    shop.frame(ask_of(message=f"I am ann@example.com. {RETURN}"), shop.knock(ticket)["context"])
    shop.answer()
    shop.knock(ticket)
    shop.frame(ask_of(message=RETURN * 100), shop.open())

    told = capsys.readouterr().out
    assert "question answered" in told
    for secret in ("ann@example.com", "60 days", "return something", ticket, "user#ann"):
        assert secret not in told


def test_a_flooded_shop_asks_to_come_back_over_the_socket_too() -> None:
    shop = Shop()
    shop.frame(ask_of(), shop.open())

    with shop.bulkhead.admit(Tenant("outdoor"), within_s=0):
        shop.answer()

    last = shop.sockets.sent["c-1"][-1]
    assert (last["event"], last["error"], last["retry_after_s"]) == ("error", "MerchantBusy", 1)
