"""From a question to an answer that stands on the merchant's own words: changes when the steps between them do."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from shopwright.catalog.facts import Sheet, Told
from shopwright.errors import Unavailable
from shopwright.grounding import slots
from shopwright.grounding.check import Claim, check
from shopwright.grounding.cite import Citation, cite
from shopwright.grounding.wording import wording
from shopwright.llm.extractive import Draft, Source, record
from shopwright.orchestrator import follow_up
from shopwright.orchestrator import talk as talking
from shopwright.orchestrator.answer_cache import AnswerCache, Cache, Served
from shopwright.orchestrator.events import Tell, Telling
from shopwright.orchestrator.said import Said
from shopwright.orchestrator.session import Session, SessionsUnavailable, Turn
from shopwright.privacy.redact import Masked
from shopwright.privacy.redactor import Use, redactor
from shopwright.resilience.deadline import Deadline
from shopwright.retrieval.search import Passage
from shopwright.tenancy.caller import Caller

ANSWERED, NOT_IN_DOCUMENTS, UNAVAILABLE = "answered", "not_in_documents", "unavailable"
DONE, ASKS = "done", "asks"  # without a document: something was done or said, or we must know more first
MODE, TALK = "extractive", "talk"
BAR = 1.0  # the share of claims that must stand: an extractive answer has no excuse
RECALLED = 6  # turns, for what a pronoun stands for


class FactsUnavailable(Unavailable):
    """A product was found, but not what it costs now, nor whether it can be had: an old figure is no answer."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a verified caller asks, as it came: nothing has been masked yet."""

    text: str
    caller: Caller
    session_id: str | None = None
    request_id: str | None = None  # by which a change is known again when it comes twice

    def __repr__(self) -> str:
        return f"Question({self.caller!r})"  # the text is a person's


