"""Carrying out what a shopper wants of the products, without a model: changes when a wish is carried out otherwise.

What is read becomes a plan, the plan's steps run side by side, and what they find is told as the database has it when
it is told (`showing.py`). A message is data: it chooses what is looked for, never for whom. What this cannot do, or is
not sure of, is left to whoever looks into the documents: None, or the `rest`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from shopwright.catalog.facts import Choice, Sheet, Told
from shopwright.grounding.cite import Citation, cite
from shopwright.grounding.wording import wording
from shopwright.llm import fits, words
from shopwright.llm.extractive import record
from shopwright.money import NO_CURRENCY, Money
from shopwright.orchestrator import having, showing
from shopwright.orchestrator import variants as varying
from shopwright.orchestrator.coordinate import MOST_STEPS, Coordinator, Given, Step
from shopwright.orchestrator.intent import By, Intent, Kind, Reader, Request, read
from shopwright.orchestrator.looking import as_passage
from shopwright.orchestrator.plan import TOOLS, Context, Taken, plan
from shopwright.orchestrator.plan import Step as Planned
from shopwright.orchestrator.ranking import Ranked, rank
from shopwright.orchestrator.registry import Outcome
from shopwright.orchestrator.said import Product
from shopwright.orchestrator.session import Turn
from shopwright.orchestrator.showing import Item, Line, Shown
from shopwright.orchestrator.stages import Stage, within
from shopwright.orchestrator.tools import MOST_FOUND
from shopwright.orchestrator.wanted import (
    Pointing,
    Reference,
    Sort,
    Wanted,
    asks_difference,
    compared,
    wanted,
    without_bounds,
    without_denied,
)
from shopwright.resilience.deadline import Deadline
from shopwright.retrieval.search import Passage
from shopwright.signals.predict import Prediction
from shopwright.tenancy.caller import Caller

# What a plan of ours may ask for: it looks, and changes nothing.
_LOOKS = {name: TOOLS[name] for name in ("search_documents", "search_products", "predict_signals", "get_facts")}
_TURNS = 3  # of the conversation that a wish may go on from
_GOES_ON = re.compile(
    r"\b(?:an?|any|no|some) (?:[\w-]+ ){0,3}ones?\b|\b(?:any|some)thing (?:else|\w+er)\b|\bones\b", re.I
)
_ONES = re.compile(
    r"\b(?:an?|any|some) ((?:[\w-]+ ){1,3}?)ones?\b|(?<!\bthe )(?<!\bthese )(?<!\bthose )\b()ones\b", re.I
)
_BOUNDED = re.compile(
    r"^\W*(?:(?:and|so|but|hi|hello|is there|do you have|got|have you)\W+)*(?:any|some|every)thing\b", re.I
)
_OF_THEM = re.compile(
    r"\bthe (?:[\w-]+ ){1,3}ones?\b|\bwhich (?:one |of (?:them|these|those) )?(?:is|weighs|costs)\b", re.I
)
_CHEAPER = re.compile(
    r"\b(?:a|any|anything|something|nothing|one|ones) (?:[\w-]+ ){0,2}?(?:cheaper|less expensive)\b|\bcheaper ones\b"
    r"|\b(?:cheaper|less expensive) than (?:it|this|that|these|those|them)\b",
    re.I,
)
# "The cheapest of them": of all that were found, where not all were told.
_OF_ALL = re.compile(r"\bof (?:them|these|those|all)\b|\b(?:them|those|these) all\b", re.I)
_HAVE = re.compile(
    r"^(?:(?:do|does|have|has) (?:you|the shop|they)(?: have| got| sell)?|got|any|(?:is|are) there)\b", re.I
)
_ASKS = re.compile(
    r"^\W*(?:and |so |hi )*(?:how|what|which|who|why|when|where|is (?!there)|are (?!there)|does|can|will)\b",
    re.I,
)
_PICKS = re.compile(
    r"^\W*(?:(?:and|so|but|hi|hello|ok|okay|please)\W+)*(?:which|what|how many|(?:is|are|does|do) (?:any|some)"
    r"|(?:can|could) (?:i|you|we) (?:please )?(?:get|buy|find|have|see|show|recommend|suggest|offer))\b",
    re.I,
)
# "Which cameras are in stock?": the thing that is asked for stands before the verb.
_WHICH = re.compile(
    r"^\W*(?:(?:and|so|but|hi|hello|ok|okay|please)\W+)*(?:which|what|how many)(?: of (?:your|the))?"
    r" (?!is\b|are\b|do(?:es)?\b|can\b|about\b|if\b|else\b|time\b|makes?\b|comes?\b|happens\b)[\w' -]+?"
    r" (?:is|are|do|does|can|may|must|should|has|have|would|could|comes?|works?|fits?|suits?|costs?|weighs?|holds?"
    r"|needs?)(?:n't)?\b",
    re.I,
)
# What somebody needs, the documents say: a guide to choosing.
_NEEDS = re.compile(
    r"^\W*(?:(?:and|so|but|hi|hello)\W+)*(?:what|which|how (?:many|much|big|large|strong)) (?:[\w'-]+ ){0,4}?"
    r"(?:do|would|should|will|must) (?:i|we) (?:need|want|use|choose|take|pick)\b",
    re.I,
)
_MAY = re.compile(r"^\W*(?:can|could|may|should|is it|are) (?!you\b|there\b)", re.I)
_WHETHER = re.compile(r"^\W*(?:(?:and|so|but)\W+)*(?:is|are|do|does)(?:n't)? (?!you\b|there\b)", re.I)
_ANYTHING = re.compile(r"\b(?:get|buy|have|sell|there|things?|products?|items?|articles?)\b|^\W*what costs?\b", re.I)
_IT = re.compile(r"\b(?:it|this one|that one)\b", re.I)
_PRONOUN = re.compile(r"(?:it|this|that|this one|that one|the same one)", re.I)
_MORE = re.compile(
    r"^\W*(?:(?:and|ok|okay|please|can you|could you)\W+)*"
    r"(?:(?:show|tell|give|list|see|do you have|have you got|is there|are there)\b)?(?: me| us)?(?: any)?\W*(?:the )?"
    r"(?:(?:some )?more(?: of (?:them|those|these))?|others?|rest|next(?: ones?)?|(?:what|anything) else|which others?)"
    r"(?: do you have| are there| have you got| there are)?(?: please)?\W*$",
    re.I,
)
_MANY = re.compile(r"\b(?:them|these|those|they|both|each|all)\b", re.I)


@dataclass(frozen=True, slots=True)
class Desk:
    """What must be within reach: the tools, threads to run them in, who tells wishes apart, and variants."""

    call: Callable[[Caller, str, Mapping[str, Any], Deadline, str | None], Outcome]
    coordinator: Coordinator
    reader: Reader
    variants: Callable[[Caller, Sequence[str]], Mapping[str, Sequence[Choice]]]  # by product, as they are now
    # The products that were bought most in thirty days, in their order; None: nobody counts.
    bought: Callable[[Caller], Sequence[str]] | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A masked message. `turns` are what was said before, if it may go on from there."""

    text: str
    caller: Caller
    turns: Sequence[Turn] = ()
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Carried:
    """What came of a message: sentences with the numbers of `citations`, the values that they tell, those on which they
    hang beside (`watched`; None: too many to watch, or such as have no versions), and the passages that were found for
    what is left (`rest`)."""

    sentences: tuple[str, ...]
    citations: tuple[Citation, ...]
    facts: tuple[Told, ...]
    watched: tuple[Told, ...] | None
    products: tuple[Product, ...]
    confidence: float
    asks: bool = False
    rest: str = ""
    passages: tuple[Passage, ...] = ()
    likely: bool = False  # it is what may be meant, where the documents say nothing
    denies: bool = False  # it must not have something: what has it is no answer
    otherwise: str = ""  # such a wish as a question, as a page may answer it
    took_ms: float = 0.0  # the tools together


