"""How fast dropped documents become searchable, beside what the embedding model alone would need for their texts.

Before that, without a cloud around them: each format through each step, and two ways of writing many passages.
"""

import random
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import shopwright_models
from shopwright.documents.chunk import chunk, embedded_text
from shopwright.documents.parse import formats
from shopwright.embedding.onnx import OnnxEmbedder
from shopwright.embedding.tokens import Tokens

from bench import bulk, stages, written
from bench.outcome import CannotMeasure, Options, Outcome
from bench.shop import cloud
from bench.store import store
from local.api import SETTLED, Document, Shop
from local.drop import File, files

MERCHANT = "kitchen"
FOLDER = "bench-ingest"
BAR = 0.60
UPLOADS_AT_ONCE = 8
POLL_S = 0.1
PATIENCE_S = 900.0
SECTIONS = 12


def write(folder: Path, documents: int, *, seed: int = 2026) -> None:
    """Made-up guides, no two sentences alike, each section about as long as one passage."""
    chance = random.Random(seed)  # noqa: S311 - the same documents in every run, not a secret
    for number in range(documents):
        text = written.markdown(f"Guide {seed}-{number}", written.prose(chance, number, SECTIONS, 9))
        (folder / f"guide-{number:04}.md").write_text(text, encoding="utf-8")


def texts(given: Sequence[File], directory: Path) -> list[str]:
    """What the product itself would embed of these files, cut by its own rules."""
    count = Tokens(directory).count
    found = []
    for file in given:
        parsed = formats.read(file.path.read_bytes(), file.name)
        found += [embedded_text(one.section, one.content) for one in chunk(f"bench-{file.name}", parsed, count)]
    return found


def raw(embedder: OnnxEmbedder, some: Sequence[str]) -> float:
    """Texts a second, one by one, with nothing around the model."""
    started = time.perf_counter()
    embedder.passages(some)
    return len(some) / (time.perf_counter() - started)


def ingest(shop: Shop, given: Sequence[File], folder: str) -> tuple[float, list[Document]]:
    """Seconds from the first upload until the last document is searchable, and the documents."""
    started = time.perf_counter()

    def upload(file: File) -> str:
        content = file.path.read_bytes()
        ticket = shop.offer(f"{folder}/{file.name}", len(content))
        shop.upload(ticket, content)
        return ticket.document_id

    with ThreadPoolExecutor(UPLOADS_AT_ONCE) as pool:
        waiting = list(pool.map(upload, given))
    done: list[Document] = []
    while waiting:
        if time.perf_counter() - started > PATIENCE_S:
            raise CannotMeasure(f"{len(waiting)} documents are not searchable after {PATIENCE_S:.0f} s.")
        # Events are handled roughly in order, so that the oldest one waits for the rest without a request for each.
        now = shop.document(waiting[0])
        if now is None or now.status not in SETTLED:
            time.sleep(POLL_S)
            continue
        if now.status != "searchable":
            raise CannotMeasure(f"A document ended as {now.status}: {now.reason}")
        done.append(now)
        waiting.pop(0)
    return time.perf_counter() - started, done


def remove(shop: Shop, documents: Sequence[Document]) -> None:
    for one in documents:
        answer = shop.raw("DELETE", f"/v1/documents/{one.document_id}")
        if answer.status not in {200, 202, 204, 404}:
            raise CannotMeasure(f"A document of the bench could not be removed: {answer.status} {answer.reason}")


def measure(options: Options) -> Outcome:
    """The steps by format and the ways of writing; then the model alone before and after the whole way."""
    with store("ingest") as place:
        print("ingest: each format through each step", flush=True)
        by_step = stages.measure(place, written.documents(options.count(quick=1, full=10)))
        standing, sizes = (1_000, (500,)) if options.quick else (5_000, (500, 5_000))
        by_way = bulk.measure(place, standing=standing, sizes=sizes, rounds=options.count(quick=2, full=4))
    whole = _whole_way(options)
    notes = (
        "First upload to last document searchable. The model alone: one text a run, before and after that.",
        "By format: the product's own steps one after the other in a process of their own, without payloads and states "
        "between them; a document is six sections of nine sentences, or a table of 24 goods.",
        "Bulk: rows with their vectors in one transaction under row-level security, full-text index and HNSW in place; "
        "the two ways in turn, the median of the rounds.",
    )
    return Outcome("ingest", {**whole, **by_step, **by_way}, {"ratio": (">=", BAR)}, notes)


def _whole_way(options: Options) -> dict[str, float]:
    directory = shopwright_models.directory()
    embedder = OnnxEmbedder(directory)
    with cloud() as place, tempfile.TemporaryDirectory() as made:
        shop = place.shop(MERCHANT, "merchant")
        write(Path(made), 4, seed=time.time_ns() % 1_000_000)
        _, warm = ingest(shop, files(Path(made)), f"{FOLDER}-warm")  # starts the cold environments
        remove(shop, warm)

        for old in Path(made).iterdir():
            old.unlink()
        if options.data is None:
            write(Path(made), options.count(quick=24, full=150), seed=time.time_ns() % 1_000_000)
        given = files(options.data or Path(made))[: options.limit]
        some = texts(given, directory)
        sample = some[: options.count(quick=120, full=600)]

        embedder.passages(sample[:5])
        before = raw(embedder, sample)
        seconds, documents = ingest(shop, given, FOLDER)
        after = raw(embedder, sample)
        remove(shop, documents)

    searchable = sum(one.chunks for one in documents)
    if searchable != len(some):
        raise CannotMeasure(f"{searchable} passages became searchable, and {len(some)} were expected: not comparable.")
    alone = (before + after) / 2
    return {
        "documents": float(len(documents)),
        "texts": float(searchable),
        "seconds": seconds,
        "texts/s end to end": searchable / seconds,
        "texts/s of the model alone": alone,
        "ratio": searchable / seconds / alone,
    }
