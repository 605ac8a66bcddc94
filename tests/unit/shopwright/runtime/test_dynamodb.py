"""The sessions table's health, asked as a request would ask."""

import boto3
import pytest
from moto import mock_aws
from shopwright.runtime.dynamodb import Table, TableUnavailable, client


def test_a_table_that_is_there_answers_and_one_that_is_not_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws():
        boto3.client("dynamodb").create_table(
            TableName="sessions",
            KeySchema=[
                {"AttributeName": "merchant_id", "KeyType": "HASH"},
                {"AttributeName": "item", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": "merchant_id", "AttributeType": "S"},
                {"AttributeName": "item", "AttributeType": "S"},
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        Table("sessions").ping()
        with pytest.raises(TableUnavailable):
            Table("nowhere").ping()


def test_nothing_is_waited_for_or_tried_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    limits = vars(client().meta.config)

    assert limits["connect_timeout"] <= 0.3
    assert limits["read_timeout"] <= 0.3
    assert limits["retries"]["total_max_attempts"] == 1
