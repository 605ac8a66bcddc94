"""What a shop does about its orders, what is told of them, and whether the books and the gateway agree."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import cast

import pytest
from shopwright.checkout import ids, reconcile, saga
from shopwright.checkout.aurora import (
    Difference,
    OrderNotPaid,
    OrderPaidAlready,
    Orders,
    RefundedWithoutGoods,
)
from shopwright.checkout.cart import REMEMBERED
from shopwright.checkout.gateways import Event, Gateway, Misconfigured, OutcomeUnknown, Payment, Told
from shopwright.checkout.order import News, OrderUnknown, Placing, State, Status
from shopwright.checkout.quote import CartBeingBought
from shopwright.database.connection import QueryFailed
from shopwright.money import Money
from shopwright.resilience.deadline import Deadline
from shopwright.runtime.tooling import own_orders
from shopwright.tenancy.tenant import Tenant

from local.gateways.server import Gateways
from tests.integration.checkout.house import SHOPS, House, in_cart, violations
from tests.integration.database.conftest import Shop
from tests.integration.database.shop import SIGNER


def paid(house: House, **more: object) -> tuple[str, str]:
    sku = house.shelve(stock=1)
    order = house.order(sku, **more)  # type: ignore[arg-type]  # the names are `order`'s own
    assert house.walk(order) == "Paid"
    return sku, order


@pytest.mark.parametrize(("restock", "left"), [(False, 0), (True, 1)])
def test_a_shop_gives_the_whole_of_it_back_once(house: House, restock: bool, left: int) -> None:
    sku, order = paid(house)

    house.orders.refund(order, restock=restock)
    assert house.walk(order, "undo") == "Undone"
    house.recover(order)

    assert house.orders.look(order).status is Status.REFUNDED
    assert house.stock(sku) == (left, 0)
    assert set(house.orders.books(order).values()) == {0}
    charged = house.ledger(order)
    assert charged is not None
    assert (charged.captured, charged.refunded) == (charged.captured, charged.captured)

    house.orders.refund(order, restock=restock)
    assert house.walk(order, "undo") == "Undone"
    again = house.ledger(order)
    assert again == charged


def test_goods_do_not_come_back_by_a_second_refund_and_the_shop_is_told(house: House) -> None:
    sku, order = paid(house)
    house.orders.refund(order, restock=False)

    with pytest.raises(RefundedWithoutGoods, match="drop a feed with the new count"):
        house.orders.refund(order, restock=True)
    assert house.walk(order, "undo") == "Undone"
    with pytest.raises(RefundedWithoutGoods):
        house.orders.refund(order, restock=True)

    assert house.stock(sku) == (0, 0)


def test_the_chat_finds_a_shoppers_own_orders_and_nobody_elses(house: House) -> None:
    _, order = paid(house)
    mine = own_orders(house.database, SIGNER)

    assert [(one.id, one.shown) for one in mine(house.shopper("ann"), None)] == [(order, "paid")]
    assert [one.id for one in mine(house.shopper("ann"), order)] == [order]
    assert list(mine(house.shopper("bob"), None)) == []
    elsewhere = replace(house.shopper("ann"), tenant=Tenant("nobody-shop"))
    assert list(mine(elsewhere, None)) == []
    for caller in (house.shopper("bob"), elsewhere):
        with pytest.raises(OrderUnknown):
            mine(caller, order)


def test_what_is_not_paid_is_not_refunded_and_what_is_paid_is_not_cancelled(house: House) -> None:
    open_order = house.order(house.shelve())
    with pytest.raises(OrderNotPaid):
        house.orders.refund(open_order, restock=False)

    _, paid_order = paid(house, who="bob")
    with pytest.raises(OrderPaidAlready):
        house.orders.cancel(paid_order)


def test_a_shop_cancels_an_order_whose_shopper_is_at_their_bank(house: House) -> None:
    sku = house.shelve()
    order = house.order(sku, pays="challenge")
    desk = house.desk()
    saga.reserve(house.orders, order)
    assert saga.authorize(house.tenant, order, desk=desk, deadline=Deadline(20_000)) == "waiting"

    house.orders.cancel(order)
    assert house.walk(order, "undo") == "Undone"
    assert house.walk(order) == "Undone"  # the execution that waited finds it cancelled

    house.recover(order)
    assert house.orders.look(order).reason == "cancelled_by_shop"
    assert violations(house, sku, 1, order) == []


def test_one_cart_is_bought_once_at_a_time(house: House) -> None:
    sku = house.shelve(stock=5)
    first = house.order(sku)
    with pytest.raises(CartBeingBought, match=first):
        house.quote()

    house.orders.cancel(first)
    house.walk(first, "undo")
    third = house.quote()
    assert house.walk(house.agree(third, request="r-3")) == "Paid"


def begun(house: House, sku: str, how_far: str) -> str:
    """An order of one article whose money has been asked for, and not been taken."""
    order = house.order(sku, pays="ok" if how_far == "placed" else how_far)
    saga.reserve(house.orders, order)
    came = saga.authorize(house.tenant, order, desk=house.desk(), deadline=Deadline(20_000))
    assert came == ("authorized" if how_far == "placed" else "waiting")
    if how_far == "placed":
        saga.confirm(house.orders, order)
    return order


@pytest.mark.parametrize("how_far", ["challenge", "pending", "placed"])
def test_what_is_being_paid_for_is_not_sold_again_however_the_cart_has_changed(house: House, how_far: str) -> None:
    sku, other = house.shelve(stock=5), house.shelve(stock=5)
    order = begun(house, sku, how_far)

    house.put(sku, 2)
    house.put(sku, 1)
    with pytest.raises(CartBeingBought, match=f"1 x {sku} .order {order}"):
        house.quote()

    house.put(other, 1)
    besides = house.quote()
    assert [(line.sku, line.quantity) for line in besides.lines] == [(other, 1)]
    assert [(one.order_id, one.sku, one.quantity) for one in besides.left_out] == [(order, sku, 1)]
    second = house.agree(besides, request="r-2")

    house.put(sku, 3)
    more = house.quote()
    assert [(line.sku, line.quantity) for line in more.lines] == [(sku, 2)]

    assert house.walk(order) == "Paid"
    house.recover(order)
    assert in_cart(house) == {sku: 2, other: 1}
    assert house.walk(second) == "Paid"
    house.recover(second)
    assert in_cart(house) == {sku: 2}
    assert [(line.sku, line.quantity) for line in house.quote().lines] == [(sku, 2)]


@pytest.mark.parametrize("how_far", ["challenge", "pending", "placed"])
def test_a_quote_from_before_is_not_agreed_to_while_its_goods_are_paid_for(house: House, how_far: str) -> None:
    sku = house.shelve(stock=5)
    house.put(sku)
    house.put(sku, 2)
    house.put(sku, 1)
    before = house.quote()
    order = begun(house, sku, how_far)

    with pytest.raises(CartBeingBought):
        house.agree(before, request="r-2")
    house.orders.cancel(order)
    house.walk(order, "undo")
    house.recover(order)


def test_two_who_agree_at_once_to_a_cart_that_was_changed_between_them_buy_it_once(house: House) -> None:
    sku = house.shelve(stock=5)
    house.put(sku)
    one = house.quote()
    house.put(sku, 2)
    house.put(sku, 1)
    other = replace(house.quote(), cart_version=one.cart_version + 2)
    placings = [
        Placing(ids.order_id(house.tenant, quoted.nonce), ids.saga_id(house.tenant, quoted.nonce), quoted, {}, "")
        for quoted in (one, other)
    ]

    def place(placing: Placing) -> str:
        orders = Orders(house.shop.database(), SIGNER).of(house.tenant)
        try:
            orders.place(placing)
            orders.place(placing)  # again is no harm
        except CartBeingBought:
            return "refused"
        return "placed"

    with ThreadPoolExecutor(2) as at_once:
        assert sorted(at_once.map(place, placings)) == ["placed", "refused"]
    assert len(house.orders.under_way(house.shopper().subject)) == 1


def test_what_is_paid_and_not_yet_out_of_the_cart_is_not_sold_again(house: House) -> None:
    sku = house.shelve(stock=5)
    order = begun(house, sku, "placed")
    house.orders.ask_capture(order)
    looked = house.orders.look(order)
    house.orders.tell(order, News(Told.CAPTURED, looked.total, looked.payment.reference))
    assert house.orders.look(order).status is Status.PAID
    house.put(sku, 2)

    assert [(line.sku, line.quantity) for line in house.quote().lines] == [(sku, 1)]
    house.carts.of(house.tenant, looked.subject).change(looked.bought)
    assert in_cart(house) == {sku: 1}
    house.put(sku, 4)
    assert [(line.sku, line.quantity) for line in house.quote().lines] == [(sku, 4)]


def test_who_has_bought_more_than_the_cart_remembers_buys_the_same_again(house: House) -> None:
    sku = house.shelve(stock=REMEMBERED + 5)
    for number in range(REMEMBERED + 1):
        house.put(sku, 1)
        order = house.agree(house.quote(), request=f"r-{number}")
        assert house.walk(order) == "Paid"

    house.put(sku, 1)
    assert house.quote().left_out == ()


def test_an_order_that_was_given_up_keeps_nobody_from_buying(house: House) -> None:
    sku = house.shelve(stock=5)
    order = begun(house, sku, "challenge")
    house.orders.cancel(order)

    assert house.quote().left_out == ()
    house.walk(order, "undo")
    house.recover(order)


def test_a_webhook_of_another_amount_changes_nothing_and_waits_for_an_operator(house: House) -> None:
    sku = house.shelve()
    order = house.order(sku)
    saga.reserve(house.orders, order)
    house.orders.ask(order)
    looked = house.orders.look(order)
    event = Event(
        "e-1", Told.CAPTURED, "captured", "ref", f"{looked.saga_id}.1", order, Money(1, "GBP"), datetime.now(UTC)
    )

    assert house.hear(event) == "grave"
    assert house.hear(event) == "grave"

    assert house.orders.look(order).payment.state is State.ASKED
    rows = house.run("select why from shopwright.unplaced_event where merchant_id = %(m)s and told = 'e-1'")
    assert [row["why"] for row in rows] == ["an operator has to look"]
    assert [one.told for one in house.orders.log_of(order) if one.told] == [f"{house.vendor}:e-1"]


def test_nobody_is_asked_to_act_before_it_is_known_what_the_bank_wants(house: House) -> None:
    order = house.order(house.shelve(), who="gus", pays="challenge")
    saga.reserve(house.orders, order)
    house.orders.ask(order)

    house.orders.tell(order, News(Told.CHALLENGED))  # a webhook is first
    assert house.orders.look(order).shown == "pending"

    house.orders.tell(order, News(Told.CHALLENGED, challenge="name in the vault"))
    assert house.orders.look(order).shown == "action_needed"
    house.orders.tell(order, News(Told.VOIDED))  # no bank of a later test is to be asked for it


def test_a_dispute_is_kept_although_the_process_that_was_told_it_ended(house: House) -> None:
    _, order = paid(house, who="dan")
    looked = house.orders.look(order)
    about = {"reference": looked.payment.reference, "name": "", "order_id": "", "amount": looked.total}
    event = Event("e-7", Told.DISPUTED, "dispute", **about, occurred_at=datetime.now(UTC))  # type: ignore[arg-type]  # the names are Event's own
    house.orders.tell(order, News(event.told, event.amount, event.reference, f"{house.vendor}:e-7"))

    assert house.hear(event) == "grave"

    assert house.run("select 1 from shopwright.unplaced_event where merchant_id = %(m)s and told = 'e-7'")
    assert house.orders.look(order).status is Status.PAID


def test_what_has_had_its_effect_and_is_told_again_waits_for_nobody(house: House) -> None:
    order = house.order(house.shelve(), who="fay")
    saga.reserve(house.orders, order)
    house.orders.ask(order)
    looked = house.orders.look(order)
    event = Event(
        "e-8", Told.AUTHORIZED, "authorized", "ref-8", f"{looked.saga_id}.1", order, looked.total, datetime.now(UTC)
    )

    assert [house.hear(event), house.hear(event)] == ["applied", "known"]


def test_a_webhook_about_no_order_of_ours_is_kept(house: House) -> None:
    event = Event("e-9", Told.CAPTURED, "captured", "ref-9", "s-nobody.1", "", None, datetime.now(UTC))

    assert house.hear(event) == "unplaced"

    assert house.run("select 1 from shopwright.unplaced_event where merchant_id = %(m)s and told = 'e-9'")


def test_each_event_of_an_order_is_told_once_in_order(house: House) -> None:
    for tenant in house.all_orders.merchants_telling():
        orders = house.all_orders.of(tenant)
        orders.announced([one.id for one in orders.announcements(at_most=10_000)])
    _, order = paid(house)

    told = [one for one in house.orders.announcements() if one.order_id == order]
    assert [one.kind for one in told] == ["OrderPlaced", "OrderPaid"]
    assert house.tenant in house.all_orders.merchants_telling()

    house.orders.announced([one.id for one in told])
    assert house.orders.announcements() == ()
    assert house.tenant not in house.all_orders.merchants_telling()


@pytest.mark.parametrize(
    "statement",
    [
        "update shopwright.payment_event set amount_minor = 1 where merchant_id = %(m)s",
        "delete from shopwright.payment_event where merchant_id = %(m)s",
        "update shopwright.ledger_entry set amount_minor = 1 where merchant_id = %(m)s",
        "delete from shopwright.ledger_entry where merchant_id = %(m)s",
    ],
)
def test_what_happened_to_money_is_only_ever_added_to(house: House, statement: str) -> None:
    paid(house)

    with pytest.raises(QueryFailed, match=r"42501|SW003"):
        house.run(statement)


def test_books_that_do_not_balance_are_refused(house: House) -> None:
    order = house.order(house.shelve())

    with pytest.raises(QueryFailed, match="SW004"):
        house.run(
            "insert into shopwright.ledger_entry (merchant_id, transaction_id, account, order_id, kind, amount_minor, "
            "currency) values (%(m)s, '01M8AYAYCWCHMS9APBB78FC6YH', 'gateway', %(o)s, 'capture', 5, 'GBP')",
            o=order,
        )


def test_nobody_sees_the_orders_of_another_shop(house: House) -> None:
    _, order = paid(house)
    others = house.all_orders.of(next(tenant for tenant in SHOPS.values() if tenant != house.tenant))

    with pytest.raises(OrderUnknown):
        others.look(order)
    assert order not in {one.id for one in others.page(limit=50)[0]}
    assert others.log_of(order) == ()


def test_a_gateway_that_hangs_keeps_no_other_merchant_out_and_its_own_comes_first_the_night_after(
    house: House, shop: Shop, gateways: Gateways
) -> None:
    other = House(shop, gateways, next(one for one in SHOPS if one != house.vendor))
    for one in (house, other):
        one.run("delete from shopwright.reconciliation where merchant_id = %(m)s")
    mine, theirs = [paid(house, who=f"h{number}")[1] for number in range(4)], paid(other, who="eve")[1]
    today, clock, hangs = datetime.now(UTC).date(), [0.0], {house.tenant}

    class Hanging:
        def find(self, payment: Payment, deadline: Deadline) -> None:
            clock[0] += deadline.left_s()
            raise OutcomeUnknown

    def gateway(tenant: Tenant, vendor: str) -> Gateway:
        if tenant in hangs:
            return cast("Gateway", Hanging())
        return (house if tenant == house.tenant else other).desk().gateway(tenant, vendor)

    def night(day: date) -> reconcile.Reconciled:
        desk = reconcile.Desk(house.all_orders, gateway, Difference)
        return reconcile.reconcile(day, desk, Deadline(60_000, now=lambda: clock[0]))

    def seen(of: House) -> int:
        rows = of.run("select checked from shopwright.reconciliation where merchant_id = %(m)s")
        return sum(row["checked"] for row in rows)

    first = night(today)
    assert (first.unreached, seen(house)) == ((house.tenant.merchant_id,), 0)
    assert seen(other) >= 1

    tomorrow = today + timedelta(days=1)
    assert house.all_orders.reconciliations_due(tomorrow, days_back=6)[0] == (house.tenant, today - timedelta(days=5))
    hangs.clear()
    second = night(tomorrow)
    assert second.unreached == ()
    assert seen(house) >= len(mine)
    assert theirs not in {one.id for one in house.orders.page(limit=50)[0]}


def test_a_merchant_with_many_orders_gives_way_to_the_others(house: House, shop: Shop, gateways: Gateways) -> None:
    other = House(shop, gateways, next(one for one in SHOPS if one != house.vendor))
    for one in (house, other):
        one.run("delete from shopwright.reconciliation where merchant_id = %(m)s")
        paid(one, who="max")
    clock = [0.0]

    def gateway(tenant: Tenant, vendor: str) -> Gateway:
        clock[0] += 30.0 if tenant == house.tenant else 0.0
        raise Misconfigured

    came = reconcile.reconcile(
        datetime.now(UTC).date(),
        reconcile.Desk(house.all_orders, gateway, Difference),
        Deadline(60_000, now=lambda: clock[0]),
    )

    assert other.tenant.merchant_id not in came.unreached
    assert other.run("select 1 from shopwright.reconciliation where merchant_id = %(m)s")


def test_a_difference_that_somebody_made_behind_our_back_is_found(house: House) -> None:
    _, honest = paid(house)
    _, refunded = paid(house, who="bob")
    payment = house.orders.look(refunded).pay(house.tenant)
    house.double.books.entries[payment.reference].refund("re_behind_our_back")
    house.double.take()  # and its webhook was lost

    def gateway(tenant: Tenant, vendor: str) -> Gateway:
        if tenant != house.tenant:
            raise Misconfigured
        return house.desk().gateway(tenant, vendor)

    came = reconcile.reconcile(
        datetime.now(UTC).date(), reconcile.Desk(house.all_orders, gateway, Difference), Deadline(60_000)
    )

    if house.vendor == "adyen":  # which cannot be asked what it holds
        assert came.unasked >= 2
        return
    assert came.differences >= 1
    rows = house.run(
        "select kind, ours, theirs, order_id from shopwright.reconciliation_difference where merchant_id = %(m)s"
    )
    mine = {(row["kind"], row["ours"], row["theirs"]) for row in rows if row["order_id"] == refunded}
    assert mine == {("taken", str(payment.amount.minor), "0")}
    assert honest not in {row["order_id"] for row in rows}
    assert house.run("select 1 from shopwright.reconciliation where merchant_id = %(m)s and differences >= 1")
