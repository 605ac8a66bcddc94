"""From what a shopper wants to which tools do it, and in which order: changes when a wish is met in another way.

A plan holds names and arguments, no authority: whose shop, cart and order is meant, the tools take from the verified
session. Steps that need nothing of each other run side by side; what changes something runs after all that was asked
before it. Where the reading is unsure a plan looks everywhere and changes nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from shopwright.errors import Invalid
from shopwright.money import NO_CURRENCY
from shopwright.orchestrator.comparison import compared
from shopwright.orchestrator.intent import Intent, Kind, Request
from shopwright.orchestrator.pointing import Pointing, Reference
from shopwright.orchestrator.wanted import Change, Wanted, change_of_cart, product_words, without_bounds

MOST_STEPS = 16
_SHOWN = 5  # products that a search brings back for an answer
_MEANT = 3  # products that a name may mean


class PlanRefused(Invalid):
    """A plan that names no tool of ours, or wants of one what it does not do."""


@dataclass(frozen=True, slots=True)
class Tool:
    """What a plan may ask of a tool. `writes`: it changes something, so that its place in the order matters."""

    takes: frozenset[str]
    writes: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """An argument that an earlier step finds: its `products`, or its `product`, which is to be asked for when it finds
    several."""

    step: str
    what: str


Argument = str | int | bool | tuple[str | Taken, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One call of a tool, after those that it waits for."""

    id: str
    tool: str
    arguments: Mapping[str, Argument] = field(repr=False)  # a person's words
    after: tuple[str, ...] = ()

    @property
    def waits_for(self) -> tuple[str, ...]:
        """The steps that must be over before this one begins."""
        found = [*self.after]
        for argument in self.arguments.values():
            if isinstance(argument, tuple):
                found += [one.step for one in argument if isinstance(one, Taken)]
        return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Context:
    """What the conversation and the verified session hold: the products shown last, in their order, those in the cart,
    and the quote that the shopper was told."""

    shown: tuple[str, ...] = ()
    cart: tuple[str, ...] = ()
    quote: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do, and what is left to say: `asks` for what must be known first, `says` for what needs no tool,
    and `lacks` the tools that this shop does not have."""

    steps: tuple[Step, ...] = ()
    asks: tuple[str, ...] = ()
    says: tuple[Kind, ...] = ()
    lacks: tuple[str, ...] = ()
    left_out: int = 0

    def __post_init__(self) -> None:
        self.waves()  # a plan that cannot be carried out is none

    def waves(self) -> tuple[tuple[Step, ...], ...]:
        """The steps in turns: those of one turn run side by side."""
        known = [step.id for step in self.steps]
        if len(set(known)) != len(known):
            raise PlanRefused("Two steps of a plan have one name.")
        done: set[str] = set()
        left = list(self.steps)
        turns: list[tuple[Step, ...]] = []
        while left:
            ready = tuple(step for step in left if done.issuperset(step.waits_for))
            if not ready:
                raise PlanRefused("A step of a plan waits for one that never comes.")
            turns.append(ready)
            done.update(step.id for step in ready)
            left = [step for step in left if step.id not in done]
        return tuple(turns)


TOOLS: Mapping[str, Tool] = {
    "search_documents": Tool(frozenset({"query"})),
    "search_products": Tool(
        frozenset(
            {
                "query",
                "price_min",
                "price_max",
                "currency",
                "sizes",
                "colours",
                "not_colours",
                "sort",
                "in_stock",
                "limit",
            }
        )
    ),
    "get_facts": Tool(frozenset({"products"})),
    "predict_signals": Tool(frozenset({"products"})),
    "get_order": Tool(frozenset({"order_number"})),
    "edit_cart": Tool(frozenset({"change", "products", "words", "quantity", "sizes", "colours"}), writes=True),
    "quote": Tool(frozenset(), writes=True),
    "start_checkout": Tool(frozenset({"quote"}), writes=True),
    "hand_over": Tool(frozenset({"reason"}), writes=True),
    "ask_amazon_q": Tool(frozenset({"query"})),
}  # fmt: skip - what plans ask for: whoever registers the tools holds their definitions to this

_OPTIONAL = frozenset({"predict_signals", "ask_amazon_q"})  # without them the answer is poorer, and still one


def plan(
    intent: Intent,
    *,
    registry: Mapping[str, Tool],
    context: Context = Context(),
) -> Plan:
    """The tools for what was read. Where the reading is unsure, everything is looked at and nothing changed."""
    draft = _Draft(registry, context)
    left_out = intent.left_out
    for request in intent.requests:
        if len(draft.steps) >= MOST_STEPS:
            left_out += 1
            continue
        (_BY_KIND[request.kind] if request.sure else _carefully)(draft, request)
    asks = ("question",) if not intent.requests else tuple(dict.fromkeys(draft.asks))
    return Plan(
        steps=tuple(draft.steps),
        asks=asks,
        says=tuple(dict.fromkeys(draft.says)),
        lacks=tuple(dict.fromkeys(draft.lacks)),
        left_out=left_out,
    )


class _Draft:
    """A plan while it is written."""

    def __init__(self, registry: Mapping[str, Tool], context: Context) -> None:
        self._registry = registry
        self.context = context
        self.steps: list[Step] = []
        self.asks: list[str] = []
        self.says: list[Kind] = []
        self.lacks: list[str] = []
        self.found: list[str] = []  # the steps that look for products: "it" is what the only one finds

    def add(self, tool: str, **arguments: Argument | None) -> str | None:
        """The step's name; None when this shop has no such tool, or not what the step would wait for."""
        if tool not in self._registry:
            if tool not in _OPTIONAL:
                self.lacks.append(tool)
            return None
        given = {name: value for name, value in arguments.items() if value not in (None, ())}
        same = next((step for step in self.steps if (step.tool, step.arguments) == (tool, given)), None)
        writes = self._registry[tool].writes
        if same is not None and not writes:
            return same.id
        unknown = given.keys() - self._registry[tool].takes
        if unknown:
            raise PlanRefused(f"The tool {tool} takes no {sorted(unknown)[0]}.")
        number = 1 + sum(step.tool == tool for step in self.steps)
        after = tuple(step.id for step in self.steps) if writes else ()
        self.steps.append(Step(f"{tool}-{number}", tool, given, after))
        return self.steps[-1].id

    def search(self, query: str, wishes: Wanted, *, limit: int) -> str | None:
        price = wishes.price
        bound = price and (price.most or price.least)
        found = self.add(
            "search_products",
            query=query,
            price_min=price.lowest if price else None,
            price_max=price.highest if price else None,
            currency=bound.currency if bound and bound.currency != NO_CURRENCY else None,
            sizes=wishes.sizes,
            colours=wishes.colours,
            not_colours=wishes.not_colours,
            sort=str(wishes.sort) if wishes.sort else None,
            in_stock=wishes.in_stock or None,
            limit=limit,
        )
        self.found += [found] if found else []
        return found

    def read_up(self, query: str) -> None:
        """What the merchant's documents say, and what Amazon Q says where a shop has it."""
        self.add("search_documents", query=query)
        self.add("ask_amazon_q", query=query)

    def products(self, references: Sequence[Reference], among: Sequence[str]) -> list[str | Taken]:
        """The products that the words point at: codes where they are known, else what a step will find. `among` is what
        "the second one" counts in."""
        found: list[str | Taken] = []
        for one in references:
            if one.how is Pointing.CODE:
                found.append(one.text)
            elif one.how is Pointing.NAME:
                step = self.search(one.text, Wanted(), limit=_MEANT)
                found += [Taken(step, "product")] if step else []
            elif one.how is Pointing.PLACE and one.place:
                at = one.place - 1 if one.place > 0 else len(among) + one.place
                found += [among[at]] if 0 <= at < len(among) else []
            elif one.how is Pointing.PRONOUN:
                found += self.it(among, many=one.text in _MANY)
        return list(dict.fromkeys(found))

    def it(self, among: Sequence[str], *, many: bool = False) -> list[str | Taken]:
        """What this very message looks for, else the only one that there is, or all where many are meant."""
        if self.found:
            return [Taken(self.found[0], "product")] if len(self.found) == 1 else []
        return list(among) if many or len(among) == 1 else []


