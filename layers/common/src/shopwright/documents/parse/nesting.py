"""How deeply a page nests, told before it is parsed: changes when another kind of page takes its parser too long.

The parser walks up the open elements for many a tag, so that a page with all of them left open takes it hours. This
looks at each tag once, and counts an element rather too long open than too short.
"""

import re
from collections import Counter

from shopwright.documents.rejected import TooDeeplyNested

MAX_OPEN = 2_000
MAX_ATTRIBUTES = 500
_MAX_FORMATS = 500_000  # that browsers would open again, one for each of its kind in each paragraph after it
_TAG = re.compile(
    r"<!--(?:-?>|.*?(?:--!?>|\Z))"
    r"|<(?P<end>/?)(?P<name>[a-zA-Z][^\s/>]*+)"
    r"""(?P<attributes>(?:[\s/]++|=?[^\s/>=]++(?:\s*+=\s*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|[^\s>]*+))?|=)*+)(?:>|\Z)""",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"""=\s*+(?:"[^"]*+"?|'[^']*+'?)|[^\s/]++""")
_RAW = frozenset({"script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"})
_VOID = frozenset(
    [
        "area",
        "base",
        "basefont",
        "bgsound",
        "br",
        "col",
        "embed",
        "frame",
        "hr",
        "img",
        "input",
        "keygen",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
        "html",
        "head",
        "body",
    ]
)
_CLOSED_BY_THE_NEXT = frozenset(["p", "td", "th", "tr", "thead", "tbody", "tfoot", "caption", "colgroup", "option"])
_ITEMS = frozenset({"li", "dd", "dt"})
_FORMATS = frozenset(["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"])


def check(text: str) -> None:
    """Raise TooDeeplyNested for a page that leaves more elements open than any page that a person wrote."""
    opened: Counter[str] = Counter()
    formats: dict[str, list[str]] = {}
    depth = standing = reopened = 0
    item = ""
    paragraph: Counter[str] | None = None  # the formats that end with it, while nothing else has begun in it
    at = 0
    while match := _TAG.search(text, at):
        at = match.end()
        name = (match["name"] or "").lower()
        if not name or name in _VOID:
            continue
        if name == "p":
            for format_, count in (paragraph or {}).items():
                opened[format_] -= count
                depth -= count
            paragraph = None if match["end"] else Counter()
        elif name not in _FORMATS:
            paragraph = None
        elif paragraph is not None:
            paragraph[name] = max(0, paragraph[name] + (-1 if match["end"] else 1))
        if match["end"]:
            if opened[name]:
                opened[name] -= 1
                depth -= 1
            if formats.get(name):
                formats[name].pop()
                standing -= 1
            continue
        if len(match["attributes"]) > MAX_ATTRIBUTES:
            _check_attributes(match["attributes"])
        if name in _RAW:
            close = re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE).search(text, at)
            at = close.start() if close else len(text)
            continue
        reopened += standing
        if name in _FORMATS:
            kinds = formats.setdefault(name, [])
            if kinds[-3:].count(match["attributes"]) < 3:  # no more than three of a kind are opened again
                kinds.append(match["attributes"])
                standing += 1
        if name in _ITEMS:
            # The next item closes this one, but a list item within a definition closes nothing.
            kind = "li" if name == "li" else "dd"
            if kind == item and opened[name]:
                continue
            item = kind
        if name not in _CLOSED_BY_THE_NEXT:
            opened[name] += 1
            depth += 1
        if depth > MAX_OPEN or reopened > _MAX_FORMATS + len(text):
            raise TooDeeplyNested(
                "This page leaves thousands of its elements open. Close them, or simplify its markup."
            )


def _check_attributes(attributes: str) -> None:
    if sum(1 for _ in _ATTRIBUTE.finditer(attributes)) > MAX_ATTRIBUTES:
        raise TooDeeplyNested(f"This page gives an element more than {MAX_ATTRIBUTES} attributes. Simplify its markup.")
