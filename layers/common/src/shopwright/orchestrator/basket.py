"""What a message asks of the cart: how many of what are to go in, out, or be there. Changes when we understand more.

Read from the words alone. The verb decides and not a word somewhere in the message: "add the clear jar" clears nothing.
A number that can be no quantity is kept as that, so that it is said what is wrong with it and never taken for one.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from shopwright.orchestrator.vocabulary import size_names
from shopwright.orchestrator.wanted import plain_text


class Deed(StrEnum):
    """What is to be done."""

    SHOW = "shows"
    CLEAR = "clears"
    UNDO = "undoes"
    KEEP = "keeps"
    SWAP = "swaps"
    MULTIPLY = "multiplies"
    HALVE = "halves"
    SET = "sets"
    TAKE = "takes"
    ADD = "adds"


class Odd(StrEnum):
    """What was said instead of a number of pieces."""

    NOT_WHOLE = "not_whole"
    UNSAID = "how_many"


Count = int | Odd  # may also be 0, less than that, or beyond any cart


@dataclass(frozen=True, slots=True)
class Item:
    """A product by the words for it, and how many; None: nothing is said of that. `more`: of what is there already.
    `every`: of each article that there is."""

    text: str = ""
    count: Count | None = None
    more: bool = False
    every: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to become of the cart. `other` takes an item's place. `names_cart`: nothing else can be meant. `times`:
    so many times as many. `back`: "put it back", onto the shelf or into the cart again."""

    deed: Deed
    items: tuple[Item, ...] = ()
    other: Item | None = None
    names_cart: bool = False
    looks: bool = False  # "I need two tents" may only look for some
    times: int = 1
    back: bool = False
    bare: bool = False  # "make it 46" may be of a size


@dataclass(frozen=True, slots=True)
class Foreign:
    """The same in another language, by its code. `words` are what is left beside the words for the cart and for what to
    do, none for what was spoken of; `other` takes its place. Not `names_cart`: something else may be meant."""

    deed: Deed
    words: str
    count: Count | None
    how_to: str
    code: str
    other: str = ""
    names_cart: bool = True


@dataclass(frozen=True, slots=True)
class Figure:
    """A number among the words for a product. `unit` is empty where it measures nothing."""

    text: str
    number: str
    unit: str

    def is_as(self, other: "Figure") -> bool:
        """Whether another says as much: "46 mm" is as the "46" of a name."""
        return self.number == other.number and (self.unit == other.unit or not (self.unit and other.unit))


def figures_in(text: str, *, loose: bool = False) -> tuple[Figure, ...]:
    """The numbers that stand by themselves, or before a measure. `loose`: also those in a longer word, such as "2P"."""
    tables = _tables()
    return tuple(
        Figure(
            found[0].strip(" x×*"),
            (re.sub(r"\.0*$", "", plain) if "." in (plain := found["number"].replace(",", ".")) else plain),
            tables.measures.get((found["unit"] or "").lower(), ""),
        )
        for found in (tables.loose if loose else tables.measured).finditer(text)
    )


