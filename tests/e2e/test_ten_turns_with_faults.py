"""Ten turns while something fails and comes back: each ends in time and in nothing wrong, and the talk goes on."""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from shopwright.grounding.wording import wording
from shopwright.resilience.breaker import Tolerance

from local import merchants, model
from local.cloud import Cloud, Running
from local.models.scene import quoting
from local.operate import Service
from tests.e2e.faults import CHAT, FAULTS, SOCKET, STREAM, Bedrock, DynamoDB, Place
from tests.e2e.shop import Reply, Visitor, eventually
from tests.e2e.stores import Stores
from tests.e2e.test_a_model_answers import once
from tests.e2e.test_ten_turns import Turn, is_right, over_a_socket, over_http, talk
from tests.e2e.test_ten_turns_with_tools import TURNS, Choosing
from tests.e2e.test_who_did_what import entries, trail

pytestmark = pytest.mark.usefixtures("socket_enabled", "stocked")
ANSWERED_IN_S = 8.0 + 1.5  # what the route has, and the way there and back
BACK_S = 2.0 * Tolerance().open_s
OURS = re.compile(r"psycopg|botocore|Traceback|redis|dynamodb|arn:aws|127\.0\.0\.1|no-such-table|boto3", re.I)
QUICK = ("the database is down", "DynamoDB refuses")
RETRIED_S = 6 * 30 + 60  # a record whose writing failed is handed out again after six times the recorder's timeout
OF_THE_TRAIL = ("KMS has no key for the trail", "S3 takes no trail")
OF_EVERY_TABLE = ("DynamoDB throttles", "DynamoDB refuses", "DynamoDB says nothing")
ANY = frozenset({"right", "cited", "owned up", "later"})
MAY_END = {
    **dict.fromkeys(FAULTS, ANY),
    "the cache is down": {"right"},
    "the model is down": {"right", "cited", "owned up"},
    "conversations, carts, the ledger and circuits cannot be reached": {"right", "cited", "owned up"},
    **dict.fromkeys(OF_EVERY_TABLE, frozenset({"right", "cited", "owned up"})),
    **dict.fromkeys(OF_THE_TRAIL, frozenset({"right"})),
}
_FIGURE = re.compile(r"[0-9]+(?:[.,][0-9]+)*")
_MARK = re.compile(r"\[[0-9]+\]")


@pytest.fixture(scope="module")
def place(laptop_cloud: Cloud, cloud: Running) -> Iterator[Place]:
    bedrock, dynamodb = Bedrock(), DynamoDB(cloud.gateway_url)
    with dynamodb.open() as address:
        model.choose(cloud, model.BEDROCK, bedrock.start())
        held = {
            name: model.tell(cloud, name, {"AWS_ENDPOINT_URL_DYNAMODB": address}) for name in (CHAT, STREAM, SOCKET)
        }
        try:
            yield Place(laptop_cloud, cloud, bedrock, dynamodb)
        finally:
            for name, before in held.items():
                model.tell(cloud, name, before)
            model.choose(cloud, model.NONE)
            bedrock.stop()


def asked(shopper: Visitor, turn: Turn, session: str | None, bedrock: Bedrock) -> Reply:
    """One turn, in words that nobody has used before where a model is to answer; it is over in time."""
    bedrock.double.answering = Choosing(turn) if "chooses" in turn else quoting
    message = once(turn["message"]) if "chooses" in turn else turn["message"]
    began = time.monotonic()
    reply = shopper.ask(message, **({} if session is None else {"session_id": session}))
    assert time.monotonic() - began < ANSWERED_IN_S, (turn["message"], time.monotonic() - began)
    return reply


def came_of(reply: Reply, turn: Turn) -> str:
    """How a turn ended; that it is none of these is wrong."""
    told = f"{turn['message']!r} -> {reply.status} {reply.body}"
    assert not OURS.search(str([reply.body.get(name) for name in ("answer", "notes", "error", "message")])), told
    if reply.status == 503:
        assert int(reply.headers["retry-after"]) >= 1, told
        assert reply.body["error"], told
        return "later"
    assert reply.status == 200, told
    if is_right(reply.body, turn):
        return "right"
    assert not any(part in reply.body["answer"] for part in turn.get("not", ())), told
    figures = set(_FIGURE.findall(_MARK.sub("", reply.body["answer"])))
    if reply.body["verdict"] == "answered":
        assert reply.body["citations"], told
        assert reply.body["grounding"]["grounding_pass"], told
        assert figures <= held(reply.body), told
        return "cited"
    assert reply.body["verdict"] in {"not_in_documents", "done", "asks"}, told
    assert figures <= set(_FIGURE.findall(" ".join((turn["message"], *turn.get("says", ()))))), told
    return "owned up"


