"""Searching 200 merchants' passages with row-level security on, beside the libraries that one would take otherwise.

Everybody is on one server in one run: the same vectors, the same HNSW parameters, iterative scans, content returned.
Rounds go through all of them in turn, so that whatever else the machine does falls on everyone.
"""

import json
import os
import secrets
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import psycopg
from pgvector import HalfVector
from pgvector.psycopg.halfvec import register_halfvec_info
from psycopg import sql
from psycopg.types import TypeInfo
from shopwright.database.connection import Address, Login, connect_master
from shopwright.database.migrate import Migrator

from bench.outcome import CannotMeasure, Options, Outcome, median, quantile
from bench.searchers.by_shopwright import KEY, MODEL
from bench.searchers.wire import Place
from bench.street import Street, street
from local import places, ports
from local.postgres import Postgres

MERCHANTS, PASSAGES = 200, 200_000
QUICK_MERCHANTS, QUICK_PASSAGES = 40, 6_000
LISTS = 100
CLIENTS = (1, 8, 32)
BARS = {
    "ours recall@10": (">=", 0.99),
    "ours p50 / SELECT 1 p50": ("<=", 20.0),
    "hybrid p50 / vector p50": ("<=", 2.5),
}
BAR_PEER = (">=", 5.0)
# What a server of this size would have; everybody is on it. The rest is as on the laptop.
SERVER = {"shared_buffers": "1GB", "maintenance_work_mem": "1GB", "max_wal_size": "8GB"}
VECTORS = "shopwright.chunk_embedding_bge_small_en_v15"
_NAMED = sql.Identifier(*VECTORS.split("."))
DATABASE = "bench"

