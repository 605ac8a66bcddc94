"""What the tools do: changes when one does its work otherwise. Each acts for the verified caller and nobody else."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from decimal import Decimal

from pydantic import BaseModel

from shopwright.catalog.facts import Sheet, Told
from shopwright.catalog.offer import ANY_PRICE, Listed, Range
from shopwright.checkout import cart as carting
from shopwright.checkout import quote as quoting
from shopwright.checkout.cart import Add, Become, Bought, CartChanged, Change, Empty, Line, Priced, Put, Remove, Take
from shopwright.checkout.terms import Terms
from shopwright.errors import Conflict, Invalid, NotFound
from shopwright.money import NO_CURRENCY, Money, exponent
from shopwright.orchestrator import tools
from shopwright.resilience.deadline import Deadline
from shopwright.retrieval.outside import Sighted
from shopwright.retrieval.search import Passage
from shopwright.signals.predict import Candidate, Predict
from shopwright.tenancy.caller import Caller

_LOOKED_AT = 40  # passages, of which several may be of one product or of none
_NAMED = 120  # passages of products that hold the words
_LONGEST_TEXT, _LONGEST_RECORD = 1500, 500
_TOLD = 5  # passages in the words of one source
WHERE = "/v1/checkout/quote"  # the shopper's own page asks for a quote there, and the shopper agrees to it there


class ToolOff(NotFound):
    """The shop has not switched this tool on."""

    def __init__(self) -> None:
        super().__init__("This tool is not switched on for this shop.")


class ProductNotSold(NotFound):
    """The shop does not sell this product, or not any more."""

    def __init__(self) -> None:
        super().__init__("The shop does not sell this product. Search for it anew.")


class QuoteOutdated(Conflict):
    """The terms are not those that the shopper was told."""

    def __init__(self) -> None:
        super().__init__("The terms have changed since they were told. Make a new quote, and tell the shopper.")


class CartActionUnusable(Invalid):
    """The action lacks what it needs."""


@dataclass(frozen=True, slots=True)
class Call:
    """Who calls, until when, under which id a change is known again when it comes twice, and in which conversation."""

    caller: Caller
    deadline: Deadline
    request_id: str | None = None
    session_id: str | None = None


@dataclass(frozen=True, slots=True)
class Sought:
    """Which products: of those named, of those that passages tell of, or with neither of all; and what must fit."""

    limit: int
    chunk_ids: tuple[str, ...] | None = None
    product_ids: tuple[str, ...] | None = None
    price: Range = ANY_PRICE
    only_available: bool = False


@dataclass(frozen=True, slots=True)
class Desk:
    """What must be within reach. `search` gives so many passages, best first; `named` those of products that hold the
    words, those with the most of them first."""

    search: Callable[[Caller, str, int], Sequence[Passage]]
    named: Callable[[Caller, str, int], Sequence[Passage]]
    products: Callable[[Caller, Sought], Sequence[Listed]]
    facts: Callable[[Caller, str, str], Sheet]  # of a product, or of one of its variants
    passage: Callable[[Caller, str], Passage | None]  # that tells of a product
    predict: Predict
    cart: carting.Desk
    hand_over: Callable[[Call, tools.HandOver], str]  # the reference under which a person finds it
    buying: "Buying | None" = None  # where there is no checkout within reach
    documents: Callable[[Call, str, int], Sequence[Passage]] | None = None  # our own and others', where there are such
    ask_amazon_q: Callable[[Call, str], Sighted] | None = None


@dataclass(frozen=True, slots=True)
class Buying:
    """What the tools of a checkout need. None of it can take a consent, or give one: `terms` are a shop's own charges,
    `under_way` is what this caller's orders are buying, and `status` looks for an order of this caller alone."""

    terms: Callable[[Caller], Terms]
    under_way: Callable[[Caller], Sequence[Bought]]
    status: Callable[[Caller, str], str]


def box(desk: Desk) -> Mapping[str, Callable[..., BaseModel]]:
    """What each tool does, by its name."""
    shelf = _Box(desk)
    return {
        "search_documents": shelf.search_documents,
        "search_products": shelf.search_products,
        "get_facts": shelf.get_facts,
        "predict_signals": shelf.predict_signals,
        "get_order": shelf.get_order,
        "edit_cart": shelf.edit_cart,
        "quote": shelf.quote,
        "start_checkout": shelf.start_checkout,
        "hand_over": shelf.hand_over,
        "ask_amazon_q": shelf.ask_amazon_q,
    }


