"""What a shopper wants of the cart, done: changes when we do it otherwise, or say more of why it is not done.

Everything is made sure of before anything is changed: which article is meant, how many, and whether there are so many.
What is refused or asked leaves the cart as it was. What is left of an article may be bought by somebody else a moment
later: nothing is reserved here, and the checkout counts again.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from shopwright.catalog.facts import AVAILABILITY, STOCK, Choice, Kind
from shopwright.catalog.offer import Listed, Offer
from shopwright.checkout.cart import MAX_LINES, MAX_QUANTITY, CartFull
from shopwright.errors import Unavailable
from shopwright.grounding.wording import wording
from shopwright.orchestrator import variants
from shopwright.orchestrator.basket import Count, Deed, Figure, Foreign, Item, Odd, Wish, figures_in, size_alone
from shopwright.orchestrator.item import Item as Product
from shopwright.orchestrator.pointing import Pointing, Reference
from shopwright.orchestrator.registry import Outcome
from shopwright.orchestrator.session import CartBefore
from shopwright.orchestrator.wanted import numerals, product_words, wanted
from shopwright.retrieval.search import Passage

_LOOKED_FOR = 12  # of fewer, one that is called so too may be missed
_NAMED = 3  # products that are offered when several may be meant
_LISTED = 8  # variants
_LIST = re.compile(r"\s*,\s*(?:and\s+)?|\s+(?:and|&)\s+", re.I)
_AND = re.compile(r"\s(?:and|&)\s", re.I)
_ITS = re.compile(r"^(?:its|their|(?:the |a )?matching)\s+(?:own\s+)?", re.I)
_MOST_APART = 6
_WORD = re.compile(r"\w+")
_NO_PASSAGE = Passage("", "", 0, "", (), 0, 0, "", "", 0.0, None, 0.0)  # a variant has none of its own
_OWN_AMOUNT = frozenset({Deed.MULTIPLY, Deed.HALVE})  # by how many there were: another number the second time
_TRIES = 4  # while others change the cart, too
_FEW = 10  # pieces: whoever says a larger number, which is a size, means that
_MOST_EACH = 6  # products of which each is put in by one word


@dataclass(slots=True)
class Trip:
    """One message's way to the cart. `tool` calls one of ours, the first argument being what a change is known by;
    `shown` are the products that were spoken of last, `said_as` names a change, given the cart's version."""

    tool: Callable[[str | None, str, Mapping[str, Any]], Outcome]
    listed: Callable[[Sequence[str]], Sequence[Listed]]
    offers: Callable[[Sequence[str]], Mapping[str, Sequence[Offer]]]
    choices: Callable[[Sequence[str]], Mapping[str, Sequence[Choice]]]
    shown: Sequence[str]
    said_as: Callable[[int, int], str]
    listing: Sequence[str] = ()  # the last list of products, in which places count
    before: CartBefore | None = None  # what the conversation has changed last
    says: Mapping[str, str] = field(default_factory=lambda: wording().talk)
    asks: bool = False
    products: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  # what is to be said of an article beside the cart
    told: bool = False  # the last that was said is what the cart holds now
    changes: int = 0
    version: int | None = None  # of the cart, as this message found it
    found_lines: dict[str, int] = field(default_factory=dict)  # by the article's number, likewise
    known_as: dict[str, int] = field(default_factory=dict)  # the same, as they are now
    exact: bool = True  # nobody else has changed it meanwhile
    leaves: CartBefore | None = None  # what can be taken back of it

    def cart(self) -> Mapping[str, Any]:
        """The cart as it is."""
        cart = self._given(self.tool(None, "edit_cart", {"action": "show"}))
        held = _held_lines(cart)
        self.version = cart["version"] if self.version is None else self.version
        if not self.changes:
            self.found_lines = held
        else:
            self.exact = self.exact and held == self.known_as
        self.known_as = held
        return cart

    def change(self, *, again: bool = False, **how: object) -> Mapping[str, Any]:
        """The cart after a change: of one message each is a change of its own, and the same one when the message comes
        again. `again`: then it may look like another one, and what it did the first time stands."""
        self.changes += 1
        outcome = self.tool(self.said_as(self.version or 0, self.changes), "edit_cart", how)
        if again and outcome.error == "RequestReused":
            return self.cart()
        if outcome.error == "CartChanged":
            self.changes -= 1  # nothing has come of it
            raise _Moved
        cart = self._given(outcome, unsure=False)
        before, self.known_as = self.known_as, _held_lines(cart)
        self.exact = self.exact and self.known_as == _after(before, [how])
        changed = self.exact and self.known_as != self.found_lines
        self.leaves = CartBefore(cart["version"], tuple(self.found_lines.items())) if changed else None
        return cart

    def found(self, words: str) -> list[Mapping[str, Any]]:
        """Products for these words."""
        given = self._given(self.tool(None, "search_products", {"words": words, "limit": _LOOKED_FOR}))
        return list(given["products"])

    def _given(self, outcome: Outcome, *, unsure: bool = True) -> Mapping[str, Any]:
        if not outcome.done or outcome.value is None:
            raise _NotDone(outcome.says or self.says["not_now"], unsure=unsure)
        return outcome.value


@dataclass(frozen=True, slots=True)
class _Pick:
    """An article that is sure."""

    sku: str
    title: str
    product_id: str | None = None


class _NotDone(Exception):
    """Why nothing was changed, in words for the shopper. `asks`: until we know more. `unsure`: it may not have been the
    cart that they spoke of; `near`: though something is called alike."""

    def __init__(self, says: str, *, asks: bool = False, unsure: bool = False, near: bool = False) -> None:
        super().__init__(says)
        self.asks = asks
        self.unsure = unsure
        self.near = near


class _Moved(Exception):
    """Somebody else has changed the cart since it was read."""


