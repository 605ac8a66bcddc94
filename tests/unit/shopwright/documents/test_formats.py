"""What a merchant's file says, format by format: sections, tables as rows with headers, spans that lead back."""

import pytest
from shopwright.documents.parse import xml
from shopwright.documents.parse.block import Parsed
from shopwright.documents.parse.formats import read

from tests.unit.shopwright.documents import samples
from tests.unit.shopwright.documents.samples import SAMPLES, docx, paragraph, pptx, row, shape, word_table, xlsx


def parsed(ending: str, data: bytes) -> Parsed:
    return read(data, f"documents/kitchen/guide.{ending}")


def said(ending: str, data: bytes) -> list[tuple[tuple[str, ...], str]]:
    return [(block.path, block.text) for block in parsed(ending, data).blocks]


def test_every_sample_is_read_and_spans_follow_each_other() -> None:
    for ending, data in SAMPLES.items():
        found = parsed(ending, data)
        assert found.blocks, ending
        assert all(block.start <= block.end for block in found.blocks), ending


@pytest.mark.parametrize("ending", ["pdf", "docx", "xlsx", "pptx", "odt", "ods", "eml"])
def test_a_span_of_a_file_that_is_no_text_counts_the_characters_of_its_extracted_text(ending: str) -> None:
    blocks = parsed(ending, SAMPLES[ending]).blocks
    extracted = "\n".join(block.text for block in blocks)

    assert [extracted[block.start : block.end] for block in blocks] == [block.text for block in blocks]


def test_a_pdf_is_read_page_by_page() -> None:
    assert said("pdf", samples.pdf("We ship\nin two days.", "Returns take 30 days.")) == [
        (("Page 1",), "We ship in two days."),
        (("Page 2",), "Returns take 30 days."),
    ]


def test_a_word_that_a_pdf_breaks_at_the_end_of_a_line_is_one_word_again() -> None:
    assert (
        said("pdf", samples.pdf("A ship-\nment with-\nout costs, by X-\nRay"))[0][1]
        == "A shipment without costs, by X- Ray"
    )


@pytest.mark.parametrize("algorithm", ["RC4-40", "RC4-128", "AES-128", "AES-256"])
def test_a_pdf_that_only_forbids_copying_is_read(algorithm: str) -> None:
    data = samples.encrypted_pdf("We ship in two days.", user="", algorithm=algorithm)

    assert said("pdf", data) == [(("Page 1",), "We ship in two days.")]


def test_a_word_document_keeps_its_headings_lists_and_tables() -> None:
    body = (
        paragraph("Shop guide", "T")
        + paragraph("Sizes", "H1")
        + paragraph("Measure first.")
        + word_table(["Size", "Chest", "Price"], ["S", "90 cm", "9 EUR"], ["M", "100 cm", "10 EUR"])
        + paragraph("Care", "Mine")
        + paragraph("Wash by hand.")
        + paragraph("Shipping", "H1")
        + paragraph("Two days.")
    )

    assert said("docx", docx(body)) == [
        (("Shop guide", "Sizes"), "Measure first."),
        (("Shop guide", "Sizes"), "Size: S; Chest: 90 cm; Price: 9 EUR"),
        (("Shop guide", "Sizes"), "Size: M; Chest: 100 cm; Price: 10 EUR"),
        (("Shop guide", "Sizes", "Care"), "Wash by hand."),
        (("Shop guide", "Shipping"), "Two days."),
    ]
    assert parsed("docx", docx(body)).title == "Shop guide"


def test_what_a_reader_of_a_word_document_does_not_see_is_not_read() -> None:
    hidden = "<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>secret</w:t></w:r><w:r><w:t>Seen.</w:t></w:r></w:p>"
    deleted = "<w:p><w:del><w:r><w:delText>old</w:delText></w:r></w:del><w:ins><w:r><w:t>New.</w:t></w:r></w:ins></w:p>"
    field = "<w:p><w:r><w:instrText>DDEAUTO c:\\\\cmd</w:instrText></w:r><w:r><w:t>Shown.</w:t></w:r></w:p>"

    assert [text for _, text in said("docx", docx(hidden + deleted + field))] == ["Seen.", "New.", "Shown."]


