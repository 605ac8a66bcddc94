"""What every parser yields: changes when cutting into passages needs to know more about a piece of text."""

import re
from dataclasses import dataclass, field

_UNSTORABLE = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph, list item, table row, product or question with its answer.

    `path` is the titles above it, outermost first. `start` and `end` are characters of the decoded source, tags and
    all, so that a citation opens at the right place in the merchant's own file. Of a file that is no text (PDF, Office,
    e-mail, RTF) they are characters of its extracted text, which is its blocks with a line end between them; there the
    path leads back: page, slide, sheet or heading. `whole` blocks stand alone: they are not joined with their
    neighbours. A `row` is one of a table, and no thing of its own as a product is: it may be joined with other
    rows of its section, and is kept whole like those that stand alone.
    """

    path: tuple[str, ...]
    text: str
    start: int
    end: int
    whole: bool = False
    row: bool = False


@dataclass(frozen=True, slots=True)
class Parsed:
    """A document's title and its blocks, in reading order; and how many of its pages could not be read."""

    title: str
    blocks: tuple[Block, ...]
    unread_pages: int = 0


@dataclass(slots=True)
class Extract:
    """The text of a file that is no text, as it grows block by block."""

    blocks: list[Block] = field(default_factory=list)
    at: int = 0

    def add(self, path: tuple[str, ...], text: str, *, whole: bool = False, row: bool = False) -> None:
        """A block, unless there is nothing in it."""
        if not text or text.isspace():
            return
        self.blocks.append(Block(path, text, self.at, self.at + len(text), whole, row))
        self.at += len(text) + 1

    def take(self, parsed: Parsed, under: tuple[str, ...] = ()) -> None:
        """The blocks of a file within this one."""
        for block in parsed.blocks:
            self.add((*under, *block.path), block.text, whole=block.whole, row=block.row)


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
