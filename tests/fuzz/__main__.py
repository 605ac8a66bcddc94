"""`python -m tests.fuzz pdf --minutes 10`: broken files for one parser; changes when we break files in another way.

`feed.csv`, `feed.json` and `feed.xml` are for the readers of product feeds.

Where `atheris` is installed it steers by coverage (`--atheris`); otherwise files are broken at random from a seed, so
that a run can be had again. Either way the parser runs in this process, with the sandbox's limits on memory. A finding
is an exception that is no Rejected (nor of memory or depth, which the sandbox turns into one), or more than the
sandbox's time. A finding's file is kept in `.build/fuzz/`, and the exit status is 1.
"""

import argparse
import faulthandler
import io
import random
import resource
import signal
import sys
import time
import traceback
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

from shopwright.catalog import feeds
from shopwright.documents.document import format_of
from shopwright.documents.parse import formats
from shopwright.documents.parse.decode import decode
from shopwright.documents.rejected import Rejected
from shopwright.documents.sandbox import Limits

from tests.unit.shopwright.documents.samples import FEEDS, SAMPLES, zipped

KEPT = Path(".build/fuzz")
GOOD = {**SAMPLES, **FEEDS}
SLOW_S = 17
_TOKENS = (
    *(
        b"\x00",
        b"\xff\xfe",
        b"%PDF-",
        b"PK\x03\x04",
        b"<",
        b"</",
        b">",
        b"<![CDATA[",
        b"<!DOCTYPE a [",
        b"&#x0;",
        b"]]>",
    ),
    *(b"{", b"}", b"[", b"]", b'"', b",", b";", b"\t", b"\r\n", b"\n\n", b"obj", b"endobj", b"stream", b"<<", b">>"),
    *(b"1 0 R", b"/Kids", b"/Length 99999999", b"/Filter /FlateDecode", b"-1", b"99999999999", b"\\u-10240", b"\\par"),
    *(b"\xf0\x9f\x98\x80", b"\xed\xa0\x80", b"Q: ", b"A: ", b"| - |", b"Content-Type: multipart/mixed; boundary=a\n\n"),
    *(b"<table>", b"<tr><td>", b"<li>" * 50, b"> " * 50, b"(" * 50, b"[" * 50),
)


class TookTooLong(Exception):
    """One file took more than the sandbox's time."""


def broken(data: bytes, chance: random.Random, other: bytes) -> bytes:
    """A file with a few of its bytes lost, doubled, swapped, replaced, or taken from another one."""
    found = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 3, 8, 30))):
        at = chance.randrange(len(found) + 1)
        to = min(len(found), at + chance.choice((1, 2, 8, 64, 512)))
        match chance.randrange(8):
            case 0:
                del found[at:to]
            case 1:
                found[at:at] = found[at:to] * chance.choice((1, 2, 50))
            case 2 if at < len(found):
                found[at] = chance.randrange(256)
            case 3 if at < len(found):
                found[at] ^= 1 << chance.randrange(8)
            case 4:
                found[at:at] = chance.choice(_TOKENS)
            case 5:
                found[at:to] = chance.choice(_TOKENS)
            case 6:
                start = chance.randrange(len(other) + 1)
                found[at:at] = other[start : start + chance.choice((4, 40, 400))]
            case _:
                del found[to if chance.random() < 0.1 else len(found) :]
        if len(found) > 1_000_000:
            del found[1_000_000:]
    return bytes(found)


def broken_package(data: bytes, chance: random.Random, other: bytes) -> bytes:
    """Mostly a sound package with a broken part: its reader would not look into a broken one."""
    if chance.random() < 0.2:
        return broken(data, chance, other)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            parts = {name: package.read(name) for name in package.namelist()}
    except (zipfile.BadZipFile, zlib.error, ValueError, OSError, EOFError, NotImplementedError):
        return broken(data, chance, other)  # a broken one that was read all the same
    for name in chance.sample(sorted(parts), k=min(len(parts), chance.choice((1, 1, 2)))):
        if chance.random() < 0.05:
            del parts[name]
        else:
            parts[name] = broken(parts[name], chance, chance.choice(sorted(parts.values())))
    return zipped(parts)


