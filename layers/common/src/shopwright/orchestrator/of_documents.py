"""What the documents say, and what is known elsewhere where they do not: changes when these ways are tried in another
order."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from shopwright.errors import Unavailable
from shopwright.grounding.wording import wording
from shopwright.llm.extractive import nearest, record
from shopwright.orchestrator import bought, contact, glossary, parted, tongue
from shopwright.orchestrator import carry as carrying
from shopwright.orchestrator import talk as talking
from shopwright.orchestrator.of_products import carried_out, of_products, spoken_out
from shopwright.orchestrator.passages import passages_for, with_sources
from shopwright.orchestrator.quoting import said_of, sheets_of
from shopwright.orchestrator.said import ANSWERED, DONE, NOT_IN_DOCUMENTS, TALK, TEMPLATE, Said
from shopwright.orchestrator.session import Turn
from shopwright.orchestrator.visit import Visit, quietly, retell
from shopwright.orchestrator.wishing import of_theirs
from shopwright.retrieval.search import Passage

_TO_COMPARE_S = 1.0  # what comparing by meaning may take at the most
_NAMES = frozenset({"name", "title"})  # what a record of a product says, and a row of another table seldom


def looked_up(
    asked: str, reply: talking.Reply | None, before: Sequence[Turn], visit: Visit, found: Callable[[], None]
) -> Said:
    """What the documents say, and where they do not, what is known elsewhere."""
    passages = passages_for(asked, visit)
    if of_theirs(asked):
        passages = [one for one in passages if not {label.casefold() for label, _ in record(one.content)} & _NAMES]
    found()
    if _is_known_elsewhere(asked, reply):
        return with_sources(_unless_found(asked, reply, passages, visit), visit.sighted)
    other = tongue.other(asked, [passage.content for passage in passages])
    if other is not None:
        return with_sources(_in_another_tongue(asked, other, passages, visit), visit.sighted)
    return with_sources(_own_tongue(asked, passages, before, visit), visit.sighted)


def in_parts(
    asked: str,
    several: Sequence[parted.Part],
    reply: talking.Reply | None,
    visit: Visit,
    found: Callable[[], None],
) -> Said | None:
    """Each question of a message by itself; None: none of them was answered so, or the whole of it is better."""

    def one(text: str) -> Said:
        return quietly(lambda quiet: carried_out(text, quiet, found) or looked_up(text, reply, (), quiet, found), visit)

    def is_found(said: Said) -> bool:
        return said.verdict != NOT_IN_DOCUMENTS

    said = [one(part.text) for part in several]
    missing = [part for part, its in zip(several, said, strict=True) if not is_found(its)]
    if len(missing) == len(several):
        return None
    if missing:
        whole = one(asked)
        if is_found(whole) and all(parted.holds(whole, part) for part in missing):
            if all(parted.holds(whole, part) for part in several):
                return None
            said = [its if is_found(its) else whole for its in said]  # "the watch, and what is the battery life?"
    answer_of_all = parted.joined(several, said, is_found)
    retell(answer_of_all, visit.telling)
    return answer_of_all


def _is_known_elsewhere(asked: str, reply: talking.Reply | None) -> bool:
    """Whether somebody knows it where the pages do not."""
    return (reply is not None and reply.reaches) or contact.asked(asked) or bought.rule_of_cancelling(asked) is not None


def _unless_found(asked: str, reply: talking.Reply | None, passages: Sequence[Passage], visit: Visit) -> Said:
    """What the pages say, if they do; else what is known elsewhere, which is kept for nobody: nobody tells us when it
    changes."""
    said = quietly(lambda quiet: said_of(asked, passages, (), quiet), visit)
    if said.verdict == NOT_IN_DOCUMENTS and said.mode != TEMPLATE:
        told = reply is not None and reply.reaches  # by the reply, already
        locale = "en" if reply is None else reply.tongue
        known = (None if told else bought.rule_of_cancelling(asked)) or _reached(asked, visit, locale)
        if known is None and reply is not None:
            known = wording(locale).reach["unknown"]
        said = replace(said, lasting=False) if known is None else Said(known, DONE, (), 1.0, mode=TALK, lasting=False)
    retell(said, visit.telling)
    return said


def _reached(asked: str, visit: Visit, locale: str) -> str | None:
    """How the shop is reached, as it shows itself; None: nobody has said, or nobody can say it now."""
    if visit.desk.branding is None or visit.deadline.left_s() <= 0:
        return None
    visit.used.reads += 1
    try:
        return contact.told(asked, visit.desk.branding(visit.caller), locale)
    except Unavailable:
        return None


def _in_another_tongue(asked: str, code: str, passages: Sequence[Passage], visit: Visit) -> Said:
    """What can be told to who asks in another language than the documents': what the question's English finds, where we
    can read it; products by their names, and whatever the documents' own words still give; with a word about it in the
    shopper's language."""
    pages = [passage.content for passage in passages]
    if visit.desk.spoken is None and tongue.of_documents(pages) == "en":  # a model reads it by itself
        read_so = glossary.english(asked, code, pages)
        told = None if read_so is None else quietly(lambda quiet: _asked_in_english(read_so, quiet), visit)
        if told is not None and told.verdict == ANSWERED and told.citations:
            said = replace(told, language=code)
            retell(said, visit.telling)
            return said
    if visit.desk.carry is not None:
        wish = carrying.Asked(asked, visit.caller, (), visit.question.request_id)
        carried = carrying.named(
            wish,
            desk=visit.desk.carry,
            facts=lambda found: sheets_of([passage.chunk_id for passage in found], visit),
            deadline=visit.deadline,
        )
        if carried is not None:
            said = replace(of_products(carried, lasting=True), language=code)
            return spoken_out(said, carried.sentences, None, visit)
    said = replace(quietly(lambda quiet: said_of(asked, passages, (), quiet), visit), language=code)
    if said.verdict == NOT_IN_DOCUMENTS:
        said = replace(said, text=tongue.tongues()[code].not_in_documents, language="")  # it says so itself
    retell(said, visit.telling)
    return said


