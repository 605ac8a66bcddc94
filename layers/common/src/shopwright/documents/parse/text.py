"""Plain text to blocks: changes when we recognise another way of writing headings and questions without markup."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from shopwright.documents.parse.block import Block, Parsed, heading, squeeze
from shopwright.documents.rejected import NoText

_PARAGRAPH = re.compile(r"\S(?:[^\r\n]+|(?:\r\n|\n|\r)(?![ \t]*(?:\r\n|\n|\r|\Z)))*")
_UNDERLINED = re.compile(r"(?P<title>[^\r\n]{2,120})(?:\r\n|\n|\r)[ \t]*(?:={3,}|-{3,})[ \t]*")
_QUESTION = re.compile(r"^(?:Q|Question)\s*\d*\s*[:.)]\s*", re.IGNORECASE)
_ANSWER = re.compile(r"^(?:A|Answer)\s*\d*\s*[:.)]\s*", re.IGNORECASE)


def parse(text: str) -> Parsed:
    """Paragraphs by heading: an underlined line, or a short line in capitals on its own."""
    blocks: list[Block] = []
    path: tuple[str, ...] = ()
    headings: list[str] = []
    for match in _PARAGRAPH.finditer(text):
        title, body_at = _title(match[0])
        if title:
            path = (heading(title),)
            headings.append(path[0])
        body = match[0][body_at:]
        start = match.start() + body_at + len(body) - len(body.lstrip())
        if body.strip():
            blocks.append(Block(path, squeeze(body), start, match.start() + len(match[0].rstrip())))
    if not blocks:
        raise NoText("This file holds headings or nothing at all. Upload one with text in it.")
    return Parsed(headings[0] if headings else "", tuple(questions(blocks)))


def questions(blocks: Iterable[Block]) -> Iterator[Block]:
    """Join a `Q:` with the `A:` that follows it, so that no cut falls between them."""
    asked: Block | None = None
    for block in blocks:
        if asked is not None and block.path == asked.path and _ANSWER.match(block.text):
            yield replace(asked, text=f"{asked.text}\n{block.text}", end=block.end, whole=True)
            asked = None
            continue
        if asked is not None:
            yield asked
        asked = block if is_question(block.text) else None
        if asked is None:
            yield block
        elif re.search(r"\s(?:A|Answer)\s*\d*\s*[:.)]\s", block.text):
            yield replace(block, whole=True)  # both in one paragraph
            asked = None
    if asked is not None:
        yield asked


def is_question(text: str) -> bool:
    """Marked as a question by `Q:` or the like."""
    return _QUESTION.match(text) is not None


def _title(paragraph: str) -> tuple[str, int]:
    underlined = _UNDERLINED.match(paragraph)
    if underlined:
        return underlined["title"], underlined.end()
    first, *rest = paragraph.splitlines(keepends=True)
    line = first.strip()
    if 2 <= len(line) <= 80 and line.isupper() and any(map(str.isalpha, line)) and not line.endswith((".", ";", ",")):
        return line.capitalize() if len(line.split()) > 1 else line.title(), len(first) if rest else len(paragraph)
    return "", 0
