"""Asks a model and passes on what it says: the one entry of this package. It changes when what is tried does.

    events = say(asking, purse=purse, desk=desk, deadline=deadline)

gives a Delta for each piece of text, and at the end exactly one Done or Fell. It raises nothing that a model, a budget
or a ledger can cause: each has a name in `Why`, and whoever asked then answers without a model. Text that came before a
Fell was said by the model, and is worth what grounding finds in it.

Nothing here has been grounded: the text carries the model's own citation marks (`[2]`) and slots (`{{price:1}}`), never
cut in two by a Delta. Filling slots (`grounding.slots`) and checking claims is the caller's.

A model that failed before its first word is asked again in simpler words, and the next cheaper one if there is one;
after its first word never, since a shopper may have read it. Closing the iterator stops the model, and settles.
"""

import re
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain

from shopwright.costs.ladder import step
from shopwright.costs.ledger import BudgetSpent, Hold, LedgerBusy, LedgerUnavailable, Purse
from shopwright.costs.price import Bill, PriceBook, Tokens
from shopwright.llm import escalate
from shopwright.llm.count import Count, estimated
from shopwright.llm.model import (
    Card,
    Model,
    ModelBrokenOff,
    ModelEmpty,
    ModelLeftAlone,
    ModelMalformed,
    ModelRefused,
    ModelStalled,
    ModelThrottled,
    ModelUnavailable,
    Over,
    Piece,
    Request,
    Said,
    Stop,
)
from shopwright.llm.prompt import NOT_IN_PASSAGES, Asking, Kind, Prompt, QuestionTooLong, figures, prompt
from shopwright.resilience.deadline import Deadline, DeadlinePassed
from shopwright.resilience.retry import Patience, retry

PATIENCE = Patience(attempts=2)
_OPEN = re.compile(r"(?:\[[0-9, ]{0,12}|\{\{?[a-z_0-9:]{0,48}\}?)$")  # a mark or a slot that is not closed yet


class Why(StrEnum):
    """Why there is no answer of a model, or no whole one."""

    NOT_IN_PASSAGES = "not_in_passages"  # the model says that what it was given does not answer
    NO_PASSAGES = "no_passages"  # there was nothing to answer from
    BUDGET_SPENT = "budget_spent"
    LEDGER_UNAVAILABLE = "ledger_unavailable"
    DEADLINE = "deadline"
    TOO_LONG = "question_too_long"
    THROTTLED = "model_throttled"
    STALLED = "model_stalled"
    BROKEN_OFF = "model_broken_off"
    MALFORMED = "model_malformed"
    EMPTY = "model_empty"
    FILTERED = "model_filtered"
    REFUSED = "model_refused"
    LEFT_ALONE = "model_left_alone"
    UNAVAILABLE = "model_unavailable"
    UNGROUNDED = "ungrounded"  # it answered, and nothing of that stood: found by whoever asked, and not here


@dataclass(frozen=True, slots=True)
class Delta:
    """More of the answer."""

    text: str

    def __repr__(self) -> str:
        return f"Delta({len(self.text)} characters)"  # what is said to people belongs in no log


@dataclass(frozen=True, slots=True)
class Estimate:
    """What was known before a model was asked: the prompt's tokens, on the safe side, and the money that was held."""

    tokens: int
    nanos: int


@dataclass(frozen=True, slots=True)
class Tried:
    """A model that was asked in vain, and why."""

    model: str
    why: Why
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class Done:
    """The model has answered. `refs` are the passages that it was given. `metered`: the provider said what it cost;
    else `tokens` is our estimate. `entered`: the ledger has it. `cut`: the answer got as long as it might. `bill` is
    the request's so far, with what was tried in vain."""

    model: str
    text: str
    refs: tuple[int, ...]
    estimate: Estimate
    tokens: Tokens
    bill: Bill
    simple: bool = False
    cut: bool = False
    metered: bool = True
    entered: bool = True
    tried: tuple[Tried, ...] = ()

    def __repr__(self) -> str:
        return f"Done({self.model}, {self.tokens})"


