"""The sockets table, in memory and as DynamoDB keeps it: both pass the same tests."""

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from shopwright.sockets.dynamodb import Pace, Tickets, client
from shopwright.sockets.limits import limits
from shopwright.sockets.socket import SocketOver, SocketsUnavailable, TooMuchAtOnce
from shopwright.sockets.ticket import Ticket, fingerprint, fresh, looks_like_one, shopper
from shopwright.tenancy.standing import Claims, claims

from tests.fakes import gateway
from tests.fakes.sockets import FakePace, FakeTickets

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TABLE = "sockets"
NOW = 1_790_000_000
ANN = claims(gateway.claims(gateway.member()))
KIT = claims(gateway.claims(gateway.member("kitchen")))


class Clock:
    """Stands still until somebody moves it."""

    def __init__(self) -> None:
        self.time = float(NOW)

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def dynamodb(aws: None) -> "DynamoDBClient":
    made = boto3.client("dynamodb")
    made.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "item", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "item", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return made


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["memory", "dynamodb"])
def tickets(request: pytest.FixtureRequest) -> Tickets:
    if request.param == "dynamodb":
        return Tickets(TABLE, request.getfixturevalue("dynamodb"))
    return FakeTickets()


@pytest.fixture(params=["memory", "dynamodb"])
def pace(request: pytest.FixtureRequest, clock: Clock) -> Pace:
    if request.param == "dynamodb":
        return Pace(TABLE, request.getfixturevalue("dynamodb"), now=clock)
    return FakePace(clock)


def test_a_ticket_stands_for_whoever_bought_it(tickets: Tickets) -> None:
    tickets.keep("f-ann", Ticket(ANN, NOW + 30))
    tickets.keep("f-kit", Ticket(KIT, NOW + 30))

    assert tickets.take("f-kit", now=NOW) == Ticket(KIT, NOW + 30)
    assert tickets.take("f-ann", now=NOW) == Ticket(ANN, NOW + 30)


def test_a_ticket_is_used_once(tickets: Tickets) -> None:
    tickets.keep("f-ann", Ticket(ANN, NOW + 30))

    assert tickets.take("f-ann", now=NOW) is not None
    assert tickets.take("f-ann", now=NOW) is None


@pytest.mark.parametrize(("later", "good"), [(29, True), (30, False), (3600, False)])
def test_a_ticket_is_good_for_half_a_minute(tickets: Tickets, later: int, good: bool) -> None:
    tickets.keep("f-ann", Ticket(ANN, NOW + limits().ticket.lifetime_s))

    assert (tickets.take("f-ann", now=NOW + later) is not None) is good


def test_a_ticket_that_nobody_was_given_opens_nothing(tickets: Tickets) -> None:
    assert tickets.take("f-none", now=NOW) is None


def test_a_row_that_was_edited_by_hand_opens_nothing(dynamodb: "DynamoDBClient") -> None:
    dynamodb.put_item(TableName=TABLE, Item={"item": {"S": "ticket#f"}, "expires_at": {"N": str(NOW + 30)}})

    assert Tickets(TABLE, dynamodb).take("f", now=NOW) is None


def test_only_a_tickets_fingerprint_is_kept(dynamodb: "DynamoDBClient") -> None:
    ticket = fresh()

    Tickets(TABLE, dynamodb).keep(fingerprint(ticket), Ticket(ANN, NOW + 30))

    assert looks_like_one(ticket)
    assert ticket not in str(dynamodb.scan(TableName=TABLE)["Items"])


@pytest.mark.parametrize("shown", ["", "x", "a" * 42, "a" * 44, "a" * 42 + "#", "ä" * 43, "a" * 42 + "\n"])
def test_what_cannot_be_a_ticket_is_not_looked_for(shown: str) -> None:
    assert not looks_like_one(shown)


def test_a_shopper_of_two_shops_is_two_and_named_by_neither(tickets: Tickets) -> None:
    assert shopper(ANN) != shopper(KIT)
    assert "ann" not in shopper(ANN)


def test_only_so_many_tickets_a_minute(pace: Pace, clock: Clock) -> None:
    for _ in range(limits().ticket.per_shopper_per_minute):
        pace.ticket("ann")
    with pytest.raises(TooMuchAtOnce) as refused:
        pace.ticket("ann")

    assert 0 < refused.value.retry_after_s <= 60
    pace.ticket("kit")
    clock.time += 60
    pace.ticket("ann")


