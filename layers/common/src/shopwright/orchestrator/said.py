"""What is said to anyone who asks the same: changes when an answer gains a part that does not depend on who asked."""

from dataclasses import dataclass

from shopwright.catalog.facts import Told
from shopwright.grounding.cite import Citation


@dataclass(frozen=True, slots=True)
class Said:
    """An answer without its asker: no conversation, no clocks.

    `mode` is how it was made, `score` the share of its claims that stood when it was checked, and `flags` what was
    wrong with those that did not. `lasting`: whoever asks the same later may have it too; not what was made with less
    than there is as a rule, nor what hangs on what was said before.
    """

    text: str
    verdict: str
    citations: tuple[Citation, ...]
    confidence: float
    cut_down: bool = False
    facts: tuple[Told, ...] = ()
    mode: str = "extractive"
    score: float = 1.0
    flags: tuple[str, ...] = ()
    lasting: bool = True
