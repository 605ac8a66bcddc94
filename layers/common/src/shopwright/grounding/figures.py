"""Numbers in prose, with their units, so that two texts can be compared: changes when people write figures differently.

"Two years", "24 months" and "2-year" are one figure, and so are 1,280 g and 1.28 kg; $5 and €5 are not, and neither are
"within 30 days" and "after 30 days".
"""

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache
from importlib.resources import files

MONEY = frozenset({"EUR", "USD", "GBP", "CHF", "JPY"})
_NEAR = 24  # characters before and after a figure in which its direction is said
_CLOSE = Decimal("0.005")  # of a conversion between systems: 10 inches are 25.4 cm, and 25 to most
_ABOUT = Decimal("0.05")
_CLOCK = re.compile(
    r"(?<![\w.:])(?:(?P<hour>[0-9]{1,2})(?:[:.](?P<minute>[0-9]{2}))?\s?(?P<half>[ap])\.?m\b\.?"
    r"|(?P<after>[0-9]{1,2}) (?:o'clock )?in the (?P<part>morning|afternoon|evening)\b"
    r"|(?P<h24>[0-9]{1,2}):(?P<m24>[0-9]{2})(?![:0-9])|(?P<noon>noon|midday|midnight)\b)",
    re.I,
)
_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_DATE = re.compile(
    rf"\b(?:(?P<month>{'|'.join(_MONTHS)}) (?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?(?![0-9])"
    rf"|(?P<day2>[0-9]{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<month2>{'|'.join(_MONTHS)}))\b",
    re.I,
)
_PER = re.compile(r"\s*(?:per|a|an|each|every|/|for each)\s?(second|minute|hour|day|night|week|month|year)s?\b", re.I)
_LABEL = re.compile(
    r"(?:^|(?<=; )|(?<=\n))[^\W\d][\w ]*?_(?P<unit>[^\W\d_]+): (?P<number>[0-9]+(?:[.,][0-9]+)*)(?=;|$|\n)"
)
_DIGITS = r"[0-9]+(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:[.,][0-9]+)?"


@dataclass(frozen=True, slots=True)
class Figure:
    """A number or a range of a dimension, in its base unit. `bound`: -1 at most, 1 at least, 0 just so.

    `dimension` is "" for a bare number, a currency's code for money. `written` are the numbers as they stand there.
    """

    text: str
    start: int
    end: int
    dimension: str
    low: Decimal
    high: Decimal
    written: tuple[Decimal, ...]
    bound: int = 0
    about: bool = False
    per: str = ""
    counts: bool = False  # a bare number with a word after it

    @property
    def is_money(self) -> bool:
        return self.dimension in MONEY


def figures(text: str) -> tuple[Figure, ...]:
    """Every figure of a text, in its order."""
    return _figures(text)


def fits(claimed: Figure, told: Figure) -> bool:
    """Does what is told bear out what is claimed? Its direction is another question: see `opposed`."""
    if not claimed.dimension:  # "30 times" is not borne out by "30 days"
        return set(claimed.written) <= set(told.written) and not (claimed.counts and told.dimension)
    if claimed.dimension != told.dimension or (claimed.per and told.per and claimed.per != told.per):
        return False
    slack = _ABOUT if claimed.about else _CLOSE if claimed.written != told.written else Decimal(0)

    def same(one: Decimal, other: Decimal) -> bool:
        return abs(one - other) <= abs(other) * slack

    if same(claimed.low, told.low) and same(claimed.high, told.high):
        return True
    if claimed.low != claimed.high or told.low == told.high:
        return False
    if claimed.bound < 0:
        return same(claimed.high, told.high)
    return claimed.bound > 0 and same(claimed.low, told.low)


def opposed(claimed: Figure, told: Figure) -> bool:
    """The same figure, once as the most and once as the least."""
    return claimed.bound * told.bound < 0 and fits(claimed, told)


def misread(claimed: Figure, told: Iterable[Figure]) -> str:
    """What is wrong with a figure that nothing told bears out: its number, its unit or its currency."""
    alike = [one for one in told if set(claimed.written) & set(one.written)]
    if any(claimed.is_money and one.is_money and claimed.dimension != one.dimension for one in alike):
        return "currency"
    if any((claimed.dimension, claimed.per, claimed.low) != (one.dimension, one.per, one.low) for one in alike):
        return "unit"
    return "number"


