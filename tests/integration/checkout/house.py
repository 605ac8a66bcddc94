"""A shop that sells, with everything real but AWS: its steps, its database, its gateway's double and its shoppers."""

import itertools
import json
import random
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

import authorize
import capture
import compensate
import confirm_order
import reserve_stock
from shopwright.catalog.aurora import Offers
from shopwright.checkout import cart as carting
from shopwright.checkout import consent, quote, saga, sweep
from shopwright.checkout.aurora import MerchantOrders, Orders
from shopwright.checkout.cart import Line, Put
from shopwright.checkout.gateways import Event, Gateway
from shopwright.checkout.gateways import adyen as by_adyen
from shopwright.checkout.gateways import stripe as by_stripe
from shopwright.checkout.order import Order, Placing, Status
from shopwright.checkout.quote import Quote, Signatures
from shopwright.checkout.terms import Terms
from shopwright.checkout.wallet import Wallet
from shopwright.money import Money
from shopwright.privacy.vault import PAYMENTS, Vault
from shopwright.resilience.deadline import Deadline
from shopwright.tenancy.caller import Caller, Role
from shopwright.tenancy.passport import SigningKey
from shopwright.tenancy.tenant import Tenant

from local.gateways.books import Line as Charged
from local.gateways.faults import Fault
from local.gateways.server import Gateways
from local.gateways.wire import Account, Double
from tests.fakes.carts import FakeCarts
from tests.fakes.personal import FakeDataKeys, FakePersonalTable
from tests.integration.checkout.machine import Killed, Machine
from tests.integration.database.conftest import Shop
from tests.integration.database.shop import SIGNER

HMAC_KEY = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056"
RETURN_URL = "https://shop.example/paid"
QUOTE_KEY = SigningKey("q1", b"q" * 32)
SHOPS = {"stripe": Tenant("kitchen"), "adyen": Tenant("outdoor")}
_NUMBERS = itertools.count(1)
OVER = (Status.PAID, Status.CANCELLED, Status.REFUNDED)


_SHELVE = (
    "insert into shopwright.product (merchant_id, id, document_id, title) values (%(m)s, %(s)s, 'd', %(s)s)",
    "insert into shopwright.variant (merchant_id, product_id, sku, ordinal, title) "
    "values (%(m)s, %(s)s, %(s)s, 0, %(s)s)",
    "insert into shopwright.stock (merchant_id, product_id, sku, on_hand) values (%(m)s, %(s)s, %(s)s, %(n)s::int4)",
    "insert into shopwright.product_fact (merchant_id, product_id, sku, name, kind, amount, unit) "
    "values (%(m)s, %(s)s, '', 'price', 'money', %(p)s::int4, 'GBP')",
)


class Kill:
    """Ends the process before or after its n-th effect; counts them when it is to end nowhere. `lost`: the execution
    ends with it, and only a sweeper or an operator finds the order again."""

    def __init__(self, at: int = -1, *, after: bool = False, lost: bool = False, second: int = -1) -> None:
        self.at, self.after, self.lost, self.second = at, after, lost, second
        self.count = 0
        self.killed = False
        self.log: list[str] = []

    @contextmanager
    def effect(self, name: str) -> Iterator[None]:
        number, self.count = self.count, self.count + 1
        self.log.append(name)
        mine = number in (self.at, self.second)
        if mine and not self.after:
            self.killed = True
            raise Killed
        yield
        if mine and self.after:
            self.killed = True
            raise Killed


class Watched:
    """Stands before something real, and lets a process end before or after each call of it."""

    def __init__(self, real: object, kill: Kill, effects: frozenset[str]) -> None:
        self._real, self._kill, self._effects = real, kill, effects

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._real, name)
        if name not in self._effects:
            return found

        def call(*given: Any, **named: Any) -> Any:
            with self._kill.effect(name):
                return found(*given, **named)

        return call


