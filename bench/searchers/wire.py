"""How the retrieval bench speaks to who it measures: one line of JSON a command, one line back.

Peers' environments run it too, so it uses numpy and the standard library alone. The first line says where the database
and the questions are; then `each` times questions one by one, and `crowd` lets many processes ask at once. A crowd is
forked before anything is connected: connections, pools and loop threads do not outlive a fork.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

WARM_UP = 20


@dataclass(frozen=True)
class Place:
    """Where the database is, who asks, and what: vectors, the merchants asked, words."""

    host: str
    port: int
    name: str
    username: str
    password: str
    folder: str
    store: str = ""

    @property
    def questions(self) -> Any:
        return np.load(Path(self.folder) / "questions.npy")

    @property
    def asked(self) -> list[str]:
        found: list[str] = json.loads((Path(self.folder) / "asked.json").read_text("utf-8"))
        return found

    @property
    def words(self) -> list[str]:
        found: list[str] = json.loads((Path(self.folder) / "words.json").read_text("utf-8"))
        return found


Ask = Callable[[int], Sequence[str]]  # the ids of what it finds for a question, by its number
Make = Callable[[Place], Ask]


def serve(make: Make, *, prepare: Callable[[Place], None] | None = None) -> None:
    """Answer the bench until it closes our input. A failure ends the program; the bench shows its last words."""
    # What a library prints must not get among the answers.
    said, sys.stdout = os.fdopen(os.dup(1), "w"), sys.stderr
    place: Place | None = None
    ask: Ask | None = None
    for line in sys.stdin:
        command = json.loads(line)
        answer: dict[str, Any] = {}
        if command["do"] == "place":
            place = Place(**command["place"])
        elif place is None:
            raise ValueError("the first command says where everything is")
        elif command["do"] == "prepare" and prepare is not None:
            prepare(place)
        elif command["do"] == "each":
            ask = ask or make(place)
            answer = _each(ask, command["questions"])
        elif command["do"] == "crowd":
            answer = {"members": _crowd(make, place, command["clients"], command["seconds"])}
        else:
            raise ValueError(f"unknown command: {command['do']}")
        print(json.dumps(answer), file=said, flush=True)


def _each(ask: Ask, questions: Sequence[int]) -> dict[str, Any]:
    for number in questions[:WARM_UP]:
        ask(number)
    seconds, found = [], []
    for number in questions:
        started = time.perf_counter()
        ids = ask(number)
        seconds.append(time.perf_counter() - started)
        found.append(list(ids))
    return {"seconds": seconds, "found": found}


def _crowd(make: Make, place: Place, clients: int, seconds: float) -> list[list[float]]:
    """The seconds of every answer that each client got within the time."""
    context = get_context("fork")
    ready, results = context.Barrier(clients), context.Queue()
    members = [
        context.Process(target=_member, args=(make, place, seed, seconds, ready, results)) for seed in range(clients)
    ]
    for member in members:
        member.start()
    try:
        return [results.get(timeout=60 + 10 * seconds) for _ in members]
    finally:
        for member in members:
            member.join(10)
            if member.is_alive():
                member.kill()


def _member(make: Make, place: Place, seed: int, seconds: float, ready: Any, results: Any) -> None:
    ask = make(place)
    order = [int(number) for number in np.random.default_rng(seed).permutation(len(place.asked))]
    for number in order[:WARM_UP]:
        ask(number)
    ready.wait(50)
    taken: list[float] = []
    end = time.perf_counter() + seconds
    while True:
        started = time.perf_counter()
        if started >= end:
            break
        ask(order[len(taken) % len(order)])
        taken.append(time.perf_counter() - started)
    results.put(taken)
    results.close()
    results.join_thread()
    os._exit(0)  # a library's own threads may never end
