"""Tables in PDFs come out as rows with their headers; what only looks like one stays the text that it was."""

import time
import zlib
from collections.abc import Iterable

import pytest
from shopwright.documents.parse import pdf
from shopwright.documents.parse.aligned import Fragment, pieces

from tests.unit.shopwright.documents.samples import pdf_of, stream

Placed = tuple[float, float, str]
HEADER = ["Article", "Price", "Ready in"]
GOODS = [["Tent for two", "129.00 EUR", "3 days"], ["Stove", "", "1 day"], ["Sleeping bag", "89.50 EUR", "2 weeks"]]
LEFTS = (72.0, 250.0, 400.0)


def page(placed: Iterable[Placed]) -> bytes:
    """A page with each text at its place."""
    shown = " ".join(f"BT /F1 10 Tf {x} {y} Td ({text}) Tj ET" for x, y, text in placed)
    return pdf_of(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [4 0 R] /Count 1 >>",
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> "
            b"/Contents 5 0 R >>",
            stream(zlib.compress(shown.encode("cp1252")), b"/Filter /FlateDecode"),
        ]
    )


def table(rows: list[list[str]], lefts: tuple[float, ...] = LEFTS, top: float = 700) -> list[Placed]:
    return [
        (left, top - 20 * number, cell)
        for number, row in enumerate(rows)
        for left, cell in zip(lefts, row, strict=True)
        if cell
    ]


def word_by_word(placed: Iterable[Placed]) -> list[Placed]:
    found = []
    for left, y, text in placed:
        at = left
        for word in text.split():
            found.append((at, y, word))
            at += 5.9 * len(word) + 2.8  # a little wider than Helvetica's letters are
    return found


def right_aligned(placed: Iterable[Placed]) -> list[Placed]:
    return [(x if x == LEFTS[0] else x + 100 - 5 * len(text), y, text) for x, y, text in placed]


def said(placed: Iterable[Placed]) -> list[str]:
    return [block.text for block in pdf.parse(page(placed)).blocks]


@pytest.mark.parametrize("as_written", [list, word_by_word, right_aligned])
def test_a_table_is_read_row_by_row_with_its_headers(as_written: type[list[Placed]]) -> None:
    rows = as_written(table([HEADER, *GOODS]))

    assert said([(72, 740, "Price list"), *rows, (72, 600, "All prices with tax.")]) == [
        "Price list",
        "Article: Tent for two; Price: 129.00 EUR; Ready in: 3 days",
        "Article: Stove; Ready in: 1 day",
        "Article: Sleeping bag; Price: 89.50 EUR; Ready in: 2 weeks",
        "All prices with tax.",
    ]


def test_a_row_of_two_cells_keeps_them_together_without_a_header() -> None:
    rows = [["Total", "89.50 EUR"], ["Delivery", "4.90 EUR"], ["Tax", "15.07 EUR"], ["Paid by", "invoice"]]

    assert said(table(rows, (72.0, 300.0))) == [
        "Total; 89.50 EUR",
        "Delivery; 4.90 EUR",
        "Tax; 15.07 EUR",
        "Paid by; invoice",
    ]


def test_two_columns_of_prose_stay_prose_in_the_order_of_the_file() -> None:
    left = "We send your parcel as soon as it is packed and"
    right = "You may send it back within a month of its coming"
    placed = [(x, 700 - 12 * n, f"{text} {n}") for n in range(6) for x, text in ((50.0, left), (320.0, right))]

    [told] = said(placed)
    assert told.split() == " ".join(text for _, _, text in placed).split()


def test_cells_that_stand_in_no_columns_stay_text() -> None:
    placed = [
        (72.0 + 37 * (n % 5) + 90 * column, 700 - 20 * n, f"word{n}{column}") for n in range(6) for column in (0, 1)
    ]

    assert " ".join(said(placed)).split() == [text for _, _, text in placed]


def test_no_word_of_a_page_is_lost_where_a_table_ends_and_text_begins() -> None:
    rows = table([["Opening hours", "of our", "shops"], HEADER, *GOODS, ["Prices as of", "May,", "with tax"]])
    words = " ".join(said([*rows, (72, 500, "See page 2")])).replace(";", "").replace(":", "").split()

    assert {word.strip(":") for _, _, text in rows for word in text.replace(":", "").split()} <= set(words)


@pytest.mark.parametrize(
    "fragments",
    [
        [Fragment(float(n), 700.0, 1.0, "w ") for n in range(20_000)],
        [Fragment(72.0 + 300 * (n % 2), 10_000.0 - n // 2, 10.0, f"w{n}\n") for n in range(20_000)],
        [Fragment(10.0 * (n % 6_000), 700.0 - 20 * (n // 6_000), 1.0, "w\n") for n in range(18_000)],
        [Fragment(float("nan"), float("inf"), 0.0, "w\n") for _ in range(20_000)],
    ],
    ids=["one line", "rows without end", "columns without end", "nowhere"],
)
def test_the_work_grows_no_faster_than_the_page(fragments: list[Fragment]) -> None:
    began = time.process_time()
    told = list(pieces(fragments))

    assert time.process_time() - began < 5
    words = [word for one in told for word in (one if isinstance(one, str) else " ".join(map(" ".join, one))).split()]
    assert sorted(words) == sorted(fragment.text.strip() for fragment in fragments)
