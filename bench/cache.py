"""What a kept answer costs beside a bare GET, how often a burst computes, whether a changing shop tells old news."""

import hashlib
import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import redis
import shopwright_models
from redis.cluster import RedisCluster
from shopwright.database.connection import Address, Database, Login, connect_master
from shopwright.database.migrate import Migrator
from shopwright.documents.aurora import Content, DocumentRepository
from shopwright.documents.chunk import chunk, embedded_text
from shopwright.documents.document import PIPELINE, Arrival
from shopwright.documents.parse.formats import read
from shopwright.embedding.onnx import OnnxEmbedder
from shopwright.embedding.tokens import Tokens
from shopwright.llm.extractive import compose
from shopwright.orchestrator import answer as answering
from shopwright.orchestrator.answer_cache import AnswerCache, Cache, Standing
from shopwright.orchestrator.aurora import Generations
from shopwright.orchestrator.session import Session, Tally
from shopwright.orchestrator.valkey import Shelf
from shopwright.orchestrator.visit import Desk, Question
from shopwright.privacy.redact import mask
from shopwright.resilience.deadline import Deadline
from shopwright.retrieval.aurora import Search
from shopwright.retrieval.search import Passage
from shopwright.tenancy.caller import Caller, Role
from shopwright.tenancy.passport import Signer, SigningKey
from shopwright.tenancy.tenant import Tenant

from bench.outcome import CannotMeasure, Options, Outcome, quantile
from bench.shop import Caller as Client
from bench.shop import cloud
from local import places, ports
from local.postgres import Postgres
from local.valkey import Valkey

SHOP = Tenant("kitchen")
SHOPPER = Caller(SHOP, Role.SHOPPER, "user#bench", frozenset({"shop/chat"}))
SUBJECTS = (
    *("pans", "lids", "knives", "boards", "bowls", "whisks", "scales", "racks", "jars", "mills"),
    *("kettles", "ovens", "mixers", "graters", "sieves", "ladles", "tongs", "funnels", "timers", "aprons"),
)
ASKED = 5  # of the subjects, so that answers are met again while pages change
BURST = 50
READERS = 4
OWNER = "bench_owner"


@dataclass
class Counter:
    """One environment of chat, without HTTP: its own connections. What it would keep of a conversation it drops."""

    desk: Desk
    database: Database
    shelf: Shelf

    def ask(self, text: str) -> answering.Answer:
        return answering.answer(Question(text, SHOPPER), desk=self.desk, deadline=Deadline(20_000))

    def close(self) -> None:
        self.database.close()
        self.shelf.close()


class Kitchen:
    """A shop on servers of its own, with a page for each subject that tells one number."""

    def __init__(self, address: Address, login: Login, key: SigningKey, valkey: Valkey) -> None:
        directory = shopwright_models.directory()
        self._address, self._login, self.valkey = address, login, valkey
        self._signer = Signer(lambda: key)
        self._embedder, self._tokens = OnnxEmbedder(directory), Tokens(directory)
        self._writes = 0
        self._database = self._connection()
        self._documents = DocumentRepository(self._database, self._signer).of(SHOP)

    def _connection(self) -> Database:
        return Database(self._address, lambda: self._login, statement_timeout_ms=10_000)

    def counter(self, *, checked: bool = True, on_search: Callable[[], None] = lambda: None) -> Counter:
        """`checked`: kept answers are held against PostgreSQL, as they always are; without, to know what that costs."""
        database = self._connection()
        search, generations = Search(database, model=self._embedder.model), Generations(database)
        shelf = Shelf("127.0.0.1", self.valkey.port, tls="disable", token=lambda: self.valkey.password, timeout_s=5)

        def find(caller: Caller, question: str, vector: Sequence[float]) -> Sequence[Passage]:
            on_search()
            return search.hybrid(self._signer.sign(caller.tenant), question, vector)

        def seen(caller: Caller) -> int:
            return generations.current(self._signer.sign(caller.tenant))

        at_first = seen(SHOPPER)
        cache = AnswerCache(
            shelf,
            seen=seen,
            current=lambda caller, facts: Standing(seen(caller) if checked else at_first, {}),
            context=(self._embedder.model.sha256, PIPELINE),
        )
        desk = Desk(
            mask=mask,
            embed=self._embedder.question,
            search=find,
            facts=lambda caller, chunks: {chunk: {} for chunk in chunks},
            compose=compose,
            recall=lambda caller, session_id: Session(session_id, (), 0, 0, Tally(0, 0)),
            remember=lambda caller, session_id, turn, begun: "not kept",
            cache=cache,
        )
        return Counter(desk, database, shelf)

    def write(self, subject: str, number: int) -> None:
        """A new version of a page, by the product's own parts."""
        self._writes += 1
        text = f"# Warranty of {subject}\n\nThe warranty of {subject} lasts {number} months.\n"
        drop = Arrival(f"documents/{SHOP}/{subject}.md", f"{self._writes:08X}", len(text))
        pieces = chunk(drop.document_id, read(text.encode(), drop.key), self._tokens.count)
        vectors = self._embedder.passages([embedded_text(piece.section, piece.content) for piece in pieces])
        self._documents.register(drop, title=subject)
        self._documents.replace(
            drop,
            Content(
                title=subject,
                sha256=hashlib.sha256(text.encode()).hexdigest(),
                pipeline=PIPELINE,
                masked=0,
                model=self._embedder.model,
                passages=list(zip(pieces, vectors, strict=True)),
            ),
        )

    def close(self) -> None:
        self._database.close()