def fill(wish: Wish, trip: Trip, *, alone: bool = True) -> str | None:
    """Do what is wished for, or say why not; None: nothing fits, and nobody spoke of a cart. `alone`: it is all that
    the message says, and no part of a story."""
    trip.notes.clear()
    trip.told = False
    try:
        said = _tried(wish, trip)
        trip.told = not trip.notes
        return " ".join((said, *trip.notes))
    except _NotDone as why:
        if (why.unsure and not wish.names_cart and not (alone and why.near)) or (wish.looks and why.asks):
            return None
        trip.asks = trip.asks or why.asks
        return str(why)
    except Unavailable as why:  # before anything was changed
        return str(why) if wish.names_cart else None


def choose(wish: Wish, words: str, trip: Trip) -> str | None:
    """Do what was wished for before with the one that these words choose, where several were meant; None: they choose
    none of them."""
    if wish.deed not in (Deed.ADD, Deed.TAKE) or len(wish.items) != 1:
        return None
    (item,) = wish.items
    of, terms = _terms(product_words(item.text)), _terms(words)
    try:
        among = trip.found(product_words(item.text)) if wish.deed is Deed.ADD else trip.cart()["lines"]
    except _NotDone:
        return None
    titled = [one for one in among if one["title"] and of & _terms(one["title"]) and terms <= _terms(one["title"])]
    if not terms or not titled:
        return None
    if len(titled) > 1:
        trip.asks = True
        return str(_which(titled, trip, unsure=False))
    return fill(Wish(wish.deed, (Item(str(titled[0]["title"]), item.count),), names_cart=True), trip)


def fill_abroad(wish: Foreign, trip: Trip) -> str | None:
    """The same in another language: a product that is named as the shop names it is put in or taken out, and where that
    does not do, it is said how it goes; None: nothing fits, and nobody spoke of a cart."""
    trip.says = wording(wish.code).talk
    try:
        if wish.deed is Deed.SHOW:
            return _told(trip.cart(), trip)
        if wish.deed is Deed.CLEAR:
            return _cleared(trip.cart(), trip)
        if wish.deed is Deed.UNDO:  # "annule" may be of an order, where nothing of the cart was changed
            return None if trip.before is None else _tried(Wish(Deed.UNDO), trip)
        if (item := _named_abroad(wish, trip)) is not None:
            other = Item(wish.other) if wish.other else None
            return _tried(Wish(wish.deed, (item,), other, names_cart=True), trip)
    except _NotDone as why:
        if why.unsure and not wish.names_cart:
            return None
        trip.asks = trip.asks or why.asks
        return str(why)
    except Unavailable as why:
        return str(why) if wish.names_cart else None
    trip.asks = trip.asks or wish.names_cart
    return wish.how_to if wish.names_cart else None


def _named_abroad(wish: Foreign, trip: Trip) -> Item | None:
    """What is meant, where it is called as the shop calls it; None: it is called otherwise."""
    if wish.deed is Deed.ADD:
        named = _in_full(trip.found(wish.words), wish.words, trip) if wish.words else []
        return Item(str(named[0]["title"]), wish.count) if len(named) == 1 else None
    if (wish.deed is Deed.SET and wish.count is None) or (wish.deed is Deed.SWAP and not wish.other):
        return None
    if wish.other and not _is_one(Item(wish.other), trip):
        return None
    cart, item = trip.cart(), Item(wish.words)
    meant = _held(item, cart, trip)
    if not meant and (not cart["lines"] or _is_one(item, trip)):
        titles = "; ".join(str(line["title"] or line["sku"]) for line in cart["lines"])
        said = trip.says["not_in_cart"].format(titles=titles) if titles else trip.says["empty"]
        raise _NotDone(said, unsure=not (wish.words and _is_one(item, trip)))
    return Item(str(meant[0]["sku"]) if len(meant) == 1 else wish.words, wish.count) if meant else None


def _told(cart: Mapping[str, Any], trip: Trip) -> str:
    """The cart, line by line, with the prices that the database has now, and what stands in the way of paying."""
    says = trip.says
    if not cart["lines"]:
        return says["empty"]
    lines = []
    try:
        choices = trip.choices([line["product_id"] for line in cart["lines"] if line["product_id"]])
    except Unavailable:  # the cart is what it is, and is told without what its variants are like
        choices = {}
    for line in cart["lines"]:
        name = _name(line, choices.get(line["product_id"], ()))
        price = f" ({_amount(line['total'])})" if line["total"] else ""
        trouble = f" [{says[line['trouble']].format(left=line['left'])}]" if line["trouble"] else ""
        lines.append(f"{line['quantity']} × {name}{price}{trouble}{_paid_for(line, cart, trip)}")
    whole = [says["cart"].format(lines="; ".join(lines))]
    troubled = any(line["trouble"] for line in cart["lines"])
    if not cart["total"] and cart["prices_known"] and not troubled:
        whole.append(says["no_total"])
    if cart["total"]:
        whole.append(says["total_as_it_stands" if troubled else "total"].format(total=_amount(cart["total"])))
    if troubled:
        whole.append(says["not_payable"])
    if cart["left_out"]:
        whole.append(says["not_bought_again"])
    if not cart["prices_known"]:
        whole.append(says["no_prices"])
    return " ".join(whole)


def _paid_for(line: Mapping[str, Any], cart: Mapping[str, Any], trip: Trip) -> str:
    """What of a line is being paid for in other orders."""
    theirs = [one for one in cart["left_out"] or () if one["sku"] == line["sku"]]
    says = trip.says["being_paid_for"]
    said = (says.format(many=one["quantity"], order=one["order_id"]) for one in theirs)
    return f" [{'; '.join(said)}]" if theirs else ""


