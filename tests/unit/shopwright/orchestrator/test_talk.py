"""What a shopper wants done is done in their own cart, and told from what the database has."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from shopwright.catalog.offer import Listed
from shopwright.grounding.wording import wording
from shopwright.orchestrator import talk
from shopwright.orchestrator.registry import Outcome
from shopwright.orchestrator.talk import Reply
from shopwright.orchestrator.toolbox import Sought
from shopwright.orchestrator.tools import HandOver
from shopwright.resilience.deadline import Deadline
from shopwright.tenancy.caller import Caller

from tests.unit.shopwright.orchestrator.tool_shop import ANN, BOB, KIT, MERCHANT, Shop, listed

TALK = wording().talk


class Counter:
    """A shop with a tent, a stove and two lamps, at which people speak."""

    def __init__(self) -> None:
        self.shop = Shop()
        self.shop.products += [
            replace(listed("camp lamp", 20), skus=("LAMP-S", "LAMP-L")),
            listed("head lamp", 35),
            listed("cheap chair", 5, is_out=True),
        ]
        self.called: list[str] = []

    def call(
        self, caller: Caller, tool: str, arguments: Mapping[str, Any], deadline: Deadline, request_id: str | None
    ) -> Outcome:
        self.called.append(tool)
        return self.shop.registry.call(caller, tool, arguments, deadline, request_id=request_id)

    def hand_over(
        self, caller: Caller, wanted: Mapping[str, Any], deadline: Deadline, session_id: str | None
    ) -> Outcome:
        return self.shop.registry.call(caller, "hand_over", wanted, deadline, session_id=session_id)

    def products(self, caller: Caller, ids: Sequence[str]) -> Sequence[Listed]:
        return self.shop.desk.products(caller, Sought(product_ids=tuple(ids), limit=len(ids)))

    def hear(
        self,
        message: str,
        *,
        caller: Caller = ANN,
        shown: Sequence[str] = (),
        request_id: str | None = None,
        hands_over: bool = False,
        session_id: str | None = None,
    ) -> Reply | None:
        found = talk.reply(
            message,
            caller=caller,
            shown=shown,
            request_id=request_id,
            desk=talk.Desk(self.call, self.products, self.hand_over if hands_over else None),
            deadline=Deadline(5000),
            session_id=session_id,
        )
        assert self.shop.mistakes == []
        return found

    def said(self, message: str, **more: Any) -> str:
        reply = self.hear(message, **more)
        assert reply is not None
        return reply.text


@pytest.fixture
def counter() -> Counter:
    return Counter()


def test_a_product_is_put_into_the_cart_and_told_at_its_price(counter: Counter) -> None:
    assert counter.said("Add two tents to my cart") == "In your cart: 2 × Tent (398.00 EUR). Together: 398.00 EUR."
    assert counter.said("add a stove to the cart") == (
        "In your cart: 2 × Tent (398.00 EUR); 1 × Stove (49.00 EUR). Together: 447.00 EUR."
    )


def test_adding_again_adds_up_and_a_message_that_comes_twice_does_not(counter: Counter) -> None:
    assert "1 × Tent" in counter.said("Add a tent to my cart", request_id="r-1")
    assert "1 × Tent" in counter.said("Add a tent to my cart", request_id="r-1")

    assert "2 × Tent" in counter.said("Add a tent to my cart", request_id="r-2")


def test_it_is_what_was_spoken_of_last(counter: Counter) -> None:
    reply = counter.hear("put it in my basket", shown=("stove",))

    assert reply is not None
    assert "1 × Stove" in reply.text
    assert reply.products == ("stove",)


def test_nobody_guesses_what_it_means(counter: Counter) -> None:
    for shown in ((), ("tent", "stove")):
        reply = counter.hear("put it in my basket", shown=shown)
        assert reply is not None
        assert reply.asks
    assert counter.said("what's in my cart?") == TALK["empty"]


def test_of_several_that_may_be_meant_the_shopper_chooses(counter: Counter) -> None:
    reply = counter.hear("Add a lamp to my cart")

    assert reply is not None
    assert reply.asks
    assert "Camp Lamp" in reply.text
    assert "Head Lamp" in reply.text


def test_a_variant_is_asked_for_and_taken_by_its_number(counter: Counter) -> None:
    assert "LAMP-S, LAMP-L" in counter.said("Add a camp lamp to my cart")
    assert counter.said("what's in my cart?") == TALK["empty"]


def test_a_number_may_be_a_part_of_the_name_or_the_articles_own(counter: Counter) -> None:
    counter.shop.products = [
        replace(listed("pan kx7a1", 30), skus=("PAN-001",)),
        replace(listed("lid kx7a1", 9), skus=("LID-001",)),
    ]
    assert "1 × Lid Kx7A1" in counter.said("Add the lid kx7a1 to my cart")
    assert "1 × Pan Kx7A1" in counter.said("Add PAN-001 to my cart")


def test_a_cart_is_changed_and_emptied(counter: Counter) -> None:
    counter.said("Add a tent to my cart")
    counter.said("Add a stove to my cart")

    assert "Tent" not in counter.said("remove the tent from my cart")
    assert "3 × Stove" in counter.said("make it three")
    assert counter.said("empty my cart") == TALK["emptied"]
    assert counter.said("what's in my cart?") == TALK["empty"]


def test_as_many_are_taken_out_as_were_named_and_the_shopper_hears_what_is_left(counter: Counter) -> None:
    counter.said("Add five tents to my cart")

    assert "4 × Tent" in counter.said("remove one tent")
    assert "2 × Tent" in counter.said("Take 2 tents out of my cart")
    assert "1 × Tent" in counter.said("remove one of them")
    assert counter.said("remove one tent") == TALK["emptied"]


def test_a_message_that_takes_one_out_and_comes_twice_takes_one(counter: Counter) -> None:
    counter.said("Add five tents to my cart")

    assert "4 × Tent" in counter.said("remove one tent", request_id="r-1")
    assert "4 × Tent" in counter.said("remove one tent", request_id="r-1")
    assert "3 × Tent" in counter.said("remove one tent", request_id="r-2")


@pytest.mark.parametrize(
    "message", ["remove the tent", "remove three tents", "remove five tents", "remove all tents", "Remove all 2 tents"]
)
def test_one_article_taken_out_whole_leaves_the_others(counter: Counter, message: str) -> None:
    counter.said("Add two tents to my cart")
    counter.said("Add a stove to my cart")

    assert counter.said(message) == "In your cart: 1 × Stove (49.00 EUR). Together: 49.00 EUR."


def test_what_is_taken_out_of_an_empty_cart_or_is_not_in_it_is_said(counter: Counter) -> None:
    assert counter.said("remove the tent from my cart") == TALK["empty"]
    counter.said("Add a tent to my cart")
    reply = counter.hear("remove the stove from my cart")

    assert reply is not None
    assert reply.asks
    assert "1 × Tent" in counter.said("what's in my cart?")


def test_every_shopper_has_a_cart_of_their_own(counter: Counter) -> None:
    counter.said("Add a tent to my cart")

    assert counter.said("what's in my cart?", caller=BOB) == TALK["empty"]
    assert counter.said("what's in my cart?", caller=KIT) == TALK["empty"]


@pytest.mark.parametrize(
    "message",
    [
        "How long do I have to return something?",
        "Can I return things in my cart?",
        "How do I add a tent to my cart?",
        "Is the tent in stock?",
        "Where do you ship?",
        "How do I track an order?",
        "How much for both part #2159080 and part #2159081?",
        "My only complaint is that it does not stand up.",
        "Do yourself a favor, don't buy this",
        "I have a narrow door to pull the cart through, how wide is it?",
        "The cart that I had could not stand up to the stress.",
    ],
)
def test_questions_are_left_to_the_documents_and_change_nothing(counter: Counter, message: str) -> None:
    assert counter.hear(message) is None
    assert counter.called == []


def test_of_two_wishes_one_is_done_and_the_other_looked_up(counter: Counter) -> None:
    reply = counter.hear("Add a tent to my cart and tell me the return policy")

    assert reply is not None
    assert "1 × Tent" in reply.text
    assert "return policy" in reply.rest


def test_who_speaks_of_no_cart_and_of_nothing_that_is_sold_is_not_asked_about_one(counter: Counter) -> None:
    assert counter.hear("You open the lid, add a bit of water") is None
    assert counter.hear("make it three") is None


def test_small_talk_is_answered_and_a_question_beside_it_is_looked_up(counter: Counter) -> None:
    assert counter.hear("Hello!") == Reply(TALK["small_talk"])
    assert counter.hear("Hello! How much is the tent?") is None


def test_who_wants_a_person_is_handed_over_with_the_conversation_and_told_how_to_reach_the_shop(
    counter: Counter,
) -> None:
    told = counter.hear("I want to talk to a human", hands_over=True, session_id="s-1")

    assert told == Reply(TALK["handed_over"], TALK["how_to_reach"])
    assert counter.shop.handed == [("user#ann", HandOver(reason="asked_for", summary="I want to talk to a human"))]
    assert counter.shop.sessions == ["s-1"]


@pytest.mark.parametrize("caller", [ANN, MERCHANT], ids=["the table is down", "no shopper"])
def test_nothing_is_promised_that_was_not_kept(counter: Counter, caller: Caller) -> None:
    counter.shop.nobody_takes_over = caller is ANN

    told = counter.hear("I want to talk to a human", hands_over=True, caller=caller)

    assert told == Reply(TALK["no_person_here"], TALK["how_to_reach"])


def test_who_wants_a_person_is_told_how_to_reach_one(counter: Counter) -> None:
    assert counter.hear("I want to talk to a human") == Reply(TALK["no_person_here"], TALK["how_to_reach"])


def test_who_wants_to_pay_or_asks_for_an_order_is_told_where(counter: Counter) -> None:
    assert counter.said("I want to check out") == TALK["pay_at_the_till"]
    assert counter.said("where is my order 12345") == TALK["orders_at_the_till"]
    assert counter.called == []


@pytest.mark.parametrize("message", ["How can I pay?", "how do I pay", "Hello, how can I pay?"])
def test_who_asks_for_the_ways_of_paying_is_not_told_that_nothing_can_be_paid(counter: Counter, message: str) -> None:
    told = counter.hear(message)

    assert told is None or "pay" in told.rest
    assert counter.said("How can I pay for my cart?") == TALK["pay_at_the_till"]


def test_a_shop_that_cannot_be_reached_says_so_and_loses_nothing(counter: Counter) -> None:
    counter.said("Add a tent to my cart")
    counter.shop.down = True
    assert "Tent" not in counter.said("Add a stove to my cart")

    counter.shop.down = False
    assert "1 × Tent" in counter.said("what's in my cart?")


@pytest.mark.parametrize("message", ["add -1 tents to my cart", "add 100000 tents to my cart"])
def test_no_number_of_a_shopper_breaks_the_cart(counter: Counter, message: str) -> None:
    reply = counter.hear(message)

    if reply is not None:
        assert "-1" not in reply.text
        assert "100000" not in reply.text
