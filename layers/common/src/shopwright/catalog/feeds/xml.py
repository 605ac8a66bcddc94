"""Product feeds in XML: changes when shops export their catalogs as XML in another way.

Google Merchant's RSS and Atom with its `g:` names, and any list of elements that hold an id, a title and a price. A
document type is passed over, and refused when it declares an entity, so that nothing is expanded, read or fetched.
"""

from collections.abc import Iterable
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from shopwright.catalog.columns import column
from shopwright.catalog.feeds.build import Field, Record, build, lists_of_products
from shopwright.catalog.product import Feed

_ITEMS = {"item", "entry", "product", "offer", "artikel", "row", "record"}
_MAX_DEPTH = 200  # as deep as the reader of XML goes


class _TooDeep(Exception):
    """Nested deeper than any feed is."""


class _Placed(TreeBuilder):
    """Builds the tree and remembers where each item starts and ends, in bytes."""

    def __init__(self) -> None:
        super().__init__()
        self.places: list[tuple[Element, int, int]] = []
        self.expat: Any = None
        self._open: list[tuple[Element, int]] = []

    def start(self, tag: Any, attrs: Any, /) -> Element:
        element = super().start(tag, attrs)
        self._open.append((element, self.expat.CurrentByteIndex))
        if len(self._open) > _MAX_DEPTH:
            raise _TooDeep
        return element

    def end(self, tag: str, /) -> Element:
        element = super().end(tag)
        _, start = self._open.pop()
        if _local(tag).casefold() in _ITEMS:
            self.places.append((element, start, self.expat.CurrentByteIndex))
        return element


def read(text: str) -> Feed | None:
    """The products of a file; None when it is no feed, no XML, or declares an entity."""
    data = text.encode("utf-8", errors="replace")
    builder = _Placed()
    try:
        parser = DefusedXMLParser(target=builder, encoding="utf-8")
        builder.expat = parser.parser
        parser.feed(data)
        parser.close()
    except (ParseError, DefusedXmlException, _TooDeep, ValueError):
        return None  # the reader of XML says what is wrong with it
    at = _characters(data, (end for _, *ends in builder.places for end in ends))
    records = lists_of_products(
        [
            Record(number, tuple(_fields(element)), at[start], at[end], of=str(element.tag))
            for number, (element, start, end) in enumerate(builder.places, start=1)
        ]
    )
    return build(records) if records else None


def _characters(data: bytes, places: Iterable[int]) -> dict[int, int]:
    """Places in bytes as places in characters, in one pass."""
    found: dict[int, int] = {}
    last = character = 0
    for place in sorted(set(places)):
        character += len(data[last:place].decode("utf-8", errors="ignore"))
        found[place] = character
        last = place
    return found


def _fields(element: Element) -> list[Field]:
    """Each element below as a field; those below it under both names. Attributes count when there is no text."""
    found: list[Field] = []
    for name, value in element.attrib.items():
        found.append((_local(name), value.strip()))
    for child in element:
        name = _local(child.tag)
        if column(name).role == "ignored":
            continue
        text = " ".join("".join(child.itertext()).split()) if not len(child) else ""
        if text:
            found.append((name, text))
        for inner in child.iter():
            if inner is not child and not len(inner) and inner.text and inner.text.strip():
                found.append((f"{name} {_local(inner.tag)}", " ".join(inner.text.split())))
    return found


def _local(tag: object) -> str:
    return str(tag).rpartition("}")[2]