def read(text: str) -> Wish | None:
    """What the words ask of the cart; None: nothing."""
    tables = _tables()
    plain = tables.quoted.sub(r"\1", plain_text(text))
    if _is_story(plain):
        return None
    said = _bare(plain)
    asks = bool(re.match(r"(?:can|could|may|should|shall) (?:i|we)\b", plain, re.I))
    names_cart, says_where = bool(tables.named.search(said)), bool(tables.into.search(said))
    if _shows(said):
        return Wish(Deed.SHOW, names_cart=names_cart)
    # "in my cart" says where, and is no part of what a product is called.
    rest = re.sub(r"\s+", " ", tables.into.sub(" ", said)).strip(" ,") if names_cart else said
    if any(says.fullmatch(one) for says in tables.says[Deed.CLEAR] for one in (said, rest)):
        return Wish(Deed.CLEAR, names_cart=names_cart, back=bool(_BACK.fullmatch(rest)))
    rest = _bare(rest)
    goes_in = bool(tables.inward.search(said)) and re.match(r"(?:drop|throw|put|toss|pull|kick)\b", rest, re.I)
    if any(says.fullmatch(one) for says in tables.says[Deed.UNDO] for one in (said, rest)):
        return Wish(Deed.UNDO, names_cart=True)
    for deed in (Deed.KEEP, Deed.SWAP, Deed.MULTIPLY, Deed.HALVE, Deed.SET, Deed.TAKE, Deed.ADD):
        if deed is Deed.TAKE and goes_in:
            continue
        patterns = tables.says[deed] + (tables.of_cart.get(deed, ()) if names_cart and says_where else ())
        for says in patterns:
            match = says.fullmatch(rest)
            if match is not None:
                wish = _wish(deed, match.groupdict(), names_cart=names_cart and not asks)
                if wish is not None:
                    back, bare = deed is Deed.TAKE and _BACK.fullmatch(rest), deed is Deed.SET and _BARE.fullmatch(rest)
                    return replace(wish, back=bool(back), bare=bool(bare))
    toward = names_cart and tables.toward.search(said) and tables.says_toward.fullmatch(rest)
    return _wish(Deed.ADD, toward.groupdict(), names_cart=True) if toward else None


def plainly(text: str) -> str:
    """A message without the politeness around it."""
    return _bare(plain_text(text))


def is_polite(text: str) -> bool:
    """Whether a clause is no wish and no question, but what is said beside one."""
    return bool(_tables().polite.fullmatch(plain_text(text)))


def is_long(message: str) -> bool:
    """Whether a message is so long that a wish in it may be quoted from somewhere."""
    return len(message.split()) > _tables().whole_message


def instructs(text: str) -> bool:
    """Whether a message tells the assistant what to be, or how to work, besides whatever it wishes for."""
    plain = plain_text(text)
    return any(says.search(plain) or says.search(text) for says in _tables().instructs)


def foreign(text: str) -> Foreign | None:
    """What a message in another language asks of the cart; None: nothing that we understand."""
    plain = plain_text(text).strip(" .,!?¿¡;:")
    if _is_story(plain):
        return None
    return next((found for one in _tables().tongues if (found := one.read(plain)) is not None), None)


def counted(text: str) -> Item:
    """A product's words, and how many of it are said before or behind them."""
    tables = _tables()
    plain = _tables().whose.sub("", text.strip(" ,.;:!?\"'“”„"))
    if the := _THE.fullmatch(plain):
        return Item(the["size"])
    if match := tables.more.match(plain):
        count, rest = _first_count(match["number"] or plain[match.end() :].strip())
        rest = plain[match.end() :].strip() if match["number"] or count is None else rest
        return Item(re.sub(r"^(?:ones?\b|of )\s*", "", rest, flags=re.I), 1 if count is None else count, more=True)
    more = False
    count, rest = _first_count(tables.every.sub("", plain))
    if count is None or (count == 1 and re.match(r"an?\b", plain, re.I)):
        match = tables.behind.search(rest)
        # "Tarp 3 x 3" is called so, and "SG-110 x 4" are four.
        if match is not None and not re.search(r"(?:^|[\s(])[\d.,]+$", rest[: match.start()]):
            said = next(one for one in match.groups() if one is not None)
            count, rest = _figure(said), rest[: match.start()].strip(" ,:(-–=")
        elif match := tables.times.search(rest):
            count, rest = tables.often[match[1].lower()], rest[: match.start()].strip()
    if count is not None and rest.endswith(" more"):
        more, rest = True, rest.removesuffix(" more")
    return Item(re.sub(r"\bback$", "", rest.strip(" ,.;:!?")).strip(), count, more)


