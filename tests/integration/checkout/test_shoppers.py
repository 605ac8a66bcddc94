"""Shoppers, a shop and a gateway do whatever they like in whichever order: nobody is ever wrongly charged."""

import os
import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from shopwright.checkout import saga
from shopwright.checkout.order import Status
from shopwright.errors import ShopwrightError
from shopwright.resilience.deadline import Deadline

from local.gateways.faults import Fault
from local.gateways.server import Gateways
from tests.integration.checkout.house import House, Kill, violations
from tests.integration.database.conftest import Shop

FULL = os.environ.get("SHOPWRIGHT_FULL") == "1"
NAMES = ("ann", "bob", "cyd")
PAYS = ("ok", "ok", "decline", "challenge", "challenge_twice", "pending")
ENDS = {Status.PAID, Status.CANCELLED, Status.REFUNDED}
HARMS = ("lose_request", "lose_reply", "fail_before", "fail_after", "busy", "duplicate", "later", "later_fails")


def machine(shop: Shop, gateways: Gateways, vendor: str, ended: Counter[Status]) -> type[RuleBasedStateMachine]:
    """The rules, over one database and one gateway. Each example has shoppers and an article of its own. What became of
    their orders is counted in `ended`."""

    class Shoppers(RuleBasedStateMachine):
        """So many want the last two of an article."""

        # Hypothesis leaves some of the rules out of each example: whatever it leaves out, somebody is buying.
        @initialize(stock=st.integers(1, 2), who=st.sampled_from(NAMES), pays=st.sampled_from(PAYS))
        def open(self, stock: int, who: str, pays: str) -> None:
            self.house = House(shop, gateways, vendor)
            self.stock = stock
            self.sku = self.house.shelve(stock=stock)
            self.orders: list[str] = []
            self.quotes: list[tuple[str, Any]] = []
            self.filled: list[str] = []  # whose cart has had something in it
            self.buy(who, 1, pays)

        @rule(who=st.sampled_from(NAMES), quantity=st.integers(1, 2), pays=st.sampled_from(PAYS))
        def buy(self, who: str, quantity: int, pays: str) -> None:
            """All that a shopper does, with nobody in between."""
            quotes = len(self.quotes)
            self.put(who, quantity)
            self._quote(who, pays)
            if len(self.quotes) > quotes:
                self._agree(quotes, "r-1")

        @rule(who=st.sampled_from(NAMES), quantity=st.integers(1, 2))
        def put(self, who: str, quantity: int) -> None:
            self.house.put(self.sku, quantity, who)
            self.filled.append(who)

        @precondition(lambda self: self.filled)
        @rule(which=st.integers(0, 5), pays=st.sampled_from(PAYS))
        def quote(self, which: int, pays: str) -> None:
            self._quote(self.filled[which % len(self.filled)], pays)

        def _quote(self, who: str, pays: str) -> None:
            try:
                self.quotes.append((who, self.house.quote(who, pays)))
            except ShopwrightError:
                return

        @precondition(lambda self: self.quotes)
        @rule(which=st.integers(0, 5), request=st.sampled_from(("r-1", "r-2")))
        def agree(self, which: int, request: str) -> None:
            self._agree(which, request)

        def _agree(self, which: int, request: str) -> None:
            who, quoted = self.quotes[which % len(self.quotes)]
            try:
                order = self.house.agree(quoted, who, request=request)
            except ShopwrightError:
                return
            if order not in self.orders:
                self.orders.append(order)

        @precondition(lambda self: self.orders)
        @rule(which=st.integers(0, 5), at=st.just(-1) | st.integers(0, 14), after=st.booleans(), lost=st.booleans())
        def pay(self, which: int, at: int, after: bool, lost: bool) -> None:
            self.house.kill = Kill(at, after=after, lost=lost)
            self.house.walk(self.orders[which % len(self.orders)])
            self.house.kill = Kill()

        @precondition(lambda self: self.orders)
        @rule(which=st.integers(0, 5))
        def begin_to_pay(self, which: int) -> None:
            """As far as the gateway's first answer, and no further for now."""
            order = self.orders[which % len(self.orders)]
            try:
                saga.reserve(self.house.orders, order)
                saga.authorize(self.house.tenant, order, desk=self.house.desk(), deadline=Deadline(20_000))
            except ShopwrightError:
                return

        @precondition(lambda self: self.orders)
        @rule(which=st.integers(0, 5))
        def cancel(self, which: int) -> None:
            self._shop_does(which, refund=False)

        @precondition(lambda self: self.orders)
        @rule(which=st.integers(0, 5))
        def refund(self, which: int) -> None:
            self._shop_does(which, refund=True)

        @precondition(lambda self: self.orders)
        @rule(seed=st.integers(0, 99), copies=st.integers(1, 2))
        def webhooks(self, seed: int, copies: int) -> None:
            self.house.webhooks(shuffled=random.Random(seed), copies=copies)  # noqa: S311 - which order does not matter

        @precondition(lambda self: self.orders)
        @rule()
        def settle(self) -> None:
            self.house.double.settle()

        @precondition(lambda self: self.orders)
        @rule(answer=st.sampled_from(("pass", "fail")))
        def bank(self, answer: str) -> None:
            self.house.answers_bank = answer
            self.house.bank()

        @rule(harm=st.sampled_from(HARMS), times=st.integers(1, 3))
        def harm(self, harm: str, times: int) -> None:
            self.house.harm(Fault.model_validate({"harm": harm, "times": times, "vendor": vendor}))

        @precondition(lambda self: self.orders)
        @rule()
        def sweep(self) -> None:
            self.house.sweep(*self.orders)

        def _shop_does(self, which: int, *, refund: bool) -> None:
            order = self.orders[which % len(self.orders)]
            try:
                if refund:
                    self.house.orders.refund(order, restock=True)
                else:
                    self.house.orders.cancel(order)
            except ShopwrightError:
                return
            self.house.walk(order, "undo")

        def teardown(self) -> None:
            if not hasattr(self, "house"):
                return
            self.house.answers_bank = "silence"
            try:
                self.house.recover(*self.orders)
                wrong = violations(self.house, self.sku, self.stock, *self.orders)
                assert wrong == []
                ends = [self.house.orders.look(one).status for one in self.orders]
                assert set(ends) <= ENDS
                ended.update(ends)
            finally:
                self.house.database.close()

    return Shoppers


@pytest.mark.parametrize("vendor", ["stripe", "adyen"])
def test_whatever_happens_in_a_shop_nobody_is_wrongly_charged(shop: Shop, gateways: Gateways, vendor: str) -> None:
    ended: Counter[Status] = Counter()
    run_state_machine_as_test(
        machine(shop, gateways, vendor, ended),
        settings=settings(
            max_examples=200 if FULL else 8,
            stateful_step_count=30 if FULL else 15,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert ended.total() >= (200 if FULL else 1), f"hardly anybody has bought anything: {ended}"
    assert set(ended) == ENDS or not FULL, ended
