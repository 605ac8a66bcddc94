"""The sale's design, looked at in every state that it can be in; and each way of getting it wrong is found."""

import pytest

from tests.unit.shopwright.checkout.saga_model import MUTANTS, Rules, explore


@pytest.mark.parametrize(
    ("rules", "shoppers"),
    [
        pytest.param(Rules(), 1, id="one shopper"),
        pytest.param(Rules(asynchronous=True), 1, id="one shopper, in the gateway's own time"),
        pytest.param(Rules(challenges=False, cancels=False), 2, id="two shoppers", marks=pytest.mark.full),
        pytest.param(Rules(cancels=False), 2, id="two shoppers at their banks", marks=pytest.mark.full),
    ],
)
def test_the_design_has_no_wrong_state(rules: Rules, shoppers: int) -> None:
    states, wrong = explore(rules, shoppers=shoppers)

    assert states > 100
    assert wrong == {}


@pytest.mark.parametrize("mutant", sorted(MUTANTS))
def test_a_design_that_lacks_one_rule_is_found_out(mutant: str) -> None:
    _, wrong = explore(MUTANTS[mutant], shoppers=1, until_wrong=True)

    assert wrong
