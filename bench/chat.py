"""How often the chat is right when no model helps it: changes when answers are judged otherwise.

Questions as shoppers ask them, labelled from the demo shops' documents and catalogs alone (`chat.toml`), asked in this
process over a real database and the real embedder. Half of them, by the hash of their text, is held out: nobody tunes
on those, and only the other half's faults are written out.
"""

import csv
import hashlib
import io
import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from shopwright.catalog.aurora import Names
from shopwright.grounding.wording import wording
from shopwright.orchestrator import answer as answering
from shopwright.orchestrator.said import ASKS, NOT_IN_DOCUMENTS, UNAVAILABLE
from shopwright.orchestrator.visit import Desk, Question
from shopwright.resilience.deadline import Deadline
from shopwright.runtime.answering import sparing_goods
from shopwright.tenancy.caller import Caller, Role
from shopwright.tenancy.tenant import Tenant

from bench import answer
from bench.outcome import CannotMeasure, Options, Outcome
from bench.store import Store, store
from local import merchants
from tests.fakes.carts import FakeCarts
from tests.fakes.sessions import FakeSessions

AT = 1_790_000_000  # by the clock of what is kept in memory
DEADLINE_MS = 60_000  # a bench asks how right an answer is, not how fast
WRONG_AT_MOST, RIGHT_AT_LEAST = 0.02, 0.90
# What the shop's assistant says when it does not answer: that there is no such thing, which is a wrong fact where there
# is; that nothing was found; and what may stand over a list that is right ("the descriptions of these say nothing").
_NOT_SOLD = ("not_sold",)
_NOTHING = ("nothing", "nothing_at_all")
_FOUND_NONE = ("nothing_seen", "nothing_seen_at_all", "unmeasured", "unmeasured_at_all")
_AT_LAST = ("whole_record", "what_is_near")  # no answer, but it may well tell what was asked for
_HEDGES = (
    *("unsaid", "unsaid_more", "does_not_say", "does_not_say_which", "does_not_say_of", "does_not_sort"),
    *("no_such_variant", "nothing_bought", "none_bought"),
    *_AT_LAST,
)
_MARKS = re.compile(r"\s*\[[0-9]+\]")


class Judged(StrEnum):
    """What an answer was, held against its label."""

    RIGHT = "right"
    RIGHTLY_REFUSED = "rightly refused"
    NEEDLESSLY_REFUSED = "needlessly refused"
    INCOMPLETE = "incomplete"
    BESIDE = "beside the point"
    WRONG = "wrong"


GOOD = (Judged.RIGHT, Judged.RIGHTLY_REFUSED)
FAULTS = tuple(judged for judged in reversed(Judged) if judged not in GOOD)


@dataclass(frozen=True, slots=True)
class Entry:
    """A question, or turns of which the last is judged, and what judges it; the file says what each is."""

    shop: str
    kind: str
    turns: tuple[str, ...]
    says: tuple[tuple[str, ...], ...] = ()
    never: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    refused: bool = False

    @property
    def held_out(self) -> bool:
        """Half of all, and the same ones always."""
        text = "\n".join((self.shop, *self.turns))
        return bool(hashlib.sha256(text.encode()).digest()[0] % 2)


@dataclass(frozen=True, slots=True)
class Told:
    """What came back to the last turn."""

    text: str
    verdict: str


@dataclass(frozen=True, slots=True)
class Case:
    """An entry, what came back, and how that was judged."""

    entry: Entry
    told: Told
    judged: Judged


def measure(options: Options) -> Outcome:
    asked = entries()
    asked = thinned(asked, options.count(quick=60, full=len(asked)))
    with store("chat") as place:
        answer.stock(place)
        cases = _asked(asked, place)
    return outcome(cases)


def entries(path: Path | None = None) -> tuple[Entry, ...]:
    """All that is labelled, in the file's order."""
    table = tomllib.loads((path or Path(__file__).with_suffix(".toml")).read_text("utf-8"))
    return tuple(
        _entry(shop, kind, row) for shop, kinds in table.items() for kind, rows in kinds.items() for row in rows
    )


