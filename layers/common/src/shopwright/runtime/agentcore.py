"""`python -m shopwright.runtime.agentcore HOST PORT`: the orchestrator as AgentCore's Runtime has it run.

This changes when the Runtime's contract does: `POST /invocations` answers a question in server-sent events, `GET /ping`
says whether one is being answered. Whoever asks must bring a warrant that the edge has signed; without one nothing is
done. A shopper's machine may sleep between two questions, and holds no connection to the database meanwhile: so there
are never more of those than questions being answered.
"""

import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

import uvicorn
from pydantic import PrivateAttr, ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from shopwright.errors import ShopwrightError, Unavailable
from shopwright.observability import metrics
from shopwright.orchestrator import wire
from shopwright.orchestrator.answerer import Answerer, Inline
from shopwright.orchestrator.events import Event
from shopwright.orchestrator.visit import Question
from shopwright.resilience.deadline import Deadline
from shopwright.runtime.answering import AnsweringSettings
from shopwright.runtime.answering import desk as answering_desk
from shopwright.runtime.journal import logger
from shopwright.tenancy.caller import Caller
from shopwright.tenancy.secretsmanager import Secret
from shopwright.tenancy.warrant import NotIntroduced, Warrants, for_a_question

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from shopwright.database.connection import Database

LARGEST = 64 * 1024  # bytes of a question with all that belongs to it
HEARTBEAT_S = 1.0  # so often it is said that somebody is still at work


class Environment(AnsweringSettings):
    warrant_secret_arn: str

    _opened: list["Database"] = PrivateAttr(default_factory=list)

    def _at(
        self, host: str, connect_timeout_s: int, statement_timeout_ms: int, *, read_only: bool = False
    ) -> "Database":
        made = super()._at(host, connect_timeout_s, statement_timeout_ms, read_only=read_only)
        self._opened.append(made)
        return made

    def rest(self) -> None:
        """Let go of every connection; the next question opens them again."""
        for database in self._opened:
            database.close()


class _Gone(Exception):
    """Nobody listens any more."""


class Program:
    """What is behind the two routes. `rest` is called whenever the last question in progress is answered."""

    def __init__(
        self,
        answerer: Answerer,
        warrants: Warrants,
        *,
        rest: Callable[[], None] = lambda: None,
        heartbeat_s: float = HEARTBEAT_S,
    ) -> None:
        self._answerer = answerer
        self._warrants = warrants
        self._rest = rest
        self._heartbeat_s = heartbeat_s
        self._turn = threading.Lock()
        self._in_progress = 0
        self._changed_at = time.time()

    def ping(self) -> dict[str, str | int]:
        """As the Runtime wants it told: a machine that is busy is not put to sleep."""
        status = "HealthyBusy" if self._in_progress else "Healthy"
        return {"status": status, "time_of_last_update": int(self._changed_at)}

    def admit(self, asked: wire.Asked) -> Caller:
        """The caller, or NotIntroduced."""
        return self._warrants.read(asked.warrant, for_a_question(asked.message, asked.session_id, asked.request_id))

    def lines(self, asked: wire.Asked, caller: Caller, gone: threading.Event) -> Iterator[str]:
        """The answer as it comes about, in server-sent events. `gone`: nobody listens any more."""
        came: SimpleQueue[str | None] = SimpleQueue()

        def tell(event: Event) -> None:
            if gone.is_set():
                raise _Gone
            came.put(wire.event(event))

        def work() -> None:
            with self._counted():
                came.put(self._answered(asked, caller, tell))
            came.put(None)

        threading.Thread(target=work, name="answer", daemon=True).start()
        yield ": here\n\n"
        while True:
            try:
                line = came.get(timeout=self._heartbeat_s)
            except Empty:
                yield ": at work\n\n"
                continue
            if line is None:
                return
            yield f"data: {line}\n\n"

    def _answered(self, asked: wire.Asked, caller: Caller, tell: Callable[[Event], None]) -> str:
        known = {"request_id": asked.request_id, "merchant_id": caller.tenant.merchant_id}
        question = Question(asked.message, caller, asked.session_id, asked.request_id, asked.key)
        try:
            said = self._answerer.answer(question, deadline=Deadline(asked.within_ms), tell=tell)
        except _Gone as nobody:
            logger().info("the shopper left", extra=known)
            return wire.failed(nobody)
        except ShopwrightError as failure:
            refused = {**known, "error": type(failure).__name__}
            logger().warning("question refused", extra=refused, exc_info=failure)
            return wire.failed(failure)
        except Exception as mistake:
            logger().exception("question broke", extra=known)
            return wire.failed(mistake)
        if said.failure is not None:
            failed = {**known, "error": type(said.failure).__name__}
            logger().warning("question not answered", extra=failed, exc_info=said.failure)
        else:
            logger().info("question answered", extra={**known, "verdict": said.verdict, "cache": said.cache})
        return wire.done(said)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._turn:
            self._in_progress += 1
            self._changed_at = time.time()
        try:
            yield
        finally:
            with self._turn:
                self._in_progress -= 1
                self._changed_at = time.time()
                if not self._in_progress:
                    self._rest()
                metrics.count("Answers")
                metrics.metrics().flush_metrics()


def application(program: Program) -> Starlette:
    """The two routes."""

    async def ping(_: Request) -> Response:
        return JSONResponse(program.ping())

    async def invocations(request: Request) -> Response:
        body = await _body(request.stream())
        if body is None:
            return JSONResponse({"error": "TooLarge", "message": f"A question has {LARGEST} bytes at most."}, 413)
        try:
            asked = wire.Asked.model_validate_json(body)
        except ValidationError:
            return JSONResponse({"error": "Invalid", "message": "This is no question as the edge sends it."}, 400)
        try:
            caller = await run_in_threadpool(program.admit, asked)
        except NotIntroduced as refusal:
            logger().warning("nobody has introduced who asks")
            return JSONResponse({"error": "NotIntroduced", "message": str(refusal)}, 403)
        except Unavailable as failure:
            logger().warning("the caller could not be verified", exc_info=failure)
            return JSONResponse({"error": type(failure).__name__, "message": str(failure)}, 503)
        gone = threading.Event()
        return _Streamed(program.lines(asked, caller, gone), gone)

    return Starlette(
        routes=[Route("/ping", ping, methods=["GET"]), Route("/invocations", invocations, methods=["POST"])]
    )


class _Streamed(StreamingResponse):
    """Lines that are sent as they come; whatever ends the sending, it is known that it has ended."""

    def __init__(self, lines: Iterator[str], gone: threading.Event) -> None:
        super().__init__(lines, media_type="text/event-stream")
        self._gone = gone

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._gone.set()


async def _body(parts: AsyncIterator[bytes]) -> bytes | None:
    """All of it, or None when it is more than a question can be."""
    body = b""
    async for part in parts:
        body += part
        if len(body) > LARGEST:
            return None
    return body


def main(host: str, port: int) -> None:
    """Read the environment, load the model, and listen until the Runtime ends it."""
    env = Environment.read()
    program = Program(Inline(answering_desk(env)), Warrants.of(Secret(env.warrant_secret_arn)), rest=env.rest)
    uvicorn.run(
        application(program),
        host=host,
        port=port,
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=wire.LONGEST_S,
    )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
