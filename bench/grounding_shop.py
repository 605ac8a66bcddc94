"""Claims about the demo shops, true and false, made by rule: the set that the checker of a model's claims is held to.

Frozen before the checker was tuned. A true claim says a sentence of the merchant's in other words, or tells a product's
record in prose; a false one does the same with one thing wrong: a number, a unit, a currency, a "not", a direction
(under for over), or a name. As many false ones as true ones, in each shop.
"""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from shopwright.documents.parse.formats import read

from local.merchants import DEMO

SHOPS = ("outdoor", "kitchen", "electronics")
EACH = 84  # true ones of a shop, and as many false ones
DRAWS = 4000  # many find nothing to change
SIGN = {"EUR": "€", "GBP": "£", "USD": "$"}
WORD_OF = {"EUR": "euros", "GBP": "pounds", "USD": "dollars"}
COUNTED = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
UNITS = "working days|business days|days|weeks|months|years|hours|minutes|seconds"

Rule = tuple[str, str]


@dataclass(frozen=True, slots=True)
class ShopClaim:
    """A claim, what it cites, and whether that supports it. `kind` is what is wrong with a false one."""

    shop: str
    kind: str
    text: str
    titles: tuple[str, ...]
    source: str
    supported: bool


@dataclass(frozen=True, slots=True)
class _Said:
    titles: tuple[str, ...]
    source: str
    sentence: str


def shop_claims(*, seed: int = 2026, each: int = EACH) -> list[ShopClaim]:
    """The same claims for the same seed: of each shop, as many as asked for of either kind, about half on products."""
    made: list[ShopClaim] = []
    for shop in SHOPS:
        chance = random.Random(f"{seed} {shop}")  # noqa: S311 - a draw of samples, no secret
        pages, records = _pages(shop), _records(shop)
        for supported in (True, False):
            drawn: dict[str, ShopClaim] = {}
            for _ in range(DRAWS):
                if len(drawn) < each // 2 and (claim := _of_pages(shop, pages, supported, chance)):
                    drawn.setdefault(claim.text, claim)
            for _ in range(DRAWS):
                if len(drawn) < each and (claim := _of_records(shop, records, supported, chance)):
                    drawn.setdefault(claim.text, claim)
            made += drawn.values()
    return made


# --- what the shops say


def _pages(shop: str) -> list[_Said]:
    folder = DEMO / shop / "documents"
    said = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.name.startswith("catalog"):
            for block in read(path.read_bytes(), str(path.relative_to(folder))).blocks:
                prose = re.sub(r"^.*\?\n", "", block.text)
                for sentence in re.split(r"(?<=[.!])\s+(?=[A-Z])", prose):
                    if len(sentence.split()) >= 5 and sentence.endswith(".") and ": " not in sentence:
                        said.append(_Said(block.path, block.text, sentence))
    return said


def _records(shop: str) -> list[dict[str, str]]:
    folder = DEMO / shop / "documents"
    records = []
    for path in folder.glob("catalog.*"):
        for block in read(path.read_bytes(), path.name).blocks:
            fields = dict(re.findall(r"(?:^|; )([a-z_]+): (.*?)(?=; [a-z_]+: |$)", block.text))
            if {"name", "price", "weight_g", "category"} <= fields.keys():
                price, _, currency = fields["price"].partition(" ")
                records.append({**fields, "price": price, "currency": currency, "": block.text})
    return sorted(records, key=lambda fields: fields["name"])


# --- other words for the same thing

