"""From a question to an answer that stands on the merchant's own words: changes when the steps between them do."""

import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache

from shopwright.catalog.facts import Sheet, Told
from shopwright.costs.ladder import Rung, Step, step
from shopwright.costs.ledger import LedgerBusy, LedgerUnavailable, Purse
from shopwright.costs.price import Bill
from shopwright.costs.used import Used
from shopwright.errors import Unavailable
from shopwright.grounding import slots
from shopwright.grounding.check import Claim, Verdict, check
from shopwright.grounding.cite import Citation, cite
from shopwright.grounding.claims import remarked
from shopwright.grounding.wording import wording
from shopwright.llm import described, fits, words
from shopwright.llm.choose import choose
from shopwright.llm.extractive import Draft, also_sought, describes, names_one, nearest, record, sought_otherwise
from shopwright.llm.nearest import Likeness
from shopwright.llm.prompt import Kind as PromptKind
from shopwright.llm.say import Why
from shopwright.llm.units import Source
from shopwright.orchestrator import (
    asking_on,
    bought,
    contact,
    follow_up,
    glossary,
    going_on,
    having,
    looking,
    parted,
    recalled,
    tongue,
)
from shopwright.orchestrator import carry as carrying
from shopwright.orchestrator import spoken as speaking
from shopwright.orchestrator import talk as talking
from shopwright.orchestrator.answer_cache import AnswerCache, Cache, Served
from shopwright.orchestrator.events import Tell, Telling
from shopwright.orchestrator.intent import WORDS_ALONE, Kind, read
from shopwright.orchestrator.pointing import Pointing
from shopwright.orchestrator.said import Product, Said
from shopwright.orchestrator.session import Session, SessionsUnavailable, Turn
from shopwright.orchestrator.spoken import figures
from shopwright.orchestrator.wanted import wanted
from shopwright.orchestrator.wishing import of_theirs
from shopwright.privacy.redact import Masked
from shopwright.privacy.redactor import Use, redactor
from shopwright.resilience.deadline import Deadline
from shopwright.retrieval.outside import Beside, Came, Sighted, is_outside
from shopwright.retrieval.search import Passage
from shopwright.tenancy.branding import Branding
from shopwright.tenancy.caller import Caller

ANSWERED, NOT_IN_DOCUMENTS, UNAVAILABLE = "answered", "not_in_documents", "unavailable"
DONE, ASKS = "done", "asks"  # without a document: something was done or said, or we must know more first
MODE, TALK, TEMPLATE, PRODUCTS = "extractive", "talk", "template", "products"
Mask = Callable[[str], Masked]
Compose = Callable[[str, Sequence[Source]], Draft]
BAR = 1.0  # the share of claims that must stand: an extractive answer has no excuse
_TO_COMPARE_S = 1.0  # what comparing by meaning may take at the most
RECALLED = 6  # turns, for what a pronoun stands for
_A_CONVERSATION, _ACCOUNTS, _A_TURN = 3, 10, 4  # DynamoDB's units: to read turns, to read a ledger, to write a turn


class FactsUnavailable(Unavailable):
    """A product was found, but not what it costs now, nor whether it can be had: an old figure is no answer."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a verified caller asks, as it came: nothing has been masked yet."""

    text: str
    caller: Caller
    session_id: str | None = None
    request_id: str | None = None  # by which a change is known again when it comes twice
    key: str | None = None  # the sender's own for this message: sent again under it, it changes nothing more

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