class _Box:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def search_documents(self, call: Call, wanted: tools.SearchDocuments) -> tools.FoundPassages:
        if self._desk.documents is None:
            found = self._desk.search(call.caller, wanted.question, wanted.limit)
        else:
            found = self._desk.documents(call, wanted.question, wanted.limit)
        found = found[: wanted.limit]
        return tools.FoundPassages(passages=[_passage(ref, one) for ref, one in enumerate(found, start=1)])

    def search_products(self, call: Call, wanted: tools.SearchProducts) -> tools.FoundProducts:
        passages: Sequence[Passage] | None = None
        named: Sequence[Passage] = ()
        if wanted.words is not None:
            named = self._desk.named(call.caller, wanted.words, _NAMED)
            call.deadline.check()
            near = self._desk.search(call.caller, wanted.words, _LOOKED_AT)
            passages = _together(named, near)
            call.deadline.check()
        sought = Sought(
            limit=wanted.limit,
            chunk_ids=None if passages is None else tuple(one.chunk_id for one in passages),
            price=self._range(call, wanted),
            only_available=wanted.only_available,
        )
        listed = self._desk.products(call.caller, sought)
        return tools.FoundProducts(
            products=[_product(one, passages or ()) for one in listed],
            complete=len(listed) < wanted.limit or _all_named(listed, named, passages or ()),
        )

    def get_facts(self, call: Call, wanted: tools.GetFacts) -> tools.ToldFacts:
        sheet = self._desk.facts(call.caller, wanted.product_id, wanted.sku or "")
        if not sheet:
            raise ProductNotSold
        names = wanted.names or list(sheet)
        told = self._desk.passage(call.caller, wanted.product_id)
        return tools.ToldFacts(
            product_id=wanted.product_id,
            facts=[_fact(sheet[name]) for name in names if name in sheet],
            passage=None if told is None else _passage(1, told, _LONGEST_RECORD),
        )

    def predict_signals(self, call: Call, wanted: tools.PredictSignals) -> tools.Signals:
        named = Sought(limit=len(wanted.product_ids), product_ids=tuple(wanted.product_ids))
        listed = self._desk.products(call.caller, named)
        if not listed:
            raise ProductNotSold
        predictions = self._desk.predict([Candidate(one.product_id, one.low, one.is_out, one.left) for one in listed])
        return tools.Signals(
            predictor=predictions[0].model_id,
            predictions=[
                tools.Signal(
                    product_id=one.product_id,
                    score=one.score,
                    confidence=one.confidence,
                    feature_importance=[
                        tools.Share(feature=name, share=share) for name, share in one.feature_importance
                    ],
                    model_id=one.model_id,
                    model_version=one.model_version,
                    training_date=one.training_date,
                )
                for one in predictions
            ],
        )

    def edit_cart(self, call: Call, wanted: tools.EditCart) -> tools.ShownCart:
        change, desk, buying = _change(wanted), self._desk.cart, self._desk.buying
        if buying is not None:
            desk = replace(desk, under_way=buying.under_way)
        if change is None:
            return _cart(carting.show(call.caller, desk=desk))
        version, known_as = wanted.cart_version if isinstance(change, Become) else None, call.request_id
        return _cart(carting.change(call.caller, change, desk=desk, request_id=known_as, if_version=version))

    def get_order(self, call: Call, wanted: tools.GetOrder) -> tools.Order:
        return tools.Order(order_id=wanted.order_id, status=self._buying().status(call.caller, wanted.order_id))

    def quote(self, call: Call, wanted: tools.WantedQuote) -> tools.Quote:
        made = self._quoted(call)
        if wanted.cart_version is not None and wanted.cart_version != made.cart_version:
            raise CartChanged
        return tools.Quote(quote_id=made.id, total=tools.Price(amount=made.total.amount, currency=made.currency))

    def start_checkout(self, call: Call, wanted: tools.StartCheckout) -> tools.StartedCheckout:
        if self._quoted(call).id != wanted.quote_id:
            raise QuoteOutdated
        return tools.StartedCheckout(consent_needed=True, where=WHERE)

    def hand_over(self, call: Call, wanted: tools.HandOver) -> tools.HandedOver:
        return tools.HandedOver(reference=self._desk.hand_over(call, wanted))

    def ask_amazon_q(self, call: Call, wanted: tools.AskAmazonQ) -> tools.SaidByAmazonQ:
        if self._desk.ask_amazon_q is None:
            raise ToolOff
        theirs = self._desk.ask_amazon_q(call, wanted.question)
        (outcome,) = theirs.outcomes
        passages = theirs.passages or self._desk.search(call.caller, wanted.question, _TOLD)
        return tools.SaidByAmazonQ(
            text="\n\n".join(one.content[:_LONGEST_TEXT] for one in passages[:_TOLD]),
            source_uris=list(dict.fromkeys(one.source_uri for one in passages[:_TOLD])),
            answered_by="amazon_q" if theirs.passages else "own",
            came=outcome.came.value,
        )

    def _buying(self) -> Buying:
        if self._desk.buying is None:
            raise ToolOff
        return self._desk.buying

    def _quoted(self, call: Call) -> quoting.Quote:
        """The terms of this moment, unsigned: nobody can be charged by them. What can be agreed to is made where the
        shopper agrees, with what they pay with."""
        buying = self._buying()
        under_way = buying.under_way(call.caller)
        cart = carting.show(call.caller, desk=self._desk.cart)
        call.deadline.check()
        terms = buying.terms(call.caller)
        return quoting.make(call.caller, cart, terms, under_way=under_way, gateway="", instrument="", now=0)

    def _range(self, call: Call, wanted: tools.SearchProducts) -> Range:
        if wanted.lowest_price is None and wanted.highest_price is None:
            return Range(currency=wanted.currency)
        currency = wanted.currency or self._currency(call)
        return Range(_minor(wanted.lowest_price, currency), _minor(wanted.highest_price, currency), wanted.currency)

    def _currency(self, call: Call) -> str:
        """The shop's own, told from any of its prices: a bound means 50 euros or 50 yen, which are not as many minor
        units."""
        any_product = self._desk.products(call.caller, Sought(limit=1))
        prices = [one.low for one in any_product if one.low is not None]
        return prices[0].currency if prices else NO_CURRENCY


