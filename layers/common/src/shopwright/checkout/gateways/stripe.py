"""Stripe: changes when its API or its SDK does.

A PaymentIntent is made without being confirmed, which can hold no money; its id is persisted; only then is it
confirmed. So whatever is lost afterwards, `find` can ask Stripe what it really holds. Under a key Stripe stores what it
answered first, whatever it was: after a failure of its own (500) the same call gives that again, and `find` the truth.
"""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import stripe

from shopwright.checkout.gateways import (
    Authorization,
    CallRefused,
    Challenge,
    Change,
    Done,
    Event,
    GatewayBusy,
    Held,
    InstrumentUnusable,
    KeyReused,
    Means,
    Misconfigured,
    Outcome,
    OutcomeUnknown,
    Payment,
    Standing,
    Told,
    WebhookForged,
    instrument,
    reasons,
    units,
)
from shopwright.checkout.gateways.calling import time_for
from shopwright.checkout.gateways.units import AmountUnsupported
from shopwright.errors import Invalid
from shopwright.money import Money
from shopwright.resilience.deadline import Deadline
from shopwright.tenancy.tenant import Tenant

stripe.enable_telemetry = False  # it would tell Stripe, with each call, how long the one before took
logging.getLogger("stripe").setLevel(logging.CRITICAL)  # it logs Stripe's words on a refusal, which name the token

VENDOR = "stripe"
SIGNATURE = "stripe-signature"
_WEBHOOK_AGE_S = 300  # Stripe signs each try anew
_RETRIES = 0
_DESCRIPTION = 500
_Result = TypeVar("_Result")
_Object = dict[str, Any]

_HELD = {
    "requires_payment_method": Held.OPEN,
    "requires_confirmation": Held.OPEN,
    "requires_action": Held.CHALLENGED,
    "processing": Held.PENDING,
    "requires_capture": Held.AUTHORIZED,
    "succeeded": Held.CAPTURED,
    "canceled": Held.VOIDED,
}
_OUTCOME = {
    Held.OPEN: Outcome.DECLINED,
    Held.CHALLENGED: Outcome.CHALLENGED,
    Held.PENDING: Outcome.PENDING,
    Held.AUTHORIZED: Outcome.AUTHORIZED,
    Held.CAPTURED: Outcome.AUTHORIZED,
    Held.REFUNDED: Outcome.AUTHORIZED,
    Held.VOIDED: Outcome.DECLINED,
}
_TOLD = {
    "payment_intent.amount_capturable_updated": Told.AUTHORIZED,
    "payment_intent.requires_action": Told.CHALLENGED,
    "payment_intent.payment_failed": Told.DECLINED,
    "payment_intent.processing": Told.PENDING,
    "payment_intent.succeeded": Told.CAPTURED,
    "payment_intent.canceled": Told.VOIDED,
    "charge.dispute.created": Told.DISPUTED,
    "charge.expired": Told.EXPIRED,
    "refund.failed": Told.REFUND_FAILED,
}
# A refund says itself how far it is. `charge.refunded` comes when one begins, and says nothing.
_REFUNDS = ("refund.created", "refund.updated", "charge.refund.updated")
_REFUND_IS = {"succeeded": Told.REFUNDED, "failed": Told.REFUND_FAILED, "canceled": Told.REFUND_FAILED}


@dataclass(frozen=True, slots=True)
class Account:
    """A merchant's account with Stripe. Several webhook secrets hold at once while one takes the other's place."""

    tenant: Tenant
    secret_key: str = field(repr=False)
    webhook_secrets: tuple[str, ...] = field(repr=False)


