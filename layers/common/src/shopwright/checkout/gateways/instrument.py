"""What may be charged: changes when a vendor's payment form hands out another kind of token.

A token is made by the vendor's own form in the shopper's browser, and stands for a card that we never see. Whatever
holds a card number is refused, wherever it hides.
"""

import json
import re
from typing import Any

from shopwright.checkout.gateways import InstrumentUnusable
from shopwright.privacy import card

_STRIPE = re.compile(r"(?:pm|ctoken)_[A-Za-z0-9_]{1,200}")
_NAME = re.compile(r"[A-Za-z0-9._]{1,64}")
_IN_THE_CLEAR = frozenset({"number", "cvc", "expiryMonth", "expiryYear", "cardNumber", "iban", "ownerName"})
_LONGEST = 16_000  # characters; Adyen's encrypted fields have about 700 each
_SANDBOX = "test_"  # Adyen's sandbox takes its published test cards behind this, unencrypted


def of_stripe(text: str) -> str:
    """The id of a payment method or of a confirmation token."""
    if not _STRIPE.fullmatch(text) or _holds_card(text):
        raise InstrumentUnusable
    return text


def of_adyen(text: str, *, sandbox: bool) -> dict[str, str]:
    """The `paymentMethod` that Adyen's form gives: a flat object of texts, whose card fields are encrypted."""
    if len(text) > _LONGEST:
        raise InstrumentUnusable
    try:
        told: Any = json.loads(text)
    except ValueError:
        raise InstrumentUnusable from None  # the cause would carry it
    if not isinstance(told, dict) or not isinstance(told.get("type"), str):
        raise InstrumentUnusable
    method: dict[str, str] = {}
    for name, value in told.items():
        if not _NAME.fullmatch(name) or name in _IN_THE_CLEAR or not isinstance(value, str):
            raise InstrumentUnusable
        published = sandbox and name.startswith("encrypted") and value.startswith(_SANDBOX)
        if not published and _holds_card(value):
            raise InstrumentUnusable
        method[name] = value
    return method


def _holds_card(text: str) -> bool:
    return next(card.find(text), None) is not None
