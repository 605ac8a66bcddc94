"""What is said of the passages that were found, checked against them: changes when they are told otherwise."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from shopwright.catalog.facts import Sheet, Told
from shopwright.costs.ladder import Rung
from shopwright.errors import Unavailable
from shopwright.grounding import slots
from shopwright.grounding.check import Claim, Verdict, check
from shopwright.grounding.cite import cite
from shopwright.grounding.wording import wording
from shopwright.llm.choose import choose
from shopwright.llm.extractive import Draft, record
from shopwright.llm.prompt import Kind as PromptKind
from shopwright.llm.say import Why
from shopwright.orchestrator import looking, tongue
from shopwright.orchestrator import spoken as speaking
from shopwright.orchestrator.intent import WORDS_ALONE, Kind, read
from shopwright.orchestrator.passages import composed
from shopwright.orchestrator.said import ANSWERED, NOT_IN_DOCUMENTS, TEMPLATE, Said
from shopwright.orchestrator.session import Turn
from shopwright.orchestrator.spoken import figures
from shopwright.orchestrator.visit import Visit
from shopwright.privacy.redact import Masked
from shopwright.resilience.deadline import Deadline
from shopwright.retrieval.search import Passage

BAR = 1.0  # the share of claims that must stand: an extractive answer has no excuse


class FactsUnavailable(Unavailable):
    """A product was found, but not what it costs now, nor whether it can be had: an old figure is no answer."""


def said_of(asked: str, passages: Sequence[Passage], before: Sequence[Turn], visit: Visit) -> Said:
    """In the merchant's own sentences where they are sure enough, else in a model's words, where there is one."""
    plain = tongue.plainly(asked)
    draft = composed(plain, passages, visit)
    sheets: Mapping[str, Sheet] | None = None
    if any(record(passages[sentence.ref - 1].content) for sentence in draft.sentences):
        sheets = _facts(passages, visit)
        passages = _as_of_now(passages, sheets)
        draft = composed(plain, passages, visit)
    stands = _checked(draft, passages)
    models = visit.desk.spoken
    if models is None or not speaking.wanted(asked, draft, bool(stands.supported), passages):
        return _quoted(draft, stands, passages, sheets or {}, visit)
    ladder = visit.step()
    if ladder is not None and ladder.rung is Rung.TEMPLATE:
        text = visit.telling.words([wording().budget_spent], mask=visit.desk.mask_answer)
        return Said(text, NOT_IN_DOCUMENTS, (), 0.0, mode=TEMPLATE, score=0.0, lasting=False)
    chosen = _chosen(asked, passages, models, visit)
    if chosen is not None:
        passages, sheets = chosen, None
    if sheets is None and any(record(passage.content) for passage in passages):
        sheets = _facts(passages, visit)
        passages = _as_of_now(passages, sheets)
    wish = speaking.Wish(
        asked, _kind(asked, passages, visit.deadline), passages, sheets or {}, lambda: _facts(passages, visit), before
    )
    said = speaking.spoken(
        wish,
        purse=visit.opened(models),
        desk=models,
        deadline=visit.deadline,
        telling=visit.telling,
        mask=visit.desk.mask_answer,
    )
    if isinstance(said, Said):
        return said
    # The passages are what they were, but for products that are gone since: the draft's numbers may be others now.
    draft = composed(plain, passages, visit)
    quoted = _quoted(draft, _checked(draft, passages), passages, sheets or {}, visit)
    flags = () if said is Why.NOT_IN_PASSAGES else (said.value,)
    return replace(quoted, flags=flags, lasting=not speaking.passing(said))


def _chosen(asked: str, passages: Sequence[Passage], models: speaking.Desk, visit: Visit) -> Sequence[Passage] | None:
    """What a model has looked up, where nothing simpler is sure what is wanted; None: it did not look, or in vain."""
    carry = visit.desk.carry
    if carry is None or visit.deadline.left_s() * 1000 < figures().choose_ms:
        return None
    if read(asked, reader=carry.reader, deadline=visit.deadline).sure:
        return None
    choice = choose(
        Masked(asked, ()),
        looking.offered(),
        purse=visit.opened(models),
        desk=models.models,
        deadline=visit.deadline.part(figures().choose_ms // 2),
    )
    models.chose(choice)
    if not choice.uses:
        return None
    with visit.in_database():
        return looking.looked(
            choice,
            passages,
            call=lambda tool, given: carry.call(visit.caller, tool, given, visit.deadline, None),
        )


def _checked(draft: Draft, passages: Sequence[Passage]) -> Verdict:
    claims = [Claim(sentence.text, sentence.ref, sentence.quotes) for sentence in draft.sentences]
    return check(claims, {ref: passage.content for ref, passage in enumerate(passages, start=1)})


def _quoted(
    draft: Draft, verdict: Verdict, passages: Sequence[Passage], sheets: Mapping[str, Sheet], visit: Visit
) -> Said:
    """In the merchant's own sentences. Below the bar, what does not stand is cut; what is left of them all stands."""
    telling, mask = visit.telling, visit.desk.mask_answer
    by_ref = dict(enumerate(passages, start=1))
    stands = verdict.supported
    if not stands:
        confidence = 0.0 if verdict.unsupported else 1.0 - draft.confidence
        telling.sources(())
        text = telling.words([wording().not_in_documents], mask=mask)
        return Said(text, NOT_IN_DOCUMENTS, (), round(confidence, 3), score=verdict.score)
    shown: dict[int, int] = {}
    for claim in stands:
        shown.setdefault(claim.ref, len(shown) + 1)
    citations = tuple(
        cite(number, by_ref[ref], " … ".join(q for claim in stands if claim.ref == ref for q in claim.quotes))
        for ref, number in shown.items()
    )
    facts = _told(stands, by_ref, sheets)
    telling.sources(citations)
    telling.products(facts)
    # Masked before it is sent, and before it is kept.
    text = telling.words((f"{claim.text} [{shown[claim.ref]}]" for claim in stands), mask=mask)
    return Said(
        text=text,
        verdict=ANSWERED,
        citations=citations,
        confidence=round(draft.confidence, 3),
        cut_down=verdict.score < BAR,
        facts=facts,
        score=round(verdict.score, 3),
    )


