"""A sale, step by step and back again, over the machine's own file, PostgreSQL and the gateways' doubles."""

import itertools
import json
from dataclasses import replace
from datetime import timedelta

import boto3
import pytest
import resume_sagas
from moto import mock_aws
from shopwright.checkout import saga, sweep
from shopwright.checkout.cart import Add, Line
from shopwright.checkout.gateways import Gateway, Misconfigured, Told
from shopwright.checkout.order import News, Order, State, Status
from shopwright.documents.sqs import Queue
from shopwright.resilience.deadline import Deadline
from shopwright.tenancy.tenant import Tenant

from local.gateways.faults import Fault
from tests.fakes.gateway import Context
from tests.integration.checkout.house import House, Kill, in_cart, violations


def standing(house: House) -> tuple[tuple[Tenant, str], ...]:
    return house.all_orders.standing_still(for_s=0, again_s=0, at_most=10_000)


def test_an_order_at_a_gateway_that_the_shop_has_left_is_cancelled_and_frees_its_goods(house: House) -> None:
    def gone(tenant: Tenant, vendor: str) -> Gateway:
        raise Misconfigured

    sku = house.shelve()
    order, desk = house.order(sku, who="jon"), replace(house.desk(), gateway=gone)
    saga.reserve(house.orders, order)

    with pytest.raises(Misconfigured):
        saga.authorize(house.tenant, order, desk=desk, deadline=Deadline(5000))
    left = saga.compensate(house.tenant, order, "Misconfigured", desk=desk, deadline=Deadline(5000))

    assert (left, house.stock(sku)) == ("cancelled", (1, 0))


def test_an_article_that_nobody_counts_any_more_is_sold_and_stays_uncounted(house: House) -> None:
    sku = house.shelve(stock=5)
    order = house.order(sku, who="ida")
    house.run("update shopwright.stock set on_hand = null where merchant_id = %(m)s and sku = %(s)s", s=sku)

    house.walk(order)
    house.recover(order)

    assert house.orders.look(order).status is Status.PAID
    assert house.stock(sku) == (None, 0)


def test_a_shopper_pays_and_the_goods_are_sold(house: House) -> None:
    sku = house.shelve(stock=3)
    order = house.order(sku, quantity=2)

    assert house.walk(order) == "Paid"

    assert house.orders.look(order).status is Status.PAID
    assert house.stock(sku) == (1, 0)
    assert in_cart(house) == {}
    assert violations(house, sku, 3, order) == []


def test_what_is_added_while_the_bank_asks_stays_and_what_was_bought_leaves_the_cart_once(house: House) -> None:
    sku, other = house.shelve(stock=3), house.shelve(stock=3)
    order = house.order(sku, quantity=2, who="mia", pays="challenge")
    mia = house.carts.of(house.tenant, house.shopper("mia").subject)
    mia.change(Add(Line(sku, 1)))
    mia.change(Add(Line(other, 1)))

    assert house.walk(order) == "Paid"

    assert in_cart(house, "mia") == {sku: 1, other: 1}
    house.webhooks(copies=2)
    saga.capture(house.tenant, order, desk=house.desk(), deadline=Deadline(5000))
    assert in_cart(house, "mia") == {sku: 1, other: 1}


def test_a_declined_card_leaves_no_hold_and_the_cart(house: House) -> None:
    sku = house.shelve()
    order = house.order(sku, pays="decline")

    assert house.walk(order) == "Undone"

    looked = house.orders.look(order)
    assert (looked.status, looked.reason, looked.payment.reason) == (Status.CANCELLED, "PaymentDeclined", "declined")
    assert house.stock(sku) == (1, 0)
    assert in_cart(house) == {sku: 1}
    assert violations(house, sku, 1, order) == []


def test_a_shopper_who_passes_their_banks_question_has_paid(house: House) -> None:
    sku = house.shelve()
    order = house.order(sku, pays="challenge")

    assert house.walk(order) == "Paid"
    assert violations(house, sku, 1, order) == []


