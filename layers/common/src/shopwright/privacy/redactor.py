"""PIIRedactor: the gate and the recognizer as one service, for one use; changes when what is done with findings does.

A use (a question, an answer, a document, a log line) has its row in `policy.toml`. With a `keep`, what is masked can be
asked for again: the mask then carries the token under which the vault holds it. With `goods`, the recognizer is
overruled where it took for a person what the merchant sells.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from functools import cache
from itertools import chain
from typing import Any

from shopwright.privacy import asked, names, policy, redact, view
from shopwright.privacy.policy import figure, near
from shopwright.privacy.redact import STRUCTURED, Finding, Kind, Masked

Keep = Callable[[Kind, str], str]
# Which of these stretches stand in the name of a product or a brand that is sold; true: it is the whole name.
Goods = Callable[[Sequence[str]], Mapping[str, bool]]
_LABEL = re.compile(r"(?:^|; )([^:;\n]{1,60}): ")
_AGAINST = re.compile(r"\s(?:vs\.?|versus|or|and|oder|und|ou|et|o|y)\s", re.I)
_STRETCH = 200  # characters: no name is longer
_WORD = re.compile(r"[^\W\d_]+")
_KEPT = re.compile(
    rf"\[(?:{'|'.join(kind.value for kind in Kind)}):tok_[a-z2-7]{{24}}\]"
)  # what masking left, with its token
_BEFORE, _AFTER = re.compile(r"([^\W_]+)[ \t]$"), re.compile(r"[ \t]([^\W_]+)")
_WRITTEN = re.compile(r"[^\W_]")
_FREE_PHONE = re.compile(
    r"(?:\+?1[ \-.]?)?\(?8(?:00|33|44|55|66|77|88)\)?[ \-.]|(?:\+44|0044|\(?0)[ ]?\(?0?80[08]\b|\+?00?800[ \-]|0800\b"
)


class Use(StrEnum):
    """What a text is for."""

    QUESTION = "question"
    ANSWER = "answer"
    DOCUMENT = "document"
    RECORD = "record"
    LOG = "log"


class PIIRedactor:
    """Finds and masks what is personal, by the rule of one use."""

    def __init__(self, use: Use, *, keep: Keep | None = None, goods: Goods | None = None) -> None:
        self._rule: dict[str, Any] = policy.rule(use.value)
        self._always = frozenset(map(Kind, self._rule["always"]))
        self._beside = frozenset(map(Kind, self._rule["beside"]))
        self._keep = keep
        self._goods = goods
        self._sold: dict[str, bool | None] = {}  # what was asked of the goods before: an answer is masked as it grows

    def find(self, text: str) -> tuple[Finding, ...]:
        """What this use masks, in order and without overlaps."""
        found = everything(text)
        masked = tuple(finding for place, finding in enumerate(found) if self._masks(text, found, place))
        if self._rule.get("asked"):
            masked = tuple(heard for finding in masked if (heard := asked.heard(text, finding)) is not None)
        return self._without_goods(text, masked)

    def mask(self, text: str) -> Masked:
        """The text without what is personal, by mask or by token."""
        keep = self._keep
        if keep is None:
            return redact.masked(text, self.find(text))
        return redact.masked(text, self.find(text), lambda one: keep(one.kind, text[one.start : one.end]))

    def _masks(self, text: str, found: Sequence[Finding], place: int) -> bool:
        finding = found[place]
        if finding.kind in self._always:
            return not (self._rule["spare"] and _is_the_shops(text, finding))
        if finding.kind not in self._beside or (self._rule.get("fields") and not _in_prose(text, finding)):
            return False
        return _is_somebodys(text, found, place)

    def _without_goods(self, text: str, masked: tuple[Finding, ...]) -> tuple[Finding, ...]:
        """The gate has checked what it found; the recognizer only reads, and a product may be called like a person."""
        read = {finding: _readings(text, finding) for finding in masked if finding.kind not in STRUCTURED}
        if self._goods is None or not read:
            return masked
        sides = {finding: _sides(text, finding) for finding in read}
        every = {said for said, _ in chain.from_iterable(read.values())} | {*chain.from_iterable(sides.values())}
        new = sorted(every - self._sold.keys())
        if new:
            sold = self._goods(new)
            self._sold.update((said, sold.get(said)) for said in new)
        kept = {
            finding
            for finding, readings in read.items()
            if any(self._sold[said] or (self._sold[said] is not None and not whole) for said, whole in readings)
            or (sides[finding] and all(self._sold[side] is not None for side in sides[finding]))
        }
        return tuple(finding for finding in masked if finding not in kept)


def everything(text: str) -> tuple[Finding, ...]:
    """All that gate and recognizer find. Where both see something the gate is right: it has checked."""
    gate = redact.find(text)
    taken = sorted([(one.start, one.end) for one in gate] + [found.span() for found in _KEPT.finditer(text)])
    seen = view.read(text)
    said = [
        Finding(kind, first, last)
        for start, end, kind in names.find(seen.text)
        for first, last in _around(taken, *seen.span(start, end))
        if _WRITTEN.search(text, first, last)
    ]
    return tuple(sorted((*gate, *said), key=lambda finding: finding.start))


def _readings(text: str, finding: Finding) -> tuple[tuple[str, bool], ...]:
    """As what it may be a product's, and whether it has to be the whole of the name. One word that people are called by
    is half of many a brand: it needs the word beside it, too."""
    said = view.read(text[finding.start : finding.end]).text
    if len(said) > _STRETCH:
        return ()
    if not said.isalpha() or not set(names.lists(said.lower())) & asked.PEOPLES:
        thing, _, called = said.partition(" ")
        numbered = finding.kind is Kind.ADDRESS and thing.isalpha() and " " in called
        return ((said, False), *(((called, False),) if numbered else ()))  # what it is, before what it is called
    before = _BEFORE.search(text[max(0, finding.start - _STRETCH) : finding.start])
    after = _AFTER.match(text, finding.end, finding.end + _STRETCH)
    pairs = (f"{before[1]} {said}" if before else "", f"{said} {after[1]}" if after else "")
    return ((said, True), *((pair, False) for pair in pairs if pair))


def _sides(text: str, finding: Finding) -> tuple[str, ...]:
    """Of "Larkmoss 1 vs Larkmoss 2", which looks like a street with numbers, what is compared; nothing for others."""
    if finding.kind is not Kind.ADDRESS or finding.end - finding.start > _STRETCH:
        return ()
    parts = [one.strip() for one in _AGAINST.split(view.read(text[finding.start : finding.end]).text)]
    return tuple(one for one in parts if not one.isdigit()) if len(parts) > 1 else ()


def _in_prose(text: str, finding: Finding) -> bool:
    """Does it stand in a field of a record that may speak of a person, and is it nothing that the product is called?"""
    labels = list(_LABEL.finditer(text))
    starts = [0, *(label.end() for label in labels)]
    ends = [*(label.start() for label in labels), len(text)]
    said, called = text[finding.start : finding.end], []
    prose = False
    for label, start, end in zip(["", *(label[1] for label in labels)], starts, ends, strict=True):
        words = {word.casefold() for word in _WORD.findall(label)}
        tells = bool(words & near("people")) or (
            not words & near("called") and len(text[start:end].split()) >= figure("prose")
        )
        if not tells:
            called.append(text[start:end])
        elif start <= finding.start < end:
            prose = True
    return prose and not any(said.casefold() in value.casefold() for value in called)


def _around(taken: Sequence[tuple[int, int]], start: int, end: int) -> Iterator[tuple[int, int]]:
    """What is left of a stretch outside of what the gate has taken, and of what has been masked before."""
    for first, last in taken:
        if last <= start or first >= end:
            continue
        if first > start:
            yield start, first
        start = last
    if start < end:
        yield start, end


@cache
def redactor(use: Use) -> PIIRedactor:
    """The one that only masks."""
    return PIIRedactor(use)


def _is_the_shops(text: str, finding: Finding) -> bool:
    """A role address or a free-phone number names a firm."""
    said = text[finding.start : finding.end]
    if finding.kind is Kind.EMAIL:
        return said.partition("@")[0].strip().casefold() in near("roles")
    return finding.kind is Kind.PHONE and _FREE_PHONE.match(said) is not None


def _is_somebodys(text: str, found: Sequence[Finding], place: int) -> bool:
    """Contact data close by makes a name somebody's, as a letter or a review does; a name makes an address so."""
    finding, reach = found[place], figure("reach")
    person = {Kind.NAME} if finding.kind is Kind.ADDRESS else {Kind.ADDRESS}
    for other in found[max(0, place - 6) : place + 7]:
        close = other.start - finding.end < reach and finding.start - other.end < reach
        if other is not finding and close and (other.kind in STRUCTURED | person) and not _is_the_shops(text, other):
            return True
    if finding.kind is not Kind.NAME:
        return False
    line = text[: finding.start].rpartition("\n")[2]
    before = [word.casefold() for word in _WORD.findall(line)[-3:]]
    after = [word.casefold() for word in _WORD.findall(text[finding.end : finding.end + 30].partition("\n")[0])[:1]]
    ended = (
        text[: finding.start].rstrip().rpartition("\n")[2].strip().rstrip(",").casefold().split()[-1:]
    )  # Kind regards,\nAnn
    return bool(near("cues") & {*before, *after, *ended})