def _wish(deed: Deed, said: Mapping[str, str | None], *, names_cart: bool) -> Wish | None:
    if named := said.get("items") or said.get("counted"):
        if _PLACES.fullmatch(named):  # "items 1 and 3" are two of those that were shown, and not three of one
            places = tuple(Item(f"number {place}") for place in re.findall(r"[0-9]+", named))
            return None if len(places) > _tables().most_items else Wish(deed, places, names_cart=names_cart)
        items = _behind(_each([counted(part) for part in _parts(named)]), named)
        if said.get("counted") and any(not isinstance(item.count, int) or not item.text for item in items):
            return None
        if said.get("counted") and any(_every(item).every for item in items):
            return None  # "I want two of each" may be of what is there or besides
        if deed is Deed.ADD and re.match(r"(?:all|every|each|as many)\b", named, re.I):
            items[0] = Item(items[0].text, Odd.UNSAID)
        if len(items) > _tables().most_items or any(_is_long(item.text) for item in items):
            return None
        if any(_EXCEPT.search(item.text) for item in items):
            return None
        if deed in (Deed.TAKE, Deed.ADD):
            items = [_every(item) if isinstance(item.count, int) else item for item in items]
        looks = bool(said.get("counted")) and not names_cart
        return Wish(deed, tuple(items), names_cart=names_cart, looks=looks)
    item = Item((said.get("item") or "").strip(" ,.;:!?"))
    item = item if deed is Deed.SWAP else _every(item, names_cart=names_cart)
    item = replace(item, text=_without_article(item.text))
    if _is_long(item.text) or _is_long(said.get("other") or "") or _EXCEPT.search(item.text):
        return None
    if said.get("number"):
        count, rest = _first_count(str(said["number"]))
        if count is None or rest:
            return None
        if deed is Deed.SET and (other := _resized(item.text, str(said["number"]))) is not None:
            return other
        if deed is Deed.SET and item.text.lower() in size_names():
            count = Odd.UNSAID  # "make it 2 XL"
        item = replace(item, count=count, more=deed is Deed.ADD)
    if deed is Deed.SWAP:
        named = said.get("other") or ""
        if of_size := _SIZE.fullmatch(item.text):  # "change the storage to 1 TB"
            item = Item(of_size["of"] or "it")
        size = size_alone(named) if re.match("the ", named, re.I) else ""  # "make it the 6"
        return Wish(deed, (counted(item.text),), Item(size) if size else counted(named), names_cart=names_cart)
    times = _tables().multiples.get((said.get("times") or "").lower(), 1)
    return Wish(deed, (item,), names_cart=names_cart, times=times)


def _every(item: Item, *, names_cart: bool = False) -> Item:
    """ "One of each" is of every article, and names none. A basket may be an article, too."""
    tables = _tables()
    whole = tables.every_one.fullmatch(item.text) or (names_cart and tables.whole_cart.fullmatch(item.text))
    return replace(item, text="", every=True) if whole else item


def _each(items: list[Item]) -> list[Item]:
    """ "Three each of the whisk and the colander" are three of both."""
    first = items[0] if items else Item()
    said = re.match(r"(?:of )?each(?: of)?\b\s*", first.text, re.I)
    if said is None or _tables().every_one.fullmatch(first.text):
        return items
    many = first.count
    named = (Item(_without_article(first.text[said.end() :])), *items[1:])
    return [Item(item.text, many if item.count is None else item.count) for item in named]


def _resized(what: str, number: str) -> Wish | None:
    """ "Make it 28 cm" and "change the size to 44" wish for another size, and for no such number of pieces."""
    if _tables().measured.fullmatch(f"{number} {what}"):
        return Wish(Deed.SWAP, (Item("it"),), Item(f"{number} {what}"))
    named = _SIZE.fullmatch(what)
    return None if named is None else Wish(Deed.SWAP, (Item(named["of"] or "it"),), Item(f"size {number}"))


def size_alone(text: str) -> str:
    """The size that the words are and say nothing beside: "the 28 cm one"; empty: they are none."""
    plain = _ABOUT_SIZE.sub("", text.strip())
    return plain if _tables().measured.fullmatch(plain) else ""


def _further(item: Item, before: Item) -> Item | None:
    """ "The 30" behind "Rambler 22" is another one of these, and no thirty pieces; None: it is no size alone."""
    sizes = list(_tables().measured.finditer(before.text))
    if not sizes or item.more:
        return None
    if isinstance(item.count, int) and re.fullmatch(r"(?:ones?)?", item.text, re.I):
        size = str(item.count)
    elif item.count is not None or not (size := size_alone(item.text)):
        return None
    last = sizes[-1]
    behind = last.end("number") if size.replace(".", "").replace(",", "").isdigit() else last.end()
    named = before.text[: last.start("number")] + size + before.text[behind:]
    return Item(named, before.count if before.count in (None, 1) else Odd.UNSAID)