def _name(line: Mapping[str, Any], choices: Sequence[Choice]) -> str:
    """What a line is called, with what it is like where the shop calls several variants the same."""
    title = str(line["title"] or line["sku"])
    alike = [one for one in choices if one.title == next((o.title for o in choices if o.sku == line["sku"]), None)]
    mine = next((one for one in alike if one.sku == line["sku"]), None)
    return f"{title}, {variants.told_apart(mine, choices)}" if mine is not None and len(alike) > 1 else title


def _tried(wish: Wish, trip: Trip) -> str:
    """The wish done to the cart as it is, which somebody else may be changing at the same time."""
    for _ in range(_TRIES):
        notes, products = len(trip.notes), len(trip.products)
        try:
            return _done(wish, trip)
        except _Moved:
            del trip.notes[notes:], trip.products[products:]
    raise _NotDone(trip.says["not_now"])


def _done(wish: Wish, trip: Trip) -> str:
    cart = trip.cart()
    if wish.back and _was_taken(wish, cart, trip):
        return _undone(cart, trip)
    match wish.deed:
        case Deed.UNDO:
            return _undone(cart, trip)
        case Deed.SHOW:
            return _told(cart, trip)
        case Deed.CLEAR:
            return _cleared(cart, trip)
        case Deed.ADD:
            return _added(wish, cart, trip)
        case Deed.TAKE:
            return _taken(wish, cart, trip)
        case Deed.KEEP:
            going = _going(wish, cart, trip)
            return _changed(going, cart, trip) if going else _told(cart, trip)
        case Deed.SWAP:
            return _swapped(wish, cart, trip)
    if wish.items[0].every:
        return _changed([_to_be(wish, line, cart, trip) for line in _lines(cart, trip)], cart, trip)
    line = _line(wish.items[0], cart, trip, sure=wish.deed is not Deed.SET)
    if wish.bare and (size := _may_be_size(wish.items[0].count, line, trip)) is not None:
        return _exchanged(Item(), line, size, line["quantity"], cart, trip)
    return _left(trip.change(again=wish.deed in _OWN_AMOUNT, **_to_be(wish, line, cart, trip)), trip)


def _going(wish: Wish, cart: Mapping[str, Any], trip: Trip) -> list[Mapping[str, object]]:
    """What makes nothing be left but what is to be kept, and of that as many as are said."""
    kept = [(item, _line(item, cart, trip, sure=True)) for item in wish.items]
    names = {line["sku"] for _, line in kept}
    going: list[Mapping[str, object]] = [
        {"action": "remove", "sku": line["sku"]} for line in cart["lines"] if line["sku"] not in names
    ]
    for item, line in kept:
        many = line["quantity"] if item.count is None else _whole(item.count, line["title"] or line["sku"], trip)
        if many > line["quantity"]:
            raise _NotDone(trip.says["how_many"].format(title=line["title"] or line["sku"]), asks=True)
        if many < line["quantity"] and going:  # "all but one whisk" may leave the ladle where it is
            raise _NotDone(trip.says["one_at_a_time"], asks=True)
        if item.count is not None and going and not product_words(item.text):  # "all but two" of several articles
            raise _NotDone(trip.says["one_at_a_time"], asks=True)
    fewer: list[Mapping[str, object]] = [
        {"action": "put", "sku": line["sku"], "quantity": item.count}
        for item, line in kept
        if isinstance(item.count, int) and item.count < line["quantity"]
    ]
    return going + fewer


def _may_be_size(count: Count | None, line: Mapping[str, Any], trip: Trip) -> _Pick | None:
    """The article that "make it 46" means where 46 is a size of it; None: so many are meant. A small number may be
    either, and is asked about."""
    if not isinstance(count, int):
        return None
    sizes = _sizes(str(count), line, trip)
    own = str(line["title"] or line["sku"])
    if not sizes or (count <= _FEW and all(one.sku == line["sku"] for one in sizes)):
        return None
    others = [one for one in sizes if one.sku != line["sku"]]
    if len(others) == 1 == len(sizes) and count > _FEW:
        return others[0]
    if not others:
        raise _NotDone(trip.says["how_many"].format(title=own), asks=True)
    titles = "; ".join(dict.fromkeys((f"{count} × {own}", *(one.title for one in others[:_NAMED]))))
    raise _NotDone(trip.says["which"].format(titles=titles), asks=True)


def _sizes(said: str, line: Mapping[str, Any], trip: Trip) -> list[_Pick]:
    """What is of that size among the variants of a line's product, and among the products that are called as it is but
    for a figure."""
    title, product = str(line["title"] or ""), line["product_id"]
    figures = figures_in(said)
    if not title or product is None or len(figures) != 1:
        return []
    (figure,) = figures
    choices = trip.choices((product,)).get(product, ())
    what, fitting = variants.chosen(f"size {said}", Product(product, title, _NO_PASSAGE, {}), choices)
    fitting = fitting if what else ()
    of_it = [
        one
        for one in choices
        if one in fitting or _has(variants.told_apart(one, choices).replace(f"({one.sku})", ""), figure)
    ]
    if len(of_it) == len(choices):  # nothing is told apart by it
        of_it = [one for one in of_it if one.sku == line["sku"]]
    sizes = [_Pick(one.sku, variants.told_apart(one, choices) if len(choices) > 1 else title) for one in of_it]
    if not sizes and _has(title, figure):
        sizes.append(_Pick(line["sku"], title))
    family = [
        one
        for one in trip.found(" ".join(_stem(title)))
        if one["product_id"] != product and _stem(str(one["title"])) == _stem(title) and _has(str(one["title"]), figure)
    ]
    return sizes + [replace(_variant(one, "", trip), product_id=one["product_id"]) for one in family]


def _has(text: str, figure: Figure) -> bool:
    return any(figure.is_as(one) for one in figures_in(text, loose=True))


