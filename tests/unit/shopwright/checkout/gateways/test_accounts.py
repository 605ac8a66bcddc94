"""Each merchant's own keys, read when they are needed, and read again when they were changed."""

import json
from typing import Any

import boto3
import pytest
import stripe as sdk
from shopwright.checkout.gateways import Misconfigured, WebhookForged
from shopwright.checkout.gateways.accounts import KEPT_MERCHANTS, MISSING_S, RENEW_EVERY_S, Accounts
from shopwright.tenancy.secretsmanager import KEPT_S, Secret, SecretUnavailable
from shopwright.tenancy.tenant import Tenant

from tests.unit.shopwright.checkout.contract import Clock

PREFIX = "shopwright/dev/merchants"
KITCHEN, ELECTRONICS = Tenant("kitchen"), Tenant("electronics")
BODY = json.dumps({"object": "event", "id": "evt_1", "created": 1, "type": "x", "data": {"object": {}}})


def keep(tenant: Tenant, keys: dict[str, Any] | str) -> None:
    text = keys if isinstance(keys, str) else json.dumps(keys)
    name = f"{PREFIX}/{tenant}/gateway"
    manager = boto3.client("secretsmanager")
    try:
        manager.create_secret(Name=name, SecretString=text)
    except manager.exceptions.ResourceExistsException:
        manager.put_secret_value(SecretId=name, SecretString=text)


def stripe_keys(signing: str = "whsec_one") -> dict[str, str]:
    return {"gateway": "stripe", "secret_key": "sk_test_kitchen", "webhook_secrets": signing}


def adyen_keys() -> dict[str, str]:
    return {"gateway": "adyen", "api_key": "AQE-key", "merchant_account": "VoltmereECOM", "hmac_keys": "AB" * 32}


@pytest.fixture
def read() -> list[str]:
    """Which secrets were read."""
    return []


@pytest.fixture
def accounts(aws: None, clock: Clock, read: list[str]) -> Accounts:
    class Watched(Secret):
        def refresh(self) -> dict[str, str]:
            read.append(self._arn)
            return super().refresh()

    def secret(name: str) -> Secret:
        return Watched(name, lambda: boto3.client("secretsmanager"), now=clock)

    return Accounts(PREFIX, lambda _, token: token, secret=secret, now=clock)


def signed(secret: str) -> dict[str, str]:
    return {"Stripe-Signature": sdk.WebhookSignature.generate_signature_header(BODY, secret)}


def test_each_merchant_has_the_gateway_that_its_secret_names(accounts: Accounts) -> None:
    keep(KITCHEN, stripe_keys())
    keep(ELECTRONICS, adyen_keys())

    assert (accounts.of(KITCHEN).vendor, accounts.of(ELECTRONICS).vendor) == ("stripe", "adyen")


def test_keys_are_read_once_in_five_minutes(accounts: Accounts, clock: Clock, read: list[str]) -> None:
    keep(KITCHEN, stripe_keys())

    for _ in range(3):
        accounts.of(KITCHEN)
    assert read == ["shopwright/dev/merchants/kitchen/gateway"]
    clock.time += KEPT_S
    accounts.of(KITCHEN)
    assert len(read) == 2


def test_a_secret_that_was_changed_a_moment_ago_is_read_again_without_a_restart(accounts: Accounts) -> None:
    keep(KITCHEN, stripe_keys("whsec_one"))
    gateway = accounts.of(KITCHEN)
    assert gateway.verify_webhook(signed("whsec_one"), BODY.encode())
    keep(KITCHEN, stripe_keys("whsec_two"))

    assert gateway.verify_webhook(signed("whsec_two"), BODY.encode())
    with pytest.raises(WebhookForged):
        gateway.verify_webhook(signed("whsec_one"), BODY.encode())


def test_who_forges_webhooks_does_not_make_us_read_secrets_all_day(
    accounts: Accounts, clock: Clock, read: list[str]
) -> None:
    keep(KITCHEN, stripe_keys())
    gateway = accounts.of(KITCHEN)

    for _ in range(50):
        with pytest.raises(WebhookForged):
            gateway.verify_webhook(signed("whsec_forged"), BODY.encode())
    assert len(read) == 2  # the first look, and one more
    clock.time += RENEW_EVERY_S
    with pytest.raises(WebhookForged):
        gateway.verify_webhook(signed("whsec_forged"), BODY.encode())
    assert len(read) == 3


def test_a_merchant_without_a_gateway_is_told_so_and_not_looked_for_at_every_call(
    accounts: Accounts, clock: Clock, read: list[str]
) -> None:
    for _ in range(5):
        with pytest.raises(Misconfigured):
            accounts.of(KITCHEN)
    assert len(read) == 1

    keep(KITCHEN, stripe_keys())
    clock.time += MISSING_S
    assert accounts.of(KITCHEN).vendor == "stripe"


@pytest.mark.parametrize(
    "keys",
    [
        "not JSON: sk_live_do_not_show",
        '["sk_live_do_not_show"]',
        {},
        {"gateway": "paypal", "secret_key": "sk_live_do_not_show"},
        {"gateway": "stripe"},
        {"gateway": "stripe", "secret_key": "pk_live_do_not_show"},
        {"gateway": "stripe", "secret_key": "sk_live_do_not_show", "webhook_secrets": "do_not_show"},
        {"gateway": "adyen", "api_key": "do_not_show", "merchant_account": "X", "hmac_keys": "do_not_show"},
    ],
)
def test_a_secret_that_was_stored_wrongly_is_the_merchants_trouble_and_stays_secret(
    accounts: Accounts, keys: dict[str, Any] | str
) -> None:
    keep(KITCHEN, keys)

    with pytest.raises(Misconfigured) as refused:
        accounts.of(KITCHEN)

    assert "do_not_show" not in f"{refused.value!r}{refused.value.__cause__!r}"
    assert refused.value.__suppress_context__


def test_an_outage_of_the_secrets_is_an_outage_and_no_missing_gateway(accounts: Accounts, clock: Clock) -> None:
    def down() -> Any:
        raise SecretUnavailable("A part of the service is not reachable. Please try again.")

    class Down(Secret):
        def refresh(self) -> dict[str, str]:
            raise SecretUnavailable("A part of the service is not reachable. Please try again.")

    with pytest.raises(SecretUnavailable):
        Accounts(PREFIX, lambda _, token: token, secret=lambda name: Down(name, down), now=clock).of(KITCHEN)


def test_the_accounts_of_the_busiest_merchants_alone_are_at_hand(accounts: Accounts, read: list[str]) -> None:
    keep(KITCHEN, stripe_keys())
    accounts.of(KITCHEN)
    for number in range(KEPT_MERCHANTS):
        with pytest.raises(Misconfigured):
            accounts.of(Tenant(f"shop-{number}"))
    accounts.of(KITCHEN)

    assert read.count("shopwright/dev/merchants/kitchen/gateway") == 2


def test_keys_show_nowhere(accounts: Accounts) -> None:
    keep(KITCHEN, {**stripe_keys("whsec_do_not_show"), "secret_key": "sk_test_do_not_show"})
    keep(ELECTRONICS, {**adyen_keys(), "api_key": "do_not_show"})

    for tenant in (KITCHEN, ELECTRONICS):
        gateway = accounts.current(tenant)
        told = f"{gateway!r} {vars(gateway)!r} {accounts._kept!r}"
        assert "do_not_show" not in told
