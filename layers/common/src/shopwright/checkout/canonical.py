"""The one form of what is agreed to (RFC 8785): changes when another way of writing JSON is agreed upon.

The same terms are always the same bytes, whoever wrote them down and in whichever order, so that a hash and a signature
can be taken of them.
"""

import hashlib

import rfc8785

from shopwright.errors import Invalid

Json = None | bool | int | str | list["Json"] | dict[str, "Json"]


class NotCanonical(Invalid):
    """The value holds what has no one form: a number beyond 2^53, or half of a surrogate pair."""

    def __init__(self) -> None:
        super().__init__("Send the quote back as you were given it.")


def canonical(value: Json) -> bytes:
    """The bytes of a JSON value. Amounts are whole numbers; there is no float in anything that is agreed to."""
    try:
        return rfc8785.dumps(value)
    except rfc8785.CanonicalizationError:
        raise NotCanonical from None


def digest(value: Json) -> str:
    """SHA-256 of those bytes, in hexadecimal."""
    return hashlib.sha256(canonical(value)).hexdigest()
