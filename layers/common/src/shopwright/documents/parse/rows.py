"""How a record reads as a sentence: changes when we want a product or a row to be put in other words."""

import re
from collections.abc import Iterable

from shopwright.documents.parse.block import heading

_NAMES = ("name", "title", "product", "product name", "product title", "question", "label", "model")
_CODES = ("sku", "id", "ean", "gtin", "upc", "isbn", "mpn", "product id", "variant id", "article", "article number")
_NUMBER = re.compile(r"-?\d[\d ,.'’]*")
_CURRENCY = re.compile(r"[A-Z]{3}")


def spoken(fields: Iterable[tuple[str, str]]) -> str:
    """`name: Tent; price: 129.00 EUR; …`: a currency in a column of its own joins the prices beside it."""
    pairs = [(name, value) for name, value in fields if value]
    currency = next((value for name, value in pairs if name.lower() == "currency" and _CURRENCY.fullmatch(value)), None)
    said = []
    for name, value in pairs:
        if currency and name.lower() == "currency":
            continue
        if currency and "price" in name.lower() and _NUMBER.fullmatch(value):
            value = f"{value} {currency}"  # noqa: PLW2901 - the same value, said in full
        said.append(f"{name}: {value}" if name else value)
    return "; ".join(said)


def called(fields: Iterable[tuple[str, str]]) -> str:
    """What the record is called, for the section path; empty when no field says so."""
    by_name = _by_name(fields)
    return heading(next((by_name[name] for name in _NAMES if name in by_name), ""))


def is_a_thing(fields: Iterable[tuple[str, str]]) -> bool:
    """Does the record tell of one thing that has a name or a code, and not merely of one line of a table?"""
    return not _by_name(fields).keys().isdisjoint((*_NAMES, *_CODES))


def _by_name(fields: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {name.lower().replace("_", " "): value for name, value in fields if value}