@dataclass(frozen=True, slots=True)
class Fell:
    """No model has answered. `bill` is the request's so far."""

    why: Why
    bill: Bill
    tried: tuple[Tried, ...] = ()


Event = Delta | Done | Fell


@dataclass(frozen=True, slots=True)
class Desk:
    """What must be within reach: whoever runs the models, which there are (the cheapest first), what they cost, and a
    tokenizer's count."""

    model: Model
    cards: tuple[Card, ...]
    book: PriceBook
    count: Count


class _NotInPassages(Exception):
    """The model says so."""


class _Filtered(Exception):
    """The model's provider has cut the answer off."""


class _NoModel(Exception):
    """No model can be paid for."""


# The first that fits names a failure.
_NAMES: tuple[tuple[type[Exception], Why], ...] = (
    (_NotInPassages, Why.NOT_IN_PASSAGES),
    (_Filtered, Why.FILTERED),
    (_NoModel, Why.BUDGET_SPENT),
    (BudgetSpent, Why.BUDGET_SPENT),
    (LedgerUnavailable, Why.LEDGER_UNAVAILABLE),
    (LedgerBusy, Why.LEDGER_UNAVAILABLE),
    (DeadlinePassed, Why.DEADLINE),
    (QuestionTooLong, Why.TOO_LONG),
    (ModelLeftAlone, Why.LEFT_ALONE),
    (ModelThrottled, Why.THROTTLED),
    (ModelStalled, Why.STALLED),
    (ModelBrokenOff, Why.BROKEN_OFF),
    (ModelMalformed, Why.MALFORMED),
    (ModelEmpty, Why.EMPTY),
    (ModelUnavailable, Why.UNAVAILABLE),
    (ModelRefused, Why.REFUSED),
)
NAMED = tuple(kind for kind, _ in _NAMES)  # what `why` has a name for
NOTHING_DONE = (ModelThrottled, ModelRefused, ModelLeftAlone)  # the model was never begun, so that nobody is billed


def say(asking: Asking, *, purse: Purse, desk: Desk, deadline: Deadline, effort: int = 0) -> Generator[Event]:
    """Ask a model, as able as the question needs and the purse allows. `effort` counts answers that did not stand."""
    if not asking.passages and asking.kind is not Kind.SMALL_TALK:
        yield Fell(Why.NO_PASSAGES, purse.bill)
        return
    tried: list[Tried] = []
    try:
        call = _begun(asking, purse, desk, deadline, effort, tried)
    except NAMED as failure:
        yield Fell(why(failure), purse.bill, tuple(tried))
        return
    try:
        yield from call.heard()
    except NAMED as failure:
        call.end()
        yield Fell(why(failure), purse.bill, (*tried, Tried(call.card.name, why(failure), call.estimate)))
        return
    finally:
        call.end()
    yield call.done(tuple(tried))


def _begun(asking: Asking, purse: Purse, desk: Desk, deadline: Deadline, effort: int, tried: list[Tried]) -> "_Call":
    """A model that has said its first word."""
    allowed = step(purse.left(), purse.limits).rung
    models = escalate.models(figures()[asking.kind].need, allowed, desk.cards, effort=effort)
    if not models:
        raise _NoModel

    def ask() -> _Call:
        simple = bool(tried)
        said = prompt(asking, count=desk.count, simple=simple)
        call = _held(models[min(len(tried), len(models) - 1) :], said, simple, purse, desk)
        try:
            call.begin(deadline)
        except NAMED as failure:
            call.end(nothing_done=isinstance(failure, NOTHING_DONE))
            tried.append(Tried(call.card.name, why(failure), call.estimate))
            raise
        except BaseException:
            call.end()
            raise
        return call

    return retry(ask, deadline=deadline, patience=PATIENCE)


