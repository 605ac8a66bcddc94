"""Whose token stands. What the gateway's authorizer lets through is the input here; it checks signatures only."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shopwright.tenancy.caller import Caller, Role
from shopwright.tenancy.member import Member
from shopwright.tenancy.standing import NotSignedIn, check, claims
from shopwright.tenancy.tenant import Tenant

from tests.fakes import gateway

ANN = gateway.member()
FEED = gateway.member(subject="client#7feed", role="machine", scopes=("shop/chat", "shop/documents"))
NOW = gateway.ISSUED_AT + 60


def test_a_shoppers_token_makes_a_caller() -> None:
    assert check(claims(gateway.claims(ANN)), ANN, now=NOW) == Caller(
        Tenant("outdoor"), Role.SHOPPER, "user#ann", frozenset({"shop/chat"})
    )


def test_a_machines_token_has_no_username_and_stands_for_its_client() -> None:
    token = claims(gateway.claims(FEED))

    assert (token.subject, token.role) == ("client#7feed", Role.MACHINE)
    assert check(token, FEED, now=NOW).scopes == {"shop/chat", "shop/documents"}


@pytest.mark.parametrize("told", ["1790000000", 1_790_000_000, "Mon Sep 21 14:13:20 UTC 2026"])
def test_the_time_of_issue_is_read_in_each_form_that_the_gateway_uses(told: Any) -> None:
    assert claims(gateway.claims(ANN, iat=told)).issued_at == 1_790_000_000


@pytest.mark.parametrize(
    "changed",
    [
        {"token_use": "id"},
        {"token_use": None},
        {"token_use": ["access"]},
        {"merchant_id": None},
        {"merchant_id": ""},
        {"merchant_id": ["outdoor"]},
        {"merchant_id": {"S": "outdoor"}},
        {"merchant_id": "Outdoor"},
        {"merchant_id": "OUTDOOR"},
        {"merchant_id": "оutdoor"},  # a Cyrillic о
        {"merchant_id": "outdoor "},
        {"merchant_id": "outdoor\n"},
        {"merchant_id": "outdoor\x00"},
        {"merchant_id": "outdoor:kitchen"},
        {"merchant_id": "outdoor,kitchen"},
        {"merchant_id": "*"},
        {"merchant_id": "[outdoor]"},
        {"merchant_id": "a" * 41},
        {"role": None},
        {"role": ""},
        {"role": "admin"},
        {"role": "Shopper"},
        {"role": ["operator"]},
        {"role": "machine"},  # a user's token with a machine's role
        {"username": ""},
        {"username": ["ann"]},
        {"username": "ann\x00"},
        {"username": None},  # then it would be a machine's, which a shopper's role cannot be
        {"client_id": None},
        {"client_id": ""},
        {"scope": None},
        {"scope": ""},
        {"scope": ["shop/chat"]},
        {"scope": " shop/chat"},
        {"iat": None},
        {"iat": ""},
        {"iat": "yesterday"},
        {"iat": "-5"},
        {"iat": "１７９００"},
        {"iat": "9" * 400},
        {"iat": True},
        {"iat": "Mon Foo 21 13:33:20 UTC 2026"},
        {"iat": "Mon Sep 99 13:33:20 UTC 2026"},
    ],
)
def test_a_claim_of_the_wrong_shape_is_no_sign_in(changed: dict[str, Any]) -> None:
    with pytest.raises(NotSignedIn, match=r"^Sign in again"):
        claims(gateway.claims(ANN, **changed))


@pytest.mark.parametrize(
    "row",
    [
        None,
        gateway.member(disabled=True),
        gateway.member(merchant_id="kitchen"),
        gateway.member(merchant_id=""),
        gateway.member(role="merchant"),
        gateway.member(subject="user#bob"),
        gateway.member(not_before=gateway.ISSUED_AT),
        gateway.member(not_before=gateway.ISSUED_AT + 1),
        gateway.member(expires_at=NOW),
    ],
    ids=["deleted", "disabled", "moved", "empty", "promoted", "other", "same second", "signed out", "expired"],
)
def test_a_token_falls_with_its_row(row: Member | None) -> None:
    with pytest.raises(NotSignedIn, match=r"^Sign in again"):
        check(claims(gateway.claims(ANN)), row, now=NOW)


def test_a_token_issued_after_the_sign_out_stands() -> None:
    row = gateway.member(not_before=gateway.ISSUED_AT - 1)

    assert check(claims(gateway.claims(ANN)), row, now=NOW).subject == "user#ann"


def test_a_scope_counts_only_while_the_row_has_it_too() -> None:
    token = claims(gateway.claims(ANN, scope="shop/chat shop/documents openid"))

    assert check(token, ANN, now=NOW).scopes == {"shop/chat"}


TEXT = st.text(st.characters(max_codepoint=0x4FF), max_size=50)
NAMES = st.sampled_from(["token_use", "client_id", "username", "merchant_id", "role", "scope", "iat"])


@given(
    st.dictionaries(
        NAMES, st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXT, st.lists(TEXT, max_size=3))
    )
)
@settings(suppress_health_check=[HealthCheck.too_slow])  # the first example of a process builds Unicode tables
def test_whatever_the_claims_are_they_are_read_or_refused(changed: dict[str, Any]) -> None:
    try:
        token = claims({**gateway.claims(ANN), **changed})
    except NotSignedIn:
        return
    assert Tenant(token.tenant.merchant_id) == token.tenant


def test_who_is_asking_does_not_show_in_a_repr() -> None:
    assert "ann" not in repr(check(claims(gateway.claims(ANN)), ANN, now=NOW))
