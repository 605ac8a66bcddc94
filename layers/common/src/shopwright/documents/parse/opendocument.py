"""OpenDocument texts and spreadsheets to blocks: changes when what writes this format marks up text in another way."""

from shopwright.documents.parse.block import Extract, Parsed, heading, squeeze
from shopwright.documents.parse.elements import Element
from shopwright.documents.parse.package import Package
from shopwright.documents.parse.tables import told
from shopwright.documents.parse.text import questions
from shopwright.documents.rejected import BrokenFile, EncryptedFile, NoText, TooManyPages

MAX_SHEETS = 200
_UNSEEN = frozenset({"annotation", "tracked-changes", "note-citation", "sequence-decls", "forms"})
_WIDE = 64  # a cell may say that it is repeated a thousand times; empty ones do


def parse(data: bytes) -> Parsed:
    """Paragraphs, list items and table rows, each under its headings."""
    reader = _Reader()
    reader.into(_body(data, "OpenDocument text"))
    if not reader.extract.blocks:
        raise NoText("This OpenDocument text holds no text. Upload one with text in it.")
    return Parsed(reader.title, tuple(questions(reader.extract.blocks)))


def parse_sheets(data: bytes) -> Parsed:
    """Each row as its headers and values, sheet by sheet; a cell is what it showed when the file was saved."""
    extract = Extract()
    sheets = list(_body(data, "OpenDocument spreadsheet").every("table"))
    if len(sheets) > MAX_SHEETS:
        raise TooManyPages(f"This spreadsheet has more than {MAX_SHEETS} sheets. Split it into smaller files.")
    for sheet in sheets:
        path = (heading(sheet.get("name")),) if len(sheets) > 1 and sheet.get("name") else ()
        for one in told(_row(row) for row in sheet.every("table-row")):
            extract.add((*path, one.name) if one.name else path, one.words, whole=one.whole, row=one.row)
    if not extract.blocks:
        raise NoText("This spreadsheet holds no values. Upload one with at least one row.")
    return Parsed("", tuple(extract.blocks))


def _body(data: bytes, kind: str) -> Element:
    package = Package(data, kind)
    if "META-INF/manifest.xml" in package and b"encryption-data" in package.read("META-INF/manifest.xml"):
        raise EncryptedFile(f"This {kind} is protected by a password. Save it without one.")
    body = next(package.element("content.xml").every("body"), None)
    if body is None:
        raise BrokenFile(f"This {kind} is damaged or incomplete. Open it, save it again, and upload that.")
    return body


class _Reader:
    def __init__(self) -> None:
        self._path: list[tuple[int, str]] = []
        self.extract = Extract()
        self.title = ""

    def into(self, element: Element) -> None:
        path = tuple(name for _, name in self._path)
        for child in element:
            match child.name:
                case "h":
                    said = child.get("outline-level")
                    self._enter(int(said) if said.isdigit() else 1, heading(_said(child)))
                    path = tuple(name for _, name in self._path)
                case "p":
                    self.extract.add(path, squeeze(_said(child)))
                case "table":
                    rows = [_row(row) for row in child.every("table-row")]
                    for one in told(rows):
                        self.extract.add(
                            (*path, one.name) if one.name else path, one.words, whole=one.whole, row=one.row
                        )
                case name if name not in _UNSEEN:
                    self.into(child)
                    path = tuple(name for _, name in self._path)
                case _:
                    pass

    def _enter(self, level: int, title: str) -> None:
        if title:
            self.title = self.title or title
            self._path = [(above, name) for above, name in self._path if above < level] + [(level, title)]


def _row(row: Element) -> list[str]:
    cells: list[str] = []
    for cell in row:
        if cell.name in ("table-cell", "covered-table-cell"):
            said = squeeze(" ".join(_said(one) for one in cell.every("p", "h")))
            times = cell.get("number-columns-repeated")
            cells += [said] * (min(int(times), _WIDE) if times.isdigit() and said else 1)
    return cells[: _WIDE * 8]


def _said(element: Element) -> str:
    parts: list[str] = []
    for child in element.children:
        if isinstance(child, str):
            parts.append(child)
        elif child.name in ("s", "tab", "line-break"):
            parts.append(" ")
        elif child.name not in _UNSEEN:
            parts.append(_said(child))
    return "".join(parts)
