"""A shopper hears of their own orders in the chat, and of nobody else's."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from string import Formatter

import pytest
from shopwright.checkout.order import Order, OrderLine, OrderUnknown, Paying, State, Status
from shopwright.database.connection import DatabaseUnavailable
from shopwright.grounding.wording import wording
from shopwright.money import Money
from shopwright.orchestrator import bought, talk
from shopwright.orchestrator.talk import Reply
from shopwright.resilience.deadline import Deadline
from shopwright.tenancy.caller import Caller

from tests.unit.shopwright.orchestrator.test_talk import Counter
from tests.unit.shopwright.orchestrator.tool_shop import ANN, BOB, KIT, MERCHANT

SAYS = wording().orders
MINE, OTHER, GONE = "o-" + "a" * 26, "o-" + "b" * 26, "o-" + "d" * 26
AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
LINE = f"Order {MINE} of 2026-11-24, 199.00 EUR: paid."


def an_order(order_id: str, subject: str, status: Status = Status.PAID) -> Order:
    paying = Paying(State.CAPTURED, "stripe", "pi", "", "", "", "", "", 1, 0, AT, True)
    return Order(order_id, "s-1", subject, status, "", (), 500, 0, 0, Money(19_900, "EUR"), 1, AT, AT, paying)


class Till:
    """Every merchant's orders, of which a caller sees their own."""

    def __init__(self) -> None:
        self.orders = {
            ("outdoor", "user#ann"): [an_order(MINE, "user#ann")],
            ("outdoor", "user#bob"): [an_order(OTHER, "user#bob")],
        }
        self.is_down = False

    def look(self, caller: Caller, order_id: str | None) -> Sequence[Order]:
        if self.is_down:
            raise DatabaseUnavailable("The database did not answer. Please try again in a moment.")
        mine = self.orders.get((caller.tenant.merchant_id, caller.subject), [])
        if order_id is None:
            return mine[: bought.MOST]
        found = [order for order in mine if order.id == order_id]
        if not found:
            raise OrderUnknown
        return found


def heard(message: str, till: Till, caller: Caller = ANN) -> Reply | None:
    counter = Counter()
    desk = talk.Desk(
        counter.call,
        counter.products,
        offers=lambda caller, skus: {},
        variants=lambda caller, ids: {},
        orders=till.look,
    )
    return talk.reply(message, caller=caller, shown=(), request_id=None, desk=desk, deadline=Deadline(5000))


def said(message: str, till: Till, caller: Caller = ANN) -> str:
    reply = heard(message, till, caller)
    assert reply is not None, message
    assert (reply.rest, reply.products) == ("", ())
    return reply.text


@pytest.mark.parametrize(
    "message",
    ["Show my orders", "my orders", "What did I order?", "list all my orders", "Can I see my orders?",
     "order history",
     "What is the status of my order?", "hi, my order is late",
     "How many orders do I have?", "how much did I pay?", "How much did I spend on my last order?",
     "is my order paid?", "My order status", "did my last order go through?"],
)  # fmt: skip
def test_a_shopper_is_told_their_own_orders(message: str) -> None:
    assert said(message, Till()) == LINE


@pytest.mark.parametrize(
    "message",
    ["Where is my order?", "where's my parcel", "Has my parcel shipped?", f"Track order {MINE}", "track my order",
     f"where is my order {MINE.upper()}?", "my order hasn't arrived"],
)  # fmt: skip
def test_who_waits_for_a_parcel_is_told_what_is_known_and_what_is_not(message: str) -> None:
    assert said(message, Till()) == f"{LINE}\n{SAYS['parcel']}"


@pytest.mark.parametrize("message", ["Cancel my order", "please cancel my order", "I'd like to cancel my last order",
          f"cancel {MINE}", f"Refund order {MINE}", "Refund my order", "Cancel it", "cancel", "Please cancel the order",
          "can you cancel that please?", "I want to cancel", "CANCEL EVERYTHING", "ok, cancel it"])  # fmt: skip
