"""What is asked of a product is told by the sentence of its own record that speaks of it, whole, or not at all."""

import pytest
from shopwright.llm.extractive import compose, describes
from shopwright.llm.units import Source


def record(ref: int, name: str, category: str, description: str, more: str = "") -> Source:
    content = f"sku: A-{ref}; name: {name}; category: {category}; price: 10 EUR; {more}description: {description}"
    return Source(ref, ("Catalog", name), content, 0.7)


LITE = record(1, "Halcyon Lite Headphones", "Headphones", "On-ear pads for the commute, without noise cancelling.")
ONE = record(
    2,
    "Halcyon One Wireless Headphones",
    "Headphones",
    "Over-ear with active noise cancelling; ten minutes charge it.",
    "connectivity: Bluetooth 5.3; ",
)
BUDS = record(3, "Murmur Buds", "Headphones", "Small earbuds in a case no bigger than a matchbox.")
BUDS_PRO = record(4, "Murmur Buds Pro", "Headphones", "Noise cancelling that lets announcements through.")
DAYPACK = record(5, "Rambler 22 Daypack", "Backpacks", "One big pocket, and a sleeve for a drinking bladder.")
LARGER = record(6, "Rambler 30 Daypack", "Backpacks", "Adds a hip belt and a rain cover to the smaller Rambler.")
COVER = record(7, "Rain Cover M", "Backpacks", "Elastic hem and a strap across the back.")
PAN = record(8, "Plainsong Sauté Pan with Lid", "Pans", "Straight sides.", "dishwasher_safe: yes; material: steel; ")
TIN = record(9, "Crumbworks Loaf Tin", "Baking", "A rim that an oven glove can find.", "material: steel; ")
RACK = record(10, "Magnetic Knife Rack", "Knives", "Holds six knives to the wall.", "material: oak; ")
BOWL = record(11, "Banneton Round", "Baking", "Leaves rings of flour; comes with a linen liner.")
HELMET = record(12, "Crest Helmet", "Climbing", "Ventilated, with clips for a headlamp.")
MOUSE = record(13, "Vole Wireless Mouse", "Mice", "Quiet buttons.", "battery: 6 months; ")
SPORT = record(14, "Murmur Sport", "Headphones", "Ear hooks and an IPX5 rating for rain and sweat.")
TENT = record(15, "Larkmoss 2 Trekking Tent", "Tents", "Two doors keep the peace.")
TARP = record(16, "Wren Tarp", "Tents", "Sixteen tie-outs.")
SPRAY = record(23, "Waterproofing Spray", "Care", "Renews the outer face of tents.")
JACKET = record(17, "Drizzle Packable Jacket", "Jackets", "Stuffs into its own pocket.")
STOVE = record(18, "Cinder Gas Stove", "Cooking", "Boils half a litre in three minutes.")
SHEET = record(19, "Crumbworks Baking Sheet", "Baking", "Will not buckle at 230 °C.")
PEGS = Source(20, ("Questions", "Do the tents come with pegs?"), "Every tent comes with pegs and guylines.", 0.6)
GAS = Source(
    21, ("Delivery", "Gas and fuel"), "Gas may not travel by post. Our stoves are sent without a cartridge.", 0.6
)
FLUOR = Source(
    22,
    ("Questions", "Do you use fluorocarbons?"),
    "All the jackets and tents that we sell are free of fluorocarbons, and so are our waterproofing sprays.",
    0.6,
)
ALL: tuple[Source, ...] = (
    LITE,
    ONE,
    BUDS,
    BUDS_PRO,
    DAYPACK,
    LARGER,
    COVER,
    PAN,
    TIN,
    RACK,
    BOWL,
    HELMET,
    MOUSE,
    SPORT,
    TENT,
    TARP,
)
ALL += (SPRAY, JACKET, STOVE, SHEET, PEGS, GAS, FLUOR)


