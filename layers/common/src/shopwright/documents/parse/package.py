"""ZIP packages, which most Office files are: changes when we bound another thing about them.

What a package says of itself is looked at before any part of it is unpacked, and no part gives more than it said.
"""

import io
import posixpath
import re
import zipfile
import zlib

from shopwright.documents.parse import elements
from shopwright.documents.parse.elements import Element
from shopwright.documents.rejected import (
    BrokenFile,
    BrokenXml,
    EncryptedFile,
    ExpandsTooMuch,
    Mislabelled,
    TooManyParts,
)

MAX_PARTS = 5_000
MAX_RATIO = 100
MAX_UNPACKED = 200 * 1024 * 1024
MAX_PART = 64 * 1024 * 1024  # of what is read as XML
_SMALL = 1024 * 1024  # what is this small when unpacked is no bomb, however small it was packed
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"

_MARKS = (  # how what is not by Microsoft says what it is; what to call it, and its ending where we read it
    ("application/vnd.oasis.opendocument.text", "OpenDocument text", ".odt"),
    ("application/vnd.oasis.opendocument.spreadsheet", "OpenDocument spreadsheet", ".ods"),
    ("application/vnd.oasis.opendocument.presentation", "OpenDocument presentation", ""),
    ("application/vnd.oasis.opendocument.graphics", "OpenDocument drawing", ""),
    ("application/epub+zip", "e-book", ""),
)
_MAIN = re.compile(
    rb"(wordprocessingml|ms-word|spreadsheetml|ms-excel|presentationml|ms-powerpoint)\.[\w.-]{1,60}\.main\b"
)
_FAMILIES = {
    **dict.fromkeys((b"wordprocessingml", b"ms-word"), "Word document"),
    **dict.fromkeys((b"spreadsheetml", b"ms-excel"), "spreadsheet"),
    **dict.fromkeys((b"presentationml", b"ms-powerpoint"), "presentation"),
}
_FOLDERS = (("word/", "Word document"), ("xl/", "spreadsheet"), ("ppt/", "presentation"))
_ENDINGS = {
    "Word document": ".docx",
    "spreadsheet": ".xlsx",
    "presentation": ".pptx",
    **{name: ending for _, name, ending in _MARKS if ending},
}


def _another(found: str, kind: str) -> str:
    article = "an" if found[0] in "Oe" else "a"
    ending = _ENDINGS.get(found)
    todo = f"Give it the ending {ending}" if ending else "Save it as PDF"
    return f"This file is {article} {found} and no {kind}. {todo}, and upload that."


class Package:
    """The parts of a package by their names. `kind` is what to call it to the merchant."""

    def __init__(self, data: bytes, kind: str) -> None:
        self._kind = kind
        if data.startswith(_OLD_OFFICE):
            raise EncryptedFile(
                f"This {kind} is protected by a password, or of the format before 2007. Save it without a password, "
                "in today's format."
            )
        if not data.startswith(b"PK"):
            raise Mislabelled(f"This file is no {kind}, though its ending says so. Save it again in that format.")
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError):
            raise self._broken() from None
        parts = self._zip.infolist()
        if len(parts) > MAX_PARTS:
            raise TooManyParts(f"This {kind} has {len(parts):,} parts; {MAX_PARTS:,} is the most. Save it again.")
        unpacked = sum(part.file_size for part in parts)
        if unpacked > MAX_UNPACKED or (unpacked > _SMALL and unpacked > MAX_RATIO * len(data)):
            raise ExpandsTooMuch(
                f"This {kind} unpacks to {unpacked / 1024 / 1024:,.0f} MB from {len(data) / 1024 / 1024:,.1f} MB. "
                "Split it, or save it again."
            )
        if any(part.flag_bits & 1 for part in parts):
            raise EncryptedFile(f"This {kind} is protected by a password. Save it without one.")
        self._names = {part.filename.lstrip("/").lower(): part for part in parts}
        found = self._kinds()
        if found and kind in _ENDINGS and kind not in found:
            raise Mislabelled(_another(found[0], kind))

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._names

    def below(self, folder: str) -> tuple[str, ...]:
        """The names of the parts below a folder, in small letters."""
        return tuple(name for name in self._names if name.startswith(folder.lower()))

    def read(self, name: str) -> bytes:
        """A part; BrokenFile when it is not there or does not unpack."""
        part = self._names.get(name.lower())
        if part is None:
            raise self._broken()
        if part.file_size > MAX_PART:
            raise ExpandsTooMuch(f"A part of this {self._kind} is larger than 64 MB. Split it into smaller files.")
        try:
            return self._zip.read(part)
        except (zipfile.BadZipFile, zlib.error, ValueError, OSError, EOFError, NotImplementedError, RuntimeError):
            raise self._broken() from None

    def element(self, name: str) -> Element:
        """A part that is XML."""
        try:
            return elements.read(self.read(name))
        except BrokenXml:
            raise self._broken() from None

    def relations(self, part: str) -> dict[str, tuple[str, str]]:
        """What a part refers to within the package: kind and name by id. The package's own are those of part ``."""
        folder, _, name = part.rpartition("/")
        rels = posixpath.join(folder, "_rels", f"{name}.rels")
        if rels not in self:
            return {}
        return {
            one.get("Id"): (
                one.get("Type").rpartition("/")[2],
                posixpath.normpath(posixpath.join("/", folder, one.get("Target"))).lstrip("/"),
            )
            for one in self.element(rels)
            if one.get("TargetMode") != "External"
        }

    def beside(self, part: str, kind: str) -> str:
        """The first part of a kind that a part refers to; empty when there is none."""
        return next((name for found, name in self.relations(part).values() if found == kind and name in self), "")

    def _kinds(self) -> tuple[str, ...]:
        """What it says that it is, or else what its folders are called after; nothing, when neither tells."""
        said = self._said("mimetype").decode("ascii", "replace").strip()
        if said:
            return tuple(name for mark, name, _ in _MARKS if said.startswith(mark))
        main = _MAIN.findall(self._said("[content_types].xml"))
        if main:
            return tuple(dict.fromkeys(_FAMILIES[one] for one in main))
        return tuple(name for folder, name in _FOLDERS if self.below(folder))

    def _said(self, name: str) -> bytes:
        """A small part; nothing, when it is not there or cannot be read: other parts may be."""
        part = self._names.get(name)
        if part is None or part.file_size > _SMALL:
            return b""
        try:
            return self.read(name)
        except BrokenFile:
            return b""

    def _broken(self) -> BrokenFile:
        return BrokenFile(f"This {self._kind} is damaged or incomplete. Open it, save it again, and upload that.")