def test_a_merchants_agents_may_make_so_many_calls_a_minute(pace: Pace, clock: Clock) -> None:
    for _ in range(limits().tool.per_merchant_per_minute):
        pace.tool("outdoor")
    with pytest.raises(TooMuchAtOnce):
        pace.tool("outdoor")

    pace.tool("kitchen")
    clock.time += 60
    pace.tool("outdoor")


def test_a_socket_may_send_so_many_messages_a_minute(pace: Pace, clock: Clock) -> None:
    most = limits().message.per_socket_per_minute
    for _ in range(most):
        pace.message("c-1", "ann", opened_at=NOW)
    with pytest.raises(TooMuchAtOnce):
        pace.message("c-1", "ann", opened_at=NOW)

    pace.message("c-2", "ann", opened_at=NOW)
    clock.time += 60
    pace.message("c-1", "ann", opened_at=NOW)


def test_a_shopper_with_many_sockets_has_one_share(pace: Pace) -> None:
    most = limits().message.per_shopper_per_minute
    for number in range(most):
        pace.message(f"c-{number}", "ann", opened_at=NOW)

    with pytest.raises(TooMuchAtOnce):
        pace.message("c-new", "ann", opened_at=NOW)
    pace.message("c-kit", "kit", opened_at=NOW)


@pytest.mark.parametrize(("silent_s", "over"), [(600, False), (601, True)])
def test_a_socket_may_be_silent_for_ten_minutes(pace: Pace, clock: Clock, silent_s: int, over: bool) -> None:
    pace.message("c-1", "ann", opened_at=NOW)
    clock.time += silent_s

    if over:
        with pytest.raises(SocketOver):
            pace.message("c-1", "ann", opened_at=NOW)
    else:
        pace.message("c-1", "ann", opened_at=NOW)


def test_a_socket_that_never_said_anything_is_silent_since_it_was_opened(pace: Pace) -> None:
    with pytest.raises(SocketOver):
        pace.message("c-1", "ann", opened_at=NOW - 601)


def test_a_closed_socket_is_forgotten(pace: Pace) -> None:
    pace.message("c-1", "ann", opened_at=NOW)

    pace.closed("c-1")
    pace.closed("c-never")

    with pytest.raises(SocketOver):
        pace.message("c-1", "ann", opened_at=NOW - 601)


def test_every_row_of_the_table_has_an_end(dynamodb: "DynamoDBClient", clock: Clock) -> None:
    Tickets(TABLE, dynamodb).keep("f", Ticket(ANN, NOW + 30))
    pace = Pace(TABLE, dynamodb, now=clock)
    pace.ticket("ann")
    pace.message("c-1", "ann", opened_at=NOW)

    ends = [int(item["expires_at"]["N"]) for item in dynamodb.scan(TableName=TABLE)["Items"]]

    assert len(ends) == 4
    assert all(NOW < end <= NOW + 3600 for end in ends)


class Broken:
    """A client whose every call fails."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        def fails(**_: object) -> None:
            raise EndpointConnectionError(endpoint_url="http://127.0.0.1:1")

        return fails


def test_a_table_that_does_not_answer_is_named() -> None:
    broken = cast("DynamoDBClient", Broken())
    calls: list[Callable[[], object]] = [
        lambda: Tickets(TABLE, broken).keep("f", Ticket(ANN, NOW)),
        lambda: Tickets(TABLE, broken).take("f", now=NOW),
        lambda: Pace(TABLE, broken).ticket("ann"),
        lambda: Pace(TABLE, broken).message("c", "ann", opened_at=NOW),
        lambda: Pace(TABLE, broken).closed("c"),
    ]
    for call in calls:
        with pytest.raises(SocketsUnavailable):
            call()


def test_the_client_gives_up_before_a_shopper_does(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    given = vars(client().meta.config)

    assert (given["connect_timeout"] + given["read_timeout"]) * given["retries"]["total_max_attempts"] <= 3


def test_a_claim_keeps_the_tokens_end() -> None:
    assert isinstance(ANN, Claims)
    assert ANN.expires_at == NOW + 3600
