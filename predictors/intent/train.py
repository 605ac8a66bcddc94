"""`python -m predictors.intent.train`: fits the classifier of shoppers' messages; changes when how it is taught does.

It runs in the product's environment, for the embedding model, and has the fit itself done in one of its own
(`python3 local/setup.py intent-training`). Nothing that it is measured on (`bench/intent.toml`) is ever read.
"""

import hashlib
import json
import sys
import tomllib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shopwright_models
from numpy.typing import NDArray
from shopwright.embedding.onnx import OnnxEmbedder
from shopwright.orchestrator.intent import by_rule

from predictors.intent.fitting import fit

HERE = Path(__file__).parent
TARGET = HERE.parents[1] / "layers" / "common" / "src" / "shopwright" / "orchestrator" / "intent.weights.json"
FOLDS = 5
ROUNDS = 2
SEED = 20261125
ALIEN = "out_of_scope"
THRESHOLDS = (0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7)


@dataclass(frozen=True)
class Example:
    """What somebody might write, and what it asks for."""

    text: str
    kind: str
    topic: str

    @property
    def label(self) -> str:
        return f"{self.kind}.{self.topic}"


@dataclass(frozen=True)
class Guess:
    """What a classifier that did not see the example said of it."""

    example: Example
    kind: str
    probability: float
    nearness: float

    @property
    def right(self) -> bool:
        return self.kind == self.example.kind


def examples(text: str) -> list[Example]:
    said = tomllib.loads(text)
    return [
        Example(one, kind, topic) for kind, topics in said.items() for topic, ones in topics.items() for one in ones
    ]


def parts(given: Sequence[Example], seed: int) -> NDArray[np.int64]:
    """To which part each belongs: each topic is spread over all of them."""
    chance = np.random.default_rng(seed)
    found = np.zeros(len(given), dtype=np.int64)
    topics = defaultdict(list)
    for at, one in enumerate(given):
        topics[one.label].append(at)
    for places in topics.values():
        found[chance.permutation(places)] = (np.arange(len(places)) + chance.integers(FOLDS)) % FOLDS
    return found


def left_out_in_turn(given: Sequence[Example], vectors: NDArray[np.float32], model: str) -> list[Guess]:
    guesses = []
    for round_ in range(ROUNDS):
        part = parts(given, SEED + round_)
        for fold in range(FOLDS):
            seen = np.flatnonzero(part != fold)
            classifier = fit(vectors[seen], [given[at].label for at in seen], model)
            kinds = {label: label.partition(".")[0] for label in classifier.labels}
            for at in np.flatnonzero(part == fold):
                judged = classifier.judge([float(value) for value in vectors[at]])
                kind, probability = judged.by(kinds)[0]
                guesses.append(Guess(given[at], kind, probability, judged.nearness))
    return guesses


def figures(given: Sequence[Example], guesses: Sequence[Guess]) -> dict[str, object]:
    ruled = [(one, by_rule(one.text)) for one in given]
    decided = [(one, said[0]) for one, said in ruled if said is not None]
    silent = {one.text for one, said in ruled if said is None}
    left = [guess for guess in guesses if guess.example.text in silent]
    said = [guess for guess in guesses if guess.kind == ALIEN]
    alien = [guess for guess in guesses if guess.example.kind == ALIEN]
    return {
        "examples": len(given),
        "topics": len({one.label for one in given}),
        "rules decide": round(len(decided) / len(given), 3),
        "rules right": round(sum(one.kind == said for one, said in decided) / len(decided), 3),
        "classifier right, left out in turn": round(_right(guesses), 3),
        "classifier right, where no rule decides": round(_right(left), 3),
        "out of scope, by threshold": {
            str(bound): {
                "found": round(sum(guess.probability >= bound for guess in said if guess.right) / len(alien), 3),
                "said wrongly": round(
                    sum(guess.probability >= bound for guess in said if not guess.right) / (len(guesses) - len(alien)),
                    4,
                ),
            }
            for bound in (0.5, 0.7, 0.8, 0.9)
        },
        "nearness, 2nd percentile": round(float(np.quantile([guess.nearness for guess in guesses], 0.02)), 3),
        "by threshold, where no rule decides": {
            str(bound): {"decided": round(len(above) / len(left), 3), "right": round(_right(above), 3)}
            for bound in THRESHOLDS
            for above in [[guess for guess in left if guess.probability >= bound]]
        },
    }


def _right(guesses: Sequence[Guess]) -> float:
    return sum(guess.right for guess in guesses) / len(guesses)


def main() -> None:
    text = (HERE / "examples.toml").read_text("utf-8")
    given = examples(text)
    embedder = OnnxEmbedder(shopwright_models.directory())
    vectors = np.array([embedder.question(one.text) for one in given], dtype=np.float32)
    found = figures(given, left_out_in_turn(given, vectors, embedder.model.sha256))
    (HERE / "figures.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=1))
    for one in given:
        said = by_rule(one.text)
        if said is not None and said[0] != one.kind:
            print(f"a rule takes {one.text!r} for {said[0]}, not {one.kind}", file=sys.stderr)
    classifier = fit(vectors, [one.label for one in given], embedder.model.sha256)
    kept = classifier.as_text(examples=hashlib.sha256(text.encode()).hexdigest())
    TARGET.write_text(kept + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
