"""This file changes when how the laptop's commands speak to a person at a terminal changes."""

import os
import sys
import textwrap
import threading
from collections.abc import Callable, Sequence
from typing import TextIO

from botocore.exceptions import BotoCoreError, ClientError

from local.api import Misunderstood, Refused
from local.merchants import BadMerchantFile, NoSuchMerchant, NoToken, NotSeeded
from local.web import NoAnswer, NotHere

WIDTH = 100
LONGEST_NAME = 80


class Stop(Exception):
    """The command cannot go on; the message says what to do."""


ANSWERABLE = (Stop, Refused, Misunderstood, NoSuchMerchant, BadMerchantFile, NotSeeded, NoToken, NoAnswer, NotHere)


class Progress:
    """One line that changes on a terminal, one line a change elsewhere. Safe to call from many threads."""

    def __init__(self, total: int, out: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        self._total = total
        self._done = 0
        self._lock = threading.Lock()
        self._live = self._out.isatty()

    def tell(self, name: str, status: str, *, done: bool) -> None:
        with self._lock:
            self._done += done
            line = f"  {self._done:>3}/{self._total}  {status:<12} {printable(name)}"
            if self._live:
                self._out.write("\r" + line[:WIDTH].ljust(WIDTH))
            elif done:
                self._out.write(line + "\n")
            self._out.flush()

    def end(self) -> None:
        with self._lock:
            if self._live:
                self._out.write("\r" + " " * WIDTH + "\r")
                self._out.flush()


def printable(name: str) -> str:
    """A file's name on one line: its middle gives way when it is long."""
    line = "".join(character if character.isprintable() else "?" for character in name)
    return line if len(line) <= LONGEST_NAME else f"{line[: LONGEST_NAME - 21]}…{line[-20:]}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their widest cell; the last one runs free."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in (head, *rows)
    )


def bold(text: str, out: TextIO | None = None) -> str:
    """Bold where somebody looks on; plain in a file or a pipe, and where NO_COLOR is set."""
    seen = (out or sys.stdout).isatty() and "NO_COLOR" not in os.environ
    return f"\033[1m{text}\033[0m" if seen else text


def wrapped(text: str, indent: str) -> str:
    return textwrap.fill(text, WIDTH, initial_indent=indent, subsequent_indent=indent)


def run(command: Callable[[], int]) -> int:
    """The command's exit status; what a person can act upon is one line on the error stream and 1."""
    try:
        return command()
    except ANSWERABLE as cause:
        print(cause, file=sys.stderr)
        return 1
    except (BotoCoreError, ClientError) as cause:
        print(f"The laptop cloud did not do as asked: {cause}. `make logs` says more.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
