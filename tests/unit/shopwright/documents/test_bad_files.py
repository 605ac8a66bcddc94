"""Hostile and broken files: each is refused by its own name, with words for a merchant, in a process of its own."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from pydantic import TypeAdapter
from shopwright.documents.document import NotADocument, check_name, tenant_of
from shopwright.documents.parse import package
from shopwright.documents.rejected import (
    BrokenFile,
    BrokenXml,
    EncryptedFile,
    EntitiesDeclared,
    ExpandsTooMuch,
    Mislabelled,
    NoText,
    ReaderCrashed,
    Rejected,
    ScannedPages,
    TooDeeplyNested,
    TooManyPages,
    TooManyParts,
    TooMuchMemory,
    TooMuchText,
    TooSlow,
    UnsafeName,
    UnsupportedFormat,
    WrongEncoding,
)
from shopwright.documents.sandbox import Limits, Sandbox, SandboxUnavailable
from shopwright.tenancy.tenant import NotAMerchant

from tests.unit.shopwright.documents import readers, samples
from tests.unit.shopwright.documents.samples import SAMPLES, docx, moved, paragraph, xlsx, zipped

MEGABYTE = 1024 * 1024
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as one:
        yield one


def many_pages(count: int) -> bytes:
    return samples.pdf_of(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [" + b"3 0 R " * count + b"] /Count %d >>" % count,
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>",
        ]
    )


FIRST = '<row r="1"><c r="A1"><v>1</v></c></row>'
BAD = [
    ("zip-bomb.docx", docx("", {"word/media/zeros.bin": b"\0" * (50 * MEGABYTE)}), ExpandsTooMuch),
    ("zip-bomb.xlsx", zipped({"xl/workbook.xml": b" " * (50 * MEGABYTE)}), ExpandsTooMuch),
    ("many-parts.pptx", zipped({f"ppt/{n}": b"" for n in range(package.MAX_PARTS + 1)}), TooManyParts),
    ("flate-bomb.pdf", samples.bomb_pdf(80), ExpandsTooMuch),
    ("cyclic.pdf", samples.cyclic_pdf(), BrokenFile),
    ("too-many-pages.pdf", many_pages(2_000), TooManyPages),
    ("password.pdf", samples.encrypted_pdf("Hi", user="secret"), EncryptedFile),
    ("password.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), EncryptedFile),
    ("scanned.pdf", samples.scanned_pdf(), ScannedPages),
    ("blank.pdf", samples.pdf(""), NoText),
    ("cut-off.pdf", SAMPLES["pdf"][:40], BrokenFile),
    ("cut-off.docx", SAMPLES["docx"][:300], BrokenFile),
    ("no-document.docx", zipped({"a.txt": "x"}), BrokenFile),
    ("broken-part.docx", docx("<w:p>"), BrokenFile),
    ("no-book.xlsx", zipped({"a.txt": "x"}), BrokenFile),
    ("far-away.xlsx", xlsx({"A": f'{FIRST}<row r="9"><c r="XFD1048576"><v>1</v></c></row>'}), TooMuchMemory),
    ("nowhere.xlsx", xlsx({"A": f"{FIRST}<row r=\"9\"><c r='B299999999999'><v>1</v></c></row>"}), TooMuchMemory),
    ("no-column.xlsx", xlsx({"A": f'{FIRST}<row r="9"><c r="{"B" * 51}1"><v>1</v></c></row>'}), TooMuchMemory),
    ("word.xlsx", xlsx({"A": f'{FIRST}<row r="2"><c r="Astream1"><v>1</v></c></row>'}), TooMuchMemory),
    ("no-row.xlsx", xlsx({"A": f'{FIRST}<row r="4294967295"><c><v>1</v></c></row>'}), TooMuchMemory),
    (
        "elsewhere.xlsx",
        moved(xlsx({"A": f'{FIRST}<row r="9"><c r="XFD1048576"><v>1</v></c></row>'}), "worksheets/", "leaves/"),
        TooMuchMemory,
    ),
    ("text.pdf", b"This is a text.", Mislabelled),
    ("text.docx", b"This is a text.", Mislabelled),
    ("text.rtf", b"This is a text.", Mislabelled),
    ("text.rtf", b"{\\rtf1\\ansi{\\fonttb\\uc`;}\\f0 Opening hours}", BrokenFile),  # a word without its number
    ("text.eml", b"This is a text.", Mislabelled),
    ("year-of-plenty.eml", b"Subject: Hi\nDate: Tue, 01 Oct 99999999999 12:00:00 +0000\n\nHello.\n", BrokenFile),
    ("odd-filter.pdf", SAMPLES["pdf"].replace(b"/FlateDecode", b"/FlateDecade"), BrokenFile),
    ("picture.txt", b"\x89PNG\r\n\x1a\n" + bytes(100), Mislabelled),
    ("document.csv", SAMPLES["docx"], Mislabelled),
    ("feed.csv", b'<?xml version="1.0"?><rss><item><id>1</id></item></rss>', Mislabelled),
    ("feed.txt", b"<rss><item><id>1</id><title>Pan</title></item></rss>", Mislabelled),
    ("page.tsv", b"<!doctype html>\n<p>Hello, world</p>\n", Mislabelled),
    ("list.csv", b'[{"id": 1, "title": "Pan", "price": 9}]', Mislabelled),
    ("lines.txt", b'{"id": 1, "title": "Pan"}\n{"id": 2, "title": "Pot"}\n', Mislabelled),
    ("deep.csv", b"[" * 100_000 + b"]" * 100_000, NoText),  # of brackets there may be a table: this one has no rows
    ("old.doc", b"\xd0\xcf\x11\xe0", UnsupportedFormat),
    ("xxe.xml", b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]><r>&x;</r>', EntitiesDeclared),
    ("laughs.xml", f'<!DOCTYPE r [<!ENTITY l0 "ha">{LAUGHS}]><r>&l9;</r>'.encode(), EntitiesDeclared),
    ("external.xml", b'<!DOCTYPE r SYSTEM "http://example.com/r.dtd"><r></r>', NoText),
    ("empty.docx", docx(paragraph(" ")), NoText),
    (
        "laughs.docx",
        zipped({"word/document.xml": f'<!DOCTYPE d [<!ENTITY l0 "ha">{LAUGHS}]><d>&l9;</d>'}),
        EntitiesDeclared,
    ),
    ("deep.xml", b"<a>" * 5_000 + b"</a>" * 5_000, TooDeeplyNested),
    ("broken.xml", b"<shop><item></shop>", BrokenXml),
    ("deep.json", b"[" * 100_000 + b"]" * 100_000, TooDeeplyNested),
    ("deep.html", b"<div>" * 200_000, TooDeeplyNested),
    (
        "three-encodings.csv",
        "Name;Preis\nGröße für Gäste;1\n".encode() * 3 + "Grüße;2\n".encode("cp1252") + "商品;3\n".encode("shift_jis"),
        WrongEncoding,
    ),
]


OPEN_DOCUMENT = "application/vnd.oasis.opendocument"
OTHERS = [
    ("a.xlsx", SAMPLES["docx"], "a Word document and no spreadsheet. Give it the ending .docx"),
    ("a.pptx", SAMPLES["docx"], "a Word document and no presentation. Give it the ending .docx"),
    ("a.docx", SAMPLES["xlsx"], "a spreadsheet and no Word document. Give it the ending .xlsx"),
    ("a.docx", SAMPLES["pptx"], "a presentation and no Word document. Give it the ending .pptx"),
    ("a.xlsx", SAMPLES["odt"], "an OpenDocument text and no spreadsheet. Give it the ending .odt"),
    ("a.odt", SAMPLES["ods"], "an OpenDocument spreadsheet and no OpenDocument text. Give it the ending .ods"),
    ("a.ods", SAMPLES["xlsx"], "a spreadsheet and no OpenDocument spreadsheet. Give it the ending .xlsx"),
    (
        "a.docx",
        zipped({"mimetype": "application/epub+zip", "a.html": "x"}),
        "an e-book and no Word document. Save it as",
    ),
    ("a.odt", zipped({"mimetype": f"{OPEN_DOCUMENT}.presentation"}), "an OpenDocument presentation .* Save it as"),
    (
        "a.docx",
        zipped({"[Content_Types].xml": "application/vnd.ms-excel.sheet.macroEnabled.main+xml", "a": "x"}),
        "a spreadsheet and no Word document",
    ),
]


@pytest.mark.parametrize(("name", "data", "told"), OTHERS)
def test_an_office_file_of_another_kind_than_its_name_says_is_called_what_it_is(
    sandbox: Sandbox, name: str, data: bytes, told: str
) -> None:
    with pytest.raises(Mislabelled, match=told):
        sandbox.read(data, f"documents/kitchen/{name}")


def test_an_office_file_is_what_it_is_whatever_is_embedded_in_it(sandbox: Sandbox) -> None:
    types = (
        '<Types><Default Extension="xlsx" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"/>'
        '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.'
        'wordprocessingml.document.main+xml"/></Types>'
    )
    more: dict[str, str | bytes] = {
        "[Content_Types].xml": types,
        "word/embeddings/a.xlsx": SAMPLES["xlsx"],
        "xl/stray.xml": "<a/>",
    }

    assert (
        sandbox.read(docx(paragraph("Open daily."), more), "documents/kitchen/a.docx").blocks[0].text == "Open daily."
    )


@pytest.mark.parametrize(("name", "data", "kind"), BAD, ids=[name for name, _, _ in BAD])
def test_a_bad_file_is_refused_by_its_own_name(sandbox: Sandbox, name: str, data: bytes, kind: type[Rejected]) -> None:
    began = time.monotonic()
    with pytest.raises(Rejected) as refusal:
        sandbox.read(data, f"documents/kitchen/{name}")

    assert type(refusal.value) is kind
    assert len(str(refusal.value).split()) > 5
    assert time.monotonic() - began < 20


def pages(*said: bytes) -> bytes:
    """A PDF whose pages have these contents and nothing more."""
    kids = b" ".join(b"%d 0 R" % (4 + 2 * n) for n in range(len(said)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, len(said)),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, content in enumerate(said):
        objects += [
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Resources << /Font << /F1 3 0 R >> >> "
            b"/Contents %d 0 R >>" % (5 + 2 * number),
            content,
        ]
    return samples.pdf_of(objects)


GOOD_PAGE = samples.stream(b"BT /F1 12 Tf 72 720 Td (We ship in two days.) Tj ET")
BROKEN_PAGE = samples.stream(b"x" * 40, b"/Filter /FlateDecade")


def test_a_page_that_cannot_be_read_costs_nothing_but_itself(sandbox: Sandbox) -> None:
    parsed = sandbox.read(pages(GOOD_PAGE, BROKEN_PAGE, GOOD_PAGE, BROKEN_PAGE), "documents/kitchen/a.pdf")

    assert [(block.path, block.text) for block in parsed.blocks] == [
        (("Page 1",), "We ship in two days."),
        (("Page 3",), "We ship in two days."),
    ]
    assert parsed.unread_pages == 2
    assert sandbox.read(pages(GOOD_PAGE), "documents/kitchen/a.pdf").unread_pages == 0


@pytest.mark.parametrize("others", [(), (samples.stream(b""),)])
def test_a_document_without_a_page_that_can_be_read_is_refused(sandbox: Sandbox, others: tuple[bytes, ...]) -> None:
    with pytest.raises(BrokenFile, match="damaged"):
        sandbox.read(pages(BROKEN_PAGE, *others), "documents/kitchen/a.pdf")


def test_a_reader_dies_of_its_limits_and_the_next_file_is_read() -> None:
    for limits, rows, kind in (
        (Limits(wall_s=0.01), 5_000, TooSlow),
        (Limits(output_bytes=1000), 500, TooMuchText),
        (Limits(memory_bytes=90 * MEGABYTE), 100_000, TooMuchMemory),
    ):
        many = b"name,price\n" + b"Tent,129\n" * rows
        with Sandbox(limits) as tight:
            with pytest.raises(kind):
                tight.read(many, "documents/kitchen/a.csv")
            if kind is not TooSlow:
                assert tight.read(SAMPLES["txt"], "documents/kitchen/a.txt").blocks


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("dies", ReaderCrashed),
        ("eats", TooMuchMemory),
        ("hangs", TooSlow),
        ("floods", TooMuchText),
        ("digs", TooDeeplyNested),
        ("stumbles", BrokenFile),
        ("lies", ReaderCrashed),
        ("leaves", ReaderCrashed),
        ("peeks", BrokenFile),
    ],
)
def test_another_reader_of_a_file_goes_wrong_as_harmlessly(name: str, kind: type[Rejected]) -> None:
    form = TypeAdapter(list[str])
    with Sandbox(Limits(wall_s=2) if name == "hangs" else Limits()) as one:
        with pytest.raises(Rejected) as refusal:
            one.tell(b"a secret", "documents/kitchen/a.csv", by=f"{readers.__name__}:{name}", form=form)

        assert type(refusal.value) is kind
        assert "secret" not in f"{refusal.value} {refusal.value.__cause__}"
        told = one.tell(b"a tent\n", "documents/kitchen/a.csv", by=f"{readers.__name__}:tells", form=form)
    assert told == ["a tent", ".csv"]


def test_the_limit_on_processor_time_holds_too() -> None:
    with Sandbox(Limits(cpu_s=1)) as tight, pytest.raises(TooSlow):
        tight.read(b"name,price\n" + b"Tent for two and more people,129\n" * 600_000, "documents/kitchen/a.csv")


def test_the_keeper_is_started_again_after_it_was_killed() -> None:
    with Sandbox() as one:
        one.read(SAMPLES["txt"], "documents/kitchen/a.txt")
        keeper = one.keeper
        assert keeper is not None
        os.kill(keeper, 9)
        time.sleep(0.2)

        assert one.read(SAMPLES["txt"], "documents/kitchen/a.txt").blocks
        assert one.keeper != keeper


def test_where_no_interpreter_can_be_started_it_is_our_fault_and_not_the_files(tmp_path: os.PathLike[str]) -> None:
    with Sandbox(interpreter=str(tmp_path)) as none, pytest.raises(SandboxUnavailable):
        none.read(SAMPLES["txt"], "documents/kitchen/a.txt")


def test_what_a_reader_may_not_do_it_cannot_do() -> None:
    tried = """
