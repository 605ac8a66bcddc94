"""What goes into a token comes from the members table alone."""

import json
from pathlib import Path
from typing import Any

import pre_token
import pytest
from shopwright.runtime.task import MalformedInput
from shopwright.tenancy.dynamodb import MembersUnavailable

from tests.fakes import gateway
from tests.fakes.gateway import Context
from tests.fakes.members import FakeMembers

EVENTS = Path(__file__).parents[3] / "events" / "pre-token"
MARY = gateway.member(role="merchant", scopes=("shop/chat", "shop/documents"))
GUEST = gateway.member(role="guest", expires_at=gateway.ISSUED_AT + 960)
FEED = gateway.member(subject="client#7exampleclient", role="machine", scopes=("shop/chat", "shop/documents"))


def event(name: str = "user", **changed: Any) -> dict[str, Any]:
    loaded = json.loads((EVENTS / f"{name}.json").read_text("utf-8"))
    if name in {"user", "refresh"}:
        loaded["userName"] = "ann"  # the samples name a member of a demo shop
    return {**loaded, **changed}


def mint(asked: dict[str, Any], members: FakeMembers) -> dict[str, Any]:
    handler = pre_token.build(lambda: pre_token.Desk(members, now=lambda: gateway.ISSUED_AT))
    answer = handler(asked, Context())
    given = answer["response"]["claimsAndScopeOverrideDetails"]
    assert {name: value for name, value in answer.items() if name != "response"} == {
        name: value for name, value in asked.items() if name != "response"
    }
    assert isinstance(given, dict)
    return given


@pytest.mark.parametrize("trigger", ["user", "refresh"])
def test_a_user_gets_merchant_role_and_scopes_of_their_row_into_the_access_token_alone(trigger: str) -> None:
    given = mint(event(trigger), FakeMembers(MARY))

    assert given == {
        "accessTokenGeneration": {
            "claimsToAddOrOverride": {"merchant_id": "outdoor", "role": "merchant"},
            "scopesToAdd": ["shop/chat", "shop/documents"],
            "scopesToSuppress": [],
        }
    }


def test_a_guest_cannot_edit_their_user() -> None:
    given = mint(event(), FakeMembers(GUEST))["accessTokenGeneration"]

    assert given["scopesToAdd"] == ["shop/chat"]
    assert given["scopesToSuppress"] == ["aws.cognito.signin.user.admin"]


def test_a_users_own_attributes_count_for_nothing() -> None:
    claimed = {"custom:merchant_id": "kitchen", "merchant_id": "kitchen", "role": "operator"}
    asked = event(request={"userAttributes": claimed, "scopes": [], "clientMetadata": claimed})

    assert mint(asked, FakeMembers(MARY))["accessTokenGeneration"]["claimsToAddOrOverride"] == {
        "merchant_id": "outdoor",
        "role": "merchant",
    }


def test_a_machine_gets_no_scope_that_it_may_not_have() -> None:
    narrow = gateway.member(subject="client#7exampleclient", role="machine", scopes=("shop/chat",))

    given = mint(event("machine"), FakeMembers(narrow))["accessTokenGeneration"]

    assert given["claimsToAddOrOverride"] == {"merchant_id": "outdoor", "role": "machine"}
    assert given["scopesToAdd"] == []
    assert given["scopesToSuppress"] == ["shop/documents"]


@pytest.mark.parametrize(
    ("asked", "members"),
    [
        (event(), FakeMembers()),
        (event(), FakeMembers(gateway.member(disabled=True))),
        (event(), FakeMembers(gateway.member(role="guest", expires_at=gateway.ISSUED_AT))),
        (event(), FakeMembers(gateway.member(role="machine"))),
        (event("machine"), FakeMembers()),
        (event("machine"), FakeMembers(gateway.member(subject="client#7exampleclient"))),
        (event("machine"), FakeMembers(gateway.member(subject="client#7exampleclient", role="machine", scopes=()))),
        (event("machine"), FakeMembers(gateway.member(subject="user#ClientCredentials"))),
        (event(userName="client#7exampleclient"), FakeMembers(FEED)),
    ],
)
def test_who_is_no_member_gets_no_token(asked: dict[str, Any], members: FakeMembers) -> None:
    with pytest.raises(pre_token.NotAMember):
        mint(asked, members)


def test_a_machine_that_asks_for_nothing_gets_no_token() -> None:
    with pytest.raises(pre_token.NotAMember):
        mint(event("machine", request={"scopes": []}), FakeMembers(FEED))


def test_no_token_while_membership_cannot_be_read() -> None:
    members = FakeMembers(MARY)
    members.down = True

    with pytest.raises(MembersUnavailable):
        mint(event(), members)


@pytest.mark.parametrize("changed", [{"userName": ""}, {"triggerSource": "PostConfirmation"}, {"callerContext": {}}])
def test_another_event_is_not_taken_for_this_one(changed: dict[str, Any]) -> None:
    with pytest.raises(MalformedInput):
        mint(event(**changed), FakeMembers(MARY))


def test_a_row_with_a_broken_merchant_makes_no_token() -> None:
    with pytest.raises(Exception, match="merchant id"):
        mint(event(), FakeMembers(gateway.member(merchant_id="")))


def test_asking_twice_changes_nothing() -> None:
    members = FakeMembers(MARY)

    assert mint(event(), members) == mint(event(), members)
    assert members.rows == {"user#ann": MARY}
