"""What a message asks of the cart is read by its verb, and a number only where it says how many."""

import pytest
from shopwright.orchestrator import basket
from shopwright.orchestrator.basket import Deed, Item, Odd, Wish, read


def items(message: str) -> tuple[Deed, list[tuple[str, object]]]:
    wish = read(message)
    assert wish is not None
    return wish.deed, [(item.text, item.count) for item in wish.items]


@pytest.mark.parametrize(
    ("message", "deed", "meant"),
    [
        ("Add two tents to my cart", Deed.ADD, [("tents", 2)]),
        ("add tents", Deed.ADD, [("tents", None)]),
        ("Please could you put 3 of those into the basket, thanks", Deed.ADD, [("those", 3)]),
        ("I'd like to add twenty-one whisks", Deed.ADD, [("whisks", 21)]),
        ("add a hundred and twenty whisks", Deed.ADD, [("whisks", 120)]),
        ("Add half a dozen whisks to my basket", Deed.ADD, [("whisks", 6)]),
        ("add balloon whisk x3", Deed.ADD, [("balloon whisk", 3)]),
        ("add 3x balloon whisk", Deed.ADD, [("balloon whisk", 3)]),
        ("add the whisk twice", Deed.ADD, [("whisk", 2)]),
        ("Can I add a whisk to my cart?", Deed.ADD, [("whisk", 1)]),
        ("I'll take two", Deed.ADD, [("", 2)]),
        ("put it in my basket", Deed.ADD, [("it", None)]),
        ("put two of them in the bag", Deed.ADD, [("them", 2)]),
        ("Add Wren Tarp 3 x 3", Deed.ADD, [("Wren Tarp 3 x 3", None)]),
        ("Add 2 Wren Tarp 3 x 3", Deed.ADD, [("Wren Tarp 3 x 3", 2)]),
        ("Add 3 each of the whisk and the colander", Deed.ADD, [("whisk", 3), ("colander", 3)]),
        (
            'Please put 2x "Silk Liner" and 1x "Soft Pillow" in my cart.',
            Deed.ADD,
            [("Silk Liner", 2), ("Soft Pillow", 1)],
        ),
        ("add a whisk and a ladle, three each", Deed.ADD, [("whisk", 3), ("ladle", 3)]),
        ("I want to buy two whisks", Deed.ADD, [("whisks", 2)]),
        ("can I have 2 ladles in my cart pls", Deed.ADD, [("ladles", 2)]),
        ("put them back into my basket", Deed.ADD, [("them", None)]),
        ("Two whisks to my cart please", Deed.ADD, [("whisks", 2)]),
        ("Take the whisks out again", Deed.TAKE, [("whisks", None)]),
        ("Take 2 whisks out of my cart please", Deed.TAKE, [("whisks", 2)]),
        ("remove one of them", Deed.TAKE, [("them", 1)]),
        ("I don't want the whisk any more", Deed.TAKE, [("whisk", None)]),
        ("one less whisk", Deed.TAKE, [("whisk", 1)]),
        ("reduce the whisks by 2", Deed.TAKE, [("whisks", 2)]),
        ("reduce the whisks to 2", Deed.SET, [("whisks", 2)]),
        ("Change the whisks to 4", Deed.SET, [("whisks", 4)]),
        ("change the quantity of the whisks to four", Deed.SET, [("whisks", 4)]),
        ("Make it three", Deed.SET, [("", 3)]),
        ("I only want 1", Deed.SET, [("", 1)]),
        ("just one please", Deed.SET, [("", 1)]),
        ("only two whisks please", Deed.SET, [("whisks", 2)]),
        ("double it", Deed.MULTIPLY, [("it", None)]),
        ("twice as many whisks", Deed.MULTIPLY, [("whisks", None)]),
        ("half of them", Deed.HALVE, [("them", None)]),
        ("halve the whisks", Deed.HALVE, [("whisks", None)]),
    ],
)
def test_a_wish_is_read_by_its_verb(message: str, deed: Deed, meant: list[tuple[str, object]]) -> None:
    assert items(message) == (deed, meant)


