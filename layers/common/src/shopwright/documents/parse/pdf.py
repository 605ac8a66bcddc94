"""PDF to blocks, page by page: changes when PDFs turn up that say their text in another way.

Spans count the characters of the extracted text; the page is the section.
"""

import io
import logging
import re
from collections.abc import Iterator
from typing import Any

from pypdf import PageObject, PasswordType, PdfReader
from pypdf.errors import DependencyError, DeprecationError, LimitReachedError, PyPdfError

from shopwright.documents.parse.aligned import MAX_FRAGMENTS, Fragment, Rows, pieces
from shopwright.documents.parse.block import Extract, Parsed, heading, squeeze
from shopwright.documents.parse.tables import told
from shopwright.documents.parse.text import questions
from shopwright.documents.rejected import (
    BrokenFile,
    EncryptedFile,
    ExpandsTooMuch,
    Mislabelled,
    NoText,
    ScannedPages,
    TooManyPages,
)

MAX_PAGES = 1_500
_PAIR = 2
_HEAD = 1024  # where in a file its mark may stand, as readers of PDF have it
_HYPHEN = re.compile(r"(?<=[^\W\d_])[-\u00ad]\n(?=[a-zß-ÿ])")
_GAP = re.compile(r"\n[ \t]*\n+")
_LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"})
_BROKEN = "This PDF is damaged or incomplete. Open it, print it to a new PDF, and upload that."

# Its reader trusts a file to be put together as the standard has it, and stumbles where one is not.
_STUMBLES = (
    PyPdfError,
    DeprecationError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    AssertionError,
    ArithmeticError,
    NotImplementedError,
)

logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it tells of every fault of a file, in the file's own words


def parse(data: bytes) -> Parsed:
    """The paragraphs of each page that can be read. Raises ScannedPages for pages that are pictures."""
    if b"%PDF-" not in data[:_HEAD]:
        raise Mislabelled("This file is no PDF, though its ending says so. Save it again as PDF.")
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED:
            raise EncryptedFile("This PDF cannot be read without its password. Save it without one.")
        count = reader.get_num_pages()
        if count > MAX_PAGES:
            raise TooManyPages(f"This PDF has {count:,} pages; {MAX_PAGES:,} is the most. Split it into smaller files.")
        return _pages(reader)
    except LimitReachedError:
        raise ExpandsTooMuch("A part of this PDF unpacks to more than 75 MB. Print it to a new PDF.") from None
    except DependencyError:
        raise EncryptedFile("This PDF is encrypted in a way that we cannot read. Save it without a password.") from None
    except _STUMBLES:
        raise BrokenFile(_BROKEN) from None


def _pages(reader: PdfReader) -> Parsed:
    extract = Extract()
    pictures = False
    unread = 0
    for number, page in enumerate(reader.pages, 1):
        if number > MAX_PAGES:
            raise TooManyPages(f"This PDF has more than {MAX_PAGES:,} pages. Split it into smaller files.")
        try:
            found = list(_pieces(page))
            pictures = pictures or _has_pictures(page)
        except (LimitReachedError, DependencyError):
            raise  # no fault of one page
        except _STUMBLES:
            unread += 1
            continue
        for piece in found:
            _add(extract, f"Page {number}", piece)
    if not any(map(str.isalnum, "".join(block.text for block in extract.blocks[:200]))):
        if pictures:
            raise ScannedPages(
                "This PDF holds pictures of pages, and no text. Upload one with text in it: scanning programs make "
                "such a PDF with text recognition (OCR) turned on."
            )
        if unread:
            raise BrokenFile(_BROKEN)
        raise NoText("This PDF holds no text. Upload one with text in it.")
    said = reader.metadata.title if reader.metadata is not None else None
    return Parsed(heading(said) if isinstance(said, str) else "", tuple(questions(extract.blocks)), unread)


def _pieces(page: PageObject) -> Iterator[str | Rows]:
    """The page's text, and the tables in it."""
    fragments: list[Fragment] = []

    def seen(text: str, outer: list[float], inner: list[float], _: Any, size: float) -> None:
        if len(fragments) <= MAX_FRAGMENTS:
            x = inner[4] * outer[0] + inner[5] * outer[2] + outer[4]
            y = inner[4] * outer[1] + inner[5] * outer[3] + outer[5]
            fragments.append(Fragment(x, y, abs(size * inner[3] * outer[3]) or abs(size), text))

    text = page.extract_text(visitor_text=seen)
    if len(fragments) > MAX_FRAGMENTS or "".join(one.text for one in fragments).split() != text.split():
        yield text  # what it says in pieces is not what it says
    else:
        yield from pieces(fragments)


def _add(extract: Extract, page: str, piece: str | Rows) -> None:
    if isinstance(piece, str):
        for paragraph in _paragraphs(piece):
            extract.add((page,), paragraph)
        return
    rows = [[cell.translate(_LIGATURES) for cell in row] for row in piece]
    # Of two columns, the left one holds names as a rule: total, delivery, tax.
    for one in told(rows, header=None if len(rows[0]) > _PAIR else False):
        extract.add((page, one.name) if one.name else (page,), one.words, whole=one.whole, row=one.row)


def _paragraphs(text: str) -> Iterator[str]:
    joined = _HYPHEN.sub("", text.translate(_LIGATURES))
    for paragraph in _GAP.split(joined):
        yield squeeze(paragraph)


def _has_pictures(page: PageObject) -> bool:
    resources = page.get("/Resources")
    objects = resources.get_object().get("/XObject") if resources is not None else None
    return bool(objects is not None and objects.get_object())
