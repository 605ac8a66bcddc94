"""What a shopper wants of the cart, done: changes when we do it otherwise, or say more of why it is not done.

Everything is made sure of before anything is changed: which article is meant, how many, and whether there are so many.
What is refused or asked leaves the cart as it was. What is left of an article may be bought by somebody else a moment
later: nothing is reserved here, and the checkout counts again.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from shopwright.checkout.cart import MAX_LINES, MAX_QUANTITY, CartFull
from shopwright.errors import Unavailable
from shopwright.grounding.wording import wording
from shopwright.orchestrator import article, cart_line, cart_told
from shopwright.orchestrator.basket import Count, Deed, Foreign, Item, Odd, Wish, figures_in, size_alone
from shopwright.orchestrator.pointing import Pointing
from shopwright.orchestrator.trip import Moved, NotDone, Pick, Trip, held_after, held_lines
from shopwright.orchestrator.wanted import product_words, wanted

_OWN_AMOUNT = frozenset({Deed.MULTIPLY, Deed.HALVE})  # by how many there were: another number the second time
_TRIES = 4  # while others change the cart, too
_FEW = 10  # pieces: whoever says a larger number, which is a size, means that
_MOST_EACH = 6  # products of which each is put in by one word


def fill(wish: Wish, trip: Trip, *, alone: bool = True) -> str | None:
    """Do what is wished for, or say why not; None: nothing fits, and nobody spoke of a cart. `alone`: it is all that
    the message says, and no part of a story."""
    trip.notes.clear()
    trip.told = False
    try:
        said = _tried(wish, trip)
        trip.told = not trip.notes
        return " ".join((said, *trip.notes))
    except NotDone as why:
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
    of, terms = article.terms_of(product_words(item.text)), article.terms_of(words)
    try:
        among = trip.found(product_words(item.text)) if wish.deed is Deed.ADD else trip.cart()["lines"]
    except NotDone:
        return None
    titled = [
        one
        for one in among
        if one["title"] and of & article.terms_of(one["title"]) and terms <= article.terms_of(one["title"])
    ]
    if not terms or not titled:
        return None
    if len(titled) > 1:
        trip.asks = True
        return str(article.which(titled, trip, unsure=False))
    return fill(Wish(wish.deed, (Item(str(titled[0]["title"]), item.count),), names_cart=True), trip)


def fill_abroad(wish: Foreign, trip: Trip) -> str | None:
    """The same in another language: a product that is named as the shop names it is put in or taken out, and where that
    does not do, it is said how it goes; None: nothing fits, and nobody spoke of a cart."""
    trip.says = wording(wish.code).talk
    try:
        if wish.deed is Deed.SHOW:
            return cart_told.told(trip.cart(), trip)
        if wish.deed is Deed.CLEAR:
            return _cleared(trip.cart(), trip)
        if wish.deed is Deed.UNDO:  # "annule" may be of an order, where nothing of the cart was changed
            return None if trip.before is None else _tried(Wish(Deed.UNDO), trip)
        if (item := _named_abroad(wish, trip)) is not None:
            other = Item(wish.other) if wish.other else None
            return _tried(Wish(wish.deed, (item,), other, names_cart=True), trip)
    except NotDone as why:
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
        named = article.in_full(trip.found(wish.words), wish.words, trip) if wish.words else []
        return Item(str(named[0]["title"]), wish.count) if len(named) == 1 else None
    if (wish.deed is Deed.SET and wish.count is None) or (wish.deed is Deed.SWAP and not wish.other):
        return None
    if wish.other and not article.is_one(Item(wish.other), trip):
        return None
    cart, item = trip.cart(), Item(wish.words)
    meant = cart_line.lines_for(item, cart, trip)
    if not meant and (not cart["lines"] or article.is_one(item, trip)):
        titles = "; ".join(str(line["title"] or line["sku"]) for line in cart["lines"])
        said = trip.says["not_in_cart"].format(titles=titles) if titles else trip.says["empty"]
        raise NotDone(said, unsure=not (wish.words and article.is_one(item, trip)))
    return Item(str(meant[0]["sku"]) if len(meant) == 1 else wish.words, wish.count) if meant else None


def _tried(wish: Wish, trip: Trip) -> str:
    """The wish done to the cart as it is, which somebody else may be changing at the same time."""
    for _ in range(_TRIES):
        notes, products = len(trip.notes), len(trip.products)
        try:
            return _done(wish, trip)
        except Moved:
            del trip.notes[notes:], trip.products[products:]
    raise NotDone(trip.says["not_now"])


def _done(wish: Wish, trip: Trip) -> str:
    cart = trip.cart()
    if wish.back and _was_taken(wish, cart, trip):
        return _undone(cart, trip)
    match wish.deed:
        case Deed.UNDO:
            return _undone(cart, trip)
        case Deed.SHOW:
            return cart_told.told(cart, trip)
        case Deed.CLEAR:
            return _cleared(cart, trip)
        case Deed.ADD:
            return _added(wish, cart, trip)
        case Deed.TAKE:
            return _taken(wish, cart, trip)
        case Deed.KEEP:
            going = _going(wish, cart, trip)
            return _changed(going, cart, trip) if going else cart_told.told(cart, trip)
        case Deed.SWAP:
            return _swapped(wish, cart, trip)
    if wish.items[0].every:
        return _changed([_to_be(wish, line, cart, trip) for line in cart_line.lines(cart, trip)], cart, trip)
    line = cart_line.line(wish.items[0], cart, trip, sure=wish.deed is not Deed.SET)
    if wish.bare and (size := _may_be_size(wish.items[0].count, line, trip)) is not None:
        return _exchanged(Item(), line, size, line["quantity"], cart, trip)
    return cart_told.left(trip.change(again=wish.deed in _OWN_AMOUNT, **_to_be(wish, line, cart, trip)), trip)


def _going(wish: Wish, cart: Mapping[str, Any], trip: Trip) -> list[Mapping[str, object]]:
    """What makes nothing be left but what is to be kept, and of that as many as are said."""
    kept = [(item, cart_line.line(item, cart, trip, sure=True)) for item in wish.items]
    names = {line["sku"] for _, line in kept}
    going: list[Mapping[str, object]] = [
        {"action": "remove", "sku": line["sku"]} for line in cart["lines"] if line["sku"] not in names
    ]
    for item, line in kept:
        many = line["quantity"] if item.count is None else _whole(item.count, line["title"] or line["sku"], trip)
        if many > line["quantity"]:
            raise NotDone(trip.says["how_many"].format(title=line["title"] or line["sku"]), asks=True)
        if many < line["quantity"] and going:  # "all but one whisk" may leave the ladle where it is
            raise NotDone(trip.says["one_at_a_time"], asks=True)
        if item.count is not None and going and not product_words(item.text):  # "all but two" of several articles
            raise NotDone(trip.says["one_at_a_time"], asks=True)
    fewer: list[Mapping[str, object]] = [
        {"action": "put", "sku": line["sku"], "quantity": item.count}
        for item, line in kept
        if isinstance(item.count, int) and item.count < line["quantity"]
    ]
    return going + fewer


def _may_be_size(count: Count | None, line: Mapping[str, Any], trip: Trip) -> Pick | None:
    """The article that "make it 46" means where 46 is a size of it; None: so many are meant. A small number may be
    either, and is asked about."""
    if not isinstance(count, int):
        return None
    sizes = article.of_size(str(count), line, trip)
    own = str(line["title"] or line["sku"])
    if not sizes or (count <= _FEW and all(one.sku == line["sku"] for one in sizes)):
        return None
    others = [one for one in sizes if one.sku != line["sku"]]
    if len(others) == 1 == len(sizes) and count > _FEW:
        return others[0]
    if not others:
        raise NotDone(trip.says["how_many"].format(title=own), asks=True)
    titles = "; ".join(dict.fromkeys((f"{count} × {own}", *(one.title for one in others[: article.NAMED]))))
    raise NotDone(trip.says["which"].format(titles=titles), asks=True)


def _to_be(wish: Wish, line: Mapping[str, Any], cart: Mapping[str, Any], trip: Trip) -> Mapping[str, object]:
    """What makes so many of a line as are wished for."""
    quantity = _meant(wish, line, trip)
    if quantity == 0:
        return {"action": "remove", "sku": line["sku"]}
    if quantity > line["quantity"]:
        _check_stock(Pick(line["sku"], line["title"] or line["sku"]), quantity, cart, trip, more=False)
    return {"action": "put", "sku": line["sku"], "quantity": quantity}


def _was_taken(wish: Wish, cart: Mapping[str, Any], trip: Trip) -> bool:
    """Whether "it", which is to be put back, is what was taken out just before."""
    if trip.before is None or trip.before.version != cart["version"]:
        return False
    fewer = sum(held_lines(cart).values()) < sum(quantity for _, quantity in trip.before.lines)
    return fewer and not any(product_words(item.text) for item in wish.items)


def _undone(cart: Mapping[str, Any], trip: Trip) -> str:
    """The cart as it was before this conversation changed it last, if nothing else has changed it since."""
    says = trip.says
    if trip.before is None:
        raise NotDone(says["nothing_to_undo"])
    lines = [{"sku": sku, "quantity": quantity} for sku, quantity in trip.before.lines]
    try:
        after = trip.change(action="become", lines=lines, cart_version=trip.before.version)
    except Moved:
        raise NotDone(f"{says['changed_since']} {cart_told.told(cart, trip)}") from None
    trip.leaves = None  # what was taken back is not put in again by the same word
    names = {line["sku"]: line["title"] or line["sku"] for line in (*cart["lines"], *after["lines"])}
    held, now = held_lines(cart), held_lines(after)
    changed = [(names[sku], now.get(sku, 0) - held.get(sku, 0)) for sku in names]
    what = [
        says["in_again" if by > 0 else "out_again"].format(title=title, many=abs(by)) for title, by in changed if by
    ]
    undone = [says["undone"].format(what="; ".join(what))] if what else []
    return " ".join((*undone, cart_told.told(after, trip)))


def _added(wish: Wish, cart: Mapping[str, Any], trip: Trip) -> str:
    picks: dict[str, tuple[Pick, int]] = {}
    for item in (one for said in wish.items for one in article.apart(said, trip)):
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
        raise NotDone(trip.says["how_many"].format(title=title), asks=True)


def _each(item: Item, cart: Mapping[str, Any], trip: Trip) -> list[Pick]:
    """Of "one of each", each that was shown last; of "one more of each", each that is in the cart."""
    if item.more:
        return [Pick(line["sku"], line["title"] or line["sku"]) for line in cart_line.lines(cart, trip)]
    found = [article.listed(one) for one in trip.listed(trip.shown)] if trip.shown else []
    if not 1 < len(found) <= _MOST_EACH:
        raise article.which(found, trip, unsure=not found)
    trip.products += [one["product_id"] for one in found]
    return [article.variant(one, "", trip) for one in found]


def _taken(wish: Wish, cart: Mapping[str, Any], trip: Trip) -> str:
    going = [
        _out(item, line, trip)
        for item in wish.items
        for line in (cart_line.lines(cart, trip) if item.every else cart_line.taken(item, cart, trip))
    ]
    return _changed(going, cart, trip)


def _out(item: Item, line: Mapping[str, Any], trip: Trip) -> Mapping[str, object]:
    """What takes so many of a line out, or all of it."""
    if item.count is None:
        return {"action": "remove", "sku": line["sku"]}
    many = min(_whole(item.count, line["title"] or line["sku"], trip), MAX_QUANTITY)
    return {"action": "take", "sku": line["sku"], "quantity": many}


def _changed(changes: Sequence[Mapping[str, object]], cart: Mapping[str, Any], trip: Trip) -> str:
    """The cart after all of these: one change of it, of which nothing is half done."""
    if len(changes) == 1:
        return cart_told.left(trip.change(again=True, **changes[0]), trip)
    after = held_after(held_lines(cart), changes)
    if len(after) > MAX_LINES:
        raise NotDone(str(CartFull()))
    lines = [{"sku": sku, "quantity": quantity} for sku, quantity in after.items()]
    return cart_told.left(trip.change(again=True, action="become", lines=lines, cart_version=cart["version"]), trip)


def _swapped(wish: Wish, cart: Mapping[str, Any], trip: Trip) -> str:
    (item,), other = wish.items, wish.other or Item()
    line = cart_line.line(item, cart, trip, sure=True)
    many = other.count if other.count is not None else item.count or line["quantity"]
    points = any(one.how is Pointing.PLACE for one in wanted(other.text).references)
    if size := size_alone(other.text):  # "make it 28 cm"
        return _sized(size, item, line, many, cart, trip)
    if not points and not product_words(other.text):  # "change it to medium"
        if line["product_id"] is None:
            raise NotDone(trip.says["one_at_a_time"], asks=True)
        pick = article.variant(article.of(line["product_id"], trip), other.text, trip)
    else:
        try:
            (pick,) = _picks(other, cart, trip, one=True)
        except NotDone as why:  # the other one lies in the cart: it was the cart that they spoke of
            raise NotDone(str(why), asks=why.asks) from None
    return _exchanged(item, line, pick, many, cart, trip)


def _sized(size: str, item: Item, line: Mapping[str, Any], many: Count, cart: Mapping[str, Any], trip: Trip) -> str:
    """The same in another size, where there is one such."""
    sizes = article.of_size(size, line, trip)
    title = str(line["title"] or line["sku"])
    if not sizes:
        raise NotDone(trip.says["not_in_that"].format(title=title, what=size), asks=True)
    if len(sizes) > 1:
        titles = "; ".join(one.title for one in sizes[: article.LISTED])
        raise NotDone(trip.says["which"].format(titles=titles), asks=True)
    if sizes[0].sku == line["sku"] and not article.has(title, figures_in(size)[0]):  # one article of every size
        raise NotDone(trip.says["counted_together"].format(title=title, what=size))
    if sizes[0].sku == line["sku"]:
        return cart_told.told(cart, trip)
    return _exchanged(item, line, sizes[0], many, cart, trip)


def _exchanged(
    item: Item, line: Mapping[str, Any], pick: Pick, many: Count, cart: Mapping[str, Any], trip: Trip
) -> str:
    if pick.sku == line["sku"]:
        raise NotDone(trip.says["one_at_a_time"], asks=True)
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
            raise NotDone(trip.says["no_half"].format(title=title, quantity=held), asks=True)
        case Deed.HALVE:
            return held // 2
    count = wish.items[0].count
    return 0 if count == 0 else _whole(count, title, trip)


def _whole(count: Count | None, title: str, trip: Trip) -> int:
    """So many of an article as a line may have; one, where nothing is said."""
    if isinstance(count, Odd):
        raise NotDone(trip.says[count.value].format(title=title), asks=True)
    many = 1 if count is None else count
    if many < 1:
        raise NotDone(trip.says["less_than_one"].format(title=title), asks=True)
    return many


def _check_stock(pick: Pick, many: int, cart: Mapping[str, Any], trip: Trip, *, more: bool) -> None:
    held = held_lines(cart).get(pick.sku, 0) if more else 0
    taken = sum(one["quantity"] for one in cart["left_out"] or () if one["sku"] == pick.sku)  # from the shelf, already
    says = trip.says
    if many + held > MAX_QUANTITY:
        raise NotDone(says["too_many"].format(title=pick.title, most=MAX_QUANTITY) + _there_already(held, trip))
    offers = trip.offers((pick.sku,)).get(pick.sku, ())
    if len(offers) != 1:
        return  # the cart says itself what is the matter with it
    (offer,) = offers
    if offer.is_out and many + held > taken:
        raise NotDone(says["sold_out"].format(title=pick.title))
    if offer.left is not None and many + held - taken > offer.left:
        raise NotDone(says["few_left"].format(title=pick.title, left=offer.left) + _there_already(held, trip))


def _there_already(held: int, trip: Trip) -> str:
    return f" {trip.says['there_already'].format(held=held)}" if held else ""


def _picks(item: Item, cart: Mapping[str, Any], trip: Trip, *, one: bool = False) -> list[Pick]:
    """The articles that are to go in: one, but for "both"."""
    if item.more and len(held := cart_line.lines_for(item, cart, trip)) == 1:
        trip.products += [held[0]["product_id"]] if held[0]["product_id"] else []
        return [Pick(held[0]["sku"], held[0]["title"] or held[0]["sku"])]
    if size := size_alone(item.text):
        return [article.of_shown(size, trip)]
    products = article.products_for(item, trip, one=one)
    trip.products += [product["product_id"] for product in products]
    picks = [article.variant(product, item.text, trip) for product in products]
    for product in products:
        article.check_figures(item.text, product["product_id"], str(product["title"]), trip)
    return picks


def _cleared(cart: Mapping[str, Any], trip: Trip) -> str:
    if not cart["lines"]:
        raise NotDone(trip.says["empty"], unsure=True)
    trip.change(action="empty")
    return trip.says["emptied"]
