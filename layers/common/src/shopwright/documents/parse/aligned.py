"""Tables in pages that know no tables, only words and where they stand: changes when we tell a table in another way.

Lines of several cells, one below the other, whose cells stand in columns, are a table. What is not sure to be one stays
the text that it was, in its order: no word is lost or told twice but a table's header.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

MAX_FRAGMENTS = 20_000  # of a page: beyond, it is read as text
_SAME_LINE = 2.0  # points
_WIDE, _NARROW = 0.6, 0.4  # of its size, that a letter takes: at most and at least, as a rule
_FARTHEST = 5.0  # sizes between two rows
_FEWEST_ROWS = 3
_MOST_COLUMNS = 100
_LONGEST = 40  # letters in a cell, on average: columns of prose are no table
_FULL = 0.5  # of a table's cells
_DROPPED = 3  # lines at an end that may belong to something else

Rows = list[list[str]]


@dataclass(frozen=True, slots=True)
class Fragment:
    """Some letters of a page, in the order of the file. `y` grows upwards."""

    x: float
    y: float
    size: float
    text: str


@dataclass(slots=True)
class _Cell:
    x: float
    size: float
    parts: list[str] = field(default_factory=list)
    letters: int = 0

    def add(self, text: str) -> None:
        self.parts.append(text)
        self.letters += len(text)

    @property
    def text(self) -> str:
        return "".join(self.parts)

    @property
    def end(self) -> float:
        return self.x + _NARROW * self.size * self.letters

    def goes_on_at(self, x: float) -> bool:
        """Is this the next word of the same cell? Without the widths of letters, a gap is one that is surely wide."""
        gap = x - self.x - _WIDE * self.size * self.letters
        return x <= self.x or gap <= (0 if self.parts[-1].endswith("\n") else self.size)


@dataclass(slots=True)
class _Line:
    y: float
    size: float
    parts: list[str] = field(default_factory=list)
    cells: list[_Cell] = field(default_factory=list)

    def takes(self, fragment: Fragment) -> bool:
        return abs(fragment.y - self.y) <= _SAME_LINE and fragment.x >= self.cells[-1].x

    def add(self, fragment: Fragment) -> None:
        self.parts.append(fragment.text)
        if not (self.cells and self.cells[-1].goes_on_at(fragment.x)):
            self.cells.append(_Cell(fragment.x, fragment.size))
        self.cells[-1].add(fragment.text)


def pieces(fragments: Sequence[Fragment]) -> Iterator[str | Rows]:
    """A page in its order: text as it is, and tables as rows of as many cells as there are columns."""
    lines = _lines(fragments)
    text: list[str] = []
    at = 0
    while at < len(lines):
        run = _run(lines, at)
        found = _table(lines[at:run]) if run - at >= _FEWEST_ROWS else None
        if found is None:
            text += _said(lines[at:run])
        else:
            first, last, rows = found
            yield "".join((*text, *_said(lines[at : at + first])))
            yield rows
            text = _said(lines[at + last : run])
        at = run
    yield "".join(text)


def _said(lines: Sequence[_Line]) -> list[str]:
    return [part for line in lines for part in line.parts]


def _lines(fragments: Sequence[Fragment]) -> list[_Line]:
    lines: list[_Line] = []
    for fragment in fragments:
        if not fragment.text.strip():
            if lines:  # where a blank stands says nothing
                lines[-1].parts.append(fragment.text)
                lines[-1].cells[-1].parts.append(fragment.text)
            continue
        if not lines or not lines[-1].takes(fragment):
            lines.append(_Line(fragment.y, fragment.size))
        lines[-1].add(fragment)
    return lines


def _run(lines: Sequence[_Line], at: int) -> int:
    """Where the lines end that have several cells each and go down the page, row by row."""
    last = at + 1
    if len(lines[at].cells) > 1:
        while last < len(lines) and len(lines[last].cells) > 1:
            if not 0 < lines[last - 1].y - lines[last].y <= _FARTHEST * max(lines[at].size, 1.0):
                break
            last += 1
    return last


def _table(lines: Sequence[_Line]) -> tuple[int, int, Rows] | None:
    """The longest stretch of the lines that is a table, but for a few at either end: from, to, and its rows."""
    shares = [(first, len(lines) - end) for first in range(_DROPPED + 1) for end in range(_DROPPED + 1)]
    for first, last in sorted(shares, key=lambda share: share[0] - share[1]):
        if last - first >= _FEWEST_ROWS and (rows := _rows(lines[first:last])):
            return first, last, rows
    return None


def _rows(lines: Sequence[_Line]) -> Rows | None:
    starts = _columns(lines)
    if not 1 < len(starts) <= _MOST_COLUMNS:
        return None
    rows: Rows = []
    for line in lines:
        row = [""] * len(starts)
        for cell in line.cells:
            column = bisect_right(starts, cell.x) - 1
            if row[column]:
                return None  # two cells in one column
            row[column] = cell.text
        rows.append(row)
    said = [" ".join(cell.split()) for row in rows for cell in row if cell.strip()]
    full = len(said) >= _FULL * len(rows) * len(starts)
    short = sum(map(len, said)) <= _LONGEST * len(said)
    return rows if full and short else None


def _columns(lines: Sequence[_Line]) -> list[float]:
    """Where columns begin: cells that stand above one another, wherever within it, are of one."""
    spans = sorted((cell.x, cell.end) for line in lines for cell in line.cells)
    ends = [spans[0][1]]
    for _, end in spans[1:]:
        ends.append(max(ends[-1], end))
    return [spans[0][0], *(span[0] for (span, end) in zip(spans[1:], ends, strict=False) if span[0] > end)]
