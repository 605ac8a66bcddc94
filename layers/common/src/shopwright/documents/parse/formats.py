"""Which parser reads which file: changes when a format is added."""

import re
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import PurePosixPath
from typing import Any

from shopwright.documents.document import Format, check_size, format_of, shown_key
from shopwright.documents.parse.block import Block, Parsed, heading, storable
from shopwright.documents.rejected import NoText, TooMuchText

MAX_CHARACTERS = 24_000_000  # of all blocks together: the most that 20 MB of text hold, and what tables repeat
_HERE = __package__
# A parser's module and its function, imported when the first file of the format comes: the readers of PDF and Markdown
# take longer to import than most files take to read.
_OF_TEXT = {
    Format.HTML: "html",
    Format.MARKDOWN: "markdown",
    Format.TEXT: "text",
    Format.CSV: "csv",
    Format.JSON: "json",
    Format.XML: "xml",
}
_WITHOUT_MARKS = frozenset({Format.TEXT, Format.CSV})
_OF_BYTES = {
    Format.PDF: "pdf",
    Format.DOCX: "docx",
    Format.XLSX: "spreadsheet",
    Format.ODS: "opendocument:parse_sheets",
    Format.PPTX: "pptx",
    Format.ODT: "opendocument",
    Format.RTF: "rtf",
    Format.EMAIL: "email",
}


def read(data: bytes, key: str) -> Parsed:
    """A file's title and blocks, read in this process: for files that we wrote ourselves. Others: `sandbox.read`."""
    return titled(parse(data, format_of(key)), key)


def titled(parsed: Parsed, key: str) -> Parsed:
    """A file that does not say its title is called by its name."""
    return parsed if parsed.title else replace(parsed, title=named(key))


def parse(data: bytes, kind: Format) -> Parsed:
    """What a file of this format says, fit to be stored."""
    parsed = parser(kind)(data)
    blocks = tuple(block for block in map(_storable_block, parsed.blocks) if block.text.strip())
    if not blocks:
        raise NoText("This file holds no text. Upload one with text in it.")
    if sum(len(block.text) for block in blocks) > MAX_CHARACTERS:
        raise TooMuchText(f"This file holds more than {MAX_CHARACTERS:,} characters. Split it into smaller files.")
    return replace(parsed, title=storable(parsed.title), blocks=blocks)


def parser(kind: Format) -> Callable[[bytes], Parsed]:
    """The parser of a format, with all that it needs imported."""
    if kind in _OF_BYTES:
        return _checked(_function(_OF_BYTES[kind]))
    from_text = _function(_OF_TEXT[kind])
    decode = _function("decode:decode")
    if kind in _WITHOUT_MARKS:
        checked = _function("mistaken:checked")
        return lambda data: from_text(checked(decode(data)))
    return lambda data: from_text(decode(data))


def _checked(from_bytes: Callable[[bytes], Parsed]) -> Callable[[bytes], Parsed]:
    def check_and_parse(data: bytes) -> Parsed:
        check_size(len(data))
        return from_bytes(data)

    return check_and_parse


def _function(name: str) -> Callable[[Any], Any]:
    module, _, function = name.partition(":")
    found: Callable[[Any], Any] = getattr(import_module(f"{_HERE}.{module}"), function or "parse")
    return found


def _storable_block(block: Block) -> Block:
    return replace(block, path=tuple(map(storable, block.path)), text=storable(block.text))


def named(key: str) -> str:
    """`documents/kitchen/shipping-and-returns.md` is called `Shipping and returns`; what is personal is masked."""
    words = re.sub(r"[-_\s]+", " ", storable(PurePosixPath(shown_key(key)).stem)).strip()
    return heading(words[:1].upper() + words[1:])
