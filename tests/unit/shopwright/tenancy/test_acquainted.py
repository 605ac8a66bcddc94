"""Who may still ask while the members table cannot be read: whom this environment saw a moment ago, as it saw them."""

from dataclasses import replace

import pytest
from shopwright.errors import Unavailable
from shopwright.tenancy.acquainted import Acquainted
from shopwright.tenancy.dynamodb import MembersUnavailable
from shopwright.tenancy.limits import Acquaintance, acquaintance

from tests.fakes import gateway
from tests.fakes.members import FakeMembers

ANN = gateway.member()
KIT = gateway.member("kitchen", subject="user#kit")
FIGURES = Acquaintance(known_s=300, most=3, asked_again_s=2)


class Door:
    """An environment's acquaintances, the table behind them, and a clock that stands still until it is moved."""

    def __init__(self, *, figures: Acquaintance = FIGURES) -> None:
        self.time = 1_790_000_000.0
        self.members = FakeMembers(ANN, KIT)
        self.told: list[Unavailable | None] = []
        self.known = Acquainted(self.members, figures, report=self.told.append, now=lambda: self.time)


def test_while_the_table_can_be_read_it_alone_decides() -> None:
    door = Door()
    assert door.known.row(ANN.subject) == ANN

    door.members.sign_out(ANN.subject, at=ANN.not_before + 9)

    assert door.known.row(ANN.subject) == replace(ANN, not_before=ANN.not_before + 9)
    assert door.told == []


@pytest.mark.parametrize(("later", "known"), [(0, True), (300, True), (301, False), (-1, False)])
def test_who_was_seen_is_known_for_minutes_and_no_longer(later: int, known: bool) -> None:
    door = Door()
    door.known.row(ANN.subject)
    door.members.down = True
    door.time += later

    if known:
        assert door.known.row(ANN.subject) == ANN
        assert len(door.told) == 1
    else:
        with pytest.raises(MembersUnavailable):
            door.known.row(ANN.subject)


def test_who_was_never_seen_here_is_not_let_in() -> None:
    door = Door()
    door.known.row(ANN.subject)
    door.members.down = True

    with pytest.raises(MembersUnavailable):
        door.known.row(KIT.subject)


@pytest.mark.parametrize("what", ["switched off", "signed out", "removed"])
def test_a_bad_word_that_was_read_last_is_known_as_well(what: str) -> None:
    door = Door()
    door.known.row(ANN.subject)
    if what == "removed":
        del door.members.rows[ANN.subject]
    else:
        changed = {"disabled": True} if what == "switched off" else {"not_before": 1_790_000_000}
        door.members.rows[ANN.subject] = replace(ANN, **changed)
    door.known.row(ANN.subject)
    door.members.down = True

    assert door.known.row(ANN.subject) == door.members.rows.get(ANN.subject)


@pytest.mark.parametrize("role", ["merchant", "operator", "machine"])
def test_who_acts_for_the_merchant_waits_for_the_table(role: str) -> None:
    door = Door()
    door.known.row(ANN.subject)
    door.members.rows[ANN.subject] = replace(ANN, role=role)
    door.known.row(ANN.subject)
    door.members.down = True

    with pytest.raises(MembersUnavailable):
        door.known.row(ANN.subject)


def test_what_is_known_does_not_grow_older_by_being_used() -> None:
    door = Door()
    door.known.row(ANN.subject)
    door.members.down = True
    for _ in range(3):
        door.time += 100
        assert door.known.row(ANN.subject) == ANN

    door.time += 1
    with pytest.raises(MembersUnavailable):
        door.known.row(ANN.subject)


def test_a_table_that_failed_is_left_alone_for_a_moment_and_then_asked_again() -> None:
    door = Door()
    door.known.row(ANN.subject)
    door.members.down = True
    door.known.row(ANN.subject)
    door.members.down = False
    del door.members.rows[ANN.subject]

    assert door.known.row(ANN.subject) == ANN
    assert [failure is None for failure in door.told] == [False, True]
    door.time += 2
    assert door.known.row(ANN.subject) is None


def test_so_many_are_known_and_the_longest_unseen_is_forgotten_first() -> None:
    door = Door()
    for name in ("ann", "kit", "bo", "ann", "cy"):
        door.members.rows[f"user#{name}"] = gateway.member(subject=f"user#{name}")
        door.known.row(f"user#{name}")
    door.members.down = True

    with pytest.raises(MembersUnavailable):
        door.known.row("user#kit")
    for name in ("ann", "bo", "cy"):
        assert door.known.row(f"user#{name}") is not None


def test_an_overlooked_sign_out_lasts_no_longer_than_a_guests_token() -> None:
    assert acquaintance().known_s <= 300
