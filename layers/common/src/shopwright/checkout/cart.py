"""What a shopper means to buy: changes when a cart may hold more, less or something else.

A cart holds article numbers and quantities and nothing that the shop may change: what a line is called, costs and
whether it can be had is read from the catalog whenever the cart is shown.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from shopwright.catalog.offer import Offer
from shopwright.catalog.product import MAX_ID
from shopwright.errors import Conflict, Invalid, NotFound, Unavailable
from shopwright.money import Money
from shopwright.tenancy.caller import Caller

LIFETIME_S = 30 * 24 * 3600  # after the last change
MAX_LINES = 50
MAX_QUANTITY = 99  # of one line
REMEMBERED = 50  # the newest requests of a cart that are known again, and likewise the newest orders
MAX_REQUEST_ID = 64
LONGEST_TITLE = 150  # what it is is said by its number; a shop's title may be a paragraph


class LineUnusable(Invalid):
    """The line cannot be put into any cart."""


class SkuNotSold(NotFound):
    """The shop does not sell this article, or not any more."""

    def __init__(self) -> None:
        super().__init__("The shop does not sell this article. Choose another one from its catalog.")


class SkuAmbiguous(Conflict):
    """Two products of the shop carry the same article number."""

    def __init__(self) -> None:
        super().__init__("Two products of this shop share this article number. Ask the shop to give each its own.")


class CartFull(Conflict):
    """The cart has as many lines as one may have."""

    def __init__(self) -> None:
        super().__init__(f"A cart has {MAX_LINES} lines at most. Remove one first.")


class CartChanged(Conflict):
    """The cart is not the one that the caller read."""

    def __init__(self) -> None:
        super().__init__("The cart has changed since you read it. Read it again, then repeat the change.")


class CartBusy(Conflict):
    """Others changed the cart at the same moment, again and again."""

    def __init__(self) -> None:
        super().__init__("This cart is being changed from elsewhere. Please try again.")


class RequestReused(Conflict):
    """One request id came with two different changes."""

    def __init__(self) -> None:
        super().__init__("This request id was used for another change. Give each change an id of its own.")


class CartUnavailable(Unavailable):
    """Carts can be neither read nor changed at the moment."""

    def __init__(self) -> None:
        super().__init__("The cart cannot be reached at the moment. Please try again.")


@dataclass(frozen=True, slots=True)
class Line:
    """So many of one article."""

    sku: str
    quantity: int

    def __post_init__(self) -> None:
        _check_sku(self.sku)
        if isinstance(self.quantity, bool) or not isinstance(self.quantity, int):
            raise LineUnusable("A quantity is a whole number.")
        if not 1 <= self.quantity <= MAX_QUANTITY:
            raise LineUnusable(f"A line has 1 to {MAX_QUANTITY} of an article. Remove the line to have none.")


@dataclass(frozen=True, slots=True)
class Put:
    """This article, in this quantity, whatever the cart had of it."""

    line: Line


@dataclass(frozen=True, slots=True)
class Add:
    """So many more of this article. Under a request id: one that comes twice would else count twice."""

    line: Line


@dataclass(frozen=True, slots=True)
class Take:
    """So many fewer of this article, and none when there were no more. Under a request id, as `Add` is."""

    line: Line


@dataclass(frozen=True, slots=True)
class Bought:
    """So many fewer of each article as an order had of it, once for each order however often it is told. What has come
    into the cart since stays in it."""

    order_id: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Remove:
    """None of this article."""

    sku: str

    def __post_init__(self) -> None:
        _check_sku(self.sku)


@dataclass(frozen=True, slots=True)
class Empty:
    """Nothing at all."""


@dataclass(frozen=True, slots=True)
class Become:
    """These lines and no others: several changes at once, of a cart that is as it was read. With the version of that
    one, or what somebody else has put in meanwhile is lost."""

    lines: tuple[Line, ...]

    def __post_init__(self) -> None:
        if len({line.sku for line in self.lines}) < len(self.lines):
            raise LineUnusable("An article has one line in a cart.")


Change = Put | Add | Take | Remove | Empty | Become | Bought


@dataclass(frozen=True, slots=True)
class Cart:
    """What is in it, in the order in which it came. Version 0: nobody has put anything into it yet.

    A version only grows, and no cart of the same shopper ever has it again: a cart that begins anew begins at the
    clock's seconds, so that what was agreed about an expired one never fits its successor. `taken` are the newest
    orders whose goods were taken out of it.
    """

    version: int = 0
    lines: tuple[Line, ...] = ()
    expires_at: int = 0
    taken: tuple[str, ...] = ()  # oldest first


@dataclass(frozen=True, slots=True)
class Kept:
    """A cart as it is stored: with the newest requests that changed it, each with what it asked for."""

    cart: Cart = Cart()
    requests: tuple[tuple[str, str], ...] = ()  # id, fingerprint of the change; oldest first


@dataclass(frozen=True, slots=True)
class Shown:
    """A line as the catalog has it now. `offer` is None when the shop does not sell it any more, and `was` what it was
    called then, if that is known; `paid_for` are as many of it as are being paid for in another order, and not bought
    again."""

    line: Line
    offer: Offer | None
    paid_for: int = 0
    was: str | None = None

    @property
    def title(self) -> str | None:
        """What it is called, or was when it was last sold; None: nobody knows."""
        return self.was if self.offer is None else self.offer.name

    @property
    def trouble(self) -> str | None:
        """Why the line cannot be bought as it stands, in a word that stays the same; None: it can."""
        if self.paid_for >= self.line.quantity:
            return None
        if self.offer is None:
            return "not_sold"
        if self.offer.price is None:
            return "no_price"
        if self.offer.is_out:
            return "out_of_stock"
        if self.offer.left is not None and self.offer.left < self.line.quantity - self.paid_for:
            return "too_few_left"
        return None

    @property
    def total(self) -> Money | None:
        """Quantity times price."""
        if self.offer is None or self.offer.price is None:
            return None
        return Money(self.offer.price.minor * self.line.quantity, self.offer.price.currency)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """So many of one article in the cart that are being bought in another order already, and not a second time."""

    order_id: str
    sku: str
    title: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Priced:
    """A cart with what the catalog says of it. `prices_known` is False when the catalog did not answer; `left_out` is
    what a quote leaves out of it, None when the orders did not answer."""

    cart: Cart
    lines: tuple[Shown, ...]
    prices_known: bool = True
    left_out: tuple[LeftOut, ...] | None = ()

    @property
    def total(self) -> Money | None:
        """The sum of the lines; None when one has no price, or they are in two currencies."""
        totals = [line.total for line in self.lines]
        priced = [total for total in totals if total is not None]
        if not priced or len(priced) < len(totals) or len({one.currency for one in priced}) > 1:
            return None
        return Money(sum(one.minor for one in priced), priced[0].currency)


@dataclass(frozen=True, slots=True)
class Desk:
    """What must be within reach: the caller's own cart, which a request id or a version may come with when it is to be
    changed, the catalog's offers by article number, what the caller's orders are buying, and what is sold no more was
    called. Without the last two nothing is marked as being paid for, and what is sold no more is told by its number."""

    open: Callable[[Caller], Cart]
    change: Callable[[Caller, Change, str | None, int | None], Cart]
    offers: Callable[[Caller, Sequence[str]], Mapping[str, Sequence[Offer]]]
    under_way: Callable[[Caller], Sequence[Bought]] = lambda caller: ()
    last_names: Callable[[Caller, Sequence[str]], Mapping[str, str]] = lambda caller, skus: {}


def show(caller: Caller, *, desk: Desk) -> Priced:
    """The caller's own cart with the prices of this moment; without prices when the catalog does not answer."""
    return _priced(desk.open(caller), caller, desk)


