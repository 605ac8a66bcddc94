"""What must be within reach to answer, as a function comes by it: changes when an answer needs another thing."""

from collections.abc import Mapping, Sequence
from typing import Any

from shopwright.catalog.facts import Sheet
from shopwright.catalog.offer import Listed, Offer
from shopwright.checkout import cart as carting
from shopwright.checkout.dynamodb import Carts
from shopwright.llm.extractive import compose
from shopwright.orchestrator import answer as answering
from shopwright.orchestrator import talk, toolbox
from shopwright.orchestrator.dynamodb import Sessions
from shopwright.orchestrator.registry import Outcome, Registry
from shopwright.orchestrator.session import Session, Turn
from shopwright.orchestrator.toolbox import Call, NotAvailableYet, Sought, box
from shopwright.orchestrator.tools import HandOver
from shopwright.privacy.redactor import Use, redactor
from shopwright.resilience.deadline import Deadline
from shopwright.runtime.database import ReadingSettings
from shopwright.runtime.journal import logger
from shopwright.signals import heuristic
from shopwright.tenancy.caller import Caller
from shopwright.tenancy.secretsmanager import Secret


class AnsweringSettings(ReadingSettings):
    """The part of an `Environment` that a function needs to answer."""

    sessions_table: str
    carts_table: str
    cache_host: str
    cache_port: int
    cache_tls: str
    cache_secret_arn: str
    more_models: str  # folders with further embedding models; as a rule they are empty or not there


def desk(env: AnsweringSettings) -> answering.Desk:
    # The model and the database's driver are loaded here and not above: importing this module costs none of them.
    import shopwright_models

    from shopwright.catalog.aurora import Facts, Offers
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
    offers, carts = Offers(writing), Carts(env.carts_table)

    def offered(caller: Caller, skus: Sequence[str]) -> Mapping[str, Sequence[Offer]]:
        return offers.of(signer.sign(caller.tenant), skus)

    def sought(caller: Caller, wanted: Sought) -> Sequence[Listed]:
        return offers.find(
            signer.sign(caller.tenant),
            chunk_ids=wanted.chunk_ids,
            product_ids=wanted.product_ids,
            price=wanted.price,
            only_available=wanted.only_available,
            limit=wanted.limit,
        )

    def no_person(call: Call, wanted: HandOver) -> str:
        raise NotAvailableYet

    registry = Registry(
        box(
            toolbox.Desk(
                search=lambda caller, question, limit: find(caller, question, embedder.question(question))[:limit],
                products=sought,
                facts=lambda caller, product, sku: facts.of_product(signer.sign(caller.tenant), product, sku),
                predict=heuristic.predict,
                cart=carting.Desk(open=carts.open, change=carts.change, offers=offered),
                hand_over=no_person,
            )
        ),
        report=lambda tool, mistake: logger().error("tool broke", extra={"tool": tool}, exc_info=mistake),
    )

    def called(
        caller: Caller, tool: str, arguments: Mapping[str, Any], deadline: Deadline, request_id: str | None
    ) -> Outcome:
        return registry.call(caller, tool, arguments, deadline, request_id=request_id)

    return answering.Desk(
        mask=redactor(Use.QUESTION).mask,
        embed=embedder.question,
        search=find,
        facts=facts_of,
        compose=compose,
        recall=recall,
        remember=remember,
        cache=kept,
        talk=talk.Desk(
            call=called,
            products=lambda caller, ids: sought(caller, Sought(product_ids=tuple(ids), limit=len(ids))),
        ),
    )