@pytest.mark.parametrize("after", [False, True], ids=["before", "behind"])
@pytest.mark.parametrize("steps", [0, 1])
def test_a_bank_that_asks_twice_is_answered_twice_though_a_process_ends(house: House, steps: int, after: bool) -> None:
    """Around the first answer that is shown to the gateway, and around what is written down of it."""
    house.kill = Kill()
    counted = house.order(who="cal", pays="challenge_twice")
    assert house.walk(counted) == "Paid"
    shown = house.kill.log.index("resume")
    assert house.kill.log[shown : shown + 2] == ["resume", "tell"]

    sku = house.shelve()
    house.kill = Kill(shown + steps, after=after)
    order = house.order(sku, pays="challenge_twice")

    assert house.walk(order) == "Paid"
    assert house.kill.killed
    assert violations(house, sku, 1, order) == []


def test_what_a_shopper_brings_while_the_answer_before_is_written_down_stays(house: House) -> None:
    order = house.order(pays="challenge_twice")
    desk, deadline = house.desk(), Deadline(5000)
    saga.reserve(house.orders, order)
    saga.authorize(house.tenant, order, desk=desk, deadline=deadline)
    house.orders.prove(order, "first")

    house.orders.prove(order, "second")
    house.orders.tell(order, News(Told.CHALLENGED, challenge="again", proof="first"))

    assert house.orders.look(order).payment.proof == "second"
    assert house.orders.look(order).payment.challenge == "again"
    house.orders.unprove(order, "second")
    house.orders.cancel(order)
    house.walk(order, "undo")
    house.recover(order)


@pytest.mark.parametrize("answer", ["fail", "silence"])
def test_a_question_that_is_not_passed_leaves_no_hold_and_the_cart(house: House, answer: str) -> None:
    sku = house.shelve()
    order = house.order(sku, pays="challenge")
    house.answers_bank = answer

    assert house.walk(order) == "Undone"

    house.recover(order)
    assert house.orders.look(order).status is Status.CANCELLED
    assert in_cart(house) == {sku: 1}
    assert violations(house, sku, 1, order) == []


def test_the_last_one_is_sold_once(house: House) -> None:
    sku = house.shelve(stock=1)
    first, second = house.order(sku, who="ann"), house.order(sku, who="bob")

    assert {house.walk(first), house.walk(second)} == {"Paid", "Undone"}

    assert house.orders.look(second).reason == "OutOfStock"
    assert violations(house, sku, 1, first, second) == []


@pytest.mark.parametrize("harm", ["lose_reply", "lose_request", "fail_after", "fail_before", "busy", "garbage"])
@pytest.mark.parametrize("operation", ["create", "authorize", "capture"])
def test_what_is_lost_on_the_way_is_never_charged_twice(house: House, harm: str, operation: str) -> None:
    sku = house.shelve()
    order = house.order(sku)
    house.harm(Fault.model_validate({"harm": harm, "operation": operation, "order_id": order, "times": 2}))

    house.walk(order)

    house.recover(order)
    assert violations(house, sku, 1, order) == []


@pytest.mark.parametrize("harm", ["lose_reply", "fail_after", "lose_request"])
def test_what_the_shopper_brought_back_and_nobody_could_use_is_undone(house: House, harm: str) -> None:
    sku = house.shelve()
    order = house.order(sku, pays="challenge")
    house.harm(Fault.model_validate({"harm": harm, "operation": "resume", "order_id": order, "times": 20}))

    house.walk(order)

    house.recover(order)
    assert violations(house, sku, 1, order) == []


def test_a_payment_that_cannot_be_undone_is_parked_until_an_operator_has_it_tried_again(house: House) -> None:
    sku = house.shelve()
    order = house.order(sku)
    house.harm(
        Fault(harm="fail_before", operation="capture", order_id=order, times=100),
        Fault(harm="lose_request", operation="void", order_id=order, times=100),
        Fault(harm="lose_request", operation="reverse", order_id=order, times=100),
        Fault(harm="lose_request", operation="cancel_unseen", order_id=order, times=100),
    )

    assert house.walk(order) == "Parked"

    parked = house.orders.look(order)
    assert (parked.status, parked.parked) == (Status.UNDOING, True)
    assert house.stock(sku) == (1, 1)
    assert (house.tenant, order) not in standing(house)  # it waits for nobody but an operator
    house.recover(order)
    done = house.orders.look(order)
    assert (done.status, done.parked) == (Status.CANCELLED, False)
    assert violations(house, sku, 1, order) == []


