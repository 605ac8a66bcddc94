"""A figure is taken where the shopper's words say what it is of, and left alone anywhere else."""

from decimal import Decimal

import pytest
from shopwright.money import Money
from shopwright.orchestrator.bounds import Measure, PriceRange
from shopwright.orchestrator.pointing import Pointing, Reference
from shopwright.orchestrator.wanted import (
    Change,
    Sort,
    Wanted,
    change_of_cart,
    product_words,
    subject_words,
    wanted,
    without_bounds,
)


def euros(least: int | None = None, most: int | None = None, currency: str = "EUR") -> PriceRange:
    return PriceRange(
        Money(least, currency) if least is not None else None, Money(most, currency) if most is not None else None
    )


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("show me red kettles under 50", euros(most=5000)),
        ("anything below 49.90 euros?", euros(most=4990)),
        ("between 20 and 40", euros(2000, 4000)),
        ("€40-€20", euros(2000, 4000)),
        ("20 to 40 euros", euros(2000, 4000)),
        ("at least 100 euros", euros(least=10000)),
        ("€100 or more", euros(least=10000)),
        ("my budget is around 200", euros(most=20000)),
        ("a tent for about 300 euros", euros(24000, 36000)),
        ("under fifty quid", euros(most=5000, currency="GBP")),
        ("no more than 1,000", euros(most=100000)),
        ("less than 1.299,00 EUR", euros(most=129900)),
        ("under 1.000 euros", euros(most=100000)),
        ("up to $20", euros(most=2000, currency="USD")),
        ("under 5000 yen", euros(most=5000, currency="JPY")),
        ("over 20 euros but below 60 euros", euros(2000, 6000)),
        ("tents that cost less than 50", euros(most=5000)),
        ("anything cheaper than 50 euros", euros(most=5000)),
        ("less expensive than 50 EUR", euros(most=5000)),
        ("a tent for under 50", euros(most=5000)),
        ("for 50 euros or less", euros(most=5000)),
        ("50 euros or under", euros(most=5000)),
        ("€50 at the most", euros(most=5000)),
        ("at most 50", euros(most=5000)),
        ("within 50 euros", euros(most=5000)),
        ("tents < 50 EUR", euros(most=5000)),
        ("tents <= €50", euros(most=5000)),
        ("capped at 50 euros", euros(most=5000)),
        ("more expensive than 50 euros", euros(least=5000)),
        ("dearer than €50", euros(least=5000)),
        ("tents > 50 EUR", euros(least=5000)),
        ("50 euros or above", euros(least=5000)),
        ("from 20 up to 40 euros", euros(2000, 4000)),
        ("more than 20 but less than 40 euros", euros(2000, 4000)),
        ("over 20 and under 40 euros", euros(2000, 4000)),
        ("at least 20 but no more than 40 euros", euros(2000, 4000)),
        ("under 40 but over 20 euros", euros(2000, 4000)),
        ("What costs exactly €79.90?", euros(7990, 7990)),
        ("Which tents cost 80 euros?", euros(8000, 8000)),
        ("something costing €12", euros(1200, 1200)),
        ("for exactly 20 euros", euros(2000, 2000)),
        ("it costs 20 euros or less", euros(most=2000)),
        ("it costs about 20 euros", euros(1600, 2400)),
    ],
)
def test_a_price_range_is_read_in_minor_units(text: str, price: PriceRange) -> None:
    read = wanted(text, currency="EUR").price
    assert read is not None
    assert PriceRange(read.least, read.most) == price


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("tents that don't cost more than 50 euros", euros(most=5000)),
        ("tents that do not cost more than 50 euros", euros(most=5000)),
        ("I don't want to spend more than 50 euros", euros(most=5000)),
        ("I can’t pay more than 50 euros", euros(most=5000)),
        ("without spending more than 50 euros", euros(most=5000)),
        ("it should not exceed 50 euros", euros(most=5000)),
        ("not more expensive than 50 euros", euros(most=5000)),
        ("nothing over 50 euros please", euros(most=5000)),
        ("nothing under 50 euros please", euros(least=5000)),
        ("I don't want anything under 50 euros", euros(least=5000)),
        ("not below 50 euros", euros(least=5000)),
        ("not cheaper than 50 euros", euros(least=5000)),
        ("Is there nothing under 50 euros?", euros(most=5000)),
        ("Are there no tents under 50 euros?", euros(most=5000)),
        ("Don't you have tents under 50 euros?", euros(most=5000)),
        ("Isn't there a tent for less than 50 euros?", euros(most=5000)),
        ("I can't find a tent under 50 euros", euros(most=5000)),
        ("Is there nothing over 50 euros?", euros(least=5000)),
        ("headphones without noise cancelling over 50 euros", euros(least=5000)),
    ],
)
def test_a_bound_that_is_denied_is_the_other_bound(text: str, price: PriceRange) -> None:
    read = wanted(text, currency="EUR").price
    assert read is not None
    assert PriceRange(read.least, read.most) == price


