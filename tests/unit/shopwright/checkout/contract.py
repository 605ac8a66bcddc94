"""What every keeper of carts must do, whatever it keeps them in: held against the fake, moto and the laptop's DynamoDB.

Each function takes `carts` (whose `of` gives one shopper's cart) and `clock`.
"""

from typing import Any

import pytest
from shopwright.checkout.cart import (
    LIFETIME_S,
    MAX_LINES,
    MAX_QUANTITY,
    REMEMBERED,
    Add,
    Become,
    Bought,
    Cart,
    CartChanged,
    CartFull,
    Empty,
    Line,
    LineUnusable,
    Put,
    Remove,
    RequestReused,
    Take,
)
from shopwright.tenancy.tenant import Tenant

OUTDOOR, KITCHEN = Tenant("outdoor"), Tenant("kitchen")


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.time = 1_790_000_000.0

    def __call__(self) -> float:
        return self.time


def make_table(dynamodb: Any, name: str = "carts") -> None:
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": part, "AttributeType": "S"} for part in ("merchant_id", "item")],
        KeySchema=[
            {"AttributeName": "merchant_id", "KeyType": "HASH"},
            {"AttributeName": "item", "KeyType": "RANGE"},
        ],
    )


def put(sku: str, quantity: int = 1) -> Put:
    return Put(Line(sku, quantity))


def test_a_cart_keeps_its_lines_in_the_order_in_which_they_came(carts: Any) -> None:
    ann = carts.of(OUTDOOR, "user#ann")
    assert ann.open() == Cart()

    ann.change(put("tent-2p", 1))
    ann.change(put("peg-ü/7", 12))
    after = ann.change(put("tent-2p", 2))

    assert after.lines == (Line("tent-2p", 2), Line("peg-ü/7", 12))
    assert ann.open() == after


def test_what_is_added_comes_on_top_once_for_each_request_and_has_its_bound(carts: Any) -> None:
    ann = carts.of(OUTDOOR, "user#ann")

    ann.change(Add(Line("tent-2p", 2)), request_id="r-1")
    ann.change(Add(Line("tent-2p", 2)), request_id="r-1")
    assert ann.change(Add(Line("tent-2p", 1)), request_id="r-2").lines == (Line("tent-2p", 3),)

    with pytest.raises(LineUnusable):
        ann.change(Add(Line("tent-2p", MAX_QUANTITY)))
    assert ann.open().lines == (Line("tent-2p", 3),)


def test_what_is_taken_out_is_taken_once_for_each_request_and_leaves_the_rest(carts: Any) -> None:
    ann = carts.of(OUTDOOR, "user#ann")
    ann.change(put("tent-2p", 5))
    ann.change(put("stove", 1))

    ann.change(Take(Line("tent-2p", 1)), request_id="r-1")
    ann.change(Take(Line("tent-2p", 1)), request_id="r-1")
    assert ann.change(Take(Line("tent-2p", 2)), request_id="r-2").lines == (Line("tent-2p", 2), Line("stove", 1))

    assert ann.change(Take(Line("tent-2p", 9))).lines == (Line("stove", 1),)  # there were no more
    assert ann.change(Take(Line("tent-2p", 1))).lines == (Line("stove", 1),)


def test_several_changes_at_once_are_made_of_the_cart_that_was_read_or_not_at_all(carts: Any) -> None:
    ann = carts.of(OUTDOOR, "user#ann")
    read = ann.change(put("tent-2p", 5))
    wanted = Become((Line("tent-2p", 1), Line("stove", 2)))

    after = ann.change(wanted, request_id="r-1", if_version=read.version)
    assert after.lines == wanted.lines
    assert ann.change(wanted, request_id="r-1", if_version=read.version) == after  # the same one again
    with pytest.raises(CartChanged):
        ann.change(Become(()), request_id="r-2", if_version=read.version)
    with pytest.raises(RequestReused):
        ann.change(Become(()), request_id="r-1", if_version=after.version)
    with pytest.raises(CartFull):
        ann.change(Become(tuple(Line(f"sku-{number}", 1) for number in range(MAX_LINES + 1))))
    assert ann.change(Become(())).lines == ()


def test_a_request_is_known_again_by_either_of_its_names(carts: Any) -> None:
    ann = carts.of(OUTDOOR, "user#ann")
    ann.change(Add(Line("tent-2p", 1)), request_id="delivery-1 said-1")

    ann.change(Add(Line("tent-2p", 1)), request_id="delivery-2 said-1")  # the same words at the same moment
    ann.change(Add(Line("tent-2p", 1)), request_id="delivery-1 said-2")  # the same delivery, later

    assert ann.open().lines == (Line("tent-2p", 1),)
    assert ann.change(Add(Line("tent-2p", 1)), request_id="delivery-3 said-3").lines == (Line("tent-2p", 2),)


