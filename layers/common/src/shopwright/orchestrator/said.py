"""What is said to anyone who asks the same: changes when an answer gains a part that does not depend on who asked."""

from dataclasses import dataclass

from shopwright.catalog.facts import Told
from shopwright.grounding.cite import Citation


@dataclass(frozen=True, slots=True)
class Said:
    """An answer without its asker: no conversation, no clocks."""

    text: str
    verdict: str
    citations: tuple[Citation, ...]
    confidence: float
    cut_down: bool = False
    facts: tuple[Told, ...] = ()
