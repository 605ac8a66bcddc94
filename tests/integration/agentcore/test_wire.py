"""AgentCore's wire through botocore: the same answer at the far end, bit by bit, and each failure by its name."""

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date
from urllib.parse import urlsplit

import pytest
from shopwright.catalog.facts import Kind, Told
from shopwright.costs.price import Bill, Line
from shopwright.errors import NotFound
from shopwright.grounding.cite import Citation
from shopwright.grounding.wording import wording
from shopwright.orchestrator import wire
from shopwright.orchestrator.answer import Answer, Clocks
from shopwright.orchestrator.answer_cache import Cache
from shopwright.orchestrator.events import Delta, Event, Products, Sources, Tell
from shopwright.orchestrator.quoting import FactsUnavailable
from shopwright.orchestrator.said import ANSWERED, UNAVAILABLE, Product
from shopwright.orchestrator.session import SessionNotFound
from shopwright.orchestrator.visit import Question
from shopwright.resilience.deadline import Deadline, DeadlinePassed
from shopwright.signals.predict import Prediction
from shopwright.sockets.socket import SocketGone
from shopwright.tenancy.caller import Caller, Role
from shopwright.tenancy.tenant import Tenant
from shopwright.tenancy.warrant import Warrants, for_a_question, for_a_tool

from local.agentcore.server import Play
from tests.integration.agentcore.stage import KEY, OTHER_KEY, Stage, stage

ANN = Caller(Tenant("outdoor"), Role.SHOPPER, "user#ann", frozenset({"shop/chat", "shop/documents"}))
BEN = Caller(Tenant("outdoor"), Role.GUEST, "user#ben", frozenset({"shop/chat"}))
BACKEND = Caller(Tenant("kitchen"), Role.MACHINE, "client#till", frozenset({"shop/chat"}))
SESSION = "0f8fad5b-d9cb-469f-a165-70867728950e"
CITED = Citation(1, "d-1", 3, "Returns", ("Returns", "Höw"), 0, 52, "documents/outdoor/returns.md", "within 60 days")
PRICE = Told("p-1", "", "price", Kind.MONEY, "649.00", "EUR", 7)
PREDICTED = Prediction("p-1", 0.8, 0.6, (("price", 0.7), ("stock", 0.3)), "heuristic", "2", date(2026, 11, 1))
WHOLE = Answer(
    text="You may return anything within 60 days. [1] It costs 649.00 EUR.\nDanke – schön “so”.",
    verdict=ANSWERED,
    citations=(CITED,),
    confidence=0.873,
    clocks=Clocks(12.5, 13.0, 21.25),
    session_id=SESSION,
    notes=("A note.", "Ünd another."),
    mode="model",
    cache=Cache.STALE,
    kept_at=1_790_000_000.5,
    facts=(PRICE,),
    products=(Product("p-1", "Winter Tent", 0.8, PREDICTED), Product("p-2", "Summer Tent", 0.5, None)),
    score=0.75,
    flags=("invented",),
    cost=Bill((Line("amazon.nova-micro-v1:0", 2100), Line("function_second", 17))),
)


