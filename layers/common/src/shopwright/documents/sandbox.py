"""Reading a merchant's file in a process that can do no harm: changes when how we start, ask or end that process does.

Whatever the file does to its reader (loops, memory, a crash in native code), here it comes out as a Rejected.
"""

import json
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from threading import Lock
from types import TracebackType
from typing import Any, Self, TypeVar

from pydantic import TypeAdapter, ValidationError

from shopwright.documents import rejected
from shopwright.documents.document import check_size, format_of
from shopwright.documents.parse.block import Block, Parsed
from shopwright.documents.parse.confined import HEAD, send
from shopwright.documents.parse.formats import titled
from shopwright.documents.rejected import (
    BrokenFile,
    ReaderCrashed,
    Rejected,
    TooDeeplyNested,
    TooMuchMemory,
    TooMuchText,
    TooSlow,
)
from shopwright.errors import ShopwrightError, Unavailable

_START = """import json, sys
sys.path[:] = json.loads(sys.argv[1])
from shopwright.documents.parse.confined import main
main()"""
_BROKE = "This file cannot be read: it broke our reader. Save it again, in another format."
_DAMAGED = "This file cannot be read: it is damaged. Open it, save it again, and upload that."
_GRACE_S = 10.0  # for starting the keeper and importing a format's parser, on a small machine
_KINDS = {kind.__name__: kind for kind in rejected.Rejected.__subclasses__()}
_WHY = {
    TooMuchMemory: "Reading this file takes too much memory. Split it into smaller files, or leave out its pictures.",
    TooDeeplyNested: "This file nests its parts too deep to be read. Simplify it.",
}
_Told = TypeVar("_Told")
_ANSWER = TypeAdapter(dict[str, Any])
_BLOCKS = TypeAdapter(tuple[tuple[tuple[str, ...], str, int, int, bool, bool], ...])


class SandboxUnavailable(Unavailable):
    """The process that reads files could not be started, or died while it had no file in hand."""


class ReaderBroke(ShopwrightError):
    """Which exception, and where, a parser met that it did not foresee: for our log."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may take."""

    memory_bytes: int = 448 * 1024 * 1024
    cpu_s: int = 17
    wall_s: float = 17.0
    output_bytes: int = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Spent:
    """What reading took. `peak_kb` counts the pages that a reader shares with its keeper too."""

    seconds: float
    peak_kb: int


