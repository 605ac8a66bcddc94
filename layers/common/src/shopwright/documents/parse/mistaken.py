"""Markup and JSON in files named as tables or as plain text: changes when files come under another wrong name."""

import re
from json import JSONDecoder

from shopwright.documents.rejected import Mislabelled

_MARKUP = re.compile(r"\s*<(?:\?xml|!doctype|html|rss|feed)\b", re.IGNORECASE)
_JSON = re.compile(r"\s*[\[{]")
_DECODER = JSONDecoder(parse_float=str, parse_int=str)
_REST = re.compile(r"\s*(?:[{\[]|\Z)")


def checked(text: str) -> str:
    """The text. Raises Mislabelled where it is of a kind that its reader would quote with all its marks."""
    if _MARKUP.match(text):
        raise Mislabelled("This file is XML or HTML under another name. Give it the ending of what it is.")
    if _JSON.match(text) and _is_json(text):
        raise Mislabelled("This file is JSON under another name. Give it the ending of what it is.")
    return text


def _is_json(text: str) -> bool:
    """Does it begin with a whole value that has values in it, and go on with another, if at all?"""
    try:
        value, end = _DECODER.raw_decode(text.lstrip())
    except (ValueError, RecursionError):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return bool(inner) and _REST.match(text.lstrip(), end) is not None
