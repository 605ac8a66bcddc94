"""Two questions in one message, answered one by one: changes when we part or join them otherwise.

A sentence that answers both is rare, and the nearest to both often answers neither. What is found for neither is named:
an answer to half of a message does not look like one to all of it.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from shopwright.grounding.claims import remarked
from shopwright.grounding.wording import wording
from shopwright.llm import fits, words
from shopwright.orchestrator.follow_up import has_pronoun
from shopwright.orchestrator.intent import asking, clauses
from shopwright.orchestrator.said import Said

_MOST = 3
_CITED = re.compile(r"(?P<sentence>.+?) ?(?P<marks>(?:\[[0-9]+\])+)\s*", re.S)


@dataclass(frozen=True, slots=True)
class Part:
    """A question of a message, as it was asked, and with what its "it" stands for."""

    asked: str
    text: str


def parts(message: str) -> tuple[Part, ...]:
    """The questions of a message; none when it holds but one, or more than can be told in one answer."""
    found = clauses(message)
    if not 1 < len(found) <= _MOST or not all(map(asking, found)) or not all(map(_is_of_something, found)):
        return ()
    about = _about(found[0])
    return tuple(
        Part(one, f"{one.rstrip(' ?.!')} ({about})?" if at and about and has_pronoun(one) else one)
        for at, one in enumerate(found)
    )


def _is_of_something(part: str) -> bool:
    return bool(words.terms(part)) or has_pronoun(part)


def _about(part: str) -> str:
    """What a question is about, in its own words: without those that only ask."""
    places = fits.subject(part).places
    costs = words.figure_terms("money") | words.figure_terms("time")
    said = [word for word in re.findall(r"[^\W_]+(?:['’-][^\W_]+)*", part) if words.terms(word) - costs - fits.asking()]
    return " ".join(["to " + word if word.casefold() in places else word for word in said])


def holds(said: Said, part: Part) -> bool:
    """Whether an answer speaks of what a part asks, and tells the kinds of figure that it wants."""
    about = words.asked(part.text)
    told = words.terms(said.text)
    wanted = about.terms - fits.asking() - frozenset[str]().union(*map(words.figure_terms, about.figures))
    return wanted <= told and all(words.has_figure(kind, said.text) for kind in about.figures)


def joined(parts: Sequence[Part], said: Sequence[Said], found: Callable[[Said], bool]) -> Said:
    """One answer of several, of which at least one was found: each sentence once, and what was found for no part
    named."""
    whole: Said | None = None
    missing: list[str] = []
    for part, one in zip(parts, said, strict=True):
        if not found(one):
            missing.append(part.asked)
        else:
            whole = one if whole is None else _with(whole, one)
    if whole is None:
        raise ValueError("No part of the question was answered.")
    if not missing:
        return whole
    named = " ".join(wording().not_of_it.format(question=question.strip()) for question in missing)
    return replace(whole, text=f"{whole.text}\n{named}")


def _with(whole: Said, more: Said) -> Said:
    """The second's sentences behind the first's, but for those that stand there already; citations go on counting."""
    new = "".join(
        f"{found['sentence']} {found['marks']} "
        for found in _CITED.finditer(more.text)
        if found["sentence"].strip() not in whole.text
    ).strip()
    if more.citations and not new:
        return whole
    offset = len(whole.citations)
    return replace(
        whole,
        text=f"{whole.text} {remarked(new or more.text, lambda ref: ref + offset)}",
        citations=(*whole.citations, *(replace(one, ref=one.ref + offset) for one in more.citations)),
        confidence=min(whole.confidence, more.confidence),
        cut_down=whole.cut_down or more.cut_down,
        facts=tuple({fact.key: fact for fact in (*whole.facts, *more.facts)}.values()),
        score=min(whole.score, more.score),
        flags=tuple(dict.fromkeys((*whole.flags, *more.flags))),
        lasting=whole.lasting and more.lasting,
        products=tuple({one.product_id: one for one in (*whole.products, *more.products)}.values()),
        watched=tuple({fact.key: fact for fact in (*whole.watched, *more.watched)}.values()),
    )