def change(
    caller: Caller,
    wanted: Change,
    *,
    desk: Desk,
    request_id: str | None = None,
    if_version: int | None = None,
) -> Priced:
    """Change the caller's own cart. What the shop does not sell is refused; what is in the cart can always go."""
    if request_id is not None and not all(1 <= len(name) <= MAX_REQUEST_ID for name in names_of(request_id) or ("",)):
        raise LineUnusable(f"A request id has 1 to {MAX_REQUEST_ID} characters.")
    coming = _coming(caller, wanted, desk)
    offered = desk.offers(caller, coming) if coming else {}
    for sku in coming:
        if not offered.get(sku):
            raise SkuNotSold
        if len(offered[sku]) > 1:
            raise SkuAmbiguous
    cart = desk.change(caller, wanted, request_id, if_version)
    return _priced(cart, caller, desk)


def _coming(caller: Caller, wanted: Change, desk: Desk) -> tuple[str, ...]:
    """The articles of which a change puts some in."""
    match wanted:
        case Put(line) | Add(line):
            return (line.sku,)
        case Become(lines):
            held = {line.sku: line.quantity for line in desk.open(caller).lines}
            return tuple(line.sku for line in lines if line.quantity > held.get(line.sku, 0))
    return ()


def changed(kept: Kept, wanted: Change, *, request_id: str | None, if_version: int | None, now: float) -> Kept:
    """What a store has to keep after a change; the very same when there is nothing to do."""
    if isinstance(wanted, Bought) and wanted.order_id in kept.cart.taken:
        return kept
    asked, names = fingerprint(wanted), names_of(request_id)
    known = dict(kept.requests)
    its = [known[name] for name in names if name in known]
    if any(one != asked for one in its):
        raise RequestReused
    if its:
        return kept
    if if_version is not None and if_version != kept.cart.version:
        raise CartChanged
    lines = _lines(kept.cart.lines, wanted)
    if lines == kept.cart.lines and not names and not isinstance(wanted, Bought):
        return kept
    version = kept.cart.version
    if lines != kept.cart.lines:
        version = max(version + 1, int(now))
    requests = (*kept.requests, *((name, asked) for name in names))[-REMEMBERED:]
    # One that is bought and no longer there is remembered as well: what is put in afterwards is not of that order.
    taken = (*kept.cart.taken, wanted.order_id)[-REMEMBERED:] if isinstance(wanted, Bought) else kept.cart.taken
    return Kept(Cart(version, lines, int(now) + LIFETIME_S, taken), requests)