Facts = Callable[[Sequence[Passage]], Mapping[str, Sheet]]  # by passage, as they are now; one that is gone is not in it


def hangs(message: str, turns: Sequence[Turn]) -> bool:
    """Whether the message means something else in another conversation: then nobody else may be told the same."""
    if not turns:
        return False
    wishes = wanted(message)
    points = any(one.how in (Pointing.PLACE, Pointing.PRONOUN) for one in wishes.references)
    points = points or bool(_MANY.search(message)) or (varying.asks_stock(message) and bool(_IT.search(message)))
    alone = len(message.split()) <= _SHORT and not showing.has_subject(_subject(message))
    follows = alone and (wishes.fixes or showing.by_word(message) is not None)
    goes_on = bool(_GOES_ON.search(message) or _OF_THEM.search(message) or _asks_more(message))
    goes_on = goes_on or any(_PRONOUN.fullmatch(part) for part in compared(message))
    return points or follows or bool(goes_on)


_SHORT = 7  # words


def _asks_more(text: str) -> bool:
    """ "What else is there?": the rest of a list."""
    words = text.split()
    return len(words) <= _SHORT and bool(_MORE.search(" ".join(words)))


def _subject(text: str) -> str:
    return showing.subject(text, Wanted())[0]


def carried(asked: Asked, *, desk: Desk, facts: Facts, deadline: Deadline) -> Carried | None:
    """Do what the message wants of the products; None: it wants nothing of them that we are sure of."""
    wishes, rest = _wishes(asked, desk.reader, within(deadline, Stage.PLAN))
    if not wishes:
        return None
    wishes = [_with_sales(_of_its_kind(wish, asked, desk, deadline), asked, desk) for wish in wishes]
    outcomes = _run(wishes, rest, asked, desk, deadline)
    if any(not outcome.done for wish in wishes for outcome in outcomes.of(wish, "search_products")):
        return None  # what is not known to be searched is not told of
    items = _items(outcomes, wishes, facts)
    shown: list[Shown] = []
    for wish in wishes:
        said = wish.show(wish, items[wish.number], outcomes)
        if said is not None:
            shown.append(said)
        elif rest or len(wishes) > 1:
            rest.append(wish.request.text)
    if not shown:
        return None
    carried = _told(shown, min(wish.request.confidence for wish in wishes), " ".join(rest), outcomes)
    denies = any(wish.request.wanted.denied for wish in wishes)
    otherwise = _as_question(wishes[0]) if len(wishes) == 1 and denies else ""
    likely = any(wish.likely for wish in wishes) or all(one.likely for one in shown)
    return replace(carried, likely=likely, denies=denies, otherwise=otherwise)


def _as_question(wish: "_Wish") -> str:
    """ "Pans not suitable for induction" asks what a page answers under "Which pans do not work on induction?"."""
    about, wishes = showing.subject(wish.about, wish.request.wanted)
    thing = " ".join(showing.sought(about, Wanted(), compared_by=None).spelled)
    what = " ".join(one.what for one in wishes.denied)
    return f"Which {thing} do not {what}?" if thing and what else ""


def named(asked: Asked, *, desk: Desk, facts: Facts, deadline: Deadline) -> Carried | None:
    """What products cost whose names stand in a message that is in another language than the shop's: all that can be
    told of it without understanding the rest."""
    request = Request(Kind.PRODUCT_SEARCH, "", 0.5, True, By.NOTHING, asked.text, Wanted())
    wish = _Wish(0, request, asked.text, _show_named)
    outcomes = _run([wish], [], asked, desk, deadline)
    if any(not outcome.done for outcome in outcomes.of(wish, "search_products")):
        return None
    shown = _show_named(wish, _items(outcomes, [wish], facts)[0], outcomes)
    return None if shown is None else _told([shown], request.confidence, "", outcomes)


