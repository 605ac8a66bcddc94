"""What the demo shops still say where nothing is found for what is written, from their own goods and records alone."""

import pytest
from shopwright.grounding.wording import wording

from tests.integration.answer.conftest import Shops

READ = "I read"
NEAR = wording().shelf["what_is_near"]
WHOLE = wording().shelf["whole_record"]


@pytest.mark.parametrize(
    ("shop", "message", "read", "found"),
    [
        ("outdoor", "do u sell compases", "“compases” as “compass”", "Lodestar Compass: price 39.90 EUR"),
        ("outdoor", "how much is the greyling ridge tent", "“greyling” as “grayling”", "price 649.00 EUR"),
        ("outdoor", "how long is the tent warrenty", "“warrenty” as “warranty”", "warranty of 5 years"),
        ("kitchen", "do you have wisks", "“wisks” as “whisk”", "Balloon Whisk: price 12.00 GBP"),
        ("electronics", "hedphones under 100", "“hedphones” as “headphones”", "Kidwave Headphones: price 39.00 USD"),
    ],
)
def test_what_was_mistyped_is_found_and_said_how_it_was_read(
    shops: Shops, shop: str, message: str, read: str, found: str
) -> None:
    said = shops.ask(shop, message)

    assert said.verdict == "answered"
    assert said.text.startswith(f"{READ} {read}")
    assert found in said.text


@pytest.mark.parametrize(
    ("shop", "message"),
    [
        ("outdoor", "do you sell books"),  # it sells boots
        ("outdoor", "do you sell kayaks"),
        ("kitchen", "do you sell trivets"),
        ("kitchen", "do you have compases"),  # the outdoor shop has them
        ("electronics", "do you sell iphones"),
        ("electronics", "greyling ridge tent"),
    ],
)
def test_a_word_is_not_read_as_a_thing_that_it_is_not(shops: Shops, shop: str, message: str) -> None:
    said = shops.ask(shop, message)

    assert READ not in said.text
    assert said.verdict == "not_in_documents"


@pytest.mark.parametrize(
    ("shop", "message", "told"),
    [
        ("outdoor", "How loud is the signal whistle?", "Signal Whistle: brand Brackenline, price 6.90 EUR"),
        ("outdoor", "Do the Stilt Fold poles fit in hand luggage?", "for running vests and hand luggage"),
        ("kitchen", "How many settings does the hand grinder have?", "Thirty-six clicks from Turkish to press."),
        ("electronics", "Does the Worldplug convert voltage?", "it changes the plug, not the voltage."),
        ("electronics", "What is the refresh rate of the Clearview 27 4K Monitor?", "Clearview 27 4K Monitor: brand"),
    ],
)
def test_all_that_a_record_says_is_told_with_a_word_that_it_may_not_be_the_answer(
    shops: Shops, shop: str, message: str, told: str
) -> None:
    said = shops.ask(shop, message)

    assert (said.verdict, said.mode, said.flags) == ("not_in_documents", "extractive", ("whole_record",))
    assert said.text.startswith(f"{WHOLE} ")
    assert told in said.text
    assert said.confidence > 0.5  # in that it is no answer
    assert said.citations


@pytest.mark.parametrize(
    "message", ["weight limit of the ledge harness", "What is the maximum weight of the Ledge Harness?"]
)
def test_what_a_thing_bears_is_not_what_it_weighs(shops: Shops, message: str) -> None:
    bears, weighs = shops.ask("outdoor", message), shops.ask("outdoor", "What does the Ledge Harness weigh?")

    assert (bears.verdict, bears.flags) == ("not_in_documents", ("whole_record",))
    assert weighs.text.startswith("Ledge Harness: weight 390 g")


@pytest.mark.parametrize(
    ("shop", "message"),
    [
        ("kitchen", "How much does the Whetmore Cleaver cost?"),
        ("outdoor", "is the squall backpack waterproof"),
        ("outdoor", "does the glimmer lantern have a hook"),
        ("outdoor", "is the ember gas stove safe in a tent"),
        ("electronics", "does the keystone mouse have side buttons"),
        ("outdoor", "How long is the warranty on the Signal Whistle?"),
        ("electronics", "How much is the Reservoir 50K Power Bank?"),
        ("kitchen", "How loud is the signal whistle?"),  # of another shop
    ],
)
def test_no_record_is_told_for_one_that_there_is_not(shops: Shops, shop: str, message: str) -> None:
    assert WHOLE not in shops.ask(shop, message).text


@pytest.mark.parametrize(
    ("shop", "message", "near"),
    [
        ("outdoor", "warm gloves", "Tundra Gloves: price 69.90 EUR"),
        ("outdoor", "gas cooker under 50 euros", "Cinder Gas Stove: price 44.90 EUR"),
        ("kitchen", "cake tin", "Crumbworks Tart Tin 25 cm: price 14.00 GBP"),
        ("electronics", "camera for the front door", "Doorbell Cam: price 139.00 USD"),
    ],
)
def test_what_nothing_is_called_like_shows_what_is_nearest_as_that(
    shops: Shops, shop: str, message: str, near: str
) -> None:
    said = shops.ask(shop, message)

    assert (said.verdict, said.mode, said.flags) == ("not_in_documents", "products", ("nearest",))
    assert said.text.startswith(f"{NEAR}\n")
    assert near in said.text
    assert said.citations
    assert said.products


@pytest.mark.parametrize(
    ("shop", "message"),
    [
        ("outdoor", "surfboard"),
        ("outdoor", "Do you sell kayaks?"),
        ("outdoor", "Where are your tents manufactured?"),
        ("kitchen", "vacuum cleaner"),
        ("kitchen", "sleeping bag for winter"),  # of another shop
        ("electronics", "washing machine"),
        ("electronics", "do you install smart thermostats at home"),
    ],
)
def test_what_is_far_is_not_shown(shops: Shops, shop: str, message: str) -> None:
    said = shops.ask(shop, message)

    assert (said.verdict, said.text) == ("not_in_documents", wording().not_in_documents)
