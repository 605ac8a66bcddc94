"""How much time a call has left: made once at the entry point, handed down, checked before each call to the outside."""

import time
from collections.abc import Callable

from shopwright.errors import Unavailable


class DeadlinePassed(Unavailable):
    """The time for this call is used up; whoever asked has stopped waiting."""

    retry_after_s = 1


class Deadline:
    """A budget that only shrinks.

    `remaining_ms` is what the platform still gives (Lambda kills without a word): when that is less than the budget,
    the deadline follows it and keeps `reserve_ms` back for saying so.
    """

    __slots__ = ("_ends", "_now", "_remaining_ms", "_reserve_s")

    def __init__(
        self,
        budget_ms: int,
        *,
        now: Callable[[], float] = time.monotonic,
        remaining_ms: Callable[[], int] | None = None,
        reserve_ms: int = 250,
    ) -> None:
        if budget_ms <= 0:
            raise ValueError(f"A deadline needs a budget above 0 ms, not {budget_ms}.")
        self._now = now
        self._ends = now() + budget_ms / 1000
        self._remaining_ms = remaining_ms
        self._reserve_s = reserve_ms / 1000

    def left_s(self) -> float:
        """Seconds left, never below 0."""
        left = self._ends - self._now()
        if self._remaining_ms is not None:
            left = min(left, self._remaining_ms() / 1000 - self._reserve_s)
        return max(0.0, left)

    def part(self, budget_ms: int) -> "Deadline":
        """A deadline for one part of the work: so many milliseconds from now, and never later than this one."""
        ends = self._now() + self.left_s()
        part = Deadline(
            budget_ms, now=self._now, remaining_ms=self._remaining_ms, reserve_ms=int(self._reserve_s * 1000)
        )
        part._ends = min(part._ends, ends)
        return part

    def check(self) -> None:
        """Raise DeadlinePassed when nothing is left."""
        if self.left_s() <= 0:
            raise DeadlinePassed("This took longer than it may. Please try again.")
