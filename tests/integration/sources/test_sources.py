"""Both sources beside our own, each over its real SDK and its real wire: whose passages come, and what else may."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from shopwright.resilience.breaker import Breaker, Tolerance
from shopwright.resilience.deadline import Deadline, DeadlinePassed
from shopwright.retrieval import knowledge_base, outside, qbusiness
from shopwright.retrieval.knowledge_base import KnowledgeBase
from shopwright.retrieval.outside import (
    EXCUSED,
    Beside,
    Came,
    Found,
    Guarded,
    Measure,
    Outcome,
    SourceLeftAlone,
    SourceMalformed,
    SourceRefused,
    SourceStalled,
    SourceUnavailable,
)
from shopwright.retrieval.qbusiness import QBusiness
from shopwright.retrieval.search import Passage

from local.models.scene import Break, Fail, Garbage, Stall
from local.sources.shelf import Document
from tests.fakes.circuits import FakeCircuits
from tests.integration.sources.conftest import APPLICATION, BASE, KEYS, KITCHEN, OUTDOOR, RETRIEVER, Stand

QUESTION = "How do I wax my boots?"
WAX = "Wax your boots with a soft cloth, twice a year."
OWN = Passage(
    "c-1",
    "d-1",
    1,
    "Care",
    ("Care",),
    0,
    9,
    "documents/outdoor/care.md",
    "Brush your boots after each walk.",
    0.7,
    0.2,
    0.9,
)


def find(stand: Stand, question: str = QUESTION, *, limit: int = 5, ms: int = 3000) -> list[Found]:
    return list(stand.source.find(OUTDOOR, question, limit=limit, deadline=Deadline(ms)))


def beside(stand: Stand, told: list[Outcome] | None = None, **more: Any) -> Beside:
    breaker = Breaker(
        f"{stand.source.name}-{time.monotonic_ns()}",
        FakeCircuits().store(),
        tolerance=Tolerance(failures=3, open_s=60),
        left_alone=SourceLeftAlone,
        excused=EXCUSED,
    )
    measure = Measure(
        mask=more.get("mask", lambda text: text),
        embed=more.get("embed", lambda texts: [[0.8, 0.6] for _ in texts]),
    )
    heard: list[Outcome] = [] if told is None else told
    return Beside([Guarded(stand.source, breaker)], measure=measure, report=heard.append)


def ask(at: Beside, own: tuple[Passage, ...] = (OWN,), ms: int = 3000) -> outside.Sighted:
    return at.begin(OUTDOOR, QUESTION, [1.0, 0.0], Deadline(ms)).beside(own)


def test_a_merchants_passages_come_with_where_they_stand(stand: Stand) -> None:
    stand.put("wax", WAX)
    stand.put("tea", "How to steep green tea.")

    (first, *_) = find(stand)

    assert (first.merchant_id, first.text, first.uri) == ("outdoor", WAX, "https://outdoor.example/wax.html")
    assert first.document_id == "wax"


def test_the_source_itself_is_asked_for_the_verified_merchants_alone(stand: Stand) -> None:
    stand.put("ours", WAX)
    stand.put("theirs", WAX, "kitchen")

    assert [one.document_id for one in find(stand)] == ["ours"]
    (theirs,) = stand.source.find(KITCHEN, QUESTION, limit=5, deadline=Deadline(3000))
    assert theirs.document_id == "theirs"

    filters = str([one.body for one in stand.double.requests])
    assert filters.count("outdoor") == 1
    assert filters.count("kitchen") == 1


def test_what_a_broken_filter_lets_through_is_dropped_and_reported(stand: Stand) -> None:
    told: list[Outcome] = []
    stand.put("ours", WAX)
    stand.put("theirs", f"{WAX} Kitchen's secret.", "kitchen")
    stand.put("nobodys", f"{WAX} Nobody's.", None)
    stand.double.leaky = True

    sighted = ask(beside(stand, told))

    assert {one.content for one in sighted.passages} == {OWN.content, WAX}
    (outcome,) = told
    assert (outcome.came, outcome.taken) == (Came.FOUND, 1)
    assert dict(outcome.dropped) == {"another_merchant": 1, "no_merchant": 1}


@pytest.mark.parametrize("merchant", ["OUTDOOR", "outdoor ", "outdoo", "outdoor-2", "", 7])
def test_a_merchant_is_named_exactly_or_not_at_all(stand: Stand, merchant: Any) -> None:
    stand.put("near", WAX, merchant)
    stand.double.leaky = True

    assert [one.content for one in ask(beside(stand)).passages] == [OWN.content]


@pytest.mark.parametrize("uri", [None, "javascript:alert(1)", "file:///etc/passwd", "ftp://x/y", "/a/b", "https://"])
def test_a_result_that_a_citation_cannot_open_is_dropped(stand: Stand, uri: str | None) -> None:
    told: list[Outcome] = []
    stand.put("wax", WAX, uri=uri)

    assert ask(beside(stand, told)).passages == (OWN,)
    assert dict(told[0].dropped) == {"no_place": 1}


def test_ours_and_theirs_stand_in_one_order_with_what_is_personal_masked(stand: Stand) -> None:
    stand.put("wax", "Wax your boots, says ann@example.com.")
    stand.put("brush", "brush your  boots after each walk.")  # ours too, spelled otherwise

    sighted = ask(beside(stand, mask=lambda text: text.replace("ann@example.com", "[EMAIL]")))

    assert [one.content for one in sighted.passages] == [OWN.content, "Wax your boots, says [EMAIL]."]
    theirs = sighted.passages[1]
    assert theirs.similarity == pytest.approx(0.8)
    assert (theirs.start, theirs.end) == (0, len(theirs.content))
    assert outside.is_outside(theirs.source_uri)
    assert not outside.is_outside(OWN.source_uri)
    assert sighted.whole


@pytest.mark.parametrize(
    ("scene", "failure", "came"),
    [
        (Fail(fault="throttling"), SourceUnavailable, Came.UNAVAILABLE),
        (Fail(fault="internal"), SourceUnavailable, Came.UNAVAILABLE),
        (Fail(fault="denied"), SourceRefused, Came.REFUSED),
        (Fail(fault="validation"), SourceRefused, Came.REFUSED),
        (Break(), SourceUnavailable, Came.UNAVAILABLE),
        (Garbage(garbage="<html>no</html>"), SourceMalformed, Came.MALFORMED),
        (Garbage(garbage='{"retrievalResults": "x", "relevantContent": "x"}'), SourceMalformed, Came.MALFORMED),
    ],
    ids=["throttled", "internal", "denied", "invalid", "cut", "garbage", "another shape"],
)
def test_when_a_source_fails_our_own_passages_answer_and_the_failure_has_a_name(
    stand: Stand, scene: Any, failure: type[Exception], came: Came
) -> None:
    told: list[Outcome] = []
    stand.put("wax", WAX)
    stand.double.play(scene, scene)

    with pytest.raises(SourceUnavailable) as raised:
        find(stand)
    sighted = ask(beside(stand, told))

    assert type(raised.value) is failure
    assert sighted.passages == (OWN,)
    assert not sighted.whole
    assert [one.came for one in told] == [came]


def test_a_source_that_stalls_costs_no_more_than_there_is_time_for(stand: Stand) -> None:
    told: list[Outcome] = []
    stand.put("wax", WAX)
    stand.double.play(Stall(stall_ms=20_000), Stall(stall_ms=20_000))

    began = time.monotonic()
    sighted = ask(beside(stand, told), ms=300)
    with pytest.raises((SourceStalled, DeadlinePassed)):
        find(stand, ms=300)

    assert time.monotonic() - began < 10
    assert sighted.passages == (OWN,)
    assert [one.came for one in told] == [Came.STALLED]


def test_a_source_that_fails_again_and_again_is_left_alone(stand: Stand) -> None:
    told: list[Outcome] = []
    at = beside(stand, told)
    stand.put("wax", WAX)
    stand.double.play(*(Fail(fault="unavailable") for _ in range(3)))

    for _ in range(4):
        assert ask(at).passages == (OWN,)

    assert [one.came for one in told] == [Came.UNAVAILABLE] * 3 + [Came.LEFT_ALONE]
    assert len(stand.double.requests) == 3


def test_what_one_question_or_one_merchants_data_brings_about_shuts_the_source_for_nobody(stand: Stand) -> None:
    told: list[Outcome] = []
    at = beside(stand, told)
    stand.put("wax", WAX)
    stand.double.play(*(Fail(fault="validation") for _ in range(3)), *(Garbage(garbage="no") for _ in range(3)))

    for _ in range(7):
        ask(at)

    assert told[-1].came is Came.FOUND


def test_a_question_is_masked_words_and_no_longer_than_the_source_takes(stand: Stand) -> None:
    find(stand, "boots " * 1000)

    assert "boots" in str(stand.double.requests[0].body)
    assert len(str(stand.double.requests[0].body)) < 1500


def test_several_sources_are_asked_at_once(place: Any) -> None:
    double, endpoint = place
    double.forget()
    both = threading.Barrier(2)  # passed only by two who are asked at the same time

    def met(call: Callable[..., Any]) -> Callable[..., Any]:
        def asked(**given: Any) -> Any:
            both.wait(5)
            return call(**given)

        return asked

    sources: list[outside.Source] = [
        KnowledgeBase(BASE, met(knowledge_base.client(KEYS, endpoint, "us-east-1").retrieve)),
        QBusiness(APPLICATION, RETRIEVER, met(qbusiness.client(KEYS, endpoint, "us-east-1").search_relevant_content)),
    ]
    for holds, text in ((BASE, "Wax your boots."), (APPLICATION, "Dry your boots.")):
        double.put(
            holds, Document(id=text, text=text, uri="https://outdoor.example/", attributes={"merchant_id": "outdoor"})
        )
    at = Beside(
        [Guarded(one, Breaker(f"{one.name}-{time.monotonic_ns()}", FakeCircuits().store())) for one in sources],
        measure=Measure(mask=lambda text: text, embed=lambda texts: [[0.8, 0.6] for _ in texts]),
    )

    sighted = ask(at)

    assert {one.content for one in sighted.passages} == {OWN.content, "Wax your boots.", "Dry your boots."}


@pytest.mark.parametrize("make", [lambda call: KnowledgeBase("no", call), lambda call: QBusiness("no", "no", call)])
def test_a_name_that_aws_cannot_have_is_a_refusal_and_no_crash(
    place: Any, make: Callable[[Any], outside.Source]
) -> None:
    source = make(None)
    call = (
        knowledge_base.client(KEYS, place[1], "us-east-1").retrieve
        if source.name == "knowledge_base"
        else qbusiness.client(KEYS, place[1], "us-east-1").search_relevant_content
    )

    with pytest.raises(SourceRefused):
        make(call).find(OUTDOOR, QUESTION, limit=5, deadline=Deadline(3000))