@contextmanager
def kitchen() -> Iterator[Kitchen]:
    folder = places.state_dir("bench-cache")
    taken = [ports.choose("PostgreSQL", None)]
    for name in ("Valkey", "Valkey's bus"):
        taken.append(ports.choose(name, None, taken=taken))
    postgres, valkey = Postgres(folder / "postgres", taken[0]), Valkey(folder / "valkey", *taken[1:])
    try:
        postgres.start()
        valkey.start()
        owner, app = Login(OWNER, secrets.token_hex(16)), Login("shopwright_app", secrets.token_hex(16))
        key = SigningKey("k1", secrets.token_hex(32).encode())
        postgres.admit(owner.username, owner.password)
        postgres.create_database("bench", owner=owner.username)
        address = Address("127.0.0.1", taken[0], "bench", "disable")
        with connect_master(address, owner) as connection:
            migrator = Migrator(connection)
            migrator.up()
            migrator.admit_app(app)
            migrator.install_key(key)
        made = Kitchen(address, app, key, valkey)
        try:
            yield made
        finally:
            made.close()
    finally:
        postgres.remove()
        valkey.remove()


def question(subject: str) -> str:
    return f"How many months does the warranty of {subject} last?"


def timed(call: Callable[[], object], count: int) -> list[float]:
    """Milliseconds of each call, after a few that warm it up."""
    for _ in range(20):
        call()
    found = []
    for _ in range(count):
        began = time.perf_counter()
        call()
        found.append((time.perf_counter() - began) * 1000)
    return found


