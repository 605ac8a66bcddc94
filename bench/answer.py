"""What an answer without a model takes, when nobody has asked the same before: changes when what an answer does, does.

As the function's own code does it: everything but HTTP, DynamoDB and the cache. Each of those who ask at once has a
process of its own with a connection and a model, as each of Lambda's environments is one: threads of one process would
wait for one another's interpreter, which environments do not share.
"""

import itertools
import multiprocessing
import sys
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from functools import lru_cache
from multiprocessing.synchronize import Barrier
from typing import Any

from shopwright.catalog.aurora import Facts, Names, Offers
from shopwright.checkout import cart as carting
from shopwright.database.connection import Address, Database, Login
from shopwright.documents.sandbox import Sandbox
from shopwright.llm.extractive import compose
from shopwright.orchestrator import answer as answering
from shopwright.orchestrator import carry, classifier, talk, toolbox
from shopwright.orchestrator.coordinate import Coordinator
from shopwright.orchestrator.intent import Reader
from shopwright.orchestrator.registry import Outcome as Called
from shopwright.orchestrator.registry import Registry
from shopwright.orchestrator.session import Session, Tally
from shopwright.orchestrator.toolbox import Sought, box
from shopwright.orchestrator.visit import Desk, Question
from shopwright.privacy.redactor import Use, redactor
from shopwright.resilience.deadline import Deadline
from shopwright.runtime.tooling import Catalog, Searching
from shopwright.signals import heuristic
from shopwright.tenancy.caller import Caller, Role
from shopwright.tenancy.passport import Signer, SigningKey
from shopwright.tenancy.tenant import Tenant

from bench.outcome import CannotMeasure, Options, Outcome, quantile
from bench.stages import Steps
from bench.store import Store, store
from local.merchants import DEMO
from tests.fakes.carts import FakeCarts

SHOPS = ("outdoor", "kitchen", "electronics")
AT_ONCE = 8
WARM_UP = 10
READY_WITHIN_S = 120.0
_SUFFIXES = {".md", ".txt", ".html", ".csv", ".json", ".pdf", ".docx", ".xlsx", ".xml", ".eml", ".pptx"}


class Counter:
    """One environment: a connection and a model of its own, and everything that is asked before the documents are."""

    def __init__(self, address: Address, login: Login, key: SigningKey, carts: FakeCarts | None = None) -> None:
        self._database, signer = Database(address, lambda: login, statement_timeout_ms=10_000), Signer(lambda: key)
        sign = signer.sign
        searching, catalog = Searching(self._database, signer, ""), Catalog(self._database, signer)
        embed, facts = lru_cache(maxsize=64)(searching.embedder.question), Facts(self._database)
        offers, names = Offers(self._database), Names(self._database)
        self._tools = Registry(
            box(
                toolbox.Desk(
                    search=lambda caller, question, limit: searching.find(caller, question, embed(question))[:limit],
                    named=searching.named,
                    products=catalog.sought,
                    facts=catalog.facts,
                    passage=catalog.passage,
                    predict=heuristic.predict,
                    cart=carting.Desk(
                        open=carts.open if carts else _no_cart,
                        change=carts.change if carts else _no_cart,
                        offers=catalog.offers,
                    ),
                    hand_over=_no_cart,
                )
            ),
            report=_broken,
        )
        self._coordinator = Coordinator()
        self._searching = searching
        self.desk = Desk(
            mask=redactor(Use.QUESTION).mask,
            embed=embed,
            search=searching.find,
            facts=lambda caller, chunks: facts.of(sign(caller.tenant), chunks),
            compose=compose,
            recall=lambda caller, session_id: Session(session_id, (), 0, 0, Tally(0, 0)),
            remember=lambda caller, session_id, turn, begun: begun,
            talk=talk.Desk(
                call=self._call,
                products=lambda caller, ids: catalog.sought(caller, Sought(product_ids=tuple(ids), limit=len(ids))),
                offers=catalog.offers,
                variants=lambda caller, ids: facts.of_variants(sign(caller.tenant), ids),
            ),
            likeness=searching.likeness,
            sold=lambda caller, said: names.among(sign(caller.tenant), said),
            carry=carry.Desk(
                call=self._call,
                coordinator=self._coordinator,
                reader=Reader(embed, classifier.shipped()),
                variants=lambda caller, ids: facts.of_variants(sign(caller.tenant), ids),
                overview=lambda caller: offers.overview(sign(caller.tenant)),
            ),
        )
        self._kept = (embed, *_readings())

    def _call(
        self, caller: Caller, tool: str, given: Mapping[str, Any], deadline: Deadline, request_id: str | None
    ) -> Called:
        return self._tools.call(caller, tool, given, deadline, request_id=request_id)

    def answer(self, shop: str, question: str) -> answering.Answer:
        for kept in self._kept:  # each asks for the first time, and nothing of the pages has been read yet
            kept.cache_clear()
        said = answering.answer(Question(question, _caller(shop)), desk=self.desk, deadline=Deadline(20_000))
        if said.failure is not None or said.clocks.first_useful_ms is None or said.clocks.first_token_ms is None:
            raise CannotMeasure(f"The question was not answered, or without its clocks: {said.failure!r}")
        return said

    def found(self, shop: str, question: str) -> None:
        """What every answer cannot do without: the question's vector, and one hybrid search."""
        self._searching.find(_caller(shop), question, self._searching.embedder.question(question))

    def close(self) -> None:
        self._coordinator.close()
        self._tools.close()
        self._database.close()


