"""Whether what is pointed at is so is answered by the shop's own words, and by no price."""

from dataclasses import replace

import pytest
from shopwright.catalog.offer import Overview
from shopwright.grounding.wording import wording
from shopwright.orchestrator import granting
from shopwright.orchestrator.granting import whether_of
from shopwright.orchestrator.intent import By, Kind, Request
from shopwright.orchestrator.item import Item, Shown
from shopwright.orchestrator.wanted import wanted
from shopwright.orchestrator.wish import Outcomes, Whole, Wish

from tests.unit.shopwright.orchestrator.shelf import item, text

NOTHING_MORE = Outcomes(lambda products: {})


def asked(message: str, *items: Item) -> Shown | None:
    return granting.show_whether(_wish(message), items, NOTHING_MORE)


def _wish(message: str, whole: Whole | None = None, overview: Overview | None = None) -> Wish:
    request = Request(Kind.PRODUCT_QUESTION, "", 1.0, True, By.RULE, message, wanted(message))
    return Wish(0, request, message, granting.show_whether, whole=whole, overview=overview)


@pytest.mark.parametrize(
    ("message", "what"),
    [
        ("Is the first one wireless?", "wireless"),
        ("Are they dishwasher safe?", "dishwasher safe"),
        ("Does it have noise cancelling?", "noise cancelling"),
        ("Which of them is wireless?", "wireless"),
        ("Can it go in the dishwasher?", "dishwasher"),
        ("Is the second one cheaper?", ""),
        ("How much is the first one?", ""),
    ],
)
def test_what_is_asked_of_what_is_pointed_at_is_read(message: str, what: str) -> None:
    assert whether_of(message) == what


def test_a_value_says_whether_the_one_pointed_at_is_so() -> None:
    wired, pan = item("Studio Headphones", connectivity="3.5 mm"), item("Pan", dishwasher_safe="yes")

    assert text(asked("Is the first one wireless?", wired)) == (
        "No, by the shop's own words:\nStudio Headphones: connectivity 3.5 mm"
    )
    assert text(asked("Is it dishwasher safe?", pan)) == "Yes, by the shop's own words:\nPan: dishwasher safe yes"


def test_a_description_says_whether_the_one_pointed_at_is_so() -> None:
    said = asked("Does the first one float?", item("Speaker", "A cube. It floats in the pool."))

    assert text(said) == "Yes, by the shop's own words:\nSpeaker: It floats in the pool."


def test_of_what_nobody_says_that_is_told_and_of_it_the_pages_are_asked() -> None:
    jacket = item("Rain Jacket")

    assert text(asked("Is the first one waterproof?", jacket)) == (
        'The description of Rain Jacket says nothing about "waterproof".'
    )
    assert asked("Is it waterproof?", jacket) is None
    assert text(asked("Are any of them waterproof?", jacket, item("Wind Shirt"))) == (
        'None of their descriptions says anything about "waterproof".'
    )


def test_of_several_that_are_pointed_at_each_is_told_of() -> None:
    wired, buds = item("Studio Headphones", connectivity="3.5 mm"), item("Buds", connectivity="Bluetooth 5.3")

    assert text(asked("Which of them is wireless?", wired, buds)) == (
        "Buds: connectivity Bluetooth 5.3\nStudio Headphones: connectivity 3.5 mm"
    )
    pans = (item("Plain Pan"), item("Soft Non-stick Pan"), item("Iron Pan"))
    assert text(asked("Are any of them non-stick?", *pans)) == (
        'Soft Non-stick Pan\nThe description of Plain Pan or Iron Pan says nothing about "non stick".'
    )


def test_brands_categories_and_what_is_sold_out_are_told_of_the_whole_shop() -> None:
    overview = Overview((("Kjelvik", 10), ("Fern", 2)), (("Tents", 12),), ("boot", "glove", "balm"))
    boot = item("Boot", stock="0")

    brands = granting.show_whole(_wish("which brands?", Whole.BRANDS, overview), (), NOTHING_MORE)
    sorts = granting.show_whole(_wish("which categories?", Whole.CATEGORIES, overview), (), NOTHING_MORE)
    out = granting.show_whole(_wish("what is sold out?", Whole.SOLD_OUT, overview), (boot,), NOTHING_MORE)
    none = granting.show_whole(_wish("what is sold out?", Whole.SOLD_OUT, Overview()), (), NOTHING_MORE)

    assert text(brands).endswith("Kjelvik (10), Fern (2).")
    assert text(sorts).endswith("Tents (12).")
    assert text(out) == "3 products are sold out at the moment. The first 1 of them:\nBoot: price 20.00 EUR, sold out"
    assert text(none) == "Nothing is sold out at the moment."


def test_a_product_without_a_price_has_none_that_is_known() -> None:
    assert text(
        granting.show_asked(_wish("How much is the Xeta Pot?"), (item("Xeta Pot", price=""),), NOTHING_MORE)
    ) == ("The shop does not say the price of Xeta Pot.")


