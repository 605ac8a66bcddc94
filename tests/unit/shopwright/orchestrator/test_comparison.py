"""What is compared is named by the words around it."""

import pytest
from shopwright.orchestrator.comparison import asks_difference, compared, most_of, the_two

A_B = ("Murmur Buds", "Murmur Sport")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Which is the cheapest: Murmur Buds, Murmur Sport or Kidwave?", (*A_B, "Kidwave")),
        ("Which of Murmur Buds and Murmur Sport is the lightest?", A_B),
        ("Which is the lightest of the Murmur Buds and the Murmur Sport?", A_B),
        ("what's cheaper, Murmur Buds or Murmur Sport?", A_B),
        ("Is the Murmur Buds or the Murmur Sport cheaper?", A_B),
        ("Murmur Buds or Murmur Sport: which is cheaper?", A_B),
        ("Do the Murmur Buds and the Murmur Sport cost the same?", A_B),
        ("Are the Murmur Buds and the Murmur Sport the same price?", A_B),
        ("Does the Murmur Buds cost the same as the Murmur Sport?", A_B),
        ("Is the Murmur Buds as heavy as the Murmur Sport?", A_B),
        ("How much cheaper is the Murmur Buds than the Murmur Sport?", A_B),
        ("How much more does the Murmur Buds cost than the Murmur Sport?", A_B),
        ("By how much is the Murmur Buds lighter than the Murmur Sport?", A_B),
        ("What's the difference in price between the Murmur Buds and the Murmur Sport?", A_B),
        ("which is cheaper, the Boulder Speaker or the Mini Speaker?", ("Boulder Speaker", "Mini Speaker")),
        ("Which has the longer battery life, the Murmur Buds or the Murmur Sport?", A_B),
        ("Murmur Buds or Murmur Sport: which has the longest battery life?", A_B),
        ("Which of the Murmur Buds and the Murmur Sport lasts longer?", A_B),
        ("Does the Murmur Buds have a longer battery life than the Murmur Sport?", A_B),
        ("Which holds more, the Murmur Buds or the Murmur Sport?", A_B),
        ("Compare the battery life of the Murmur Buds and the Murmur Sport", A_B),
        ("Do the Murmur Buds in red and in sand cost the same?", ("Murmur Buds in red", "Murmur Buds in sand")),
        ("how much cheaper is the 20 cm pan than the 26 cm one (iron)?", ("20 cm pan", "26 cm pan")),
        ("The lightest of Murmur Buds, Murmur Sport and Kidwave", (*A_B, "Kidwave")),
        ("How much is the Murmur Buds compared with the Murmur Sport?", A_B),
        ("How does the Murmur Buds compare to the Murmur Sport?", A_B),
        ("How is the Murmur Buds or what is the Murmur Sport", ()),
        ("which is cheaper?", ()),
        ("Which of them is cheaper?", ()),
    ],
)
def test_a_comparison_names_what_it_compares(text: str, names: tuple[str, ...]) -> None:
    assert compared(text) == names


def test_the_most_of_several_that_are_named_is_asked_of_no_whole_shelf() -> None:
    assert most_of("The lightest of whisk, ladle and tongs")
    assert most_of("What's the cheapest of the whisk and the ladle?")
    assert not most_of("the cheapest of your tents and mats")
    assert not most_of("the cheapest tent of all")


def test_by_how_much_is_asked_or_only_which() -> None:
    assert asks_difference("How much cheaper is A than B?")
    assert asks_difference("What is the price difference between A and B?")
    assert not asks_difference("Which is cheaper, A or B?")
    assert not asks_difference("How much is A?")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Do the two Dutch Ovens 5.5 l cost the same?", "Dutch Ovens 5.5 l"),
        ("Are both kettles the same price?", "kettles"),
        ("Do the Murmur Buds and the Murmur Sport cost the same?", ""),
        ("Is the Toaster Two-slice cheaper?", ""),
    ],
)
def test_both_that_are_called_alike_are_named_once(text: str, name: str) -> None:
    assert the_two(text) == name
