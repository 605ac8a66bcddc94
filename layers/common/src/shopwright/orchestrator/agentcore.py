"""Amazon Bedrock AgentCore, where the orchestrator may run: changes when InvokeAgentRuntime does.

The question goes out with a warrant for whoever asks it; what comes back are lines (`wire.py`) in server-sent events.
Each shopper has a session of the runtime, a machine of its own, to themselves.
"""

import hashlib
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError
from urllib3.exceptions import HTTPError
from urllib3.exceptions import ReadTimeoutError as NothingRead

from shopwright.errors import ShopwrightError, Unavailable
from shopwright.grounding.wording import wording
from shopwright.orchestrator import wire
from shopwright.orchestrator.answer import Answer, Clocks
from shopwright.orchestrator.events import Tell
from shopwright.orchestrator.said import UNAVAILABLE
from shopwright.orchestrator.visit import Question
from shopwright.resilience.deadline import Deadline, DeadlinePassed
from shopwright.resilience.retry import Patience, retry
from shopwright.resilience.within import Silent, within
from shopwright.tenancy.caller import Caller, Role
from shopwright.tenancy.credentials import KEPT_CLIENTS, Credentials
from shopwright.tenancy.vended.awssdk import asks_once
from shopwright.tenancy.warrant import Warrants, for_a_question

if TYPE_CHECKING:
    from mypy_boto3_bedrock_agentcore import BedrockAgentCoreClient

SILENCE_S = 10.0  # a session that has slept starts within it; once awake it says every second that it is there
_CONNECT_S = 0.5
_READ_S = 12.0  # over SILENCE_S: it only ends the thread that reads for somebody who has stopped waiting
_KEPT_BACK_MS = 250  # of the time that is left, for the way back
_LONGEST_LINE = 1024 * 1024
_AT_ONCE = 64 * 1024
_TWO_TRIES = Patience(attempts=2)
_DATA = b"data: "
# It has not begun: trying again does nothing twice.
_NOT_BEGUN = frozenset({"throttling", "serviceunavailable", "retryableconflict", "servicequotaexceeded"})


class AgentUnavailable(Unavailable):
    """AgentCore could not be reached, or did not take the question."""

    def __init__(self) -> None:
        super().__init__("The assistant cannot be reached at the moment. Please try again in a moment.")


class AgentBusy(AgentUnavailable):
    """AgentCore has not begun with the question, and may take it in a moment."""


class AgentStalled(AgentUnavailable):
    """Nothing came for too long."""


class AgentBrokenOff(AgentUnavailable):
    """What came ended before the answer did."""


class AgentMalformed(AgentUnavailable):
    """What came is no answer of ours."""


class AgentRefused(AgentUnavailable):
    """AgentCore, or our program there, will not take questions from here: a mistake of the deployment."""


@lru_cache(KEPT_CLIENTS)
def client(
    credentials: Credentials = Credentials(),  # noqa: B008 - frozen: the execution role's own
    endpoint: str | None = None,
    region: str | None = None,
) -> "BedrockAgentCoreClient":
    """A client that never tries again by itself. Without an endpoint AWS's own; without a region the environment's."""
    # Imported here and not above: the SDK takes longer to import than most of our functions do without it.
    import boto3

    how = asks_once(credentials, endpoint, region, connect_s=_CONNECT_S, read_s=_READ_S)
    return boto3.client("bedrock-agentcore", **how)


