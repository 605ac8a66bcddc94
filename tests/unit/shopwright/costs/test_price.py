"""A price is exact, has a source, and is never guessed."""

import tomllib
from copy import deepcopy
from decimal import Decimal
from fractions import Fraction
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shopwright.costs.ladder import Rung, Step, step
from shopwright.costs.ledger import Left, limits_of, said
from shopwright.costs.price import DOLLAR, Bill, Line, NotPriced, Tokens, Unit, dollars, nanos, price_book, read, total
from shopwright.orchestrator.tools import definitions

TABLE: dict[str, Any] = tomllib.loads(files("shopwright.costs").joinpath("prices.toml").read_text("utf-8"))
COUNT = st.integers(min_value=0, max_value=10**9)


def test_a_turn_of_nova_micro_costs_what_its_tokens_do() -> None:
    bill = price_book().tokens("nova-micro", Tokens(input=2000, output=300, cached=1000))

    assert dollars(bill.nanos) == "0.00012075"


def test_ten_turns_of_nova_pro_cost_more_than_a_session_may() -> None:
    turn = price_book().tokens("nova-pro", Tokens(input=6000, output=500)).nanos

    assert 10 * turn > limits_of().session > 10 * price_book().tokens("nova-2-lite", Tokens(6000, 500)).nanos


def test_tokens_that_are_written_to_a_cache_are_not_free() -> None:
    price = price_book().model("nova-lite")

    assert price.of(Tokens(written=100)) == price.of(Tokens(input=100)) > price.of(Tokens(cached=100)) > 0


@given(COUNT, COUNT, COUNT, st.sampled_from(sorted(TABLE["us-east-1"]["models"])))
def test_a_bill_is_never_below_the_truth_and_less_than_a_nano_dollar_a_line_above_it(
    read_in: int, written_out: int, from_cache: int, name: str
) -> None:
    row = TABLE["us-east-1"]["models"][name]
    counts = {"input": read_in, "output": written_out, "cached": from_cache}
    exact = sum(Fraction(Decimal(row[kind])) * count for kind, count in counts.items()) / row["per"] * DOLLAR

    billed = price_book().tokens(name, Tokens(read_in, written_out, from_cache)).nanos

    assert exact <= billed < exact + 3


@pytest.mark.parametrize(
    ("unit", "units", "cost"),
    [
        (Unit.LAMBDA_MB_MS, 1024 * 1000, "0.000016667"),
        (Unit.DATABASE_ACU_MS, 3_600_000, "0.12"),
        (Unit.GUARDRAIL_TEXT_UNITS, 24, "0.0024"),
        (Unit.DYNAMODB_WRITE_UNITS, 12, "0.0000075"),
    ],
)
def test_what_is_no_token_has_its_price_too(unit: Unit, units: int, cost: str) -> None:
    assert dollars(price_book().used(unit, units).nanos) == cost


def test_every_price_names_a_source_that_says_when_it_was_read() -> None:
    for row in (*TABLE["us-east-1"]["models"].values(), *TABLE["us-east-1"]["units"].values()):
        source = TABLE["sources"][row["source"]]
        assert source["read"].year >= 2026
        assert source["address"].startswith("https://aws.amazon.com/")
    assert set(TABLE["us-east-1"]["units"]) == set(Unit)


@pytest.mark.parametrize("region", ["eu-west-1", "sources", ""])
def test_a_region_without_prices_has_none(region: str) -> None:
    with pytest.raises(NotPriced):
        price_book(region)


def test_a_model_without_a_price_is_not_bought() -> None:
    with pytest.raises(NotPriced, match="nova-premier"):
        price_book().tokens("nova-premier", Tokens(1, 1))


@pytest.mark.parametrize(("place", "value"), [("dollars", 0.12), ("dollars", "-1"), ("per", 0), ("source", "a friend")])
def test_a_price_that_is_a_float_or_nobodys_is_refused(place: str, value: object) -> None:
    table = deepcopy(TABLE)
    table["us-east-1"]["units"]["lambda_requests"][place] = value

    with pytest.raises(ValueError, match="a price"):
        read(table, "us-east-1")


