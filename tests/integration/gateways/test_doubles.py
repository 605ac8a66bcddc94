"""The doubles themselves: they listen at home, keep to their vendors' rules, and do harm only when asked to."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

import pytest
import stripe as sdk
from shopwright.checkout.gateways import CallRefused, GatewayBusy, Misconfigured, Outcome, Payment, stripe
from shopwright.checkout.gateways.accounts import Accounts
from shopwright.money import Money
from shopwright.resilience.deadline import Deadline
from shopwright.tenancy.secretsmanager import Secret

from local import web
from local.gateways.server import Gateways
from local.gateways.wire import Account
from tests.integration.gateways.shop import HMAC_KEY, KITCHEN, Shop, Vault, stripe_shop

SOON = 20_000


class Doormat:
    """A shop's address for webhooks. It notes when each came, and takes none while it is `full`."""

    def __init__(self) -> None:
        self.came: list[tuple[float, str]] = []
        self.full = 0
        mat = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format: str, *args: Any) -> None:
                """Nothing."""

            def do_POST(self) -> None:
                told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status = 200
                if mat.full:
                    mat.full -= 1
                    status = 503
                else:
                    mat.came.append((time.monotonic(), str(told.get("type"))))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/webhooks"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def wait_for(self, number: int, *, within_s: float = 15.0) -> list[str]:
        deadline = time.monotonic() + within_s
        while len(self.came) < number and time.monotonic() < deadline:
            time.sleep(0.02)
        return [told for _, told in self.came]


@pytest.fixture
def doormat() -> Iterator[Doormat]:
    mat = Doormat()
    yield mat
    mat.server.shutdown()
    mat.server.server_close()


@pytest.fixture
def delivered(gateways: Gateways, doormat: Doormat) -> Shop:
    """A shop whose webhooks are carried to its door."""
    shop = stripe_shop(gateways)
    gateways.stripe.admit(Account("acct_kitchen", f"sk_test_{KITCHEN}", "whsec_kitchen", doormat.url))
    return shop


def client(gateways: Gateways, key: str = f"sk_test_{KITCHEN}") -> sdk.StripeClient:
    return sdk.StripeClient(key, base_addresses={"api": gateways.address})


def test_they_listen_on_this_machine_alone(gateways: Gateways) -> None:
    assert gateways.address.startswith("http://127.0.0.1:")


def test_webhooks_come_to_the_shops_door(delivered: Shop, doormat: Doormat) -> None:
    delivered.paid()

    told = doormat.wait_for(2)

    assert told == ["payment_intent.created", "payment_intent.amount_capturable_updated"]


def test_a_webhook_may_come_before_the_answer_to_our_own_call(delivered: Shop, doormat: Doormat) -> None:
    delivered.double.post.before_reply = True

    delivered.paid()
    answered = time.monotonic()

    assert len(doormat.came) == 2
    assert all(at < answered for at, _ in doormat.came)


def test_webhooks_may_come_twice_turned_round_and_late(delivered: Shop, doormat: Doormat) -> None:
    payment = delivered.paid()
    doormat.wait_for(2)
    doormat.came.clear()
    answer = web.call(
        "POST",
        f"{delivered.gateways.address}/_post",
        json_body={"copies": 2, "delay_ms": 200},
    )
    assert answer.status == 200

    asked = time.monotonic()
    delivered.gateway.capture(payment, Deadline(SOON))

    assert doormat.wait_for(2) == ["payment_intent.succeeded"] * 2
    assert doormat.came[0][0] - asked >= 0.2


def test_a_webhook_that_nobody_took_is_carried_again(delivered: Shop, doormat: Doormat) -> None:
    doormat.full = 2

    delivered.paid()

    assert sorted(doormat.wait_for(2)) == ["payment_intent.amount_capturable_updated", "payment_intent.created"]


def test_a_webhook_may_be_lost_for_good(shop: Shop) -> None:
    shop.double.post.lose = 10

    shop.paid()

    assert shop.events() == []


def test_what_is_asked_of_them_over_http_happens_once(shop: Shop) -> None:
    at = shop.gateways.address
    fault = {"harm": "busy", "vendor": shop.vendor, "order_id": None, "times": 1}
    assert web.call("POST", f"{at}/_faults", json_body=[fault]).body == {"left": 1}

    with pytest.raises(GatewayBusy):
        shop.pay(shop.payment())
    payment = shop.paid()

    assert shop.gateways.faults.left == 0
    ledger = json.loads(_get(f"{at}/_ledger?order={payment.order_id}"))
    assert [(line["order_id"], line["held"], line["net"]) for line in ledger] == [(payment.order_id, 4_990, 0)]
    assert web.call("POST", f"{at}/_settle", json_body={}).body == {"done": 0}
    assert web.call("DELETE", f"{at}/_state").status == 200
    assert json.loads(_get(f"{at}/_ledger")) == []


@pytest.mark.parametrize(
    ("path", "body"),
    [("/_faults", [{"harm": "explode"}]), ("/_faults", {"harm": "busy"}), ("/_post", {"colour": 1}), ("/_nothing", {})],
)
def test_what_they_do_not_understand_they_refuse(gateways: Gateways, path: str, body: object) -> None:
    assert web.call("POST", f"{gateways.address}{path}", json_body=body).status in (400, 404)


