"""Rich text to blocks: changes when its reader does."""

import re

from striprtf.striprtf import rtf_to_text

from shopwright.documents.parse import text
from shopwright.documents.parse.block import Parsed
from shopwright.documents.rejected import BrokenFile, Mislabelled, NoText


def parse(data: bytes) -> Parsed:
    """Its text, read as plain text is."""
    if not data.lstrip()[:5] == b"{\\rtf":
        raise Mislabelled("This file is no rich text, though its ending says so. Save it again as RTF.")
    source = data.decode("latin-1")
    try:
        said: str = rtf_to_text(source, errors="replace")  # type: ignore[no-untyped-call]  # it has no types
    except (ValueError, TypeError, LookupError, OverflowError):  # what its reader makes of words without their number
        raise BrokenFile("This rich text is damaged. Open it, save it again, and upload that.") from None
    said = re.sub(r"[\ud800-\udfff]", "\ufffd", said)
    # In rich text a line end is a paragraph's end.
    said = re.sub(r"\n+", "\n\n", said)
    if not said.strip():
        raise NoText("This rich text holds no text. Upload one with text in it.")
    return text.parse(said)
