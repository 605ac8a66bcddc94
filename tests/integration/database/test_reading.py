"""Searches go to a hot standby, which follows the writer; while it is down the writer answers."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg
import pytest
from shopwright.database.connection import Address, Database, DatabaseUnavailable, QueryFailed, connect_master
from shopwright.database.migrate import Migrator
from shopwright.database.reading import REST_S, Reading
from shopwright.documents.aurora import DocumentRepository, statistics_of
from shopwright.embedding.aurora import Models, serving_model
from shopwright.embedding.model import Model
from shopwright.retrieval.aurora import Search
from shopwright.retrieval.serving import Serving

from local import ports, processes, programs
from local.places import servers_dir
from local.postgres import Postgres
from tests.integration.database.conftest import APP, MASTER
from tests.integration.database.shop import BGE, KEY, KITCHEN, OUTDOOR, SIGNER, arrival, content, vector

NEXT = Model("bge-next-v2", 384, "b" * 64)
REPLICATING = {"wal_level": "replica", "max_wal_senders": "4", "hot_standby": "on"}
TEXTS = ["Returns are free within 30 days.", "We ship to France."]


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Pair:
    """A writer, and a real standby that streams from it."""

    writer: Postgres
    reader: Postgres
    opened: list[Database] = field(default_factory=list)

    def database(self, server: Postgres, *, read_only: bool = False) -> Database:
        database = Database(
            Address("127.0.0.1", server.port, "shop", "disable"),
            lambda: APP,
            connect_timeout_s=1,
            read_only=read_only,
        )
        self.opened.append(database)
        return database

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """The standby hears everything meanwhile, and does none of it."""
        with self.reader.connect() as reader:
            reader.execute("select pg_wal_replay_pause()")
            try:
                deadline = time.monotonic() + 20
                while reader.execute("select pg_get_wal_replay_pause_state()").fetchone() != ("paused",):
                    assert time.monotonic() < deadline, "the standby does not stand still"
                    time.sleep(0.02)
                yield
            finally:
                reader.execute("select pg_wal_replay_resume()")

    def caught_up(self) -> None:
        """Wait until the standby has replayed everything that the writer has written."""
        with self.writer.connect() as writer, self.reader.connect() as reader:
            row = writer.execute("select pg_current_wal_lsn()").fetchone()
            deadline = time.monotonic() + 20
            while time.monotonic() < deadline:
                done = reader.execute("select pg_last_wal_replay_lsn() >= %s", row).fetchone()
                if done == (True,):
                    return
                time.sleep(0.02)
        raise AssertionError("the standby does not follow")


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    folder = servers_dir() / f"test-writer-{os.getpid()}"
    writer = Postgres(folder, ports.choose("the writer", None), settings=REPLICATING)
    writer.start()
    reader = Postgres(
        servers_dir() / f"test-reader-{os.getpid()}",
        ports.choose("the reader", None, taken=[writer.port]),
        settings=REPLICATING,
    )
    try:
        writer.admit(MASTER.username, MASTER.password)
        writer.create_database("shop", owner=MASTER.username)
        with connect_master(Address("127.0.0.1", writer.port, "shop", "disable"), MASTER) as connection:
            migrator = Migrator(connection)
            migrator.up()
            migrator.admit_app(APP)
            migrator.install_key(KEY)
        _follow(writer, reader)
        reader.start()
        yield Pair(writer, reader)
    finally:
        reader.remove()
        writer.remove()


def _follow(writer: Postgres, reader: Postgres) -> None:
    """A copy of the writer's data that goes on following it."""
    shutil.rmtree(reader.folder, ignore_errors=True)
    reader.folder.mkdir(parents=True)
    reader.folder.chmod(0o755)
    shutil.copy2(writer.folder / "superuser", reader.folder / "superuser")
    data = reader.folder / "data"
    data.mkdir(0o700)
    processes.give_to_nobody(data)
    subprocess.run(  # noqa: S603 - our own server's program and our own words
        [
            *(programs.postgres() / "pg_basebackup", "-D", data, "-R", "--checkpoint=fast"),
            *("-h", "127.0.0.1", "-p", str(writer.port), "-U", "postgres", "-w"),
        ],
        cwd="/",
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "PGPASSWORD": writer.password},
        check=True,
        capture_output=True,
        timeout=120,
        **processes.demotion(),  # type: ignore[call-overload]  # its values have one type each
    )


@pytest.fixture(autouse=True)
def both_run(pair: Pair) -> Iterator[None]:
    pair.writer.start()
    pair.reader.start()
    yield
    while pair.opened:
        pair.opened.pop().close()


@pytest.fixture(scope="module", autouse=True)
def stocked(pair: Pair) -> None:
    documents = DocumentRepository(pair.database(pair.writer), SIGNER).of(KITCHEN)
    drop = arrival(KITCHEN, "all.md", "01")
    documents.register(drop, title="All")
    documents.replace(drop, content(drop, TEXTS))
    pair.caught_up()


