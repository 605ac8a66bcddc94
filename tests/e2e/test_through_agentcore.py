"""The deployed shop, its answers made by AgentCore's program: over the API and a socket, as in the functions."""

import json
import secrets
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from local.agentcore.laptop import answering
from local.agentcore.server import Double, Play
from local.cloud import Running
from tests.e2e.shop import Visitor
from tests.e2e.test_over_a_socket import answer, open_at, ticket_of

pytestmark = pytest.mark.usefixtures("socket_enabled")
WORD = "morel" + "".join(secrets.choice("bdfgklmp") for _ in range(6))
TALK = (
    "Hello!",
    f"How much is the Pan {WORD}?",
    "put it in my basket",
    f"Add the lid {WORD} to my cart",
    f"Add two pans {WORD} to my cart",
    f"How long is a {WORD} pan guaranteed?",
    "My mail is ann@example.com, do you ship to Norway?",
    f"remove the lid {WORD} from my cart",
    "what's in my cart?",
    "Who won the chess championship last year?",
)


@pytest.fixture(scope="module", autouse=True)
def pans(kitchen: Visitor) -> None:
    feed = f"sku,title,price,currency,stock\n{WORD}-p,Pan {WORD},29.50,GBP,7\n{WORD}-l,Lid {WORD},9.00,GBP,3\n"
    kitchen.wait_for(kitchen.drop(f"{WORD}.csv", feed.encode(), "text/csv"))
    policy = f"# The {WORD} guarantee\n\nA {WORD} pan is guaranteed for 25 years against warping.\n"
    kitchen.wait_for(kitchen.drop(f"{WORD}.md", policy.encode()))


@pytest.fixture(scope="module")
def inline(pans: None, kitchen_shopper: Visitor) -> list[dict[str, Any]]:
    """The conversation as the functions hold it."""
    return converse(kitchen_shopper)


@pytest.fixture(scope="module")
def double(inline: list[dict[str, Any]], cloud: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Double]:
    with answering(cloud, tmp_path_factory.mktemp("agent") / "agent.log") as playing:
        yield playing


def converse(shopper: Visitor) -> list[dict[str, Any]]:
    assert shopper.call("DELETE", "/v1/cart").status == 204
    session: dict[str, str] = {}
    said = []
    for message in TALK:
        reply = shopper.ask(message, **session)
        assert reply.status == 200, reply
        session = {"session_id": reply.body["session_id"]}
        kept = ("answer", "verdict", "citations", "facts", "confidence", "mode", "notes", "score", "flags")
        said.append({name: reply.body[name] for name in kept if name in reply.body})
    return said


def test_a_conversation_over_the_api_goes_as_it_did_in_the_functions(
    inline: list[dict[str, Any]], double: Double, kitchen_shopper: Visitor
) -> None:
    asked = len(double.requests)

    through = converse(kitchen_shopper)

    assert through == inline
    assert len(double.requests) - asked == len(TALK)
    assert len({one.session for one in double.requests[asked:]}) == 1
    cart = kitchen_shopper.call("GET", "/v1/cart").body
    assert [(line["sku"], line["quantity"]) for line in cart["lines"]] == [(f"{WORD}-p", 3)]


def test_two_shops_are_answered_from_their_own_pages_by_one_program(
    double: Double, kitchen_shopper: Visitor, outdoor_shopper: Visitor
) -> None:
    asked = len(double.requests)
    answers = [one.ask(f"How much is the Pan {WORD}?").body["answer"] for one in (kitchen_shopper, outdoor_shopper)]

    assert "29.50" in answers[0]
    assert WORD not in answers[1].lower()
    assert len({one.session for one in double.requests[asked:]}) == 2


def test_a_sockets_answer_comes_in_parts_from_there(double: Double, kitchen_guest: Visitor) -> None:
    asked = len(double.requests)
    socket = open_at(ticket_of(kitchen_guest))
    try:
        events = answer(socket, f"How long is a {WORD} pan guaranteed?")
    finally:
        socket.close()

    assert [one["event"] for one in events][:2] == ["accepted", "sources"]
    assert events[-1]["event"] == "done"
    told = "".join(one["text"] for one in events if one["event"] == "delta")
    assert (told, "25 years" in told) == (events[-1]["answer"], True)
    assert len(double.requests) - asked == 1


def test_while_agentcore_does_not_answer_the_shopper_is_told_so(double: Double, kitchen_shopper: Visitor) -> None:
    double.play(Play(fault="internal"))

    reply = kitchen_shopper.ask("How long is the warranty?")

    assert (reply.status, reply.body["error"]) == (503, "AgentUnavailable")
    assert reply.body["answer"]
    assert kitchen_shopper.ask("How long is the warranty?").status == 200


def test_whoever_knows_the_programs_address_and_not_the_key_gets_nothing(double: Double) -> None:
    question = {"warrant": "w1.e30." + "0" * 64, "message": "What is in the cart?", "session_id": None}
    body = json.dumps({**question, "request_id": None, "within_ms": 3000}).encode()
    request = urllib.request.Request(  # noqa: S310 - our own loopback address
        f"{double.program}/invocations", body, {"Content-Type": "application/json"}, method="POST"
    )

    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=10)  # noqa: S310 - the same

    refused.value.close()
    assert refused.value.code == 403