PARAPHRASES: tuple[Rule, ...] = (
    (r"\bYou may return (.+?) within ([\w ]+? days) of delivery\b", r"You have \2 from delivery to return \1"),
    (r"\bYou have ([\w ]+? days) from delivery to return (.+?)([,.])", r"You can send \2 back within \1 of delivery\3"),
    (r"\bWe refund within\b", "Refunds are made within"),
    (r"\bRefunds are issued within\b", "You get your money back within"),
    (r"\b(delivery|shipping|[Rr]eturns?) (is|are) free for\b", r"\1 \2 at no charge for"),
    (r"\b(?:is|are) free of charge\b", "cost nothing"),
    (r"\bare free\b(?! of)", "cost nothing"),
    (r"\bis free\b(?! of)", "costs nothing"),
    (r"\bfor orders over\b", "when you order for more than"),
    (r"\bfor orders over\b", "for orders above"),
    (r"\bcosts ([€£$])", r"is priced at \1"),
    (r"\bcost ([€£$])", r"are priced at \1"),
    (r"\btakes (\w+) to (\w+) ", r"takes between \1 and \2 "),
    (r"\band takes\b", "and arrives in"),
    (r"\bcannot\b", "can't"),
    (r"\bdo not\b", "don't"),
    (r"\bdoes not\b", "doesn't"),
    (r"\bare not\b", "aren't"),
    (r"\bWe do not deliver\b", "The shop does not deliver"),
    (r"\bcannot be returned\b", "are not returnable"),
    (r"\bcannot come back\b", "may not be sent back"),
    (r"\bYou may\b", "You are allowed to"),
    (r"\bYou can\b", "It is possible to"),
    (r"\bWe accept\b", "The shop accepts"),
    (r"\bWe ship\b", "The shop ships"),
    (r"\bWe\b", "They"),
    (r"\bwe\b", "they"),
    (r"\bour\b", "their"),
    (r"\bOur\b", "Their"),
    (r"\bis guaranteed for ([\w ]+?)(?=[,.]| of)", r"has a guarantee of \1"),
    (r"\bare guaranteed for ([\w ]+?)(?=[,.]| of)", r"have a guarantee of \1"),
    (r"\bcarry a warranty of ([\w ]+?)(?=[,.]| against)", r"are under warranty for \1"),
    (r"\bcomes with a limited warranty of\b", "has a limited warranty lasting"),
    (r"\bare charged a\b", "carry a"),
    (r"\bbefore ([0-9]+) pm\b", r"before \1 in the afternoon"),
    (r"\bbefore noon\b", "before midday"),
    (r"\bNever\b", "Do not ever"),
    (r"\bmust be\b", "have to be"),
    (r"\bneeds? a\b", "requires a"),
    (r"\bworking days\b", "business days"),
    (r"\bbusiness days\b", "working days"),
    (r"([0-9]) ?%", r"\1 percent"),
    (r"\bbecause\b(?! of)", "since"),
    (r"\bat once\b", "immediately"),
    (r"\bonce a week\b", "every week"),
    (r"\ba year\b", "per year"),
    (r"\bper item\b", "for each item"),
    (r"\bper night\b", "a night"),
    (r"\bas soon as\b", "the moment"),
    (r"\bby hand\b", "manually"),
    (r"\bonly\b", "solely"),
)


def _figures_otherwise(text: str, chance: random.Random) -> str:
    """The same numbers written in another way: 14 days as two weeks, 36 months as 3 years, €5.90 as 5.90 euros."""

    def time(match: re.Match[str]) -> str:
        number = _number(match["n"])
        for unit, size, other in (
            ("days", 7, "weeks"), ("months", 12, "years"), ("years", 0, "months"), ("hours", 0, "minutes"),
        ):  # fmt: skip
            if match["unit"] != unit or not number:
                continue
            if size and number % size == 0 and number > size:
                return f"{_write(number // size, chance)} {other}"
            if not size:
                return f"{number * (12 if unit == 'years' else 60)} {other}"
        return f"{_write(number, chance)} {match['unit']}"

    def money(match: re.Match[str]) -> str:
        code = next(code for code, sign in SIGN.items() if sign == match[1])
        plain = match[2].removesuffix(".00")
        return chance.choice([f"{match[1]}{plain}", f"{match[2]} {WORD_OF[code]}", f"{match[2]} {code}"])

    if chance.random() < 0.7:
        text = re.sub(
            rf"(?<!to )(?<!and )(?<![-\w])(?P<n>[0-9]+|{'|'.join(COUNTED[2:])}) (?P<unit>{UNITS})\b",
            time,
            text,
            count=1,
        )
    if chance.random() < 0.5:
        text = re.sub(r"([€£$])([0-9]+(?:\.[0-9]+)?)", money, text)
    return text


