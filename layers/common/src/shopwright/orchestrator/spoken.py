"""An answer in a model's words: changes when what a model is given, or what of its words is told, does.

A sentence is told as soon as it is whole, its slots hold what the database says at that moment, and every claim of it
stands on what it cites. What does not stand is never told; a figure stands in a slot or in a quotation, or not at all.
If nothing of an answer stands, a more able model is asked once, if there is time and money. Who gets no answer here
(a Fell says why) has the merchant's own sentences still.
"""

import re
import tomllib
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from shopwright.catalog.facts import Sheet, Told
from shopwright.costs.ledger import Books, BudgetSpent, LedgerBusy, LedgerUnavailable, Limits, Purse
from shopwright.costs.price import Bill, PriceBook, Unit
from shopwright.errors import ShopwrightError, Unavailable
from shopwright.grounding import slots
from shopwright.grounding.cite import Citation, cite
from shopwright.grounding.claims import remarked, sentences, unmarked
from shopwright.grounding.evidence import Cited, Embed
from shopwright.grounding.further import Ask, lower, units
from shopwright.grounding.judge import NUMBER, UNSUPPORTED, Judgement, judge
from shopwright.llm import fits
from shopwright.llm.choose import Chosen
from shopwright.llm.extractive import Draft, record
from shopwright.llm.model import ours
from shopwright.llm.prompt import SLOT_NAME, Asking, Exchange, Given, Kind, Slot
from shopwright.llm.say import Delta, Done, Fell, Why, say
from shopwright.llm.say import Desk as Models
from shopwright.orchestrator.events import Telling
from shopwright.orchestrator.said import Said
from shopwright.orchestrator.session import Turn
from shopwright.privacy.redact import Masked
from shopwright.resilience.deadline import Deadline, DeadlinePassed
from shopwright.retrieval.search import Passage
from shopwright.tenancy.caller import Caller

ANSWERED = "answered"
MODE = "model"
# Flags, beside those of the checker: the model stopped in the middle, and what it had said stands; it spoke of itself;
# it sent somebody to an address that is not in its source.
BROKEN_OFF, OF_ITSELF, ADDRESS = "broken_off", "of_itself", "address"
_QUOTED = re.compile(r"[“\"„]([^“”\"„]+)[”\"“]")
_SLOT = re.compile(r"\{\{[^{}]*\}\}")
_WORD = re.compile(r"\w+(?:[-.,/]\w+)*")
_PIECE = re.compile(r"(?<=[.!?…])\s+|\n+|(?<=\w); ")
_ADDRESS = re.compile(r"\S*(?:@|://|www\.)\S*|\b[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}\b(?:/\S*)?", re.IGNORECASE)
_OF_ITSELF_WORDS = re.compile(r"\b(?:I|I['’](?:m|ve|ll|d)|me|my|mine|myself)\b")  # it has done nothing, and is nobody
_ITEM = re.compile(r"^\s*(?:[-*•–]|[0-9]{1,2}[.)])\s+")
# What would come out the same again; otherwise a later try may fare better, and what is answered without the model
# meanwhile is not kept for those who ask the same.
_PASSING = frozenset(Why) - {Why.NOT_IN_PASSAGES, Why.NO_PASSAGES, Why.TOO_LONG, Why.UNGROUNDED}


@dataclass(frozen=True, slots=True)
class Further:
    """Another checker of what ours lets pass, by whose prices, and who hears why it was not asked. It may take so long
    that with less time than `least_s` left it is not begun."""

    ask: Ask
    book: PriceBook
    missed: Callable[[ShopwrightError], None]
    least_s: float = 2.0


@dataclass(frozen=True, slots=True)
class Desk:
    """What must be within reach: the models, each merchant's ledger, and vectors to check claims with."""

    models: Models
    books: Callable[[Caller], Books]
    limits: Limits
    embed: Embed
    counted: Callable[[Done | Fell, Bill], None]  # how the asking ended, and the request's bill from before it
    chose: Callable[[Chosen], None] = lambda chosen: None  # what came of a choice of tools
    further: Further | None = None

    def purse(self, caller: Caller, *, session_id: str, request_id: str | None) -> Purse:
        """What one request may spend."""
        named = request_id or str(uuid.uuid4())
        return Purse(self.books(caller), request_id=named, session_id=session_id, limits=self.limits)


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of `spoken.toml`."""

    enough: float
    nearest: float
    turns: int
    choose_ms: int
    again_ms: int


@cache
def figures() -> Figures:
    return Figures(**tomllib.loads(files("shopwright.orchestrator").joinpath("spoken.toml").read_text("utf-8")))


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of a model: the question (masked), what it may be answered from, and what was said before, if the
    question hangs on it. `facts` looks up the products' values again, at the moment when they are told."""

    asked: str
    kind: Kind
    passages: Sequence[Passage]
    sheets: Mapping[str, Sheet]
    facts: Callable[[], Mapping[str, Sheet]]
    before: Sequence[Turn] = ()


