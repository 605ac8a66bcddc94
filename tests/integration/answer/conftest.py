"""The demo's three shops in a real database, parsed, masked and embedded by the product's own parts."""

import hashlib
import json
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import ingest_parse
import pytest
import shopwright_models
from shopwright.catalog.aurora import CatalogRepository, Facts, Names, Offers
from shopwright.catalog.offer import Listed
from shopwright.checkout import cart as carting
from shopwright.database.connection import Address, Database, Login, connect_master
from shopwright.database.migrate import Migrator
from shopwright.documents.aurora import Content, DocumentRepository, Outcome
from shopwright.documents.chunk import embedded_text
from shopwright.documents.document import PIPELINE, Arrival
from shopwright.documents.sandbox import Sandbox
from shopwright.embedding.alike import alike
from shopwright.embedding.onnx import OnnxEmbedder
from shopwright.embedding.tokens import Tokens
from shopwright.llm.extractive import compose
from shopwright.orchestrator import carry, classifier, talk, toolbox
from shopwright.orchestrator.answer import Answer, answer
from shopwright.orchestrator.coordinate import Coordinator
from shopwright.orchestrator.intent import Reader
from shopwright.orchestrator.registry import Outcome as Called
from shopwright.orchestrator.registry import Registry
from shopwright.orchestrator.toolbox import Call, Sought, ToolOff
from shopwright.orchestrator.tools import HandOver
from shopwright.orchestrator.visit import Desk, Question
from shopwright.privacy.redact import mask
from shopwright.resilience.deadline import Deadline
from shopwright.retrieval.aurora import ProductWords, Search
from shopwright.retrieval.search import Passage
from shopwright.signals import heuristic
from shopwright.tenancy.caller import Caller, Role
from shopwright.tenancy.passport import Signer, SigningKey
from shopwright.tenancy.tenant import Tenant

from tests.fakes.carts import FakeCarts
from tests.fakes.sessions import FakeSessions
from tests.integration.conftest import FreshDatabase

DEMO = Path(__file__).parents[3] / "local" / "demo"
SHOPS = ("outdoor", "kitchen", "electronics")
# A shop whose products have variants: each with a row of its own, and all in one record.
BOUTIQUE = "boutique"
FEEDS = {
    "hoody.json": json.dumps(
        {
            "currency": "EUR",
            "products": [
                {
                    "id": "hoody",
                    "title": "Fell Hoody",
                    "price": "60.00",
                    "variants": [
                        {"sku": "HO-MM", "colour": "Moss", "size": "M", "stock": 0},
                        {"sku": "HO-ML", "colour": "Moss", "size": "L", "stock": 4},
                        {"sku": "HO-SM", "colour": "Slate", "size": "M", "stock": 7},
                    ],
                },
                {
                    "id": "scarf",
                    "title": "Beck Scarf",
                    "price": "20.00",
                    "variants": [{"sku": "SC-M", "colour": "Moss"}, {"sku": "SC-P", "colour": "Plum"}],
                },
                {"id": "cap", "title": "Tarn Cap", "price": "15.00", "colour": "red", "stock": 9},
            ],
        }
    ).encode(),
    "jumper.csv": (
        b"Handle,Title,Body (HTML),Vendor,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Variant SKU,"
        b"Variant Inventory Qty,Variant Inventory Tracker,Variant Price\n"
        b"jumper,Wool Jumper,Soft.,Larkin,Size,S,Color,Moss,J-SM,4,shopify,55.00\n"
        b"jumper,,,,,L,,Moss,J-LM,0,shopify,55.00\n"
        b"jumper,,,,,L,,Ochre,J-LO,2,shopify,58.00\n"
    ),
}
# A shop that says the same in several languages.
HARBOUR = "harbour"
PAGES = {
    "returns.md": "# Returns\n\nYou may return anything within 45 days of delivery. We pay for the parcel.\n",
    "rueckgabe.md": "# Rückgabe\n\nSie können alles innerhalb von 45 Tagen nach der Lieferung zurückgeben.\n",
    "retours.md": "# Retours\n\nVous pouvez retourner tout article dans les 45 jours après la livraison.\n",
    "devoluciones.md": "# Devoluciones\n\nPuede devolver cualquier artículo en los 45 días siguientes a la entrega.\n",
}
KEY = SigningKey("k1", secrets.token_hex(32).encode())


@dataclass(frozen=True)
class Shops:
    """Somewhere to ask. Conversations are kept in memory; everything else is real."""

    desk: Desk
    database: Database

    def ask(self, shop: str, question: str, session_id: str | None = None) -> Answer:
        caller = Caller(Tenant(shop), Role.SHOPPER, f"user#{shop}", frozenset({"shop/chat"}))
        return answer(Question(question, caller, session_id), desk=self.desk, deadline=Deadline(8000))