def test_the_value_that_is_asked_of_one_product_is_told_of_it() -> None:
    pot, lid = item("Xeta Pot", brand="Orrin", dimensions="25 cm"), item("Xeta Lid", brand="Orrin")

    def said(message: str) -> Shown | None:
        return granting.show_asked(_wish(message), (pot, lid), NOTHING_MORE)

    assert text(said("whats the price of the xeta pot")) == "Xeta Pot: price 20.00 EUR"
    assert text(said("who makes the xeta pot")) == "Xeta Pot: brand Orrin"
    assert text(said("diameter of the xeta pot?")) == "Xeta Pot: dimensions 25 cm"
    assert said("who makes the xeta") is None
    assert said("how much is the xeta pot 47 cm?") is None
    assert said("what does the xeta pot weigh?") is None
    priced, made = said("how much is the xeta pot?"), said("who makes the xeta pot")
    assert priced is not None
    assert made is not None
    assert (priced.likely, made.likely) == (True, False)


def test_the_stock_of_the_one_product_that_is_named_is_told_where_no_page_says_it() -> None:
    lite, one = item("Halcyon Lite Headphones", stock="3"), item("Halcyon One Headphones")

    said = granting.show_stock(_wish("Are Halcyon Lite headphones still available?"), (lite, one), NOTHING_MORE)

    assert text(said) == "Halcyon Lite Headphones: stock 3"
    assert granting.show_stock(_wish("Are the headphones available?"), (lite, one), NOTHING_MORE) is None


def test_both_that_are_called_so_are_compared() -> None:
    oat, juniper, wok = item("Dutch Oven 5 l"), item("Dutch Oven 5 l, Juniper"), item("Wok")
    wish = replace(_wish("Do the two Dutch Ovens cost the same?"), parts=("Dutch Ovens",))

    said = granting.show_compared(wish, (oat, juniper, wok), NOTHING_MORE)

    assert text(said).startswith("Dutch Oven 5 l and Dutch Oven 5 l, Juniper are alike in price.")
    assert granting.show_compared(wish, (oat, wok), NOTHING_MORE) is None


def test_what_may_go_somewhere_is_told_by_a_value_that_is_yes_or_no_alone() -> None:
    goods = (item("Down Wash", "For the washing machine."), item("Pan", dishwasher_safe="yes"))

    assert _found("Which items can go in the washing machine?", *goods) is None
    assert "Down Wash" in text(_found("a wash for the washing machine", *goods))


def test_what_is_cheaper_than_one_is_not_that_one() -> None:
    packs = (item("Rambler 22 Backpack", price="79.90"), item("Tadpole Backpack", price="34.90"))

    assert _found("Is there a cheaper backpack than the Rambler 22?", *packs) is None
    assert "Tadpole" in text(_found("a cheaper backpack than it", *packs))


def _found(message: str, *items: Item) -> Shown | None:
    return granting.show_found(replace(_wish(message), show=granting.show_found), items, NOTHING_MORE)


def _near(message: str, **likeness: float) -> Shown | None:
    shelf = [item("Tundra Gloves"), item("Gridline Fleece Hoody"), item("Alpine Gloves"), item("Gas Stove")]
    named = {"gloves": shelf[0], "hoody": shelf[1], "others": shelf[2], "stove": shelf[3]}
    items = [
        replace(one, passage=replace(one.passage, similarity=likeness.get(name, 0.4)), sheet=item("X", price="9").sheet)
        for name, one in named.items()
    ]
    return granting.show_near(_wish(message), items, NOTHING_MORE)


def test_what_is_nearest_is_of_the_kind_or_nearer_still() -> None:
    told = text(_near("warm gloves", gloves=0.6, hoody=0.64, others=0.59))

    assert told.splitlines()[0] == wording().shelf["what_is_near"]
    assert [line.partition(":")[0] for line in told.splitlines()[1:]] == ["Tundra Gloves", "Alpine Gloves"]
    assert "Gas Stove" in text(_near("gas cooker", stove=0.66))
    assert _near("gas cooker", stove=0.64) is None
    assert _near("surfboard", gloves=0.55, hoody=0.55) is None


def test_what_is_much_less_near_than_the_nearest_is_left_out() -> None:
    told = text(_near("warm gloves", gloves=0.72, hoody=0.67, others=0.6))

    assert "Tundra Gloves" in told
    assert "Hoody" not in told
    assert "Alpine" not in told


@pytest.mark.parametrize(
    "message",
    [
        "Where are your gloves made?",  # of no thing that is looked for
        "gloves without wool",  # what is only near is not judged by more than a price
        "blue gloves",
        "gloves under 5",
    ],
)
def test_nothing_is_near_enough_where_more_is_fixed_or_no_thing_is_looked_for(message: str) -> None:
    assert _near(message, gloves=0.8, others=0.8) is None


def test_of_what_is_near_a_price_that_is_fixed_leaves_what_costs_so_much() -> None:
    assert "Tundra Gloves" in text(_near("warm gloves under 10", gloves=0.7))
