"""JSON to blocks, one for each item: changes when feeds come in another shape.

Lists of objects, at the top or under any key of the top object; JSON Lines; a single object. Numbers keep the digits
that the merchant wrote: 129.00 stays 129.00.
"""

import re
from collections.abc import Iterator
from json import JSONDecodeError, JSONDecoder
from typing import NoReturn

from shopwright.documents.parse.block import Block, Parsed, heading, squeeze, storable
from shopwright.documents.parse.rows import called, spoken
from shopwright.documents.rejected import BrokenJson, NoText, TooDeeplyNested

Json = dict[str, "Json"] | list["Json"] | str | bool | None
_MARKS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)
_SPACE = re.compile(r"[ \t\r\n]*")
_MAX_DEPTH = 64
_MAX_FIELDS = 400
_TITLES = ("title", "name", "shop", "store")


def _not_a_number(_: str) -> NoReturn:
    raise BrokenJson("This file holds NaN or Infinity, which JSON does not allow. Export it again as plain JSON.")


def _twice(name: str) -> NoReturn:
    # Imported here and not above: the numbering plans of the world are slow to read, and few files need them.
    from shopwright.privacy.redact import mask

    said = mask(squeeze(storable(name), limit=60)).text
    raise BrokenJson(f"An object in this file has the name `{said}` twice. Keep the one that is right.")


def _once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    """An object, unless it says two things under one name: which of two prices is right is not for us to guess."""
    found: dict[str, Json] = {}
    for name, value in pairs:
        if name in found:
            _twice(name)
        found[name] = value
    return found


_DECODER: JSONDecoder = JSONDecoder(
    parse_float=str, parse_int=str, parse_constant=_not_a_number, object_pairs_hook=_once
)


def parse(text: str) -> Parsed:
    """Each object of a list as its fields and values; whatever stands beside the lists, together."""
    _check_depth(text)
    blocks: list[Block] = []
    title = ""
    at = _skip(text, 0)
    while at < len(text):
        if text[at] == "[":
            at = _list(text, at, (), blocks)
        elif text[at] == "{":
            title, at = _object(text, at, blocks, title)
        else:
            value, end = _value(text, at)
            blocks.extend(_block(value, (), at, end))
            at = end
        at = _skip(text, at)  # another value may follow: JSON Lines
    if not blocks:
        raise NoText("This file holds no items. Upload one with at least one product or text in it.")
    return Parsed(title, tuple(blocks))


def _check_depth(text: str) -> None:
    """Before anything recurses."""
    depth = 0
    for mark in _MARKS.finditer(text):
        if mark[0] in "[{":
            depth += 1
            if depth > _MAX_DEPTH:
                raise TooDeeplyNested(f"This file nests its values more than {_MAX_DEPTH} deep. Flatten it.")
        elif mark[0] in "]}":
            depth -= 1


def _object(text: str, start: int, blocks: list[Block], title: str) -> tuple[str, int]:
    """Lists of objects under its keys are lists of items; all else is one item, with the object's own span."""
    own: dict[str, Json] = {}
    items: list[tuple[str, int]] = []
    names: set[str] = set()
    at = _skip(text, start + 1)
    while at < len(text) and text[at] != "}":
        key, at = _value(text, at)
        if not isinstance(key, str) or text[at - 1] != '"':
            _broken(text, at)
        if key in names:
            _twice(key)
        names.add(key)
        at = _expect(text, at, ":")
        if _ITEMS.match(text, at):
            items.append((key, at))
            at = _list(text, at, (), None)
        else:
            own[key], at = _value(text, at)
        at = _comma(text, at, "}")
    if at >= len(text):
        _broken(text, at)
    if items and not title:
        title = next((heading(value) for name in _TITLES if isinstance(value := own.get(name), str) and value), "")
    blocks.extend(_block(own, (), start, at + 1))
    for key, place in items:
        _list(text, place, (heading(key.replace("_", " ")),), blocks)
    return title, at + 1


_ITEMS = re.compile(r"\[[ \t\r\n]*\{")


def _list(text: str, start: int, path: tuple[str, ...], blocks: list[Block] | None) -> int:
    at = _skip(text, start + 1)
    while at < len(text) and text[at] != "]":
        value, end = _value(text, at)
        if blocks is not None:
            blocks.extend(_block(value, path, at, end))
        at = _comma(text, end, "]")
    if at >= len(text):
        _broken(text, at)
    return at + 1


def _block(value: Json, path: tuple[str, ...], start: int, end: int) -> Iterator[Block]:
    fields = [field for _, field in zip(range(_MAX_FIELDS), _fields(value, ""), strict=False)]
    asked = {name.lower(): said for name, said in fields}
    if {"question", "answer"} <= asked.keys() and asked["question"] and asked["answer"]:
        words = f"{asked['question']}\n{asked['answer']}"
    else:
        words = spoken(fields)
    if words:
        name = called(fields)
        yield Block((*path, name) if name else path, words, start, end, whole=True)


def _fields(value: Json, name: str) -> Iterator[tuple[str, str]]:
    """Names of nested fields are joined by blanks: `dimensions width`. A list of plain values is one value."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _fields(inner, f"{name} {key}".strip())
    elif isinstance(value, list):
        plain = [_said(item) for item in value if not isinstance(item, (dict, list))]
        if plain:
            yield name, ", ".join(item for item in plain if item)
        for item in value:
            if isinstance(item, (dict, list)):
                yield from _fields(item, name)
    else:
        yield name, _said(value)


def _said(value: Json) -> str:
    if value is True or value is False:
        return "yes" if value else "no"
    return squeeze(value) if isinstance(value, str) else ""


def _value(text: str, at: int) -> tuple[Json, int]:
    try:
        value, end = _DECODER.raw_decode(text, at)
    except JSONDecodeError as error:
        _broken(text, error.pos)
    except RecursionError:
        raise TooDeeplyNested(f"This file nests its values more than {_MAX_DEPTH} deep. Flatten it.") from None
    return value, end


def _skip(text: str, at: int) -> int:
    return _SPACE.match(text, at).end()  # type: ignore[union-attr]  # matches the empty string too


def _expect(text: str, at: int, mark: str) -> int:
    at = _skip(text, at)
    if not text.startswith(mark, at):
        _broken(text, at)
    return _skip(text, at + 1)


def _comma(text: str, at: int, close: str) -> int:
    at = _skip(text, at)
    if text.startswith(close, at):
        return at
    at = _expect(text, at, ",")
    if text.startswith(close, at):
        _broken(text, at)
    return at


def _broken(text: str, at: int) -> NoReturn:
    line = text.count("\n", 0, at) + 1
    raise BrokenJson(f"This file is not valid JSON (line {line}). Export it again, or check it with a JSON validator.")
