"""How the laptop's commands speak HTTP: to this machine, and with a word for everything that goes wrong."""

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from local import web


class Door(BaseHTTPRequestHandler):
    """Opens to one token, and repeats what it was told."""

    def do_POST(self) -> None:
        told = self.rfile.read(int(self.headers["content-length"]))
        if self.path.startswith("/silent"):
            self.close_connection = True
            return
        good = self.headers["authorization"] == "Bearer key"
        body = {"told": json.loads(told)} if good else {"error": "NotSignedIn", "message": "Sign in again."}
        self.send_response(200 if good else 401)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, format: str, *args: Any) -> None:
        """Tests are quiet."""


@pytest.fixture
def door() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_question_goes_out_with_its_token_and_comes_back_read(door: str) -> None:
    answer = web.call("POST", f"{door}/v1/chat", token="key", json_body={"message": "Grüße"})

    assert (answer.status, answer.body) == (200, {"told": {"message": "Grüße"}})


def test_a_refusal_is_an_answer_with_its_name_and_reason(door: str) -> None:
    answer = web.call("POST", f"{door}/v1/chat", token="wrong", json_body={})

    assert (answer.status, answer.reason) == (401, "NotSignedIn: Sign in again.")


def test_a_server_that_hangs_up_is_told_by_the_path_that_was_asked(door: str) -> None:
    with pytest.raises(web.NoAnswer, match="POST /silent got no answer"):
        web.call("POST", f"{door}/silent?secret=1", json_body={})


def test_a_port_where_nobody_listens_is_no_answer() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}/v1/health"

        with pytest.raises(web.NoAnswer, match="GET /v1/health got no answer"):
            web.call("GET", address, timeout_s=2)


@pytest.mark.parametrize("url", ["http://shop.example/v1/chat?key=1", "file:///etc/hosts", "http://127.0.0.1.example/"])
def test_a_token_is_never_sent_to_another_machine(url: str) -> None:
    with pytest.raises(web.NotHere) as refusal:
        web.call("GET", url, token="key")

    assert "key" not in str(refusal.value)
