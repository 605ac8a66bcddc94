"""Blocks to passages: changes when we cut documents in another way.

A cut falls where the document has one (headings, rows, paragraphs), then between sentences, and only in the last resort
within one. What is embedded carries the section's titles, which say what the words below them are about; what is cited
is the content alone.
"""

import hashlib
import re
import uuid
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby

from shopwright.documents.parse.block import Block, Parsed
from shopwright.documents.rejected import NoText, TooManyPassages

TOKENS = 220  # of one passage, its section's titles included
WHOLE_TOKENS = 440  # of a question with its answer, or a row: kept whole while the model can still read it
LETTERS = 12  # that a token stands for, at most
MAX_CHUNKS = 20_000
_SENTENCE = re.compile(r"(?<=[.!?…])[\"'”’)\]]*\s+|\n+|(?<=;)\s+")


@dataclass(frozen=True, slots=True)
class Chunk:
    """One passage. `start` and `end` are those of the source section that it was cut from."""

    id: uuid.UUID
    ordinal: int
    section: tuple[str, ...]
    content: str
    start: int
    end: int


def embedded_text(section: Iterable[str], content: str) -> str:
    """What the model reads of a passage."""
    titles = " > ".join(section)
    return f"{titles}\n{content}" if titles else content


def chunk(document_id: str, parsed: Parsed, count: Callable[[str], int]) -> tuple[Chunk, ...]:
    """Passages of at most TOKENS by `count`, the embedding model's own measure.

    An id is made from what the passage is (document, section, content, occurrence), not from where it stands, so that
    a new version of the document keeps the ids, and the vectors, of what it did not change.
    """

    @lru_cache(maxsize=4096)  # titles are the same for many blocks
    def size(text: str) -> int:
        # The tokenizer takes a "word" of a thousand letters for one unknown token.
        return max(count(text), len(text) // LETTERS)

    chunks: list[Chunk] = []
    seen: Counter[tuple[tuple[str, ...], str]] = Counter()
    for piece in _join(_cut(_titled(parsed), size), size):
        content = piece.text
        occurrence = seen[piece.path, content]
        seen[piece.path, content] += 1
        if len(chunks) == MAX_CHUNKS:
            raise TooManyPassages(f"This file has more than {MAX_CHUNKS:,} passages. Split it into smaller files.")
        chunks.append(
            Chunk(
                id=_chunk_id(document_id, piece.path, content, occurrence),
                ordinal=len(chunks),
                section=piece.path,
                content=content,
                start=piece.start,
                end=piece.end,
            )
        )
    if not chunks:
        raise NoText("This file holds no text. Upload one with text in it.")
    return tuple(chunks)


def _titled(parsed: Parsed) -> Iterator[Block]:
    """The document's title is the first of every section's titles."""
    for block in parsed.blocks:
        path = block.path if block.path[:1] == (parsed.title,) or not parsed.title else (parsed.title, *block.path)
        yield replace(block, path=path)


def _cut(blocks: Iterable[Block], count: Callable[[str], int]) -> Iterator[Block]:
    for block in blocks:
        room = _room(block, count)
        # A token is at least one character, so that a short text need not be counted.
        if len(block.text) <= room or count(block.text) <= room:
            yield block
            continue
        room = min(room, _room(replace(block, whole=False), count))
        *full, rest = _pack(_SENTENCE.split(block.text), room, count)
        for text in full:
            yield replace(block, text=text, whole=True, row=False)
        yield replace(block, text=rest, row=False)


def _room(block: Block, count: Callable[[str], int]) -> int:
    titles = count(embedded_text(block.path, "")) if block.path else 0
    return max(40, (WHOLE_TOKENS if block.whole else TOKENS) - titles)


def _pack(sentences: Iterable[str], room: int, count: Callable[[str], int]) -> Iterator[str]:
    """As many sentences together as fit; a sentence that alone does not fit is cut between words."""
    parts = [part for sentence in sentences for part in _words_that_fit(sentence.strip(), room, count)]
    for first, last in _groups(parts, room, count):
        yield " ".join(parts[first:last])


def _groups(texts: Sequence[str], room: int, count: Callable[[str], int]) -> Iterator[tuple[int, int]]:
    """Which neighbours go together: from, to.

    Once there is more than one group, a group that is half full also ends before a landmark: a text that is one by what
    it says, not by where it stands. So the groups behind an edit soon are those from before it, and keep their vectors.
    """
    sizes = [count(text) for text in texts]
    fits = sum(sizes) <= room
    first = used = 0
    for place, (text, size) in enumerate(zip(texts, sizes, strict=True)):
        full = used + size > room or (not fits and used * 2 >= room and _is_landmark(text))
        if place > first and full:
            yield first, place
            first, used = place, 0
        used += size
    if first < len(texts):
        yield first, len(texts)


def _is_landmark(text: str) -> bool:
    return zlib.crc32(text.encode()) % 3 == 0


def _words_that_fit(sentence: str, room: int, count: Callable[[str], int]) -> Iterator[str]:
    if not sentence:
        return
    if len(sentence) <= room or count(sentence) <= room:
        yield sentence
        return
    held = ""
    used = 0
    for word in sentence.split():
        # A single "word" may be a whole file without blanks: at most one token for each character.
        for part in (word[n : n + room] for n in range(0, len(word), room)):
            size = count(part)
            if held and used + size > room:
                yield held
                held, used = "", 0
            held = f"{held} {part}" if held else part
            used += size
    yield held


def _join(blocks: Iterable[Block], count: Callable[[str], int]) -> Iterator[Block]:
    """Neighbours in one section, joined while they fit; a span then reaches from the first to the last.

    Rows are joined with rows alone. Each says its headers itself, so that a group of them needs none above it.
    """
    for (whole, row, _), neighbours in groupby(blocks, key=lambda block: (block.whole, block.row, block.path)):
        if whole and not row:
            yield from neighbours
            continue
        section = list(neighbours)
        room = _room(replace(section[0], whole=False), count)
        for first, last in _groups([block.text for block in section], room, count):
            group = section[first:last]
            yield replace(
                group[0], text="\n".join(block.text for block in group), end=max(block.end for block in group)
            )


def _chunk_id(document_id: str, section: tuple[str, ...], content: str, occurrence: int) -> uuid.UUID:
    digest = hashlib.sha256()
    for part in (document_id, *section, "", hashlib.sha256(content.encode()).hexdigest(), str(occurrence)):
        digest.update(len(part).to_bytes(4, "big") + part.encode())
    return uuid.UUID(bytes=digest.digest()[:16])