@dataclass(frozen=True, slots=True)
class _Wish:
    """One thing that is wanted of the products. `about` are the words for it, also those of an earlier message."""

    number: int
    request: Request
    about: str
    show: "Callable[[_Wish, Sequence[Item], _Outcomes], Shown | None]"
    shown: tuple[str, ...] = ()  # the products that it points at
    below: tuple[str, ...] = ()  # the products than which it is to be cheaper
    bought: tuple[str, ...] | None = None  # most, in their order; None: nobody counts, or it is not asked for
    kind: str = ""  # what the first of those is
    parts: tuple[str, ...] = ()  # the names that it compares
    also: tuple[str, ...] = ()  # the products that it compares those with: "cheaper than it"
    skipped: frozenset[str] = frozenset()  # those that were told already
    likely: bool = False  # where the documents say nothing of it
    all_told: bool = False  # "the cheapest of them" is of all that were found


@dataclass(slots=True)
class _Outcomes:
    """What came of each step, by the wish that it was made for, and how variants are looked up."""

    variants: Callable[[Sequence[str]], Mapping[str, Sequence[Choice]]]
    by_wish: dict[int, list[tuple[Planned, Outcome]]] = field(default_factory=dict)

    def of(self, wish: _Wish, tool: str) -> list[Outcome]:
        return [outcome for step, outcome in self.by_wish.get(wish.number, []) if step.tool == tool]

    def complete(self, wish: _Wish) -> bool:
        """Whether everything that holds the words was looked at."""
        return any(_is_complete(outcome) for outcome in self.of(wish, "search_products"))

    def passages(self) -> tuple[Passage, ...]:
        """What was found in the documents for the rest."""
        given = [outcome.value for step, outcome in self.by_wish.get(-1, []) if outcome.value is not None]
        return tuple(as_passage(one) for value in given for one in value["passages"])


def _is_complete(outcome: Outcome) -> bool:
    return bool(outcome.value and outcome.value["complete"])


def _of_its_kind(wish: _Wish, asked: Asked, desk: Desk, deadline: Deadline) -> _Wish:
    """What is to be cheaper than a certain product is of its kind: what that is, the product's own name says."""
    if not wish.below:
        return wish
    told = desk.call(asked.caller, "get_facts", {"product_id": wish.below[0]}, deadline, asked.request_id)
    passage = told.value and told.value["passage"]
    return replace(wish, kind=showing.kind_of(_title(as_passage(passage)))) if passage else wish


def _with_sales(wish: _Wish, asked: Asked, desk: Desk) -> _Wish:
    """What is popular is what was bought most."""
    if wish.request.wanted.sort is not Sort.POPULAR or desk.bought is None:
        return wish
    bought = tuple(desk.bought(asked.caller))
    looked_at = bought[: showing.figures()["most"]] if wish.show is _show_bought and not wish.shown else wish.shown
    return replace(wish, bought=bought, shown=looked_at)


def _wishes(asked: Asked, reader: Reader, deadline: Deadline) -> tuple[list[_Wish], list[str]]:
    """What is wanted of the products, and the words of what is wanted beside."""
    before, about = _before(asked.turns, reader, deadline)
    listed = [turn.question for turn in reversed(asked.turns) if turn.products]
    about = about or next((said for said in listed if _names(said)), next(iter(listed), ""))
    shown = next((turn.products for turn in reversed(asked.turns) if turn.products), ())
    several = next((turn.products for turn in reversed(asked.turns) if len(turn.products) > 1), shown)
    intent = read(asked.text, reader=reader, deadline=deadline, before=before)
    places = tuple(one for request in intent.requests for one in _places(request))
    # "The second one" is one of a list, also after another one of it was told of.
    picks = any(_picks(request.text) for request in intent.requests)
    told = frozenset(product for turn in _recent(asked.turns) for product in turn.products)
    shown = (several if places or picks else shown)[: showing.figures()["compared"]]
    wishes: list[_Wish] = []
    rest: list[str] = []
    for said in intent.requests:
        if len(intent.requests) > 1 and _only_points(said):
            continue  # "The second one, how heavy is it?"
        request = said
        if places and not _places(said):
            kept = (one for one in said.wanted.references if one.how is not Pointing.PRONOUN)
            request = replace(said, wanted=replace(said.wanted, references=(*kept, *places)))
        wish = _wish(len(wishes), request, before, about, shown)
        if _asks_more(request.text) and shown and before is not None and before.kind is Kind.PRODUCT_SEARCH:
            more = replace(before, text=request.text, sure=True)
            wish = _Wish(len(wishes), more, about, _show_found, skipped=told)
        if wish is not None and len(wishes) < _MOST_WISHES:
            wishes.append(wish)
        elif request.kind is not Kind.SMALL_TALK and not (request.sure and request.kind is Kind.OUT_OF_SCOPE):
            rest.append(request.text)
    sure = [wish for wish in wishes if not wish.likely]
    if len(wishes) + len(rest) > 1 and len(sure) < len(wishes):
        rest += [wish.request.text for wish in wishes if wish.likely]
        wishes = [replace(wish, number=number) for number, wish in enumerate(sure)]
    return wishes, rest


def _places(request: Request) -> tuple[Reference, ...]:
    return tuple(one for one in request.wanted.references if one.how is Pointing.PLACE)


def _only_points(request: Request) -> bool:
    text = " ".join(one.text for one in _places(request))
    return bool(text) and len(request.text.split()) <= len(text.split()) + 2 and not showing.asked_names(request.text)