def _stem(title: str) -> list[str]:
    """What products of several sizes are all called."""
    for figure in figures_in(title):
        title = title.replace(figure.text, " ", 1)
    return sorted(_terms(title))


def _to_be(wish: Wish, line: Mapping[str, Any], cart: Mapping[str, Any], trip: Trip) -> Mapping[str, object]:
    """What makes so many of a line as are wished for."""
    quantity = _meant(wish, line, trip)
    if quantity == 0:
        return {"action": "remove", "sku": line["sku"]}
    if quantity > line["quantity"]:
        _check_stock(_Pick(line["sku"], line["title"] or line["sku"]), quantity, cart, trip, more=False)
    return {"action": "put", "sku": line["sku"], "quantity": quantity}


def _lines(cart: Mapping[str, Any], trip: Trip) -> Sequence[Mapping[str, Any]]:
    lines: Sequence[Mapping[str, Any]] = cart["lines"]
    if not lines:
        raise _NotDone(trip.says["empty"])
    return lines


def _was_taken(wish: Wish, cart: Mapping[str, Any], trip: Trip) -> bool:
    """Whether "it", which is to be put back, is what was taken out just before."""
    if trip.before is None or trip.before.version != cart["version"]:
        return False
    fewer = sum(_held_lines(cart).values()) < sum(quantity for _, quantity in trip.before.lines)
    return fewer and not any(product_words(item.text) for item in wish.items)


def _undone(cart: Mapping[str, Any], trip: Trip) -> str:
    """The cart as it was before this conversation changed it last, if nothing else has changed it since."""
    says = trip.says
    if trip.before is None:
        raise _NotDone(says["nothing_to_undo"])
    lines = [{"sku": sku, "quantity": quantity} for sku, quantity in trip.before.lines]
    try:
        after = trip.change(action="become", lines=lines, cart_version=trip.before.version)
    except _Moved:
        raise _NotDone(f"{says['changed_since']} {_told(cart, trip)}") from None
    trip.leaves = None  # what was taken back is not put in again by the same word
    names = {line["sku"]: line["title"] or line["sku"] for line in (*cart["lines"], *after["lines"])}
    held, now = _held_lines(cart), _held_lines(after)
    changed = [(names[sku], now.get(sku, 0) - held.get(sku, 0)) for sku in names]
    what = [
        says["in_again" if by > 0 else "out_again"].format(title=title, many=abs(by)) for title, by in changed if by
    ]
    undone = [says["undone"].format(what="; ".join(what))] if what else []
    return " ".join((*undone, _told(after, trip)))


def _added(wish: Wish, cart: Mapping[str, Any], trip: Trip) -> str:
    picks: dict[str, tuple[_Pick, int]] = {}
    for item in (one for said in wish.items for one in _apart(said, trip)):
        for pick in _each(item, cart, trip) if item.every else _picks(item, cart, trip):
            _check_dimensions(item, pick.title, trip)
            many = _whole(item.count, pick.title, trip) + (picks[pick.sku][1] if pick.sku in picks else 0)
            _check_stock(pick, many, cart, trip, more=True)
            picks[pick.sku] = pick, many
    coming = [{"action": "add", "sku": pick.sku, "quantity": many} for pick, many in picks.values()]
    return _changed(coming, cart, trip)


def _check_dimensions(item: Item, title: str, trip: Trip) -> None:
    """The first figure of "3 x 3 tarp" says how large it is, where it is called so."""
    behind = re.match(r"[0-9]+", item.text)
    across = rf"(?<![0-9.,]){item.count}\s?[x×]\s?{behind[0]}(?![0-9])" if behind else ""
    if across and re.search(across, title, re.I) and not re.match(r"[0-9]+\s?[x×]\s?[0-9]", item.text, re.I):
        raise _NotDone(trip.says["how_many"].format(title=title), asks=True)


def _each(item: Item, cart: Mapping[str, Any], trip: Trip) -> list[_Pick]:
    """Of "one of each", each that was shown last; of "one more of each", each that is in the cart."""
    if item.more:
        return [_Pick(line["sku"], line["title"] or line["sku"]) for line in _lines(cart, trip)]
    found = [_listed(one) for one in trip.listed(trip.shown)] if trip.shown else []
    if not 1 < len(found) <= _MOST_EACH:
        raise _which(found, trip, unsure=not found)
    trip.products += [one["product_id"] for one in found]
    return [_variant(one, "", trip) for one in found]


def _apart(item: Item, trip: Trip) -> Sequence[Item]:
    """ "Whisk, spatula, and tongs" are three where no product is called all that, and each of them is a product."""
    parts = [part for part in _LIST.split(item.text) if part]
    if not 1 < len(parts) <= _MOST_APART or item.count not in (None, 1) or item.more:
        return (item,)
    apart = [Item(_its(part, parts[0], trip), item.count) for part in parts]
    whole = _one(item, trip)
    if whole is not None and not _swallows(str(whole["title"]), item.text, parts):
        return (item,)
    lost = []
    sure = 0
    for one in apart:
        try:
            sure += len(_products(one, trip, one=True)) if product_words(one.text) else 0
        except _NotDone as why:
            if whole is not None:
                raise
            lost += [one.text] if why.unsure and not why.near else []
    if sure and lost:
        raise _NotDone(trip.says["not_found"].format(what=", ".join(lost)), asks=True)
    return apart if sure == len(apart) else (item,)


def _its(part: str, of: str, trip: Trip) -> str:
    """ "Its footprint" behind "Larkmoss 2 tent" is called "Larkmoss 2 Footprint", or "Larkmoss 2 Tent Footprint"."""
    if not _ITS.match(part):
        return part
    named = [_ITS.sub(f"{words} ", part) for words in (of, " ".join(of.split()[:-1])) if words]
    return next((one for one in named if _is_one(Item(one), trip)), named[0])


