"""Ten turns with each of the demo's shops, through each of its doors: right, cited and true, also with a model."""

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from local import merchants, model
from local.cloud import Running
from local.models.server import Double, running
from tests.e2e.shop import Visitor
from tests.e2e.test_over_a_socket import answer, open_at, ticket_of

pytestmark = pytest.mark.usefixtures("socket_enabled")
Turn = Mapping[str, Any]
TURNS: Mapping[str, Sequence[Turn]] = tomllib.loads(
    Path(__file__).with_name("ten_turns.toml").read_text(encoding="utf-8")
)
Say = Callable[[str, str | None], dict[str, Any]]  # a message in a conversation, and its answer
Door = Callable[[Visitor], AbstractContextManager[Say]]


@pytest.fixture(scope="module", autouse=True)
def at_the_demo_shops(stocked: None) -> None:
    """Each of them with its documents."""


@contextmanager
def over_http(shopper: Visitor) -> Iterator[Say]:
    def say(message: str, session: str | None) -> dict[str, Any]:
        reply = shopper.ask(message, **({} if session is None else {"session_id": session}))
        assert reply.status == 200, reply
        return dict(reply.body)

    yield say


@contextmanager
def over_a_socket(shopper: Visitor) -> Iterator[Say]:
    socket = open_at(ticket_of(shopper))

    def say(message: str, session: str | None) -> dict[str, Any]:
        events = answer(socket, message, **({} if session is None else {"session_id": session}))
        told = "".join(event["text"] for event in events if event["event"] == "delta")
        assert events[-1]["event"] == "done", events
        assert told in ("", events[-1]["answer"])
        return events[-1]

    try:
        yield say
    finally:
        socket.close()


def talk(
    turns: Sequence[Turn],
    shopper: Visitor,
    door: Door,
    *,
    before: Callable[[Turn], None] = lambda turn: None,
    session: str | None = None,
) -> list[dict[str, Any]]:
    """The ten answers, each held to what the turn expects; of a conversation that begins, or goes on."""
    assert shopper.call("DELETE", "/v1/cart").status == 204
    said = []
    with door(shopper) as say:
        for turn in turns:
            before(turn)
            told = say(turn["message"], session)
            session = told["session_id"]
            said.append(told)
            assert is_right(told, turn), f"{turn['message']!r} -> {told['answer']!r}"
    return said


def is_right(told: Mapping[str, Any], turn: Turn) -> bool:
    """Whether an answer is what the turn expects."""
    return (
        told["verdict"] == turn["verdict"]
        and all(part in told["answer"] for part in turn.get("says", ()))
        and not any(part in told["answer"] for part in turn.get("not", ()))
        and (bool(told["citations"]) or not turn.get("cites"))
        and set(turn.get("facts", ())) <= {fact["value"] for fact in told["facts"]}
    )


@pytest.mark.parametrize("door", [over_http, over_a_socket], ids=["http", "socket"])
@pytest.mark.parametrize("shop", TURNS)
def test_ten_turns_are_right_cited_and_true(
    shop: str, door: Door, visitor: Callable[[str, merchants.Role], Visitor]
) -> None:
    shopper = visitor(shop, "shopper")

    said = talk(TURNS[shop], shopper, door)

    kept = shopper.call("GET", f"/v1/sessions/{said[-1]['session_id']}").body
    assert kept["tally"]["turns"] == 10


@pytest.fixture(scope="module")
def bedrock(cloud: Running) -> Iterator[Double]:
    with running() as (double, endpoint):
        model.choose(cloud, model.BEDROCK, endpoint)
        try:
            yield double
        finally:
            model.choose(cloud, model.NONE)


@pytest.mark.parametrize("shop", TURNS)
def test_ten_turns_are_right_with_a_model_at_hand(
    shop: str, bedrock: Double, visitor: Callable[[str, merchants.Role], Visitor]
) -> None:
    talk(TURNS[shop], visitor(shop, "shopper"), over_http)
