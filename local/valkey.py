"""A real Valkey in place of ElastiCache. This file changes when how it is made, started or stopped changes."""

import secrets
import shutil
import time
from contextlib import suppress
from pathlib import Path

import redis

from local import processes, programs
from local.processes import DidNotStart, Process

PATIENCE_S = 15.0
LAST_SLOT = 16383


class Valkey:
    """One node of a cluster of one, on 127.0.0.1: it owns every slot, so clients speak to it as to ElastiCache.

    It listens on two ports: `port` for clients and `bus` for the cluster's own messages, of which there are none.
    """

    def __init__(self, folder: Path, port: int, bus: int, *, log: Path | None = None) -> None:
        self.folder, self.port, self.bus = folder, port, bus
        self.log = log or folder / "valkey.log"
        self._program = programs.valkey()

    @property
    def process(self) -> Process | None:
        """The server that runs on this folder, whoever started it."""
        with suppress(OSError, ValueError):
            found = Process.of(int((self.folder / "valkey.pid").read_text()))
            if found.alive and processes.runs(found, "valkey-server"):
                return found
        return None

    @property
    def running(self) -> bool:
        return self.process is not None

    @property
    def password(self) -> str:
        """What clients have to say. It is in a file that only this user can read."""
        return (self.folder / "password").read_text("utf-8")

    def connect(self) -> "redis.Redis":
        """A connection to this one node, for setting up; the product uses a cluster client."""
        return redis.Redis(
            host="127.0.0.1",
            port=self.port,
            password=self.password,
            socket_connect_timeout=2,
            socket_timeout=5,
            decode_responses=True,
        )

    def start(self) -> Process:
        """Start it; what it held when it stopped is gone, as a cache's content may be."""
        if running := self.process:
            return running
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o755)
        data = self.folder / "data"
        data.mkdir(mode=0o700, exist_ok=True)
        processes.give_to_nobody(data)
        if not (self.folder / "password").exists():
            self._keep_password(secrets.token_urlsafe(32))
        settings = self._settings(data)
        process = processes.spawn(
            [self._program, settings], log=self.log, environment={"PATH": "/usr/bin:/bin"}, as_nobody=True
        )
        (self.folder / "valkey.pid").write_text(str(process.pid))
        self._wait(process)
        settings.unlink()  # it is read once, and holds the password
        return process

    def stop(self) -> None:
        if process := self.process:
            processes.end([process])

    def kill(self) -> None:
        """Stop as a crash would."""
        if process := self.process:
            processes.kill(process)

    def restart(self) -> Process:
        self.stop()
        return self.start()

    def remove(self) -> None:
        """Stop, and forget everything."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def require(self, password: str) -> None:
        """From now on, and after every restart, clients have to give this password."""
        if password == self.password:
            return
        with self.connect() as client:
            client.config_set("requirepass", password)
        self._keep_password(password)

    def _keep_password(self, password: str) -> None:
        draft = self.folder / "password.new"
        draft.touch(0o600)
        draft.write_text(password, "utf-8")
        draft.replace(self.folder / "password")

    def _settings(self, data: Path) -> Path:
        path = self.folder / "valkey.conf"
        path.unlink(missing_ok=True)
        path.touch(0o600)
        path.write_text(
            "\n".join(
                [
                    "bind 127.0.0.1",
                    f"port {self.port}",
                    "protected-mode yes",
                    "daemonize no",
                    f'dir "{data}"',
                    'save ""',
                    "appendonly no",
                    "cluster-enabled yes",
                    f"cluster-port {self.bus}",
                    "cluster-announce-ip 127.0.0.1",
                    "cluster-config-file nodes.conf",
                    "maxmemory 256mb",
                    "maxmemory-policy volatile-lru",
                    f'requirepass "{_escaped(self.password)}"',
                    "",
                ]
            ),
            "utf-8",
        )
        processes.give_to_nobody(path)
        return path

    def _wait(self, process: Process) -> None:
        """Until it answers and owns every slot."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            with suppress(redis.ConnectionError, redis.TimeoutError), self.connect() as client:
                told: dict[str, str] = client.execute_command("CLUSTER INFO")
                if told["cluster_state"] == "ok":
                    return
                if told["cluster_slots_assigned"] == "0":
                    client.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, LAST_SLOT)
            if not process.alive:
                break
            time.sleep(0.01)
        processes.kill(process)
        raise DidNotStart(
            f"Valkey did not start on ports {self.port} and {self.bus}; {self.log} ends with\n"
            f"{processes.last_words(self.log)}"
        )


def _escaped(text: str) -> str:
    """Byte by byte, so that no character of a password can end the word, or the line that an error would print."""
    return "".join(f"\\x{byte:02x}" for byte in text.encode())
