"""What tools and answers need of a shop, as a function comes by it: changes when one of these parts is made otherwise.

Each part is made when it is first asked for, from settings of its own: a function that runs one tool is told, and is
let near, what that tool needs and nothing else.
"""

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from shopwright.catalog.facts import Sheet
from shopwright.catalog.offer import Listed, Offer
from shopwright.checkout import cart as carting
from shopwright.checkout.cart import Cart, Change
from shopwright.checkout.dynamodb import Carts
from shopwright.observability import metrics
from shopwright.orchestrator import bought, toolbox
from shopwright.orchestrator.session import Turn
from shopwright.orchestrator.toolbox import Call, Sought
from shopwright.orchestrator.tools import HandOver
from shopwright.privacy.redactor import Use, redactor
from shopwright.runtime.database import ReadingSettings, TenantSettings
from shopwright.runtime.journal import logger
from shopwright.runtime.settings import Settings
from shopwright.signals import heuristic
from shopwright.tenancy.caller import Caller
from shopwright.tenancy.passport import Signer

if TYPE_CHECKING:
    from shopwright.database.connection import Database, Reads
    from shopwright.embedding.model import Model
    from shopwright.retrieval.search import Passage


class SearchSettings(ReadingSettings):
    """For what finds passages."""

    more_models: str  # folders with further embedding models; as a rule they are empty or not there


class CartSettings(Settings):
    """For what holds carts."""

    carts_table: str


class HandOverSettings(Settings):
    """For what hands conversations over."""

    handovers_table: str
    handovers_topic_arn: str


class Searching:
    """Finds passages, by the model that serves the merchant."""

    def __init__(self, reading: "Reads", signer: Signer, more_models: str) -> None:
        # The model is loaded here and not above: importing this module costs nothing of it.
        import shopwright_models

        from shopwright.embedding.alike import alike
        from shopwright.embedding.aurora import serving_model
        from shopwright.embedding.shelf import Shelf
        from shopwright.retrieval.aurora import ProductWords
        from shopwright.retrieval.serving import Serving

        embedders = Shelf(shopwright_models.directories(more_models), shopwright_models.NAME)
        self.embedder = embedders.embedder(embedders.default)
        self.likeness = alike(self.embedder.question, self.embedder.passages)
        self._reading, self._signer = reading, signer
        self._by_words = ProductWords(reading)

        def by(name: str, question: str) -> "tuple[Model, Sequence[float]]":
            other = embedders.embedder(name)
            return other.model, other.question(question)

        # Who serves is asked where is searched: a reader that has not heard of a switch still has what served before.
        self._serving = Serving(self.embedder.model, by, lambda tenant: serving_model(reading, signer.sign(tenant)))

    def find(self, caller: Caller, question: str, vector: Sequence[float]) -> "Sequence[Passage]":
        """Passages for a question and its vector of the default model, best first."""
        from shopwright.retrieval.aurora import Search

        passport = self._signer.sign(caller.tenant)
        return self._serving.find(
            caller.tenant,
            question,
            vector,
            lambda model, asked, its: Search(self._reading, model=model).hybrid(passport, asked, its),
        )

    def named(self, caller: Caller, words: str, limit: int) -> "Sequence[Passage]":
        """Passages of products that hold the words, those with the most of them first."""
        return self._by_words.holding(self._signer.sign(caller.tenant), words, limit=limit)

    def best(self, caller: Caller, question: str, limit: int) -> "Sequence[Passage]":
        """The best passages for a question."""
        return self.find(caller, question, self.embedder.question(question))[:limit]


class Catalog:
    """Tells of products and their offers."""

    def __init__(self, writing: "Reads", signer: Signer) -> None:
        from shopwright.catalog.aurora import Facts, Offers
        from shopwright.retrieval.aurora import ProductWords

        self._signer = signer
        self._facts, self._offers, self._by_words = Facts(writing), Offers(writing), ProductWords(writing)

    def offers(self, caller: Caller, skus: Sequence[str]) -> Mapping[str, Sequence[Offer]]:
        return self._offers.of(self._signer.sign(caller.tenant), skus)

    def last_names(self, caller: Caller, skus: Sequence[str]) -> Mapping[str, str]:
        return self._offers.last_names(self._signer.sign(caller.tenant), skus)

    def sought(self, caller: Caller, wanted: Sought) -> Sequence[Listed]:
        return self._offers.find(
            self._signer.sign(caller.tenant),
            chunk_ids=wanted.chunk_ids,
            product_ids=wanted.product_ids,
            price=wanted.price,
            only_available=wanted.only_available,
            limit=wanted.limit,
        )

    def facts(self, caller: Caller, product_id: str, sku: str) -> Sheet:
        return self._facts.of_product(self._signer.sign(caller.tenant), product_id, sku)

    def passage(self, caller: Caller, product_id: str) -> "Passage | None":
        """The passage that tells of a product."""
        return self._by_words.of(self._signer.sign(caller.tenant), product_id)