def pending(house: House, sku: str) -> str:
    """An order whose gateway has yet to say whether it holds the money, and whose shop has cancelled it."""
    order = house.order(sku, pays="pending")
    saga.reserve(house.orders, order)
    assert saga.authorize(house.tenant, order, desk=house.desk(), deadline=Deadline(20_000)) == "waiting"
    house.orders.cancel(order)
    return order


def undone(house: House, order: str) -> str:
    return saga.compensate(house.tenant, order, "Asked", desk=house.desk(), deadline=Deadline(20_000))


def test_a_cancelled_payment_that_the_bank_has_yet_to_answer_is_undone_once_it_has(house: House) -> None:
    sku = house.shelve()
    order = pending(house, sku)

    assert house.walk(order, "undo") == "Undone"

    done = house.orders.look(order)
    assert (done.status, house.stock(sku), house.parked) == (Status.CANCELLED, (1, 0), [])
    assert house.walk(order) == "Undone"  # the execution that waited for the bank sees it, and releases nothing twice
    house.recover(order)
    assert violations(house, sku, 1, order) == []


def test_a_gateway_that_cannot_undo_yet_is_waited_for_and_not_asked_again_and_again(house: House) -> None:
    sku = house.shelve()
    house.harm(Fault(harm="decline", operation="reverse", times=1))
    order = pending(house, sku)

    assert undone(house, order) == "waiting"
    house.webhooks()  # Adyen: that it could not
    if house.orders.look(order).is_unseen:
        saga.ask_again(house.tenant, order, desk=house.desk(), deadline=Deadline(20_000))
    before = len(house.double.calls)

    assert [undone(house, order) for _ in range(20)] == ["waiting"] * 20

    assert {call.operation for call in house.double.calls[before:]} <= {"find"}  # Stripe is looked at, Adyen tells
    assert house.stock(sku) == (1, 1)
    house.double.settle()
    house.webhooks()
    house.walk(order, "undo")
    house.recover(order)
    assert house.orders.look(order).status is Status.CANCELLED
    assert violations(house, sku, 1, order) == []


def test_a_payment_that_nobody_decides_is_parked_when_its_time_is_over_and_resumed_with_as_long_again(
    house: House,
) -> None:
    sku = house.shelve()
    house.harm(Fault(harm="later", operation="reverse", times=9))
    order = pending(house, sku)

    house.late = timedelta(hours=47)
    assert undone(house, order) == "waiting"
    house.late = timedelta(hours=49)
    with pytest.raises(saga.UndoRefused):
        undone(house, order)

    saga.give_up(house.tenant, order, "UndoRefused", desk=house.desk())
    house.run(
        "update shopwright.purchase set undo_since = undo_since - interval '49 hours' "
        "where merchant_id = %(m)s and id = %(o)s",
        o=order,
    )
    house.late = timedelta(0)
    house.orders.resume(order)
    assert undone(house, order) == "waiting"
    assert house.walk(order, "undo") == "Undone"
    house.recover(order)
    assert house.orders.look(order).parked is False
    assert violations(house, sku, 1, order) == []


def test_a_sale_that_is_cancelled_while_its_money_is_being_taken_is_given_back(house: House) -> None:
    sku = house.shelve()
    order = house.order(sku)
    house.harm(Fault(harm="later", operation="capture", order_id=order))
    desk, deadline = house.desk(), Deadline(20_000)
    saga.reserve(house.orders, order)
    saga.authorize(house.tenant, order, desk=desk, deadline=deadline)
    saga.confirm(house.orders, order)
    assert saga.capture(house.tenant, order, desk=desk, deadline=deadline) == "waiting"
    house.orders.cancel(order)

    assert house.walk(order, "undo") == "Undone"

    house.recover(order)
    assert (house.orders.look(order).status, house.parked) == (Status.CANCELLED, [])
    assert violations(house, sku, 1, order) == []


