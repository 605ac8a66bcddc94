"""Markdown to blocks: changes when merchants write another dialect of it."""

import re
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token
from selectolax.lexbor import LexborHTMLParser

from shopwright.documents.parse import nesting
from shopwright.documents.parse.block import Block, Parsed, heading, squeeze
from shopwright.documents.parse.rows import is_a_thing
from shopwright.documents.parse.text import questions
from shopwright.documents.rejected import FileTooLarge, NoText, TooDeeplyNested

_FRONT = re.compile(r"\A---[ \t]*\r?\n(?P<matter>.*?)\r?\n---[ \t]*\r?\n", re.DOTALL)
_MAX_CHARACTERS = 4_000_000  # its parser reads 300,000 a second
_MAX_DEPTH = 60  # of quotations and lists in each other; its parser leaves out what lies deeper
_TITLE = re.compile(r"^title:\s*(?P<title>.+?)\s*$", re.MULTILINE | re.IGNORECASE)


def parse(text: str) -> Parsed:
    """Paragraphs, list items and table rows, each under its headings."""
    if len(text) > _MAX_CHARACTERS:
        raise FileTooLarge("This Markdown file has more than 4 million characters. Split it into smaller files.")
    front = _FRONT.match(text)
    # Front matter is blanked, not cut, so that lines and characters keep their numbers.
    body = text if front is None else re.sub(r"[^\r\n]", " ", front[0]) + text[front.end() :]
    titled = _TITLE.search(front["matter"]) if front else None
    tokens = MarkdownIt("commonmark", {"maxNesting": _MAX_DEPTH}).enable("table").parse(body)
    if any(token.type in ("blockquote_open", "list_item_open") and token.level + 1 >= _MAX_DEPTH for token in tokens):
        raise TooDeeplyNested("This file nests its quotations or lists dozens deep. Flatten them.")
    reader = _Reader(body)
    reader.read(tokens)
    if not reader.blocks:
        raise NoText("This file holds headings or nothing at all. Upload one with text in it.")
    title = heading(titled["title"].strip("\"'")) if titled else reader.first_heading
    return Parsed(title, tuple(questions(reader.blocks)))


class _Reader:
    def __init__(self, source: str) -> None:
        self._source = source
        # As markdown-it counts lines: by \n alone, after \r\n and \r have become one.
        self._lines = [0, *(match.end() for match in re.finditer(r"\r\n|\n|\r", source)), len(source)]
        self._path: list[tuple[int, str]] = []
        self._headers: list[str] = []
        self.first_heading = ""
        self.blocks: list[Block] = []

    def read(self, tokens: list[Token]) -> None:
        row: list[str] | None = None
        head = False
        lines = [0, 0]
        for before, token in pairwise([Token("", "", 0), *tokens]):
            if token.map:
                lines = token.map
            match token.type:
                case "inline" if before.type == "heading_open":
                    self._enter(int(before.tag[1]), heading(_plain(token)))
                case "inline" if row is not None:
                    row.append(squeeze(_plain(token)))
                case "inline":
                    self._emit(squeeze(_plain(token)), lines)
                case "fence" | "code_block":
                    self._emit(squeeze(token.content), lines)
                case "html_block":
                    nesting.check(token.content)
                    self._emit(squeeze(LexborHTMLParser(token.content).text(separator=" ")), lines)
                case "thead_open":
                    head = True
                case "thead_close":
                    head = False
                case "tr_open":
                    row = []
                case "tr_close" if row is not None:
                    self._row(row, head, lines)
                    row = None
                case _:
                    pass

    def _row(self, cells: list[str], head: bool, lines: list[int]) -> None:
        if head:
            self._headers = cells
            return
        fields = [(name, cell) for name, cell in zip(self._headers, cells, strict=False) if cell]
        named = [f"{name}: {cell}" if name else cell for name, cell in fields]
        self._emit("; ".join(named), lines, whole=True, row=not is_a_thing(fields))

    def _enter(self, level: int, title: str) -> None:
        if title:
            self.first_heading = self.first_heading or title
            self._path = [(above, name) for above, name in self._path if above < level] + [(level, title)]

    def _emit(self, text: str, lines: list[int], *, whole: bool = False, row: bool = False) -> None:
        if not text:
            return
        start, end = self._lines[lines[0]], self._lines[min(lines[1], len(self._lines) - 1)]
        piece = self._source[start:end]
        start, end = start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())
        self.blocks.append(Block(tuple(name for _, name in self._path), text, start, max(start, end), whole, row))


def _plain(token: Token) -> str:
    parts = []
    for child in token.children or ():
        if child.type in ("softbreak", "hardbreak"):
            parts.append(" ")
        elif child.type == "image":
            parts.append(_plain(child))
        elif child.type in ("text", "code_inline"):
            parts.append(child.content)
    return "".join(parts)
