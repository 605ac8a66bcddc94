"""What follows a payment, over the real database: each event has one effect, and no count is anybody else's."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from shopwright.checkout.aurora import Announcement, EventUnknown, Orders, sales_of
from shopwright.checkout.ids import new_id
from shopwright.checkout.receipt import html, receipt_for
from shopwright.checkout.sales import Popular, Sold
from shopwright.database.connection import PassportRefused
from shopwright.database.views import refresh
from shopwright.tenancy.branding import Branding
from shopwright.tenancy.passport import Passport

from local.gateways.server import Gateways
from tests.integration.checkout.house import SHOPS, House
from tests.integration.checkout.test_orders import paid
from tests.integration.database.conftest import Shop
from tests.integration.database.shop import SIGNER


@pytest.fixture
def kitchen(new_shop: Callable[[], Shop], gateways: Gateways) -> House:
    """A shop that nobody else has sold in: what is counted is what the test sold."""
    return House(new_shop(), gateways, "stripe")


def told(house: House, order: str, kind: str = "OrderPaid") -> Announcement:
    (event,) = [one for one in house.orders.announcements(at_most=10_000) if (one.order_id, one.kind) == (order, kind)]
    return event


def refunded(house: House, order: str) -> Announcement:
    house.orders.refund(order, restock=True)
    house.walk(order, "undo")
    house.recover(order)
    return told(house, order, "OrderRefunded")


def generation(house: House) -> int:
    rows = house.run("select number from shopwright.generation where merchant_id = %(m)s")
    return int(rows[0]["number"]) if rows else 0


def test_a_sale_is_counted_once_though_it_is_told_to_many_at_once(kitchen: House) -> None:
    sku, order = paid(kitchen)
    event = told(kitchen, order)

    def count(_: int) -> bool:
        return Orders(kitchen.shop.database(), SIGNER).of(kitchen.tenant).count_sale(event.id)

    with ThreadPoolExecutor(8) as at_once:
        came = list(at_once.map(count, range(8)))

    assert sorted(came) == [False] * 7 + [True]
    refresh(kitchen.database)
    counted = sales_of(kitchen.database, SIGNER.sign(kitchen.tenant))
    total = kitchen.orders.look(order).total
    assert counted.by_currency == (Sold("GBP", 1, total.minor, 0, 0),)
    assert counted.popular == (Popular(sku, sku, 1, 1),)


def test_what_is_counted_is_what_the_orders_say_and_a_refund_leaves_the_favourites(kitchen: House) -> None:
    one, other = kitchen.shelve(stock=9), kitchen.shelve(stock=9)
    orders = []
    for number, (sku, quantity) in enumerate(((one, 1), (other, 2), (other, 3))):
        who = f"shopper{number}"
        order = kitchen.order(sku, who=who, quantity=quantity)
        kitchen.walk(order)
        kitchen.recover(order)
        orders.append(order)
        kitchen.orders.count_sale(told(kitchen, order).id)
    totals = [kitchen.orders.look(order).total.minor for order in orders]
    kitchen.orders.count_sale(refunded(kitchen, orders[0]).id)
    kitchen.orders.count_sale(told(kitchen, orders[0], "OrderPlaced").id)  # tells of no money

    refresh(kitchen.database)
    counted = sales_of(kitchen.database, SIGNER.sign(kitchen.tenant))

    assert counted.by_currency == (Sold("GBP", 3, sum(totals), 1, totals[0]),)
    assert counted.popular == (Popular(other, other, 2, 5),)


def test_another_shop_sees_nothing_of_it_and_cannot_take_its_events(kitchen: House) -> None:
    _, order = paid(kitchen)
    event = told(kitchen, order)
    outdoor = kitchen.all_orders.of(SHOPS["adyen"])

    for act in (outdoor.told, outdoor.count_sale, outdoor.stock_changed):
        with pytest.raises(EventUnknown):
            act(event.id)
    kitchen.orders.count_sale(event.id)
    refresh(kitchen.database)

    theirs = sales_of(kitchen.database, SIGNER.sign(SHOPS["adyen"]))
    assert (theirs.by_currency, theirs.popular) == ((), ())
    with pytest.raises(PassportRefused):
        sales_of(kitchen.database, Passport(kitchen.tenant, "k1.kitchen.1.00"))


def test_what_was_never_told_is_acted_on_by_nobody(house: House) -> None:
    before = generation(house)

    for act in (house.orders.told, house.orders.count_sale, house.orders.stock_changed):
        with pytest.raises(EventUnknown):
            act(new_id())

    assert generation(house) == before


def test_kept_answers_end_once_for_a_sale_and_the_stock_is_not_taken_a_second_time(house: House) -> None:
    sku, order = paid(house)  # the last one
    event, left, before = told(house, order), house.stock(sku), generation(house)

    assert house.orders.stock_changed(event.id) == (sku,)
    assert generation(house) == before + 1
    assert house.orders.stock_changed(event.id) is None

    assert generation(house) == before + 1
    assert house.stock(sku) == left == (0, 0)


def test_what_came_back_to_the_shelf_is_told_too_and_is_not_sold_out(house: House) -> None:
    sku, order = paid(house)
    event = refunded(house, order)
    before = generation(house)

    assert house.orders.stock_changed(event.id) == ()
    assert (generation(house), house.stock(sku)) == (before + 1, (1, 0))


def test_one_who_acts_on_an_event_does_not_use_it_up_for_the_others(house: House) -> None:
    _, order = paid(house)
    event = told(house, order)

    assert house.orders.count_sale(event.id)
    assert house.orders.stock_changed(event.id) is not None
    assert house.orders.told(event.id) == event


def test_a_receipt_says_what_was_agreed_to_and_paid(house: House) -> None:
    sku, order = paid(house)
    event, bought = told(house, order), house.orders.look(order)

    receipt = receipt_for(bought, paid_at=event.at, branding=Branding(name="The Shop", currency="GBP"))

    assert receipt.total == bought.total
    assert receipt.goods.minor + receipt.delivery.minor == receipt.total.minor
    assert sum(line.total.minor for line in receipt.lines) == receipt.goods.minor
    assert receipt.paid_by.lower() == house.vendor
    page = html(receipt)
    for said in (sku, str(receipt.total), str(receipt.tax), order):
        assert said in page
    for secret in (bought.payment.instrument, bought.payment.reference, bought.subject):
        assert secret
        assert secret not in page
