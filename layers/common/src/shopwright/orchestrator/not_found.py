"""What is still tried where nothing was found and no model reads better: changes when something else is tried at last.

The question as it may have been meant; all that the record of a product says which it names; the products that come
nearest to what is looked for. Each says what it is: a shopper must be able to tell a guess from an answer.
"""

from collections.abc import Callable
from dataclasses import replace

from shopwright.errors import Unavailable
from shopwright.grounding.wording import wording
from shopwright.llm.extractive import whole
from shopwright.orchestrator import carry as carrying
from shopwright.orchestrator.events import Event
from shopwright.orchestrator.granting import show_found, show_likely, show_near
from shopwright.orchestrator.of_products import of_products, spoken_out
from shopwright.orchestrator.passages import passages_for
from shopwright.orchestrator.quoting import said_of, sheets_of
from shopwright.orchestrator.said import ANSWERED, NOT_IN_DOCUMENTS, Said
from shopwright.orchestrator.spelling import Respelled, respelled
from shopwright.orchestrator.visit import Visit, quietly, retell

RESPELLED, WHOLE_RECORD, NEAREST = "respelled", "whole_record", "nearest"  # flags of such answers
_NEAR = 0.5  # that none of these was looked for; not measured: the open half of `bench chat` has three such answers


def tried(asked: str, visit: Visit, compute: Callable[[str, Visit], Said]) -> Said:
    """What `compute` says of the question; where that is nothing, what else there is to say."""
    if visit.desk.spoken is not None:
        return compute(asked, visit)
    heard: list[Event] = []
    said = quietly(lambda quiet: compute(asked, quiet), visit, tell=heard.append)
    try:
        other = _otherwise(asked, visit, compute) if _is_nothing(said) and visit.deadline.left_s() > 0 else None
    except Unavailable:  # that nothing was found for what is written stands all the same
        said, other = replace(said, lasting=False), None
    if other is None:
        visit.telling.again(heard)
        return said
    retell(other, visit.telling)
    return other


def _otherwise(asked: str, visit: Visit, compute: Callable[[str, Visit], Said]) -> Said | None:
    meant = _meant(asked, visit)
    if meant is None:
        return _whole_records(asked, visit) or _nearest(asked, visit)
    found = quietly(lambda quiet: compute(meant.text, quiet), visit)
    if found.verdict != NOT_IN_DOCUMENTS:
        return _read_as(found, meant)
    told = _whole_records(meant.text, visit) or _nearest(meant.text, visit)
    return None if told is None else _read_as(told, meant)


def _is_nothing(said: Said) -> bool:
    """In our language: what is said in another one stays in it."""
    return said.verdict == NOT_IN_DOCUMENTS and said.text == wording().not_in_documents


def _meant(asked: str, visit: Visit) -> Respelled | None:
    if visit.desk.sold is None:
        return None
    pages = [" ".join((*one.section, one.content)) for one in passages_for(asked, visit)]
    with visit.in_database():
        return respelled(asked, pages, visit.caller, visit.desk.sold)


def _read_as(said: Said, meant: Respelled) -> Said:
    """With what was read as what in front."""
    one, says = wording().shelf["one_read_as"], wording().shelf["read_as"]
    words = ", ".join(one.format(typed=typed, meant=word) for typed, word in meant.read_as.items())
    return replace(said, text=f"{says.format(words=words)} {said.text}", flags=(*said.flags, RESPELLED))


def _whole_records(asked: str, visit: Visit) -> Said | None:
    """What is told of products whose records hold no known answer; None: it is not sure that any is named. It is no
    answer, so its confidence is in that: most such records do not hold it."""
    desk = replace(visit.desk, compose=whole)
    told = quietly(lambda quiet: said_of(asked, passages_for(asked, quiet), (), quiet), replace(visit, desk=desk))
    if told.verdict != ANSWERED:
        return None
    return replace(
        told,
        text=f"{wording().shelf['whole_record']} {told.text}",
        verdict=NOT_IN_DOCUMENTS,
        confidence=round(1 - told.confidence, 3),
        flags=(*told.flags, WHOLE_RECORD),
    )


def _nearest(asked: str, visit: Visit) -> Said | None:
    """The products that come nearest to what is looked for; None: no product is, or none is near."""
    desk = visit.desk.carry
    if desk is None:
        return None
    wished = carrying.wished(carrying.Asked(asked, visit.caller), desk=desk, deadline=visit.deadline)
    if (
        wished is None
        or len(wished.wishes) > 1
        or wished.rest
        or wished.wishes[0].show not in (show_found, show_likely)
    ):
        return None
    carried = carrying.carried(
        replace(wished, wishes=(replace(wished.wishes[0], show=show_near),)),
        desk=desk,
        facts=lambda passages: sheets_of([one.chunk_id for one in passages], visit),
        deadline=visit.deadline,
    )
    if carried is None:
        return None
    visit.used.database_ms += carried.took_ms
    said = of_products(replace(carried, confidence=_NEAR), lasting=True)
    said = quietly(lambda quiet: spoken_out(said, carried.sentences, None, quiet), visit)
    return replace(said, verdict=NOT_IN_DOCUMENTS, flags=(*said.flags, NEAREST))
