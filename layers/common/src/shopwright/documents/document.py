"""What a document is to the shop: changes when its life does."""

import base64
import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import PurePosixPath

from shopwright.documents.rejected import EmptyFile, FileTooLarge, UnsafeName, UnsupportedFormat
from shopwright.errors import Invalid, NotFound
from shopwright.tenancy.tenant import Tenant

# Grows with every change to parsing, cutting, masking or embedding that should reach documents taken in before it.
PIPELINE = "7"
_ID = re.compile(r"d-[a-z2-7]{20}")
_SEQUENCER = re.compile(r"[0-9A-Fa-f]{1,64}")
_MAX_KEY = 1024
MAX_BYTES = 20 * 1024 * 1024


class Status(StrEnum):
    """Where a document has come to. What is searchable stays so while a newer version of it is on its way."""

    RECEIVED = "received"
    PARSED = "parsed"
    MASKED = "masked"
    EMBEDDED = "embedded"
    SEARCHABLE = "searchable"
    QUARANTINED = "quarantined"
    FAILED = "failed"
    DELETED = "deleted"


class Format(StrEnum):
    """What we read, by its media type."""

    PDF = "application/pdf"
    DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
    ODT = "application/vnd.oasis.opendocument.text"
    ODS = "application/vnd.oasis.opendocument.spreadsheet"
    RTF = "application/rtf"
    EMAIL = "message/rfc822"
    HTML = "text/html"
    MARKDOWN = "text/markdown"
    TEXT = "text/plain"
    CSV = "text/csv"
    JSON = "application/json"
    XML = "application/xml"


_FORMATS = {
    "pdf": Format.PDF,
    "docx": Format.DOCX,
    "xlsx": Format.XLSX,
    "pptx": Format.PPTX,
    "odt": Format.ODT,
    "ods": Format.ODS,
    "rtf": Format.RTF,
    "eml": Format.EMAIL,
    "html": Format.HTML,
    "htm": Format.HTML,
    "xhtml": Format.HTML,
    "md": Format.MARKDOWN,
    "markdown": Format.MARKDOWN,
    "txt": Format.TEXT,
    "text": Format.TEXT,
    "csv": Format.CSV,
    "tsv": Format.CSV,
    "json": Format.JSON,
    "jsonl": Format.JSON,
    "ndjson": Format.JSON,
    "xml": Format.XML,
    "rss": Format.XML,
    "atom": Format.XML,
}
_NEWER = {
    "xls": "xlsx",
    "doc": "docx",
    "docm": "docx",
    "dot": "docx",
    "ppt": "pptx",
    "pps": "pptx",
    "xlsm": "xlsx",
    "xlsb": "xlsx",
}
# Separators, dots and percent signs in other dress: NFKC makes `．．／` of full-width characters into `../`.
_ENCODED = re.compile(r"%(?:2e|2f|5c|00|25)", re.IGNORECASE)
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_SCRIPTS = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE")  # whose letters pass for each other's


class NotADocument(Invalid):
    """The object key is not `documents/{merchant_id}/{path}`, or the event about it makes no sense."""


class DocumentNotFound(NotFound):
    """This merchant has no such document."""


@dataclass(frozen=True, slots=True)
class Document:
    """What a merchant sees of one document. `chunks`, `version` and `searchable_at` are of what can be found now; the
    other times, `sequencer` and `passages` are of the newest arrival, `unread_pages` of the newest that was read.
    `reason_code` is the name of the failure."""

    id: str
    title: str
    source_key: str
    media_type: str
    status: Status
    reason: str | None
    chunks: int
    masked: int
    bytes: int
    version: int
    updated_at: datetime
    reason_code: str | None = None
    sequencer: str = "0"
    passages: int = 0
    unread_pages: int = 0
    received_at: datetime | None = None
    parsed_at: datetime | None = None
    embedded_at: datetime | None = None
    searchable_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Some documents, and where the next page starts (None: there is none)."""

    documents: tuple[Document, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Arrival:
    """One event of one object, as S3 told it."""

    key: str
    sequencer: str
    size: int = 0

    def __post_init__(self) -> None:
        if not _SEQUENCER.fullmatch(self.sequencer):
            raise NotADocument("An S3 sequencer is 1 to 64 hexadecimal digits.")

    @property
    def document_id(self) -> str:
        return document_id(self.key)


def document_id(key: str) -> str:
    """Stable for an object key, so that a new version of a file is a new version of the document."""
    digest = base64.b32encode(hashlib.sha256(key.encode()).digest()).decode()
    return "d-" + digest[:20].lower()


def is_document_id(text: str) -> bool:
    """Could it be one that `document_id` gave?"""
    return _ID.fullmatch(text) is not None


def tenant_of(key: str) -> Tenant:
    """Whose drop it is: the second segment of its key, which only that merchant's credentials can write."""
    parts = key.split("/", 2)
    if len(parts) != 3 or parts[0] != "documents" or not parts[2] or len(key.encode()) > _MAX_KEY:
        raise NotADocument("A document's key is documents/{merchant_id}/{path}.")
    return Tenant(parts[1])