def reader(of: str) -> Callable[[bytes], str]:
    """What reads such files, and says what they turned out to be."""

    def as_feed(data: bytes) -> str:
        return "no feed" if feeds.told(decode(data), of.removeprefix("feed.")) == "null" else "read"

    def as_document(data: bytes) -> str:
        formats.parse(data, format_of(f"a.{of}"))
        return "read"

    return as_feed if of in FEEDS else as_document


def once(data: bytes, read: Callable[[bytes], str]) -> str:
    """What becomes of one file: `read`, or the name of its rejection. Anything else comes out as it is."""
    signal.alarm(SLOW_S)
    faulthandler.dump_traceback_later(SLOW_S + 3, exit=True)  # native code hears no alarm; the file in hand is kept
    try:
        return read(data)
    except Rejected as refused:
        return type(refused).__name__
    except (MemoryError, RecursionError) as over:
        return type(over).__name__
    finally:
        signal.alarm(0)
        faulthandler.cancel_dump_traceback_later()


def keep(data: bytes, of: str, number: int) -> Path:
    KEPT.mkdir(parents=True, exist_ok=True)
    path = KEPT / f"{of}-{number}.{of}"
    path.write_bytes(data)
    return path


def fuzz(of: str, seconds: float, seed: int, say: Callable[[str], None] = print) -> int:
    """How many findings there were. The file in hand is kept beforehand, for a crash that takes the process along."""
    read = reader(of)
    good = GOOD[of]
    chance = random.Random(seed)  # noqa: S311 - the same files for the same seed, not a secret
    breaking = broken_package if good.startswith(b"PK") else broken
    corpus = [good]
    outcomes: Counter[str] = Counter()
    findings = 0
    slowest = 0.0
    began = time.process_time()  # of the processor: what else the machine does shortens nothing
    while time.process_time() - began < seconds:
        data = breaking(chance.choice(corpus), chance, chance.choice(sorted(GOOD.values())))
        in_hand = keep(data, of, 0)
        started = time.monotonic()
        try:
            outcome = once(data, read)
        except Exception as finding:
            findings += 1
            kept = keep(data, of, sum(outcomes.values()) + 1)
            say(f"FINDING  {kept}: {''.join(traceback.format_exception(finding)[-3:])}")
            outcome = "finding"
        slowest = max(slowest, time.monotonic() - started)
        if outcome == "read" and outcomes["read"] % 20 == 0 and len(data) < 50_000:
            corpus = [*corpus[-50:], data, good]  # what was read although broken is a good start for the next
        outcomes[outcome] += 1
        in_hand.unlink()
    total = sum(outcomes.values())
    say(
        f"{of}: {total:,} files in {(time.process_time() - began) / 60:.1f} processor minutes from seed {seed}, "
        f"slowest {slowest:.2f} s, {findings} findings; "
        + ", ".join(f"{count:,} {name}" for name, count in outcomes.most_common())
    )
    return findings


def with_atheris(of: str, seconds: float) -> None:
    """Coverage-guided, in atheris' own loop, which ends the process itself."""
    import atheris

    read = reader(of)
    atheris.instrument_all()
    corpus = KEPT / "corpus" / of
    corpus.mkdir(parents=True, exist_ok=True)
    (corpus / f"good.{of}").write_bytes(GOOD[of])
    atheris.Setup(
        ["fuzz", f"-max_total_time={int(seconds)}", f"-timeout={SLOW_S}", str(corpus)], lambda data: once(data, read)
    )
    atheris.Fuzz()


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("endings", nargs="+", choices=sorted(GOOD), metavar="ENDING", help=", ".join(sorted(GOOD)))
    parser.add_argument("--minutes", type=float, default=10.0, help="of the processor, for each parser")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--atheris", action="store_true", help="steer by coverage; atheris must be installed")
    asked = parser.parse_args(arguments)

    def too_long(_: int, __: FrameType | None) -> None:
        raise TookTooLong

    faulthandler.enable()
    signal.signal(signal.SIGALRM, too_long)
    limit = Limits().memory_bytes
    resource.setrlimit(resource.RLIMIT_AS, (limit * 2, limit * 2))  # this process also holds what tests import
    if asked.atheris:
        with_atheris(asked.endings[0], asked.minutes * 60)
    return int(sum(fuzz(of, asked.minutes * 60, asked.seed) for of in asked.endings) > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
