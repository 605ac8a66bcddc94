"""Passages from sources beside our own: changes when we demand more of such a source, or make more of its failures.

A source is asked for one merchant's passages, and what comes is held to that once more: the source's filter is its
own, and the merchant's words are nobody else's. What passes is masked and measured here as our own passages were when
they came in, so that both stand in one order.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

from shopwright.errors import Unavailable
from shopwright.resilience.breaker import Breaker, CircuitOpen
from shopwright.resilience.deadline import Deadline, DeadlinePassed
from shopwright.retrieval.search import Passage
from shopwright.tenancy.tenant import Tenant

MERCHANT = "merchant_id"  # the name of the metadata in every source
MOST = 5  # results of one source
PATIENCE_MS = 1500  # of one source, and never later than the answer's own deadline
LONGEST_TEXT = 2000  # characters of a passage, as of one of ours
_OPENS = frozenset({"https", "http", "s3"})  # what a citation may lead to


class SourceUnavailable(Unavailable):
    """A source beside our own did not answer. Our own passages are what there is."""

    def __init__(self) -> None:
        super().__init__("A further source of the shop does not answer at the moment. Please try again.")


class SourceStalled(SourceUnavailable):
    """It has said nothing for too long."""


class SourceMalformed(SourceUnavailable):
    """What came cannot be read."""


class SourceRefused(SourceUnavailable):
    """The source does not take such a question: it is asked or configured wrongly. `kind` is its name for that."""

    def __init__(self, kind: str = "") -> None:
        super().__init__()
        self.kind = kind


class SourceLeftAlone(SourceUnavailable, CircuitOpen):
    """It has failed again and again, and is not asked for a while."""


EXCUSED = (SourceMalformed, SourceRefused)  # may be one merchant's data, or one shopper's question


@dataclass(frozen=True, slots=True)
class Found:
    """One result as a source gave it; `merchant_id` is whose its metadata say that it is, if they do."""

    merchant_id: str | None
    document_id: str
    title: str
    uri: str
    text: str

    def __repr__(self) -> str:
        return f"Found({self.document_id})"  # until it is known whose it is, its words go nowhere


class Source(Protocol):
    """A source of passages. It raises a SourceUnavailable, and nothing else of its own."""

    @property
    def name(self) -> str: ...

    def find(self, tenant: Tenant, question: str, *, limit: int, deadline: Deadline) -> Sequence[Found]:
        """The merchant's results, best first; asked for no other's."""


class Came(StrEnum):
    """What came of asking a source."""

    FOUND = "found"
    NOTHING = "nothing"
    UNAVAILABLE = "unavailable"
    STALLED = "stalled"
    MALFORMED = "malformed"
    REFUSED = "refused"
    LEFT_ALONE = "left_alone"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a source fared: what came of it, how many results were taken, and how many were not, by why not."""

    source: str
    came: Came
    taken: int = 0
    dropped: tuple[tuple[str, int], ...] = ()

    @property
    def failed(self) -> bool:
        return self.came not in (Came.FOUND, Came.NOTHING)


@dataclass(frozen=True, slots=True)
class Guarded:
    """A source and its breaker."""

    source: Source
    breaker: Breaker

    def find(self, tenant: Tenant, question: str, *, limit: int, deadline: Deadline) -> Sequence[Found]:
        return self.breaker.call(lambda: self.source.find(tenant, question, limit=limit, deadline=deadline))


@dataclass(frozen=True, slots=True)
class Measure:
    """How a result becomes a passage like ours: what is personal in it is masked, and its text gets a vector."""

    mask: Callable[[str], str]
    embed: Callable[[Sequence[str]], Sequence[Sequence[float]]]


@dataclass(frozen=True, slots=True)
class Sighted:
    """Passages of all sources, best first, and how each source beside our own fared."""

    passages: tuple[Passage, ...]
    outcomes: tuple[Outcome, ...] = ()

    @property
    def whole(self) -> bool:
        return not any(one.failed for one in self.outcomes)

    @property
    def flags(self) -> tuple[str, ...]:
        """The names of what failed, such as `amazon_q_stalled`."""
        return tuple(f"{one.source}_{one.came.value}" for one in self.outcomes if one.failed)


