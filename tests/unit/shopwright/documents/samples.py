"""Small files of every format, made here byte by byte: changes when a test needs another kind of file."""

import io
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from html import escape

from pypdf import PdfReader, PdfWriter

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
R = f'xmlns:r="{OFFICE}"'
A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
P = 'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
SHEETS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELS = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
ODF = " ".join(
    f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{short}:1.0"' for short in ("office", "text", "table")
)


def zipped(parts: Mapping[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return out.getvalue()


def moved(package: bytes, folder: str, to: str) -> bytes:
    """The same package with a folder of it under another name, in its parts and in what they say of it."""
    with zipfile.ZipFile(io.BytesIO(package)) as held:
        return zipped(
            {
                name.replace(folder, to): held.read(name).replace(folder.encode(), to.encode())
                for name in held.namelist()
            }
        )


def relations(*targets: tuple[str, str]) -> str:
    """rId1, rId2 … of a kind, each to its part."""
    rows = (
        f'<Relationship Id="rId{n}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(targets, 1)
    )
    return f"<Relationships {RELS}>{''.join(rows)}</Relationships>"


def pdf_of(objects: Sequence[bytes]) -> bytes:
    """A PDF of these objects; the first is the catalog."""
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = len(out)
    rows = b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, rows)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(out)


def stream(content: bytes, more: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(content), more, content)


def pdf(*pages: str) -> bytes:
    """Each page's lines, in Helvetica."""
    kids = b" ".join(b"%d 0 R" % (4 + 2 * n) for n in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, len(pages)),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for number, page in enumerate(pages):
        lines = (line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)") for line in page.splitlines())
        shown = " T* ".join(f"({line}) Tj" for line in lines)
        content = f"BT /F1 12 Tf 14 TL 72 720 Td {shown} ET".encode("cp1252")
        objects += [
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> "
            b"/Contents %d 0 R >>" % (5 + 2 * number),
            stream(zlib.compress(content), b"/Filter /FlateDecode"),
        ]
    return pdf_of(objects)


def scanned_pdf() -> bytes:
    """One page that is a picture."""
    picture = b"/Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8"
    return pdf_of(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Resources << /XObject << /I 4 0 R >> >> "
            b"/Contents 5 0 R >>",
            stream(b"\x00", picture),
            stream(b"q 9 0 0 9 0 0 cm /I Do Q"),
        ]
    )


def bomb_pdf(megabytes: int) -> bytes:
    """A page whose words are packed twice and unpack to many megabytes."""
    packed = zlib.compress(zlib.compress(b" " * (megabytes * 1024 * 1024), 9), 9)
    return pdf_of(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Resources << /Font << /F1 5 0 R >> >> "
            b"/Contents 4 0 R >>",
            stream(packed, b"/Filter [/FlateDecode /FlateDecode]"),
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        ]
    )


def cyclic_pdf() -> bytes:
    """Its tree of pages bites its own tail."""
    return pdf_of(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 2 /Parent 3 0 R >>",
            b"<< /Type /Pages /Kids [2 0 R] /Count 2 /Parent 2 0 R >>",
        ]
    )


def encrypted_pdf(words: str, *, user: str, owner: str = "owner", algorithm: str = "AES-256") -> bytes:
    writer = PdfWriter()
    for page in PdfReader(io.BytesIO(pdf(words))).pages:
        writer.add_page(page)
    writer.encrypt(user_password=user, owner_password=owner, algorithm=algorithm)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def paragraph(said: str, style: str = "", inside: str = "") -> str:
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{properties}<w:r><w:t>{escape(said)}</w:t></w:r>{inside}</w:p>"


def word_table(*rows: Sequence[str]) -> str:
    cells = ("".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) for row in rows)
    return f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in cells)}</w:tbl>"


def docx(body: str, more: Mapping[str, str | bytes] | None = None, *targets: tuple[str, str]) -> bytes:
    styles = "".join(
        f'<w:style w:styleId="{name}"><w:name w:val="{said}"/></w:style>'
        for name, said in (("T", "Title"), ("H1", "heading 1"), ("H2", "heading 2"))
    )
    mine = '<w:style w:styleId="Mine"><w:name w:val="Shop heading"/><w:basedOn w:val="H2"/></w:style>'
    return zipped(
        {
            "_rels/.rels": relations(("officeDocument", "word/document.xml")),
            "word/_rels/document.xml.rels": relations(("styles", "styles.xml"), *targets),
            "word/styles.xml": f"<w:styles {W}>{styles}{mine}</w:styles>",
            "word/document.xml": f"<w:document {W} {R}><w:body>{body}</w:body></w:document>",
            **(more or {}),
        }
    )


