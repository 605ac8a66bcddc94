"""What must be within reach to answer, as a function comes by it: changes when an answer needs another thing."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from shopwright.catalog.facts import Choice, Sheet
from shopwright.checkout import cart as carting
from shopwright.checkout.dynamodb import Carts
from shopwright.costs.ledger import limits_of
from shopwright.costs.price import NotPriced, PriceBook, price_book
from shopwright.costs.used import bill
from shopwright.errors import ShopwrightError, Unavailable
from shopwright.handover.handover import KEPT_TURNS
from shopwright.llm.extractive import compose
from shopwright.observability import metrics
from shopwright.orchestrator import answer as answering
from shopwright.orchestrator import carry, classifier, spoken, talk, toolbox
from shopwright.orchestrator.answerer import Answerer, Inline
from shopwright.orchestrator.coordinate import Coordinator
from shopwright.orchestrator.dynamodb import Sessions
from shopwright.orchestrator.intent import Reader
from shopwright.orchestrator.registry import Outcome, Registry
from shopwright.orchestrator.session import Session, SessionNotFound, SessionsUnavailable, Turn
from shopwright.orchestrator.toolbox import Call, Sought, box
from shopwright.orchestrator.tools import switched_on
from shopwright.orchestrator.visit import Desk, Mask
from shopwright.privacy.redactor import PIIRedactor, Use, redactor
from shopwright.resilience.deadline import Deadline
from shopwright.retrieval import outside
from shopwright.retrieval.outside import Sighted
from shopwright.runtime.breakers import Breakers
from shopwright.runtime.database import ReadingSettings
from shopwright.runtime.journal import logger
from shopwright.runtime.settings import Settings, variable
from shopwright.runtime.tooling import Catalog, HandOverSettings, Searching, buying, handing_over, own_orders
from shopwright.signals import heuristic
from shopwright.tenancy.caller import Caller
from shopwright.tenancy.secretsmanager import Secret

if TYPE_CHECKING:
    from shopwright.database.connection import Reads
    from shopwright.embedding.model import Model
    from shopwright.embedding.onnx import OnnxEmbedder
    from shopwright.retrieval.search import Passage
    from shopwright.tenancy.branding import Branding

_REMEMBERED = 64  # questions' vectors: those of a request, read, planned and searched with in turn
OWN = "own"  # the price book of models that run on one's own machines


class ModelSettings(Settings):
    """The part that names the language models, if there are any: `bedrock`, or a server that speaks `openai`'s wire."""

    models: Literal["none", "bedrock", "openai"] = "none"
    model_endpoint: str = ""  # of Bedrock: AWS's own, unless told otherwise
    model_name: str = ""  # the server's own model; Bedrock's stand in llm/models.toml
    model_secret_arn: str = ""  # of the server's key, if it asks for one

    @property
    def model_names(self) -> tuple[str, ...]:
        """What decides how answers sound, for whoever keeps them."""
        return () if self.models == "none" else (self.models, self.model_endpoint, self.model_name)


class SourceSettings(Settings):
    """The part that names the sources beside our own passages, and a further check of what a model says; none of them
    is there unless it is told."""

    knowledge_base_id: str = ""
    amazon_q_application_id: str = ""
    amazon_q_retriever_id: str = ""
    guardrail_id: str = ""
    guardrail_version: str = ""

    @property
    def source_names(self) -> tuple[str, ...]:
        """What decides what is found and let pass, for whoever keeps answers."""
        named = (self.knowledge_base_id, self.amazon_q_application_id, self.guardrail_id)
        return (*named, self.amazon_q_retriever_id, self.guardrail_version) if any(named) else ()


class AnsweringSettings(ReadingSettings, ModelSettings, SourceSettings, HandOverSettings):
    """The part of an `Environment` that a function needs to answer."""

    circuits_table: str
    sessions_table: str
    carts_table: str
    members_table: str  # of which the merchant's own row alone is read here
    ledger_table: str
    aws_region: str
    aws_lambda_function_memory_size: int
    cache_host: str
    cache_port: int
    cache_tls: str
    cache_secret_arn: str
    more_models: str  # folders with further embedding models; as a rule they are empty or not there


class AgentSettings(Settings):
    """The same for a function whose answers are made on AgentCore. The cache's part is for counting requests."""

    orchestrator: Literal["agentcore"]
    agent_runtime_arn: str
    warrant_secret_arn: str
    cache_host: str
    cache_port: int
    cache_tls: str
    cache_secret_arn: str