@dataclass(frozen=True, slots=True)
class Clocks:
    """Milliseconds since the question came in: passages found, first words there, all there and remembered."""

    first_useful_ms: float | None
    first_token_ms: float | None
    done_ms: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What the shopper gets. `failure` is set when the verdict is unavailable, and nothing else is known then.
    `kept_at` is when a kept answer was written, in epoch seconds.

    `facts` are the products' values that the text tells or hangs on, each with the version that it had: once one has
    another, the text is old.
    """

    text: str
    verdict: str
    citations: tuple[Citation, ...]
    confidence: float
    clocks: Clocks
    session_id: str | None
    notes: tuple[str, ...] = ()
    mode: str = MODE
    cache: Cache = Cache.OFF
    kept_at: float | None = None
    failure: Unavailable | None = None
    facts: tuple[Told, ...] = ()


@dataclass(frozen=True, slots=True)
class Desk:
    """What must be within reach to answer. Without a cache every answer is computed."""

    mask: Callable[[str], Masked]
    embed: Callable[[str], Sequence[float]]
    search: Callable[[Caller, str, Sequence[float]], Sequence[Passage]]
    facts: Callable[[Caller, Sequence[str]], Mapping[str, Sheet]]  # by passage; one that is gone is not in it
    compose: Callable[[str, Sequence[Source]], Draft]
    recall: Callable[[Caller, str], Session]
    remember: Callable[[Caller, str | None, Turn], str]
    mask_answer: Callable[[str], Masked] = redactor(Use.ANSWER).mask
    cache: AnswerCache | None = None
    talk: talking.Desk | None = None  # without it everything is looked up
    clock: Callable[[], float] = time.perf_counter
    now: Callable[[], float] = time.time


def answer(question: Question, *, desk: Desk, deadline: Deadline, tell: Tell | None = None) -> Answer:
    """Answer from the caller's merchant's documents, or say honestly that they do not hold it.

    `tell` hears the answer's parts as they pass the check. What it raises ends the answer: nobody listens any more.
    Only the masked question goes any further than this function. A conversation that cannot be reached costs the
    memory, not the answer; documents that cannot be reached cost the answer.
    """
    began = desk.clock()

    def elapsed_ms() -> float:
        return round((desk.clock() - began) * 1000, 2)

    telling = Telling(tell, elapsed_ms)
    asked = desk.mask(question.text)
    notes = [wording().notes["masked"]] if asked.found else []
    turns, remembers = _before(question, desk, deadline)
    reply = _reply(asked.text, turns, question, desk, deadline)

    def kept(said: Said, mode: str, products: Sequence[str]) -> str | None:
        """The conversation's id, or None with a word about it."""
        turn = Turn(asked.text, said.text, said.verdict, int(desk.now()), mode, tuple(dict.fromkeys(products)))
        session_id = _remembered(question, turn, desk, deadline) if remembers else None
        if session_id is None:
            notes.append(wording().notes["not_remembered"])
        return session_id

    if reply is not None and not reply.rest:
        telling.sources(())
        said = Said(telling.words([reply.text], mask=desk.mask_answer), ASKS if reply.asks else DONE, (), 1.0)
        done_ms = elapsed_ms()
        session_id = kept(said, TALK, reply.products)
        return Answer(
            text=said.text,
            verdict=said.verdict,
            citations=(),
            confidence=said.confidence,
            clocks=Clocks(done_ms, done_ms, elapsed_ms()),
            session_id=session_id or question.session_id,
            notes=tuple(notes),
            mode=TALK,
        )
    resolved = follow_up.resolve(reply.rest if reply else asked.text, [turn.question for turn in turns])
    found_ms: list[float] = []

    def compute() -> Said:
        passages = _passages(resolved, question.caller, desk, deadline)
        found_ms.append(elapsed_ms())
        return _said(resolved, question.caller, passages, desk, deadline, telling)

    try:
        served = _served(question.caller, resolved, compute, desk, deadline)
    except Unavailable as failure:
        clocks = Clocks(None, None, elapsed_ms())
        text = wording().facts_unavailable if isinstance(failure, FactsUnavailable) else wording().unavailable
        text = f"{desk.mask_answer(reply.text).text} {text}" if reply else text
        return Answer(text, UNAVAILABLE, (), 0.0, clocks, question.session_id, tuple(notes), failure=failure)
    said = served.said
    if telling.first_ms is None:  # a kept answer: nothing of it has been told yet
        _retell(said, telling)
    token_ms = elapsed_ms() if telling.first_ms is None else telling.first_ms
    useful_ms = found_ms[0] if found_ms else token_ms
    if reply is not None:  # what was done comes first; it is this shopper's, and kept for nobody else
        said = replace(said, text=f"{desk.mask_answer(reply.text).text} {said.text}")
    products = [*(reply.products if reply else ()), *(fact.product_id for fact in said.facts)]
    session_id = kept(said, MODE, products)
    if said.cut_down:
        notes.append(wording().notes["cut_down"])
    if served.unchecked and served.written_at is not None:
        written = datetime.fromtimestamp(served.written_at, UTC)
        notes.append(wording().notes["unchecked"].format(at=f"{written:%Y-%m-%d %H:%M} UTC"))
    return Answer(
        text=said.text,
        verdict=said.verdict,
        citations=said.citations,
        confidence=said.confidence,
        clocks=Clocks(useful_ms, token_ms, elapsed_ms()),
        session_id=session_id or question.session_id,
        notes=tuple(notes),
        cache=served.cache,
        kept_at=served.written_at,
        facts=said.facts,
    )


def _reply(
    asked: str, turns: Sequence[Turn], question: Question, desk: Desk, deadline: Deadline
) -> talking.Reply | None:
    """What is done or said without a document. "It" is what was spoken of last."""
    if desk.talk is None:
        return None
    shown = next((turn.products for turn in reversed(turns) if turn.products), ())
    return talking.reply(
        asked,
        caller=question.caller,
        shown=shown,
        request_id=question.request_id,
        desk=desk.talk,
        deadline=deadline,
    )


def _served(caller: Caller, asked: str, compute: Callable[[], Said], desk: Desk, deadline: Deadline) -> Served:
    if desk.cache is None:
        return Served(compute(), Cache.OFF)
    return desk.cache.through(caller, asked, compute, deadline)


def _before(question: Question, desk: Desk, deadline: Deadline) -> tuple[tuple[Turn, ...], bool]:
    """Earlier turns of the conversation, and whether there is any sense in adding this one."""
    if question.session_id is None:
        return (), True
    deadline.check()
    try:
        session = desk.recall(question.caller, question.session_id)
    except SessionsUnavailable:
        return (), False
    return session.turns[-RECALLED:], True