def names_of(request_id: str | None) -> tuple[str, ...]:
    """A request may have two names, parted by a space: by whichever of them it is known, it is the same request."""
    return () if request_id is None else tuple(request_id.split())


def fingerprint(wanted: Change) -> str:
    """A short name of what a request asks for, so that another one under the same id is noticed."""
    match wanted:
        case Put(line):
            said = f"put {line.quantity} {line.sku}"
        case Add(line):
            said = f"add {line.quantity} {line.sku}"
        case Take(line):
            said = f"take {line.quantity} {line.sku}"
        case Bought(order_id):
            said = f"bought {order_id}"
        case Remove(sku):
            said = f"remove {sku}"
        case Empty():
            said = "empty"
        case Become(lines):
            said = "become " + " ".join(f"{line.quantity} {line.sku}" for line in lines)
    return sha256(said.encode("utf-8")).hexdigest()[:16]


def _lines(lines: tuple[Line, ...], wanted: Change) -> tuple[Line, ...]:
    match wanted:
        case Empty():
            return ()
        case Become(those):
            if len(those) > MAX_LINES:
                raise CartFull
            return those
        case Remove(sku):
            return tuple(line for line in lines if line.sku != sku)
        case Add(line):
            there = next((one.quantity for one in lines if one.sku == line.sku), 0)
            return _lines(lines, Put(Line(line.sku, there + line.quantity)))
        case Take(line):
            return _fewer(lines, {line.sku: line.quantity})
        case Bought(_, bought):
            return _fewer(lines, {line.sku: line.quantity for line in bought})
        case Put(line):
            if any(one.sku == line.sku for one in lines):
                return tuple(line if one.sku == line.sku else one for one in lines)
            if len(lines) >= MAX_LINES:
                raise CartFull
            return (*lines, line)


def _fewer(lines: tuple[Line, ...], taken: Mapping[str, int]) -> tuple[Line, ...]:
    left = ((line.sku, line.quantity - taken.get(line.sku, 0)) for line in lines)
    return tuple(Line(sku, quantity) for sku, quantity in left if quantity > 0)


def besides(cart: Priced, under_way: Sequence[Bought]) -> tuple[tuple[Shown, ...], tuple[LeftOut, ...]]:
    """What the cart has besides the orders that are under way, and what they have of it. Where anything is left of a
    line, each order that has its article is named."""
    wanted: list[Shown] = []
    left_out: list[LeftOut] = []
    orders = [order for order in under_way if order.order_id not in cart.cart.taken]
    for shown in cart.lines:
        sku, left = shown.line.sku, shown.line.quantity
        title = cut(shown.title or sku)
        for order in orders:
            theirs = min(left, sum(line.quantity for line in order.lines if line.sku == sku))
            if theirs:
                left_out.append(LeftOut(order.order_id, sku, title, theirs))
                left -= theirs
        if left:
            wanted.append(replace(shown, line=Line(sku, left), paid_for=0))
    return tuple(wanted), tuple(left_out)


def cut(title: str) -> str:
    """A title as an order has it."""
    return title if len(title) <= LONGEST_TITLE else f"{title[: LONGEST_TITLE - 1].rstrip()}…"


def _priced(cart: Cart, caller: Caller, desk: Desk) -> Priced:
    if not cart.lines:
        return Priced(cart, ())
    try:
        offers = desk.offers(caller, tuple(line.sku for line in cart.lines))
    except Unavailable:
        unknown = tuple(Shown(line, None) for line in cart.lines)
        return Priced(cart, unknown, prices_known=False, left_out=None)
    # A number that two products share since it was put here is no offer of either.
    mine = {sku: offered[0] for sku, offered in offers.items() if len(offered) == 1}
    gone = tuple(line.sku for line in cart.lines if line.sku not in offers)
    try:
        names = desk.last_names(caller, gone) if gone else {}
    except Unavailable:
        names = {}
    priced = Priced(cart, tuple(Shown(line, mine.get(line.sku), was=names.get(line.sku)) for line in cart.lines))
    try:
        _, left_out = besides(priced, desk.under_way(caller))
    except Unavailable:
        return replace(priced, left_out=None)
    paid_for = Counter[str]()
    for one in left_out:
        paid_for[one.sku] += one.quantity
    lines = tuple(replace(shown, paid_for=paid_for[shown.line.sku]) for shown in priced.lines)
    return replace(priced, lines=lines, left_out=left_out)


def _check_sku(sku: str) -> None:
    if not isinstance(sku, str) or not sku.strip() or len(sku) > MAX_ID or any(ord(sign) < 32 for sign in sku):
        raise LineUnusable(f"An article number has 1 to {MAX_ID} characters, as the catalog has it.")
    if any("\ud800" <= sign <= "\udfff" for sign in sku):
        raise LineUnusable("Half of a surrogate pair is no text.")
