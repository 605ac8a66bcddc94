"""The cheapest model that is able enough, and none that cannot be paid."""

import pytest
from shopwright.costs.ladder import Rung
from shopwright.costs.price import Tokens, price_book
from shopwright.llm.escalate import models
from shopwright.llm.model import cards, own_cards


@pytest.mark.parametrize(
    ("need", "allowed", "effort", "names"),
    [
        (Rung.SMALL, Rung.LARGE, 0, ["nova-micro"]),
        (Rung.SMALL, Rung.LARGE, 1, ["nova-lite", "nova-micro"]),
        (Rung.SMALL, Rung.LARGE, 2, ["nova-2-lite", "nova-lite", "nova-micro"]),
        (Rung.SMALL, Rung.LARGE, 9, ["nova-pro", "nova-2-lite", "nova-lite", "nova-micro"]),
        (Rung.MIDDLE, Rung.LARGE, 0, ["nova-lite", "nova-micro"]),
        (Rung.LARGE, Rung.LARGE, 0, ["nova-2-lite", "nova-lite", "nova-micro"]),
        (Rung.LARGE, Rung.MIDDLE, 3, ["nova-lite", "nova-micro"]),
        (Rung.LARGE, Rung.SMALL, 0, ["nova-micro"]),
        (Rung.SMALL, Rung.EXTRACTIVE, 5, []),
        (Rung.SMALL, Rung.TEMPLATE, 0, []),
    ],
)
def test_need_and_money_choose_the_model(need: Rung, allowed: Rung, effort: int, names: list[str]) -> None:
    assert [card.name for card in models(need, allowed, cards(), effort=effort)] == names


def test_the_models_stand_in_the_order_of_their_prices_and_all_have_one() -> None:
    turn = Tokens(input=2500, output=350)
    costs = [price_book().tokens(card.name, turn).nanos for card in cards()]

    assert costs == sorted(costs)
    assert [card.rung for card in cards()] == sorted(card.rung for card in cards())


def test_a_model_of_ones_own_is_asked_whatever_is_needed_and_costs_nothing() -> None:
    (card,) = models(Rung.LARGE, Rung.LARGE, own_cards("qwen3:4b"), effort=2)

    assert card.id == "qwen3:4b"
    assert price_book("own").tokens(card.name, Tokens(10**6, 10**6)).nanos == 0
