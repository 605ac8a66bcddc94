"""What a shopper wants done and not told: the cart, a greeting, a person. Changes when chat does another thing itself.

Only what the words alone tell counts here (`intent.toml`, `basket.toml`): it costs a fraction of a millisecond, so that
a kept answer stays quick. Everything else of the message is `rest`, and is looked up in the documents as before. Whose
cart it is, tools take from the verified caller; what it holds and costs is told from the database, as the tool gave it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shopwright.catalog.facts import Choice
from shopwright.catalog.offer import Listed, Offer
from shopwright.errors import Unavailable
from shopwright.grounding.wording import wording
from shopwright.observability.audit import digest
from shopwright.orchestrator import basket, beside, bought, filling
from shopwright.orchestrator.basket import Deed
from shopwright.orchestrator.beside import Abroad
from shopwright.orchestrator.intent import WORDS_ALONE, By, Kind, Request, by_rule, read
from shopwright.orchestrator.registry import Outcome
from shopwright.orchestrator.session import CartBefore
from shopwright.orchestrator.trip import Trip
from shopwright.orchestrator.wanted import plain_text
from shopwright.resilience.deadline import Deadline
from shopwright.tenancy.caller import Caller

_LONGEST_SUMMARY = 500  # as the tool takes it
_NOT = re.compile(r"\b(?:not|never|don['’]?t)\b", re.IGNORECASE)
_OF_AN_ORDER = re.compile(r"\b(?:order|parcel|package|shipment)s?\b", re.IGNORECASE)
_A_PERSON = re.compile(
    r"\b(?:human|person|some(?:one|body)|any(?:one|body)|agent|representative|employee|staff|manager|operator|service)\b",
    re.IGNORECASE,
)
# "How can I pay?" asks for the ways of paying. "How can I pay for my cart?" wants to.
_WAYS_TO_PAY = re.compile(
    r"^\W*(?:(?:and|so|but|ok(?:ay)?|hi|hello|please)\W+)*(?:how|which|what|when)\b"
    r"(?=.*\bpay(?:ing|ment)?\b)(?!.*\b(?:cart|basket|bag|trolley)\b)",
    re.IGNORECASE,
)
_ONE = re.compile(r"\b(?:the|one|ones|that|a|an|of|with|i|mean|meant|want|it)\b", re.IGNORECASE)
_LONGEST_CHOICE = 6  # words
_LONGEST_WISH = 12  # words: what is longer tells a story, and a word in it is no wish


@dataclass(frozen=True, slots=True)
class Reply:
    """What is said without a document; `rest` is what is left to be looked up, in the shopper's words. `asks`: we need
    to know more before we do it. `products` are what "it" means from now on. `reaches`: the rest is how to reach the
    shop, for who wanted a person of it. `cart`: what it was like before, where that can be taken back. `tongue` is the
    language that it is in."""

    text: str
    rest: str = ""
    asks: bool = False
    products: tuple[str, ...] = ()
    reaches: bool = False
    cart: CartBefore | None = None
    tongue: str = "en"


@dataclass(frozen=True, slots=True)
class Desk:
    """What must be within reach: the tools, products and their variants by the products' ids, and what is sold under an
    article number."""

    call: Callable[[Caller, str, Mapping[str, Any], Deadline, str | None], Outcome]
    products: Callable[[Caller, Sequence[str]], Sequence[Listed]]
    offers: Callable[[Caller, Sequence[str]], Mapping[str, Sequence[Offer]]]
    variants: Callable[[Caller, Sequence[str]], Mapping[str, Sequence[Choice]]]
    # A tool's call in a conversation: hands it over to a person. Without it nobody can be put through.
    hand_over: Callable[[Caller, Mapping[str, Any], Deadline, str | None], Outcome] | None = None
    orders: bought.Orders | None = None  # the caller's own; without it none can be looked up here


@dataclass(frozen=True, slots=True)
class _Visit:
    """One message on its way through. `trip` is its way to the cart, the same one for all that it wishes for."""

    caller: Caller
    desk: Desk
    deadline: Deadline
    session_id: str | None
    trip: Trip
    alone: bool  # it is all one wish


def reply(
    message: str,
    *,
    caller: Caller,
    shown: Sequence[str],
    request_id: str | None,
    desk: Desk,
    deadline: Deadline,
    session_id: str | None = None,
    said_at: str | None = None,
    asked_of: str = "",
    changed: CartBefore | None = None,
    listing: Sequence[str] = (),
) -> Reply | None:
    """Do what the masked message asks for, if it asks for something of this kind; None: look all of it up.

    `shown` are the products that were spoken of last. `said_at` is the message's place in its conversation: the same
    words at the same place change a cart once, as a message does that is delivered twice under one `request_id`.
    `asked_of` is the message before, where we asked of it which product is meant. `changed` is what this conversation
    has changed last of the cart, `listing` the last list of products that it showed.
    """

    def said_as(version: int, change: int) -> str:
        words = " ".join(message.casefold().split())
        names = [f"{f'cart {version}' if said_at is None else said_at} {change} {words}"]
        names += [] if request_id is None else [f"{request_id} {change}"]
        return " ".join(digest(name.encode())[:32] for name in names)

    trip = Trip(
        tool=lambda known_as, name, arguments: desk.call(caller, name, arguments, deadline, known_as),
        listed=lambda ids: desk.products(caller, ids),
        offers=lambda skus: desk.offers(caller, skus),
        choices=lambda ids: desk.variants(caller, ids),
        shown=shown,
        said_as=said_as,
        before=changed,
        listing=listing,
    )
    if asked_of and bought.cancels_it(message):  # what was asked about, and no order
        return Reply(wording().talk["left_as_it_is"])
    requests = read(message, reader=WORDS_ALONE, deadline=deadline).requests
    visit = _Visit(caller, desk, deadline, session_id, trip, alone=len(requests) == 1)
    changes = [wish for one in requests if (wish := _of_cart(one)) is not None and wish.deed is not Deed.SHOW]
    instructed = bool(changes) and _is_instructed(message)
    if changes and (instructed or basket.is_long(message)):
        if not any(wish.names_cart or (instructed and wish.deed is Deed.ADD) for wish in changes):
            return None  # "drop table …" is no wish at all, nor is a step of a recipe
        rest = (one.text for one in requests if one.text.endswith("?") and not _is_instructed(one.text))
        return Reply(wording().talk["not_by_instruction"], " ".join(rest))
    said: list[str] = []
    left: list[str] = []
    reaches, further, language = False, "", "en"
    tells_cart = False  # of several looks at the cart the last is the one that counts
    for request in requests:
        trip.told = False
        sentence = _does(request, visit)
        if sentence is None:
            left += [] if basket.is_polite(request.text) else [request.text]
            continue
        if tells_cart and trip.told:
            said.pop()
        said.append(sentence)
        tells_cart = trip.told
        if request.kind is Kind.HAND_OVER:
            reaches, further = True, wording().talk["how_to_reach"]
        elif visit.desk.orders is not None and wording().orders["not_cancelled"] in sentence:
            reaches, further = True, wording().talk["how_to_cancel"]
    if not said and (abroad := basket.foreign(message)) is not None:
        told = filling.fill_abroad(abroad, trip)
        said, left = ([told], []) if told is not None else (said, left)
    if not said and (elsewhere := beside.abroad(message)) is not None:
        said, left, language = [_told_abroad(elsewhere, message, visit)], [], elsewhere.code
        if elsewhere.person:
            reaches, further = True, wording().talk["how_to_reach"]
    if not said and asked_of and (chosen := _chosen(message, asked_of, trip)) is not None:
        said, left = [chosen], []
    if not said:
        return None
    reaches = reaches and not left
    if reaches:
        left.append(further)
    products = tuple(dict.fromkeys(trip.products))
    return Reply(" ".join(said), " ".join(left), trip.asks, products, reaches, trip.leaves, language)


def _chosen(message: str, asked_of: str, trip: Trip) -> str | None:
    """What becomes of the wish before, where the message is an answer to "Which one do you mean?"."""
    answer, wish = basket.plainly(message), basket.read(asked_of)
    if wish is None or "?" in message or len(answer.split()) > _LONGEST_CHOICE:
        return None
    return filling.choose(wish, _ONE.sub(" ", answer), trip)


def _is_instructed(text: str) -> bool:
    """Whether it is an attempt to make something else of the assistant: whatever else it says, it is no plain wish."""
    return by_rule(plain_text(text)) == (Kind.OUT_OF_SCOPE, "attack") or basket.instructs(text)


def _of_cart(request: Request) -> basket.Wish | None:
    decided = request.by is By.RULE and request.sure
    if decided and request.kind in (Kind.SMALL_TALK, Kind.CHECKOUT, Kind.ORDER_STATUS, Kind.HAND_OVER):
        return None
    return basket.read(request.text)


def _does(request: Request, visit: _Visit) -> str | None:
    if (wish := _of_cart(request)) is not None:
        return filling.fill(wish, visit.trip, alone=visit.alone)
    if visit.alone and visit.caller.role in bought.WHO_BUYS and bought.cancels_it(request.text):
        return _ordered(request, visit)
    if request.by is not By.RULE or not request.sure:
        return None
    match request.kind:
        case Kind.SMALL_TALK:
            return wording().talk["small_talk"]
        case Kind.CHECKOUT if _WAYS_TO_PAY.search(request.text):
            return None
        case Kind.CHECKOUT if not _NOT.search(request.text) and len(request.text.split()) <= _LONGEST_WISH:
            return wording().talk["pay_at_the_till"]
        case Kind.ORDER_STATUS:
            return _ordered(request, visit)
        case Kind.HAND_OVER if _A_PERSON.search(request.text) and len(request.text.split()) <= _LONGEST_WISH:
            return _put_through(request.text, visit, wording().talk)
    return None


def _put_through(text: str, visit: _Visit, says: Mapping[str, str]) -> str:
    """What is promised is what was kept: a person sees the conversation, or nobody was reached."""
    if visit.desk.hand_over is None:
        return says["no_person_here"]
    wanted = {"reason": "asked_for", "summary": text[:_LONGEST_SUMMARY]}
    outcome = visit.desk.hand_over(visit.caller, wanted, visit.deadline, visit.session_id)
    return says["handed_over" if outcome.done else "no_person_here"]


def _told_abroad(wish: Abroad, message: str, visit: _Visit) -> str:
    says = wording(wish.code).talk
    if wish.person:
        return _put_through(message, visit, says)
    if visit.desk.orders is None:
        return says["orders_at_the_till"]
    try:
        return bought.told_abroad(wish.code, visit.caller, visit.desk.orders, parcel=wish.parcel)
    except Unavailable:
        return says["not_now"]


def _ordered(request: Request, visit: _Visit) -> str | None:
    numbered = request.wanted.order_number if _OF_AN_ORDER.search(request.text) else None
    if not bought.asked(request.text, numbered) and not bought.cancels_it(request.text):
        return None
    if visit.desk.orders is None:
        return wording().talk["orders_at_the_till"]
    try:
        return bought.told(request.text, numbered, visit.caller, visit.desk.orders)
    except Unavailable:
        return wording().talk["not_now"]
