"""Whatever a model asks of a tool, and whatever the tool does then, has a name; and it is done for the caller alone."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from shopwright.errors import Conflict, Unavailable
from shopwright.orchestrator import tools
from shopwright.orchestrator.registry import LARGEST_ARGUMENTS, Came, Outcome, Registry
from shopwright.orchestrator.toolbox import Call
from shopwright.resilience.deadline import Deadline
from shopwright.tenancy.caller import Caller

from tests.unit.shopwright.orchestrator.tool_shop import ANN, BOB, KIT, MERCHANT, Shop


@pytest.fixture
def shop() -> Iterator[Shop]:
    made = Shop()
    yield made
    made.registry.close()


def call(shop: Shop, name: Any, arguments: Any, caller: Caller = ANN, budget_ms: int = 5000, **more: Any) -> Outcome:
    return shop.registry.call(caller, name, arguments, Deadline(budget_ms), **more)


class Doing:
    """A registry whose search_documents does what a test wants."""

    def __init__(self, doing: Callable[..., Any]) -> None:
        self.mistakes: list[tuple[str, BaseException]] = []
        self.registry = Registry({"search_documents": doing}, report=lambda *mistake: self.mistakes.append(mistake))

    def call(self, budget_ms: int = 5000) -> Outcome:
        outcome = self.registry.call(ANN, "search_documents", {"question": "returns"}, Deadline(budget_ms))
        self.registry.close()
        return outcome


@pytest.mark.parametrize("name", ["buy_everything", "", "search_documents ", "__class__", None, 7, ["get_order"]])
def test_an_unknown_tool_is_named_as_such_and_its_name_is_not_repeated(shop: Shop, name: Any) -> None:
    outcome = call(shop, name, {})

    assert (outcome.came, outcome.error, outcome.tool) == (Came.UNKNOWN, "UnknownTool", "unknown")


@pytest.mark.parametrize(
    "arguments",
    [
        None,
        "returns",
        ["returns"],
        {},
        {"question": ""},
        {"question": "x" * 401},
        {"question": "returns", "limit": 0},
        {"question": "returns", "limit": 10**9},
        {"question": "returns", "more": 1},
        {"question": {"deep": 1}},
        {"question": float("nan")},
        {"question": "x" * LARGEST_ARGUMENTS},
        {"question": "returns", 7: {1, 2}},
    ],
)
def test_arguments_that_do_not_fit_are_refused_before_anything_is_asked(shop: Shop, arguments: Any) -> None:
    outcome = call(shop, "search_documents", arguments)

    assert (outcome.came, outcome.error, outcome.fallback) == (Came.INVALID, "InvalidArguments", "no_documents")
    assert shop.asked == []


def test_a_refusal_repeats_nothing_of_what_was_sent(shop: Shop) -> None:
    outcome = call(shop, "search_documents", {"question": ["ann@example.com"], "limit": "ann@example.com"})

    assert "ann@example.com" not in outcome.says
    assert "question" in outcome.says


def test_a_tool_acts_for_the_verified_caller(shop: Shop) -> None:
    assert call(shop, "search_documents", {"question": "returns"}, KIT).done
    call(shop, "edit_cart", {"action": "put", "sku": "tent-1", "quantity": 2}, ANN)

    assert shop.asked[0] == ("kitchen", "returns")
    assert call(shop, "edit_cart", {"action": "show"}, BOB).value == {
        "version": 0,
        "lines": [],
        "total": None,
        "left_out": [],
        "prices_known": True,
    }
    assert call(shop, "edit_cart", {"action": "show"}, KIT).value["lines"] == []  # type: ignore[index]
    assert len(call(shop, "edit_cart", {"action": "show"}, ANN).value["lines"]) == 1  # type: ignore[index]


@pytest.mark.parametrize("name", ["merchant_id", "merchant", "tenant", "tenant_id"])
def test_another_merchant_in_the_arguments_is_refused_and_nobody_is_asked(shop: Shop, name: str) -> None:
    for other in ("kitchen", "", None, ["outdoor"], {"id": "outdoor"}):
        outcome = call(shop, "search_documents", {"question": "returns", name: other})
        assert (outcome.came, outcome.error) == (Came.FORBIDDEN, "SomebodyElse")
    assert shop.asked == []


@pytest.mark.parametrize("name", ["shopper", "shopper_id", "subject", "user_id", "customer_id", "session_id"])
def test_another_shopper_in_the_arguments_is_refused_and_no_cart_is_touched(shop: Shop, name: str) -> None:
    call(shop, "edit_cart", {"action": "put", "sku": "tent-1", "quantity": 1}, BOB)

    outcome = call(shop, "edit_cart", {"action": "empty", name: "user#bob"})

    assert (outcome.came, outcome.error, outcome.fallback) == (Came.FORBIDDEN, "SomebodyElse", "cart_not_confirmed")
    assert len(call(shop, "edit_cart", {"action": "show"}, BOB).value["lines"]) == 1  # type: ignore[index]


def test_the_callers_own_name_in_the_arguments_changes_nothing(shop: Shop) -> None:
    arguments = {"question": "returns", "merchant_id": "outdoor", "user_id": "user#ann"}

    assert call(shop, "search_documents", arguments).done
    assert shop.asked == [("outdoor", "returns")]


def test_no_tool_takes_a_merchant_a_shopper_or_a_consent() -> None:
    for tool in tools.definitions().values():
        named = set(tool.takes.model_fields)
        assert not named & {"merchant_id", "tenant", "shopper", "subject", "user_id", "session_id"}, tool.name
        assert not [name for name in named if "consent" in name or "agree" in name], tool.name
        assert tool.takes.model_config["extra"] == "forbid"


def test_a_role_gets_no_tool_that_is_not_for_it(shop: Shop) -> None:
    outcome = call(shop, "edit_cart", {"action": "show"}, MERCHANT)

    assert (outcome.came, outcome.error) == (Came.FORBIDDEN, "NotForThisRole")
    assert "edit_cart" not in {tool.name for tool in shop.registry.offered(MERCHANT)}
    assert "edit_cart" in {tool.name for tool in shop.registry.offered(ANN)}


def test_amazon_q_is_off_until_it_is_switched_on(shop: Shop) -> None:
    outcome = call(shop, "ask_amazon_q", {"question": "returns"})

    assert (outcome.came, outcome.error, outcome.cost) == (Came.OFF, "ToolOff", 0)
    assert "ask_amazon_q" not in {tool.name for tool in shop.registry.offered(ANN)}


def test_a_quote_leads_to_where_the_shopper_agrees_and_nothing_in_it_can_be_charged(shop: Shop) -> None:
    call(shop, "edit_cart", {"action": "put", "sku": "tent-1", "quantity": 1})

    quoted = call(shop, "quote", {}).value
    assert quoted is not None
    assert set(quoted) == {"quote_id", "total"}
    started = call(shop, "start_checkout", {"quote_id": quoted["quote_id"]}).value

    assert started == {"consent_needed": True, "where": "/v1/checkout/quote"}


def test_terms_that_have_changed_since_they_were_told_are_told_anew(shop: Shop) -> None:
    call(shop, "edit_cart", {"action": "put", "sku": "tent-1", "quantity": 1})
    quoted = call(shop, "quote", {}).value
    call(shop, "edit_cart", {"action": "put", "sku": "tent-1", "quantity": 2})

    assert quoted is not None
    outcome = call(shop, "start_checkout", {"quote_id": quoted["quote_id"]})

    assert (outcome.came, outcome.error) == (Came.REFUSED, "QuoteOutdated")


def test_an_empty_cart_has_no_terms(shop: Shop) -> None:
    assert call(shop, "quote", {}).error == "CartEmpty"


def test_a_shopper_hears_of_their_own_orders_and_of_nobody_elses(shop: Shop) -> None:
    shop.orders["o-1"] = ("outdoor", ANN.subject, "paid")

    assert call(shop, "get_order", {"order_id": "o-1"}).value == {"order_id": "o-1", "status": "paid"}
    assert call(shop, "get_order", {"order_id": "o-1"}, BOB).error == "OrderUnknown"
    assert call(shop, "get_order", {"order_id": "o-1"}, KIT).error == "OrderUnknown"


def test_no_tool_takes_or_gives_a_signature_or_a_consent() -> None:
    for tool in tools.definitions().values():
        for shape in (tool.takes, tool.gives):
            named = str(shape.model_json_schema().get("properties", {}).keys())
            assert "signature" not in named
            assert "agreed" not in named
            assert "instrument" not in named


def test_the_same_change_twice_under_one_request_id_has_one_effect(shop: Shop) -> None:
    arguments = {"action": "put", "sku": "tent-1", "quantity": 2}
    call(shop, "edit_cart", arguments, request_id="r-1")
    call(shop, "edit_cart", {"action": "remove", "sku": "tent-1"}, request_id="r-2")

    again = call(shop, "edit_cart", arguments, request_id="r-1")

    assert again.value is not None
    assert again.value["lines"] == []


def test_a_dependency_that_is_down_is_named_with_what_comes_instead(shop: Shop) -> None:
    shop.down = True

    outcome = call(shop, "search_products", {"words": "tent"})

    assert (outcome.came, outcome.error, outcome.fallback) == (Came.UNAVAILABLE, "Unavailable", "no_products")
    assert shop.mistakes == []


def test_a_refusal_of_the_shop_keeps_its_name_and_its_words(shop: Shop) -> None:
    outcome = call(shop, "edit_cart", {"action": "put", "sku": "unknown", "quantity": 1})

    assert (outcome.came, outcome.error) == (Came.REFUSED, "SkuNotSold")
    assert "does not sell" in outcome.says


def test_a_tool_that_hangs_is_given_up_in_time() -> None:
    release = threading.Event()
    doing = Doing(lambda call, wanted: release.wait(10))

    outcome = doing.call(budget_ms=150)
    release.set()

    assert (outcome.came, outcome.error, outcome.fallback) == (Came.TIMED_OUT, "ToolTimedOut", "no_documents")
    assert 100 < outcome.took_ms < 2000


def test_a_tool_knows_how_long_it_has(shop: Shop) -> None:
    left: list[float] = []

    def look(call: Call, wanted: BaseModel) -> BaseModel:
        left.append(call.deadline.left_s())
        return tools.FoundPassages(passages=[])

    assert Doing(look).call(budget_ms=60_000).done
    assert left[0] <= tools.definitions()["search_documents"].timeout_ms / 1000


def test_without_time_nothing_is_asked(shop: Shop) -> None:
    now = [100.0]
    deadline = Deadline(10, now=lambda: now[0])
    now[0] += 1

    outcome = shop.registry.call(ANN, "search_documents", {"question": "returns"}, deadline)

    assert outcome.came is Came.TIMED_OUT
    assert shop.asked == []


@pytest.mark.parametrize(
    "given",
    [
        None,
        "words",
        {"passages": "none"},
        {"passages": [{"ref": "one"}]},
        {"passages": [], "more": 1},
        {"passages": [float("nan")]},
        {"passages": [{1, 2}]},
        tools.FoundPassages.model_construct(passages=["a passage"]),  # as a careless tool would
        tools.ToldFacts(product_id="p", facts=[]),
    ],
)
def test_a_result_that_is_not_what_was_promised_is_named_malformed_and_reported(given: Any) -> None:
    doing = Doing(lambda call, wanted: given)

    outcome = doing.call()

    assert (outcome.came, outcome.error, outcome.value) == (Came.MALFORMED, "MalformedResult", None)
    assert [tool for tool, _ in doing.mistakes] == ["search_documents"]


def test_a_result_that_is_too_large_is_not_handed_on() -> None:
    one = {
        **{"ref": 1, "chunk_id": "c", "document_id": "d", "version": 1, "title": "t", "section": []},
        **{"start": 0, "end": 1, "source_uri": "s", "text": "x" * 9000, "similarity": 0.5},
    }

    outcome = Doing(lambda call, wanted: {"passages": [one] * 8}).call()

    assert (outcome.came, outcome.error, outcome.value) == (Came.TOO_LARGE, "ResultTooLarge", None)


def test_a_tool_that_breaks_costs_its_step_and_is_reported() -> None:
    def breaks(call: Call, wanted: BaseModel) -> BaseModel:
        raise KeyError("ann@example.com")

    doing = Doing(breaks)
    outcome = doing.call()

    assert (outcome.came, outcome.error) == (Came.BROKEN, "Unexpected")
    assert "ann@example.com" not in outcome.says + repr(outcome)
    assert isinstance(doing.mistakes[0][1], KeyError)


def test_a_tool_that_only_reads_is_tried_once_more_when_it_failed_for_a_moment() -> None:
    asked: list[int] = []

    def stumbles(call: Call, wanted: BaseModel) -> BaseModel:
        asked.append(1)
        if len(asked) == 1:
            raise Unavailable("no")
        return tools.FoundPassages(passages=[])

    assert Doing(stumbles).call().done
    assert len(asked) == 2


def test_a_tool_that_changes_something_is_not_tried_again(shop: Shop) -> None:
    shop.carts.down = True
    arguments = {"action": "put", "sku": "tent-1", "quantity": 1}

    assert call(shop, "edit_cart", arguments).came is Came.UNAVAILABLE

    assert [what for _, what in shop.asked] == [("tent-1",)]
    assert {tool.name for tool in tools.definitions().values() if tool.again} == {
        *("search_documents", "search_products", "get_facts", "predict_signals", "get_order")
    }


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
NAMES = sorted({name for tool in tools.definitions().values() for name in tool.takes.model_fields} | {"merchant_id"})


@given(
    name=st.sampled_from(sorted(tools.definitions())) | st.text(),
    arguments=JSON | st.dictionaries(st.sampled_from(NAMES), JSON, max_size=5),
)
@settings(max_examples=150, deadline=None)
def test_whatever_a_model_sends_ends_in_an_outcome_for_its_caller_alone(name: str, arguments: Any) -> None:
    shop = Shop()
    try:
        outcome = call(shop, name, arguments)
    finally:
        shop.registry.close()

    assert isinstance(outcome.came, Came)
    assert (outcome.value is not None) is outcome.done
    assert {merchant for merchant, _ in shop.asked} <= {"outdoor"}
    assert {subject for _, subject in shop.carts.kept} <= {"user#ann"}
    assert shop.mistakes == []


def test_a_conflict_is_a_refusal_and_no_mistake() -> None:
    def refuses(call: Call, wanted: BaseModel) -> BaseModel:
        raise Conflict("Read it again.")

    doing = Doing(refuses)
    assert (doing.call().came, doing.mistakes) == (Came.REFUSED, [])


def test_each_tool_says_what_ails_it(shop: Shop) -> None:
    def ailing() -> None:
        raise Unavailable("no")

    registry = Registry({}, report=lambda *_: None, health={"database": ailing, "hand_over": lambda: None})
    healthy = registry.healthy()
    registry.close()

    assert {healthy[name] for name in ("search_products", "edit_cart", "quote", "get_order")} == {"Unavailable"}
    assert healthy["hand_over"] == "ok"
    assert "ask_amazon_q" not in healthy


def test_what_a_call_costs_is_in_its_outcome(shop: Shop) -> None:
    assert call(shop, "search_documents", {"question": "returns"}).cost == "search"
    assert call(shop, "hand_over", {"reason": "asked_for", "summary": "Wants a person."}).cost == 0
    assert call(shop, "search_documents", {}).cost == 0
