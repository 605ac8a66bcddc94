"""Forward, back and forward again, by a master who is no superuser; two runners at once; changed history."""

import threading
from collections.abc import Callable
from dataclasses import replace

import psycopg
import pytest
from shopwright.database.connection import DatabaseUnavailable, NotIsolated, connect_master
from shopwright.database.migrate import MigrationChanged, MigrationFailed, Migrator, NoSuchMigration, read
from shopwright.database.views import refresh

from tests.integration.database.conftest import APP, MASTER, Shop
from tests.integration.database.shop import KEY, KITCHEN, SIGNER, arrival, content, vector

ALL = tuple(step.number for step in read())


def shape(shop: Shop) -> list[object]:
    """Everything that the migrations make: relations, columns, functions, policies, grants."""
    with shop.server.connect(shop.address.name) as connection:
        return [
            sorted(connection.execute(query.encode()).fetchall(), key=str)
            for query in (
                "select c.relname, c.relkind::text, c.relrowsecurity, c.relforcerowsecurity, c.relacl::text"
                " from pg_class c where relnamespace::regnamespace::text like 'shopwright%'",
                "select attrelid::regclass::text, attname, atttypid::regtype::text, attstorage::text from pg_attribute"
                " where attnum > 0 and not attisdropped and attrelid::regclass::text like 'shopwright.%'",
                "select oid::regprocedure::text, proowner::regrole::text, proacl::text, prosecdef, proconfig::text"
                " from pg_proc where pronamespace::regnamespace::text like 'shopwright%'",
                "select tablename, policyname, roles::text, qual, with_check from pg_policies",
            )
        ]


def test_forward_back_and_forward_again_is_the_same_schema(new_shop: Callable[[], Shop]) -> None:
    shop = new_shop()
    before = shape(shop)
    assert len(before[0]) > 40  # type: ignore[arg-type]  # a list of rows

    with connect_master(shop.address, MASTER) as connection:
        migrator = Migrator(connection)
        assert migrator.up() == ()
        for target in (*reversed(ALL[:-1]), 0):
            assert migrator.down(target) == (target + 1,)
        with pytest.raises(NotIsolated):
            shop.database().ping(timeout_s=2)
        assert migrator.up(2) == (1, 2)
        assert migrator.up() == ALL[2:]
        migrator.install_key(KEY)
        migrator.admit_app(APP)

    assert shape(shop) == before
    with shop.database().as_tenant(SIGNER.sign(KITCHEN)) as db:
        assert db.execute("select count(*) as n from shopwright.document").fetchone() == {"n": 0}


def test_every_step_goes_back_and_forward_again_over_a_shop_with_documents(new_shop: Callable[[], Shop]) -> None:
    """Down to the schema that holds documents and up again, one step at a time: what it keeps is still found."""
    shop = new_shop()
    text = "Returns are free within 30 days."
    drop = arrival(KITCHEN, "returns.md", "01")
    documents = shop.repository().of(KITCHEN)
    documents.register(drop, title="Returns")
    documents.replace(drop, content(drop, [text]))
    refresh(shop.database())
    keeps = next(step.number for step in read() if step.name == "documents")
    before = shape(shop)

    with connect_master(shop.address, MASTER) as connection:
        migrator = Migrator(connection)
        for target in range(len(ALL) - 1, keeps - 1, -1):
            assert migrator.down(target) == (target + 1,)
            assert migrator.up() == ALL[target:]
            assert migrator.up() == ()
            assert migrator.down(target) == tuple(range(len(ALL), target, -1))
        assert migrator.up() == ALL[keeps:]

    assert shape(shop) == before
    assert shop.repository().of(KITCHEN).get(drop.document_id).chunks == 1
    found = shop.search().hybrid(SIGNER.sign(KITCHEN), "returns", vector(text))
    assert [passage.content for passage in found] == [text]


def test_two_runners_at_once_apply_each_migration_once(new_shop: Callable[[], Shop]) -> None:
    shop = new_shop()
    with connect_master(shop.address, MASTER) as connection:
        Migrator(connection).down(0)
    done: list[int] = []

    def run() -> None:
        with connect_master(shop.address, MASTER) as connection:
            done.extend(Migrator(connection).up())

    runners = [threading.Thread(target=run) for _ in range(3)]
    for runner in runners:
        runner.start()
    for runner in runners:
        runner.join(60)

    assert done == list(ALL)


def test_history_that_was_rewritten_is_refused(shop: Shop) -> None:
    first, *rest = read()
    with connect_master(shop.address, MASTER) as connection:
        changed = (replace(first, forward=first.forward + "\n-- a word more"), *rest)
        with pytest.raises(MigrationChanged):
            Migrator(connection, changed).up()
        with pytest.raises(MigrationChanged):
            Migrator(connection, (first,)).up()
        with pytest.raises(NoSuchMigration):
            Migrator(connection).up(99)


def test_a_migration_that_fails_leaves_nothing_behind(shop: Shop) -> None:
    steps = read()
    bad = replace(
        steps[-1], number=len(steps) + 1, name="bad", forward="create table public.half (id int); select 1/0;"
    )
    with connect_master(shop.address, MASTER) as connection:
        with pytest.raises(MigrationFailed, match="division by zero"):
            Migrator(connection, (*steps, bad)).up()
        assert connection.execute("select to_regclass('public.half') as half").fetchone() == {"half": None}
        assert Migrator(connection).up() == ()


def test_the_master_needs_no_superuser_rights(shop: Shop) -> None:
    with shop.raw(MASTER) as connection:
        assert connection.execute("select rolsuper from pg_roles where rolname = current_user").fetchone() == (False,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("alter system set work_mem = '1MB'")


def test_the_app_password_is_stored_and_sent_as_a_verifier_only(shop: Shop) -> None:
    with shop.server.connect() as connection:
        row = connection.execute("select rolpassword from pg_authid where rolname = 'shopwright_app'").fetchone()
    assert row is not None
    assert str(row[0]).startswith("SCRAM-SHA-256$")


def test_a_master_who_cannot_connect_is_told_so_without_words_of_the_server(shop: Shop) -> None:
    with (
        pytest.raises(DatabaseUnavailable) as caught,
        connect_master(shop.address, replace(MASTER, password="wrong")),
    ):
        pass
    assert "test_master" not in str(caught.value)