@pytest.mark.parametrize(
    ("message", "count"),
    [
        ("add 1.5 whisks", Odd.NOT_WHOLE),
        ("add 1,5 whisks", Odd.NOT_WHOLE),
        ("add one and a half whisks", Odd.NOT_WHOLE),
        ("add half a whisk", Odd.NOT_WHOLE),
        ("add 1/2 whisk", Odd.NOT_WHOLE),
        ("add -2 whisks", -2),
        ("add minus two whisks", -2),
        ("add 0 whisks", 0),
        ("add zero whisks", 0),
        ("add 1000 whisks", 1000),
        ("add 1,000 whisks", 1000),
        ("add some whisks", Odd.UNSAID),
        ("add a few whisks", Odd.UNSAID),
        ("make it 1.5", Odd.NOT_WHOLE),
        ("add two or three whisks", Odd.UNSAID),
        ("add 2-3 whisks", Odd.UNSAID),
        ("add all the whisks that you have", Odd.UNSAID),
        ("add another 1000 whisks", 1000),
        ("Add 1000", 1000),
        ("Add 1.5", Odd.NOT_WHOLE),
        ("Add -2", -2),
        ("Add 0", 0),
        ("change the whisks to 0", 0),
    ],
)
def test_a_number_that_can_be_no_quantity_is_kept_as_that(message: str, count: object) -> None:
    wish = read(message)
    assert wish is not None
    assert [item.count for item in wish.items] == [count]


@pytest.mark.parametrize(
    ("message", "names"),
    [
        ("add the 24 cm pan to my cart", "24 cm pan"),
        ("add 20 W charger", "20 W charger"),
        ("Add the Larkmoss 2 Trekking Tent to my basket", "Larkmoss 2 Trekking Tent"),
        ("Add the clear salad spinner to my cart", "clear salad spinner"),
        ("add the drop cloth", "drop cloth"),
        ("Add the Hearthstone Dutch Oven 5.5 l, Juniper to my cart", "Hearthstone Dutch Oven 5.5 l, Juniper"),
        ("Add Granite Pestle and Mortar", "Granite Pestle and Mortar"),
        ("Add the Whetmore Steak Knives, Set of 4", "Whetmore Steak Knives, Set of 4"),
    ],
)
def test_a_figure_or_a_verb_in_a_name_is_a_part_of_the_name(message: str, names: str) -> None:
    assert items(message) == (Deed.ADD, [(names, None)])


def test_several_products_are_told_apart_by_how_many_of_each() -> None:
    assert items("Add two whisks, three woks and a colander to my cart please") == (
        Deed.ADD,
        [("whisks", 2), ("woks", 3), ("colander", 1)],
    )
    assert items("add two 24 cm pans and the Granite Pestle and Mortar")[1] == [
        ("24 cm pans", 2),
        ("Granite Pestle and Mortar", None),
    ]


@pytest.mark.parametrize("message", ["one more whisk please", "another whisk", "an extra whisk", "add one more whisk"])
def test_more_is_more_of_what_is_there(message: str) -> None:
    assert read(message) == Wish(Deed.ADD, (Item("whisk", 1, more=True),))


@pytest.mark.parametrize(
    "message",
    [
        "What's in my basket",
        "what do I have in my cart?",
        "show me my cart",
        "cart",
        "How much is my cart?",
        "How much does my cart cost?",
        "What is the total?",
        "what's the total so far",
        "How much is everything together?",
        "how much do I owe?",
        "Is there anything in my basket?",
        "total please",
        "is my cart empty?",
        "how much is my basket in dollars",
        "How many whisks are in my cart?",
        "Is the whisk in my cart?",
        "Did you add the whisk?",
        "don't add it to my cart",
    ],
)
def test_what_the_cart_holds_and_costs_is_asked_in_many_ways(message: str) -> None:
    assert items(message) == (Deed.SHOW, [])


@pytest.mark.parametrize("message", ["empty my cart", "clear the basket", "remove everything", "take everything out"])
def test_a_cart_is_emptied_by_who_says_all_of_it(message: str) -> None:
    assert items(message) == (Deed.CLEAR, [])


def test_one_is_wished_for_in_place_of_another() -> None:
    for message in (
        "swap the wok for the pan",
        "I'd rather have the pan instead of the wok",
        "replace the wok with the pan",
    ):
        wish = read(message)
        assert wish is not None
        assert wish.other is not None
        assert (wish.deed, wish.items[0].text, wish.other.text) == (Deed.SWAP, "wok", "pan")


@pytest.mark.parametrize(
    "message",
    [
        "How much is it?",
        "How do I add a tent to my cart?",
        "Can I return things in my cart?",
        "what is the return policy for the items in my cart",
        "I have a narrow door to pull the cart through, how wide is it?",
        "The cart that I had could not stand up to the stress.",
        "I don't need it",
        "forget it",
        "What is the total weight of the tent?",
        "Translate into French: add two tents to my cart",
        "Do you have more tents?",
        "a bag",
        "show me the bag",
        "I need a 2 person tent",
        "I want to buy a tent",
    ],
)
def test_a_question_or_a_story_asks_nothing_of_the_cart(message: str) -> None:
    assert read(message) is None


