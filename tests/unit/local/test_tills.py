"""An operator puts a shop's keys where they belong, and sees that they are there without seeing them."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from shopwright.checkout.gateways.accounts import AdyenKeys, StripeKeys
from shopwright.tenancy.dynamodb import Shopfronts
from shopwright.tenancy.tenant import Tenant

from local import merchant, merchants, terminal
from local.operate import Service
from local.tills import at_the_double, made_up, webhook_url

BRANDING = 'name = "Saltgrove Kitchen"\ncurrency = "GBP"\n'
KEYS = """
gateway = "stripe"
secret_key = "sk_test_do_not_show"
webhook_secrets = ["whsec_do_not_show", "whsec_nor_this"]
public_key = "pk_test_saltgrove"
"""


class Shop:
    """A deployed service with an empty table, and an operator's terminal."""

    def __init__(self, folder: Path) -> None:
        boto3.client("dynamodb").create_table(
            TableName="members",
            KeySchema=[{"AttributeName": "subject", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "subject", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        self.folder = folder
        self.said: list[str] = []
        outputs = {"MembersTable": "members", "GatewaySecrets": "shopwright/dev/merchants", "SecretsKeyArn": ""}
        self.service = Service(boto3.Session(), None, outputs)

    def tell(self, *arguments: str, stdin: str = "") -> int:
        return merchant.main(arguments, find=lambda _: self.service, stdin=io.StringIO(stdin), say=self.said.append)

    def file(self, name: str, text: str) -> str:
        path = self.folder / name
        path.write_text(text, "utf-8")
        return str(path)

    @property
    def secret(self) -> dict[str, str]:
        told = boto3.client("secretsmanager").get_secret_value(SecretId="shopwright/dev/merchants/kitchen/gateway")
        held: dict[str, str] = json.loads(told["SecretString"])
        return held


@pytest.fixture
def shop(aws: None, tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_one_command_puts_branding_and_keys_where_they_belong(shop: Shop) -> None:
    assert shop.tell("kitchen", "--branding", shop.file("b.toml", BRANDING), "--keys", "-", stdin=KEYS) == 0

    assert shop.secret == {
        "gateway": "stripe",
        "secret_key": "sk_test_do_not_show",
        "webhook_secrets": "whsec_do_not_show whsec_nor_this",
    }
    front = Shopfronts("members").of(Tenant("kitchen"))
    assert front is not None
    assert (front.branding.name, front.gateway, front.public_key) == (
        "Saltgrove Kitchen",
        "stripe",
        "pk_test_saltgrove",
    )
    assert "do_not_show" not in "".join(shop.said)
    assert "secret_key" in "".join(shop.said)


def test_changed_keys_take_the_others_place_and_the_branding_stays(shop: Shop) -> None:
    shop.tell("kitchen", "--branding", shop.file("b.toml", BRANDING), "--keys", "-", stdin=KEYS)
    hmac = "AB" * 32
    adyen = f'gateway = "adyen"\napi_key = "AQE_key"\nmerchant_account = "SaltgroveECOM"\nhmac_keys = ["{hmac}"]\n'

    shop.tell("kitchen", "--keys", shop.file("k.toml", adyen))

    assert (shop.secret["gateway"], shop.secret["hmac_keys"]) == ("adyen", hmac)
    front = Shopfronts("members").of(Tenant("kitchen"))
    assert front is not None
    assert (front.branding.name, front.gateway, front.public_key) == ("Saltgrove Kitchen", "adyen", "")


def test_without_files_the_command_says_what_is_there(shop: Shop) -> None:
    with pytest.raises(terminal.Stop, match="not known yet"):
        shop.tell("kitchen")
    shop.tell("kitchen", "--branding", shop.file("b.toml", BRANDING))
    assert "no payment gateway" in shop.said[-1]


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ('gateway = "stripe"\nsecret_key = "do_not_show"', "secret_key"),
        ('gateway = "paypal"\nsecret_key = "do_not_show"', "gateway"),
        ('secret_key = "do_not_show', "TOML"),
        (
            'gateway = "adyen"\napi_key = "do_not_show"\nmerchant_account = "X"\nhmac_keys = ["do_not_show"]',
            "hmac_keys",
        ),
    ],
)
def test_keys_that_cannot_be_used_are_told_by_name_and_never_shown(shop: Shop, keys: str, says: str) -> None:
    branding = shop.file("b.toml", BRANDING)

    with pytest.raises(terminal.Stop) as refused:
        shop.tell("kitchen", "--branding", branding, "--keys", "-", stdin=keys)

    assert says in str(refused.value)
    assert "do_not_show" not in str(refused.value)
    assert Shopfronts("members").of(Tenant("kitchen")) is None


@pytest.mark.parametrize(
    "arguments", [(), ("Not A Merchant",), ("kitchen", "--keys", "no/such/file"), ("kitchen", "--keys", "-")]
)
def test_what_cannot_be_done_says_what_to_do(shop: Shop, arguments: tuple[str, ...]) -> None:
    with pytest.raises(terminal.Stop):
        shop.tell(*arguments)


def test_every_demo_shop_has_a_look_of_its_own_and_a_gateway() -> None:
    shops = merchants.shops()

    assert {shop.gateway for shop in shops} == {"stripe", "adyen"}
    assert len({shop.branding.colour for shop in shops}) == len(shops)
    for shop in shops:
        assert (shop.branding.name, shop.branding.currency) == (shop.name, shop.currency)


def test_made_up_keys_open_a_double_and_are_never_the_same() -> None:
    for shop in merchants.shops():
        keys, others = made_up(shop), made_up(shop)
        assert keys != others
        account = at_the_double(keys, shop.id)
        assert account["vendor"] == shop.gateway
        kind: Callable[..., Any] = StripeKeys if shop.gateway == "stripe" else AdyenKeys
        assert kind(**keys.model_dump()) == keys
        url = webhook_url("http://127.0.0.1:4566/live", keys, shop.id)
        assert url == f"http://127.0.0.1:4566/live/v1/webhooks/{shop.gateway}/{shop.id}"
