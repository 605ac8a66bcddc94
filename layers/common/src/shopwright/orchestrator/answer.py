"""From a question to an answer that stands on the merchant's own words: changes when the steps between them do."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache

from shopwright.catalog.facts import Told
from shopwright.costs.price import Bill
from shopwright.errors import Unavailable
from shopwright.grounding.cite import Citation
from shopwright.grounding.wording import wording
from shopwright.orchestrator import asking_on, follow_up, going_on, not_found, parted, recalled, tongue
from shopwright.orchestrator import talk as talking
from shopwright.orchestrator.answer_cache import Cache, Served
from shopwright.orchestrator.events import Tell, Telling
from shopwright.orchestrator.of_documents import in_parts, looked_up
from shopwright.orchestrator.of_products import carried_out
from shopwright.orchestrator.pointing import Pointing
from shopwright.orchestrator.quoting import FactsUnavailable
from shopwright.orchestrator.said import ASKS, DONE, MODE, PRODUCTS, TALK, UNAVAILABLE, Product, Said
from shopwright.orchestrator.session import SessionsUnavailable, Turn
from shopwright.orchestrator.spoken import figures
from shopwright.orchestrator.visit import Desk, Question, Visit, retell
from shopwright.orchestrator.wanted import wanted
from shopwright.resilience.deadline import Deadline

RECALLED = 6  # turns, for what a pronoun stands for
_A_CONVERSATION, _A_TURN = 3, 4  # DynamoDB's units: to read turns, to write a turn


@dataclass(frozen=True, slots=True)
class Clocks:
    """Milliseconds since the question came in: passages found, first words there, all there and remembered."""

    first_useful_ms: float | None
    first_token_ms: float | None
    done_ms: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What the shopper gets. `failure` is set when the verdict is unavailable, and nothing else is known then.
    `kept_at` is when a kept answer was written, in epoch seconds. `score` and `flags` are the checker's, `cost` is this
    request's: what a kept answer cost once is not in it.

    `facts` are the products' values that the text tells or hangs on, each with the version that it had: once one has
    another, the text is old. `products` are those that were found or compared, in their order.
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
    products: tuple[Product, ...] = ()
    score: float = 1.0
    flags: tuple[str, ...] = ()
    cost: Bill = field(default_factory=Bill)


def answer(question: Question, *, desk: Desk, deadline: Deadline, tell: Tell | None = None) -> Answer:
    """Answer from the caller's merchant's documents, or say honestly that they do not hold it.

    `tell` hears the answer's parts as they pass the check. What it raises ends the answer: nobody listens any more.
    Only the masked question goes any further than this function. A conversation that cannot be reached costs the
    memory, not the answer; documents that cannot be reached cost the answer.
    """
    began = desk.clock()
    if desk.masks is not None:
        mask, mask_answer = desk.masks(question.caller)
        desk = replace(desk, mask=mask, mask_answer=mask_answer)
    desk = replace(desk, mask_answer=cache(desk.mask_answer))  # parts of an answer are told again with the whole

    def elapsed_ms() -> float:
        return round((desk.clock() - began) * 1000, 2)

    telling = Telling(tell, elapsed_ms)
    asked = desk.mask(question.text)
    notes = [wording().notes["masked"]] if asked.found else []
    visit = Visit(question, desk, deadline, telling, question.session_id or desk.new_id())
    turns, length = _before(visit)
    remembers = length is not None
    back = recalled.told(asked.text, turns, whole=len(turns) == length, readable=remembers, begun=lambda: _begun(visit))
    reply = _reply(asked.text, turns, length, visit) if back is None else talking.Reply(back)

    def kept(said: Said, mode: str, products: Sequence[str]) -> tuple[str | None, Bill]:
        """The conversation's id, or None with a word about it; and what the answer cost."""
        if remembers:
            visit.used.reads, visit.used.writes = visit.used.reads + 1, visit.used.writes + _A_TURN
        visit.used.function_ms = elapsed_ms()
        cost = visit.bill
        shown = tuple(dict.fromkeys(products))
        cart = None if reply is None else reply.cart
        turn = Turn(asked.text, said.text, said.verdict, int(desk.now()), mode, shown, cost.nanos, cart)
        session_id = _remembered(visit, turn) if remembers else None
        if session_id is None:
            notes.append(wording().notes["not_remembered"])
        return session_id, cost

    if reply is not None and not reply.rest:
        telling.sources(())
        said = Said(telling.words([reply.text], mask=desk.mask_answer), ASKS if reply.asks else DONE, (), 1.0)
        done_ms = elapsed_ms()
        session_id, cost = kept(said, TALK, reply.products)
        return Answer(
            text=said.text,
            verdict=said.verdict,
            citations=(),
            confidence=said.confidence,
            clocks=Clocks(done_ms, done_ms, elapsed_ms()),
            session_id=session_id or question.session_id,
            notes=tuple(notes),
            mode=TALK,
            cost=cost,
        )
    asked_before = [turn.question for turn in turns]
    plain = asking_on.completed(reply.rest if reply else asked.text, asked_before)
    resolved = follow_up.resolve(plain, asked_before)
    hangs = turns[-figures().turns :] if resolved != plain else ()
    found_ms: list[float] = []

    def found() -> None:
        found_ms.append(elapsed_ms())

    def computed(asked: str, visit: Visit) -> Said:
        several = parted.parts(asked) if visit.desk.spoken is None else ()  # a model reads both by itself
        # "Is it in stock, and how much is it?": of two that are asked of one thing, the first is half an answer.
        of_one = any(part.text != part.asked for part in several)
        told = in_parts(asked, several, reply, visit, found) if of_one else None
        told = told or carried_out(asked, visit, found)
        if told is None and several and not of_one:
            told = in_parts(asked, several, reply, visit, found)
        return looked_up(asked, reply, hangs, visit, found) if told is None else told

    def compute() -> Said:
        return not_found.tried(resolved, visit, computed)

    try:
        # What hangs on this conversation is kept for nobody, and nobody's kept answer is an answer to it.
        own = carried_out(plain, visit, found, turns, named=resolved) if going_on.hangs(plain, turns) else None
        if own is None and reply is not None and reply.reaches:  # what it says besides is of this conversation
            own = compute()
        served = _served(resolved, compute, visit) if own is None else Served(own, Cache.OFF)
    except Unavailable as failure:
        clocks = Clocks(None, None, elapsed_ms())
        text = wording().facts_unavailable if isinstance(failure, FactsUnavailable) else wording().unavailable
        text = f"{desk.mask_answer(reply.text).text} {text}" if reply else text
        return Answer(text, UNAVAILABLE, (), 0.0, clocks, question.session_id, tuple(notes), failure=failure)
    said = served.said
    if telling.first_ms is None:  # a kept answer: nothing of it has been told yet
        retell(said, telling)
    token_ms = elapsed_ms() if telling.first_ms is None else telling.first_ms
    useful_ms = found_ms[0] if found_ms else token_ms
    if reply is not None:  # what was done comes first; it is this shopper's, and kept for nobody else
        said = replace(said, text=f"{desk.mask_answer(reply.text).text} {said.text}")
    products = [*(reply.products if reply else ()), *(shown.product_id for shown in said.products)]
    products += [fact.product_id for fact in said.facts]
    session_id, cost = kept(said, said.mode, products)
    if said.cut_down:
        notes.append(wording().notes["cut_down"])
    if visit.sighted is not None and not visit.sighted.whole:
        notes.append(wording().notes["source_missing"])
    if said.language:
        notes.append(tongue.tongues()[said.language].note)
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
        mode=said.mode,
        cache=served.cache,
        kept_at=served.written_at,
        facts=said.facts,
        products=said.products,
        score=said.score,
        flags=said.flags,
        cost=cost,
    )


