"""Events of one object may come in any order, twice, and in any spelling of their sequencer: the newest always wins."""

import itertools
import os
import random
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from shopwright.documents.aurora import Documents, Outcome
from shopwright.documents.document import DocumentNotFound, Status

from tests.integration.database.conftest import Shop
from tests.integration.database.shop import KITCHEN, SIGNER, arrival, content, vector

FULL = os.environ.get("SHOPWRIGHT_FULL") == "1"
CASES = 1500 if FULL else 60
NAMES = itertools.count()


@dataclass(frozen=True)
class Event:
    """What S3 says of the object; `text` is what the file said then, None: it was deleted."""

    sequencer: str
    text: str | None

    @property
    def rank(self) -> str:
        return self.sequencer.upper().ljust(64, "0")


def sequencers(count: int) -> st.SearchStrategy[list[str]]:
    """As many as wanted, each of another rank: of different lengths, in upper and lower case."""
    one = st.text("0123456789abcdefABCDEF", min_size=1, max_size=24)
    return st.lists(one, min_size=count, max_size=count, unique_by=lambda text: text.upper().ljust(64, "0"))


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Event], list[Event]]:
    """What happened to an object, oldest first, and the same events as they arrive: in any order, some twice."""
    count = draw(st.integers(2, 6))
    said = st.sampled_from([None, "We ship in 2 days.", "Free.", "Never."])
    texts = draw(st.lists(said, min_size=count, max_size=count))
    ordered = sorted(
        (Event(sequencer, text) for sequencer, text in zip(draw(sequencers(count)), texts, strict=True)),
        key=lambda event: event.rank,
    )
    twice = draw(st.lists(st.sampled_from(ordered), max_size=3))
    return ordered, draw(st.permutations([*ordered, *twice]))


def work_off(documents: Documents, name: str, event: Event, *, dice: random.Random) -> None:
    """One execution of the ingestion; it may break off between two steps, and is then tried again."""
    drop = arrival(KITCHEN, name, event.sequencer)
    if event.text is None:
        documents.remove(drop)
        return
    for _ in range(1 + dice.randrange(2)):
        if documents.register(drop, title="A page") is not Outcome.GOES_ON:
            return
        made = content(drop, [event.text])
        if documents.keep_if_unchanged(drop, sha256=made.sha256, pipeline=made.pipeline):
            return
        documents.advance(drop, Status.PARSED, passages=1)
    if documents.advance(drop, Status.EMBEDDED):
        documents.replace(drop, made)


def test_an_older_event_never_wins_in_whatever_order_they_come(shop: Shop) -> None:
    documents = shop.repository().of(KITCHEN)
    searching = shop.search()
    tried = 0

    @settings(
        max_examples=CASES,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )
    @given(histories(), st.integers())
    def holds(history: tuple[list[Event], list[Event]], seed: int) -> None:
        nonlocal tried
        tried += 1
        ordered, arriving = history
        name, dice = f"order-{next(NAMES)}.md", random.Random(seed)  # noqa: S311 - which step breaks off, not a secret
        for event in arriving:
            work_off(documents, name, event, dice=dice)

        newest = ordered[-1]
        drop = arrival(KITCHEN, name, newest.sequencer)
        passages = searching.hybrid(SIGNER.sign(KITCHEN), "ship free never", vector("x"), limit=50)
        said = [passage.content for passage in passages if passage.document_id == drop.document_id]
        if newest.text is None:
            assert said == []
            with pytest.raises(DocumentNotFound):
                documents.get(drop.document_id)
        else:
            document = documents.get(drop.document_id)
            assert said == [newest.text]
            assert (document.status, document.chunks, document.sequencer) == (Status.SEARCHABLE, 1, newest.sequencer)
        documents.remove(arrival(KITCHEN, name, "F" * 64))

    holds()
    lane = "full" if FULL else "quick; the full lane tries 1500"
    print(f"tried {tried} histories of one object ({lane})")  # noqa: T201 - the count that was cut short
