"""What bounds a price or a measure: changes when we read more of amounts.

A figure is taken where the words around it say what it is of, and left alone anywhere else, so that "under 50 cm" is no
price.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache, lru_cache

from shopwright.money import NO_CURRENCY, Money, NotMoney, parse
from shopwright.orchestrator.vocabulary import any_of, count_of, currency_signs, numbers, said, small_numbers


@dataclass(frozen=True, slots=True)
class PriceRange:
    """From `least` to `most`, both included unless it is to be `over` the one or `under` the other; an amount whose
    currency nobody said has ISO 4217's XXX."""

    least: Money | None = None
    most: Money | None = None
    over: bool = False
    under: bool = False

    @property
    def lowest(self) -> int | None:
        """The lowest price that is in it, in minor units."""
        return None if self.least is None else self.least.minor + self.over

    @property
    def highest(self) -> int | None:
        """The highest one; a bound of nothing at all is left at nothing."""
        return None if self.most is None else max(0, self.most.minor - self.under)


@dataclass(frozen=True, slots=True)
class Measure:
    """From `least` to `most` of a weight in grams, a capacity in millilitres, a power in watts and so on, both included
    unless it is to be `over` the one or `under` the other. `unit`: the one that was said."""

    name: str
    least: Decimal | None = None
    most: Decimal | None = None
    over: bool = False
    under: bool = False
    unit: str = field(default="", compare=False)

    def within(self, other: "Measure") -> "Measure":
        """This one, with the end that it lacks from the other."""
        low, high = (self if self.least is not None else other), (self if self.most is not None else other)
        return Measure(self.name, low.least, high.most, low.over, high.under, self.unit)

    def holds(self, amount: Decimal) -> bool:
        """Whether so much is in it."""
        return (self.least is None or amount > self.least or (amount == self.least and not self.over)) and (
            self.most is None or amount < self.most or (amount == self.most and not self.under)
        )


_MAX_DIGITS = 12
# Who sleeps in a tent, or sits at a table, are people also where nobody says so.
_SLEEPS = re.compile(
    r"\b(?:sleep|seat)(?:s|ing)?\s+(?:(?:more|fewer|less) than |over |under |at least |at most |up to )?"
    r"(?:[1-9][0-9]?|two|three|four|five|six|seven|eight|ten)"
    r"(?=\s*[?.!,]|\s*$| or (?:more|fewer|less)\b| and up\b| and\b)",
    re.I,
)
_IS_THERE = re.compile(r"^\W*(?:(?:and|so|but|hi|ok)\W+)?(?:is|are|do|does|have|has|can|could)(?:n't)?\b", re.I)


def price_in(text: str, currency: str | None) -> tuple[PriceRange | None, str]:
    """The price that is said, and the text without the words that say it."""
    least: Money | None = None
    most: Money | None = None
    over = under = False
    rest = text
    if not _tables().figure.search(text):
        return None, text
    for kind, says, asking, denied in _tables().price:
        match = None if asking and _IS_THERE.match(text) else _first_price(says, rest)
        if match is None:
            continue
        shared = next((said for part, said in match.groupdict().items() if part[0] == "s" and said), None)
        low = _money(_first(match, "a", "a2"), shared, currency)
        high = _money(match["b"], shared, currency) if kind == "between" else None
        if low is None or (kind == "between" and high is None):
            continue
        strict = tuple(
            bool(_tables().strict.search(match[0][: match.start(part) - match.start()]))
            for part in (_said_as(match, "a", "a2"), "b")
            if part in match.groupdict() and not denied
        )
        if kind == "between" and high is not None:
            ends = sorted(((low, strict[0]), (high, strict[1])), key=lambda one: one[0].minor)
            (least, over), (most, under) = ends
        elif kind == "exact" and least is None and most is None:
            least = most = low
        elif kind == "about":
            least = Money(int(low.minor * (1 - _tables().about)), low.currency)
            most = Money(int(low.minor * (1 + _tables().about)), low.currency)
        elif kind == "most" and most is None:
            most, under = low, any(strict)
        elif kind == "least" and least is None:
            least, over = low, any(strict)
        rest = f"{rest[: match.start()]} {rest[match.end() :]}"
    return (PriceRange(least, most, over, under) if least or most else None), rest


