"""Two ways of speaking to a model, one promise: what it says, asks for and costs, and each failure by its name."""

import threading
import time
from itertools import islice
from typing import Any

import pytest
from shopwright.costs.price import Tokens
from shopwright.llm.bedrock import Bedrock, client
from shopwright.llm.model import (
    Gathered,
    Message,
    ModelBrokenOff,
    ModelMalformed,
    ModelRefused,
    ModelStalled,
    ModelThrottled,
    ModelUnavailable,
    Over,
    Role,
    Said,
    Stop,
    Text,
    Tool,
    ToolResult,
    ToolUse,
    ours,
)
from shopwright.llm.openai import EndpointUnusable, OpenAI
from shopwright.resilience.deadline import Deadline, DeadlinePassed

from local import ports
from local.models import scene
from local.models.scene import Break, Counted, Fail, Garbage, Reply, Stall, says
from tests.integration.models.conftest import KEYS, STALL_MS, Stage, request, soon

FACTS = Tool("get_facts", "Facts of a product.", {"type": "object", "properties": {"product": {"type": "string"}}})


def everything(stage: Stage, **more: Any) -> Gathered:
    gathered = Gathered()
    for piece in stage.model.stream(request(**more), soon()):
        gathered.add(piece)
    return gathered


def test_an_answer_comes_whole_with_what_it_cost(stage: Stage) -> None:
    stage.double.play(Reply(steps=(scene.Text(text=("30 days ", "[1].")),), usage=Counted(input=812, output=9)))

    reply = stage.model.complete(request(), soon())

    assert (reply.text, reply.tools, reply.stop) == ("30 days [1].", (), Stop.DONE)
    assert reply.tokens == Tokens(input=812, output=9)


def test_an_answer_comes_bit_by_bit_before_the_model_has_finished(stage: Stage) -> None:
    stage.double.play(says("Thirty ", "days ", "[1].", gap_ms=400))
    began = time.monotonic()

    pieces = stage.model.stream(request(), soon())
    first = next(pieces)
    at_first = time.monotonic() - began
    rest = list(pieces)
    at_end = time.monotonic() - began

    assert first == Said("Thirty ")
    assert rest[:-1] == [Said("days "), Said("[1].")]
    assert isinstance(rest[-1], Over)
    assert at_end - at_first > 0.2


def test_what_was_said_reaches_the_model_and_nothing_else(stage: Stage) -> None:
    stage.double.play(says("Yes."))
    turns = (
        Message(Role.USER, (Text(ours("Is it waterproof?")),)),
        Message(Role.ASSISTANT, (Text(ours("Yes [1].")),)),
        Message(Role.USER, (Text(ours("And the blue one?")),)),
    )

    stage.model.complete(request(messages=turns, max_tokens=77), soon())

    (asked,) = stage.double.requests
    body = asked.body
    if asked.wire == "bedrock":
        assert body == {
            "system": [{"text": "Answer from the passages."}],
            "messages": [{"role": one.role.value, "content": [{"text": one.parts[0].said.text}]} for one in turns],  # type: ignore[union-attr]  # all of them are words
            "inferenceConfig": {"maxTokens": 77, "temperature": 0.0},
        }
    else:
        assert body["messages"] == [
            {"role": "system", "content": "Answer from the passages."},
            *({"role": one.role.value, "content": one.parts[0].said.text} for one in turns),  # type: ignore[union-attr]  # all of them are words
        ]
        assert (body["max_tokens"], body["temperature"], body["model"]) == (77, 0, "amazon.nova-micro-v1:0")


def test_a_tool_is_asked_for_answered_and_the_answer_used(stage: Stage) -> None:
    stage.double.play(
        Reply(steps=(scene.Text(text=("Let me look. ",)), scene.Tool(tool="get_facts", input={"product": "Größe"}))),
        says("It is in stock."),
    )

    first = everything(stage, tools=(FACTS,)).reply()
    (wanted,) = first.tools
    assert (first.stop, wanted) == (Stop.TOOLS, ToolUse("tool-1", "get_facts", {"product": "Größe"}))

    asked = request().messages
    told = Message(Role.USER, (ToolResult(wanted.id, ours('{"stock": 3}')),))
    again = (*asked, Message(Role.ASSISTANT, (Text(ours(first.text)), wanted)), told)
    second = stage.model.complete(request(messages=again, tools=(FACTS,)), soon())

    assert second.text == "It is in stock."
    until = time.monotonic() + 5
    while not stage.double.requests[1].ended and time.monotonic() < until:
        time.sleep(0.01)  # the double notes the end after it has sent it
    assert stage.double.requests[1].ended == "whole"


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        ("throttling", ModelThrottled),
        ("model_not_ready", ModelThrottled),
        ("unavailable", ModelUnavailable),
        ("internal", ModelUnavailable),
        ("model_error", ModelUnavailable),
        ("model_timeout", ModelUnavailable),
        ("validation", ModelRefused),
        ("denied", ModelRefused),
    ],
)
def test_each_fault_has_its_name(stage: Stage, fault: Any, named: type[Exception]) -> None:
    for ask in (stage.model.complete, lambda one, deadline: list(stage.model.stream(one, deadline))):
        stage.double.play(Reply(steps=(Fail(fault=fault, message="secret details"),)))
        with pytest.raises(named) as failure:
            ask(request(), soon())
        assert type(failure.value) is named
        assert "secret" not in str(failure.value)
    assert len(stage.double.requests) == 2, "nothing is tried again by itself"