def cost(shop: Kitchen, count: int) -> dict[str, float]:
    """A kept answer, checked and unchecked, and a bare GET of as many bytes, by turns on one machine."""
    checked, unchecked = shop.counter(), shop.counter(checked=False)
    asked = question(SUBJECTS[0])

    def hit(counter: Counter) -> None:
        if counter.ask(asked).cache is not Cache.HIT:
            raise CannotMeasure("A kept answer was not served from the cache.")

    try:
        checked.ask(asked)
        with (
            shop.valkey.connect() as text,
            redis.Redis(port=shop.valkey.port, password=shop.valkey.password, socket_timeout=5) as raw,
        ):
            [key] = text.keys(f"merchant:{{{SHOP}}}:query_hash:*")
            raw.set("bench:value", "x" * text.hstrlen(key, "value"), ex=600)
            size = raw.strlen("bench:value")
            samples: dict[str, list[float]] = {
                name: [] for name in ("cached answer", "without freshness", "raw GET", "GET by the cluster's client")
            }
            cluster = RedisCluster(
                host="127.0.0.1", port=shop.valkey.port, password=shop.valkey.password, socket_timeout=5
            )
            for _ in range(4):
                samples["raw GET"] += timed(lambda: raw.get("bench:value"), count // 4)
                samples["GET by the cluster's client"] += timed(lambda: cluster.get("bench:value"), count // 4)
                samples["cached answer"] += timed(lambda: hit(checked), count // 4)
                samples["without freshness"] += timed(lambda: hit(unchecked), count // 4)
            cluster.close()
    finally:
        checked.close()
        unchecked.close()
    metrics = {
        f"{name} {label} ms": quantile(found, share)
        for name, found in samples.items()
        for label, share in (("p50", 0.5), ("p99", 0.99))
    }
    bare = metrics["raw GET p50 ms"]
    return {
        **metrics,
        "value bytes": float(size),
        "ratio to a raw GET": metrics["cached answer p50 ms"] / bare,
        "ratio to a GET by the cluster's client": metrics["cached answer p50 ms"]
        / metrics["GET by the cluster's client p50 ms"],
        "ratio to a raw GET without freshness": metrics["without freshness p50 ms"] / bare,
    }


def burst(shop: Kitchen, rounds: int) -> float:
    """The most searches that any of the bursts caused: as many environments as askers, all asking the same at once."""
    searches: list[str] = []
    counters = [shop.counter(on_search=lambda: searches.append("one")) for _ in range(BURST)]
    worst = 0
    try:
        for counter in counters:
            counter.ask(question(SUBJECTS[0]))
        for turn in range(rounds):
            searches.clear()
            together = threading.Barrier(BURST)

            def ask(counter: Counter, turn: int = turn, together: threading.Barrier = together) -> None:
                together.wait(60)
                counter.ask(f"{question(SUBJECTS[1])} That is number {turn}.")

            with ThreadPoolExecutor(BURST) as pool:
                list(pool.map(ask, counters))
            worst = max(worst, len(searches))
    finally:
        for counter in counters:
            counter.close()
    return float(worst)


def churn(shop: Kitchen, seconds: float) -> dict[str, float]:
    """Readers ask while pages change; what they are told is held against what had surely been replaced by then."""
    replaced_at: dict[tuple[str, int], float] = {}
    readers = [shop.counter() for _ in range(READERS)]
    done = threading.Event()

    def change() -> int:
        changes = 0
        try:
            ends = time.monotonic() + seconds
            while time.monotonic() < ends:
                subject, number = SUBJECTS[changes % ASKED], 101 + changes // ASKED
                shop.write(subject, number)
                replaced_at[subject, number - 1] = time.monotonic()
                changes += 1
                time.sleep(0.2)
        finally:
            done.set()
        return changes

    def ask(counter: Counter) -> list[tuple[Cache, bool]]:
        told: list[tuple[Cache, bool]] = []
        while not done.is_set():
            subject = SUBJECTS[len(told) % ASKED]
            began = time.monotonic()
            said = counter.ask(question(subject))
            [number] = set(re.findall(r"(\d{3,}) months", said.text))
            told.append((said.cache, replaced_at.get((subject, int(number)), began) < began))
        return told

    try:
        with ThreadPoolExecutor(READERS + 1) as pool:
            changing, reading = pool.submit(change), [pool.submit(ask, counter) for counter in readers]
            changes = changing.result()
            told = [one for each in reading for one in each.result()]
    finally:
        for counter in readers:
            counter.close()
    return {
        "answers under churn": float(len(told)),
        "of these from the cache": float(sum(how in (Cache.HIT, Cache.STALE) for how, _ in told)),
        "pages changed %/min": 100 * changes / len(SUBJECTS) / (seconds / 60),
        "stale answers under churn": float(sum(stale for _, stale in told)),
    }


def in_the_cloud(count: int) -> dict[str, float]:
    """The deployed function's own clock, from question to remembered answer: with DynamoDB, which here is MiniStack."""
    with cloud() as place, Client(place.running.api_url, place.token(SHOP.merchant_id, "shopper")) as client:
        found: list[float] = []
        for _ in range(count + 5):
            answer = client.call("POST", "/v1/chat", {"message": "Do you repair bicycles on Sundays?"})
            if answer.status == 200 and answer.body["cache"] == "hit":
                found.append(answer.body["clocks"]["done_ms"])
    if len(found) < count:
        raise CannotMeasure(f"Only {len(found)} of {count} answers of the laptop cloud came from its cache.")
    return {
        "with conversation p50 ms": quantile(found, 0.5),
        "with conversation p99 ms": quantile(found, 0.99),
    }


def measure(options: Options) -> Outcome:
    """On servers of its own, in this process; then once more in the laptop cloud."""
    with kitchen() as shop:
        for subject in SUBJECTS:
            shop.write(subject, 100)
        metrics = cost(shop, options.count(quick=400, full=4000))
        metrics["searches of 50 at once"] = burst(shop, options.count(quick=2, full=10))
        metrics |= churn(shop, float(options.count(quick=8, full=60)))
    metrics |= in_the_cloud(options.count(quick=50, full=500))
    notes = (
        "`cached answer`: mask, hash, one script in Valkey, one round trip to PostgreSQL that proves it current; in "
        "this process, without HTTP and without the conversation. `without freshness` leaves PostgreSQL out, which the "
        "product never does. `raw GET` is a client of one node, for a value of the same size; the product's client "
        "knows a cluster.",
        "`with conversation`: the deployed function's own clock, with DynamoDB, which on a laptop is MiniStack.",
        f"Churn: {len(SUBJECTS)} pages of which {ASKED} change and are asked about, {READERS} readers.",
    )
    limits = {
        "cached answer p99 ms": ("<=", 10.0),
        "ratio to a raw GET": ("<=", 3.0),
        "searches of 50 at once": ("<=", 1.0),
        "stale answers under churn": ("<=", 0.0),
    }
    return Outcome("cache", metrics, limits, notes)
