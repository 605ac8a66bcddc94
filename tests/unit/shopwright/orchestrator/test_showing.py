"""What is told of products is decided and told from the same values, and says what it does not know."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from shopwright.catalog.facts import Told
from shopwright.orchestrator import kinds, seeking, showing
from shopwright.orchestrator.item import Item
from shopwright.orchestrator.wanted import wanted

from tests.unit.shopwright.orchestrator.shelf import fitting, found, item, text

KETTLES = (
    item("Blue Stream Kettle", price="25.00", colour="sea blue"),
    item("Ember Kettle", price="40.00", colour="red"),
    item("Kettle Descaler", price="5.00"),
)


def test_a_thing_is_what_its_name_ends_with() -> None:
    assert text(found("the cheapest kettle", *KETTLES)) == (
        "The cheapest that can be had:\nBlue Stream Kettle: price 25.00 EUR"
    )


def test_a_number_below_zero_ends_no_name() -> None:
    bags = (item("Summer Bag", price="20.00"), item("Eiderlight -8 Down Bag", price="379.00"))

    assert text(found("the most expensive bag", *bags)).endswith("Eiderlight -8 Down Bag: price 379.00 EUR")


def test_what_only_stands_in_the_category_comes_after_what_is_called_so() -> None:
    buds, phones = item("Murmur Buds", category="Headphones"), item("Kidwave Headphones", category="Headphones")

    shown = found("headphones", buds, phones)

    assert shown is not None
    assert [one.title for one in shown.items] == ["Kidwave Headphones", "Murmur Buds"]


@pytest.mark.parametrize(
    ("message", "titles"),
    [
        ("kettles under 30 EUR", ["Blue Stream Kettle"]),
        ("kettles over 30 EUR", ["Ember Kettle"]),
        ("kettles over 25 EUR", ["Ember Kettle"]),
        ("kettles from 25 EUR", ["Blue Stream Kettle", "Ember Kettle"]),
        ("kettles under 40 EUR", ["Blue Stream Kettle"]),
        ("kettles up to 40 EUR", ["Blue Stream Kettle", "Ember Kettle"]),
        ("a blue kettle", ["Blue Stream Kettle"]),
        ("a kettle, not red", ["Blue Stream Kettle"]),
    ],
)
def test_what_is_wished_for_is_held_against_the_values(message: str, titles: list[str]) -> None:
    shown = found(message, *KETTLES)

    assert shown is not None
    assert [one.title for one in shown.items] == titles


def test_what_is_sold_out_is_said_and_comes_last() -> None:
    shown = found("kettles", item("Old Kettle", stock="0"), item("New Kettle"))

    assert text(shown).endswith("New Kettle: price 20.00 EUR\nOld Kettle: price 20.00 EUR, sold out")


def test_where_not_all_were_looked_at_no_superlative_is_claimed() -> None:
    assert text(found("the cheapest kettle", *KETTLES, complete=False)).startswith("Of those that I looked at")


def test_nothing_of_the_kind_is_no_answer() -> None:
    assert found("a red tent", *KETTLES) is None


def test_a_number_of_a_name_is_a_part_of_it() -> None:
    assert found("do you have the Stream Kettle 2?", item("Stream Kettle 3")) is None


def test_of_variants_in_several_colours_a_price_counts_whole() -> None:
    both = item("Twin Kettle", price="20.00 to 40.00", colour="red, blue")

    assert text(found("a red kettle under 30 EUR", both)).startswith("Nothing here fits")
    assert text(found("kettles under 30 EUR", both)) == "This fits:\nTwin Kettle: price 20.00 to 40.00 EUR"


def test_a_sale_price_counts_and_both_are_told() -> None:
    kettle = item("Ember Kettle", price="40.00", sale_price="25.00")

    assert text(found("kettles under 30 EUR", kettle)) == (
        "This fits:\nEmber Kettle: price 40.00 EUR, sale price 25.00 EUR"
    )


@pytest.mark.parametrize(
    ("wished", "value", "is_so"),
    [
        ("size M", "S-XXL", True),
        ("size XS", "S-XXL", False),
        ("size 42", "EU 36-48", True),
        ("size 49", "EU 36-48", False),
        ("28 cm", "28 cm", True),
        ("8 cm", "28 cm", False),
        ("2 persons", "2 person", True),
    ],
)
def test_a_size_may_lie_in_a_range(wished: str, value: str, is_so: bool) -> None:
    shown = found(f"boots in {wished}", item("Ridge Boots", size=value))

    assert text(shown).startswith("This fits") == is_so


def test_every_figure_that_is_told_is_a_value_with_its_version() -> None:
    shown = found("kettles under 30 EUR in stock", *KETTLES)

    assert shown is not None
    facts: Mapping[str, Told] = {fact.name: fact for line in shown.lines for fact in line.told}
    assert {(name, fact.version) for name, fact in facts.items()} == {("price", 3), ("stock", 3)}
    assert {"price", "stock"} <= shown.names
    assert {one.title for one in shown.looked_at} == {"Blue Stream Kettle", "Ember Kettle"}


PANS = (
    item("Iron Pan", "Washes itself, almost dishwasher safe.", dishwasher_safe="no", material="cast iron"),
    item("Plain Pan", dishwasher_safe="yes", material="stainless steel"),
    item("Soft Pan", "A coating without PFAS.", dishwasher_safe="no", material="aluminium"),
    item("Old Pan"),
)


@pytest.mark.parametrize(
    ("message", "titles"),
    [
        ("dishwasher safe pans", ["Plain Pan"]),
        ("dishwasher-safe pans", ["Plain Pan"]),
        ("pans for the dishwasher", ["Plain Pan"]),
        ("pans that are not dishwasher safe", ["Iron Pan", "Soft Pan"]),
        ("not dishwasher safe pans", ["Iron Pan", "Soft Pan"]),
        ("pans that can't go in the dishwasher", ["Iron Pan", "Soft Pan"]),
    ],
)
def test_a_value_that_is_yes_or_no_decides_over_any_prose(message: str, titles: list[str]) -> None:
    assert fitting(found(message, *PANS)) == titles


PHONES = (
    item("Halcyon Headphones", "With active noise cancelling.", connectivity="Bluetooth 5.3"),
    item("Lite Headphones", "For the commute, without noise cancelling.", connectivity="Bluetooth 5.2"),
    item("Desk Headphones", "Closed.", connectivity="3.5 mm"),
)


@pytest.mark.parametrize(
    ("message", "titles"),
    [
        ("headphones with noise cancelling", ["Halcyon Headphones"]),
        ("noise-cancelling headphones", ["Halcyon Headphones"]),
        ("headphones without noise cancelling", ["Lite Headphones"]),
        ("wireless headphones", ["Halcyon Headphones", "Lite Headphones"]),
        ("wired headphones", ["Desk Headphones"]),
        ("non-wireless headphones", ["Desk Headphones"]),
        ("headphones that aren't wireless", ["Desk Headphones"]),
        ("Which headphones don't have Bluetooth?", ["Desk Headphones"]),
    ],
)
def test_what_is_said_to_be_absent_is_not_there_and_what_is_denied_is_not_shown(
    message: str, titles: list[str]
) -> None:
    assert fitting(found(message, *PHONES)) == titles


@pytest.mark.parametrize(
    ("message", "titles"),
    [
        ("pans not made of steel", ["Iron Pan", "Soft Pan"]),
        ("pans, anything but steel", ["Iron Pan", "Soft Pan"]),
        ("pans without PFAS", ["Soft Pan"]),
        ("no steel pans", ["Iron Pan", "Soft Pan"]),
    ],
)
def test_what_is_of_something_else_is_not_of_what_is_denied(message: str, titles: list[str]) -> None:
    assert fitting(found(message, *PANS)) == titles


@pytest.mark.parametrize("message", ["jumpers not in grey", "jumpers other than ochre"])
def test_what_comes_in_another_colour_as_well_is_not_refused_with_one(message: str) -> None:
    both = item("Wool Jumper", colour="Grey, Ochre")

    assert fitting(found(message, both)) == ["Wool Jumper"]
    assert fitting(found(message, both, item("Plain Jumper", colour="grey" if "grey" in message else "ochre"))) == [
        "Wool Jumper"
    ]


def test_one_thing_may_be_written_in_two_ways() -> None:
    cameras = (item("Yard Camera", connectivity="Wi-Fi, PoE"), item("Desk Camera", connectivity="USB-C"))

    for message in ("cameras with wifi", "Wi-Fi cameras"):
        assert fitting(found(message, *cameras)) == ["Yard Camera"]
    for message in ("cameras without wifi", "cameras with no Wi-Fi"):
        assert fitting(found(message, *cameras)) == ["Desk Camera"]


def test_of_what_nobody_says_whether_it_is_there_that_is_said() -> None:
    assert text(found("headphones without noise cancelling", *PHONES)).endswith(
        'The descriptions of these say nothing about "noise cancelling":\nDesk Headphones: price 20.00 EUR'
    )
    only_unknown = found("headphones without a microphone", *PHONES)
    assert text(only_unknown).startswith('The descriptions of these say nothing about "microphone":')
    assert only_unknown is not None
    assert only_unknown.likely  # the shop's own page may say it of all of them


def test_where_all_have_what_is_denied_none_of_them_is_shown() -> None:
    boots = (item("Mid Boot", capacity="", lining="waterproof membrane"), item("High Boot", lining="waterproof"))

    shown = found("boots that are not waterproof", *boots)

    assert text(shown) == "Nothing here fits all of that."
    assert shown is not None
    assert shown.items == ()


def test_what_is_written_like_a_denial_may_be_what_a_thing_is_called() -> None:
    pans = (item("Softfall Non-stick Pan"), item("Iron Pan"))

    assert fitting(found("non-stick pans", *pans)) == ["Softfall Non-stick Pan"]
    assert fitting(found("non stick pans", *pans)) == ["Softfall Non-stick Pan"]
    assert "Softfall" not in text(found("pans that are not non-stick", *pans))


def test_what_is_denied_is_not_shown_however_it_is_spelled() -> None:
    pans = (item("Softfall Nonstick Pan", coating="ceramic coating"), item("Iron Pan", material="iron"))

    for message in ("pans that are not non-stick", "pans without non-stick coating", "pans without nonstick coating"):
        assert "Softfall" not in text(found(message, *pans))
        assert "Iron Pan" in text(found(message, *pans))


def test_what_is_of_a_wood_is_of_wood() -> None:
    boards = (item("Bread Board", material="beech"), item("Long Board", material="bamboo"), item("Soft Board"))

    assert "Bread" not in (told := text(found("boards that aren't wood", *boards)))
    assert "Long" not in told
    assert "Soft Board" in told
    boards = (*boards[:2], item("Soft Board", material="polypropylene"))
    assert fitting(found("boards that are not wooden", *boards)) == ["Soft Board"]


def test_a_weight_and_a_capacity_are_held_against_the_values() -> None:
    packs = (item("Day Pack", weight="690", capacity="22"), item("Trek Pack", weight="1450", capacity="45"))

    assert text(found("packs under 1 kg", *packs)) == "This fits:\nDay Pack: price 20.00 EUR, weight 690 g"
    assert text(found("packs over 40 litres", *packs)) == "This fits:\nTrek Pack: price 20.00 EUR, capacity 45 l"
    assert text(found("packs under 100 g", *packs)).startswith("Nothing here fits all of that.")
    assert text(found("packs under 50 cm", *packs)).startswith("The shop does not say how much these measure")


def test_a_list_that_is_cut_says_of_how_many_it_is() -> None:
    kettles = [item(f"{name} Kettle") for name in ("A1", "B1", "C1", "D1", "E1", "F1", "G1")]

    assert text(found("kettles", *kettles)).startswith("7 fit. The first 5 of them:")
    seen = text(found("kettles", *kettles, complete=False))
    assert seen.startswith("Of those that I looked at, 7 fit. The first 5 of them:")


def test_a_size_at_the_end_of_a_name_is_not_what_the_thing_is() -> None:
    assert fitting(found("a wok", item("Carbon Steel Wok 32 cm"), item("Wok Brush"))) == ["Carbon Steel Wok 32 cm"]


def test_what_is_sold_out_may_be_asked_for() -> None:
    tents = (item("Old Tent", stock="0"), item("New Tent"))

    assert fitting(found("Which tents are sold out?", *tents)) == ["Old Tent"]
    assert text(found("Which tents are not in stock?", tents[1])) == "Nothing here fits all of that."


def test_what_is_cheaper_than_one_product_may_have_any_name_of_its_kind() -> None:
    low, mid = item("Heath Kettle", price="20.00"), item("Ember Kettle", price="40.00")
    asked = replace(seeking.sought("Ember Kettle", wanted(""), compared_by=None), below=(mid,))

    assert not showing.has_below(asked, (low,))
    assert fitting(showing.found(showing.widened(asked, kinds.kind_of(mid.title)), (low,), complete=True)) == [
        "Heath Kettle"
    ]


TENTS = (
    item("Larkmoss 2 Trekking Tent", category="Tents", size="2 person", capacity="", berths="2 berth"),
    item("Meadowlark 4 Family Tent", category="Tents", size="4 person", capacity="", berths="4 berth"),
    item("Bell Tent 4 m", category="Tents", size="4 m", capacity="", berths="5 berth"),
    item("Larkmoss 2 Footprint", category="Tents", size="2 person"),
    item("Pop-up Beach Shelter", category="Tents", size="2 person"),
)


CHARGERS = (
    item("Sprig Charger", connectivity="USB-C 45 W"),
    item("Sprig Dual Charger", connectivity="2 x USB-C, 67 W in all"),
    item("Road Charger", connectivity="USB-C 45 W, USB-A 18 W"),
    item("Sprig 20 W Charger"),
)


DRIVES = (item("Strata SSD 500 GB"), item("Strata SSD 1 TB"), item("Strata SSD 2 TB"))


MICE = (item("Vole Mouse", battery="4 months"), item("Travel Mouse", battery="8 months"), item("Wired Mouse"))


KNIVES = (
    item("Paring Knife 9 cm", category="Knives", dimensions="9 cm blade"),
    item("Bread Knife 23 cm", category="Knives", dimensions="23 cm blade"),
    item("Santoku 17 cm", category="Knives", dimensions="17 cm blade"),
    item("Kitchen Shears", category="Knives", dimensions="21 cm"),
    item("Knife Rack", category="Knives", dimensions="40 x 8 cm"),
)


JACKETS = (item("Squall Jacket", size="S-XXL", membrane="", water_column="20,000 mm"), item("Fleece Jacket", size="S"))


SCREENS = (
    item("Clearview 24 Full HD Monitor", category="Monitors"),
    item("Rush 27 Gaming Monitor", category="Monitors"),
    item("Clearview 34 Ultrawide Monitor", category="Monitors"),
)


@pytest.mark.parametrize(
    ("message", "items", "titles"),
    [
        ("tents for more than 2 persons", TENTS, ["Meadowlark 4 Family Tent", "Bell Tent 4 m"]),
        ("tents for at least five people", TENTS, ["Bell Tent 4 m"]),
        ("tents for 3 people", TENTS, ["Meadowlark 4 Family Tent", "Bell Tent 4 m"]),
        ("tents for up to 2 people", TENTS, ["Larkmoss 2 Trekking Tent"]),
        ("two-person tents", TENTS, ["Larkmoss 2 Trekking Tent"]),
        ("chargers over 45 watts", CHARGERS, ["Sprig Dual Charger"]),
        ("chargers of at least 45 W", CHARGERS, ["Sprig Charger", "Sprig Dual Charger", "Road Charger"]),
        ("chargers below 45 W", CHARGERS, ["Sprig 20 W Charger"]),
        ("SSDs over 1 TB", DRIVES, ["Strata SSD 2 TB"]),
        ("SSDs below 1 TB", DRIVES, ["Strata SSD 500 GB"]),
        ("SSDs with at least 500 GB", DRIVES, ["Strata SSD 500 GB", "Strata SSD 1 TB", "Strata SSD 2 TB"]),
        ("mice with more than 4 months of battery", MICE, ["Travel Mouse"]),
        ("knives with a blade over 16 cm", KNIVES, ["Bread Knife 23 cm", "Santoku 17 cm"]),
        ("knives shorter than 17 cm", KNIVES, ["Paring Knife 9 cm"]),
        ("jackets with at least 20,000 mm", JACKETS, ["Squall Jacket"]),
        ("cables longer than 1 m", (item("Cable 1 m"), item("Cable 2 m")), ["Cable 2 m"]),
        ("27 inch monitors", SCREENS, ["Rush 27 Gaming Monitor"]),
        ("27-inch monitors", SCREENS, ["Rush 27 Gaming Monitor"]),
        ("monitors larger than 27 inches", SCREENS, ["Clearview 34 Ultrawide Monitor"]),
    ],
)
def test_a_bound_is_kept_by_the_value_of_its_unit(message: str, items: tuple[Item, ...], titles: list[str]) -> None:
    shown = found(message, *items)

    assert shown is not None
    assert shown.fits
    assert [one.title for one in shown.items] == titles


def test_where_no_value_says_how_much_nothing_is_said_to_fit() -> None:
    shown = found("tarps for 4 people", item("Wren Tarp", size="3 x 3 m"), item("Dune Tarp", size="2 x 2 m"))

    assert shown is not None
    assert not shown.fits
    assert text(shown).startswith("The shop does not say how much these measure")


def test_where_a_description_alone_says_so_the_others_are_not_denied_it() -> None:
    bags = (item("Summer Bag", "Synthetic fill that warms when damp."), item("Autumn Bag", "Light and warm."))

    assert "There are others of the kind" in text(found("synthetic bags", *bags))
    by_value = (item("Summer Bag", material="synthetic"), item("Autumn Bag", material="down"))
    assert "others of the kind" not in text(found("synthetic bags", *by_value))


def test_others_are_promised_only_where_they_follow() -> None:
    speak = [item(f"{name} Charger", "Charges a laptop.") for name in "ABCDE"]
    others = [item(f"{name} Charger", "Small.") for name in "FG"]

    assert text(found("laptop chargers", *speak[:1], *others)).count("Charger: price") == 3
    assert not text(found("laptop chargers", *speak, *others)).endswith(":")
    assert "do not say whether they are" in text(found("laptop chargers", *speak, *others))
    not_so = [item("H Charger", "Not for a laptop.")]
    assert "others of the kind" not in text(found("laptop chargers", *speak[:1], *not_so))


def test_a_negation_at_the_end_of_its_clause_denies_what_stands_before_it() -> None:
    jackets = (item("Heath Jacket", "It goes where down should not."), item("Tarn Jacket", material="goose down"))

    assert fitting(found("jackets without down", *jackets)) == ["Heath Jacket"]
    assert fitting(found("down jackets", *jackets)) == ["Tarn Jacket"]


def test_a_word_that_names_no_kind_may_be_what_things_are_made_of() -> None:
    shown = found("stoneware", item("Stoneware Bowl", material="stoneware"), item("Teapot", material="stoneware"))

    assert shown is not None
    assert [one.title for one in shown.items] == ["Stoneware Bowl", "Teapot"]


def test_of_nothing_in_particular_no_nearest_is_told() -> None:
    assert found("something for 4 people", item("Whistle"), item("Sealer")) is None


MATS = (
    item("Moss Foam Mat", size="R-value 2.1", category="Sleeping mats"),
    item("Winter Air Mat", size="R-value 6.2", category="Sleeping mats"),
    item("Camp Pump", size="8 cm", category="Sleeping mats"),
)


@pytest.mark.parametrize(
    ("message", "says"),
    [
        ("Which mat has the highest R-value?", "the one with the highest R-value:\nWinter Air Mat"),
        ("the mat with the lowest R-value", "the one with the lowest R-value:\nMoss Foam Mat"),
        ("highest R-value", "the one with the highest R-value:\nWinter Air Mat"),
        ("warmest mat", "The warmest that can be had:\nWinter Air Mat"),
    ],
)
def test_a_superlative_goes_by_any_figure_that_the_catalog_has_a_word_for(message: str, says: str) -> None:
    assert f"{says}: price 20.00 EUR, size R-value" in text(found(message, *MATS))


def test_of_figures_that_nobody_has_no_superlative_is_told() -> None:
    assert text(found("the brightest mat", *MATS)).startswith("The shop does not say which is brightest.")
    assert found("highest quality", *MATS) is None


WARM = (
    item("Summer Bag", size="comfort 10 °C"),
    item("Ridge Bag", size="comfort -8 °C"),
    item("Polar Bag", size="comfort -18 °C"),
)


def test_the_warmest_is_the_one_for_the_most_cold() -> None:
    assert "can be had:\nPolar Bag:" in text(found("the warmest bag", *WARM))


WIDE = (
    item("Plain Pan 28 cm", category="Pans", dimensions="28 cm", weight="900"),
    item("Forge Wok 32 cm", category="Pans", dimensions="32 cm", weight="1500"),
    item("Splatter Screen", category="Pans", dimensions="29 cm", weight="260"),
)


def test_what_only_goes_with_the_things_of_a_category_is_none_of_them() -> None:
    assert "Splatter" not in text(found("pans", *WIDE))
    assert fitting(found("pans over 28 cm", *WIDE)) == ["Forge Wok 32 cm"]
    assert "Splatter Screen" in text(found("splatter screen", *WIDE))


def test_what_is_called_otherwise_and_is_still_wider_is_told_beside_the_widest() -> None:
    told = text(found("the widest pan", *WIDE))

    assert told.index("Plain Pan 28 cm") < told.index("though called otherwise, the widest") < told.index("Wok")
    assert "called otherwise" not in text(found("the lightest pan", *WIDE))


def test_others_that_may_fit_are_told_after_the_one_whose_description_says_so() -> None:
    chargers = (item("Sprig 45 W Charger", "Charges a small laptop."), item("Sprig 67 W Charger", "Two ports."))

    told = text(found("laptop chargers", *chargers))

    assert told.index("Sprig 45 W") < told.index("do not say whether they are:") < told.index("Sprig 67 W")


def test_the_figure_that_the_words_name_by_its_label_is_told() -> None:
    mat = item("Moss Foam Mat", lining="R-value 2.1")
    about, wishes = seeking.subject("R-value of the Moss Foam Mat?", wanted("R-value of the Moss Foam Mat?"))
    asked = replace(seeking.sought(about, wishes, compared_by=None), asks="R-value of the Moss Foam Mat?")

    assert text(showing.found(asked, (mat,), complete=True)).endswith("price 20.00 EUR, lining R-value 2.1")
    assert "R-value" not in text(found("foam mats", mat))


def test_what_weighs_least_is_the_lightest() -> None:
    packs = (item("Big Pack", weight="1800"), item("Small Pack", weight="900"))

    assert text(found("which pack weighs least?", *packs)).endswith("Small Pack: price 20.00 EUR, weight 900 g")


def test_what_is_sold_out_of_a_category_is_also_what_goes_with_its_things() -> None:
    goods = (item("Yard Camera", category="Cameras"), item("Tripod", category="Cameras", stock="0"))

    assert fitting(found("which cameras are sold out?", *goods)) == ["Tripod"]
    assert fitting(found("cameras", *goods)) == ["Yard Camera"]


CHARGERS = (
    item("Sprig Charger", "Folding prongs, one port.", price="19.00"),
    item("Dual Charger", "Splits its power when both ports are busy.", connectivity="2 x USB-C"),
    item("Desk Charger", "Four USB ports on one cord.", price="99.00"),
    item("Lily Charger", "A pad."),
)


@pytest.mark.parametrize(
    ("message", "titles"),
    [
        ("Which chargers have one port only?", ["Sprig Charger"]),
        ("chargers with two ports", ["Dual Charger"]),
        ("Which chargers have exactly 4 ports?", ["Desk Charger"]),
    ],
)
def test_so_many_of_something_have_those_whose_words_say_so(message: str, titles: list[str]) -> None:
    assert fitting(found(message, *CHARGERS)) == titles


@pytest.mark.parametrize(
    "message",
    [
        "Which chargers have more than two ports?",
        "chargers with at least 3 ports",
        "Which chargers have two or more ports?",
        "a charger with three ports",
    ],
)
def test_where_nothing_says_how_many_there_are_none_are_said_to_fit(message: str) -> None:
    said = text(found(message, *CHARGERS))

    assert said.startswith('The descriptions of these speak of "ports", but how many each has I cannot compare:')
    assert "fit" not in said


def test_a_measure_or_a_name_with_a_figure_counts_nothing() -> None:
    assert fitting(found("chargers with 2 m of cord", item("Desk Charger", "With 2 m of cord."))) == ["Desk Charger"]
    assert found("the cheapest charger with more than two ports", *CHARGERS) is None
    beside = item("Lilypad Stand", "One port.", category="Chargers", price="5.00")
    assert "Lilypad" not in text(found("the cheapest charger with two ports", *CHARGERS, beside))