@pytest.mark.parametrize(
    ("steps", "named"),
    [
        ((Fail(fault="model_error"),), ModelUnavailable),
        ((Fail(fault="throttling"),), ModelUnavailable),
        ((Break(),), ModelBrokenOff),
        ((Garbage(garbage="{ this is no answer, nor any frame of one"),), ModelMalformed),
        ((Stall(stall_ms=STALL_MS),), ModelStalled),
    ],
)
def test_a_stream_that_ends_badly_says_how_after_what_it_said(
    stage: Stage, steps: tuple[Any, ...], named: type[Exception]
) -> None:
    stage.double.play(Reply(steps=(scene.Text(text=("Well, ",)), *steps)))
    pieces = stage.model.stream(request(), soon())

    assert next(pieces) == Said("Well, ")
    with pytest.raises(named):
        list(pieces)


def test_a_stream_that_stops_without_saying_why_is_broken_off(stage: Stage) -> None:
    stage.double.play(Reply(steps=(scene.Text(text=("Well, ",)),), silent=True))

    with pytest.raises(ModelBrokenOff):
        everything(stage)


def test_a_tools_input_that_is_no_object_is_no_answer(stage: Stage) -> None:
    for raw in ('["a list"]', '{"unfinished": '):
        stage.double.play(Reply(steps=(scene.Tool(tool="get_facts", raw=raw),)))
        with pytest.raises(ModelMalformed):
            everything(stage, tools=(FACTS,))


def test_why_a_model_stopped_is_told(stage: Stage) -> None:
    for stop, told in (("max_tokens", Stop.CUT), ("content_filtered", Stop.FILTERED), ("stop_sequence", Stop.DONE)):
        stage.double.play(Reply(steps=(scene.Text(text=("Well",)),), stop=stop))  # type: ignore[arg-type]  # one of its words
        assert everything(stage).reply().stop is told


def test_an_answer_that_is_nothing_is_told_as_nothing(stage: Stage) -> None:
    stage.double.play(Reply())

    reply = everything(stage).reply()

    assert (reply.text, reply.tools, reply.stop) == ("", (), Stop.DONE)


def test_nobody_waits_beyond_the_deadline(stage: Stage) -> None:
    for steps in ((Stall(stall_ms=STALL_MS),), (scene.Text(text=("a", "b", "c", "d") * 20, gap_ms=250),)):
        stage.double.play(Reply(steps=steps))
        began = time.monotonic()
        with pytest.raises(DeadlinePassed):
            list(stage.model.stream(request(), Deadline(400)))
        assert time.monotonic() - began < 10


def test_a_call_without_time_is_not_made(stage: Stage) -> None:
    spent = Deadline(1)
    time.sleep(0.01)

    with pytest.raises(DeadlinePassed):
        list(stage.model.stream(request(), spent))

    assert stage.double.requests == []


def test_whoever_stops_listening_stops_the_model(stage: Stage) -> None:
    stage.double.play(says(*["word "] * 500, gap_ms=4))
    before = set(threading.enumerate())
    pieces = stage.model.stream(request(), soon())

    assert len(list(islice(pieces, 5))) == 5
    pieces.close()  # type: ignore[attr-defined]  # it is a generator

    until = time.monotonic() + 5
    while not stage.double.requests[0].ended and time.monotonic() < until:
        time.sleep(0.02)
    assert stage.double.requests[0].ended == "gone"
    assert stage.double.requests[0].sent < 500
    assert not [one for one in threading.enumerate() if one not in before and one.name == "within" and _alive(one)]


def _alive(thread: threading.Thread) -> bool:
    thread.join(1)
    return thread.is_alive()


@pytest.mark.parametrize("wire", ["bedrock", "openai"])
def test_a_server_that_is_not_there_is_unavailable(wire: str) -> None:
    nowhere = f"http://127.0.0.1:{ports.choose('nobody', None)}"
    model = Bedrock(client(KEYS, nowhere, "us-east-1")) if wire == "bedrock" else OpenAI(nowhere)

    with pytest.raises(ModelUnavailable):
        model.complete(request(), soon())


def test_the_beginning_of_a_prompt_is_kept_where_that_is_asked_for(bedrock: Stage) -> None:
    bedrock.double.play(says("One."), says("Two."))
    long = "These are the rules. " * 300

    first, second = (bedrock.model.complete(request(instructions=long, cached=True), soon()).tokens for _ in range(2))

    assert first is not None
    assert second is not None
    assert first.written == second.cached > 1000
    assert first.cached == second.written == 0
    assert bedrock.double.requests[0].body["system"][1] == {"cachePoint": {"type": "default"}}


def test_a_key_is_sent_and_no_redirect_followed(openai: Stage) -> None:
    openai.double.play(says("Yes."))

    OpenAI(f"{openai.endpoint}/v1/", key=lambda: "k-1").complete(request(), soon())

    assert openai.double.requests[0].headers["Authorization"] == "Bearer k-1"


@pytest.mark.parametrize(
    "address", ["", "ftp://127.0.0.1/v1", "127.0.0.1:8080", "http://me@127.0.0.1/v1", "file:///etc"]
)
def test_what_is_no_address_of_a_server_is_refused(address: str) -> None:
    with pytest.raises(EndpointUnusable):
        OpenAI(address)


def test_what_is_said_to_a_model_appears_in_no_representation() -> None:
    assert "return" not in repr(request())