@dataclass(frozen=True, slots=True)
class Desk:
    """What must be within reach to answer. Without a cache every answer is computed."""

    mask: Mask
    embed: Callable[[str], Sequence[float]]
    search: Callable[[Caller, str, Sequence[float]], Sequence[Passage]]
    facts: Callable[[Caller, Sequence[str]], Mapping[str, Sheet]]  # by passage; one that is gone is not in it
    compose: Compose
    recall: Callable[[Caller, str], Session]
    remember: Callable[[Caller, str | None, Turn, str], str]  # the last is the id of a conversation that begins
    mask_answer: Mask = redactor(Use.ANSWER).mask
    begun: Callable[[Caller, str], Sequence[Turn]] | None = None  # the turns that a long conversation began with
    masks: Callable[[Caller], tuple[Mask, Mask]] | None = None  # the two above, by who knows what this merchant sells
    beside: Beside | None = None  # without it our own passages are all there is
    cache: AnswerCache | None = None
    talk: talking.Desk | None = None  # without it everything is looked up
    branding: Callable[[Caller], Branding | None] | None = None  # how the shop shows itself, when its pages do not say
    likeness: Likeness | None = None  # without it only what holds the question's own words is found
    carry: carrying.Desk | None = None  # without it products are looked up like all else
    spoken: speaking.Desk | None = None  # without it no model is asked
    priced: Callable[[Used], Bill] = lambda used: Bill()
    new_id: Callable[[], str] = lambda: str(uuid.uuid4())
    clock: Callable[[], float] = time.perf_counter
    now: Callable[[], float] = time.time


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
    visit = _Visit(question, desk, deadline, telling, question.session_id or desk.new_id())
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

    def compute() -> Said:
        carried = _carried(resolved, visit, found)
        if carried is not None:
            return carried
        several = parted.parts(resolved) if visit.desk.spoken is None else ()  # a model reads both by itself
        in_parts = _in_parts(resolved, several, reply, visit, found) if several else None
        return _looked_up(resolved, reply, hangs, visit, found) if in_parts is None else in_parts

    try:
        # What hangs on this conversation is kept for nobody, and nobody's kept answer is an answer to it.
        own = _carried(plain, visit, found, turns, named=resolved) if going_on.hangs(plain, turns) else None
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
        _retell(said, telling)
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


@dataclass(slots=True)
class _Visit:
    """One question's way through the shop: what it may use, and what it has used. `session_id` is the conversation's,
    also of one that begins with this question."""

    question: Question
    desk: Desk
    deadline: Deadline
    telling: Telling
    session_id: str
    used: Used = field(default_factory=Used)
    purse: Purse | None = None
    sighted: Sighted | None = None  # what sources beside our own gave
    looked: dict[str, tuple[Sequence[Passage], Sighted | None]] = field(default_factory=dict)  # by what was looked for
    drafts: dict[tuple[Compose, str, tuple[Source, ...]], Draft] = field(default_factory=dict)

    @property
    def caller(self) -> Caller:
        return self.question.caller

    @property
    def bill(self) -> Bill:
        """What it has cost so far."""
        models = Bill() if self.purse is None else self.purse.bill
        return models + self.desk.priced(self.used)

    def opened(self, models: speaking.Desk) -> Purse:
        """The purse, from when somebody first thinks of a model."""
        if self.purse is None:
            self.purse = models.purse(self.caller, session_id=self.session_id, request_id=self.question.request_id)
        return self.purse

    def step(self) -> Step | None:
        """Where on the ladder the conversation stands; None: no models are there, or nobody knows."""
        if self.desk.spoken is None:
            return None
        self.used.reads += _ACCOUNTS
        purse = self.opened(self.desk.spoken)
        try:
            return step(purse.left(), purse.limits)
        except (LedgerUnavailable, LedgerBusy):
            return None

    def payable(self) -> bool:
        """Whether what is paid by the call may be called: not while nobody knows what is left, nor when nothing is.
        Where no model is bought there is no budget, and what a shop has connected is asked."""
        if self.desk.spoken is None or self.desk.beside is None:
            return True
        stands = self.step()
        return stands is not None and stands.rung is not Rung.TEMPLATE

    @contextmanager
    def in_database(self) -> Iterator[None]:
        began = self.desk.clock()
        try:
            yield
        finally:
            self.used.database_ms += (self.desk.clock() - began) * 1000


def _reply(asked: str, turns: Sequence[Turn], length: int | None, visit: _Visit) -> talking.Reply | None:
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


_NAMES = frozenset({"name", "title"})  # what a record of a product says, and a row of another table seldom


def _looked_up(
    asked: str, reply: talking.Reply | None, before: Sequence[Turn], visit: _Visit, found: Callable[[], None]
) -> Said:
    """What the documents say, and where they do not, what is known elsewhere."""
    passages = _passages(asked, visit)
    if of_theirs(asked):
        passages = [one for one in passages if not {label.casefold() for label, _ in record(one.content)} & _NAMES]
    found()
    if _is_known_elsewhere(asked, reply):
        return _with_sources(_unless_found(asked, reply, passages, visit), visit.sighted)
    other = tongue.other(asked, [passage.content for passage in passages])
    if other is not None:
        return _with_sources(_in_another_tongue(asked, other, passages, visit), visit.sighted)
    return _with_sources(_own_tongue(asked, passages, before, visit), visit.sighted)


