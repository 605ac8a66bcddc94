"""What the terms of a cart are while orders of the same shopper are under way: nothing is sold twice."""

from dataclasses import replace

import pytest
from shopwright.catalog.offer import Offer
from shopwright.checkout.cart import Bought, Cart, LeftOut, Line, Priced, Shown
from shopwright.checkout.quote import CartBeingBought, LineTroubled, Quote, differences, make
from shopwright.checkout.terms import Terms
from shopwright.money import Money
from shopwright.tenancy.caller import Caller, Role
from shopwright.tenancy.tenant import Tenant

ANN = Caller(Tenant("outdoor"), Role.SHOPPER, "user#ann", frozenset())
PRICES = {"PAN": 3000, "WOK": 5000}


def quoted(*lines: Line, under_way: tuple[Bought, ...] = (), taken: tuple[str, ...] = (), left: int = 9) -> Quote:
    shown = tuple(
        Shown(line, Offer(line.sku, line.sku, line.sku.title(), "", Money(PRICES[line.sku], "GBP"), 1, "", left))
        for line in lines
    )
    terms = Terms(Money(395, "GBP"), None, 2000)
    cart = Priced(Cart(7, lines, 0, taken), shown)
    return make(ANN, cart, terms, under_way=under_way, gateway="stripe", instrument="tok", now=0, nonce="n")


def order(number: int, *lines: Line) -> Bought:
    return Bought(f"o-{number}", lines)


def test_the_terms_are_of_what_the_cart_has_besides_the_orders_under_way() -> None:
    made = quoted(Line("PAN", 3), Line("WOK", 1), under_way=(order(1, Line("PAN", 1)), order(2, Line("PAN", 1))))

    assert [(line.sku, line.quantity, line.total_minor) for line in made.lines] == [("PAN", 1, 3000), ("WOK", 1, 5000)]
    assert made.total_minor == 3000 + 5000 + 395
    assert made.left_out == (LeftOut("o-1", "PAN", "Pan", 1), LeftOut("o-2", "PAN", "Pan", 1))


def test_the_last_one_that_an_order_holds_is_being_bought_and_not_sold_out() -> None:
    with pytest.raises(CartBeingBought, match=r"1 x Pan \(order o-1\)"):
        quoted(Line("PAN", 1), under_way=(order(1, Line("PAN", 2)),), left=0)


def test_an_order_that_the_cart_has_lost_its_goods_to_is_over() -> None:
    made = quoted(Line("PAN", 1), under_way=(order(1, Line("PAN", 1)),), taken=("o-1",))

    assert (made.lines[0].quantity, made.left_out) == (1, ())


def test_a_refusal_names_the_first_few_of_many() -> None:
    lines = (Line("PAN", 4), Line("WOK", 1))
    orders = (*(order(number, Line("PAN", 1)) for number in range(4)), order(9, Line("WOK", 1)))

    with pytest.raises(CartBeingBought, match=r"o-2\) and 2 more\."):
        quoted(*lines, under_way=orders)


def test_other_orders_under_way_are_other_terms() -> None:
    agreed = quoted(Line("PAN", 2), under_way=(order(1, Line("PAN", 1)),))
    now = replace(agreed, left_out=(LeftOut("o-2", "PAN", "Pan", 1),))

    assert differences(agreed, now) == ("What of the cart is being paid for in another order has changed.",)
    assert agreed.id != now.id


@pytest.mark.parametrize(("was", "called"), [("Frying Pan", "Frying Pan"), (None, "PAN")])
def test_what_is_sold_no_more_is_refused_by_its_name_where_that_is_known(was: str | None, called: str) -> None:
    cart = Priced(Cart(1, (Line("PAN", 1),)), (Shown(Line("PAN", 1), None, was=was),))
    terms = Terms(Money(395, "GBP"), None, 2000)

    with pytest.raises(LineTroubled, match=f"does not sell {called} any more"):
        make(ANN, cart, terms, under_way=(), gateway="stripe", instrument="tok", now=0)