Connection = psycopg.Connection[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Searcher:
    """One who is measured: its program, in which environment it runs, and which of its ways it takes."""

    name: str
    program: str
    environment: str
    store: str

    @property
    def peer(self) -> bool:
        return self.environment != "product"


FLOOR = Searcher("SELECT 1", "by_shopwright", "product", "floor")
OURS = Searcher("ours", "by_shopwright", "product", "vector")
HYBRID = Searcher("ours, hybrid", "by_shopwright", "product", "hybrid")
IVFFLAT = Searcher(f"ours, ivfflat({LISTS})", "by_shopwright", "product", "vector")
PEERS = (
    Searcher("PGVector (LangChain)", "by_langchain", "peers-langchain", "PGVector"),
    Searcher("PGVectorStore (LangChain)", "by_langchain", "peers-langchain", "PGVectorStore"),
    Searcher("PGVectorStore (LlamaIndex)", "by_llamaindex", "peers-llamaindex", "PGVectorStore"),
)


class Child:
    """A searcher's program at work: one line out, one line back."""

    def __init__(self, searcher: Searcher, place: Place) -> None:
        python = places.python(searcher.environment)
        if not python.is_file():
            raise CannotMeasure(f"{python} is not there: make it with `make bench`, or `local/setup.py`.")
        self._name = searcher.name
        self._words = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the child
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreters and our own programs
            [python, "-m", f"bench.searchers.{searcher.program}"],
            cwd=places.ROOT,
            env={"PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1", "HOME": tempfile.gettempdir()},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._words,
            text=True,
        )
        self.tell("place", place=asdict(replace(place, store=searcher.store)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, what: BaseException | None, where: TracebackType | None
    ) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)
        self._process.stdout.close()
        self._words.close()

    def tell(self, do: str, **details: object) -> dict[str, Any]:
        assert self._process.stdin
        assert self._process.stdout
        try:
            self._process.stdin.write(json.dumps({"do": do, **details}) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            line = ""
        else:
            line = self._process.stdout.readline()
        if not line:
            self._words.seek(0)
            last = self._words.read().decode(errors="replace").strip()[-1500:]
            raise CannotMeasure(f"{self._name} ended while it was told to {do}:\n{last}")
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextmanager
def database(folder: Path, held: Street) -> Iterator[tuple[Postgres, Place, Place]]:
    """A server of the bench's own with a migrated database, the app's way in, and the owner's for the peers."""
    server = Postgres(places.servers_dir() / f"bench-{os.getpid()}", ports.choose("the bench", None), settings=SERVER)
    master, app = Login("bench_master", secrets.token_hex(16)), Login("shopwright_app", secrets.token_hex(16))
    server.start()
    try:
        server.admit(master.username, master.password)
        server.create_database(DATABASE, owner=master.username)
        with connect_master(Address(ports.HOST, server.port, DATABASE, "disable"), master) as connection:
            migrator = Migrator(connection)
            migrator.up()
            migrator.admit_app(app)
            migrator.install_key(KEY)
        with server.connect(DATABASE) as admin:
            # The libraries do not set these for every query; a user who wants answers with a filter has to.
            for setting in ("hnsw.iterative_scan = relaxed_order", "hnsw.ef_search = 60"):
                admin.execute(f"load 'vector'; alter role bench_master set {setting}".encode())
        np.save(folder / "questions.npy", held.questions)
        asked = [Street.merchant(number) for number in held.asked]
        (folder / "asked.json").write_text(json.dumps(asked), "utf-8")
        (folder / "words.json").write_text(json.dumps(held.words_asked), "utf-8")
        ours = Place(ports.HOST, server.port, DATABASE, app.username, app.password, str(folder))
        yield server, ours, replace(ours, username=master.username, password=master.password)
    finally:
        server.remove()


def load(admin: Connection, held: Street) -> dict[str, float]:
    """Everything by COPY, without indexes, as a first load should; they are built afterwards."""
    register_halfvec_info(admin, _type(admin))
    admin.execute(
        f"drop index {VECTORS}_near; drop index shopwright.chunk_words; set session_replication_role = replica".encode()
    )
    merchants = [Street.merchant(number) for number in range(len(held.sizes))]
    for merchant in merchants:
        admin.execute(
            "insert into shopwright.document (merchant_id, id, source_key, title, media_type, status, sequencer)"
            " values (%s, 'guide', %s, 'A guide', 'text/markdown', 'searchable', '01')",
            (merchant, f"documents/{merchant}/guide.md"),
        )
        admin.execute("insert into shopwright.serving_model values (%s, %s)", (merchant, MODEL.name))
    with admin.cursor().copy(
        "copy shopwright.chunk (merchant_id, id, document_id, version, ordinal, section, span, content) from stdin"
    ) as rows:
        for one in held.arrival:
            owner = merchants[held.owner[one]]
            rows.write_row(
                (owner, held.ids[one], "guide", 1, int(one), ["A guide"], f"[{one},{one + 9})", held.texts[one])
            )
    started = time.perf_counter()
    with admin.cursor().copy(f"copy {VECTORS} (merchant_id, id, e) from stdin (format binary)".encode()) as rows:
        rows.set_types(["text", "uuid", "halfvec"])
        for one in held.arrival:
            rows.write_row((merchants[held.owner[one]], held.ids[one], HalfVector(held.vectors[one].tolist())))
    copied = time.perf_counter() - started
    admin.execute("set session_replication_role = origin; set role shopwright_owner")
    admin.execute("create index chunk_words on shopwright.chunk using gin (merchant_id, tsv)")
    started = time.perf_counter()
    admin.execute(f"create index {_bare(VECTORS)}_near on {VECTORS} using hnsw (e halfvec_cosine_ops)".encode())
    built = time.perf_counter() - started
    admin.execute("reset role")
    admin.execute("vacuum (analyze)")
    return {"vectors copied/s": len(held.owner) / copied, "hnsw built/s": len(held.owner) / built}


def fill_peers(admin: Connection) -> None:
    """The same vectors and texts into the tables that the libraries made, and the same HNSW over each afterwards."""
    made = admin.execute(
        "select indexname from pg_indexes where tablename = 'data_llamaindex' and indexdef ilike '% using hnsw %'"
    ).fetchall()
    assert made, "the library makes an index of its own, which would be filled row by row"
    for (name,) in made:
        admin.execute(sql.SQL("drop index {}").format(sql.Identifier(name)))
    admin.execute(
        sql.SQL("""insert into langchain_pg_embedding (id, collection_id, embedding, document, cmetadata)
            select c.id::text, (select uuid from langchain_pg_collection), v.e::vector(384), c.content,
                   jsonb_build_object('merchant_id', c.merchant_id)
              from shopwright.chunk c
              join {vectors} v on v.merchant_id = c.merchant_id and v.id = c.id""").format(vectors=_NAMED)
    )
    admin.execute(
        sql.SQL("""insert into langchain_v2 (langchain_id, content, embedding, merchant_id)
            select c.id, c.content, v.e::vector(384), c.merchant_id from shopwright.chunk c
              join {vectors} v on v.merchant_id = c.merchant_id and v.id = c.id""").format(vectors=_NAMED)
    )
    admin.execute(
        sql.SQL("""insert into data_llamaindex (text, metadata_, node_id, embedding)
            select c.content,
                   jsonb_build_object('merchant_id', c.merchant_id, '_node_type', 'TextNode', '_node_content',
                       jsonb_build_object('id_', c.id::text, 'metadata',
                           jsonb_build_object('merchant_id', c.merchant_id), 'class_name', 'TextNode')::text),
                   c.id::text, v.e::vector(384)
              from shopwright.chunk c
              join {vectors} v on v.merchant_id = c.merchant_id and v.id = c.id""").format(vectors=_NAMED)
    )
    admin.execute("delete from data_llamaindex where node_id = 'first'")
    for table in ("langchain_pg_embedding", "langchain_v2", "data_llamaindex"):
        admin.execute(f"create index on {table} using hnsw (embedding vector_cosine_ops)".encode())
    admin.execute("create index on langchain_v2 (merchant_id)")
    admin.execute("vacuum (analyze)")


def to_ivfflat(admin: Connection) -> float:
    """What tend-indexes does when embedding_model.index_kind says so, without its care for readers. Rows a second."""
    admin.execute("update shopwright.embedding_model set index_kind = 'ivfflat'")
    admin.execute(f"drop index {VECTORS}_near".encode())
    started = time.perf_counter()
    admin.execute(
        f"create index {_bare(VECTORS)}_near on {VECTORS}"
        f" using ivfflat (e halfvec_cosine_ops) with (lists = {LISTS})".encode()
    )
    taken = time.perf_counter() - started
    admin.execute("vacuum (analyze)")
    found = admin.execute(sql.SQL("select count(*) from {}").format(_NAMED)).fetchone()
    assert found
    return float(found[0]) / taken


def measure(options: Options) -> Outcome:
    merchants, passages = (QUICK_MERCHANTS, QUICK_PASSAGES) if options.quick else (MERCHANTS, PASSAGES)
    if options.limit:
        passages = min(passages, options.limit)
    rounds, questions, crowd_s = (3, 60, 1.0) if options.quick else (5, 200, 4.0)
    print(f"retrieval: making {passages} passages of {merchants} merchants", flush=True)
    held = street(merchants, passages, questions)
    exact = [{str(held.ids[one]) for one in held.exact(number)} for number in range(questions)]
    with (
        tempfile.TemporaryDirectory() as made,
        database(Path(made), held) as (server, place, theirs),
        server.connect(DATABASE) as admin,
    ):
        admin.execute("set statement_timeout = 0")
        _say("loading")
        metrics = {"merchants": float(merchants), "passages": float(passages), **load(admin, held)}
        for peer in (PEERS[0], PEERS[2]):
            with Child(peer, theirs) as child:
                child.tell("prepare")
        _say("filling the peers' tables")
        fill_peers(admin)

        _say("searching")
        everyone = (FLOOR, OURS, HYBRID, *PEERS)
        metrics |= _numpy(held)
        metrics |= one_by_one(everyone, place, theirs, exact, rounds)
        metrics |= crowds((FLOOR, OURS, *PEERS), place, theirs, crowd_s, options)

        _say("searching by ivfflat")
        metrics["ivfflat built/s"] = to_ivfflat(admin)
        metrics |= one_by_one((IVFFLAT,), place, theirs, exact, rounds)
        metrics |= crowds((IVFFLAT,), place, theirs, crowd_s, options)

    metrics["ours p50 / SELECT 1 p50"] = metrics["ours p50 ms"] / metrics["SELECT 1 p50 ms"]
    metrics["hybrid p50 / vector p50"] = metrics["ours, hybrid p50 ms"] / metrics["ours p50 ms"]
    limits: dict[str, tuple[str, float]] = dict(BARS)
    for peer in PEERS:
        name = f"ours QPS / {peer.name} QPS, 8 clients"
        metrics[name] = metrics["ours QPS, 8 clients"] / metrics[f"{peer.name} QPS, 8 clients"]
        limits[name] = BAR_PEER
    notes = (
        f"{merchants} merchants by Zipf's law, {passages} passages of {held.vectors.shape[1]} dimensions, "
        f"{questions} questions, {rounds} rounds in turn; medians over the rounds.",
        "Row-level security is on for ours alone; all return content, over TCP on one machine, from one server.",
    )
    return Outcome("retrieval", metrics, limits, notes)


def one_by_one(
    searchers: Sequence[Searcher], ours: Place, theirs: Place, exact: Sequence[set[str]], rounds: int
) -> dict[str, float]:
    """Each question to each searcher, one after another; rounds in turn."""
    p50: dict[str, list[float]] = {one.name: [] for one in searchers}
    p95: dict[str, list[float]] = {one.name: [] for one in searchers}
    recall: dict[str, float] = {}
    with ExitStack() as stack:
        children = {one: stack.enter_context(Child(one, theirs if one.peer else ours)) for one in searchers}
        for _ in range(rounds):
            for one, child in children.items():
                answer = child.tell("each", questions=list(range(len(exact))))
                p50[one.name].append(1000 * median(answer["seconds"]))
                p95[one.name].append(1000 * quantile(answer["seconds"], 0.95))
                hits = [len(best & set(found)) for best, found in zip(exact, answer["found"], strict=True)]
                recall[one.name] = sum(hits) / sum(map(len, exact))
    found: dict[str, float] = {}
    for one in searchers:
        if one.store not in {"floor", "hybrid"}:
            found[f"{one.name} recall@10"] = recall[one.name]
        found |= {f"{one.name} p50 ms": median(p50[one.name]), f"{one.name} p95 ms": median(p95[one.name])}
    return found


def crowds(
    searchers: Sequence[Searcher], ours: Place, theirs: Place, seconds: float, options: Options
) -> dict[str, float]:
    """Answers a second of 1, 8 and 32 processes that ask at once; the median of three turns."""
    sizes = CLIENTS[:2] if options.quick else CLIENTS
    turns = 1 if options.quick else 3
    counted: dict[str, list[float]] = {}
    for size in sizes:
        for _ in range(turns):
            for one in searchers:
                with Child(one, theirs if one.peer else ours) as child:
                    members = child.tell("crowd", clients=size, seconds=seconds)["members"]
                said = f"{one.name} QPS, {size} client{'s' if size > 1 else ''}"
                counted.setdefault(said, []).append(sum(map(len, members)) / seconds)
    return {name: median(found) for name, found in counted.items()}


def _numpy(held: Street) -> Mapping[str, float]:
    """The other floor: no database, all vectors in this process, one matrix product."""
    taken = []
    for number in range(len(held.asked)):
        started = time.perf_counter()
        held.exact(number)
        taken.append(time.perf_counter() - started)
    return {"numpy p50 ms": 1000 * median(taken), "numpy p95 ms": 1000 * quantile(taken, 0.95)}


def _type(admin: Connection) -> TypeInfo:
    found = TypeInfo.fetch(admin, "halfvec")
    if found is None:
        raise CannotMeasure("The database has no pgvector.")
    return found


def _bare(relation: str) -> str:
    return relation.partition(".")[2]


def _say(what: str) -> None:
    print(f"retrieval: {what}", flush=True)