def _picks(text: str) -> bool:
    """ "Which is the cheapest?" is asked of several."""
    one_of = showing.by_word(without_bounds(text)) is not None and not _CHEAPER.search(text)
    return one_of and not showing.has_subject(_subject(text))


def _names(text: str) -> bool:
    """Whether a thing is named that may be looked for."""
    return showing.has_subject(_subject(text))


_MOST_WISHES = 2


def _recent(turns: Sequence[Turn]) -> list[Turn]:
    """The last turns, in their order; one that only picks from a list, or asks for more of it, does not age it."""
    kept: list[Turn] = []
    left = _TURNS
    for turn in reversed(turns):
        if not left:
            break
        kept.append(turn)
        left -= not (_picks(turn.question) or _asks_more(turn.question))
    return kept[::-1]


def _before(turns: Sequence[Turn], reader: Reader, deadline: Deadline) -> tuple[Request | None, str]:
    """The last search of the conversation, and the words for what it looked for."""
    before: Request | None = None
    about = ""
    for turn in _recent(turns):
        intent = read(turn.question, reader=reader, deadline=deadline, before=before)
        for request in (one for one in intent.requests if not _asks_more(one.text)):
            goes_on = before is not None and _is_more(request)
            if goes_on and before is not None:
                before = replace(before, wanted=request.wanted.over(before.wanted))
            elif _picks(request.text):
                continue  # "And the cheapest?" is of what was looked for
            elif request.kind in (Kind.PRODUCT_SEARCH, Kind.COMPARISON) and request.sure:
                before, about = request, request.text
            elif len(turn.products) > 1 and request.kind in _TELLS and _names(request.text):
                before, about = (
                    replace(request, kind=Kind.PRODUCT_SEARCH, sure=True),
                    request.text,
                )  # as it was answered
    return before, about


def _is_more(request: Request) -> bool:
    """ "Is there a blue one?" goes on about what was looked for."""
    return request.by is By.CONVERSATION or bool(_GOES_ON.search(request.text))


def _wish(number: int, request: Request, before: Request | None, about: str, shown: tuple[str, ...]) -> _Wish | None:
    text, wishes = request.text, request.wanted
    unpriced = without_bounds(text)  # "cheaper than 50 EUR" compares with no product
    by = showing.by_word(unpriced)
    looks_for = showing.has_subject(_subject(text))
    of_price = set(showing.asked_names(unpriced)) <= {"price", "stock"}
    of_goods = of_price and not _POLICY.search(text) and not _OF_AN_ORDER.search(text)
    bounded = (wishes.price is not None or bool(wishes.measures)) and of_goods and request.kind in _TELLS
    picks = bool(_PICKS.search(text))
    picks_bounded = bounded and picks
    if shown:
        if _CHEAPER.search(unpriced) and about and (request.kind is not Kind.COMPARISON or not looks_for):
            wanted_before = Wanted() if before is None else before.wanted
            cheaper = replace(request, kind=Kind.PRODUCT_SEARCH, wanted=wanted_before, sure=True)
            return _Wish(number, cheaper, about, _show_found, below=shown)
        of_them = _pointed(request, shown, looks_for=looks_for)
        cut = len(shown) == showing.figures()["most"] and before is not None and before.kind is Kind.PRODUCT_SEARCH
        of_all = cut and not looks_for and bool(_OF_ALL.search(text))
        picks_one = (by is not None and by.one and bool(by.name)) or wishes.sort is Sort.POPULAR
        # "And the cheapest?" after a list that was cut is of all that fit, too.
        alone = cut and not looks_for and picks_one and not _places(request)
        if (of_all or alone) and before is not None and (picks_one or picks_bounded):
            again = replace(request, kind=Kind.PRODUCT_SEARCH, sure=True, wanted=wishes.over(before.wanted))
            again = replace(again, wanted=replace(again.wanted, references=()))
            return _Wish(number, again, about, _show_found, all_told=of_all)
        it = of_them or (shown if _IT.search(text) else ())
        if len(it) == 1 and varying.asks_stock(text) and not _POLICY.search(text):
            return _Wish(number, request, text, _show_stock, it)
        if of_them and picks_bounded and not looks_for:
            return _Wish(number, request, text, _show_within, of_them)
        comparing = request.kind is Kind.COMPARISON or (by is not None and not looks_for)
        if comparing and (len(of_them) > 1 or (of_them and by)) and not _named_parts(request):
            return _Wish(number, request, text, _show_picked if by else _show_compared, of_them)
        if of_them and wishes.sort is Sort.POPULAR and not looks_for:
            return _Wish(number, request, text, _show_bought, of_them)
        ruled = request.sure and request.by is By.RULE and request.kind not in _TELLS
        asks = showing.asked_names(text) or wishes.colours or wishes.sizes or _only_points(request)
        if of_them and not ruled and not _POLICY.search(text) and asks:
            return _Wish(number, request, text, _show_told, of_them)
    if before is not None and about and _is_more(request) and not looks_for:
        merged = wishes if request.by is By.CONVERSATION else wishes.over(before.wanted)
        again = replace(request, kind=Kind.PRODUCT_SEARCH, wanted=merged, sure=True)
        return _Wish(number, again, about, _show_found)
    # "A wireless one" is one of what was looked for.
    if before is not None and about and looks_for and _ONES.search(text) and not _CHEAPER.search(text):
        thing = " ".join(showing.sought(_subject(about), Wanted(), compared_by=None).spelled)
        fuller = replace(request, kind=Kind.PRODUCT_SEARCH, sure=True, wanted=wishes.over(before.wanted))
        return _Wish(number, fuller, _ONES.sub(rf"\g<1>{thing}", text), _show_found)
    if wishes.sort is Sort.POPULAR and request.kind in _TELLS and of_goods:
        popular = replace(request, kind=Kind.PRODUCT_SEARCH, sure=True)
        return _Wish(number, popular, text, _show_found if looks_for else _show_bought)
    compares = request.kind is Kind.COMPARISON and request.sure and wishes.price is None
    if compares and not _POLICY.search(text) and (parts := _named_parts(request)):
        named = tuple(part for part in parts if not _PRONOUN.fullmatch(part))
        if len(named) == len(parts) or (named and shown):
            also = shown[:1] if len(named) < len(parts) else ()
            return _Wish(number, request, text, _show_compared, parts=named, also=also)
        return None
    searches = request.kind is Kind.PRODUCT_SEARCH and (request.sure or bool(_HAVE.search(text)))
    # Words that fix something of a thing that is sold look for it; whether it is sold, the catalog says.
    narrows = replace(wishes, quantity=None, references=(), order_number=None).fixes
    superlative = by is not None and by.one and bool(by.name)
    # "Which headphones cost less than 150 USD?" asks for no product's price, but for the products of such a price.
    if picks_bounded and (looks_for or _ANYTHING.search(text)):
        return _Wish(number, replace(request, kind=Kind.PRODUCT_SEARCH, sure=True), text, _show_found)
    if bounded and not looks_for and _BOUNDED.search(text):
        return _Wish(number, replace(request, kind=Kind.PRODUCT_SEARCH, sure=True), text, _show_found)
    if bounded and looks_for and _WHETHER.search(text):
        return _Wish(number, replace(request, kind=Kind.PRODUCT_SEARCH, sure=True), text, _show_priced)
    asks = bool(_ASKS.search(text))
    # "SSD over 1 TB" asks for what has so much, whatever the documents say of it.
    amounts = bool(wishes.measures) and of_goods and (request.kind in _TELLS or not request.sure)
    if amounts and looks_for and not asks:
        return _Wish(number, replace(request, kind=Kind.PRODUCT_SEARCH, sure=True), text, _show_found)
    if _NEEDS.search(text) and wishes.price is None and not wishes.measures:
        return None
    # A question about a thing that it names is answered from the thing's own record, as ever.
    denies = bool(wishes.denied or wishes.not_colours)
    unsure = not request.sure and not (denies and _WHICH.search(text))
    asked = showing.asked_names(without_denied(text))
    of_one = asks and not superlative and request.by is not By.RULE and (unsure or asked)
    found = searches or (looks_for and request.kind in _TELLS and (superlative or (narrows and not request.sure)))
    search = replace(request, kind=Kind.PRODUCT_SEARCH, sure=True)
    if (
        looks_for
        and (varying.asks_stock(text) or wishes.sold_out)
        and not _POLICY.search(text)
        and request.kind in _TELLS
    ):
        lists = picks and (found or bool(_WHICH.search(text)))
        return _Wish(number, search, text, _show_stock_or_found if lists or (found and not of_one) else _show_stock)
    if found and not of_one:
        return _Wish(number, search, text, _show_found)
    likely = looks_for and by is None and not request.sure and request.kind in _TELLS and not _POLICY.search(text)
    if likely and of_goods and not showing.asked_names(text) and (not asks or _WHICH.search(text)):
        return _Wish(number, search, text, _show_likely, likely=True)
    return None