@cache
def between() -> frozenset[str]:
    """The words that may stand between a number and its unit: they are words of the sentence too."""
    return frozenset(_around()["between"])


@lru_cache(maxsize=1024)
def _figures(text: str) -> tuple[Figure, ...]:
    found: list[Figure] = []
    taken = bytearray(len(text))
    for find in (_labelled, _dates, _clock, _counted):
        for figure in find(text):
            if not any(taken[figure.start : figure.end]):
                found.append(figure)
                taken[figure.start : figure.end] = b"\1" * (figure.end - figure.start)
    return tuple(sorted(found, key=lambda figure: figure.start))


def _labelled(text: str) -> Iterator[Figure]:
    """`weight_g: 1280` of a record has its unit in its name."""
    for match in _LABEL.finditer(text):
        unit = _units("symbols").get(match["unit"]) or _units("words").get(match["unit"])
        if unit:
            number = _decimal(match["number"])
            yield Figure(
                match["number"],
                match.start("number"),
                match.end(),
                unit[0],
                *(number * unit[1],) * 2,
                (number,),
            )


def _dates(text: str) -> Iterator[Figure]:
    for match in _DATE.finditer(text):
        day = Decimal(match["day"] or match["day2"])
        month = 1 + _MONTHS.index((match["month"] or match["month2"]).casefold())
        value = 100 * month + day
        yield Figure(match[0], match.start(), match.end(), "date", value, value, (day,), _bound(text, match))


def _clock(text: str) -> Iterator[Figure]:
    for match in _CLOCK.finditer(text):
        if match["noon"]:
            at = 0 if match["noon"].casefold() == "midnight" else 12 * 60
        elif match["h24"]:
            at = int(match["h24"]) * 60 + int(match["m24"])
        else:
            hour = int(match["hour"] or match["after"]) % 12
            late = (match["half"] or "").casefold() == "p" or (match["part"] or "morning").casefold() != "morning"
            at = (hour + 12 * late) * 60 + int(match["minute"] or 0)
        yield Figure(
            match[0], match.start(), match.end(), "clock", *(Decimal(at),) * 2, (Decimal(at),), _bound(text, match)
        )


def _counted(text: str) -> Iterator[Figure]:
    for match in _pattern().finditer(text):
        sign, unit = match["sign"] or match["sign2"] or "", match["unit"] or ""
        dimension, size = _unit(unit)
        if sign:
            dimension, size = _signs()[sign.strip()], Decimal(1)
        first = _value(match["a"] or match["frac"] or match["word"] or match["article"] or "")
        second = _value(match["b"]) if match["b"] else None
        if match["half"] or match["more"]:
            first += Decimal("0.5")
        if first == 1 and not (dimension or match["a"]):
            continue  # "one" and "a" count nothing without a unit
        if dimension in ("pound", "penny", "cent"):
            dimension, size = {"pound": ("GBP", Decimal(1)), "penny": ("GBP", Decimal("0.01"))}.get(
                dimension, ("USD", Decimal("0.01"))
            )
        negative = -1 if match["minus"] else 1
        low, high = negative * first * size, (first if second is None else second) * size * negative
        bound = 0 if second is not None and not match["between"] else _bound(text, match)
        per = _PER.match(text, match.end())
        yield Figure(
            match[0].strip(),
            match.start(),
            match.end(),
            dimension,
            min(low, high),
            max(low, high),
            (first,) if second is None else (first, second),
            0 if second is not None else bound,
            _is_about(text, match),
            per[1].casefold() if per else "",
            bool(not dimension and re.match(r"\s[^\W\d_]", text[match.end() : match.end() + 2])),
        )


def _bound(text: str, match: re.Match[str]) -> int:
    before = text[max(0, match.start() - _NEAR) : match.start()].rstrip().casefold()
    after = text[match.end() : match.end() + _NEAR].lstrip().casefold()
    best = ("", 0)
    for side, name in ((-1, "at_most"), (1, "at_least")):
        for phrase in _around()[name]:
            if len(phrase) > len(best[0]) and before.endswith(phrase) and not before[: -len(phrase)][-1:].isalnum():
                best = (phrase, side)
        for phrase in _around()[f"{name}_after"]:
            if after.startswith(phrase) and not after[len(phrase) :][:1].isalnum():
                return side
    return best[1]


