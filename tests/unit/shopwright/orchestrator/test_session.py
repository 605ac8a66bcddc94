"""A conversation is kept for a while, for its own subject alone; the fake keeps it as the real one does."""

from typing import Any

import pytest
from shopwright.orchestrator.session import LIFETIME_S, MAX_TURNS, SessionFull, SessionNotFound

from tests.unit.shopwright.orchestrator.conftest import KITCHEN, NOBODYS, OUTDOOR, Clock, turn


def test_a_conversation_keeps_its_turns_in_order(sessions: Any) -> None:
    ann = sessions.of(OUTDOOR, "user#ann")

    session_id = ann.remember(None, turn(1))
    assert ann.remember(session_id, turn(2)) == session_id

    opened = ann.open(session_id)
    assert (opened.id, opened.turns, opened.length) == (session_id, (turn(1), turn(2)), 2)


def test_only_the_newest_turns_are_shown_when_fewer_are_asked_for(sessions: Any) -> None:
    ann = sessions.of(OUTDOOR, "user#ann")
    session_id = ann.remember(None, turn(1))
    for number in range(2, 13):
        ann.remember(session_id, turn(number))

    opened = ann.open(session_id, turns=3)

    assert opened.turns == (turn(10), turn(11), turn(12))
    assert opened.length == 12


def test_somebody_elses_conversation_looks_like_one_that_never_was(sessions: Any) -> None:
    anns = sessions.of(OUTDOOR, "user#ann").remember(None, turn())

    for stranger in (sessions.of(OUTDOOR, "user#bob"), sessions.of(KITCHEN, "user#ann")):
        said = set()
        for session_id in (anns, NOBODYS):
            for attempt, more in ((stranger.open, ()), (stranger.remember, (turn(2),)), (stranger.delete, ())):
                with pytest.raises(SessionNotFound) as refusal:
                    attempt(session_id, *more)
                said.add(str(refusal.value))
        assert len(said) == 1

    assert sessions.of(OUTDOOR, "user#ann").open(anns).turns == (turn(),)


def test_a_conversation_ends_a_while_after_its_last_turn(sessions: Any, clock: Clock) -> None:
    ann = sessions.of(OUTDOOR, "user#ann")
    session_id = ann.remember(None, turn(1))
    clock.time += LIFETIME_S - 1
    ann.remember(session_id, turn(2))
    clock.time += LIFETIME_S - 1
    assert ann.open(session_id).length == 2

    clock.time += 1

    with pytest.raises(SessionNotFound):
        ann.open(session_id)
    with pytest.raises(SessionNotFound):
        ann.remember(session_id, turn(3))


def test_a_deleted_conversation_is_gone_and_the_others_stay(sessions: Any) -> None:
    ann = sessions.of(OUTDOOR, "user#ann")
    gone, stays = ann.remember(None, turn(1)), ann.remember(None, turn(2))

    ann.delete(gone)

    with pytest.raises(SessionNotFound):
        ann.open(gone)
    with pytest.raises(SessionNotFound):
        ann.remember(gone, turn(3))
    assert ann.open(stays).turns == (turn(2),)


def test_a_conversation_does_not_grow_for_ever(sessions: Any) -> None:
    ann = sessions.of(OUTDOOR, "user#ann")
    session_id = ann.remember(None, turn(1))
    for number in range(2, MAX_TURNS + 1):
        ann.remember(session_id, turn(number))

    with pytest.raises(SessionFull):
        ann.remember(session_id, turn(MAX_TURNS + 1))

    assert ann.open(session_id).length == MAX_TURNS


def test_what_was_said_appears_in_no_representation() -> None:
    assert "Question" not in repr(turn())