_TELLS = frozenset({Kind.PRODUCT_QUESTION, Kind.PRODUCT_SEARCH, Kind.OUT_OF_SCOPE, Kind.COMPARISON})
_POLICY = re.compile(r"\b(?:deliver\w*|shipping|return\w*|refund\w*)\b", re.I)
# Beside these an amount is of an order, or of a service.
_OF_AN_ORDER = re.compile(
    r"\b(?:orders?|ship|vouchers?|discounts?|postage|repairs?|guarantee\w*|warrant\w+|fees?|customs|dut(?:y|ies)|tax\w*"
    r"|pay (?:by|with|cash)|invoices?|instal\w+)\b",
    re.I,
)


def _named_parts(request: Request) -> tuple[str, ...]:
    points = any(one.how in (Pointing.PLACE, Pointing.PRONOUN) for one in request.wanted.references)
    return compared(request.text) if request.kind is Kind.COMPARISON and not points else ()


def _pointed(request: Request, shown: tuple[str, ...], *, looks_for: bool) -> tuple[str, ...]:
    """Which of the products that were shown are meant."""
    places = [one.place for one in request.wanted.references if one.how is Pointing.PLACE and one.place]
    if places:
        at = [place - 1 if place > 0 else len(shown) + place for place in places]
        return tuple(dict.fromkeys(shown[one] for one in at if 0 <= one < len(shown)))
    points = any(one.how is Pointing.PRONOUN for one in request.wanted.references)
    alone = not looks_for and (_OF_THEM.search(request.text) or showing.by_word(request.text))
    return shown if points or alone or _MANY.search(request.text) else ()


def _run(wishes: Sequence[_Wish], rest: Sequence[str], asked: Asked, desk: Desk, deadline: Deadline) -> _Outcomes:
    """All steps of all wishes, and a look into the documents for the rest, side by side where they can be."""
    planned: list[tuple[int, Planned]] = []
    steps: list[Step] = []
    for wish in wishes:
        for made, step in _steps(wish, len(steps)):
            if len(steps) < MOST_STEPS:
                planned.append((wish.number, made))
                steps.append(step)
    if rest and len(steps) < MOST_STEPS:
        words = " ".join(rest)
        request = Request(Kind.POLICY_QUESTION, "", 1.0, True, By.RULE, words, Wanted())
        for made in plan(Intent((request,)), registry=_LOOKS).steps:
            planned.append((-1, made))
            steps.append(Step(made.tool, {"question": words[:400], "limit": 8}))

    def call(name: str, arguments: Mapping[str, Any], left: Deadline) -> Outcome:
        return desk.call(asked.caller, name, arguments, left, asked.request_id)

    ended = desk.coordinator.run(steps, call, deadline=deadline)
    outcomes = _Outcomes(lambda products: desk.variants(asked.caller, products))
    for (number, made), outcome in zip(planned, ended, strict=True):
        outcomes.by_wish.setdefault(number, []).append((made, outcome))
    return outcomes


