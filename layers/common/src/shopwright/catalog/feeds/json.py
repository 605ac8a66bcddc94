"""Product feeds in JSON: changes when shops export their catalogs as JSON or JSON Lines in another way.

Lists of products, at the top or under a key of the top object, or one product a line; variants nested in them. Numbers
keep the digits that the merchant wrote.
"""

import re
from collections.abc import Iterator
from json import JSONDecodeError, JSONDecoder

from shopwright.catalog.columns import column
from shopwright.catalog.feeds.build import Field, Record, build, lists_of_products
from shopwright.catalog.product import Feed

Json = dict[str, "Json"] | list["Json"] | str | bool | None
_Item = tuple[dict[str, Json], int, int, str]
_DECODER: JSONDecoder = JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)
_SPACE = re.compile(r"[ \t\r\n]*")
_COMMA = re.compile(r"[ \t\r\n]*,?[ \t\r\n]*")
_LIST = re.compile(r"\[[ \t\r\n]*\{")
_PARTED = re.compile(r"\s*[|/]\s*")
_MAX_DEPTH = 6  # of a product's own values


def read(text: str) -> Feed | None:
    """The products of a file; None when no list of it is one of products."""
    try:
        items, currency = _items(text)
    except (JSONDecodeError, RecursionError, IndexError):
        return None  # the reader of JSON says what is wrong with it
    records = lists_of_products([_record(number, *item) for number, item in enumerate(items, start=1)])
    return build(records, currency=currency, mark=".") if records else None


def _items(text: str) -> tuple[list[_Item], str]:
    """Every object that may be a product, with where it stands and in which list; and the currency that the top object
    names."""
    found: list[_Item] = []
    currency = ""
    at = _after(_SPACE, text, 0)
    while at < len(text):
        if text[at] == "[":
            at = _list(text, at, "", found)
        else:
            value, end = _DECODER.raw_decode(text, at)
            if isinstance(value, dict) and not _holds_products(value):
                found.append((value, at, end, ""))
            elif isinstance(value, dict):
                currency = currency or _text(value.get("currency"))
                _within(text, at, found)
            at = end
        at = _after(_SPACE, text, at)
    return found, currency


def _holds_products(value: dict[str, Json]) -> bool:
    """Is it a shop's object, with its products in a list under one of its keys, and no product itself?"""
    roles = {column(name).role for name in value}
    lists = any(
        isinstance(item, list) and item and isinstance(item[0], dict) and column(name).role != "variants"
        for name, item in value.items()
    )
    return lists and not ("title" in roles and roles & {"price", "variants", "prices", "price_cents"})


def _within(text: str, start: int, found: list[_Item]) -> None:
    at = _after(_SPACE, text, start + 1)
    while text[at] != "}":
        name, at = _DECODER.raw_decode(text, at)
        at = _after(_SPACE, text, text.index(":", at) + 1)
        if _LIST.match(text, at):
            at = _list(text, at, name, found)
        else:
            _, at = _DECODER.raw_decode(text, at)
        at = _after(_COMMA, text, at)


def _list(text: str, start: int, name: str, found: list[_Item]) -> int:
    at = _after(_SPACE, text, start + 1)
    while text[at] != "]":
        value, end = _DECODER.raw_decode(text, at)
        if isinstance(value, dict):
            found.append((value, at, end, name))
        at = _after(_COMMA, text, end)
    return at + 1


def _after(pattern: re.Pattern[str], text: str, at: int) -> int:
    return pattern.match(text, at).end()  # type: ignore[union-attr]  # matches the empty string too


def _record(number: int, item: dict[str, Json], start: int, end: int, of: str) -> Record:
    own: list[Field] = []
    variants: list[tuple[Field, ...]] = []
    names = _listed(next((value for name, value in item.items() if column(name).role == "option_names"), None))
    for name, value in item.items():
        role = column(name).role
        if role == "variants" and isinstance(value, list):
            variants = [tuple(_variant(inner, names)) for inner in value if isinstance(inner, dict)]
        elif role != "option_names":
            own.extend(_fields(name, value))
    return Record(number, tuple(own), start, end, tuple(variants), of)


def _variant(item: dict[str, Json], names: list[str]) -> Iterator[Field]:
    for name, value in item.items():
        if column(name).role == "options":
            yield from _options(value, names)
        else:
            yield from _fields(name, value)


def _options(value: Json, names: list[str]) -> Iterator[Field]:
    """`["Small"]` beside the names `["Size"]`; `13 inch|8GB` beside `screen size|RAM`; `{"size": "M"}`."""
    if isinstance(value, dict):
        names, said = list(value), [_text(inner) for inner in value.values()]
    else:
        said = _listed(value)
    for place, one in enumerate(said):
        name = names[place] if place < len(names) and names[place] else "options"
        yield f"option{place + 1} name", name
        yield f"option{place + 1} value", one


def _listed(value: Json) -> list[str]:
    if isinstance(value, list):
        plain = (item.get("value") or item.get("name") if isinstance(item, dict) else item for item in value)
        return [_text(item) for item in plain]
    return [part.strip() for part in _PARTED.split(_text(value))] if value else []


def _fields(name: str, value: Json, depth: int = 0) -> Iterator[Field]:
    """Nested names are joined by blanks, as in `dimensions width`; of plain values in a list, all are one value."""
    if column(name).role == "ignored" or depth > _MAX_DEPTH:
        return
    if column(name).role == "prices":
        yield from _prices(value)
    elif isinstance(value, dict):
        money = {column(key).role: _text(inner) for key, inner in value.items()}
        if column(name).role in ("price", "sale_price") and (money.get("price") or _text(value.get("amount"))):
            amount = money.get("price") or _text(value.get("amount"))
            yield name, f"{amount} {money.get('currency') or ''}".strip()
            return
        for key, inner in value.items():
            yield from _fields(f"{name} {key}".strip(), inner, depth + 1)
    elif isinstance(value, list):
        plain = [_text(item) for item in value if not isinstance(item, (dict, list))]
        if any(plain):
            yield name, ", ".join(item for item in plain if item)
    else:
        yield name, _text(value)


def _prices(value: Json) -> Iterator[Field]:
    """`[["EUR", "9.00"], ["USD", "10.00"]]`, `[{"currency": "EUR", "amount": "9.00"}]` or `{"EUR": "9.00"}`."""
    pairs: list[tuple[str, str]] = []
    if isinstance(value, dict):
        pairs = [(_text(name), _text(inner)) for name, inner in value.items()]
    elif isinstance(value, list):
        for item in value:
            if isinstance(item, list) and len(item) == 2:
                pairs.append((_text(item[0]), _text(item[1])))
            elif isinstance(item, dict):
                pairs.append((_text(item.get("currency")), _text(item.get("amount") or item.get("price"))))
    for place, (currency, amount) in enumerate(pairs):
        yield "price" if place == 0 else f"price {currency.casefold()}", f"{amount} {currency}"


def _text(value: Json) -> str:
    if value is True or value is False:
        return "yes" if value else "no"
    return " ".join(value.split()) if isinstance(value, str) else ""
