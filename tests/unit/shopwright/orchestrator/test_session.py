"""A conversation is kept for a while, for its own subject alone; the fake keeps it as the real one does."""

from dataclasses import replace
from typing import Any

import pytest
from shopwright.orchestrator.session import (
    CONTEXT_LIFETIME_S,
    LIFETIME_S,
    LONGEST_LINE,
    MAX_LIKES,
    MAX_TURNS,
    SUMMED_UP,
    CartBefore,
    Preferences,
    SessionFull,
    SessionNotFound,
    Turn,
    summed_up,
)

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


def test_the_turns_that_a_long_conversation_began_with_are_there_too(sessions: Any) -> None:
    ann = sessions.of(OUTDOOR, "user#ann")
    session_id = ann.remember(None, turn(1))
    for number in range(2, 13):
        ann.remember(session_id, turn(number))

    opened = ann.open(session_id, turns=3, first=True)

    assert (opened.turns, opened.length) == ((turn(1), turn(2), turn(3)), 12)


def test_a_turn_keeps_what_the_cart_was_like_before_it(sessions: Any) -> None:
    ann = sessions.of(OUTDOOR, "user#ann")
    changed = replace(turn(1), cart=CartBefore(1_790_000_001, (("tent-1", 2), ("stove-1", 1))))

    assert ann.open(ann.remember(None, changed)).turns == (changed,)


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


def test_a_conversation_knows_what_it_came_to(sessions: Any) -> None:
    ann = sessions.of(OUTDOOR, "user#ann")
    at = 1_790_000_000
    session_id = ann.remember(None, Turn("A tent?", "This one.", "answered", at, "extractive", ("p-1", "p-2"), 300))
    ann.remember(session_id, Turn("On the moon?", "No word of it.", "not_in_documents", at + 9, cost=50))

    tally = ann.open(session_id).tally

    assert (tally.turns, tally.answered, tally.products, tally.cost) == (2, 1, 2, 350)
    assert (tally.began_at, tally.last_at, tally.outcome) == (at, at + 9, "not_in_documents")


def test_earlier_turns_are_summed_up_in_a_bounded_number_of_short_lines(sessions: Any) -> None:
    ann = sessions.of(OUTDOOR, "user#ann")
    session_id = ann.remember(None, turn(1))
    for number in range(2, SUMMED_UP + 4):
        ann.remember(session_id, turn(number))

    summary = ann.open(session_id).summary

    assert len(summary) == SUMMED_UP
    assert summary[-1] == f"Question {SUMMED_UP + 3}? -> Answer {SUMMED_UP + 3}."


def test_a_long_turn_makes_a_short_line() -> None:
    (line,) = summed_up((), Turn("why " * 500, "because\n" * 500, "answered", 1))

    assert len(line) <= LONGEST_LINE
    assert "\n" not in line


def test_a_list_holds_ones_own_conversations_the_newest_first_and_goes_on(sessions: Any) -> None:
    ann, bob = sessions.of(OUTDOOR, "user#ann"), sessions.of(OUTDOOR, "user#bob")
    mine = [ann.remember(None, turn(number)) for number in range(1, 6)]
    bob.remember(None, turn(9))
    sessions.of(KITCHEN, "user#ann").remember(None, turn(9))

    seen, cursor = [], None
    while True:
        page = ann.mine(2, cursor)
        seen += [one.id for one in page.sessions]
        cursor = page.cursor
        if cursor is None:
            break

    assert seen == mine[::-1]


def test_a_conversation_that_is_over_or_ended_is_in_no_list(sessions: Any, clock: Clock) -> None:
    ann = sessions.of(OUTDOOR, "user#ann")
    ann.delete(ann.remember(None, turn(1)))
    ann.remember(None, turn(2))
    clock.time += LIFETIME_S

    assert ann.mine(10).sessions == ()


def test_what_a_shopper_likes_is_kept_by_consent_alone(sessions: Any, clock: Clock) -> None:
    ann = sessions.of(OUTDOOR, "user#ann")
    assert ann.prefer(Preferences(size="M")) is False
    assert ann.context() is None

    ann.agree(Preferences(size="M"))
    clock.time += 60
    assert ann.prefer(Preferences(size="L").liking(("p-1",))) is True

    kept = ann.context()
    assert (kept.preferences.size, kept.preferences.likes) == ("L", ("p-1",))
    assert kept.consented_at == 1_790_000_000
    assert sessions.of(KITCHEN, "user#ann").context() is None
    assert sessions.of(OUTDOOR, "user#bob").context() is None

    ann.forget()
    assert ann.context() is None
    assert ann.prefer(Preferences(size="S")) is False


def test_what_is_kept_ends_when_the_shopper_does_not_come_back(sessions: Any, clock: Clock) -> None:
    ann = sessions.of(OUTDOOR, "user#ann")
    ann.agree(Preferences(colour="green"))
    clock.time += CONTEXT_LIFETIME_S

    assert ann.context() is None


def test_likes_have_a_bound_and_the_newest_stay() -> None:
    held = Preferences()
    for number in range(MAX_LIKES + 5):
        held = held.liking((f"p-{number}",))

    assert len(held.likes) == MAX_LIKES
    assert held.likes[0] == f"p-{MAX_LIKES + 4}"
