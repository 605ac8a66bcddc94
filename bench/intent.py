"""How well a shopper's message is understood: the shop's own messages, and the same classifier on judged sets.

With DATA, a folder that holds `intent_banking77/dev.jsonl.gz` and `intent_clinc150/dev.jsonl.gz`: the classifier is
fitted on a part of each and held against the rest, beside the nearest middle of each intent's examples. Where it holds
`shopping_requests_webshop/dev.jsonl.gz` too, these are read as shipped: each of them is a search, in others' words.
Always: the messages of `intent.toml`, written by hand and never fitted on, read with rules and classifier as shipped.
"""

import gzip
import json
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shopwright_models
from numpy.typing import NDArray
from shopwright.embedding.onnx import OnnxEmbedder
from shopwright.orchestrator.classifier import Classifier, Judged, shipped
from shopwright.orchestrator.intent import By, Intent, Kind, Reader, Request, by_rule, clauses, read
from shopwright.resilience.deadline import Deadline

from bench import measures
from bench.outcome import CannotMeasure, Options, Outcome, quantile
from bench.vectors import KeptVectors
from local import places
from predictors.intent.fitting import CannotFit, fit

SETS = ("intent_banking77", "intent_clinc150")
BARS = {"banking77 accuracy": 0.88, "clinc150 accuracy": 0.92, "clinc150 out-of-scope AUC": 0.95}
FOLDS = 5
REQUESTS = "shopping_requests_webshop"
OUT = "oos"  # clinc150's word for what is none of its intents
TIMED = 200

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Row:
    """A text of a judged set, its intent, and which part of the set it belongs to."""

    text: str
    intent: str
    split: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """A message to the shop, and the kinds of what it asks for, in their order."""

    message: str
    kinds: tuple[str, ...]


def measure(options: Options) -> Outcome:
    """The shop's own messages; with DATA, the judged sets too."""
    embedder = OnnxEmbedder(shopwright_models.directory())
    kept = KeptVectors(places.BUILD / "bench", embedder.model.sha256)
    try:

        def embed(texts: Sequence[str]) -> Vectors:
            return kept.of(texts, embedder.question, kind="question")

        metrics = _shop(embed)
        notes = [
            "Shop: written by hand by whoever wrote the examples, but apart from them; never fitted on. What was "
            "corrected after a look at its figures is in decision 32."
        ]
        if options.data is not None:
            metrics |= _judged(options, embed, embedder.model.sha256)
            metrics |= _requests(options.data, embed)
            notes.append(
                "banking77: five parts, each in turn left out. clinc150: fitted on `train`, held against `val`."
            )
        metrics |= _clocks(embedder)
    except CannotFit as reason:
        raise CannotMeasure(str(reason)) from reason
    finally:
        kept.close()
    limits = {metric: (">=", bar) for metric, bar in BARS.items() if metric in metrics}
    return Outcome("intent", metrics, limits, tuple(notes))


def spoken() -> list[Spoken]:
    """The messages of `intent.toml`."""
    said = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
    single = [Spoken(message, (kind,)) for kind, messages in said.items() if kind != "several" for message in messages]
    return single + [Spoken(one["message"], tuple(one["kinds"])) for one in said["several"]]


