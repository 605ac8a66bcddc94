"""A shelf for kept answers, real and fake; and a shop whose chat keeps its answers on the real one."""

import hashlib
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import chat
import pytest
import shopwright_models
from shopwright.database.connection import Address, Database, Login, connect_master
from shopwright.database.migrate import Migrator
from shopwright.documents.aurora import Content, DocumentRepository, Outcome
from shopwright.documents.chunk import chunk, embedded_text
from shopwright.documents.document import PIPELINE, Arrival
from shopwright.documents.parse.formats import read
from shopwright.embedding.onnx import OnnxEmbedder
from shopwright.embedding.tokens import Tokens
from shopwright.llm.extractive import compose
from shopwright.orchestrator import answer as answering
from shopwright.orchestrator.answer_cache import AnswerCache, ShelfUnavailable, Standing
from shopwright.orchestrator.answerer import Inline
from shopwright.orchestrator.aurora import Generations
from shopwright.orchestrator.valkey import Shelf
from shopwright.orchestrator.visit import Desk, Question
from shopwright.privacy.redact import mask
from shopwright.resilience.deadline import Deadline
from shopwright.retrieval.aurora import Search
from shopwright.retrieval.search import Passage
from shopwright.tenancy.caller import Caller, Role
from shopwright.tenancy.passport import Signer, SigningKey
from shopwright.tenancy.tenant import Tenant

from local.valkey import Valkey
from tests.fakes import gateway
from tests.fakes.bulkhead import roomy
from tests.fakes.gateway import Answer
from tests.fakes.members import FakeMembers
from tests.fakes.sessions import FakeSessions
from tests.fakes.shelf import FakeShelf
from tests.fakes.trail import FakeAudit
from tests.integration.conftest import FreshDatabase

KEY = SigningKey("k1", secrets.token_hex(32).encode())
MEMBERS = {"outdoor": gateway.member(), "kitchen": gateway.member("kitchen", subject="user#kit")}


def shelf_at(server: Valkey, *, timeout_s: float = 2.0) -> Shelf:
    """With patience, since the machine of a test may be busy; the product's own limit has tests of its own."""
    return Shelf("127.0.0.1", server.port, tls="disable", token=lambda: server.password, timeout_s=timeout_s)


@pytest.fixture
def real(valkey_server: Valkey) -> Iterator[Shelf]:
    valkey_server.start()
    with valkey_server.connect() as client:
        client.flushall()
    shelf = shelf_at(valkey_server)
    yield shelf
    shelf.close()


@pytest.fixture(params=["real", "fake"])
def shelf(request: pytest.FixtureRequest) -> Shelf:
    if request.param == "fake":
        return FakeShelf()
    held: Shelf = request.getfixturevalue("real")
    return held


@dataclass
class Counter:
    """One environment of the function: its own connections, its own breaker. Conversations are kept in memory."""

    database: Database
    shelf: Shelf
    embedder: OnnxEmbedder
    signer: Signer
    searched: int = 0
    troubles: list[ShelfUnavailable] = field(default_factory=list)

    def __post_init__(self) -> None:
        search = Search(self.database, model=self.embedder.model)
        generations = Generations(self.database)
        sessions = FakeSessions(lambda: gateway.ISSUED_AT)

        def find(caller: Caller, question: str, vector: Sequence[float]) -> Sequence[Passage]:
            self.searched += 1
            return search.hybrid(self.signer.sign(caller.tenant), question, vector)

        self.cache = AnswerCache(
            self.shelf,
            seen=lambda caller: generations.current(self.signer.sign(caller.tenant)),
            current=lambda caller, facts: Standing(generations.current(self.signer.sign(caller.tenant)), {}),
            context=(self.embedder.model.sha256, PIPELINE),
            report=self.troubles.append,
        )
        self._desk = Desk(
            mask=mask,
            embed=self.embedder.question,
            search=find,
            facts=lambda caller, chunks: {chunk: {} for chunk in chunks},
            compose=compose,
            recall=lambda caller, session_id: sessions.of(caller.tenant, caller.subject).open(session_id),
            remember=lambda caller, session_id, turn, begun: sessions.of(caller.tenant, caller.subject).remember(
                session_id, turn, begun
            ),
            cache=self.cache,
        )
        members = FakeMembers(*MEMBERS.values())
        self._handler = chat.build(
            lambda: chat.Desk(members=members, trail=FakeAudit(), bulkhead=roomy(), answerer=Inline(self._desk))
        )

    def ask(self, message: str, merchant: str = "outdoor", **more: Any) -> Answer:
        token = gateway.claims(MEMBERS[merchant])
        event = gateway.request("POST", "/v1/chat", token=token, body={"message": message, **more})
        return gateway.send(self._handler, event)

    def answer(self, message: str) -> answering.Answer:
        """The same without HTTP, whose metrics are one process's and not one thread's."""
        caller = Caller(Tenant("outdoor"), Role.SHOPPER, "user#ann", frozenset({"shop/chat"}))
        return answering.answer(Question(message, caller), desk=self._desk, deadline=Deadline(20_000))

    def close(self) -> None:
        self.database.close()
        self.shelf.close()


