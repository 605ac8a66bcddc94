"""Which kept answers may be served, and who computes one that may not: changes when those rules do.

The truth is PostgreSQL's. A kept answer carries the merchant's generation, read before its passages were, and the
versions of the facts in it; before it is served both are held against the database. So its age never
makes it wrong, and its soft lifetime only says when somebody should compute it anew.
"""

import hashlib
import json
import random
import re
import secrets
import time
import tomllib
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shopwright.errors import Unavailable
from shopwright.orchestrator.said import Said
from shopwright.resilience.deadline import Deadline, DeadlinePassed
from shopwright.tenancy.caller import Caller

if TYPE_CHECKING:
    from shopwright.orchestrator.valkey import Shelf

_WORD = re.compile(r"\w[\w'’-]*")
_SENTENCE_ENDS = ".!?:"


class ShelfUnavailable(Unavailable):
    """The kept answers cannot be reached. Nobody needs to know: answers are computed meanwhile."""


class Cache(StrEnum):
    """How an answer came about, as far as the cache goes."""

    HIT = "hit"
    STALE = "stale"  # past its soft lifetime, still true, and being computed anew by somebody else
    MISS = "miss"
    OFF = "off"


class State(StrEnum):
    """What lies at a key."""

    FRESH = "fresh"
    STALE = "stale"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at a key found. `leads`: the lock is the looker's, who computes. `kept_by` names the writer."""

    state: State
    leads: bool
    value: bytes | None = None
    kept_by: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What PostgreSQL holds true now: the merchant's generation, and the versions of the facts that were asked for."""

    generation: int
    versions: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Lifetime:
    soft_s: float
    hard_s: float


@dataclass(frozen=True, slots=True)
class Rules:
    """The figures of `answer_cache.toml`."""

    lifetimes: Mapping[str, Lifetime]
    jitter: float
    largest_bytes: int
    most_per_merchant: int
    lock_ms: int
    wait_ms: int
    poll_ms: int
    rest_ms: int

    @property
    def longest_s(self) -> float:
        return max(lifetime.hard_s for lifetime in self.lifetimes.values())


@cache
def rules() -> Rules:
    table = tomllib.loads(files("shopwright.orchestrator").joinpath("answer_cache.toml").read_text("utf-8"))
    lifetimes = {kind: Lifetime(**row) for kind, row in table["lifetimes"].items()}
    return Rules(lifetimes, **table["bounds"], **table["waiting"])


@dataclass(frozen=True, slots=True)
class Served:
    """What is said, and how it came about. `unchecked`: PostgreSQL could not be asked whether it is still true."""

    said: Said
    cache: Cache
    written_at: float | None = None  # epoch seconds; None: just now
    unchecked: bool = False


