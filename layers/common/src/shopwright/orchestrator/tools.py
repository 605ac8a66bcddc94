"""What the shop's tools take and give: changes when a tool does. One source for whoever calls them.

From these definitions come the registry (`registry.py`), Bedrock's toolConfig and the gateway's schema
(`tool_schemas.py`); their numbers and roles are in `tools.toml`. No tool takes a merchant or a shopper: whose they are
is the verified caller's, and never an argument's.
"""

import tomllib
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shopwright.checkout.cart import MAX_LINES, MAX_QUANTITY
from shopwright.tenancy.caller import Role

LONGEST_QUESTION = 400
MOST_PRODUCTS = 20
MOST_FOUND = 30
Id = Annotated[str, Field(min_length=1, max_length=200)]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Price(_Shape):
    """Money in the currency's own decimals."""

    amount: str = Field(description="Such as 649.00.")
    currency: str | None = Field(description="ISO 4217; null when the shop's feed does not say.")


class SearchDocuments(_Shape):
    """What to look for in the shop's own documents."""

    question: str = Field(min_length=1, max_length=LONGEST_QUESTION, description="The question, in full words.")
    limit: int = Field(default=5, ge=1, le=8, description="How many passages.")


class FoundPassage(_Shape):
    """The shop's own words, and where they stand."""

    ref: int
    chunk_id: str
    document_id: str
    version: int
    title: str
    section: list[str]
    start: int
    end: int
    source_uri: str
    text: str
    similarity: float


class FoundPassages(_Shape):
    passages: list[FoundPassage] = Field(max_length=8)


class SearchProducts(_Shape):
    """Which products to look for; without words, the cheapest that fit come first."""

    words: str | None = Field(
        default=None, min_length=1, max_length=LONGEST_QUESTION, description="What the product is, or is for."
    )
    lowest_price: Decimal | None = Field(default=None, ge=0, le=10**9, description="No product below this price.")
    highest_price: Decimal | None = Field(default=None, ge=0, le=10**9, description="No product above this price.")
    currency: str | None = Field(
        default=None, pattern="^[A-Z]{3}$", description="ISO 4217; without it, the shop's own currency."
    )
    only_available: bool = Field(default=False, description="Leave out what is sold out.")
    limit: int = Field(default=5, ge=1, le=MOST_FOUND, description="How many products.")


class FoundProduct(_Shape):
    """A product with those of its variants that fit."""

    product_id: str
    title: str
    skus: list[str] = Field(max_length=20)
    lowest_price: Price | None
    highest_price: Price | None
    sold_out: bool
    left: int | None = Field(description="Null: nobody counts them.")
    relevance: float = Field(ge=0, le=1)
    passage: FoundPassage | None = Field(
        default=None, description="What the shop says of it; null when no words were asked."
    )


class FoundProducts(_Shape):
    products: list[FoundProduct] = Field(max_length=MOST_FOUND)
    complete: bool = Field(default=False, description="Whether these are all that hold such words and fit.")


class GetFacts(_Shape):
    """Of which product the facts are wanted."""

    product_id: Id = Field(description="As search_products gave it.")
    sku: str | None = Field(default=None, min_length=1, max_length=200, description="One variant of it.")
    names: list[str] = Field(default=[], max_length=20, description="Such as price, stock, weight; none: all.")


class ToldFact(_Shape):
    """One value as the database has it now. `key` and `version` are what an answer refers to it by."""

    name: str
    value: str
    unit: str
    key: str
    version: int


class ToldFacts(_Shape):
    product_id: str
    facts: list[ToldFact] = Field(max_length=300)
    passage: FoundPassage | None = Field(
        default=None, description="What the shop says of it, as it stood when it was written."
    )


class PredictSignals(_Shape):
    """Which products to compare."""

    product_ids: list[Id] = Field(min_length=1, max_length=MOST_PRODUCTS, description="As search_products gave them.")


class Share(_Shape):
    """How large a share a feature has in a score."""

    feature: str
    share: float


class Signal(_Shape):
    """A prediction, explained."""

    product_id: str
    score: float = Field(ge=0, le=1)
    confidence: float = Field(ge=0, le=1)
    feature_importance: list[Share]
    model_id: str
    model_version: str
    training_date: date


class Signals(_Shape):
    predictor: str = Field(description="`heuristic` while no trained model serves.")
    predictions: list[Signal] = Field(max_length=MOST_PRODUCTS)


class GetOrder(_Shape):
    """Which order."""

    order_id: Id = Field(description="As the checkout gave it.")


class Order(_Shape):
    order_id: str
    status: str


class CartAction(StrEnum):
    """What to do with the cart."""

    SHOW = "show"
    PUT = "put"
    ADD = "add"
    TAKE = "take"
    REMOVE = "remove"
    EMPTY = "empty"
    BECOME = "become"


class WantedLine(_Shape):
    """So many of one article."""

    sku: str = Field(min_length=1, max_length=200)
    quantity: int = Field(ge=1, le=MAX_QUANTITY)


class EditCart(_Shape):
    """A change of the shopper's cart, or a look at it."""

    action: CartAction = Field(
        description="put sets the quantity of an article, whatever it was; add adds to it, take takes from it; become "
        "makes it these lines and no others, if it still has the version that was read."
    )
    sku: str | None = Field(default=None, min_length=1, max_length=200, description="For put, add, take and remove.")
    quantity: int | None = Field(default=None, ge=1, le=MAX_QUANTITY, description="For put, add and take.")
    lines: list[WantedLine] | None = Field(default=None, max_length=MAX_LINES, description="For become.")
    cart_version: int | None = Field(default=None, ge=0, description="For become: the cart that was read.")


