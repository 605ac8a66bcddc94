"""Calling a tool: changes when what may go wrong with a call, or what comes of it then, does.

Every call ends in a named outcome, whatever a model asked for and whatever a tool did: nothing is raised but our own
mistakes. Whose the call is comes from the verified caller. A merchant or shopper in the arguments is data: the caller's
own is dropped, another one's is refused.
"""

import json
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotInTime
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ValidationError

from shopwright.errors import ShopwrightError, Unavailable
from shopwright.orchestrator.toolbox import Call, ToolOff
from shopwright.orchestrator.tools import Definition, definitions
from shopwright.resilience.deadline import Deadline, DeadlinePassed
from shopwright.resilience.retry import Patience, retry
from shopwright.tenancy.caller import Caller

LARGEST_ARGUMENTS = 16 * 1024
LARGEST_RESULT = 48 * 1024
_WORKERS = 8
_PATIENCE = Patience(attempts=2)
# What a model may write where it means to say whose something is.
_MERCHANT = frozenset({"merchant_id", "merchant", "tenant", "tenant_id"})
_SHOPPER = frozenset({"shopper", "shopper_id", "subject", "user_id", "customer_id", "session_id"})


class Came(StrEnum):
    """What came of a call."""

    DONE = "done"
    REFUSED = "refused"  # the tool said no, by the name in `error`: ask otherwise
    INVALID = "invalid"  # the arguments do not fit
    UNKNOWN = "unknown_tool"
    FORBIDDEN = "forbidden"  # not for this role, or in somebody else's name
    OFF = "off"
    UNAVAILABLE = "unavailable"
    TIMED_OUT = "timed_out"
    MALFORMED = "malformed_result"
    TOO_LARGE = "result_too_large"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Outcome:
    """`value` is there when it is done. `says` is for whoever asked, and holds nothing of what they sent.

    `fallback` names what the shopper gets instead; empty when nothing is missing.
    """

    tool: str
    came: Came
    value: Mapping[str, Any] | None = None
    error: str = ""
    says: str = ""
    fallback: str = ""
    took_ms: float = 0.0
    cost: int | str = 0

    @property
    def done(self) -> bool:
        return self.came is Came.DONE

    def __repr__(self) -> str:
        return f"Outcome({self.tool}, {self.came.value}, {self.error or 'no error'})"  # values may be a person's


