"""Product feeds: what they hold, and whether a file is one. It changes when feeds come in another kind of file."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from pydantic import TypeAdapter

from shopwright.catalog.feeds import csv, json, xml
from shopwright.catalog.product import Feed

_READERS: Mapping[str, Callable[[str], Feed | None]] = MappingProxyType(
    {
        "csv": csv.read,
        "tsv": csv.read,
        "txt": csv.read,  # Google's tab-separated feeds are called so
        "json": json.read,
        "jsonl": json.read,
        "ndjson": json.read,
        "xml": xml.read,
        "rss": xml.read,
        "atom": xml.read,
    }
)

FORM: TypeAdapter[Feed | None] = TypeAdapter(Feed | None)
TOLD = f"{__name__}:told"  # by its name, for the process that reads strangers' files


def may_be(ending: str) -> bool:
    """May a file with this ending be a feed?"""
    return ending.removeprefix(".").casefold() in _READERS


def read(text: str, ending: str) -> Feed | None:
    """The products of a decoded file, by its name's ending; None when it is no product feed.

    A file is one when it names products, each with an id or a code, a title and a price. A row that cannot be read is
    told in `refused`, and costs nothing but itself. Pure: the same text gives the same feed.
    """
    reader = _READERS.get(ending.removeprefix(".").casefold())
    return reader(text) if reader else None


def told(text: str, ending: str) -> str:
    """The same as JSON in that form, to be handed from one process to another."""
    return FORM.dump_json(read(text, ending)).decode()