def _behind(items: list[Item], named: str) -> list[Item]:
    """How many, where that stands by itself behind the product that it is of: "colanders, 3 pieces"."""
    told: list[Item] = []
    for item in items:
        if told and (further := _further(item, told[-1])) is not None:
            told.append(further)
            continue
        if told and not item.more and _EACH.fullmatch(item.text):  # "a whisk and a ladle, three each"
            told = [Item(one.text, item.count if one.count in (None, 1) else Odd.UNSAID) for one in told]
            continue
        alone = item.count is not None and not item.more and _tables().alone.fullmatch(item.text)
        if alone and told and told[-1].count is None:
            told[-1] = Item(told[-1].text, Odd.UNSAID if _JOINED.search(named) else item.count)
        else:
            told.append(item)
    return told


def _is_story(text: str) -> bool:
    return len(text) > _tables().letters or len(text.split()) > _tables().longest


def _is_long(name: str) -> bool:
    return len(name.split()) > _tables().longest_name


def _shows(said: str) -> bool:
    tables = _tables()
    words = set(re.findall(r"[\w']+", said.lower()))
    if words <= tables.holds and tables.holds_must.search(said):
        return True
    asks = re.match(r"(?:how much|what|tell|give)\b", said, re.I)
    if asks and words <= tables.costs and tables.costs_must.search(said) and not tables.costs_may_not.search(said):
        return True
    return any(says.fullmatch(said) for says in tables.says[Deed.SHOW])


def _bare(text: str) -> str:
    """Without the politeness around it."""
    tables, said = _tables(), text.strip(" ,.;:!?\"'“”„-–")
    while True:
        match, end = tables.lead.match(said), tables.tail.search(said)
        if match is not None and match.end() < len(said):
            said = said[match.end() :].strip(" ,.;:!?-–")
        elif end is not None and end.start():
            said = said[: end.start()].strip(" ,.;:!?-–")
        else:
            return said


def _parts(text: str) -> Sequence[str]:
    """The products of a list: a new one begins with how many, or an article. "Pestle and Mortar" is one."""
    return [part for part in _tables().between.split(text) if part.strip(" ,.;")]


def _without_article(text: str) -> str:
    return _tables().every.sub("", text.strip(" ,.;:!?"))


def _first_count(text: str) -> tuple[Count | None, str]:
    """How many, where a text begins with that, and the text behind it."""
    tables = _tables()
    plain = tables.exactly.sub("", text)
    if tables.pronoun.match(plain):
        return None, plain
    if match := tables.unsaid.match(plain):
        return Odd.UNSAID, plain[match.end() :].strip()
    if match := tables.part.match(plain):
        return Odd.NOT_WHOLE, _without_article(plain[match.end() :].strip())
    match = tables.figure.match(plain)
    if match is not None:
        behind = plain[match.end() :].strip()
        if tables.unit.match(behind) and not tables.piece.match(behind):
            return None, plain
        count: Count | None = _figure(match[0])
    elif match := tables.number.match(plain):
        behind, count = plain[match.end() :].strip(), _number(match[0])
    else:
        return None, plain
    if count is None:
        return None, plain
    if other := tables.otherwise.match(behind):
        count, behind = Odd.UNSAID, behind[other.end() :].strip()
    if half := tables.half.match(behind):
        count, behind = Odd.NOT_WHOLE, behind[half.end() :].strip()
    if piece := tables.piece.match(behind):
        behind = behind[piece.end() :].strip()
    return count, _without_article(behind)


