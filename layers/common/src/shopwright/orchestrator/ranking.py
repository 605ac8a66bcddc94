"""In which order products are shown: changes when relevance and prediction are weighed otherwise."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from shopwright.signals.predict import Prediction


@dataclass(frozen=True, slots=True)
class Ranked:
    """A product in its place. `prediction` is None when there was none: then relevance alone decides."""

    product_id: str
    relevance: float  # 0 to 1: how well it is what was asked for
    score: float
    prediction: Prediction | None


def rank(relevance: Mapping[str, float], predictions: Sequence[Prediction]) -> tuple[Ranked, ...]:
    """The best first. A prediction counts as much as its confidence; equals keep the order in which they came."""
    by_product = {one.product_id: one for one in predictions}
    ranked = [
        Ranked(product_id, relevant, _score(relevant, by_product.get(product_id)), by_product.get(product_id))
        for product_id, relevant in relevance.items()
    ]
    return tuple(sorted(ranked, key=lambda one: -one.score))


def _score(relevance: float, prediction: Prediction | None) -> float:
    if prediction is None:
        return round(relevance, 6)
    by = _weights()
    weight = by["prediction"] * prediction.confidence
    return round((by["relevance"] * relevance + weight * prediction.score) / (by["relevance"] + weight), 6)


@cache
def _weights() -> dict[str, float]:
    return tomllib.loads(files("shopwright.orchestrator").joinpath("ranking.toml").read_text("utf-8"))