def test_no_more_goes_back_than_was_taken_and_no_more_is_taken_than_is_held(with_stripe: Shop) -> None:
    payment, at = with_stripe.paid(), client(with_stripe.gateways)

    with pytest.raises(sdk.InvalidRequestError):
        at.v1.payment_intents.capture(payment.reference, {"amount_to_capture": 4_991})
    at.v1.payment_intents.capture(payment.reference, {"amount_to_capture": 2_000})
    at.v1.refunds.create({"payment_intent": payment.reference, "amount": 1_500})
    with pytest.raises(sdk.InvalidRequestError):
        at.v1.refunds.create({"payment_intent": payment.reference, "amount": 501})
    at.v1.refunds.create({"payment_intent": payment.reference})

    line = with_stripe.ledger(payment)
    assert line is not None
    assert (line.captured, line.refunded) == (2_000, 2_000)


def test_one_account_sees_nothing_of_another_and_shares_no_key_with_it(with_stripe: Shop) -> None:
    gateways = with_stripe.gateways
    gateways.stripe.admit(Account("acct_outdoor", "sk_test_outdoor", "whsec_outdoor"))
    mine, theirs = client(gateways), client(gateways, "sk_test_outdoor")
    made = [
        at.v1.payment_intents.create({"amount": 100, "currency": "eur"}, {"idempotency_key": "one"})
        for at in (mine, theirs, mine)
    ]

    assert made[0].id == made[2].id != made[1].id
    for call in (theirs.v1.payment_intents.retrieve, theirs.v1.payment_intents.cancel):
        with pytest.raises(sdk.InvalidRequestError):
            call(made[0].id)


def test_an_answer_that_is_given_again_says_so(with_stripe: Shop) -> None:
    at = client(with_stripe.gateways)
    said = [
        cast(
            Any, at.v1.payment_intents.create({"amount": 100, "currency": "eur"}, {"idempotency_key": "one"})
        ).last_response.headers.get("Idempotent-Replayed")
        for _ in range(2)
    ]

    assert said == [None, "true"]


@pytest.mark.parametrize("wrong", [{"amount": 0}, {"amount": 100, "currency": "euro"}, {"amount": 100, "surprise": 1}])
def test_what_stripe_would_not_understand_its_double_does_not_either(with_stripe: Shop, wrong: dict[str, Any]) -> None:
    with pytest.raises(sdk.InvalidRequestError):
        client(with_stripe.gateways).v1.payment_intents.create(cast(Any, {"currency": "eur", **wrong}))


class _Secret(Secret):
    """A secret in memory, that an operator may change behind our back."""

    def __init__(self) -> None:
        self.told = {"gateway": "stripe", "secret_key": "sk_test_old1", "webhook_secrets": "whsec_kitchen"}
        self._seen = dict(self.told)

    def json(self) -> dict[str, str]:
        return self._seen

    def refresh(self) -> dict[str, str]:
        self._seen = dict(self.told)
        return self._seen


def test_a_payment_goes_through_with_a_key_that_was_changed_a_moment_ago(gateways: Gateways) -> None:
    secret, vault = _Secret(), Vault()
    accounts = Accounts(
        "shopwright/test/merchants", vault.reveal, secret=lambda _: secret, addresses={"stripe": gateways.address}
    )
    shop = replace(stripe_shop(gateways), gateway=accounts.of(KITCHEN), vault=vault)
    gateways.stripe.admit(Account("acct_kitchen", "sk_test_new1", "whsec_kitchen"))

    with pytest.raises(Misconfigured):
        shop.pay(shop.payment())
    secret.told["secret_key"] = "sk_test_new1"
    later = Accounts(
        "shopwright/test/merchants", vault.reveal, secret=lambda _: secret, addresses={"stripe": gateways.address}
    )
    shop = replace(shop, gateway=later.of(KITCHEN))

    assert shop.pay(shop.payment()).outcome is Outcome.AUTHORIZED
    assert [call.status for call in gateways.stripe.calls] == [401, 401, 200, 200]


def test_what_a_gateway_will_never_do_is_not_asked_for_again(with_stripe: Shop) -> None:
    account = stripe.Account(KITCHEN, f"sk_test_{KITCHEN}", ())
    gateway = stripe.Stripe(account, with_stripe.vault.reveal, address=with_stripe.gateways.address)
    payment = Payment(KITCHEN, "order", "saga", 1, Money(0, "EUR"))

    told = gateway.authorize(payment, with_stripe.means(), Deadline(SOON), persist=with_stripe.persisted.append)

    assert (told.outcome, told.reason) == (Outcome.DECLINED, "amount_unsupported")
    with pytest.raises(CallRefused):
        gateway.resume(replace(payment, reference="pi_none"), {}, Deadline(SOON))


def test_adyens_double_knows_its_own_accounts_alone(with_adyen: Shop) -> None:
    with_adyen.gateways.adyen.admit(Account("AnotherECOM", f"AQE-{KITCHEN}", HMAC_KEY))

    with pytest.raises(Misconfigured):
        with_adyen.pay(with_adyen.payment())


def _get(url: str) -> str:
    import urllib.request

    with urllib.request.urlopen(url, timeout=10) as reply:  # noqa: S310 - the double's own address
        return str(reply.read().decode())