def _shop(embed: Callable[[Sequence[str]], Vectors]) -> dict[str, float]:
    given = spoken()
    intents = _read([one.message for one in given], embed)
    singles = [(one, intent) for one, intent in zip(given, intents, strict=True) if len(one.kinds) == 1]
    requests = [(one, intent.requests[0]) for one, intent in singles if len(intent.requests) == 1]
    several = [(one, intent) for one, intent in zip(given, intents, strict=True) if len(one.kinds) > 1]
    metrics = {
        "shop messages": float(len(given)),
        "shop accuracy, one wish": _share(_right(one, intent) for one, intent in singles),
        "shop accuracy, several wishes": _share(_right(one, intent) for one, intent in several),
        "shop accuracy, nearest middle alone": _share(
            _nearest(vector) == one.kinds[0]
            for (one, _), vector in zip(singles, embed([one.message for one, _ in singles]), strict=True)
        ),
        "shop sure": _share(request.sure for _, request in requests),
        "shop accuracy where sure": _share(_fits(one, request) for one, request in requests if request.sure),
        "shop decided by rules": _share(request.by is By.RULE for _, request in requests),
        "shop accuracy of rules": _share(_fits(one, request) for one, request in requests if request.by is By.RULE),
    }
    for kind in sorted({one.kinds[0] for one, _ in singles}):
        metrics[f"shop accuracy, {kind}"] = _share(_right(one, i) for one, i in singles if one.kinds[0] == kind)
    for one, intent in zip(given, intents, strict=True):
        if not _right(one, intent):
            print(f"  {one.message!r}: {', '.join(one.kinds)}; read as {', '.join(intent.kinds)}", flush=True)
    return metrics


def _read(messages: Sequence[str], embed: Callable[[Sequence[str]], Vectors]) -> list[Intent]:
    """Each message as shipped, with vectors that are kept."""
    parts = sorted({clause for message in messages for clause in clauses(message)})
    vectors = dict(zip(parts, embed(parts), strict=True))
    reader = Reader(embed=lambda text: [float(value) for value in vectors[text]], classifier=shipped())
    deadline = Deadline(600_000)
    return [read(message, reader=reader, deadline=deadline) for message in messages]


def _requests(folder: Path, embed: Callable[[Sequence[str]], Vectors]) -> dict[str, float]:
    """Spoken-style requests for a product: how many are read as a search and nothing else, and how many surely."""
    file = folder / REQUESTS / "dev.jsonl.gz"
    if not file.is_file():
        return {}
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        intents = _read([json.loads(line)["request"] for line in lines], embed)
    return {
        "webshop requests": float(len(intents)),
        "webshop requests read as a search alone": _share(set(one.kinds) == {Kind.PRODUCT_SEARCH} for one in intents),
        "webshop requests read as a search among others": _share(Kind.PRODUCT_SEARCH in one.kinds for one in intents),
        "webshop requests read surely": _share(one.sure for one in intents),
        "webshop requests surely refused": _share(
            one.sure and set(one.kinds) == {Kind.OUT_OF_SCOPE} for one in intents
        ),
    }


def _right(one: Spoken, intent: Intent) -> bool:
    return tuple(intent.kinds) == one.kinds


def _fits(one: Spoken, request: Request) -> bool:
    return request.kind == one.kinds[0]


def _share(said: Iterator[bool] | Sequence[bool]) -> float:
    return float(np.mean(list(said)))


def _nearest(vector: Vectors) -> str:
    middles = np.array(shipped().middles)
    return shipped().labels[int((middles @ vector).argmax())].partition(".")[0]


def rows(folder: Path, name: str) -> list[Row]:
    """One judged set."""
    file = folder / name / "dev.jsonl.gz"
    if not file.is_file():
        raise CannotMeasure(f"{folder} has no {name}/dev.jsonl.gz: name the folder that holds it, or leave DATA out.")
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return [Row(row["text"], row["intent"], row["split"]) for row in map(json.loads, lines)]


def _judged(options: Options, embed: Callable[[Sequence[str]], Vectors], model: str) -> dict[str, float]:
    assert options.data is not None
    metrics: dict[str, float] = {}
    for name in SETS:
        given = rows(options.data, name)
        if options.limit is not None:
            given = _thinned(given, options.limit)
        vectors = embed([row.text for row in given])
        metrics |= (_banking if name == "intent_banking77" else _clinc)(given, vectors, model)
    return metrics