def wanted(asked: str, draft: Draft, stands: bool, passages: Sequence[Passage]) -> bool:
    """Whether a model could say more than the merchant's own sentences do."""
    if not passages or max(passage.similarity for passage in passages) < figures().nearest:
        return False
    if fits.hides_its_subject(asked):
        return False
    return fits.compares(asked) or not stands or draft.confidence < figures().enough


def spoken(
    wish: Wish,
    *,
    purse: Purse,
    desk: Desk,
    deadline: Deadline,
    telling: Telling,
    mask: Callable[[str], Masked],
) -> Said | Why:
    """What a model says and may say, told as it comes; or why there is nothing of it, and then nothing was told."""
    for effort in (0, 1):
        if effort and deadline.left_s() * 1000 < figures().again_ms:
            return Why.DEADLINE
        heard = _Heard(wish, desk, telling, purse, deadline)
        before = purse.bill
        with closing(say(_asking(wish), purse=purse, desk=desk.models, deadline=deadline, effort=effort)) as events:
            text = telling.words(heard.sentences(events), mask=mask)
        if heard.end is not None:
            desk.counted(heard.end, before)
        if heard.shown:
            return heard.said(text, lasting=not wish.before)
        if isinstance(heard.end, Fell):
            return heard.end.why
    return Why.UNGROUNDED


def passing(why: Why) -> bool:
    """Whether a model may well answer the same in a while."""
    return why in _PASSING


def _asking(wish: Wish) -> Asking:
    return Asking(
        wish.kind,
        ours(wish.asked),
        tuple(
            Given(ref, ours(" > ".join(one.section)), ours(one.content))
            for ref, one in enumerate(wish.passages, start=1)
        ),
        tuple(
            Slot(_slot(fact.name, ref), f"{fact.name.replace('_', ' ')} of {_title(one)}", fact.text)
            for ref, one in enumerate(wish.passages, start=1)
            for fact in wish.sheets.get(one.chunk_id, {}).values()
            if SLOT_NAME.fullmatch(_slot(fact.name, ref))
        ),
        tuple(Exchange(ours(turn.question), ours(turn.answer)) for turn in wish.before),
    )


def _slot(name: str, ref: int) -> str:
    return f"{name.casefold().replace(' ', '_')}:{ref}"


def _title(passage: Passage) -> str:
    return passage.section[-1] if passage.section else passage.title


