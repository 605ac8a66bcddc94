"""What a shopper means to buy, and what the shop says of it at that moment."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from shopwright.catalog.offer import Offer
from shopwright.checkout import cart
from shopwright.checkout.cart import (
    Become,
    Bought,
    CartUnavailable,
    Desk,
    Empty,
    Line,
    LineUnusable,
    Put,
    Remove,
    SkuAmbiguous,
    SkuNotSold,
)
from shopwright.errors import Unavailable
from shopwright.money import Money
from shopwright.tenancy.caller import Caller, Role
from shopwright.tenancy.tenant import Tenant

from tests.fakes.carts import FakeCarts

ANN = Caller(Tenant("outdoor"), Role.SHOPPER, "user#ann", frozenset({"shop/chat"}))
TENT = Offer("tent-2p", "p-1", "Tent", "2 persons", Money(19900, "EUR"), 3, "in stock", 5)
STOVE = Offer("stove", "p-2", "Stove", "", Money(4950, "EUR"), 1, "", None)


class Shop:
    """A catalog of a few articles, and everybody's carts."""

    def __init__(self, *offers: Offer) -> None:
        self.offers = list(offers or (TENT, STOVE))
        self.down = False
        self.carts = FakeCarts(lambda: 1_790_000_000)
        self.orders_are_down = False
        self.desk = Desk(
            open=self.carts.open,
            change=self.carts.change,
            offers=self._offers,
            under_way=self._under_way,
            last_names=self._last_names,
        )

    def _last_names(self, caller: Caller, skus: Sequence[str]) -> dict[str, str]:
        if self.orders_are_down:
            raise Unavailable("The database did not answer.")
        return {sku: "Tent, 2 persons" for sku in skus if sku == "tent-2p"}

    def _under_way(self, caller: Caller) -> Sequence[Bought]:
        if self.orders_are_down:
            raise Unavailable("The database did not answer.")
        return ()

    def _offers(self, caller: Caller, skus: Sequence[str]) -> dict[str, tuple[Offer, ...]]:
        if self.down:
            raise Unavailable("The catalog did not answer.")
        named = {sku: tuple(one for one in self.offers if one.sku == sku) for sku in skus}
        return {sku: found for sku, found in named.items() if found}

    def put(self, sku: str, quantity: int = 1, **more: Any) -> cart.Priced:
        return cart.change(ANN, Put(Line(sku, quantity)), desk=self.desk, **more)


def test_a_cart_shows_what_the_catalog_says_at_that_moment() -> None:
    shop = Shop()
    shop.put("tent-2p", 2)
    assert shop.put("stove").total == Money(2 * 19900 + 4950, "EUR")

    shop.offers[0] = replace(TENT, price=Money(17900, "EUR"), price_version=4)

    shown = cart.show(ANN, desk=shop.desk)
    assert [line.total for line in shown.lines] == [Money(2 * 17900, "EUR"), Money(4950, "EUR")]
    assert shown.total == Money(2 * 17900 + 4950, "EUR")


def test_nothing_that_the_shop_may_change_is_kept_in_a_cart() -> None:
    shop = Shop()
    shop.put("tent-2p", 2, request_id="r-1")

    kept = repr(shop.carts.kept)

    assert not [word for word in ("Tent", "199", "EUR", "in stock") if word in kept]


def test_what_the_shop_does_not_sell_cannot_be_put_into_a_cart() -> None:
    shop = Shop()

    with pytest.raises(SkuNotSold):
        shop.put("unknown")

    assert cart.show(ANN, desk=shop.desk).lines == ()


def test_a_number_that_two_products_share_is_refused_rather_than_guessed() -> None:
    shop = Shop(TENT, replace(STOVE, sku="tent-2p"))

    with pytest.raises(SkuAmbiguous):
        shop.put("tent-2p")


