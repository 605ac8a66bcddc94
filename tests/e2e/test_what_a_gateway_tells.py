"""A shop on the laptop is paid through its gateway, which tells the shop of it over the API."""

import json
import time
from dataclasses import replace

import pytest
from shopwright.checkout.gateways import Done, Means, Outcome, Payment
from shopwright.checkout.gateways.accounts import Accounts
from shopwright.money import Money
from shopwright.resilience.deadline import Deadline
from shopwright.tenancy.secretsmanager import Secret
from shopwright.tenancy.tenant import Tenant

from local import merchants, operate, web
from local.cloud import Cloud, Running
from local.merchant import places_of
from local.tills import held
from tests.e2e.stores import Stores, wait

SOON = 20_000
PATIENCE_S = 60.0
KINDS = {
    "stripe": {"payment_intent.amount_capturable_updated", "payment_intent.succeeded"},
    "adyen": {"AUTHORISATION", "CAPTURE"},
}
CARDS = {
    "stripe": "pm_card_visa",
    "adyen": json.dumps({"type": "scheme", "storedPaymentMethodId": "double_ok"}),
}


@pytest.fixture(scope="module")
def service(cloud: Running) -> operate.Service:
    return operate.at_home(cloud)


@pytest.fixture(scope="module")
def accounts(laptop_cloud: Cloud, cloud: Running, service: operate.Service) -> Accounts:
    """As a function has it: by the prefix, the secrets, and where the gateways are."""
    secrets = service.client("secretsmanager")
    return Accounts(
        cloud.outputs["GatewaySecrets"],
        lambda _, token: token,
        secret=lambda name: Secret(name, lambda: secrets),
        addresses=dict.fromkeys(CARDS, laptop_cloud.gateways_url),
    )


def test_every_demo_shop_can_be_paid_and_hears_of_it(stores: Stores, accounts: Accounts) -> None:
    paid = {shop.id: _paid(accounts, shop) for shop in merchants.shops()}

    told = _told(stores, {payment.name for payment in paid.values()})

    for merchant, payment in paid.items():
        amount = (payment.amount.minor, payment.amount.currency)
        mine = [row[1:] for row in told if row[0] == payment.name]
        assert {(one, *of) for one, _, *of in mine} == {(merchant, *amount)}
        assert {kind for _, kind, *_ in mine} == KINDS[merchants.shop(merchant).gateway]


def test_what_nobody_signed_is_refused_and_shows_no_secret(
    laptop_cloud: Cloud, cloud: Running, service: operate.Service
) -> None:
    for shop in merchants.shops():
        keys = held(places_of(service), Tenant(shop.id))
        assert keys is not None
        for body in (b'{"object":"event"}', b'{"notificationItems":[{"NotificationRequestItem":{}}]}'):
            answer = web.call(
                "POST",
                f"{cloud.api_url}/v1/webhooks/{keys.gateway}/{shop.id}",
                headers={"content-type": "application/json", "stripe-signature": "t=1,v1=00"},
                body=body,
            )
            assert (answer.status, answer.body["error"]) == (422, "WebhookForged")
        said = "\n".join(laptop_cloud.function_log("payment-webhook", lines=1_000))
        for secret in keys.model_dump(exclude={"gateway", "merchant_account", "live_prefix"}).values():
            assert str(secret) not in said


def test_functions_that_have_payment_keys_know_where_the_doubles_are(
    laptop_cloud: Cloud, cloud: Running, service: operate.Service
) -> None:
    name = cloud.outputs["PaymentWebhookFunctionName"]
    variables = service.client("lambda").get_function_configuration(FunctionName=name)["Environment"]["Variables"]

    assert variables["STRIPE_ADDRESS"] == variables["ADYEN_ADDRESS"] == laptop_cloud.gateways_url


@pytest.mark.parametrize("path", ["stripe/nobody", "adyen/kitchen", "paypal/kitchen"])
def test_an_address_that_is_no_shops_gateway_does_not_exist(cloud: Running, path: str) -> None:
    answer = web.call("POST", f"{cloud.api_url}/v1/webhooks/{path}", json_body={})

    assert answer.status == 404


def _paid(accounts: Accounts, shop: merchants.Merchant) -> Payment:
    tenant = Tenant(shop.id)
    gateway = accounts.of(tenant)
    assert gateway.vendor == shop.gateway
    number = f"{shop.id}-{time.time_ns()}"
    payment = Payment(tenant, f"order-{number}", f"saga-{number}", 1, Money(4_990, shop.currency))
    means = Means(CARDS[gateway.vendor], "https://shop.example/paid")
    told = gateway.authorize(payment, means, Deadline(SOON), persist=lambda _: None)
    assert told.outcome is Outcome.AUTHORIZED
    payment = replace(payment, reference=told.reference)
    assert gateway.capture(payment, Deadline(SOON)).done in (Done.DONE, Done.RECEIVED)
    return payment


def _told(stores: Stores, names: set[str]) -> list[tuple[str, str, str, int, str]]:
    """What was told of these payments, which are no order's: it is kept for an operator, with whose it is."""

    def both() -> list[tuple[str, str, str, int, str]]:
        rows = stores.rows(
            "select name, merchant_id, kind, amount_minor, currency from shopwright.unplaced_event "
            "where name = any(%s)",
            list(names),
        )
        return [(name, merchant, kind, amount, currency) for name, merchant, kind, amount, currency in rows]

    wait(lambda: len(both()) >= 2 * len(names), within_s=PATIENCE_S)
    return both()
