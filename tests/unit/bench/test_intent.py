"""What the bench of intents measures with is what it says it is."""

from shopwright.orchestrator.intent import Kind

from bench import intent
from bench.intent import Row


def test_every_message_asks_for_something_that_there_is() -> None:
    spoken = intent.spoken()

    assert {kind for one in spoken for kind in one.kinds} == {str(kind) for kind in Kind}
    assert len({one.message for one in spoken}) == len(spoken)
    assert any(len(one.kinds) > 1 for one in spoken)


def test_a_judged_set_that_is_cut_short_keeps_rows_of_all_its_length() -> None:
    rows = [Row(str(at), "", "") for at in range(100)]

    assert [row.text for row in intent._thinned(rows, 4)] == ["0", "25", "50", "75"]
