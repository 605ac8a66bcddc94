"""Spreadsheets to blocks, one for each row: changes when its reader gives cells in another way.

A cell is what it showed when the file was saved. No formula is read, and so none is run.
"""

import io
import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from shopwright.documents.parse.block import Extract, Parsed, heading
from shopwright.documents.parse.package import Package
from shopwright.documents.parse.tables import told
from shopwright.documents.rejected import BrokenFile, EncryptedFile, NoText, TooManyPages, TooMuchMemory

MAX_SHEETS = 200
MAX_CELLS = 5_000_000  # of a sheet, empty ones among them: some 160 MB when it is laid out
_CELL = re.compile(rb"""\br\s*=\s*["'](?P<column>[A-Za-z]*)(?P<row>[0-9]+)["']""")  # of a cell, or of a row
_LETTERS, _FIGURES = 3, 7  # XFD1048576 is the last place that a spreadsheet has
_DAMAGED = "This spreadsheet is damaged or incomplete. Open it, save it again, and upload that."


def parse(data: bytes) -> Parsed:
    """Each row as its headers and values, sheet by sheet. Hidden sheets stay hidden."""
    _bounded(Package(data, "spreadsheet"))  # what it says of its size, before anything is unpacked or laid out
    extract = Extract()
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            sheets = [
                sheet.name
                for sheet in book.sheets_metadata
                if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
            ]
            if len(sheets) > MAX_SHEETS:
                raise TooManyPages(f"This spreadsheet has more than {MAX_SHEETS} sheets. Split it into smaller files.")
            for name in sheets:
                path = (heading(name),) if len(sheets) > 1 else ()
                for one in told(_rows(book, name)):
                    extract.add((*path, one.name) if one.name else path, one.words, whole=one.whole, row=one.row)
    except PasswordError:
        raise EncryptedFile("This spreadsheet is protected by a password. Save it without one.") from None
    except (CalamineError, OSError, ValueError):
        raise BrokenFile(_DAMAGED) from None
    if not extract.blocks:
        raise NoText("This spreadsheet holds no values. Upload one with at least one row.")
    return Parsed("", tuple(extract.blocks))


def _bounded(package: Package) -> None:
    """The reader lays a sheet out whole, from its first cell to its last: one far away would take all the memory."""
    for name in package.below(""):  # a sheet may stand under any name
        rows, columns = 0, 0
        for cell in _CELL.finditer(package.read(name)):
            if len(cell["column"]) > _LETTERS or len(cell["row"]) > _FIGURES:
                rows = columns = MAX_CELLS
                break
            columns = max(columns, 1, _column(cell["column"]))
            rows = max(rows, int(cell["row"]))
        if rows * columns > MAX_CELLS:
            raise TooMuchMemory(
                "A cell of this spreadsheet stands far away from the others, or there are too many of them. Delete the "
                "empty rows and columns, or split it into smaller files."
            )


def _column(letters: bytes) -> int:
    """A is 1, Z 26, AA 27."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _rows(book: CalamineWorkbook, name: str) -> Iterator[list[str]]:
    for row in book.get_sheet_by_name(name).iter_rows():
        cells = [_shown(cell) for cell in row]
        while cells and not cells[-1]:
            cells.pop()
        yield cells


def _shown(cell: object) -> str:
    match cell:
        case bool():
            return "yes" if cell else "no"
        case float():
            return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
        case datetime():
            midnight = cell.time() == time()
            return cell.date().isoformat() if midnight else cell.isoformat(" ", "minutes")
        case date() | time() | timedelta() | int() | str():
            return str(cell)
        case _:
            return ""
