"""What was said before, told from the conversation itself: changes when shoppers look back at it in other words.

No document knows what a shopper has asked. Their own words are kept masked, and are given back as they are kept.
"""

import re
from collections.abc import Callable, Sequence
from enum import Enum, auto

from shopwright.grounding.wording import wording
from shopwright.orchestrator.intent import Kind, by_rule
from shopwright.orchestrator.session import Turn

_LONGEST = 14  # words: what is longer is about something
_LEAD = (
    r"^\W*(?:(?:hi|hello|hey|ok(?:ay)?|sorry|please|and|so|wait|hmm)\W+)*"
    r"(?:(?:can|could|would|will|do) you (?:please )?(?:tell me |remind me (?:of )?|remember |say |know |repeat )?)?"
    r"(?:remind me (?:of )?|tell me |repeat |i forgot |i don['’]?t remember )?"
)
_TAIL = (
    r"(?:\W+(?:you|me|again|before|earlier|just|now|last|first|previously|so far|a moment ago|until now|please|was|this"
    r"|that|in this (?:chat|conversation)|the last time|last time|today|at first|in the beginning))*\W*$"
)
_ASKED = re.compile(
    _LEAD + r"(?:(?:what|which questions?) (?:did|have|had|was|were) i (?:just |last |already |first |previously )?"
    r"(?:ask(?:ed|ing)?|sa(?:y|id|ying)|writ(?:e|ten)|wrote)|what i (?:just |last |first )?(?:asked|said|wrote)"
    r"|(?:what (?:was|is|were|are) )?my (?:very )?(?:last|previous|first|earlier|latest|prior|old)?(?: (?:last|few))? ?"
    r"(?:questions?|messages?))" + _TAIL,
    re.I,
)
_SAID = re.compile(
    _LEAD + r"(?:what (?:did|have|had) you (?:just |last )?(?:say|said|answer(?:ed)?|tell|told)"
    r"|(?:what (?:was|is) )?(?:your|the) (?:last|previous|latest|earlier|prior) (?:answer|reply|response|message)"
    r"|(?:repeat|say) (?:that|it|this|yourself|your (?:last |previous )?(?:answer|reply))|(?:that|it) again"
    r"|pardon(?: me)?|come again)" + _TAIL,
    re.I,
)
_ALL = re.compile(r"\b(?:questions|messages|so far|have i|until now)\b", re.I)
_HELLO = (Kind.SMALL_TALK, "hello")
_FIRST = re.compile(r"\b(?:first|beginning)\b", re.I)


class Back(Enum):
    """What is looked back at."""

    ASKED = auto()
    SAID = auto()


def looks_back(message: str) -> Back | None:
    """Whether a message asks for what was said before; None: it does not."""
    if len(message.split()) > _LONGEST:
        return None
    if _ASKED.match(message):
        return Back.ASKED
    return Back.SAID if _SAID.match(message) else None


def told(
    message: str,
    before: Sequence[Turn],
    *,
    whole: bool,
    readable: bool,
    begun: Callable[[], Sequence[Turn]] = tuple,
) -> str | None:
    """What the conversation says of it. `whole`: it did not begin before these turns; not `readable`: nobody knows.
    `begun` gives the turns that it began with, where those are others."""
    back = looks_back(message)
    if back is None:
        return None
    if not readable:
        return wording().talk["not_now"]
    turns = _asking(before)
    if back is Back.ASKED and _FIRST.search(message):
        opening = turns if whole else _asking(begun())
        asking = [turn for turn in opening if by_rule(turn.question) != _HELLO] or opening
        if asking:
            return wording().talk["asked_first"].format(question=asking[0].question)
    if not turns:
        return wording().talk["nothing_before"]
    if back is Back.SAID:
        return wording().talk["said_before"].format(answer=_plain(turns[-1].answer))
    if _ALL.search(message) or _FIRST.search(message):
        questions = " ".join(f"“{turn.question}”" for turn in turns)
        return wording().talk["asked_so_far" if whole else "asked_lately"].format(questions=questions)
    return wording().talk["asked_before"].format(question=turns[-1].question)


def _asking(turns: Sequence[Turn]) -> list[Turn]:
    return [turn for turn in turns if looks_back(turn.question) is None]


def _plain(answer: str) -> str:
    """An answer without the numbers of citations that are not given again."""
    return re.sub(r"\s*\[[0-9]+\]", "", answer).strip()
