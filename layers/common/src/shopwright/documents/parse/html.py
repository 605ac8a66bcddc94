"""HTML to blocks: changes when shops' pages hold text in another kind of element.

The tree tells what belongs together; it does not say where in the file a text stands. So each text is looked up in a
copy of the source, of the same length, in which markup is blanked and entities are resolved: from where the one before
it ended.
"""

import html
import re
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

from shopwright.documents.parse import nesting
from shopwright.documents.parse.block import Block, Parsed, heading, squeeze
from shopwright.documents.parse.rows import is_a_thing
from shopwright.documents.rejected import NoText, TooDeeplyNested

_SKIPPED = frozenset(
    {
        "head",
        "script",
        "style",
        "template",
        "noscript",
        "svg",
        "math",
        "iframe",
        "object",
        "nav",
        "form",
        "button",
        "select",
        "textarea",
        "dialog",
    }
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BLOCKS = frozenset(
    {
        "p",
        "div",
        "section",
        "article",
        "main",
        "header",
        "footer",
        "aside",
        "blockquote",
        "pre",
        "li",
        "ul",
        "ol",
        "dl",
        "dt",
        "dd",
        "table",
        "caption",
        "thead",
        "tbody",
        "tfoot",
        "tr",
        "td",
        "th",
        "figure",
        "figcaption",
        "details",
        "summary",
        "address",
        "hr",
        "body",
        "fieldset",
    }
)
_FRAMES = frozenset({"header", "footer", "aside"})
_MAX_DEPTH = 400
_NEAR = 50_000  # where the next text of a page is: beyond a long script, say, it takes a look at all the rest,
_FAR_LOOKS = 200  # which a page that was made to be slow gets only so often
_BLANKED = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1\s*>|\Z)|<[a-zA-Z/!?][^<>]*>", re.DOTALL | re.IGNORECASE
)
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});?")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


def parse(text: str) -> Parsed:
    """Paragraphs and list items by heading; table rows with their headers; questions with their answers."""
    nesting.check(text)
    tree = LexborHTMLParser(text)
    if tree.root is None or tree.body is None:
        raise NoText("This page holds no text. Upload one with text in its body.")
    walk = _Walk(_Finder(text))
    walk.into(tree.body)
    title_node = tree.css_first("title")
    title = heading(title_node.text()) if title_node is not None else ""
    if not walk.blocks:
        raise NoText("This page holds no text. Upload one with text in its body.")
    return Parsed(title or walk.first_heading, tuple(walk.blocks))


def plain(text: str) -> str:
    """The words of a piece of HTML, as a person sees them."""
    nesting.check(text)
    body = LexborHTMLParser(text).body
    return "" if body is None else _words(body)


def links(text: str) -> list[str]:
    """Where a piece of HTML leads to, each address once, in order."""
    nesting.check(text)
    targets = (node.attributes.get("href") or "" for node in LexborHTMLParser(text).css("a[href]"))
    return [target for target in dict.fromkeys(targets) if target.startswith(("http:", "https:", "mailto:"))]


class _Finder:
    """Where in the source a text of the tree stands."""

    def __init__(self, source: str) -> None:
        blanked = _BLANKED.sub(lambda match: "\0" * len(match[0]), source)
        # One entity becomes its character and then filling, so that positions stay those of the source.
        self._flat = _ENTITY.sub(lambda match: html.unescape(match[0]).ljust(len(match[0]), "\1"), blanked)
        self._at = 0
        self._far_looks = _FAR_LOOKS

    def find(self, text: str) -> tuple[int, int]:
        """Start and end of the next occurrence; where it cannot be found, the place that we have come to."""
        words = text.split()
        if not words:
            return self._at, self._at
        start = self._seek(words[0], self._at)
        if start is None:
            return self._at, self._at
        end = start + len(words[0])
        for word in words[1:]:
            place = self._seek(word, end)
            if place is None:
                break
            end = place + len(word)
        while self._flat.startswith("\1", end):
            end += 1
        self._at = end
        return start, end

    def _seek(self, word: str, after: int) -> int | None:
        place = self._flat.find(word, after, after + _NEAR)
        if place >= 0:
            return place
        # A word that holds an entity, or markup, is interrupted in the flat copy.
        # What the copy is filled with matches anyway, and as a letter of the word it would match in countless ways.
        loose = re.compile("[\0\1]*".join(re.escape(one) for one in word[:200] if one not in "\0\1"))
        match = loose.search(self._flat, after, after + _NEAR)
        if match is None and self._far_looks > 0:
            self._far_looks -= 1
            match = loose.search(self._flat, after)
        return match.start() if match else None


