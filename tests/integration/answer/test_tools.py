"""The tools over a real shop: what they find is the merchant's own, as it is now, and each keeps to its caller."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from shopwright.catalog.aurora import Facts, Offers
from shopwright.catalog.offer import Listed
from shopwright.checkout import cart as carting
from shopwright.orchestrator import tools
from shopwright.orchestrator.coordinate import Coordinator, Given, Step
from shopwright.orchestrator.ranking import rank
from shopwright.orchestrator.registry import Outcome, Registry
from shopwright.orchestrator.toolbox import Call, Desk, Sought, box
from shopwright.resilience.deadline import Deadline
from shopwright.retrieval.aurora import ProductWords
from shopwright.retrieval.search import Passage
from shopwright.signals import heuristic
from shopwright.tenancy.caller import Caller, Role
from shopwright.tenancy.tenant import Tenant

from tests.fakes.carts import FakeCarts
from tests.integration.answer.conftest import Shops
from tests.integration.answer.test_facts import SIGNER, changed

SCOPES = frozenset({"shop/chat"})


class Counter:
    """Every tool, over the shops' own database."""

    def __init__(self, shops: Shops) -> None:
        offers, facts, words = Offers(shops.database), Facts(shops.database), ProductWords(shops.database)
        carts = FakeCarts(lambda: 1_790_000_000)
        self.mistakes: list[BaseException] = []
        self.coordinator = Coordinator()

        def search(caller: Caller, question: str, limit: int) -> Sequence[Passage]:
            return shops.desk.search(caller, question, shops.desk.embed(question))[:limit]

        def products(caller: Caller, sought: Sought) -> Sequence[Listed]:
            return offers.find(
                SIGNER.sign(caller.tenant),
                chunk_ids=sought.chunk_ids,
                product_ids=sought.product_ids,
                price=sought.price,
                only_available=sought.only_available,
                limit=sought.limit,
            )

        def hand_over(call: Call, wanted: tools.HandOver) -> str:
            raise AssertionError("nobody asked for a person")

        desk = Desk(
            search=search,
            named=lambda caller, said, limit: words.holding(SIGNER.sign(caller.tenant), said, limit=limit),
            passage=lambda caller, product: words.of(SIGNER.sign(caller.tenant), product),
            products=products,
            facts=lambda caller, product, sku: facts.of_product(SIGNER.sign(caller.tenant), product, sku),
            predict=heuristic.predict,
            cart=carting.Desk(
                open=carts.open,
                change=carts.change,
                offers=lambda caller, skus: offers.of(SIGNER.sign(caller.tenant), skus),
            ),
            hand_over=hand_over,
        )
        self.products = products
        self.registry = Registry(box(desk), report=lambda _, mistake: self.mistakes.append(mistake))

    def run(self, shop: str, *steps: Step) -> tuple[Outcome, ...]:
        caller = Caller(Tenant(shop), Role.SHOPPER, f"user#{shop}", SCOPES)

        def call(name: str, arguments: Mapping[str, Any], deadline: Deadline) -> Outcome:
            return self.registry.call(caller, name, arguments, deadline)

        outcomes = self.coordinator.run(steps, call, deadline=Deadline(8000))
        assert self.mistakes == []
        return outcomes

    def value(self, shop: str, name: str, **arguments: Any) -> Any:
        (outcome,) = self.run(shop, Step(name, arguments))
        assert outcome.done, (outcome, outcome.says)
        return outcome.value


@pytest.fixture
def counter(shops: Shops) -> Iterator[Counter]:
    made = Counter(shops)
    yield made
    made.coordinator.close()
    made.registry.close()


def test_a_product_is_found_by_what_it_is(counter: Counter) -> None:
    found = counter.value("outdoor", "search_products", words="a tent for winter")["products"]

    assert "Grayling Ridge Winter Tent" in [product["title"] for product in found]
    assert all(0 <= product["relevance"] <= 1 for product in found)


def test_a_price_range_is_kept_in_the_shops_own_currency(counter: Counter) -> None:
    for shop in ("outdoor", "kitchen", "electronics"):
        found = counter.value(shop, "search_products", lowest_price=20, highest_price=60, limit=10)["products"]
        assert found
        for product in found:
            assert 20 <= float(product["lowest_price"]["amount"]) <= float(product["highest_price"]["amount"]) <= 60
        prices = [float(product["lowest_price"]["amount"]) for product in found]
        assert prices == sorted(prices)


def test_what_is_sold_out_is_left_out_when_asked_for(counter: Counter) -> None:
    everything = counter.value("outdoor", "search_products", highest_price=10_000, limit=10, only_available=True)

    assert everything["products"]
    assert not [product for product in everything["products"] if product["sold_out"]]


def test_steps_that_build_on_each_other_end_in_an_explained_order(counter: Counter) -> None:
    search, predict, documents = counter.run(
        "outdoor",
        Step("search_products", {"words": "winter tent"}),
        Step("predict_signals", {"product_ids": Given(0, "products.*.product_id")}),
        Step("search_documents", {"question": "How many days do I have to return something?"}),
    )

    assert search.value is not None
    assert predict.value is not None
    assert documents.value is not None
    found = [product["product_id"] for product in search.value["products"]]
    assert [signal["product_id"] for signal in predict.value["predictions"]] == found
    assert documents.value["passages"]
    relevance = {product["product_id"]: product["relevance"] for product in search.value["products"]}
    assert {one.product_id for one in rank(relevance, ())} == set(found)


def test_a_price_that_changed_after_the_search_is_told_as_it_is_now(shops: Shops, counter: Counter) -> None:
    found = counter.value("outdoor", "search_products", words="Grayling Ridge Winter Tent")["products"]
    (tent,) = [product for product in found if product["title"] == "Grayling Ridge Winter Tent"]
    counter.value("outdoor", "edit_cart", action="put", sku=tent["skus"][0], quantity=1)

    price = "update shopwright.product_fact set amount = {} where name = 'price' and product_id = (select id from tent)"
    with changed(shops, price.format(59900), price.format(64900)):
        facts = counter.value("outdoor", "get_facts", product_id=tent["product_id"], names=["price"])["facts"]
        cart = counter.value("outdoor", "edit_cart", action="show")

    assert [(fact["value"], fact["unit"]) for fact in facts] == [("599.00", "EUR")]
    assert cart["total"] == {"amount": "599.00", "currency": "EUR"}


def test_no_tool_reaches_into_another_shop(counter: Counter) -> None:
    theirs = counter.value("outdoor", "search_products", words="Grayling Ridge Winter Tent")["products"][0]

    outcomes = counter.run(
        "kitchen",
        Step("get_facts", {"product_id": theirs["product_id"]}),
        Step("predict_signals", {"product_ids": [theirs["product_id"]]}),
        Step("edit_cart", {"action": "put", "sku": theirs["skus"][0], "quantity": 1}),
        Step("search_products", {"words": "Grayling Ridge Winter Tent", "merchant_id": "outdoor"}),
    )

    assert [outcome.error for outcome in outcomes] == ["ProductNotSold", "ProductNotSold", "SkuNotSold", "SomebodyElse"]
    for product in counter.value("kitchen", "search_products", words="Grayling Ridge Winter Tent")["products"]:
        assert product["title"] != "Grayling Ridge Winter Tent"