def _kind(asked: str, passages: Sequence[Passage], deadline: Deadline) -> PromptKind:
    """Which prompt fits, by the words alone; where they do not tell, by what was found first."""
    kinds = {request.kind for request in read(asked, reader=WORDS_ALONE, deadline=deadline).requests}
    if Kind.COMPARISON in kinds:
        return PromptKind.COMPARISON
    if Kind.POLICY_QUESTION in kinds:
        return PromptKind.POLICY
    if kinds & {Kind.PRODUCT_SEARCH, Kind.PRODUCT_QUESTION} or record(passages[0].content):
        return PromptKind.PRODUCT
    return PromptKind.GENERAL


def _facts(passages: Sequence[Passage], visit: Visit) -> Mapping[str, Sheet]:
    return sheets_of([passage.chunk_id for passage in passages if record(passage.content)], visit)


def sheets_of(chunks: Sequence[str], visit: Visit) -> Mapping[str, Sheet]:
    visit.deadline.check()
    try:
        with visit.in_database():
            return visit.desk.facts(visit.caller, tuple(chunks))
    except Unavailable as failure:
        raise FactsUnavailable(
            "The shop's prices and stock cannot be looked up at the moment. Please try again in a moment."
        ) from failure


def _as_of_now(passages: Sequence[Passage], sheets: Mapping[str, Sheet]) -> list[Passage]:
    """The passages with the products' records as the database has them, without those that are gone since."""
    now: list[Passage] = []
    for passage in passages:
        fields = record(passage.content)
        if not fields:
            now.append(passage)
        elif sheet := sheets.get(passage.chunk_id):
            now.append(replace(passage, content=slots.as_passage(slots.filled(fields, sheet))))
        elif sheet is not None:  # a row of a table that is no product's
            now.append(passage)
    return now


def _told(claims: Sequence[Claim], by_ref: Mapping[int, Passage], sheets: Mapping[str, Sheet]) -> tuple[Told, ...]:
    told = [
        fact
        for claim in claims
        if record(by_ref[claim.ref].content)
        for fact in slots.used(claim.quotes, sheets.get(by_ref[claim.ref].chunk_id, {}))
    ]
    return tuple({fact.key: fact for fact in told}.values())