def test_every_way_of_searching_and_the_counts_work_on_a_standby(pair: Pair) -> None:
    standby = pair.database(pair.reader, read_only=True)
    search, passport = Search(standby, model=BGE), SIGNER.sign(KITCHEN)

    assert standby.run("select pg_is_in_recovery() as following") == [{"following": True}]
    assert search.hybrid(passport, "returns", vector(TEXTS[0]))[0].content == TEXTS[0]
    assert search.nearest_passages(passport, vector(TEXTS[1]))[0].content == TEXTS[1]
    assert len(search.nearest(passport, vector(TEXTS[1]))) == 2
    assert statistics_of(standby, passport).by_kind == ()
    assert search.hybrid(SIGNER.sign(OUTDOOR), "returns", vector(TEXTS[0])) == ()
    with standby.as_tenant(passport) as db:
        assert db.execute("select count(*) as n from shopwright.document").fetchone() == {"n": 1}


def test_a_reading_connection_cannot_write_even_where_there_is_no_standby(pair: Pair) -> None:
    for server in (pair.reader, pair.writer):
        database = pair.database(server, read_only=True)
        with pytest.raises(QueryFailed, match="25006"), database.as_tenant(SIGNER.sign(KITCHEN)) as db:
            db.execute("delete from shopwright.document")


def test_the_writer_answers_while_the_reader_is_down_and_the_reader_when_it_is_back(pair: Pair) -> None:
    clock, fell = Clock(), []
    reading = Reading(
        pair.database(pair.reader, read_only=True),
        pair.database(pair.writer),
        fell_back=lambda: fell.append(clock.now),
        now=clock,
    )
    passport = SIGNER.sign(KITCHEN)

    def follows() -> bool:
        (row,) = reading.call(passport, "select pg_is_in_recovery() as it from shopwright.admit(%(passport)s)", {})
        return bool(row["it"])

    clock.now = 100
    assert follows()
    pair.reader.kill()
    assert not follows()
    assert not follows()
    assert fell == [100]  # it is not tried again with every question
    pair.reader.start()
    clock.now += REST_S
    assert follows()


def test_with_both_down_the_shopper_is_told_so(pair: Pair) -> None:
    reading = Reading(pair.database(pair.reader, read_only=True), pair.database(pair.writer))
    pair.reader.kill()
    pair.writer.kill()
    with pytest.raises(DatabaseUnavailable):
        Search(reading, model=BGE).nearest(SIGNER.sign(KITCHEN), vector("x"))


def test_what_was_just_written_is_on_the_standby_a_moment_later(pair: Pair) -> None:
    documents = DocumentRepository(pair.database(pair.writer), SIGNER).of(KITCHEN)
    drop = arrival(KITCHEN, "new.md", "01")
    documents.register(drop, title="New")
    documents.replace(drop, content(drop, ["The lantern burns for nine hours."]))
    began = time.monotonic()
    search = Search(pair.database(pair.reader, read_only=True), model=BGE)
    while True:
        found = search.nearest_passages(SIGNER.sign(KITCHEN), vector("The lantern burns for nine hours."), limit=1)
        if found[0].content.startswith("The lantern"):
            break
        assert time.monotonic() - began < 10
        time.sleep(0.005)


def test_a_follower_cannot_be_mistaken_for_the_writer(pair: Pair) -> None:
    """The fixture's own proof: writing on the standby fails for a superuser as well."""
    with pair.reader.connect("shop") as admin, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        admin.execute("create table public.nothing (id int)")


def test_a_shop_that_changes_its_model_is_answered_by_a_reader_that_has_not_heard_of_it_and_by_one_that_has(
    pair: Pair,
) -> None:
    with connect_master(Address("127.0.0.1", pair.writer.port, "shop", "disable"), MASTER) as connection:
        Migrator(connection).add_model(NEXT.name, NEXT.sha256, NEXT.dimensions)
    pair.caught_up()
    models = Models(pair.database(pair.writer), SIGNER).of(KITCHEN)
    standby, passport = pair.database(pair.reader, read_only=True), SIGNER.sign(KITCHEN)

    def switch(model: Model) -> None:
        models.switch(model.name, lambda some: [vector(f"next {one.content}") for one in some])

    def serves() -> str | None:
        model = serving_model(standby, passport)
        return model.name if model else None

    serving = Serving(
        BGE,
        lambda name, question: (NEXT, vector(f"next {question}")),
        lambda tenant: serving_model(standby, SIGNER.sign(tenant)),
    )

    def found() -> str:
        return serving.find(
            KITCHEN,
            TEXTS[0],
            vector(TEXTS[0]),
            lambda model, asked, its: Search(standby, model=model).hybrid(passport, asked, its),
        )[0].content

    try:
        for before, after in ((BGE, NEXT), (NEXT, BGE)):
            with pair.standing_still():
                switch(after)
                assert (serves(), found()) == (before.name, TEXTS[0])
            pair.caught_up()
            assert (serves(), found()) == (after.name, TEXTS[0])
        assert serving_model(standby, SIGNER.sign(OUTDOOR)) is None  # it has no document
    finally:
        switch(BGE)
