"""Where the time of taking a document in goes: each format through each step, one document after the other.

Changes when the steps of ingestion do. They run in a process that does nothing else, so that its peak is theirs; what
lies between the steps in the cloud (payloads, queues, states) is not in these figures.
"""

import importlib
import multiprocessing
import resource
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import shopwright_models
from shopwright.catalog.aurora import CatalogRepository
from shopwright.database.connection import Address, Cursor, Database, Login
from shopwright.documents.aurora import Content, DocumentRepository
from shopwright.documents.aurora import Outcome as Became
from shopwright.documents.chunk import embedded_text
from shopwright.documents.document import PIPELINE, Arrival
from shopwright.documents.sandbox import Sandbox
from shopwright.embedding.onnx import OnnxEmbedder
from shopwright.embedding.tokens import Tokens
from shopwright.privacy.redactor import Use, redactor
from shopwright.tenancy.passport import Signer, SigningKey
from shopwright.tenancy.tenant import Tenant

from bench.outcome import CannotMeasure
from bench.store import Store
from local import places

STEPS = ("parse", "chunk", "mask", "embed", "insert")
TENANT = Tenant("bench-stages")


def measure(place: Store, made: Mapping[str, Sequence[bytes]]) -> dict[str, float]:
    """Documents a second of each format, milliseconds a document of each step, and megabytes at the peak."""
    alone = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=alone) as pool:
        return pool.submit(_walk, place.address, place.login, place.key, made).result()


def _walk(address: Address, login: Login, key: SigningKey, made: Mapping[str, Sequence[bytes]]) -> dict[str, float]:
    database = Database(address, lambda: login, statement_timeout_ms=120_000)
    try:
        with Sandbox() as sandbox:
            steps = Steps(database, Signer(lambda: key), sandbox)
            for ending, files in made.items():  # what a first file has to load is no step's
                steps.take_in(files[0], f"warm.{ending}")
            return _measured(steps, made)
    finally:
        database.close()


def _measured(steps: "Steps", made: Mapping[str, Sequence[bytes]]) -> dict[str, float]:
    metrics: dict[str, float] = {}
    total: dict[str, float] = defaultdict(float)
    texts, most = 0, 0.0
    for ending, files in made.items():
        spent: dict[str, float] = defaultdict(float)
        steps.peak_mb, cut = 0.0, 0
        for number, data in enumerate(files):
            took, passages = steps.take_in(data, f"{number}.{ending}")
            cut += passages
            for step in STEPS:
                spent[step] += took[step]
        metrics[f"{ending}: documents/s"] = len(files) / sum(spent.values())
        metrics[f"{ending}: texts a document"] = cut / len(files)
        metrics |= {f"{ending}: {step} ms a document": 1000 * spent[step] / len(files) for step in STEPS}
        metrics[f"{ending}: peak of the reader (MB)"] = steps.peak_mb
        texts, most = texts + cut, max(most, steps.peak_mb)
        for step in STEPS:
            total[step] += spent[step]
    everything = sum(total.values())
    metrics |= {f"all formats: {step}, share of the time": total[step] / everything for step in STEPS}
    metrics |= {f"all formats: {step}, texts/s": texts / total[step] for step in STEPS}
    metrics["all formats: texts/s, step after step"] = texts / everything
    metrics["peak of a reader (MB)"] = most
    metrics["peak of the steps' process (MB)"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return metrics


class Steps:
    """The product's own steps, on a database of the bench's own."""

    def __init__(self, database: Database, signer: Signer, sandbox: Sandbox, tenant: Tenant = TENANT) -> None:
        self._merchant_id = tenant.merchant_id
        directory = shopwright_models.directory()
        self.sandbox = sandbox
        self.peak_mb = 0.0  # of a reader, since it was last set
        self._documents = DocumentRepository(database, signer).of(tenant)
        self._catalog = CatalogRepository(database, signer).of(tenant)
        self._count = Tokens(directory).count
        self._embedder = OnnxEmbedder(directory)
        self._redact = redactor(Use.DOCUMENT)
        self._step_one = _function("ingest-parse")

    def take_in(self, data: bytes, name: str) -> tuple[dict[str, float], int]:
        """Seconds of each step, and how many passages there were."""
        took: dict[str, float] = {}

        def timed(step: str, work: Callable[[], Any]) -> Any:
            began = time.perf_counter()
            done = work()
            took[step] = time.perf_counter() - began
            return done

        arrival = Arrival(f"documents/{self._merchant_id}/{name}", "01", len(data))

        def read() -> Any:
            parsed = self.sandbox.read(data, arrival.key)
            self.peak_mb = max(self.peak_mb, self.sandbox.spent.peak_kb / 1024)
            feed = self._step_one.products_in(self.sandbox, data, arrival.key)
            self.peak_mb = max(self.peak_mb, self.sandbox.spent.peak_kb / 1024)
            return parsed, feed

        def cut() -> Any:
            return self._step_one.cut(parsed, told, arrival.document_id, self._count)

        parsed, told = timed("parse", read)
        chunks, feed = timed("chunk", cut)
        masked = timed("mask", lambda: [(self._titles(one.section), self._clean(one.content)) for one in chunks])
        vectors = timed("embed", lambda: self._embedder.passages(embedded_text(*one) for one in masked))

        def products(db: Cursor) -> None:
            if feed is not None:
                self._catalog.replace(db, arrival.document_id, feed.feed, feed.owners)

        def insert() -> Became:
            self._documents.register(arrival, title=name)
            content = Content(
                name, "0" * 64, PIPELINE, 0, self._embedder.model, list(zip(chunks, vectors, strict=True))
            )
            return self._documents.replace(arrival, content, also=products)

        became = timed("insert", insert)
        if became is not Became.SEARCHABLE:
            raise CannotMeasure(f"A document of the bench ended as {became.value}.")
        return took, len(chunks)

    def _clean(self, text: str) -> str:
        return self._redact.mask(text).text

    def _titles(self, section: Sequence[str]) -> tuple[str, ...]:
        return tuple(map(self._clean, section))


def _function(name: str) -> Any:
    """A function's own module: what it does between two libraries is part of its step."""
    folder = str(places.ROOT / "functions" / name)
    if folder not in sys.path:
        sys.path.append(folder)
    return importlib.import_module(name.replace("-", "_"))
