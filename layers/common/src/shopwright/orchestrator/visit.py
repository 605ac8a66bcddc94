"""One question's way through the shop: changes when an answer needs something else within reach."""

import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from shopwright.catalog.facts import Sheet
from shopwright.costs.ladder import Rung, Step, step
from shopwright.costs.ledger import LedgerBusy, LedgerUnavailable, Purse
from shopwright.costs.price import Bill
from shopwright.costs.used import Used
from shopwright.llm.extractive import Draft
from shopwright.llm.nearest import Likeness
from shopwright.llm.units import Source
from shopwright.orchestrator import carry as carrying
from shopwright.orchestrator import spoken as speaking
from shopwright.orchestrator import talk as talking
from shopwright.orchestrator.answer_cache import AnswerCache
from shopwright.orchestrator.events import Tell, Telling
from shopwright.orchestrator.said import Said
from shopwright.orchestrator.session import Session, Turn
from shopwright.orchestrator.spelling import Sold
from shopwright.privacy.redact import Masked
from shopwright.privacy.redactor import Use, redactor
from shopwright.resilience.deadline import Deadline
from shopwright.retrieval.outside import Beside, Sighted
from shopwright.retrieval.search import Passage
from shopwright.tenancy.branding import Branding
from shopwright.tenancy.caller import Caller

Mask = Callable[[str], Masked]
Compose = Callable[[str, Sequence[Source]], Draft]
_ACCOUNTS = 10  # DynamoDB's units: to read a ledger


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
    sold: Sold | None = None  # without it a word that is none is not read as another
    carry: carrying.Desk | None = None  # without it products are looked up like all else
    spoken: speaking.Desk | None = None  # without it no model is asked
    priced: Callable[[Used], Bill] = lambda used: Bill()
    new_id: Callable[[], str] = lambda: str(uuid.uuid4())
    clock: Callable[[], float] = time.perf_counter
    now: Callable[[], float] = time.time


@dataclass(slots=True)
class Visit:
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


def quietly(say: Callable[[Visit], Said], visit: Visit, *, tell: Tell | None = None) -> Said:
    """A part of an answer, which is told with the rest of it; `tell` hears it at once."""
    quiet = replace(visit, telling=Telling(tell, lambda: 0.0))
    said = say(quiet)
    visit.purse = quiet.purse
    if visit.sighted is None or visit.sighted.whole:  # of several looks, the one that fell short is told of
        visit.sighted = quiet.sighted or visit.sighted
    return said


def retell(said: Said, telling: Telling) -> None:
    telling.sources(said.citations)
    telling.products(said.facts)
    telling.words([said.text], mask=lambda text: Masked(text, ()))  # it was masked before it was kept