class _Entry(BaseModel):
    """A kept answer as it lies in the cache. It names its place, so that one that was put elsewhere is noticed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    merchant_id: str
    query_hash: str
    kind: str
    generation: Annotated[int, Field(ge=0)]
    facts: dict[str, int]
    written_at: float
    said: Said


class AnswerCache:
    """Asks the shelf first, and lets one caller at a time compute what is not on it.

    `seen` reads the generation where passages are searched, `current` what is true where documents are written; when
    passages come from a replica these are two servers.
    """

    def __init__(
        self,
        shelf: "Shelf",
        *,
        seen: Callable[[Caller], int],
        current: Callable[[Caller, Sequence[str]], Standing],
        context: Sequence[str],
        figures: Rules | None = None,
        now: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
        report: Callable[[ShelfUnavailable], None] = lambda failure: None,
    ) -> None:
        self._shelf = shelf
        self._seen = seen
        self._current = current
        self._context = tuple(context)
        self._rules = figures or rules()
        self._now = now
        self._clock = clock
        self._sleep = sleep
        self._chance = chance
        self._report = report
        self._rests_until = float("-inf")

    def through(
        self,
        caller: Caller,
        question: str,
        compute: Callable[[], Said],
        deadline: Deadline,
        *,
        thrifty: Callable[[], bool] = lambda: False,
    ) -> Served:
        """The answer to a masked question: a kept one that is true now, or what `compute` finds. Whoever is `thrifty`
        takes one past its soft lifetime too, instead of computing it anew."""
        visit = _Visit(caller, query_hash(question, self._context), secrets.token_hex(8), compute)
        gives_up = self._clock() + min(self._rules.wait_ms / 1000, deadline.left_s() / 2)
        while self._clock() >= self._rests_until:
            try:
                found = self._shelf.look(
                    caller.tenant,
                    visit.query_hash,
                    token=visit.token,
                    now_ms=self._now_ms(),
                    lock_ms=self._rules.lock_ms,
                )
                entry = self._entry(visit, found)
                if found.leads:
                    served = self._checked(visit, entry, found) if entry is not None and thrifty() else None
                    if served is None:
                        return self._lead(visit, entry)
                    self._give_up(visit)
                    return served
                if entry is not None:
                    served = self._checked(visit, entry, found)
                    if served is not None:
                        return served
            except ShelfUnavailable as failure:
                self._rest(failure)
                break
            deadline.check()
            if self._clock() >= gives_up:
                return Served(compute(), Cache.MISS)
            if entry is None:
                self._sleep(self._rules.poll_ms / 1000)
        return Served(compute(), Cache.OFF)

    def _entry(self, visit: "_Visit", found: Look) -> _Entry | None:
        """What was found, if it is whole and belongs here; else it is removed."""
        if found.value is None:
            return None
        try:
            entry = _Entry.model_validate_json(found.value)
        except ValidationError:  # its words may quote the answer
            entry = None
        place = (visit.caller.tenant.merchant_id, visit.query_hash)
        if entry is not None and (entry.merchant_id, entry.query_hash) == place:
            return entry
        self._shelf.drop(visit.caller.tenant, visit.query_hash, kept_by=found.kept_by)
        return None

    def _checked(self, visit: "_Visit", entry: _Entry, found: Look) -> Served | None:
        """The kept answer if it may be served. One that may not be is removed, so that the next look misses it."""
        how = Cache.HIT if found.state is State.FRESH else Cache.STALE
        try:
            standing = self._current(visit.caller, sorted(entry.facts))
        except Unavailable as failure:
            return self._unchecked(entry, how, failure)
        if (entry.generation, entry.facts) == (standing.generation, standing.versions):
            return Served(entry.said, how, entry.written_at)
        self._shelf.drop(
            visit.caller.tenant,
            visit.query_hash,
            kept_by=found.kept_by,
            generation=standing.generation,
            longest_ms=int(self._rules.longest_s * 1000),
        )
        return None

    def _unchecked(self, entry: _Entry, how: Cache, failure: Unavailable) -> Served:
        """Better than nothing, unless it holds facts: a price whose version cannot be checked is not served."""
        if entry.facts:
            raise failure
        return Served(entry.said, how, entry.written_at, unchecked=True)

    def _lead(self, visit: "_Visit", entry: _Entry | None) -> Served:
        """Compute for everybody who waits. The lock is given back whatever happens."""
        try:
            generation = self._seen(visit.caller)
            said = visit.compute()
        except DeadlinePassed:
            self._give_up(visit)
            raise
        except Unavailable as failure:
            self._give_up(visit)
            if entry is None:
                raise
            return self._unchecked(entry, Cache.STALE, failure)
        except BaseException:
            self._give_up(visit)
            raise
        if said.lasting:
            self._keep(visit, said, generation)
        else:
            self._give_up(visit)
        return Served(said, Cache.MISS)

    def _keep(self, visit: "_Visit", said: Said, generation: int) -> None:
        """Put an answer on the shelf. That it cannot be is no reason not to give it."""
        hangs_on = (*said.facts, *said.watched)
        kind = "with_facts" if hangs_on else said.verdict
        lifetime = self._rules.lifetimes[kind]
        entry = _Entry(
            merchant_id=visit.caller.tenant.merchant_id,
            query_hash=visit.query_hash,
            kind=kind,
            generation=generation,
            facts={fact.key: fact.version for fact in hangs_on},
            written_at=self._now(),
            said=said,
        )
        value = entry.model_dump_json().encode()
        if len(value) > self._rules.largest_bytes:
            self._give_up(visit)
            return
        shorter = 1 - self._rules.jitter * self._chance()
        try:
            self._shelf.keep(
                visit.caller.tenant,
                visit.query_hash,
                value,
                token=visit.token,
                generation=generation,
                now_ms=self._now_ms(),
                soft_ms=int(lifetime.soft_s * shorter * 1000),
                hard_ms=int(lifetime.hard_s * shorter * 1000),
                longest_ms=int(self._rules.longest_s * 1000),
                most=self._rules.most_per_merchant,
            )
        except ShelfUnavailable as failure:
            self._rest(failure)

    def _give_up(self, visit: "_Visit") -> None:
        try:
            self._shelf.give_up(visit.caller.tenant, visit.query_hash, token=visit.token)
        except ShelfUnavailable as failure:
            self._rest(failure)  # the lock ends by itself

    def _rest(self, failure: ShelfUnavailable) -> None:
        """Leave the shelf alone for a while, so that not every request waits for it to time out."""
        self._rests_until = self._clock() + self._rules.rest_ms / 1000
        self._report(failure)

    def _now_ms(self) -> int:
        return int(self._now() * 1000)


@dataclass(frozen=True, slots=True)
class _Visit:
    """One caller's question, at its place in the cache."""

    caller: Caller
    query_hash: str
    token: str
    compute: Callable[[], Said]


def query_hash(question: str, context: Sequence[str]) -> str:
    """The name of a question among a merchant's. `context` is whatever else decides what is answered to it."""
    asked = json.dumps([*spelled(question), *context], ensure_ascii=False)
    return hashlib.sha256(asked.encode()).hexdigest()


def spelled(question: str) -> tuple[str, list[int]]:
    """One spelling for what is answered alike: canonical characters, single spaces, small letters; and which of its
    words are written as names (with a capital that does not begin a sentence), since an answer goes by that."""
    plain = " ".join(unicodedata.normalize("NFC", question).split())
    names = [
        place
        for place, word in enumerate(_WORD.finditer(plain))
        if word[0][0].isupper() and word[0] != "I" and not _begins(plain[: word.start()].rstrip())
    ]
    return plain.lower(), names


def _begins(before: str) -> bool:
    return not before or before[-1] in _SENTENCE_ENDS