class ShownLine(_Shape):
    sku: str
    quantity: int
    title: str | None = Field(description="With the variant's name, where it has one of its own.")
    product_id: str | None
    unit_price: Price | None
    total: Price | None
    left: int | None = Field(description="Null: nobody counts them.")
    trouble: str | None = Field(description="Why the line cannot be bought as it stands.")


class PaidFor(_Shape):
    """So many of one article in the cart that are being paid for in another order, and are not bought again."""

    order_id: str
    sku: str
    title: str
    quantity: int


class ShownCart(_Shape):
    version: int
    lines: list[ShownLine] = Field(max_length=MAX_LINES)
    total: Price | None = Field(description="Of all the lines, also of what is left out.")
    left_out: list[PaidFor] | None = Field(description="What a quote leaves out; null: not known now.")
    prices_known: bool


class WantedQuote(_Shape):
    """The terms of what is in the cart."""

    cart_version: int | None = Field(default=None, ge=0, description="The cart that the shopper was shown.")


class Quote(_Shape):
    quote_id: str
    total: Price


class StartCheckout(_Shape):
    """Which terms. The shopper agrees to them by themselves: no argument here is a consent."""

    quote_id: Id = Field(description="As quote gave it.")


class StartedCheckout(_Shape):
    consent_needed: Literal[True]
    where: str = Field(description="Where the shopper agrees.")


class HandOver(_Shape):
    """Why a person has to take over."""

    reason: Literal["asked_for", "complaint", "cannot_answer", "order_problem", "safety"]
    summary: str = Field(min_length=1, max_length=500, description="What the shopper wants, without personal data.")


class HandedOver(_Shape):
    reference: str


class AskAmazonQ(_Shape):
    """A question for the merchant's own Amazon Q application."""

    question: str = Field(min_length=1, max_length=LONGEST_QUESTION)


class SaidByAmazonQ(_Shape):
    """The passages that it found for the merchant, in their own words; ours, when it found none."""

    text: str = Field(max_length=8000)
    source_uris: list[str] = Field(max_length=20)
    answered_by: Literal["amazon_q", "own"]
    came: str = Field(description="What came of asking Amazon Q: found, nothing, or how it failed.")


@dataclass(frozen=True, slots=True)
class Definition:
    """A tool. `cost` is in billionths of a dollar, or the name of a kind whose price the price book has."""

    name: str
    says: str
    takes: type[BaseModel]
    gives: type[BaseModel]
    needs: tuple[str, ...]  # what must be healthy for it
    timeout_ms: int
    cost: int | str
    roles: frozenset[Role]
    enabled: bool
    again: bool  # it only reads, and may be tried again
    fallback: str


_SHAPES: tuple[tuple[str, str, type[BaseModel], type[BaseModel], tuple[str, ...]], ...] = (
    (
        "search_documents",
        "Find passages of the shop's own documents: policies, manuals, guides, questions and answers.",
        SearchDocuments,
        FoundPassages,
        ("database", "embedding"),
    ),
    (
        "search_products",
        "Find products of the shop by words, price range and availability.",
        SearchProducts,
        FoundProducts,
        ("database", "embedding"),
    ),
    (
        "get_facts",
        "Read a product's facts as they are now: price, stock, sizes, material and the like.",
        GetFacts,
        ToldFacts,
        ("database",),
    ),
    (
        "predict_signals",
        "Compare products by how likely each is the right choice, with the reasons.",
        PredictSignals,
        Signals,
        ("database",),
    ),
    ("get_order", "Read the status of one of the shopper's own orders.", GetOrder, Order, ("database",)),
    (
        "edit_cart",
        "Show or change the shopper's own cart. Nothing is bought by it.",
        EditCart,
        ShownCart,
        ("carts", "database"),
    ),
    ("quote", "Make the full terms of buying what is in the cart.", WantedQuote, Quote, ("carts", "database")),
    (
        "start_checkout",
        "Show the shopper where to agree to a quote and pay. It neither agrees nor pays.",
        StartCheckout,
        StartedCheckout,
        ("carts", "database"),
    ),
    ("hand_over", "Ask a person of the shop to take over.", HandOver, HandedOver, ("hand_over",)),
    (
        "ask_amazon_q",
        "Ask the merchant's own Amazon Q application.",
        AskAmazonQ,
        SaidByAmazonQ,
        ("amazon_q",),
    ),
)


@cache
def definitions() -> dict[str, Definition]:
    """Every tool by its name, those that are off included."""
    table = tomllib.loads(files("shopwright.orchestrator").joinpath("tools.toml").read_text("utf-8"))
    if set(table) != {name for name, *_ in _SHAPES}:
        raise ValueError("tools.toml must have a row for each tool and no other.")
    return {
        name: Definition(
            name=name,
            says=says,
            takes=takes,
            gives=gives,
            needs=needs,
            timeout_ms=int(table[name]["timeout_ms"]),
            cost=table[name]["cost"],
            roles=frozenset(Role(role) for role in table[name]["roles"]),
            enabled=bool(table[name].get("enabled", True)),
            again=bool(table[name].get("again", False)),
            fallback=str(table[name]["fallback"]),
        )
        for name, says, takes, gives, needs in _SHAPES
    }


def switched_on(*names: str) -> dict[str, Definition]:
    """Every tool, and of those that are off as a rule these switched on."""
    table = definitions()
    return {**table, **{name: replace(table[name], enabled=True) for name in names}}
