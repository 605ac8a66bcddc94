"""Which words go on about what was said before: changes when we understand more ways of asking on."""

import re
from collections.abc import Sequence
from dataclasses import replace

from shopwright.orchestrator import seeking
from shopwright.orchestrator import variants as varying
from shopwright.orchestrator.comparison import compared
from shopwright.orchestrator.intent import By, Kind, Reader, Request, read
from shopwright.orchestrator.pointing import Pointing
from shopwright.orchestrator.session import Turn
from shopwright.orchestrator.summing import parts_in
from shopwright.orchestrator.wanted import Wanted, wanted, without_bounds
from shopwright.resilience.deadline import Deadline

_TURNS = 3  # of the conversation that a wish may go on from
_GOES_ON = re.compile(
    r"\b(?:an?|any|no|some) (?:[\w-]+ ){0,3}ones?\b|\b(?:any|some)thing (?:else|\w+er)\b|\bones\b", re.I
)
ONES = re.compile(
    r"\b(?:an?|any|some) ((?:[\w-]+ ){1,3}?)ones?\b|(?<!\bthe )(?<!\bthese )(?<!\bthose )\b()ones\b", re.I
)
OF_THEM = re.compile(
    r"\bthe (?:[\w-]+ ){1,3}ones?\b|\bwhich (?:one |of (?:them|these|those) )?(?:is|weighs|costs)\b", re.I
)
CHEAPER = re.compile(
    r"\b(?:a|any|anything|something|nothing|one|ones) (?:[\w-]+ ){0,2}?(?:cheaper|less expensive)\b|\bcheaper ones\b"
    r"|\b(?:cheaper|less expensive) than (?:it|this|that|these|those|them)\b",
    re.I,
)
IT = re.compile(r"\b(?:it|this one|that one)\b", re.I)
PRONOUN = re.compile(r"(?:it|this|that|this one|that one|the same one)", re.I)
_MORE = re.compile(
    r"^\W*(?:(?:and|ok|okay|please|can you|could you)\W+)*"
    r"(?:(?:show|tell|give|list|see|do you have|have you got|is there|are there)\b)?(?: me| us)?(?: any)?\W*(?:the )?"
    r"(?:(?:some )?more(?: of (?:them|those|these))?|others?|rest|next(?: ones?)?|(?:what|anything) else|which others?)"
    r"(?: do you have| are there| have you got| there are)?(?: please)?\W*$",
    re.I,
)
MANY = re.compile(r"\b(?:them|these|those|they|both|each|all)\b", re.I)


def hangs(message: str, turns: Sequence[Turn]) -> bool:
    """Whether the message means something else in another conversation: then nobody else may be told the same."""
    if not turns:
        return False
    wishes = wanted(message)
    points = any(one.how in (Pointing.PLACE, Pointing.PRONOUN) for one in wishes.references)
    points = points or bool(MANY.search(message)) or (varying.asks_stock(message) and bool(IT.search(message)))
    alone = len(message.split()) <= SHORT and not seeking.has_subject(subject_of(message))
    follows = alone and (wishes.fixes or seeking.by_word(message) is not None)
    goes_on = bool(_GOES_ON.search(message) or OF_THEM.search(message) or asks_more(message))
    goes_on = goes_on or any(PRONOUN.fullmatch(part) for part in compared(message))
    summed = any(not part.name for part in parts_in(message))
    return points or follows or summed or bool(goes_on)


SHORT = 7  # words


def asks_more(text: str) -> bool:
    """ "What else is there?": the rest of a list."""
    words = text.split()
    return len(words) <= SHORT and bool(_MORE.search(" ".join(words)))


def subject_of(text: str) -> str:
    return seeking.subject(text, Wanted())[0]


def picks_from(text: str) -> bool:
    """ "Which is the cheapest?" is asked of several."""
    one_of = seeking.by_word(without_bounds(text)) is not None and not CHEAPER.search(text)
    return one_of and not seeking.has_subject(subject_of(text))


def names_thing(text: str) -> bool:
    """Whether a thing is named that may be looked for."""
    return seeking.has_subject(subject_of(text))


def recent(turns: Sequence[Turn]) -> list[Turn]:
    """The last turns, in their order; one that only picks from a list, or asks for more of it, does not age it."""
    kept: list[Turn] = []
    left = _TURNS
    for turn in reversed(turns):
        if not left:
            break
        kept.append(turn)
        left -= not (picks_from(turn.question) or asks_more(turn.question))
    return kept[::-1]


def last_search(turns: Sequence[Turn], reader: Reader, deadline: Deadline) -> tuple[Request | None, str]:
    """The last search of the conversation, and the words for what it looked for."""
    before: Request | None = None
    about = ""
    for turn in recent(turns):
        intent = read(turn.question, reader=reader, deadline=deadline, before=before)
        for request in (one for one in intent.requests if not asks_more(one.text)):
            goes_on = before is not None and is_more(request)
            if goes_on and before is not None:
                before = replace(before, wanted=request.wanted.over(before.wanted))
            elif picks_from(request.text):
                continue  # "And the cheapest?" is of what was looked for
            elif request.kind in (Kind.PRODUCT_SEARCH, Kind.COMPARISON) and request.sure:
                before, about = request, request.text
            elif len(turn.products) > 1 and request.kind in TELLS and names_thing(request.text):
                before, about = (
                    replace(request, kind=Kind.PRODUCT_SEARCH, sure=True),
                    request.text,
                )  # as it was answered
    return before, about


def is_more(request: Request) -> bool:
    """ "Is there a blue one?" goes on about what was looked for."""
    return request.by is By.CONVERSATION or bool(_GOES_ON.search(request.text))


TELLS = frozenset({Kind.PRODUCT_QUESTION, Kind.PRODUCT_SEARCH, Kind.OUT_OF_SCOPE, Kind.COMPARISON})
