"""A second opinion on what our own checker lets pass: changes when what another checker may say does.

The lower of two verdicts wins: the other checker may only take away, and it is not asked about what has fallen already.
When it cannot be asked our own verdict stands alone, and whoever asked is told why.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from shopwright.errors import Unavailable
from shopwright.grounding.judge import Judgement
from shopwright.resilience.breaker import CircuitOpen

CONTEXTUAL = "contextual"  # a flag: the other checker did not let it pass
_TEXT_UNIT = 1000  # characters


class GuardrailUnavailable(Unavailable):
    """The other checker did not answer, or refused the call: our own verdict stands alone."""

    def __init__(self) -> None:
        super().__init__("A further check cannot be made at the moment.")


class GuardrailRefused(GuardrailUnavailable):
    """It does not take this text."""


class GuardrailUnfit(Unavailable):
    """The other checker is set up wrongly, and so has checked nothing."""


class GuardrailLeftAlone(GuardrailUnavailable, CircuitOpen):
    """It has failed again and again, and is not asked for a while."""


EXCUSED = (GuardrailRefused,)  # one answer's words


@dataclass(frozen=True, slots=True)
class Contextual:
    """The lowest score of each kind (None: not asked), whether everything may pass, and how many text units that was
    metered at."""

    grounding: float | None
    relevance: float | None
    passes: bool
    units: int = 0


Ask = Callable[[str, Sequence[str], str], Contextual]
"""Question, sources, answer."""


def units(question: str, sources: Sequence[str], answer: str) -> int:
    """How many text units such a check comes to, at least as many as will be metered."""
    texts = (question, "\n\n".join(sources), answer)
    return sum(math.ceil(len(text) / _TEXT_UNIT) for text in texts)


def lower(judgement: Judgement, told: Contextual) -> Judgement:
    """Our verdict and another's in one: every claim as likely as the less sure of both holds it."""
    if not judgement.passes:
        return judgement
    score = 1.0 if told.grounding is None else told.grounding
    if told.grounding is None and not told.passes:
        score = 0.0
    return Judgement(
        tuple(
            replace(
                one,
                probability=min(one.probability, score),
                stands=one.stands and told.passes,
                flags=one.flags if told.passes else (*one.flags, CONTEXTUAL),
            )
            for one in judgement.claims
        )
    )