class Agent:
    """The program in one AgentCore runtime. `report` is told of each failure, which the shopper gets told of gently."""

    def __init__(
        self,
        runtime_arn: str,
        warrants: Warrants,
        *,
        report: Callable[[AgentUnavailable], None],
        agentcore: "BedrockAgentCoreClient | None" = None,
        silence_s: float = SILENCE_S,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._arn = runtime_arn
        self._warrants = warrants
        self._report = report
        self._agentcore = agentcore or client()
        self._silence_s = silence_s
        self._clock = clock

    def answer(self, question: Question, *, deadline: Deadline, tell: Tell | None = None) -> Answer:
        """As `answer.answer` does it: a failure that costs the answer is in it, any other is raised."""
        began = self._clock()
        try:
            came = retry(lambda: self._once(question, deadline, tell), deadline=deadline, patience=_TWO_TRIES)
        except (AgentBusy, DeadlinePassed) as failure:
            came = failure
        if isinstance(came, Answer):
            return came
        if not isinstance(came, AgentUnavailable | DeadlinePassed):
            raise came  # the program's own, as it would have been raised here
        if isinstance(came, AgentUnavailable):
            self._report(came)
        clocks = Clocks(None, None, round((self._clock() - began) * 1000, 2))
        return Answer(wording().unavailable, UNAVAILABLE, (), 0.0, clocks, question.session_id, failure=came)

    def _once(self, question: Question, deadline: Deadline, tell: Tell | None) -> Answer | ShopwrightError:
        """One try. Only what is worth another is raised: AgentBusy."""
        try:
            with closing(self._lines(question, deadline)) as lines:
                for line in lines:
                    if line.what == "done":
                        return wire.answered(line)
                    if line.what == "failed":
                        return AgentMalformed() if line.failure is None else wire.restored(line.failure)
                    if tell is not None:
                        tell(wire.told(line))
        except wire.Unreadable as cause:
            return _because(AgentMalformed(), cause)
        except AgentBusy:
            raise
        except AgentUnavailable as failure:
            return failure
        return AgentBrokenOff()

    def _lines(self, question: Question, deadline: Deadline) -> Generator[wire.Line, None, None]:
        try:
            for line in within(lambda: self._asked(question, deadline), deadline, silence_s=self._silence_s):
                if line is not None:
                    yield line
        except Silent as cause:
            raise AgentStalled from cause
        except ClientError as cause:
            raise _named(cause) from cause
        except (ConnectTimeoutError, EndpointConnectionError) as cause:
            raise AgentBusy from cause
        except (ReadTimeoutError, NothingRead) as cause:
            raise AgentStalled from cause
        except HTTPError as cause:
            raise AgentBrokenOff from cause
        except ResponseParserError as cause:
            raise AgentMalformed from cause
        except BotoCoreError as cause:
            raise AgentUnavailable from cause

    def _asked(self, question: Question, deadline: Deadline) -> Iterator[wire.Line | None]:
        within_ms = int(deadline.left_s() * 1000) - _KEPT_BACK_MS
        if within_ms < 1:
            deadline.check()
            raise DeadlinePassed("There is no time left to ask. Please try again.")
        purpose = for_a_question(question.text, question.session_id, question.request_id)
        asked = wire.Asked(
            warrant=self._warrants.make_out(question.caller, purpose).text,
            message=question.text,
            session_id=question.session_id,
            request_id=question.request_id,
            key=question.key,
            within_ms=min(within_ms, wire.LONGEST_S * 1000),
        )
        answer = self._agentcore.invoke_agent_runtime(
            agentRuntimeArn=self._arn,
            runtimeSessionId=_session(question),
            contentType="application/json",
            accept="text/event-stream",
            payload=asked.model_dump_json(exclude_defaults=True).encode(),
        )
        with answer["response"] as raw:
            for event in _events(raw):
                yield wire.read(event) if event else None


def _session(question: Question) -> str:
    """One for each shopper. A machine asks for many of them: it has one for each conversation."""
    caller: Caller = question.caller
    parts = [caller.tenant.merchant_id, caller.subject]
    if caller.role not in (Role.SHOPPER, Role.GUEST):
        parts.append(question.session_id or question.request_id or "")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _events(raw: Any) -> Iterator[bytes]:
    """The data of each server-sent event as soon as it is there; nothing, for a sign that somebody is still at work."""
    held = b""
    while part := raw.read1(_AT_ONCE):
        held += part
        *lines, held = held.split(b"\n")
        if len(held) > _LONGEST_LINE:
            raise wire.Unreadable
        for line in lines:
            if line.startswith(_DATA):
                yield line.removeprefix(_DATA)
            elif line.startswith(b":"):
                yield b""
            elif line.strip():
                raise wire.Unreadable
    if held:
        raise wire.Unreadable


def _named(cause: ClientError) -> AgentUnavailable:
    said: Mapping[str, Any] = cause.response
    kind = str(said.get("Error", {}).get("Code", "")).lower().removesuffix("exception")
    status = said.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
    if kind in _NOT_BEGUN or status in (429, 503):
        return AgentBusy()
    if status >= 500:
        return AgentUnavailable()
    return AgentRefused()


def _because(failure: AgentUnavailable, cause: BaseException) -> AgentUnavailable:
    failure.__cause__ = cause
    return failure