def _passages(asked: str, caller: Caller, desk: Desk, deadline: Deadline) -> Sequence[Passage]:
    deadline.check()
    vector = desk.embed(asked)
    deadline.check()
    return desk.search(caller, asked, vector)


def _retell(said: Said, telling: Telling) -> None:
    telling.sources(said.citations)
    telling.products(said.facts)
    telling.words([said.text], mask=lambda text: Masked(text, ()))  # it was masked before it was kept


def _said(
    asked: str, caller: Caller, passages: Sequence[Passage], desk: Desk, deadline: Deadline, telling: Telling
) -> Said:
    draft = _composed(asked, passages, desk)
    sheets: Mapping[str, Sheet] = {}
    if any(record(passages[sentence.ref - 1].content) for sentence in draft.sentences):
        sheets = _facts(passages, caller, desk, deadline)
        passages = _as_of_now(passages, sheets)
        draft = _composed(asked, passages, desk)
    by_ref = dict(enumerate(passages, start=1))
    claims = [Claim(sentence.text, sentence.ref, sentence.quotes) for sentence in draft.sentences]
    verdict = check(claims, {ref: passage.content for ref, passage in by_ref.items()})
    stands = verdict.supported  # below the bar, what does not stand is cut; what is left of the answer all stands
    if not stands:
        confidence = 1.0 - draft.confidence if not claims else 0.0
        telling.sources(())
        text = telling.words([wording().not_in_documents], mask=desk.mask_answer)
        return Said(text, NOT_IN_DOCUMENTS, (), round(confidence, 3))
    shown: dict[int, int] = {}
    for claim in stands:
        shown.setdefault(claim.ref, len(shown) + 1)
    citations = tuple(
        cite(number, by_ref[ref], " … ".join(q for claim in stands if claim.ref == ref for q in claim.quotes))
        for ref, number in shown.items()
    )
    facts = _told(stands, by_ref, sheets)
    telling.sources(citations)
    telling.products(facts)
    # Masked before it is sent, and before it is kept.
    text = telling.words((f"{claim.text} [{shown[claim.ref]}]" for claim in stands), mask=desk.mask_answer)
    return Said(
        text=text,
        verdict=ANSWERED,
        citations=citations,
        confidence=round(draft.confidence, 3),
        cut_down=verdict.score < BAR,
        facts=facts,
    )


def _composed(asked: str, passages: Sequence[Passage], desk: Desk) -> Draft:
    found = enumerate(passages, start=1)
    return desk.compose(asked, [Source(ref, one.section, one.content, one.similarity) for ref, one in found])


def _facts(passages: Sequence[Passage], caller: Caller, desk: Desk, deadline: Deadline) -> Mapping[str, Sheet]:
    deadline.check()
    try:
        return desk.facts(caller, tuple(passage.chunk_id for passage in passages if record(passage.content)))
    except Unavailable as failure:
        raise FactsUnavailable(
            "The shop's prices and stock cannot be looked up at the moment. Please try again in a moment."
        ) from failure


def _as_of_now(passages: Sequence[Passage], sheets: Mapping[str, Sheet]) -> list[Passage]:
    """The passages with the products' records as the database has them, without those that are gone since."""
    now: list[Passage] = []
    for passage in passages:
        fields = record(passage.content)
        if not fields:
            now.append(passage)
        elif sheet := sheets.get(passage.chunk_id):
            now.append(replace(passage, content=slots.as_passage(slots.filled(fields, sheet))))
        elif sheet is not None:  # a row of a table that is no product's
            now.append(passage)
    return now


def _told(claims: Sequence[Claim], by_ref: Mapping[int, Passage], sheets: Mapping[str, Sheet]) -> tuple[Told, ...]:
    told = [
        fact
        for claim in claims
        if record(by_ref[claim.ref].content)
        for fact in slots.used(claim.quotes, sheets.get(by_ref[claim.ref].chunk_id, {}))
    ]
    return tuple({fact.key: fact for fact in told}.values())


def _remembered(question: Question, turn: Turn, desk: Desk, deadline: Deadline) -> str | None:
    """The conversation's id, or None when it cannot be kept. What has been found is still worth saying."""
    if deadline.left_s() <= 0:
        return None
    try:
        return desk.remember(question.caller, question.session_id, turn)
    except SessionsUnavailable:
        return None
