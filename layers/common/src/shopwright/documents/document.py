"""What a document is to the shop: changes when its life does."""

import base64
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import PurePosixPath

from shopwright.documents.rejected import EmptyFile, FileTooLarge, UnsupportedFormat
from shopwright.errors import Invalid, NotFound
from shopwright.privacy import redact
from shopwright.tenancy.tenant import Tenant

# Grows with every change to parsing, cutting, masking or embedding that should reach documents taken in before it.
PIPELINE = "1"
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

    HTML = "text/html"
    MARKDOWN = "text/markdown"
    TEXT = "text/plain"
    CSV = "text/csv"
    JSON = "application/json"


_FORMATS = {
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
}


class NotADocument(Invalid):
    """The object key is not `documents/{merchant_id}/{path}`, or the event about it makes no sense."""


class DocumentNotFound(NotFound):
    """This merchant has no such document."""


@dataclass(frozen=True, slots=True)
class Document:
    """What a merchant sees of one document. `chunks` and `version` are those that are searchable now."""

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
    if ending not in _FORMATS:
        raise UnsupportedFormat(
            "We read HTML, Markdown, text, CSV and JSON. Save the file as one of these, with its ending."
        )
    return _FORMATS[ending]


def is_personal(name: str) -> bool:
    """Does a file's name, folders before it included, hold personal data? It would be told to everyone who asks."""
    return shown_key(name) != name


def shown_key(key: str) -> str:
    """A key with what is personal masked. The ending is looked at apart: `.md` is no country here."""
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
