"""AWS in memory, for the adapters."""

import boto3
import pytest

from tests.fakes import gateway

TABLE = "members"


@pytest.fixture
def table(aws: None) -> str:
    """A members table with a member, a machine, a guest and two widgets."""
    dynamodb = boto3.client("dynamodb")
    dynamodb.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "subject", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "subject", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    for item in (
        {
            "subject": {"S": "user#ann"},
            "merchant_id": {"S": "outdoor"},
            "role": {"S": "shopper"},
            "scopes": {"SS": ["shop/chat"]},
            "not_before": {"N": str(gateway.ISSUED_AT)},
        },
        {"subject": {"S": "user#bare"}, "merchant_id": {"S": "outdoor"}, "role": {"S": "shopper"}},
        {
            "subject": {"S": "user#gone"},
            "merchant_id": {"S": "outdoor"},
            "role": {"S": "guest"},
            "scopes": {"SS": ["shop/chat"]},
            "disabled": {"BOOL": True},
            "expires_at": {"N": "5"},
        },
        {
            "subject": {"S": "widget#wk_outdoor"},
            "merchant_id": {"S": "outdoor"},
            "origins": {"SS": ["https://outdoor.example"]},
        },
        {
            "subject": {"S": "widget#wk_off"},
            "merchant_id": {"S": "outdoor"},
            "origins": {"SS": ["https://outdoor.example"]},
            "disabled": {"BOOL": True},
        },
    ):
        dynamodb.put_item(TableName=TABLE, Item=item)  # type: ignore[arg-type]  # a literal, wider than each item
    return TABLE