def _in_parts(
    asked: str,
    several: Sequence[parted.Part],
    reply: talking.Reply | None,
    visit: _Visit,
    found: Callable[[], None],
) -> Said | None:
    """Each question of a message by itself; None: none of them was answered so, or the whole of it is better."""

    def one(text: str) -> Said:
        return _quietly(lambda quiet: _carried(text, quiet, found) or _looked_up(text, reply, (), quiet, found), visit)

    def is_found(said: Said) -> bool:
        return said.verdict != NOT_IN_DOCUMENTS

    said = [one(part.text) for part in several]
    missing = [part for part, its in zip(several, said, strict=True) if not is_found(its)]
    if len(missing) == len(several):
        return None
    if missing:
        whole = _quietly(lambda quiet: _looked_up(asked, reply, (), quiet, found), visit)
        if is_found(whole) and all(parted.holds(whole, part) for part in missing):
            return None
    answer_of_all = parted.joined(several, said, is_found)
    _retell(answer_of_all, visit.telling)
    return answer_of_all


def _is_known_elsewhere(asked: str, reply: talking.Reply | None) -> bool:
    """Whether somebody knows it where the pages do not."""
    return (reply is not None and reply.reaches) or contact.asked(asked) or bought.rule_of_cancelling(asked) is not None


def _unless_found(asked: str, reply: talking.Reply | None, passages: Sequence[Passage], visit: _Visit) -> Said:
    """What the pages say, if they do; else what is known elsewhere, which is kept for nobody: nobody tells us when it
    changes."""
    said = _quietly(lambda quiet: _said(asked, passages, (), quiet), visit)
    if said.verdict == NOT_IN_DOCUMENTS and said.mode != TEMPLATE:
        told = reply is not None and reply.reaches  # by the reply, already
        locale = "en" if reply is None else reply.tongue
        known = (None if told else bought.rule_of_cancelling(asked)) or _reached(asked, visit, locale)
        if known is None and reply is not None:
            known = wording(locale).reach["unknown"]
        said = replace(said, lasting=False) if known is None else Said(known, DONE, (), 1.0, mode=TALK, lasting=False)
    _retell(said, visit.telling)
    return said


def _reached(asked: str, visit: _Visit, locale: str) -> str | None:
    """How the shop is reached, as it shows itself; None: nobody has said, or nobody can say it now."""
    if visit.desk.branding is None or visit.deadline.left_s() <= 0:
        return None
    visit.used.reads += 1
    try:
        return contact.told(asked, visit.desk.branding(visit.caller), locale)
    except Unavailable:
        return None


def _served(asked: str, compute: Callable[[], Said], visit: _Visit) -> Served:
    if visit.desk.cache is None:
        return Served(compute(), Cache.OFF)

    def thrifty() -> bool:
        stands = visit.step()
        return stands is not None and stands.kept

    return visit.desk.cache.through(visit.caller, asked, compute, visit.deadline, thrifty=thrifty)


def _before(visit: _Visit) -> tuple[tuple[Turn, ...], int | None]:
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


def _begun(visit: _Visit) -> Sequence[Turn]:
    """The turns that the conversation began with; none where nobody can tell them now."""
    if visit.desk.begun is None or visit.question.session_id is None:
        return ()
    visit.deadline.check()
    visit.used.reads += _A_CONVERSATION
    try:
        return visit.desk.begun(visit.caller, visit.question.session_id)
    except SessionsUnavailable:
        return ()


def _passages(asked: str, visit: _Visit) -> Sequence[Passage]:
    """Looked for once, however many ways of answering ask for them."""
    if asked in visit.looked:
        passages, visit.sighted = visit.looked[asked]
        return passages
    passages = _looked_for(asked, visit)
    visit.looked[asked] = passages, visit.sighted
    return passages