@pytest.fixture(scope="package")
def shops(new_database: Callable[[], FreshDatabase]) -> Iterator[Shops]:
    fresh = new_database()
    address = Address(fresh.host, fresh.port, fresh.name, "disable")
    login = Login("shopwright_app", secrets.token_hex(16))
    with connect_master(address, Login(fresh.username, fresh.password)) as connection:
        migrator = Migrator(connection)
        migrator.up()
        migrator.admit_app(login)
        migrator.install_key(KEY)
    database = Database(address, lambda: login, statement_timeout_ms=10_000)
    embedder = OnnxEmbedder(shopwright_models.directory())
    signer = Signer(lambda: KEY)
    documents, catalog = DocumentRepository(database, signer), CatalogRepository(database, signer)
    with Sandbox() as sandbox:
        for shop in SHOPS:
            folder = DEMO / shop / "documents"
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    name = path.relative_to(folder).as_posix()
                    _ingest(documents, catalog, embedder, sandbox, shop, name, path.read_bytes())
        for name, data in FEEDS.items():
            _ingest(documents, catalog, embedder, sandbox, BOUTIQUE, name, data)
        for name, text in PAGES.items():
            _ingest(documents, catalog, embedder, sandbox, HARBOUR, name, text.encode())
    search, facts = Search(database, model=embedder.model), Facts(database)
    sessions = FakeSessions(lambda: 1_790_000_000)
    tools, mistakes = _tools(database, embedder, signer)
    coordinator = Coordinator()

    def called(
        caller: Caller, tool: str, arguments: Mapping[str, Any], deadline: Deadline, request_id: str | None
    ) -> Called:
        outcome = tools.call(caller, tool, arguments, deadline, request_id=request_id)
        assert mistakes == []
        return outcome

    offers = Offers(database)
    yield Shops(
        Desk(
            mask=mask,
            embed=embedder.question,
            search=lambda caller, question, vector: search.hybrid(signer.sign(caller.tenant), question, vector),
            facts=lambda caller, chunks: facts.of(signer.sign(caller.tenant), chunks),
            compose=compose,
            recall=lambda caller, session_id: sessions.of(caller.tenant, caller.subject).open(session_id),
            remember=lambda caller, session_id, turn, begun: sessions.of(caller.tenant, caller.subject).remember(
                session_id, turn, begun
            ),
            talk=talk.Desk(
                call=called,
                products=lambda caller, ids: offers.find(
                    signer.sign(caller.tenant), product_ids=list(ids), limit=len(ids)
                ),
                offers=lambda caller, skus: offers.of(signer.sign(caller.tenant), skus),
                variants=lambda caller, ids: facts.of_variants(signer.sign(caller.tenant), ids),
            ),
            likeness=alike(embedder.question, embedder.passages),
            sold=lambda caller, said: Names(database).among(signer.sign(caller.tenant), said),
            carry=carry.Desk(
                call=called,
                coordinator=coordinator,
                reader=Reader(embedder.question, classifier.shipped()),
                variants=lambda caller, ids: facts.of_variants(signer.sign(caller.tenant), ids),
                overview=lambda caller: offers.overview(signer.sign(caller.tenant)),
            ),
        ),
        database,
    )
    coordinator.close()
    tools.close()
    database.close()


def _tools(database: Database, embedder: OnnxEmbedder, signer: Signer) -> tuple[Registry, list[BaseException]]:
    """Every tool, over the shops' own database; carts are kept in memory."""
    search, offers, facts = Search(database, model=embedder.model), Offers(database), Facts(database)
    words, carts = ProductWords(database), FakeCarts(lambda: 1_790_000_000)
    mistakes: list[BaseException] = []

    def find(caller: Caller, question: str, limit: int) -> Sequence[Passage]:
        return search.hybrid(signer.sign(caller.tenant), question, embedder.question(question))[:limit]

    def sought(caller: Caller, wanted: Sought) -> Sequence[Listed]:
        return offers.find(
            signer.sign(caller.tenant),
            chunk_ids=wanted.chunk_ids,
            product_ids=wanted.product_ids,
            price=wanted.price,
            only_available=wanted.only_available,
            limit=wanted.limit,
        )

    def nobody(call: Call, wanted: HandOver) -> str:
        raise ToolOff

    desk = toolbox.Desk(
        search=find,
        named=lambda caller, said, limit: words.holding(signer.sign(caller.tenant), said, limit=limit),
        products=sought,
        facts=lambda caller, product, sku: facts.of_product(signer.sign(caller.tenant), product, sku),
        passage=lambda caller, product: words.of(signer.sign(caller.tenant), product),
        predict=heuristic.predict,
        cart=carting.Desk(
            open=carts.open,
            change=carts.change,
            offers=lambda caller, skus: offers.of(signer.sign(caller.tenant), skus),
        ),
        hand_over=nobody,
    )
    return Registry(toolbox.box(desk), report=lambda _, mistake: mistakes.append(mistake)), mistakes


def _ingest(
    documents: DocumentRepository,
    catalog: CatalogRepository,
    embedder: OnnxEmbedder,
    sandbox: Sandbox,
    shop: str,
    name: str,
    data: bytes,
) -> None:
    key = f"documents/{shop}/{name}"
    drop = Arrival(key, "01", len(data))
    parsed, count = sandbox.read(data, key), Tokens(shopwright_models.directory()).count
    cut, feed = ingest_parse.cut(parsed, ingest_parse.products_in(sandbox, data, key), drop.document_id, count)
    pieces = [replace(piece, content=mask(piece.content).text) for piece in cut]
    texts = [embedded_text(piece.section, piece.content) for piece in pieces]
    mine = documents.of(Tenant(shop))
    mine.register(drop, title=parsed.title or name)
    stored = mine.replace(
        drop,
        Content(
            title=parsed.title or name,
            sha256=hashlib.sha256(data).hexdigest(),
            pipeline=PIPELINE,
            masked=0,
            model=embedder.model,
            passages=list(zip(pieces, embedder.passages(texts), strict=True)),
        ),
        also=lambda db: feed and catalog.of(Tenant(shop)).replace(db, drop.document_id, feed.feed, feed.owners),
    )
    assert stored is Outcome.SEARCHABLE
