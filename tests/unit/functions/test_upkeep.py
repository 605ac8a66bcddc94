"""The two scheduled keepers: what they report, and what they are told by hand."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, cast

import pytest
import refresh_views
import tend_indexes
from shopwright.database.connection import DatabaseUnavailable
from shopwright.database.tend import Keeper, Round, Tended
from shopwright.resilience.deadline import Deadline
from shopwright.runtime.task import MalformedInput

from tests.unit.functions.ingestion import context, sample


class Gardener:
    """A keeper that remembers what was chosen, and how much time it was given."""

    def __init__(self, done: Round) -> None:
        self.done = done
        self.chosen: list[str] = []
        self.left_s = 0.0

    def choose(self, kind: str) -> None:
        self.chosen.append(kind)

    def round(self) -> Round:
        return self.done

    def call(self, event: Any) -> Any:
        @contextmanager
        def at_work(deadline: Deadline) -> Iterator[Keeper]:
            self.left_s = deadline.left_s()
            yield cast(Keeper, self)

        return tend_indexes.build(lambda: tend_indexes.Desk(at_work))(event, context())


DONE = Round(
    vacuumed=("chunk_p01",),
    tended=(
        Tended("p00", "hnsw", 9000, 0.9, "recall", 0.99),
        Tended("p01", "hnsw", 4000, 1.0),
        Tended("p02", "hnsw", 0, None),
    ),
    left=2,
)


def test_what_an_index_lost_is_counted_after_it_was_built_anew(capsys: pytest.CaptureFixture[str]) -> None:
    keeper = Gardener(DONE)
    told = keeper.call(sample("tend-indexes/schedule.json"))

    assert keeper.chosen == []
    assert 0 < keeper.left_s <= 60
    assert told["left"] == 2
    (counted,) = [line for line in map(json.loads, capsys.readouterr().out.splitlines()) if "IndexRecallLost" in line]
    assert counted["IndexRecallLost"] == [pytest.approx(0.01), 0.0]
    assert (counted["IndexesRebuilt"], counted["TablesVacuumed"], counted["IndexesLeft"]) == ([1.0], [1.0], [2.0])


@pytest.mark.parametrize("kind", ["hnsw", "ivfflat"])
def test_an_operator_chooses_the_kind_of_index(kind: str) -> None:
    keeper = Gardener(Round())
    keeper.call(sample(f"tend-indexes/{kind}.json"))

    assert keeper.chosen == [kind]


def test_a_kind_that_there_is_not_is_refused() -> None:
    with pytest.raises(MalformedInput):
        Gardener(Round()).call({"index": "btree; drop table x"})


def test_a_refresh_says_when_it_counted_and_a_failure_is_one() -> None:
    at = datetime(2026, 9, 21, 12, 0, tzinfo=UTC)
    call = refresh_views.build(lambda: refresh_views.Desk(lambda: at))

    assert call(sample("refresh-views/schedule.json"), context()) == {"counted_at": "2026-09-21T12:00:00Z"}

    def down() -> datetime:
        raise DatabaseUnavailable("The database did not answer. Please try again in a moment.")

    with pytest.raises(DatabaseUnavailable):
        refresh_views.build(lambda: refresh_views.Desk(down))(sample("refresh-views/schedule.json"), context())
