"""What every parser yields: changes when cutting into passages needs to know more about a piece of text."""

import re
from dataclasses import dataclass

_UNSTORABLE = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph, list item, table row, product or question with its answer.

    `path` is the titles above it, outermost first. `start` and `end` are characters of the decoded source, tags and
    all, so that a citation opens at the right place in the merchant's own file. `whole` blocks stand alone: they are
    not joined with their neighbours.
    """

    path: tuple[str, ...]
    text: str
    start: int
    end: int
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Parsed:
    """A document's title and its blocks, in reading order."""

    title: str
    blocks: tuple[Block, ...]


def squeeze(text: str, *, limit: int | None = None) -> str:
    """White space as single blanks; a text over the limit ends in an ellipsis."""
    line = " ".join(text.split())
    return line if limit is None or len(line) <= limit else line[: limit - 1].rstrip() + "…"


def heading(text: str) -> str:
    """A title fit for a section path."""
    return squeeze(text, limit=120)


def storable(text: str) -> str:
    """Without what neither UTF-8 nor the database can hold: NUL, and halves of characters, which JSON can name."""
    return _UNSTORABLE.sub("\ufffd", text.replace("\0", ""))