def held(said: Mapping[str, Any]) -> set[str]:
    """The figures that an answer's sources and facts have."""
    texts = [f"{one['quote']} {one['section']} {one['title']}" for one in said["citations"]]
    return set(_FIGURE.findall(" ".join((*texts, *(one["value"] for one in said["facts"])))))


@pytest.mark.parametrize(
    ("fault", "shop"),
    [
        pytest.param(fault, shop, marks=() if fault in QUICK and shop == "outdoor" else pytest.mark.full)
        for fault in FAULTS
        for shop in (TURNS if fault not in OF_THE_TRAIL else ["outdoor"])
    ],
)
def test_whatever_fails_each_turn_ends_in_nothing_wrong_and_the_talk_goes_on(
    fault: str, shop: str, place: Place, stores: Stores, visitor: Callable[[str, merchants.Role], Visitor]
) -> None:
    shopper, turns = visitor(shop, "shopper"), TURNS[shop]
    assert shopper.call("DELETE", "/v1/cart").status == 204
    place.laptop.valkey.restart()  # no kept answer hides the fault
    began = asked(shopper, turns[0], None, place.bedrock)
    assert came_of(began, turns[0]) == "right", began
    session = began.body["session_id"]

    ends: dict[str, str] = {}
    requests: list[str] = []
    with FAULTS[fault](place):
        for turn in turns[1:9]:
            reply = asked(shopper, turn, session, place.bedrock)
            ends[turn["message"]] = came_of(reply, turn)
            requests.append(reply.body["request_id"])
            if fault in OF_EVERY_TABLE:
                assert wording().notes["not_remembered"] in reply.body["notes"], reply
                assert reply.body["mode"] != "model", reply

    # What comes back is left alone for a while.
    back = eventually(
        lambda: (again := asked(shopper, turns[9], session, place.bedrock)).status == 200 and again, within_s=BACK_S
    )
    cart = eventually(lambda: (seen := shopper.call("GET", "/v1/cart")).status == 200 and seen, within_s=BACK_S).body
    adding = next(turn for turn in turns if "cart" in turn["message"] or "basket" in turn["message"])
    added, pieces = ends[adding["message"]] == "right", int(adding["says"][0].partition(" × ")[0])
    assert [line["quantity"] for line in cart["lines"]] in ([[pieces]] if added else [[], [pieces]]), (ends, cart)
    assert is_right(back.body, turns[9]) or not added, (ends, back.body)
    before = eventually(lambda: kept(shopper, session), within_s=BACK_S)
    assert before["turns"][0]["question"] == turns[0]["message"]
    assert before["tally"]["turns"] >= 2

    def ready() -> bool:
        return came_of(asked(shopper, turns[1], session, place.bedrock), turns[1]) == "right"

    eventually(ready, within_s=BACK_S)
    said = talk(
        [{**turn, "message": once(turn["message"])} if "chooses" in turn else turn for turn in turns],
        shopper,
        over_http,
        session=session,
        before=lambda turn: setattr(
            place.bedrock.double, "answering", Choosing(turn) if "chooses" in turn else quoting
        ),
    )
    assert {one["session_id"] for one in said} == {session}
    assert kept(shopper, session)["tally"]["turns"] > before["tally"]["turns"]
    if fault in OF_THE_TRAIL:
        recorded = stores.service
        eventually(lambda: set(requests) <= in_trail(recorded, shop), within_s=RETRIED_S)
        eventually(lambda: not trail(recorded, shop)["findings"])
    assert set(ends.values()) <= MAY_END[fault], ends


def test_an_open_socket_goes_on_without_memory_while_every_table_refuses(
    place: Place, visitor: Callable[[str, merchants.Role], Visitor]
) -> None:
    shopper, turns = visitor("kitchen", "shopper"), TURNS["kitchen"]
    asks = next(turn for turn in turns if "return" in turn["message"] and "chooses" not in turn)
    place.bedrock.double.answering = quoting
    with over_a_socket(shopper) as say:
        session = say(turns[0]["message"], None)["session_id"]
        with FAULTS["DynamoDB refuses"](place):
            told = say(asks["message"], session)
        back = say(asks["message"], session)

    assert is_right(told, asks), told
    assert wording().notes["not_remembered"] in told["notes"]
    assert (back["session_id"], back["notes"]) == (session, [])


def in_trail(service: Service, shop: str) -> set[str]:
    """The requests that the shop's audit trail tells of."""
    return set(re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", "".join(entries(service, shop).values())))


def kept(shopper: Visitor, session: str) -> dict[str, Any]:
    seen = shopper.call("GET", f"/v1/sessions/{session}")
    return dict(seen.body) if seen.status == 200 else {}
