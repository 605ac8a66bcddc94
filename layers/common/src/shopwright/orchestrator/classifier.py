"""Which of the known wishes a vector is nearest to, and how near: changes when another kind of classifier is fitted.

A logistic regression says which; how near the vector comes to the middle of any wish's examples says whether it is
one of them at all, which the regression, sure of itself far from everything it has seen, does not. Both are fitted
offline (`predictors/intent`); here they are only multiplied, in plain Python: some tenths of a millisecond.
"""

import base64
import json
import math
import sys
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from operator import mul
from typing import Any

from shopwright.errors import ShopwrightError

_STEPS = 32767


class ClassifierUnusable(ShopwrightError):
    """What was fitted does not fit together: make it anew with `python -m predictors.intent.train`."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The probability of each label, likeliest first, and the cosine with the nearest middle."""

    labels: tuple[tuple[str, float], ...]
    nearness: float

    def __post_init__(self) -> None:
        if not self.labels:
            raise ClassifierUnusable("A classifier needs labels.")

    @property
    def label(self) -> str:
        return self.labels[0][0]

    @property
    def probability(self) -> float:
        return self.labels[0][1]

    def by(self, group: Mapping[str, str]) -> tuple[tuple[str, float], ...]:
        """The probabilities of groups of labels, likeliest first."""
        sums: dict[str, float] = {}
        for label, probability in self.labels:
            sums[group[label]] = sums.get(group[label], 0.0) + probability
        return tuple(sorted(sums.items(), key=lambda one: -one[1]))


@dataclass(frozen=True, slots=True)
class Classifier:
    """One row of weights, a bias and a middle (of unit length) for each label, for the vectors of one model."""

    model: str  # the hash of the embedding model's weights: vectors of another one mean something else
    labels: tuple[str, ...]
    weights: tuple[tuple[float, ...], ...]
    biases: tuple[float, ...]
    middles: tuple[tuple[float, ...], ...]

    def __post_init__(self) -> None:
        widths = {len(row) for row in (*self.weights, *self.middles)}
        if not len(self.labels) == len(self.weights) == len(self.biases) == len(self.middles) or len(widths) != 1:
            raise ClassifierUnusable("Each label needs a row of weights, a bias and a middle of one width.")

    def judge(self, vector: Sequence[float]) -> Judged:
        """What the vector is taken for. It has unit length."""
        if len(vector) != len(self.weights[0]):
            raise ClassifierUnusable(f"A vector has {len(self.weights[0])} dimensions here, not {len(vector)}.")
        scores = [_dot(row, vector) + bias for row, bias in zip(self.weights, self.biases, strict=True)]
        most = max(scores)
        shares = [math.exp(score - most) for score in scores]
        total = sum(shares)
        ranked = sorted(zip(self.labels, shares, strict=True), key=lambda one: -one[1])
        return Judged(
            tuple((label, share / total) for label, share in ranked),
            max(_dot(row, vector) for row in self.middles),
        )

    def as_text(self, **beside: str) -> str:
        """As a file keeps it: each figure in 16 bits, which changes no probability in its third decimal."""
        return json.dumps(
            {
                "model": self.model,
                **beside,
                "labels": self.labels,
                "biases": [round(bias, 5) for bias in self.biases],
                "weights": _packed(self.weights),
                "middles": _packed(self.middles),
            },
            indent=1,
        )


def read(text: str) -> Classifier:
    """The classifier that a file keeps."""
    try:
        said: dict[str, Any] = json.loads(text)
        labels = tuple(said["labels"])
        return Classifier(
            model=said["model"],
            labels=labels,
            weights=_unpacked(said["weights"], len(labels)),
            biases=tuple(said["biases"]),
            middles=_unpacked(said["middles"], len(labels)),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ClassifierUnusable(
            "This is no classifier: make it anew with `python -m predictors.intent.train`."
        ) from error


@cache
def shipped() -> Classifier:
    """The one for shoppers' messages. Reading it takes about ten milliseconds, once."""
    return read(files("shopwright.orchestrator").joinpath("intent.weights.json").read_text("utf-8"))


def _dot(row: Sequence[float], vector: Sequence[float]) -> float:
    return float(sum(map(mul, row, vector)))


def _packed(rows: Sequence[Sequence[float]]) -> dict[str, object]:
    scale = max(abs(value) for row in rows for value in row) / _STEPS or 1.0
    figures = array("h", (round(value / scale) for row in rows for value in row))
    if sys.byteorder == "big":
        figures.byteswap()
    return {"scale": scale, "figures": base64.b64encode(figures.tobytes()).decode("ascii")}


def _unpacked(said: Mapping[str, Any], rows: int) -> tuple[tuple[float, ...], ...]:
    figures = array("h")
    figures.frombytes(base64.b64decode(said["figures"], validate=True))
    if sys.byteorder == "big":
        figures.byteswap()
    width, left = divmod(len(figures), rows)
    if left:
        raise ValueError("the rows are not of one width")
    scale = float(said["scale"])
    return tuple(tuple(value * scale for value in figures[at * width : (at + 1) * width]) for at in range(rows))
