"""A person at the shop's door: speaks HTTP to the API as a shopper or a merchant would, and nothing else."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import urllib3

_HTTP = urllib3.PoolManager(timeout=urllib3.Timeout(connect=2, read=30), retries=False)
FINAL = {"searchable", "quarantined", "failed", "deleted"}


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    body: Any
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever holds `token`; None is a passer-by without one."""

    api_url: str
    token: str | None = None

    def call(
        self, method: str, path: str, body: object = None, *, raw: bytes | None = None, headers: Mapping[str, str] = {}
    ) -> Reply:
        """One request. `raw` sends bytes that need not be JSON."""
        sent = {"Content-Type": "application/json", **headers}
        if self.token is not None:
            sent["Authorization"] = self.token
        data = raw if raw is not None else (json.dumps(body).encode() if body is not None else None)
        response = _HTTP.request(method, self.api_url.rstrip("/") + path, body=data, headers=sent)
        text = response.data.decode()
        return Reply(response.status, json.loads(text) if text else None, response.headers)

    def ask(self, message: str, **more: object) -> Reply:
        """POST /v1/chat."""
        return self.call("POST", "/v1/chat", {"message": message, **more})

    def drop(self, name: str, content: bytes, media_type: str = "text/markdown") -> str:
        """Announces a document, uploads it, and gives its id without waiting for what becomes of it."""
        return self.put(self.announce(name, content, media_type), content)

    def announce(self, name: str, content: bytes, media_type: str = "text/markdown") -> Reply:
        """POST /v1/documents."""
        announced = self.call("POST", "/v1/documents", {"name": name, "media_type": media_type, "size": len(content)})
        assert announced.status == 201, announced
        return announced

    def put(self, announced: Reply, content: bytes) -> str:
        """Uploads what was announced."""
        upload = announced.body["upload"]
        done = _HTTP.request(upload.get("method", "PUT"), upload["url"], body=content, headers=upload["headers"])
        assert done.status == 200, (done.status, done.data[:300])
        return str(announced.body["document_id"])

    def document(self, document_id: str) -> Reply:
        """GET /v1/documents/{id}."""
        return self.call("GET", f"/v1/documents/{document_id}")

    def wait_for(self, document_id: str, *, within_s: float = 60) -> dict[str, Any]:
        """The document once it has come to rest."""
        until = time.monotonic() + within_s
        while True:
            seen = self.document(document_id)
            if seen.status == 200 and seen.body["status"] in FINAL:
                return dict(seen.body)
            assert time.monotonic() < until, f"still {seen.status} {seen.body} after {within_s} s"
            time.sleep(0.2)


def eventually(check: Any, *, within_s: float = 30, every_s: float = 0.3) -> Any:
    """What `check` gives once it is true; the last thing it gave is in the failure."""
    until = time.monotonic() + within_s
    while not (seen := check()):
        assert time.monotonic() < until, f"not within {within_s} s; last seen: {seen!r}"
        time.sleep(every_s)
    return seen