def format_of(key: str) -> Format:
    """By the file's ending: content types are whatever the uploading program felt like."""
    ending = PurePosixPath(key).suffix.removeprefix(".").lower()
    if ending in _NEWER:
        raise UnsupportedFormat(f"We do not read .{ending} files. Save it as .{_NEWER[ending]} and upload that.")
    if ending not in _FORMATS:
        raise UnsupportedFormat(
            "We read PDF, Word, Excel, PowerPoint, OpenDocument, RTF, e-mail, HTML, Markdown, text, CSV, JSON and XML. "
            "Save the file as one of these, with its ending."
        )
    return _FORMATS[ending]


def check_name(key: str) -> None:
    """Refuse a name that reads as another place or as another name. Whose file it is was never taken from the name:
    this keeps it from fooling whoever reads it, a person or a program further on."""
    name = key.split("/", 2)[-1]
    plain = unicodedata.normalize("NFKC", name)
    parts = plain.replace("\\", "/").split("/")
    if any(part.strip(" ") in (".", "..", "") for part in parts) or _ENCODED.search(plain):
        raise UnsafeName("This file's name has `..`, an empty folder or an encoded character in it. Rename the file.")
    if any(unicodedata.category(character) in _INVISIBLE for character in name):
        raise UnsafeName("This file's name has invisible characters in it. Rename the file.")
    if plain.count("/") != name.count("/") or plain.count(".") != name.count(".") or "\\" in name:
        raise UnsafeName("This file's name has look-alikes of a dot or a slash in it. Rename the file.")
    if any(len(_scripts(word)) > 1 for word in re.findall(r"[^\W\d_]+", name)):
        raise UnsafeName("This file's name mixes look-alike letters of two alphabets in one word. Rename the file.")


def _scripts(word: str) -> set[str]:
    return {script for letter in word for script in _SCRIPTS if unicodedata.name(letter, "").startswith(script)}


def is_personal(name: str) -> bool:
    """Does a file's name, folders before it included, hold personal data? It would be told to everyone who asks."""
    return shown_key(name) != name


def shown_key(key: str) -> str:
    """A key with what is personal masked. The ending is looked at apart: `.md` is no country here."""
    # Imported here and not above: the numbering plans of the world are slow to read, and readers of files need none.
    from shopwright.privacy import redact

    ending = PurePosixPath(key).suffix
    ending = ending if ending.removeprefix(".").lower() in _FORMATS else ""
    body = key[: len(key) - len(ending)]
    parts = "/".join(redact.mask(part).text for part in body.split("/"))
    return redact.mask(parts).text + ending


def media_type_of(key: str) -> str:
    """The media type to show; unknown endings are plain bytes."""
    ending = PurePosixPath(key).suffix.removeprefix(".").lower()
    return _FORMATS[ending].value if ending in _FORMATS else "application/octet-stream"


def check_size(size: int) -> None:
    """Refuse before a byte is read."""
    if size == 0:
        raise EmptyFile("This file is empty. Upload one with text in it.")
    if size > MAX_BYTES:
        raise FileTooLarge(
            f"This file has {size / 1024 / 1024:.0f} MB; 20 MB is the most. Split it into smaller files."
        )