def test_nobody_is_billed_for_less_than_nothing() -> None:
    with pytest.raises(ValueError, match="-1"):
        price_book().used(Unit.LAMBDA_REQUESTS, -1)


@given(st.integers(min_value=0, max_value=10**15))
def test_dollars_as_they_are_said_are_the_amount_itself(amount: int) -> None:
    assert nanos(dollars(amount)) == amount


@pytest.mark.parametrize("text", ["0.0000000001", "-1", "-0.05"])
def test_what_is_no_whole_number_of_nano_dollars_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="nano-dollars"):
        nanos(text)


def test_an_answer_carries_its_cost_line_by_line() -> None:
    bill = total([Bill((Line("nova-micro", 120_750),)), Bill((Line("lambda", 5), Line("nova-micro", 250)))])

    assert said(bill) == {"nova-micro": "0.000121", "lambda": "0.000000005", "total": "0.000121005"}


LIMITS = limits_of()


@pytest.mark.parametrize(
    ("thousandths", "expected"),
    [
        (1000, Step(Rung.LARGE, kept=False)),
        (500, Step(Rung.LARGE, kept=False)),
        (499, Step(Rung.MIDDLE, kept=False)),
        (250, Step(Rung.MIDDLE, kept=False)),
        (249, Step(Rung.SMALL, kept=True)),
        (60, Step(Rung.SMALL, kept=True)),
        (59, Step(Rung.EXTRACTIVE, kept=True)),
        (1, Step(Rung.EXTRACTIVE, kept=True)),
        (0, Step(Rung.TEMPLATE, kept=True)),
    ],
)
def test_a_session_steps_down_as_its_limit_nears(thousandths: int, expected: Step) -> None:
    left = Left(LIMITS.session * thousandths // 1000, LIMITS.merchant_day)

    assert step(left, LIMITS) == expected


def test_a_merchants_day_that_is_nearly_spent_counts_for_every_session_of_it() -> None:
    assert step(Left(LIMITS.session, LIMITS.merchant_day * 15 // 100), LIMITS) == Step(Rung.MIDDLE, kept=True)
    assert step(Left(LIMITS.session, LIMITS.merchant_day // 100), LIMITS) == Step(Rung.EXTRACTIVE, kept=True)
    assert step(Left(LIMITS.session, 0), LIMITS).rung is Rung.TEMPLATE


@given(st.integers(min_value=0, max_value=10**9), st.integers(min_value=0, max_value=10**9))
def test_whoever_has_more_left_never_stands_lower(one: int, other: int) -> None:
    less, more = sorted((one, other))

    assert step(Left(less, less), LIMITS).rung <= step(Left(more, more), LIMITS).rung


def test_a_merchants_own_limits_are_given_in_dollars() -> None:
    assert limits_of(session="0.10").session == 2 * limits_of().session == DOLLAR // 10


def test_every_kind_of_tool_has_a_price() -> None:
    for tool in definitions().values():
        assert price_book().call(tool.cost).nanos >= 0
    assert {tool.cost for tool in definitions().values() if isinstance(tool.cost, str)} <= set(TABLE["calls"])


@pytest.mark.parametrize(
    ("kind", "cost"), [("search", "0.000001668"), ("amazon_q", "0.013333334"), ("knowledge_base", "0.000004")]
)
def test_a_call_costs_what_its_kind_does(kind: str, cost: str) -> None:
    assert dollars(price_book().call(kind).nanos) == cost
    assert price_book("own").call(kind).nanos == 0


def test_a_call_of_a_kind_that_nobody_priced_is_not_bought() -> None:
    with pytest.raises(NotPriced, match="add them to"):
        price_book().call("teleport")
    assert price_book().call(7).nanos == 7
