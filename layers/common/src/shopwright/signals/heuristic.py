"""A ranking without a trained model: changes when what makes a product a likely choice is weighed otherwise.

It knows only what the catalog tells: whether a product can be had, how many there are, and how its price stands among
those beside it.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from statistics import median

from shopwright.signals.predict import Candidate, Prediction


@dataclass(frozen=True, slots=True)
class _Weights:
    model_id: str
    model_version: str
    training_date: date
    confidence: float
    plenty: int
    weights: dict[str, float]


def predict(candidates: Sequence[Candidate]) -> tuple[Prediction, ...]:
    """One prediction for each candidate, in their order."""
    typical = _typical_prices(candidates)
    return tuple(_one(candidate, typical) for candidate in candidates)


def _one(candidate: Candidate, typical: dict[str, float]) -> Prediction:
    by = _fitted()
    features = _features(candidate, typical)
    known = sum(by.weights[name] for name in features)
    parts = {name: by.weights[name] * value / known for name, value in features.items()}
    score = sum(parts.values())
    # With a score of 0 every feature that is known says no, each as loudly as it weighs.
    shares = {name: part / score if score else by.weights[name] / known for name, part in parts.items()}
    return Prediction(
        product_id=candidate.product_id,
        score=round(score, 4),
        confidence=round(by.confidence * known / sum(by.weights.values()), 4),
        feature_importance=tuple(
            sorted(((name, round(share, 4)) for name, share in shares.items()), key=lambda one: (-one[1], one[0]))
        ),
        model_id=by.model_id,
        model_version=by.model_version,
        training_date=by.training_date,
    )


def _features(candidate: Candidate, typical: dict[str, float]) -> dict[str, float]:
    """What is known, each from 0 (speaks against it) to 1."""
    features = {"availability": 0.0 if candidate.is_out else 1.0}
    if candidate.left is not None:
        features["stock"] = min(1.0, candidate.left / _fitted().plenty)
    price = candidate.price
    if price is not None:
        middle = typical[price.currency]
        features["price"] = 1.0 if price.minor <= 0 else middle / (middle + price.minor)
    return features


def _typical_prices(candidates: Sequence[Candidate]) -> dict[str, float]:
    """The middle price of those that are ranked together, by currency."""
    prices: dict[str, list[int]] = {}
    for candidate in candidates:
        if candidate.price is not None:
            prices.setdefault(candidate.price.currency, []).append(candidate.price.minor)
    return {currency: float(median(found)) for currency, found in prices.items()}


@cache
def _fitted() -> _Weights:
    return _Weights(**tomllib.loads(files("shopwright.signals").joinpath("heuristic.toml").read_text("utf-8")))