def xlsx(sheets: Mapping[str, str], *, hidden: str = "", shared: Sequence[str] = (), external: str = "") -> bytes:
    """Each sheet's rows as they stand in its XML."""
    names = list(sheets)
    targets = [("worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(names) + 1)]
    states = {hidden: 'state="hidden"'}
    listed = "".join(
        f'<sheet name="{escape(name)}" sheetId="{n}" r:id="rId{n}" {states.get(name, "")}/>'
        for n, name in enumerate(names, 1)
    )
    worksheet = f'<worksheet xmlns="{SHEETS}"><sheetData>'
    strings = "".join(f"<si><t>{escape(one)}</t></si>" for one in shared)
    more = {"xl/externalLinks/externalLink1.xml": external} if external else {}
    formats = '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>'
    return zipped(
        {
            "[Content_Types].xml": "<Types/>",
            "_rels/.rels": relations(("officeDocument", "xl/workbook.xml")),
            "xl/workbook.xml": f'<workbook xmlns="{SHEETS}" {R}><sheets>{listed}</sheets></workbook>',
            "xl/_rels/workbook.xml.rels": relations(
                *targets, ("sharedStrings", "sharedStrings.xml"), ("styles", "styles.xml")
            ),
            "xl/sharedStrings.xml": f'<sst xmlns="{SHEETS}">{strings}</sst>',
            "xl/styles.xml": f'<styleSheet xmlns="{SHEETS}">{formats}</styleSheet>',
            **{
                f"xl/worksheets/sheet{n}.xml": f"{worksheet}{sheets[name]}</sheetData></worksheet>"
                for n, name in enumerate(names, 1)
            },
            **more,
        }
    )


def row(number: int, *cells: str | float) -> str:
    """Cells as inline words or as numbers."""
    letters = "ABCDEFGHIJ"
    said = "".join(
        f'<c r="{letters[n]}{number}" t="inlineStr"><is><t>{escape(cell)}</t></is></c>'
        if isinstance(cell, str)
        else f'<c r="{letters[n]}{number}"><v>{cell}</v></c>'
        for n, cell in enumerate(cells)
    )
    return f'<row r="{number}">{said}</row>'


def shape(said: str, place: str = "") -> str:
    mark = f'<p:nvSpPr><p:nvPr><p:ph type="{place}"/></p:nvPr></p:nvSpPr>' if place else ""
    lines = "".join(f"<a:p><a:r><a:t>{escape(line)}</a:t></a:r></a:p>" for line in said.splitlines())
    return f"<p:sp>{mark}<p:txBody>{lines}</p:txBody></p:sp>"


def slide_table(*rows: Sequence[str]) -> str:
    def cell(said: str) -> str:
        return f"<a:tc><a:txBody><a:p><a:r><a:t>{escape(said)}</a:t></a:r></a:p></a:txBody></a:tc>"

    body = "".join(f"<a:tr>{''.join(map(cell, one))}</a:tr>" for one in rows)
    return (
        f"<p:graphicFrame><a:graphic><a:graphicData><a:tbl>{body}</a:tbl></a:graphicData></a:graphic></p:graphicFrame>"
    )


def pptx(*slides: str, hidden: int = 0) -> bytes:
    """Slides as shapes in XML; they lie in the package in the reverse of the order in which they are shown."""
    count = len(slides)
    shown = {hidden: 'show="0"'}
    listed = "".join(f'<p:sldId id="{255 + n}" r:id="rId{n}"/>' for n in range(1, count + 1))
    targets = [("slide", f"slides/slide{count - n}.xml") for n in range(count)]
    return zipped(
        {
            "_rels/.rels": relations(("officeDocument", "ppt/presentation.xml")),
            "ppt/presentation.xml": f"<p:presentation {P} {R}><p:sldIdLst>{listed}</p:sldIdLst></p:presentation>",
            "ppt/_rels/presentation.xml.rels": relations(*targets),
            **{
                f"ppt/slides/slide{count - n}.xml": f"<p:sld {P} {A} {shown.get(n + 1, '')}><p:cSld><p:spTree>{shapes}"
                "</p:spTree></p:cSld></p:sld>"
                for n, shapes in enumerate(slides)
            },
        }
    )


def odt(body: str) -> bytes:
    content = f"<office:document-content {ODF}><office:body><office:text>{body}</office:text></office:body>"
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "content.xml": f"{content}</office:document-content>",
        }
    )


def ods(*rows: Sequence[str]) -> bytes:
    def cell(said: str) -> str:
        return f'<table:table-cell office:value-type="string"><text:p>{escape(said)}</text:p></table:table-cell>'

    body = "".join(f"<table:table-row>{''.join(map(cell, one))}</table:table-row>" for one in rows)
    table = f'<table:table table:name="Stock">{body}</table:table>'
    content = f"<office:document-content {ODF}><office:body><office:spreadsheet>{table}</office:spreadsheet>"
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": '<manifest xmlns="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
            "content.xml": f"{content}</office:body></office:document-content>",
        }
    )


