"""The shopper's one word, as it comes over HTTP: who may give it, how it is repeated, and what is never stored."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import checkout
import pytest
from shopwright.catalog.offer import Offer
from shopwright.checkout import cart as carting
from shopwright.checkout.canonical import digest
from shopwright.checkout.cart import LONGEST_TITLE, Bought, Line, Put
from shopwright.checkout.consent import MAX_URL, Claim, KeyOfAnother, RequestInFlight
from shopwright.checkout.gateways import Misconfigured, instrument
from shopwright.checkout.order import Placing
from shopwright.checkout.quote import MOST_BYTES, Signatures
from shopwright.checkout.stepfunctions import SagaUnavailable
from shopwright.checkout.terms import Terms
from shopwright.money import Money
from shopwright.runtime.http import LARGEST_BODY_BYTES
from shopwright.tenancy.branding import Branding, Shopfront
from shopwright.tenancy.caller import Caller
from shopwright.tenancy.member import Member
from shopwright.tenancy.passport import SigningKey
from shopwright.tenancy.tenant import Tenant

from tests.fakes import gateway
from tests.fakes.bulkhead import roomy
from tests.fakes.carts import FakeCarts
from tests.fakes.gateway import Answer
from tests.fakes.members import FakeMembers
from tests.fakes.trail import FakeAudit

ANN = gateway.member()
KEY = {"Idempotency-Key": "order-1"}
TENT = Offer("TENT-2P", "p-1", "Tent", "", Money(19900, "EUR"), 3, "in stock", 5)
NOW = float(gateway.ISSUED_AT)


class Desk:
    """A till that remembers which orders were taken and which sagas were started."""

    def __init__(self) -> None:
        self.carts = FakeCarts(lambda: NOW)
        self.claims: dict[str, Claim] = {}
        self.requests: dict[str, tuple[str, str | None]] = {}
        self.placed: list[Placing] = []
        self.started: list[tuple[str, str]] = []
        self.kept: list[str] = []
        self.under_way: list[Bought] = []
        self.saga_down = False
        self.configured = True
        self.offers = [TENT]
        brand = Branding(name="The Shop", website="https://www.shop.example/en", currency="EUR")
        self.shopfront: Shopfront | None = Shopfront(branding=brand)
        self.on_this_machine = False

    def build(self) -> Any:
        def offers(caller: Caller, skus: Sequence[str]) -> dict[str, tuple[Offer, ...]]:
            return {sku: (offer,) for offer in self.offers for sku in skus if sku == offer.sku}

        return checkout.Desk(
            members=self.members,
            trail=FakeAudit(),
            bulkhead=roomy(),
            carting=carting.Desk(open=self.carts.open, change=self.carts.change, offers=offers),
            terms=lambda tenant: Terms(Money(495, "EUR"), Money(5000, "EUR"), 2000),
            under_way=lambda caller: self.under_way,
            vendor=self._vendor,
            check=self._check,
            keep=self._keep,
            signatures=Signatures(lambda: (SigningKey("q1", b"k" * 32),)),
            claimed=lambda caller, nonce: self.claims.get(nonce),
            claim=lambda caller, wanted: self.claims.setdefault(wanted.nonce, wanted) == wanted,
            open_request=self._open,
            close_request=self._close,
            place=lambda caller, placing: self.placed.append(placing),
            start=self._start,
            shopfront=lambda tenant: self.shopfront,
            now=lambda: NOW,
            on_this_machine=self.on_this_machine,
        )

    def _check(self, vendor: str, text: str) -> None:
        instrument.of_stripe(text)

    def _vendor(self, tenant: Tenant) -> str:
        if not self.configured:
            raise Misconfigured
        return "stripe"

    def _keep(self, tenant: Tenant, subject: str, value: str) -> str:
        self.kept.append(value)
        return "tok_" + "a" * 24

    def _open(self, caller: Caller, key: str, body: str) -> str | None:
        before = self.requests.setdefault(key, (body, None))
        if before == (body, None) and f"{key} is open" not in self.requests:
            self.requests[f"{key} is open"] = (body, None)
            return None
        if before[0] != body:
            raise KeyOfAnother
        if before[1] is None:
            raise RequestInFlight
        return before[1]

    def _close(self, caller: Caller, key: str, answer: str | None) -> None:
        body, _ = self.requests.pop(key)
        self.requests.pop(f"{key} is open", None)
        if answer is not None:
            self.requests[key] = (body, answer)

    def _start(self, caller: Caller, order: str, saga: str) -> None:
        if self.saga_down:
            raise SagaUnavailable
        self.started.append((order, saga))

    def call(self, path: str, body: Any, row: Member = ANN, **more: Any) -> Answer:
        self.members = FakeMembers(row)
        handler = checkout.build(self.build)
        return gateway.send(handler, gateway.request("POST", path, token=gateway.claims(row), body=body, **more))

    def quote(self) -> dict[str, Any]:
        answer = self.asked()
        assert answer.status == 200
        return dict(answer.body)

    def asked(self) -> Answer:
        caller = Caller(Tenant("outdoor"), "shopper", ANN.subject, frozenset())  # type: ignore[arg-type]  # the role's text
        for offer in self.offers:
            self.carts.change(caller, Put(Line(offer.sku, 1)))
        return self.call("/v1/checkout/quote", {"instrument": "pm_card_visa"})


def agreed(quoted: dict[str, Any], **changed: Any) -> dict[str, Any]:
    consent = {"quote_hash": quoted["quote_hash"], "nonce": quoted["quote"]["nonce"], "agreed": True}
    return {
        "quote": quoted["quote"],
        "signature": quoted["signature"],
        "consent": consent,
        "return_url": "https://shop.example/paid",
        **changed,
    }


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_quote_holds_no_token_and_a_repeated_order_starts_one_saga_and_answers_the_same(desk: Desk) -> None:
    quoted = desk.quote()
    assert "pm_card_visa" not in str(quoted)
    assert desk.kept == ["pm_card_visa"]

    first = desk.call("/v1/checkout", agreed(quoted), headers=KEY)
    again = desk.call("/v1/checkout", agreed(quoted), headers=KEY)

    assert first.status == again.status == 202
    assert first.body == again.body
    assert first.body["status_url"] == f"/v1/orders/{first.body['order_id']}"
    assert again.headers["idempotent-replayed"] == "true"
    assert len(desk.started) == len(desk.placed) == 1


def test_the_fullest_cart_with_the_longest_titles_is_quoted_and_ordered(desk: Desk) -> None:
    words = "Двухместная палатка " * 300
    desk.offers = [replace(TENT, sku=f"T-{number}", product_id=f"p-{number}", title=words) for number in range(50)]

    quoted = desk.quote()

    assert {len(line["title"]) for line in quoted["quote"]["lines"]} == {LONGEST_TITLE}
    assert desk.call("/v1/checkout", agreed(quoted), headers=KEY).status == 202
    assert desk.placed[0].quote.lines[0].title.endswith("…")


def test_what_could_not_be_sent_back_is_not_quoted(desk: Desk) -> None:
    name = "é" * 190
    desk.offers = [replace(TENT, sku=f"{name}{number}", product_id=name, title=name) for number in range(50)]

    answer = desk.asked()

    assert (answer.status, answer.body["error"]) == (409, "QuoteTooLong")
    assert MOST_BYTES + MAX_URL + 3000 < LARGEST_BODY_BYTES  # with a signature, a consent and an address around it


def test_what_is_being_paid_for_is_left_out_of_the_next_quote_which_says_so(desk: Desk) -> None:
    desk.offers = [TENT, replace(TENT, sku="PEG", title="Peg", price=Money(100, "EUR"))]
    desk.under_way = [Bought("o-1", (Line("TENT-2P", 1),))]

    quoted = desk.quote()

    assert [(line["sku"], line["quantity"]) for line in quoted["quote"]["lines"]] == [("PEG", 1)]
    assert quoted["quote"]["left_out"] == [{"order_id": "o-1", "sku": "TENT-2P", "title": "Tent", "quantity": 1}]
    assert desk.call("/v1/checkout", agreed(quoted), headers=KEY).status == 202


def test_a_cart_that_is_wholly_being_paid_for_is_not_quoted_and_its_order_is_named(desk: Desk) -> None:
    desk.under_way = [Bought("o-1", (Line("TENT-2P", 1),))]

    answer = desk.asked()

    assert (answer.status, answer.body["error"]) == (409, "CartBeingBought")
    assert "1 x Tent (order o-1)" in answer.body["message"]
    assert desk.kept == []


def test_what_came_under_way_after_the_quote_is_not_agreed_to(desk: Desk) -> None:
    quoted = desk.quote()
    desk.under_way = [Bought("o-1", (Line("TENT-2P", 1),))]

    answer = desk.call("/v1/checkout", agreed(quoted), headers=KEY)

    assert (answer.status, answer.body["error"]) == (409, "CartBeingBought")
    assert (desk.placed, desk.started) == ([], [])


def test_another_body_under_the_same_key_is_refused(desk: Desk) -> None:
    quoted = desk.quote()
    desk.call("/v1/checkout", agreed(quoted), headers=KEY)

    other = desk.call("/v1/checkout", agreed(quoted, return_url="https://shop.example/other"), headers=KEY)

    assert (other.status, other.body["error"]) == (409, "KeyOfAnother")


def test_a_request_in_flight_is_not_begun_twice(desk: Desk) -> None:
    quoted = desk.quote()
    body = checkout.Order.model_validate(agreed(quoted))
    desk._open(None, "order-1", digest(body.model_dump()))  # type: ignore[arg-type]  # nobody asks who

    answer = desk.call("/v1/checkout", agreed(quoted), headers=KEY)

    assert (answer.status, answer.body["error"]) == (409, "RequestInFlight")
    assert desk.started == []


def test_what_could_not_be_started_is_started_by_the_same_request_again(desk: Desk) -> None:
    quoted = desk.quote()
    desk.saga_down = True
    assert desk.call("/v1/checkout", agreed(quoted), headers=KEY).status == 503
    desk.saga_down = False

    assert desk.call("/v1/checkout", agreed(quoted), headers=KEY).status == 202
    assert len(desk.started) == 1


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"signature": "q1." + "0" * 64}, 422, "QuoteForged"),
        ({"signature": "who.knows"}, 422, "QuoteForged"),
        ({"consent": None}, 422, "Invalid"),
        ({"return_url": "http://shop.example"}, 422, "ReturnUrlUnusable"),
        ({"return_url": "https://evil.example/paid"}, 422, "ReturnUrlUnusable"),
        ({"surprise": 1}, 422, "Invalid"),
    ],
)
def test_a_refusal_names_itself_and_starts_nothing(desk: Desk, change: dict[str, Any], status: int, error: str) -> None:
    answer = desk.call("/v1/checkout", agreed(desk.quote(), **change), headers=KEY)

    assert (answer.status, answer.body["error"]) == (status, error)
    assert desk.started == []
    assert desk.placed == []


def test_bulky_goods_cost_their_surcharge_once_on_top_of_delivery_which_may_be_free(desk: Desk) -> None:
    desk.offers = [
        replace(TENT, surcharge=Money(1900, "EUR")),
        replace(TENT, sku="TENT-6P", surcharge=Money(2900, "EUR")),
        replace(TENT, sku="PEG", price=Money(100, "EUR")),
    ]

    quoted = desk.quote()["quote"]

    assert (quoted["goods_minor"], quoted["surcharge_minor"], quoted["delivery_minor"]) == (39_900, 2900, 2900)
    assert quoted["total_minor"] == 42_800
    assert quoted["tax_minor"] == 3317 + 3317 + 17 + 483  # delivery is taxed as it always was
    small = Desk()
    small.offers = [replace(TENT, price=Money(100, "EUR"), surcharge=Money(1900, "EUR"))]
    assert small.quote()["quote"]["delivery_minor"] == 495 + 1900


def returned_to(desk: Desk, url: str) -> Answer:
    return desk.call("/v1/checkout", agreed(desk.quote(), return_url=url), headers=KEY)


@pytest.mark.parametrize(
    "url", ["https://shop.example", "https://www.shop.example:443/a?b=c", "https://SHOP.example/#x"]
)
def test_a_bank_sends_the_shopper_back_to_the_shops_own_site(desk: Desk, url: str) -> None:
    assert returned_to(desk, url).status == 202


@pytest.mark.parametrize(
    "url",
    [
        *("https://shop.example.evil.example/", "https://evil.example/?shop.example", "https://shop.example:8443/"),
        *("https://pay.shop.example/", "https://shop.example@evil.example/", "https://ann:" + "pw@shop.example/"),
        *("http://127.0.0.1:3000/", "http://localhost/", "javascript:alert(1)", "//shop.example/", "https://", ""),
        *("https://shop.example:0/", "https://shop.example:99999/", "https://shop.example/\u2028"),
    ],
)
def test_a_bank_sends_nobody_anywhere_else_and_it_is_said_where_to(desk: Desk, url: str) -> None:
    answer = returned_to(desk, url)

    assert (answer.status, answer.body["error"]) == (422, "ReturnUrlUnusable")
    assert "(shop.example)" in answer.body["message"]
    assert desk.started == []


def test_who_develops_a_page_may_pay_on_their_own_machine_and_other_sites_are_put_on_record(desk: Desk) -> None:
    desk.on_this_machine = True
    assert returned_to(desk, "http://127.0.0.1:3000/page/?back=1").status == 202
    other = Desk()
    other.shopfront = Shopfront(
        branding=Branding(name="The Shop", sites=("https://till.example:8443/x",), currency="EUR")
    )
    assert returned_to(other, "https://till.example:8443/paid").status == 202
    nobody = Desk()
    nobody.shopfront = None
    assert "the operator puts its website on record" in returned_to(nobody, "https://shop.example/").body["message"]


def test_without_a_key_nothing_is_taken(desk: Desk) -> None:
    answer = desk.call("/v1/checkout", agreed(desk.quote()))

    assert (answer.status, answer.body["error"]) == (422, "KeyNeeded")


@pytest.mark.parametrize("role", ["merchant", "operator", "machine"])
def test_only_a_shopper_agrees(desk: Desk, role: str) -> None:
    quoted = desk.quote()
    subject = "client#m" if role == "machine" else ANN.subject
    row = gateway.member(role=role, subject=subject)

    assert desk.call("/v1/checkout", agreed(quoted), row, headers=KEY).status == 403
    assert desk.call("/v1/checkout/quote", {"instrument": "pm_card_visa"}, row).status == 403
    assert desk.started == []


@pytest.mark.parametrize("text", ["4242424242424242", "pm_4242424242424242", "card 4242 4242 4242 4242"])
def test_a_card_number_is_refused_and_never_kept(desk: Desk, text: str) -> None:
    desk.quote()
    desk.kept.clear()

    answer = desk.call("/v1/checkout/quote", {"instrument": text})

    assert (answer.status, answer.body["error"]) == (422, "InstrumentUnusable")
    assert "4242" not in str(answer.body)
    assert desk.kept == []


def test_a_shop_without_a_gateway_takes_no_orders(desk: Desk) -> None:
    desk.configured = False

    answer = desk.call("/v1/checkout/quote", {"instrument": "pm_card_visa"})

    assert (answer.status, answer.body["error"]) == (403, "Misconfigured")
