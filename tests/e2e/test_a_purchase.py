"""A purchase on the laptop's cloud, from the cart to the paid order, and what is left of one that comes to nothing."""

import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import urllib3
from shopwright.checkout import ids
from shopwright.tenancy.tenant import Tenant

from local import merchants, web
from local.api import Shop
from local.cloud import Cloud, Running
from local.instruments import instruments
from local.merchant import places_of
from local.purchases import RETURN_URL, Ear, Till, listening
from local.tills import at_the_double, held, webhook_url
from tests.e2e.shop import Reply, Visitor, eventually
from tests.e2e.stores import Stores

SHOPS = ["kitchen", "electronics"]  # paid through Stripe, and through Adyen
STOCK = 50
PENDING = {
    "stripe": "pm_double_pending",
    "adyen": json.dumps({"type": "scheme", "storedPaymentMethodId": "double_pending"}),
}
OVER = {"paid", "cancelled", "refunded"}


@dataclass(frozen=True, slots=True)
class Buyer:
    """A guest of a shop with one article in the cart, and the shop's gateway."""

    shop: merchants.Merchant
    visitor: Visitor
    till: Till
    sku: str

    def quote(self, does: str = "pays") -> Any:
        paid_with = next(one for one in instruments(self.shop.gateway) if one.does == does)
        return expect(200, self.visitor.call("POST", "/v1/checkout/quote", {"instrument": paid_with.instrument}))

    def agree(self, quoted: Any, *, key: str | None = None, **more: object) -> Reply:
        headers = {"Idempotency-Key": key or secrets.token_hex(8)}
        return self.visitor.call("POST", "/v1/checkout", {**consented(quoted), **more}, headers=headers)

    def begin(self, does: str = "pays") -> str:
        """Quote and consent; the order's id."""
        return str(expect(202, self.agree(self.quote(does)))["order_id"])

    def begin_with(self, instrument: str) -> str:
        quoted = expect(200, self.visitor.call("POST", "/v1/checkout/quote", {"instrument": instrument}))
        return str(expect(202, self.agree(quoted))["order_id"])

    def order(self, order_id: str) -> Any:
        return expect(200, self.visitor.call("GET", f"/v1/orders/{order_id}"))

    def until(self, order_id: str, *statuses: str) -> Any:
        def arrived() -> Any:
            order = self.order(order_id)
            assert order["status"] in statuses or order["status"] not in OVER, order
            return order if order["status"] in statuses else None

        return eventually(arrived, within_s=60)

    def left(self) -> int | None:
        return self.till.shopper.left(self.sku)

    def cart(self) -> Any:
        return expect(200, self.visitor.call("GET", "/v1/cart"))["lines"]

    def charged(self, order_id: str) -> tuple[int, int, int]:
        """What the gateway has of an order: payments, holds and what it has taken."""
        books = self.till.ledger(order_id)
        return books.get("payments", 0), books.get("open_holds", 0), books.get("captured", 0)


@pytest.fixture(scope="module")
def skus(visitor: Callable[[str, merchants.Role], Visitor]) -> dict[str, str]:
    """An article of this module's alone in each shop."""
    word, made = f"tin{secrets.token_hex(3)}", {}
    for name in SHOPS:
        shopkeeper, currency = visitor(name, "merchant"), merchants.shop(name).currency
        feed = f"sku,title,price,currency,stock\n{word}-1,Tin {word},12.50,{currency},{STOCK}\n"
        document = shopkeeper.wait_for(shopkeeper.drop(f"{word}.csv", feed.encode(), "text/csv"))
        assert document["status"] == "searchable"
        made[name] = f"{word}-1"
    return made


@pytest.fixture(scope="module")
def ear(cloud: Running) -> Iterator[Ear]:
    with listening(cloud) as made:
        yield made


@pytest.fixture
def come_in(
    laptop_cloud: Cloud,
    cloud: Running,
    visitor: Callable[[str, merchants.Role], Visitor],
    skus: dict[str, str],
) -> Callable[[str], Buyer]:
    def comes_in(name: str) -> Buyer:
        shop, guest = merchants.shop(name), visitor(name, "guest")
        assert guest.token
        till = Till(shop, Shop(cloud.api_url, guest.token), laptop_cloud, cloud)
        buyer = Buyer(shop, guest, till, skus[name])
        expect(200, guest.call("PUT", f"/v1/cart/lines/{buyer.sku}", {"quantity": 2}))
        return buyer

    return comes_in


