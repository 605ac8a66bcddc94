"""The cache's health, against sockets of our own."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest
from shopwright.runtime.valkey import CacheUnavailable, Valkey

pytestmark = pytest.mark.usefixtures("socket_enabled")


class Node:
    """A server that takes every connection and remembers what it heard, and says nothing at all."""

    def __init__(self) -> None:
        self.heard = b""
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._listen, args=(connection,), daemon=True).start()

    def _listen(self, connection: socket.socket) -> None:
        with connection:
            while data := connection.recv(4096):
                self.heard += data

    def close(self) -> None:
        self._listening.close()


@pytest.fixture
def silent() -> Iterator[Node]:
    node = Node()
    yield node
    node.close()


def token() -> str:
    return "the-shops-token"


def test_a_node_that_says_nothing_is_gone_within_the_time(silent: Node) -> None:
    began = time.monotonic()

    with pytest.raises(CacheUnavailable):
        Valkey("127.0.0.1", silent.port, tls="disable", token=token, timeout_s=0.2).ping()

    assert time.monotonic() - began < 5


def test_nobody_there_is_gone_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    with pytest.raises(CacheUnavailable):
        Valkey("127.0.0.1", port, tls="disable", token=token).ping()


def test_the_node_is_shown_the_token(silent: Node) -> None:
    with pytest.raises(CacheUnavailable):
        Valkey("127.0.0.1", silent.port, tls="disable", token=token, timeout_s=0.1).ping()

    assert b"the-shops-token" in silent.heard
