"""Rows of cells to blocks, for formats that know tables: changes when we tell a table's header in another way."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from shopwright.documents.parse.block import squeeze
from shopwright.documents.parse.rows import called, is_a_thing, spoken

_LOOKS_LIKE_DATA = re.compile(r"-?[\d ,.'’%€$£]*\d[\d ,.'’%€$£]*")


@dataclass(frozen=True, slots=True)
class Told:
    """What to call a row, its words, and how they stand among others, as a Block's do."""

    name: str
    words: str
    whole: bool = False
    row: bool = False


def told(rows: Iterable[list[str]], *, header: bool | None = None) -> Iterator[Told]:
    """Each row, in its order.

    The header is the first row that fills as many columns as the table has, or nearly; what stands above it is prose.
    A row that looks like figures is no header. `header` says so where the file itself does.
    """
    kept = [[squeeze(cell) for cell in row] for row in rows]
    kept = [row for row in kept if any(row)]
    if not kept:
        return
    first = _header(kept) if header is None else (0 if header else None)
    if first is None or first + 1 >= len(kept):
        for row in kept:
            yield Told("", "; ".join(_once(row)))
        return
    for row in kept[:first]:
        yield Told("", "; ".join(_once(row)))
    names = kept[first]
    for row in kept[first + 1 :]:
        wide = names + [f"column {n}" for n in range(len(names) + 1, len(row) + 1)]
        fields = list(zip(wide, row, strict=False))
        yield Told(called(fields), spoken(fields), whole=True, row=not is_a_thing(fields))


def _header(rows: list[list[str]]) -> int | None:
    """Where among the first rows the header is."""
    filled = [sum(1 for cell in row if cell) for row in rows[:20]]
    widest = max(filled)
    if widest < 2:
        return None
    for number, row in enumerate(rows[:20]):
        if filled[number] * 3 >= widest * 2 and filled[number] > 1:
            return None if any(_LOOKS_LIKE_DATA.fullmatch(cell) for cell in row if cell) else number
    return None


def _once(row: list[str]) -> list[str]:
    """A merged cell says the same in each column: it is said once."""
    return [cell for before, cell in zip(["", *row], row, strict=False) if cell and cell != before]