class Beside:
    """Asks every source at once, while our own passages are looked for. `report` hears how each of them fared."""

    def __init__(
        self, sources: Sequence[Guarded], *, measure: Measure, report: Callable[[Outcome], None] = lambda outcome: None
    ) -> None:
        self._sources = tuple(sources)
        self._measure = measure
        self._report = report

    def begin(self, tenant: Tenant, question: str, vector: Sequence[float], deadline: Deadline) -> "Asked":
        """Ask them; `vector` is the question's, of the model that `measure` embeds with."""
        own = deadline.part(PATIENCE_MS)
        running: list[tuple[str, Future[tuple[Sequence[Passage], Outcome]]]] = []
        for guarded in self._sources:
            name: str = guarded.source.name
            future: Future[tuple[Sequence[Passage], Outcome]] = Future()
            running.append((name, future))

            def ask(guarded: Guarded = guarded, future: "Future[tuple[Sequence[Passage], Outcome]]" = future) -> None:
                try:
                    future.set_result(self._asked(guarded, tenant, question, vector, own))
                except BaseException as mistake:
                    future.set_exception(mistake)

            threading.Thread(target=ask, name=f"source {name}", daemon=True).start()
        return Asked(running, own, self._report)

    def spared(self, own: Sequence[Passage]) -> Sighted:
        """Ours alone: nobody can say whether theirs can be paid for."""
        outcomes = tuple(Outcome(guarded.source.name, Came.LEFT_ALONE) for guarded in self._sources)
        for outcome in outcomes:
            self._report(outcome)
        return Sighted(tuple(own), outcomes)

    def _asked(
        self, guarded: Guarded, tenant: Tenant, question: str, vector: Sequence[float], deadline: Deadline
    ) -> tuple[Sequence[Passage], Outcome]:
        name: str = guarded.source.name
        try:
            found = guarded.find(tenant, question, limit=MOST, deadline=deadline)
        except Unavailable as failure:
            return (), Outcome(name, came_of(failure))
        taken, dropped = whose(found, tenant)
        texts = [self._measure.mask(one.text[:LONGEST_TEXT]) for one in taken]
        deadline.check()
        vectors = self._measure.embed(texts)
        measured = zip(taken, texts, vectors, strict=True)
        passages = [_passage(name, one, text, _cosine(vector, its)) for one, text, its in measured]
        return passages, Outcome(name, Came.FOUND if passages else Came.NOTHING, len(passages), dropped)


class Asked:
    """Sources that have been asked and have not answered yet."""

    def __init__(
        self,
        running: "Sequence[tuple[str, Future[tuple[Sequence[Passage], Outcome]]]]",
        deadline: Deadline,
        report: Callable[[Outcome], None],
    ) -> None:
        self._running = running
        self._deadline = deadline
        self._report = report

    def beside(self, own: Sequence[Passage]) -> Sighted:
        """Ours and theirs in one order, as many as there were of ours and one source's more at most. What takes longer
        than there is time for is left out, and so is what we have ourselves."""
        passages, outcomes = list(own), []
        known = {_spelled(one.content) for one in own}
        for name, future in self._running:
            try:
                theirs, outcome = future.result(timeout=self._deadline.left_s())
            except (TimeoutError, DeadlinePassed):
                theirs, outcome = (), Outcome(name, Came.STALLED)
            fresh = [one for one in theirs if _spelled(one.content) not in known]
            known |= {_spelled(one.content) for one in fresh}
            passages += fresh
            outcomes.append(outcome)
            self._report(outcome)
        passages.sort(key=lambda one: -one.score)
        return Sighted(tuple(passages[: len(own) + MOST]), tuple(outcomes))


def is_outside(source_uri: str) -> bool:
    """Whether a passage or a citation is from a source beside our own, whose changes nobody tells us of. Ours lie at
    keys, which have no scheme."""
    return source_uri.partition("://")[0] in _OPENS


def came_of(failure: Unavailable) -> Came:
    """A failure by its name."""
    kinds: tuple[tuple[type[Unavailable], Came], ...] = (
        (CircuitOpen, Came.LEFT_ALONE),
        (SourceStalled, Came.STALLED),
        (DeadlinePassed, Came.STALLED),
        (SourceMalformed, Came.MALFORMED),
        (SourceRefused, Came.REFUSED),
    )
    return next((came for kind, came in kinds if isinstance(failure, kind)), Came.UNAVAILABLE)


def whose(found: Sequence[Found], tenant: Tenant) -> tuple[list[Found], tuple[tuple[str, int], ...]]:
    """Those that are the merchant's and lead somewhere, and how many are not, by why."""
    taken: list[Found] = []
    dropped: dict[str, int] = {}
    for one in found:
        if why := _unfit(one, tenant):
            dropped[why] = dropped.get(why, 0) + 1
        else:
            taken.append(one)
    return taken, tuple(sorted(dropped.items()))


def _unfit(one: Found, tenant: Tenant) -> str:
    if not one.merchant_id:
        return "no_merchant"
    if one.merchant_id != tenant.merchant_id:
        return "another_merchant"
    if not one.text.strip():
        return "no_text"
    try:
        place = urlsplit(one.uri)
    except ValueError:
        return "no_place"
    return "" if place.scheme in _OPENS and place.netloc else "no_place"


def _passage(source: str, one: Found, text: str, similarity: float) -> Passage:
    return Passage(
        # A name of its own, and of the kind that ours have: no product and no fact is ever found by it.
        chunk_id=str(uuid5(NAMESPACE_URL, f"{source}\n{one.document_id}\n{one.uri}\n{text}")),
        document_id=one.document_id,
        version=1,
        title=one.title,
        section=(),
        start=0,
        end=len(text),
        source_uri=one.uri,
        content=text,
        similarity=similarity,
        lexical=None,
        score=similarity,
    )


def _cosine(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(left * right for left, right in zip(one, other, strict=True))  # both are of unit length


def _spelled(text: str) -> str:
    return " ".join(text.split()).casefold()
