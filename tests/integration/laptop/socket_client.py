"""This file changes when what a test needs of a WebSocket changes: a client of RFC 6455 for text messages."""

import base64
import json
import os
import socket
from typing import Any


class Closed(Exception):
    """The other side has closed the socket."""


class WebSocket:
    def __init__(self, host: str, port: int, path: str, *, patience_s: float = 10) -> None:
        self._socket = socket.create_connection((host, port), timeout=patience_s)
        key = base64.b64encode(os.urandom(16)).decode()
        self._socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        self._incoming = self._socket.makefile("rb")
        status = self._incoming.readline().decode()
        while self._incoming.readline() not in (b"\r\n", b""):
            pass
        if " 101 " not in status:
            self._incoming.close()
            self._socket.close()
            raise Closed(status)

    def send(self, message: Any) -> None:
        self.send_text(json.dumps(message))

    def send_text(self, text: str) -> None:
        payload = text.encode()
        mask = os.urandom(4)
        size = len(payload)
        # The shortest of the three forms: a server may refuse any other.
        if size < 126:
            length = bytes([0x80 | size])
        elif size < 65536:
            length = bytes([0x80 | 126]) + size.to_bytes(2, "big")
        else:
            length = bytes([0x80 | 127]) + size.to_bytes(8, "big")
        masked = bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))
        self._socket.sendall(b"\x81" + length + mask + masked)

    def receive(self) -> Any:
        parts: list[bytes] = []
        while True:
            head = self._incoming.read(2)
            if len(head) < 2 or head[0] & 0x0F == 8:
                raise Closed("the other side has closed")
            size = head[1] & 0x7F
            if size in (126, 127):
                size = int.from_bytes(self._incoming.read(2 if size == 126 else 8), "big")
            payload = self._incoming.read(size)
            if head[0] & 0x0F in (0, 1):
                parts.append(payload)
                if head[0] & 0x80:
                    return json.loads(b"".join(parts))

    def close(self) -> None:
        self._incoming.close()
        self._socket.close()
