"""The server that plays AgentCore on this machine alone: this changes when how it listens, plays or remembers does.

What it takes it hands to the program, as the Runtime does, and what the program says goes back as it comes. A test may
have it play something else instead.
"""

import http.client
import json
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from local import doubles
from local.agentcore import wire
from local.ports import HOST

RUNTIME = "arn:aws:bedrock-agentcore:us-east-1:000000000000:runtime/shopwright_dev-a1B2c3D4e5"
_MOST = 1024 * 1024  # bytes of a request
_PASSED_ON = ("Content-Type", "Accept", wire.SESSION)
_PATIENCE_S = 60


@dataclass(frozen=True, slots=True)
class Play:
    """Instead of what the program says: a fault; or so much of its answer, and then silence, an end or other bytes."""

    fault: str | None = None
    after: int = 0  # lines of the program's answer that are let through
    stall_s: float = 0.0
    cut: bool = False
    says: bytes | None = None  # instead of all of it


@dataclass(slots=True)
class Invoked:
    """One request, and what became of it: whole, cut, gone, refused."""

    session: str
    payload: dict[str, Any] = field(repr=False)
    ended: str = ""


class Double:
    """One runtime, behind which a program listens at `program`."""

    def __init__(self, program: str, *, runtime: str = RUNTIME) -> None:
        self.program = program
        self.runtime = runtime
        self.requests: list[Invoked] = []
        self.stopping = threading.Event()
        self._plays: deque[Play] = deque()
        self._lock = threading.Lock()

    def play(self, *plays: Play) -> None:
        """Do these with the next requests, one each."""
        with self._lock:
            self._plays.extend(plays)

    def invoked(self, request: Invoked) -> Play:
        with self._lock:
            self.requests.append(request)
            return self._plays.popleft() if self._plays else Play()


@contextmanager
def running(double: Double, port: int = 0) -> Iterator[str]:
    """The double in this process, and its address."""
    with doubles.running(serve(double, port), double.stopping) as address:
        yield address


def serve(double: Double, port: int = 0) -> doubles.Server:
    """A server that listens, and is not yet running."""

    class Handler(_Handler):
        of = double

    return doubles.Server(Handler, port)


class _Handler(doubles.Handler):
    of: Double

    def do_POST(self) -> None:
        payload = self.received(_MOST)
        if payload is None or wire.runtime_of(self.path) is None:
            return self._fault("missing", "There is nothing here.")
        try:
            session = wire.check(self.path, dict(self.headers.items()), payload, self.of.runtime)
        except wire.Refused as why:
            return self._fault(why.fault, str(why))
        invoked = Invoked(session, json.loads(payload))
        play = self.of.invoked(invoked)
        if play.fault is not None:
            invoked.ended = "refused"
            return self._fault(play.fault, "The play asks for this fault.")
        self._pass_on(payload, invoked, play)

    def _pass_on(self, payload: bytes, invoked: Invoked, play: Play) -> None:
        at = urlsplit(self.of.program)
        program = http.client.HTTPConnection(at.hostname or HOST, at.port, timeout=_PATIENCE_S)
        try:
            program.request(
                "POST",
                "/invocations",
                payload,
                {name: self.headers[name] for name in _PASSED_ON if name in self.headers},
            )
            answer = program.getresponse()
            if answer.status >= 300:
                invoked.ended = "refused"
                return self._fault("client", f"The program answered {answer.status}.")
            self._stream(answer, invoked, play)
        except ConnectionRefusedError:
            invoked.ended = "refused"
            self._fault("unavailable", "There is no program.")
        finally:
            program.close()

    def _stream(self, answer: http.client.HTTPResponse, invoked: Invoked, play: Play) -> None:
        self.send_response(200)
        self.send_header("Content-Type", answer.headers["Content-Type"])
        self.send_header(wire.SESSION, invoked.session)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            if play.says is not None:
                self.chunk(play.says)
            else:
                for number, line in enumerate(iter(answer.readline, b"")):
                    if (play.stall_s or play.cut) and number >= play.after:
                        self.of.stopping.wait(play.stall_s)
                        invoked.ended = "cut"
                        return self.cut()
                    self.chunk(line)
            self.wfile.write(b"0\r\n\r\n")
            invoked.ended = "whole"
        except (BrokenPipeError, ConnectionResetError):  # whoever asked has stopped listening
            invoked.ended = "gone"
            self.close_connection = True

    def _fault(self, fault: str, message: str) -> None:
        self.aws_fault(*wire.FAULTS[fault], message)
