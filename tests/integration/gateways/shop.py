"""A shop with one account at one gateway, and a shopper who pays there."""

import itertools
import json
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from shopwright.checkout.gateways import Authorization, Browser, Event, Gateway, Means, Payment
from shopwright.checkout.gateways import adyen as by_adyen
from shopwright.checkout.gateways import stripe as by_stripe
from shopwright.money import Money
from shopwright.resilience.deadline import Deadline
from shopwright.tenancy.tenant import Tenant

from local.gateways.books import Line
from local.gateways.faults import Fault, Harm, Operation
from local.gateways.server import Gateways
from local.gateways.wire import Account, Double

KITCHEN = Tenant("kitchen")
HMAC_KEY = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056"
RETURN_URL = "https://shop.example/paid?order=1"
_numbers = itertools.count(1)


@dataclass
class Vault:
    """What tokens stand for. It remembers when it was asked."""

    held: dict[str, str] = field(default_factory=dict)
    opened: list[str] = field(default_factory=list)

    def keep(self, value: str) -> str:
        token = f"tok_{len(self.held)}"
        self.held[token] = value
        return token

    def reveal(self, tenant: Tenant, token: str) -> str:
        assert tenant == KITCHEN
        self.opened.append(token)
        return self.held[token]


@dataclass
class Shop:
    """The gateway under test, its double, and the means of doing things to both."""

    gateway: Gateway
    double: Double
    gateways: Gateways
    vault: Vault
    write: Callable[[str], str]  # an instrument as the vendor's form gives it, of the double's name for it
    ok: str
    challenge: str
    pending: str
    persisted: list[str] = field(default_factory=list)

    @property
    def vendor(self) -> str:
        return self.gateway.vendor

    def payment(self, amount: Money | None = None, **more: Any) -> Payment:
        number = next(_numbers)
        made = Payment(KITCHEN, f"order-{number}", f"saga-{number}", 1, amount or Money(4_990, "EUR"))
        return replace(made, **more)

    def means(self, instrument: str = "", *, browser: Browser | None = None) -> Means:
        token = self.vault.keep(self.write(instrument or self.ok))
        return Means(token, RETURN_URL, "Order of Saltgrove Kitchen", browser)

    def declines(self, code: str) -> Means:
        return self.means(f"pm_decline_{code}" if self.vendor == "stripe" else f"double_decline_{code}")

    def pay(self, payment: Payment, means: Means | None = None, *, within_ms: int = 20_000) -> Authorization:
        return self.gateway.authorize(
            payment, means or self.means(), Deadline(within_ms), persist=self.persisted.append
        )

    def paid(self, amount: Money | None = None) -> Payment:
        """A payment whose money is held."""
        payment = self.payment(amount)
        return replace(payment, reference=self.pay(payment).reference)

    def harm(self, harm: Harm, operation: Operation | None = None, **more: Any) -> None:
        self.gateways.faults.add([Fault(harm=harm, operation=operation, **more)])

    def ledger(self, payment: Payment) -> Line | None:
        """What the shopper of this order was charged, by the gateway's own books."""
        lines = self.double.books.ledger(payment.order_id)
        return lines[0] if lines else None

    def bank_says(self, told: Authorization, answer: str) -> Mapping[str, str]:
        """The shopper goes to their bank and answers; what their browser brings back."""
        assert told.challenge is not None
        request = urllib.request.Request(f"{told.challenge.url}?answer={answer}")  # noqa: S310 - the double's own address
        opener = urllib.request.build_opener(_Stay())
        with opener.open(request, timeout=10) as reply:
            return dict(parse_qsl(urlsplit(reply.headers["Location"]).query))

    def events(self) -> Sequence[Event]:
        """What the double tells, each message verified."""
        told: list[Event] = []
        for message in self.double.take():
            told += self.gateway.verify_webhook(message.headers, message.body)
        return told


class _Stay(urllib.request.HTTPErrorProcessor):
    """A redirect is an answer."""

    def http_response(self, request: Any, response: Any) -> Any:
        return response


def stripe_account(tenant: Tenant = KITCHEN) -> by_stripe.Account:
    return by_stripe.Account(tenant, f"sk_test_{tenant}", ("whsec_kitchen",))


def stripe_shop(gateways: Gateways) -> Shop:
    gateways.stripe.admit(Account("acct_kitchen", f"sk_test_{KITCHEN}", "whsec_kitchen"))
    vault = Vault()
    gateway = by_stripe.Stripe(stripe_account(), vault.reveal, address=gateways.address)
    return Shop(
        gateway,
        gateways.stripe,
        gateways,
        vault,
        write=lambda name: name,
        ok="pm_card_visa",
        challenge="pm_card_threeDSecure2Required",
        pending="pm_double_pending",
    )


def adyen_account(tenant: Tenant = KITCHEN) -> by_adyen.Account:
    return by_adyen.Account(tenant, "SaltgroveECOM", f"AQE-{tenant}", (HMAC_KEY,))


def adyen_shop(gateways: Gateways) -> Shop:
    gateways.adyen.admit(Account("SaltgroveECOM", f"AQE-{KITCHEN}", HMAC_KEY))
    vault = Vault()
    gateway = by_adyen.AdyenGateway(adyen_account(), vault.reveal, address=gateways.address)
    return Shop(
        gateway,
        gateways.adyen,
        gateways,
        vault,
        write=lambda name: json.dumps({"type": "scheme", "storedPaymentMethodId": name}),
        ok="double_ok",
        challenge="double_challenge",
        pending="double_pending",
    )
