"""POST /v1/chat: answer a shopper's question from the merchant's own documents, with citations."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler import Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from shopwright.catalog.facts import Sheet, Told
from shopwright.errors import Unavailable
from shopwright.grounding.cite import Citation
from shopwright.llm.extractive import compose
from shopwright.money import NO_CURRENCY
from shopwright.observability.sqs import Audit
from shopwright.orchestrator import answer as answering
from shopwright.orchestrator.answer import Answer, Question
from shopwright.orchestrator.dynamodb import Sessions
from shopwright.orchestrator.session import Session, Turn
from shopwright.privacy.redactor import Use, redactor
from shopwright.runtime import http
from shopwright.runtime.database import ReadingSettings
from shopwright.runtime.journal import logger
from shopwright.tenancy.caller import Caller
from shopwright.tenancy.dynamodb import Members
from shopwright.tenancy.secretsmanager import Secret

LONGEST = 4000


class Environment(ReadingSettings):
    sessions_table: str
    members_table: str
    audit_queue_url: str
    cache_host: str
    cache_port: int
    cache_tls: str
    cache_secret_arn: str
    more_models: str  # folders with further embedding models; as a rule they are empty or not there


def _words(message: str) -> str:
    if any("\ud800" <= character <= "\udfff" for character in message):
        raise ValueError("half of a surrogate pair is no text")
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


class Clocks(BaseModel):
    """Milliseconds since the question came in."""

    first_useful_ms: float | None
    first_token_ms: float | None
    done_ms: float


class Answered(BaseModel):
    """An answer that stands on its citations, or the word that the documents do not hold one."""

    answer: str
    verdict: Literal["answered", "not_in_documents"]
    citations: list[Cited]
    facts: list[Fact]
    confidence: float = Field(ge=0, le=1, description="The probability that the verdict is right.")
    mode: Literal["extractive"]
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


@dataclass(frozen=True, slots=True)
class Desk:
    members: Members
    trail: Audit
    answering: answering.Desk


@cache
def wire() -> Desk:
    # The model and the database's driver are loaded here and not above: importing this module costs none of them.
    import shopwright_models
    from shopwright.catalog.aurora import Facts
    from shopwright.documents.document import PIPELINE
    from shopwright.embedding.aurora import serving_model
    from shopwright.embedding.model import Model
    from shopwright.embedding.shelf import Shelf as Embedders
    from shopwright.orchestrator.answer_cache import AnswerCache, Standing
    from shopwright.orchestrator.aurora import Generations
    from shopwright.orchestrator.release import release
    from shopwright.orchestrator.valkey import Shelf
    from shopwright.retrieval.aurora import Search
    from shopwright.retrieval.search import Passage
    from shopwright.retrieval.serving import Serving

    env = Environment.read()
    embedders = Embedders(shopwright_models.directories(env.more_models), shopwright_models.NAME)
    embedder = embedders.embedder(embedders.default)
    reading, writing = env.reading(), env.database()
    facts = Facts(writing)
    signer = env.signer()

    def by(name: str, question: str) -> tuple[Model, Sequence[float]]:
        other = embedders.embedder(name)
        return other.model, other.question(question)

    # Who serves is asked where is searched: a reader that has not heard of a switch still has what served before it.
    serving = Serving(embedder.model, by, lambda tenant: serving_model(reading, signer.sign(tenant)))
    sessions = Sessions(env.sessions_table)
    # An answer is kept under the generation of where it was found, and held against the newest there is.
    found_at, newest = Generations(reading), Generations(writing)

    def find(caller: Caller, question: str, vector: Sequence[float]) -> Sequence[Passage]:
        passport = signer.sign(caller.tenant)
        return serving.find(
            caller.tenant,
            question,
            vector,
            lambda model, asked, its: Search(reading, model=model).hybrid(passport, asked, its),
        )

    def seen(caller: Caller) -> int:
        return found_at.current(signer.sign(caller.tenant))

    def current(caller: Caller, keys: Sequence[str]) -> Standing:
        passport = signer.sign(caller.tenant)
        return Standing(newest.current(passport), facts.versions(passport, keys) if keys else {})

    def facts_of(caller: Caller, chunk_ids: Sequence[str]) -> Mapping[str, Sheet]:
        return facts.of(signer.sign(caller.tenant), chunk_ids)

    def recall(caller: Caller, session_id: str) -> Session:
        return sessions.of(caller.tenant, caller.subject).open(session_id, turns=answering.RECALLED)

    def remember(caller: Caller, session_id: str | None, turn: Turn) -> str:
        return sessions.of(caller.tenant, caller.subject).remember(session_id, turn)

    cache_token = Secret(env.cache_secret_arn)
    shelf = Shelf(env.cache_host, env.cache_port, tls=env.cache_tls, token=lambda: cache_token.json()["token"])
    kept = AnswerCache(
        shelf,
        seen=seen,
        current=current,
        context=(embedder.model.name, embedder.model.sha256, PIPELINE, release()),
        report=lambda failure: logger().warning("answers are not cached", exc_info=failure),
    )
    return Desk(
        members=Members(env.members_table),
        trail=Audit(env.audit_queue_url),
        answering=answering.Desk(
            mask=redactor(Use.QUESTION).mask,
            embed=embedder.question,
            search=find,
            facts=facts_of,
            compose=compose,
            recall=recall,
            remember=remember,
            cache=kept,
        ),
    )


def build(desk: Callable[[], Desk] = wire) -> http.Handler:
    api = http.api()

    @api.post(
        "/v1/chat",
        responses={
            200: {"description": "What the documents say.", "content": {"application/json": {"model": Answered}}},
            503: {"description": "Ask again later.", "content": {"application/json": {"model": Unanswered}}},
        },
    )
    def chat(message: Message) -> Response[Any]:
        question = Question(message.message, http.caller(api), message.session_id)
        said = answering.answer(question, desk=desk().answering, deadline=http.deadline(api))
        if said.failure is not None:
            return _unanswered(said, said.failure, http.request_id(api))
        logger().info(
            "question answered",
            extra={
                "verdict": said.verdict,
                "confidence": said.confidence,
                "citations": len(said.citations),
                "cache": said.cache,
            },
        )
        return http.json_response(200, _answered(said, http.request_id(api)))

    return http.handler(api, admit=lambda: desk().members, trail=lambda: desk().trail)


def _answered(said: Answer, request_id: str) -> Answered:
    return Answered.model_validate(
        {
            "answer": said.text,
            "verdict": said.verdict,
            "citations": [_cited(citation) for citation in said.citations],
            "facts": [_fact(told) for told in said.facts],
            "confidence": said.confidence,
            "mode": said.mode,
            "clocks": _clocks(said),
            "session_id": said.session_id,
            "notes": list(said.notes),
            "cache": said.cache.value,
            "served_from_cache_at": None if said.kept_at is None else datetime.fromtimestamp(said.kept_at, UTC),
            "request_id": request_id,
        }
    )


def _unanswered(said: Answer, failure: Unavailable, request_id: str) -> Response[Any]:
    logger().warning("question not answered", extra={"error": type(failure).__name__}, exc_info=failure)
    told = Unanswered(
        error=type(failure).__name__,
        message=str(failure),
        request_id=request_id,
        answer=said.text,
        verdict="unavailable",
        clocks=_clocks(said),
    )
    return http.json_response(503, told, {"retry-after": str(failure.retry_after_s)})


def _cited(citation: Citation) -> Cited:
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


def _fact(told: Told) -> Fact:
    return Fact(
        product_id=told.product_id,
        sku=told.sku or None,
        name=told.name,
        value=told.value,
        unit=None if told.unit in ("", NO_CURRENCY) else told.unit,
        version=told.version,
    )


def _clocks(said: Answer) -> Clocks:
    clocks = said.clocks
    return Clocks(first_useful_ms=clocks.first_useful_ms, first_token_ms=clocks.first_token_ms, done_ms=clocks.done_ms)


handler = build()
