"""A name means the products that are called so, and no others."""

from shopwright.orchestrator import kinds

from tests.unit.shopwright.orchestrator.shelf import fitting, found, item


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