Here = TypeVar("Here", bound=AnsweringSettings)
There = TypeVar("There", bound=AgentSettings)


def environment(here: type[Here], there: type[There]) -> Here | There:
    """What a function that asks is told, by where its answers are made: ORCHESTRATOR is `inline` or `agentcore`."""
    return there.read() if variable("ORCHESTRATOR") == "agentcore" else here.read()


def answerer(env: AnsweringSettings | AgentSettings) -> Answerer:
    """Who answers: this process, or the same program on AgentCore."""
    if isinstance(env, AnsweringSettings):
        return Inline(desk(env))
    from shopwright.orchestrator.agentcore import Agent
    from shopwright.tenancy.warrant import Warrants

    return Agent(
        env.agent_runtime_arn,
        Warrants.of(Secret(env.warrant_secret_arn)),
        report=lambda failure: logger().error("the agent gave no answer", exc_info=failure),
    )


def desk(env: AnsweringSettings) -> Desk:
    # The model and the database's driver are loaded here and not above: importing this module costs none of them.
    from shopwright.catalog.aurora import Facts, Names, Offers
    from shopwright.database import guarded as database_guard
    from shopwright.documents.document import PIPELINE
    from shopwright.orchestrator.answer_cache import AnswerCache, Standing
    from shopwright.orchestrator.aurora import Generations
    from shopwright.orchestrator.release import release
    from shopwright.orchestrator.valkey import Shelf
    from shopwright.tenancy.dynamodb import Shopfronts

    breakers = Breakers(env.circuits_table)

    def guarded(server: str, database: "Reads") -> "Reads":
        name = f"postgresql-{server}"
        return database_guard.Guarded(
            database, breakers(name, database_guard.DatabaseLeftAlone, database_guard.EXCUSED)
        )

    database = env.database()
    reading, writing = env.reading(guarded), guarded("writer", database)
    facts = Facts(writing)
    signer = env.signer()
    searching, catalog = Searching(reading, signer, env.more_models), Catalog(writing, signer)
    embedder = searching.embedder
    # A vector depends on its text alone: one request reads, plans and searches with the same.
    embed = lru_cache(maxsize=_REMEMBERED)(lambda text: tuple(embedder.question(text)))
    sessions = Sessions(env.sessions_table)
    # An answer is kept under the generation of where it was found, and held against the newest there is.
    found_at, newest = Generations(reading), Generations(writing)

    def seen(caller: Caller) -> int:
        return found_at.current(signer.sign(caller.tenant))

    def current(caller: Caller, keys: Sequence[str]) -> Standing:
        passport = signer.sign(caller.tenant)
        return Standing(newest.current(passport), facts.versions(passport, keys) if keys else {})

    def facts_of(caller: Caller, chunk_ids: Sequence[str]) -> Mapping[str, Sheet]:
        return facts.of(signer.sign(caller.tenant), chunk_ids)

    def variants_of(caller: Caller, product_ids: Sequence[str]) -> Mapping[str, Sequence[Choice]]:
        return facts.of_variants(signer.sign(caller.tenant), product_ids)

    def recall(caller: Caller, session_id: str) -> Session:
        return sessions.of(caller.tenant, caller.subject).open(session_id, turns=answering.RECALLED)

    def begun(caller: Caller, session_id: str) -> Sequence[Turn]:
        return sessions.of(caller.tenant, caller.subject).open(session_id, turns=answering.RECALLED, first=True).turns

    def remember(caller: Caller, session_id: str | None, turn: Turn, begun: str) -> str:
        return sessions.of(caller.tenant, caller.subject).remember(session_id, turn, begun)

    cache_token = Secret(env.cache_secret_arn)
    shelf = Shelf(env.cache_host, env.cache_port, tls=env.cache_tls, token=lambda: cache_token.json()["token"])
    kept = AnswerCache(
        shelf,
        seen=seen,
        current=current,
        context=(embedder.model.name, embedder.model.sha256, PIPELINE, release(), *env.model_names, *env.source_names),
        report=lambda failure: logger().warning("answers are not cached", exc_info=failure),
    )
    carts, names, offers = Carts(env.carts_table), Names(reading), Offers(reading)

    def named(caller: Caller, stretches: Sequence[str]) -> Mapping[str, bool]:
        return names.among(signer.sign(caller.tenant), stretches)

    def bought(caller: Caller) -> Sequence[str]:
        from shopwright.checkout.aurora import sales_of

        return [one.product_id for one in sales_of(reading, signer.sign(caller.tenant)).popular]

    def said(call: Call) -> Sequence[Turn]:
        if call.session_id is not None:
            with suppress(SessionNotFound, SessionsUnavailable):  # it begins with this message, or cannot be read
                mine = sessions.of(call.caller.tenant, call.caller.subject)
                return mine.open(call.session_id, turns=KEPT_TURNS).turns
        return ()

    others = {source.source.name: _beside([source], embedder) for source in _sources(env, breakers)}
    every = _beside(_sources(env, breakers), embedder)

    def documents(call: Call, question: str, limit: int) -> "Sequence[Passage]":
        vector = embed(question)
        asked = every.begin(call.caller.tenant, question, vector, call.deadline)
        return asked.beside(searching.find(call.caller, question, vector)[:limit]).passages

    def amazon_q(call: Call, question: str) -> Sighted:
        vector = embed(question)
        return others["amazon_q"].begin(call.caller.tenant, question, vector, call.deadline).beside(())

    shopfronts = Shopfronts(env.members_table)

    def branding(caller: Caller) -> "Branding | None":
        shopfront = shopfronts.of(caller.tenant)
        return None if shopfront is None else shopfront.branding

    registry = Registry(
        box(
            toolbox.Desk(
                search=lambda caller, question, limit: searching.find(caller, question, embed(question))[:limit],
                named=searching.named,
                products=catalog.sought,
                facts=catalog.facts,
                passage=catalog.passage,
                predict=heuristic.predict,
                cart=carting.Desk(
                    open=carts.open, change=carts.change, offers=catalog.offers, last_names=catalog.last_names
                ),
                hand_over=handing_over(env, said),
                buying=buying(database, signer),
                documents=documents if others else None,
                ask_amazon_q=amazon_q if "amazon_q" in others else None,
            )
        ),
        tools=switched_on("ask_amazon_q") if "amazon_q" in others else None,
        report=lambda tool, mistake: logger().error("tool broke", extra={"tool": tool}, exc_info=mistake),
    )

    def called(
        caller: Caller, tool: str, arguments: Mapping[str, Any], deadline: Deadline, request_id: str | None
    ) -> Outcome:
        return registry.call(caller, tool, arguments, deadline, request_id=request_id)

    return Desk(
        mask=redactor(Use.QUESTION).mask,
        masks=sparing_goods(named),
        embed=embed,
        search=searching.find,
        facts=facts_of,
        compose=compose,
        recall=recall,
        remember=remember,
        begun=begun,
        beside=every if others else None,
        cache=kept,
        talk=talk.Desk(
            call=called,
            products=lambda caller, ids: catalog.sought(caller, Sought(product_ids=tuple(ids), limit=len(ids))),
            offers=catalog.offers,
            variants=variants_of,
            hand_over=lambda caller, wanted, deadline, session_id: registry.call(
                caller, "hand_over", wanted, deadline, session_id=session_id
            ),
            orders=own_orders(database, signer),
        ),
        branding=branding,
        likeness=searching.likeness,
        sold=named,
        carry=carry.Desk(
            call=called,
            coordinator=Coordinator(),
            reader=Reader(embed, _classifier(embedder.model)),
            variants=variants_of,
            bought=bought,
            overview=lambda caller: offers.overview(signer.sign(caller.tenant)),
        ),
        spoken=_spoken(env, embedder, breakers),
        priced=lambda used: bill(used, _book(env), memory_mb=env.aws_lambda_function_memory_size),
    )


