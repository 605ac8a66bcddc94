"""Which passages answer a question from, and what is composed of them: changes when they are looked for otherwise."""

from collections.abc import Sequence
from dataclasses import replace

from shopwright.llm.extractive import Draft, also_sought, sought_otherwise
from shopwright.llm.units import Source
from shopwright.orchestrator.said import ANSWERED, Said
from shopwright.orchestrator.visit import Visit
from shopwright.retrieval.outside import Came, Sighted, is_outside
from shopwright.retrieval.search import Passage


def passages_for(asked: str, visit: Visit) -> Sequence[Passage]:
    """Looked for once, however many ways of answering ask for them."""
    if asked in visit.looked:
        passages, visit.sighted = visit.looked[asked]
        return passages
    passages = _looked_for(asked, visit)
    visit.looked[asked] = passages, visit.sighted
    return passages


def _looked_for(asked: str, visit: Visit) -> Sequence[Passage]:
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
    if further is None and otherwise is not None and not composed(asked, own, visit).sentences:
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


def with_sources(said: Said, sighted: Sighted | None) -> Said:
    """An answer that others than we have to do with is kept for nobody: we do not hear when their words change. What
    failed of them is named."""
    if sighted is None:
        return said
    ours = said.verdict == ANSWERED and not any(is_outside(one.source_uri) for one in said.citations)
    return replace(said, lasting=said.lasting and ours and sighted.whole, flags=(*said.flags, *sighted.flags))


def composed(asked: str, passages: Sequence[Passage], visit: Visit) -> Draft:
    """Once of the same passages, however many ways of answering ask for it."""
    known = (visit.desk.compose, asked, as_sources(passages))
    if known not in visit.drafts:
        visit.drafts[known] = visit.desk.compose(asked, known[2])
    return visit.drafts[known]


def as_sources(passages: Sequence[Passage]) -> tuple[Source, ...]:
    found = enumerate(passages, start=1)
    return tuple(
        Source(ref, one.section, one.content, one.similarity, one.document_id, one.start) for ref, one in found
    )