@pytest.mark.parametrize(
    ("now", "trouble"),
    [
        (None, "not_sold"),
        ({"price": None}, "no_price"),
        ({"left": 0}, "out_of_stock"),
        ({"left": None, "availability": "out of stock"}, "out_of_stock"),
        ({"left": 1}, "too_few_left"),
        ({"left": 2, "availability": "out of stock"}, None),
        ({"left": None}, None),
    ],
)
def test_a_line_says_why_it_cannot_be_bought(now: dict[str, Any] | None, trouble: str | None) -> None:
    shop = Shop()
    shop.put("tent-2p", 2)

    shop.offers[0:1] = [] if now is None else [replace(TENT, **now)]

    (line,) = cart.show(ANN, desk=shop.desk).lines
    assert line.trouble == trouble


def test_there_is_no_sum_while_a_line_has_no_price_or_two_currencies_are_mixed() -> None:
    for other in (replace(STOVE, price=None), replace(STOVE, price=Money(4950, "GBP"))):
        shop = Shop(TENT, other)
        shop.put("tent-2p")
        assert shop.put("stove").total is None
    assert cart.show(replace(ANN, subject="user#bob"), desk=shop.desk).total is None


def test_without_the_catalog_a_cart_still_shows_its_lines_and_lets_go_of_them() -> None:
    shop = Shop()
    shop.put("tent-2p", 2)
    shop.put("stove")
    shop.down = True

    shown = cart.show(ANN, desk=shop.desk)
    assert ([line.line for line in shown.lines], shown.prices_known, shown.total) == (
        [Line("tent-2p", 2), Line("stove", 1)],
        False,
        None,
    )
    after = cart.change(ANN, Remove("stove"), desk=shop.desk)
    assert [line.line for line in after.lines] == [Line("tent-2p", 2)]
    with pytest.raises(Unavailable):
        shop.put("stove")  # nobody can say now whether it is sold
    assert cart.change(ANN, Empty(), desk=shop.desk).lines == ()


def test_without_the_table_a_cart_is_named_as_unavailable() -> None:
    shop = Shop()
    shop.carts.down = True

    with pytest.raises(CartUnavailable):
        cart.show(ANN, desk=shop.desk)


@pytest.mark.parametrize("quantity", [0, -1, 100, 10**9, True, 1.5, "2"])
def test_a_line_has_one_to_ninety_nine_of_an_article(quantity: Any) -> None:
    with pytest.raises(LineUnusable):
        Line("tent-2p", quantity)


@pytest.mark.parametrize("sku", ["", " ", "x" * 201, "a\nb", "\0", "\ud800"])
def test_what_cannot_be_an_article_number_is_refused(sku: str) -> None:
    for line in (Line, lambda sku, _: Remove(sku)):
        with pytest.raises(LineUnusable):
            line(sku, 1)


@pytest.mark.parametrize("request_id", ["", " ", "x" * 65, "r-1 " + "x" * 65])
def test_a_request_id_has_a_bound(request_id: str) -> None:
    with pytest.raises(LineUnusable):
        Shop().put("tent-2p", request_id=request_id)


def test_without_the_orders_a_cart_is_shown_with_its_prices_and_nobody_says_what_is_being_paid_for() -> None:
    shop = Shop()
    shop.orders_are_down = True

    shown = shop.put("tent-2p", 2)

    assert (shown.left_out, shown.total) == (None, Money(2 * 19900, "EUR"))


def test_what_comes_in_with_several_changes_must_be_sold_and_what_is_there_may_stay() -> None:
    shop = Shop()
    shop.put("tent-2p", 2)
    shop.offers = [STOVE]

    with pytest.raises(SkuNotSold):
        cart.change(ANN, Become((Line("tent-2p", 3),)), desk=shop.desk)
    lines = (Line("tent-2p", 1), Line("stove", 1))
    assert cart.change(ANN, Become(lines), desk=shop.desk).cart.lines == lines


def test_what_is_sold_no_more_is_told_by_what_it_was_called_where_that_is_known() -> None:
    shop = Shop()
    shop.put("tent-2p")
    shop.put("stove")
    shop.offers = []

    assert [line.title for line in cart.show(ANN, desk=shop.desk).lines] == ["Tent, 2 persons", None]
    shop.orders_are_down = True
    assert [line.title for line in cart.show(ANN, desk=shop.desk).lines] == [None, None]