def _steps(wish: _Wish, at: int) -> list[tuple[Planned, Step]]:
    """A plan's steps as tools take them. What is told of products is read when it is told, in one reading for all of
    them: the plan's looking up of what a search finds is that reading, and no step of its own."""
    if wish.below:
        looked = [_look_up(product) for product in wish.below]
        own = _steps(replace(wish, below=()), at)
        searches = [made for made, _ in own if made.tool == "search_products"][:1]
        wider = [(made, Step(made.tool, _asking(wish.kind))) for made in searches if wish.kind]
        return [*own, *looked, *wider]
    request, shown = wish.request, wish.shown
    if shown:
        return [_look_up(product) for product in shown]
    if wish.also:
        looked = [_look_up(product) for product in wish.also]
        return [*_steps(replace(wish, also=()), at), *looked]
    asked = request if wish.parts else replace(request, text=wish.about, wanted=replace(request.wanted, references=()))
    made = plan(Intent((asked,)), registry=_LOOKS, context=Context(shown=shown))
    places: dict[str, int] = {}
    steps: list[tuple[Planned, Step]] = []
    for step in made.steps:
        if step.tool == "search_products":
            words = str(step.arguments["query"]) if wish.parts else _words(wish)
            places[step.id] = at + len(steps)
            steps.append((step, Step(step.tool, {**_bounds(step), **_asking(words)})))
            if _bounds(step):  # and what is nearest, should nothing fit
                steps.append((step, Step(step.tool, _asking(words))))
        elif step.tool == "predict_signals":
            found = _taken(step)
            if found in places:
                steps.append((step, Step(step.tool, {"product_ids": Given(places[found], "products.*.product_id")})))
    if not wish.parts and not _words(wish):  # nothing was found by words: no passage came with it
        first = next(iter(places.values()))
        for n in range(showing.figures()["most"]):
            step = Planned(f"get_facts-{n}", "get_facts", {})
            steps.append((step, Step("get_facts", {"product_id": Given(first, f"products.{n}.product_id")})))
    return steps


def _look_up(product_id: str) -> tuple[Planned, Step]:
    return Planned(f"get_facts-{product_id}", "get_facts", {}), Step("get_facts", {"product_id": product_id})


def _taken(step: Planned) -> str:
    given = step.arguments.get("products", ())
    return next((one.step for one in given if isinstance(one, Taken)), "") if isinstance(given, tuple) else ""


def _words(wish: _Wish) -> str:
    """What names the thing; without such, its colour."""
    asked = showing.sought(_subject(wish.about), Wanted(), compared_by=None)
    return " ".join(having.without_things(asked.spelled))[:400] or " ".join(wish.request.wanted.colours)


def _asking(words: str) -> dict[str, Any]:
    return {"words": words, "limit": MOST_FOUND} if words else {"limit": MOST_FOUND}


def _bounds(step: Planned) -> dict[str, Any]:
    """A plan counts in minor units, a tool in whole ones."""
    bounds: dict[str, Any] = {}
    currency = step.arguments.get("currency")
    for ours, theirs in (("price_min", "lowest_price"), ("price_max", "highest_price")):
        minor = step.arguments.get(ours)
        if isinstance(minor, int):
            bounds[theirs] = str(Decimal(Money(minor, str(currency or NO_CURRENCY)).amount))
    if bounds and isinstance(currency, str):
        bounds["currency"] = currency
    return bounds | ({"only_available": True} if step.arguments.get("in_stock") else {})


def _items(outcomes: _Outcomes, wishes: Sequence[_Wish], facts: Facts) -> dict[int, list[Item]]:
    """The products that each wish's steps found, with their values as they are at this moment."""
    found: dict[int, dict[str, tuple[str, Passage, float]]] = {}
    for wish in wishes:
        mine = found.setdefault(wish.number, {})
        for outcome in outcomes.of(wish, "search_products"):
            for one in (outcome.value or {}).get("products", ()):
                if one["passage"] is not None:
                    mine.setdefault(
                        one["product_id"], (one["title"], as_passage(one["passage"]), float(one["relevance"]))
                    )
        for outcome in outcomes.of(wish, "get_facts"):
            if outcome.value is not None and outcome.value["passage"] is not None:
                passage = as_passage(outcome.value["passage"])
                mine.setdefault(outcome.value["product_id"], (_title(passage), passage, 1.0))
    passages = {one.chunk_id: one for mine in found.values() for _, one, _ in mine.values()}
    sheets = facts(tuple(passages.values())) if passages else {}
    predictions = {wish.number: _predictions(outcomes.of(wish, "predict_signals")) for wish in wishes}
    return {
        number: [
            Item(product, title, passage, sheets[passage.chunk_id], relevance, predictions[number].get(product))
            for product, (title, passage, relevance) in mine.items()
            if sheets.get(passage.chunk_id)  # else it is gone since
        ]
        for number, mine in found.items()
    }


def _title(passage: Passage) -> str:
    named = next((value for label, value in record(passage.content) if label.casefold() in ("name", "title")), "")
    return named or (passage.section[-1] if passage.section else passage.title)