class Sandbox:
    """Reads files, one at a time, each in a process of its own."""

    def __init__(self, limits: Limits | None = None, *, interpreter: str = sys.executable, libraries: str = "") -> None:
        """`libraries` is LD_LIBRARY_PATH, where the interpreter needs it to find itself, as Lambda's does."""
        self._limits = limits or Limits()
        self._interpreter = interpreter
        self._libraries = libraries
        self._keeper: subprocess.Popen[bytes] | None = None
        self._alone = Lock()
        self.spent = Spent(0.0, 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, stack: TracebackType | None
    ) -> None:
        self.close()

    def read(self, data: bytes, key: str) -> Parsed:
        """A file's title and blocks. Raises a Rejected for every fault of the file, SandboxUnavailable for ours."""
        return titled(_parsed(self._answer(data, key)), key)

    def tell(self, data: bytes, key: str, *, by: str, form: TypeAdapter[_Told]) -> _Told:
        """What another reader of text makes of the file, under the same limits and with the same refusals.

        `by` is its `module:function`, which takes the decoded text and the name's ending, and gives JSON of that form.
        """
        told = _said(self._answer(data, key, by)).get("told")
        try:
            return form.validate_json(told or "")
        except ValidationError:
            raise ReaderCrashed(_BROKE) from None

    def _answer(self, data: bytes, key: str, by: str = "") -> bytes:
        wanted = {"format": format_of(key).value, "ending": PurePosixPath(key).suffix, "by": by}
        check_size(len(data))
        with self._alone:
            began = time.monotonic()
            answer, body = self._ask({**wanted, **asdict(self._limits)}, data)
            self.spent = Spent(time.monotonic() - began, int(answer["peak_kb"]))
        match answer["end"]:
            case "done":
                return body
            case "slow":
                raise TooSlow("Reading this file takes too long. Split it into smaller files, or save it again.")
            case "big":
                raise TooMuchText("This file holds more text than we take of one file. Split it into smaller files.")
            case _:
                raise ReaderCrashed(_BROKE)

    @property
    def keeper(self) -> int | None:
        """The keeper's process id."""
        return None if self._keeper is None else self._keeper.pid

    def close(self) -> None:
        """End the keeper, and the reader that it may have."""
        keeper, self._keeper = self._keeper, None
        if keeper is None:
            return
        if keeper.poll() is None:
            os.killpg(keeper.pid, signal.SIGKILL)
        keeper.wait()
        for stream in (keeper.stdin, keeper.stdout):
            if stream is not None:
                with suppress(BrokenPipeError):  # what it was still to be told is lost with it
                    stream.close()

    def _ask(self, header: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
        """A keeper that died since the last file is replaced, once."""
        for last in (False, True):
            fresh = self._keeper is None
            try:
                return self._asked(header, data)
            except (OSError, EOFError) as trouble:
                self.close()
                if last or fresh or isinstance(trouble, TimeoutError):
                    break
        raise SandboxUnavailable("The reader of files could not be started. It will be tried again.")

    def _asked(self, header: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
        if self._keeper is None:
            self._keeper = _start(self._interpreter, self._libraries)
        asked, answers = self._keeper.stdin, self._keeper.stdout
        assert asked is not None  # noqa: S101 - both were asked for
        assert answers is not None  # noqa: S101 - both were asked for
        send(asked, header, data)
        until = time.monotonic() + self._limits.wall_s + _GRACE_S
        head, body = HEAD.unpack(_exactly(answers.fileno(), HEAD.size, until))
        answer: dict[str, Any] = json.loads(_exactly(answers.fileno(), head, until))
        return answer, _exactly(answers.fileno(), body, until)


def _start(interpreter: str, libraries: str) -> subprocess.Popen[bytes]:
    """An interpreter of our own kind, without our environment: no credentials, no settings."""
    return subprocess.Popen(  # noqa: S603 - our own interpreter and words, no shell
        [interpreter, "-I", "-S", "-B", "-c", _START, json.dumps([str(Path(path).absolute()) for path in sys.path])],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"LD_LIBRARY_PATH": libraries} if libraries else {},
        cwd="/",
        start_new_session=True,
    )


def _exactly(descriptor: int, size: int, until: float) -> bytes:
    """So many bytes, before the time is up."""
    waiting = select.poll()
    waiting.register(descriptor, select.POLLIN)
    got = bytearray()
    while len(got) < size:
        left = until - time.monotonic()
        if left <= 0 or not waiting.poll(left * 1000):
            raise TimeoutError
        piece = os.read(descriptor, min(size - len(got), 1 << 20))
        if not piece:
            raise EOFError
        got += piece
    return bytes(got)


def _parsed(body: bytes) -> Parsed:
    said = _said(body)
    try:
        blocks = _BLOCKS.validate_python(said["blocks"], strict=False)
        return Parsed(str(said["title"]), tuple(Block(*block) for block in blocks), int(said["unread_pages"]))
    except (KeyError, TypeError, ValueError):  # a ValidationError is a ValueError
        raise ReaderCrashed(_BROKE) from None


def _said(body: bytes) -> dict[str, Any]:
    """The reader's answer, or its refusal; held to its form, for the reader had a stranger's file in its hands."""
    try:
        said: dict[str, Any] = _ANSWER.validate_json(body)
    except ValidationError:
        raise ReaderCrashed(_BROKE) from None
    if not {"rejected", "broke"} & said.keys():
        return said
    kind: type[Rejected] = _KINDS.get(str(said.get("rejected")), BrokenFile)
    why = said.get("why") or _WHY.get(kind) or _DAMAGED
    raise kind(str(why)) from (ReaderBroke(str(said["broke"])) if "broke" in said else None)
