"""A question and its answer as they travel over HTTP and over a socket: changes when either gains or loses a field."""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from shopwright.catalog.facts import Told
from shopwright.costs.ledger import said as ledger_said
from shopwright.costs.price import Bill
from shopwright.errors import Unavailable
from shopwright.grounding.cite import Citation
from shopwright.money import NO_CURRENCY
from shopwright.orchestrator.answer import Answer
from shopwright.orchestrator.quoting import BAR
from shopwright.orchestrator.said import ANSWERED
from shopwright.orchestrator.said import Product as Shown

LONGEST = 4000
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")  # but for tabs and ends of lines


def _words(message: str) -> str:
    if any("\ud800" <= character <= "\udfff" for character in message):
        raise ValueError("half of a surrogate pair is no text")
    if _CONTROLS.search(message):
        raise ValueError("there is a control character in it; send plain text")
    if not re.search(r"\w", message):
        raise ValueError("ask something: there is no word in it")
    return message


class Message(BaseModel):
    """A question, in a conversation or as the first of one."""

    model_config = ConfigDict(extra="forbid", strict=True)

    message: Annotated[
        str,
        Field(min_length=1, max_length=LONGEST, examples=["How many days do I have to return something?"]),
        AfterValidator(_words),
    ]
    session_id: Annotated[
        str | None,
        Field(
            pattern="^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
            description="As an earlier answer gave it; without it a conversation begins.",
        ),
    ] = None


class Cited(BaseModel):
    """Where `[ref]` in the answer leads. `start` and `end` are characters of the decoded source."""

    ref: int
    document_id: str
    version: int
    title: str
    section: str = Field(description="The titles above the passage, outermost first, parted by ` > `.")
    start: int
    end: int
    source_uri: str
    quote: str


class Fact(BaseModel):
    """A product's value that the answer tells, as it was in the shop's catalog when the answer was made."""

    product_id: str
    sku: str | None = Field(description="The variant that it is of; null: all of the product's.")
    name: str = Field(examples=["price"])
    value: str = Field(description="Of variants that differ, the lowest and the highest.", examples=["649.00"])
    unit: str | None = Field(description="A currency (ISO 4217) for money.", examples=["EUR"])
    version: int = Field(description="Grows with every change of the value.")


class Share(BaseModel):
    feature: str
    share: float


class Product(BaseModel):
    """A product that the answer shows, in its place, and the prediction that had a part in it."""

    product_id: str
    title: str
    score: float = Field(ge=0, le=1, description="Relevance and prediction together.")
    predictor: str | None = Field(description="`heuristic` while no trained model serves; null: relevance alone.")
    model_id: str | None
    model_version: str | None
    training_date: date | None
    confidence: float | None = Field(description="The prediction's own.")
    feature_importance: list[Share]


class Clocks(BaseModel):
    """Milliseconds since the question came in."""

    first_useful_ms: float | None
    first_token_ms: float | None
    done_ms: float


class Cost(BaseModel):
    """What the answer cost its platform, by the price book; a kept answer's models were paid for before."""

    amount: str = Field(examples=["0.0000213"])
    currency: Literal["USD"]
    lines: dict[str, str] = Field(description="What of it is for which model, and for what else.")


class Grounding(BaseModel):
    """How the answer's claims fared against what they cite."""

    grounding_pass: bool = Field(description="Every claim of the answer as it was made stood; else some were cut.")
    score: float = Field(ge=0, le=1, description="The share of claims that stood.")
    flags: list[str] = Field(
        description="What was wrong with those that did not, or why no model answered. `respelled`: a word that is "
        "none was read as another. `whole_record`: no answer is known, and the records of the products named are told. "
        "`nearest`: nothing is called so, and the products that come nearest by their meaning are shown."
    )


