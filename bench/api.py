"""How long a shopper waits for an answer, beside a bare function behind the same API."""

import itertools
import tomllib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.outcome import CannotMeasure, Options, Outcome, quantile
from bench.shop import Answer, Caller, Place, cloud
from local.drop import drop, files
from local.merchants import DEMO, shop

MERCHANT = "kitchen"
QUESTIONS = DEMO / "questions.toml"
CONCURRENCY = 8
WARM_UP = 5


def questions(data: Path | None) -> tuple[str, ...]:
    """The questions to ask: one's own, one a line in DATA/questions.txt, or those that the demo's shop can answer."""
    if data is None:
        return tuple(one["question"] for one in tomllib.loads(QUESTIONS.read_text("utf-8"))[MERCHANT]["answered"])
    place = data / "questions.txt"
    if not place.is_file():
        raise CannotMeasure(f"{place} is not there: write one question a line into it.")
    own = tuple(line.strip() for line in place.read_text(encoding="utf-8").splitlines() if line.strip())
    if not own:
        raise CannotMeasure(f"{place} holds no question.")
    return own


def measure(options: Options) -> Outcome:
    """One client that asks and pings by turns; then eight at once, again by turns."""
    turns = options.count(quick=40, full=400)
    rounds = options.count(quick=8, full=40)
    texts = questions(options.data)
    asked = itertools.cycle(texts)

    with cloud() as place:
        token = place.token(MERCHANT, "shopper")
        _stock(place)

        def chat(caller: Caller) -> Answer:
            return caller.call("POST", "/v1/chat", {"message": next(asked)})

        def health(caller: Caller) -> Answer:
            return caller.call("GET", "/v1/health")

        with Caller(place.running.api_url, token) as caller:
            for _ in range(WARM_UP):
                first = chat(caller)
                health(caller)
            if first.status != 200:
                raise CannotMeasure(f"The API answers {first.status}: {first.body}")
            alone = [(chat(caller), health(caller)) for _ in range(turns)]

        at_once: dict[str, list[Answer]] = {"chat": [], "health": []}
        callers = [Caller(place.running.api_url, token) for _ in range(CONCURRENCY)]
        with ThreadPoolExecutor(CONCURRENCY) as pool:
            list(_together(pool, callers, chat))  # the first burst starts the cold environments
            list(_together(pool, callers, health))
            for _ in range(rounds):
                at_once["chat"] += _together(pool, callers, chat)
                at_once["health"] += _together(pool, callers, health)
        for one in callers:
            one.__exit__(None, None, None)

    metrics = {
        **_spread("chat", [one for one, _ in alone]),
        **_spread("health", [other for _, other in alone]),
        **_spread(f"chat x{CONCURRENCY}", at_once["chat"]),
        **_spread(f"health x{CONCURRENCY}", at_once["health"]),
    }
    for suffix in ("", f" x{CONCURRENCY}"):
        metrics[f"ratio p50{suffix}"] = metrics[f"chat{suffix} p50 ms"] / metrics[f"health{suffix} p50 ms"]
        metrics[f"ratio p95{suffix}"] = metrics[f"chat{suffix} p95 ms"] / metrics[f"health{suffix} p95 ms"]
    everything = [answer for pair in alone for answer in pair] + at_once["chat"] + at_once["health"]
    metrics["answers"] = float(len(everything))
    metrics["answers other than 200"] = float(sum(answer.status != 200 for answer in everything))
    notes = (
        f"`health` is the bare function. By turns on one connection, then {CONCURRENCY} connections at once; warm.",
    )
    return Outcome("api", metrics, {"answers other than 200": ("<=", 0)}, notes)


def _stock(place: Place) -> None:
    """The shop's own documents; those that are there already are recognised, and nothing is done again."""
    dropped = drop(place.shop(MERCHANT, "merchant"), files(shop(MERCHANT).documents))
    if missing := [f"{one.name}: {one.status} {one.reason or ''}" for one in dropped if not one.good]:
        raise CannotMeasure(f"Not every document of {MERCHANT} is searchable: {'; '.join(missing)}")


def _together(pool: ThreadPoolExecutor, callers: list[Caller], call: Callable[[Caller], Answer]) -> Iterator[Answer]:
    return pool.map(call, callers)


def _spread(name: str, answers: list[Answer]) -> dict[str, float]:
    """Quantiles of the good answers alone: a refusal is quick, and would flatter."""
    good = [answer.seconds * 1000 for answer in answers if answer.status == 200]
    if not good:
        raise CannotMeasure(f"No {name} request succeeded; the last answer was {answers[-1].status}.")
    return {f"{name} p50 ms": quantile(good, 0.50), f"{name} p95 ms": quantile(good, 0.95)}
