"""What is told of the products that a question is about, by the catalog or by a page: changes when the one goes before
the other otherwise."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from shopwright.catalog.facts import Sheet
from shopwright.grounding.claims import remarked
from shopwright.llm import described, fits, words
from shopwright.llm.extractive import also_sought, describes, names_one, record
from shopwright.orchestrator import carry as carrying
from shopwright.orchestrator import having, parted, tongue
from shopwright.orchestrator.passages import as_sources, passages_for, with_sources
from shopwright.orchestrator.quoting import said_of, sheets_of
from shopwright.orchestrator.said import ANSWERED, ASKS, NOT_IN_DOCUMENTS, PRODUCTS, Said
from shopwright.orchestrator.session import Turn
from shopwright.orchestrator.visit import Visit, quietly, retell
from shopwright.orchestrator.wishing import is_bare
from shopwright.retrieval.search import Passage


def carried_out(
    asked: str, visit: Visit, found: Callable[[], None], turns: Sequence[Turn] = (), *, named: str = ""
) -> Said | None:
    """What is told of products that were looked for, compared or pointed at; None: look into the documents. `named` is
    the same question with the name of what it goes on about."""
    whether = named or asked
    if visit.desk.carry is None or also_sought(whether) is not None:
        return None

    def facts(passages: Sequence[Passage]) -> Mapping[str, Sheet]:
        found()
        return sheets_of([passage.chunk_id for passage in passages], visit)

    visit.deadline.check()
    wish = carrying.Asked(asked, visit.caller, turns, visit.question.request_id)
    wished = carrying.wished(wish, desk=visit.desk.carry, deadline=visit.deadline)
    if wished is None:
        return None
    pages_first = wished.pages_first and not turns and _is_for_pages(asked, visit)
    if pages_first:
        found()
        if (told := _by_pages(asked, (), visit)) is not None:
            retell(told, visit.telling)
            return told
    carried = carrying.carried(wished, desk=visit.desk.carry, facts=facts, deadline=visit.deadline)
    if carried is None:
        return None
    visit.used.database_ms += carried.took_ms
    if carried.likely and not is_bare(asked):
        ways = (*(() if pages_first else ((asked, False),)), *((one, True) for one in carried.otherwise))
        tries = (_by_pages(one, carried.denies, visit, headed=headed) for one, headed in ways)
        told = next((one for one in tries if one is not None), None)
        if told is not None:
            retell(told, visit.telling)
            return told
        if described.asks(whether) and names_one(whether, as_sources(passages_for(whether, visit))):
            return None  # that another is so says nothing of the one that is named
    elif described.asks(whether):
        sources = as_sources(passages_for(whether, visit))
        goes_on = described.goes_on(whether) and not fits.names_a_sum(whether)
        told = _by_pages(whether, carried.denies, visit) if goes_on or describes(whether, sources) else None
        if told is not None:
            retell(told, visit.telling)
            return told
        if goes_on or (described.asks_of_parts(whether) and names_one(whether, sources)):
            return None  # that it was found by such a word does not say that it is so
    beside = None
    if carried.rest:
        # Where there are sources beside our own, what failed of them is to be told.
        own = carried.passages if visit.desk.beside is None else ()
        passages = own or passages_for(carried.rest, visit)
        beside = quietly(lambda quiet: said_of(carried.rest, passages, (), quiet), visit)
        beside = with_sources(beside, visit.sighted)
    said = of_products(carried, lasting=not turns)
    return spoken_out(said if beside is None else _together(said, beside), carried.sentences, beside, visit)


def _is_for_pages(asked: str, visit: Visit) -> bool:
    """Whether the merchant's own sentences are what answers, in our language and all at once."""
    if visit.desk.spoken is not None or parted.parts(asked):
        return False
    return tongue.other(asked, [passage.content for passage in passages_for(asked, visit)]) is None


def _by_pages(asked: str, denies: Sequence[str], visit: Visit, *, headed: bool = False) -> Said | None:
    """In the merchant's own sentences or not at all: what was found needs no model to be told. `denies`: what must not
    be said of it; `headed`: only what stands under a heading that names the thing and that."""
    passages = passages_for(asked, visit)
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
    told = with_sources(quietly(lambda quiet: said_of(asked, passages, (), quiet), plain), visit.sighted)
    headings = words.terms(" ".join(" ".join(one.section[-1:]) for one in told.citations))
    # What a heading asks of something else, its answer does not deny of these.
    beside = headings if len(headings & words.terms(asked)) > 1 else frozenset()
    found = told.verdict != NOT_IN_DOCUMENTS and (not denies or having.denies(told.text, denies, beside))
    return told if found else None


def of_products(carried: carrying.Carried, *, lasting: bool) -> Said:
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


def spoken_out(said: Said, sentences: Sequence[str], beside: Said | None, visit: Visit) -> Said:
    offset = len(said.citations) - len(beside.citations) if beside else 0
    more = ["\n" + remarked(beside.text, lambda ref: ref + offset)] if beside else []
    visit.telling.sources(said.citations)
    visit.telling.products(said.facts)
    return replace(said, text=visit.telling.words([*sentences, *more], mask=visit.desk.mask_answer))