def rtf(*lines: str) -> bytes:
    said = "\\par\n".join(line.replace("é", "\\'e9") for line in lines)
    return ("{\\rtf1\\ansi\\ansicpg1252{\\fonttbl\\f0 Helvetica;}\\f0 " + said + "}").encode("ascii")


def email(subject: str, text: str = "", html: str = "", attachments: Mapping[str, bytes] | None = None) -> bytes:
    message = EmailMessage()
    message["From"], message["To"] = "shop@example.com", "customer@example.com"
    message["Subject"], message["Date"] = subject, "Tue, 01 Oct 2024 12:34:56 +0000"
    if text:
        message.set_content(text)
    if html:
        if text:
            message.add_alternative(html, subtype="html")
        else:
            message.set_content(html, subtype="html")
    for name, content in (attachments or {}).items():
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


GOOGLE = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel>
<title>Kitchen shop</title><link>https://kitchen.example</link>
<item><g:id>K-1</g:id><g:title>Copper pan – 28 cm</g:title><g:price>129.00 EUR</g:price>
<g:shipping><g:country>DE</g:country><g:price>4.90 EUR</g:price></g:shipping>
<g:description>&lt;p&gt;For &lt;b&gt;slow&lt;/b&gt; sauces&lt;/p&gt;</g:description></item>
<item><g:id>K-2</g:id><g:title>Lid</g:title><g:price>19.00 EUR</g:price></item>
</channel></rss>
"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>News</title>
<entry><title>New pans</title><link href="https://kitchen.example/new"/><summary>They are here.</summary></entry></feed>
"""
SAMPLES: Mapping[str, bytes] = {
    "pdf": pdf("Shipping\nWe ship in two days.", "Returns take 30 days."),
    "docx": docx(
        paragraph("Shipping", "H1") + paragraph("We ship in two days.") + word_table(["Size", "Price"], ["S", "9 EUR"])
    ),
    "xlsx": xlsx({"Stock": row(1, "name", "price") + row(2, "Tent", 129.5), "Notes": row(1, "Closed on Sundays")}),
    "pptx": pptx(
        shape("Offers", "title") + shape("Tents are 10 % off.") + slide_table(["Size", "Price"], ["S", "9 EUR"])
    ),
    "odt": odt('<text:h text:outline-level="1">Care</text:h><text:p>Wash by<text:s/>hand.</text:p>'),
    "ods": ods(["name", "price"], ["Tent", "129 EUR"]),
    "rtf": rtf("Opening hours", "We open at nine in the caf\u00e9."),
    "eml": email(
        "Your offer",
        "The tent costs 129 EUR.",
        "<p>The tent costs 129 EUR.</p>",
        {"list.csv": b"name,price\nTent,129\n"},
    ),
    "html": b"<title>Shop</title><h1>Care</h1><p>Wash by hand.</p><table>"
    b"<tr><th>Size</th><th>Price</th></tr><tr><td>S</td><td>9</td></tr></table>",
    "md": b"# Care\n\nWash *by hand*.\n\n| Size | Price |\n|---|---|\n| S | 9 |\n",
    "txt": b"CARE\n\nWash by hand.\n\nQ: How hot?\nA: 30 degrees.\n",
    "csv": "name;price\nZelt;129,00 €\nTopf;12,50 €\n".encode(),
    "json": b'{"title": "Shop", "items": [{"name": "Tent", "price": 129.00, "tags": ["light", "dry"]}]}',
    "xml": GOOGLE.encode(),
}
"""One good file of each format that we read, by its ending."""
FEEDS: Mapping[str, bytes] = {
    "feed.csv": (
        "Handle;Title;Option1 Name;Option1 Value;Variant SKU;Variant Price;Variant Inventory Qty;Currency;Weight;EAN\n"
        "zelt;Zelt „Nord“;Größe;M;Z-M;129,00;4;EUR;2.5 kg;4006381333931\nzelt;;;L;Z-L;1.149,00;0;EUR;3 kg;\n"
        "topf;Topf;;;T-1;12,50;1,200;EUR;;\n"
    ).encode(),
    "feed.json": (
        b'{"currency": "EUR", "products": [{"id": 1, "title": "Tent", "price": 129.00, "tags": ["light", "dry"], '
        b'"option_names": ["Size"], "variants": [{"sku": "T-S", "options": ["S"], "price": {"amount": "9.50", '
        b'"currency": "USD"}, "stock": 3}, {"sku": "T-M", "options": {"Size": "M"}, "prices": [["EUR", "9.00"]]}]}, '
        b'{"id": "2", "name": "Pan\\ud83c", "price": "1e3", "in_stock": true, "dimensions": {"width": {"value": 3}}}]}'
    ),
    "feed.xml": GOOGLE.replace(
        "</g:id>",
        "</g:id><g:item_group_id>K</g:item_group_id><g:availability>in_stock</g:availability>"
        "<g:sale_price>99.00 EUR</g:sale_price><g:size unit='cm'>28</g:size>",
    ).encode(),
}
"""One good product feed for each reader of them."""