class Registry:
    """The tools of one environment. `health` has a check for each thing that tools need; a missing one counts as well.

    `report` is told of what is our own mistake: a tool that raises what it should not, or gives what it should not.
    """

    def __init__(
        self,
        box: Mapping[str, Callable[..., BaseModel]],
        *,
        report: Callable[[str, BaseException], None],
        health: Mapping[str, Callable[[], None]] | None = None,
        tools: Mapping[str, Definition] | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._box = box
        self._report = report
        self._health = health or {}
        self._tools = definitions() if tools is None else tools
        self._clock = clock
        self._workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="tool")

    def offered(self, caller: Caller) -> tuple[Definition, ...]:
        """The tools that may be called for this caller."""
        return tuple(tool for tool in self._tools.values() if tool.enabled and caller.role in tool.roles)

    def call(
        self,
        caller: Caller,
        name: str,
        arguments: object,
        deadline: Deadline,
        *,
        request_id: str | None = None,
        session_id: str | None = None,
    ) -> Outcome:
        """Call a tool for the caller; it ends in time, in a named outcome."""
        began = self._clock()
        tool = self._tools.get(name) if isinstance(name, str) else None
        if tool is None:
            return Outcome("unknown", Came.UNKNOWN, error="UnknownTool", says="There is no such tool.")
        refusal = self._refusal(tool, caller)
        if refusal is not None:
            return refusal
        wanted = self._wanted(tool, caller, arguments)
        if isinstance(wanted, Outcome):
            return wanted
        outcome = self._ran(tool, wanted, Call(caller, deadline.part(tool.timeout_ms), request_id, session_id))
        return _timed(outcome, round((self._clock() - began) * 1000, 2))

    def healthy(self) -> dict[str, str]:
        """Each tool that is on: `ok`, or the name of what ails it."""
        ailing: dict[str, str] = {}
        for need, check in self._health.items():
            try:
                check()
            except Unavailable as failure:
                ailing[need] = type(failure).__name__
        return {
            tool.name: next((ailing[need] for need in tool.needs if need in ailing), "ok")
            for tool in self._tools.values()
            if tool.enabled
        }

    def close(self) -> None:
        """Take no more calls; those that hang are not waited for."""
        self._workers.shutdown(wait=False, cancel_futures=True)

    def _refusal(self, tool: Definition, caller: Caller) -> Outcome | None:
        if not tool.enabled or tool.name not in self._box:
            return _failed(tool, Came.OFF, ToolOff())
        if caller.role not in tool.roles:
            says = f"This is not open to the role {caller.role.value}."
            return Outcome(tool.name, Came.FORBIDDEN, error="NotForThisRole", says=says, fallback=tool.fallback)
        return None

    def _wanted(self, tool: Definition, caller: Caller, arguments: object) -> BaseModel | Outcome:
        """The arguments as the tool takes them, or why they are none."""
        try:
            text = json.dumps(arguments, allow_nan=False)
        except (TypeError, ValueError, RecursionError):
            return _invalid(tool, "The arguments must be one JSON object.")
        if not isinstance(arguments, Mapping) or len(text) > LARGEST_ARGUMENTS:
            return _invalid(tool, f"The arguments must be one JSON object of {LARGEST_ARGUMENTS} characters at most.")
        own: dict[str, Any] = {}
        for name, value in arguments.items():
            if name in _MERCHANT | _SHOPPER and name not in tool.takes.model_fields:
                if value != (caller.tenant.merchant_id if name in _MERCHANT else caller.subject):
                    says = "A tool acts for the shopper who is signed in, with the shop they are signed in to."
                    return Outcome(tool.name, Came.FORBIDDEN, error="SomebodyElse", says=says, fallback=tool.fallback)
            else:
                own[name] = value
        try:
            return tool.takes.model_validate_json(json.dumps(own))
        except ValidationError as failure:
            return _invalid(tool, _told(failure))

    def _ran(self, tool: Definition, wanted: BaseModel, call: Call) -> Outcome:
        own = call.deadline
        if own.left_s() <= 0:
            return _late(tool)

        def once() -> BaseModel:
            return self._box[tool.name](call, wanted)

        running = self._workers.submit(lambda: retry(once, deadline=own, patience=_PATIENCE) if tool.again else once())
        try:
            given = running.result(timeout=own.left_s())
        except (NotInTime, DeadlinePassed):
            running.cancel()
            return _late(tool)
        except Unavailable as failure:
            return _failed(tool, Came.UNAVAILABLE, failure)
        except ShopwrightError as refusal:
            return _failed(tool, Came.OFF if isinstance(refusal, ToolOff) else Came.REFUSED, refusal)
        except Exception as mistake:  # a tool that breaks costs its step, not the answer
            self._report(tool.name, mistake)
            return Outcome(
                tool.name, Came.BROKEN, error="Unexpected", says="This did not work.", fallback=tool.fallback
            )
        return self._checked(tool, given)

    def _checked(self, tool: Definition, given: object) -> Outcome:
        """What the tool gave, held to what it promises: what comes from outside may be anything."""
        try:
            raw = given.model_dump(mode="json", warnings=False) if isinstance(given, BaseModel) else given
            value = tool.gives.model_validate_json(json.dumps(raw, allow_nan=False)).model_dump(mode="json")
            size = len(json.dumps(value).encode())
        except (ValidationError, TypeError, ValueError, RecursionError) as mistake:
            self._report(tool.name, mistake)
            says = "What came back could not be used."
            return Outcome(
                tool.name, Came.MALFORMED, error="MalformedResult", says=says, fallback=tool.fallback, cost=tool.cost
            )
        if size > LARGEST_RESULT:
            says = "That is more than can be used at once. Ask for less of it."
            return Outcome(
                tool.name, Came.TOO_LARGE, error="ResultTooLarge", says=says, fallback=tool.fallback, cost=tool.cost
            )
        return Outcome(tool.name, Came.DONE, value=value, cost=tool.cost)


def _failed(tool: Definition, came: Came, failure: ShopwrightError) -> Outcome:
    return Outcome(
        tool.name,
        came,
        error=type(failure).__name__,
        says=str(failure),
        fallback=tool.fallback,
        cost=0 if came is Came.OFF else tool.cost,
    )


def _invalid(tool: Definition, says: str) -> Outcome:
    return Outcome(tool.name, Came.INVALID, error="InvalidArguments", says=says, fallback=tool.fallback)


def _late(tool: Definition) -> Outcome:
    says = "This took longer than it may."
    return Outcome(tool.name, Came.TIMED_OUT, error="ToolTimedOut", says=says, fallback=tool.fallback, cost=tool.cost)


def _told(failure: ValidationError) -> str:
    """Which fields are wrong and how, without what was in them."""
    told = [
        f"{'.'.join(str(part) for part in error['loc'])[:80] or 'arguments'}: {error['msg']}"
        for error in failure.errors(include_input=False, include_url=False, include_context=False)
    ]
    return "; ".join(told[:5])


def _timed(outcome: Outcome, took_ms: float) -> Outcome:
    return replace(outcome, took_ms=took_ms)