def _looked_for(asked: str, visit: _Visit) -> Sequence[Passage]:
    visit.deadline.check()
    vector = visit.desk.embed(asked)
    visit.deadline.check()
    beside = visit.desk.beside
    others = (
        None
        if beside is None or not visit.payable()
        else beside.begin(visit.caller.tenant, asked, vector, visit.deadline)
    )
    with visit.in_database():
        own = visit.desk.search(visit.caller, asked, vector)
    further, otherwise = also_sought(asked), sought_otherwise(asked)
    if further is None and otherwise is not None and not _composed(asked, own, visit).sentences:
        further = otherwise
    if further is not None:
        visit.deadline.check()
        near = visit.desk.embed(further)
        with visit.in_database():
            more = visit.desk.search(visit.caller, further, near)
        own = tuple({one.chunk_id: one for one in (*own, *more)}.values())
    if beside is None:
        return own
    visit.sighted = beside.spared(own) if others is None else others.beside(own)
    visit.used.calls += [one.source for one in visit.sighted.outcomes if one.came is not Came.LEFT_ALONE]
    return visit.sighted.passages


def _with_sources(said: Said, sighted: Sighted | None) -> Said:
    """An answer that others than we have to do with is kept for nobody: we do not hear when their words change. What
    failed of them is named."""
    if sighted is None:
        return said
    ours = said.verdict == ANSWERED and not any(is_outside(one.source_uri) for one in said.citations)
    return replace(said, lasting=said.lasting and ours and sighted.whole, flags=(*said.flags, *sighted.flags))


def _carried(
    asked: str, visit: _Visit, found: Callable[[], None], turns: Sequence[Turn] = (), *, named: str = ""
) -> Said | None:
    """What is told of products that were looked for, compared or pointed at; None: look into the documents. `named` is
    the same question with the name of what it goes on about."""
    whether = named or asked
    if visit.desk.carry is None or also_sought(whether) is not None:
        return None

    def facts(passages: Sequence[Passage]) -> Mapping[str, Sheet]:
        found()
        return _sheets([passage.chunk_id for passage in passages], visit)

    visit.deadline.check()
    wish = carrying.Asked(asked, visit.caller, turns, visit.question.request_id)
    wished = carrying.wished(wish, desk=visit.desk.carry, deadline=visit.deadline)
    if wished is None:
        return None
    pages_first = wished.pages_first and not turns and _is_for_pages(asked, visit)
    if pages_first:
        found()
        if (told := _by_pages(asked, (), visit)) is not None:
            _retell(told, visit.telling)
            return told
    carried = carrying.carried(wished, desk=visit.desk.carry, facts=facts, deadline=visit.deadline)
    if carried is None:
        return None
    visit.used.database_ms += carried.took_ms
    if carried.likely:
        ways = (*(() if pages_first else ((asked, False),)), *((one, True) for one in carried.otherwise))
        tries = (_by_pages(one, carried.denies, visit, headed=headed) for one, headed in ways)
        told = next((one for one in tries if one is not None), None)
        if told is not None:
            _retell(told, visit.telling)
            return told
        if described.asks(whether) and names_one(whether, _as_sources(_passages(whether, visit))):
            return None  # that another is so says nothing of the one that is named
    elif described.asks(whether):
        sources = _as_sources(_passages(whether, visit))
        goes_on = described.goes_on(whether) and not fits.names_a_sum(whether)
        told = _by_pages(whether, carried.denies, visit) if goes_on or describes(whether, sources) else None
        if told is not None:
            _retell(told, visit.telling)
            return told
        if goes_on or (described.asks_of_parts(whether) and names_one(whether, sources)):
            return None  # that it was found by such a word does not say that it is so
    beside = None
    if carried.rest:
        # Where there are sources beside our own, what failed of them is to be told.
        own = carried.passages if visit.desk.beside is None else ()
        passages = own or _passages(carried.rest, visit)
        beside = _quietly(lambda quiet: _said(carried.rest, passages, (), quiet), visit)
        beside = _with_sources(beside, visit.sighted)
    said = _of_products(carried, lasting=not turns)
    return _spoken_out(said if beside is None else _together(said, beside), carried.sentences, beside, visit)


def _is_for_pages(asked: str, visit: _Visit) -> bool:
    """Whether the merchant's own sentences are what answers, in our language and all at once."""
    if visit.desk.spoken is not None or parted.parts(asked):
        return False
    return tongue.other(asked, [passage.content for passage in _passages(asked, visit)]) is None


