"""A sum is of so many of what is named, from the prices that are told beside it."""

import pytest
from shopwright.orchestrator import summing
from shopwright.orchestrator.summing import Part, parts_in

from tests.unit.shopwright.orchestrator.shelf import item, text

WHISK, SLICE = item("Balloon Whisk", price="12.00"), item("Fish Slice", price="13.50")


@pytest.mark.parametrize(
    ("message", "parts"),
    [
        ("How much are 3 balloon whisks?", [Part(3, "balloon whisks")]),
        ("What do four Everyday Mugs cost?", [Part(4, "Everyday Mugs")]),
        ("What is the price of 2 Titan Mug 450?", [Part(2, "Titan Mug 450")]),
        ("how much for three?", [Part(3, "")]),
        ("How much would 5 of them cost?", [Part(5, "")]),
        ("The Balloon Whisk and the Fish Slice together", [Part(1, "Balloon Whisk"), Part(1, "Fish Slice")]),
        ("Total for 2 whisks, 1 ladle and a colander?", [Part(2, "whisks"), Part(1, "ladle"), Part(1, "colander")]),
        ("How much are a ladle and a whisk?", [Part(1, "ladle"), Part(1, "whisk")]),
        ("what would it cost if I added a stand mixer?", [Part(1, ""), Part(1, "stand mixer")]),
        ("how much if I also took the ladle?", [Part(1, ""), Part(1, "ladle")]),
    ],
)
def test_what_is_to_be_added_up_is_read(message: str, parts: list[Part]) -> None:
    assert list(parts_in(message)) == parts


@pytest.mark.parametrize(
    "message",
    [
        "How much is the Balloon Whisk?",
        "How much is the 2 m USB-C cable?",
        "How much is a 140 W charger?",
        "How much is the Everyday Mug, Set of 4?",
        "What does delivery cost for 2 items?",
        "How much do you charge for two orders?",
        "how much is shipping for 3 kg?",
        "Do the tent and the mat fit together?",
        "How much is the Garlic Press and can it go in the dishwasher?",
    ],
)
def test_a_figure_that_counts_no_goods_makes_no_sum(message: str) -> None:
    assert parts_in(message) == ()


def test_a_sum_is_told_with_the_prices_that_it_is_of() -> None:
    told = summing.told((Part(3, "balloon whisks"), Part(1, "fish slice")), (WHISK, SLICE), ())

    assert text(told) == (
        "3 x Balloon Whisk and 1 x Fish Slice come to 49.50 EUR, without delivery:\n"
        "Balloon Whisk: price 12.00 EUR\nFish Slice: price 13.50 EUR"
    )


def test_of_what_was_shown_so_many_are_multiplied() -> None:
    told = summing.told((Part(3, ""),), (WHISK, SLICE), (SLICE.product_id,))

    assert text(told).startswith("3 x Fish Slice come to 40.50 EUR")


def test_no_sum_is_made_of_what_is_not_sold_not_priced_or_not_clear() -> None:
    free = item("Spare Handle", price="")

    assert (
        text(summing.told((Part(2, "whisk"), Part(1, "Teapot")), (WHISK,), ()))
        == "The shop lists nothing called Teapot."
    )
    assert text(summing.told((Part(2, "spare handle"),), (free,), ())).startswith("The shop does not say the price of")
    mill = item("Pestle and Mortar")
    assert summing.told(parts_in("How much is the Pestle and Mortar?"), (mill,), ()) is None
    both = (item("Moss Mug", price="5.00"), item("Sand Mug", price="6.00"))
    unclear = summing.told((Part(2, "mugs"),), both, ())
    assert unclear is not None
    assert unclear.asks
    assert text(unclear) == "Which one do you mean? Moss Mug; Sand Mug."
