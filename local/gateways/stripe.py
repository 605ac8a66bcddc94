"""Stripe's wire, as far as a shop's payments go: this changes when Stripe's API does, or we use more of it.

PaymentIntents with manual capture, refunds, and the events about them. Rules that no specification states (what a key
gives again, which state allows what) follow Stripe's own pages: https://docs.stripe.com/api/idempotent_requests,
https://docs.stripe.com/payments/paymentintents/lifecycle, https://docs.stripe.com/declines/codes.
"""

import json
import re
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

import stripe

from local.gateways.books import Books, Entry, NotInTheBooks, State, behaviour
from local.gateways.wire import Account, Answer, Body, Deed, Refuse, Request, new_id

VERSION = "2026-10-28.endive"
_INTENT = re.compile(r"/v1/payment_intents(?:/(?P<id>[^/]+)(?:/(?P<verb>confirm|capture|cancel))?)?")
_LETTERS = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_VERBS = {"confirm": "authorize", "capture": "capture", "cancel": "void"}
_STATUS = {
    State.CHALLENGED: "requires_action",
    State.PENDING: "processing",
    State.AUTHORIZED: "requires_capture",
    State.CAPTURING: "processing",
    State.CAPTURED: "succeeded",
    State.VOIDED: "canceled",
    State.DECLINED: "requires_payment_method",
    State.OPEN: "requires_payment_method",
}
_CREATES = {"amount", "currency", "capture_method", "automatic_payment_methods", "metadata", "description"}
_CONFIRMS = {"payment_method", "confirmation_token", "return_url"}
_REFUNDS = {"payment_intent", "amount", "metadata", "reason"}
_DECLINED = "Your card was declined."