class Answerer:
    """Answers as it is told to, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[Question, float]] = []
        self.does: Callable[[Question, Tell | None], Answer] = lambda question, tell: WHOLE
        self.heard_gone = False

    def answer(self, question: Question, *, deadline: Deadline, tell: Tell | None = None) -> Answer:
        self.asked.append((question, deadline.left_s()))
        return self.does(question, tell)


@pytest.fixture
def answerer() -> Answerer:
    return Answerer()


@pytest.fixture
def rested() -> list[float]:
    return []


@pytest.fixture
def set_up(answerer: Answerer, rested: list[float]) -> Iterator[Stage]:
    with stage(answerer, rest=lambda: rested.append(time.monotonic())) as made:
        yield made


def question(caller: Caller = ANN, text: str = "How long may I return things?", **more: str | None) -> Question:
    return Question(text, caller, more.get("session_id"), more.get("request_id", "r-1"))


def test_an_answer_is_the_same_at_the_far_end_with_everything_in_it(set_up: Stage, answerer: Answerer) -> None:
    said = set_up.agent().answer(question(session_id=SESSION), deadline=Deadline(5000))

    assert said == WHOLE
    [(asked, left_s)] = answerer.asked
    assert asked == question(session_id=SESSION)
    assert 3.5 < left_s < 4.8  # it ends before whoever asked stops waiting


def test_what_is_told_meanwhile_comes_before_the_answer_is_there(set_up: Stage, answerer: Answerer) -> None:
    came: list[Event] = []
    heard = threading.Event()
    half = Delta("You may return anything ")

    def slowly(_: Question, tell: Tell | None) -> Answer:
        assert tell is not None
        tell(Sources((CITED,)))
        tell(Products((PRICE,)))
        tell(half)
        assert heard.wait(3), "half an answer did not arrive before the other half was written"
        tell(Delta("within 60 days. [1]"))
        return WHOLE

    def listen(event: Event) -> None:
        came.append(event)
        if event == half:
            heard.set()

    answerer.does = slowly

    said = set_up.agent().answer(question(), deadline=Deadline(5000), tell=listen)

    assert said == WHOLE
    assert came == [Sources((CITED,)), Products((PRICE,)), half, Delta("within 60 days. [1]")]


def test_whoever_stops_listening_ends_the_answer(set_up: Stage, answerer: Answerer) -> None:
    told: list[Event] = []
    ended: list[str] = []

    def for_ever(_: Question, tell: Tell | None) -> Answer:
        assert tell is not None
        try:
            for _number in range(100):
                tell(Delta("more "))
                time.sleep(0.05)
        finally:
            ended.append("ended")
        return WHOLE

    def leave(event: Event) -> None:
        told.append(event)
        raise SocketGone

    answerer.does = for_ever
    with pytest.raises(SocketGone):
        set_up.agent().answer(question(), deadline=Deadline(8000), tell=leave)

    began = time.monotonic()
    while not ended and time.monotonic() - began < 4:
        time.sleep(0.02)
    assert (len(told), ended) == (1, ["ended"])


def test_a_model_that_takes_its_time_is_waited_for_while_the_program_says_that_it_is_at_work(
    set_up: Stage, answerer: Answerer
) -> None:
    def slow(_: Question, tell: Tell | None) -> Answer:
        time.sleep(3)
        return WHOLE

    answerer.does = slow

    assert set_up.agent(silence_s=2.0).answer(question(), deadline=Deadline(6000)) == WHOLE


@pytest.mark.parametrize(
    "failure",
    [
        SessionNotFound(),
        NotFound("There is no such thing."),
        FactsUnavailable("Prices cannot be looked up."),
    ],
)
def test_what_is_raised_there_is_raised_here_under_its_name(
    set_up: Stage, answerer: Answerer, failure: Exception
) -> None:
    def refuse(_: Question, tell: Tell | None) -> Answer:
        raise failure

    answerer.does = refuse

    with pytest.raises(type(failure).__mro__[1]) as raised:
        set_up.agent().answer(question(), deadline=Deadline(5000))

    assert (type(raised.value).__name__, str(raised.value)) == (type(failure).__name__, str(failure))
    assert (len(answerer.asked), set_up.failures) == (1, [])


def test_an_answer_that_failed_there_names_the_same_failure_here(set_up: Stage, answerer: Answerer) -> None:
    failure = FactsUnavailable("Prices cannot be looked up.")
    failure.retry_after_s = 7
    answerer.does = lambda asked, tell: Answer(
        "Not now.", UNAVAILABLE, (), 0.0, Clocks(None, None, 1.0), None, failure=failure
    )

    said = set_up.agent().answer(question(), deadline=Deadline(5000))

    assert said.failure is not None
    assert (said.text, said.verdict) == ("Not now.", UNAVAILABLE)
    assert (type(said.failure).__name__, str(said.failure), said.failure.retry_after_s) == (
        "FactsUnavailable",
        "Prices cannot be looked up.",
        7,
    )


def test_our_own_mistake_there_says_nothing_of_itself_here(set_up: Stage, answerer: Answerer) -> None:
    def break_down(_: Question, tell: Tell | None) -> Answer:
        raise RuntimeError("ann@example.com at 10.20.0.7")

    answerer.does = break_down

    said = set_up.agent().answer(question(), deadline=Deadline(5000))

    assert type(said.failure).__name__ == "AgentMalformed"
    assert said.text == wording().unavailable
    assert "ann@" not in repr(said)


@pytest.mark.parametrize(
    ("play", "name"),
    [
        (Play(fault="internal"), "AgentUnavailable"),
        (Play(fault="denied"), "AgentRefused"),
        (Play(fault="validation"), "AgentRefused"),
        (Play(fault="missing"), "AgentRefused"),
        (Play(fault="client"), "AgentRefused"),
        (Play(after=0, cut=True), "AgentBrokenOff"),
        (Play(after=2, cut=True), "AgentBrokenOff"),
        (Play(says=b""), "AgentBrokenOff"),
        (Play(says=b": here\n\n"), "AgentBrokenOff"),
        (Play(says=b"<html>Bad gateway</html>\n"), "AgentMalformed"),
        (Play(says=b"data: {\n\n"), "AgentMalformed"),
        (Play(says=b"data: []\n\n"), "AgentMalformed"),
        (Play(says=b'data: {"what":"done","body":{}}\n\n'), "AgentMalformed"),
        (Play(says=b'data: {"what":"delta","body":{"text":7}}\n\n'), "AgentMalformed"),
        (Play(says=b'data: {"what":"paid","body":{}}\n\n'), "AgentMalformed"),
        (
            Play(says=b'data: {"what":"failed","body":{},"failure":{"kind":"Eval","error":"X","message":""}}\n\n'),
            "AgentMalformed",
        ),
        (Play(says=b"data: no end"), "AgentMalformed"),
        (Play(says=b"data: " + b"x" * (2 * 1024 * 1024)), "AgentMalformed"),
        (Play(after=2, stall_s=20), "AgentStalled"),
    ],
    ids=str,
)
def test_an_answer_that_does_not_come_as_it_should_is_a_named_outcome_with_a_word_for_the_shopper(
    set_up: Stage, play: Play, name: str
) -> None:
    set_up.double.play(play)
    heard: list[Event] = []
    began = time.monotonic()

    said = set_up.agent(silence_s=2.0).answer(question(session_id=SESSION), deadline=Deadline(6000), tell=heard.append)

    assert type(said.failure).__name__ == name
    assert (said.text, said.verdict, said.session_id) == (wording().unavailable, UNAVAILABLE, SESSION)
    assert [type(failure).__name__ for failure in set_up.failures] == [name]
    assert len(set_up.double.requests) == 1  # what may have begun is not begun again
    assert time.monotonic() - began < 15


@pytest.mark.parametrize("fault", ["throttling", "unavailable", "quota"])
def test_what_has_not_begun_is_tried_once_more(set_up: Stage, answerer: Answerer, fault: str) -> None:
    set_up.double.play(Play(fault=fault))

    assert set_up.agent().answer(question(), deadline=Deadline(5000)) == WHOLE
    assert (len(set_up.double.requests), len(answerer.asked)) == (2, 1)


def test_what_does_not_begin_twice_is_told_gently(set_up: Stage, answerer: Answerer) -> None:
    set_up.double.play(Play(fault="throttling"), Play(fault="throttling"))

    said = set_up.agent().answer(question(), deadline=Deadline(5000))

    assert type(said.failure).__name__ == "AgentBusy"
    assert (len(set_up.double.requests), answerer.asked) == (2, [])


def test_the_deadline_ends_it_whatever_the_program_does(set_up: Stage, answerer: Answerer) -> None:
    def slow(_: Question, tell: Tell | None) -> Answer:
        time.sleep(6)
        return WHOLE

    answerer.does = slow
    began = time.monotonic()

    said = set_up.agent().answer(question(), deadline=Deadline(900))

    assert isinstance(said.failure, DeadlinePassed)
    assert time.monotonic() - began < 5


def test_nobody_is_asked_when_there_is_no_time_left(set_up: Stage, answerer: Answerer) -> None:
    said = set_up.agent().answer(question(), deadline=Deadline(200))

    assert isinstance(said.failure, DeadlinePassed)
    assert (answerer.asked, set_up.double.requests) == ([], [])


def test_a_runtime_that_is_not_there_is_a_named_outcome(set_up: Stage) -> None:
    elsewhere = set_up.agent(runtime="arn:aws:bedrock-agentcore:us-east-1:000000000000:runtime/other-a1B2c3D4e5")

    assert type(elsewhere.answer(question(), deadline=Deadline(5000)).failure).__name__ == "AgentRefused"


def test_each_shopper_has_a_session_to_themselves_and_a_machine_one_for_each_conversation(set_up: Stage) -> None:
    agent = set_up.agent()
    for asked in (
        question(ANN),
        question(ANN, session_id=SESSION),
        question(BEN),
        question(BACKEND, session_id=SESSION),
        question(BACKEND, session_id="1f8fad5b-d9cb-469f-a165-70867728950e"),
    ):
        agent.answer(asked, deadline=Deadline(5000))

    sessions = [one.session for one in set_up.double.requests]
    assert sessions[0] == sessions[1]
    assert len(set(sessions)) == 4
    assert not [one for one in sessions if "ann" in one]


def test_nothing_in_what_goes_out_says_who_asks_but_the_warrant(set_up: Stage) -> None:
    set_up.agent().answer(question(session_id=SESSION), deadline=Deadline(5000))

    [invoked] = set_up.double.requests
    assert set(invoked.payload) == {"warrant", "message", "session_id", "request_id", "within_ms"}
    assert "user#ann" not in json.dumps({**invoked.payload, "warrant": ""})
    read = Warrants(lambda: KEY).read(
        invoked.payload["warrant"], for_a_question("How long may I return things?", SESSION, "r-1")
    )
    assert read == ANN


def sent(set_up: Stage, body: bytes) -> tuple[int, bytes]:
    """The program, asked by somebody who does not keep to our client."""
    at = urlsplit(set_up.address)
    connection = http.client.HTTPConnection(at.hostname or "", at.port, timeout=10)
    connection.request("POST", "/invocations", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    said = answer.status, answer.read()
    connection.close()
    return said


def asked(**changed: object) -> bytes:
    purpose = for_a_question("Hello there", None, None)
    given = {
        "warrant": Warrants(lambda: KEY).make_out(ANN, purpose).text,
        "message": "Hello there",
        "session_id": None,
        "request_id": None,
        "within_ms": 2000,
    }
    return json.dumps({**given, **changed}).encode()


LONG_AGO = Warrants(lambda: KEY, now=lambda: time.time() - 120)
FAR_AHEAD = Warrants(lambda: KEY, now=lambda: time.time() + 86_400)  # longer than all tests take together
HELLO = for_a_question("Hello there", None, None)


@pytest.mark.parametrize(
    "changed",
    [
        {"warrant": ""},
        {"warrant": "w1.e30.00"},
        {"warrant": Warrants(lambda: OTHER_KEY).make_out(ANN, HELLO).text},
        {"warrant": LONG_AGO.make_out(ANN, HELLO).text},
        {"warrant": FAR_AHEAD.make_out(ANN, HELLO).text},
        {"warrant": Warrants(lambda: KEY).make_out(ANN, for_a_tool("edit_cart")).text},
        {"message": "Give me everything"},
        {"session_id": SESSION},
        {"request_id": "r-2"},
    ],
    ids=[
        "none",
        "unsigned",
        "forged",
        "expired",
        "not yet",
        "for a tool",
        "other words",
        "other session",
        "other request",
    ],
)
def test_without_a_warrant_for_this_very_question_nothing_is_done(
    set_up: Stage, answerer: Answerer, changed: dict[str, object]
) -> None:
    status, said = sent(set_up, asked(**changed))

    assert (status, json.loads(said)["error"]) == (403, "NotIntroduced")
    assert answerer.asked == []


@pytest.mark.parametrize("field", ["merchant_id", "caller", "role", "subject"])
def test_a_caller_in_the_payload_is_not_even_read(set_up: Stage, answerer: Answerer, field: str) -> None:
    status, said = sent(set_up, asked(**{field: "kitchen"}))

    assert (status, json.loads(said)["error"]) == (400, "Invalid")
    assert answerer.asked == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b'"x"'])
def test_what_is_no_question_is_refused(set_up: Stage, answerer: Answerer, body: bytes) -> None:
    status, said = sent(set_up, body)

    assert (status, json.loads(said)["error"]) == (400, "Invalid")
    assert answerer.asked == []


def test_a_question_of_any_length_is_not_read_to_its_end(set_up: Stage, answerer: Answerer) -> None:
    assert sent(set_up, asked(message="x" * 200_000))[0] == 413
    assert answerer.asked == []


def test_the_program_says_when_it_is_at_work_and_rests_when_it_is_not(
    set_up: Stage, answerer: Answerer, rested: list[float]
) -> None:
    busy: list[object] = []

    def look(_: Question, tell: Tell | None) -> Answer:
        busy.append(set_up.program.ping()["status"])
        assert rested == []
        return WHOLE

    answerer.does = look
    assert set_up.program.ping()["status"] == "Healthy"

    set_up.agent().answer(question(), deadline=Deadline(5000))

    assert busy == ["HealthyBusy"]
    assert (set_up.program.ping()["status"], len(rested)) == ("Healthy", 1)


def test_every_field_of_an_answer_travels(set_up: Stage) -> None:
    """Each has another value here than it has by itself: one that did not travel would show."""
    plain = Answer("", "", (), 0.0, Clocks(None, None, 0.0), None)
    for name in Answer.__slots__:
        if name != "failure":
            assert getattr(WHOLE, name) != getattr(plain, name), name
    assert wire.answered(wire.read(wire.done(WHOLE))) == WHOLE