def measure(options: Options) -> Outcome:
    turns = options.count(quick=60, full=600)
    asked = _questions()
    with store("answer") as place:
        stock(place)
        alone: list[float] = []
        bare: list[float] = []
        quiet = _asking(asked)
        with closing(Counter(place.address, place.login, place.key)) as counter:
            for turn in range(WARM_UP + turns):
                shop, question = next(quiet)
                took, found = _timed(counter, shop, question, answer_first=turn % 2 == 0)
                if turn >= WARM_UP:
                    alone.append(took)
                    bare.append(found)
        together = _together(place, asked, turns)
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
        "and without the conversation's table. Answer and bare search take turns, on the same questions. At once: as "
        "many processes.",
    )
    return Outcome("answer", metrics, limits, notes)


def _together(place: Store, asked: list[tuple[str, str]], turns: int) -> list[float]:
    processes = multiprocessing.get_context("spawn")
    ready = processes.Barrier(AT_ONCE)
    opened = (place.address, place.login, place.key, ready)
    with ProcessPoolExecutor(AT_ONCE, mp_context=processes, initializer=_open, initargs=opened) as pool:
        orders = [asked[at * 3 % len(asked) :] + asked[: at * 3 % len(asked)] for at in range(AT_ONCE)]
        jobs = [pool.submit(_asks, order, max(1, turns // AT_ONCE)) for order in orders]
        return [took for job in jobs for took in job.result()]


_counters: list[Counter] = []  # of a process of those who ask at once: one


def _open(address: Address, login: Login, key: SigningKey, ready: Barrier) -> None:
    """A process of its own, warm; it begins when all are. Its connection ends with it."""
    _counters.append(Counter(address, login, key))
    _asks(_questions(), WARM_UP)
    ready.wait(READY_WITHIN_S)


def _asks(asked: Sequence[tuple[str, str]], turns: int) -> list[float]:
    """Milliseconds of each answer."""
    took = []
    for shop, question in itertools.islice(_asking(asked), turns):
        began = time.perf_counter()
        _counters[0].answer(shop, question)
        took.append((time.perf_counter() - began) * 1000)
    return took


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


def stock(place: Store) -> None:
    with Sandbox() as sandbox:
        for shop in SHOPS:
            steps = Steps(place.database, place.signer, sandbox, Tenant(shop))
            for path in sorted((DEMO / shop / "documents").rglob("*")):
                if path.is_file() and path.suffix in _SUFFIXES:
                    steps.take_in(path.read_bytes(), path.name)


def _readings() -> list[Any]:
    """All that the package keeps of the texts it has read: tables are kept whole, these up to so many."""
    modules = [module for name, module in sys.modules.items() if name.startswith("shopwright.")]
    kept = {id(one): one for module in modules for one in vars(module).values() if hasattr(one, "cache_parameters")}
    return [one for one in kept.values() if one.cache_parameters()["maxsize"] is not None]


def _broken(tool: str, mistake: BaseException) -> None:
    raise CannotMeasure(f"The tool {tool} broke.") from mistake


def _no_cart(*_: object) -> Any:
    raise CannotMeasure("A question of the bench asked for a cart or for a person: it is to ask for an answer.")


def _caller(shop: str) -> Caller:
    return Caller(Tenant(shop), Role.SHOPPER, "user#bench", frozenset({"shop/chat"}))