@pytest.fixture(params=SHOPS)
def buyer(request: pytest.FixtureRequest, come_in: Callable[[str], Buyer]) -> Buyer:
    return come_in(request.param)


def expect(status: int, reply: Reply) -> Any:
    assert reply.status == status, reply
    return reply.body


def consented(quoted: Any) -> dict[str, Any]:
    return {
        "quote": quoted["quote"],
        "signature": quoted["signature"],
        "consent": {"quote_hash": quoted["quote_hash"], "nonce": quoted["quote"]["nonce"], "agreed": True},
        "return_url": RETURN_URL,
    }


def let_in(owner: Cloud, account: dict[str, str]) -> None:
    assert web.call("POST", f"{owner.gateways_url}/_accounts", json_body=account).status == 200


def parked(stores: Stores, order_id: str) -> bool:
    """Does it lie in the queue of those that an operator has to look at?"""
    rows = stores.rows("select 1 from shopwright.parked_saga where order_id = %s and resolved_at is null", order_id)
    failed = stores.client("stepfunctions").list_executions(
        stateMachineArn=stores.cloud.outputs["CheckoutSagaArn"], statusFilter="FAILED"
    )["executions"]
    described = (stores.client("stepfunctions").describe_execution(executionArn=one["executionArn"]) for one in failed)
    return bool(rows) and any(order_id in one["input"] and one["error"] == "SagaParked" for one in described)


def a_card() -> str:
    """A number that is nobody's and looks like a card's: its last figure fits the others."""
    figures = [4, *(secrets.randbelow(10) for _ in range(14))]
    doubled = [figure * 2 - 9 * (figure > 4) if at % 2 == 0 else figure for at, figure in enumerate(figures)]
    return "".join(map(str, (*figures, -sum(doubled) % 10)))


def histories(stores: Stores, order_id: str) -> list[str]:
    """What the machine that sells remembers of an order."""
    client = stores.client("stepfunctions")
    listed = client.list_executions(stateMachineArn=stores.cloud.outputs["CheckoutSagaArn"], maxResults=1000)
    all_of_them = (
        str(client.get_execution_history(executionArn=one["executionArn"], maxResults=1000)["events"])
        for one in listed["executions"]
    )
    return [history for history in all_of_them if order_id in history]


def answer_the_bank(order: Any, answer: str) -> dict[str, str]:
    """What the shopper's browser is sent back with."""
    sent_back = urllib3.request("GET", f"{order['action']['url']}?answer={answer}", redirect=False, retries=False)
    assert sent_back.status == 303, sent_back.data
    return dict(parse_qsl(urlsplit(sent_back.headers["location"]).query))


def test_a_cart_is_quoted_agreed_to_paid_for_once_and_told_of(buyer: Buyer, ear: Ear) -> None:
    before = buyer.left()
    assert before is not None
    quoted = buyer.quote()
    terms, shop = quoted["quote"], buyer.shop
    assert (terms["goods_minor"], terms["delivery_minor"]) == (2500, shop.terms.delivery_minor)
    assert terms["total_minor"] == 2500 + shop.terms.delivery_minor
    assert (terms["currency"], terms["gateway"]) == (shop.currency, shop.gateway)

    order_id = expect(202, buyer.agree(quoted))["order_id"]
    order = buyer.until(order_id, "paid")

    assert (order["total_minor"], order["message"], order["action"]) == (terms["total_minor"], "", None)
    assert buyer.charged(order_id) == (1, 0, terms["total_minor"])
    assert buyer.left() == before - 2
    eventually(lambda: not buyer.cart())
    assert [one["order_id"] for one in expect(200, buyer.visitor.call("GET", "/v1/orders"))["orders"]] == [order_id]
    told = ear.hear("OrderPaid", order_id)
    assert told["merchant_id"] == shop.id
    assert ear.hear("OrderPlaced", order_id)["merchant_id"] == shop.id


