"""Trying again, inside the deadline: changes when what is worth another try, or how long we wait for it, does.

Only calls that may safely be repeated belong here. A state machine's steps are retried by the machine, an SDK's calls
by the SDK with its own count: never by two at once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from shopwright.errors import Unavailable
from shopwright.resilience.breaker import CircuitOpen
from shopwright.resilience.deadline import Deadline, DeadlinePassed

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Patience:
    """How often, and how long in between: `first_s` doubled each time up to `longest_s`, with some chance added."""

    attempts: int = 3
    first_s: float = 0.05
    longest_s: float = 0.4
    jitter_s: float = 0.05

    def wait_s(self, attempt: int) -> float:
        """The longest that is waited after this attempt (the first is 1)."""
        return float(min(self.longest_s, self.first_s * 2 ** (attempt - 1) + self.jitter_s))


def retry(call: Callable[[], _Result], *, deadline: Deadline, patience: Patience = Patience()) -> _Result:
    """What the call gives, tried again while it is Unavailable, tries are left and the deadline leaves room to wait.

    When it is not to be tried again its own failure is raised. An open circuit and a passed deadline are answers.
    """
    # Imported here and not above: it takes longer to import than most of our functions do without it.
    import stamina
    from stamina.instrumentation import get_on_retry_hooks, set_on_retry_hooks

    if get_on_retry_hooks():
        set_on_retry_hooks(())  # its own would log what a call was given, which may be somebody's words
    tried = 0

    def worth_another(failure: Exception) -> bool:
        if not isinstance(failure, Unavailable) or isinstance(failure, CircuitOpen | DeadlinePassed):
            return False
        return deadline.left_s() > patience.wait_s(tried)

    for attempt in stamina.retry_context(
        on=worth_another,
        attempts=patience.attempts,
        timeout=None,  # the deadline decides, before each wait
        wait_initial=patience.first_s,
        wait_max=patience.longest_s,
        wait_jitter=patience.jitter_s,
        wait_exp_base=2,
    ):
        tried += 1
        with attempt:
            deadline.check()
            return call()
    raise AssertionError("stamina ended without a result and without a failure")
