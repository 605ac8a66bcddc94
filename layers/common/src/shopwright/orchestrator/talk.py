"""What a shopper wants done and not told: the cart, a greeting, a person. Changes when chat does another thing itself.

Only what a rule has read counts here (`intent.toml`): it costs a fraction of a millisecond, so that a kept answer stays
quick. Everything else of the message is `rest`, and is looked up in the documents as before. Whose cart it is, tools
take from the verified caller; what the cart holds and costs is told from the database, as the tool gave it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shopwright.catalog.offer import Listed
from shopwright.checkout.cart import MAX_QUANTITY
from shopwright.grounding.wording import wording
from shopwright.observability.audit import digest
from shopwright.orchestrator.intent import WORDS_ALONE, By, Kind, Request, read
from shopwright.orchestrator.registry import Outcome
from shopwright.orchestrator.wanted import Change, Pointing, change_of_cart, numerals, product_words
from shopwright.resilience.deadline import Deadline
from shopwright.tenancy.caller import Caller

_LOOKED_FOR = 5
_LONGEST_SUMMARY = 500  # as the tool takes it
_NAMED = 3  # products that are offered when several may be meant
_WORD = re.compile(r"\w+")
_NOT = re.compile(r"\b(?:not|never|don['’]?t)\b", re.IGNORECASE)
_OF_AN_ORDER = re.compile(r"\b(?:order|parcel|package|shipment)s?\b", re.IGNORECASE)
_A_PERSON = re.compile(
    r"\b(?:human|person|some(?:one|body)|any(?:one|body)|agent|representative|employee|staff|manager|operator|service)\b",
    re.IGNORECASE,
)
# "How can I pay?" asks for the ways of paying. "How can I pay for my cart?" wants to.
_WAYS_TO_PAY = re.compile(
    r"^\W*(?:(?:and|so|but|ok(?:ay)?|hi|hello|please)\W+)*(?:how|which|what|where|when)\b"
    r"(?=.*\bpay(?:ing|ment)?\b)(?!.*\b(?:cart|basket|bag|trolley)\b)",
    re.IGNORECASE,
)
_LONGEST_WISH = 12  # words: what is longer tells a story, and a word in it is no wish
# A wish for the cart begins with what to do. "I pull the cart through a narrow door" is about a cart that is sold.
_TELLS_US = re.compile(
    r"^(?:(?:please|ok(?:ay)?|now|then|and|also|yes|great|hi|hello)[,!]? |(?:can|could|would|will) you (?:please )?"
    r"|i(?:['’]d| would) like (?:you )?to |i want (?:you )?to |let['’]?s )*"
    r"(?:add|put|place|throw|remove|take|delete|drop|get rid of|empty|clear|make|change|set|update|show|view|see|swap"
    r"|replace|what(?:['’]?s| is| do i have)|i['’]?ll (?:take|have))\b",
    re.IGNORECASE,
)
_THE_CART = re.compile(r"\b(?:cart|basket|bag|trolley)\b", re.IGNORECASE)
_ALL_OF_ONE = re.compile(r"\b(?:remove|delete|throw|take) all\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reply:
    """What is said without a document; `rest` is what is left to be looked up, in the shopper's words. `asks`: we need
    to know more before we do it. `products` are what "it" means from now on."""

    text: str
    rest: str = ""
    asks: bool = False
    products: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Desk:
    """What must be within reach: the tools, and products by their ids."""

    call: Callable[[Caller, str, Mapping[str, Any], Deadline, str | None], Outcome]
    products: Callable[[Caller, Sequence[str]], Sequence[Listed]]
    # A tool's call in a conversation: hands it over to a person. Without it nobody can be put through.
    hand_over: Callable[[Caller, Mapping[str, Any], Deadline, str | None], Outcome] | None = None


@dataclass(slots=True)
class _Visit:
    """One message on its way through. `shown` are the products that were spoken of last."""

    caller: Caller
    shown: Sequence[str]
    request_id: str | None
    desk: Desk
    deadline: Deadline
    session_id: str | None = None
    asks: bool = False
    products: list[str] = field(default_factory=list)
    changes: int = 0

    def tool(self, name: str, **arguments: object) -> Outcome:
        """Each change of one message is a change of its own, and the same one when the message comes again."""
        self.changes += 1
        known_as = None if self.request_id is None else digest(f"{self.request_id}-{self.changes}".encode())
        return self.desk.call(self.caller, name, arguments, self.deadline, known_as)

    def ask(self, text: str) -> str:
        self.asks = True
        return text


class _NotDone(Exception):
    """A tool said no: with what the shopper is told of it."""


def reply(
    message: str,
    *,
    caller: Caller,
    shown: Sequence[str],
    request_id: str | None,
    desk: Desk,
    deadline: Deadline,
    session_id: str | None = None,
) -> Reply | None:
    """Do what the masked message asks for, if it asks for something of this kind; None: look all of it up."""
    intent = read(message, reader=WORDS_ALONE, deadline=deadline)
    visit = _Visit(caller, shown, request_id, desk, deadline, session_id)
    said: list[str] = []
    rest: list[str] = []
    for request in intent.requests:
        sentence = _does(request, visit)
        if sentence is not None:
            said.append(sentence)
        if sentence is None:
            rest.append(request.text)
        elif request.kind is Kind.HAND_OVER:
            rest.append(wording().talk["how_to_reach"])
    if not said:
        return None
    return Reply(" ".join(said), " ".join(rest), visit.asks, tuple(dict.fromkeys(visit.products)))


def _does(request: Request, visit: _Visit) -> str | None:
    if request.by is not By.RULE or not request.sure:
        return None
    match request.kind:
        case Kind.SMALL_TALK:
            return wording().talk["small_talk"]
        case Kind.CHECKOUT if _WAYS_TO_PAY.search(request.text):
            return None
        case Kind.CHECKOUT if not _NOT.search(request.text) and len(request.text.split()) <= _LONGEST_WISH:
            return wording().talk["pay_at_the_till"]
        case Kind.ORDER_STATUS if request.wanted.order_number and _OF_AN_ORDER.search(request.text):
            return wording().talk["orders_at_the_till"]
        case Kind.HAND_OVER if _A_PERSON.search(request.text) and len(request.text.split()) <= _LONGEST_WISH:
            return _handed_over(request, visit)
        case Kind.CART_CHANGE if _TELLS_US.match(request.text.strip()):
            asked = visit.asks
            try:
                said = _cart(request, visit)
            except _NotDone as refusal:
                return str(refusal)
            nothing = (visit.asks and not asked) or said == wording().talk["empty"]
            if nothing and not _THE_CART.search(request.text):
                visit.asks = False  # nobody spoke of a cart, and nothing fits: "add a little water" is something else
                return None
            return said
    return None


def _handed_over(request: Request, visit: _Visit) -> str:
    """What is promised is what was kept: a person sees the conversation, or nobody was reached."""
    if visit.desk.hand_over is None:
        return wording().talk["no_person_here"]
    wanted = {"reason": "asked_for", "summary": request.text[:_LONGEST_SUMMARY]}
    outcome = visit.desk.hand_over(visit.caller, wanted, visit.deadline, visit.session_id)
    return wording().talk["handed_over" if outcome.done else "no_person_here"]


def _cart(request: Request, visit: _Visit) -> str:
    change = change_of_cart(request.text)
    match change:
        case Change.SHOW:
            return _told(_given(visit.tool("edit_cart", action="show")))
        case Change.CLEAR if not _ALL_OF_ONE.search(request.text) or not product_words(request.text):
            _given(visit.tool("edit_cart", action="empty"))
            return wording().talk["emptied"]
        case Change.SWAP:
            return visit.ask(wording().talk["one_at_a_time"])
        case Change.ADD:
            return _added(request, visit)
    line = _line(request, _given(visit.tool("edit_cart", action="show"))["lines"], visit)
    if isinstance(line, str):
        return line
    if change in (Change.REMOVE, Change.CLEAR):
        many = request.wanted.quantity
        how = {"action": "remove"} if many is None else {"action": "take", "quantity": min(many, MAX_QUANTITY)}
        cart = _given(visit.tool("edit_cart", sku=line["sku"], **how))
        return _told(cart) if cart["lines"] else wording().talk["emptied"]
    quantity = request.wanted.quantity or 1
    return _told(_given(visit.tool("edit_cart", action="put", sku=line["sku"], quantity=quantity)))


def _added(request: Request, visit: _Visit) -> str:
    product = _product(request, visit)
    if isinstance(product, str):
        return product
    visit.products.append(product["product_id"])
    said = request.text.casefold()
    named = [sku for sku in product["skus"] if sku.casefold() in said]
    skus = named or product["skus"]
    if len(skus) > 1:
        return visit.ask(wording().talk["which_variant"].format(title=product["title"], skus=", ".join(skus)))
    if not skus:
        return wording().talk["sold_out"].format(title=product["title"])
    quantity = request.wanted.quantity or 1
    return _told(_given(visit.tool("edit_cart", action="add", sku=skus[0], quantity=quantity)))


def _product(request: Request, visit: _Visit) -> Mapping[str, Any] | str:
    """The one product that is meant, or what to say when it is none, or one of several."""
    codes = [one.text for one in request.wanted.references if one.how is Pointing.CODE]
    words = " ".join(codes) or product_words(request.text)
    if not words:
        found = [_listed(one) for one in visit.desk.products(visit.caller, visit.shown)] if visit.shown else []
        places = [one.place for one in request.wanted.references if one.how is Pointing.PLACE and one.place]
        if len(places) == 1:  # "the second one" counts in what was shown, also when one of them is gone since
            at = places[0] - 1 if places[0] > 0 else len(visit.shown) + places[0]
            meant = visit.shown[at] if 0 <= at < len(visit.shown) else ""
            found = [one for one in found if one["product_id"] == meant] or found
        return found[0] if len(found) == 1 else _which(found, visit)
    found = _given(visit.tool("search_products", words=words, limit=_LOOKED_FOR))["products"]
    said = {code.casefold() for code in codes}
    exact = [one for one in found if {sku.casefold() for sku in one["skus"]} & said]
    if not exact:  # named in full; "Murmur Buds" stands in "Murmur Buds Pro" too
        full = [one for one in found if _named_in_full(one["title"], request.text)]
        exact = [one for one in full if not any(_within(one["title"], other["title"]) for other in full)]
    if not exact:  # what looks like an article's number may be a part of its name
        exact = _of_all(_terms(product_words(request.text) or words), found, lambda one: str(one["title"]))
    if len(exact) == 1:
        return dict(exact[0])
    return _which(exact or found, visit)


def _line(request: Request, held: Sequence[Mapping[str, Any]], visit: _Visit) -> Mapping[str, Any] | str:
    """The one line of the cart that is meant, or what to say when it is none, or one of several."""
    if not held:
        return wording().talk["empty"]
    terms = _terms(product_words(request.text))
    said = request.text.casefold()
    meant = [line for line in held if line["sku"].casefold() in said]
    meant = meant or _of_all(terms, held, lambda one: str(one["title"] or one["sku"]))
    if not meant and not terms and len(held) == 1:
        meant = list(held)
    if len(meant) == 1:
        return meant[0]
    titles = [line["title"] or line["sku"] for line in meant or held]
    return visit.ask(wording().talk["which"].format(titles="; ".join(titles)))


def _of_all(
    terms: set[str], among: Sequence[Mapping[str, Any]], title: Callable[[Mapping[str, Any]], str]
) -> list[Mapping[str, Any]]:
    """Those whose titles hold every word; a number in words may only say how many: "three tents"."""
    for wanted in (terms, terms - numerals()):
        if found := [one for one in among if wanted and wanted <= _terms(title(one))]:
            return found
    return []


def _which(found: Sequence[Mapping[str, Any]], visit: _Visit) -> str:
    if not found:
        return visit.ask(wording().talk["which_product"])
    return visit.ask(wording().talk["which"].format(titles="; ".join(one["title"] for one in found[:_NAMED])))


def _told(cart: Mapping[str, Any]) -> str:
    """The cart, line by line, with the prices that the database has now."""
    if not cart["lines"]:
        return wording().talk["empty"]
    lines = []
    for line in cart["lines"]:
        price = f" ({_amount(line['total'])})" if line["total"] else ""
        trouble = f" [{line['trouble'].replace('_', ' ')}]" if line["trouble"] else ""
        lines.append(f"{line['quantity']} × {line['title'] or line['sku']}{price}{trouble}")
    told = wording().talk["cart"].format(lines="; ".join(lines))
    if cart["total"]:
        told += " " + wording().talk["total"].format(total=_amount(cart["total"]))
    return told if cart["prices_known"] else f"{told} {wording().talk['no_prices']}"


def _amount(price: Mapping[str, Any]) -> str:
    return f"{price['amount']} {price['currency']}" if price["currency"] else str(price["amount"])


def _given(outcome: Outcome) -> Mapping[str, Any]:
    if not outcome.done or outcome.value is None:
        raise _NotDone(outcome.says or wording().talk["not_now"])
    return outcome.value


def _listed(one: Listed) -> dict[str, Any]:
    return {"product_id": one.product_id, "title": one.title, "skus": list(one.skus)}


def _named_in_full(title: str, said: str) -> bool:
    return bool(re.search(rf"(?<!\w){re.escape(title.casefold())}(?:e?s)?(?!\w)", " ".join(said.casefold().split())))


def _within(title: str, other: str) -> bool:
    """Whether another title is this one with more words."""
    return title.casefold() != other.casefold() and title.casefold() in other.casefold()


def _terms(text: str) -> set[str]:
    """Words without their plural's s."""
    return {word.removesuffix("s") if len(word) > 3 else word for word in _WORD.findall(text.casefold())}