def test_text_boxes_footnotes_and_embedded_pages_of_a_word_document_are_read() -> None:
    box = f"<w:r><w:pict><w:txbxContent>{paragraph('In a box.')}</w:txbxContent></w:pict></w:r>"
    notes = f'<w:footnotes {samples.W}><w:footnote w:type="separator">{paragraph("-")}</w:footnote>'
    data = docx(
        paragraph("Text.", inside=box) + '<w:altChunk r:id="rId3"/>',
        {
            "word/footnotes.xml": f"{notes}<w:footnote>{paragraph('A note.')}</w:footnote></w:footnotes>",
            "word/page.html": "<p>A page.</p>",
        },
        ("footnotes", "footnotes.xml"),
        ("aFChunk", "page.html"),
    )

    assert [text for _, text in said("docx", data)] == ["Text.", "In a box.", "A page.", "A note."]


def test_a_merged_cell_of_a_word_table_counts_for_each_of_its_rows() -> None:
    def cell(text: str, merge: str = "") -> str:
        mark = f'<w:tcPr><w:vMerge w:val="{merge}"/></w:tcPr>' if merge else ""
        return f"<w:tc>{mark}{paragraph(text)}</w:tc>"

    rows = [
        cell("Brand") + cell("Model"),
        cell("Fjord", "restart") + cell("One"),
        cell("", "continue") + cell("Two"),
    ]
    table = f"<w:tbl>{''.join(f'<w:tr>{cells}</w:tr>' for cells in rows)}</w:tbl>"

    assert [text for _, text in said("docx", docx(table))] == ["Brand: Fjord; Model: One", "Brand: Fjord; Model: Two"]


def test_a_spreadsheet_is_read_sheet_by_sheet_without_the_hidden_ones() -> None:
    data = xlsx(
        {
            "Prices": row(1, "Price list 2026") + row(2, "name", "price", "stock") + row(3, "Tent", 129.5, 3),
            "Costs": row(1, "name", "cost") + row(2, "Tent", 40),
            "Notes": row(1, "Closed on Sundays"),
        },
        hidden="Costs",
    )

    assert said("xlsx", data) == [
        (("Prices",), "Price list 2026"),
        (("Prices", "Tent"), "name: Tent; price: 129.5; stock: 3"),
        (("Notes",), "Closed on Sundays"),
    ]


def test_a_formula_is_its_stored_value_and_nothing_of_itself() -> None:
    link = f'<externalLink xmlns="{samples.SHEETS}"><ddeLink ddeService="cmd" ddeTopic="/c calc"/></externalLink>'
    cells = row(1, "name", "price") + (
        '<row r="2"><c r="A2" t="str"><f>cmd|\' /c calc\'!A0</f><v>Tent</v></c><c r="B2"><f>1+1</f><v>2</v></c></row>'
        '<row r="3"><c r="A3"><f>WEBSERVICE("http://example.com")</f></c><c r="B3"><v>5</v></c></row>'
    )
    texts = [text for _, text in said("xlsx", xlsx({"One": cells}, external=link))]

    assert texts == ["name: Tent; price: 2", "price: 5"]


def test_a_date_of_a_spreadsheet_is_a_date() -> None:
    cells = row(1, "day", "what") + '<row r="2"><c r="A2" s="1"><v>43363</v></c><c r="B2" t="str"><v>Sale</v></c></row>'

    assert said("xlsx", xlsx({"One": cells}))[0][1] == "day: 2018-09-20; what: Sale"


def test_slides_are_read_in_the_order_in_which_they_are_shown() -> None:
    data = pptx(
        shape("Offers", "title") + shape("Tents are 10 % off."),
        shape("Internal", "title") + shape("Margins"),
        shape("Bare words") + shape("7", "sldNum") + samples.slide_table(["Size", "Price"], ["S", "9"]),
        hidden=2,
    )

    assert said("pptx", data) == [
        (("Slide 1", "Offers"), "Tents are 10 % off."),
        (("Slide 3",), "Bare words"),
        (("Slide 3",), "Size: S; Price: 9"),
    ]


def test_opendocument_texts_and_spreadsheets_are_read() -> None:
    body = (
        '<text:h text:outline-level="1">Care</text:h><text:p>Wash by<text:s/>hand.</text:p>'
        "<text:list><text:list-item><text:p>No bleach.</text:p></text:list-item></text:list>"
        '<text:h text:outline-level="2">Iron</text:h><text:p>Cold.<office:annotation><text:p>ask Ann</text:p>'
        "</office:annotation></text:p>"
    )

    assert said("odt", samples.odt(body)) == [
        (("Care",), "Wash by hand."),
        (("Care",), "No bleach."),
        (("Care", "Iron"), "Cold."),
    ]
    assert said("ods", samples.ods(["name", "price"], ["Tent", "129 EUR"])) == [
        (("Tent",), "name: Tent; price: 129 EUR")
    ]


