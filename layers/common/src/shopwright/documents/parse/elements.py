"""XML to elements, as expat reads it: changes when we refuse another thing that XML can do.

No entity is declared, no other file is named, nothing nests without bound. What a document type says is passed over.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn
from xml.parsers import expat

from shopwright.documents.rejected import BrokenXml, EntitiesDeclared, TooDeeplyNested

_MAX_DEPTH = 200
_BETWEEN = " "  # between a namespace and a name


@dataclass(slots=True, eq=False)
class Element:
    """An element by its local name. `start` and `end` are bytes of the source.

    An attribute that has a namespace is called by the last part of that and by its name: `relationships:id`.
    """

    name: str
    attributes: dict[str, str]
    start: int = 0
    end: int = 0
    children: list["Element | str"] = field(default_factory=list)

    def __iter__(self) -> Iterator["Element"]:
        return (child for child in self.children if isinstance(child, Element))

    def get(self, name: str) -> str:
        """An attribute by its name, whatever its namespace unless `name` says it; empty when it is not there."""
        if name in self.attributes:
            return self.attributes[name]
        return next((value for key, value in self.attributes.items() if key.endswith(f":{name}")), "")

    def child(self, name: str) -> "Element | None":
        return next((one for one in self if one.name == name), None)

    def every(self, *names: str) -> Iterator["Element"]:
        """Every element below this one that has one of the names, in order."""
        for one in self:
            if one.name in names:
                yield one
            yield from one.every(*names)

    def text(self) -> str:
        """All text in it."""
        return "".join(child if isinstance(child, str) else child.text() for child in self.children)


def read(data: bytes, *, encoding: str | None = None) -> Element:
    """The root element. Raises BrokenXml, EntitiesDeclared, TooDeeplyNested."""
    parser = expat.ParserCreate(encoding, namespace_separator=_BETWEEN)
    parser.buffer_text = True
    top = Element("", {})
    open_: list[Element] = [top]

    def started(name: str, attributes: dict[str, str]) -> None:
        if len(open_) > _MAX_DEPTH:
            raise TooDeeplyNested(f"This file nests its elements more than {_MAX_DEPTH} deep. Flatten it.")
        element = Element(
            _local(name), {_attribute(key): value for key, value in attributes.items()}, parser.CurrentByteIndex
        )
        open_[-1].children.append(element)
        open_.append(element)

    def ended(_: str) -> None:
        element = open_.pop()
        element.end = data.find(b">", parser.CurrentByteIndex) + 1

    def said(text: str) -> None:
        open_[-1].children.append(text)

    def declared(*_: object) -> NoReturn:
        raise EntitiesDeclared("This file declares XML entities, which we do not read. Export it without them.")

    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = started, ended, said
    parser.EntityDeclHandler = parser.UnparsedEntityDeclHandler = parser.ExternalEntityRefHandler = declared
    parser.SkippedEntityHandler = declared
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise BrokenXml(
            f"This file is not valid XML (line {error.lineno}). Export it again, or check it with an XML validator."
        ) from None
    return next(iter(top))


def _attribute(name: str) -> str:
    space, _, local = name.rpartition(_BETWEEN)
    return f"{space.rpartition('/')[2]}:{local}" if space else local


def _local(name: str) -> str:
    return name.rpartition(_BETWEEN)[2]