def _reply(asked: str, turns: Sequence[Turn], length: int | None, visit: Visit) -> talking.Reply | None:
    """What is done or said without a document. "It" is what was spoken of last. The same words that come twice before
    either is answered, as from two clicks, are in the same place of the conversation."""
    if visit.desk.talk is None:
        return None
    begun, key = visit.question.session_id, visit.question.key
    place = None if begun is None or length is None else f"{begun} {length}"
    shown = next((turn.products for turn in reversed(turns) if turn.products), ())
    return talking.reply(
        asked,
        caller=visit.caller,
        shown=shown,
        request_id=visit.question.request_id,
        desk=visit.desk.talk,
        deadline=visit.deadline,
        session_id=visit.session_id,
        said_at=place if key is None else f"key {key}",
        asked_of=turns[-1].question if turns and (turns[-1].verdict, turns[-1].mode) == (ASKS, TALK) else "",
        # Who has put in the first one may want the second of that list.
        listing=next((turn.products for turn in reversed(turns) if turn.products and _lists(turn)), ()),
        changed=next((turn.cart for turn in reversed(turns) if turn.cart is not None), None),
    )


def _lists(turn: Turn) -> bool:
    """Whether it showed products in an order, and did not only tell something of one."""
    if turn.mode == TALK or len(turn.products) > 1:
        return turn.mode != TALK
    points = any(one.how in (Pointing.PLACE, Pointing.PRONOUN) for one in wanted(turn.question).references)
    return turn.mode == PRODUCTS and not points


def _served(asked: str, compute: Callable[[], Said], visit: Visit) -> Served:
    if visit.desk.cache is None:
        return Served(compute(), Cache.OFF)

    def thrifty() -> bool:
        stands = visit.step()
        return stands is not None and stands.kept

    return visit.desk.cache.through(visit.caller, asked, compute, visit.deadline, thrifty=thrifty)


def _before(visit: Visit) -> tuple[tuple[Turn, ...], int | None]:
    """The newest turns of the conversation, and how many it has; None: there is no sense in adding this one."""
    if visit.question.session_id is None:
        return (), 0
    visit.deadline.check()
    visit.used.reads += _A_CONVERSATION
    try:
        session = visit.desk.recall(visit.caller, visit.question.session_id)
    except SessionsUnavailable:
        return (), None
    return session.turns[-RECALLED:], session.length


def _begun(visit: Visit) -> Sequence[Turn]:
    """The turns that the conversation began with; none where nobody can tell them now."""
    if visit.desk.begun is None or visit.question.session_id is None:
        return ()
    visit.deadline.check()
    visit.used.reads += _A_CONVERSATION
    try:
        return visit.desk.begun(visit.caller, visit.question.session_id)
    except SessionsUnavailable:
        return ()


def _remembered(visit: Visit, turn: Turn) -> str | None:
    """The conversation's id, or None when it cannot be kept. What has been found is still worth saying."""
    if visit.deadline.left_s() <= 0:
        return None
    try:
        return visit.desk.remember(visit.caller, visit.question.session_id, turn, visit.session_id)
    except SessionsUnavailable:
        return None