def _number(word: str) -> int:
    return COUNTED.index(word) if word in COUNTED else int(word)


def _write(number: int, chance: random.Random) -> str:
    return COUNTED[number] if number < len(COUNTED) and chance.random() < 0.5 else str(number)


def _otherwise(text: str, chance: random.Random) -> str | None:
    """The sentence in other words, or None when no rule touches it."""
    before, done = text, 0
    for pattern, instead in chance.sample(PARAPHRASES, len(PARAPHRASES)):
        if done < 3 and (changed := re.sub(pattern, instead, text, count=1)) != text:
            text, done = changed, done + 1
    text = _figures_otherwise(text, chance)
    return text if text != before else None


# --- one thing wrong

NEGATIONS: tuple[Rule, ...] = (
    (r"\b(may|can|must|will) (?!not\b)", r"\1 not "),
    (r"\bcannot\b", "can"),
    (r"\b(do|does) not (\w+)", r"\2"),
    (r"\b(is|are) not\b", r"\1"),
    (r"\b(is|are) (?!not\b|still\b)", r"\1 not "),
    (r"\bnever\b", "always"),
    (r"^Never (\w)", r"Always \1"),
    (r"\bno\b", "a"),
    (r"\bcovers\b", "does not cover"),
    (r"\bWe (ship|deliver|accept|take|match|refund|sell|pay)\b", r"We do not \1"),
    (r"\bneed not\b", "must"),
    (r"\bwithout\b", "with"),
    (r"\bincluded\b", "excluded"),
    (r"\bfree of charge\b", "charged for"),
)
DIRECTIONS: tuple[Rule, ...] = (
    (r"\bover (?=[€£$])", "under "),
    (r"\bup to (?=[€£$0-9])", "over "),
    (r"\bwithin ((?:\w+ ){1,3}?)(of|after)\b", r"only after \1\2"),
    (r"\bwithin (?=\w+ (?:working |business )?(?:days|hours|months))", "after more than "),
    (r"\bbefore (?=[0-9n])", "after "),
    (r"\bmore than (?=[0-9])", "less than "),
    (r"\babove that\b", "below that"),
)


def _wrong_number(text: str, chance: random.Random) -> str | None:
    found = [
        match
        for match in re.finditer(
            rf"(?<![-\w.])([0-9]+(?:\.[0-9]+)?)(?![-\w]|\.[0-9])|\b({'|'.join(COUNTED[2:])})\b(?= \w)", text
        )
        if not re.match(r" (?:coins|faces?)", text[match.end() :])
    ]
    if not found:
        return None
    match = chance.choice(found)
    if match[2]:
        value = chance.choice([word for word in COUNTED[2:] if word != match[2]])
    elif "." in match[1]:
        value = str((Decimal(match[1]) * chance.choice([2, 3]) + chance.choice([0, 1, 5])).quantize(Decimal("0.01")))
    else:
        value = str(
            chance.choice([int(match[1]) * 2, int(match[1]) + chance.choice([1, 3, 5, 10]), int(match[1]) * 10])
        )
    return text[: match.start()] + value + text[match.end() :]


def _wrong_unit(text: str, chance: random.Random) -> str | None:
    match = re.search(rf"\b({UNITS})\b", text)
    if match is None:
        return None
    others = {
        "working days": ["weeks", "hours", "months"], "business days": ["weeks", "hours", "months"],
        "days": ["weeks", "hours", "months"], "weeks": ["days", "months"], "months": ["days", "weeks", "years"],
        "years": ["months", "weeks"], "hours": ["days", "minutes"], "minutes": ["hours", "seconds"],
        "seconds": ["minutes", "hours"],
    }[match[1]]  # fmt: skip
    return text[: match.start()] + chance.choice(others) + text[match.end() :]