def _figure(said: str) -> Count | None:
    """A number in figures; None: it is a part of a name, as in "4K"."""
    plain = said.replace("−", "-").lower().rstrip("x×")
    if re.fullmatch(r"[0-9]+[-–][0-9]+", plain):
        return Odd.UNSAID
    if re.fullmatch(r"[+-]?[0-9]+", plain):
        return int(plain[:10])
    if re.fullmatch(r"[+-]?[0-9]{1,3}(?:[.,'][0-9]{3})+", plain):
        return int(re.sub(r"[.,']", "", plain)[:10])
    if re.fullmatch(r"[+-]?[0-9]+[.,]0+", plain):
        return int(re.split(r"[.,]", plain)[0][:10])
    if re.fullmatch(r"[+-]?[0-9]+[.,/][0-9]+|[+-]?[0-9]*[½¼¾]|[+-]?[0-9]+e[0-9]+|[0-9]+\^[0-9]+", plain):
        return Odd.NOT_WHOLE
    return None


def _number(said: str) -> Count:
    tables = _tables()
    plain = " ".join(said.lower().replace("-", " ").split())
    if plain in tables.whole:
        return tables.whole[plain]
    less = bool(re.match(r"(?:minus|negative) ", plain))
    total = current = 0
    for word in plain.split():
        if word == "hundred":
            current = max(current, 1) * 100
        elif word == "thousand":
            total, current = total + max(current, 1) * 1000, 0
        else:
            current += tables.values.get(word, 0)
    return -(total + current) if less else total + current


@dataclass(frozen=True, slots=True)
class _Tongue:
    code: str
    says: tuple[tuple[Deed, re.Pattern[str]], ...]
    articles: frozenset[str]
    it: frozenset[str]
    all: frozenset[str]
    cart: re.Pattern[str]
    undone: re.Pattern[str] | None
    leave: re.Pattern[str]
    deeds: tuple[tuple[Deed, re.Pattern[str]], ...]
    beside: frozenset[str]
    numbers: Mapping[str, int]
    how_to: str

    def read(self, plain: str) -> Foreign | None:
        if self.leave.search(plain):
            return None
        names_cart = bool(self.cart.search(plain))
        if self.undone is not None and self.undone.fullmatch(plain):
            return Foreign(Deed.UNDO, "", None, self.how_to, self.code, names_cart=False)
        for deed, says in self.says:
            if match := says.fullmatch(plain):
                return self._said(deed, match.groupdict(), names_cart=names_cart)
        return self._of_cart(plain) if names_cart else None

    def _said(self, deed: Deed, said: Mapping[str, str | None], *, names_cart: bool) -> Foreign:
        count, words = self._counted(said.get("item") or "")
        if number := said.get("number"):
            count = self.numbers.get(number.lower(), _figure(number))
        if deed is Deed.TAKE and words.lower() in self.all and count is None:
            return Foreign(Deed.CLEAR, "", None, self.how_to, self.code, names_cart=names_cart)
        _, other = self._counted(said.get("other") or "")
        words = "" if words.lower() in self.it else words
        return Foreign(deed, words, count, self.how_to, self.code, other, names_cart)

    def _counted(self, words: str) -> tuple[Count | None, str]:
        """How many are said before a name, and the name without an article."""
        count: Count | None = None
        rest = words.strip()
        while " " in rest and rest.lower() not in self.it:
            first, behind = rest.split(maxsplit=1)
            if first.lower() in self.articles and first.lower() not in self.numbers:
                rest = behind
            elif count is None and (first.lower() in self.numbers or isinstance(_figure(first), int)):
                count, rest = self.numbers.get(first.lower(), _figure(first)), behind
            else:
                break
        return count, rest

    def _of_cart(self, plain: str) -> Foreign | None:
        found = next(((deed, says) for deed, says in self.deeds if says.search(plain)), None)
        if found is None:
            return None
        rest = found[1].sub(" ", self.cart.sub(" ", plain))
        words = [
            word for word in re.findall(r"[^\s,.;:!?]+", rest) if word.lower() not in self.beside - self.numbers.keys()
        ]
        count: Count | None = None
        if words and words[0].lower() in self.numbers:
            count = self.numbers[words[0].lower()]
        elif words and (words[0][0].isdigit() or words[0][0] in "+-−"):
            count = _figure(words[0])
        # A number further on is a part of the name: "Larkmoss 2 Trekking Tent".
        kept = [word for word in words[count is not None :] if word.lower() not in self.beside | self.numbers.keys()]
        return Foreign(found[0], " ".join(kept), count, self.how_to, self.code)


