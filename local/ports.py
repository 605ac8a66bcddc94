"""Which port each server gets. This file changes when how a port is chosen changes."""

import socket
import tomllib
from collections.abc import Callable, Collection
from pathlib import Path

HOST = "127.0.0.1"
REACH = 200  # how far from the preferred port to look
PREFERRED = Path(__file__).with_name("ports.toml")


class NoFreePort(Exception):
    """Nothing is free near the preferred port; the message says what to do."""


def preferred(instance: str, path: Path = PREFERRED) -> dict[str, int]:
    """What `ports.toml` says for this instance; nothing for one that it does not name, which takes what is free."""
    ports: dict[str, int] = tomllib.loads(path.read_text("utf-8")).get(instance, {})
    return ports


def choose(name: str, wanted: int | None, *, taken: Collection[int] = (), say: Callable[[str], None] = print) -> int:
    """A port that can be listened on now: the wanted one, else the next free one above it, which is said."""
    if wanted is None:
        return _any(taken)
    for port in range(wanted, min(wanted + REACH, 65536)):
        if port not in taken and free(port):
            if port != wanted:
                say(f"  port {wanted} for {name} is taken: using {port} (local/ports.toml holds the preferences)")
            return port
    raise NoFreePort(
        f"No port from {wanted} to {wanted + REACH - 1} is free for {name}: "
        "choose another in local/ports.toml, or end what holds them."
    )


def free(port: int) -> bool:
    """Nothing listens there, and nothing else keeps us from it."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # one in TIME_WAIT is no hindrance to a server
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _any(taken: Collection[int]) -> int:
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.bind((HOST, 0))
            port: int = probe.getsockname()[1]
        if port not in taken:
            return port
