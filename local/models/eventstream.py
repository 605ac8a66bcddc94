"""AWS's event stream, as it goes over the wire: this changes when that framing does.

A message is its length, the length of its headers, a checksum of both, the headers, the payload, a checksum of all.
"""

import json
import struct
from collections.abc import Mapping
from typing import Any
from zlib import crc32

_TEXT = 7  # the type of a header whose value is a string


def event(kind: str, payload: Mapping[str, Any]) -> bytes:
    """One event."""
    return _message({":event-type": kind, ":content-type": "application/json", ":message-type": "event"}, payload)


def exception(kind: str, message: str) -> bytes:
    """What ends a stream that cannot go on."""
    headers = {":exception-type": kind, ":content-type": "application/json", ":message-type": "exception"}
    return _message(headers, {"message": message})


def _message(headers: Mapping[str, str], payload: Mapping[str, Any]) -> bytes:
    head = b"".join(
        struct.pack("!B", len(name)) + name.encode() + struct.pack("!BH", _TEXT, len(value.encode())) + value.encode()
        for name, value in headers.items()
    )
    body = json.dumps(payload, ensure_ascii=False).encode()
    prelude = struct.pack("!II", 16 + len(head) + len(body), len(head))
    prelude += struct.pack("!I", crc32(prelude))
    message = prelude + head + body
    return message + struct.pack("!I", crc32(message))