def test_the_same_consent_again_is_the_same_order_and_charges_nothing(buyer: Buyer) -> None:
    quoted, key = buyer.quote(), secrets.token_hex(8)
    first = buyer.agree(quoted, key=key)
    order_id = expect(202, first)["order_id"]

    again = buyer.agree(quoted, key=key)
    with_another_key = buyer.agree(quoted)
    with_another_body = buyer.agree(quoted, key=key, return_url="https://shop.example/elsewhere")

    assert (expect(202, again), again.headers["idempotent-replayed"]) == (first.body, "true")
    assert expect(409, with_another_key)["error"] == "ConsentUsed"
    assert expect(409, with_another_body)["error"] == "KeyOfAnother"
    buyer.until(order_id, "paid")
    assert expect(202, buyer.agree(quoted, key=key)) == first.body
    assert buyer.charged(order_id) == (1, 0, quoted["quote"]["total_minor"])


def test_a_declined_card_leaves_no_hold_the_stock_as_it_was_and_the_cart(buyer: Buyer) -> None:
    before = buyer.left()

    order_id = buyer.begin("declined")
    order = buyer.until(order_id, "cancelled")

    assert "not enough money" in order["message"]
    assert buyer.charged(order_id)[1:] == (0, 0)
    assert buyer.left() == before
    assert [line["quantity"] for line in buyer.cart()] == [2]
    paid = buyer.begin("pays")  # the cart that is still there can be bought
    buyer.until(paid, "paid")


def test_a_bank_that_is_answered_lets_the_order_go_on(buyer: Buyer) -> None:
    order_id = buyer.begin("asks")
    proof = answer_the_bank(buyer.until(order_id, "action_needed"), "pass")

    expect(202, buyer.visitor.call("POST", f"/v1/orders/{order_id}/proof", {"proof": proof}))

    order = buyer.until(order_id, "paid")
    assert buyer.charged(order_id) == (1, 0, order["total_minor"])


def test_a_bank_that_says_no_leaves_nothing_behind(buyer: Buyer) -> None:
    before = buyer.left()
    order_id = buyer.begin("asks")
    proof = answer_the_bank(buyer.until(order_id, "action_needed"), "fail")

    expect(202, buyer.visitor.call("POST", f"/v1/orders/{order_id}/proof", {"proof": proof}))

    assert buyer.until(order_id, "cancelled")["message"]
    assert (buyer.charged(order_id)[1:], buyer.left(), len(buyer.cart())) == ((0, 0), before, 1)


def test_a_bank_that_is_never_answered_is_waited_for_no_longer_than_a_quarter_of_an_hour(buyer: Buyer) -> None:
    before = buyer.left()
    order_id = buyer.begin("asks")
    buyer.until(order_id, "action_needed")
    assert buyer.left() == (before or 0) - 2  # kept for this shopper meanwhile

    buyer.till.later(order_id)

    assert "not answered in time" in buyer.until(order_id, "cancelled")["message"]
    assert (buyer.charged(order_id)[1:], buyer.left(), len(buyer.cart())) == ((0, 0), before, 1)


def test_a_payment_that_the_gateway_decides_upon_later_is_waited_for(buyer: Buyer, laptop_cloud: Cloud) -> None:
    order_id = buyer.begin_with(PENDING[buyer.shop.gateway])
    buyer.until(order_id, "pending")

    def settled() -> bool:
        return bool(web.call("POST", f"{laptop_cloud.gateways_url}/_settle", json_body={}).body["done"])

    eventually(settled)
    order = buyer.until(order_id, "paid")
    assert buyer.charged(order_id) == (1, 0, order["total_minor"])


def test_an_answer_that_is_lost_is_found_out_and_charges_once(buyer: Buyer, laptop_cloud: Cloud) -> None:
    quoted = buyer.quote()
    lost = [{"harm": "lose_reply", "operation": "authorize", "vendor": buyer.shop.gateway}]
    assert web.call("POST", f"{laptop_cloud.gateways_url}/_faults", json_body=lost).body == {"left": 1}

    order_id = expect(202, buyer.agree(quoted))["order_id"]

    order = buyer.until(order_id, "paid")
    assert buyer.charged(order_id) == (1, 0, order["total_minor"])


