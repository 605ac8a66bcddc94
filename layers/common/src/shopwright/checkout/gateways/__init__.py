"""What we need of whoever holds the merchant's money, in our words: changes when the saga needs another thing of it.

Two vendors stand behind it: `stripe.py` and `adyen.py`. Every call is for one payment of one merchant, carries a key
that is the same whenever the same thing is asked for, and fits the deadline. What a gateway answers is an outcome; a
call raises only when there is no answer to go by:

    Unavailable
    ├── OutcomeUnknown   it may have acted: only the same call with the same key may follow, or `find`
    └── GatewayBusy      it has not acted: the same call may follow later
    Denied
    └── Misconfigured    it does not know us: the merchant's keys are wrong or missing
    Conflict
    ├── KeyReused        the key came with another request before: a fault of ours, never to be tried again
    └── CallRefused      it will not do this as it is asked, now or later
    Invalid
    ├── InstrumentUnusable   what is to be charged is no token of this gateway
    ├── ProofUnusable        what came back from the bank is not about this payment
    └── WebhookForged        nobody who knows the merchant's secret sent this
"""

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from shopwright.errors import Conflict, Denied, Invalid, Unavailable
from shopwright.money import Money
from shopwright.resilience.deadline import Deadline
from shopwright.tenancy.tenant import Tenant

KEY_LENGTH = 40  # Adyen takes 64 characters at most


class OutcomeUnknown(Unavailable):
    """The gateway may have acted. Only the same call with the same key may follow."""

    def __init__(self) -> None:
        super().__init__("The payment provider has not answered yet. You will not be charged twice.")


class GatewayBusy(Unavailable):
    """The gateway has not acted, and will when it is asked again later."""

    def __init__(self) -> None:
        super().__init__("The payment provider is busy. Please try again.")


class Misconfigured(Denied):
    """The merchant has no gateway, or its keys are not accepted. Only the merchant or an operator can change that."""

    def __init__(self) -> None:
        super().__init__("This shop cannot take payments at the moment. Please ask the shop.")


class KeyReused(Conflict):
    """The gateway knows this key from a request that asked for something else."""

    def __init__(self) -> None:
        super().__init__("This payment was asked for twice in different ways. Please begin again.")


class CallRefused(Conflict):
    """The gateway understood the call, did nothing, and will do nothing however often it is asked.

    `code` is the gateway's own word for why, for an operator.
    """

    def __init__(self, code: str = "") -> None:
        super().__init__("The payment provider did not accept this. Please ask the shop.")
        self.code = code


class InstrumentUnusable(Invalid):
    """What is to be charged is not a token that this gateway made, or holds a card number."""

    def __init__(self) -> None:
        super().__init__("Send what the payment form of this shop gave you; a card number is never accepted.")


class ProofUnusable(Invalid):
    """What the shopper's browser brought back is nothing that a bank gave it, or is about another payment."""

    def __init__(self) -> None:
        super().__init__("Send what your bank's page came back with, for this order.")


class WebhookForged(Invalid):
    """A part of the message is not signed with the merchant's secret."""

    def __init__(self) -> None:
        super().__init__("The signature does not fit. Sign the message with the secret of this merchant.")


@dataclass(frozen=True, slots=True)
class Payment:
    """One try to pay for one order. `reference` is the gateway's own name for it, "" until it has given one."""

    tenant: Tenant
    order_id: str
    saga_id: str
    attempt: int  # grows only when the one before was declined for good
    amount: Money
    reference: str = ""

    @property
    def name(self) -> str:
        """Our own name for it, by which the gateway calls it when it calls back."""
        return f"{self.saga_id}.{self.attempt}"

    def key(self, operation: str) -> str:
        """The idempotency key of one operation on it."""
        return key(self.tenant, self.saga_id, self.attempt, operation)


@dataclass(frozen=True, slots=True)
class Browser:
    """What a bank wants to know of the window in which it will ask the shopper something (EMV 3-D Secure)."""

    user_agent: str
    accept: str
    language: str
    color_depth: int = 24
    screen_width: int = 1280
    screen_height: int = 720
    time_zone_offset: int = 0  # minutes from UTC, as a browser counts them
    java: bool = False


@dataclass(frozen=True, slots=True)
class Means:
    """How the shopper pays. `instrument` is a token of our vault: what it stands for is seen only inside the call."""

    instrument: str
    return_url: str  # where the bank sends the shopper back to
    description: str = ""  # what the shopper finds on the statement of the gateway
    browser: Browser | None = None


class Outcome(StrEnum):
    """What became of asking for the money."""

    AUTHORIZED = "authorized"  # it is held for us
    CHALLENGED = "challenged"  # the shopper has to do something first
    DECLINED = "declined"  # it will not be held; nothing is
    PENDING = "pending"  # the gateway will say later: ask `find`, or wait for its webhook


