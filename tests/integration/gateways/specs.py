"""The vendors' own specifications as judges, when somebody gives them: SPECS=<folder with stripe/ and adyen/>."""

import json
import os
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from local.gateways.wire import Call, Message

_STRIPE = {
    "create": ("/v1/payment_intents", "post"),
    "authorize": ("/v1/payment_intents/{intent}/confirm", "post"),
    "capture": ("/v1/payment_intents/{intent}/capture", "post"),
    "void": ("/v1/payment_intents/{intent}/cancel", "post"),
    "refund": ("/v1/refunds", "post"),
    "find": ("/v1/payment_intents/{intent}", "get"),
    "find_refunds": ("/v1/refunds", "get"),
}
_ADYEN = {
    "authorize": "/payments",
    "resume": "/payments/details",
    "capture": "/payments/{paymentPspReference}/captures",
    "void": "/payments/{paymentPspReference}/cancels",
    "refund": "/payments/{paymentPspReference}/refunds",
    "reverse": "/payments/{paymentPspReference}/reversals",
    "cancel_unseen": "/cancels",
}


class NotAsSpecified(AssertionError):
    """A double said something that its vendor's specification does not allow, or an adapter asked for it."""


@dataclass
class Specs:
    """Both vendors' descriptions, and how often each part of them was used."""

    folder: Path
    counted: Counter[str] = field(default_factory=Counter)  # what was held against them
    examples: Counter[str] = field(default_factory=Counter)  # of theirs, that our adapters read

    def __post_init__(self) -> None:
        self.stripe = _nullable(self._read("stripe/stripe-openapi.apis-guru-1.3.17.json"))
        self.adyen = self._read("adyen/CheckoutService-v72.json")
        self.notifications = self._read("adyen/Webhooks-v1.json")
        self.fixtures = self._read("stripe/fixtures3.json")["resources"]
        self._validators: dict[str, Draft202012Validator] = {}

    @classmethod
    def given(cls) -> "Specs | None":
        folder = os.environ.get("SPECS")
        return cls(Path(folder)) if folder else None

    def check(self, call: Call) -> None:
        """Hold one call of a double against its vendor's specification: the answer, and what was asked."""
        if call.harm in ("lose_request", "garbage") or not call.operation or not call.status:
            return
        if call.vendor == "stripe":
            path, method = _STRIPE[call.operation]
            described = self.stripe["paths"][path][method]
            name = "200" if call.status == 200 else "default"
            self._hold("stripe answer", self.stripe, _schema(described["responses"][name]), call.body, call)
            if method == "post" and call.status in (200, 402):  # else the double refused what was asked
                form = described["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
                asked = {key: value for key, value in call.request.items() if key != "confirmation_token"}
                self._hold("stripe request", self.stripe, form, _typed(asked, form), call)
        else:
            described = self.adyen["paths"][_ADYEN[call.operation]]["post"]
            answered = described["responses"].get(str(call.status))
            schema = _schema(answered) if answered else {"$ref": "#/components/schemas/ServiceError"}
            self._hold("adyen answer", self.adyen, schema, call.body, call)
            if call.status < 400:
                self._hold("adyen request", self.adyen, _schema(described["requestBody"]), call.request, call)

    def message(self, message: Message) -> None:
        """Hold one webhook of a double against its vendor's specification."""
        body = json.loads(message.body)
        if message.vendor == "stripe":
            self._event(body)
        else:
            self._notification(body)

    def _notification(self, body: dict[str, Any]) -> None:
        """Hold a notification of Adyen's double against what its event may look like."""
        code = body["notificationItems"][0]["NotificationRequestItem"]["eventCode"]
        schema = _schema(self.notifications["webhooks"][f"/{code}"]["post"]["requestBody"])
        self._hold("adyen notification", self.notifications, schema, _without_extra(body), code)

    def _event(self, body: dict[str, Any]) -> None:
        """Hold an event of Stripe's double, and what it is about, against their descriptions."""
        self._hold("stripe event", self.stripe, {"$ref": "#/components/schemas/event"}, body, body["type"])
        about = body["data"]["object"]
        schema = {"$ref": f"#/components/schemas/{about['object']}"}
        self._hold("stripe event's object", self.stripe, schema, about, body["type"])

    def _hold(self, what: str, spec: dict[str, Any], schema: dict[str, Any], told: Any, where: object) -> None:
        place = f"{what} {json.dumps(schema, sort_keys=True)[:400]}"
        validator = self._validators.get(place)
        if validator is None:
            validator = Draft202012Validator({**schema, "components": spec["components"]})
            self._validators[place] = validator
        self.counted[what] += 1
        for wrong in validator.iter_errors(told):
            raise NotAsSpecified(f"{where}: {'/'.join(map(str, wrong.path))}: {wrong.message}")

    def _read(self, name: str) -> dict[str, Any]:
        told: dict[str, Any] = json.loads((self.folder / name).read_text("utf-8"))
        return told


def _schema(described: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = described["content"]["application/json"]["schema"]
    return found


def _nullable(told: Any) -> Any:
    """OpenAPI 3.0's `nullable`, as JSON Schema says it."""
    if isinstance(told, list):
        return [_nullable(one) for one in told]
    if not isinstance(told, dict):
        return told
    plain = {name: _nullable(value) for name, value in told.items() if name != "nullable"}
    return {"anyOf": [plain, {"type": "null"}]} if told.get("nullable") is True else plain


def _typed(form: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """A form's texts, as the numbers and booleans that its schema means by them."""
    typed: dict[str, Any] = {}
    for name, value in form.items():
        kind = schema.get("properties", {}).get(name, {})
        if isinstance(value, dict):
            inner: dict[str, Any] = next((one for one in kind.get("anyOf", [kind]) if one.get("type") == "object"), {})
            typed[name] = _typed(value, inner)
        elif kind.get("type") == "integer" and re.fullmatch("-?[0-9]+", value):
            typed[name] = int(value)
        elif kind.get("type") == "boolean" and value in ("true", "false"):
            typed[name] = value == "true"
        else:
            typed[name] = value
    return typed


def _without_extra(body: dict[str, Any]) -> dict[str, Any]:
    """`additionalData` may hold what a merchant has switched on: the specification names only some of it."""
    told = json.loads(json.dumps(body))
    for item in told["notificationItems"]:
        item["NotificationRequestItem"].pop("additionalData", None)
    return dict(told)