def _swallows(title: str, said: str, parts: Sequence[str]) -> bool:
    """Whether one product is called what two are: "the Larkmoss 2 and its footprint" is not the "Larkmoss 2
    Footprint" alone."""
    if not _AND.search(said) or _AND.search(title):
        return False
    return all(_terms(product_words(_ITS.sub("", part))) & _terms(title) for part in parts)


def _one(item: Item, trip: Trip) -> Mapping[str, Any] | None:
    try:
        found = _products(item, trip, one=True)
    except _NotDone:
        return None
    return found[0] if len(found) == 1 else None


def _is_one(item: Item, trip: Trip) -> bool:
    return _one(item, trip) is not None


def _taken(wish: Wish, cart: Mapping[str, Any], trip: Trip) -> str:
    going = [
        _out(item, line, trip)
        for item in wish.items
        for line in (_lines(cart, trip) if item.every else _taken_lines(item, cart, trip))
    ]
    return _changed(going, cart, trip)


def _taken_lines(item: Item, cart: Mapping[str, Any], trip: Trip) -> Sequence[Mapping[str, Any]]:
    """The line that is meant; several by their places in the cart, as "the first two" are."""
    places = [one.place for one in wanted(item.text).references if one.how is Pointing.PLACE and one.place]
    if len(places) < 2 or product_words(item.text):
        return [_line(item, cart, trip, sure=True)]
    return [_line(Item(f"number {place}" if place > 0 else item.text), cart, trip, sure=True) for place in places]


def _out(item: Item, line: Mapping[str, Any], trip: Trip) -> Mapping[str, object]:
    """What takes so many of a line out, or all of it."""
    if item.count is None:
        return {"action": "remove", "sku": line["sku"]}
    many = min(_whole(item.count, line["title"] or line["sku"], trip), MAX_QUANTITY)
    return {"action": "take", "sku": line["sku"], "quantity": many}


def _changed(changes: Sequence[Mapping[str, object]], cart: Mapping[str, Any], trip: Trip) -> str:
    """The cart after all of these: one change of it, of which nothing is half done."""
    if len(changes) == 1:
        return _left(trip.change(again=True, **changes[0]), trip)
    after = _after(_held_lines(cart), changes)
    if len(after) > MAX_LINES:
        raise _NotDone(str(CartFull()))
    lines = [{"sku": sku, "quantity": quantity} for sku, quantity in after.items()]
    return _left(trip.change(again=True, action="become", lines=lines, cart_version=cart["version"]), trip)


def _held_lines(cart: Mapping[str, Any]) -> dict[str, int]:
    return {line["sku"]: int(line["quantity"]) for line in cart["lines"]}


