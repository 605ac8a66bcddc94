"""Adyen's wire, as far as a shop's payments go: this changes when Adyen's Checkout API does, or we use more of it.

Payments with manual capture, what the shopper's bank says to them, modifications (which are only ever received), and
the notifications. Rules that no specification states follow Adyen's own pages:
https://docs.adyen.com/development-resources/api-idempotency, https://docs.adyen.com/online-payments/capture,
https://docs.adyen.com/development-resources/webhooks.
"""

import json
import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from Adyen import util

from local.gateways.books import Books, Entry, NotInTheBooks, State, behaviour
from local.gateways.wire import Account, Answer, Body, Deed, Refuse, Request, new_id

_MODIFY = re.compile(r"/v7[12]/payments/(?P<psp>[A-Z0-9]{16})/(?P<verb>captures|cancels|refunds|reversals)")
_PAYMENTS = re.compile(r"/v7[12]/payments")
_DETAILS = re.compile(r"/v7[12]/payments/details")
_CANCELS = re.compile(r"/v7[12]/cancels")
_VERBS = {"captures": "capture", "cancels": "void", "refunds": "refund", "reversals": "reverse"}
_REFUSALS = {
    "2": "Refused",
    "5": "Blocked Card",
    "6": "Expired Card",
    "8": "Invalid Card Number",
    "9": "Issuer Unavailable",
    "11": "3D Not Authenticated",
    "12": "Not enough balance",
    "20": "FRAUD",
    "24": "CVC Declined",
}
_KEY_LENGTH = 64


