"""A visitor of a merchant's page gets a little token, on that page only, and not as fast as they like."""

import uuid
from typing import Any

import guests
import pytest
from shopwright.tenancy import limits
from shopwright.tenancy.dynamodb import TooManyGuests
from shopwright.tenancy.tenant import Tenant
from shopwright.tenancy.widget import Widget

from tests.fakes import gateway
from tests.fakes.gateway import Answer, Context
from tests.fakes.identities import FakeIdentities
from tests.fakes.members import FakeMembers

SHOP = Widget("wk_outdoor_demo", Tenant("outdoor"), frozenset({"https://outdoor.example"}))


class Desk:
    """A desk that counts who comes, and knows one widget."""

    def __init__(self) -> None:
        self.members = FakeMembers(widgets=(SHOP,))
        self.identities = FakeIdentities()
        self.counted: list[tuple[str, str]] = []
        self.full = False

    def count(self, widget: str, source: str) -> None:
        if self.full:
            raise TooManyGuests(retry_after_s=23)
        self.counted.append((widget, source))

    def visit(self, body: Any = None, origin: str | None = "https://outdoor.example", **more: Any) -> Answer:
        handler = guests.build(
            lambda: guests.Desk(
                members=self.members,
                count=self.count,
                anonymous=self.identities.anonymous,
                now=lambda: gateway.ISSUED_AT,
            )
        )
        headers = {} if origin is None else {"Origin": origin}
        sent = {"widget_key": "wk_outdoor_demo"} if body is None else body
        return gateway.send(handler, gateway.request("POST", "/v1/guests", body=sent, headers=headers), **more)


def test_a_visitor_gets_a_token_that_stands_for_a_guest_of_this_merchant() -> None:
    desk = Desk()

    answer = desk.visit()

    assert answer.status == 201
    [name] = desk.identities.welcomed
    assert answer.body["access_token"] == f"token-of-{name}"
    assert (answer.body["token_type"], answer.body["expires_in"]) == ("Bearer", 900)
    row = desk.members.rows[f"user#{name}"]
    assert (row.merchant_id, row.role, row.scopes) == ("outdoor", "guest", frozenset({"shop/chat"}))
    assert row.expires_at is not None
    assert 900 <= row.expires_at - gateway.ISSUED_AT <= 1000
    assert desk.counted == [("wk_outdoor_demo", "203.0.113.7")]


def test_every_visitor_is_somebody_else() -> None:
    desk = Desk()
    for _ in range(3):
        desk.visit()

    assert len(set(desk.identities.welcomed)) == 3
    for name in desk.identities.welcomed:
        uuid.UUID(name.removeprefix("guest-"))


@pytest.mark.parametrize("origin", [None, "null", "https://evil.example", "https://outdoor.example.evil.example"])
def test_another_page_may_not_use_the_widget(origin: str | None) -> None:
    desk = Desk()

    answer = desk.visit(origin=origin)

    assert (answer.status, answer.body["error"]) == (403, "NotThisPage")
    assert (desk.identities.welcomed, desk.members.rows, desk.counted) == ([], {}, [])


def test_an_unknown_widget_looks_like_another_page() -> None:
    unknown, elsewhere = Desk().visit({"widget_key": "wk_unknown_key"}), Desk().visit(origin="https://evil.example")

    assert (unknown.status, unknown.body) == (elsewhere.status, elsewhere.body)


def test_a_crowd_is_asked_to_wait_and_costs_nothing() -> None:
    desk = Desk()
    desk.full = True

    answer = desk.visit()

    assert (answer.status, answer.body["error"], answer.headers["retry-after"]) == (429, "TooManyGuests", "23")
    assert (desk.identities.welcomed, desk.members.rows) == ([], {})


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "widget_key"),
        ({"widget_key": ""}, "widget_key"),
        ({"widget_key": "wk_outdoor_demo#x"}, "widget_key"),
        ({"widget_key": 7}, "widget_key"),
        ({"widget_key": "wk_outdoor_demo", "role": "operator"}, "role"),
        ({"widget_key": "wk_outdoor_demo", "merchant_id": "kitchen"}, "merchant_id"),
        ({"widget_key": "wk_outdoor_demo", "scopes": ["shop/documents"]}, "scopes"),
    ],
)
def test_a_visitor_can_ask_for_nothing_else(body: dict[str, Any], field: str) -> None:
    desk = Desk()

    answer = desk.visit(body)

    assert (answer.status, answer.body["field"]) == (422, field)
    assert desk.members.rows == {}


def test_without_cognito_or_the_table_a_visitor_is_asked_to_come_back() -> None:
    for name in ("identities", "members"):
        desk = Desk()
        getattr(desk, name).down = True
        answer = desk.visit()
        assert answer.status == 503
        assert "retry-after" in answer.headers


def test_when_time_is_up_no_user_is_made() -> None:
    desk = Desk()

    answer = desk.visit(context=Context(remaining_ms=100))

    assert (answer.status, answer.body["error"]) == (503, "DeadlinePassed")
    assert desk.identities.welcomed == []


def test_the_numbers_are_in_one_place() -> None:
    assert limits.guests().lifetime_s == 900
    assert 0 < limits.guests().per_source_per_minute < limits.guests().per_widget_per_minute