@dataclass(frozen=True, slots=True)
class Challenge:
    """What the shopper has to do: go to `url`, or let the gateway's own web component act on `token`.

    Both are for this shopper alone. Afterwards `resume` says what became of it.
    """

    url: str = field(default="", repr=False)
    token: str = field(default="", repr=False)  # Stripe's client secret; Adyen's action, as JSON


@dataclass(frozen=True, slots=True)
class Authorization:
    """What became of asking for the money, and why."""

    outcome: Outcome
    reference: str = ""
    challenge: Challenge | None = None
    reason: str = ""  # a name of reasons.toml when it was declined


class Done(StrEnum):
    """What became of a change that we asked for."""

    DONE = "done"
    RECEIVED = "received"  # it will be done or fail later, and a webhook says which
    ALREADY = "already"  # it was so before: that counts as done
    REFUSED = "refused"  # it cannot be done: see what the gateway holds


class Held(StrEnum):
    """What a gateway holds of a payment."""

    NOTHING = "nothing"  # it knows no such payment
    OPEN = "open"  # it knows it, and holds no money
    CHALLENGED = "challenged"  # it waits for the shopper
    PENDING = "pending"  # it is at work
    AUTHORIZED = "authorized"
    CAPTURED = "captured"
    VOIDED = "voided"
    REFUNDED = "refunded"  # the whole of what was captured


@dataclass(frozen=True, slots=True)
class Standing:
    """What the gateway really holds at this moment."""

    held: Held
    authorized: Money  # still held, and neither captured nor let go
    captured: Money  # in all, whatever went back
    refunded: Money
    reference: str = ""
    reason: str = ""  # of the last decline, a name of reasons.toml
    challenge: Challenge | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a capture, a void or a refund."""

    done: Done
    reference: str = ""  # the gateway's own name for the change, where it gives one
    standing: Standing | None = None  # what it holds, where its answer says so


class Told(StrEnum):
    """What a webhook tells."""

    AUTHORIZED = "authorized"
    CHALLENGED = "challenged"
    DECLINED = "declined"
    PENDING = "pending"
    CAPTURED = "captured"
    CAPTURE_FAILED = "capture_failed"
    VOIDED = "voided"
    VOID_FAILED = "void_failed"
    REFUNDED = "refunded"
    REFUND_FAILED = "refund_failed"
    EXPIRED = "expired"  # the hold is gone by itself
    DISPUTED = "disputed"
    OTHER = "other"  # genuine, and about nothing that the saga waits for


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that a gateway tells. It may come twice, late, before the answer to our own call, or out of order."""

    id: str  # the same when the same thing is told again
    told: Told
    type: str  # the gateway's own word for it
    reference: str  # the gateway's name for the payment; "" when it is about none
    name: str  # our name for the payment (`Payment.name`); "" when the gateway does not say
    order_id: str  # "" when the gateway does not say
    amount: Money | None  # what is held, captured or refunded, to be compared with what we asked for
    occurred_at: datetime
    reason: str = ""  # a name of reasons.toml when it tells of a decline


class Gateway(Protocol):
    """One merchant's account with a payment provider."""

    @property
    def vendor(self) -> str:
        """`stripe`, `adyen`."""
        ...

    def authorize(
        self, payment: Payment, means: Means, deadline: Deadline, *, persist: Callable[[str], None]
    ) -> Authorization:
        """Hold the money. `persist` is handed the gateway's reference as soon as it is known, and always before the
        money can be held where the gateway allows that; a payment that has a reference goes on from there."""
        ...

    def resume(self, payment: Payment, proof: Mapping[str, str], deadline: Deadline) -> Authorization:
        """What became of it after the shopper's challenge; `proof` is what their browser brought back."""
        ...

    def capture(self, payment: Payment, deadline: Deadline, *, serial: int = 1) -> Change:
        """Take the whole of what is held. `serial` grows when one that was received has failed for good."""
        ...

    def void(self, payment: Payment, deadline: Deadline, *, serial: int = 1) -> Change:
        """Let go of what is held, or of a payment that holds nothing yet."""
        ...

    def refund(self, payment: Payment, deadline: Deadline, *, serial: int = 1) -> Change:
        """Give the whole of what was captured back."""
        ...

    def reverse(self, payment: Payment, deadline: Deadline, *, serial: int = 1) -> Change:
        """Void or refund, whichever the gateway's own books call for at that moment: for when we do not know."""
        ...

    def find(self, payment: Payment, deadline: Deadline) -> Standing | None:
        """What the gateway holds; None: this one cannot be asked. Then the same call with the same key is the way to
        find out, or to wait for its webhook."""
        ...

    def verify_webhook(self, headers: Mapping[str, str], body: bytes) -> tuple[Event, ...]:
        """What the message tells, when every part of it is signed by this account; else WebhookForged."""
        ...


def key(tenant: Tenant, saga_id: str, attempt: int, operation: str) -> str:
    """The same for the same operation on the same try, and for nothing else, whoever asks and however often."""
    said = "|".join((tenant.merchant_id, saga_id, str(attempt), operation))
    return base64.b32encode(hashlib.sha256(said.encode()).digest()).decode()[:KEY_LENGTH]