@pytest.mark.parametrize(
    ("message", "deed", "count", "words"),
    [
        ("Leg zwei Schneebesen in den Warenkorb", Deed.ADD, 2, "Schneebesen"),
        ("Kannst du bitte 2 Balloon Whisk in meinen Warenkorb legen?", Deed.ADD, 2, "Balloon Whisk"),
        ("Ajoute deux fouets au panier", Deed.ADD, 2, "fouets"),
        ("Añade dos batidores al carrito", Deed.ADD, 2, "batidores"),
        ("Añade el Larkmoss 2 Trekking Tent al carrito", Deed.ADD, None, "Larkmoss 2 Trekking Tent"),
        ("Leg drei Larkmoss 2 Trekking Tent in den Korb", Deed.ADD, 3, "Larkmoss 2 Trekking Tent"),
        ("Was ist in meinem Warenkorb?", Deed.SHOW, None, "ist"),
        ("vide mon panier", Deed.CLEAR, None, ""),
        ("Entferne die Pfanne aus dem Warenkorb", Deed.TAKE, None, "Pfanne"),
    ],
)
def test_a_wish_in_another_language_is_known_as_one(message: str, deed: Deed, count: int | None, words: str) -> None:
    found = basket.foreign(message)
    assert found is not None
    assert (found.deed, found.count, found.words.replace("aus", "").strip()) == (deed, count, words)


@pytest.mark.parametrize(
    "message", ["Wie lange bleibt mein Warenkorb gespeichert?", "Comment vider mon panier ?", "my cart"]
)
def test_a_question_in_another_language_is_none(message: str) -> None:
    assert basket.foreign(message) is None


@pytest.mark.parametrize("message", ["add no colander", "put no whisks in my cart", "add a whisk and no colander"])
def test_what_is_denied_is_not_put_in(message: str) -> None:
    wish = read(message)
    assert wish is None or wish.deed is Deed.SHOW


def test_a_name_with_a_number_sign_denies_nothing() -> None:
    assert items("add the No. 5 ladle") == (Deed.ADD, [("No. 5 ladle", None)])


@pytest.mark.parametrize(
    ("message", "named", "count"),
    [
        ("add SG-UTE-110 x 4", "SG-UTE-110", 4),
        ("add SG-UTE-110 x4", "SG-UTE-110", 4),
        ("add whisks: 3", "whisks", 3),
        ("add whisk (3)", "whisk", 3),
        ("add whisk*3", "whisk", 3),
        ("add whisk ×3", "whisk", 3),
        ("put Whisk - 4 in the cart", "Whisk", 4),
        ("add whisk, qty 3", "whisk", 3),
        ("add whisks, 3 pieces", "whisks", 3),
        ("add a whisk x3", "whisk", 3),
        ("add Tarp 3 x 3", "Tarp 3 x 3", None),
        ("add Tempo Watch 46", "Tempo Watch 46", None),
    ],
)
def test_how_many_is_read_behind_a_product_too(message: str, named: str, count: int | None) -> None:
    assert items(message) == (Deed.ADD, [(named, count)])


def test_a_number_is_read_with_what_it_measures() -> None:
    (said,) = basket.figures_in("a 2 litre press")
    assert (said.number, said.unit) == ("2", "l")
    assert not any(said.is_as(one) for one in basket.figures_in("French Press 1 l, 2 kg", loose=True))
    assert any(said.is_as(one) for one in basket.figures_in("Press 2", loose=True))
    assert basket.figures_in("SG-UTE-110 in 4K") == ()


def test_a_basket_may_be_an_article_and_the_basket_is_all_of_it() -> None:
    assert read("add a basket") == Wish(Deed.ADD, (Item("basket", 1),))
    assert read("double my basket") == Wish(Deed.MULTIPLY, (Item(every=True),), names_cart=True, times=2)
    assert read("double the bread basket") == Wish(Deed.MULTIPLY, (Item("bread basket"),), times=2)


@pytest.mark.parametrize(
    "message",
    [
        "undo my order",
        "undo the last order",
        "how do I undo a purchase?",
        "can I undo a return?",
        "no more than 3 whisks",
        "is there no more of it?",
        "what was it before?",
        "go back",
    ],
)
def test_what_only_sounds_like_taking_back_changes_no_cart(message: str) -> None:
    assert read(message) is None