WRITES = frozenset(
    [
        "reserve",
        "ask",
        "persist",
        "note",
        "tell",
        "confirm",
        "ask_capture",
        "undo",
        "undoing",
        "wait",
        "settle",
        "unprove",
        "listen",
        "park",
        "resume",
    ]
)
ASKS = frozenset(["authorize", "resume", "capture", "reverse"])


@dataclass
class House:
    """One merchant's shop, and what its shoppers, its gateway and its operators do."""

    shop: Shop
    gateways: Gateways
    vendor: str
    kill: Kill = field(default_factory=Kill)
    late: timedelta = timedelta(0)
    woken: set[str] = field(default_factory=set)
    undos: list[Order] = field(default_factory=list)
    parked: list[str] = field(default_factory=list)
    answers_bank: str = "pass"
    meanwhile: Callable[[], None] | None = None  # what somebody does when a machine first waits

    def __post_init__(self) -> None:
        self.number = next(_NUMBERS)  # its shoppers are not those of another house over the same database
        self.tenant = SHOPS[self.vendor]
        self.database = self.shop.database()
        self.all_orders = Orders(self.database, SIGNER)
        self.carts = FakeCarts(lambda: self.now().timestamp())
        self.wallet = Wallet(Vault(FakePersonalTable(), FakeDataKeys(), PAYMENTS))  # type: ignore[arg-type]  # twins in memory
        self.offers = Offers(self.database)
        self.signatures = Signatures(lambda: (QUOTE_KEY,))
        self.claims: dict[str, consent.Claim] = {}
        self.started: list[tuple[str, str]] = []
        self.visited: set[str] = set()
        self._account = self._open_account()
        self.orders.set_terms(Terms(Money(395, "GBP"), Money(5000, "GBP"), 2000))

    @property
    def orders(self) -> MerchantOrders:
        return self.all_orders.of(self.tenant)

    @property
    def double(self) -> Double:
        return self.gateways.stripe if self.vendor == "stripe" else self.gateways.adyen

    def now(self) -> datetime:
        return datetime.now(UTC) + self.late

    def shopper(self, name: str = "ann") -> Caller:
        return Caller(self.tenant, Role.SHOPPER, f"user#{name}-{self.number}", frozenset({"shop/chat"}))

    # What the merchant does

    def shelve(self, *, stock: int | None = 1, price: int = 2950) -> str:
        """A new article; gives its number."""
        sku = f"P-{next(_NUMBERS)}"
        with self.database.as_tenant(SIGNER.sign(self.tenant)) as db:
            for statement in _SHELVE:
                db.execute(statement, {"m": self.tenant.merchant_id, "s": sku, "n": stock, "p": price})
        return sku

    def run(self, statement: str, **values: object) -> list[dict[str, Any]]:
        """A statement as the merchant, for what time or a feed does."""
        with self.database.as_tenant(SIGNER.sign(self.tenant)) as db:
            done = db.execute(cast("Any", statement), {"m": self.tenant.merchant_id, **values})
            return done.fetchall() if done.description else []

    def stock(self, sku: str) -> tuple[int | None, int]:
        """On hand, if anybody counts them, and held."""
        (row,) = self.run("select on_hand, held from shopwright.stock where merchant_id = %(m)s and sku = %(s)s", s=sku)
        return row["on_hand"], row["held"]

    # What shoppers do

    def put(self, sku: str, quantity: int = 1, who: str = "ann") -> None:
        self.carts.change(self.shopper(who), Put(Line(sku, quantity)))

    def instrument(self, named: str = "ok") -> str:
        names = {
            "stripe": {
                "ok": "pm_card_visa",
                "challenge": "pm_card_threeDSecure2Required",
                "challenge_twice": "pm_double_challenge_twice",
                "pending": "pm_double_pending",
                "decline": "pm_card_visa_chargeDeclined",
            },
            "adyen": {
                "ok": "double_ok",
                "challenge": "double_challenge",
                "challenge_twice": "double_challenge_twice",
                "pending": "double_pending",
                "decline": "double_refused",
            },
        }[self.vendor]
        name = names.get(named, named)
        return name if self.vendor == "stripe" else json.dumps({"type": "scheme", "storedPaymentMethodId": name})

    def quote(self, who: str = "ann", pays: str = "ok", *, nonce: str | None = None) -> Quote:
        caller = self.shopper(who)
        kept = self.wallet.keep(self.tenant, caller.subject, self.instrument(pays))
        return self._quoted(caller, self.vendor, kept, nonce)

    def agree(self, quoted: Quote, who: str = "ann", *, request: str = "r-1", **changed: Any) -> str:
        """The shopper's consent to it; gives the order's id."""
        agreed = {
            "quote": quoted,
            "signature": self.signatures.sign(quoted),
            "quote_hash": quoted.hash,
            "nonce": quoted.nonce,
            "agreed": True,
            "return_url": RETURN_URL,
            **changed,
        }
        return consent.begin(self.shopper(who), consent.Agreed(**agreed), request=request, desk=self.desk_of_consent())

    def order(self, sku: str | None = None, who: str = "ann", pays: str = "ok", quantity: int = 1) -> str:
        """A cart with one article, quoted and agreed to."""
        self.put(sku or self.shelve(), quantity, who)
        return self.agree(self.quote(who, pays), who)

    def desk_of_consent(self) -> consent.Desk:
        def claim(caller: Caller, wanted: consent.Claim) -> bool:
            return self.claims.setdefault(wanted.nonce, wanted) == wanted

        return consent.Desk(
            signatures=self.signatures,
            quoted=lambda caller, before: self._quoted(caller, before.gateway, before.instrument, None),
            claimed=lambda caller, nonce: self.claims.get(nonce),
            claim=claim,
            place=lambda caller, placing: self._place(placing),
            start=lambda caller, order, name: self.started.append((order, name)),
            sites=lambda caller: frozenset({"shop.example"}),
            now=lambda: self.now().timestamp(),
        )

    def _place(self, placing: Placing) -> None:
        self.orders.place(placing)

    def _quoted(self, caller: Caller, gateway: str, instrument: str, nonce: str | None) -> Quote:
        desk = carting.Desk(
            open=self.carts.open,
            change=self.carts.change,
            offers=lambda who, skus: self.offers.of(SIGNER.sign(who.tenant), skus),
        )
        under_way = self.orders.under_way(caller.subject)
        return quote.make(
            caller,
            carting.show(caller, desk=desk),
            self.orders.terms(),
            under_way=under_way,
            gateway=gateway,
            instrument=instrument,
            now=self.now().timestamp(),
            # Not by `random`, which Hypothesis sets back for each example: the next one's orders would be this one's.
            nonce=nonce or f"{next(_NUMBERS):032x}",
        )

    # What the machine does

    def desk(self) -> saga.Desk:
        kill = self.kill
        orders = cast("MerchantOrders", Watched(self.orders, kill, WRITES))
        account = cast("Gateway", Watched(self._account, kill, ASKS))

        def bought(tenant: Tenant, order: Order) -> None:
            with kill.effect("bought"):
                self.carts.of(tenant, order.subject).change(order.bought)

        return saga.Desk(
            orders=lambda tenant: orders,
            gateway=lambda tenant, vendor: account,
            keep=self.wallet.keep_challenge,
            proof=self.wallet.proof,
            wake=self.woken.add,
            bought=bought,
            now=self.now,
        )

    def machine(self) -> Machine:
        desk = self.desk()
        return Machine(
            {
                "${ReserveStockArn}": reserve_stock.build(lambda: reserve_stock.Desk(desk.orders)),
                "${AuthorizeArn}": authorize.build(lambda: desk),
                "${ConfirmOrderArn}": confirm_order.build(lambda: confirm_order.Desk(desk.orders)),
                "${CaptureArn}": capture.build(lambda: desk),
                "${CompensateArn}": compensate.build(lambda: desk),
            },
            wait=self._wait,
            send=self.parked.append,
            on_crash=self._crashed,
        )

    def walk(self, order_id: str, begin: str = "reserve") -> str:
        """One execution; gives the state in which it ended, or "lost"."""
        machine = self.machine()
        handed = {"merchant_id": self.tenant.merchant_id, "order_id": order_id, "begin": begin}
        try:
            return machine.run(handed)
        except Lost:
            return "lost"
        finally:
            self.visited |= machine.visited

    def _crashed(self) -> None:
        if self.kill.lost:
            raise Lost

    def _wait(self, token: str) -> None:
        """Somebody waits: the shopper answers their bank, the gateway does what it has received, webhooks arrive."""
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()
        for _ in range(3):
            if token in self.woken:
                return
            self.bank()
            self.double.settle()
            self.webhooks()
        self.late += timedelta(hours=2)  # many times the state's time is up, and the machine looks for itself

    def bank(self) -> None:
        """Every shopper whom a bank is asking answers, and their browser brings back what it got."""
        if self.answers_bank == "silence":
            return
        for row in self.run(
            "select order_id, challenge from shopwright.payment "
            "where merchant_id = %(m)s and state = 'challenged' and challenge <> '' and proof = ''"
        ):
            url = self.wallet.challenge(self.tenant, row["challenge"]).url
            request = urllib.request.Request(f"{url}?answer={self.answers_bank}")  # noqa: S310 - the double's own address
            with urllib.request.build_opener(_Stay()).open(request, timeout=10) as reply:
                back = dict(parse_qsl(urlsplit(reply.headers.get("Location") or "").query))
            if back:
                order = self.orders.look(row["order_id"])
                name = self.wallet.keep_proof(self.tenant, order.subject, back)
                self.woken.add(self.orders.prove(order.id, name).payment.wake)

    def webhooks(self, *, shuffled: random.Random | None = None, copies: int = 1) -> int:
        """What the double tells arrives, verified."""
        events = [
            event
            for message in self.double.take()
            for event in self._account.verify_webhook(message.headers, message.body)
        ] * copies
        if shuffled is not None:
            shuffled.shuffle(events)
        desk = self.quiet_desk()
        for event in events:
            self.hear(event, desk)
        return len(events)

    def hear(self, event: Event, desk: saga.Desk | None = None) -> str:
        """One event of the gateway's; one that must be undone once more is."""

        def undo(tenant: Tenant, order: Order, attempt: str) -> None:
            self.undos.append(order)

        return saga.hear(self.tenant, self.vendor, event, desk=desk or self.desk(), undo=undo)

    def quiet_desk(self) -> saga.Desk:
        """A desk where nothing is killed."""
        kill, self.kill = self.kill, Kill()
        try:
            return self.desk()
        finally:
            self.kill = kill

    # What operators and schedules do

    def recover(self, *ids: str, rounds: int = 8) -> None:
        """Time passes until these orders are over: webhooks arrive, sweepers sweep, operators resume what is parked."""
        self.kill = Kill()
        self.gateways.faults.clear()
        for _ in range(rounds):
            self.double.settle()
            self.webhooks()
            again = list(self.undos)
            self.undos.clear()
            for order in again:
                self.walk(order.id, "undo")
            parked = [str(json.loads(one)["order_id"]) for one in self.parked]
            self.parked.clear()
            for one in parked:  # what cannot be undone even now is parked again, for the next round
                self.orders.resume(one)
                self.walk(one, "undo")
            if all(self.orders.look(one).status in OVER for one in ids) and not self.double.outbox:
                return
            self.sweep(*ids)
        raise AssertionError([(one, self.orders.look(one).status, self.orders.log_of(one)) for one in ids])

    def sweep(self, *ids: str) -> None:
        """The sweeper's round, when everything has stood still for long."""
        for one in ids:
            self.run(
                "update shopwright.reservation set expires_at = now() - interval '1 hour', changed_at = now() "
                "where merchant_id = %(m)s and order_id = %(o)s",
                o=one,
            )
            self.run(
                "update shopwright.purchase set changed_at = changed_at - interval '2 hours', swept_at = null "
                "where merchant_id = %(m)s and id = %(o)s",
                o=one,
            )
        ask: list[tuple[str, str]] = []
        desk = sweep.Desk(
            self.all_orders, lambda tenant, order, begin: ask.append((order.id, begin)), lambda order: False
        )
        sweep.sweep(desk, Deadline(60_000))
        for order_id, begin in ask:
            self.walk(order_id, begin)

    def harm(self, *faults: Fault) -> None:
        self.gateways.faults.add(faults)

    def ledger(self, order_id: str) -> Charged | None:
        """What the shopper of this order was charged, by the gateway's own books."""
        lines = self.double.books.ledger(order_id)
        return lines[0] if lines else None

    def _open_account(self) -> Gateway:
        reveal: Callable[[Tenant, str], str] = self.wallet.reveal
        if self.vendor == "stripe":
            self.gateways.stripe.admit(Account("acct_kitchen", "sk_test_kitchen", "whsec_kitchen"))
            return by_stripe.Stripe(
                by_stripe.Account(self.tenant, "sk_test_kitchen", ("whsec_kitchen",)),
                reveal,
                address=self.gateways.address,
            )
        self.gateways.adyen.admit(Account("OutdoorECOM", "AQE-outdoor", HMAC_KEY))
        return by_adyen.AdyenGateway(
            by_adyen.Account(self.tenant, "OutdoorECOM", "AQE-outdoor", (HMAC_KEY,)),
            reveal,
            address=self.gateways.address,
        )