@pytest.mark.parametrize(
    ("text", "lowest", "highest"),
    [
        ("over 50 euros", 5001, None),
        ("more than €50", 5001, None),
        ("above EUR 50", 5001, None),
        ("dearer than 50 euros", 5001, None),
        ("> 50 EUR", 5001, None),
        ("under 50 euros", None, 4999),
        ("below €50", None, 4999),
        ("that cost less than 50", None, 4999),
        ("cheaper than 50 euros", None, 4999),
        ("< €50", None, 4999),
        ("at least 50 euros", 5000, None),
        ("from 50 euros", 5000, None),
        (">= 50 EUR", 5000, None),
        ("50 euros or over", 5000, None),
        ("no less than 50 euros", 5000, None),
        ("nothing under 50 euros", 5000, None),
        ("not cheaper than 50 euros", 5000, None),
        ("at most 50 euros", None, 5000),
        ("up to 50", None, 5000),
        ("<= €50", None, 5000),
        ("no more than 50 euros", None, 5000),
        ("not over 50 euros", None, 5000),
        ("that do not cost more than 50 euros", None, 5000),
        ("50 euros or under", None, 5000),
        ("between 20 and 50 euros", 2000, 5000),
        ("over 20 but under 50 euros", 2001, 4999),
        ("under 50 but at least 20 euros", 2000, 4999),
        ("under 0 euros", None, 0),
    ],
)
def test_over_and_under_leave_the_amount_itself_out_and_at_least_and_at_most_do_not(
    text: str, lowest: int | None, highest: int | None
) -> None:
    price = wanted(text, currency="EUR").price

    assert price is not None
    assert (price.lowest, price.highest) == (lowest, highest)


@pytest.mark.parametrize(
    ("text", "denied"),
    [
        ("headphones without noise cancelling under 100 dollars", ["noise cancelling"]),
        ("headphones with no noise cancelling for running", ["noise cancelling"]),
        ("Which headphones don't have noise cancelling?", ["noise cancelling"]),
        ("pans that don't work on induction", ["induction"]),
        ("What pans are not for induction?", ["induction"]),
        ("knives that are not from Whetmore or Kjelvik", ["Whetmore", "Kjelvik"]),
        ("knives not made by Whetmore", ["Whetmore"]),
        ("pans that can't go in the dishwasher", ["dishwasher"]),
        ("tents that aren’t waterproof", ["waterproof"]),
        ("pans, anything but steel", ["steel"]),
        ("I don't want steel, show me pans", ["steel"]),
        ("sleeping bags other than down", ["down"]),
        ("jackets without a hood and pockets", ["hood", "pockets"]),
        ("a jacket without down but with a hood", ["down"]),
        ("non-wireless headphones", ["wireless"]),
        ("PFAS-free pans", ["PFAS"]),
        ("pans that are not non-stick", ["non-stick"]),
    ],
)
def test_what_is_not_to_be_there_is_read_as_denied(text: str, denied: list[str]) -> None:
    read = wanted(text)

    assert [one.what for one in read.denied] == denied
    for one in denied:
        assert one not in subject_words(text)


@pytest.mark.parametrize(
    "text",
    [
        "Don't you have tents?",
        "Isn't there a tent?",
        "why don't you sell tents",
        "tents, no idea which one",
        "no, the other one",
        "tents for no more than 300 euros",
        "Is there nothing under 50 euros?",
        "not only tents",
        "a kettle, not red",
        "hands-free headsets",
        "Do you not have tents?",
        "a pan not bigger than 24 cm",
        "not red kettles",
        "sleeping bags for minus 10 degrees",
        "a bag for minus ten degrees",
        "down to minus 5 °C",
    ],
)
def test_what_only_sounds_like_a_denial_denies_nothing(text: str) -> None:
    assert wanted(text, currency="EUR").denied == ()


