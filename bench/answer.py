"""What an answer without a model takes, when nobody has asked the same before: changes when what an answer does, does.

In this process, as the function's own code does it: everything but HTTP, DynamoDB and the cache. Each of those who ask
at once has a connection of its own, as each of Lambda's environments has.
"""

import itertools
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import shopwright_models
from shopwright.catalog.aurora import Facts
from shopwright.database.connection import Database
from shopwright.documents.sandbox import Sandbox
from shopwright.embedding.onnx import OnnxEmbedder
from shopwright.llm.extractive import compose
from shopwright.orchestrator import answer as answering
from shopwright.orchestrator.session import Session, Tally
from shopwright.privacy.redactor import Use, redactor
from shopwright.resilience.deadline import Deadline
from shopwright.retrieval.aurora import Search
from shopwright.tenancy.caller import Caller, Role
from shopwright.tenancy.tenant import Tenant

from bench.outcome import CannotMeasure, Options, Outcome, quantile
from bench.stages import Steps
from bench.store import Store, store
from local.merchants import DEMO

SHOPS = ("outdoor", "kitchen", "electronics")
AT_ONCE = 8
WARM_UP = 10
_SUFFIXES = {".md", ".txt", ".html", ".csv", ".json", ".pdf", ".docx", ".xlsx", ".xml", ".eml", ".pptx"}


class Counter:
    """One environment: its connection, and the embedder that all of this process share."""

    def __init__(self, place: Store, embedder: OnnxEmbedder) -> None:
        self._database = Database(place.address, lambda: place.login, statement_timeout_ms=10_000)
        search, facts = Search(self._database, model=embedder.model), Facts(self._database)
        sign = place.signer.sign
        self.desk = answering.Desk(
            mask=redactor(Use.QUESTION).mask,
            embed=embedder.question,
            search=lambda caller, question, vector: search.hybrid(sign(caller.tenant), question, vector),
            facts=lambda caller, chunks: facts.of(sign(caller.tenant), chunks),
            compose=compose,
            recall=lambda caller, session_id: Session(session_id, (), 0, 0, Tally(0, 0)),
            remember=lambda caller, session_id, turn, begun: begun,
        )

    def answer(self, shop: str, question: str) -> answering.Answer:
        said = answering.answer(answering.Question(question, _caller(shop)), desk=self.desk, deadline=Deadline(20_000))
        if said.failure is not None or said.clocks.first_useful_ms is None or said.clocks.first_token_ms is None:
            raise CannotMeasure(f"The question was not answered, or without its clocks: {said.failure!r}")
        return said

    def found(self, shop: str, question: str) -> None:
        """What every answer cannot do without: the question's vector, and one hybrid search."""
        self.desk.search(_caller(shop), question, self.desk.embed(question))

    def close(self) -> None:
        self._database.close()


def measure(options: Options) -> Outcome:
    turns = options.count(quick=60, full=600)
    asked = _questions()
    with store("answer") as place, ExitStack() as stack:
        _stock(place)
        embedder = OnnxEmbedder(shopwright_models.directory())
        counters = [Counter(place, embedder) for _ in range(AT_ONCE)]
        for counter in counters:
            stack.callback(counter.close)
        alone: list[float] = []
        bare: list[float] = []
        quiet = _asking(asked)
        for turn in range(WARM_UP + turns):
            shop, question = next(quiet)
            took, found = _timed(counters[0], shop, question, answer_first=turn % 2 == 0)
            if turn >= WARM_UP:
                alone.append(took)
                bare.append(found)
        together = _together(counters, asked, turns)
    metrics = {
        "answer p50 ms": quantile(alone, 0.5),
        "answer p95 ms": quantile(alone, 0.95),
        "embed + hybrid search p50 ms": quantile(bare, 0.5),
        "answer / (embed + hybrid search), p50": quantile(alone, 0.5) / quantile(bare, 0.5),
        f"{AT_ONCE} at once, answer p50 ms": quantile(together, 0.5),
        f"{AT_ONCE} at once, answer p95 ms": quantile(together, 0.95),
    }
    limits = {
        "answer / (embed + hybrid search), p50": ("<=", 3.0),
        f"{AT_ONCE} at once, answer p95 ms": ("<=", 300.0),
    }
    notes = (
        "From the masked question to the checked answer with its three clocks, nothing kept from before; without HTTP "
        "and without the conversation's table. Answer and bare search take turns, on the same questions.",
    )
    return Outcome("answer", metrics, limits, notes)


def _together(counters: Sequence[Counter], asked: list[tuple[str, str]], turns: int) -> list[float]:
    def asks(counter: Counter, offset: int) -> list[float]:
        mine, took = _asking(asked[offset:] + asked[:offset]), []
        for _ in range(max(1, turns // AT_ONCE)):
            shop, question = next(mine)
            began = time.perf_counter()
            counter.answer(shop, question)
            took.append((time.perf_counter() - began) * 1000)
        return took

    with ThreadPoolExecutor(len(counters)) as pool:
        jobs = [pool.submit(asks, counter, at * 3 % len(asked)) for at, counter in enumerate(counters)]
        return [took for job in jobs for took in job.result()]


def _timed(counter: Counter, shop: str, question: str, *, answer_first: bool) -> tuple[float, float]:
    def of(call: Callable[[str, str], object]) -> float:
        began = time.perf_counter()
        call(shop, question)
        return (time.perf_counter() - began) * 1000

    if answer_first:
        took = of(counter.answer)
        return took, of(counter.found)
    found = of(counter.found)
    return of(counter.answer), found


def _questions() -> list[tuple[str, str]]:
    """Those of the demo: what its shops can answer, and what they cannot."""
    table = tomllib.loads((DEMO / "questions.toml").read_text("utf-8"))
    return [(shop, one["question"]) for shop in SHOPS for rows in table[shop].values() for one in rows]


def _asking(asked: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    return itertools.cycle(asked)


def _stock(place: Store) -> None:
    with Sandbox() as sandbox:
        for shop in SHOPS:
            steps = Steps(place.database, place.signer, sandbox, Tenant(shop))
            for path in sorted((DEMO / shop / "documents").rglob("*")):
                if path.is_file() and path.suffix in _SUFFIXES:
                    steps.take_in(path.read_bytes(), path.name)


def _caller(shop: str) -> Caller:
    return Caller(Tenant(shop), Role.SHOPPER, "user#bench", frozenset({"shop/chat"}))