def _wrong_currency(text: str, chance: random.Random) -> str | None:
    found = re.findall(r"[€£$](?=[0-9])", text)
    if not found:
        return None
    other = chance.choice([sign for sign in SIGN.values() if sign not in found])
    return re.sub(r"[€£$](?=[0-9])", other, text)


def _by_rule(rules: Sequence[Rule]) -> Callable[[str, random.Random], str | None]:
    def wrong(text: str, chance: random.Random) -> str | None:
        for pattern, instead in chance.sample(list(rules), len(rules)):
            if (changed := re.sub(pattern, instead, text, count=1)) != text:
                return changed[0].upper() + changed[1:]
        return None

    return wrong


def _wrong_name(names: Sequence[str]) -> Callable[[str, random.Random], str | None]:
    def wrong(text: str, chance: random.Random) -> str | None:
        held = [name for name in names if re.search(rf"\b{re.escape(name)}\b", text)]
        if not held:
            return None
        name = max(held, key=len)
        others = [other for other in names if other not in text and not set(other.split()) & set(name.split())]
        return re.sub(rf"\b{re.escape(name)}\b", chance.choice(others), text)

    return wrong


NAMES = {
    "outdoor": (
        "Standard delivery", "Express delivery", "Bell tents", "Gift cards", "Tents and backpacks", "Ireland",
        "ropes", "helmets", "hiking boots", "trail shoes", "stoves", "Mend Bench", "Trailhead Club", "Second Summit",
    ),
    "kitchen": (
        "Standard delivery", "Express delivery", "Gift wrapping", "Knives", "Hearthstone", "Whetmore", "Plainsong",
        "Bramble", "Softfall", "Northern Ireland", "Isle of Man", "Supper Society", "Edge Post", "board oil",
    ),
    "electronics": (
        "Standard shipping", "Expedited shipping", "VoltCare", "Alaska", "Hawaii", "earbuds", "Power banks", "Monitors",
        "cameras", "wearables", "Murmur Buds", "Loopback", "Battery Box", "headphones", "keyboards",
    ),
}  # fmt: skip


def _of_pages(shop: str, pages: Sequence[_Said], supported: bool, chance: random.Random) -> ShopClaim | None:
    """A claim on a sentence of the merchant's own, if a rule touches it."""
    said = chance.choice(pages)
    if supported:
        told = _otherwise(said.sentence, chance)
        return ShopClaim(shop, "paraphrase", told, said.titles, said.source, True) if told else None
    ways: dict[str, Callable[[str, random.Random], str | None]] = {
        "number": _wrong_number, "unit": _wrong_unit, "currency": _wrong_currency,
        "negation": _by_rule(NEGATIONS), "direction": _by_rule(DIRECTIONS), "entity": _wrong_name(NAMES[shop]),
    }  # fmt: skip
    kind = chance.choice(list(ways))
    wrong = ways[kind](said.sentence, chance)
    if not wrong:
        return None
    text = (
        _some_words(wrong, chance) if chance.random() < 0.5 and kind in ("number", "unit", "entity") else None
    ) or wrong
    return ShopClaim(shop, kind, text[0].upper() + text[1:], said.titles, said.source, False)


def _some_words(text: str, chance: random.Random) -> str | None:
    """In other words, its figures left as they are."""
    before = text
    for pattern, instead in chance.sample(PARAPHRASES, len(PARAPHRASES)):
        text = re.sub(pattern, instead, text, count=1)
        if text != before:
            return text
    return None


# --- products

TOLD = {
    "weight_g": (
        "The {name} weighs {value}.", "At {value}, the {name} is what you carry.", "It weighs {value} (the {name}).",
        "The weight of the {name} is {value}.",
    ),
    "price": (
        "The {name} costs {value}.", "You can have the {name} for {value}.", "The price of the {name} is {value}.",
        "The {name} is sold at {value}.",
    ),
    "colour": ("The {name} comes in {value}.", "The colour of the {name} is {value}.", "The {name} is {value}."),
    "material": ("The {name} is made of {value}.", "The material of the {name} is {value}."),
    "brand": ("The {name} is made by {value}.", "{value} is the brand of the {name}."),
    "battery": ("The battery of the {name} lasts {value}.",),
    "dimensions": ("The {name} measures {value}.",),
    "dishwasher_safe": ("The {name} {value} go into the dishwasher.",),
}  # fmt: skip