_MANY = frozenset({"these", "those", "them", "both"})


def _facts(draft: _Draft, products: Sequence[str | Taken]) -> None:
    if products:
        draft.add("get_facts", products=tuple(products))


def _search(draft: _Draft, request: Request) -> None:
    found = draft.search(without_bounds(request.text) or request.text, request.wanted, limit=_SHOWN)
    if found is not None:
        every = (Taken(found, "products"),)
        draft.add("get_facts", products=every)
        draft.add("predict_signals", products=every)


def _product(draft: _Draft, request: Request) -> None:
    products = draft.products(request.wanted.references, draft.context.shown)
    if not products:  # the words may say it without a name: "how heavy is the big tent"
        found = draft.search(request.text, Wanted(), limit=_MEANT)
        products = [Taken(found, "products")] if found else []
    _facts(draft, products)
    draft.read_up(request.text)


def _policy(draft: _Draft, request: Request) -> None:
    draft.read_up(request.text)
    if request.wanted.order_number:
        draft.add("get_order", order_number=request.wanted.order_number)


def _comparison(draft: _Draft, request: Request) -> None:
    pointed = any(one.how in (Pointing.PLACE, Pointing.PRONOUN) for one in request.wanted.references)
    named = () if pointed else compared(request.text)
    references = [Reference(Pointing.NAME, name) for name in named] or request.wanted.references
    products = draft.products(references, draft.context.shown)
    if not products and not request.wanted.references:
        products = list(draft.context.shown[:_SHOWN])
    if len(products) < 2:
        found = draft.search(request.text, Wanted(), limit=_SHOWN)
        products += [Taken(found, "products")] if found else []
    _facts(draft, products)
    draft.read_up(request.text)