def _thinned(given: Sequence[Row], limit: int) -> list[Row]:
    """Every so manieth row, so that most intents keep some."""
    step = max(1, len(given) // limit)
    return list(given[::step])


def _banking(given: Sequence[Row], vectors: Vectors, model: str) -> dict[str, float]:
    """Each fifth under what the other four gave; every intent is spread over all five."""
    intents = np.array([row.intent for row in given])
    part = np.zeros(len(given), dtype=np.int64)
    for number, intent in enumerate(sorted(set(intents))):
        there = np.flatnonzero(intents == intent)
        part[there] = measures.folds(len(there), FOLDS, seed=number)
    right, nearest = np.zeros(len(given), dtype=bool), np.zeros(len(given), dtype=bool)
    for fold in range(FOLDS):
        seen, left = np.flatnonzero(part != fold), np.flatnonzero(part == fold)
        classifier = fit(vectors[seen], list(intents[seen]), model)
        right[left] = [
            one.label == intents[at] for one, at in zip(_judge(classifier, vectors[left]), left, strict=True)
        ]
        nearest[left] = np.array(classifier.labels)[_by_middle(classifier, vectors[left])] == intents[left]
    return {
        "banking77 texts": float(len(given)),
        "banking77 accuracy": float(right.mean()),
        "banking77 accuracy, nearest middle": float(nearest.mean()),
    }


def _clinc(given: Sequence[Row], vectors: Vectors, model: str) -> dict[str, float]:
    """Fitted on `train`; `val` says which intent, and `val` beside `oos_val` whether it is one at all."""
    intents, splits = np.array([row.intent for row in given]), np.array([row.split for row in given])
    seen = np.flatnonzero(splits == "train")
    asked = np.flatnonzero((splits == "val") | (splits == "oos_val"))
    classifier = fit(vectors[seen], list(intents[seen]), model)
    judged = _judge(classifier, vectors[asked])
    known = intents[asked] != OUT
    right = np.array([one.label == intents[at] for one, at in zip(judged, asked, strict=True)])
    nearest = np.array(classifier.labels)[_by_middle(classifier, vectors[asked])] == intents[asked]
    return {
        "clinc150 texts": float(len(asked)),
        "clinc150 accuracy": float(right[known].mean()),
        "clinc150 accuracy, nearest middle": float(nearest[known].mean()),
        "clinc150 out-of-scope AUC": measures.area(np.array([one.nearness for one in judged]), known),
        "clinc150 out-of-scope AUC, by probability": measures.area(
            np.array([one.probability for one in judged]), known
        ),
    }


def _judge(classifier: Classifier, vectors: Vectors) -> list[Judged]:
    return [classifier.judge([float(value) for value in vector]) for vector in vectors]


def _by_middle(classifier: Classifier, vectors: Vectors) -> NDArray[np.int64]:
    return np.asarray((vectors @ np.array(classifier.middles).T).argmax(axis=1), dtype=np.int64)


def _clocks(embedder: OnnxEmbedder) -> dict[str, float]:
    """What reading one message takes: by a rule, by the classifier, and the embedding that the classifier needs."""
    messages = [one.message for one in spoken() if len(one.kinds) == 1]
    ruled = [message for message in messages if by_rule(message)]
    other = [message for message in messages if not by_rule(message)]
    vector = embedder.question(other[0])
    deadline = Deadline(600_000)
    given = Reader(embed=lambda _: vector, classifier=shipped())
    whole = Reader(embed=embedder.question, classifier=shipped())
    for message in messages[:20]:
        read(message, reader=whole, deadline=deadline)

    def median_ms(texts: Sequence[str], reader: Reader) -> float:
        taken = []
        for at in range(TIMED):
            began = time.perf_counter()
            read(texts[at % len(texts)], reader=reader, deadline=deadline)
            taken.append((time.perf_counter() - began) * 1000)
        return quantile(taken, 0.5)

    return {
        "ms p50, by rule": median_ms(ruled, given),
        "ms p50, by classifier without embedding": median_ms(other, given),
        "ms p50, by classifier with embedding": median_ms(other, whole),
    }
