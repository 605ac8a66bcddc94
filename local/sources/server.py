"""The server that holds documents and plays faults, on this machine alone: this changes when how it listens does.

`POST /_documents/{name}` adds documents to a knowledge base or an application (a JSON list), `POST /_scenes` says how
the next requests fail, `DELETE /` forgets all of it, `GET /_requests` tells what was asked.
"""

import json
import socket
import threading
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from local import doubles
from local.models.scene import Break, Fail, Garbage, Stall
from local.sources import shelf, wires
from local.sources.shelf import Document

Scene = Stall | Fail | Break | Garbage
_SCENES: TypeAdapter[list[Scene]] = TypeAdapter(list[Scene])
_DOCUMENTS = TypeAdapter(list[Document])
_MOST = 1024 * 1024  # bytes of a request
FAULTS: Mapping[str, tuple[int, str]] = {
    "throttling": (429, "ThrottlingException"),
    "unavailable": (503, "ServiceUnavailableException"),
    "internal": (500, "InternalServerException"),
    "validation": (400, "ValidationException"),
    "denied": (403, "AccessDeniedException"),
}


@dataclass(slots=True)
class Asked:
    """One request as it came: of which wire, what it named, and what it asked for."""

    wire: str
    name: str
    body: dict[str, Any]
    ended: str = ""


class Double:
    """Documents by the knowledge base or application that holds them; scenes still to be played; what was asked.

    `leaky`: the source's own filter does not work, as if somebody had built it wrongly.
    """

    def __init__(self) -> None:
        self.requests: list[Asked] = []
        self.leaky = False
        self.stopping = threading.Event()
        self._documents: dict[str, list[Document]] = defaultdict(list)
        self._scenes: deque[Scene] = deque()
        self._lock = threading.Lock()

    def put(self, name: str, *documents: Document) -> None:
        with self._lock:
            self._documents[name].extend(documents)

    def play(self, *scenes: Scene) -> None:
        """Let the next requests fail so, one each; a Stall answers after it."""
        with self._lock:
            self._scenes.extend(scenes)

    def forget(self) -> None:
        with self._lock:
            self.requests.clear()
            self._documents.clear()
            self._scenes.clear()
            self.leaky = False

    def next_scene(self, asked: Asked) -> Scene | None:
        with self._lock:
            self.requests.append(asked)
            return self._scenes.popleft() if self._scenes else None

    def answer(self, asked: Asked) -> dict[str, Any]:
        with self._lock:
            held = tuple(self._documents[asked.name])
        body = asked.body
        if asked.wire == "knowledge_base":
            search = body.get("retrievalConfiguration", {}).get("vectorSearchConfiguration", {})
            passes = shelf.knowledge_base_filter(None if self.leaky else search.get("filter"))
            limit = search.get("numberOfResults", 5)
            return wires.retrieved(shelf.ranked(held, body["retrievalQuery"]["text"], passes, limit))
        passes = shelf.q_filter(None if self.leaky else body.get("attributeFilter"))
        return wires.relevant(shelf.ranked(held, body["queryText"], passes, body.get("maxResults", 10)))


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
            return self.answer_json(200, [asdict(one) for one in self.of.requests])
        return self.answer_json(200 if self.path == "/" else 404, {})

    def do_DELETE(self) -> None:
        self.of.forget()
        self.answer_json(200, {})

    def do_POST(self) -> None:
        sent = self.received(_MOST)
        if sent is None:
            return self.answer_json(413, {"message": "The request is too long."})
        try:
            body = json.loads(sent or b"{}")
            if self.path == "/_scenes":
                self.of.play(*_SCENES.validate_python(body))
                return self.answer_json(200, {})
            if self.path.startswith("/_documents/"):
                self.of.put(self.path.removeprefix("/_documents/"), *_DOCUMENTS.validate_python(body))
                return self.answer_json(200, {})
        except (ValueError, ValidationError) as wrong:
            return self.answer_json(400, {"message": str(wrong)})
        if named := wires.asked_of(self.path):
            return self._answer(*named, body)
        return self.answer_json(404, {"message": "There is nothing here."})

    def _answer(self, wire: wires.Wire, name: str, body: dict[str, Any]) -> None:
        asked = Asked(wire, name, body)
        if not self.headers.get("Authorization", "").startswith("AWS4-HMAC-SHA256 "):
            return self.aws_fault(403, "MissingAuthenticationTokenException", "The request is not signed.")
        try:
            wires.check(wire, name, body)
        except wires.Refused as why:
            asked.ended = "refused"
            self.of.requests.append(asked)
            return self.aws_fault(*FAULTS["validation"], str(why))
        match self.of.next_scene(asked):
            case Fail(fault=fault, message=message):
                asked.ended = "refused"
                return self.aws_fault(*FAULTS.get(fault, FAULTS["internal"]), message)
            case Break():
                asked.ended = "cut"
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return None
            case Garbage(garbage=garbage):
                asked.ended = "cut"
                return self.answer_bytes(200, garbage.encode())
            case Stall(stall_ms=stall_ms):
                self.of.stopping.wait(stall_ms / 1000)
        asked.ended = "whole"
        return self.answer_json(200, self.of.answer(asked))
