"""A visitor of a merchant's page gets a little token, on that page alone, and may come back as who they were."""

import uuid
from dataclasses import replace
from typing import Any

import guests
import pytest
from shopwright.checkout.cart import LIFETIME_S
from shopwright.tenancy import limits
from shopwright.tenancy.dynamodb import TooManyGuests
from shopwright.tenancy.member import Member
from shopwright.tenancy.tenant import Tenant
from shopwright.tenancy.widget import Widget

from tests.fakes import gateway
from tests.fakes.gateway import Answer, Context
from tests.fakes.identities import FakeIdentities
from tests.fakes.members import FakeMembers

SHOP = Widget("wk_outdoor_demo", Tenant("outdoor"), frozenset({"https://outdoor.example"}))
OTHER = Widget("wk_kitchen_demo", Tenant("kitchen"), frozenset({"https://kitchen.example"}))
A_MONTH = 2_592_000


class Desk:
    """A desk that counts who comes, and knows one widget."""

    def __init__(self) -> None:
        self.members = FakeMembers(widgets=(SHOP, OTHER))
        self.now = gateway.ISSUED_AT
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
                now=lambda: self.now,
            )
        )
        headers = {} if origin is None else {"Origin": origin}
        sent = {"widget_key": "wk_outdoor_demo"} if body is None else body
        return gateway.send(handler, gateway.request("POST", "/v1/guests", body=sent, headers=headers), **more)

    def come_back(self, renewal: str, *, after_s: int = 900, **more: Any) -> Answer:
        self.now += after_s
        return self.visit({"widget_key": "wk_outdoor_demo", "renewal": renewal}, **more)


def test_a_visitor_gets_a_token_that_stands_for_a_guest_of_this_merchant() -> None:
    desk = Desk()

    answer = desk.visit()

    assert answer.status == 201
    [name] = desk.identities.welcomed
    assert answer.body["access_token"] == f"token-of-{name}"
    assert (answer.body["token_type"], answer.body["expires_in"]) == ("Bearer", 900)
    row = desk.members.rows[f"user#{name}"]
    assert (row.merchant_id, row.role, row.scopes) == ("outdoor", "guest", frozenset({"shop/chat"}))
    assert row.expires_at == gateway.ISSUED_AT + A_MONTH
    assert answer.body["renewal_expires_in"] == A_MONTH
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
    assert limits.guests().renewable_s == LIFETIME_S  # a visitor can come back for as long as their cart can
    assert 0 < limits.guests().per_source_per_minute < limits.guests().per_widget_per_minute


def test_who_comes_back_is_who_they_were_with_a_new_token_and_a_new_renewal() -> None:
    desk = Desk()
    renewal = desk.visit().body["renewal"]

    for _ in range(3):
        answer = desk.come_back(renewal)
        assert answer.status == 201
        assert answer.body["renewal"] != renewal
        renewal = answer.body["renewal"]

    assert len(set(desk.identities.welcomed)) == 1
    [row] = desk.members.rows.values()
    assert row.expires_at == desk.now + A_MONTH
    assert desk.counted[1:] == [("wk_outdoor_demo#renewed", "203.0.113.7")] * 3


def test_what_is_kept_of_a_renewal_opens_nothing() -> None:
    desk = Desk()
    answer = desk.visit()

    [row] = desk.members.rows.values()
    assert row.renewals is not None
    assert not {row.renewals.line, row.renewals.present} & set(answer.body["renewal"].split("."))
    assert answer.body["renewal"] not in repr(row)


def test_a_renewal_that_is_used_again_signs_everybody_out_who_holds_one() -> None:
    """Whoever stole it, and however often they have renewed it since."""
    desk = Desk()
    stolen = latest = desk.visit().body["renewal"]
    for _ in range(20):
        latest = desk.come_back(latest).body["renewal"]

    again = desk.come_back(stolen)
    other = desk.come_back(latest)

    assert [(one.status, one.body["error"]) for one in (again, other)] == [(403, "RenewalRefused")] * 2
    [row] = desk.members.rows.values()
    assert row.not_before == desk.now - 900  # and no token of before stands


def test_an_answer_that_was_lost_is_given_once_more_for_a_moment() -> None:
    desk = Desk()
    renewal = desk.visit().body["renewal"]
    lost = desk.come_back(renewal).body["renewal"]

    again = desk.come_back(renewal, after_s=50)
    third = desk.come_back(renewal, after_s=9)

    assert (again.status, again.body["renewal"]) == (201, lost)  # no renewal that somebody was given is worth nothing
    assert (third.status, third.body["error"]) == (409, "RenewedElsewhere")
    assert desk.come_back(renewal, after_s=9).status == 403  # the moment is over: it was not made longer by asking
    assert desk.come_back(lost, after_s=1).status == 403