class Answered(BaseModel):
    """An answer that stands on its citations, or the word that the documents do not hold one."""

    answer: str
    verdict: Literal["answered", "not_in_documents", "done", "asks"] = Field(
        description="`done`: something was done or said that needs no document. `asks`: we must know more first."
    )
    citations: list[Cited]
    facts: list[Fact]
    products: list[Product] = Field(description="What was found, compared or pointed at, in its order.")
    confidence: float = Field(ge=0, le=1, description="The probability that the verdict is right.")
    grounding: Grounding
    mode: Literal["extractive", "talk", "products", "model", "template"] = Field(
        description="`extractive`: in the merchant's own sentences. `model`: in a language model's, each held against "
        "what it cites. `products`: found, compared or told from the shop's catalog as it is now. "
        "`talk`: done or said by rule. `template`: the conversation has used its budget."
    )
    cost: Cost
    clocks: Clocks
    session_id: str | None
    notes: list[str]
    cache: Literal["hit", "stale", "miss", "off"] = Field(
        description="`hit`: kept from before, and still true. `stale`: the same, and about to be computed anew. "
        "`miss`: computed now. `off`: computed now, without the cache."
    )
    served_from_cache_at: datetime | None = Field(description="When a kept answer was written; null: just now.")
    request_id: str


class Unanswered(BaseModel):
    """The documents cannot be reached: the error, and what to tell the shopper meanwhile."""

    error: str
    message: str
    request_id: str
    answer: str
    verdict: Literal["unavailable"]
    clocks: Clocks


def answered(said: Answer, request_id: str) -> Answered:
    return Answered.model_validate(
        {
            "answer": said.text,
            "verdict": said.verdict,
            "citations": [cited(citation) for citation in said.citations],
            "facts": [fact(told) for told in said.facts],
            "products": [product(one) for one in said.products],
            "confidence": said.confidence,
            "grounding": Grounding(
                grounding_pass=said.verdict == ANSWERED and said.score >= BAR, score=said.score, flags=list(said.flags)
            ),
            "mode": said.mode,
            "cost": cost(said.cost),
            "clocks": _clocks(said),
            "session_id": said.session_id,
            "notes": list(said.notes),
            "cache": said.cache.value,
            "served_from_cache_at": None if said.kept_at is None else datetime.fromtimestamp(said.kept_at, UTC),
            "request_id": request_id,
        }
    )


def unanswered(said: Answer, failure: Unavailable, request_id: str) -> Unanswered:
    return Unanswered(
        error=type(failure).__name__,
        message=str(failure),
        request_id=request_id,
        answer=said.text,
        verdict="unavailable",
        clocks=_clocks(said),
    )


def cost(bill: Bill) -> Cost:
    lines = ledger_said(bill)
    return Cost(amount=lines.pop("total"), currency="USD", lines=lines)


def cited(citation: Citation) -> Cited:
    return Cited(
        ref=citation.ref,
        document_id=citation.document_id,
        version=citation.version,
        title=citation.title,
        section=" > ".join(citation.section),
        start=citation.start,
        end=citation.end,
        source_uri=citation.source_uri,
        quote=citation.quote,
    )


def fact(told: Told) -> Fact:
    return Fact(
        product_id=told.product_id,
        sku=told.sku or None,
        name=told.name,
        value=told.value,
        unit=None if told.unit in ("", NO_CURRENCY) else told.unit,
        version=told.version,
    )


def product(shown: Shown) -> Product:
    by = shown.prediction
    return Product(
        product_id=shown.product_id,
        title=shown.title,
        score=shown.score,
        predictor=None if by is None else by.model_id,
        model_id=None if by is None else by.model_id,
        model_version=None if by is None else by.model_version,
        training_date=None if by is None else by.training_date,
        confidence=None if by is None else by.confidence,
        feature_importance=[]
        if by is None
        else [Share(feature=name, share=share) for name, share in by.feature_importance],
    )


def _clocks(said: Answer) -> Clocks:
    clocks = said.clocks
    return Clocks(first_useful_ms=clocks.first_useful_ms, first_token_ms=clocks.first_token_ms, done_ms=clocks.done_ms)
