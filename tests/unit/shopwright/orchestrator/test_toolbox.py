"""Each tool does its own work, with what the shop has."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from shopwright.catalog.offer import Range
from shopwright.orchestrator.registry import Came, Registry
from shopwright.orchestrator.toolbox import box
from shopwright.orchestrator.tools import switched_on
from shopwright.resilience.deadline import Deadline
from shopwright.retrieval.outside import Came as SourceCame
from shopwright.retrieval.outside import Outcome, Sighted

from tests.unit.shopwright.orchestrator.tool_shop import ANN, Shop, listed, passage


@pytest.fixture
def shop() -> Iterator[Shop]:
    made = Shop()
    yield made
    made.registry.close()


def done(shop: Shop, name: str, **arguments: Any) -> Any:
    outcome = shop.registry.call(ANN, name, arguments, Deadline(5000))
    assert outcome.done, (outcome, outcome.says)
    assert shop.mistakes == []
    return outcome.value


def test_passages_come_with_where_they_stand(shop: Shop) -> None:
    found = done(shop, "search_documents", question="How do I care for it?", limit=1)

    assert found == {
        "passages": [
            {
                **{"ref": 1, "chunk_id": "c-1", "document_id": "d-1", "version": 1, "title": "Guide"},
                **{"section": ["Care"], "start": 0, "end": 9, "source_uri": "documents/guide.md"},
                **{"text": "Words 1.", "similarity": 0.8},
            }
        ]
    }


def test_products_are_found_by_words_with_the_relevance_of_their_passages(shop: Shop) -> None:
    found = done(shop, "search_products", words="something to sleep in")["products"]

    assert [(one["product_id"], one["relevance"]) for one in found] == [("tent", 0.8), ("stove", 0.6)]
    assert found[0]["lowest_price"] == {"amount": "199.00", "currency": "EUR"}


@pytest.mark.parametrize(
    ("currency", "bound"),
    [("EUR", Range(high=5000)), ("JPY", Range(high=50)), ("KWD", Range(high=50_000))],
)
def test_a_price_is_meant_in_the_shops_own_currency(shop: Shop, currency: str, bound: Range) -> None:
    shop.products = [listed("tent", 1, currency=currency)]

    done(shop, "search_products", highest_price=50)

    assert shop.asked[-1] == ("outdoor", bound)


def test_a_price_range_and_availability_narrow_what_is_found(shop: Shop) -> None:
    shop.products.append(listed("lamp", 20, is_out=True))

    assert [one["product_id"] for one in done(shop, "search_products", highest_price=60)["products"]] == [
        "stove",
        "lamp",
    ]
    found = done(shop, "search_products", highest_price="60.00", only_available=True)["products"]
    assert [one["product_id"] for one in found] == ["stove"]


def test_a_range_that_holds_nothing_is_refused(shop: Shop) -> None:
    arguments = {"lowest_price": 60, "highest_price": 50, "currency": "EUR"}

    outcome = shop.registry.call(ANN, "search_products", arguments, Deadline(5000))

    assert (outcome.came, outcome.error) == (Came.REFUSED, "RangeUnusable")


def test_facts_come_with_the_keys_and_versions_that_an_answer_refers_to(shop: Shop) -> None:
    told = done(shop, "get_facts", product_id="tent", names=["price", "never heard of"])

    assert told["product_id"] == "tent"
    assert told["facts"] == [{"name": "price", "value": "199.00", "unit": "EUR", "key": "tent#price", "version": 7}]
    assert told["passage"]["chunk_id"] == "c-1"
    assert len(done(shop, "get_facts", product_id="tent")["facts"]) == 2


def test_a_product_that_is_not_sold_has_no_facts_and_no_signals(shop: Shop) -> None:
    for name, arguments in (("get_facts", {"product_id": "gone"}), ("predict_signals", {"product_ids": ["gone"]})):
        outcome = shop.registry.call(ANN, name, arguments, Deadline(5000))
        assert (outcome.came, outcome.error) == (Came.REFUSED, "ProductNotSold")


def test_every_prediction_says_by_which_model_since_when_how_sure_and_why(shop: Shop) -> None:
    said = done(shop, "predict_signals", product_ids=["tent", "stove"])

    assert said["predictor"] == "heuristic"
    for one in said["predictions"]:
        assert set(one) == {
            *("product_id", "score", "confidence", "feature_importance"),
            *("model_id", "model_version", "training_date"),
        }
        assert one["feature_importance"][0]["share"] > 0


def test_a_cart_is_filled_shown_and_emptied(shop: Shop) -> None:
    filled = done(shop, "edit_cart", action="put", sku="tent-1", quantity=2)
    assert filled["total"] == {"amount": "398.00", "currency": "EUR"}
    assert done(shop, "edit_cart", action="show") == filled
    assert done(shop, "edit_cart", action="add", sku="tent-1", quantity=1)["lines"][0]["quantity"] == 3
    assert done(shop, "edit_cart", action="take", sku="tent-1", quantity=2)["lines"][0]["quantity"] == 1
    assert done(shop, "edit_cart", action="remove", sku="tent-1")["lines"] == []
    done(shop, "edit_cart", action="put", sku="stove-1", quantity=1)
    assert done(shop, "edit_cart", action="empty")["lines"] == []


@pytest.mark.parametrize(
    "arguments",
    [
        {"action": "put", "sku": "tent-1"},
        {"action": "add", "sku": "tent-1"},
        {"action": "take"},
        {"action": "put"},
        {"action": "remove"},
    ],
)
def test_a_change_that_lacks_what_it_needs_is_refused(shop: Shop, arguments: dict[str, Any]) -> None:
    outcome = shop.registry.call(ANN, "edit_cart", arguments, Deadline(5000))

    assert (outcome.came, outcome.error) == (Came.REFUSED, "CartActionUnusable")


@pytest.mark.parametrize("quantity", [0, -1, 100, 10**9, 1.5, "two"])
def test_a_quantity_out_of_bounds_reaches_no_cart(shop: Shop, quantity: Any) -> None:
    arguments = {"action": "put", "sku": "tent-1", "quantity": quantity}

    outcome = shop.registry.call(ANN, "edit_cart", arguments, Deadline(5000))

    assert outcome.came is Came.INVALID
    assert shop.carts.kept == {}


def test_a_person_is_asked_to_take_over(shop: Shop) -> None:
    said = done(shop, "hand_over", reason="complaint", summary="The tent leaks.")

    assert said == {"reference": "h-1"}
    assert shop.handed[0][0] == "user#ann"


def asked_of_amazon_q(shop: Shop, sighted: Sighted) -> Any:
    asked = replace(shop.desk, ask_amazon_q=lambda call, question: sighted)
    registry = Registry(box(asked), report=lambda *_: None, tools=switched_on("ask_amazon_q"))
    outcome = registry.call(ANN, "ask_amazon_q", {"question": "returns"}, Deadline(5000))
    registry.close()
    assert outcome.came is Came.DONE
    return outcome.value


def test_amazon_q_answers_when_the_merchant_has_it(shop: Shop) -> None:
    theirs = replace(passage(1), source_uri="s3://shop/guide", content="You have 30 days.")

    assert asked_of_amazon_q(shop, Sighted((theirs,), (Outcome("amazon_q", SourceCame.FOUND, 1),))) == {
        "text": "You have 30 days.",
        "source_uris": ["s3://shop/guide"],
        "answered_by": "amazon_q",
        "came": "found",
    }


@pytest.mark.parametrize("came", [SourceCame.NOTHING, SourceCame.STALLED, SourceCame.MALFORMED, SourceCame.LEFT_ALONE])
def test_when_amazon_q_does_not_answer_our_own_passages_do_and_why_is_told(shop: Shop, came: SourceCame) -> None:
    said = asked_of_amazon_q(shop, Sighted((), (Outcome("amazon_q", came),)))

    assert (said["answered_by"], said["came"]) == ("own", came.value)
    assert said["text"] == "Words 1.\n\nWords 2."
    assert said["source_uris"] == ["documents/guide.md"]


def test_documents_are_looked_for_in_every_source_that_there_is(shop: Shop) -> None:
    theirs = replace(passage(1), source_uri="https://shop.example/guide", content="You have 30 days.")
    shop.registry = Registry(
        box(replace(shop.desk, documents=lambda call, question, limit: (theirs, passage(2)))),
        report=lambda tool, mistake: shop.mistakes.append((tool, mistake)),
    )

    found = done(shop, "search_documents", question="returns", limit=1)["passages"]

    assert [one["source_uri"] for one in found] == ["https://shop.example/guide"]


def test_a_long_passage_is_cut(shop: Shop) -> None:
    shop.passages = [replace(passage(1), content="x" * 5000)]

    assert len(done(shop, "search_documents", question="long")["passages"][0]["text"]) == 1500