def _change(wanted: tools.EditCart) -> Change | None:
    match wanted.action:
        case tools.CartAction.SHOW:
            return None
        case tools.CartAction.EMPTY:
            return Empty()
        case tools.CartAction.REMOVE if wanted.sku is not None:
            return Remove(wanted.sku)
        case tools.CartAction.PUT if wanted.sku is not None and wanted.quantity is not None:
            return Put(Line(wanted.sku, wanted.quantity))
        case tools.CartAction.ADD if wanted.sku is not None and wanted.quantity is not None:
            return Add(Line(wanted.sku, wanted.quantity))
        case tools.CartAction.TAKE if wanted.sku is not None and wanted.quantity is not None:
            return Take(Line(wanted.sku, wanted.quantity))
        case tools.CartAction.BECOME if wanted.lines is not None and wanted.cart_version is not None:
            return Become(tuple(Line(line.sku, line.quantity) for line in wanted.lines))
    raise CartActionUnusable(
        "put, add and take need an article number and a quantity, remove an article number, become lines and a version."
    )


def _minor(amount: Decimal | None, currency: str) -> int | None:
    return None if amount is None else int(amount.scaleb(exponent(currency)))


def _all_named(listed: Sequence[Listed], named: Sequence[Passage], passages: Sequence[Passage]) -> bool:
    """Whether every product that holds every word is among those listed: they come first."""
    whole = [one for one in named if (one.lexical or 0.0) >= 1.0]
    return bool(passages) and len(whole) < _NAMED and listed[-1].place > len(whole)


def _together(named: Sequence[Passage], near: Sequence[Passage]) -> Sequence[Passage]:
    """Those that hold every word first, then the nearest by word and meaning, then those that hold some words."""
    whole = {one.chunk_id: one for one in named if (one.lexical or 0.0) >= 1.0}
    first = [one for one in near if one.chunk_id in whole]
    found: dict[str, Passage] = {}
    for one in (*first, *whole.values(), *near, *named):
        found.setdefault(one.chunk_id, one)
    return tuple(found.values())


def _passage(ref: int, passage: Passage, longest: int = _LONGEST_TEXT) -> tools.FoundPassage:
    return tools.FoundPassage(
        ref=ref,
        chunk_id=passage.chunk_id,
        document_id=passage.document_id,
        version=passage.version,
        title=passage.title,
        section=list(passage.section),
        start=passage.start,
        end=passage.end,
        source_uri=passage.source_uri,
        text=passage.content[:longest],
        similarity=round(passage.similarity, 4),
    )


def _product(listed: Listed, passages: Sequence[Passage]) -> tools.FoundProduct:
    """Relevance is the passage's by which it was found; a product that no words were asked of is as good as any."""
    found = passages[listed.place - 1] if 1 <= listed.place <= len(passages) else None
    relevance = 1.0 if found is None else found.similarity or found.lexical or 0.0
    return tools.FoundProduct(
        product_id=listed.product_id,
        title=listed.title,
        skus=list(listed.skus),
        lowest_price=_price(listed.low),
        highest_price=_price(listed.high),
        sold_out=listed.is_out,
        left=listed.left,
        relevance=round(max(0.0, min(1.0, relevance)), 4),
        passage=None if found is None else _passage(listed.place, found, _LONGEST_RECORD),
    )


def _fact(told: Told) -> tools.ToldFact:
    return tools.ToldFact(name=told.name, value=told.value, unit=told.unit, key=told.key, version=told.version)


def _cart(priced: Priced) -> tools.ShownCart:
    return tools.ShownCart(
        version=priced.cart.version,
        lines=[
            tools.ShownLine(
                sku=shown.line.sku,
                quantity=shown.line.quantity,
                title=shown.title,
                product_id=None if shown.offer is None else shown.offer.product_id,
                unit_price=None if shown.offer is None else _price(shown.offer.price),
                total=_price(shown.total),
                left=None if shown.offer is None else shown.offer.left,
                trouble=shown.trouble if priced.prices_known else None,
            )
            for shown in priced.lines
        ],
        total=_price(priced.total),
        left_out=None if priced.left_out is None else [tools.PaidFor(**asdict(one)) for one in priced.left_out],
        prices_known=priced.prices_known,
    )


def _price(money: Money | None) -> tools.Price | None:
    if money is None:
        return None
    return tools.Price(amount=money.amount, currency=None if money.currency == NO_CURRENCY else money.currency)