def buying(database: "Database", signer: Signer) -> toolbox.Buying:
    """What the shop charges, and how far an order of the caller's own is."""
    from shopwright.checkout.aurora import Orders
    from shopwright.checkout.order import OrderUnknown

    orders = Orders(database, signer)

    def status(caller: Caller, order_id: str) -> str:
        order = orders.of(caller.tenant).look(order_id)
        if order.subject != caller.subject:
            raise OrderUnknown
        return order.shown

    return toolbox.Buying(
        terms=lambda caller: orders.of(caller.tenant).terms(),
        under_way=lambda caller: orders.of(caller.tenant).under_way(caller.subject),
        status=status,
    )


def own_orders(database: "Database", signer: Signer) -> bought.Orders:
    """The caller's own orders, the newest first; or the one of this number, if it is the caller's."""
    from shopwright.checkout.aurora import Orders
    from shopwright.checkout.order import Order, OrderUnknown

    orders = Orders(database, signer)

    def found(caller: Caller, order_id: str | None) -> "Sequence[Order]":
        mine = orders.of(caller.tenant)
        if order_id is None:
            newest, _ = mine.page(subject=caller.subject, limit=bought.MOST)
            return newest
        order = mine.look(order_id)
        if order.subject != caller.subject:
            raise OrderUnknown
        return (order,)

    return found


def handing_over(env: HandOverSettings, said: Callable[[Call], Sequence[Turn]]) -> Callable[[Call, HandOver], str]:
    """Keeps a conversation for a person of the shop, with what was `said` in it so far."""
    from shopwright.handover import handover
    from shopwright.handover.dynamodb import Handovers
    from shopwright.handover.sns import Notices

    def missed(failure: handover.NoticeUnsent) -> None:
        metrics.count("HandoverNoticeUnsent")
        logger().warning("merchant not told of a hand-over", exc_info=failure)

    desk = handover.Desk(
        keep=Handovers(env.handovers_table).keep,
        notify=Notices(env.handovers_topic_arn).notify,
        mask=redactor(Use.QUESTION).mask,
        missed=missed,
        now=time.time,
    )

    def keep(call: Call, wanted: HandOver) -> str:
        kept = handover.hand_over(
            call.caller.tenant,
            wanted.reason,
            wanted.summary,
            reference=call.session_id or str(uuid.uuid4()),
            subject=call.caller.subject,
            said=[handover.Line(turn.question, turn.answer) for turn in said(call)],
            desk=desk,
        )
        return kept.reference

    return keep


def desk() -> toolbox.Desk:
    """What one tool, in a function of its own, finds within reach. What it does not need is never made."""

    @cache
    def searching() -> Searching:
        env = SearchSettings.read()
        return Searching(env.reading(), env.signer(), env.more_models)

    @cache
    def catalog() -> Catalog:
        env = TenantSettings.read()
        return Catalog(env.database(), env.signer())

    @cache
    def sold() -> toolbox.Buying:
        env = TenantSettings.read()
        return buying(env.database(), env.signer())

    @cache
    def carts() -> Carts:
        return Carts(CartSettings.read().carts_table)

    @cache
    def people() -> Callable[[Call, HandOver], str]:
        return handing_over(HandOverSettings.read(), lambda call: ())  # a tool by itself knows no conversation

    def handed_over(call: Call, wanted: HandOver) -> str:
        return people()(call, wanted)

    def opened(caller: Caller) -> Cart:
        return carts().open(caller)

    def changed(caller: Caller, change: Change, request_id: str | None, version: int | None) -> Cart:
        return carts().change(caller, change, request_id, version)

    return toolbox.Desk(
        search=lambda caller, question, limit: searching().best(caller, question, limit),
        named=lambda caller, words, limit: searching().named(caller, words, limit),
        products=lambda caller, wanted: catalog().sought(caller, wanted),
        facts=lambda caller, product_id, sku: catalog().facts(caller, product_id, sku),
        passage=lambda caller, product_id: catalog().passage(caller, product_id),
        predict=heuristic.predict,
        cart=carting.Desk(
            open=opened,
            change=changed,
            offers=lambda caller, skus: catalog().offers(caller, skus),
            last_names=lambda caller, skus: catalog().last_names(caller, skus),
        ),
        hand_over=handed_over,
        buying=toolbox.Buying(
            terms=lambda caller: sold().terms(caller),
            under_way=lambda caller: sold().under_way(caller),
            status=lambda caller, order_id: sold().status(caller, order_id),
        ),
    )


# What each need of a tool (`tools.py`) is told; those that are not here nothing is there for yet.
SETTINGS: Mapping[str, type[Settings]] = {
    "database": TenantSettings,
    "embedding": SearchSettings,
    "carts": CartSettings,
    "hand_over": HandOverSettings,
}
