"""The other side of `sandbox`: changes when what a reader of files may do, or take, does.

A keeper process holds the parsers and reads no file itself. For each file it forks a reader, which gives up what it
does not need, reads the one file, says what it found through a pipe, and ends. The keeper bounds the reader's time and
output from outside, so that the process that asked gets one well-formed answer whatever the reader does.

What holds a reader: limits of the kernel on memory, processor time, open files, file sizes and new processes; an audit
hook of the interpreter that refuses sockets, new processes, and every file but Python's own code. The kernel's limits
hold for native code too; the hook holds for Python. Neither namespaces nor seccomp are to be had on Lambda.
"""

import gc
import json
import os
import resource
import select
import signal
import struct
import sys
import time
import traceback
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import IO, Any, NoReturn

from shopwright.documents.document import Format
from shopwright.documents.parse import formats
from shopwright.documents.parse.decode import decode
from shopwright.documents.rejected import Rejected

HEAD = struct.Struct(">II")  # how long the header (JSON) and what follows it are
_SPARE = 64 * 1024 * 1024  # to say that the memory was not enough
_FILES = 32
_REFUSED = (
    *("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.system", "os.startfile"),
    *("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod"),
    *("os.chown", "os.kill", "os.putenv", "pty.", "ctypes.", "shutil.", "tempfile.", "urllib.", "http.", "ftplib."),
    *("smtplib.", "webbrowser.", "sqlite3.", "signal.pthread_kill"),
)


class Refused(Exception):
    """A reader tried what no reader needs."""


def receive(stream: IO[bytes]) -> tuple[dict[str, Any], bytes] | None:
    """A header and what follows it; None at the end."""
    head = stream.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    header, body = HEAD.unpack(head)
    return json.loads(stream.read(header)), stream.read(body)


def send(stream: IO[bytes], header: dict[str, Any], body: bytes) -> None:
    said = json.dumps(header).encode()
    stream.write(HEAD.pack(len(said), len(body)) + said)
    stream.write(body)
    stream.flush()


def serve(asked: IO[bytes], answers: IO[bytes]) -> None:
    """One reader for each file asked for, until nobody asks any more."""
    while (request := receive(asked)) is not None:
        wanted, data = request
        _reader(wanted)  # imports what it needs, for all readers to come
        gc.collect()
        gc.freeze()  # so that the reader's collector does not touch, and so copy, what it shares with us
        send(answers, *_read(wanted, data))


def _read(wanted: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    """Fork a reader and wait for it, no longer than it may take."""
    out, into = os.pipe()
    reader = os.fork()
    if reader == 0:
        _be_a_reader(wanted, data, into)
    os.close(into)
    end, body = _collect(out, time.monotonic() + wanted["wall_s"], wanted["output_bytes"])
    os.close(out)
    if end != "done":
        os.kill(reader, signal.SIGKILL)
    _, status, used = os.wait4(reader, 0)
    code = os.waitstatus_to_exitcode(status)
    if end == "done" and code != 0:
        end = "slow" if code in (-signal.SIGXCPU, -signal.SIGKILL) else "crashed"
    return {"end": end, "code": code, "peak_kb": used.ru_maxrss}, body if end == "done" else b""


def _collect(out: int, until: float, most: int) -> tuple[str, bytes]:
    waiting = select.poll()
    waiting.register(out, select.POLLIN)
    body = bytearray()
    while len(body) <= most:
        left = until - time.monotonic()
        if left <= 0 or not waiting.poll(left * 1000):
            return "slow", b""
        piece = os.read(out, 1 << 20)
        if not piece:
            return "done", bytes(body)
        body += piece
    return "big", b""


def _be_a_reader(wanted: dict[str, Any], data: bytes, into: int) -> NoReturn:
    code = 1
    try:
        with os.fdopen(into, "wb") as answer:
            gc.set_threshold(50_000, 20, 100)  # it makes many objects and lives shortly: less looking for garbage
            confine(wanted["memory_bytes"], wanted["cpu_s"])
            try:
                said = json.dumps(_told(wanted, data), ensure_ascii=False).encode()
            except MemoryError:
                _loosen()
                said = b'{"rejected": "TooMuchMemory"}'
            answer.write(said)
        code = 0
    finally:
        os._exit(code)  # never back into the keeper's loop


def _reader(wanted: dict[str, Any]) -> Callable[[bytes], dict[str, Any]]:
    """What is to read the file: the parser of its format, or what the process that asks has named in its place."""
    kind = Format(wanted["format"])
    if not wanted["by"]:
        formats.parser(kind)
        return lambda data: _parsed(data, kind)
    module, _, function = wanted["by"].partition(":")
    tell: Callable[[str, str], str] = getattr(import_module(module), function)
    return lambda data: {"told": tell(decode(data), wanted["ending"])}


def _parsed(data: bytes, kind: Format) -> dict[str, Any]:
    parsed = formats.parse(data, kind)
    return {
        "title": parsed.title,
        "unread_pages": parsed.unread_pages,
        "blocks": [[block.path, block.text, block.start, block.end, block.whole, block.row] for block in parsed.blocks],
    }


def _told(wanted: dict[str, Any], data: bytes) -> dict[str, Any]:
    """What the reader found, or why it found nothing, in plain values."""
    try:
        return _reader(wanted)(data)
    except Rejected as refused:
        return {"rejected": type(refused).__name__, "why": str(refused)}
    except MemoryError:
        raise
    except RecursionError:
        return {"rejected": "TooDeeplyNested"}
    except Exception as broken:
        # Whatever a library raises over a hostile file. Its words may quote the file: only its kind and place are told.
        last = traceback.extract_tb(broken.__traceback__)[-1]
        return {"broke": f"{type(broken).__name__} at {Path(last.filename).name}:{last.lineno}"}


def confine(memory_bytes: int, cpu_s: int) -> None:
    """Give up, for good, what reading one file does not need."""
    limits = {
        resource.RLIMIT_AS: (memory_bytes, memory_bytes + _SPARE),
        resource.RLIMIT_CPU: (cpu_s, cpu_s + 1),
        resource.RLIMIT_NOFILE: (_FILES, _FILES),
        resource.RLIMIT_FSIZE: (0, 0),
        resource.RLIMIT_NPROC: (0, 0),
        resource.RLIMIT_CORE: (0, 0),
    }
    for limit, (soft, hard) in limits.items():
        resource.setrlimit(limit, (soft, hard))
    os.closerange(0, 2)  # the keeper's own streams
    code = tuple(os.path.realpath(folder) + os.sep for folder in {*sys.path, sys.base_prefix} if folder)

    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            writes = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
            if isinstance(path, int):
                return
            if writes or not os.path.realpath(os.fsdecode(path)).startswith(code):
                raise Refused("open")
        elif event.startswith(_REFUSED):
            raise Refused(event)

    sys.addaudithook(refuse)


def _loosen() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started us ends us, by closing the pipe
    serve(sys.stdin.buffer, sys.stdout.buffer)
