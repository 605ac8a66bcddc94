"""Finds e-mail addresses and telephone numbers: changes when a way of writing one gets past it.

A telephone number must be valid in its country's numbering plan, or be written as only telephone numbers are. Without
a `+`, a leading 0, such a shape or a word that announces it, a number is left to the shop: it may be an order's.
"""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

_AT = re.compile(
    r"[ \t]?@[ \t]?|\s?[\[({<]\s?(?:at|@)\s?[\])}>]\s?|(?<=\w)[\[({](?:a|ät)[\])}](?=\w)"
    r"|\s[-_~]at[-_~]\s|\*at\*|%40|&(?:\#64|\#x40|commat);",
    re.I,
)
_DOT = (
    r"\.|\s?[\[({<]\s?(?:dot|\.)\s?[\])}>]\s?|\s[-_~]dot[-_~]\s|\*dot\*"
    r"|(?:,|[ ]\.)(?=(?:com|net|org|co\.uk|de|fr|it|es|nl)\b)"
)
_LOCAL = re.compile(r"[\"“][^\"“”\n]{1,62}[\"”]$|[\w.!#$%&'*+/=?^`{|}~-]{1,64}$")
_DOMAIN = re.compile(
    rf"(?:[^\W_](?:[\w-]{{0,61}}[^\W_])?(?:{_DOT})){{1,8}}(?:[^\W\d_]{{2,24}}|xn--[a-z0-9-]{{2,40}})(?![\w-])",
    re.I,
)

_CANDIDATE = re.compile(r"(?<![\w.+])(?<!\w-)(?:\+|\(|00)?\(?[0-9](?:[ \t.\-/()]{0,3}[0-9]){5,24}(?=$|x[0-9]|ext|\W)")
_AFTER_LETTER = re.compile(r"(?<=[A-Za-z:])\+[0-9](?:[ \t.\-/()]{0,3}[0-9]){5,24}(?=$|x[0-9]|ext|\W)")
_EXTENSION = re.compile(r"\s{0,2}(?:x|ext\.?|extension)\s{0,2}[0-9]{1,6}(?![\w])", re.I)
_NORTH_AMERICAN = re.compile(
    r"(?:(?:\+|00)?1[ .\-]?)?(?:\([2-9][0-9]{2}\)[ .\-]{0,2}|[2-9][0-9]{2}[.\-])[2-9][0-9]{2}[ .\-][0-9]{4}"
    r"|(?:\+|00)1[ .\-][2-9][0-9]{2}[ .\-][0-9]{3}[ .\-][0-9]{4}"
)
_DATED = re.compile(
    r"[0-9]{4}([-./])(?:0?[1-9]|1[0-2])\1[0-3]?[0-9](?![0-9])|[0-3]?[0-9]([-./])[0-3]?[0-9]\2(?:19|20)[0-9]{2}(?![0-9])"
)
_DECIMALS = re.compile(
    r"[0-9]{1,5}\.[0-9]{1,2}(?:[ /\-]{1,3}[0-9]{1,5}(?:\.[0-9]{1,2})?)*"
    r"|[0-9]{1,3}\.[0-9]{1,6}(?:[ /\-]{1,3}[0-9]{1,3}\.[0-9]{1,6})*"
)
_FILE = re.compile(r"\.(?:jpe?g|png|gif|webp|svg|avif|bmp|tiff?)$", re.I)  # photo@2x.jpg
_NEAR = 40
_SHORTEST, _LONGEST = 7, 15
_WORD = re.compile(r"[^\W\d_]+")
_SAYS_SO = re.compile(  # nothing but a telephone number can follow, whichever country's it is
    r"\b(?:phone|mobile|cell|cellphone|tel|telephone|whatsapp|handy|telefon|contact|fax)"
    r"(?:[ \t](?:number|no|nr)\b\.?(?:[ \t](?:is|was))?|\.?[ \t]?:|[ \t]is)[ \t:]{0,3}$"
    r"|\b(?:call|ring|text|reach|phone|answering|contact)(?:[ \t](?:me|us|him|her|them|you))?"
    r"[ \t](?:on|at)[ \t:]{0,3}$",
    re.I,
)
_SAYS_SO_AFTER = re.compile(  # 612 34 56 78 is my phone
    r"[ \t]{1,2}(?:is|was|ist|es|est|è)[ \t](?:my|our|his|her|their|the|meine?|unsere?|mi|mon|ma|il mio)[ \t]"
    r"(?:new[ \t]|neue[ \t])?(?:phone|mobile|cell|cellphone|telephone|whatsapp|handy\w*|telefon\w*|teléfono|móvil"
    r"|téléphone|portable|cellulare)\b",
    re.I,
)
_MY_NUMBER = re.compile(r"\b(?:my|our|his|her|new|this) number\b[^\d\n]{0,12}$", re.I)


