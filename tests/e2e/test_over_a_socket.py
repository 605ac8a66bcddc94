"""A shopper's conversation over the shop's real WebSocket: how one comes in, what is said, and what is refused."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest
from shopwright.orchestrator.events import Telling
from shopwright.privacy.redact import mask
from shopwright.runtime.websocket import Line
from shopwright.sockets.apigatewaymanagementapi import Sockets

from local import merchants
from tests.e2e.shop import Visitor, eventually
from tests.e2e.stores import Stores
from tests.integration.laptop.socket_client import Closed, WebSocket

pytestmark = pytest.mark.usefixtures("socket_enabled")
PAGE = b"""# Sending things back

You may return unused pans within 37 days of delivery. The postage of a return costs 4.90 GBP.
"""
QUESTION = "Within how many days may I return unused pans?"
SOCKETS = 20


@pytest.fixture(scope="module", autouse=True)
def page(kitchen: Visitor) -> None:
    assert kitchen.wait_for(kitchen.drop("sending-back.md", PAGE))["status"] == "searchable"


def ticket_of(visitor: Visitor) -> str:
    bought = visitor.call("POST", "/v1/chat/tickets")
    assert bought.status == 201, bought
    assert bought.body["expires_in"] == 30
    return str(bought.body["url"])


def open_at(url: str) -> WebSocket:
    place = urlsplit(url)
    assert place.scheme == "ws"
    return WebSocket(str(place.hostname), int(place.port or 0), f"{place.path}?{place.query}", patience_s=60)


def answer(socket: WebSocket, message: str = QUESTION, **more: Any) -> list[dict[str, Any]]:
    """The events of one question, to its last."""
    socket.send({"action": "ask", "message": message, "id": "m-1", **more})
    events = []
    while True:
        events.append(socket.receive())
        if events[-1]["event"] in {"done", "error"}:
            return events


@pytest.fixture
def socket(kitchen_guest: Visitor) -> Iterator[WebSocket]:
    opened = open_at(ticket_of(kitchen_guest))
    yield opened
    opened.close()


def test_a_guests_question_is_answered_part_by_part_with_its_sources_first(socket: WebSocket) -> None:
    events = answer(socket)

    names = [event["event"] for event in events]
    assert names[:3] == ["accepted", "sources", "delta"], events
    assert names[-1] == "done"
    assert [event["seq"] for event in events] == list(range(len(events)))
    assert {event["message_id"] for event in events} == {"m-1"}
    assert len({event["request_id"] for event in events}) == 1
    done = events[-1]
    assert "37 days" in done["answer"]
    assert "".join(event["text"] for event in events if event["event"] == "delta") == done["answer"]
    assert done["citations"] == events[1]["citations"]
    assert done["citations"][0]["source_uri"].endswith("sending-back.md")
    assert done["verdict"] == "answered"


def test_a_conversation_begun_over_http_goes_on_over_the_socket(kitchen_guest: Visitor, socket: WebSocket) -> None:
    begun = kitchen_guest.ask(QUESTION).body["session_id"]

    done = answer(socket, "And what does the postage cost?", session_id=begun)[-1]

    assert done["session_id"] == begun
    kept = kitchen_guest.call("GET", f"/v1/sessions/{begun}")
    assert len(kept.body["turns"]) == 2


def test_two_questions_at_once_on_one_socket_are_told_apart(socket: WebSocket) -> None:
    for name in ("a", "b"):
        socket.send({"action": "ask", "id": name, "message": QUESTION})
    last: dict[str, Any] = {}
    told: dict[str, list[int]] = {"a": [], "b": []}
    while len(last) < 2:
        event = socket.receive()
        told[event["message_id"]].append(event["seq"])
        if event["event"] in {"done", "error"}:
            last[event["message_id"]] = event

    assert [last[name]["event"] for name in ("a", "b")] == ["done", "done"], last
    assert all(numbers == list(range(len(numbers))) for numbers in told.values())


def test_a_ticket_opens_one_socket_however_many_try_at_once(kitchen_guest: Visitor) -> None:
    url = ticket_of(kitchen_guest)

    def attempt(_: int) -> WebSocket | str:
        try:
            return open_at(url)
        except Closed as refusal:
            return str(refusal)

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(attempt, range(8)))

    opened = [one for one in outcomes if isinstance(one, WebSocket)]
    assert len(opened) == 1, outcomes
    assert all(" 403 " in one for one in outcomes if isinstance(one, str))
    opened[0].close()
    with pytest.raises(Closed, match=" 403 "):
        open_at(url)


def test_an_expired_ticket_and_none_at_all_open_nothing(kitchen_guest: Visitor, stores: Stores) -> None:
    url = ticket_of(kitchen_guest)
    table, dynamodb = stores.cloud.outputs["SocketsTable"], stores.client("dynamodb")
    for item in dynamodb.scan(TableName=table)["Items"]:
        if item["item"]["S"].startswith("ticket#"):
            dynamodb.put_item(TableName=table, Item={**item, "expires_at": {"N": str(int(time.time()))}})

    with pytest.raises(Closed, match=" 403 "):
        open_at(url)
    with pytest.raises(Closed, match=" 403 "):
        open_at(url.partition("=")[0] + "=" + "x" * 43)
    with pytest.raises(Closed, match=" 401 "):
        open_at(url.partition("?")[0])


def test_somebody_elses_conversation_is_not_there(
    socket: WebSocket, outdoor_shopper: Visitor, kitchen_shopper: Visitor
) -> None:
    for other in (outdoor_shopper, kitchen_shopper):
        theirs = other.ask(QUESTION).body["session_id"]
        [*_, last] = answer(socket, session_id=theirs)
        assert (last["event"], last["error"]) == ("error", "SessionNotFound")


def test_one_merchants_socket_tells_nothing_of_another(outdoor_shopper: Visitor) -> None:
    opened = open_at(ticket_of(outdoor_shopper))
    told = json.dumps(answer(opened))
    opened.close()

    assert "37 days" not in told
    assert "sending-back" not in told


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("{", "MalformedBody"),
        ('{"action": "buy"}', "UnknownAction"),
        (json.dumps({"action": "ask", "message": "a" * 4001}), "Invalid"),
        (json.dumps({"action": "ask", "message": "What\x00?"}), "Invalid"),
        (json.dumps({"action": "ask", "message": QUESTION, "merchant_id": "outdoor"}), "Invalid"),
        (json.dumps({"action": "ask", "message": QUESTION, "pad": "x" * 100_000}), "MessageTooLarge"),
    ],
    ids=["json", "action", "4001 characters", "control characters", "another merchant", "100 KB"],
)
def test_a_message_that_is_wrong_is_told_by_name_and_the_socket_stays(socket: WebSocket, text: str, named: str) -> None:
    socket.send_text(text)

    refusal = socket.receive()

    assert (refusal["event"], refusal["error"]) == ("error", named)
    assert "Traceback" not in json.dumps(refusal)
    assert answer(socket)[-1]["event"] == "done"


def test_200_kilobytes_close_the_socket_as_api_gateway_does(socket: WebSocket) -> None:
    socket.send({"action": "ask", "message": QUESTION, "pad": "x" * 200_000})

    with pytest.raises(Closed):
        socket.receive()


def test_whoever_signs_out_is_told_and_their_socket_is_closed(fresh_shopper: Visitor) -> None:
    opened = open_at(ticket_of(fresh_shopper))
    assert fresh_shopper.call("POST", "/v1/sign-out").status == 204

    [last] = answer(opened)

    assert last["error"] == "NotSignedIn"
    with pytest.raises(Closed):
        opened.receive()
    opened.close()


def test_twenty_shoppers_at_once_are_all_answered(visitor: Callable[[str, merchants.Role], Visitor]) -> None:
    with ThreadPoolExecutor(2) as pool:  # a ticket is good for half a minute, also on a busy machine
        sockets = list(pool.map(lambda _: open_at(ticket_of(visitor("kitchen", "guest"))), range(SOCKETS)))
    with ThreadPoolExecutor(SOCKETS) as pool:
        told = list(pool.map(patiently, sockets, (f"guest-{number}" for number in range(SOCKETS))))
    for opened in sockets:
        opened.close()

    for number, events in enumerate(told):
        assert {event["message_id"] for event in events} == {f"guest-{number}"}
        assert events[-1]["event"] == "done", events[-1]
        assert "37 days" in events[-1]["answer"]


def patiently(socket: WebSocket, name: str) -> list[dict[str, Any]]:
    """As a shopper would: whoever is told that the shop is busy asks again."""
    for _ in range(6):
        events = answer(socket, id=name)
        if events[-1].get("error") != "DeadlinePassed":
            return events
        time.sleep(events[-1]["retry_after_s"])
    return events


def test_a_shopper_who_leaves_costs_nothing_and_is_forgotten(kitchen_guest: Visitor, stores: Stores) -> None:
    opened = open_at(ticket_of(kitchen_guest))
    assert answer(opened)[-1]["event"] == "done"
    opened.send({"action": "ask", "message": QUESTION})
    assert opened.receive()["event"] == "accepted"
    opened.close()

    eventually(lambda: not open_sockets(stores), within_s=30)
    log = stores.owner.function_log("chat-stream", "chat-tell", "chat-socket", lines=50)
    assert not [line for line in log if "message broke" in line or "Traceback" in line], log


def open_sockets(stores: Stores) -> list[str]:
    items = stores.client("dynamodb").scan(TableName=stores.cloud.outputs["SocketsTable"])["Items"]
    return [item["item"]["S"].removeprefix("socket#") for item in items if item["item"]["S"].startswith("socket#")]


def test_the_first_words_arrive_before_the_last_are_made(socket: WebSocket, stores: Stores) -> None:
    """The core that streams, over the real socket; what makes the sentences is scripted, and waits for the reader."""
    answer(socket)
    [connection] = open_sockets(stores)
    management = stores.service.session.client(
        "apigatewaymanagementapi",
        endpoint_url=f"{stores.cloud.gateway_url}/_aws/execute-api/{stores.cloud.outputs['SocketApiId']}/live",
    )
    read_by_the_shopper = threading.Event()

    def slowly() -> Iterator[str]:
        yield "The first sentence. [1]"
        assert read_by_the_shopper.wait(20), "the first words did not arrive while more were being made"
        yield "The second sentence. [1]"

    line = Line(Sockets("", lambda address: management).send, connection, "r-slow", "m-slow")
    telling = Telling(line.tell, lambda: 0.0)
    with ThreadPoolExecutor(1) as pool:
        made = pool.submit(telling.words, slowly(), mask=mask)
        first = socket.receive()
        assert not made.done()
        read_by_the_shopper.set()
        second = socket.receive()
        text = made.result(20)

    assert (first["event"], first["text"]) == ("delta", "The first sentence. [1]")
    assert text == first["text"] + second["text"] == "The first sentence. [1] The second sentence. [1]"