class StripeWire:
    """The books, and how Stripe speaks of them. `address` is where the shopper's bank is found."""

    vendor = "stripe"

    def __init__(self, address: Callable[[], str], now: Callable[[], float] = time.time) -> None:
        self.books = Books(self.vendor)
        self._address = address
        self._now = now

    def operation(self, request: Request) -> tuple[str, str]:
        if request.path == "/v1/refunds" and request.method == "POST":
            return "refund", self._order(str(request.body.get("payment_intent", "")))
        if request.path == "/v1/refunds" and request.method == "GET":
            return "find_refunds", self._order(str(request.query.get("payment_intent", "")))
        match = _INTENT.fullmatch(request.path)
        if match is None or request.method not in ("GET", "POST"):
            raise Refuse(404, _error(f"Unrecognized request URL ({request.method}: {request.path})."))
        if match["id"] is None and request.method == "POST":
            metadata = request.body.get("metadata")
            return "create", str(metadata.get("order_id", "")) if isinstance(metadata, Mapping) else ""
        if match["verb"] and request.method == "POST":
            return _VERBS[match["verb"]], self._order(match["id"])
        if match["id"] and not match["verb"] and request.method == "GET":
            return "find", self._order(match["id"])
        raise Refuse(404, _error(f"Unrecognized request URL ({request.method}: {request.path})."))

    def do(self, operation: str, request: Request, deed: Deed) -> Answer:
        if operation == "create":
            return self._create(request.body, deed)
        if operation == "refund":
            return self._refund(request.body, deed)
        if operation == "find_refunds":
            return self._refunds(self._entry(deed.account, str(request.query.get("payment_intent", ""))))
        entry = self._entry(deed.account, request.path.split("/")[3])
        if operation == "find":
            return Answer(200, self._intent(entry, expand="latest_charge" in request.query.get("expand", ())))
        doing = {"authorize": self._confirm, "capture": self._capture, "void": self._cancel}[operation]
        return doing(entry, request.body, deed)

    def bank(self, token: str, answer: str, deed: Callable[[Entry], Deed]) -> str | None:
        entry = next((one for one in self.books.entries.values() if one.more.get("bank") == token), None)
        if entry is None or entry.state is not State.CHALLENGED:
            return None
        if answer == "pass" and entry.more["asks_again"]:
            entry.more.update(bank=new_id(24, _LETTERS), asks_again=False)
        elif answer == "pass":
            self._authorized(entry, deed(entry))
        else:
            self._declined(entry, "payment_intent_authentication_failure", None, deed(entry))
        back = {
            "payment_intent": entry.reference,
            "payment_intent_client_secret": entry.more["secret"],
            "redirect_status": "succeeded" if answer == "pass" else "failed",
        }
        return f"{entry.more['return_url']}{'&' if '?' in entry.more['return_url'] else '?'}{urlencode(back)}"

    def sign(self, account: Account, about: str, content: Body) -> tuple[dict[str, str], bytes]:
        event = {
            "id": f"evt_{new_id(24, _LETTERS)}",
            "object": "event",
            "api_version": VERSION,
            "created": int(self._now()),
            "data": {"object": content},
            "livemode": False,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
            "type": about,
        }
        text = json.dumps(event)
        header = stripe.WebhookSignature.generate_signature_header(text, account.webhook_secret, int(self._now()))
        return {"Stripe-Signature": header, "Content-Type": "application/json; charset=utf-8"}, text.encode()

    def key_reused(self) -> Answer:
        return Answer(
            400,
            _error(
                "Keys for idempotent requests can only be used with the same parameters they were first used with.",
                kind="idempotency_error",
            ),
        )

    def in_use(self) -> Answer:
        return Answer(
            409,
            _error(
                "There is currently another in-progress request using this Stripe-Idempotency-Key.",
                code="idempotency_key_in_use",
            ),
        )

    def signed_out(self) -> Answer:
        return Answer(401, _error("Invalid API Key provided."))

    def busy(self) -> Answer:
        return Answer(429, _error("Request rate limit exceeded.", code="rate_limit"))

    def failed(self, status: int) -> Answer:
        return Answer(status, _error("An error occurred with our connection to Stripe.", kind="api_error"))

    def _create(self, body: Body, deed: Deed) -> Answer:
        _only(body, _CREATES)
        amount = _whole(body, "amount")
        currency = str(body.get("currency", ""))
        if not re.fullmatch("[a-z]{3}", currency):
            raise Refuse(400, _error(f"Invalid currency: {currency}.", param="currency"), kept=False)
        if amount < 1:
            raise Refuse(
                400,
                _error("Amount must be no less than the minimum charge.", code="amount_too_small", param="amount"),
                kept=False,
            )
        metadata = dict(body.get("metadata") or {})
        reference = f"pi_{new_id(24, _LETTERS)}"
        entry = self.books.open(
            Entry(
                deed.account.id,
                reference,
                str(metadata.get("payment", "")),
                str(metadata.get("order_id", "")),
                amount,
                currency,
            )
        )
        entry.more = {
            "secret": f"{reference}_secret_{new_id(25, _LETTERS)}",
            "created": int(self._now()),
            "metadata": metadata,
            "description": body.get("description"),
            "capture_method": body.get("capture_method", "automatic"),
        }
        deed.tell("payment_intent.created", self._intent(entry))
        return Answer(200, self._intent(entry))

    def _confirm(self, entry: Entry, body: Body, deed: Deed) -> Answer:
        _only(body, _CONFIRMS)
        token = str(body.get("payment_method") or body.get("confirmation_token") or "")
        does = behaviour(self.vendor, token)
        if does is None:
            raise Refuse(
                400,
                _error(f"No such PaymentMethod: '{token}'", code="resource_missing", param="payment_method"),
                kept=False,
            )
        if not body.get("return_url"):
            raise Refuse(400, _error("A return_url must be given.", param="return_url"), kept=False)
        self._must_be(entry, State.OPEN, State.DECLINED)
        entry.more.update(method=f"pm_{new_id(24, _LETTERS)}", return_url=body["return_url"])
        entry.instrument = token
        what, code = does
        if harmed := deed.harmed("decline"):
            what, code = "decline", harmed.code or "generic_decline"
        if what in ("challenge", "challenge_twice"):
            entry.state = State.CHALLENGED
            entry.more.update(bank=new_id(24, _LETTERS), asks_again=what == "challenge_twice")
            deed.tell("payment_intent.requires_action", self._intent(entry))
        elif what == "pending" or deed.harmed("later") or deed.harmed("later_fails"):
            entry.state = State.PENDING
            deed.tell("payment_intent.processing", self._intent(entry))
            deed.later(lambda: self._settled(entry, deed, fails=deed.harmed("later_fails") is not None))
        elif what == "decline":
            self._declined(entry, "card_declined", code, deed)
            failed = {**entry.more["failed"], "payment_intent": self._intent(entry)}
            raise Refuse(402, {"error": failed})
        else:
            self._authorized(entry, deed)
        return Answer(200, self._intent(entry))

    def _capture(self, entry: Entry, body: Body, deed: Deed) -> Answer:
        _only(body, {"amount_to_capture"})
        self._must_be(entry, State.AUTHORIZED)
        amount = _whole(body, "amount_to_capture") if "amount_to_capture" in body else None
        if amount is not None and not 0 < amount <= entry.amount:
            raise Refuse(400, _error("The amount to capture is too large.", code="amount_too_large"))
        if deed.harmed("decline"):
            raise Refuse(
                402,
                _error(
                    _DECLINED, kind="card_error", code="capture_charge_authorization_expired", charge=_charge(entry)
                ),
            )
        if deed.harmed("later") or deed.harmed("later_fails"):
            entry.state = State.CAPTURING
            fails = deed.harmed("later_fails") is not None
            deed.later(lambda: self._capture_settled(entry, amount, deed, fails=fails))
            deed.tell("payment_intent.processing", self._intent(entry))
            return Answer(200, self._intent(entry))
        entry.capture(amount)
        deed.tell("payment_intent.succeeded", self._intent(entry))
        return Answer(200, self._intent(entry))

    def _cancel(self, entry: Entry, body: Body, deed: Deed) -> Answer:
        _only(body, {"cancellation_reason"})
        self._must_be(entry, State.OPEN, State.DECLINED, State.CHALLENGED, State.AUTHORIZED)
        entry.void()
        entry.more.update(canceled_at=int(self._now()), cancellation_reason=body.get("cancellation_reason"))
        deed.tell("payment_intent.canceled", self._intent(entry))
        return Answer(200, self._intent(entry))

    def _refund(self, body: Body, deed: Deed) -> Answer:
        _only(body, _REFUNDS)
        entry = self._entry(deed.account, str(body.get("payment_intent", "")))
        if entry.state is not State.CAPTURED:
            raise Refuse(
                400,
                _error("This PaymentIntent does not have a successful charge to refund.", param="payment_intent"),
            )
        reference = f"re_{new_id(24, _LETTERS)}"
        try:
            amount = entry.refund(reference, _whole(body, "amount") if "amount" in body else None)
        except NotInTheBooks as refusal:
            if refusal.why == "refunded":
                said = _error("Charge has already been refunded.", code="charge_already_refunded")
            else:
                said = _error("Refund amount is greater than the unrefunded amount.", param="amount")
            raise Refuse(400, said) from None
        refund = {
            "id": reference,
            "object": "refund",
            "amount": amount,
            "balance_transaction": None,
            "charge": _charge(entry),
            "created": int(self._now()),
            "currency": entry.currency,
            "metadata": dict(body.get("metadata") or {}),
            "payment_intent": entry.reference,
            "reason": body.get("reason"),
            "receipt_number": None,
            "source_transfer_reversal": None,
            "status": "succeeded",
            "transfer_reversal": None,
        }
        entry.more.setdefault("refunds", []).insert(0, refund)
        deed.tell("charge.refunded", self._charge(entry))  # when it begins, whatever becomes of it
        if deed.harmed("later") or deed.harmed("later_fails"):
            refund["status"] = "pending"
            if deed.harmed("later_fails"):
                deed.later(lambda: self._refund_failed(entry, amount, refund, deed))
            else:
                deed.later(lambda: self._refund_done(entry, refund, deed))
        deed.tell("refund.created", dict(refund))
        return Answer(200, dict(refund))

    def _authorized(self, entry: Entry, deed: Deed) -> None:
        entry.authorize()
        if entry.more["capture_method"] != "manual":
            entry.capture()
            deed.tell("payment_intent.succeeded", self._intent(entry))
        else:
            deed.tell("payment_intent.amount_capturable_updated", self._intent(entry))

    def _declined(self, entry: Entry, code: str, decline_code: str | None, deed: Deed) -> None:
        entry.state, entry.reason = State.DECLINED, decline_code or code
        error = _error(_DECLINED, kind="card_error" if decline_code else "invalid_request_error", code=code)["error"]
        entry.more["failed"] = {**error, **({"decline_code": decline_code} if decline_code else {})}
        deed.tell("payment_intent.payment_failed", self._intent(entry))

    def _settled(self, entry: Entry, deed: Deed, *, fails: bool) -> None:
        if entry.state is not State.PENDING:
            return
        if fails:
            self._declined(entry, "payment_method_provider_decline", None, deed)
        else:
            self._authorized(entry, deed)

    def _capture_settled(self, entry: Entry, amount: int | None, deed: Deed, *, fails: bool) -> None:
        if fails:
            entry.state = State.DECLINED
            entry.more["failed"] = _error("The capture failed.", code="payment_intent_payment_attempt_failed")["error"]
            deed.tell("payment_intent.payment_failed", self._intent(entry))
        else:
            entry.capture(amount)
            deed.tell("payment_intent.succeeded", self._intent(entry))

    def _refunds(self, entry: Entry) -> Answer:
        """All of a payment's, the newest first."""
        made = [dict(one) for one in entry.more.get("refunds", [])]
        return Answer(200, {"object": "list", "data": made, "has_more": False, "url": "/v1/refunds"})

    def _refund_done(self, entry: Entry, refund: Body, deed: Deed) -> None:
        refund["status"] = "succeeded"
        deed.tell("refund.updated", dict(refund))

    def _refund_failed(self, entry: Entry, amount: int, refund: Body, deed: Deed) -> None:
        entry.refunded -= amount
        entry.refunds.remove(refund["id"])
        refund.update(status="failed", failure_reason="declined")
        deed.tell("refund.failed", dict(refund))

    def _must_be(self, entry: Entry, *states: State) -> None:
        if entry.state not in states:
            raise Refuse(
                400,
                _error(
                    f"This PaymentIntent's status is {_STATUS[entry.state]}, which does not allow this.",
                    code="payment_intent_unexpected_state",
                    payment_intent=self._intent(entry),
                ),
            )

    def _entry(self, account: Account, reference: str) -> Entry:
        entry = self.books.entry(account.id, reference)
        if entry is None:
            raise Refuse(
                404,
                _error(f"No such payment_intent: '{reference}'", code="resource_missing", param="intent"),
                kept=False,
            )
        return entry

    def _order(self, reference: str) -> str:
        found = self.books.entries.get(reference)
        return found.order_id if found else ""

    def _intent(self, entry: Entry, *, expand: bool = False) -> Body:
        more = entry.more
        charged = entry.state in (State.AUTHORIZED, State.CAPTURING, State.CAPTURED) or "charge" in more
        if charged:
            more.setdefault("charge", f"ch_{new_id(24, _LETTERS)}")
        charge: Any = more.get("charge")
        action = None
        if entry.state is State.CHALLENGED:
            url = f"{self._address()}/_bank/stripe/{more['bank']}"
            action = {"type": "redirect_to_url", "redirect_to_url": {"url": url, "return_url": more["return_url"]}}
        return {
            "id": entry.reference,
            "object": "payment_intent",
            "amount": entry.amount,
            "amount_capturable": entry.amount if entry.state is State.AUTHORIZED else 0,
            "amount_received": entry.captured,
            "application": None,
            "application_fee_amount": None,
            "automatic_payment_methods": {"enabled": True},
            "canceled_at": more.get("canceled_at"),
            "cancellation_reason": more.get("cancellation_reason"),
            "capture_method": more["capture_method"],
            "client_secret": more["secret"],
            "confirmation_method": "automatic",
            "created": more["created"],
            "currency": entry.currency,
            "customer": None,
            "description": more.get("description"),
            "last_payment_error": more.get("failed") if entry.state is State.DECLINED else None,
            "latest_charge": self._charge(entry) if expand and charge else charge,
            "livemode": False,
            "metadata": more["metadata"],
            "next_action": action,
            "on_behalf_of": None,
            "payment_method": None if entry.state is State.DECLINED else more.get("method"),
            "payment_method_options": {},
            "payment_method_types": ["card"],
            "processing": {"type": "card"} if _STATUS[entry.state] == "processing" else None,
            "receipt_email": None,
            "review": None,
            "setup_future_usage": None,
            "shipping": None,
            "statement_descriptor": None,
            "statement_descriptor_suffix": None,
            "status": _STATUS[entry.state],
            "transfer_data": None,
            "transfer_group": None,
        }

    def _charge(self, entry: Entry) -> Body:
        return {
            "id": _charge(entry),
            "object": "charge",
            "amount": entry.amount,
            "amount_captured": entry.captured,
            "amount_refunded": entry.refunded,
            "billing_details": {"address": None, "email": None, "name": None, "phone": None},
            "captured": entry.state is State.CAPTURED,
            "created": entry.more["created"],
            "currency": entry.currency,
            "disputed": False,
            "livemode": False,
            "metadata": entry.more["metadata"],
            "paid": True,
            "payment_intent": entry.reference,
            "payment_method": entry.more.get("method"),
            "refunded": entry.refunded >= entry.captured > 0,
            "status": "succeeded",
        }


