"""A plan's steps run together where they can, and one that fails costs its own part of the answer."""

import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from shopwright.orchestrator.coordinate import MOST_STEPS, Coordinator, Given, PlanUnusable, Step
from shopwright.orchestrator.registry import Came, Outcome
from shopwright.resilience.deadline import Deadline

PRODUCTS = {"products": [{"product_id": "p-1"}, {"product_id": "p-2"}]}


class Tools:
    """Tools that give what they are told to, and remember what they were given."""

    def __init__(self, **gives: Any) -> None:
        self.gives = gives
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def __call__(self, name: str, arguments: Mapping[str, Any], deadline: Deadline) -> Outcome:
        self.asked.append((name, dict(arguments)))
        given = self.gives.get(name, {})
        if callable(given):
            given = given()
        return given if isinstance(given, Outcome) else Outcome(name, Came.DONE, value=given)


@pytest.fixture
def coordinator() -> Iterator[Coordinator]:
    made = Coordinator()
    yield made
    made.close()


def run(coordinator: Coordinator, tools: Tools, *steps: Step, budget_ms: int = 5000) -> tuple[Outcome, ...]:
    return coordinator.run(steps, tools, deadline=Deadline(budget_ms), fallback=lambda name: f"no_{name}")


def test_steps_that_wait_for_nobody_run_at_the_same_time(coordinator: Coordinator) -> None:
    meeting = threading.Barrier(3, timeout=4)  # nobody gets past it alone

    def meet() -> dict[str, int]:
        return {"met": meeting.wait()}

    outcomes = run(coordinator, Tools(a=meet, b=meet, c=meet), Step("a"), Step("b"), Step("c"))

    assert [outcome.came for outcome in outcomes] == [Came.DONE] * 3


def test_a_step_gets_what_the_one_before_it_gave(coordinator: Coordinator) -> None:
    tools = Tools(search=PRODUCTS)

    outcomes = run(
        coordinator,
        tools,
        Step("search", {"words": "tent"}),
        Step("predict", {"product_ids": Given(0, "products.*.product_id")}),
        Step("facts", {"product_id": Given(0, "products.0.product_id"), "names": ["price"]}),
    )

    assert all(outcome.done for outcome in outcomes)
    assert sorted(tools.asked, key=str) == sorted(
        [
            ("search", {"words": "tent"}),
            ("predict", {"product_ids": ["p-1", "p-2"]}),
            ("facts", {"product_id": "p-1", "names": ["price"]}),
        ],
        key=str,
    )


def test_outcomes_stand_in_the_order_of_the_plan_whoever_ends_first(coordinator: Coordinator) -> None:
    def slow() -> dict[str, str]:
        time.sleep(0.05)
        return {"who": "slow"}

    tools = Tools(slow=slow, quick={"who": "quick"})

    outcomes = run(coordinator, tools, Step("slow"), Step("quick"))

    assert [outcome.value for outcome in outcomes] == [{"who": "slow"}, {"who": "quick"}]


def test_a_step_that_fails_costs_what_needed_it_and_nothing_else(coordinator: Coordinator) -> None:
    failed = Outcome("search", Came.UNAVAILABLE, error="DatabaseUnavailable", fallback="no_products")
    tools = Tools(search=failed, documents={"passages": []})

    search, predict, documents = run(
        coordinator,
        tools,
        Step("search"),
        Step("predict", {"product_ids": Given(0, "products.*.product_id")}),
        Step("documents"),
    )

    assert (search.fallback, documents.done) == ("no_products", True)
    assert (predict.came, predict.error, predict.fallback) == (Came.UNAVAILABLE, "StepBeforeFailed", "no_predict")
    assert "predict" not in {name for name, _ in tools.asked}


def test_a_step_that_hangs_is_left_behind_and_the_others_answer(coordinator: Coordinator) -> None:
    release = threading.Event()
    tools = Tools(hangs=lambda: release.wait(10) and {}, quick={"is": "there"})
    began = time.monotonic()

    hangs, quick, after = run(
        coordinator, tools, Step("hangs"), Step("quick"), Step("after", after=(0,)), budget_ms=1500
    )
    took = time.monotonic() - began
    release.set()

    assert (hangs.came, hangs.error, hangs.fallback) == (Came.TIMED_OUT, "StepTimedOut", "no_hangs")
    assert quick.value == {"is": "there"}
    assert after.came is Came.TIMED_OUT
    assert took < 8


@pytest.mark.parametrize(
    ("gave", "path"),
    [({}, "products"), ({"products": []}, "products"), ({"products": []}, "products.0.id"), ({"a": 1}, "a.*.b")],
)
def test_a_step_whose_argument_was_not_given_is_not_called(
    coordinator: Coordinator, gave: dict[str, Any], path: str
) -> None:
    tools = Tools(search=gave)

    _, next_one = run(coordinator, tools, Step("search"), Step("facts", {"product_id": Given(0, path)}))

    assert (next_one.came, next_one.error) == (Came.INVALID, "NothingGiven")
    assert [name for name, _ in tools.asked] == ["search"]


@pytest.mark.parametrize(
    "steps",
    [
        [Step("a", after=(0,))],
        [Step("a", after=(1,)), Step("b", after=(0,))],
        [Step("a", {"x": Given(1, "y")}), Step("b")],
        [Step("a", after=(-1,))],
        [Step("a")] * (MOST_STEPS + 1),
    ],
    ids=["itself", "a circle", "a later one", "none", "too many"],
)
def test_a_plan_that_cannot_be_run_is_refused_before_anything_is_called(
    coordinator: Coordinator, steps: list[Step]
) -> None:
    tools = Tools()

    with pytest.raises(PlanUnusable):
        run(coordinator, tools, *steps)
    assert tools.asked == []


def test_an_empty_plan_has_no_outcomes(coordinator: Coordinator) -> None:
    assert run(coordinator, Tools()) == ()
