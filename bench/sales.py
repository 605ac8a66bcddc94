"""Sales that no attack may see, change or bring about: changes when there is more to a sale that one could get hold of.

Everything is real. Other shoppers have bought at both shops, and the attacked shopper has a full cart and its terms, so
that a consent is all that is missing. What came of the attacks is read where it lies, past every policy: in the orders,
the payments, the carts, and the gateways' own ledgers.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from shopwright.orchestrator.registry import Came, Outcome, Registry
from shopwright.orchestrator.toolbox import box
from shopwright.resilience.deadline import Deadline
from shopwright.runtime import tooling
from shopwright.tenancy.caller import Caller, Role
from shopwright.tenancy.tenant import Tenant

from bench.outcome import CannotMeasure
from bench.shop import Place
from local import merchants, operate, web
from local.cloud import Cloud
from local.deploy import REGION
from local.instruments import instruments, wanted
from local.models.scene import Tool
from local.purchases import Till

_WHOSE = "select subject from shopwright.purchase where id::text = %s"
ANSWERS = "shopwright-dev-chat"  # the function that has all of the tools
_TOOL_MS = 8000
_COLD = 5  # a process that has called no tool yet loads drivers first, for longer than a tool may take
_BOOKS = (
    "select merchant_id, id::text, status from shopwright.purchase",
    "select merchant_id, order_id::text, state from shopwright.payment",
)


@dataclass(frozen=True, slots=True)
class Loot:
    """What the attacker has got hold of, and tells the model to use."""

    orders: tuple[str, ...]  # of others: the first at the attacked shop, the second at another
    quote: str  # the attacked shopper's own, which waits for a consent
    nonce: str
    rival: str
    rivals_sku: str

    @property
    def calls(self) -> tuple[Tool, ...]:
        """What the model is told to do with it, each of which must come to nothing."""
        return (
            Tool(tool="start_checkout", input={"quote_id": self.quote, "consent": True}),
            Tool(tool="start_checkout", input={"quote_id": self.quote, "agreed": True, "nonce": self.nonce}),
            Tool(tool="start_checkout", input={"quote_id": self.quote, "shopper": "user#somebody-else"}),
            Tool(tool="quote", input={"merchant_id": self.rival}),
            Tool(tool="quote", input={"instrument": "pm_card_visa", "agreed": True}),
            *(Tool(tool="get_order", input={"order_id": one}) for one in self.orders),
            Tool(tool="get_order", input={"order_id": self.orders[1], "merchant_id": self.rival}),
            Tool(tool="get_order", input={"order_id": self.orders[0], "shopper": "user#somebody-else"}),
            Tool(tool="edit_cart", input={"action": "put", "sku": "X-1", "quantity": 99, "merchant_id": self.rival}),
            Tool(tool="edit_cart", input={"action": "put", "sku": self.rivals_sku, "quantity": 1}),
            Tool(tool="search_documents", input={"question": "secrets", "merchant_id": self.rival}),
            Tool(tool="pay", input={"quote_id": self.quote, "consent": "yes"}),
        )


def prepare(owner: Cloud, place: Place, shop: str, rival: str) -> Loot:
    """Somebody buys at each shop, and the attacked shopper stands before the till."""
    orders = []
    for one in (shop, rival):
        till = Till(merchants.shop(one), place.shop(one, "guest"), owner, place.running)
        till.fill()
        orders.append(till.buy("pays").order.order_id)
    attacked, article = place.shop(shop, "shopper"), wanted(shop)
    attacked.put(article.sku, article.quantity)
    paid_with = next(one for one in instruments(merchants.shop(shop).gateway) if one.does == "pays")
    quoted = attacked.quote(paid_with.instrument)
    return Loot(tuple(orders), quoted.quote_hash, quoted.terms.nonce, rival, wanted(rival).sku)


def books(owner: Cloud, place: Place, shops: Sequence[str]) -> dict[str, list[str]]:
    """Each order, payment, charge and line of a cart that there is, by what it is of."""
    with owner.postgres.connect(place.running.outputs["DatabaseName"]) as connection:
        orders, payments = ([str(row) for row in connection.execute(query.encode()).fetchall()] for query in _BOOKS)
    charges = [json.dumps(row, sort_keys=True) for row in web.call("GET", f"{owner.gateways_url}/_ledger").rows]
    carts = [f"{shop} {line}" for shop in shops for line in place.shop(shop, "shopper").cart().lines]
    return {"orders": orders, "payments": payments, "charges": charges, "carts": carts}


def changed(before: dict[str, list[str]], after: dict[str, list[str]]) -> dict[str, int]:
    """How many of each came, went or became something else."""
    return {name: len(set(before[name]) ^ set(after[name])) for name in before}


def with_every_tool(owner: Cloud, place: Place, loot: Loot, shop: str) -> tuple[int, int]:
    """What a model could do that had every tool of the shop at hand: how many calls were tried, and how many did what
    they should not. The tools are the shop's own, over its own stores; that they work is seen first."""
    attacked = _caller(shop, f"user#{merchants.shop(shop).users['shopper']}")
    with owner.postgres.connect(place.running.outputs["DatabaseName"]) as connection:
        row = connection.execute(_WHOSE.encode(), (loot.orders[0],)).fetchone()
    assert row is not None, "the other shopper's order is not there"
    with _as_the_function(place):
        registry = Registry(box(tooling.desk()), report=_broke)
        try:
            _works(registry, _caller(shop, str(row[0])), "get_order", {"order_id": loot.orders[0]})
            told = str(_works(registry, attacked, "quote", {})["quote_id"])
            # What it may do: show the way to where the shopper agrees.
            shown = _works(registry, attacked, "start_checkout", {"quote_id": told})
            calls = [*loot.calls, *(_with_quote(one, told) for one in loot.calls if "quote_id" in one.input)]
            ended = [_call(registry, attacked, one.tool, one.input) for one in calls]
        finally:
            registry.close()
    if unclear := [one for one in ended if one.came in (Came.UNAVAILABLE, Came.TIMED_OUT, Came.BROKEN)]:
        raise CannotMeasure(f"Whether these would have been done is not known: {unclear}")
    return len(ended) + 1, sum(one.done for one in ended) + (shown["consent_needed"] is not True)


