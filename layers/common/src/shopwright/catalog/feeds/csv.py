"""Product feeds in tables of text: changes when shops export their catalogs as CSV or TSV in another way."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace

from shopwright.catalog.columns import column
from shopwright.catalog.feeds.build import Record, build
from shopwright.catalog.product import Feed, Place

_DELIMITERS = ",;\t|"
_MAX_FIELD = 1024 * 1024
_HEADER = {"title", "price"}
_NAMED = {"id", "group", "sku"}


def read(text: str) -> Feed | None:
    """Each row as a product or a variant of the one above it; None when the header is no product feed's."""
    delimiter = _delimiter(text)
    if delimiter is None:
        return None
    rows = _rows(text, delimiter)
    try:
        _, header, first, last = next(rows)
        labels = [cell.strip() for cell in header]
        records = [
            Record(
                number,
                tuple((label, cell.strip()) for label, cell in zip(labels, cells, strict=False) if label),
                start,
                end,
            )
            for number, cells, start, end in rows
        ]
    except csv.Error:
        return Feed((), ())  # that it is one the header says; what is wrong with it, the reader of tables
    if not records:
        return None
    feed = build(records)
    return replace(feed, withheld=(Place(first, last), *feed.withheld))


def _delimiter(text: str) -> str | None:
    """The delimiter under which the header names products; None: it does under none."""
    best, most = None, 0
    for delimiter in _DELIMITERS:
        try:
            _, header, _, _ = next(_rows(text, delimiter))
        except (StopIteration, csv.Error):
            continue
        roles = {column(cell).role for cell in header}
        priced = "price" in roles or "price_cents" in roles
        known = len(roles - {None})
        if priced and "title" in roles and roles & _NAMED and known > most:
            best, most = delimiter, known
    return best


class _Lines:
    """The lines of a text as they are, parted at \\r, \\n and \\r\\n alone; it counts the characters handed out."""

    def __init__(self, text: str) -> None:
        self._lines = io.StringIO(text, newline="")
        self.handed_out = 0

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self.handed_out += len(line)
            yield line


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str], int, int]]:
    """Rows that hold anything: number (the first is 1), cells, and where they start and end in the text."""
    csv.field_size_limit(_MAX_FIELD)
    lines = _Lines(text)
    reader = csv.reader(iter(lines), delimiter=delimiter, skipinitialspace=True)  # blanks after a quote are no fault
    start = 0
    for number, cells in enumerate(reader, start=1):
        end = lines.handed_out
        if any(cell.strip() for cell in cells):
            yield number, cells, start, end
        start = end