@dataclass(frozen=True, slots=True)
class _Tables:
    """What `basket.toml` says, ready to be searched with."""

    longest: int
    letters: int
    whole_message: int
    most_items: int
    longest_name: int
    named: re.Pattern[str]
    into: re.Pattern[str]
    lead: re.Pattern[str]
    tail: re.Pattern[str]
    quoted: re.Pattern[str]
    polite: re.Pattern[str]
    inward: re.Pattern[str]
    toward: re.Pattern[str]
    says_toward: re.Pattern[str]
    instructs: tuple[re.Pattern[str], ...]
    holds: frozenset[str]
    holds_must: re.Pattern[str]
    costs: frozenset[str]
    costs_must: re.Pattern[str]
    costs_may_not: re.Pattern[str]
    says: Mapping[Deed, tuple[re.Pattern[str], ...]]
    of_cart: Mapping[Deed, tuple[re.Pattern[str], ...]]  # where the cart is named
    between: re.Pattern[str]
    every: re.Pattern[str]
    every_one: re.Pattern[str]
    whole_cart: re.Pattern[str]
    multiples: Mapping[str, int]
    exactly: re.Pattern[str]
    pronoun: re.Pattern[str]
    unsaid: re.Pattern[str]
    whose: re.Pattern[str]
    figure: re.Pattern[str]
    number: re.Pattern[str]
    part: re.Pattern[str]
    half: re.Pattern[str]
    otherwise: re.Pattern[str]
    unit: re.Pattern[str]
    piece: re.Pattern[str]
    behind: re.Pattern[str]
    measures: Mapping[str, str]
    measured: re.Pattern[str]
    loose: re.Pattern[str]
    alone: re.Pattern[str]
    times: re.Pattern[str]
    often: Mapping[str, int]
    more: re.Pattern[str]
    whole: Mapping[str, int]
    values: Mapping[str, int]
    tongues: tuple[_Tongue, ...]


# What is denied is not wished for: "a whisk and no colander". "No. 5" denies nothing.
_EXCEPT = re.compile(
    r"\b(?:but|except|unless|apart from|other than|besides|until|not|no(?![.-]| ?\d)|neither|nor|never|don['’]?t)\b",
    re.I,
)
_BACK = re.compile(r"put\b.*\bback", re.I)
_BARE = re.compile(
    r"(?!.*\b(?:quantity|number|amount|count|only|just|total|instead of|rather than|not)\b)"
    r"(?:(?:change|set|make|update|switch|turn|adjust|edit|modify)\b.*\s[0-9]+|(?:i want |i need )?[0-9]+ instead)",
    re.I,
)
# "The 46" is one that is called so, and no forty-six of them.
_THE = re.compile(r"(?:the|that)\s+(?P<size>[0-9]+(?:[.,][0-9]+)?)(?:\s+one)?(?:\s+instead)?", re.I)
_JOINED = re.compile(r"(?:\band|\bplus|&)\s+(?:the\s+)?[0-9]+\s*$", re.I)
_SIZE = re.compile(r"(?:size|length|width|diameter|capacity|volume|storage|memory)(?: (?:of|for|on) (?P<of>.+))?", re.I)
_ABOUT_SIZE = re.compile(
    r"^(?:(?:an?|the|that|in)\s+)*(?:size\s+)?|\s+(?:ones?|version|model|size|variant)$|(?<=\d)-(?=[a-z])", re.I
)
_PLACE = r"(?:the )?(?:items?|numbers?|nos?\.?|products?|articles?|options?|#)"
_PLACES = re.compile(rf"{_PLACE} ?[0-9]{{1,2}}(?:(?:,? and|,|,? &| plus) ?{_PLACE}? ?[0-9]{{1,2}})*", re.I)
_EACH = re.compile(r"(?:of )?(?:each|both|either|every one)(?: of (?:them|those|these))?|apiece", re.I)
_ABROAD = (
    ("clear", Deed.CLEAR),
    ("take", Deed.TAKE),
    ("change", Deed.SET),
    ("show", Deed.SHOW),
    ("add", Deed.ADD),
)


