"""A consent is spent once, and a request is known when it comes again."""

from typing import Any

import boto3
import pytest
from shopwright.checkout.consent import Claim, ClaimsUnavailable, KeyOfAnother, RequestInFlight
from shopwright.checkout.dynamodb import IN_FLIGHT_S, Claims
from shopwright.tenancy.caller import Caller, Role
from shopwright.tenancy.credentials import Credentials
from shopwright.tenancy.tenant import Tenant
from shopwright.tenancy.vended.dynamodb import client

from tests.unit.shopwright.checkout.contract import Clock, make_table

ANN = Caller(Tenant("outdoor"), Role.SHOPPER, "user#ann", frozenset())
BOB = Caller(Tenant("outdoor"), Role.SHOPPER, "user#bob", frozenset())
KIT = Caller(Tenant("kitchen"), Role.SHOPPER, "user#ann", frozenset())
CLAIM = Claim("n-1", "o-1", "s-1", "h-1", "user#ann", "r-1")


@pytest.fixture
def claims(aws: None, clock: Clock) -> Claims:
    dynamodb: Any = boto3.client("dynamodb")
    make_table(dynamodb, "claims")
    return Claims("claims", lambda _: dynamodb, now=clock)


def test_a_consent_is_spent_on_one_order_and_the_same_request_may_come_again(claims: Claims) -> None:
    assert claims.held(ANN, "n-1") is None
    assert claims.take(ANN, CLAIM)
    assert claims.take(ANN, CLAIM)  # our own, whose answer was lost
    assert not claims.take(ANN, Claim("n-1", "o-1", "s-1", "h-1", "user#ann", "r-2"))
    assert claims.held(ANN, "n-1") == CLAIM


def test_another_merchants_consent_is_another(claims: Claims) -> None:
    claims.take(ANN, CLAIM)

    assert claims.held(KIT, "n-1") is None
    assert claims.take(KIT, CLAIM)


def test_a_request_is_answered_as_before_when_it_comes_again(claims: Claims) -> None:
    assert claims.open_request(ANN, "k", "body") is None
    with pytest.raises(RequestInFlight):
        claims.open_request(ANN, "k", "body")
    claims.close_request(ANN, "k", '{"order_id": "o-1"}')

    assert claims.open_request(ANN, "k", "body") == '{"order_id": "o-1"}'
    with pytest.raises(KeyOfAnother):
        claims.open_request(ANN, "k", "another")


def test_a_key_is_the_shoppers_own_and_free_again_when_nothing_came_of_it(claims: Claims) -> None:
    claims.open_request(ANN, "k", "body")

    assert claims.open_request(BOB, "k", "another") is None
    assert claims.open_request(KIT, "k", "another") is None
    claims.close_request(ANN, "k", None)
    assert claims.open_request(ANN, "k", "another") is None


def test_a_request_whose_worker_is_gone_is_taken_over(claims: Claims, clock: Clock) -> None:
    claims.open_request(ANN, "k", "body")
    clock.time += IN_FLIGHT_S + 1

    with pytest.raises(KeyOfAnother):
        claims.open_request(ANN, "k", "another")
    assert claims.open_request(ANN, "k", "body") is None
    with pytest.raises(RequestInFlight):
        claims.open_request(ANN, "k", "body")


def test_a_table_that_does_not_answer_takes_no_order(aws: None, clock: Clock) -> None:
    nowhere = Claims("nothing", lambda _: client(Credentials()), now=clock)

    with pytest.raises(ClaimsUnavailable):
        nowhere.held(ANN, "n-1")
    with pytest.raises(ClaimsUnavailable):
        nowhere.take(ANN, CLAIM)
    with pytest.raises(ClaimsUnavailable):
        nowhere.open_request(ANN, "k", "body")
