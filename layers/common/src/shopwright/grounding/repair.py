"""What of a model's answer may still be said when not all of it stands: changes when we cut in another way.

Sentences that do not stand go, whole: a number is never put right, since nobody knows what the model meant. So does
what leans on them ("It", "Under that") and the opening of a list of which nothing is left. Once; if what is left does
not pass either, there is no answer here, and the caller goes on to the merchant's own sentences.
"""

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass

from shopwright.grounding.claims import unmarked
from shopwright.grounding.judge import Judgement
from shopwright.llm import fits

_MARKER = re.compile(r"^\s*(?:[-*•–]|[0-9]{1,2}[.)]|#{1,6})?\s*$")
_ITEM = re.compile(r"^\s*(?:[-*•–]|[0-9]{1,2}[.)])\s")


@dataclass(frozen=True, slots=True)
class Repaired:
    """Prose that passes, the verdict on it, and whether something was cut."""

    prose: str
    judgement: Judgement
    cut: bool


def repair(prose: str, judge: Callable[[str], Judgement]) -> Repaired | None:
    """The prose as it is if it passes, without what does not stand if that passes, else None."""
    first = judge(prose)
    if first.passes:
        return Repaired(prose, first, cut=False)
    left = cut(prose, first)
    if not left:
        return None
    second = judge(left)
    return Repaired(left, second, cut=True) if second.passes else None


def cut(prose: str, judgement: Judgement) -> str:
    """The prose without the sentences that hold a claim that does not stand."""
    spans = sorted({one.claim.sentence for one in judgement.claims})
    falls = {one.claim.sentence for one in judgement.claims if not one.stands}
    for before, span in itertools.pairwise(spans):
        if before in falls and fits.leans(unmarked(prose[slice(*span)])):
            falls.add(span)
    if not set(spans) - falls:
        return ""
    for start, end in sorted(falls, reverse=True):
        prose = f"{prose[:start].rstrip(' ')} {prose[end:].lstrip(' ')}" if prose[:start].strip() else prose[end:]
    lines = [" ".join(line.split()) if not _ITEM.match(line) else line.rstrip() for line in prose.splitlines()]
    return _without_empty_lists([line for line in lines if not line or not _MARKER.match(line)])


def _without_empty_lists(lines: list[str]) -> str:
    kept: list[str] = []
    for at, line in enumerate(lines):
        follows = next((other for other in lines[at + 1 :] if other.strip()), "")
        if line.endswith(":") and not _ITEM.match(follows):
            continue
        kept.append(line)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()