def _classifier(model: "Model") -> classifier.Classifier | None:
    """Who tells wishes apart by examples; None where vectors are of another model than it was fitted to."""
    shipped = classifier.shipped()
    return shipped if shipped.model == model.sha256 else None


def sparing_goods(
    named: Callable[[Caller, Sequence[str]], Mapping[str, bool]],
) -> Callable[[Caller], tuple[Mask, Mask]]:
    """How a caller's question and its answer are masked, given what products and brands the merchant names."""

    def masks(caller: Caller) -> tuple[Mask, Mask]:
        def sold(stretches: Sequence[str]) -> Mapping[str, bool]:
            try:
                return named(caller, stretches)
            except Unavailable as failure:  # then whatever may be a person's name is masked
                logger().warning("goods are not known by name", extra={"error": type(failure).__name__})
                return {}

        return PIIRedactor(Use.QUESTION, goods=sold).mask, PIIRedactor(Use.ANSWER, goods=sold).mask

    return masks


def _sources(env: SourceSettings, breakers: Breakers) -> list[outside.Guarded]:
    """The sources beside our own that there are, each behind its breaker."""
    from shopwright.retrieval import knowledge_base, qbusiness

    found: list[outside.Source] = []
    if env.knowledge_base_id:
        found.append(knowledge_base.KnowledgeBase(env.knowledge_base_id, knowledge_base.client().retrieve))
    if env.amazon_q_application_id:
        search = qbusiness.client().search_relevant_content
        found.append(qbusiness.QBusiness(env.amazon_q_application_id, env.amazon_q_retriever_id, search))
    return [
        outside.Guarded(one, breakers(one.name.replace("_", "-"), outside.SourceLeftAlone, outside.EXCUSED))
        for one in found
    ]