def test_what_was_bought_leaves_the_cart_once_and_what_was_added_since_stays(carts: Any, clock: Clock) -> None:
    ann = carts.of(OUTDOOR, "user#ann")
    ann.change(put("tent-2p", 2))
    order = Bought("o-1", (Line("tent-2p", 2), Line("peg", 1)))
    ann.change(Add(Line("tent-2p", 1)))
    ann.change(put("stove"))

    assert ann.change(order).lines == (Line("tent-2p", 1), Line("stove", 1))
    for number in range(REMEMBERED):
        ann.change(put("mat", number % 9 + 1), request_id=f"r-{number}")
    ann.change(Remove("mat"))
    assert ann.change(order).lines == (Line("tent-2p", 1), Line("stove", 1))  # told again, much later

    clock.time += LIFETIME_S
    ann.change(put("tent-2p", 1))
    assert ann.change(order).lines == (Line("tent-2p", 1),)


def test_an_order_whose_goods_had_left_the_cart_takes_nothing_that_comes_afterwards(carts: Any) -> None:
    ann = carts.of(OUTDOOR, "user#ann")
    order = Bought("o-1", (Line("tent-2p", 1),))
    ann.change(order)

    ann.change(put("tent-2p"))

    assert ann.change(order).lines == (Line("tent-2p", 1),)
    assert ann.change(Bought("o-2", (Line("tent-2p", 1),))).lines == ()


def test_nobody_sees_the_cart_of_another_shopper_or_merchant(carts: Any) -> None:
    carts.of(OUTDOOR, "user#ann").change(put("tent-2p"))

    assert carts.of(OUTDOOR, "user#bob").open() == Cart()
    assert carts.of(KITCHEN, "user#ann").open() == Cart()
    carts.of(KITCHEN, "user#ann").change(Empty())
    assert carts.of(OUTDOOR, "user#ann").open().lines == (Line("tent-2p", 1),)


def test_the_same_request_twice_has_one_effect(carts: Any) -> None:
    ann = carts.of(OUTDOOR, "user#ann")
    first = ann.change(put("tent-2p", 2), request_id="r-1")
    ann.change(Remove("tent-2p"), request_id="r-2")

    again = ann.change(put("tent-2p", 2), request_id="r-1")  # the answer was lost, and it comes once more, late

    assert first.lines == (Line("tent-2p", 2),)
    assert again.lines == ann.open().lines == ()


def test_one_request_id_is_for_one_change(carts: Any) -> None:
    ann = carts.of(OUTDOOR, "user#ann")
    ann.change(put("tent-2p", 2), request_id="r-1")

    for other in (put("tent-2p", 3), Remove("tent-2p"), Empty()):
        with pytest.raises(RequestReused):
            ann.change(other, request_id="r-1")

    assert ann.open().lines == (Line("tent-2p", 2),)


def test_the_newest_requests_are_known_again_and_no_more_are_kept(carts: Any) -> None:
    ann = carts.of(OUTDOOR, "user#ann")
    for number in range(REMEMBERED + 2):
        ann.change(put("tent-2p", number % 9 + 1), request_id=f"r-{number}")
    version = ann.open().version

    ann.change(put("tent-2p", 3), request_id="r-2")
    assert ann.open().version == version
    ann.change(put("tent-2p", 1), request_id="r-0")  # forgotten: it is a new request
    assert ann.open().version > version


def test_a_change_to_a_cart_that_is_not_the_one_that_was_read_is_refused(carts: Any) -> None:
    ann = carts.of(OUTDOOR, "user#ann")
    read = ann.change(put("tent-2p"), if_version=0)
    ann.change(put("stove"), if_version=read.version)

    with pytest.raises(CartChanged):
        ann.change(put("mat"), if_version=read.version)
    assert {line.sku for line in ann.open().lines} == {"tent-2p", "stove"}


def test_a_version_grows_with_every_change_and_with_nothing_else(carts: Any) -> None:
    ann = carts.of(OUTDOOR, "user#ann")
    versions = [ann.change(put("tent-2p", quantity)).version for quantity in (1, 2, 2, 3)]

    assert versions[0] < versions[1] == versions[2] < versions[3]
    assert ann.change(Remove("never there")).version == versions[3]
    assert ann.change(Empty()).version > versions[3]


def test_a_cart_expires_a_while_after_its_last_change_and_its_versions_never_come_again(
    carts: Any, clock: Clock
) -> None:
    ann = carts.of(OUTDOOR, "user#ann")
    old = ann.change(put("tent-2p"))
    clock.time += LIFETIME_S - 1
    assert ann.open() == old

    clock.time += 1

    assert ann.open().lines == ()
    anew = ann.change(put("tent-2p"))
    assert anew.lines == old.lines
    assert anew.version > old.version


def test_a_cart_has_so_many_lines_and_no_more(carts: Any) -> None:
    ann = carts.of(OUTDOOR, "user#ann")
    for number in range(MAX_LINES):
        ann.change(put(f"sku-{number}"))

    with pytest.raises(CartFull):
        ann.change(put("one more"))
    ann.change(put("sku-7", 99))  # what is in it may still change

    assert len(ann.open().lines) == MAX_LINES
    assert ann.open().lines[7] == Line("sku-7", 99)