class Stripe:
    """One merchant's account. `reveal` gives what a token of our vault stands for."""

    def __init__(self, account: Account, reveal: Callable[[Tenant, str], str], *, address: str | None = None) -> None:
        self._account = account
        self._reveal = reveal
        self._address = address

    @property
    def vendor(self) -> str:
        return VENDOR

    def authorize(
        self, payment: Payment, means: Means, deadline: Deadline, *, persist: Callable[[str], None]
    ) -> Authorization:
        self._check(payment)
        try:
            amount = units.to_vendor(payment.amount, VENDOR)
        except AmountUnsupported:
            return Authorization(Outcome.DECLINED, payment.reference, reason="amount_unsupported")
        try:
            token = instrument.of_stripe(self._reveal(payment.tenant, means.instrument))
        except InstrumentUnusable:
            return Authorization(Outcome.DECLINED, payment.reference, reason="instrument_unusable")
        reference = payment.reference
        if not reference:
            try:
                reference = self._create(payment, amount, means.description, deadline)
            except _Refused as refusal:
                return Authorization(Outcome.DECLINED, reason=refusal.as_decline())
            persist(reference)
        return self._confirm(payment, reference, token, means.return_url, deadline)

    def resume(self, payment: Payment, proof: Mapping[str, str], deadline: Deadline) -> Authorization:
        """Stripe is told by the bank itself: what the browser brought back is not needed, and not believed."""
        self._check(payment)
        intent = self._retrieve(payment.reference, deadline)
        if intent is None:
            raise CallRefused("resource_missing")
        return _authorization(intent, payment)

    def capture(self, payment: Payment, deadline: Deadline, *, serial: int = 1) -> Change:
        def capture(client: stripe.StripeClient) -> _Object:
            key = payment.key(f"capture-{serial}")
            return client.v1.payment_intents.capture(payment.reference, {}, {"idempotency_key": key}).to_dict()

        return self._change(payment, capture, Held.CAPTURED, deadline)

    def void(self, payment: Payment, deadline: Deadline, *, serial: int = 1) -> Change:
        if not payment.reference:  # it was never persisted, so never confirmed: nothing can be held
            return Change(Done.ALREADY)

        def cancel(client: stripe.StripeClient) -> _Object:
            key = payment.key(f"void-{serial}")
            return client.v1.payment_intents.cancel(
                payment.reference, {"cancellation_reason": "abandoned"}, {"idempotency_key": key}
            ).to_dict()

        return self._change(payment, cancel, Held.VOIDED, deadline)

    def refund(self, payment: Payment, deadline: Deadline, *, serial: int = 1) -> Change:
        self._check(payment)
        params: stripe.params.RefundCreateParams = {
            "payment_intent": payment.reference,
            "amount": units.to_vendor(payment.amount, VENDOR),
            "metadata": _metadata(payment),
        }

        def refund(client: stripe.StripeClient) -> _Object:
            return client.v1.refunds.create(params, {"idempotency_key": payment.key(f"refund-{serial}")}).to_dict()

        try:
            made = self._call(deadline, refund)
        except _Refused as refusal:
            standing = self.find(payment, deadline)
            if refusal.code == "charge_already_refunded" or standing.held is Held.REFUNDED:
                return self._refunded(payment, standing, deadline)
            return Change(Done.REFUSED, standing=standing)
        status = made.get("status")
        if status in ("failed", "canceled"):
            return Change(Done.REFUSED, str(made["id"]))
        return Change(Done.DONE if status == "succeeded" else Done.RECEIVED, str(made["id"]))

    def reverse(self, payment: Payment, deadline: Deadline, *, serial: int = 1) -> Change:
        change = Change(Done.REFUSED)
        for _ in range(2):  # twice: what was held when we looked may be captured when we let go of it
            standing = self.find(payment, deadline)
            if standing.held is Held.REFUNDED:
                return self._refunded(payment, standing, deadline)
            if standing.held in (Held.NOTHING, Held.VOIDED):
                return Change(Done.ALREADY, standing=standing)
            if standing.held is Held.PENDING:  # until it has said what became of it, nothing of it can be undone
                return Change(Done.REFUSED, standing=standing)
            undo = self.refund if standing.held is Held.CAPTURED else self.void
            change = undo(payment, deadline, serial=serial)
            if change.done is not Done.REFUSED:
                return change
        # A refusal is kept under its key, with what was held then.
        return Change(change.done, change.reference, self.find(payment, deadline))

    def _refunded(self, payment: Payment, standing: Standing, deadline: Deadline) -> Change:
        """A charge counts a refund from its beginning, and it may fail yet: its own status says whether it is done."""
        params: stripe.params.RefundListParams = {"payment_intent": payment.reference, "limit": 100}
        try:
            listed = self._call(deadline, lambda client: client.v1.refunds.list(params).to_dict())
        except _Refused as refusal:
            raise CallRefused(refusal.code) from None
        waits = [str(one["id"]) for one in listed["data"] if one.get("status") in ("pending", "requires_action")]
        return Change(Done.RECEIVED, waits[0]) if waits else Change(Done.ALREADY, standing=standing)

    def find(self, payment: Payment, deadline: Deadline) -> Standing:
        self._check(payment)
        nothing = Money(0, payment.amount.currency)
        if not payment.reference:
            return Standing(Held.NOTHING, nothing, nothing, nothing)
        intent = self._retrieve(payment.reference, deadline)
        if intent is None:
            return Standing(Held.NOTHING, nothing, nothing, nothing, payment.reference)
        return standing(intent)

    def verify_webhook(self, headers: Mapping[str, str], body: bytes) -> tuple[Event, ...]:
        if not self._account.webhook_secrets:
            raise Misconfigured
        signature = next((value for name, value in headers.items() if name.lower() == SIGNATURE), None)
        if not any(_signed(body, signature, secret) for secret in self._account.webhook_secrets):
            raise WebhookForged
        try:
            told = json.loads(body)
        except ValueError:
            raise WebhookForged from None
        return (event(told),)

    def _create(self, payment: Payment, amount: int, description: str, deadline: Deadline) -> str:
        params: stripe.params.PaymentIntentCreateParams = {
            "amount": amount,
            "currency": payment.amount.currency.lower(),
            "capture_method": "manual",
            "automatic_payment_methods": {"enabled": True},
            "metadata": _metadata(payment),
        }
        if description:
            params["description"] = description[:_DESCRIPTION]
        key = payment.key("create")
        made = self._call(deadline, lambda to: to.v1.payment_intents.create(params, {"idempotency_key": key}).to_dict())
        return str(made["id"])

    def _confirm(
        self, payment: Payment, reference: str, token: str, return_url: str, deadline: Deadline
    ) -> Authorization:
        params: stripe.params.PaymentIntentConfirmParams = {"return_url": return_url}
        if token.startswith("ctoken_"):
            params["confirmation_token"] = token
        else:
            params["payment_method"] = token
        key = payment.key("authorize")
        try:
            intent = self._call(
                deadline,
                lambda to: to.v1.payment_intents.confirm(reference, params, {"idempotency_key": key}).to_dict(),
            )
        except _Refused as refusal:
            if refusal.intent is not None and refusal.code == "payment_intent_unexpected_state":
                return _authorization(refusal.intent, payment)  # another try of ours came through before this one
            return Authorization(Outcome.DECLINED, reference, reason=refusal.as_decline())
        return _authorization(intent, payment)

    def _retrieve(self, reference: str, deadline: Deadline) -> _Object | None:
        def retrieve(client: stripe.StripeClient) -> _Object:
            return client.v1.payment_intents.retrieve(reference, {"expand": ["latest_charge"]}).to_dict()

        try:
            return self._call(deadline, retrieve)
        except OutcomeUnknown:
            raise GatewayBusy from None  # a look acts on nothing
        except _Refused as refusal:
            if refusal.code == "resource_missing":
                return None
            raise CallRefused(refusal.code) from None

    def _change(
        self, payment: Payment, call: Callable[[stripe.StripeClient], _Object], wanted: Held, deadline: Deadline
    ) -> Change:
        self._check(payment)
        try:
            found = standing(self._call(deadline, call))
        except _Refused as refusal:
            holds = standing(refusal.intent) if refusal.intent is not None else self.find(payment, deadline)
            return Change(Done.ALREADY if holds.held is wanted else Done.REFUSED, standing=holds)
        if found.held is wanted:
            return Change(Done.DONE, found.reference, found)
        return Change(Done.RECEIVED if found.held is Held.PENDING else Done.REFUSED, found.reference, found)

    def _call(self, deadline: Deadline, call: Callable[[stripe.StripeClient], _Result]) -> _Result:
        """One call, within the deadline. What Stripe raises carries what we sent, so it is never a cause."""
        client = stripe.StripeClient(
            self._account.secret_key,
            base_addresses={"api": self._address} if self._address else {},
            max_network_retries=_RETRIES,
            http_client=stripe.RequestsClient(timeout=time_for(deadline)),
        )
        try:
            return call(client)
        except (stripe.AuthenticationError, stripe.PermissionError):
            failure: Exception = Misconfigured()
        except stripe.RateLimitError:
            failure = GatewayBusy()
        except stripe.IdempotencyError:
            failure = KeyReused()
        except (stripe.CardError, stripe.InvalidRequestError) as refusal:
            failure = _Refused(refusal)
        except stripe.StripeError:  # no answer, one that is cut off, 5xx, and 409 while the first call still runs
            failure = OutcomeUnknown()
        except (AttributeError, TypeError, ValueError):  # the SDK stumbled over an answer that is none
            failure = OutcomeUnknown()
        raise failure

    def _check(self, payment: Payment) -> None:
        if payment.tenant != self._account.tenant:
            raise LookupError("A payment of one merchant came to the account of another.")


