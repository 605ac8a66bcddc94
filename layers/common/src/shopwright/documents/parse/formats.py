"""Which parser reads which file: changes when a format is added."""

import re
from dataclasses import replace
from pathlib import PurePosixPath

from shopwright.documents.document import Format, format_of, shown_key
from shopwright.documents.parse import csv, html, json, markdown, text
from shopwright.documents.parse.block import Block, Parsed, heading, storable
from shopwright.documents.parse.decode import decode
from shopwright.documents.rejected import NoText

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
    blocks = tuple(block for block in map(_storable_block, parsed.blocks) if block.text.strip())
    if not blocks:
        raise NoText("This file holds no text. Upload one with text in it.")
    return Parsed(storable(parsed.title) or named(key), blocks)


def _storable_block(block: Block) -> Block:
    return replace(block, path=tuple(map(storable, block.path)), text=storable(block.text))


def named(key: str) -> str:
    """`documents/kitchen/shipping-and-returns.md` is called `Shipping and returns`; what is personal is masked."""
    words = re.sub(r"[-_\s]+", " ", storable(PurePosixPath(shown_key(key)).stem)).strip()
    return heading(words[:1].upper() + words[1:])