@dataclass(slots=True)
class _Heard:
    """One model's answer on its way: what has come, what of it stands, and where that leads."""

    wish: Wish
    desk: Desk
    telling: Telling
    purse: Purse
    deadline: Deadline
    end: Done | Fell | None = None
    shown: dict[int, int] = field(default_factory=dict)  # the model's number of a passage → the answer's
    quotes: dict[int, list[str]] = field(default_factory=dict)
    facts: dict[str, Told] = field(default_factory=dict)
    claims: int = 0
    stood: int = 0
    certain: float = 1.0
    flags: dict[str, None] = field(default_factory=dict)
    _opening: str = ""  # of a list whose items have not come yet, or have its marks
    _opened: bool = True
    _fell: bool = False  # the sentence before: what leans on it falls too
    _known: dict[str, Sequence[float]] = field(default_factory=dict)

    def sentences(self, events: Iterator[Delta | Done | Fell]) -> Iterator[str]:
        """Those that stand, as they become whole."""
        prose, done, end = "", 0, 0
        for event in events:
            match event:
                case Delta(text):
                    prose += text
                    whole = sentences(prose)[:-1]
                case _:
                    self.end = event
                    # Broken off in the middle of a sentence: what it was going to say is not known.
                    whole = sentences(prose)[: None if isinstance(event, Done) and not event.cut else -1]
            for start, stop in whole[done:]:
                yield from self._told(prose[start:stop].strip(), begins="\n" in prose[end:start])
                end = stop
            done = max(done, len(whole))

    def said(self, text: str, *, lasting: bool) -> Said:
        """The whole of it."""
        whole = isinstance(self.end, Done) and not self.end.cut
        if not whole:
            self.flags[BROKEN_OFF] = None
        return Said(
            text=text,
            verdict=ANSWERED,
            citations=self._citations(),
            confidence=round(self.certain, 3),
            cut_down=self.stood < self.claims or not whole,
            facts=tuple(self.facts.values()),
            mode=MODE,
            score=round(self.stood / self.claims, 3) if self.claims else 0.0,
            flags=tuple(self.flags),
            lasting=lasting and whole,
        )

    def _told(self, sentence: str, *, begins: bool) -> Iterator[str]:
        item = bool(_ITEM.match(sentence))
        if not item:
            self._opening = ""
        if self._fell and fits.leans(unmarked(sentence)):
            self.claims += 1
            return
        sheets = self._sheets() if _SLOT.search(sentence) or self._cites_a_record(sentence) else {}
        filled = slots.fill(sentence, self._by_slot(sheets))
        judgement = self._judged(f"{self._opening}\n{filled.text}" if item else filled.text, filled.used, sheets)
        if not judgement.claims:
            if sentence.endswith(":"):
                self._opening, self._opened = filled.text, False
            return  # a courtesy, or a question of its own: nothing that anybody needs
        self.claims += len(judgement.claims)
        loose = NUMBER if filled.unknown else self._loose(sentence, judgement, sheets)
        self._fell = loose is not None or not judgement.passes
        if self._fell:
            self.flags.update(dict.fromkeys((*judgement.flags, loose) if loose else judgement.flags or (UNSUPPORTED,)))
            return
        self.stood += len(judgement.claims)
        self.certain *= judgement.confidence
        self._shows(judgement, filled.used, sheets)
        if item and not self._opened:
            self._opened = True
            if self._stands_as_opening(judgement, sheets):
                yield remarked(self._opening, self.shown.get)
        yield ("\n" if begins else "") + remarked(filled.text, self.shown.get)

    def _stands_as_opening(self, item: Judgement, sheets: Mapping[str, Sheet]) -> bool:
        """What opens a list claims something too: that it is so of what its first item cites. Without it the items are
        told by themselves."""
        marks = "".join(f"[{ref}]" for claim in item.claims for ref in claim.claim.refs)
        claim = f"{unmarked(self._opening).rstrip(':')} {marks}."
        judgement = self._judged(claim, (), sheets)
        return judgement.passes and self._loose(claim, judgement, sheets) is None

    def _shows(self, judgement: Judgement, used: Sequence[Told], sheets: Mapping[str, Sheet]) -> None:
        """The claims' passages and facts are a part of the answer now, and told before the words that name them."""
        grown = False
        for claim in judgement.claims:
            for ref in claim.claim.refs:
                source = self._source(ref, sheets)
                if source is None:
                    continue
                grown = grown or ref not in self.shown
                self.shown.setdefault(ref, len(self.shown) + 1)
                quote = _nearest(claim.claim.text, source.text)
                if quote not in self.quotes.setdefault(ref, []):
                    self.quotes[ref].append(quote)
                for fact in slots.used((quote,), sheets.get(self.wish.passages[ref - 1].chunk_id, {})):
                    self.facts.setdefault(fact.key, fact)
        fresh = [fact for fact in used if fact.key not in self.facts]
        self.facts.update({fact.key: fact for fact in used})
        if grown:
            self.telling.sources(self._citations())
        if fresh:
            self.telling.products(self.facts.values())

    def _citations(self) -> tuple[Citation, ...]:
        passages = self.wish.passages
        return tuple(
            cite(number, passages[ref - 1], " … ".join(self.quotes[ref])) for ref, number in self.shown.items()
        )

    def _judged(self, prose: str, used: Sequence[Told], sheets: Mapping[str, Sheet]) -> Judgement:
        sources = {
            ref: source for ref in range(1, len(self.wish.passages) + 1) if (source := self._source(ref, sheets))
        }
        judgement = judge(prose, sources, self._embed, filled=[fact.text for fact in used])
        return self._twice(judgement, prose, sources) if judgement.passes else judgement

    def _twice(self, judgement: Judgement, prose: str, sources: Mapping[int, Cited]) -> Judgement:
        """The lower of our verdict and another checker's, where there is one that can be asked and paid for."""
        further = self.desk.further
        if further is None:
            return judgement
        refs = dict.fromkeys(ref for claim in judgement.claims for ref in claim.claim.refs if ref in sources)
        asked = self.wish.asked, [sources[ref].text for ref in refs], unmarked(prose)
        if self.deadline.left_s() < further.least_s:
            further.missed(DeadlinePassed("There was no time left for a further check."))
            return judgement
        try:
            hold = self.purse.hold(further.book.used(Unit.GUARDRAIL_TEXT_UNITS, units(*asked)).nanos)
        except (BudgetSpent, LedgerUnavailable, LedgerBusy) as failure:
            further.missed(failure)
            return judgement
        try:
            told = further.ask(*asked)
        except Unavailable as failure:
            with suppress(LedgerUnavailable, LedgerBusy):  # a hold ends by itself
                self.purse.release(hold)
            further.missed(failure)
            return judgement
        with suppress(LedgerUnavailable, LedgerBusy):
            self.purse.settle(hold, further.book.used(Unit.GUARDRAIL_TEXT_UNITS, told.units))
        return lower(judgement, told)

    def _source(self, ref: int, sheets: Mapping[str, Sheet]) -> Cited | None:
        """A passage as it is held against: a product's record as the database has it now, none when it is gone."""
        if not 1 <= ref <= len(self.wish.passages):
            return None
        passage = self.wish.passages[ref - 1]
        fields = record(passage.content)
        if fields and passage.chunk_id in self.wish.sheets:
            sheet = sheets.get(passage.chunk_id)
            if sheet is None:
                return None
            return Cited(slots.as_passage(slots.filled(fields, sheet)) if sheet else passage.content, passage.section)
        return Cited(passage.content, passage.section)

    def _sheets(self) -> Mapping[str, Sheet]:
        """Products' values of this moment. When they cannot be had, no sentence stands on a product."""
        try:
            return self.wish.facts()
        except Unavailable:
            return {}

    def _cites_a_record(self, sentence: str) -> bool:
        cited: list[int] = []
        remarked(sentence + " " + self._opening, cited.append)
        return any(1 <= ref <= len(self.wish.passages) and self._is_product(ref) for ref in cited)

    def _is_product(self, ref: int) -> bool:
        return self.wish.passages[ref - 1].chunk_id in self.wish.sheets

    def _by_slot(self, sheets: Mapping[str, Sheet]) -> dict[str, Told]:
        return {
            _slot(fact.name, ref): fact
            for ref, passage in enumerate(self.wish.passages, start=1)
            for fact in sheets.get(passage.chunk_id, {}).values()
        }

    def _loose(self, sentence: str, judgement: Judgement, sheets: Mapping[str, Sheet]) -> str | None:
        """What of a sentence is the model's own: a figure in no slot, no quotation and no name; something that it says
        of itself; an address that its source does not have."""
        cited = [self._source(ref, sheets) for claim in judgement.claims for ref in claim.claim.refs]
        texts = [" ".join(one.text.split()) for one in cited if one is not None]
        names = {word.casefold() for one in cited if one is not None for word in _WORD.findall(" ".join(one.titles))}
        names |= {word.casefold() for text in texts for word in _WORD.findall(_name_of(text))}

        def quoted(found: re.Match[str]) -> str:
            words = " ".join(found[1].split()).rstrip(" .,;")
            return " " if any(_holds(text, words) for text in texts) else found[0]

        rest = _ITEM.sub("", remarked(_QUOTED.sub(quoted, _SLOT.sub(" ", sentence)), lambda ref: None))
        if _OF_ITSELF_WORDS.search(rest):
            return OF_ITSELF
        if any(not any(_holds(text, at[0].strip(".,;:!?()")) for text in texts) for at in _ADDRESS.finditer(rest)):
            return ADDRESS
        figures = (word[0].casefold() for word in _WORD.finditer(rest) if any(map(str.isdigit, word[0])))
        return NUMBER if any(figure not in names for figure in figures) else None

    def _embed(self, texts: Sequence[str]) -> list[Sequence[float]]:
        """Each text once: the sentences of an answer cite the same passages."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        self._known.update(zip(new, self.desk.embed(new), strict=True))
        return [self._known[text] for text in texts]


def _holds(text: str, words: str) -> bool:
    """Word for word, and not from the middle of a word or a number."""
    return bool(re.search(rf"(?<!\w)(?<![0-9][.,:]){re.escape(words)}(?!\w|[.,:][0-9])", text))


def _name_of(content: str) -> str:
    return next((value for label, value in record(content) if label.casefold() in {"name", "title"}), "")


def _nearest(claim: str, text: str) -> str:
    """The sentence or the field of a passage that shares most words with what was claimed."""
    said = {word.casefold() for word in _WORD.findall(claim)}
    pieces = [piece.strip() for piece in _PIECE.split(text) if piece.strip()]

    def shared(piece: str) -> float:
        words = {word.casefold() for word in _WORD.findall(piece)}
        return len(words & said) / (len(words) + 3) if words else 0.0

    return max(pieces, key=shared, default=text)