def _order(draft: _Draft, request: Request) -> None:
    draft.add("get_order", order_number=request.wanted.order_number)
    if request.topic != "where":
        draft.read_up(request.text)


def _cart(draft: _Draft, request: Request) -> None:
    change = change_of_cart(request.text)
    if change in (Change.SHOW, Change.CLEAR):
        draft.add("edit_cart", change=str(change))
        return
    more = request.wanted
    taking = change is Change.ADD
    among = draft.context.shown if taking or not draft.context.cart else draft.context.cart
    products = draft.products(more.references, among)
    words = "" if products else product_words(request.text)
    if words and taking:
        found = draft.search(words, replace(more, price=None), limit=_MEANT)
        products, words = ([Taken(found, "product")] if found else []), ""
    if not products and not words and not more.references:
        products = draft.it(among)
    if not products and not words:
        draft.asks.append("product")
        return
    draft.add(
        "edit_cart",
        change=str(change),
        products=tuple(products),
        words=words or None,
        quantity=more.quantity,
        sizes=more.sizes,
        colours=more.colours,
    )


def _checkout(draft: _Draft, request: Request) -> None:
    """The terms first; only who was told them can start to pay, and consent is asked for there."""
    if draft.context.quote is None or any(step.tool == "edit_cart" for step in draft.steps):
        draft.add("quote")
    else:
        draft.add("start_checkout", quote=draft.context.quote)


def _hand_over(draft: _Draft, request: Request) -> None:
    draft.add("hand_over", reason=request.topic)


def _said(draft: _Draft, request: Request) -> None:
    draft.says.append(request.kind)


def _carefully(draft: _Draft, request: Request) -> None:
    """Nobody is sure what is wanted: look in the documents and among the products, and change nothing."""
    draft.read_up(request.text)
    found = draft.search(without_bounds(request.text) or request.text, request.wanted, limit=_SHOWN)
    if found is not None:
        _facts(draft, [Taken(found, "products")])
    if request.kind is Kind.ORDER_STATUS and request.wanted.order_number:
        draft.add("get_order", order_number=request.wanted.order_number)


_BY_KIND: Mapping[Kind, Callable[[_Draft, Request], None]] = {
    Kind.PRODUCT_SEARCH: _search,
    Kind.PRODUCT_QUESTION: _product,
    Kind.POLICY_QUESTION: _policy,
    Kind.COMPARISON: _comparison,
    Kind.ORDER_STATUS: _order,
    Kind.CART_CHANGE: _cart,
    Kind.CHECKOUT: _checkout,
    Kind.SMALL_TALK: _said,
    Kind.OUT_OF_SCOPE: _said,
    Kind.HAND_OVER: _hand_over,
}