@cache
def _tables() -> _Tables:
    said: dict[str, Any] = tomllib.loads(files("shopwright.orchestrator").joinpath("basket.toml").read_text("utf-8"))
    by = said["number"]
    values = {word: value for value, word in enumerate(by["small"])}
    values |= {word: 10 * value for value, word in enumerate(by["tens"], start=2)}
    words = _any(values)
    whole = {str(word): int(value) for word, value in by["whole"].items()}
    figure = r"[+\-−]?\d[\w.,'/^½¼¾]*(?:[-–]\d+(?![\w-]))?(?<![.,'])(?!-\w)"
    spoken = (
        rf"(?:(?:minus|negative) |a (?=hundred|thousand))?(?:{words}|hundred|thousand)"
        rf"(?:(?:[ -]|(?<=hundred) and |(?<=thousand) and )(?:{words}|hundred|thousand))*"
    )
    # An article counts only before a name: "a tent" is one.
    named = _any(word for word in whole if word not in ("a", "an"))
    number = rf"(?:{figure}|[½¼¾]|(?:{named}|{spoken})\b)"
    first = rf"(?:{named}|{spoken}|an?)\b(?! (?:one|ones|two)\b)"

    measures = {word: line.split()[0] for line in by["measures"].strip().splitlines() for word in line.split()}
    multiples = {str(word): int(times) for word, times in said[Deed.MULTIPLY]["times"].items()}

    def made(pattern: str) -> re.Pattern[str]:
        for name, means in (
            ("{cart}", said["cart"]),
            ("{number}", number),
            ("{times}", _any(multiples)),
            ("{unit}", rf"(?:{_any(measures)})"),
        ):
            pattern = pattern.replace(name, means)
        return re.compile(pattern, re.I)

    article = r"(?:the|my|your|some|those|these|this|that|another|more)\b"
    unit = rf"(?P<unit>{_any(measures)})(?![^\W_])"
    often = {"once": 1, "twice": 2, "thrice": 3, **{f"{word} times": values[word] for word in by["small"]}}
    return _Tables(
        longest=said["longest"],
        letters=said["letters"],
        whole_message=said["whole"],
        most_items=said["most_items"],
        longest_name=said["longest_name"],
        named=made(said["named"]),
        into=made(said["into"]),
        lead=made(said["leads"]),
        tail=made(said["tails"]),
        quoted=re.compile(r"[\"“„«]([^\"“”„«»]+)[\"”“»]"),
        polite=made(said["polite"]),
        inward=made(said[Deed.ADD]["inward"]),
        toward=made(said[Deed.ADD]["toward"]),
        says_toward=made(said[Deed.ADD]["says_toward"]),
        instructs=tuple(made(one) for one in said["instructs"]),
        holds=frozenset(said["shows"]["holds"].split()),
        holds_must=made(said["shows"]["holds_must"]),
        costs=frozenset(said["shows"]["costs"].split()),
        costs_must=made(said["shows"]["costs_must"]),
        costs_may_not=made(said["shows"]["costs_may_not"]),
        says={deed: tuple(made(one) for one in said[deed]["says"]) for deed in Deed},
        of_cart={deed: tuple(made(one) for one in said[deed].get("says_of_cart", ())) for deed in Deed},
        between=re.compile(
            rf"\s*(?:,|;|(?<!hundred )(?<!thousand )\band\b|\bplus\b|\balso\b|&)(?:\s*(?:and|also|then|plus)\b)*\s+"
            rf"(?!(?:an? |one )?half\b(?! an?\b| of\b| the\b))(?=half\b|{article}|{number}|an?\b)",
            re.I,
        ),
        every=re.compile(
            r"^(?:all (?:of )?(?:the |my |those |these )?(?:(?:{0}|\d+) (?!of\b))?|(?:the|my|your|our|those|these)\s+"
            r"(?!ones?\b|first\b|second\b|third\b|fourth\b|fifth\b|last\b|[0-9](?:st|nd|rd|th)\b))".replace(
                "{0}", words
            ),
            re.I,
        ),
        every_one=made(by["every"]["all"]),
        whole_cart=made(by["every"]["cart"]),
        multiples=multiples,
        exactly=re.compile(r"^(?:exactly|about|around|only|just|roughly|at least|up to)\s+", re.I),
        pronoun=re.compile(r"(?:the|that|this|those|these)\b|one (?:in|with|that)\b", re.I),
        whose=re.compile(r"\s+for (?:my|our|his|her|their|me|us|him|them|the kids|a friend|now)\b.*$", re.I),
        unsaid=re.compile(rf"(?:{_any(by['unsaid'])})\b", re.I),
        figure=re.compile(rf"{figure}|[½¼¾]", re.I),
        number=re.compile(first, re.I),
        part=re.compile(r"(?:a )?half (?:of )?(?:an?|the) (?!dozen\b)|a half |[½¼¾] ?", re.I),
        half=re.compile(r"(?:and )?a half\b|half\b|[½¼¾]", re.I),
        otherwise=re.compile(rf"(?:or|to|-|–) ?(?:{number}|more\b)", re.I),
        unit=re.compile(rf"(?:{_any(by['units'].split())})(?![\w])|[\"”″]", re.I),
        piece=re.compile(by["pieces"], re.I),
        behind=re.compile(
            r"\s*(?:"
            r"(?:[*×]|(?<=[\s,:(])x)\s?(\d[\w.,/]*)"
            r"|(?<=[\s,:(])([+-]?\d[\d.,/]*)\s?(?:[x×]|pcs\.?|pieces?|times|units?)"
            r"|(?:,|:|\(|\s)\s*(?:quantity|qty|amount)\b[.: =]*(\d[\w.,/]*)"
            r"|(?::|=|\s[-–]\s)\s*(\d+)"
            r"|\(\s*(\d+)\s*(?=\))"
            r")\s*\)?$",
            re.I,
        ),
        measures=measures,
        measured=re.compile(
            rf"(?<![\w.,/-])(?:[x×*]\s?|(?<=\w)\*)?(?P<number>\d+(?:[.,]\d+)?)(?:[ -]?{unit}|(?![\w/]|[.,]\d))", re.I
        ),
        loose=re.compile(rf"(?P<number>\d+(?:[.,]\d+)?)(?:[ -]?{unit})?", re.I),
        alone=re.compile(r"(?:pcs\.?|pieces?|units?|items?|times|of (?:it|them|those|these|that|each))?", re.I),
        times=re.compile(rf"\s({_any(often)})$", re.I),
        often=often,
        more=re.compile(
            rf"(?:another|an? (?:additional|extra|further)|(?P<number>{number}) (?:more|extra|additional|further))\b"
            r"(?! than)",
            re.I,
        ),
        whole=whole,
        values=values,
        tongues=tuple(
            _Tongue(
                code=code,
                says=tuple(
                    (deed, re.compile(_abroad(pattern, one), re.I))
                    for name, deed in (("swapped", Deed.SWAP), ("made", Deed.SET), ("taken", Deed.TAKE))
                    for pattern in one.get(name, ())
                ),
                articles=frozenset(one.get("articles", "").split()),
                it=frozenset(one.get("it", "").split()),
                all=frozenset(one.get("all", "").split()),
                cart=re.compile(rf"\b(?:{one['cart']})\b", re.I),
                undone=re.compile(one["undone"], re.I) if "undone" in one else None,
                leave=re.compile(one["leave"], re.I),
                deeds=tuple(
                    (deed, re.compile(rf"(?<![\w'-])(?:{one[name]})(?![\w-])", re.I)) for name, deed in _ABROAD
                ),
                beside=frozenset(one["beside"].split()),
                numbers={str(word): int(value) for word, value in one["numbers"].items()},
                how_to=one["how_to"],
            )
            for code, one in said["tongues"].items()
        ),
    )


def _abroad(pattern: str, tongue: Mapping[str, Any]) -> str:
    numbers = rf"(?:\d+|{_any(tongue['numbers'])})"
    return pattern.replace("{at}", tongue["at"]).replace("{cart}", tongue["cart"]).replace("{number}", numbers)


def _any(words: Mapping[str, int] | Sequence[str] | Any) -> str:
    """The longer first, so that "a couple of" is not read as "a"."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
