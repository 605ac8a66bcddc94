"""XML to blocks, one for each product or entry: changes when feeds come in another shape.

Google Merchant feeds, RSS, Atom, and any file that repeats one element. XML that repeats nothing is read as prose.
"""

import re
from collections import Counter
from collections.abc import Iterator
from types import ModuleType

from shopwright.documents.parse import elements
from shopwright.documents.parse.block import Block, Parsed, heading, squeeze
from shopwright.documents.parse.elements import Element
from shopwright.documents.parse.rows import called, spoken
from shopwright.documents.rejected import NoText

Fields = list[tuple[str, str]]
_ITEMS = frozenset({"item", "entry", "product", "offer"})
_TITLES = ("title", "name", "head", "heading", "label")
_MAX_FIELDS = 400
_LINK = re.compile(r"<a\s[^>]*href", re.IGNORECASE)
_MARKUP = re.compile(r"<[a-zA-Z/][^>]*>|&#?\w+;")


def parse(text: str) -> Parsed:
    """Each repeated element as its fields and values; whatever stands beside them, together."""
    source = _Source(text)
    root = elements.read(source.data, encoding="utf-8")
    holder, name = _items(root)
    blocks: list[Block] = []
    if holder is None:
        title = ""
        blocks.extend(_prose(root, (), source))
    else:
        own = [field for one in _containers(root, holder) for field in _own(one, name)]
        title = heading(next((said for key, said in own if key in _TITLES), ""))
        if words := spoken(own):
            blocks.append(Block((), words, *source.span(holder.start, holder.start), whole=True))
        for fields, start, end in _rows(source, holder, name):
            words = spoken(fields)
            if words:
                known = called(fields)
                blocks.append(Block((known,) if known else (), words, start, end, whole=True))
    if not blocks:
        raise NoText("This file holds no items and no text. Upload one with at least one product or text in it.")
    return Parsed(title, tuple(blocks))


def rows(text: str) -> Iterator[tuple[Fields, int, int]]:
    """The fields of each repeated element with the characters that it spans; none when nothing is repeated."""
    source = _Source(text)
    holder, name = _items(elements.read(source.data, encoding="utf-8"))
    if holder is not None:
        yield from _rows(source, holder, name)


class _Source:
    """The text as expat counts it, in bytes. Spans are asked for in the order of the file."""

    def __init__(self, text: str) -> None:
        self.data = text.encode("utf-8", "replace")
        self._ascii = len(self.data) == len(text)
        self._byte = self._character = 0

    def span(self, start: int, end: int) -> tuple[int, int]:
        return self._to(start), self._to(end)

    def _to(self, byte: int) -> int:
        if self._ascii:
            return byte
        if byte < self._byte:
            self._byte = self._character = 0
        self._character += len(self.data[self._byte : byte].decode("utf-8", "replace"))
        self._byte = byte
        return self._character


def _rows(source: _Source, holder: Element, name: str) -> Iterator[tuple[Fields, int, int]]:
    for item in holder:
        if item.name == name:
            fields = [field for _, field in zip(range(_MAX_FIELDS), _fields(item, ""), strict=False)]
            yield fields, *source.span(item.start, item.end)


def _items(root: Element) -> tuple[Element | None, str]:
    """The outermost element that repeats another one which has parts of its own."""
    level = [root]
    while level:
        for element in level:
            counts = Counter(child.name for child in element if next(iter(child), None) is not None)
            name, count = max(counts.items(), key=lambda item: (item[0] in _ITEMS, item[1]), default=("", 0))
            if count > 1 or name in _ITEMS:
                return element, name
        level = [child for element in level for child in element]
    return None, ""


def _containers(root: Element, holder: Element) -> list[Element]:
    """The element that holds the items, and those around it."""
    if root is holder:
        return [root]
    return next(([root, *inner] for child in root if (inner := _containers(child, holder))), [])


def _own(element: Element, name: str) -> Iterator[tuple[str, str]]:
    """What an element says beside its items, as far as it says it in one word."""
    for child in element:
        if child.name != name and next(iter(child), None) is None and (said := _plain(child.text())):
            yield _called(child), said


def _fields(element: Element, prefix: str) -> Iterator[tuple[str, str]]:
    """Names of nested fields are joined by blanks: `shipping price`. Attributes are fields too."""
    for key, value in element.attributes.items():
        if said := squeeze(value):
            yield f"{prefix} {key.rpartition(':')[2]}".strip(), said
    text = "".join(child for child in element.children if isinstance(child, str))
    if said := _plain(text):
        yield prefix, said
    if _LINK.search(text):
        yield f"{prefix} links".strip(), " ".join(_html().links(text))
    for child in element:
        yield from _fields(child, f"{prefix} {_called(child)}".strip())


def _prose(element: Element, path: tuple[str, ...], source: _Source) -> Iterator[Block]:
    title = next((one for name in _TITLES if (one := element.child(name)) is not None), None)
    if title is not None and (said := heading(title.text())):
        path = (*path, said)
    mixed = any(isinstance(child, str) and child.strip() for child in element.children)
    if mixed or next(iter(element), None) is None:
        if said := _plain(element.text()):
            yield Block(path, said, *source.span(element.start, element.end))
        return
    for child in element:
        if child is not title:
            yield from _prose(child, path, source)


def _called(element: Element) -> str:
    return element.name.replace("_", " ")


def _plain(text: str) -> str:
    """Feeds hold HTML as text: of that, the words."""
    return _html().plain(text) if _MARKUP.search(text) else squeeze(text)


def _html() -> ModuleType:
    # Imported here and not above: few feeds need it.
    from shopwright.documents.parse import html

    return html