@dataclass
class Shop:
    """A migrated database, a real Valkey, and as many environments of chat as a test wants."""

    address: Address
    login: Login
    valkey: Valkey
    embedder: OnnxEmbedder
    tokens: Tokens
    signer: Signer = field(default_factory=lambda: Signer(lambda: KEY))
    opened: list[Counter] = field(default_factory=list)
    written: int = 0

    def counter(self, *, timeout_s: float = 2.0) -> Counter:
        database = Database(self.address, lambda: self.login, statement_timeout_ms=10_000)
        made = Counter(database, shelf_at(self.valkey, timeout_s=timeout_s), self.embedder, self.signer)
        self.opened.append(made)
        return made

    def repository(self, database: Database) -> DocumentRepository:
        return DocumentRepository(database, self.signer)

    def write(self, documents: DocumentRepository, name: str, text: str, merchant: str = "outdoor") -> None:
        """What the ingestion does with a page that was dropped."""
        self.written += 1
        data = text.encode()
        drop = Arrival(f"documents/{merchant}/{name}", f"{self.written:08X}", len(data))
        parsed = read(data, drop.key)
        pieces = chunk(drop.document_id, parsed, self.tokens.count)
        vectors = self.embedder.passages([embedded_text(piece.section, piece.content) for piece in pieces])
        mine = documents.of(Tenant(merchant))
        mine.register(drop, title=name)
        stored = mine.replace(
            drop,
            Content(
                title=name,
                sha256=hashlib.sha256(data).hexdigest(),
                pipeline=PIPELINE,
                masked=0,
                model=self.embedder.model,
                passages=list(zip(pieces, vectors, strict=True)),
            ),
        )
        assert stored is Outcome.SEARCHABLE

    def remove(self, documents: DocumentRepository, name: str, merchant: str = "outdoor") -> None:
        self.written += 1
        gone = Arrival(f"documents/{merchant}/{name}", f"{self.written:08X}", 0)
        assert documents.of(Tenant(merchant)).remove(gone) is Outcome.REMOVED


@pytest.fixture(scope="module")
def built(new_database: Callable[[], FreshDatabase], valkey_server: Valkey) -> Shop:
    fresh = new_database()
    address = Address(fresh.host, fresh.port, fresh.name, "disable")
    login = Login("shopwright_app", secrets.token_hex(16))
    with connect_master(address, Login(fresh.username, fresh.password)) as connection:
        migrator = Migrator(connection)
        migrator.up()
        migrator.admit_app(login)
        migrator.install_key(KEY)
    directory = shopwright_models.directory()
    return Shop(address, login, valkey_server, OnnxEmbedder(directory), Tokens(directory))


@pytest.fixture
def shop(built: Shop, real: Shelf) -> Iterator[Shop]:
    """With an empty cache."""
    yield built
    while built.opened:
        built.opened.pop().close()
