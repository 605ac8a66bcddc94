"""Things are compared in one unit and one currency, and by values that both have."""

from dataclasses import replace

from shopwright.orchestrator import comparing, seeking

from tests.unit.shopwright.orchestrator.shelf import item, text


def test_grams_and_kilograms_are_compared_and_other_units_are_not() -> None:
    light, heavy = item("A Tent", weight="900"), item("B Tent", weight="1.2")
    heavy = replace(heavy, sheet={**heavy.sheet, "weight": replace(heavy.sheet["weight"], unit="kg")})
    odd = replace(heavy, sheet={**heavy.sheet, "weight": replace(heavy.sheet["weight"], unit="l")})
    by = seeking.by_word("which is lighter?")

    assert comparing.compared((heavy, light), by).lines[0].text == "A Tent is the lighter one."
    assert comparing.compared((odd, light), by).lines[0].text == "The shop does not say the weight of B Tent."


def test_prices_of_two_currencies_are_not_compared() -> None:
    euros, pounds = item("A Tent"), item("B Tent", price="10.00")
    pounds = replace(pounds, sheet={**pounds.sheet, "price": replace(pounds.sheet["price"], unit="GBP")})

    shown = comparing.compared((euros, pounds), seeking.by_word("which is cheaper?"))

    assert shown.lines[0].text == (
        "Their prices are in several currencies (EUR and GBP), and I do not convert: so I cannot say which is cheaper."
    )


def test_by_how_much_one_is_cheaper_is_computed_from_the_prices_that_are_told_beside_it() -> None:
    one, other = item("A Tent", price="219.00"), item("B Tent", price="289.50")

    for message in ("How much cheaper is the A Tent than the B Tent?", "What is the price difference between A and B?"):
        shown = comparing.compared((other, one), seeking.by_word(message), by_how_much=True)
        assert text(shown).startswith("A Tent is 70.50 EUR cheaper than B Tent.")
        told = {(fact.product_id, fact.value) for line in shown.lines for fact in line.told if fact.name == "price"}
        assert told == {("a tent", "219.00"), ("b tent", "289.50")}
    by = seeking.by_word("How much more does the B Tent cost than the A Tent?")
    dearer = comparing.compared((one, other), by, by_how_much=True)
    assert text(dearer).startswith("B Tent is 70.50 EUR more expensive than A Tent.")


def test_no_difference_is_computed_between_currencies_or_of_a_range() -> None:
    by = seeking.by_word("How much cheaper is A than B?")
    euros, pounds = item("A Tent"), item("B Tent", price="10.00")
    pounds = replace(pounds, sheet={**pounds.sheet, "price": replace(pounds.sheet["price"], unit="GBP")})

    assert "I do not convert" in text(comparing.compared((euros, pounds), by, by_how_much=True))
    ranged = comparing.compared((euros, item("C Tent", price="30.00 to 40.00")), by, by_how_much=True)
    assert text(ranged).startswith("A Tent is the cheaper one.")
    same = comparing.compared((euros, item("D Tent")), by, by_how_much=True)
    assert text(same).startswith("A Tent and D Tent are alike in price.")


def test_of_several_on_each_side_whose_prices_overlap_neither_side_is_the_cheaper() -> None:
    baskets = (item("Round Basket", price="16.50"), item("Oval Basket", price="15.50"))
    tins = (item("Small Tin", price="16.00"), item("Large Tin", price="19.50"))
    by = seeking.by_word("are the baskets cheaper than the tins?")

    overlapping = comparing.compared((*baskets, *tins), by, several=True, groups=(baskets, tins))
    apart = comparing.compared((*baskets, tins[1]), by, several=True, groups=(baskets, tins[1:]))

    assert overlapping.lines[0].text == "Which is cheaper depends on which ones you take: they overlap in price."
    assert apart.lines[0].text == "Oval Basket is the cheaper one."


def test_of_a_value_in_words_the_first_figure_is_compared() -> None:
    buds, sport = (
        item("Murmur Buds", battery="7 h, 28 h with case"),
        item("Murmur Sport", battery="9 h, 27 h with case"),
    )
    by = seeking.by_word("Which has the longer battery life, the Murmur Buds or the Murmur Sport?")

    assert comparing.compared((buds, sport), by).lines[0].text == "Murmur Sport has the longer battery life."
    unsaid = comparing.compared((buds, item("Wired Buds")), by)
    assert unsaid.lines[0].text == "The shop does not say which has the longer battery life."