class _Refused(Exception):
    """Stripe's definite no, with the codes and the PaymentIntent that came with it."""

    def __init__(self, refusal: "stripe.CardError | stripe.InvalidRequestError") -> None:
        super().__init__(refusal.code)
        body = refusal.json_body if isinstance(refusal.json_body, dict) else {}
        error = body.get("error")
        told: _Object = error if isinstance(error, dict) else {}
        self.code = str(told.get("code") or "")
        self.decline_code = told.get("decline_code")
        self.param = told.get("param")
        self.is_decline = isinstance(refusal, stripe.CardError)
        intent = told.get("payment_intent")
        self.intent: _Object | None = intent if isinstance(intent, dict) else None

    def as_decline(self) -> str:
        """The reason for the shopper, when it is about the payment; a fault of ours is CallRefused."""
        if self.is_decline:
            return reasons.of_stripe(self.decline_code, self.code)
        if self.param in ("payment_method", "confirmation_token"):
            return "instrument_unusable"
        reason = reasons.of_stripe_error(self.code)
        if reason is None:
            raise CallRefused(self.code)
        return reason


def standing(intent: Mapping[str, Any]) -> Standing:
    """What a PaymentIntent says that Stripe holds."""
    currency = str(intent["currency"])
    charge = intent.get("latest_charge")
    refunded = int(charge.get("amount_refunded") or 0) if isinstance(charge, Mapping) else 0
    captured = int(intent.get("amount_received") or 0)
    held = _HELD.get(str(intent["status"]), Held.PENDING)
    if held is Held.CAPTURED and refunded >= captured > 0:
        held = Held.REFUNDED
    failed = intent.get("last_payment_error")
    return Standing(
        held,
        authorized=units.from_vendor(int(intent.get("amount_capturable") or 0), currency, VENDOR),
        captured=units.from_vendor(captured, currency, VENDOR),
        refunded=units.from_vendor(refunded, currency, VENDOR),
        reference=str(intent["id"]),
        reason=reasons.of_stripe(failed.get("decline_code"), failed.get("code")) if isinstance(failed, Mapping) else "",
        challenge=_challenge(intent) if held is Held.CHALLENGED else None,
    )