def test_a_shop_gives_the_money_back_once_and_puts_the_goods_on_the_shelf(
    buyer: Buyer, visitor: Callable[[str, merchants.Role], Visitor]
) -> None:
    before, shopkeeper = buyer.left(), visitor(buyer.shop.id, "merchant")
    order_id = buyer.begin()
    total = buyer.until(order_id, "paid")["total_minor"]

    for _ in range(2):
        expect(202, shopkeeper.call("POST", f"/v1/orders/{order_id}/refund", {"restock": True}))

    buyer.until(order_id, "refunded")
    books = buyer.till.ledger(order_id)
    assert (books["captured"], books["refunded"], buyer.left()) == (total, total, before)


def test_a_payment_that_cannot_be_undone_is_set_apart_and_undone_when_an_operator_resumes_it(
    buyer: Buyer, laptop_cloud: Cloud, stores: Stores
) -> None:
    before, shop = buyer.left(), buyer.shop
    keys = held(places_of(stores.service), Tenant(shop.id))
    assert keys is not None
    account = {
        **at_the_double(keys, shop.id),
        "webhook_url": webhook_url(stores.cloud.outputs["ApiUrl"], keys, shop.id),
    }
    order_id = buyer.begin("asks")
    order = buyer.until(order_id, "action_needed")
    let_in(laptop_cloud, {**account, "key": "another"})  # the shop's key does not open its account any more
    try:
        expect(
            202, buyer.visitor.call("POST", f"/v1/orders/{order_id}/proof", {"proof": answer_the_bank(order, "pass")})
        )
        eventually(lambda: parked(stores, order_id), within_s=60)
        assert buyer.order(order_id)["status"] == "cancelling"
    finally:
        let_in(laptop_cloud, account)

    assert stores.service.call("resume-sagas", {})["resumed"] >= 1

    buyer.until(order_id, "cancelled")
    assert (buyer.charged(order_id)[1:], buyer.left(), len(buyer.cart())) == ((0, 0), before, 1)


def test_nobody_buys_with_the_quote_of_somebody_else(come_in: Callable[[str], Buyer]) -> None:
    mine, other, elsewhere = come_in("kitchen"), come_in("kitchen"), come_in("electronics")
    quoted = mine.quote()

    assert expect(403, other.agree(quoted))["error"] == "QuoteForeign"
    assert expect(403, elsewhere.agree(quoted))["error"] == "TenantMismatch"
    order_id = expect(202, mine.agree(quoted))["order_id"]
    assert other.visitor.call("GET", f"/v1/orders/{order_id}").status == 404
    assert elsewhere.visitor.call("GET", f"/v1/orders/{order_id}").status == 404
    mine.until(order_id, "paid")


def test_a_quote_with_one_figure_changed_is_none_of_ours(come_in: Callable[[str], Buyer]) -> None:
    buyer = come_in("kitchen")
    quoted = buyer.quote()

    cheaper = {**quoted["quote"], "total_minor": 1}
    assert expect(422, buyer.agree(quoted, quote=cheaper))["error"] == "QuoteForged"
    unsaid = {**consented(quoted)["consent"], "agreed": False}
    assert expect(422, buyer.agree(quoted, consent=unsaid))["error"] == "Unconsented"


def test_a_changed_cart_asks_for_new_consent_and_says_what_has_changed(come_in: Callable[[str], Buyer]) -> None:
    buyer = come_in("kitchen")
    quoted = buyer.quote()
    expect(200, buyer.visitor.call("PUT", f"/v1/cart/lines/{buyer.sku}", {"quantity": 3}))

    changed = expect(409, buyer.agree(quoted))

    assert changed["error"] == "TermsChanged"
    assert "The cart has 3 of Tin" in changed["message"]


