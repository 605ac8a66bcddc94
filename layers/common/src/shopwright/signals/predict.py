"""What a prediction tells, and what it is made from: changes when a predictor needs to know, or to explain, more."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from shopwright.money import Money


@dataclass(frozen=True, slots=True)
class Candidate:
    """A product among those that are ranked together. `left` is None when nobody counts it."""

    product_id: str
    price: Money | None
    is_out: bool
    left: int | None


@dataclass(frozen=True, slots=True)
class Prediction:
    """How likely a product is to be what the shopper takes, by which model, how sure, and because of what.

    `feature_importance` has the share that each feature has in the score, the largest first; the shares add up to 1.
    """

    product_id: str
    score: float  # 0 to 1
    confidence: float  # 0 to 1
    feature_importance: tuple[tuple[str, float], ...]
    model_id: str
    model_version: str
    training_date: date


Predict = Callable[[Sequence[Candidate]], tuple[Prediction, ...]]