def _asked_in_english(asked: str, visit: Visit) -> Said:
    def found() -> None:
        """It was, in the shopper's own words."""

    return carried_out(asked, visit, found) or looked_up(asked, None, (), visit, found)


def _own_tongue(asked: str, passages: Sequence[Passage], hangs: Sequence[Turn], visit: Visit) -> Said:
    """Where nothing is found, that is said in the shopper's language as well."""
    code = tongue.tongue_of(asked)
    if code is None or not (sentence := tongue.tongues()[code].not_found):
        return _in_any_words(asked, passages, hangs, visit)
    said = quietly(lambda quiet: _in_any_words(asked, passages, hangs, quiet), visit)
    if said.verdict == NOT_IN_DOCUMENTS and said.mode != TEMPLATE:
        said = replace(said, text=sentence)
    retell(said, visit.telling)
    return said


def _in_any_words(asked: str, passages: Sequence[Passage], hangs: Sequence[Turn], visit: Visit) -> Said:
    """What the documents say in the question's words, and where nobody reads better, in words that mean the same."""
    likeness = visit.desk.likeness
    if likeness is None or visit.desk.spoken is not None:
        return said_of(asked, passages, hangs, visit)
    said = quietly(lambda quiet: said_of(asked, passages, hangs, quiet), visit)
    if said.verdict == NOT_IN_DOCUMENTS and said.mode != TEMPLATE and visit.deadline.left_s() > _TO_COMPARE_S:
        desk = replace(visit.desk, compose=lambda text, sources: nearest(text, sources, likeness))
        said = quietly(lambda quiet: said_of(asked, passages, hangs, quiet), replace(visit, desk=desk))
    retell(said, visit.telling)
    return said
