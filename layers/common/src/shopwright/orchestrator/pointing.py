"""Which product or order the words point at: changes when we read more ways of pointing."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from shopwright.orchestrator.follow_up import names
from shopwright.orchestrator.vocabulary import any_of, count_of, once, ordinals, size_names, small_numbers


class Pointing(StrEnum):
    """How a product is pointed at."""

    CODE = "code"
    NAME = "name"
    PLACE = "place"  # "the second one", among those that were shown last; -1 is the last of them
    PRONOUN = "pronoun"


@dataclass(frozen=True, slots=True)
class Reference:
    """One product that the words point at. Which one it is, only the conversation and the catalog know."""

    how: Pointing
    text: str
    place: int | None = None


_MOST_SHOWN = 20
_CODE = re.compile(r"(?<![\w-])(?=[A-Z0-9-]*[0-9])(?=[A-Z0-9-]*[A-Z])[A-Z0-9]{2,}(?:-[A-Z0-9]{2,})+(?![\w-])")
_ORDER = re.compile(
    r"\b(?:order|purchase|shipment|parcel|refund for|return for)s?"
    r"\s*(?:number|no\.?|nr\.?|id|code)?\s*(?:is|:)?\s*[#]?\s*"
    r"(?P<cued>(?=[A-Z0-9-]*[0-9]{3})[A-Z0-9]{1,6}-?[A-Z0-9-]{2,20})(?![\w-])"
    r"|(?:^|\s)#\s?(?P<hash>[A-Z]{0,4}-?[0-9]{3,20})(?![\w-])"
    r"|\b(?:status of|track|about)\s+#?(?P<bare>[A-Z]{0,4}-?[0-9]{5,20})(?![\w-])",
    re.I,
)
_PRONOUN = re.compile(
    r"\b(?:it|this one|that one|these|those|them|this|that|the same one|both)\b"
    r"(?!\s+(?:is|was|would be) (?:all|it|everything)\b)(?!'s all)",
    re.I,
)
_NOT_A_PRODUCT = re.compile(
    r"\b(?:is it possible|does it cost to ship|how is it going|it is|it's (?:my|for|a)\b)", re.I
)


def order_number_in(text: str) -> tuple[str | None, str]:
    match = _ORDER.search(text)
    if match is None:
        return None, text
    number = match["cued"] or match["hash"] or match["bare"]
    return number.upper(), text.replace(number, " ", 1)


def references_in(text: str, rest: str, order: str | None) -> tuple[Reference, ...]:
    """Codes, then names, then places in what was shown; a pronoun only where nothing says it better."""
    found = [Reference(Pointing.CODE, match[0]) for match in _CODE.finditer(text) if match[0] != order]
    codes = {one.text for one in found}
    found += [
        Reference(Pointing.NAME, name)
        for name in names(rest)
        if not any(name in code or code in name for code in codes)
        and name != order
        and name.lower() not in size_names()
    ]
    for match in _tables().place.finditer(rest):
        ordinal = match["ordinal"]
        place = ordinals()[ordinal.lower()] if ordinal else int(match["number"])
        step = 1 if place > 0 else -1
        count = count_of(match["many"]) if match["many"] else 1
        if place and count <= _MOST_SHOWN:
            found += [Reference(Pointing.PLACE, match[0].strip(), place + step * further) for further in range(count)]
    if not found and (pronoun := _PRONOUN.search(_NOT_A_PRODUCT.sub(" ", rest))):
        found.append(Reference(Pointing.PRONOUN, pronoun[0].lower()))
    return once(found)


@dataclass(frozen=True, slots=True)
class _Tables:
    """How a place in a list is said."""

    place: re.Pattern[str]


@cache
def _tables() -> _Tables:
    counts = small_numbers()
    return _Tables(
        place=re.compile(
            rf"\b(?:the|and)\s+(?P<ordinal>{any_of(ordinals())})(?:\s+(?P<many>{counts}|[0-9]))?(?:\s+(?:ones?|items?|products?))?\b"
            r"(?!\s+(?:day|week|month|year|time|order|trip|hour|hand)s?\b)(?<!last)"
            r"|\b(?:number|option|item|product)\s+(?P<number>[0-9]{1,2})\b",
            re.I,
        ),
    )