def _of_records(
    shop: str, records: Sequence[dict[str, str]], supported: bool, chance: random.Random
) -> ShopClaim | None:
    """A claim on a product: a field of its record, told in prose."""
    record = chance.choice(records)
    fields = {**record, "colour": record.get("colour") or record.get("color", "")}
    held = [
        field for field in TOLD if fields.get(field) and (field != "battery" or re.match(r"[0-9]+ h$", fields[field]))
    ]
    field = chance.choice(held)
    kind, name, value = "record", fields["name"], _told(field, fields, chance)
    if not supported:
        kind, name, value = _spoiled(field, fields, records, chance)
        if not kind:
            return None
    text = chance.choice(TOLD[field]).format(name=name, value=value)
    if kind == "negation":
        text = re.sub(r" (is|comes|costs|weighs) ", lambda m: f" {_NOT[m[1]]} ", text, count=1)
        if " not " not in text:
            return None
    return ShopClaim(shop, kind, text, (fields["name"],), record[""], supported)


_NOT = {"is": "is not", "comes": "does not come", "costs": "does not cost", "weighs": "does not weigh"}


def _told(field: str, fields: dict[str, str], chance: random.Random, *, factor: Decimal = Decimal(1)) -> str:
    value = fields[field]
    if field == "weight_g":
        grams = int(Decimal(value) * factor)
        kilos = f"{Decimal(grams) / 1000:.3f}".rstrip("0").rstrip(".")
        return chance.choice([f"{grams:,} g", f"{grams} grams", *([f"{kilos} kg"] if grams >= 100 else [])])
    if field == "price":
        amount, code = f"{Decimal(value) * factor:.2f}", fields["currency"]
        return chance.choice(
            [f"{SIGN[code]}{amount.removesuffix('.00')}", f"{amount} {code}", f"{amount} {WORD_OF[code]}"]
        )
    if field == "dishwasher_safe":
        return "may" if value == "yes" else "must not"
    if field == "battery":
        return f"{int(value.split()[0]) * int(factor)} hours"
    return value


def _spoiled(
    field: str, fields: dict[str, str], records: Sequence[dict[str, str]], chance: random.Random
) -> tuple[str, str, str]:
    """What is wrong, the name to tell, and the value to tell."""
    name, value = fields["name"], fields[field]
    if chance.random() < 0.2:
        others = [one["name"] for one in records if one["category"] != fields["category"]]
        return "entity", chance.choice(others), _told(field, fields, chance)
    if field in ("weight_g", "price", "battery"):
        kind = chance.choice(
            ["number", "unit", "negation"] if field == "weight_g" else ["number", "currency", "negation"]
        )
        if kind == "negation":
            return kind, name, _told(field, fields, chance)
        if kind == "unit":
            return kind, name, f"{value} {chance.choice(['kg', 'lb', 'kilograms'])}"
        if kind == "currency" and field == "price":
            other = chance.choice([code for code in SIGN if code != fields["currency"]])
            return kind, name, _told(field, {**fields, "currency": other}, chance)
        return (
            "number",
            name,
            _told(field, fields, chance, factor=chance.choice([Decimal(2), Decimal("1.5"), Decimal(10)])),
        )
    if field == "dishwasher_safe":
        return "negation", name, "must not" if value == "yes" else "may"
    if chance.random() < 0.3:
        return "negation", name, value
    same = "color" if field == "colour" and "color" in fields else field
    others = [
        one[same] for one in records if one.get(same) and not set(one[same].split()) & set(re.split(r"\W+", value))
    ]
    return ("entity", name, chance.choice(others)) if others else ("", "", "")