def _by_pages(asked: str, denies: Sequence[str], visit: _Visit, *, headed: bool = False) -> Said | None:
    """In the merchant's own sentences or not at all: what was found needs no model to be told. `denies`: what must not
    be said of it; `headed`: only what stands under a heading that names the thing and that."""
    passages = _passages(asked, visit)
    if denies:  # a product's own record is found by what it has, and "without" looks for the others
        passages = [one for one in passages if not record(one.content)]
    if headed:
        named = words.terms(asked)
        passages = [
            one for one in passages if len(named & words.terms(" ".join(one.section[-1:]))) >= min(2, len(named))
        ]
    if not passages:
        return None
    plain = replace(visit, desk=replace(visit.desk, spoken=None))
    told = _with_sources(_quietly(lambda quiet: _said(asked, passages, (), quiet), plain), visit.sighted)
    headings = words.terms(" ".join(" ".join(one.section[-1:]) for one in told.citations))
    # What a heading asks of something else, its answer does not deny of these.
    beside = headings if len(headings & words.terms(asked)) > 1 else frozenset()
    found = told.verdict != NOT_IN_DOCUMENTS and (not denies or having.denies(told.text, denies, beside))
    return told if found else None


def _of_products(carried: carrying.Carried, *, lasting: bool) -> Said:
    return Said(
        text="",
        verdict=ASKS if carried.asks else ANSWERED,
        citations=carried.citations,
        confidence=carried.confidence,
        facts=carried.facts,
        mode=PRODUCTS,
        lasting=lasting and carried.watched is not None and bool(carried.products) and not carried.asks,
        products=carried.products,
        watched=carried.watched or (),
    )


def _together(said: Said, beside: Said) -> Said:
    """One answer of two: the second's citations go on where the first's end."""
    offset = len(said.citations)
    return replace(
        said,
        citations=(*said.citations, *(replace(one, ref=one.ref + offset) for one in beside.citations)),
        confidence=min(said.confidence, beside.confidence),
        cut_down=beside.cut_down,
        facts=(*said.facts, *beside.facts),
        score=min(said.score, beside.score),
        flags=beside.flags,
        lasting=said.lasting and beside.lasting,
    )


def _spoken_out(said: Said, sentences: Sequence[str], beside: Said | None, visit: _Visit) -> Said:
    offset = len(said.citations) - len(beside.citations) if beside else 0
    more = ["\n" + remarked(beside.text, lambda ref: ref + offset)] if beside else []
    visit.telling.sources(said.citations)
    visit.telling.products(said.facts)
    return replace(said, text=visit.telling.words([*sentences, *more], mask=visit.desk.mask_answer))


def _quietly(say: Callable[[_Visit], Said], visit: _Visit) -> Said:
    """A part of an answer, which is told with the rest of it."""
    quiet = replace(visit, telling=Telling(None, lambda: 0.0))
    said = say(quiet)
    visit.purse = quiet.purse
    if visit.sighted is None or visit.sighted.whole:  # of several looks, the one that fell short is told of
        visit.sighted = quiet.sighted or visit.sighted
    return said


def _in_another_tongue(asked: str, code: str, passages: Sequence[Passage], visit: _Visit) -> Said:
    """What can be told to who asks in another language than the documents': what the question's English finds, where we
    can read it; products by their names, and whatever the documents' own words still give; with a word about it in the
    shopper's language."""
    pages = [passage.content for passage in passages]
    if visit.desk.spoken is None and tongue.of_documents(pages) == "en":  # a model reads it by itself
        read_so = glossary.english(asked, code, pages)
        told = None if read_so is None else _quietly(lambda quiet: _asked_in_english(read_so, quiet), visit)
        if told is not None and told.verdict == ANSWERED and told.citations:
            said = replace(told, language=code)
            _retell(said, visit.telling)
            return said
    if visit.desk.carry is not None:
        wish = carrying.Asked(asked, visit.caller, (), visit.question.request_id)
        carried = carrying.named(
            wish,
            desk=visit.desk.carry,
            facts=lambda found: _sheets([passage.chunk_id for passage in found], visit),
            deadline=visit.deadline,
        )
        if carried is not None:
            said = replace(_of_products(carried, lasting=True), language=code)
            return _spoken_out(said, carried.sentences, None, visit)
    said = replace(_quietly(lambda quiet: _said(asked, passages, (), quiet), visit), language=code)
    if said.verdict == NOT_IN_DOCUMENTS:
        said = replace(said, text=tongue.tongues()[code].not_in_documents, language="")  # it says so itself
    _retell(said, visit.telling)
    return said


