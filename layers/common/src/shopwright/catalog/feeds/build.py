"""From a feed's records to products: changes when products and their variants are told apart in another way."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from shopwright.catalog import facts
from shopwright.catalog.columns import Column, column, figures
from shopwright.catalog.facts import Fact, Kind
from shopwright.catalog.product import (
    MAX_ID,
    MAX_PRODUCTS,
    MAX_VARIANTS,
    Feed,
    Place,
    Product,
    Refused,
    Variant,
    Warned,
)
from shopwright.money import NO_CURRENCY, Money, NotMoney, currency_of, decimal_mark, parse
from shopwright.privacy.redact import Kind as Personal
from shopwright.privacy.redact import find, mask

Field = tuple[str, str]
_OPTION = re.compile(r"(?:option|attribute) ?(?P<number>[0-9]{1,2}) (?P<what>name|value)(?: s)?")
_WORDS = re.compile(r"[^\W_]+")
_UNSTORABLE = re.compile(r"[\ud800-\udfff]")
_COUNT = re.compile(r"-?[0-9]{1,9}(?:\.0+)?|-?[0-9]{1,3}(?:,[0-9]{3})+")
_PRICED = frozenset({"price", "price_cents"})
_SAID = (frozenset({"title"}), frozenset({"id", "group", "sku"}), _PRICED)
_PRICES = ("price", "sale_price", "compare_at", "price_cents")
_NO_FACTS = frozenset(
    [
        *_PRICES,
        *("id", "group", "parent", "sku", "currency", "stock", "stock_as_of", "in_stock", "availability", "type"),
        *("options", "option_names", "tracker", "variants", "prices", "sale_from", "sale_until", "weight_unit"),
        *("delivery_surcharge",),
    ]
)
_MAX_FACTS = 60
_MAX_TITLE = 300
_FOR_NOTHING = "Its price is 0: it is shown without a price, and cannot be bought."
_LONGEST_ARTICLE = 14  # digits of the longest article number


class _Unreadable(Exception):
    """A row's reason, in words for the merchant."""


@dataclass(frozen=True, slots=True)
class Record:
    """One row, item or element: its fields as they are called and said, and variants that are nested in it."""

    row: int
    fields: tuple[Field, ...]
    start: int
    end: int
    variants: tuple[tuple[Field, ...], ...] = ()
    of: str = ""  # the list that it stands in, where a file has several

    @property
    def looks_like_a_product(self) -> bool:
        return len(self._said) == len(_SAID)

    @property
    def is_meant_as_a_product(self) -> bool:
        """Was it to be one? It may lack what it takes."""
        return bool(self.variants) or len(self._said) > 1

    @property
    def says_of_a_product(self) -> bool:
        """Does it say anything that products have?"""
        return bool(self.variants or self._said)

    @property
    def _said(self) -> list[frozenset[str]]:
        """Which of name, code and price it has."""
        roles = {column(label).role for label, value in self.fields if value}
        roles |= {column(label).role for variant in self.variants for label, value in variant if value} & _PRICED
        return [one for one in _SAID if one & roles]


@dataclass(frozen=True, slots=True)
class _Read:
    """The fields of one record or variant, by what they are."""

    roles: dict[str, str]
    others: tuple[tuple[Column, str], ...]
    options: tuple[Field, ...]
    option_names: dict[str, str]
    may_continue: bool  # has the file columns that spread a product over several rows?


@dataclass(slots=True)
class _Draft:
    """A product while its rows are still coming in."""

    row: int
    id: str
    title: str
    description: str
    base: _Read
    places: list[Place]
    is_parent: bool
    option_names: dict[str, str]
    variants: list[Variant] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Way:
    """How this feed writes amounts."""

    currency: str
    mark: str | None


def lists_of_products(records: Sequence[Record]) -> list[Record]:
    """The records of those lists that are of products: one of them is whole, and half of them were meant to be. What
    stands in other lists, such as questions with their answers, is none of a feed's business."""
    lists: dict[str, list[Record]] = {}
    for record in records:
        lists.setdefault(record.of, []).append(record)
    kept = {
        name
        for name, all_of_it in lists.items()
        if any(one.looks_like_a_product for one in all_of_it)
        and sum(one.is_meant_as_a_product for one in all_of_it) * 2 >= len(all_of_it)
    }
    return [record for record in records if record.of in kept and record.says_of_a_product]


