"""Presentations to blocks, slide by slide: changes when PowerPoint, or what writes its format, marks up text in another
way.

Left out is what the audience does not see: hidden slides, speaker's notes, the words of the layout.
"""

from collections.abc import Iterator

from shopwright.documents.parse.block import Extract, Parsed, heading, squeeze
from shopwright.documents.parse.elements import Element
from shopwright.documents.parse.package import Package
from shopwright.documents.parse.tables import told
from shopwright.documents.rejected import NoText, TooManyPages

KIND = "presentation"
MAX_SLIDES = 2_000
_OF_THE_LAYOUT = frozenset({"dt", "ftr", "sldNum", "hdr"})


def parse(data: bytes) -> Parsed:
    """Paragraphs and table rows under the number and title of their slide."""
    package = Package(data, KIND)
    main = package.beside("", "officeDocument") or "ppt/presentation.xml"
    extract = Extract()
    first = ""
    for number, part in enumerate(_slides(package, main), 1):
        if number > MAX_SLIDES:
            raise TooManyPages(f"This presentation has more than {MAX_SLIDES:,} slides. Split it into smaller files.")
        slide = package.element(part)
        if slide.get("show") in ("0", "false"):
            continue
        title = _slide(slide, number, extract)
        first = first or title
    if not extract.blocks:
        raise NoText("This presentation holds no text. Upload one with text on its slides.")
    return Parsed(first, tuple(extract.blocks))


def _slides(package: Package, main: str) -> Iterator[str]:
    """In the order in which they are shown."""
    known = package.relations(main)
    for entry in package.element(main).every("sldId"):
        # Both the slide's own number and the relation's id are called `id`; only the latter names a relation.
        kind, part = known.get(entry.get("relationships:id"), ("", ""))
        if kind == "slide" and part in package:
            yield part


def _slide(slide: Element, number: int, extract: Extract) -> str:
    shapes = [one for one in slide.every("sp", "graphicFrame") if one.name == "graphicFrame" or one.child("txBody")]
    titles = [one for one in shapes if _place(one) in ("title", "ctrTitle")]
    title = heading(" ".join(squeeze(said) for one in titles for said in _paragraphs(one)))
    path = (f"Slide {number}", title) if title else (f"Slide {number}",)
    before = len(extract.blocks)
    for shape in shapes:
        if shape in titles or _place(shape) in _OF_THE_LAYOUT:
            continue
        for table in shape.every("tbl"):
            rows = [[_cell(cell) for cell in row if cell.name == "tc"] for row in table if row.name == "tr"]
            for one in told(rows):
                extract.add((*path, one.name) if one.name else path, one.words, whole=one.whole, row=one.row)
        if shape.name == "sp":
            for said in _paragraphs(shape):
                extract.add(path, squeeze(said))
    if title and len(extract.blocks) == before:
        extract.add(path[:1], title)  # a slide that is nothing but its title
    return title


def _place(shape: Element) -> str:
    place = next(shape.every("ph"), None)
    return place.get("type") if place is not None else ""


def _paragraphs(shape: Element) -> Iterator[str]:
    for paragraph in shape.every("p"):
        yield "".join(" " if one.name == "br" else one.text() for one in paragraph.every("t", "br"))


def _cell(cell: Element) -> str:
    return squeeze(" ".join(_paragraphs(cell)))
