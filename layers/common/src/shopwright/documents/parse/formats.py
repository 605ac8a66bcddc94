"""Which parser reads which file: changes when a format is added."""

import re
from pathlib import PurePosixPath

from shopwright.documents.document import Format, format_of
from shopwright.documents.parse import csv, html, json, markdown, text
from shopwright.documents.parse.block import Parsed, heading
from shopwright.documents.parse.decode import decode

_PARSERS = {
    Format.HTML: html.parse,
    Format.MARKDOWN: markdown.parse,
    Format.TEXT: text.parse,
    Format.CSV: csv.parse,
    Format.JSON: json.parse,
}


def read(data: bytes, key: str) -> Parsed:
    """A file's title and blocks. A file that does not say its title is called by its name."""
    parsed = _PARSERS[format_of(key)](decode(data))
    return Parsed(parsed.title or named(key), parsed.blocks)


def named(key: str) -> str:
    """`documents/kitchen/shipping-and-returns.md` is called `Shipping and returns`."""
    words = re.sub(r"[-_\s]+", " ", PurePosixPath(key).stem).strip()
    return heading(words[:1].upper() + words[1:])
