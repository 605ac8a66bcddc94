import socket
from pathlib import Path

import psycopg
import pytest

from local import ports
from local.postgres import Postgres
from local.processes import DidNotStart, Process
from tests.integration.conftest import FreshDatabase


def test_a_killed_server_starts_again_with_every_committed_row(postgres_server: Postgres) -> None:
    with postgres_server.connect() as connection:
        connection.execute("create table kept (name text)")
        connection.execute("insert into kept values ('committed')")

    postgres_server.kill()
    assert not postgres_server.running
    postgres_server.start()

    with postgres_server.connect() as connection:
        assert connection.execute("select name from kept").fetchall() == [("committed",)]


def test_a_second_start_finds_the_server_that_runs(postgres_server: Postgres) -> None:
    first = postgres_server.process

    assert postgres_server.start() == first


def test_a_stale_pid_file_does_not_hinder_a_start(postgres_server: Postgres) -> None:
    postgres_server.stop()
    stale = postgres_server.folder / "data" / "postmaster.pid"
    stale.write_text(f"{Process.of(1).pid}\n/nowhere\n0\n1\n\n127.0.0.1\n\nready   \n")

    assert not postgres_server.running
    postgres_server.start()
    assert postgres_server.running


def test_without_its_password_nobody_comes_in(database: FreshDatabase) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(
            host=database.host,
            port=database.port,
            dbname=database.name,
            user=database.username,
            password="guessed",
            connect_timeout=5,
        )


def test_a_databases_owner_has_the_vector_extension_and_is_no_superuser(database: FreshDatabase) -> None:
    with psycopg.connect(
        host=database.host,
        port=database.port,
        dbname=database.name,
        user=database.username,
        password=database.password,
        connect_timeout=5,
    ) as connection:
        connection.execute("create extension if not exists vector")
        assert connection.execute("select '[1,2]'::halfvec(2) <=> '[1,2]'").fetchone() == (0.0,)
        assert connection.execute("show is_superuser").fetchone() == ("off",)


def test_a_port_that_somebody_else_holds_is_named(servers_folder: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        server = Postgres(servers_folder / "second", other.getsockname()[1])
        try:
            with pytest.raises(DidNotStart, match=f"port {server.port}"):
                server.start()
        finally:
            server.remove()


def test_it_listens_on_this_machine_alone(postgres_server: Postgres) -> None:
    with postgres_server.connect() as connection:
        assert connection.execute("show listen_addresses").fetchone() == (ports.HOST,)
        assert connection.execute("show unix_socket_directories").fetchone() == ("",)