def build(records: Sequence[Record], *, currency: str = "", mark: str | None = None) -> Feed:
    """The products of all records that can be read, in their order, and the rows that cannot."""
    amounts = (
        value
        for record in records
        for label, value in (*record.fields, *(one for variant in record.variants for one in variant))
        if column(label).role in ("price", "sale_price", "compare_at")
    )
    way = _Way(currency_of(currency) or "", mark or decimal_mark(amounts))
    shop = _Shop(way)
    for record in records:
        shop.take(record)
    return shop.feed()


class _Shop:
    """Takes a feed's records one after the other."""

    def __init__(self, way: _Way) -> None:
        self._way = way
        self._drafts: dict[str, _Draft] = {}
        self._by_name: dict[str, _Draft] = {}  # by group, by id as others refer to it, by code
        self._last: _Draft | None = None
        self._refused: list[Refused] = []
        self._withheld: list[Place] = []
        self._warned: list[Warned] = []

    def take(self, record: Record) -> None:
        try:
            self._take(record)
        except (_Unreadable, NotMoney) as reason:
            self._refused.append(Refused(record.row, str(reason)))
            self._withheld.append(Place(record.start, record.end))

    def feed(self) -> Feed:
        products = []
        for draft in self._drafts.values():
            if not draft.variants:
                if draft.is_parent:
                    self._refused.append(Refused(draft.row, "This product has variants, but the file holds none."))
                    self._withheld += draft.places
                continue
            products.append(_product(draft, self._way))
        refused = sorted(self._refused, key=lambda refused: refused.row)
        kept = {variant.sku for product in products for variant in product.variants}
        warned = tuple(one for one in self._warned if one.sku in kept)
        return Feed(tuple(products), tuple(refused), tuple(self._withheld), warned)

    def _take(self, record: Record) -> None:
        read = _read(record.fields)
        above = self._above(read)
        if above is None:
            self._begin(record, read)
        else:
            self._join(record, read, above)

    def _above(self, read: _Read) -> _Draft | None:
        """The product that a row belongs to as a variant, or with a further picture; None: it begins one."""
        said = read.roles
        if said.get("type", "").casefold() == "variation" and said.get("parent"):
            parent = self._by_name.get(said["parent"].removeprefix("id:"))
            if parent is None:
                raise _Unreadable("This is a variant of a product that the rows above it do not hold.")
            return parent
        if said.get("group") and said["group"] in self._by_name and not said.get("title"):
            return self._by_name[said["group"]]
        if read.may_continue and not (said.get("title") or said.get("group") or said.get("id")):
            if self._last is None:
                raise _Unreadable("This row has no title and no id, and no product above it that could be read.")
            return self._last
        return None

    def _begin(self, record: Record, read: _Read) -> None:
        said = read.roles
        self._last = None  # rows below one that is refused are not variants of the product above it
        title = said.get("title", "")
        if not title:
            raise _Unreadable("This row has no title.")
        name = said.get("id") or said.get("group") or said.get("sku")
        if not name:
            raise _Unreadable("This row has no id and no SKU, so that its product cannot be told from others.")
        product_id = _code(name)
        if product_id in self._drafts:
            first = self._drafts[product_id].row
            raise _Unreadable(f"Its id is that of row {first}. Each product needs an id of its own.")
        if len(self._drafts) == MAX_PRODUCTS:
            raise _Unreadable(f"A feed holds at most {MAX_PRODUCTS:,} products. Split it into several files.")
        draft = _Draft(
            row=record.row,
            id=product_id,
            title=facts.without_personal("title", title[:_MAX_TITLE]),
            description=said.get("description") or said.get("short_description") or "",
            base=read,
            places=[],
            is_parent=said.get("type", "").casefold() == "variable",
            option_names=dict(read.option_names),
        )
        if record.variants:
            for place, inner in enumerate(record.variants[:MAX_VARIANTS]):
                try:
                    draft.variants.append(self._variant(draft, _read(inner), place))
                except (_Unreadable, NotMoney) as reason:
                    self._refused.append(Refused(record.row, f"Variant {place + 1}: {reason}"))
            if not draft.variants:
                raise _Unreadable("This product has no variant that can be read.")
            draft.places.append(Place(record.start, record.end))
        elif draft.is_parent:
            draft.places.append(Place(record.start, record.end))
        else:
            draft.variants.append(self._variant(draft, read, 0))
            draft.places.append(Place(record.start, record.end, draft.variants[0].sku))
        self._drafts[product_id] = self._last = draft
        for known in (said.get("group"), said.get("id"), said.get("sku")):
            if known:
                self._by_name.setdefault(known, draft)

    def _join(self, record: Record, read: _Read, above: _Draft) -> None:
        self._last = above
        if not ({"sku", "stock", *_PRICES} & read.roles.keys() or read.options):
            above.places.append(Place(record.start, record.end))
            return
        if len(above.variants) == MAX_VARIANTS:
            raise _Unreadable(f"A product has at most {MAX_VARIANTS} variants.")
        variant = self._variant(above, read, len(above.variants))
        above.variants.append(variant)
        above.places.append(Place(record.start, record.end, variant.sku))

    def _variant(self, draft: _Draft, read: _Read, place: int) -> Variant:
        said = read.roles
        options = [(draft.option_names.get(name, name), value) for name, value in read.options]
        options = [(name, value) for name, value in options if value.casefold() != "default title"]
        own_title = said.get("title", "") if read is not draft.base else ""
        if own_title and not options and own_title != draft.title:
            options = [] if own_title.startswith(draft.title) else [("options", own_title)]
        called = ", ".join(value for _, value in options)
        sku = said.get("sku") or (said.get("id") if read is not draft.base else "") or ""
        sku = _code(sku) if sku else f"{draft.id}:{called or place + 1}"[:MAX_ID] if place or options else draft.id
        if any(sku == known.sku for known in draft.variants):
            raise _Unreadable("Its SKU is that of another variant of the product. Each variant needs a SKU of its own.")
        title = draft.title
        if own_title.startswith(draft.title):
            title = facts.without_personal("title", own_title[:_MAX_TITLE])
        elif called:
            title = f"{draft.title}, {facts.without_personal('title', called)}"[:_MAX_TITLE]
        prices = [*_prices(read, draft.base, self._way)]
        if any(not price.amount for price in prices):
            prices = []
            self._warned.append(Warned(sku, _FOR_NOTHING))
        found = [*prices, *_surcharge(read, draft.base, self._way), *_availability(read)]
        for name, value in options:
            found.append(facts.fact(column(name).name or "options", value, column(name).unit))
        found += _facts(read, self._way)
        return Variant(sku, title, tuple(_once(found)), _on_hand(read), _counted_at(read, draft.base))


