"""What both doubles have in common: accounts, idempotency, faults and webhooks. This changes when those rules do.

A wire (`stripe.py`, `adyen.py`) says which operation a request is, does it in its books, and writes the answer. Around
that, here: whose account it is, what a key was used for before, what goes wrong, and what is told to the shop.
"""

import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from local.gateways.books import Books, Entry
from local.gateways.faults import Fault, Faults

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Account:
    """A shop's account: the key that it signs in with, and where and how it is told of what happens."""

    id: str  # Adyen's merchant account; ours for Stripe
    key: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    webhook_url: str = ""  # "": messages wait in the outbox until they are taken


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came."""

    method: str
    path: str
    query: Mapping[str, Any]
    body: Body
    key: str  # of idempotency
    secret: str = field(repr=False)  # that it was signed in with


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. `raw` stands in place of the body when it is to be no JSON."""

    status: int
    body: Body
    replayed: bool = False
    raw: bytes | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One webhook, signed and ready to be sent."""

    vendor: str
    account: str
    url: str
    headers: dict[str, str]
    body: bytes
    about: str  # the vendor's word for what it tells


@dataclass(frozen=True, slots=True)
class Call:
    """What was asked, for the tests: which operation, under which key, and what was answered."""

    vendor: str
    account: str
    operation: str
    method: str
    path: str
    key: str
    request: Body
    status: int
    body: Body
    harm: str = ""


class Lost(Exception):
    """The connection breaks here."""


class Refuse(Exception):
    """An answer that is a refusal. `kept`: a later call with the same key gets it again."""

    def __init__(self, status: int, body: Body, *, kept: bool = True) -> None:
        super().__init__(status)
        self.answer = Answer(status, body)
        self.kept = kept


@dataclass(slots=True)
class Deed:
    """What a wire needs to know of the call that it does, beside the request."""

    account: Account
    fault: Fault | None
    tell: Callable[[str, Body], None]  # to the shop: the vendor's word, and the message's content
    later: Callable[[Callable[[], None]], None]  # do this when `settle` is called

    def harmed(self, harm: str) -> Fault | None:
        return self.fault if self.fault is not None and self.fault.harm == harm else None


class Wire(Protocol):
    """One vendor's way of speaking. It holds the books."""

    vendor: str
    books: Books

    def operation(self, request: Request) -> tuple[str, str]:
        """Which operation this is, and of which order; Refuse when it is none."""
        ...

    def do(self, operation: str, request: Request, deed: Deed) -> Answer:
        """Do it, and answer."""
        ...

    def bank(self, token: str, answer: str, deed: Callable[[Entry], Deed]) -> str | None:
        """The shopper answers their bank; where they are sent then. None: nobody was asked."""
        ...

    def sign(self, account: Account, about: str, content: Body) -> tuple[dict[str, str], bytes]:
        """A webhook's headers and body."""
        ...

    def key_reused(self) -> Answer: ...
    def in_use(self) -> Answer: ...
    def signed_out(self) -> Answer: ...
    def busy(self) -> Answer: ...
    def failed(self, status: int) -> Answer: ...


@dataclass(slots=True)
class _Kept:
    fingerprint: str
    answer: Answer | None = None  # None: the first call is still being worked on


class Post:
    """How webhooks travel: how often each comes, in which order, and whether before the answer to our own call."""

    def __init__(self) -> None:
        self.copies = 1
        self.reverse = False
        self.before_reply = False
        self.delay_ms = 0
        self.lose = 0  # so many of the next are never sent