@pytest.mark.parametrize(
    ("text", "wished", "refused"),
    [
        ("a charger that isn't white", (), ("white",)),
        ("chargers that don't come in white or black", (), ("white", "black")),
        ("non-black cables", (), ("black",)),
        ("tents other than green", (), ("green",)),
        ("I don't like green tents", (), ("green",)),
        ("jackets that are neither black nor red", (), ("black", "red")),
        ("not red kettles", (), ("red",)),
        ("not red, blue", ("blue",), ("red",)),
    ],
)
def test_a_colour_may_be_refused(text: str, wished: tuple[str, ...], refused: tuple[str, ...]) -> None:
    read = wanted(text)

    assert (read.colours, read.not_colours) == (wished, refused)


@pytest.mark.parametrize(
    ("text", "in_stock", "sold_out"),
    [
        ("Which tents are in stock?", True, False),
        ("Which tents are not in stock?", False, True),
        ("tents that aren't in stock", False, True),
        ("which tents are sold out?", False, True),
        ("tents that are not sold out", True, False),
    ],
)
def test_what_is_not_in_stock_is_sold_out(text: str, in_stock: bool, sold_out: bool) -> None:
    read = wanted(text)

    assert (read.in_stock, read.sold_out) == (in_stock, sold_out)


@pytest.mark.parametrize(
    ("text", "measure"),
    [
        ("tents under 2 kg", Measure("weight", most=Decimal(2000), under=True)),
        ("tents lighter than 1.5 kg", Measure("weight", most=Decimal(1500), under=True)),
        ("Which tents weigh less than 2 kg?", Measure("weight", most=Decimal(2000), under=True)),
        ("tents that do not weigh more than 2 kg", Measure("weight", most=Decimal(2000))),
        ("bags at most 800 grams", Measure("weight", most=Decimal(800))),
        ("bags of 800 g or less", Measure("weight", most=Decimal(800))),
        ("tents from 800 g to 1.2 kg", Measure("weight", Decimal(800), Decimal(1200))),
        ("backpacks over 40 litres", Measure("capacity", Decimal(40_000), over=True)),
        ("pans bigger than 24 cm", Measure("length", Decimal(240), over=True)),
        ("pans not bigger than 24 cm", Measure("length", most=Decimal(240))),
        ("cables under 1 m", Measure("length", most=Decimal(1000), under=True)),
        ("pots of at least 4 l", Measure("capacity", Decimal(4000))),
        ("packs over 40 l but under 60 l", Measure("capacity", Decimal(40_000), Decimal(60_000), True, True)),
    ],
)
def test_how_much_it_weighs_or_holds_is_read_with_its_bounds(text: str, measure: Measure) -> None:
    read = wanted(text, currency="EUR")

    assert (read.measures, read.sizes, read.price) == ((measure,), (), None)


@pytest.mark.parametrize("text", ["an arm for up to 9 kg", "a tripod that holds at least 2 kg", "Digital Scale 5 kg"])
def test_what_a_thing_bears_is_not_what_it_weighs(text: str) -> None:
    assert wanted(text).measures == ()


@pytest.mark.parametrize("text", ["two-person tent", "2 person tents", "tent, 2-man"])
def test_for_how_many_may_be_said_in_words(text: str) -> None:
    assert wanted(text).sizes == ("2 person",)


@pytest.mark.parametrize("text", ["tents over 600", "tents above 600 please", "a tent for more than 600, in green"])
def test_a_bare_amount_at_the_end_is_a_price_whichever_side_it_bounds(text: str) -> None:
    assert wanted(text, currency="EUR").price == PriceRange(Money(60_000, "EUR"), None, over=True)


@pytest.mark.parametrize(
    "text",
    [
        "a cheap kettle",
        "a bag under 50 cm",
        "between 40 and 60 litres",
        "under 2 kg",
        "within 30 days",
        "for children under 5",
        "more than 100 people",
        "about 20",
        "from 3 to 5 days",
        "the Portage 90",
        "over 10 hours of battery",
        "under",
        "under 9999999999999999999 euros",
        "do you deliver within 2 working days",
        "within 14 business days",
        "within 2 to 3 days",
        "are you open between 9 and 5",
        "at most 3 items per order",
        "max 2 per customer",
        "up to 3 devices at once",
        "up to three devices",
        "fewer than 5 stars",
        "less than 10 reviews",
        "less than 5 left",
        "more than 4 stars",
        "below 10 degrees",
        "temperatures between 0 and 10",
        "sizes between 40 and 44",
        "between sizes 40 and 44",
        "ages 5 to 12",
        "for kids 5 and under",
        "up to 20 % off",
        "up to 12 servings",
        "no more than 3 nights",
        "up to 2 metres",
        "up to 100 Mbps",
        "under 30 seconds",
        "up to 4 batteries",
        "cheaper than the Portage 90",
        "which one costs less than the other?",
        "below zero",
    ],
)
def test_what_is_no_price_is_left_alone(text: str) -> None:
    assert wanted(text, currency="EUR").price is None


