"""Where nothing answers, all of a record is told of the product that a question names, and of no other."""

import pytest
from shopwright.llm.extractive import compose, whole
from shopwright.llm.units import Source


def record(ref: int, content: str) -> Source:
    return Source(ref, ("Catalog",), content, 0.7)


WHISTLE = record(
    1,
    "sku: B-1; name: Signal Whistle; category: Navigation; price: 6.90 EUR; weight_g: 9; stock: 12; "
    "description: Pealess, 118 dB, works wet.",
)
SQUALL = record(
    2, "sku: S-1; name: Squall Rain Jacket; category: Jackets; price: 189 EUR; description: A hood for a helmet."
)
SQUALL_W = record(
    3, "sku: S-2; name: Squall W Rain Jacket; category: Jackets; price: 189 EUR; description: The women's cut."
)
COVER = record(4, "sku: R-1; name: Rain Cover M; category: Backpacks; price: 19.90 EUR; description: Elastic hem.")
KNIFE = record(
    5, "sku: K-1; name: Whetmore Chef's Knife 20 cm; category: Knives; price: 68 GBP; description: Hardened to 58 HRC."
)
BAG = record(6, "sku: E-1; name: Eiderlight -18; category: Sleeping bags; price: 529 EUR; description: For the cold.")
PAGE = Source(7, ("Returns",), "You may return the Signal Whistle unused. Light rain harms nothing.", 0.7)
ALL = (WHISTLE, SQUALL, SQUALL_W, COVER, KNIFE, BAG, PAGE)


def told(question: str) -> list[str]:
    return [one.text for one in whole(question, ALL).sentences]


def test_all_of_a_record_is_told_but_for_what_tells_a_shopper_nothing() -> None:
    assert not compose("How loud is the signal whistle?", ALL).sentences

    draft = whole("How loud is the signal whistle?", ALL)

    (one,) = draft.sentences
    assert one.text == "Signal Whistle: price 6.90 EUR, weight 9 g, Pealess, 118 dB, works wet."
    assert one.ref == 1
    assert all(quote in WHISTLE.content for quote in one.quotes)
    assert 0 < draft.confidence < 0.5


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("How hard is the chef's knife 20 cm?", ["Whetmore Chef's Knife 20 cm"]),
        ("is the squall noisy?", ["Squall Rain Jacket", "Squall W Rain Jacket"]),
        ("Does the Squall Rain Jacket rustle?", ["Squall Rain Jacket"]),
        ("is the squall machine-made", ["Squall Rain Jacket", "Squall W Rain Jacket"]),
        ("Does the Squall rustle at night?", ["Squall Rain Jacket", "Squall W Rain Jacket"]),
        ("Does it echo? (Signal Whistle)", ["Signal Whistle"]),
        ("Can I blow the Signal Whistle below the Squall W Rain Jacket?", ["Signal Whistle", "Squall W Rain Jacket"]),
    ],
)
def test_a_product_is_known_by_its_name_or_by_the_part_that_is_its_own(question: str, named: list[str]) -> None:
    assert [one.partition(":")[0] for one in told(question)] == named


@pytest.mark.parametrize(
    "question",
    [
        "Does the Whetmore Cleaver ring?",  # another thing of the same range
        "How heavy is the Eiderlight -30?",
        "How loud is the Signal Whistle 3000?",
        "Does the Squall Poncho rustle?",
        "is the squall backpack noisy",
        "does the squall tent have a bell",
        "is the whetmore jacket noisy",
        "is the squall chef's knife loud",  # nor the other's
        "black trousers for the rain",  # a word of a name that is only a word
        "how loud is a knife",
        "Is it loud?",
        "Which is cheaper, the Signal Whistle or the Squall Rain Jacket?",  # others compare
        "Is the Signal Whistle in stock?",  # others know
        "What is the warranty on the Signal Whistle?",  # a page would say it
        "How loud are your jackets?",
    ],
)
def test_nothing_is_told_where_it_is_not_sure_what_is_named(question: str) -> None:
    assert told(question) == []


def test_of_a_range_of_many_nobody_knows_which_is_meant() -> None:
    range_of = tuple(
        record(at, f"sku: P-{at}; name: Plainsong Pan {at} cm; category: Pans; price: 20 GBP; description: A pan.")
        for at in (20, 24, 28)
    )

    assert [one.ref for one in whole("Does the Plainsong Pan sing?", range_of[:2]).sentences] == [20, 24]
    assert not whole("Does the Plainsong Pan sing?", range_of).sentences