def _predictions(outcomes: Sequence[Outcome]) -> dict[str, Prediction]:
    return {
        one["product_id"]: Prediction(
            one["product_id"],
            one["score"],
            one["confidence"],
            tuple((share["feature"], share["share"]) for share in one["feature_importance"]),
            one["model_id"],
            one["model_version"],
            date.fromisoformat(one["training_date"]),
        )
        for outcome in outcomes
        if outcome.value is not None
        for one in outcome.value["predictions"]
    }


def _ranked(items: Sequence[Item]) -> tuple[Ranked, ...]:
    relevance = {item.product_id: item.relevance for item in items}
    return rank(relevance, [item.prediction for item in items if item.prediction is not None])


def _show_found(wish: _Wish, items: Sequence[Item], outcomes: _Outcomes) -> Shown | None:
    below = tuple(item for item in items if item.product_id in wish.below)
    by_id = {item.product_id: item for item in items if item.product_id not in {*wish.below, *wish.skipped}}
    ordered = [by_id[one.product_id] for one in _ranked(list(by_id.values()))]
    by = None if wish.below else showing.by_word(_unpriced(wish.request))
    about, wishes = showing.subject(wish.about, wish.request.wanted)
    looked_for = showing.sought(about, wishes, compared_by=by)
    if wish.below and len(below) < len(wish.below):
        return None  # cheaper than what, is not known any more
    looked_for, complete = replace(looked_for, below=below), outcomes.complete(wish)
    if wish.kind and not (looked_for.head and showing.has_below(looked_for, ordered)):
        looked_for = showing.widened(looked_for, wish.kind)
        complete = _is_complete(outcomes.of(wish, "search_products")[-1])
    looked_for = replace(looked_for, bought=wish.bought, counts=varying.asks_stock(wish.request.text))
    shown = showing.found(looked_for, ordered, complete=complete, surely=bool(wish.skipped), all_told=wish.all_told)
    if wish.skipped and (shown is None or not shown.fits):
        says = "no_more" if complete else "no_more_seen"
        return Shown((Line(wording().shelf[says]),), (), tuple(items))
    if shown is not None and _WHETHER.search(wish.request.text) and (each := _each_told(looked_for, shown)) is not None:
        return replace(each, likely=True)
    # "Which pans may go into the dishwasher?" the shop's own page may answer for all of them.
    asks = bool(_ASKS.search(wish.request.text) or _MAY.search(wish.request.text))
    likely = shown is not None and shown.by_flag and asks
    return replace(shown, likely=True) if shown is not None and likely else shown


def _each_told(looked_for: showing.Sought, shown: Shown) -> Shown | None:
    """Of a family, such as "the Plainsong pans", whether each is so: of several that are not, one that is would be no
    answer."""
    kind = shown.looked_at
    things, named = having.things_in(looked_for.terms, having.flags_of(item.sheet for item in kind))
    flags = tuple(flag for one in things for flag in one.flags)
    titles = {item.product_id: words.terms(item.title) for item in kind}
    called = {term for term in named if any(term in title for title in titles.values())}
    family = [item for item in kind if called and called <= titles[item.product_id]]
    if not flags or len(family) < 2:
        return None
    firsts = {tuple(item.sheet[flag].value for flag in flags if flag in item.sheet): item for item in reversed(family)}
    family.sort(key=lambda item: item not in firsts.values())  # one of each answer is among those that are told
    return showing.told(family[: showing.figures()["most"]], flags)


def _show_bought(wish: _Wish, items: Sequence[Item], outcomes: _Outcomes) -> Shown | None:
    """What was bought most, of the whole shop or of those that were shown."""
    return None if wish.bought is None else showing.bought(items, wish.bought)


def _show_likely(wish: _Wish, items: Sequence[Item], outcomes: _Outcomes) -> Shown | None:
    """What is called so, or stands in such a category, and holds every word; nothing that is only near."""
    about, wishes = showing.subject(wish.about, wish.request.wanted)
    asked = showing.sought(about, wishes, compared_by=None)
    if not asked.head:
        return None
    called = bool(showing.meant(_words(wish), items))  # "the Larkmoss 1" names no kind, and a product
    return showing.found(asked, items, complete=outcomes.complete(wish), surely=not called)


def _unpriced(request: Request) -> str:
    """Its words; of those that compare, the ones that fix a price have done their part."""
    fixed = request.wanted.price is not None or request.wanted.measures
    return without_bounds(request.text) if fixed else request.text


def _show_within(wish: _Wish, items: Sequence[Item], outcomes: _Outcomes) -> Shown | None:
    """Those of the products that were shown which cost so much."""
    return showing.found(showing.sought("", wish.request.wanted, compared_by=None), items, complete=True)


def _show_priced(wish: _Wish, items: Sequence[Item], outcomes: _Outcomes) -> Shown | None:
    """What the one product costs that is asked about; of several, those that cost so much."""
    called = showing.meant(_words(wish), items)
    if len(called) == 1 and wish.request.wanted.price is not None:
        return showing.told(called, ("price",))
    return _show_found(wish, items, outcomes) if called else None


def _show_stock(wish: _Wish, items: Sequence[Item], outcomes: _Outcomes) -> Shown | None:
    """What is left of the variant that is asked for."""
    ids = [item.product_id for item in items]
    variants = outcomes.variants(ids) if ids else {}
    item = items[0] if wish.shown and items else varying.meant(wish.about, items, variants)
    said = None if item is None else varying.told(wish.about, item, variants.get(item.product_id, ()))
    if said is None and wish.shown:
        return _show_told(wish, items, outcomes)
    return said


def _show_stock_or_found(wish: _Wish, items: Sequence[Item], outcomes: _Outcomes) -> Shown | None:
    said = _show_stock(wish, items, outcomes)
    if said is not None or len(showing.called_in(wish.about, items)) == 1:
        return said  # what is named in full is told of from its own record
    return _show_found(wish, items, outcomes)