def test_a_shop_reads_a_shared_sign_as_its_own_currency() -> None:
    assert wanted("under $50", currency="CAD").price == PriceRange(None, Money(5000, "CAD"), under=True)
    assert wanted("under $50").price == PriceRange(None, Money(5000, "USD"), under=True)


def test_an_amount_without_a_currency_has_none_where_the_shop_is_not_known() -> None:
    assert wanted("up to 50").price == euros(most=5000, currency="XXX")


def test_cheap_is_a_wish_for_an_order_and_no_number() -> None:
    assert wanted("a cheap tent") == Wanted(sort=Sort.PRICE_UP)


@pytest.mark.parametrize(
    ("text", "sort"),
    [
        ("the most expensive one", Sort.PRICE_DOWN),
        ("show the newest arrivals", Sort.NEWEST),
        ("best rated blender", Sort.RATING),
        ("your bestsellers", Sort.POPULAR),
        ("cheapest first", Sort.PRICE_UP),
    ],
)
def test_a_wish_for_an_order_is_read(text: str, sort: Sort) -> None:
    assert wanted(text).sort is sort


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("size 42", ("42",)),
        ("boots EU 43.5", ("43.5",)),
        ("in a medium", ("M",)),
        ("size l", ("L",)),
        ("rain jacket xl", ("XL",)),
        ("a 28 cm pan", ("28 cm",)),
        ("a 2 person tent", ("2 person",)),
        ("1,7 litres", ("1.7 l",)),
        ("a small kettle", ()),
        ("let's go", ()),
    ],
)
def test_a_size_is_read(text: str, sizes: tuple[str, ...]) -> None:
    assert wanted(text).sizes == sizes


def test_a_colour_is_read_by_its_one_name_and_a_refused_one_apart() -> None:
    assert wanted("a gray one").colours == ("grey",)
    assert wanted("navy blue please").colours == ("dark blue",)
    refused = wanted("not the red one, the blue one")
    assert (refused.colours, refused.not_colours) == (("blue",), ("red",))


@pytest.mark.parametrize(
    ("text", "quantity"),
    [
        ("add two of those", 2),
        ("put 2 in my cart", 2),
        ("make that three", 3),
        ("3x please", 3),
        ("change the quantity to 4", 4),
        ("5 pieces", 5),
        ("a dozen pieces", 12),
        ("i need 2 person tent", None),
        ("I want 30 cm pans", None),
        ("take the second one", None),
        ("add 0 of them", None),
        ("I need 50 euros", None),
    ],
)
def test_a_number_of_pieces_is_read(text: str, quantity: int | None) -> None:
    assert wanted(text).quantity == quantity


@pytest.mark.parametrize(
    ("text", "references"),
    [
        ("the second one", [Reference(Pointing.PLACE, "the second one", 2)]),
        (
            "compare the first and the third one",
            [Reference(Pointing.PLACE, "the first", 1), Reference(Pointing.PLACE, "the third one", 3)],
        ),
        ("the last one", [Reference(Pointing.PLACE, "the last one", -1)]),
        (
            "the first two",
            [Reference(Pointing.PLACE, "the first two", 1), Reference(Pointing.PLACE, "the first two", 2)],
        ),
        ("option 3", [Reference(Pointing.PLACE, "option 3", 3)]),
        ("is it waterproof", [Reference(Pointing.PRONOUN, "it")]),
        ("compare these", [Reference(Pointing.PRONOUN, "these")]),
        ("does the VM-HEA-115 fold", [Reference(Pointing.CODE, "VM-HEA-115")]),
        ("how heavy is the Portage 90 Duffel", [Reference(Pointing.NAME, "Portage 90 Duffel")]),
        ("I ordered it in the first week", [Reference(Pointing.PRONOUN, "it")]),
        ("ok I'll pay", []),
    ],
)
def test_a_product_is_pointed_at(text: str, references: list[Reference]) -> None:
    assert list(wanted(text).references) == references


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("where is order 884213", "884213"),
        ("order number SW-20931", "SW-20931"),
        ("order #1234", "1234"),
        ("status of 100482?", "100482"),
        ("#55120", "55120"),
        ("in order to get 20 of them", None),
        ("order 2 kettles", None),
        ("I order the X200 Pro", None),
    ],
)
def test_an_order_number_is_read_and_kept_out_of_what_is_printed(text: str, number: str | None) -> None:
    read = wanted(text)

    assert read.order_number == number
    assert number is None or number not in repr(read)


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("add it", Change.ADD),
        ("I'll take the blue one", Change.ADD),
        ("take it out again", Change.REMOVE),
        ("I don't want the pan anymore", Change.REMOVE),
        ("empty my cart", Change.CLEAR),
        ("throw everything out", Change.CLEAR),
        ("make it two", Change.SET),
        ("swap the red one for blue", Change.SWAP),
        ("what's in my basket", Change.SHOW),
        ("how much is my cart", Change.SHOW),
    ],
)
def test_what_is_to_happen_to_the_cart_is_read(text: str, change: Change) -> None:
    assert change_of_cart(text) is change