def test_an_order_that_was_parked_twice_is_undone_once_more_and_not_twice(house: House) -> None:
    order = house.order()
    house.orders.cancel(order)
    house.orders.park(order, "OutcomeUnknown")
    parked = json.dumps({"merchant_id": house.tenant.merchant_id, "order_id": order, "begin": "reserve"})
    begun: list[str] = []
    with mock_aws():
        sqs = boto3.client("sqs", region_name="eu-west-1")
        queue = Queue(sqs.create_queue(QueueName="parked")["QueueUrl"], lambda: sqs)
        for _ in range(2):
            queue.send(parked)
        desk = resume_sagas.Desk(queue, house.all_orders.of, lambda tenant, one, saga, attempt: begun.append(one))

        said = resume_sagas.build(lambda: desk)({}, Context(remaining_ms=60_000))

    assert (begun, said["resumed"], said["left"]) == ([order], 2, 0)
    house.walk(order, "undo")


def test_what_is_no_proof_leaves_the_banks_question_standing(house: House) -> None:
    order = house.order(pays="challenge")
    desk, deadline = house.desk(), Deadline(5000)
    saga.reserve(house.orders, order)
    assert saga.authorize(house.tenant, order, desk=desk, deadline=deadline) == "waiting"
    subject = house.orders.look(order).subject
    house.orders.prove(order, house.wallet.keep_proof(house.tenant, subject, {"utm_source": "mail"}))

    assert saga.authorize(house.tenant, order, desk=desk, deadline=deadline) == "waiting"
    assert house.orders.look(order).payment.proof == ""
    house.bank()
    assert saga.authorize(house.tenant, order, desk=desk, deadline=deadline) == "authorized"
    house.orders.cancel(order)
    house.walk(order, "undo")
    house.recover(order)


def test_an_expired_hold_is_released_and_one_whose_money_is_held_is_not(house: House) -> None:
    sku = house.shelve()
    order = house.order(sku)
    house.orders.reserve(order, for_s=1)
    house.run(
        "update shopwright.reservation set expires_at = now() - interval '1 minute' where order_id = %(o)s", o=order
    )
    house.orders.ask(order)

    assert house.orders.expire(order) is False

    house.run("update shopwright.payment set state = 'none' where order_id = %(o)s", o=order)
    assert house.orders.expire(order) is True
    house.recover(order)
    assert house.orders.look(order).payment.state is State.NONE
    assert violations(house, sku, 1, order) == []


def test_orders_that_wait_for_their_gateway_keep_no_other_from_being_looked_after(house: House) -> None:
    waiting, lost = [house.order(who=f"w{number}") for number in range(3)], house.order(who="lost")
    for order in (*waiting, lost):
        house.orders.reserve(order, for_s=3600)
        house.orders.ask(order)
    for age, order in enumerate((lost, *waiting)):
        house.run(
            "update shopwright.purchase set changed_at = now() - make_interval(years => 1, hours => %(h)s) "
            "where id = %(o)s",
            h=age,
            o=order,
        )
    looked: list[str] = []
    clock = itertools.count()

    def runs(order: Order) -> bool:
        looked.append(order.id)
        return order.id != lost

    def round_of(seconds: int) -> sweep.Swept:
        desk = sweep.Desk(house.all_orders, lambda tenant, order, begin: looked.append(begin), runs)
        return sweep.sweep(desk, Deadline((seconds + 10) * 1000, now=lambda: next(clock)), page=2)

    first = round_of(3)
    assert looked[:2] == [waiting[2], waiting[1]]
    assert (first.whole, lost in looked) == (False, False)

    round_of(1000)
    assert looked[looked.index(lost) + 1] == "undo"
    assert all(looked.count(one) == 1 for one in (*waiting, lost))