def _first_price(says: re.Pattern[str], text: str) -> re.Match[str] | None:
    """The first place that is not of an age, a size and the like."""
    none = _tables().no_price
    return next(
        (one for one in says.finditer(text) if not none.search(text[max(0, one.start() - 20) : one.start()])), None
    )


def _first(match: re.Match[str], *parts: str) -> str:
    return match[_said_as(match, *parts)]


def _said_as(match: re.Match[str], *parts: str) -> str:
    """Which of these groups holds something."""
    return next(part for part in parts if match.groupdict().get(part))


def _money(figure: str, sign: str | None, currency: str | None) -> Money | None:
    said = figure.lower().strip()
    digits = str(numbers()[said]) if said in numbers() else said
    if sum(one.isdigit() for one in digits) > _MAX_DIGITS:
        return None
    # A price has no three decimals: the mark before three digits parts thousands.
    digits = re.sub(r"(?<=[0-9])[.,'](?=[0-9]{3}(?:[^0-9]|$))", "", digits)
    meant = currency_signs().get(sign.lower(), sign) if sign else None
    for shop in (currency, None):
        try:
            found = parse(f"{meant} {digits}" if meant else digits, shop)
        except NotMoney:
            continue
        return found if meant or currency else Money(found.minor, NO_CURRENCY)
    return None


@lru_cache(maxsize=256)
def measures_in(text: str) -> tuple[tuple[Measure, ...], str]:
    """What is said of weights and capacities, and the text without it."""
    found: dict[str, Measure] = {}
    text = _SLEEPS.sub(r"\g<0> people", text)
    rest = text
    for name, patterns, units, not_after, only_of in _tables().measures:
        if not only_of.search(text):
            continue
        for match in (match for says in patterns for match in says.finditer(rest)):
            if not_after.search(rest[: match.start()]) or match[0] not in rest:
                continue
            said = {part: value for part, value in match.groupdict().items() if value}
            unit = units[said["unit"].lower()]
            low = decimal_of(said["figure"]) * units[said.get("first", said["unit"]).lower()]
            if "second" in said:
                high = decimal_of(said["second"]) * unit
                one = Measure(name, min(low, high), max(low, high))
            elif "denied" in said:  # "that do not weigh more than 2 kg"
                one = Measure(name, most=low) if said.keys() & {"over", "least"} else Measure(name, least=low)
            elif said.keys() & {"under", "most", "most_after"}:
                one = Measure(name, most=low, under="under" in said)
            else:
                one = Measure(name, least=low, over="over" in said)
            one = replace(one, unit=said["unit"].lower())
            found[name] = one if name not in found else one.within(found[name])
            rest = rest.replace(match[0], " ", 1)
    return tuple(found.values()), rest


def _measure_of(
    bounds: Mapping[str, Iterable[str]], units: Iterable[str], verbs: Iterable[str], least: Iterable[str], counts: str
) -> tuple[re.Pattern[str], ...]:
    """How a measure is bounded: by both ends, by words before it, and by words after it. `least`: words that say for
    this measure alone that so much will do."""
    number = rf"(?:[0-9]{{1,3}}(?:,[0-9]{{3}})+(?![0-9])|[0-9]+(?:[.,][0-9]+)?|(?:{counts})\b)"
    any_unit = any_of(units)
    figure, unit = rf"(?P<figure>{number})", rf"\s?-?(?P<unit>{any_unit})(?![\w/])"
    verb = rf"(?:\b(?:that|which)\s+)?(?:\b(?:{any_of(verbs)})\s+)?"
    no = r"(?:(?:do|does|is|are|should|must)(?:\s+not|n't)|not)"
    denied = rf"(?P<denied>(?:\b(?:that|which)\s+)?\b{no}\s+(?:be|{any_of(verbs)})?\s*)"
    said = {**bounds, "least": [*bounds["least"], *least]}
    before = "|".join(rf"(?P<{end}>{any_of(said[end])})" for end in ("most", "least", "under", "over"))
    after = "|".join(rf"(?P<{end}>{any_of(bounds[end])})" for end in ("most_after", "least_after"))
    return tuple(
        re.compile(pattern, re.I)
        for pattern in (
            rf"{verb}\b(?:between|from)\s+{figure}\s?(?P<first>{any_unit})?\s+(?:and|to)\s+(?P<second>{number}){unit}",
            rf"(?:{denied}|{verb})\b(?:{before})\s+{figure}{unit}",
            rf"{verb}(?<![\w.,]){figure}{unit}\s+(?:{after})(?![\w])",
        )
    )


