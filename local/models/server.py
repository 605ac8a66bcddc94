"""The server that plays scenes, on this machine alone: this changes when how it listens, plays or remembers does.

Without a script it quotes the passages that it is given. `POST /_scenes` adds replies (a JSON list), `DELETE /_scenes`
forgets them, `GET /_requests` tells what was asked.
"""

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from pydantic import TypeAdapter, ValidationError

from local import doubles
from local.models import bedrock, guardrail, openai
from local.models.scene import Break, Fail, Garbage, Reply, Stall, Step, quoting

_REPLIES = TypeAdapter(list[Reply])
_MOST = 4 * 1024 * 1024  # bytes of a request


@dataclass(slots=True)
class Asked:
    """One request as it came, and what became of it. `sent` counts frames; `ended` is whole, cut, gone or refused."""

    wire: str
    model: str
    body: dict[str, Any]
    headers: dict[str, str] = field(repr=False)
    streamed: bool = False
    sent: int = 0
    sent_at: list[float] = field(default_factory=list)  # monotonic, of each frame
    ended: str = ""


class Double:
    """The scenes still to be played, and the memory of what was asked."""

    def __init__(self) -> None:
        self.requests: list[Asked] = []
        self._scenes: deque[Reply] = deque()
        self._checks: deque[Stall | Fail | Break | Garbage] = deque()
        self._lock = threading.Lock()
        self._cached: set[str] = set()
        self.answering: Callable[[str], Reply] = quoting  # to a prompt that no scene is left for
        self.threshold = guardrail.THRESHOLD
        self.stopping = threading.Event()

    def play(self, *replies: Reply) -> None:
        """Answer the next requests with these, one each."""
        with self._lock:
            self._scenes.extend(replies)

    def play_checks(self, *scenes: Stall | Fail | Break | Garbage) -> None:
        """Let the guardrail fail so with its next requests, one each; a Stall answers after it."""
        with self._lock:
            self._checks.extend(scenes)

    def next_check(self, asked: "Asked") -> Stall | Fail | Break | Garbage | None:
        with self._lock:
            self.requests.append(asked)
            return self._checks.popleft() if self._checks else None

    def forget(self) -> None:
        """No scenes, no memory."""
        with self._lock:
            self._scenes.clear()
            self._checks.clear()
            self.answering = quoting
            self.threshold = guardrail.THRESHOLD
            self.requests.clear()
            self._cached.clear()

    @property
    def left(self) -> int:
        """Scenes that nobody has asked for yet."""
        return len(self._scenes)

    def asked(self, request: Asked, said: str) -> Reply:
        with self._lock:
            self.requests.append(request)
            return self._scenes.popleft() if self._scenes else self.answering(said)

    def metered(self, body: Mapping[str, Any], reply: Reply) -> dict[str, int]:
        with self._lock:
            return bedrock.usage(body, reply, self._cached)


def serve(double: Double, port: int = 0) -> doubles.Server:
    """A server that listens, and is not yet running."""

    class Handler(_Handler):
        of = double

    return doubles.Server(Handler, port)


@contextmanager
def running(double: Double | None = None, port: int = 0) -> Iterator[tuple[Double, str]]:
    """The double in this process, and its address."""
    double = double or Double()
    with doubles.running(serve(double, port), double.stopping) as address:
        yield double, address