class Lost(BaseException):
    """The execution is gone, and nothing of it goes on."""


class _Stay(urllib.request.HTTPErrorProcessor):
    """A redirect is an answer."""

    def http_response(self, request: Any, response: Any) -> Any:
        return response


def violations(house: House, sku: str, shelved: int, *ids: str) -> list[str]:
    """What must never be, whatever happened: every order is over, and the gateway's own books are the judge."""
    wrong: list[str] = []
    on_hand, held = house.stock(sku)
    sold = 0
    for one in ids:
        order, charged = house.orders.look(one), house.ledger(one)
        net = 0 if charged is None else charged.captured - charged.refunded
        total = order.total.minor
        if order.status not in OVER:
            wrong.append(f"{one} is {order.status}")
        if net not in (0, total):
            wrong.append(f"{one}: {net} of {total} taken")
        if (order.status is Status.PAID) != (net == total):
            wrong.append(f"{one} is {order.status} and {net} was taken")
        if charged is not None and charged.open_holds:
            wrong.append(f"{one} is {order.status} and {charged.held} is still held")
        books = house.orders.books(one)
        if sum(books.values()) or books.get("gateway", 0) != net:
            wrong.append(f"{one}: the books say {books}, the gateway {net}")
        rows = house.run(
            "select state, quantity from shopwright.reservation where merchant_id = %(m)s and order_id = %(o)s", o=one
        )
        wanted = {Status.PAID: "sold", Status.CANCELLED: "released"}.get(order.status)
        if wanted and any(row["state"] != wanted for row in rows):
            wrong.append(f"{one} is {order.status}, its goods are {rows}")
        sold += sum(row["quantity"] for row in rows if row["state"] == "sold")
        if order.status is Status.PAID and not rows:
            wrong.append(f"{one} was paid without goods")
        told = {
            row["kind"]
            for row in house.run(
                "select kind from shopwright.outbox where merchant_id = %(m)s and order_id = %(o)s", o=one
            )
        }
        if (order.status is Status.PAID) != ("OrderPaid" in told and "OrderRefunded" not in told):
            wrong.append(f"{one} is {order.status}, told was {told}")
    if held or (on_hand or 0) + sold != shelved:
        wrong.append(f"{sku}: {on_hand} on hand, {held} held, {sold} sold of {shelved}")
    return wrong


def in_cart(house: House, who: str = "ann") -> Mapping[str, int]:
    return {line.sku: line.quantity for line in house.carts.open(house.shopper(who)).lines}