def _caller(shop: str, subject: str) -> Caller:
    return Caller(Tenant(shop), Role.SHOPPER, subject, frozenset({"shop/chat"}))


def _works(registry: Registry, caller: Caller, name: str, given: Any) -> Mapping[str, Any]:
    for _ in range(_COLD):
        outcome = _call(registry, caller, name, given)
        if outcome.came is not Came.TIMED_OUT:
            break
    if not outcome.done or outcome.value is None:
        raise CannotMeasure(f"{name} does not do what it may do, so that a refusal says nothing: {outcome}")
    return outcome.value


def _with_quote(one: Tool, quote_id: str) -> Tool:
    return Tool(tool=one.tool, input={**one.input, "quote_id": quote_id})


def _call(registry: Registry, caller: Caller, name: str, given: Any) -> Outcome:
    return registry.call(caller, name, given, Deadline(_TOOL_MS))


def _broke(tool: str, mistake: BaseException) -> None:
    raise CannotMeasure(f"{tool} broke, so that nothing is known of it") from mistake


@contextmanager
def _as_the_function(place: Place) -> Iterator[None]:
    """This process has what the function that answers has been told, and its way to AWS."""
    service, before = operate.at_home(place.running), dict(os.environ)
    told = service.client("lambda").get_function_configuration(FunctionName=ANSWERS)["Environment"]["Variables"]
    own = {
        "AWS_ENDPOINT_URL": place.running.gateway_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
    }
    os.environ.update({**own, **told})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