def _held(models: Sequence[Card], said: Prompt, simple: bool, purse: Purse, desk: Desk) -> "_Call":
    """The first of the models that can be paid for, with the money held."""
    for at, card in enumerate(models):
        amount = desk.book.model(card.name).of(Tokens(said.tokens, said.max_tokens))
        try:
            return _Call(card, said, simple, purse.hold(amount), purse, desk)
        except BudgetSpent:
            if at == len(models) - 1:
                raise
    raise _NoModel


@dataclass(slots=True)
class _Call:
    """One call of one model, from its money to its end."""

    card: Card
    said: Prompt
    simple: bool
    hold: Hold
    purse: Purse
    desk: Desk
    text: str = ""
    over: Over | None = None
    entered: bool = True
    _first: Said | None = None
    _pieces: Iterator[Piece] = field(default_factory=lambda: iter(()))
    _ended: bool = False

    @property
    def estimate(self) -> Estimate:
        return Estimate(self.said.tokens, self.hold.amount)

    def begin(self, deadline: Deadline) -> None:
        """Wait for the first word."""
        request = Request(
            self.card.id,
            self.said.instructions,
            self.said.messages,
            self.said.max_tokens,
            cached=0 < self.card.cached_from <= estimated(self.said.instructions, self.desk.count),
        )
        self._pieces = self.desk.model.stream(request, deadline)
        blank = ""
        for piece in self._pieces:
            match piece:
                case Said(text) if not (blank + text).strip():
                    blank += text
                case Said(text):
                    self._first = Said((blank + text).lstrip())
                    return
                case Over():
                    self.over = piece
                    if piece.stop is Stop.FILTERED:
                        raise _Filtered
                    raise ModelEmpty
                case _:  # a tool: none was offered
                    raise ModelMalformed
        raise ModelBrokenOff

    def heard(self) -> Iterator[Delta]:
        """The text as it comes, what belongs together in one piece."""
        waiting, begun = "", False
        for piece in chain([self._first] if self._first else [], self._pieces):
            match piece:
                case Said(text):
                    self.text += text
                    waiting += text
                    if not begun and NOT_IN_PASSAGES.startswith(waiting.strip()):
                        continue
                    begun = True
                    if NOT_IN_PASSAGES in self.text:
                        continue  # read to its end: it has been paid for, and then we know for how much
                    ready = waiting[: found.start()] if (found := _OPEN.search(waiting)) else waiting
                    waiting = waiting[len(ready) :]
                    if ready:
                        yield Delta(ready)
                case Over():
                    self.over = piece
                case _:
                    raise ModelMalformed
        if NOT_IN_PASSAGES in self.text:
            raise _NotInPassages
        if self.over is not None and self.over.stop is Stop.FILTERED:
            raise _Filtered
        if waiting:
            yield Delta(waiting)

    def end(self, *, nothing_done: bool = False) -> None:
        """Stop the model and settle: by what was metered, else by what we think that it came to."""
        if self._ended:
            return
        self._ended = True
        close = getattr(self._pieces, "close", None)
        if close is not None:
            close()
        try:
            if nothing_done:
                self.purse.release(self.hold)
            else:
                self.purse.settle(self.hold, self.desk.book.tokens(self.card.name, self.tokens))
        except (LedgerUnavailable, LedgerBusy):
            self.entered = False  # the answer is there and paid for; that it is not entered is told

    @property
    def metered(self) -> bool:
        return self.over is not None and self.over.tokens is not None

    @property
    def tokens(self) -> Tokens:
        if self.over is not None and self.over.tokens is not None:
            return self.over.tokens
        return Tokens(self.said.tokens, estimated(self.text, self.desk.count))

    def done(self, tried: tuple[Tried, ...]) -> Done:
        return Done(
            self.card.name,
            self.text,
            self.said.refs,
            self.estimate,
            self.tokens,
            self.purse.bill,
            simple=self.simple,
            cut=self.over is not None and self.over.stop is Stop.CUT,
            metered=self.metered,
            entered=self.entered,
            tried=tried,
        )


def why(failure: BaseException) -> Why:
    """The name of what a model, a budget or a ledger raised."""
    return next(name for kind, name in _NAMES if isinstance(failure, kind))