def said(question: str) -> str:
    return " ".join(sentence.text for sentence in compose(question, ALL).sentences)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Does the Halcyon Lite have noise cancelling?", "Halcyon Lite Headphones: On-ear pads for the commute, "),
        ("hi, doesn't the halcyon lite cancel noise", "without noise cancelling."),
        ("Does the Halcyon One have noise cancelling?", "Over-ear with active noise cancelling;"),
        ("Does the Halcyon One have bluetooth?", "Halcyon One Wireless Headphones: connectivity Bluetooth 5.3"),
        ("Is the Murmur Sport waterproof?", "an IPX5 rating for rain and sweat."),
        ("Does the Rambler 30 come with a rain cover?", "Rambler 30 Daypack: Adds a hip belt and a rain cover"),
        ("Is there a liner with the round banneton?", "comes with a linen liner."),
        ("Does the plainsong saute pan have a lid?", "Plainsong Sauté Pan with Lid:"),
        ("Is the Plainsong pan hand wash only?", "dishwasher safe yes"),
        ("Is the Magnetic Knife Rack made of steel?", "Magnetic Knife Rack: material oak"),
        ("Can the baking sheet be used at 230 °C?", "Will not buckle at 230 °C."),
    ],
)
def test_a_product_is_told_of_by_the_sentence_that_speaks_of_what_is_asked(question: str, answer: str) -> None:
    assert answer in said(question)


@pytest.mark.parametrize(
    "question",
    [
        "Does the Rambler 22 have a rain cover?",  # its larger sister has
        "Do the Murmur Buds have noise cancelling?",  # the Pro have
        "Does the Halcyon Lite have a microphone?",
        "Is the Loaf Tin suitable for the oven?",  # it speaks of an oven glove
        "Does the Magnetic Knife Rack come with knives?",  # it holds them
        "Does the Crest Helmet come with a headlamp?",
        "Does the Vole Wireless Mouse come with batteries?",  # it tells how long one lasts
        "Is the Drizzle jacket waterproof?",  # sprays are waterproofing
        "Does the Wren Tarp come with pegs?",
        "Can the baking sheet be used at 250 °C?",
        "Is the Vole Wireless Mouse made in Italy?",
    ],
)
def test_what_the_record_does_not_say_is_not_told(question: str) -> None:
    assert said(question) == ""


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Does the Larkmoss 2 come with pegs?", "Every tent comes with pegs and guylines."),
        ("Are pegs included with the Larkmoss 2?", "Every tent comes with pegs and guylines."),
        ("Does the Cinder stove come with gas?", "Our stoves are sent without a cartridge."),
        ("Does the Drizzle jacket contain fluorocarbons?", FLUOR.content),
    ],
)
def test_what_a_page_says_of_every_such_thing_is_told_of_one(question: str, answer: str) -> None:
    assert said(question) == answer


def test_a_product_that_is_only_called_like_what_is_asked_is_not_meant() -> None:
    assert compose("Are your tents waterproof?", (SPRAY, TENT)).sentences == ()


def test_it_is_what_was_named_before_and_where_nothing_was_no_product() -> None:
    assert said("Does it have noise cancelling? (Halcyon Lite)").endswith("without noise cancelling.")
    assert said("is it waterproof? (Murmur Sport)").startswith("Murmur Sport: Ear hooks")
    assert compose("Is it waterproof?", (SPRAY, TENT)).sentences == ()


def test_a_name_told_in_full_is_not_that_of_a_longer_one() -> None:
    dry = record(1, "Burnside GT Trail Shoe", "Footwear", "For wet meadows.", "capacity: waterproof membrane; ")
    wet = record(2, "Burnside Trail Shoe", "Footwear", "Drains in a few strides.")
    assert compose("Is the Burnside Trail Shoe waterproof?", (dry, wet)).sentences == ()


def test_a_search_is_not_taken_for_a_question_about_one_product() -> None:
    assert describes("Does the Halcyon Lite have noise cancelling?", ALL)
    assert not describes("Do you have headphones with noise cancelling?", ALL)
    assert not describes("Is the Halcyon Lite in stock?", ALL)


def test_what_is_included_is_told_by_a_sentence_that_says_what_comes_with_what() -> None:
    battery = Source(1, ("Questions",), "Bring old batteries to our counter; recycling is free.", 0.8)
    wrap = Source(2, ("Questions",), "Gift wrapping costs £3.50 per item.", 0.8)
    assert compose("Are batteries included?", (battery,)).sentences == ()
    assert [one.text for one in compose("Is gift wrapping included?", (wrap,)).sentences] == [wrap.content]
