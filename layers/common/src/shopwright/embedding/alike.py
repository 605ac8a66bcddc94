"""How much like a question texts are by their meaning: changes when likeness is measured otherwise."""

import operator
from collections.abc import Callable, Iterable, Sequence


def alike(
    question: Callable[[str], Sequence[float]], passages: Callable[[Iterable[str]], Sequence[Sequence[float]]]
) -> Callable[[str, Sequence[str]], list[float]]:
    """By the unit vectors of one model: the cosine of the question and each text."""

    def likeness(asked: str, texts: Sequence[str]) -> list[float]:
        vector = question(asked)
        return [sum(map(operator.mul, vector, one)) for one in passages(texts)]

    return likeness
