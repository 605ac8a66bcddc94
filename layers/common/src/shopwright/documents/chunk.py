"""Blocks to passages: changes when we cut documents in another way.

A cut falls where the document has one (headings, rows, paragraphs), then between sentences, and only in the last resort
within one. What is embedded carries the section's titles, which say what the words below them are about; what is cited
is the content alone.
"""

import hashlib
import re
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

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
        for text in _pack(_SENTENCE.split(block.text), room, count):
            yield replace(block, text=text)


def _room(block: Block, count: Callable[[str], int]) -> int:
    titles = count(embedded_text(block.path, "")) if block.path else 0
    return max(40, (WHOLE_TOKENS if block.whole else TOKENS) - titles)


def _pack(sentences: Iterable[str], room: int, count: Callable[[str], int]) -> Iterator[str]:
    """As many sentences together as fit; a sentence that alone does not fit is cut between words."""
    held: list[str] = []
    used = 0
    for sentence in sentences:
        for part in _words_that_fit(sentence.strip(), room, count):
            size = count(part)
            if held and used + size > room:
                yield " ".join(held)
                held, used = [], 0
            held.append(part)
            used += size
    if held:
        yield " ".join(held)


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
    """Neighbours in one section, joined while they fit; a span then reaches from the first to the last."""
    held: Block | None = None
    used = 0
    for block in blocks:
        size = count(block.text)
        fits = held is not None and not held.whole and not block.whole and held.path == block.path
        if held is not None and fits and used + size <= _room(block, count):
            held = replace(held, text=f"{held.text}\n{block.text}", end=max(held.end, block.end))
            used += size
            continue
        if held is not None:
            yield held
        held, used = block, size
    if held is not None:
        yield held


def _chunk_id(document_id: str, section: tuple[str, ...], content: str, occurrence: int) -> uuid.UUID:
    digest = hashlib.sha256()
    for part in (document_id, *section, "", hashlib.sha256(content.encode()).hexdigest(), str(occurrence)):
        digest.update(len(part).to_bytes(4, "big") + part.encode())
    return uuid.UUID(bytes=digest.digest()[:16])