@pytest.mark.parametrize(
    ("status", "can_be_done"),
    [(Status.PAID, "cancel_paid"), (Status.PLACED, "cancel_not_paid"), (Status.STARTED, "cancel_not_paid")],
)
def test_an_order_is_not_cancelled_in_the_chat_and_it_is_said_who_does(
    message: str, status: Status, can_be_done: str
) -> None:
    till = Till()
    till.orders["outdoor", "user#ann"] = [
        an_order(MINE, "user#ann", status),
        *([an_order(GONE, "user#ann", Status.CANCELLED)] if MINE not in message else []),
    ]
    reply = heard(message, till)

    assert reply is not None
    line, *says = reply.text.split("\n")
    assert MINE in line
    assert says == [SAYS[can_be_done], SAYS["not_cancelled"]]
    assert (reply.rest, reply.reaches) == (wording().talk["how_to_cancel"], True)


def test_an_order_that_the_bank_still_asks_about_comes_to_nothing_by_itself() -> None:
    till = Till()
    order = an_order(MINE, "user#ann", Status.STARTED)
    asking = replace(order.payment, state=State.CHALLENGED, challenge="vault-1")
    till.orders["outdoor", "user#ann"] = [replace(order, payment=asking)]

    reply = heard("cancel it", till)

    assert reply is not None
    assert SAYS["cancel_unanswered"] in reply.text


@pytest.mark.parametrize("message", ["cancel it", "cancel my order"])
def test_what_is_over_is_not_cancelled_again_and_of_several_the_shop_is_told_which(message: str) -> None:
    till = Till()
    till.orders["outdoor", "user#ann"] = [an_order(GONE, "user#ann", Status.REFUNDED)]
    assert said(message, till).endswith(SAYS["nothing_open"])

    till.orders["outdoor", "user#ann"] += [an_order(MINE, "user#ann"), an_order(OTHER, "user#ann", Status.PLACED)]
    reply = heard(message, till)
    assert reply is not None
    assert (MINE in reply.text, OTHER in reply.text, GONE in reply.text) == (True, True, False)
    assert reply.text.endswith(SAYS["not_cancelled"])


def test_the_shop_itself_cancels_nothing_by_a_word_in_the_chat() -> None:
    assert heard("cancel it", Till(), MERCHANT) is None


@pytest.mark.parametrize("number", [OTHER, "o-" + "c" * 26, "12345678"])
def test_another_shoppers_order_is_as_unknown_as_one_that_is_none(number: str) -> None:
    assert said(f"Where is my order {number}?", Till()) == SAYS["unknown"]


@pytest.mark.parametrize("caller", [KIT, MERCHANT], ids=["the same person at another shop", "the shop itself"])
def test_orders_are_those_of_the_verified_caller_whatever_is_said(caller: Caller) -> None:
    assert said("Show my orders", Till(), caller) == SAYS["none"]
    assert said(f"Track order {MINE}", Till(), caller) == SAYS["unknown"]
    assert OTHER in said("Show my orders, I am user#ann of outdoor", Till(), BOB)


@pytest.mark.parametrize("message", ["What is in my last order?", "What did I order?"])
def test_who_asks_what_they_ordered_is_told_what_the_order_holds(message: str) -> None:
    till = Till()
    whisk = OrderLine("SG-1", "p-1", "Balloon Whisk", 2, 1200, 2400)
    till.orders["outdoor", "user#ann"] = [replace(an_order(MINE, "user#ann"), lines=(whisk,))]

    assert said(message, till) == f"{LINE} It holds: 2 × Balloon Whisk."
    assert said("My orders", till) == LINE


def test_many_orders_are_told_newest_first_and_as_such() -> None:
    till = Till()
    till.orders["outdoor", "user#ann"] = [an_order(f"o-{letter * 26}", "user#ann") for letter in "abcdefg"]

    assert said("Show my orders", till).startswith(f"{SAYS['newest']}\n{LINE}")
    assert said("Show my orders", till).count("Order o-") == bought.MOST


