"""Whoever signs out is out at once, whatever the gateway goes on believing."""

import pytest
import sign_out
from shopwright.tenancy.member import Member

from tests.fakes import gateway
from tests.fakes.gateway import Answer
from tests.fakes.identities import FakeIdentities
from tests.fakes.members import FakeMembers
from tests.fakes.trail import FakeAudit

ANN = gateway.member()
FEED = gateway.member(subject="client#7feed", role="machine")
NOW = gateway.ISSUED_AT + 60


class Desk:
    def __init__(self) -> None:
        self.members = FakeMembers(ANN, FEED)
        self.identities = FakeIdentities()

    def leave(self, row: Member = ANN) -> Answer:
        handler = sign_out.build(
            lambda: sign_out.Desk(
                members=self.members, trail=FakeAudit(), revoke=self.identities.sign_out, now=lambda: NOW + 0.9
            )
        )
        return gateway.send(handler, gateway.request("POST", "/v1/sign-out", token=gateway.claims(row)))


def test_the_token_that_signed_out_does_not_stand_any_more() -> None:
    desk = Desk()

    answer = desk.leave()

    assert (answer.status, answer.body) == (204, None)
    assert desk.identities.signed_out == ["ann"]
    assert desk.members.rows["user#ann"].not_before == NOW
    assert desk.leave().status == 401


def test_a_machine_has_no_user_at_cognito() -> None:
    desk = Desk()

    assert desk.leave(FEED).status == 204
    assert desk.identities.signed_out == []
    assert desk.leave(FEED).status == 401


def test_others_stay() -> None:
    desk = Desk()
    desk.leave()

    assert desk.leave(FEED).status == 204


@pytest.mark.parametrize("down", ["members", "identities"])
def test_a_sign_out_that_did_not_work_says_so_and_can_be_asked_again(down: str) -> None:
    desk = Desk()
    getattr(desk, down).down = True
    assert desk.leave().status == 503
    assert desk.members.rows["user#ann"].not_before == 0

    getattr(desk, down).down = False
    assert desk.leave().status == 204