def event(told: Mapping[str, Any]) -> Event:
    """What a genuine event tells. One that is not about a payment of ours is OTHER."""
    if not isinstance(told, Mapping) or told.get("object") != "event":
        raise WebhookForged
    kind = str(told.get("type", ""))
    data = told.get("data")
    about: Any = data.get("object") if isinstance(data, Mapping) else None
    if not isinstance(about, Mapping):
        about = {}
    what = _TOLD.get(kind, Told.OTHER)
    if kind in _REFUNDS:
        what = _REFUND_IS.get(str(about.get("status")), Told.OTHER)
    if what is Told.VOIDED and about.get("cancellation_reason") == "automatic":
        what = Told.EXPIRED
    metadata = about.get("metadata")
    ours: Mapping[str, Any] = metadata if isinstance(metadata, Mapping) else {}
    is_intent = about.get("object") == "payment_intent"
    failed = about.get("last_payment_error") if what is Told.DECLINED else None
    return Event(
        id=str(told.get("id", "")),
        told=what,
        type=kind,
        reference=str((about.get("id") if is_intent else about.get("payment_intent")) or ""),
        name=str(ours.get("payment", "")),
        order_id=str(ours.get("order_id", "")),
        amount=_amount(about, what),
        occurred_at=datetime.fromtimestamp(int(told.get("created") or 0), UTC),
        reason=reasons.of_stripe(failed.get("decline_code"), failed.get("code")) if isinstance(failed, Mapping) else "",
    )


_AMOUNT = {
    Told.AUTHORIZED: "amount_capturable",
    Told.CAPTURED: "amount_received",
}


def _amount(about: Mapping[str, Any], what: Told) -> Money | None:
    value, currency = about.get(_AMOUNT.get(what, "amount")), about.get("currency")
    if not isinstance(value, int) or not isinstance(currency, str):
        return None
    try:
        return units.from_vendor(value, currency, VENDOR)
    except Invalid:
        return None  # no amount that we can have asked for


def _authorization(intent: _Object, payment: Payment) -> Authorization:
    found = standing(intent)
    if units.from_vendor(int(intent["amount"]), str(intent["currency"]), VENDOR) != payment.amount:
        raise KeyReused  # a PaymentIntent of this try that was made for another amount
    outcome, reason = _OUTCOME[found.held], ""
    if found.held is Held.OPEN and not found.reason:
        outcome = Outcome.PENDING  # nobody has tried yet: what is on its way may still come
    elif outcome is Outcome.DECLINED:
        given_up = "expired" if intent.get("cancellation_reason") == "automatic" else "abandoned"
        reason = given_up if found.held is Held.VOIDED else found.reason
    return Authorization(outcome, found.reference, found.challenge, reason)


def _challenge(intent: Mapping[str, Any]) -> Challenge:
    action = intent.get("next_action")
    redirect = action.get("redirect_to_url") if isinstance(action, Mapping) else None
    url = redirect.get("url") if isinstance(redirect, Mapping) else None
    return Challenge(str(url or ""), str(intent.get("client_secret") or ""))


def _metadata(payment: Payment) -> dict[str, str]:
    return {"merchant_id": payment.tenant.merchant_id, "order_id": payment.order_id, "payment": payment.name}


def _signed(body: bytes, signature: str | None, secret: str) -> bool:
    try:
        return bool(stripe.WebhookSignature.verify_header(body, signature, secret, _WEBHOOK_AGE_S))
    except (stripe.SignatureVerificationError, UnicodeDecodeError):
        return False
