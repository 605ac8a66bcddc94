"""Who is a member of a demo shop, and what a repeated seeding may and may not change."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import boto3
import pytest
from moto import mock_aws

from local.merchants import DEMO, BadMerchantFile, Keys, NoSuchMerchant, enrol, shop, shops

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_dynamodb import DynamoDBClient

GOOD = """
id = "{id}"
name = "Corner Shop"
locale = "en-IE"
currency = "EUR"
widget_key = "pk-corner-0000000000"
origins = ["http://localhost:3000"]
[users]
merchant = "corner-shopkeeper"
shopper = "corner-shopper"
"""


class UsernameExists(Exception):
    """What Cognito answers to a name that is taken."""


class Cognito:
    """A user pool that remembers its users and clients, and refuses a name that is taken."""

    exceptions = SimpleNamespace(UsernameExistsException=UsernameExists)

    def __init__(self) -> None:
        self.users: dict[str, str | None] = {}
        self.clients: list[dict[str, Any]] = []

    def admin_create_user(self, **wanted: str) -> None:
        if wanted["Username"] in self.users:
            raise UsernameExists(wanted["Username"])
        assert wanted["MessageAction"] == "SUPPRESS"
        assert len(wanted["TemporaryPassword"]) >= 14
        self.users[wanted["Username"]] = None

    def admin_set_user_password(self, **wanted: Any) -> None:
        assert wanted["Permanent"]
        assert wanted["Username"] in self.users
        self.users[wanted["Username"]] = wanted["Password"]

    def get_paginator(self, operation: str) -> "Cognito":
        assert operation == "list_user_pool_clients"
        return self

    def paginate(self, **wanted: str) -> list[dict[str, Any]]:
        """One client a page, so that whoever reads only the first page is found out."""
        return [{"UserPoolClients": [client]} for client in self.clients] or [{"UserPoolClients": []}]

    def create_user_pool_client(self, **wanted: Any) -> dict[str, Any]:
        assert wanted["GenerateSecret"]
        number = len(self.clients)
        self.clients.append({**wanted, "ClientId": f"client-{number}", "ClientSecret": f"secret-of-{number}"})
        return {"UserPoolClient": self.clients[-1]}

    def describe_user_pool_client(self, **wanted: str) -> dict[str, Any]:
        return {"UserPoolClient": next(one for one in self.clients if one["ClientId"] == wanted["ClientId"])}


@dataclass
class Town:
    """A user pool and a members table with nobody in them yet."""

    cognito: Cognito
    dynamodb: "DynamoDBClient"

    def enrol(self, kept: Keys, *, page: str | None = None) -> Keys:
        cognito = cast("CognitoIdentityProviderClient", self.cognito)
        return enrol(shops(), kept, cognito=cognito, dynamodb=self.dynamodb, pool="pool", table="members", page=page)

    def row(self, subject: str) -> dict[str, Any]:
        return dict(self.dynamodb.get_item(TableName="members", Key={"subject": {"S": subject}})["Item"])

    def subjects(self) -> set[str]:
        return {row["subject"]["S"] for row in self.dynamodb.scan(TableName="members")["Items"]}


@pytest.fixture
def town() -> Iterator[Town]:
    with mock_aws():
        session = boto3.Session(aws_access_key_id="t", aws_secret_access_key="t", region_name="us-east-1")
        dynamodb = session.client("dynamodb")
        dynamodb.create_table(
            TableName="members",
            KeySchema=[{"AttributeName": "subject", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "subject", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield Town(Cognito(), dynamodb)


def test_every_shop_gets_two_users_a_machine_and_a_widget(town: Town) -> None:
    made = town.enrol(Keys({}, {}))

    expected = {f"user#{user}" for one in shops() for user in one.users.values()}
    expected |= {f"widget#{one.widget_key}" for one in shops()}
    expected |= {f"client#{client}" for client, _ in made.machines.values()}
    assert town.subjects() == expected
    assert len(expected) == 4 * len(shops())


def test_our_own_page_may_use_every_shops_widget_beside_the_shops_own(town: Town) -> None:
    town.enrol(Keys({}, {}), page="http://127.0.0.1:4566")

    for one in shops():
        listed = town.row(f"widget#{one.widget_key}")["origins"]["SS"]
        assert set(listed) == {*one.origins, "http://127.0.0.1:4566"}


def test_a_shopkeeper_may_handle_documents_and_a_shopper_may_only_chat(town: Town) -> None:
    town.enrol(Keys({}, {}))

    for one in shops():
        keeper, shopper = (town.row(f"user#{one.users[role]}") for role in ("merchant", "shopper"))
        assert (keeper["merchant_id"]["S"], keeper["role"]["S"]) == (one.id, "merchant")
        assert set(keeper["scopes"]["SS"]) == {
            "shop/chat",
            "shop/documents",
            "shop/orders",
            "shop/statistics",
            "shop/handovers",
        }
        assert (shopper["merchant_id"]["S"], shopper["role"]["S"]) == (one.id, "shopper")
        assert set(shopper["scopes"]["SS"]) == {"shop/chat"}


def test_a_second_seeding_changes_nothing_and_makes_nobody_twice(town: Town) -> None:
    first = town.enrol(Keys({}, {}))
    before = town.dynamodb.scan(TableName="members")["Items"]

    again = town.enrol(first)

    assert again == first
    assert town.dynamodb.scan(TableName="members")["Items"] == before
    assert len(town.cognito.clients) == 3
    assert town.cognito.users == first.passwords


def test_a_signed_out_shopper_stays_signed_out_when_the_town_is_seeded_again(town: Town) -> None:
    first = town.enrol(Keys({}, {}))
    subject = f"user#{shop('kitchen').users['shopper']}"
    town.dynamodb.update_item(
        TableName="members",
        Key={"subject": {"S": subject}},
        UpdateExpression="SET not_before = :at, disabled = :yes",
        ExpressionAttributeValues={":at": {"N": "1790000000"}, ":yes": {"BOOL": True}},
    )

    town.enrol(first)

    assert town.row(subject)["not_before"] == {"N": "1790000000"}
    assert town.row(subject)["disabled"] == {"BOOL": True}


def test_passwords_are_strong_and_differ_and_never_show_when_the_keys_are_printed(town: Town) -> None:
    made = town.enrol(Keys({}, {}))

    assert len(set(made.passwords.values())) == 6
    for password in made.passwords.values():
        assert len(password) >= 20
        assert any(letter.islower() for letter in password)
        assert any(letter.isupper() for letter in password)
        assert any(letter.isdigit() for letter in password)
        assert not password.isalnum()
        assert password not in repr(made)
    assert not [secret for _, secret in made.machines.values() if secret in repr(made)]


def test_a_lost_key_file_is_made_good_by_a_new_password(town: Town) -> None:
    first = town.enrol(Keys({}, {}))

    second = town.enrol(Keys({}, {}))

    assert second.machines == first.machines
    assert town.cognito.users == second.passwords
    assert set(second.passwords) == set(first.passwords)
    assert not set(second.passwords.values()) & set(first.passwords.values())


def test_a_merchant_that_is_not_there_is_answered_with_those_that_are() -> None:
    with pytest.raises(NoSuchMerchant, match="electronics, kitchen, outdoor"):
        shop("bakery")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (GOOD.format(id="No Shop"), "id"),
        (GOOD.format(id="corner").replace('currency = "EUR"', 'currency = "euro"'), "currency"),
        (GOOD.format(id="corner") + 'stockboy = "x"', "stockboy"),
        ("id = ", "not TOML"),
    ],
)
def test_a_merchant_file_with_a_fault_is_refused_by_the_name_of_the_fault(
    tmp_path: Path, written: str, said: str
) -> None:
    (tmp_path / "corner").mkdir()
    (tmp_path / "corner" / "merchant.toml").write_text(written, "utf-8")

    with pytest.raises(BadMerchantFile, match=said):
        shops(tmp_path)


def test_the_demo_folder_holds_exactly_the_three_shops() -> None:
    assert [one.id for one in shops(DEMO)] == ["electronics", "kitchen", "outdoor"]


def test_a_machine_client_may_do_what_its_merchant_may_and_signs_in_with_a_secret_only(town: Town) -> None:
    town.enrol(Keys({}, {}))

    for client in town.cognito.clients:
        assert client["AllowedOAuthFlows"] == ["client_credentials"]
        assert set(client["AllowedOAuthScopes"]) == {"shop/chat", "shop/documents"}
        assert "ExplicitAuthFlows" not in client
