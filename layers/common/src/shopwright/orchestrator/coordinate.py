"""Running a plan's steps: changes when which of them may run together, or what a failing one costs, does.

Steps that wait for nobody run at once, in threads; a step that waits for others gets what they gave. A step that fails
ends in an outcome with the name of its fallback, and so does one that waited for it in vain: the answer goes on.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any

from shopwright.errors import Invalid
from shopwright.orchestrator.registry import Came, Outcome
from shopwright.orchestrator.stages import Stage, within
from shopwright.resilience.deadline import Deadline

MOST_STEPS = 8
_WORKERS = 8


class PlanUnusable(Invalid):
    """The plan's steps cannot be run in any order."""


@dataclass(frozen=True, slots=True)
class Step:
    """A tool's name, what it is given, and which steps (by their place in the plan, from 0) must end well before it.

    An argument may be `Given(of, path)`: then it is read from what that step gave.
    """

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    after: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Given:
    """What another step gave, at a path such as `products.*.product_id`; `*` stands for every item of a list."""

    of: int
    path: str


Call = Callable[[str, Mapping[str, Any], Deadline], Outcome]


class Coordinator:
    """Runs plans, one after the other or several at once, in the threads of one environment."""

    def __init__(self) -> None:
        self._workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="step")

    def run(
        self,
        steps: Sequence[Step],
        call: Call,
        *,
        deadline: Deadline,
        fallback: Callable[[str], str] = lambda _: "",
    ) -> tuple[Outcome, ...]:
        """The outcome of each step, in the plan's order, when all have ended or the deadline has passed.

        `fallback` names what stands in for a step of a tool that never came to be called.
        """
        _check(steps)
        deadline = within(deadline, Stage.TOOLS)
        outcomes: dict[int, Outcome] = {}
        running: dict[Future[Outcome], int] = {}
        waiting = dict(enumerate(steps))
        while waiting or running:
            for place, step in list(waiting.items()):
                if not all(before in outcomes for before in _before(step)):
                    continue
                del waiting[place]
                failed = [before for before in _before(step) if not outcomes[before].done]
                if failed:
                    outcomes[place] = _in_vain(step, outcomes[failed[0]], fallback)
                    continue
                try:
                    arguments = _filled(step.arguments, outcomes)
                except LookupError:
                    outcomes[place] = Outcome(
                        step.name,
                        Came.INVALID,
                        error="NothingGiven",
                        says="The step before gave nothing to go on with.",
                        fallback=fallback(step.name),
                    )
                    continue
                running[self._workers.submit(call, step.name, arguments, deadline)] = place
            if not running:
                continue
            ended, _ = wait(running, timeout=deadline.left_s(), return_when=FIRST_COMPLETED)
            for one in ended:
                outcomes[running.pop(one)] = one.result()
            if not ended:  # the deadline has passed: what still runs is left to end by itself
                for one, place in running.items():
                    one.cancel()
                    outcomes[place] = _late(steps[place], fallback)
                running = {}
                for place, step in waiting.items():
                    outcomes[place] = _late(step, fallback)
                waiting = {}
        return tuple(outcomes[place] for place in range(len(steps)))

    def close(self) -> None:
        self._workers.shutdown(wait=False, cancel_futures=True)


def _check(steps: Sequence[Step]) -> None:
    """A plan is short, and a step waits for earlier ones alone: then there is an order in which they can run."""
    if len(steps) > MOST_STEPS:
        raise PlanUnusable(f"A plan has {MOST_STEPS} steps at most.")
    for place, step in enumerate(steps):
        if not all(0 <= before < place for before in _before(step)):
            raise PlanUnusable("A step may only wait for steps that stand before it.")


def _before(step: Step) -> tuple[int, ...]:
    """The steps that it waits for: those it names, and those whose results it is given."""
    given = (value.of for value in step.arguments.values() if isinstance(value, Given))
    return tuple(dict.fromkeys((*step.after, *given)))


def _filled(arguments: Mapping[str, Any], outcomes: Mapping[int, Outcome]) -> dict[str, Any]:
    filled: dict[str, Any] = {}
    for name, value in arguments.items():
        if isinstance(value, Given):
            filled[name] = _at(dict(outcomes[value.of].value or {}), value.path.split("."))
            if filled[name] in (None, [], ""):
                raise LookupError(value.path)
        else:
            filled[name] = value
    return filled


def _at(value: Any, path: Sequence[str]) -> Any:
    """What lies at the path; LookupError when nothing does."""
    if not path:
        return value
    first, *rest = path
    match value:
        case list() if first == "*":
            return [_at(item, rest) for item in value]
        case list() if first.isdigit():
            return _at(value[int(first)], rest)
        case dict():
            return _at(value[first], rest)
    raise LookupError(first)


def _in_vain(step: Step, before: Outcome, fallback: Callable[[str], str]) -> Outcome:
    return Outcome(
        step.name,
        Came.UNAVAILABLE if before.came is not Came.TIMED_OUT else Came.TIMED_OUT,
        error="StepBeforeFailed",
        says="A step that this one needs did not end well.",
        fallback=fallback(step.name),
    )


def _late(step: Step, fallback: Callable[[str], str]) -> Outcome:
    says = "This took longer than it may."
    return Outcome(step.name, Came.TIMED_OUT, error="StepTimedOut", says=says, fallback=fallback(step.name))