def test_what_follows_a_renewal_cannot_be_told_from_it_alone() -> None:
    desk = Desk()
    renewal = desk.visit().body["renewal"]
    [subject] = desk.members.rows
    before = desk.members.rows[subject]
    first = desk.come_back(renewal).body["renewal"]
    desk.members.rows[subject] = before

    assert desk.come_back(renewal, after_s=0).body["renewal"] != first


def test_only_the_guest_can_have_themselves_signed_out_by_a_wrong_renewal() -> None:
    desk = Desk()
    renewal = desk.visit().body["renewal"]
    guest, line, secret = renewal.split(".")
    made_up = f"{guest}.{'A' * 22}.{secret}"

    assert desk.come_back(made_up).status == 403
    assert desk.come_back(f"{'0' * 32}.{line}.{secret}").status == 403

    assert desk.come_back(renewal).status == 201


def test_a_renewal_is_for_its_own_shop_and_ends_with_signing_out_being_switched_off_or_a_month() -> None:
    desk = Desk()
    renewal = desk.visit().body["renewal"]
    elsewhere = desk.visit({"widget_key": "wk_kitchen_demo", "renewal": renewal}, origin="https://kitchen.example")
    assert (elsewhere.status, elsewhere.body["error"]) == (403, "RenewalRefused")
    assert desk.come_back(renewal, origin="https://evil.example").status == 403
    [subject] = desk.members.rows
    row = desk.members.rows[subject]

    desk.members.rows[subject] = replace(row, disabled=True)
    assert desk.come_back(renewal, after_s=0).status == 403
    desk.members.rows[subject] = replace(row, expires_at=desk.now)
    assert desk.come_back(renewal, after_s=0).status == 403
    desk.members.rows[subject] = row
    desk.members.sign_out(subject, at=desk.now)
    assert desk.come_back(renewal, after_s=0).status == 403


def test_an_outage_uses_no_renewal_up() -> None:
    desk = Desk()
    renewal = desk.visit().body["renewal"]
    desk.identities.down = True
    assert desk.come_back(renewal).status == 503

    desk.identities.down = False
    assert desk.come_back(renewal).status == 201


def test_two_who_renew_in_the_same_moment_get_one_token() -> None:
    desk = Desk()
    renewal = desk.visit().body["renewal"]
    inner: list[Answer] = []
    desk.identities.meanwhile = lambda: inner.extend(desk.come_back(renewal, after_s=0) for _ in range(7))

    outer = desk.come_back(renewal)

    assert outer.status == 201
    assert [(one.status, one.body["error"]) for one in inner] == [(409, "RenewedElsewhere")] * 7
    assert len(desk.identities.welcomed) == 2  # the first token, and one more: nobody made the same user at once
    assert desk.come_back(outer.body["renewal"]).status == 201


def test_two_who_miss_the_same_answer_get_it_once_while_it_is_given_again() -> None:
    desk = Desk()
    renewal = desk.visit().body["renewal"]
    lost = desk.come_back(renewal).body["renewal"]
    inner: list[Answer] = []
    desk.identities.meanwhile = lambda: inner.extend(desk.come_back(one, after_s=0) for one in (renewal, lost))

    outer = desk.come_back(renewal, after_s=1)

    assert (outer.status, [one.status for one in inner]) == (201, [409, 409])
    assert desk.come_back(lost).status == 201


def test_who_signs_out_while_they_are_renewed_gets_no_token() -> None:
    desk = Desk()
    renewal = desk.visit().body["renewal"]
    [subject] = desk.members.rows
    desk.identities.meanwhile = lambda: desk.members.sign_out(subject, at=desk.now)

    assert desk.come_back(renewal).status == 409
    assert desk.come_back(renewal, after_s=1).status == 403


def test_an_exchange_of_which_nobody_says_how_it_ended_holds_nobody_up_for_long() -> None:
    desk = Desk()
    renewal = desk.visit().body["renewal"]
    claimed: list[Member] = []
    desk.identities.meanwhile = lambda: claimed.extend(desk.members.rows.values())
    desk.come_back(renewal)
    desk.members.rows = {row.subject: row for row in claimed}  # as if it had been broken off there

    assert desk.come_back(renewal, after_s=5).status == 409
    assert desk.come_back(renewal, after_s=limits.guests().renewing_s).status == 201


@pytest.mark.parametrize("renewal", ["", "x", "a.b.c", "0" * 200, f"{'0' * 32}.{'A' * 22}.{'B' * 42}"])
def test_what_is_no_renewal_is_refused_without_being_repeated(renewal: str) -> None:
    answer = Desk().visit({"widget_key": "wk_outdoor_demo", "renewal": renewal})

    assert (answer.status, answer.body["field"]) == (422, "renewal")
    assert len(renewal) < 3 or renewal not in str(answer.body)
