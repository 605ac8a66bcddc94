"""The stock that is told is that of the variant that was asked for, or the shop's silence about it."""

import pytest
from shopwright.catalog.facts import Choice, Kind, Told
from shopwright.orchestrator import variants
from shopwright.orchestrator.item import Item
from shopwright.retrieval.search import Passage


def passage(title: str) -> Passage:
    return Passage("c-" + title, "d-1", 1, "Catalog", (title,), 0, 9, "documents/x", f"name: {title}", 0.9, None, 0.9)


def sheet(sku: str, **values: str) -> dict[str, Told]:
    kinds = {"stock": Kind.QUANTITY}
    return {name: Told("p", sku, name, kinds.get(name, Kind.WORDS), value, "", 1) for name, value in values.items()}


def choice(sku: str, title: str = "Fell Hoody", **values: str) -> Choice:
    return Choice(sku, title, sheet(sku, **values))


HOODY = Item("hoody", "Fell Hoody", passage("Fell Hoody"), sheet("", colour="Moss, Slate", size="M, L", stock="11"))
HOODIES = (
    choice("mm", colour="Moss", size="M", stock="0"),
    choice("ml", colour="Moss", size="L", stock="4"),
    choice("sm", colour="Slate", size="M", stock="7"),
)


def lines(text: str, choices: tuple[Choice, ...] = HOODIES, item: Item = HOODY) -> list[str]:
    said = variants.told(text, item, choices)
    return [] if said is None else [line.text for line in said.lines]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Is the Fell Hoody in Slate in stock?", ["Fell Hoody: colour Slate, size M, stock 7"]),
        ("is the fell hoody in stock in slate", ["Fell Hoody: colour Slate, size M, stock 7"]),
        ("Is the slate Fell Hoody available?", ["Fell Hoody: colour Slate, size M, stock 7"]),
        ("Is the Fell Hoody available in size L?", ["Fell Hoody: colour Moss, size L, stock 4"]),
        ("Is the Fell Hoody in moss, size M, in stock?", ["Fell Hoody: colour Moss, size M, stock 0, sold out"]),
        (
            "How many Fell Hoodies in Moss do you have left?",
            ["Fell Hoody: colour Moss, size M, stock 0, sold out", "Fell Hoody: colour Moss, size L, stock 4"],
        ),
    ],
)
def test_each_variant_that_is_meant_tells_its_own_stock(text: str, told: list[str]) -> None:
    assert lines(text) == told


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("Is the Fell Hoody in red in stock?", "Fell Hoody is not listed in red. What is listed:"),
        ("Is the Fell Hoody in size XXL available?", "Fell Hoody is not listed in XXL. What is listed:"),
        ("Is the Fell Hoody in Slate in size L in stock?", "Fell Hoody is not listed in slate, L. What is listed:"),
        (
            "Is the Fell Hoody in Dublin in stock?",
            "The shop does not say how much of Fell Hoody there is in Dublin. What it says:",
        ),
    ],
)
def test_what_the_shop_does_not_list_is_said_to_be_so_beside_what_it_lists(text: str, first: str) -> None:
    told = lines(text)

    assert told[0] == first
    assert len(told) == 1 + len(HOODIES)


@pytest.mark.parametrize(
    "text",
    [
        "Is the Fell Hoody in stock?",
        "Is the Fell Hoody still available in your store?",
        "Is the Fell Hoody in stock in general?",
        "How many of the Fell Hoody do you have in all?",
    ],
)
def test_who_asks_for_no_variant_is_told_of_none(text: str) -> None:
    assert lines(text) == []


def test_a_variant_that_nobody_counts_is_said_not_to_be_counted() -> None:
    scarf = (choice("m", "Beck Scarf", colour="Moss"), choice("p", "Beck Scarf", colour="Plum"))
    item = Item("scarf", "Beck Scarf", passage("Beck Scarf"), sheet("", colour="Moss, Plum"))

    told = lines("Is the Beck Scarf in Plum in stock?", scarf, item)

    assert told == ["The shop does not say the stock of Beck Scarf (colour Plum)."]


def test_sizes_that_are_counted_together_are_said_to_be() -> None:
    boot = (choice("b", "Peat Boot", colour="peat", size="EU 36-48", stock="65"),)
    item = Item("boot", "Peat Boot", passage("Peat Boot"), boot[0].sheet)

    told = lines("Is the Peat Boot in size 42 in stock?", boot, item)

    assert told == [
        "The shop counts these together, and not each by itself:",
        "Peat Boot: size EU 36-48, stock 65",
    ]


def test_the_product_that_has_the_colour_in_its_name_is_the_one_that_is_meant() -> None:
    plain = Item("oven", "Dutch Oven 5.5 l", passage("Dutch Oven 5.5 l"), sheet("", colour="oat", stock="81"))
    juniper = Item("j", "Dutch Oven 5.5 l, Juniper", passage("Juniper"), sheet("", colour="juniper", stock="44"))

    assert variants.meant("Is the Dutch Oven 5.5 l in juniper in stock?", [plain, juniper], {}) is juniper
    assert variants.meant("Is the Dutch Oven 5.5 l in stock?", [plain, juniper], {}) is plain


def test_a_name_that_is_not_said_in_full_means_a_product_when_it_can_mean_no_other() -> None:
    jumper = Item("jumper", "Wool Jumper", passage("Wool Jumper"), sheet("", colour="Moss"))
    cotton = Item("cotton", "Cotton Jumper", passage("Cotton Jumper"), sheet("", colour="Moss"))
    by_id = {"hoody": HOODIES}

    assert variants.meant("Are the moss hoodies in stock?", [HOODY, jumper], by_id) is HOODY
    assert variants.meant("Is the jumper in moss in stock?", [jumper, cotton], by_id) is None
    assert variants.meant("Is the blue kettle in stock?", [HOODY, jumper], by_id) is None
