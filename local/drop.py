"""make drop MERCHANT=kitchen FILES=path: hand a merchant's files in, and wait until shoppers can find them.

Files go the way that a merchant's go: the API gives a place to upload to, the bucket's event starts the ingestion.
"""

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from local import terminal
from local.api import SETTLED, Document, Refused, Shop, Ticket, Wares
from local.cloud import Cloud, Running
from local.merchants import shop, token
from local.web import NoAnswer

AT_ONCE = 3
REFUSED = "refused"
OVER = SETTLED | {REFUSED}
PATIENCE_S = 300.0
POLL_S = 0.5
SHOWN = 10  # of a feed's rows that were refused, and of its articles to look at


class NothingToDrop(terminal.Stop):
    """The path is not there, or holds no file."""


@dataclass(frozen=True, slots=True)
class File:
    """One file, and the name under which the merchant's documents know it."""

    path: Path
    name: str


@dataclass(frozen=True, slots=True)
class Dropped:
    """What became of one file."""

    name: str
    status: str
    reason: str | None
    chunks: int
    document_id: str | None
    catalog: Wares | None = None

    @property
    def good(self) -> bool:
        return self.status == "searchable"


def files(given: Path) -> tuple[File, ...]:
    """The file itself, or every file below the folder. Hidden ones and links that lead out of it stay at home."""
    if not given.exists():
        raise NothingToDrop(f"There is no {given}. Give FILES a file or a folder.")
    if given.is_file():
        return (File(given, given.name),)
    found = tuple(
        File(path, path.relative_to(given).as_posix())
        for path in sorted(given.rglob("*"))
        if path.is_file()
        and path.resolve().is_relative_to(given.resolve())
        and not any(part.startswith(".") for part in path.relative_to(given).parts)
    )
    if not found:
        raise NothingToDrop(f"{given} holds no files (hidden ones do not count).")
    return found


def drop(
    to: Shop,
    given: Iterable[File],
    *,
    on_change: Callable[[File, str], None] = lambda file, status: None,
    patience_s: float = PATIENCE_S,
    pause: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> tuple[Dropped, ...]:
    """Upload each file and follow it until it is searchable, refused, or patience ends. In the order given."""

    def one(file: File) -> Dropped:
        try:
            return _drop(to, file, lambda status: on_change(file, status), patience_s, pause, clock)
        except (Refused, NoAnswer, OSError) as trouble:
            on_change(file, REFUSED)
            return Dropped(file.name, REFUSED, str(trouble), 0, None)

    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="drop") as pool:
        return tuple(pool.map(one, given))


def table(dropped: Sequence[Dropped]) -> str:
    """One line a file, with the reason where it was refused."""
    rows = [
        (terminal.printable(one.name), one.status, str(one.chunks) if one.good else "", one.reason or "")
        for one in dropped
    ]
    return terminal.table(("FILE", "STATUS", "PASSAGES", "REASON"), rows)


def notes(dropped: Sequence[Dropped]) -> str:
    """What a feed's merchant should mend or look at: the first ten of each, and where the rest is; "" for nothing."""
    lines: list[str] = []
    for one in dropped:
        if one.catalog is None:
            continue
        told, name = one.catalog, terminal.printable(one.name)
        refused = [f"  row {row.row}: {terminal.printable(row.reason)}" for row in told.refused]
        warned = [f"  {terminal.printable(which.sku)}: {terminal.printable(which.reason)}" for which in told.warned]
        lines += _first(f"{name}: rows refused", refused, told.refused_count, one)
        lines += _first(f"{name}: articles to look at", warned, told.warned_count, one)
    return "\n".join(lines)


def _first(title: str, told: Sequence[str], count: int, one: Dropped) -> list[str]:
    if not count:
        return []
    rest = count - len(told[:SHOWN])
    where = f"GET /v1/documents/{one.document_id} shows the first {len(told)}"
    return ["", f"{title} ({count})", *told[:SHOWN], *([f"  and {rest} more; {where}"] if rest else [])]


def _drop(
    to: Shop,
    file: File,
    on_change: Callable[[str], None],
    patience_s: float,
    pause: Callable[[float], None],
    clock: Callable[[], float],
) -> Dropped:
    content = file.path.read_bytes()
    until = clock() + patience_s
    ticket = to.offer(file.name, len(content))

    def seen() -> Document | None:
        return _seen(to, ticket, until, pause, clock)

    before = seen()
    while before is not None and before.status not in SETTLED and clock() < until:
        pause(POLL_S)  # an earlier drop of the same file is on its way: its end must not be taken for ours
        before = seen()
    to.upload(ticket, content)
    last = "uploaded"
    on_change(last)

    while clock() < until:
        now = seen()
        if now is not None and _is_newer(now, before):
            if now.status != last:
                last = now.status
                on_change(last)
            if last in SETTLED:
                return Dropped(file.name, last, now.reason, now.chunks, ticket.document_id, now.catalog)
        pause(POLL_S)
    return Dropped(file.name, last, f"not done after {patience_s:.0f} s; `make logs` says why", 0, ticket.document_id)


def _seen(
    to: Shop, ticket: Ticket, until: float, pause: Callable[[float], None], clock: Callable[[], float]
) -> Document | None:
    """How far a document has come. That the API cannot say just now says nothing about the file: it is asked again."""
    while True:
        try:
            return to.document(ticket.document_id)
        except Refused as refusal:
            if refusal.status < 500 or clock() >= until:
                raise
        pause(POLL_S)


def _is_newer(now: Document, before: Document | None) -> bool:
    """A file that has not changed is noted too, so that its time moves on though nothing else does."""
    return before is None or now.updated_at != before.updated_at


def _running(instance: str) -> Running | None:
    return Cloud(instance).running()


def main(arguments: Sequence[str] | None = None, *, find: Callable[[str], Running | None] = _running) -> int:
    parser = argparse.ArgumentParser(prog="make drop", description=__doc__)
    parser.add_argument("merchant", nargs="?", default=os.environ.get("MERCHANT"))
    parser.add_argument("files", nargs="?", default=os.environ.get("FILES"))
    parser.add_argument("--instance", default=os.environ.get("INSTANCE", "demo"), help="which laptop cloud")
    told = parser.parse_args(arguments)
    if not told.merchant or not told.files:
        parser.error("say whose and which files: make drop MERCHANT=kitchen FILES=path/to/folder")
    shop(told.merchant)
    given = files(Path(told.files))
    running = find(told.instance)
    if running is None:
        raise terminal.Stop("The laptop cloud is not running: run `make up` first.")
    to = Shop(running.api_url, _bearer(running, told.merchant, told.instance))

    progress = terminal.Progress(len(given))
    dropped = drop(to, given, on_change=lambda file, status: progress.tell(file.name, status, done=status in OVER))
    progress.end()
    print(table(dropped))
    counts = Counter(one.status for one in dropped)
    if said := notes(dropped):
        print(said)
    print(f"\n{', '.join(f'{number} {status}' for status, number in sorted(counts.items()))}")
    return 0 if all(one.good for one in dropped) else 1


def _bearer(running: Running, merchant: str, instance: str) -> str:
    return token(running.outputs, running.gateway_url, merchant, "merchant", instance=instance)


if __name__ == "__main__":
    sys.exit(terminal.run(main))