def _asked_in_english(asked: str, visit: _Visit) -> Said:
    def found() -> None:
        """It was, in the shopper's own words."""

    return _carried(asked, visit, found) or _looked_up(asked, None, (), visit, found)


def _own_tongue(asked: str, passages: Sequence[Passage], hangs: Sequence[Turn], visit: _Visit) -> Said:
    """Where nothing is found, that is said in the shopper's language as well."""
    code = tongue.tongue_of(asked)
    if code is None or not (sentence := tongue.tongues()[code].not_found):
        return _in_any_words(asked, passages, hangs, visit)
    said = _quietly(lambda quiet: _in_any_words(asked, passages, hangs, quiet), visit)
    if said.verdict == NOT_IN_DOCUMENTS and said.mode != TEMPLATE:
        said = replace(said, text=sentence)
    _retell(said, visit.telling)
    return said


def _in_any_words(asked: str, passages: Sequence[Passage], hangs: Sequence[Turn], visit: _Visit) -> Said:
    """What the documents say in the question's words, and where nobody reads better, in words that mean the same."""
    likeness = visit.desk.likeness
    if likeness is None or visit.desk.spoken is not None:
        return _said(asked, passages, hangs, visit)
    said = _quietly(lambda quiet: _said(asked, passages, hangs, quiet), visit)
    if said.verdict == NOT_IN_DOCUMENTS and said.mode != TEMPLATE and visit.deadline.left_s() > _TO_COMPARE_S:
        desk = replace(visit.desk, compose=lambda text, sources: nearest(text, sources, likeness))
        said = _quietly(lambda quiet: _said(asked, passages, hangs, quiet), replace(visit, desk=desk))
    _retell(said, visit.telling)
    return said


def _retell(said: Said, telling: Telling) -> None:
    telling.sources(said.citations)
    telling.products(said.facts)
    telling.words([said.text], mask=lambda text: Masked(text, ()))  # it was masked before it was kept


def _said(asked: str, passages: Sequence[Passage], before: Sequence[Turn], visit: _Visit) -> Said:
    """In the merchant's own sentences where they are sure enough, else in a model's words, where there is one."""
    plain = tongue.plainly(asked)
    draft = _composed(plain, passages, visit)
    sheets: Mapping[str, Sheet] | None = None
    if any(record(passages[sentence.ref - 1].content) for sentence in draft.sentences):
        sheets = _facts(passages, visit)
        passages = _as_of_now(passages, sheets)
        draft = _composed(plain, passages, visit)
    stands = _checked(draft, passages)
    models = visit.desk.spoken
    if models is None or not speaking.wanted(asked, draft, bool(stands.supported), passages):
        return _quoted(draft, stands, passages, sheets or {}, visit)
    ladder = visit.step()
    if ladder is not None and ladder.rung is Rung.TEMPLATE:
        text = visit.telling.words([wording().budget_spent], mask=visit.desk.mask_answer)
        return Said(text, NOT_IN_DOCUMENTS, (), 0.0, mode=TEMPLATE, score=0.0, lasting=False)
    chosen = _chosen(asked, passages, models, visit)
    if chosen is not None:
        passages, sheets = chosen, None
    if sheets is None and any(record(passage.content) for passage in passages):
        sheets = _facts(passages, visit)
        passages = _as_of_now(passages, sheets)
    wish = speaking.Wish(
        asked, _kind(asked, passages, visit.deadline), passages, sheets or {}, lambda: _facts(passages, visit), before
    )
    said = speaking.spoken(
        wish,
        purse=visit.opened(models),
        desk=models,
        deadline=visit.deadline,
        telling=visit.telling,
        mask=visit.desk.mask_answer,
    )
    if isinstance(said, Said):
        return said
    # The passages are what they were, but for products that are gone since: the draft's numbers may be others now.
    draft = _composed(plain, passages, visit)
    quoted = _quoted(draft, _checked(draft, passages), passages, sheets or {}, visit)
    flags = () if said is Why.NOT_IN_PASSAGES else (said.value,)
    return replace(quoted, flags=flags, lasting=not speaking.passing(said))