def _show_compared(wish: _Wish, items: Sequence[Item], outcomes: _Outcomes) -> Shown | None:
    if not wish.parts:
        return showing.compared(items, None) if len(items) > 1 else None
    found = showing.apart([showing.meant(part, items) for part in wish.parts])
    lacking = [part for part, meant in zip(wish.parts, found, strict=True) if not meant]
    if lacking:
        names = wording().shelf["or"].join(lacking)
        # Of what has no name in the catalog at all the documents may tell.
        likely = len(lacking) == len(found)
        if likely and not all(_is_named(part, wish.request.text) for part in lacking):
            return None
        return Shown((Line(wording().shelf["not_sold"].format(name=names)),), (), tuple(items), likely=likely)
    chosen = [item for item in items if item.product_id in wish.also]
    alone = [*chosen, *(other[0] for other in found if len(other) == 1)]
    for meant in found:
        one = _likeliest(meant, alone)
        chosen += [item for item in ((one,) if one else meant) if item not in chosen]
    by, by_how_much = showing.by_word(wish.request.text), asks_difference(wish.request.text)
    if len(chosen) > showing.figures()["compared"]:
        each = max(1, showing.figures()["most"] // len(found))
        told = [item for meant in found for item in meant[:each]]
        titles = "; ".join(item.title for item in told)
        return Shown((Line(wording().talk["which"].format(titles=titles)),), tuple(told), tuple(items), asks=True)
    if len(chosen) < 2:
        return None
    several = len(chosen) > len(found) + len(wish.also)
    return showing.compared(chosen, by, by_how_much=by_how_much, several=several, groups=found if several else ())


def _is_named(part: str, text: str) -> bool:
    """Whether it is written as a name, or as one certain thing."""
    return part[:1].isupper() or bool(re.search(rf"\bthe {re.escape(part)}", text, re.I))


def _likeliest(meant: Sequence[Item], others: Sequence[Item]) -> Item | None:
    """Of several that a name may mean, the one that is what the others are; None, when that does not tell."""
    if len(meant) == 1:
        return meant[0]
    kinds = {token for other in others for token in fits.tokens(other.title) if not token[:1].isdigit()}
    shared = [len(kinds & set(fits.tokens(item.title))) for item in meant]
    best = max(shared)
    return meant[shared.index(best)] if shared.count(best) == 1 and others else None


def _show_picked(wish: _Wish, items: Sequence[Item], outcomes: _Outcomes) -> Shown | None:
    by = showing.by_word(wish.request.text)
    if by is None:
        return None
    if not by.name or (wish.request.kind is Kind.COMPARISON and wish.request.sure):
        by_how_much = asks_difference(wish.request.text)
        return showing.compared(items, by, by_how_much=by_how_much) if len(items) > 1 else None
    return showing.picked(items, by)


def _show_told(wish: _Wish, items: Sequence[Item], outcomes: _Outcomes) -> Shown | None:
    wishes = wish.request.wanted
    names = list(showing.asked_names(wish.request.text))
    names += ["colour"] if wishes.colours and "colour" not in names else []
    names += ["size", "dimensions"] if wishes.sizes and "size" not in names else []
    return showing.told(items, names or ("price", "stock"))


def _show_named(wish: _Wish, items: Sequence[Item], outcomes: _Outcomes) -> Shown | None:
    called = showing.called_in(wish.about, items)
    return showing.told(called, ("price", "stock")) if called else None


def _told(shown: Sequence[Shown], confidence: float, rest: str, outcomes: _Outcomes) -> Carried:
    numbers: dict[str, int] = {}
    quotes: dict[str, dict[str, list[str]]] = {}
    cited: dict[str, Passage] = {}
    sentences: list[str] = []
    facts: dict[str, Told] = {}
    after_list = False
    for line in (line for one in shown for line in one.lines):
        marks = []
        for item in line.items:
            chunk = item.passage.chunk_id
            marks.append(f"[{numbers.setdefault(chunk, len(numbers) + 1)}]")
            cited[chunk] = item.passage
            said = quotes.setdefault(chunk, {}).setdefault(item.title, [f"name: {item.title}"])
            said += [quote for told in line.told if (quote := f"{told.name}: {told.text}") not in said]
        facts.update({told.key: told for told in line.told})
        sentences.append(("\n" if line.told or after_list else "") + f"{line.text} {''.join(marks)}".strip())
        after_list = bool(line.told)
    looked_at = [(one, item) for one in shown for item in one.looked_at]
    watched = {
        item.sheet[name].key: item.sheet[name] for one, item in looked_at for name in one.names if name in item.sheet
    }
    beside = tuple(told for key, told in watched.items() if key not in facts)
    items = list({item.product_id: item for one in shown for item in one.items}.values())
    scores = {one.product_id: one for one in _ranked(items)}
    passing = any(one.passing for one in shown)
    return Carried(
        sentences=tuple(sentences),
        citations=tuple(cite(number, cited[chunk], _quoted(quotes[chunk])) for chunk, number in numbers.items()),
        facts=tuple(facts.values()),
        watched=None if passing or len(beside) + len(facts) > showing.figures()["watched"] else beside,
        products=tuple(
            Product(item.product_id, item.title, scores[item.product_id].score, item.prediction) for item in items
        ),
        confidence=round(confidence, 3),
        asks=any(one.asks for one in shown),
        rest=rest,
        passages=outcomes.passages(),
        took_ms=sum(outcome.took_ms for made in outcomes.by_wish.values() for _, outcome in made),
    )


def _quoted(said: Mapping[str, Sequence[str]]) -> str:
    """What was told of a product, or of each of its variants."""
    return " … ".join("; ".join(one) for one in said.values())