def _after(held: Mapping[str, int], changes: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """What a cart holds after these changes."""
    after = dict(held)
    for change in changes:
        match change["action"]:
            case "add":
                after[change["sku"]] = after.get(change["sku"], 0) + change["quantity"]
            case "take":
                after[change["sku"]] = after.get(change["sku"], 0) - change["quantity"]
            case "put":
                after[change["sku"]] = change["quantity"]
            case "remove":
                after.pop(change["sku"], None)
            case "empty":
                after = {}
            case "become":
                after = {line["sku"]: line["quantity"] for line in change["lines"]}
    return {sku: quantity for sku, quantity in after.items() if quantity > 0}


def _swapped(wish: Wish, cart: Mapping[str, Any], trip: Trip) -> str:
    (item,), other = wish.items, wish.other or Item()
    line = _line(item, cart, trip, sure=True)
    many = other.count if other.count is not None else item.count or line["quantity"]
    points = any(one.how is Pointing.PLACE for one in wanted(other.text).references)
    if size := size_alone(other.text):  # "make it 28 cm"
        return _sized(size, item, line, many, cart, trip)
    if not points and not product_words(other.text):  # "change it to medium"
        if line["product_id"] is None:
            raise _NotDone(trip.says["one_at_a_time"], asks=True)
        pick = _variant(_of(line["product_id"], trip), other.text, trip)
    else:
        try:
            (pick,) = _picks(other, cart, trip, one=True)
        except _NotDone as why:  # the other one lies in the cart: it was the cart that they spoke of
            raise _NotDone(str(why), asks=why.asks) from None
    return _exchanged(item, line, pick, many, cart, trip)


def _sized(size: str, item: Item, line: Mapping[str, Any], many: Count, cart: Mapping[str, Any], trip: Trip) -> str:
    """The same in another size, where there is one such."""
    sizes = _sizes(size, line, trip)
    title = str(line["title"] or line["sku"])
    if not sizes:
        raise _NotDone(trip.says["not_in_that"].format(title=title, what=size), asks=True)
    if len(sizes) > 1:
        titles = "; ".join(one.title for one in sizes[:_LISTED])
        raise _NotDone(trip.says["which"].format(titles=titles), asks=True)
    if sizes[0].sku == line["sku"] and not _has(title, figures_in(size)[0]):  # one article of every size
        raise _NotDone(trip.says["counted_together"].format(title=title, what=size))
    if sizes[0].sku == line["sku"]:
        return _told(cart, trip)
    return _exchanged(item, line, sizes[0], many, cart, trip)


def _exchanged(
    item: Item, line: Mapping[str, Any], pick: _Pick, many: Count, cart: Mapping[str, Any], trip: Trip
) -> str:
    if pick.sku == line["sku"]:
        raise _NotDone(trip.says["one_at_a_time"], asks=True)
    quantity = _whole(many, pick.title, trip)
    _check_stock(pick, quantity, cart, trip, more=True)
    trip.products += [pick.product_id] if pick.product_id else []
    return _changed([{"action": "add", "sku": pick.sku, "quantity": quantity}, _out(item, line, trip)], cart, trip)


def _meant(wish: Wish, line: Mapping[str, Any], trip: Trip) -> int:
    """How many of a line there are to be."""
    title, held = line["title"] or line["sku"], int(line["quantity"])
    match wish.deed:
        case Deed.MULTIPLY:
            return _whole(wish.times * held, title, trip)
        case Deed.HALVE if held % 2:
            raise _NotDone(trip.says["no_half"].format(title=title, quantity=held), asks=True)
        case Deed.HALVE:
            return held // 2
    count = wish.items[0].count
    return 0 if count == 0 else _whole(count, title, trip)


def _whole(count: Count | None, title: str, trip: Trip) -> int:
    """So many of an article as a line may have; one, where nothing is said."""
    if isinstance(count, Odd):
        raise _NotDone(trip.says[count.value].format(title=title), asks=True)
    many = 1 if count is None else count
    if many < 1:
        raise _NotDone(trip.says["less_than_one"].format(title=title), asks=True)
    return many


def _check_stock(pick: _Pick, many: int, cart: Mapping[str, Any], trip: Trip, *, more: bool) -> None:
    held = _held_lines(cart).get(pick.sku, 0) if more else 0
    taken = sum(one["quantity"] for one in cart["left_out"] or () if one["sku"] == pick.sku)  # from the shelf, already
    says = trip.says
    if many + held > MAX_QUANTITY:
        raise _NotDone(says["too_many"].format(title=pick.title, most=MAX_QUANTITY) + _there_already(held, trip))
    offers = trip.offers((pick.sku,)).get(pick.sku, ())
    if len(offers) != 1:
        return  # the cart says itself what is the matter with it
    (offer,) = offers
    if offer.is_out and many + held > taken:
        raise _NotDone(says["sold_out"].format(title=pick.title))
    if offer.left is not None and many + held - taken > offer.left:
        raise _NotDone(says["few_left"].format(title=pick.title, left=offer.left) + _there_already(held, trip))


def _there_already(held: int, trip: Trip) -> str:
    return f" {trip.says['there_already'].format(held=held)}" if held else ""


def _picks(item: Item, cart: Mapping[str, Any], trip: Trip, *, one: bool = False) -> list[_Pick]:
    """The articles that are to go in: one, but for "both"."""
    if item.more and len(held := _held(item, cart, trip)) == 1:
        trip.products += [held[0]["product_id"]] if held[0]["product_id"] else []
        return [_Pick(held[0]["sku"], held[0]["title"] or held[0]["sku"])]
    if size := size_alone(item.text):
        return [_of_shown(size, trip)]
    products = _products(item, trip, one=one)
    trip.products += [product["product_id"] for product in products]
    picks = [_variant(product, item.text, trip) for product in products]
    for product in products:
        _check_figures(item.text, product["product_id"], str(product["title"]), trip)
    return picks


def _of_shown(size: str, trip: Trip) -> _Pick:
    """ "The 46": what is of that size among what was shown, or is called as the one product that was."""
    (figure,) = figures_in(size)
    found: list[Mapping[str, Any]] = [_listed(one) for one in trip.listed(trip.shown)] if trip.shown else []
    fitting = [one for one in found if _has(str(one["title"]), figure)]
    if len(fitting) == 1:
        trip.products.append(fitting[0]["product_id"])
        return _variant(fitting[0], "", trip)
    sizes = _sizes(size, {**found[0], "sku": ""}, trip) if len(found) == 1 else []
    if len(sizes) != 1:
        raise _which(found, trip, unsure=not found)
    trip.products.append(sizes[0].product_id or found[0]["product_id"])
    return sizes[0]


def _check_figures(text: str, product_id: str | None, title: str, trip: Trip) -> None:
    """A measure that is said must be the product's, or another one is meant; any other number that is no part of what
    it is called may say how many, and is not passed over."""
    found = figures_in(text)
    if not found or any(one.how is Pointing.PLACE for one in wanted(text).references):
        return
    choices = trip.choices((product_id,)).get(product_id, ()) if product_id else ()
    what, _ = variants.chosen(text, Product(product_id or "", title, _NO_PASSAGE, {}), choices)
    called = figures_in(" ; ".join((title, what, *(one.title for one in choices))), loose=True)
    like = figures_in(" ; ".join(variants.told_apart(one, choices) for one in choices), loose=True)
    values = figures_in(
        " ; ".join(
            fact.text
            for one in choices
            for fact in one.sheet.values()
            if fact.kind in (Kind.QUANTITY, Kind.WORDS) and fact.name not in (STOCK, AVAILABILITY)
        ),
        loose=True,
    )
    for figure in found:
        told = (*called, *like, *values) if figure.unit else (*called, *like)
        if not any(figure.is_as(one) for one in told):
            says = trip.says
            if figure.unit:
                raise _NotDone(says["not_in_that"].format(title=title, what=figure.text), asks=True)
            raise _NotDone(says["how_many"].format(title=title), asks=True)


def _variant(product: Mapping[str, Any], text: str, trip: Trip) -> _Pick:
    """The variant that is meant: by its number, or by what it is like."""
    title, skus, says = str(product["title"]), list(product["skus"]), trip.says
    if not skus:
        raise _NotDone(says["sold_out"].format(title=title))
    named = [sku for sku in skus if _says_number(text, sku, title)]
    if len(named) == 1:
        return _Pick(named[0], title)
    whole = Product(product["product_id"], title, _NO_PASSAGE, {})
    choices = trip.choices((product["product_id"],)).get(product["product_id"], ())
    what, fitting = variants.chosen(text, whole, choices)
    if what and not fitting:
        fitting = _measuring(what, choices)
    if what and not fitting:
        listed = "; ".join(variants.told_apart(one, choices) for one in choices[:_LISTED])
        says_which = "no_such_variant" if len(choices) > 1 else "not_in_that"
        raise _NotDone(says[says_which].format(title=title, what=what, variants=listed), asks=len(choices) > 1)
    if choices:
        skus = [one.sku for one in fitting]
    if len(skus) > 1:
        known = {one.sku: variants.told_apart(one, choices) for one in choices}
        listed = "; ".join(known.get(sku, sku) for sku in skus[:_LISTED])
        raise _NotDone(says["which_variant"].format(title=title, variants=listed), asks=True)
    if what and fitting and variants.together(text, whole, fitting[0]):
        trip.notes.append(says["counted_together"].format(title=title, what=what))
    return _Pick(skus[0], title)


def _measuring(what: str, choices: Sequence[Choice]) -> tuple[Choice, ...]:
    """The variants of which a value says every measure that is wished for, where nothing but measures is."""
    figures = figures_in(what)
    if not figures or not all(one.unit for one in figures) or len(what.split(",")) > len(figures):
        return ()
    return tuple(
        one
        for one in choices
        if all(
            any(
                said.number == figure.number and said.unit == figure.unit
                for fact in one.sheet.values()
                for said in figures_in(fact.text)
            )
            for figure in figures
        )
    )


def _products(item: Item, trip: Trip, *, one: bool) -> list[Mapping[str, Any]]:
    """The one product that is meant; two, where both of two were shown and are wished for."""
    wishes = wanted(item.text)
    codes = [one.text for one in wishes.references if one.how is Pointing.CODE]
    words = " ".join(codes) or product_words(item.text)
    if not words:
        return _pointed(item.text, wishes.references, trip, one=one)
    if re.search(r"\bones?\b", item.text, re.I) and (like := _shown_like(item.text, trip)) is not None:
        return [like]
    found = trip.found(words)
    exact = [one for one in found if any(_says_number(item.text, sku, one["title"]) for sku in one["skus"])]
    exact = exact or _in_full(found, item.text, trip)
    if not exact:  # what looks like an article's number may be a part of its name
        exact = _of_all(_terms(product_words(item.text) or words), found, lambda one: str(one["title"]))
    if len(exact) != 1 and (meant := _like(item.text, exact or found, trip)) is not None:
        exact = [meant]
    figures = {term for term in _terms(item.text) if term[0].isdigit()}
    if len(exact) > 1 and len(sized := [one for one in exact if figures <= _terms(one["title"])]) == 1 and figures:
        exact = sized  # "the 26 cm skillet"
    if len(exact) == 1 and wishes.price is None:  # "for 1 EUR" is not ours to promise
        return exact
    terms = _terms(words)
    raise _which(exact or [one for one in found if terms & _terms(one["title"])], trip, unsure=not exact)


def _shown_like(text: str, trip: Trip) -> Mapping[str, Any] | None:
    """The product that was shown and comes in what the words say: "the moss one"."""
    fitting = []
    for product in [_listed(one) for one in trip.listed(trip.shown)] if trip.shown else []:
        choices = trip.choices((product["product_id"],)).get(product["product_id"], ())
        what, like = variants.chosen(text, Product(product["product_id"], product["title"], _NO_PASSAGE, {}), choices)
        fitting += [product] if what and like else []
    return fitting[0] if len(fitting) == 1 else None


def _like(text: str, among: Sequence[Mapping[str, Any]], trip: Trip) -> Mapping[str, Any] | None:
    """The product that is called so but for a colour, a size or the like."""
    if not among:
        return None
    items = [Product(one["product_id"], one["title"], _NO_PASSAGE, {}) for one in among]
    choices = trip.choices([one.product_id for one in items])
    meant = variants.meant(text, items, choices)
    called = [one for one in items if _terms(one.title) & _terms(product_words(text))]
    fitting = [
        one
        for one in ([meant] if meant is not None else called)
        if not variants.unexplained(text, one, choices.get(one.product_id, ()))
    ]
    if meant is None:  # several are called so: which of them is of that size, or the like
        fitting = [one for one in fitting if all(variants.chosen(text, one, choices.get(one.product_id, ())))]
    return next((one for one in among if len(fitting) == 1 and one["product_id"] == fitting[0].product_id), None)


def _pointed(text: str, references: Sequence[Reference], trip: Trip, *, one: bool) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = [_listed(one) for one in trip.listed(trip.shown)] if trip.shown else []
    places = [one.place for one in references if one.how is Pointing.PLACE and one.place]
    if places:  # "the second one" counts in what was shown, also when one of them is gone since
        listing = trip.listing or trip.shown
        at = [place - 1 if place > 0 else len(listing) + place for place in places]
        there = [listing[one] for one in at if 0 <= one < len(listing)]
        placed: list[Mapping[str, Any]] = [_listed(one) for one in trip.listed(there)] if there else []
        if len(placed) == len(places) and (len(placed) == 1 or not one):
            return placed
        raise _which(placed or found, trip, unsure=False)
    both = "both" in text.casefold().split()
    if len(found) == (2 if both and not one else 1):
        return found
    if len(found) > 1 and (meant := _like(text, found, trip)) is not None:
        return [meant]
    raise _which(found, trip, unsure=False)


def _of(product_id: str, trip: Trip) -> Mapping[str, Any]:
    found = trip.listed((product_id,))
    if not found:
        raise _NotDone(trip.says["one_at_a_time"], asks=True)
    return _listed(found[0])


def _line(item: Item, cart: Mapping[str, Any], trip: Trip, *, sure: bool) -> Mapping[str, Any]:
    """The one line of the cart that is meant. `sure`: such a wish is of the cart, also where it names nothing."""
    held = cart["lines"]
    if not held:
        raise _NotDone(trip.says["empty"], unsure=not _is_sold(item, trip))
    meant = _held(item, cart, trip)
    if len(meant) != 1:
        terms = _terms(product_words(item.text))
        near = meant or [line for line in held if terms & _terms(line["title"] or "")]
        named = (f"{line['title']} ({line['sku']})" if line["title"] else line["sku"] for line in near or held)
        says = "which" if near or not terms else "not_in_cart"
        of_cart = bool(near) or _is_sold(item, trip) or (sure and not terms)
        raise _NotDone(trip.says[says].format(titles="; ".join(named)), asks=True, unsure=not of_cart)
    (line,) = meant
    _check_figures(item.text, line["product_id"], str(line["title"] or line["sku"]), trip)
    trip.products += [line["product_id"]] if line["product_id"] else []
    return line


def _is_sold(item: Item, trip: Trip) -> bool:
    """Whether the words name something that the shop sells: then it was the cart that they spoke of."""
    if not product_words(item.text):
        return False
    try:
        return bool(_products(item, trip, one=True))
    except _NotDone as why:
        return not why.unsure  # there are several


def _held(item: Item, cart: Mapping[str, Any], trip: Trip) -> Sequence[Mapping[str, Any]]:
    """The lines that the words may name; where they name nothing, that of what was spoken of last, or the only one."""
    held: Sequence[Mapping[str, Any]] = cart["lines"]
    terms = _terms(product_words(item.text))
    meant = [line for line in held if _says_number(item.text, line["sku"], str(line["title"]))]
    meant = (
        meant or _in_full(held, item.text, trip) or _of_all(terms, held, lambda one: str(one["title"] or one["sku"]))
    )
    if not meant and terms:
        goods = {line["product_id"]: line for line in held if line["product_id"] and line["title"]}
        like = _like(item.text, list(goods.values()), trip)
        meant = [line for line in held if like is not None and line["product_id"] == like["product_id"]]
    figures = {term for term in _terms(item.text) if term[0].isdigit()}
    if len(meant) > 1 and figures and len(sized := [one for one in meant if figures <= _terms(str(one["title"]))]) == 1:
        meant = sized
    if not meant and (size := size_alone(item.text)):
        return [line for line in held if _has(str(line["title"]), figures_in(size)[0])]
    places = [one.place for one in wanted(item.text).references if one.how is Pointing.PLACE and one.place]
    if not meant and not terms and len(places) == 1:  # "the second one" of those in the cart
        at = places[0] - 1 if places[0] > 0 else len(held) + places[0]
        return [held[at]] if 0 <= at < len(held) else []
    if not meant and not terms and "both" in item.text.casefold().split():
        return held  # of two that one line has, or of two lines: nobody guesses
    if not meant and not terms:
        meant = [line for line in held if line["product_id"] in trip.shown]
        meant = meant or ([] if trip.shown else list(held))
    products = {line["product_id"] for line in meant}
    if len(meant) > 1 and len(products) == 1 and (product := next(iter(products))) is not None:
        title = str(meant[0]["title"])
        choices = trip.choices((product,)).get(product, ())
        _, fitting = variants.chosen(item.text, Product(product, title, _NO_PASSAGE, {}), choices)
        meant = [line for line in meant if line["sku"] in {one.sku for one in fitting}] or meant
    return meant


def _cleared(cart: Mapping[str, Any], trip: Trip) -> str:
    if not cart["lines"]:
        raise _NotDone(trip.says["empty"], unsure=True)
    trip.change(action="empty")
    return trip.says["emptied"]


def _left(cart: Mapping[str, Any], trip: Trip) -> str:
    return _told(cart, trip) if cart["lines"] else trip.says["emptied"]


def _in_full(among: Sequence[Mapping[str, Any]], said: str, trip: Trip) -> list[Mapping[str, Any]]:
    """Those whose names' every word is said, and of which everything is that is said; "Murmur Buds" stands in "Murmur
    Buds Pro" too, and "the Dutch Oven in juniper" is the "Dutch Oven, Juniper" where there is one."""
    words = _terms(said)
    full = [one for one in among if one["title"] and _terms(str(one["title"])) <= words]
    full = [one for one in full if not any(_terms(str(one["title"])) < _terms(str(other["title"])) for other in full)]
    choices = trip.choices([one["product_id"] for one in full if one["product_id"]]) if full else {}
    return [
        one
        for one in full
        if not variants.unexplained(
            said, Product(str(one["product_id"]), one["title"], _NO_PASSAGE, {}), choices.get(one["product_id"], ())
        )
    ]


def _of_all(
    terms: set[str], among: Sequence[Mapping[str, Any]], title: Callable[[Mapping[str, Any]], str]
) -> list[Mapping[str, Any]]:
    """Those whose titles hold every word; a number in words may only say how many: "three tents"."""
    for sought in (terms, terms - numerals()):
        if found := [one for one in among if sought and sought <= _terms(title(one))]:
            return found
    return []


def _which(found: Sequence[Mapping[str, Any]], trip: Trip, *, unsure: bool) -> _NotDone:
    if not found:
        return _NotDone(trip.says["which_product"], asks=True, unsure=unsure)
    titles = "; ".join(str(one["title"]) for one in found[:_NAMED])
    return _NotDone(trip.says["which"].format(titles=titles), asks=True, unsure=unsure, near=True)


def _amount(price: Mapping[str, Any]) -> str:
    return f"{price['amount']} {price['currency']}" if price["currency"] else str(price["amount"])


def _listed(one: Listed) -> dict[str, Any]:
    return {"product_id": one.product_id, "title": one.title, "skus": list(one.skus)}


def _says_number(said: str, sku: str, title: str) -> bool:
    """Whether an article is said by its number, where that is no word of its name."""
    number = sku.casefold()
    stands = re.search(rf"(?<![\w-]){re.escape(number)}(?![\w-])", said.casefold())
    return bool(stands) and number not in title.casefold()


def _terms(text: str) -> set[str]:
    """Words without their plural's s."""
    return {word.removesuffix("s") if len(word) > 3 else word for word in _WORD.findall(text.casefold())}