class Double:
    """One vendor's double: a wire with everything around it."""

    def __init__(self, wire: Wire, faults: Faults) -> None:
        self.wire = wire
        self.faults = faults
        self.post = Post()
        self.calls: list[Call] = []
        self.told: list[Message] = []
        self.outbox: list[Message] = []
        self._accounts: dict[str, Account] = {}
        self._kept: dict[tuple[str, str], _Kept] = {}
        self._later: list[Callable[[], None]] = []
        self._lock = threading.RLock()

    @property
    def vendor(self) -> str:
        return self.wire.vendor

    @property
    def books(self) -> Books:
        return self.wire.books

    def admit(self, account: Account) -> None:
        """Let the account in; one of the same id is another's no more."""
        with self._lock:
            self._accounts = {key: one for key, one in self._accounts.items() if one.id != account.id}
            self._accounts[account.key] = account

    def forget(self) -> None:
        """Everything but the accounts."""
        with self._lock:
            self.faults.clear()
            self.post = Post()
            self.calls.clear()
            self.told.clear()
            self.outbox.clear()
            self._kept.clear()
            self._later.clear()
            self.books.entries.clear()

    def take(self) -> list[Message]:
        """The messages that wait, as they would arrive: doubled and turned round, when they are to be."""
        with self._lock:
            waiting, self.outbox = self.outbox, []
            copies = [one for message in waiting for one in [message] * self.post.copies]
            return copies[::-1] if self.post.reverse else copies

    def settle(self) -> int:
        """Do what was only received so far; how much that was."""
        with self._lock:
            due, self._later = self._later, []
            for deed in due:
                deed()
            return len(due)

    def answer(self, request: Request) -> Answer:
        """Answer one request, or raise Lost."""
        account = self._accounts.get(request.secret)
        if account is None:
            return self._noted("", "", request, self.wire.signed_out())
        try:
            operation, order_id = self.wire.operation(request)
        except Refuse as refusal:
            return self._noted(account.id, "", request, refusal.answer)
        fault = self.faults.next(self.vendor, operation, order_id)
        harm = fault.harm if fault else ""
        if harm == "lose_request":
            self._noted(account.id, operation, request, Answer(0, {}), harm)
            raise Lost
        if harm == "busy":
            return self._noted(account.id, operation, request, self.wire.busy(), harm)
        if fault is not None and harm == "fail_before":
            answer = self.wire.failed(fault.status)
            return self._noted(account.id, operation, request, answer, harm)
        answer = self._once(account, operation, request, fault)
        if harm == "duplicate":
            answer = self._once(account, operation, request, fault)
        self._noted(account.id, operation, request, answer, harm)
        if harm == "lose_reply":
            raise Lost
        if harm == "garbage":
            return Answer(answer.status, {}, raw=b"<html>502 Bad Gateway</html>")
        return answer

    def bank(self, token: str, answer: str) -> str | None:
        """The shopper answers their bank (`pass`, `fail`); where they are sent then."""
        with self._lock:
            return self.wire.bank(token, answer, lambda entry: self._deed(self._account(entry.account), None))

    def _once(self, account: Account, operation: str, request: Request, fault: Fault | None) -> Answer:
        """Do it, unless a call with the same key did it before."""
        wait_s = fault.ms / 1000 if fault is not None and fault.harm == "delay" else 0.0
        if request.method == "GET" or not request.key:
            time.sleep(wait_s)
            with self._lock:
                return self._do(account, operation, request, fault)[0]
        place = (account.id, request.key)
        fingerprint = _fingerprint(request)
        with self._lock:
            kept = self._kept.get(place)
            if kept is not None:
                if kept.fingerprint != fingerprint:
                    return self.wire.key_reused()
                if kept.answer is None:
                    return self.wire.in_use()
                return Answer(kept.answer.status, kept.answer.body, replayed=True)
            self._kept[place] = _Kept(fingerprint)
        time.sleep(wait_s)  # while it is at work: another call with the key finds it in use
        with self._lock:
            try:
                answer, stays = self._do(account, operation, request, fault)
            except BaseException:
                del self._kept[place]
                raise
            if stays:
                self._kept[place].answer = answer
            else:
                del self._kept[place]
            return answer

    def _do(self, account: Account, operation: str, request: Request, fault: Fault | None) -> tuple[Answer, bool]:
        try:
            answer = self.wire.do(operation, request, self._deed(account, fault))
        except Refuse as refusal:
            return refusal.answer, refusal.kept
        if fault is not None and fault.harm == "fail_after":
            return self.wire.failed(fault.status), True
        return answer, True

    def _deed(self, account: Account, fault: Fault | None) -> Deed:
        def tell(about: str, content: Body) -> None:
            if self.post.lose:
                self.post.lose -= 1
                return
            headers, body = self.wire.sign(account, about, content)
            message = Message(self.vendor, account.id, account.webhook_url, headers, body, about)
            self.told.append(message)
            self.outbox.append(message)

        return Deed(account, fault, tell, self._later.append)

    def _account(self, account: str) -> Account:
        return next(one for one in self._accounts.values() if one.id == account)

    def _noted(self, account: str, operation: str, request: Request, answer: Answer, harm: str = "") -> Answer:
        self.calls.append(
            Call(
                self.vendor,
                account,
                operation,
                request.method,
                request.path,
                request.key,
                request.body,
                answer.status,
                answer.body,
                harm,
            )
        )
        return answer


def _fingerprint(request: Request) -> str:
    said = json.dumps([request.method, request.path, request.body], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


def new_id(length: int, alphabet: str = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789") -> str:
    """An id as the vendors make them."""
    return "".join(secrets.choice(alphabet) for _ in range(length))
