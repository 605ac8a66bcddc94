"""JSON as our edges take it, and what is wrong with it in words for whoever sent it."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from shopwright.errors import Invalid


class MalformedBody(Invalid):
    """The body is not one JSON value."""


def read(text: str) -> tuple[Any, list[object]]:
    """The value, and every `merchant_id` in it. Stricter than json.loads: no NaN, and no name twice in one object."""
    merchants: list[object] = []

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) != len(pairs):
            raise ValueError("a name appears twice")
        if "merchant_id" in made:
            merchants.append(made["merchant_id"])
        return made

    def no_constant(_: str) -> None:
        raise ValueError("NaN and Infinity are not JSON")

    try:
        return json.loads(text, object_pairs_hook=unique, parse_constant=no_constant), merchants
    except (ValueError, RecursionError):
        raise MalformedBody("The body must be one JSON value, with no name twice in one object.") from None


def complaint(told: Iterable[tuple[str, Mapping[str, Any]]]) -> str:
    """What is wrong with the fields, by name: no name of our tools, no pattern to decipher."""
    return "; ".join(f"{field}: {_said(error)}" for field, error in list(told)[:8])


def field(location: Iterable[object]) -> str:
    """A field's name from its place."""
    return ".".join(str(part) for part in location)[:80] or "body"


def _said(error: Mapping[str, Any]) -> str:
    if error.get("type") == "string_pattern_mismatch":
        return "This does not have the form that this field has; send it as you were given it."
    return str(error["msg"]).removeprefix("Value error, ")