def _is_about(text: str, match: re.Match[str]) -> bool:
    before = text[max(0, match.start() - _NEAR) : match.start()].rstrip().casefold()
    return any(before.endswith(word) for word in _around()["about"])


def _value(written: str) -> Decimal:
    plain = written.casefold().strip()
    if plain in ("a", "an", "half a", "half an"):
        return Decimal("0.5") if plain.startswith("half") else Decimal(1)
    if "/" in plain:
        over, under = plain.split("/")
        return Decimal(over) / Decimal(under) if int(under) else Decimal(0)
    if plain[0].isdigit():
        return _decimal(plain)
    total = Decimal(0)
    for word in re.split(r"[-\s]+", plain):
        number = _numbers().get(word, Decimal(1))
        total = max(total, Decimal(1)) * number if number >= 100 or word == "dozen" else total + number
    return total


def _decimal(digits: str) -> Decimal:
    grouped = re.fullmatch(r"[0-9]+(?:,[0-9]{3})+(?:\.[0-9]+)?", digits)
    return Decimal(digits.replace(",", "") if grouped else digits.replace(",", "."))


def _unit(written: str) -> tuple[str, Decimal]:
    plain = written.strip().replace("-", " ").strip()
    known = _units("symbols").get(plain) or _units("words").get(plain)
    for form in (
        plain.casefold(),
        plain.casefold().removesuffix("s"),
        plain.casefold().removesuffix("es"),
        plain.upper(),
    ):
        known = known or _units("words").get(form)
    return known if known else ("", Decimal(1))


def _any(name: str) -> str:
    return "|".join(sorted(map(re.escape, _around()[name]), key=len, reverse=True))


@cache
def _pattern() -> re.Pattern[str]:
    words = sorted(_units("words"), key=len, reverse=True)
    symbols = sorted(_units("symbols"), key=len, reverse=True)
    plural = "|".join(re.escape(word).replace(r"\ ", r"[\s-]") + "s?" for word in words)
    unit = rf"(?i:{plural})(?![\w])|(?:{'|'.join(map(re.escape, symbols))})(?![\w°])"
    number = "|".join(sorted(_numbers(), key=len, reverse=True))
    sign = "|".join(sorted(map(re.escape, _signs()), key=len, reverse=True))
    spaced = rf"\s?(?:(?:{_any('between')})\s)?"
    return re.compile(
        rf"(?P<between>(?i:between|from)\s)?(?:(?P<sign>{sign})\s?)?"
        rf"(?:(?P<minus>(?<![\w.)])[-−])?(?<![\w.,/])(?<!\w-)(?:(?P<frac>[0-9]{{1,3}}/[0-9]{{1,3}})|(?P<a>{_DIGITS}))(?![0-9])"
        rf"|(?<![\w-])(?P<word>(?i:(?:{number})(?:[-\s](?:{number}))*))(?![\w])"
        rf"|(?<![\w-])(?P<article>(?i:half an?|an?(?=\s\w+\sand a half)"
        rf"|(?<=within )an?|(?<=for )an?|(?<=than )an?|(?<=every )an?))(?=\s))"
        rf"(?P<half>(?i:\sand a half))?"
        rf"(?:\s?(?:-|–|\bto\b|\band\b|\bor\b)\s?(?P<sign2>{sign})?\s?(?P<b>{_DIGITS}|(?i:{number}))(?![\w/])(?!\.[0-9]))?"
        rf"(?:[-‑]?{spaced}(?P<unit>{unit})(?P<more>(?i:\sand a half))?)?"
        rf"(?(a)(?![A-Za-z]))"
    )


@cache
def _table() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(files("shopwright.grounding").joinpath("figures.toml").read_text("utf-8"))


@cache
def _units(kind: str) -> dict[str, tuple[str, Decimal]]:
    """`symbols` are written in one way, `words` in any; each has its dimension and its size."""
    return {name: (str(dimension), Decimal(size)) for name, (dimension, size) in _table()[kind].items()}


@cache
def _numbers() -> dict[str, Decimal]:
    return {name: Decimal(str(value)) for name, value in _table()["numbers"].items()}


@cache
def _signs() -> dict[str, str]:
    return {sign: str(code) for sign, code in _table()["signs"].items()}


@cache
def _around() -> dict[str, tuple[str, ...]]:
    return {name: tuple(words) for name, words in _table()["around"].items()}