def test_rich_text_is_read_with_its_accents_and_without_its_marks() -> None:
    assert said("rtf", samples.rtf("OPENING HOURS", "We open at nine in the caf\u00e9.")) == [
        (("Opening hours",), "We open at nine in the caf\u00e9.")
    ]


def test_a_mail_is_its_subject_its_text_and_its_attachments() -> None:
    data = samples.email(
        "Your offer",
        "The tent costs 129 EUR.",
        "<p>The same in HTML.</p>",
        {"list.csv": b"name,price\nTent,129\n", "logo.png": b"\x89PNG", "inner.eml": SAMPLES["eml"]},
    )

    assert parsed("eml", data).title == "Your offer"
    assert said("eml", data) == [
        ((), "Your offer; Date: Tue, 01 Oct 2024 12:34:56 +0000"),
        ((), "The tent costs 129 EUR."),
        (("list.csv", "Tent"), "name: Tent; price: 129"),
    ]


def test_a_mail_that_is_only_html_is_read_as_that_and_says_nothing_of_who_wrote_it() -> None:
    texts = [text for _, text in said("eml", samples.email("Hello", html="<h1>News</h1><p>Tents are here.</p>"))]

    assert texts == ["Hello; Date: Tue, 01 Oct 2024 12:34:56 +0000", "Tents are here."]


def test_a_google_feed_gives_one_block_a_product_that_leads_back_to_its_item() -> None:
    source = samples.GOOGLE
    found = parsed("xml", source.encode())
    pan, lid = found.blocks[1:]

    assert found.title == "Kitchen shop"
    assert (pan.path, pan.whole) == (("Copper pan – 28 cm",), True)
    assert pan.text == (
        "id: K-1; title: Copper pan – 28 cm; price: 129.00 EUR; shipping country: DE; shipping price: 4.90 EUR; "
        "description: For slow sauces"
    )
    assert source[pan.start : pan.end].startswith("<item><g:id>K-1</g:id>")
    assert source[lid.start : lid.end] == (
        "<item><g:id>K-2</g:id><g:title>Lid</g:title><g:price>19.00 EUR</g:price></item>"
    )


def test_a_feeds_rows_are_to_be_had_as_fields() -> None:
    (_, *_), (fields, start, end) = xml.rows(samples.GOOGLE)

    assert fields == [("id", "K-2"), ("title", "Lid"), ("price", "19.00 EUR")]
    assert samples.GOOGLE[start:end].endswith("</item>")


def test_atom_plain_lists_and_prose_in_xml_are_read() -> None:
    assert [text for _, text in said("xml", samples.ATOM.encode())] == [
        "title: News",
        "title: New pans; link href: https://kitchen.example/new; summary: They are here.",
    ]
    offers = '<shop><offers><o id="1"><name>Pan</name></o><o id="2"><name>Lid</name></o></offers></shop>'
    assert said("xml", offers.encode()) == [(("Pan",), "id: 1; name: Pan"), (("Lid",), "id: 2; name: Lid")]
    prose = "<guide><title>Care</title><para>Wash <b>by hand</b>.</para><para>Dry flat.</para></guide>"
    assert said("xml", prose.encode()) == [(("Care",), "Wash by hand."), (("Care",), "Dry flat.")]


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1", "utf-16", "cp1252"])
def test_a_feed_is_read_in_the_encoding_that_it_names(encoding: str) -> None:
    source = f'<?xml version="1.0" encoding="{encoding}"?><shop><item><name>Größe für Gäste</name></item></shop>'

    assert said("xml", source.encode(encoding)) == [(("Größe für Gäste",), "name: Größe für Gäste")]


def test_a_table_whose_columns_are_lined_up_with_blanks_is_read() -> None:
    source = 'name   ,text              ,sizes\nLaptop ,"Fast, and light." ,S|M|L\nMouse  ,"Wireless."        ,S|M\n'

    assert said("csv", source.encode())[0][1] == "name: Laptop; text: Fast, and light.; sizes: S|M|L"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_table_is_read_in_any_common_encoding_and_with_any_common_delimiter(encoding: str, delimiter: str) -> None:
    lines = [
        ["Artikel", "Größe", "Preis"],
        ["Zelt für Gäste", "groß", "129"],
        ["Topf"],
        ["Löffel", "klein", "5", "neu"],
    ]
    source = "\n".join(delimiter.join(line) for line in lines)

    assert [text for _, text in said("csv", source.encode(encoding))] == [
        "Artikel: Zelt für Gäste; Größe: groß; Preis: 129",
        "Artikel: Topf",
        "Artikel: Löffel; Größe: klein; Preis: 5; column 4: neu",
    ]