def _chosen(asked: str, passages: Sequence[Passage], models: speaking.Desk, visit: _Visit) -> Sequence[Passage] | None:
    """What a model has looked up, where nothing simpler is sure what is wanted; None: it did not look, or in vain."""
    carry = visit.desk.carry
    if carry is None or visit.deadline.left_s() * 1000 < figures().choose_ms:
        return None
    if read(asked, reader=carry.reader, deadline=visit.deadline).sure:
        return None
    choice = choose(
        Masked(asked, ()),
        looking.offered(),
        purse=visit.opened(models),
        desk=models.models,
        deadline=visit.deadline.part(figures().choose_ms // 2),
    )
    models.chose(choice)
    if not choice.uses:
        return None
    with visit.in_database():
        return looking.looked(
            choice,
            passages,
            call=lambda tool, given: carry.call(visit.caller, tool, given, visit.deadline, None),
        )


def _checked(draft: Draft, passages: Sequence[Passage]) -> Verdict:
    claims = [Claim(sentence.text, sentence.ref, sentence.quotes) for sentence in draft.sentences]
    return check(claims, {ref: passage.content for ref, passage in enumerate(passages, start=1)})


def _quoted(
    draft: Draft, verdict: Verdict, passages: Sequence[Passage], sheets: Mapping[str, Sheet], visit: _Visit
) -> Said:
    """In the merchant's own sentences. Below the bar, what does not stand is cut; what is left of them all stands."""
    telling, mask = visit.telling, visit.desk.mask_answer
    by_ref = dict(enumerate(passages, start=1))
    stands = verdict.supported
    if not stands:
        confidence = 0.0 if verdict.unsupported else 1.0 - draft.confidence
        telling.sources(())
        text = telling.words([wording().not_in_documents], mask=mask)
        return Said(text, NOT_IN_DOCUMENTS, (), round(confidence, 3), score=verdict.score)
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
    text = telling.words((f"{claim.text} [{shown[claim.ref]}]" for claim in stands), mask=mask)
    return Said(
        text=text,
        verdict=ANSWERED,
        citations=citations,
        confidence=round(draft.confidence, 3),
        cut_down=verdict.score < BAR,
        facts=facts,
        score=round(verdict.score, 3),
    )


def _kind(asked: str, passages: Sequence[Passage], deadline: Deadline) -> PromptKind:
    """Which prompt fits, by the words alone; where they do not tell, by what was found first."""
    kinds = {request.kind for request in read(asked, reader=WORDS_ALONE, deadline=deadline).requests}
    if Kind.COMPARISON in kinds:
        return PromptKind.COMPARISON
    if Kind.POLICY_QUESTION in kinds:
        return PromptKind.POLICY
    if kinds & {Kind.PRODUCT_SEARCH, Kind.PRODUCT_QUESTION} or record(passages[0].content):
        return PromptKind.PRODUCT
    return PromptKind.GENERAL


def _composed(asked: str, passages: Sequence[Passage], visit: _Visit) -> Draft:
    """Once of the same passages, however many ways of answering ask for it."""
    known = (visit.desk.compose, asked, _as_sources(passages))
    if known not in visit.drafts:
        visit.drafts[known] = visit.desk.compose(asked, known[2])
    return visit.drafts[known]


def _as_sources(passages: Sequence[Passage]) -> tuple[Source, ...]:
    found = enumerate(passages, start=1)
    return tuple(
        Source(ref, one.section, one.content, one.similarity, one.document_id, one.start) for ref, one in found
    )


def _facts(passages: Sequence[Passage], visit: _Visit) -> Mapping[str, Sheet]:
    return _sheets([passage.chunk_id for passage in passages if record(passage.content)], visit)


def _sheets(chunks: Sequence[str], visit: _Visit) -> Mapping[str, Sheet]:
    visit.deadline.check()
    try:
        with visit.in_database():
            return visit.desk.facts(visit.caller, tuple(chunks))
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


def _remembered(visit: _Visit, turn: Turn) -> str | None:
    """The conversation's id, or None when it cannot be kept. What has been found is still worth saying."""
    if visit.deadline.left_s() <= 0:
        return None
    try:
        return visit.desk.remember(visit.caller, visit.question.session_id, turn, visit.session_id)
    except SessionsUnavailable:
        return None
