"""The laptop cloud as a bench meets it: over HTTP, with a real token, and nothing that a shopper has not got."""

import http.client
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from bench.outcome import CannotMeasure
from local import merchants
from local.api import Shop
from local.cloud import CannotStart, Cloud, Running
from local.merchants import Role

TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    seconds: float
    body: Any


class Caller:
    """One client with one connection, kept open as a browser keeps it. Not for several threads at once."""

    def __init__(self, api_url: str, token: str | None = None) -> None:
        place = urlsplit(api_url)
        if place.hostname is None:
            raise ValueError(f"The API's address has no host: {api_url!r}")
        self._prefix = place.path.rstrip("/")
        self._connection = http.client.HTTPConnection(place.hostname, place.port, timeout=TIMEOUT_S)
        self._headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, what: BaseException | None, where: TracebackType | None
    ) -> None:
        self._connection.close()

    def call(self, method: str, path: str, body: object = None) -> Answer:
        """One request, timed from the first byte out to the last byte in."""
        payload = None if body is None else json.dumps(body).encode()
        started = time.perf_counter()
        self._connection.request(method, self._prefix + path, body=payload, headers=self._headers)
        response = self._connection.getresponse()
        content = response.read()
        return Answer(response.status, time.perf_counter() - started, json.loads(content) if content else None)


@dataclass(frozen=True, slots=True)
class Place:
    """A running cloud, and whose keys open it."""

    running: Running
    instance: str

    def token(self, merchant: str, role: Role) -> str:
        return merchants.token(self.running.outputs, self.running.gateway_url, merchant, role, instance=self.instance)

    def shop(self, merchant: str, role: Role) -> Shop:
        return Shop(self.running.api_url, self.token(merchant, role))


@contextmanager
def cloud() -> Iterator[Place]:
    """The demo's cloud when it is up, and is left up; else one of the bench's own, which is stopped afterwards."""
    running = Cloud("demo").running()
    if running is not None:
        yield Place(running, "demo")
        return
    own = Cloud("bench")
    try:
        try:
            running = own.up()
        except CannotStart as reason:
            raise CannotMeasure(str(reason)) from reason
        yield Place(running, "bench")
    finally:
        own.down()
