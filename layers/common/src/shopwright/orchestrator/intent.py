"""What a shopper's message asks for: changes when there is another kind of wish, or another way to tell them apart.

Rules (`intent.toml`) come first: they cost microseconds and say why. What no rule decides is embedded and held against
examples; what is near none of them, or between two, is unsure, and somebody else may plan it. A message is data: it
chooses among these kinds and fills their slots, and nothing in it says whose shop, cart or order is meant.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from shopwright.orchestrator.classifier import Classifier
from shopwright.orchestrator.wanted import Wanted, plain_text, wanted
from shopwright.resilience.deadline import Deadline


class Kind(StrEnum):
    """What a shopper may want of us."""

    PRODUCT_SEARCH = "product_search"
    PRODUCT_QUESTION = "product_question"
    POLICY_QUESTION = "policy_question"
    COMPARISON = "comparison"
    ORDER_STATUS = "order_status"
    CART_CHANGE = "cart_change"
    CHECKOUT = "checkout"
    SMALL_TALK = "small_talk"
    OUT_OF_SCOPE = "out_of_scope"
    HAND_OVER = "hand_over"


class By(StrEnum):
    """What told the kind."""

    RULE = "rule"
    EXAMPLES = "examples"
    CONVERSATION = "conversation"  # it goes on about what was asked before
    NOTHING = "nothing"  # no rule, and no classifier for this model's vectors


@dataclass(frozen=True, slots=True)
class Request:
    """One wish of a message. Not `sure`: the kind is the best guess and no more."""

    kind: Kind
    topic: str
    confidence: float
    sure: bool
    by: By
    text: str
    wanted: Wanted

    def __repr__(self) -> str:
        return f"Request({self.kind}, {self.topic}, {self.confidence:.2f}, {self.by})"  # the text is a person's


@dataclass(frozen=True, slots=True)
class Intent:
    """The wishes of a message, in their order; none when it holds no words. `left_out`: more than are read."""

    requests: tuple[Request, ...]
    left_out: int = 0

    @property
    def sure(self) -> bool:
        return bool(self.requests) and all(request.sure for request in self.requests)

    @property
    def kinds(self) -> tuple[Kind, ...]:
        return tuple(request.kind for request in self.requests)


@dataclass(frozen=True, slots=True)
class Reader:
    """What reading a message needs within reach. Without a classifier (the merchant's vectors are of another model
    than it was fitted to) only the rules decide."""

    embed: Callable[[str], Sequence[float]]
    classifier: Classifier | None
    currency: str | None = None  # the shop's


def _nothing(text: str) -> Sequence[float]:
    raise AssertionError("rules read without a vector")


WORDS_ALONE = Reader(embed=_nothing, classifier=None)


def read(message: str, *, reader: Reader, deadline: Deadline, before: Request | None = None) -> Intent:
    """Read a masked message. `before` is the last wish of the conversation, for a message that goes on about it."""
    found, left_out = _clauses(plain_text(message))
    requests = [_request(clause, reader, deadline, before if at == 0 else None) for at, clause in enumerate(found)]
    requests = _joined(requests, reader)
    spoken = [request for request in requests if request.kind is not Kind.SMALL_TALK]
    return Intent(tuple(spoken or requests[:1]), left_out)


def by_rule(clause: str) -> tuple[Kind, str] | None:
    """The kind and topic that the words alone decide."""
    whole, bare = clause.lower().strip(" ,.?!;:-–\"'"), _bare(clause)
    fits = (rule for rule in _tables().rules if rule.says.search(bare) or rule.says.search(whole))
    return next(((rule.kind, rule.topic) for rule in fits), None)


def clauses(message: str) -> tuple[str, ...]:
    """The wishes of a message, apart, each in its own words."""
    return tuple(_clauses(plain_text(message))[0])


def asking(clause: str) -> bool:
    """Whether a clause asks for something, and does not only tell."""
    return clause.endswith("?") or bool(_tables().starts.match(_bare(clause)))


@dataclass(frozen=True, slots=True)
class _Rule:
    kind: Kind
    topic: str
    says: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class _Tables:
    sure: Mapping[str, float]
    most: int
    starts: re.Pattern[str]
    parts: re.Pattern[str]
    condition: re.Pattern[str]
    lead: re.Pattern[str]
    refines: re.Pattern[str]
    follows: re.Pattern[str]
    follows_words: int
    rules: tuple[_Rule, ...]


_SHORTENED = "".join(
    rf"(?<!\b{word}\.)" for word in ("approx", "ca", "max", "min", "no", "nr", "incl", "excl", "e.g", "i.e")
)
_SENTENCE = re.compile(rf"(?<=[?!;])\s*(?=\S)|(?<=[^\W\d]\.){_SHORTENED}\s+(?=\S)|(?<=[0-9)]\.)\s+(?=[^\W\d])", re.I)
_WORD = re.compile(r"\w")


def _clauses(message: str) -> tuple[list[str], int]:
    found: list[str] = []
    for sentence in _SENTENCE.split(message):
        parts = _tables().parts.split(sentence)
        whole = parts[0]
        for part in parts[1:]:
            if _tables().condition.match(_bare(whole)):  # "If it does not fit, can I …" is one wish
                whole = f"{whole}, {part}"
            else:
                found.append(whole)
                whole = part
        found.append(whole)
    spoken = [stripped for clause in found if _WORD.search(stripped := clause.strip(" ,;-–"))]
    most = _tables().most
    if len(spoken) > most:  # a long story: what asks for something goes before what tells something
        kept = set(range(len(spoken)))
        kept = set(sorted(kept, key=lambda at: (not asking(spoken[at]), at))[:most])
        return [clause for at, clause in enumerate(spoken) if at in kept], len(spoken) - most
    return spoken, 0


def _bare(clause: str) -> str:
    """The clause in small letters, without what may stand before a wish, and without its last mark."""
    plain = clause.lower().strip(" ,.?!;:-–\"'")
    while True:
        match = _tables().lead.match(plain)
        if match is None or match.end() >= len(plain):
            break
        plain = plain[match.end() :].lstrip(" ,.!:;-–")
    return re.sub(r"[\s,]+(?:please|pls|thanks|thank you|now please)$", "", plain) or plain


def _request(clause: str, reader: Reader, deadline: Deadline, before: Request | None) -> Request:
    wishes = wanted(clause, currency=reader.currency)
    decided = by_rule(clause) or ((Kind.ORDER_STATUS, "where") if wishes.order_number else None)
    if decided is not None:
        return Request(*decided, _tables().sure["rule"], True, By.RULE, clause, wishes)
    if before is not None and _goes_on(clause, wishes, before):
        return replace(before, by=By.CONVERSATION, text=clause, wanted=wishes.over(before.wanted))
    if reader.classifier is None:
        return Request(Kind.OUT_OF_SCOPE, "", 0.0, False, By.NOTHING, clause, wishes)
    deadline.check()
    judged = reader.classifier.judge(reader.embed(clause))
    topics = {label: label.partition(".")[0] for label in reader.classifier.labels}
    kind, probability = judged.by(topics)[0]
    topic = next(label.partition(".")[2] for label, _ in judged.labels if topics[label] == kind)
    limits = _tables().sure
    needed = limits["out_of_scope" if kind == Kind.OUT_OF_SCOPE else "probability"]
    sure = probability >= needed and judged.nearness >= limits["nearness"]
    return Request(Kind(kind), topic, round(probability, 3), sure, By.EXAMPLES, clause, wishes)


_GOES_ON = frozenset({Kind.PRODUCT_SEARCH, Kind.PRODUCT_QUESTION, Kind.COMPARISON, Kind.CART_CHANGE})


def _goes_on(clause: str, wishes: Wanted, before: Request) -> bool:
    """ "And in blue?": short, without a subject of its own, and it fixes something."""
    short = len(clause.split()) <= _tables().follows_words
    return before.kind in _GOES_ON and short and wishes.fixes and bool(_tables().follows.match(clause.lower()))


_ONCE = frozenset({Kind.CHECKOUT, Kind.SMALL_TALK, Kind.OUT_OF_SCOPE, Kind.HAND_OVER})  # twice in a row is once


def _joined(requests: Iterable[Request], reader: Reader) -> list[Request]:
    """A search and what a later clause says of the same search are one wish, and so is a wish that is only repeated."""
    joined: list[Request] = []
    for request in requests:
        last = joined[-1] if joined else None
        if last is not None and (_repeats(request, last) or _says_more(request, last)):
            text = f"{last.text.rstrip(' .')}. {request.text}"
            joined[-1] = replace(last, text=text, wanted=wanted(text, currency=reader.currency))
        else:
            joined.append(request)
    return joined


def _repeats(request: Request, last: Request) -> bool:
    return request.kind == last.kind and request.sure and last.sure and request.kind in _ONCE


def _says_more(request: Request, last: Request) -> bool:
    """ "It should be blue": no search of its own."""
    own = request.kind is Kind.PRODUCT_SEARCH or (request.kind is Kind.PRODUCT_QUESTION and "?" not in request.text)
    goes_on = request.wanted.fixes and _tables().refines.match(request.text.lower())
    return last.kind is Kind.PRODUCT_SEARCH and last.sure and bool(goes_on) and (own or not request.sure)


@cache
def _tables() -> _Tables:
    said: dict[str, Any] = tomllib.loads(files("shopwright.orchestrator").joinpath("intent.toml").read_text("utf-8"))
    by = said["clauses"]
    starters, leads = _any(by["starters"]), _any(by["leads"])
    return _Tables(
        sure=said["sure"],
        most=by["most"],
        starts=re.compile(rf"(?:{starters})(?!\w)", re.I),
        parts=re.compile(
            rf"\s*(?:,|[-–](?=\s)|\s)\s*(?:and|but|then|also|plus)(?:\s+(?:then|also|please|now))*\s+(?=(?:{starters})(?!\w))"
            rf"|\s*,\s*(?=(?:{starters})(?!\w))",
            re.I,
        ),
        condition=re.compile(rf"(?:{_any(by['conditions'])})\b"),
        lead=re.compile(rf"(?:{leads})(?![\w'])[\s,.!:;-]*"),
        refines=re.compile(rf"(?:{_any(by['refines'])})(?![\w'])"),
        follows=re.compile(rf"(?:{_any(by['follows'])})(?![\w'])"),
        follows_words=by["follows_words"],
        rules=tuple(
            _Rule(Kind(rule["kind"]), rule["topic"], re.compile("|".join(rule["says"]), re.I)) for rule in said["rules"]
        ),
    )


def _any(words: Iterable[str]) -> str:
    """The longer first, so that "no wait" is not read as "no"."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