def _read(fields: Iterable[Field]) -> _Read:
    roles: dict[str, str] = {}
    others: list[tuple[Column, str]] = []
    options: dict[str, str] = {}
    names: dict[str, str] = {}
    may_continue = False
    for label, value in ((_storable(label), _storable(value)) for label, value in fields):
        option = _OPTION.fullmatch(" ".join(_WORDS.findall(label.casefold())))
        if option:
            may_continue = True
            if value and option["what"] == "name":
                names[option["number"]] = value
            elif value:
                options[option["number"]] = value
            continue
        known = column(label)
        may_continue = may_continue or known.role in ("group", "options")
        if not value and known.role == "tracker" and "tracker" in label.casefold():
            value = "no"  # noqa: PLW2901 - Shopify leaves it empty for what nobody counts
        if not value:
            continue
        if known.role in _NO_FACTS or known.role in figures().prose:
            roles.setdefault(known.role or "", value)
        elif known.name:
            others.append((known, value))
    if "option_names" in roles and "options" in roles:  # `screen size|RAM` beside `13 inch|8GB`
        for place, name in enumerate(roles["option_names"].split("|")):
            names[f"o{place}"] = name.strip()
    if "options" in roles:
        for place, value in enumerate(roles["options"].split("|")):
            options[f"o{place}"] = value.strip()
    # The names stand on a product's first row, so that a variant's are told by their number until then.
    said = tuple((names.get(number, number), value) for number, value in options.items() if value)
    return _Read(roles, tuple(others), said, names, may_continue)