def read_form(text: str) -> Body:
    """A form as Stripe's SDK writes it: `metadata[order_id]=1&expand[0]=latest_charge`."""
    told: Body = {}
    for name, value in parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text)):
        first, *rest = re.split(r"\]?\[", name.removesuffix("]"))
        at: Any = told
        for part, following in zip([first, *rest], [*rest, None], strict=True):
            if following is None:
                at[part] = value
            else:
                at = at.setdefault(part, {})
    return {name: _listed(value) for name, value in told.items()}


def _listed(value: Any) -> Any:
    if isinstance(value, dict) and value and all(key.isdigit() or not key for key in value):
        return list(value.values())
    return value


def _charge(entry: Entry) -> str:
    return str(entry.more.setdefault("charge", f"ch_{new_id(24, _LETTERS)}"))


def _only(body: Body, known: set[str]) -> None:
    for name in body:
        if name not in known:
            said = _error(f"Received unknown parameter: {name}", code="parameter_unknown", param=name)
            raise Refuse(400, said, kept=False)


def _whole(body: Body, name: str) -> int:
    text = str(body.get(name, ""))
    if not re.fullmatch(r"-?[0-9]{1,12}", text):
        raise Refuse(400, _error(f"Invalid integer: {text}", code="parameter_invalid_integer", param=name), kept=False)
    return int(text)


def _error(message: str, *, kind: str = "invalid_request_error", **more: Any) -> Body:
    return {"error": {"message": message, "type": kind, **more}}