import json, os, resource, socket, subprocess, sys
from shopwright.documents.parse.confined import confine
confine(300 * 1024 * 1024, 5)
out = {}
def attempt(name, act):
    try:
        act()
        out[name] = "done"
    except BaseException as refusal:
        out[name] = type(refusal).__name__
attempt("socket", lambda: socket.create_connection(("127.0.0.1", 9)))
attempt("process", lambda: subprocess.run(["true"]))
attempt("fork", os.fork)
attempt("read", lambda: open("/etc/hostname"))
attempt("environment", lambda: open("/proc/self/environ"))
attempt("write", lambda: open("/tmp/x-shopwright", "w"))
attempt("memory", lambda: bytearray(400 * 1024 * 1024))
attempt("code", lambda: __import__("colorsys"))
os.write(int(sys.argv[1]), json.dumps(out).encode())
"""
    out, into = os.pipe()
    subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-B", "-c", tried, str(into)],
        env={"PYTHONPATH": os.pathsep.join(sys.path)},
        pass_fds=(into,),
        check=True,
    )
    os.close(into)
    with os.fdopen(out) as told:
        found = json.loads(told.read())

    assert found == {
        "socket": "Refused",
        "process": "Refused",
        "fork": "Refused",
        "read": "Refused",
        "environment": "Refused",
        "write": "Refused",
        "memory": "MemoryError",
        "code": "done",
    }


def test_a_package_that_lies_about_its_size_gives_no_more_than_it_said() -> None:
    honest = zipped({"word/document.xml": b" " * 500_000})
    lying = honest.replace((500_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))

    with pytest.raises(BrokenFile):
        package.Package(lying, "document").read("word/document.xml")


@pytest.mark.parametrize(
    "name",
    [
        "../outdoor/prices.csv",
        "a/../../outdoor/prices.csv",
        "a/./b.csv",
        "a//b.csv",
        "%2e%2e/outdoor/prices.csv",
        "%2E%2E%2Foutdoor.csv",
        "a%00.csv",
        "．．／outdoor/prices.csv",
        "a\u2024csv.csv",
        "a\uff0fb.csv",
        "..\\outdoor.csv",
        "invoice\u202efdp.csv",
        "pri\u200bces.csv",
        "\u0440rices.csv",
        "pric\u0435s/list.csv",
    ],
)
def test_a_name_that_reads_as_another_place_or_name_is_refused(name: str) -> None:
    with pytest.raises(UnsafeName, match="Rename"):
        check_name(f"documents/kitchen/{name}")


@pytest.mark.parametrize(
    "name",
    [
        "prices.csv",
        "2026/März/Preisliste (neu).csv",
        "прайс лист.csv",
        "価格.csv",
        "a..b.csv",
        "100% cotton.md",
        "τιμές 2026.csv",
    ],
)
def test_a_name_as_merchants_give_it_is_taken(name: str) -> None:
    check_name(f"documents/kitchen/{name}")


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("documents/../outdoor/a.csv", NotAMerchant),
        ("documents/%2e%2e/a.csv", NotAMerchant),
        ("documents/kit\u0441hen/a.csv", NotAMerchant),
        ("documents/KITCHEN/a.csv", NotAMerchant),
        ("documents//kitchen/a.csv", NotAMerchant),
        ("../documents/kitchen/a.csv", NotADocument),
        ("quarantine/kitchen/a.csv", NotADocument),
        ("documents/kitchen/", NotADocument),
    ],
)
def test_a_key_that_names_no_merchant_belongs_to_nobody(key: str, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        tenant_of(key)


def test_a_key_with_another_merchants_prefix_in_it_is_its_own_merchants() -> None:
    assert tenant_of("documents/kitchen/documents/outdoor/a.csv").merchant_id == "kitchen"
