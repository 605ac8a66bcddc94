"""A secret is read once in five minutes, at once when asked to, and shows nowhere."""

import json

import boto3
import pytest
from shopwright.tenancy.secretsmanager import KEPT_S, Secret, SecretMalformed, SecretUnavailable, client


class Clock:
    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def store(value: str, name: str = "login") -> str:
    return boto3.client("secretsmanager").create_secret(Name=name, SecretString=value)["ARN"]


def change(arn: str, value: str) -> None:
    boto3.client("secretsmanager").put_secret_value(SecretId=arn, SecretString=value)


def test_a_secret_is_kept_for_five_minutes_and_no_longer(aws: None) -> None:
    clock = Clock()
    arn = store(json.dumps({"password": "old"}))
    secret = Secret(arn, lambda: boto3.client("secretsmanager"), now=clock)
    assert secret.json() == {"password": "old"}
    change(arn, json.dumps({"password": "new"}))

    clock.at = KEPT_S - 1
    assert secret.json() == {"password": "old"}
    clock.at = KEPT_S
    assert secret.json() == {"password": "new"}


def test_a_rotated_secret_can_be_read_at_once(aws: None) -> None:
    arn = store(json.dumps({"password": "old"}))
    secret = Secret(arn, lambda: boto3.client("secretsmanager"))
    secret.json()
    change(arn, json.dumps({"password": "new", "port": 5432}))

    assert secret.refresh() == {"password": "new", "port": "5432"}
    assert secret.json()["password"] == "new"


def test_a_missing_secret_is_an_outage(aws: None) -> None:
    arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:none"

    with pytest.raises(SecretUnavailable):
        Secret(arn, lambda: boto3.client("secretsmanager")).json()


@pytest.mark.parametrize("value", ["hunter2", "[1]", '"hunter2"', "{'password': 'hunter2'}"])
def test_a_secret_that_is_not_an_object_is_a_mistake_and_stays_secret(aws: None, value: str) -> None:
    with pytest.raises(SecretMalformed) as refused:
        Secret(store(value), lambda: boto3.client("secretsmanager")).json()

    assert "hunter2" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_secret_does_not_show_in_a_repr(aws: None) -> None:
    secret = Secret(store(json.dumps({"password": "hunter2"})), lambda: boto3.client("secretsmanager"))
    secret.json()

    assert "hunter2" not in repr(secret)


def test_the_wait_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    limits = vars(client.__wrapped__().meta.config)  # the product's own, made anew

    assert limits["connect_timeout"] + limits["read_timeout"] <= 2
    assert limits["retries"]["total_max_attempts"] <= 2
