"""The server of both doubles, on this machine alone: this changes when how it listens, posts or is steered does.

GET    /_ledger[?order=]   what each order's shopper was charged, by account
GET    /_calls             what was asked, and what was answered
GET    /_bank/<vendor>/…   the shopper's bank; ?answer=pass|fail answers it and sends the shopper back
POST   /_accounts          let an account in: {"vendor", "id", "key", "webhook_secret", "webhook_url"}
POST   /_faults            a list of faults that wait for their calls
POST   /_post              how webhooks travel: {"copies", "reverse", "before_reply", "delay_ms", "lose"}
POST   /_settle            do what was only received so far
DELETE /_state             forget everything but the accounts
"""

import html
import json
import queue
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from urllib.parse import parse_qs, urlsplit

from pydantic import TypeAdapter, ValidationError

from local import web
from local.doubles import Handler, Server
from local.doubles import running as listening
from local.gateways.adyen import AdyenWire
from local.gateways.faults import Fault, Faults
from local.gateways.stripe import StripeWire, read_form
from local.gateways.wire import Account, Answer, Double, Lost, Message, Request

_FAULTS = TypeAdapter(list[Fault])
_MOST = 256 * 1024  # bytes of a request
_TRIES = 5  # of a webhook, each a little later
_TRY_AGAIN_S = 0.3
_POST_TIMEOUT_S = 15
_POSTED = ("copies", "reverse", "before_reply", "delay_ms", "lose")


@dataclass(slots=True)
class Gateways:
    """Both doubles, and where they are."""

    stripe: Double
    adyen: Double
    faults: Faults
    address: str = ""

    def double(self, vendor: str) -> Double | None:
        return {"stripe": self.stripe, "adyen": self.adyen}.get(vendor)

    @property
    def both(self) -> tuple[Double, Double]:
        return self.stripe, self.adyen


def doubles() -> Gateways:
    """Two doubles with empty books, which know nobody yet."""

    def address() -> str:
        return made.address

    faults = Faults()
    made = Gateways(Double(StripeWire(address), faults), Double(AdyenWire(address), faults), faults)
    return made


def serve(gateways: Gateways, port: int = 0) -> Server:
    """A server that listens, and is not yet running."""

    class Own(_Handler):
        of = gateways
        postman = Postman(gateways)

    server = Server(Own, port)
    gateways.address = server.address
    return server


@contextmanager
def running(gateways: Gateways | None = None, port: int = 0) -> Iterator[Gateways]:
    """Both doubles in this process."""
    gateways = gateways or doubles()
    with listening(serve(gateways, port), threading.Event()):  # nothing waits in it
        yield gateways


class Postman:
    """Carries webhooks to where their accounts want them, and tries again when nobody takes them."""

    def __init__(self, gateways: Gateways) -> None:
        self._gateways = gateways
        self._waiting: queue.SimpleQueue[tuple[Message, float]] = queue.SimpleQueue()
        threading.Thread(target=self._carry, daemon=True).start()

    def collect(self, double: Double, *, at_once: bool) -> None:
        """Take what waits for accounts that have an address. `at_once`: it arrives before the answer to the call."""
        if not any(message.url for message in double.outbox):
            return
        for message in double.take():
            if not message.url:
                double.outbox.append(message)
            elif at_once:
                self._send(message)
            else:
                self._waiting.put((message, time.monotonic() + double.post.delay_ms / 1000))

    def _carry(self) -> None:
        while True:
            message, due = self._waiting.get()
            time.sleep(max(0.0, due - time.monotonic()))
            for attempt in range(_TRIES):
                if self._send(message):
                    break
                time.sleep(_TRY_AGAIN_S * 2**attempt)
            else:
                print(f"{message.vendor}: {message.url} did not take {message.about}", file=sys.stderr, flush=True)

    def _send(self, message: Message) -> bool:
        with suppress(web.NoAnswer, web.NotHere):
            answer = web.call(
                "POST", message.url, headers=message.headers, body=message.body, timeout_s=_POST_TIMEOUT_S
            )
            return 200 <= answer.status < 300
        return False