def test_a_payment_that_the_gateway_never_heard_of_is_asked_for_once_more_and_let_go_of(
    come_in: Callable[[str], Buyer],
    visitor: Callable[[str, merchants.Role], Visitor],
    laptop_cloud: Cloud,
    stores: Stores,
) -> None:
    """The request is lost, the shop cancels meanwhile, and nobody can say whether the money is held."""
    buyer = come_in("electronics")  # its gateway finds nothing by our name for it
    before, quoted = buyer.left(), buyer.quote()
    order_id = ids.order_id(Tenant(buyer.shop.id), quoted["quote"]["nonce"])
    lost = [{"harm": "lose_request", "operation": "authorize", "order_id": order_id, "times": 3}]
    assert web.call("POST", f"{laptop_cloud.gateways_url}/_faults", json_body=lost).body == {"left": 3}
    assert expect(202, buyer.agree(quoted))["order_id"] == order_id
    buyer.until(order_id, "pending")

    expect(202, visitor(buyer.shop.id, "merchant").call("POST", f"/v1/orders/{order_id}/cancel"))

    buyer.until(order_id, "cancelled")
    assert (buyer.charged(order_id)[1:], buyer.left(), len(buyer.cart())) == ((0, 0), before, 1)
    assert any("AskAgain" in history for history in histories(stores, order_id))
    calls = web.call("GET", f"{laptop_cloud.gateways_url}/_calls").rows
    asked = [one for one in calls if one["operation"] == "authorize" and order_id in str(one["request"])]
    assert len(asked) >= 4
    assert len({one["key"] for one in asked}) == 1


@pytest.mark.parametrize("buyer", ["kitchen", pytest.param("electronics", marks=pytest.mark.full)], indirect=True)
def test_what_was_paid_with_and_who_paid_lie_in_the_vault_alone(
    buyer: Buyer, stores: Stores, laptop_cloud: Cloud, ear: Ear
) -> None:
    """Not in a table, queue, log, event or bucket, the audit trail and the conversation among them, and not in the
    history of the machine that sold."""
    token = (
        f"{buyer.shop.gateway}{secrets.token_hex(8)}_decline_{'2' if buyer.shop.gateway == 'adyen' else 'lost_card'}"
    )
    declined = (
        f"pm_{token}"
        if buyer.shop.gateway == "stripe"
        else json.dumps({"type": "scheme", "storedPaymentMethodId": token})
    )
    card, mail, street = a_card(), f"ida.{secrets.token_hex(6)}@example.org", "22 Rosebery Avenue"
    spaced = " ".join(card[at : at + 4] for at in range(0, 16, 4))
    said = f"Charge my card {spaced}, write to {mail} and deliver to {street}, London EC1R 4TD. What does that cost?"
    answered = expect(200, buyer.visitor.ask(said))
    for instrument in (card, json.dumps({"type": "scheme", "number": card})):
        refused = buyer.visitor.call("POST", "/v1/checkout/quote", {"instrument": instrument})
        assert expect(422, refused)["error"] == "InstrumentUnusable"
    order_id = buyer.begin_with(declined)
    buyer.until(order_id, "cancelled")
    at_bank = buyer.begin("asks")
    proof = answer_the_bank(buyer.until(at_bank, "action_needed"), "pass")
    expect(202, buyer.visitor.call("POST", f"/v1/orders/{at_bank}/proof", {"proof": {**proof, "remark": mail}}))
    buyer.until(at_bank, "paid")
    asked = web.call("GET", f"{laptop_cloud.gateways_url}/_calls").rows
    assert token in str([call for call in asked if call["vendor"] == buyer.shop.gateway])  # the gateway was shown it
    sold = ear.hear("OrderPaid", at_bank)

    def kept() -> list[tuple[str, bytes]] | None:
        """Everything, once what was said and done last is in the audit trail too."""
        found = list(stores.everything())
        audited = [text for place, text in found if "audit/" in place]
        return found if any(answered["request_id"].encode() in text for text in audited) else None

    everything = [
        *eventually(kept, within_s=60, every_s=2),
        ("event", json.dumps(sold).encode()),
        *(("history", history.encode()) for history in (*histories(stores, order_id), *histories(stores, at_bank))),
    ]

    assert sum(order_id.encode() in text for place, text in everything if place == "history") >= 1
    assert any(answered["session_id"].encode() in text for _, text in everything)
    secret = proof[{"stripe": "payment_intent_client_secret", "adyen": "redirectResult"}[buyer.shop.gateway]]
    told = [token, card, spaced, mail, street, secret]
    assert [(place, one) for place, text in everything for one in told if one.encode() in text] == []