def emails(text: str) -> Iterator[tuple[int, int]]:
    """Where e-mail addresses stand. What is looked at around each `@` is bounded, so the work is linear."""
    for at in _AT.finditer(text):
        local = _LOCAL.search(text[max(0, at.start() - 64) : at.start()])
        domain = _DOMAIN.match(text, at.end(), min(len(text), at.end() + 320))
        if local is None or domain is None or _FILE.search(domain[0]):
            continue
        if not _is_written_apart(local[0], at[0]):
            continue
        name = local[0].lstrip(".'`/=|{")
        if name:
            yield at.start() - len(name), domain.end()


def _is_written_apart(local: str, at: str) -> bool:
    """With blanks around the @ it may be an address, or "see us @ shop.com"; with one before it, a name to follow."""
    if at == "@" or local.startswith(('"', "“")):
        return True
    if at.strip() != "@":
        return any(map(str.isalpha, local))
    if not any(map(str.isalpha, local)) or local.casefold() in _words("at_words"):
        return False
    return at[-1].isspace() or any(character.isdigit() or character in "._" for character in local)


def phones(text: str) -> Iterator[tuple[int, int]]:
    """Where telephone numbers stand. Each candidate is at most a hundred characters long, so the work is linear."""
    for start, end in candidates(text):
        yield from _read(text, start, end)


def candidates(text: str) -> Iterator[tuple[int, int]]:
    """Stretches of digits and what may separate them in a telephone number."""
    spans = {match.span() for pattern in (_CANDIDATE, _AFTER_LETTER) for match in pattern.finditer(text)}
    return iter(sorted(spans))


def _read(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    written = text[start:end]
    if _DATED.match(written) or _DECIMALS.fullmatch(written):
        return
    shaped = list(_NORTH_AMERICAN.finditer(written))
    if shaped:
        for match in shaped:
            yield start + match.start(), _extended(text, start + match.end())
        return
    before = text[max(0, start - _NEAR) : start]
    announced = bool(_words_of(before) & _words("phone_words") or _MY_NUMBER.search(before))
    other = bool(_last(before) & _words("other_words"))
    if (
        (_SAYS_SO.search(before) or _SAYS_SO_AFTER.match(text, end))
        and _SHORTEST <= sum(map(str.isdigit, written)) <= _LONGEST
        and "/" not in written
    ):
        yield start, _extended(text, end)
        return
    for first, last in _pieces(written):
        number = written[first:last]
        if _is_phone(number, announced=announced and not other, other=other):
            yield start + first, _extended(text, start + last)


def _pieces(written: str) -> list[tuple[int, int]]:
    """The candidate itself, or, when it has too many digits for one number, its parts between wider gaps."""
    if sum(map(str.isdigit, written)) <= _LONGEST:
        return [(0, len(written))]
    return [match.span() for match in re.finditer(r"[+(]?[0-9](?:[.\-/()]?[0-9]|[ ][0-9]{2,4}(?![0-9]))*", written)]


def _is_phone(written: str, *, announced: bool, other: bool) -> bool:
    digits = "".join(filter(str.isdigit, written))
    if not _SHORTEST <= len(digits) <= _LONGEST:
        return False
    if written.startswith(("+", "(+")):
        return True  # nothing else is written so; new and reserved ranges are not in every numbering plan
    if other or (written.isdigit() and _is_gtin(digits)):
        return False
    if digits.startswith("00"):
        return (announced or not written.isdigit()) and _valid("+" + digits[2:], None)
    if announced and (digits[0] == "0" or "/" not in written):
        return any(_valid(written, region) for region in (*_regions("trunk_zero"), *_regions("asked_for")))
    if digits[0] == "0" and 9 <= len(digits) <= 12:
        grouped = not written.isdigit()
        return any(_valid(written, region, mobile=not grouped) for region in _regions("trunk_zero"))
    return False


def _valid(written: str, region: str | None, *, mobile: bool = False) -> bool:
    # Loaded by the first text that may hold a number: half of what this package costs to import.
    import phonenumbers

    try:
        number = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        return False
    if not phonenumbers.is_valid_number(number):
        return False
    return not mobile or phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE


def _extended(text: str, end: int) -> int:
    extension = _EXTENSION.match(text, end)
    return extension.end() if extension else end


def _words_of(text: str) -> frozenset[str]:
    return frozenset(word.casefold() for word in _WORD.findall(text))


def _last(before: str) -> frozenset[str]:
    """The three words right before the digits, on the same line: "order no. is", "Item ID:"."""
    return frozenset(word.casefold() for word in _WORD.findall(before.rpartition("\n")[2])[-3:])


def _is_gtin(digits: str) -> bool:
    weighed = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(digits)))
    return len(digits) in (8, 12, 13, 14) and weighed % 10 == 0


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files("shopwright.privacy").joinpath("numbering.toml").read_text("utf-8"))


@cache
def _words(name: str) -> frozenset[str]:
    return frozenset(_table()[name].split())


@cache
def _regions(name: str) -> tuple[str, ...]:
    return tuple(_table()[name])