@dataclass
class _Walk:
    finder: _Finder
    blocks: list[Block] = field(default_factory=list)
    first_heading: str = ""
    _path: list[tuple[int, str]] = field(default_factory=list)
    _pending: list[str] = field(default_factory=list)
    _framed: bool = False

    def into(self, node: LexborNode, depth: int = 0) -> None:
        if depth > _MAX_DEPTH:
            raise TooDeeplyNested("This page nests its elements more than 400 deep. Simplify its markup.")
        child = node.child
        while child is not None:
            self._visit(child, depth)
            child = child.next
        if node.tag in _BLOCKS:
            self._flush()

    def _visit(self, node: LexborNode, depth: int) -> None:
        tag = node.tag or ""
        if tag == "-text":
            self._pending.append(node.text(deep=False))
        elif tag in _SKIPPED or not node.is_element_node or _is_hidden(node):
            return
        elif tag in _FRAMES and not self._framed:
            self._flush()
            self._frame(node, depth)
        elif tag == "br":
            self._pending.append(" ")
        elif tag in _HEADINGS:
            self._flush()
            self._enter(_HEADINGS[tag], heading(_words(node)))
        elif tag == "table":
            self._flush()
            self._table(node, depth)
        elif tag in ("dl", "details"):
            self._flush()
            self._answers(node, depth)
        elif tag in _BLOCKS:
            self._flush()
            self.into(node, depth + 1)
        else:
            self.into(node, depth + 1)

    def _frame(self, node: LexborNode, depth: int) -> None:
        """What stands around a page. One within another is looked at no more, so that each is read once."""
        if _only_links(node):
            self.finder.find(_words(node))
            return
        path, self._framed = self._path, True
        if node.tag == "footer":  # it is below the page, and not of its last section
            self._path = []
        self.into(node, depth + 1)
        self._framed = False
        if node.tag == "footer":
            self._path = path

    def _enter(self, level: int, title: str) -> None:
        if not title:
            return
        self.finder.find(title.rstrip("…"))
        self.first_heading = self.first_heading or title
        self._path = [(above, name) for above, name in self._path if above < level] + [(level, title)]

    def _flush(self) -> None:
        text, self._pending = squeeze("".join(self._pending)), []
        if text:
            self._emit(text)

    def _emit(self, text: str, *, found: str | None = None, whole: bool = False, row: bool = False) -> None:
        start, end = self.finder.find(text if found is None else found)
        self.blocks.append(Block(tuple(name for _, name in self._path), text, start, end, whole, row))

    def _table(self, table: LexborNode, depth: int) -> None:
        """Each row with the headers above its cells. A table that only lays out a page is read as prose."""
        if table.css_first("table table") is not None or not table.css("tr"):
            self.into(table, depth + 1)
            return
        caption = table.css_first("caption")
        if caption is not None and _words(caption):
            self._emit(_words(caption))
        rows = [[cell for cell in _children(row) if cell.tag in ("td", "th")] for row in table.css("tr")]
        headers: list[str] = []
        for cells in rows:
            if any(_deep(cell, depth) > _MAX_DEPTH for cell in cells):
                raise TooDeeplyNested("This page nests its elements more than 400 deep. Simplify its markup.")
            texts = [_words(cell) for cell in cells]
            if not any(texts):
                continue
            if len(texts) > 1 and all(cell.tag == "th" for cell in cells):
                headers = texts
                self.finder.find(" ".join(texts))
                continue
            fields = [(headers[n] if n < len(headers) else "", text) for n, text in enumerate(texts) if text]
            named = [f"{name}: {text}" if name else text for name, text in fields]
            if not headers and len(texts) == 2 and cells[0].tag == "th":
                named = [f"{texts[0]}: {texts[1]}"]
            self._emit(
                "; ".join(named),
                found=" ".join(texts),
                whole=bool(headers),
                row=bool(headers) and not is_a_thing(fields),
            )

    def _answers(self, node: LexborNode, depth: int) -> None:
        """`dt`/`dd` and `summary`/the rest: a question and its answer stay together."""
        question: list[str] = []
        answer: list[str] = []

        def close() -> None:
            text = "\n".join([" ".join(question), " ".join(answer)]).strip()
            if text:
                self._emit(text, whole=True)
            question.clear()
            answer.clear()

        for child in _children(node, texts=True):
            words = _words(child)
            if child.tag in ("dt", "summary"):
                if answer:
                    close()
                question.append(words)
            elif child.tag == "div" and child.css_first("dt") is not None:
                close()
                self._answers(child, depth + 1)
            elif words:
                answer.append(words)
        close()


def _children(node: LexborNode, *, texts: bool = False) -> list[LexborNode]:
    found = []
    child = node.child
    while child is not None:
        if (child.is_element_node and child.tag not in _SKIPPED and not _is_hidden(child)) or (
            texts and child.tag == "-text"
        ):
            found.append(child)
        child = child.next
    return found


def _words(node: LexborNode) -> str:
    """All text in a node, without what is hidden or skipped, with a blank where one block ends."""
    parts: list[str] = []
    stack: list[LexborNode | str] = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            parts.append(item)
        elif item.tag == "-text":
            parts.append(item.text(deep=False))
        else:
            if item.tag in _BLOCKS or item.tag == "br":
                parts.append(" ")
                stack.append(" ")
            stack.extend(reversed(_children(item, texts=True)))
    return squeeze("".join(parts))


def _only_links(node: LexborNode) -> bool:
    """Does it lead elsewhere and say nothing, as the bar above a page does?"""
    words = _words(node).split()
    return bool(words) and " ".join(_words(link) for link in node.css("a")).split() == words


def _deep(node: LexborNode, depth: int) -> int:
    deepest, stack = depth, [(node, depth)]
    while stack and deepest <= _MAX_DEPTH:
        item, at = stack.pop()
        deepest = max(deepest, at)
        stack.extend((child, at + 1) for child in _children(item))
    return deepest


def _is_hidden(node: LexborNode) -> bool:
    """What the shopper cannot see on the page is not the merchant's word either."""
    attributes = node.attributes
    return (
        "hidden" in attributes
        or attributes.get("aria-hidden") == "true"
        or _HIDDEN.search(attributes.get("style") or "") is not None
    )