def _prices(read: _Read, base: _Read, way: _Way) -> Iterator[Fact]:
    said = read.roles if any(role in read.roles for role in _PRICES) else base.roles
    currency = _currency(read.roles.get("currency") or base.roles.get("currency"))
    price = _amount(said, "price", currency, way)
    if price is None and said.get("price_cents"):
        if not said["price_cents"].isdigit():
            raise _Unreadable(f"Its price {_shown(said['price_cents'])} is no number of cents.")
        price = Money(int(said["price_cents"]), currency or way.currency or NO_CURRENCY)
    if price is not None and not price.minor:
        yield facts.money("price", price)  # whatever it cost before
        return
    sale = _amount(said, "sale_price", currency, way)
    if sale is not None and not sale.minor:
        sale = None  # programs write it for no sale
    before = _amount(said, "compare_at", currency, way)
    if price is not None and before is not None and before.currency == price.currency and before.minor > price.minor:
        price, sale = before, price
    if price is None and sale is not None:
        price, sale = sale, None
    if price is not None:
        yield facts.money("price", price)
    # A sale that begins or ends on a day cannot be told without a calendar: better no sale than one that is over.
    if sale is not None and not {"sale_from", "sale_until"} & said.keys() and price and sale.minor < price.minor:
        yield facts.money("sale_price", sale)


def _surcharge(read: _Read, base: _Read, way: _Way) -> Iterator[Fact]:
    """What its delivery costs on top: a product may say it for all of its variants."""
    said = read.roles if "delivery_surcharge" in read.roles else base.roles
    currency = _currency(read.roles.get("currency") or base.roles.get("currency"))
    surcharge = _amount(said, "delivery_surcharge", currency, way)
    if surcharge is not None and surcharge.minor:
        yield facts.money("delivery_surcharge", surcharge)


def _amount(said: dict[str, str], role: str, currency: str | None, way: _Way) -> Money | None:
    if not said.get(role):
        return None
    try:
        price = parse(said[role], currency, mark=way.mark)
        # The whole file's currency is for amounts that name none of their own.
        own = price.currency != NO_CURRENCY or not way.currency
        return price if own else parse(said[role], way.currency, mark=way.mark)
    except NotMoney as reason:
        raise _Unreadable(f"Its {role.replace('_', ' ')} {_shown(said[role])} cannot be read. {reason}") from None


def _currency(said: str | None) -> str | None:
    if not said:
        return None
    found = currency_of(said)
    if found is None:
        raise _Unreadable(f"Its currency {_shown(said)} is none that we know. Write its ISO 4217 code, such as EUR.")
    return found


def _availability(read: _Read) -> Iterator[Fact]:
    said = read.roles.get("availability") or read.roles.get("in_stock")
    if said:
        plain = figures().flags.get(said.casefold()) or {"1": "yes", "0": "no"}.get(said)
        yield facts.availability({"yes": "in stock", "no": "out of stock"}.get(plain or "", said))
    elif read.roles.get("stock") and not _COUNT.fullmatch(read.roles["stock"]):
        yield facts.availability(read.roles["stock"])


def _on_hand(read: _Read) -> int | None:
    said = read.roles.get("stock")
    if not said or (said.strip("0.") == "" and figures().flags.get(read.roles.get("tracker", "").casefold()) == "no"):
        return None  # nobody counts it: none on hand means nothing
    if not _COUNT.fullmatch(said):
        if facts.availability(said).words in figures().availability.values():
            return None
        raise _Unreadable(f"Its stock {_shown(said)} is no whole number.")
    return max(0, int(float(said.replace(",", ""))))  # below zero: sold before it was there


def _counted_at(read: _Read, base: _Read) -> datetime | None:
    """When its stock was counted: a product may say it for all of its variants."""
    said = read.roles.get("stock_as_of") or base.roles.get("stock_as_of")
    if not said:
        return None
    try:
        moment = datetime.fromisoformat(said)
        zoned = moment.astimezone(UTC) if moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        zoned = None
    if zoned is None:
        raise _Unreadable(
            f"Its stock_as_of {_shown(said)} is no time with a zone. Write it as 2026-11-26T14:30:00Z or with +01:00."
        )
    return zoned