def thinned(given: Sequence[Entry], count: int) -> tuple[Entry, ...]:
    """So many of them, from all of the set's length."""
    return tuple(given[at * len(given) // count] for at in range(count))


def judge(entry: Entry, told: Told, titles: Iterable[str]) -> Judged:
    """A wrong fact is wrong whatever stands beside it, and so is the denial of what is there; that nothing fits is no
    denial beside the very fact ("heavier than 2 kg?" – "nothing fits: it weighs 1450 g"). A record told whole, or goods
    shown as the nearest, say that no answer was found: they are right where all that was asked for stands in them. What
    is neither a refusal nor all that was asked for is wrong when it tells another thing for it, or shows what does not
    fit; else it is incomplete, or beside the point where nothing of what was asked for is in it."""
    text = _plain(told.text)
    if any(_holds(text, one) for one in entry.never):
        return Judged.WRONG
    unsold, nothing = _says_one_of(text, _NOT_SOLD), _says_one_of(text, _NOTHING)
    at_last = _says_one_of(text, _AT_LAST)
    silent = (told.verdict in (NOT_IN_DOCUMENTS, UNAVAILABLE) and not at_last) or _says_one_of(text, _FOUND_NONE)
    hedges = _says_one_of(text, _HEDGES) or _plain(wording().talk["small_talk"]) in text
    said = [any(_holds(text, one) for one in alternatives) for alternatives in entry.says]
    if entry.refused:
        if unsold or nothing or silent or hedges:
            return Judged.RIGHTLY_REFUSED
        if said and all(said):
            return Judged.RIGHT
        return Judged.INCOMPLETE if told.verdict == ASKS else Judged.WRONG
    if silent:
        return Judged.NEEDLESSLY_REFUSED
    shown = titles_in(told.text, titles)
    fitting = {*entry.products, *entry.may}
    if unsold or (nothing and (fitting or not all(said))):
        return Judged.WRONG
    foreign = shown - fitting if fitting else set()
    listed = not fitting or (bool(shown) and shown >= set(entry.products))
    if all(said) and listed and not foreign:
        return Judged.RIGHT
    if hedges:
        return Judged.NEEDLESSLY_REFUSED
    if told.verdict == ASKS:
        return Judged.INCOMPLETE
    if foreign or (not all(said) and any(_holds(text, one) for one in entry.instead)):
        return Judged.WRONG
    return Judged.INCOMPLETE if any(said) or (shown & fitting) else Judged.BESIDE


def titles_in(text: str, titles: Iterable[str]) -> set[str]:
    """The products that a text names in full; of two, one in the other, the longer."""
    found = set()
    for title in sorted(titles, key=len, reverse=True):
        pattern = re.compile(rf"(?<!\w){re.escape(title)}(?!\w)")
        if pattern.search(text):
            found.add(title)
            text = pattern.sub(" ", text)
    return found


def outcome(cases: Sequence[Case]) -> Outcome:
    """The figures of all, of both halves, of each shop and kind; and the faults of the half that is not held out."""
    metrics: dict[str, float] = {}
    limits: dict[str, tuple[str, float]] = {}
    halves = {
        "open half": [one for one in cases if not one.entry.held_out],
        "held-out half": [one for one in cases if one.entry.held_out],
    }
    for name, some in {"all": cases, **halves}.items():
        if not some:
            continue
        metrics[f"{name}: questions"] = float(len(some))
        metrics[f"{name}: right or rightly refused"] = _share(some, *GOOD)
        metrics |= {f"{name}: {judged}": _share(some, judged) for judged in Judged}
        limits[f"{name}: right or rightly refused"] = (">=", RIGHT_AT_LEAST)
        limits[f"{name}: wrong"] = ("<=", WRONG_AT_MOST)
    for what in ("shop", "kind"):
        for name in dict.fromkeys(getattr(one.entry, what) for one in cases):
            for half, given in halves.items():
                some = [one for one in given if getattr(one.entry, what) == name]
                if some:
                    metrics[f"{what} {name}, {half}: right or rightly refused, of {len(some)}"] = _share(some, *GOOD)
                    metrics[f"{what} {name}, {half}: needlessly refused"] = _share(some, Judged.NEEDLESSLY_REFUSED)
                    metrics[f"{what} {name}, {half}: wrong"] = _share(some, Judged.WRONG)
    faults: dict[str, Any] = {
        str(judged): [
            {"shop": one.entry.shop, "kind": one.entry.kind, "turns": one.entry.turns, "came": one.told.text}
            | {"verdict": one.told.verdict, "should": wanted(one.entry)}
            for one in cases
            if one.judged is judged and not one.entry.held_out
        ]
        for judged in FAULTS
    }
    notes = (
        "Shares of the questions. Wrong: a wrong fact, a denial of what is there, a product that does not fit, another "
        "thing told for what was asked, or an answer where the shop has none. Incomplete: part of what was asked for, "
        "or asked back. Beside the point: nothing of it, and nothing wrong. The open half's faults are in the JSON.",
    )
    return Outcome("chat", metrics, limits, notes, faults)


def wanted(entry: Entry) -> dict[str, Any]:
    """The label, without what it leaves open."""
    label = {name: getattr(entry, name) for name in ("says", "never", "instead", "products", "may", "refused")}
    return {name: value for name, value in label.items() if value}


def _share(cases: Sequence[Case], *judged: Judged) -> float:
    return Counter(one.judged in judged for one in cases)[True] / len(cases)


def _entry(shop: str, kind: str, row: Mapping[str, Any]) -> Entry:
    unknown = row.keys() - {"ask", "says", "never", "instead", "products", "may", "refused"}
    if unknown or not row.get("ask"):
        raise CannotMeasure(f"An entry of {shop}, {kind} asks nothing, or has what no judge reads: {sorted(unknown)}")
    ask = row["ask"]
    return Entry(
        shop=shop,
        kind=kind,
        turns=(ask,) if isinstance(ask, str) else tuple(ask),
        says=tuple((one,) if isinstance(one, str) else tuple(one) for one in row.get("says", ())),
        refused=row.get("refused", False),
        **{name: tuple(row.get(name, ())) for name in ("never", "instead", "products", "may")},
    )


def _plain(text: str) -> str:
    return " ".join(_MARKS.sub("", text).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").casefold().split())


@cache
def _phrase(wanted: str) -> re.Pattern[str]:
    """By itself: "5 years" does not stand in "15 years", nor "39.00" in "139.00"."""
    plain = _plain(wanted)
    before = r"(?<![\w.,])" if plain[0].isdigit() else r"(?<!\w)" if plain[0].isalpha() else ""
    after = r"(?!\w|[.,][0-9])" if plain[-1].isalnum() else ""
    return re.compile(before + re.escape(plain) + after)


def _holds(text: str, wanted: str) -> bool:
    return bool(_phrase(wanted).search(text))


def _says_one_of(text: str, names: Iterable[str]) -> bool:
    return any(_template(wording().shelf[name]).search(text) for name in names)


@cache
def _template(said: str) -> re.Pattern[str]:
    """A sentence of the assistant's own with whatever is put into it."""
    return re.compile(".+?".join(re.escape(_plain(part)) for part in re.split(r"\{[a-z]+\}", said)))


def _asked(asked: Sequence[Entry], place: Store) -> list[Case]:
    """Each by a shopper of its own; conversations and carts are kept in memory."""
    sessions, names = FakeSessions(lambda: AT), Names(place.database)
    counter = answer.Counter(place.address, place.login, place.key, FakeCarts(lambda: AT))
    shops = {shop.id: shop for shop in merchants.shops()}
    titles = {name: titles_of(shop.documents) for name, shop in shops.items()}
    desk = replace(
        counter.desk,
        masks=sparing_goods(lambda caller, stretches: names.among(place.signer.sign(caller.tenant), stretches)),
        recall=lambda caller, session_id: sessions.of(caller.tenant, caller.subject).open(session_id),
        remember=lambda caller, session_id, turn, begun: sessions.of(caller.tenant, caller.subject).remember(
            session_id, turn, begun
        ),
        branding=lambda caller: shops[caller.tenant.merchant_id].branding,
    )
    try:
        return [_case(number, one, desk, titles[one.shop]) for number, one in enumerate(asked)]
    finally:
        counter.close()


def _case(number: int, entry: Entry, desk: Desk, titles: Iterable[str]) -> Case:
    caller = Caller(Tenant(entry.shop), Role.SHOPPER, f"user#bench-{number}", frozenset({"shop/chat"}))
    session_id = None
    for turn in entry.turns:
        said = answering.answer(Question(turn, caller, session_id), desk=desk, deadline=Deadline(DEADLINE_MS))
        if said.failure is not None:
            raise CannotMeasure(f"{turn!r} was not answered: {said.failure!r}")
        session_id = said.session_id
    told = Told(said.text, said.verdict)
    return Case(entry, told, judge(entry, told, titles))


def titles_of(documents: Path) -> tuple[str, ...]:
    """What the shop's catalog calls its products."""
    for path in documents.glob("catalog.*"):
        text = path.read_text("utf-8")
        if path.suffix == ".json":
            return tuple(one["name"] for one in json.loads(text)["products"])
        delimiter = ";" if ";" in text.partition("\n")[0] else ","
        return tuple(row["name"] for row in csv.DictReader(io.StringIO(text), delimiter=delimiter))
    raise CannotMeasure(f"{documents} has no catalog.")
