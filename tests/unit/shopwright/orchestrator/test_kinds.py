"""A name means the products that are called so, and no others."""

import pytest
from shopwright.orchestrator import kinds

from tests.unit.shopwright.orchestrator.shelf import fitting, found, item, text


def test_names_that_share_words_are_told_apart() -> None:
    buds, pro, sand = item("Murmur Buds"), item("Murmur Buds Pro"), item("Murmur Buds, Sand")

    assert kinds.apart([(buds, pro), (pro,)]) == [(buds,), (pro,)]
    assert kinds.apart([(sand, buds)]) == [(buds,)]
    skillets = (item("Skillet 20 cm"), item("Skillet 30 cm"))
    assert kinds.apart([skillets]) == [skillets]


def test_what_stands_behind_the_word_for_a_thing_is_not_what_it_is() -> None:
    cams = (
        item("Yard Cam 2K", colour="white"),
        item("Nook Cam Indoor", colour="white"),
        item("Desk Camera", colour="black"),
    )

    assert kinds.kind_of("Nook Cam Indoor") == "Cam"
    assert fitting(found("cameras that are not black", *cams)) == ["Nook Cam Indoor", "Yard Cam 2K"]


def test_the_womens_cut_is_what_the_shop_calls_w() -> None:
    boots = (item("Crag Hiking Boot"), item("Crag W Hiking Boot"), item("Boot Dryer 45 W"))

    assert fitting(found("boots for women", *boots)) == ["Crag W Hiking Boot"]
    assert fitting(found("ladies' hiking boots", *boots)) == ["Crag W Hiking Boot"]


def test_a_brand_finds_what_is_of_it() -> None:
    goods = (
        item("Lodestar Compass", brand="Kjelvik"),
        item("Trail Knife", brand="Kjelvik"),
        item("Tent", brand="Fern"),
    )

    assert fitting(found("do you stock Kjelvik?", *goods)) == ["Lodestar Compass", "Trail Knife"]


def test_a_word_that_nothing_of_the_kind_says_is_left_out_and_told() -> None:
    goods = (item("Digital Scale"), item("Micro Scale"), item("Kitchen Tongs"))

    assert text(found("kitchen scales", *goods)) == (
        'No description of these says "kitchen".\nThese fit:\n'
        "Digital Scale: price 20.00 EUR\nMicro Scale: price 20.00 EUR"
    )


@pytest.mark.parametrize("message", ["leather scales", "Tefal scales", "steel scales"])
def test_a_word_that_asks_for_another_thing_is_not_left_out(message: str) -> None:
    goods = (item("Digital Scale", material="glass"), item("Steel Tongs", material="steel"))

    assert found(message, *goods) is None


def test_a_last_word_that_says_nothing_more_is_left_out() -> None:
    cards = (item("Splinter microSD 128 GB"), item("Gift Card"))

    assert fitting(found("microSD cards", *cards)) == ["Splinter microSD 128 GB"]
    assert fitting(found("gift cards", *cards)) == ["Gift Card"]
    assert found("tent pegs", item("Larkmoss Tent")) is None


def test_a_name_that_is_made_up_of_the_word_is_one_of_its_kind() -> None:
    goods = (item("Hearthradio DAB and FM", connectivity="DAB+, FM"), item("Wireless Headphones", battery="FM"))

    assert fitting(found("a radio with FM", *goods)) == ["Hearthradio DAB and FM"]
    assert found("a phone with FM", *goods) is None


def test_accents_and_a_unit_that_is_joined_to_its_figure_make_no_other_thing() -> None:
    goods = (item("Softfall Cr\u00eape Pan"), item("Ethernet Cable 5 m"), item("Ethernet Cable 10 m"))

    assert fitting(found("a pan for crepes", *goods)) == ["Softfall Cr\u00eape Pan"]
    assert fitting(found("ethernet cable 5m", *goods)) == ["Ethernet Cable 5 m"]


def test_a_colour_tells_apart_what_is_called_alike() -> None:
    one, sand = item("Halcyon One Headphones", colour="black"), item("Halcyon One Headphones, Sand", colour="sand")

    assert kinds.meant("Halcyon One in black", (one, sand)) == (one,)
    assert kinds.meant("Halcyon One in sand", (one, sand)) == (sand,)
    assert kinds.meant("Halcyon One in red", (one, sand)) == ()


def test_of_a_category_the_last_part_of_its_word_tells_what_is_one_of_it() -> None:
    packs = (
        item("Tadpole Kids' Pack", category="Backpacks", price="34.90"),
        item("Rambler 22 Daypack", category="Backpacks", price="79.90"),
        item("Drybag Set of Three", category="Backpacks", price="12.90"),
    )

    said = text(found("cheapest backpack?", *packs))
    assert said.startswith("The cheapest that can be had:\nTadpole Kids' Pack")
    assert "though called otherwise, the cheapest:\nDrybag" in said


def test_a_size_of_w_is_the_womens_cut_and_so_many_watts_are_not() -> None:
    packs = (item("Wayfell 65 W Trekking Pack", size="W"), item("Wayfell 65 Trekking Pack", size="M"))

    assert fitting(found("trekking packs for women", *packs)) == ["Wayfell 65 W Trekking Pack"]


def test_a_name_may_take_a_word_from_the_category_or_the_colour() -> None:
    knife, paring = item("Whetmore Santoku 17 cm", category="Knives"), item("Paring Knife", category="Knives")
    oat, juniper = item("Dutch Oven 5.5 l", colour="oat"), item("Dutch Oven 5.5 l, Juniper", colour="juniper")

    assert kinds.meant("santoku knives", (knife, paring)) == (knife,)
    assert kinds.meant("oat oven", (oat, juniper)) == (oat,)
    assert kinds.meant("bread knives", (knife, paring)) == ()
