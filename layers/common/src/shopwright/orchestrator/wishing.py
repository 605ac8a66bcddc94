"""Which wish of the products a message is: changes when we understand more of what is wanted of them."""

import re
from collections.abc import Sequence
from dataclasses import replace

from shopwright.llm import words
from shopwright.orchestrator import seeking, vocabulary
from shopwright.orchestrator import variants as varying
from shopwright.orchestrator.comparison import compared, most_of, the_two
from shopwright.orchestrator.going_on import (
    CHEAPER,
    IT,
    MANY,
    OF_THEM,
    ONES,
    PRONOUN,
    TELLS,
    asks_more,
    is_more,
    last_search,
    names_thing,
    picks_from,
    recent,
    subject_of,
)
from shopwright.orchestrator.granting import (
    ASKS,
    WHETHER,
    show_asked,
    show_bought,
    show_compared,
    show_found,
    show_likely,
    show_of_brand,
    show_picked,
    show_priced,
    show_stock,
    show_stock_or_found,
    show_sum,
    show_told,
    show_whether,
    show_whole,
    show_within,
    whether_of,
)
from shopwright.orchestrator.intent import By, Kind, Reader, Request, read
from shopwright.orchestrator.pointing import Pointing, Reference
from shopwright.orchestrator.session import Turn
from shopwright.orchestrator.summing import parts_in
from shopwright.orchestrator.wanted import Sort, Wanted, plain_text, without_bounds, without_denied
from shopwright.orchestrator.wish import Whole, Wish
from shopwright.resilience.deadline import Deadline

