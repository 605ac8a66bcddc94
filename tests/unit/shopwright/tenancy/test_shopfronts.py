"""How a merchant shows itself is kept whole, per merchant, and nothing odd gets in."""

from typing import Any

import boto3
import pytest
from pydantic import ValidationError
from shopwright.tenancy.branding import Branding, Shopfront
from shopwright.tenancy.dynamodb import Members, MembersUnavailable, Shopfronts
from shopwright.tenancy.tenant import Tenant

KITCHEN = Tenant("kitchen")
SALTGROVE = Branding(
    name="Saltgrove Kitchen",
    legal_name="Saltgrove Kitchen Ltd",
    address=("4 Harbour Row", "Saltgrove"),
    email="hello@saltgrove.example",
    website="https://saltgrove.example",
    currency="GBP",
    colour="#1f5f4a",
)


@pytest.fixture
def table(aws: None) -> str:
    boto3.client("dynamodb").create_table(
        TableName="members",
        KeySchema=[{"AttributeName": "subject", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "subject", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return "members"


def test_what_an_operator_put_there_is_what_a_page_reads(table: str) -> None:
    shopfronts = Shopfronts(table)
    assert shopfronts.of(KITCHEN) is None

    shopfronts.put(KITCHEN, Shopfront(branding=SALTGROVE, gateway="stripe", public_key="pk_test_1"))

    assert shopfronts.of(KITCHEN) == Shopfront(branding=SALTGROVE, gateway="stripe", public_key="pk_test_1")
    assert shopfronts.of(Tenant("outdoor")) is None


def test_a_shopfront_is_nobodys_membership(table: str) -> None:
    Shopfronts(table).put(KITCHEN, Shopfront(branding=SALTGROVE))

    row = Members(table).row("merchant#kitchen")

    assert row is not None
    assert (row.merchant_id, row.role, row.scopes) == ("", "", frozenset())


def test_a_table_that_does_not_answer_is_an_outage(aws: None) -> None:
    with pytest.raises(MembersUnavailable):
        Shopfronts("nowhere").of(KITCHEN)
    with pytest.raises(MembersUnavailable):
        Shopfronts("nowhere").put(KITCHEN, Shopfront(branding=SALTGROVE))


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"name": "a\nb"},
        {"colour": "red"},
        {"colour": "#1f5f4a;background:url(//x)"},
        {"currency": "gbp"},
        {"website": "javascript:alert(1)"},
        {"website": 'https://x"onload="'},
        {"email": "not an address"},
        {"address": ["one"] * 7},
        {"surprise": "1"},
    ],
)
def test_what_would_spoil_a_receipt_does_not_get_in(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Branding.model_validate({**SALTGROVE.model_dump(), **change})