def _beside(sources: Sequence[outside.Guarded], embedder: "OnnxEmbedder") -> outside.Beside:
    """What came in elsewhere is masked here, as our own documents were on their way in."""
    mask = redactor(Use.DOCUMENT).mask
    measure = outside.Measure(mask=lambda text: mask(text).text, embed=embedder.passages)
    return outside.Beside(sources, measure=measure, report=_fared)


def _fared(outcome: outside.Outcome) -> None:
    metrics.count(f"Source.{outcome.source}.{outcome.came.value}")
    foreign = {why: count for why, count in outcome.dropped if why in ("another_merchant", "no_merchant")}
    if foreign:
        metrics.count("SourceForeignResults", sum(foreign.values()))
    if outcome.failed or outcome.dropped:
        said = {"source": outcome.source, "came": outcome.came.value, "dropped": dict(outcome.dropped)}
        (logger().error if foreign else logger().warning)("source fell short", extra=said)


def _further(env: SourceSettings, breakers: Breakers, book: PriceBook) -> spoken.Further | None:
    """The further check, where the stage has a guardrail for it."""
    if not env.guardrail_id:
        return None
    from shopwright.grounding import bedrock, further

    guardrail = bedrock.ContextualGrounding(env.guardrail_id, env.guardrail_version, bedrock.client().apply_guardrail)
    breaker = breakers("guardrail", further.GuardrailLeftAlone, further.EXCUSED)

    def missed(failure: ShopwrightError) -> None:
        metrics.count(f"FurtherCheckMissed.{type(failure).__name__}")
        logger().warning("no further check", extra={"error": type(failure).__name__})

    return spoken.Further(
        ask=lambda question, sources, answer: breaker.call(lambda: guardrail.check(question, sources, answer)),
        book=book,
        missed=missed,
    )


def _spoken(env: AnsweringSettings, embedder: "OnnxEmbedder", breakers: Breakers) -> spoken.Desk | None:
    """What it takes to answer in a model's words; None where there is no model."""
    if env.models == "none":
        return None
    from shopwright.costs.dynamodb import Ledgers
    from shopwright.llm import bedrock, guarded, meter, openai
    from shopwright.llm.model import Model, ModelLeftAlone, cards, own_cards
    from shopwright.llm.say import Desk as Models

    try:
        book = price_book(OWN if env.models == "openai" else env.aws_region)
    except NotPriced as unpriced:  # what has no price is not bought
        logger().error("models are not asked", exc_info=unpriced)
        return None
    model: Model
    if env.models == "bedrock":
        model = bedrock.Bedrock(bedrock.client(endpoint=env.model_endpoint or None))
    else:
        secret = Secret(env.model_secret_arn)
        key = (lambda: str(secret.json()["key"])) if env.model_secret_arn else None
        model = openai.OpenAI(env.model_endpoint, key=key)
    ledgers = Ledgers(env.ledger_table)
    return spoken.Desk(
        models=Models(
            guarded.Guarded(model, lambda name: breakers(f"model-{name}", ModelLeftAlone, guarded.EXCUSED)),
            cards() if env.models == "bedrock" else own_cards(env.model_name),
            book,
            embedder.count,
        ),
        books=lambda caller: ledgers.of(caller.tenant).books(),
        limits=limits_of(),
        embed=embedder.passages,
        counted=lambda end, before: meter.tell(end, before=before),
        chose=meter.chose,
        further=_further(env, breakers, _book(env)),
    )


def _book(env: AnsweringSettings) -> PriceBook:
    """The region's prices. What is only told, and not bought, is told in those of the book's first region elsewhere."""
    try:
        return price_book(env.aws_region)
    except NotPriced:
        return price_book()