def test_the_words_that_name_a_product_are_what_is_left_of_a_message_about_the_cart() -> None:
    assert product_words("please add a wool blanket to my cart") == "wool blanket"
    assert product_words("add the black one") == ""
    assert product_words("add the red kettle") == "red kettle"


def test_a_search_goes_without_the_price_that_bounds_it() -> None:
    assert without_bounds("red kettles under 50 euros", currency="EUR") == "red kettles"


def test_what_is_said_anew_replaces_and_everything_else_stays() -> None:
    before = wanted("a red jacket in size M under 100 euros")

    after = wanted("not red, blue").over(before)

    assert (after.colours, after.not_colours) == (("blue",), ("red",))
    assert (after.sizes, after.price) == (before.sizes, before.price)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "€",
        "under €",
        "9" * 4000,
        "the " * 1000,
        "(((",
        "between and",
        "\u0000\u202e under 50",
        "size size size",
    ],
)
def test_nonsense_is_read_without_harm(text: str) -> None:
    wanted(text, currency="EUR")


@pytest.mark.parametrize("text", ["What charger do I need for a 16-inch laptop?", "a charger for my 14 inch laptop"])
def test_a_size_of_another_thing_is_none_that_is_wished_for(text: str) -> None:
    assert wanted(text).sizes == ()


@pytest.mark.parametrize("text", ["Can I return it within 30 days?", "delivery in less than 3 days"])
def test_days_are_no_measure_where_no_battery_is_spoken_of(text: str) -> None:
    assert wanted(text).measures == ()


def test_a_comma_before_three_digits_parts_thousands() -> None:
    assert [one.least for one in wanted("jackets with at least 20,000 mm").measures] == [Decimal(20000)]


@pytest.mark.parametrize("text", ["rain jackets under 15,000 mm", "power banks over 10,000 mAh"])
def test_a_part_of_a_figure_is_no_price(text: str) -> None:
    assert wanted(text).price is None
    assert len(wanted(text).measures) == 1


@pytest.mark.parametrize(
    ("text", "measure"),
    [
        ("which tents sleep more than 4?", Measure("persons", least=Decimal(4), over=True)),
        ("tents that sleep at least five", Measure("persons", least=Decimal(5))),
        ("a table that seats six", Measure("persons", least=Decimal(6))),
    ],
)
def test_who_sleeps_in_a_tent_are_people_where_nobody_says_so(text: str, measure: Measure) -> None:
    assert wanted(text).measures == (measure,)


@pytest.mark.parametrize(
    ("text", "in_stock", "sold_out"),
    [
        ("mats, but nothing that's sold out", True, False),
        ("mats, none out of stock", True, False),
        ("no sold-out mats please", True, False),
        ("which mats are sold out?", False, True),
        ("What if it is sold out?", False, True),
    ],
)
def test_what_is_not_to_be_sold_out_is_to_be_had(text: str, in_stock: bool, sold_out: bool) -> None:
    read = wanted(text)

    assert (read.in_stock, read.sold_out) == (in_stock, sold_out)


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("Do you have the sandal in 47?", ("47",)),
        ("boots in 42 please", ("42",)),
        ("does it arrive in 30 days?", ()),
        ("is it there in 20 minutes", ()),
    ],
)
def test_a_figure_that_it_is_to_be_had_in_is_a_size(text: str, sizes: tuple[str, ...]) -> None:
    assert wanted(text).sizes == sizes
