"""Word documents to blocks: changes when Word, or what writes its format, marks up text in another way.

Read are the body in its order, text boxes, footnotes and embedded pages of HTML. Left out is what a reader does not see
(deletions, hidden text, field codes, comments) and what stands on every page.
"""

from collections.abc import Iterator

from shopwright.documents.parse.block import Extract, Parsed, heading, squeeze
from shopwright.documents.parse.elements import Element
from shopwright.documents.parse.package import Package
from shopwright.documents.parse.tables import told
from shopwright.documents.parse.text import questions
from shopwright.documents.rejected import NoText, Rejected

KIND = "Word document"
_UNSEEN = frozenset({"del", "moveFrom", "instrText", "delText", "delInstrText", "Fallback", "rPr", "pPr"})
_BREAKS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "softHyphen": ""}
_OFF = frozenset({"0", "false", "off", "none"})


def parse(data: bytes) -> Parsed:
    """Paragraphs, list items and table rows, each under its headings."""
    package = Package(data, KIND)
    main = package.beside("", "officeDocument") or "word/document.xml"
    root = package.element(main)
    reader = _Reader(package, main)
    reader.into(root.child("body") or root)
    reader.notes()
    if not reader.extract.blocks:
        raise NoText("This Word document holds no text. Upload one with text in it.")
    return Parsed(reader.title, tuple(questions(reader.extract.blocks)))


class _Reader:
    def __init__(self, package: Package, main: str) -> None:
        self._package = package
        self._main = main
        self._levels = dict(_levels(package, package.beside(main, "styles")))
        self._path: list[tuple[int, str]] = []
        self.extract = Extract()
        self.title = ""

    @property
    def path(self) -> tuple[str, ...]:
        return tuple(name for _, name in self._path)

    def into(self, element: Element) -> None:
        for child in element:
            match child.name:
                case "p":
                    self._paragraph(child)
                case "tbl":
                    self._table(child)
                case "altChunk":
                    self._embedded(child)
                case "sectPr":
                    pass
                case name if name not in _UNSEEN:
                    self.into(child)
                case _:
                    pass

    def notes(self) -> None:
        """Footnotes and endnotes, without the two that only draw lines."""
        for kind in ("footnotes", "endnotes"):
            part = self._package.beside(self._main, kind)
            if part:
                for note in self._package.element(part):
                    if not note.get("type"):
                        self.extract.add((), squeeze(" ".join(_said(one) for one in note.every("p"))))

    def _paragraph(self, paragraph: Element) -> None:
        said = squeeze(_said(paragraph))
        level = self._level(paragraph)
        if level is None:
            self.extract.add(self.path, said)
        elif title := heading(said):
            self.title = self.title or title
            self._path = [(above, name) for above, name in self._path if above < level] + [(level, title)]
        for box in paragraph.every("txbxContent"):
            if not any(box in fallback.every("txbxContent") for fallback in paragraph.every("Fallback")):
                self.into(box)

    def _level(self, paragraph: Element) -> int | None:
        properties = paragraph.child("pPr")
        if properties is None:
            return None
        outline, style = properties.child("outlineLvl"), properties.child("pStyle")
        if outline is not None and outline.get("val").isdigit() and int(outline.get("val")) < 9:
            return int(outline.get("val")) + 1
        return self._levels.get(style.get("val")) if style is not None else None

    def _table(self, table: Element) -> None:
        rows: list[list[str]] = []
        above: list[str] = []
        headed = False
        for row in _children(table, "tr"):
            cells: list[str] = []
            for cell in _children(row, "tc"):
                properties = cell.child("tcPr")
                said = squeeze(" ".join(_said(one) for one in cell.every("p")))
                merged = properties.child("vMerge") if properties is not None else None
                if merged is not None and merged.get("val") != "restart" and len(cells) < len(above):
                    said = above[len(cells)]
                span = properties.child("gridSpan") if properties is not None else None
                width = int(span.get("val")) if span is not None and span.get("val").isdigit() else 1
                cells += [said] * min(width, 64)
            properties = row.child("trPr")
            headed = headed or (not rows and properties is not None and properties.child("tblHeader") is not None)
            rows.append(cells)
            above = cells
        for one in told(rows, header=True if headed else None):
            self.extract.add((*self.path, one.name) if one.name else self.path, one.words, whole=one.whole, row=one.row)

    def _embedded(self, chunk: Element) -> None:
        name = self._package.relations(self._main).get(chunk.get("relationships:id"), ("", ""))[1]
        if name not in self._package or not name.lower().endswith((".html", ".htm", ".xhtml", ".txt")):
            return
        # Imported here and not above: few documents have it.
        from shopwright.documents.parse import html
        from shopwright.documents.parse.decode import decode

        try:
            self.extract.take(html.parse(decode(self._package.read(name))), self.path)
        except Rejected:
            if not self.extract.blocks:  # it is all that there is
                raise


def _said(element: Element) -> str:
    """What a reader sees of a paragraph; text boxes are read apart."""
    parts: list[str] = []
    for child in element:
        if child.name == "t":
            parts.append(child.text())
        elif child.name in _BREAKS:
            parts.append(_BREAKS[child.name])
        elif child.name == "r" and _hidden(child):
            continue
        elif child.name not in _UNSEEN and child.name != "txbxContent":
            parts.append(_said(child))
    return "".join(parts)


def _hidden(run: Element) -> bool:
    properties = run.child("rPr")
    mark = properties.child("vanish") if properties is not None else None
    return mark is not None and mark.get("val") not in _OFF


def _children(element: Element, name: str) -> Iterator[Element]:
    """Those of one name, also where a content control or an insertion stands between."""
    for child in element:
        if child.name == name:
            yield child
        elif child.name in ("sdt", "sdtContent", "ins", "moveTo", "customXml"):
            yield from _children(child, name)


def _levels(package: Package, part: str) -> Iterator[tuple[str, int]]:
    """Which styles are headings, by their own word, by name or by the style that they are based on."""
    if not part:
        return
    found: dict[str, int] = {}
    based: dict[str, str] = {}
    for style in package.element(part):
        if style.name != "style":
            continue
        name, base = style.child("name"), style.child("basedOn")
        outline = next(style.every("outlineLvl"), None)
        called = name.get("val").lower() if name is not None else ""
        if called == "title":
            found[style.get("styleId")] = 0
        elif called.startswith("heading ") and called[8:].isdigit():
            found[style.get("styleId")] = int(called[8:])
        elif outline is not None and outline.get("val").isdigit() and int(outline.get("val")) < 9:
            found[style.get("styleId")] = int(outline.get("val")) + 1
        elif base is not None:
            based[style.get("styleId")] = base.get("val")
    for style_id in based:
        at, steps = style_id, 0
        while at in based and at not in found and steps < 20:
            at, steps = based[at], steps + 1
        if at in found:
            yield style_id, found[at]
    yield from found.items()