def _facts(read: _Read, way: _Way) -> Iterator[Fact]:
    for known, value in read.others[:_MAX_FACTS]:
        unit = known.unit
        name = known.name
        if name == "weight" and not value.strip("0.,"):
            continue  # not weighed
        if name == "weight" and not unit:
            unit = read.roles.get("weight_unit", "")
            unit = unit if unit in figures().units else ""
        if name.startswith("price_") and currency_of(name.removeprefix("price_")):
            price = _amount({name: value}, name, None, way)
            if price is not None:
                yield facts.money(name, price)
        elif name:
            yield facts.fact(name, value, unit)


def _once(found: Iterable[Fact]) -> Iterator[Fact]:
    """The first of each name: a column and an option may both be called colour."""
    seen: set[str] = set()
    for fact in found:
        if fact.name not in seen and (fact.words != "" or fact.amount is not None):
            seen.add(fact.name)
            yield fact


def _product(draft: _Draft, way: _Way) -> Product:
    """What only the product's own row says is the product's; what its variants say as well is each variant's."""
    variants = draft.variants
    from_own_row = draft.places[0].sku == variants[0].sku
    if len(variants) == 1 and from_own_row:
        shared = [fact for fact in variants[0].facts if fact.name not in ("price", "sale_price", facts.AVAILABILITY)]
        own = [replace(variants[0], facts=tuple(fact for fact in variants[0].facts if fact not in shared))]
    else:
        others = variants[1:] if from_own_row else variants
        varied = {fact.name for variant in others for fact in variant.facts}
        optional = {column(draft.option_names.get(name, name)).name for name, _ in draft.base.options}
        kept = {"price", "sale_price", facts.AVAILABILITY, *varied, *(optional if from_own_row else ())}
        shared = [fact for fact in _once(_facts(draft.base, way)) if fact.name not in kept]
        own = [
            replace(variant, facts=tuple(fact for fact in variant.facts if fact not in shared)) for variant in variants
        ]
    return Product(
        draft.row,
        draft.id,
        draft.title,
        draft.description,
        tuple(shared),
        tuple(_same_units(own)),
        tuple(draft.places),
    )


def _same_units(variants: list[Variant]) -> list[Variant]:
    """A name whose values have several units among the variants is told in words: they cannot be compared."""
    units: dict[str, set[tuple[Kind, str]]] = {}
    for variant in variants:
        for fact in variant.facts:
            units.setdefault(fact.name, set()).add((fact.kind, fact.unit))
    mixed = {name for name, kinds in units.items() if len(kinds) > 1}
    return [
        replace(variant, facts=tuple(_in_words(fact) if fact.name in mixed else fact for fact in variant.facts))
        for variant in variants
    ]


def _in_words(fact: Fact) -> Fact:
    if fact.amount is None:
        return Fact(fact.name, Kind.WORDS, words=fact.words)
    said = facts.told_value(fact.kind, fact.amount, fact.amount, (), fact.unit)
    return Fact(fact.name, Kind.WORDS, words=f"{said} {fact.unit}".strip())


def _storable(text: str) -> str:
    """Without what the database cannot hold: NUL, and halves of characters, which JSON can name."""
    return _UNSTORABLE.sub("\ufffd", text.replace("\0", ""))


def _code(text: str) -> str:
    """An id or a SKU as it is. One that is somebody's address or account is refused: it would be stored."""
    plain = " ".join(text.split())
    if len(plain) > MAX_ID:
        raise _Unreadable(f"Its id has more than {MAX_ID} characters.")
    personal = find(plain)
    digits = sum(map(str.isdigit, plain))
    if any(
        found.kind in (Personal.EMAIL, Personal.IBAN) or (found.kind is Personal.CARD and digits > _LONGEST_ARTICLE)
        for found in personal
    ):
        raise _Unreadable("Its id is an e-mail address, or a card or account number. Give it another.")
    return plain


def _shown(value: str) -> str:
    """A merchant's value as it may be repeated."""
    short = mask(value if len(value) <= 40 else value[:39] + "…").text
    return f"“{short}”"