def decimal_of(said: str) -> Decimal:
    """A comma before three digits parts thousands, as a price's does."""
    if not said[0].isdigit():
        return Decimal(count_of(said))
    parts_thousands = re.fullmatch(r"[0-9]{1,3}(?:,[0-9]{3})+", said)
    return Decimal(said.replace(",", "" if parts_thousands else "."))


@dataclass(frozen=True, slots=True)
class _Tables:
    """What `wanted.toml` says of amounts, ready to be searched with."""

    about: Decimal
    # What it is, whether a question says it otherwise, and whether it is the other end of what is denied.
    price: tuple[tuple[str, re.Pattern[str], bool, bool], ...]
    strict: re.Pattern[str]  # a bound after one of these is not included
    figure: re.Pattern[str]
    no_price: re.Pattern[str]  # what ends so goes on with no price
    # Its name, how it is bounded, its units, what it may not follow, and what it is said with.
    measures: tuple[
        tuple[str, tuple[re.Pattern[str], ...], Mapping[str, Decimal], re.Pattern[str], re.Pattern[str]], ...
    ]


@cache
def _tables() -> _Tables:
    lists = said("wanted")
    counts = small_numbers()
    other = f"(?:{any_of(lists['price']['units'].split())})"
    figure = rf"(?:(?<![0-9.,'])[0-9](?:[0-9.,']{{0,14}}[0-9])?|\b(?:{any_of(numbers())})\b)"
    sign = rf"(?:[€$£¥₹]|\b[A-Z]{{3}}(?=\s?[0-9])|\b(?:{any_of(currency_signs())})\b)"
    after = rf"(?:[€$£¥₹]|\b(?:{any_of(currency_signs())})\b|[A-Z]{{3}}\b)"
    by = lists["price"]
    to = r"\s?(?:-|–|to)\s?"
    counted = f"(?:{other}|(?:{any_of(by['counted'].split())}))"
    range_of_it = rf"(?:\s?(?:-|–|to|or)\s?[0-9.,]+)?\s?-?{counted}(?![\w])"
    end = rf"(?![0-9]|[.,'][0-9])(?!{range_of_it})"
    # "up to 3 devices": one figure or a word before a thing counts it.
    plain = rf"{end}(?:(?<=[0-9][0-9])|(?!\s+(?!(?:{any_of(by['goes_on'].split())})\b)[^\W\d_]))"
    whole = {
        place: rf"(?:(?P<s{place}1>{sign})\s?)?(?P<{place}>{figure})(?:\s?(?P<s{place}2>{after})(?![0-9])|{plain})"
        for place in "ab"
    }
    # An amount that a currency must stand beside, since the words before it tell of much else.
    money = rf"(?:(?P<s1>{sign})\s?(?P<a>{figure})(?:[.,]-)?|(?P<a2>{figure})\s?(?P<s2>{after})){end}"
    at_most, at_least = any_of(by["at_most"]), any_of(by["at_least"])
    over, under = any_of(by["denied_over"]), any_of(by["denied_under"])
    # "Don't you have" and "Isn't there" deny nothing.
    denies = (
        r"\b(?:not|never|cannot|won'?t|can'?t|(?:is|are|do|does|did|have|has|could|would|should|must|need)n'?t"
        r"|without (?:spending|paying|going|costing))\s+"
        r"(?:(?!(?:you|i|we|they|there|it|the)\b)[\w']+\s+){0,3}?"
    )
    refuses = r"\b(?:do not|don'?t|never)\s+(?:want|need|like|show me|cost)\s+(?:[\w']+\s+){0,2}?"
    # Without a currency an amount stands at an end: "tents over 600".
    goes_on = any_of(by["goes_on"].split())
    bare = rf"(?P<a>(?<![0-9.,'])[0-9][0-9.,']{{0,13}}[0-9]){end}(?=\s*(?:[?.!,;)]|$|(?:{goes_on})\b))"
    price = (
        ("between", rf"\b(?:between|from)\s+{whole['a']}\s+(?:and|to|up to|till|until)\s+{whole['b']}", False, False),
        (
            "between",
            rf"\b(?:{at_least})\s+{whole['a']},?\s+(?:but|and|yet)\s+(?:{at_most})\s+{whole['b']}",
            False,
            False,
        ),
        (
            "between",
            rf"\b(?:{at_most})\s+{whole['a']},?\s+(?:but|and|yet)\s+(?:{at_least})\s+{whole['b']}",
            False,
            False,
        ),
        (
            "between",
            rf"(?P<sa1>{sign})\s?(?P<a>{figure})\s?(?:-|–|to)\s?(?P<sb1>{sign})?\s?(?P<b>{figure}){end}",
            False,
            False,
        ),
        ("between", rf"(?P<a>{figure}){to}(?P<b>{figure})\s?(?P<sb2>{after})", False, False),
        ("most", rf"{denies}(?:{over})\s+{whole['a']}", False, True),
        ("most", rf"\b(?:nothing|none|no)\s+(?:{over})\s+{whole['a']}", True, True),
        ("least", rf"{refuses}(?:{under})\s+{whole['a']}", False, True),
        ("least", rf"\b(?:not|no)\s+(?:{under})\s+{whole['a']}", False, True),
        ("least", rf"\b(?:nothing|none)\s+(?:{under})\s+{whole['a']}", True, True),
        ("most", rf"\b(?:{at_most})\s+(?:about |around )?{whole['a']}", False, False),
        ("most", rf"(?:<=?|≤)\s?{whole['a']}", False, False),
        ("most", rf"\b(?:{any_of(by['at_most_money'])})\s+{money}", False, False),
        ("most", rf"(?:\bfor\s+)?{whole['a']}\s+(?:{any_of(by['at_most_after'])})(?![\w])", False, False),
        ("most", rf"(?:\bfor\s+)?{money}\s+(?:{any_of(by['at_most_after_money'])})(?![\w])", False, False),
        ("least", rf"\b(?:{at_least})\s+{money}", False, False),
        ("least", rf"\b(?:{over})\s+{bare}", False, False),
        ("least", rf"(?:>=?|≥)\s?{money}", False, False),
        ("least", rf"(?:\bfor\s+)?{money}\s+(?:{any_of(by['at_least_after'])})(?![\w])", False, False),
        ("exact", rf"\b(?:{any_of(by['exact'])})\s+{whole['a']}(?!\s+(?:{any_of(by['no_exact'])})\b)", False, False),
        ("about", rf"(?:\b|(?=~))(?:{any_of(by['about'])})\s?{money}", False, False),
    )
    return _Tables(
        about=Decimal(str(by["about_share"])),
        price=tuple((kind, re.compile(pattern, re.I), asking, denied) for kind, pattern, asking, denied in price),
        strict=re.compile(rf"(?:(?<!\bno )(?<!\bnot )\b(?:{over}|{under})\s+|[<>]\s?)(?:{sign})?\s?\Z", re.I),
        figure=re.compile(figure, re.I),
        no_price=re.compile(rf"\b(?:{any_of(by['not_after'])}) \Z", re.I),
        measures=tuple(
            (
                name,
                _measure_of(lists["bounds"], one["units"], one["verbs"], one.get("least", ()), counts),
                {unit: Decimal(str(factor)) for unit, factor in one["units"].items()},
                re.compile(
                    rf"\b(?:{any_of(one['not_after'])})\s+(?:up to\s+)?\Z" if one["not_after"] else r"(?!)", re.I
                ),
                re.compile(rf"\b(?:{any_of(one['only_of'])})\b" if "only_of" in one else "", re.I),
            )
            for name, one in lists["measures"].items()
        ),
    )