_BOUNDED = re.compile(
    r"^\W*(?:(?:and|so|but|hi|hello|is there|do you have|got|have you)\W+)*(?:any|some|every)thing\b", re.I
)
# "The cheapest of them": of all that were found, where not all were told.
_MEANT = re.compile(r"\([^()]+\)")  # what "it" stands for, put behind the question
_OF_ALL = re.compile(r"\bof (?:them|these|those|all)\b|\b(?:them|those|these) all\b", re.I)
_HAVE = re.compile(
    r"^(?:(?:do|does|have|has) (?:you|the shop|they)(?: have| got| sell)?|got|any|(?:is|are) there)\b", re.I
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
# "Anything by Emberlow?": whether that is a brand, the catalog says.
_OF_BRAND = re.compile(
    r"^\W*(?:(?:and|so|ok|please|hi|hello|can you|could you|i want|i'd like"
    r"|show me|list|is there|do you have|have you got|got)\W+)*"
    r"(?:(?:any|every|some)thing(?: else)?|all(?: products| items)?|products?|items?|things?|goods|stuff"
    r"|what(?: (?:products|items|things|else))?(?: do you (?:have|sell|stock|carry|offer)| have you(?: got)?"
    r"| is there| are there)?)"
    r"(?: (?:that is|that are|made))? (?:(?:by|from)(?: the brand)?|of the brand) "
    r"(?P<brand>(?!(?:you|the|your|my|our|a|an|them|these|those)\b)[^?.!,;:]{2,60}?)\W*$",
    re.I,
)
_WHAT_IS_OUT = re.compile(
    r"^\W*(?:(?:and|so|hi|hello|please)\W+)*(?:what(?:'s)?|which|list|show|tell me"
    r"|is (?:any|some)thing|anything|everything)\b"
    r"(?!.*\b(?:if|when|happens|do i|can i)\b)",
    re.I,
)
_BRANDS = re.compile(r"\b(?:brands|manufacturers)\b", re.I)
_CATEGORIES = re.compile(
    r"\b(?:categories|departments)\b|\b(?:kinds?|sorts?|types?|range) of (?:products|things|goods|items|stuff)\b"
    r"|^\W*(?:(?:and|so|hi|hello)\W+)*what (?:all )?(?:do you (?:sell|stock|have on offer)|can i buy)"
    r"(?: here| in (?:your|this) (?:shop|store))?\W*$",
    re.I,
)
# "Gifts under 20 pounds" are any things of that price.
_GIFTS = re.compile(
    r"\b(?:an? )?(?:gifts?|presents?)(?: ideas?)?"
    r"(?=\W*$|\s+(?:for|under|below|up|less|that|which|at|between|around|over|from|within|cheaper)\b)",
    re.I,
)
_ANYTHING = re.compile(r"\b(?:get|buy|have|sell|there|things?|products?|items?|articles?)\b|^\W*what costs?\b", re.I)


def read_wishes(text: str, turns: Sequence[Turn], reader: Reader, deadline: Deadline) -> tuple[list[Wish], list[str]]:
    """What is wanted of the products, and the words of what is wanted beside."""
    before, about = last_search(turns, reader, deadline)
    listed = [turn.question for turn in reversed(turns) if turn.products]
    about = about or next((said for said in listed if names_thing(said)), next(iter(listed), ""))
    shown = next((turn.products for turn in reversed(turns) if turn.products), ())
    several = next((turn.products for turn in reversed(turns) if len(turn.products) > 1), shown)
    intent = read(text, reader=reader, deadline=deadline, before=before)
    places = tuple(one for request in intent.requests for one in places_in(request))
    # "The second one" is one of a list, also after another one of it was told of.
    picks = any(picks_from(request.text) for request in intent.requests)
    told = frozenset(product for turn in recent(turns) for product in turn.products)
    shown = (several if places or picks else shown)[: vocabulary.figures()["compared"]]
    wishes: list[Wish] = []
    rest: list[str] = []
    for said in intent.requests:
        if len(intent.requests) > 1 and (_only_points(said) or _MEANT.fullmatch(said.text)):
            continue  # "The second one, how heavy is it?"
        request = said
        if places and not places_in(said):
            kept = (one for one in said.wanted.references if one.how is not Pointing.PRONOUN)
            request = replace(said, wanted=replace(said.wanted, references=(*kept, *places)))
        wish = _wish(len(wishes), request, before, about, shown)
        if asks_more(request.text) and shown and before is not None and before.kind is Kind.PRODUCT_SEARCH:
            more = replace(before, text=request.text, sure=True)
            wish = Wish(len(wishes), more, about, show_found, skipped=told)
        if wish is not None and len(wishes) < _MOST_WISHES:
            wishes.append(wish)
        elif request.kind is not Kind.SMALL_TALK and not (request.sure and request.kind is Kind.OUT_OF_SCOPE):
            rest.append(request.text)
    # What stands beside "how much is it" may be of the same thing, which its own record tells of in one.
    sure = [wish for wish in wishes if not wish.likely and not (rest and wish.show is show_asked)]
    if len(wishes) + len(rest) > 1 and len(sure) < len(wishes):
        rest += [wish.request.text for wish in wishes if wish not in sure]
        wishes = [replace(wish, number=number) for number, wish in enumerate(sure)]
    return wishes, rest


def places_in(request: Request) -> tuple[Reference, ...]:
    return tuple(one for one in request.wanted.references if one.how is Pointing.PLACE)


def _only_points(request: Request) -> bool:
    text = " ".join(one.text for one in places_in(request))
    return bool(text) and len(request.text.split()) <= len(text.split()) + 2 and not seeking.asked_names(request.text)


_MOST_WISHES = 2


def _wish(number: int, request: Request, before: Request | None, about: str, shown: tuple[str, ...]) -> Wish | None:
    if request.wanted.price is not None and _GIFTS.search(request.text):
        text = _GIFTS.sub("anything", request.text)
        wish = _wish(number, replace(request, text=text, kind=Kind.PRODUCT_SEARCH, sure=True), before, "", ())
        return None if wish is None else replace(wish, about="")
    text, wishes = request.text, request.wanted
    unpriced = without_bounds(text)  # "cheaper than 50 EUR" compares with no product
    by = seeking.by_word(unpriced)
    looks_for = seeking.has_subject(subject_of(text))
    of_price = set(seeking.asked_names(unpriced)) <= {"price", "stock"}
    of_goods = of_price and not _POLICY.search(text) and not _OF_AN_ORDER.search(text)
    bounded = (wishes.price is not None or bool(wishes.measures)) and of_goods and request.kind in TELLS
    picks = bool(_PICKS.search(text))
    picks_bounded = bounded and picks
    if (
        (sums := parts_in(text))
        and request.kind in {*TELLS, Kind.CART_CHANGE, Kind.POLICY_QUESTION}
        and not _POLICY.search(text)
    ):
        pointed = any(not part.name for part in sums)
        if not pointed or len(shown) == 1 or places_in(request):
            meant = (_pointed(request, shown, looks_for=False) or shown) if pointed else ()
            return Wish(number, request, text, show_sum, meant, sums=sums)
    if (whole := _whole(request, text)) is not None:
        return Wish(number, replace(request, kind=Kind.PRODUCT_SEARCH, sure=True), text, show_whole, whole=whole)
    if (brand := _OF_BRAND.match(text)) and request.kind in TELLS:
        search = replace(request, kind=Kind.PRODUCT_SEARCH, sure=True)
        return Wish(number, search, text, show_of_brand, brand=without_bounds(brand["brand"]))
    if shown:
        if CHEAPER.search(unpriced) and about and (request.kind is not Kind.COMPARISON or not looks_for):
            wanted_before = Wanted() if before is None else before.wanted
            cheaper = replace(request, kind=Kind.PRODUCT_SEARCH, wanted=wanted_before, sure=True)
            return Wish(number, cheaper, about, show_found, below=shown)
        of_them = _pointed(request, shown, looks_for=looks_for)
        cut = len(shown) == vocabulary.figures()["most"] and before is not None and before.kind is Kind.PRODUCT_SEARCH
        of_all = cut and not looks_for and bool(_OF_ALL.search(text))
        picks_one = (by is not None and by.one and bool(by.name or by.ways)) or wishes.sort is Sort.POPULAR
        # "And the cheapest?" after a list that was cut is of all that fit, too.
        alone = cut and not looks_for and picks_one and not places_in(request)
        if (of_all or alone) and before is not None and (picks_one or picks_bounded):
            again = replace(request, kind=Kind.PRODUCT_SEARCH, sure=True, wanted=wishes.over(before.wanted))
            again = replace(again, wanted=replace(again.wanted, references=()))
            return Wish(number, again, about, show_found, all_told=of_all)
        if (sized := _IN_SIZE.match(text)) is not None and not _POLICY.search(text):
            search = replace(request, kind=Kind.PRODUCT_SEARCH, sure=True)
            return Wish(number, search, text, show_found, of_them or shown, size=sized["size"])
        it = of_them or (shown if IT.search(text) else ())
        if len(it) == 1 and varying.asks_stock(text) and not _POLICY.search(text):
            return Wish(number, request, text, show_stock, it)
        if of_them and picks_bounded and not looks_for:
            return Wish(number, request, text, show_within, of_them)
        comparing = request.kind is Kind.COMPARISON or (by is not None and not looks_for)
        if comparing and (len(of_them) > 1 or (of_them and by)) and not _named_parts(request):
            return Wish(number, request, text, show_picked if by else show_compared, of_them)
        if of_them and wishes.sort is Sort.POPULAR and not looks_for:
            return Wish(number, request, text, show_bought, of_them)
        ruled = request.sure and request.by is By.RULE and request.kind not in TELLS
        asks = seeking.asked_names(text) or wishes.colours or wishes.sizes or _only_points(request)
        if of_them and not ruled and not _POLICY.search(text) and not seeking.asked_names(text) and whether_of(text):
            return Wish(number, request, text, show_whether, of_them)
        if of_them and not ruled and not _POLICY.search(text) and asks:
            return Wish(number, request, text, show_told, of_them)
    if before is not None and about and is_more(request) and not looks_for:
        merged = wishes if request.by is By.CONVERSATION else wishes.over(before.wanted)
        again = replace(request, kind=Kind.PRODUCT_SEARCH, wanted=merged, sure=True)
        return Wish(number, again, about, show_found)
    # "A wireless one" is one of what was looked for.
    if before is not None and about and looks_for and ONES.search(text) and not CHEAPER.search(text):
        thing = " ".join(seeking.sought(subject_of(about), Wanted(), compared_by=None).spelled)
        fuller = replace(request, kind=Kind.PRODUCT_SEARCH, sure=True, wanted=wishes.over(before.wanted))
        return Wish(number, fuller, ONES.sub(rf"\g<1>{thing}", text), show_found)
    if wishes.sort is Sort.POPULAR and request.kind in TELLS and of_goods:
        popular = replace(request, kind=Kind.PRODUCT_SEARCH, sure=True)
        return Wish(number, popular, text, show_found if looks_for else show_bought)
    names_most = request.kind in TELLS and most_of(text)
    if names_most:
        request = replace(request, kind=Kind.COMPARISON, sure=True)
    compares = request.kind is Kind.COMPARISON and request.sure and wishes.price is None
    if compares and not _POLICY.search(text) and (parts := _named_parts(request)):
        named = tuple(part for part in parts if not PRONOUN.fullmatch(part))
        if len(named) == len(parts) or (named and shown):
            also = shown[:1] if len(named) < len(parts) else ()
            return Wish(number, request, text, show_compared, parts=named, also=also)
        return None
    if compares and not _POLICY.search(text) and (both := the_two(text)):
        return Wish(number, request, text, show_compared, parts=(both,))
    if of_theirs(text) and wishes.price is None:
        return None
    searches = request.kind is Kind.PRODUCT_SEARCH and (request.sure or bool(_HAVE.search(text)))
    # Words that fix something of a thing that is sold look for it; whether it is sold, the catalog says.
    narrows = replace(wishes, quantity=None, references=(), order_number=None).fixes
    superlative = by is not None and by.one and bool(by.name or by.ways)
    # "Highest R-value" is of whatever has one.
    of_any = by is not None and by.one and bool(by.of) and not shown
    # "Which headphones cost less than 150 USD?" asks for no product's price, but for the products of such a price.
    if picks_bounded and (looks_for or _ANYTHING.search(text)):
        return Wish(number, replace(request, kind=Kind.PRODUCT_SEARCH, sure=True), text, show_found)
    if bounded and not looks_for and _BOUNDED.search(text):
        return Wish(number, replace(request, kind=Kind.PRODUCT_SEARCH, sure=True), text, show_found)
    if bounded and looks_for and WHETHER.search(text):
        return Wish(number, replace(request, kind=Kind.PRODUCT_SEARCH, sure=True), text, show_priced)
    asks = bool(ASKS.search(text))
    # "SSD over 1 TB" asks for what has so much, whatever the documents say of it.
    amounts = bool(wishes.measures) and of_goods and (request.kind in TELLS or not request.sure)
    if amounts and looks_for and not asks:
        return Wish(number, replace(request, kind=Kind.PRODUCT_SEARCH, sure=True), text, show_found)
    if _NEEDS.search(text) and wishes.price is None and not wishes.measures:
        return None
    # A question about a thing that it names is answered from the thing's own record, as ever.
    denies = bool(wishes.denied or wishes.not_colours)
    unsure = not request.sure and not (denies and _WHICH.search(text))
    asked = seeking.asked_names(without_denied(text))
    of_one = asks and not superlative and request.by is not By.RULE and (unsure or asked)
    found = searches or (looks_for and request.kind in TELLS and (superlative or (narrows and not request.sure)))
    search = replace(request, kind=Kind.PRODUCT_SEARCH, sure=True)
    if (
        looks_for
        and (varying.asks_stock(text) or wishes.sold_out)
        and not _POLICY.search(text)
        and request.kind in TELLS
    ):
        lists = picks and (found or bool(_WHICH.search(text)))
        return Wish(number, search, text, show_stock_or_found if lists or (found and not of_one) else show_stock)
    if (found and not of_one) or (of_any and not looks_for and request.kind in TELLS and of_goods):
        return Wish(number, search, text, show_found)
    of_one_thing = not _POLICY.search(text) and not _OF_AN_ORDER.search(text) and request.kind in TELLS
    if looks_for and asked and "stock" not in asked and (asks or _VALUE_OF.search(text)) and of_one_thing:
        return Wish(number, search, text, show_asked)
    likely = looks_for and by is None and not request.sure and request.kind in TELLS and not _POLICY.search(text)
    made_so = bool(_THING_THAT.search(text))
    if made_so and looks_for and not request.sure and request.kind in TELLS and not _POLICY.search(text):
        return Wish(number, search, text, show_found, likely=True)
    if likely and of_goods and not asks and is_bare(text):
        return Wish(number, search, text, show_likely)
    if likely and of_goods and not seeking.asked_names(text) and (not asks or _WHICH.search(text)):
        return Wish(number, search, text, show_likely, likely=True)
    return None


# What is told of a shopper's own thing, and what a shop does with such, the documents may know.
_OF_THEIRS = re.compile(
    r"^\W*(?:(?:and|so|but|hi|hello)\W+)*(?:my (?:[\w'-]+ ){1,4}?(?:is|are|was|were|has|have|had|does|do|did|won|will"
    r"|keeps?|got|came|arrived|broke|feels?|looks?|seems?)(?:n?'t)?\b[^?]*$"
    r"|(?:do|would|will|can|could) you (?:\w+ )?(?:buy|take back|trade in|repair|mend|recycle|collect|dispose of|clean"
    r"|wash|service|sharpen|re-?proof|hire out|rent out)\b)",
    re.I,
)


def of_theirs(text: str) -> bool:
    """Whether it is told or asked of a thing that the shopper has already, and of none that is for sale."""
    return bool(_OF_THEIRS.search(plain_text(text)))


_VALUE_OF = re.compile(r"^\W*(?:the )?[\w-]+ of (?:the|your)\b", re.I)  # "Diameter of the tart tin?"
# "Something made of granite" is any thing that is so.
_THING_THAT = re.compile(r"^\W*(?:some|any)thing (?:made|in|from|out of)\b", re.I)


# "Do you have it in 2 litres?" asks of a thing whose other sizes may have names of their own.
_IN_SIZE = re.compile(
    r"^\W*(?:(?:and|ok|okay|so|but)\W+)*"
    r"(?:do you (?:also |still )?(?:have|sell|stock|do)|have you got|is there|is|are|does|can i (?:get|have|buy))\s+"
    r"(?:it|them|one|that|this|that one|this one|the same)(?: (?:come|also|too|available|sold|there))*"
    r" in (?:an? )?(?P<size>-?\d[\w.,]*(?<![.,])"
    r"\s?(?:cm|mm|m|l|ml|g|kg|w|gb|tb|lit(?:re|er)s?|inch(?:es)?|watts?|persons?))\W*$",
    re.I,
)


def is_bare(text: str) -> bool:
    """Whether the words name a thing and say no more: "power banks" asks what there is of them."""
    said = seeking.WORD.findall(text)
    spelled = [word for _, word in seeking.spelled_terms(text)]
    return 0 < len(said) <= _BARE_WORDS and spelled == said


_BARE_WORDS = 3
_POLICY = re.compile(r"\b(?:deliver\w*|shipping|return\w*|refund\w*)\b", re.I)
# Beside these an amount is of an order, or of a service.
_OF_AN_ORDER = re.compile(
    r"\b(?:orders?|ship|vouchers?|discounts?|postage|repairs?|guarantee\w*|warrant\w+|fees?|customs|dut(?:y|ies)|tax\w*"
    r"|pay (?:by|with|cash)|invoices?|instal\w+)\b",
    re.I,
)


def _whole(request: Request, text: str) -> Whole | None:
    """What is asked of the shop as a whole, and of no thing in it."""
    if request.kind not in TELLS or any(one.how is not Pointing.NAME for one in request.wanted.references):
        return None
    terms = set(seeking.named_terms(subject_of(text))) - words.terms("moment present")
    if request.wanted.sold_out and not terms and _WHAT_IS_OUT.search(text):
        return Whole.SOLD_OUT
    if _BRANDS.search(text) and terms <= words.terms("brands manufacturers different various"):
        return Whole.BRANDS
    sorts = _CATEGORIES.search(text) and terms <= words.terms(
        "categories departments sections sorts products different"
    )
    return Whole.CATEGORIES if sorts else None


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
    alone = not looks_for and (OF_THEM.search(request.text) or seeking.by_word(request.text))
    return shown if points or alone or MANY.search(request.text) else ()
