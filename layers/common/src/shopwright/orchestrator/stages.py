"""How much of an answer's time each of its stages may take: `stages.toml`, read once."""

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

from shopwright.resilience.deadline import Deadline


class Stage(StrEnum):
    """The parts of an answer, in order."""

    RECALL = "recall"
    PLAN = "plan"
    TOOLS = "tools"
    SAY = "say"
    GROUND = "ground"
    REMEMBER = "remember"


@dataclass(frozen=True, slots=True)
class Budget:
    """What a stage takes nearly always, and when it is given up."""

    goal_ms: int
    limit_ms: int


@cache
def budgets() -> dict[Stage, Budget]:
    table = tomllib.loads(files("shopwright.orchestrator").joinpath("stages.toml").read_text("utf-8"))
    return {Stage(name): Budget(**row) for name, row in table.items()}


def within(deadline: Deadline, stage: Stage) -> Deadline:
    """The stage's own deadline, which is never later than the whole's."""
    return deadline.part(budgets()[stage].limit_ms)