class AdyenWire:
    """The books, and how Adyen speaks of them. `address` is where the shopper's bank is found."""

    vendor = "adyen"

    def __init__(self, address: Callable[[], str], now: Callable[[], float] = time.time) -> None:
        self.books = Books(self.vendor)
        self._address = address
        self._now = now

    def operation(self, request: Request) -> tuple[str, str]:
        if request.method != "POST":
            raise Refuse(404, _error(404, "", "Not found"))
        if len(request.key) > _KEY_LENGTH:
            raise Refuse(422, _error(422, "701", "The idempotency key is too long", "validation"))
        if _PAYMENTS.fullmatch(request.path):
            return "authorize", str(request.body.get("merchantOrderReference", ""))
        if _DETAILS.fullmatch(request.path):
            entry = self._asked(request.body)
            return "resume", entry.order_id if entry else ""
        if _CANCELS.fullmatch(request.path):
            name = str(request.body.get("paymentReference", ""))
            return "cancel_unseen", next((one.order_id for one in self.books.entries.values() if one.name == name), "")
        if match := _MODIFY.fullmatch(request.path):
            found = self.books.entries.get(match["psp"])
            return _VERBS[match["verb"]], found.order_id if found else ""
        raise Refuse(404, _error(404, "", "Not found"))

    def do(self, operation: str, request: Request, deed: Deed) -> Answer:
        body = request.body
        if operation == "resume":
            return self._details(body, deed)
        if body.get("merchantAccount") != deed.account.id:
            raise Refuse(403, _error(403, "901", "Invalid Merchant Account", "security"), kept=False)
        if operation == "authorize":
            return self._payments(body, deed)
        if operation == "cancel_unseen":
            return self._cancels(body, deed)
        return self._modify(operation, request.path.split("/")[3], body, deed)

    def bank(self, token: str, answer: str, deed: Callable[[Entry], Deed]) -> str | None:
        entry = next((one for one in self.books.entries.values() if one.more.get("bank") == token), None)
        if entry is None or entry.state is not State.CHALLENGED:
            return None
        result = new_id(32)
        entry.more.update(result=result, passed=answer == "pass")
        back = urlencode({"redirectResult": result})
        return f"{entry.more['return_url']}{'&' if '?' in entry.more['return_url'] else '?'}{back}"

    def sign(self, account: Account, about: str, content: Body) -> tuple[dict[str, str], bytes]:
        signature = util.generate_notification_sig(content, account.webhook_secret).decode()
        extra = {**content.get("additionalData", {}), "hmacSignature": signature}
        item = {"NotificationRequestItem": {**content, "additionalData": extra}}
        text = json.dumps({"live": "false", "notificationItems": [item]})
        return {"Content-Type": "application/json; charset=utf-8"}, text.encode()

    def key_reused(self) -> Answer:
        said = "The idempotency key was used with another request"
        return Answer(422, _error(422, "702", said, "validation"))

    def in_use(self) -> Answer:
        return Answer(422, _error(422, "704", "request already processed or in progress", "validation"))

    def signed_out(self) -> Answer:
        return Answer(401, _error(401, "000", "HTTP Status Response - Unauthorized", "security"))

    def busy(self) -> Answer:
        return Answer(429, _error(429, "", "Too many requests", "security"))

    def failed(self, status: int) -> Answer:
        return Answer(status, _error(status, "905", "Internal error", "internal"))

    def _payments(self, body: Body, deed: Deed) -> Answer:
        for name, code in (
            ("reference", "130"),
            ("returnUrl", "14_0072"),
            ("amount", "100"),
            ("paymentMethod", "14_004"),
        ):
            if not body.get(name):
                raise Refuse(422, _error(422, code, f"Required field '{name}' is not provided", "validation"))
        amount = body["amount"]
        if not re.fullmatch("[A-Z]{3}", str(amount.get("currency"))):
            raise Refuse(422, _error(422, "138", "Unsupported currency specified", "validation"))
        if not isinstance(amount.get("value"), int) or amount["value"] < 1:
            raise Refuse(422, _error(422, "137", "Invalid amount specified", "validation"))
        method = body["paymentMethod"]
        token = str(method.get("storedPaymentMethodId") or method.get("encryptedCardNumber") or "")
        does = behaviour(self.vendor, token)
        if does is None:
            raise Refuse(422, _error(422, "174", "Unable to decrypt data", "validation"))
        entry = self.books.open(
            Entry(
                deed.account.id,
                new_id(16),
                str(body["reference"]),
                str(body.get("merchantOrderReference", "")),
                int(amount["value"]),
                str(amount["currency"]),
                instrument=token,
            )
        )
        entry.more = {
            "return_url": body["returnUrl"],
            "manual": (body.get("additionalData") or {}).get("manualCapture") == "true",
        }
        what, code = does
        if harmed := deed.harmed("decline"):
            what, code = "decline", harmed.code or "2"
        if what in ("challenge", "challenge_twice"):
            entry.state, entry.more["asks_again"] = State.CHALLENGED, what == "challenge_twice"
            return Answer(200, self._challenged(entry))
        if what == "pending" or deed.harmed("later") or deed.harmed("later_fails"):
            entry.state = State.PENDING
            fails = deed.harmed("later_fails") is not None
            deed.later(lambda: self._settled(entry, deed, fails=fails))
            return Answer(200, self._result(entry, "Received"))
        if what == "decline":
            return Answer(200, self._refused(entry, code, deed))
        return Answer(200, self._authorised(entry, deed))

    def _details(self, body: Body, deed: Deed) -> Answer:
        entry = self._asked(body)
        if entry is None or entry.account != deed.account.id:
            raise Refuse(422, _error(422, "14_006", "Invalid payment details", "validation"), kept=False)
        if entry.state is not State.CHALLENGED:
            raise Refuse(422, _error(422, "14_024", "Payment details are not supported", "validation"), kept=False)
        if entry.more["passed"] and entry.more["asks_again"]:
            entry.more["asks_again"] = False
            return Answer(200, self._challenged(entry))
        if entry.more["passed"] and not deed.harmed("decline"):
            return Answer(200, self._authorised(entry, deed))
        return Answer(200, self._refused(entry, "11", deed))

    def _challenged(self, entry: Entry) -> Body:
        """The shopper has to go to their bank."""
        entry.more.update(bank=new_id(32), result=None)
        action = {
            "paymentMethodType": "scheme",
            "url": f"{self._address()}/_bank/adyen/{entry.more['bank']}",
            "method": "GET",
            "type": "redirect",
        }
        return {"pspReference": entry.reference, "resultCode": "RedirectShopper", "action": action}

    def _asked(self, body: Body) -> Entry | None:
        result = (body.get("details") or {}).get("redirectResult")
        return next((one for one in self.books.entries.values() if result and one.more.get("result") == result), None)

    def _modify(self, operation: str, psp: str, body: Body, deed: Deed) -> Answer:
        entry = self.books.entry(deed.account.id, psp)
        if entry is None:
            said = "Original pspReference required for this operation"
            raise Refuse(422, _error(422, "167", said, "validation"))
        answer: Body = {
            "merchantAccount": deed.account.id,
            "paymentPspReference": psp,
            "pspReference": new_id(16),
            "status": "received",
        }
        if "reference" in body:
            answer["reference"] = body["reference"]
        if operation in ("capture", "refund"):
            amount = body.get("amount") or {}
            if amount.get("currency") != entry.currency or not isinstance(amount.get("value"), int):
                raise Refuse(422, _error(422, "137", "Invalid amount specified", "validation"))
            answer["amount"] = amount
        value = (body.get("amount") or {}).get("value")
        refused = deed.harmed("decline") is not None

        def done() -> None:
            self._modified(entry, operation, answer["pspReference"], value, deed, refused=refused)

        if deed.harmed("later_fails"):
            deed.later(lambda: self._modified(entry, operation, answer["pspReference"], value, deed, refused=True))
        elif deed.harmed("later"):
            deed.later(done)
        else:
            done()
        return Answer(201, answer)

    def _cancels(self, body: Body, deed: Deed) -> Answer:
        """A technical cancel: by our own name for the payment, whether or not there is one."""
        name, psp = str(body.get("paymentReference", "")), new_id(16)
        found = self.books.named(deed.account.id, name)
        for entry in found:
            self._modified(entry, "cancel_unseen", psp, None, deed, refused=False)
        if not found:
            deed.tell("TECHNICAL_CANCEL", self._item("TECHNICAL_CANCEL", psp, name, None, deed.account, ok=False))
        answer = {"merchantAccount": deed.account.id, "paymentReference": name, "pspReference": psp}
        if "reference" in body:
            answer["reference"] = body["reference"]
        return Answer(201, {**answer, "status": "received"})

    def _modified(
        self, entry: Entry, operation: str, psp: str, value: int | None, deed: Deed, *, refused: bool
    ) -> None:
        code = {
            "capture": "CAPTURE",
            "void": "CANCELLATION",
            "refund": "REFUND",
            "reverse": "CANCEL_OR_REFUND",
            "cancel_unseen": "TECHNICAL_CANCEL",
        }[operation]
        ok, extra = not refused, {}
        try:
            if refused:
                pass
            elif operation == "capture":
                entry.capture(value)
            elif operation == "refund" or (operation == "reverse" and entry.state is State.CAPTURED):
                entry.refund(psp, value)
                extra = {"modification.action": "refund"} if operation == "reverse" else {}
            else:
                self._must_hold(entry)
                entry.void()
                extra = {"modification.action": "cancel"} if operation == "reverse" else {}
        except NotInTheBooks:
            ok = False
        if refused and operation == "capture":
            code, ok = "CAPTURE_FAILED", True
        deed.tell(code, self._item(code, psp, entry.name, entry, deed.account, ok=ok, extra=extra))

    def _must_hold(self, entry: Entry) -> None:
        if entry.state not in (State.AUTHORIZED, State.CHALLENGED, State.PENDING):
            raise NotInTheBooks("state")

    def _authorised(self, entry: Entry, deed: Deed) -> Body:
        entry.authorize()
        self._tell_of(entry, deed, ok=True)
        if not entry.more["manual"]:
            entry.capture()
        return self._result(entry, "Authorised")

    def _refused(self, entry: Entry, code: str, deed: Deed) -> Body:
        entry.state, entry.reason = State.DECLINED, code
        said = _REFUSALS.get(code, "Refused")
        self._tell_of(entry, deed, ok=False, reason=said)
        return {**self._result(entry, "Refused"), "refusalReason": said, "refusalReasonCode": code}

    def _settled(self, entry: Entry, deed: Deed, *, fails: bool) -> None:
        if entry.state is not State.PENDING:
            return
        if fails:
            self._refused(entry, "2", deed)
        else:
            self._authorised(entry, deed)

    def _result(self, entry: Entry, code: str) -> Body:
        return {
            "pspReference": entry.reference,
            "resultCode": code,
            "amount": {"currency": entry.currency, "value": entry.amount},
            "merchantReference": entry.name,
        }

    def _tell_of(self, entry: Entry, deed: Deed, *, ok: bool, reason: str = "") -> None:
        item = self._item("AUTHORISATION", entry.reference, entry.name, None, deed.account, ok=ok)
        item["amount"] = {"currency": entry.currency, "value": entry.amount}
        item["additionalData"] = {"merchantOrderReference": entry.order_id}
        item["reason"] = reason
        if ok:
            item["operations"] = ["CANCEL", "CAPTURE", "REFUND"]
        deed.tell("AUTHORISATION", item)

    def _item(
        self,
        code: str,
        psp: str,
        name: str,
        original: Entry | None,
        account: Account,
        *,
        ok: bool,
        extra: Mapping[str, str] | None = None,
    ) -> Body:
        item: dict[str, Any] = {
            "additionalData": dict(extra or {}),
            "amount": {
                "currency": original.currency if original else "EUR",
                "value": original.amount if original else 0,
            },
            "eventCode": code,
            "eventDate": datetime.fromtimestamp(int(self._now()), UTC).isoformat(),
            "merchantAccountCode": account.id,
            "merchantReference": name,
            "paymentMethod": "visa",
            "pspReference": psp,
            "reason": "" if ok else "Transaction is not in a state for this",
            "success": "true" if ok else "false",
        }
        if original is not None:
            item["originalReference"] = original.reference
        return item


def _error(status: int, code: str, message: str, kind: str = "validation") -> Body:
    return {"status": status, "errorCode": code, "message": message, "errorType": kind}
