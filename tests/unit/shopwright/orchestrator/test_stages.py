"""An answer's time is shared out among its stages."""

import pytest
from shopwright.orchestrator.stages import Stage, budgets, within
from shopwright.resilience.deadline import Deadline, DeadlinePassed
from shopwright.runtime import deadlines


def test_every_stage_has_a_share_and_together_they_make_the_answer() -> None:
    assert list(budgets()) == list(Stage)
    assert sum(budget.goal_ms for budget in budgets().values()) <= 300
    assert sum(budget.limit_ms for budget in budgets().values()) <= deadlines.budgets()["http"]["POST /v1/chat"]
    assert all(0 < budget.goal_ms < budget.limit_ms for budget in budgets().values())


def test_a_stage_is_given_up_before_the_answer_is() -> None:
    now = [100.0]
    whole = Deadline(8000, now=lambda: now[0])
    tools = within(whole, Stage.TOOLS)

    now[0] += 3.1

    with pytest.raises(DeadlinePassed):
        tools.check()
    whole.check()
