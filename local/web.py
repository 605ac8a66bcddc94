"""This file changes when how the laptop's commands speak HTTP changes.

Only to this machine, with a time limit, and with an error that a person can act upon.
"""

import json
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, Request, build_opener

TIMEOUT_S = 30.0
HERE = {"127.0.0.1", "localhost", "::1"}


class NoAnswer(Exception):
    """Nothing answered at the address, or not in time."""


class NotHere(Exception):
    """The address is not on this machine; the laptop's commands carry tokens and go nowhere else."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever its status."""

    status: int
    body: dict[str, Any]
    rows: tuple[dict[str, Any], ...] = ()  # of an answer that is a list

    @property
    def reason(self) -> str:
        """The error's name and message, as the API gives them."""
        named = [str(self.body[key]) for key in ("error", "message", "error_description") if self.body.get(key)]
        return ": ".join(named) or "without a reason"


def call(
    method: str,
    url: str,
    *,
    token: str | None = None,
    json_body: object = None,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
    timeout_s: float = TIMEOUT_S,
) -> Answer:
    """One request, not repeated. A status of refusal is an answer like any other."""
    if urlsplit(url).scheme not in {"http", "https"} or urlsplit(url).hostname not in HERE:
        raise NotHere(f"{url.split('?')[0]} is not an address on this machine.")
    sent = dict(headers or {})
    if json_body is not None:
        body = json.dumps(json_body).encode()
        sent["content-type"] = "application/json"
    if token is not None:
        sent["authorization"] = f"Bearer {token}"
    request = Request(url, data=body, method=method, headers=sent)  # noqa: S310 - scheme and host are checked above
    try:
        with build_opener(ProxyHandler({})).open(request, timeout=timeout_s) as reply:
            return _answer(reply.status, reply.read())
    except HTTPError as refusal:
        with refusal:
            return _answer(refusal.code, refusal.read())
    except (URLError, TimeoutError, ConnectionError, HTTPException) as silence:
        cause = silence.reason if isinstance(silence, URLError) else silence
        raise NoAnswer(f"{method} {urlsplit(url).path} got no answer: {cause or type(silence).__name__}") from silence


def fetch(url: str, *, timeout_s: float = TIMEOUT_S) -> bytes:
    """A file on this machine, as it is."""
    if urlsplit(url).scheme not in {"http", "https"} or urlsplit(url).hostname not in HERE:
        raise NotHere(f"{url.split('?')[0]} is not an address on this machine.")
    try:
        with build_opener(ProxyHandler({})).open(url, timeout=timeout_s) as reply:
            content: bytes = reply.read()
            return content
    except (URLError, TimeoutError, ConnectionError, HTTPException) as silence:
        raise NoAnswer(f"GET {urlsplit(url).path} got no file: {silence}") from silence


def _answer(status: int, raw: bytes) -> Answer:
    try:
        told = json.loads(raw)
    except ValueError:  # S3 answers in XML, and with nothing at all when it is content
        return Answer(status, {})
    if isinstance(told, list):
        return Answer(status, {}, tuple(told))
    return Answer(status, told if isinstance(told, dict) else {})
