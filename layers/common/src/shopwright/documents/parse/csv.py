"""Tables of text to blocks, one for each row: changes when merchants' spreadsheets are exported in another way."""

import csv
import re
from collections import Counter
from collections.abc import Iterator

from shopwright.documents.parse.block import Block, Parsed, squeeze
from shopwright.documents.parse.rows import called, is_a_thing, spoken
from shopwright.documents.rejected import BrokenTable, NoText

_DELIMITERS = ",;\t|"
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r|\Z)")
_PADDED = re.compile(r'" +(?=[,;|\t\r\n])')  # columns lined up by hand: blanks between a quotation mark and the comma
_SAMPLE_ROWS = 50
_MAX_COLUMNS = 500
_MAX_FIELD = 1024 * 1024
_LOOKS_LIKE_DATA = re.compile(r"-?[\d ,.'’%€$£]*\d[\d ,.'’%€$£]*")


def parse(text: str) -> Parsed:
    """Each row as its headers and values. The delimiter is the one of comma, semicolon, tab and bar that fits best."""
    delimiter = _delimiter(text)
    rows = _rows(text, delimiter)
    first = next(rows, None)
    if first is None:
        raise NoText("This table has no rows. Upload one with a header and at least one row.")
    cells, start, end = first
    headers = [squeeze(cell) for cell in cells]
    if len(headers) > _MAX_COLUMNS:
        raise BrokenTable(f"This table has {len(headers)} columns; {_MAX_COLUMNS} is the most.")
    blocks: list[Block] = []
    if any(_LOOKS_LIKE_DATA.fullmatch(name) for name in headers if name):
        headers = [f"column {n}" for n in range(1, len(cells) + 1)]
        blocks.extend(_block(headers, cells, start, end))
    for cells, start, end in rows:
        blocks.extend(_block(headers, cells, start, end))
    if not blocks:
        raise NoText("This table has a header and no rows. Upload one with at least one row below the header.")
    return Parsed("", tuple(blocks))


def _block(headers: list[str], cells: list[str], start: int, end: int) -> Iterator[Block]:
    names = headers + [f"column {n}" for n in range(len(headers) + 1, len(cells) + 1)]
    fields = [(name, squeeze(cell)) for name, cell in zip(names, cells, strict=False)]
    words = spoken(fields)
    if words:
        name = called(fields)
        yield Block((name,) if name else (), words, start, end, whole=True, row=not is_a_thing(fields))


class _Lines:
    """The lines of a text, remembering how many characters have been handed out: the reader takes as many as a row
    needs, and that is where the row ends."""

    def __init__(self, text: str) -> None:
        self._found = _LINE.finditer(text)
        self.handed_out = 0

    def __iter__(self) -> Iterator[str]:
        for match in self._found:
            if match[0]:
                self.handed_out = match.end()
                yield _PADDED.sub('"', match[0])


def _rows(text: str, delimiter: str, *, limit: int | None = None) -> Iterator[tuple[list[str], int, int]]:
    csv.field_size_limit(_MAX_FIELD)
    lines = _Lines(text)
    start = count = 0
    reader = csv.reader(iter(lines), delimiter=delimiter, strict=True, skipinitialspace=True)
    try:
        for cells in reader:
            end = lines.handed_out
            if any(cell.strip() for cell in cells):
                said = text[start:end]
                yield cells, start + len(said) - len(said.lstrip()), start + len(said.rstrip())
                count += 1
                if limit is not None and count >= limit:
                    return
            start = end
    except csv.Error as error:
        # The parser's own words may quote the file.
        if str(error).startswith("field larger"):
            raise BrokenTable(
                f"Row {count + 1} of this table has a cell of more than {_MAX_FIELD:,} characters. Shorten it, or "
                "close the quotation mark that it begins with."
            ) from None
        raise BrokenTable(
            f"Row {count + 1} of this table cannot be read: a quotation mark is not closed, or stands in mid-value "
            "without being doubled. Export it again as CSV."
        ) from None


def _delimiter(text: str) -> str:
    """The delimiter whose rows agree most in how many columns they have."""
    best, best_score = ",", (0.0, 0)
    broken: BrokenTable | None = None
    for delimiter in _DELIMITERS:
        try:
            widths = Counter(len(cells) for cells, _, _ in _rows(text, delimiter, limit=_SAMPLE_ROWS))
        except BrokenTable as error:
            broken = broken or error
            continue
        wide = Counter({width: count for width, count in widths.items() if width > 1})
        if wide:
            width, agreeing = wide.most_common(1)[0]
            score = (agreeing / widths.total(), width)
            if score > best_score:
                best, best_score = delimiter, score
    if best_score == (0.0, 0) and broken is not None:
        raise broken
    return best
