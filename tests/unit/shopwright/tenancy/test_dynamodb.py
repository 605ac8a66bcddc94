"""The members table, in memory and as DynamoDB keeps it: both pass the same tests."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from shopwright.tenancy.dynamodb import GuestCounter, Members, MembersUnavailable, TooManyGuests, client
from shopwright.tenancy.member import Renewals
from shopwright.tenancy.tenant import Tenant
from shopwright.tenancy.widget import Widget

from tests.fakes import gateway
from tests.fakes.members import FakeMembers

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef


@pytest.fixture(params=["memory", "dynamodb"])
def members(request: pytest.FixtureRequest) -> Members:
    if request.param == "dynamodb":
        return Members(request.getfixturevalue("table"))
    return FakeMembers(
        gateway.member(not_before=gateway.ISSUED_AT),
        gateway.member(subject="user#bare", scopes=()),
        gateway.member(subject="user#gone", role="guest", disabled=True, expires_at=5),
        widgets=(Widget("wk_outdoor", Tenant("outdoor"), frozenset({"https://outdoor.example"})),),
    )


def test_a_member_is_found_as_stored(members: Members) -> None:
    assert members.row("user#ann") == gateway.member(not_before=gateway.ISSUED_AT)
    assert members.row("user#bare") == gateway.member(subject="user#bare", scopes=())
    assert members.row("user#gone") == gateway.member(subject="user#gone", role="guest", disabled=True, expires_at=5)


def test_a_stranger_is_not_found(members: Members) -> None:
    assert members.row("user#bob") is None
    assert members.row("client#ann") is None


def test_a_new_member_can_be_read_at_once(members: Members) -> None:
    guest = gateway.member(subject="user#guest-1", role="guest", expires_at=1_790_000_960)

    members.add(guest)

    assert members.row("user#guest-1") == guest


def test_nobody_is_written_over(members: Members) -> None:
    with pytest.raises(MembersUnavailable):
        members.add(gateway.member(merchant_id="kitchen"))

    found = members.row("user#ann")
    assert found is not None
    assert found.merchant_id == "outdoor"


FIRST, SECOND = Renewals("l" * 64, "1" * 64, "", 5), Renewals("l" * 64, "2" * 64, "1" * 64, 9)


def test_a_guests_renewal_is_exchanged_once(members: Members) -> None:
    guest = gateway.member(subject="user#guest-1", role="guest", expires_at=1_790_000_960, renewals=FIRST)
    members.add(guest)
    assert members.row("user#guest-1") == guest

    assert members.renew(guest, SECOND, expires_at=1_790_009_000) is True
    assert members.renew(guest, SECOND, expires_at=1_790_009_000) is False

    row = members.row("user#guest-1")
    assert row is not None
    assert (row.renewals, row.expires_at) == (SECOND, 1_790_009_000)


def test_a_guests_lost_answer_is_given_to_one_of_two_who_ask_at_once(members: Members) -> None:
    told, again = replace(SECOND, salt="s", again=False), replace(SECOND, salt="s", again=True, busy_until=30)
    guest = gateway.member(subject="user#guest-1", role="guest", expires_at=1_790_000_960, renewals=told)
    members.add(guest)

    assert members.renew(guest, again, expires_at=1_790_009_000) is True
    assert members.renew(guest, again, expires_at=1_790_009_000) is False

    row = members.row("user#guest-1")
    assert row is not None
    assert row.renewals == again


def test_a_guest_who_has_signed_out_meanwhile_is_not_renewed(members: Members) -> None:
    guest = gateway.member(subject="user#guest-1", role="guest", expires_at=1_790_000_960, renewals=FIRST)
    members.add(guest)
    members.sign_out("user#guest-1", at=7)

    assert members.renew(guest, SECOND, expires_at=1_790_009_000) is False


def test_a_sign_out_holds_and_never_moves_back(members: Members) -> None:
    for at in (gateway.ISSUED_AT + 100, gateway.ISSUED_AT + 50):
        members.sign_out("user#ann", at=at)

    found = members.row("user#ann")
    assert found is not None
    assert found.not_before == gateway.ISSUED_AT + 100


def test_a_first_sign_out_holds_too(members: Members) -> None:
    members.sign_out("user#bare", at=7)

    found = members.row("user#bare")
    assert found is not None
    assert found.not_before == 7


def test_signing_out_a_stranger_makes_no_member_of_them(members: Members) -> None:
    members.sign_out("user#bob", at=7)

    assert members.row("user#bob") is None


@pytest.mark.parametrize("written", [{"S": "false"}, {"S": "true"}, {"N": "0"}, {"BOOL": True}, {"NULL": True}])
def test_a_row_that_was_edited_by_hand_opens_no_door(table: str, written: "AttributeValueTypeDef") -> None:
    boto3.client("dynamodb").update_item(
        TableName=table,
        Key={"subject": {"S": "user#ann"}},
        UpdateExpression="SET disabled = :written",
        ExpressionAttributeValues={":written": written},
    )

    found = Members(table).row("user#ann")

    assert found is not None
    assert found.disabled


def test_a_widget_is_found_unless_it_is_off(members: Members) -> None:
    assert members.widget("wk_outdoor") == Widget(
        "wk_outdoor", Tenant("outdoor"), frozenset({"https://outdoor.example"})
    )
    assert members.widget("wk_off") is None
    assert members.widget("wk_none") is None


@pytest.mark.parametrize(
    "ask",
    [
        lambda members: members.row("user#ann"),
        lambda members: members.widget("wk_outdoor"),
        lambda members: members.add(gateway.member(subject="user#new")),
        lambda members: members.sign_out("user#ann", at=9),
        lambda members: members.renew(gateway.member(renewals=FIRST), SECOND, expires_at=9),
    ],
)
def test_a_table_that_does_not_answer_lets_nobody_in(ask: Callable[[Members], object], aws: None) -> None:
    gone = FakeMembers()
    gone.down = True
    for members in (gone, Members("no-such-table")):
        with pytest.raises(MembersUnavailable):
            ask(members)


class Unreachable:
    """A DynamoDB that is not there."""

    def __getattr__(self, name: str) -> Callable[..., object]:
        def call(**_: object) -> object:
            raise EndpointConnectionError(endpoint_url="http://127.0.0.1:1")

        return call


def test_a_lost_network_is_told_as_such() -> None:
    nowhere = cast("DynamoDBClient", Unreachable())

    with pytest.raises(MembersUnavailable):
        Members("members", nowhere).row("user#ann")
    with pytest.raises(MembersUnavailable):
        Members("members", nowhere).sign_out("user#ann", at=1)
    with pytest.raises(MembersUnavailable):
        GuestCounter("members", nowhere).count(widget="wk", source="203.0.113.7", per_source=1, per_widget=1)


def test_the_table_is_given_seconds_not_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    limits = vars(client().meta.config)

    assert limits["connect_timeout"] + limits["read_timeout"] <= 2
    assert limits["retries"]["total_max_attempts"] <= 2


class Clock:
    def __init__(self) -> None:
        self.at = float(gateway.ISSUED_AT - gateway.ISSUED_AT % 86_400 + 90)

    def __call__(self) -> float:
        return self.at


def everything(table: str) -> str:
    return str(boto3.client("dynamodb").scan(TableName=table)["Items"])


def test_one_address_is_slowed_down_and_another_is_not(table: str) -> None:
    clock = Clock()
    counter = GuestCounter(table, now=clock)
    for _ in range(3):
        counter.count(widget="wk", source="203.0.113.7", per_source=3, per_widget=100)

    with pytest.raises(TooManyGuests) as refused:
        counter.count(widget="wk", source="203.0.113.7", per_source=3, per_widget=100)

    assert refused.value.retry_after_s == 30  # the clock stands at half a minute
    counter.count(widget="wk", source="203.0.113.8", per_source=3, per_widget=100)
    clock.at += 30
    counter.count(widget="wk", source="203.0.113.7", per_source=3, per_widget=100)


def test_a_flood_from_one_address_does_not_use_up_its_widget(table: str) -> None:
    counter = GuestCounter(table, now=Clock())
    for _ in range(10):
        try:
            counter.count(widget="wk", source="203.0.113.7", per_source=2, per_widget=3)
        except TooManyGuests:
            continue

    counter.count(widget="wk", source="203.0.113.8", per_source=2, per_widget=3)
    with pytest.raises(TooManyGuests):
        counter.count(widget="wk", source="203.0.113.9", per_source=2, per_widget=3)
    counter.count(widget="wk_other", source="203.0.113.9", per_source=2, per_widget=3)


def test_neighbours_in_one_ipv6_network_are_one_source(table: str) -> None:
    counter = GuestCounter(table, now=Clock())
    counter.count(widget="wk", source="2001:db8:1:1::7", per_source=1, per_widget=100)

    with pytest.raises(TooManyGuests):
        counter.count(widget="wk", source="2001:db8:1:1:ffff::9", per_source=1, per_widget=100)
    counter.count(widget="wk", source="2001:db8:1:2::7", per_source=1, per_widget=100)


@pytest.mark.parametrize("source", ["203.0.113.7", "2001:db8:1:1::7", "::ffff:203.0.113.7"])
def test_an_address_is_never_stored_as_itself(table: str, source: str) -> None:
    GuestCounter(table, now=Clock()).count(widget="wk", source=source, per_source=5, per_widget=5)

    assert source not in everything(table)
    assert "203.0.113" not in everything(table)
    assert "2001:db8" not in everything(table)


def test_every_environment_counts_one_address_as_one_and_the_next_day_cannot_tell_who_it_was(table: str) -> None:
    clock = Clock()
    for _ in range(2):
        GuestCounter(table, now=clock).count(widget="wk", source="203.0.113.7", per_source=5, per_widget=5)
    items = boto3.client("dynamodb").scan(TableName=table)["Items"]
    today = [item for item in items if item["subject"]["S"].startswith("rate#guests#source#")]

    assert [item["hits"]["N"] for item in today] == ["2"]
    assert all("expires_at" in item for item in items if item["subject"]["S"].startswith("rate#"))

    clock.at += 86_400
    GuestCounter(table, now=clock).count(widget="wk", source="203.0.113.7", per_source=5, per_widget=5)
    sources = {
        item["subject"]["S"].split("#")[3]
        for item in boto3.client("dynamodb").scan(TableName=table)["Items"]
        if item["subject"]["S"].startswith("rate#guests#source#")
    }
    assert len(sources) == 2