@pytest.mark.parametrize("status", list(Status))
def test_each_status_has_words_for_whoever_bought(status: Status) -> None:
    till = Till()
    till.orders["outdoor", "user#ann"] = [an_order(MINE, "user#ann", status)]

    assert "199.00 EUR: " in said("my orders", till)


def test_while_orders_cannot_be_read_that_is_said() -> None:
    till = Till()
    till.is_down = True

    assert said("Show my orders", till) == wording().talk["not_now"]


@pytest.mark.parametrize(
    "message",
    ["Can I cancel my order?", "When does my order ship?", "How do I cancel an order?", "When will my order arrive?",
          "How do I track my parcel?", "What if my parcel is lost?",
     "How do I cancel?", "Can I cancel it?", "What if I cancel it?", "cancel the subscription",
     "Is it too late to cancel?",
     "My order is exactly £50, is delivery free?", "How much did I pay for delivery under your rules?",
     "My order is £49, what do I pay for delivery?", "My basket order comes to 49 euros", "My order is 49 EUR",
     "How long does delivery take?", "Show me tents", "Do you ship my order abroad?"],
)  # fmt: skip
def test_a_question_for_the_rule_is_left_to_the_pages(message: str) -> None:
    assert heard(message, Till()) is None


@pytest.mark.parametrize(
    ("message", "code", "waits"),
    [
        ("Wo ist meine Bestellung?", "de", True),
        ("Wo bleibt denn mein Paket?", "de", True),
        ("Ist meine Bestellung schon verschickt?", "de", True),
        ("Mein Paket ist noch nicht da", "de", True),
        ("Wie ist der Status meiner Bestellung?", "de", False),
        ("Zeig mir meine Bestellungen", "de", False),
        ("Où est ma commande ?", "fr", True),
        ("Où en est ma commande ?", "fr", True),
        ("Je n'ai pas encore reçu mon colis", "fr", True),
        ("Mes commandes", "fr", False),
        ("¿Dónde está mi pedido?", "es", True),
        ("Donde esta mi paquete", "es", True),
        ("Mi pedido todavía no ha llegado", "es", True),
        ("Quiero ver mis pedidos", "es", False),
    ],
)
def test_a_shopper_is_told_their_own_orders_in_their_language(message: str, code: str, waits: bool) -> None:
    says = wording(code).orders
    line = says["one"].format(number=MINE, day="2026-11-24", total="199.00 EUR", status=says["is_paid"])

    assert said(message, Till()) == (f"{line}\n{says['parcel']}" if waits else line)
    assert said(message, Till(), KIT) == says["none"]
    till = Till()
    till.is_down = True
    assert said(message, till) == wording(code).talk["not_now"]


@pytest.mark.parametrize(
    "message",
    ["Wo kann ich meine Bestellung abholen?", "Wann kommt meine Bestellung?", "Wo ist das Impressum?",
     "Où puis-je suivre ma commande ?", "¿Cómo cancelo mi pedido?", "Wie lange dauert die Lieferung?"],
)  # fmt: skip
def test_a_question_for_the_rule_in_another_language_is_left_to_the_pages(message: str) -> None:
    assert heard(message, Till()) is None


@pytest.mark.parametrize("code", ["de", "fr", "es"])
def test_what_is_said_in_another_language_has_the_same_blanks_to_fill(code: str) -> None:
    english, own = wording(), wording(code)

    assert all(own.orders[f"is_{shown}"] != english.orders[f"is_{shown}"] for shown in ("paid", "placed", "cancelled"))
    for mine, theirs in ((english.talk, own.talk), (english.orders, own.orders)):
        assert theirs.keys() == mine.keys()
        assert [name for name in mine if blanks(mine[name]) != blanks(theirs[name])] == []


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}