class _Handler(doubles.Handler):
    of: Double

    def do_GET(self) -> None:
        if self.path == "/_requests":
            return self.answer_json(
                200, [{k: v for k, v in asdict(one).items() if k != "headers"} for one in self.of.requests]
            )
        return self.answer_json(200 if self.path == "/" else 404, {})

    def do_DELETE(self) -> None:
        if self.path == "/_scenes":
            self.of.forget()
            return self.answer_json(200, {})
        return self.answer_json(404, {})

    def do_POST(self) -> None:
        sent = self.received(_MOST)
        if sent is None:
            return self.answer_json(413, {"message": "The request is too long."})
        try:
            body = json.loads(sent or b"{}")
        except ValueError:
            return self.answer_json(400, {"message": "The request is no JSON."})
        if self.path == "/_scenes":
            return self._scenes(body)
        if self.path == openai.PATH:
            return self._openai(body)
        if named := bedrock.model_of(self.path):
            return self._bedrock(*named, body)
        if checked := guardrail.guardrail_of(self.path):
            return self._guardrail(*checked, body)
        return self.answer_json(404, {"message": "There is nothing here."})

    def _scenes(self, body: Any) -> None:
        try:
            self.of.play(*_REPLIES.validate_python(body))
        except ValidationError as wrong:
            return self.answer_json(400, {"message": str(wrong)})
        return self.answer_json(200, {"left": self.of.left})

    def _bedrock(self, model: str, streamed: bool, body: dict[str, Any]) -> None:
        asked = Asked("bedrock", model, body, dict(self.headers), streamed)
        if not self.headers.get("Authorization", "").startswith(("AWS4-HMAC-SHA256 ", "Bearer ")):
            return self.aws_fault(403, "MissingAuthenticationTokenException", "The request is not signed.")
        try:
            bedrock.check(model, body)
        except bedrock.Refused as why:
            asked.ended = "refused"
            self.of.requests.append(asked)
            return self.aws_fault(*bedrock.FAULTS["validation"], str(why))
        reply = self.of.asked(asked, bedrock.said_to(body))
        failed = self._before(reply, streamed)
        if isinstance(failed, Fail):
            asked.ended = "refused"
            return self.aws_fault(*bedrock.FAULTS[failed.fault], failed.message)
        if isinstance(failed, Break):
            asked.ended = "cut"
            return self.cut()
        if streamed:
            frames = bedrock.stream(reply, self.of.metered(body, reply))
            return self._stream(asked, "application/vnd.amazon.eventstream", frames)
        if isinstance(failed, Garbage):
            asked.ended = "cut"
            return self.answer_bytes(200, failed.garbage.encode())
        asked.ended = "whole"
        return self.answer_json(200, bedrock.whole(reply, self.of.metered(body, reply)))

    def _guardrail(self, name: str, version: str, body: dict[str, Any]) -> None:
        asked = Asked("guardrail", name, body, dict(self.headers))
        try:
            guardrail.check(name, version, body)
        except guardrail.Refused as why:
            asked.ended = "refused"
            self.of.requests.append(asked)
            return self.aws_fault(*bedrock.FAULTS["validation"], str(why))
        match self.of.next_check(asked):
            case Fail(fault=fault, message=message):
                asked.ended = "refused"
                return self.aws_fault(*bedrock.FAULTS[fault], message)
            case Break():
                asked.ended = "cut"
                return self.cut()
            case Garbage(garbage=garbage):
                asked.ended = "cut"
                return self.answer_bytes(200, garbage.encode())
            case Stall(stall_ms=stall_ms):
                self.of.stopping.wait(stall_ms / 1000)
        asked.ended = "whole"
        return self.answer_json(200, guardrail.verdict(body, self.of.threshold))

    def _openai(self, body: dict[str, Any]) -> None:
        streamed = bool(body.get("stream"))
        asked = Asked("openai", str(body.get("model")), body, dict(self.headers), streamed)
        try:
            openai.check(body)
        except openai.Refused as why:
            asked.ended = "refused"
            self.of.requests.append(asked)
            return self.answer_json(400, {"error": {"message": str(why), "type": "invalid_request_error"}})
        reply = self.of.asked(asked, openai.said_to(body))
        failed = self._before(reply, streamed)
        if isinstance(failed, Fail):
            asked.ended = "refused"
            return self.answer_json(*openai.fault(failed))
        if isinstance(failed, Break):
            asked.ended = "cut"
            return self.cut()
        if streamed:
            return self._stream(asked, "text/event-stream", openai.stream(reply, body))
        if isinstance(failed, Garbage):
            asked.ended = "cut"
            return self.answer_bytes(200, failed.garbage.encode())
        asked.ended = "whole"
        return self.answer_json(200, openai.whole(reply, body))

    def _before(self, reply: Reply, streamed: bool) -> Step | None:
        """Play what comes before the answer's first byte. Without a stream everything does."""
        for step in reply.steps:
            if isinstance(step, Stall):
                if streamed:
                    return None
                self.of.stopping.wait(step.stall_ms / 1000)
            elif isinstance(step, Fail | Break | Garbage):
                return None if streamed and isinstance(step, Garbage) else step
            elif streamed:
                return None
        return None

    def _stream(self, asked: Asked, kind: str, frames: Iterable[bytes | Step]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            for frame in frames:
                if isinstance(frame, Stall):
                    self.of.stopping.wait(frame.stall_ms / 1000)
                elif isinstance(frame, Break):
                    asked.ended = "cut"
                    return self.cut()
                elif isinstance(frame, bytes):
                    self.chunk(frame)
                    asked.sent += 1
                    asked.sent_at.append(time.monotonic())
            self.wfile.write(b"0\r\n\r\n")
            asked.ended = "whole"
        except (BrokenPipeError, ConnectionResetError):  # whoever asked has stopped listening
            asked.ended = "gone"
            self.close_connection = True
