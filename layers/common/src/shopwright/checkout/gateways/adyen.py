"""Adyen: changes when its Checkout API, its webhooks or its SDK do.

A payment is known to Adyen by our name for it (`reference`), and nothing can be asked by that: after a lost answer the
same call with the same key gives the stored one, a webhook tells it, and a technical cancel undoes it unseen. Captures,
voids and refunds are only ever received; what became of them is told by a webhook.
"""

import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import Adyen
import requests
from Adyen import util
from Adyen.exceptions import (
    AdyenAPIAuthenticationError,
    AdyenAPIInvalidPermission,
    AdyenAPIResponseError,
    AdyenError,
)

from shopwright.checkout.gateways import (
    Authorization,
    CallRefused,
    Challenge,
    Change,
    Done,
    Event,
    GatewayBusy,
    InstrumentUnusable,
    KeyReused,
    Means,
    Misconfigured,
    Outcome,
    OutcomeUnknown,
    Payment,
    ProofUnusable,
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

VENDOR = "adyen"
VERSION = "v72"
SIGNATURE = "hmacsignature"  # of messages that are no notifications of payments
_IN_PROGRESS = "704"  # the request with this key is still being worked on, or was asked in another way
_KEY_REUSED = "702"
_PROOFS = frozenset({"redirectResult", "threeDSResult", "payload", "threeds2.fingerprint", "threeds2.challengeResult"})
_LONGEST_PROOF = 100_000
_SIGNED = ("pspReference", "originalReference", "merchantAccountCode", "merchantReference", "eventCode", "success")
_Object = dict[str, Any]

_OUTCOME = {
    "Authorised": Outcome.AUTHORIZED,
    "Refused": Outcome.DECLINED,
    "Error": Outcome.DECLINED,
    "Cancelled": Outcome.DECLINED,
    "RedirectShopper": Outcome.CHALLENGED,
    "IdentifyShopper": Outcome.CHALLENGED,
    "ChallengeShopper": Outcome.CHALLENGED,
    "PresentToShopper": Outcome.CHALLENGED,
    "Pending": Outcome.PENDING,
    "Received": Outcome.PENDING,
    "AuthenticationFinished": Outcome.PENDING,
    "AuthenticationNotRequired": Outcome.PENDING,
    "PartiallyAuthorised": Outcome.PENDING,  # we never ask for a part: whoever waits for the rest undoes it
    "Success": Outcome.PENDING,
}
_TOLD: Mapping[str, tuple[Told, Told]] = {  # when it succeeded, when it did not
    "AUTHORISATION": (Told.AUTHORIZED, Told.DECLINED),
    "CAPTURE": (Told.CAPTURED, Told.CAPTURE_FAILED),
    "CAPTURE_FAILED": (Told.CAPTURE_FAILED, Told.OTHER),
    "CANCELLATION": (Told.VOIDED, Told.VOID_FAILED),
    "TECHNICAL_CANCEL": (Told.VOIDED, Told.VOID_FAILED),
    "REFUND": (Told.REFUNDED, Told.REFUND_FAILED),
    "REFUND_FAILED": (Told.REFUND_FAILED, Told.OTHER),
    "REFUNDED_REVERSED": (Told.REFUND_FAILED, Told.OTHER),
    "EXPIRE": (Told.EXPIRED, Told.OTHER),
    "CHARGEBACK": (Told.DISPUTED, Told.OTHER),
    "SECOND_CHARGEBACK": (Told.DISPUTED, Told.OTHER),
    "NOTIFICATION_OF_CHARGEBACK": (Told.DISPUTED, Told.OTHER),
    "REQUEST_FOR_INFORMATION": (Told.DISPUTED, Told.OTHER),
}


@dataclass(frozen=True, slots=True)
class Account:
    """A merchant's account with Adyen. Several HMAC keys hold at once while one takes the other's place."""

    tenant: Tenant
    merchant_account: str
    api_key: str = field(repr=False)
    hmac_keys: tuple[str, ...] = field(repr=False)
    live_prefix: str = ""  # of the merchant's own live address; "": Adyen's sandbox

    @property
    def sandbox(self) -> bool:
        return not self.live_prefix


class AdyenGateway:
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
            amount = _amount_of(payment.amount)
        except AmountUnsupported:
            return Authorization(Outcome.DECLINED, payment.reference, reason="amount_unsupported")
        try:
            token = self._reveal(payment.tenant, means.instrument)
            method = instrument.of_adyen(token, sandbox=self._account.sandbox)
        except InstrumentUnusable:
            return Authorization(Outcome.DECLINED, payment.reference, reason="instrument_unusable")
        request: _Object = {
            "merchantAccount": self._account.merchant_account,
            "amount": amount,
            "reference": payment.name,
            "merchantOrderReference": payment.order_id,
            "paymentMethod": method,
            "returnUrl": means.return_url,
            "channel": "Web",
            "shopperInteraction": "Ecommerce",
            "additionalData": {"manualCapture": "true"},
        }
        if means.browser is not None:
            request["browserInfo"] = {
                "acceptHeader": means.browser.accept,
                "colorDepth": means.browser.color_depth,
                "javaEnabled": means.browser.java,
                "language": means.browser.language,
                "screenHeight": means.browser.screen_height,
                "screenWidth": means.browser.screen_width,
                "timeZoneOffset": means.browser.time_zone_offset,
                "userAgent": means.browser.user_agent,
            }
        once = payment.key("authorize")
        try:
            answer = self._call(deadline, lambda to, key: to.payments_api.payments(request, key), once)
        except _Refused as refusal:
            reason = reasons.of_adyen_error(refusal.code)
            if reason is None:
                raise CallRefused(refusal.code) from None
            return Authorization(Outcome.DECLINED, payment.reference, reason=reason)
        return self._told(payment, answer, persist)

    def resume(
        self,
        payment: Payment,
        proof: Mapping[str, str],
        deadline: Deadline,
    ) -> Authorization:
        self._check(payment)
        details = {name: value for name, value in proof.items() if name in _PROOFS}
        if not details or any(len(value) > _LONGEST_PROOF for value in proof.values()):
            raise ProofUnusable
        request: _Object = {"details": details}
        if proof.get("paymentData"):
            request["paymentData"] = proof["paymentData"]
        said = json.dumps(request, sort_keys=True)
        try:
            answer = self._call(
                deadline, lambda to, key: to.payments_api.payments_details(request, key), payment.key(f"resume {said}")
            )
        except _Refused:
            raise ProofUnusable from None
        if answer.get("merchantReference") not in (None, payment.name):
            raise ProofUnusable  # genuine, and of another payment: this one is not paid by it
        if answer.get("amount") is not None and _amount_in(answer["amount"]) != payment.amount:
            raise ProofUnusable
        return authorization(answer)

    def capture(self, payment: Payment, deadline: Deadline, *, serial: int = 1) -> Change:
        request = {**self._modification(payment), "amount": _amount_of(payment.amount)}
        return self._change(
            payment,
            deadline,
            f"capture-{serial}",
            lambda to, key: to.modifications_api.capture_authorised_payment(request, payment.reference, key),
        )

    def void(self, payment: Payment, deadline: Deadline, *, serial: int = 1) -> Change:
        request = self._modification(payment)
        if not payment.reference:
            return self._cancel_unseen(payment, deadline, serial)
        return self._change(
            payment,
            deadline,
            f"void-{serial}",
            lambda to, key: to.modifications_api.cancel_authorised_payment_by_psp_reference(
                request, payment.reference, key
            ),
        )

    def refund(self, payment: Payment, deadline: Deadline, *, serial: int = 1) -> Change:
        request = {**self._modification(payment), "amount": _amount_of(payment.amount)}
        return self._change(
            payment,
            deadline,
            f"refund-{serial}",
            lambda to, key: to.modifications_api.refund_captured_payment(request, payment.reference, key),
        )

    def reverse(self, payment: Payment, deadline: Deadline, *, serial: int = 1) -> Change:
        if not payment.reference:
            return self._cancel_unseen(payment, deadline, serial)
        request = self._modification(payment)
        return self._change(
            payment,
            deadline,
            f"reverse-{serial}",
            lambda to, key: to.modifications_api.refund_or_cancel_payment(request, payment.reference, key),
        )

    def find(self, payment: Payment, deadline: Deadline) -> Standing | None:
        """Adyen cannot be asked what it holds."""
        return None

    def verify_webhook(self, headers: Mapping[str, str], body: bytes) -> tuple[Event, ...]:
        if not self._account.hmac_keys:
            raise Misconfigured
        try:
            told: Any = json.loads(body)
        except ValueError:
            raise WebhookForged from None
        items = told.get("notificationItems") if isinstance(told, dict) else None
        if items is None:
            return self._other(headers, body, told)
        if not isinstance(items, list) or not items:
            raise WebhookForged
        return tuple(self._genuine(item) for item in items)

    def _genuine(self, wrapped: Any) -> Event:
        """The SDK's own check looks at the first item of a message alone, and gives None where there is no signature:
        so each item is checked by itself, and anything but True is a no."""
        item = wrapped.get("NotificationRequestItem") if isinstance(wrapped, dict) else None
        if not isinstance(item, dict) or not any(_signed(item, key) for key in self._account.hmac_keys):
            raise WebhookForged
        if item.get("merchantAccountCode") != self._account.merchant_account:
            raise WebhookForged  # signed by a key that two accounts share, and not about this one
        return event(item)

    def _other(self, headers: Mapping[str, str], body: bytes, told: Any) -> tuple[Event, ...]:
        """What is no notification of a payment is signed as a whole, in a header."""
        signature = next((value for name, value in headers.items() if name.lower() == SIGNATURE), "")
        keys = self._account.hmac_keys
        if not isinstance(told, dict) or not any(_signed_whole(body, signature, key) for key in keys):
            raise WebhookForged
        data = told.get("data")
        about = data.get("pspReference") if isinstance(data, dict) else None
        return (
            Event(
                id=f"{told.get('type')}.{about}.{told.get('createdAt')}",
                told=Told.OTHER,
                type=str(told.get("type", "")),
                reference=str(about or ""),
                name="",
                order_id="",
                amount=None,
                occurred_at=_time(told.get("createdAt")),
            ),
        )

    def _told(self, payment: Payment, answer: _Object, persist: Callable[[str], None]) -> Authorization:
        told = authorization(answer)
        if answer.get("amount") is not None and _amount_in(answer["amount"]) != payment.amount:
            raise KeyReused  # an answer to another request under this key
        if told.reference and told.reference != payment.reference:
            persist(told.reference)
        return told

    def _modification(self, payment: Payment) -> _Object:
        self._check(payment)
        return {"merchantAccount": self._account.merchant_account, "reference": payment.name}

    def _cancel_unseen(self, payment: Payment, deadline: Deadline, serial: int) -> Change:
        """Undo a payment of which we know nothing but our own name for it."""
        request = {**self._modification(payment), "paymentReference": payment.name}
        return self._change(
            payment,
            deadline,
            f"cancel-unseen-{serial}",
            lambda to, key: to.modifications_api.cancel_authorised_payment(request, key),
        )

    def _change(
        self, payment: Payment, deadline: Deadline, operation: str, call: "Callable[[Any, str], Any]"
    ) -> Change:
        try:
            answer = self._call(deadline, call, payment.key(operation))
        except _Refused:
            return Change(Done.REFUSED)
        return change(answer)

    def _call(self, deadline: Deadline, call: "Callable[[Any, str], Any]", key: str) -> _Object:
        """One call, within the deadline. What the SDK raises carries what we sent, so it is never a cause."""
        try:
            answer = call(self._checkout(time_for(deadline)), key).message
        except (AdyenAPIAuthenticationError, AdyenAPIInvalidPermission):
            failure: Exception = Misconfigured()
        except AdyenAPIResponseError as refusal:
            failure = _failure(refusal)
        except (requests.RequestException, AdyenError, AttributeError, TypeError, ValueError):
            failure = OutcomeUnknown()  # no answer, or one that is none, over which the SDK stumbled
        else:
            if isinstance(answer, dict) and answer:
                return answer
            failure = OutcomeUnknown()
        raise failure

    def _checkout(self, timeout: tuple[float, float]) -> Any:
        """The SDK's services, of our account and with our patience."""
        client = Adyen.Adyen(
            xapikey=self._account.api_key,
            platform="test" if self._account.sandbox else "live",
            live_endpoint_prefix=self._account.live_prefix or None,
            http_force="requests",
            http_timeout=timeout,  # its HTTP library takes one for the connection and one for the answer
        )
        if self._address:
            for api in (client.checkout.payments_api, client.checkout.modifications_api):
                api.baseUrl = f"{self._address}/{VERSION}"
        return client.checkout

    def _check(self, payment: Payment) -> None:
        if payment.tenant != self._account.tenant:
            raise LookupError("A payment of one merchant came to the account of another.")


class _Refused(Exception):
    """Adyen's definite no to what was asked, with its code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def authorization(answer: Mapping[str, Any]) -> Authorization:
    """What an answer of /payments or /payments/details says."""
    outcome = _OUTCOME.get(str(answer.get("resultCode")))
    if outcome is None:
        raise OutcomeUnknown
    reference = str(answer.get("pspReference") or "")
    if outcome is Outcome.CHALLENGED:
        return Authorization(outcome, reference, _challenge(answer.get("action")))
    if outcome is Outcome.DECLINED:
        if answer["resultCode"] == "Cancelled":
            return Authorization(outcome, reference, reason="abandoned")
        code = answer.get("refusalReasonCode")
        reason = reasons.of_adyen(str(code) if code is not None else None, answer.get("refusalReason"))
        return Authorization(outcome, reference, reason=reason)
    return Authorization(outcome, reference)


def change(answer: Mapping[str, Any]) -> Change:
    """What an answer to a capture, a cancel, a refund or a reversal says."""
    if answer.get("status") != "received":
        raise OutcomeUnknown
    return Change(Done.RECEIVED, str(answer.get("pspReference") or ""))


def event(item: Mapping[str, Any]) -> Event:
    """What a genuine notification tells."""
    code, succeeded = str(item.get("eventCode", "")), item.get("success") == "true"
    when, otherwise = _TOLD.get(code, (Told.OTHER, Told.OTHER))
    told = when if succeeded else otherwise
    extra = item.get("additionalData")
    more: Mapping[str, Any] = extra if isinstance(extra, Mapping) else {}
    if code == "CANCEL_OR_REFUND":
        void = more.get("modification.action") != "refund"
        told = (Told.VOIDED if void else Told.REFUNDED) if succeeded else Told.VOID_FAILED
    return Event(
        id=f"{item.get('pspReference')}.{code}.{item.get('success')}",
        told=told,
        type=code,
        reference=_reference_in(item, code),
        name=str(item.get("merchantReference") or ""),
        order_id=str(more.get("merchantOrderReference") or ""),
        amount=_amount_in(item.get("amount")),
        occurred_at=_time(item.get("eventDate")),
        reason=reasons.of_adyen(None, str(item.get("reason") or "")) if told is Told.DECLINED else "",
    )


def _reference_in(item: Mapping[str, Any], code: str) -> str:
    """The payment's own; a cancelling of what Adyen has not found carries a name that is of nothing else."""
    original = str(item.get("originalReference") or "")
    return original if original or code == "TECHNICAL_CANCEL" else str(item.get("pspReference") or "")


def _failure(refusal: AdyenAPIResponseError) -> Exception:
    status = int(refusal.status_code or 0)
    code = str(refusal.error_code or "")
    if code == _KEY_REUSED:
        return KeyReused()
    if status == 429:
        return GatewayBusy()
    if code == _IN_PROGRESS or not code or not 400 <= status < 500:
        return OutcomeUnknown()  # without a code of Adyen's it is somebody's on the way, and no answer to what we asked
    return _Refused(code)


def _signed(item: _Object, key: str) -> bool:
    if any(":" in str(item.get(name, "")) for name in _SIGNED):
        return False  # the signed text joins its parts with colons: with one inside, it could be cut in another way
    try:
        return util.is_valid_hmac_notification(item, key) is True
    except (AttributeError, KeyError, TypeError, ValueError, binascii.Error):
        return False


def _signed_whole(body: bytes, signature: str, key: str) -> bool:
    try:
        return util.is_valid_hmac_payload(signature, key, body) is True
    except (TypeError, ValueError, binascii.Error):
        return False


def _challenge(action: Any) -> Challenge:
    told: Mapping[str, Any] = action if isinstance(action, Mapping) else {}
    simple = told.get("type") == "redirect" and str(told.get("method", "GET")).upper() == "GET"
    return Challenge(str(told.get("url") or "") if simple else "", json.dumps(told, sort_keys=True))


def _amount_of(money: Money) -> _Object:
    return {"currency": money.currency, "value": units.to_vendor(money, VENDOR)}


def _amount_in(amount: Any) -> Money | None:
    if not isinstance(amount, Mapping) or not isinstance(amount.get("value"), int):
        return None
    try:
        return units.from_vendor(amount["value"], str(amount.get("currency", "")), VENDOR)
    except Invalid:
        return None  # no amount that we can have asked for


def _time(text: Any) -> datetime:
    try:
        return datetime.fromisoformat(str(text)).astimezone(UTC)
    except ValueError:
        return datetime.fromtimestamp(0, UTC)
