"""What every double of a server is made of: how it listens, on this machine alone, and how it answers and breaks off.

This changes when all of them should listen, answer or break off otherwise; what each says is its own.
"""

import json
import socket
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from local.ports import HOST


class Handler(BaseHTTPRequestHandler):
    """One connection of a caller."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # each frame leaves as it is written
    timeout = 60

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: what is asked may be anybody's words."""

    def received(self, most: int) -> bytes | None:
        """The request's body; None, and the connection ends after the answer, when it has more than `most` bytes."""
        length = int(self.headers.get("Content-Length") or 0)
        if length > most:
            self.close_connection = True
            return None
        return self.rfile.read(length)

    def answer_json(self, status: int, body: object, headers: Mapping[str, str] | None = None) -> None:
        self.answer_bytes(status, json.dumps(body).encode(), headers)

    def answer_bytes(
        self, status: int, body: bytes, headers: Mapping[str, str] | None = None, kind: str = "application/json"
    ) -> None:
        """What is said to be of this kind, whatever it is."""
        try:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def aws_fault(self, status: int, name: str, message: str) -> None:
        """As AWS says no."""
        self.answer_json(status, {"message": message}, {"x-amzn-ErrorType": name})

    def chunk(self, data: bytes) -> None:
        """A piece of an answer whose length nobody knows yet."""
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def cut(self) -> None:
        """The connection breaks."""
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)


class Server(ThreadingHTTPServer):
    """A server that listens, and is not yet running."""

    daemon_threads = True

    def __init__(self, handler: type[Handler], port: int = 0) -> None:
        super().__init__((HOST, port), handler)
        self._open: set[Any] = set()  # connections

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """Whoever keeps a connection for the next request finds nobody there."""
        for connection in tuple(self._open):
            with suppress(OSError):  # it has gone by itself
                connection.shutdown(socket.SHUT_RDWR)

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has gone is told of in its request; anything else is a fault of ours, and is shown."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def running(server: Server, stopping: threading.Event) -> Iterator[str]:
    """The server in this process, and its address. `stopping` ends whatever waits in it."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.address
    finally:
        stopping.set()
        server.shutdown()
        server.hang_up()
        server.server_close()
        thread.join(5)


def by_itself(server: Server, what: str) -> None:
    """Run it in the foreground, until Ctrl-C."""
    print(f"{what} double on {server.address} (Ctrl-C ends it)", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()