class _Handler(Handler):
    of: Gateways
    postman: Postman

    def do_GET(self) -> None:
        self._answer("GET", "")

    def do_DELETE(self) -> None:
        if self.path != "/_state":
            return self.answer_json(404, {})
        for double in self.of.both:
            double.forget()
        return self.answer_json(200, {})

    def do_POST(self) -> None:
        received = self.received(_MOST)
        if received is None:
            return self.answer_json(413, {})
        return self._answer("POST", received.decode("utf-8", "replace"))

    def _answer(self, method: str, text: str) -> None:
        split = urlsplit(self.path)
        try:
            if split.path.startswith("/_"):
                return self._steered(method, split.path, parse_qs(split.query), text)
            if split.path.startswith("/v1/"):
                secret = self.headers.get("Authorization", "").removeprefix("Bearer ")
                body, query = read_form(text), read_form(split.query)
                return self._vendor(self.of.stripe, Request(method, split.path, query, body, self._key, secret))
            body = json.loads(text or "{}")
            secret = self.headers.get("x-api-key", "")
            return self._vendor(self.of.adyen, Request(method, split.path, {}, body, self._key, secret))
        except (ValueError, AttributeError) as wrong:
            return self.answer_json(400, {"message": f"The request cannot be read: {type(wrong).__name__}."})

    @property
    def _key(self) -> str:
        return self.headers.get("Idempotency-Key", "")

    def _vendor(self, double: Double, request: Request) -> None:
        try:
            answer = double.answer(request)
        except Lost:
            self.postman.collect(double, at_once=False)
            return self.cut()
        before = double.post.before_reply
        if before:
            self.postman.collect(double, at_once=True)
        self._reply(answer)
        if not before:
            self.postman.collect(double, at_once=False)

    def _reply(self, answer: Answer) -> None:
        headers = {"Idempotent-Replayed": "true"} if answer.replayed else {}
        if answer.raw is not None:
            return self.answer_bytes(answer.status, answer.raw, headers, "text/html")
        return self.answer_json(answer.status, answer.body, headers)

    def _steered(self, method: str, path: str, query: dict[str, list[str]], text: str) -> None:
        if path.startswith("/_bank/"):
            return self._bank(path, (query.get("answer") or [""])[0])
        if method == "GET":
            if path == "/_ledger":
                order = query["order"][0] if "order" in query else None
                lines = [line for double in self.of.both for line in double.books.ledger(order)]
                return self.answer_json(200, [{**asdict(line), "net": line.net} for line in lines])
            if path == "/_calls":
                return self.answer_json(200, [asdict(call) for double in self.of.both for call in double.calls])
            return self.answer_json(200 if path == "/_alive" else 404, {})
        told = json.loads(text or "null")
        if path == "/_accounts" and isinstance(told, dict) and (double := self.of.double(str(told.pop("vendor", "")))):
            double.admit(Account(**told))
            return self.answer_json(200, {})
        if path == "/_faults":
            try:
                faults = _FAULTS.validate_python(told)
            except ValidationError as wrong:
                return self.answer_json(400, {"message": str(wrong)})
            self.of.faults.add(faults)
            return self.answer_json(200, {"left": self.of.faults.left})
        if path == "/_post" and isinstance(told, dict) and set(told) <= set(_POSTED):
            for double in self.of.both:
                for name, value in told.items():
                    setattr(double.post, name, value)
            return self.answer_json(200, {})
        if path == "/_settle":
            done = 0
            for double in self.of.both:
                done += double.settle()
                self.postman.collect(double, at_once=False)
            return self.answer_json(200, {"done": done})
        return self.answer_json(404, {})

    def _bank(self, path: str, answer: str) -> None:
        vendor, _, token = path.removeprefix("/_bank/").partition("/")
        double = self.of.double(vendor)
        if double is None:
            return self.answer_json(404, {})
        if answer not in ("pass", "fail"):
            here = html.escape(path, quote=True)
            page = (
                "<!doctype html><meta charset=utf-8><title>Your bank</title><h1>Is it you who is paying?</h1>"
                f'<p><a href="{here}?answer=pass">Yes, pay</a></p><p><a href="{here}?answer=fail">No</a></p>'
            )
            return self.answer_bytes(200, page.encode(), kind="text/html; charset=utf-8")
        back = double.bank(token, answer)
        self.postman.collect(double, at_once=False)
        if back is None:
            return self.answer_json(404, {"message": "Nobody is asked anything here."})
        return self.answer_bytes(303, b"", {"Location": back}, "text/plain")
