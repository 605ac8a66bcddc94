"""What is put on the shelf is found until it ends, by its own merchant, and one caller at a time computes the rest.

The same tests for Valkey in cluster mode and for the fake.
"""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from shopwright.orchestrator.answer_cache import Look, State, query_hash
from shopwright.orchestrator.valkey import Shelf
from shopwright.tenancy.tenant import Tenant

ACME, KITCHEN = Tenant("acme"), Tenant("kitchen")
RETURNS, PRICE = query_hash("How long may I return it?", ()), query_hash("What does it cost?", ())
NOW = 1_790_000_000_000
MINUTE = 60_000


def look(
    shelf: Shelf,
    by: str = "a-looker",
    *,
    tenant: Tenant = ACME,
    at: str = RETURNS,
    now_ms: int = NOW,
    lock_ms: int = MINUTE,
) -> Look:
    return shelf.look(tenant, at, token=by, now_ms=now_ms, lock_ms=lock_ms)


def keep(
    shelf: Shelf,
    value: bytes = b"30 days",
    by: str = "a-keeper",
    *,
    tenant: Tenant = ACME,
    at: str = RETURNS,
    generation: int = 7,
    hard_ms: int = 10 * MINUTE,
    most: int = 100,
) -> bool:
    return shelf.keep(
        tenant,
        at,
        value,
        token=by,
        generation=generation,
        now_ms=NOW,
        soft_ms=MINUTE,
        hard_ms=hard_ms,
        longest_ms=60 * MINUTE,
        most=most,
    )


def test_the_first_who_finds_nothing_leads_and_the_next_one_waits(shelf: Shelf) -> None:
    assert look(shelf, "first") == Look(State.MISSING, True)
    assert look(shelf, "second") == Look(State.MISSING, False)


def test_what_was_kept_is_found_fresh_and_nobody_leads(shelf: Shelf) -> None:
    look(shelf, "first")

    assert keep(shelf, b"30 days", "first")

    assert look(shelf) == Look(State.FRESH, False, b"30 days", "first")


def test_past_its_soft_lifetime_everybody_still_gets_it_and_one_leads(shelf: Shelf) -> None:
    keep(shelf)

    assert look(shelf, now_ms=NOW + MINUTE - 1).state is State.FRESH
    first, second = look(shelf, "first", now_ms=NOW + MINUTE), look(shelf, "second", now_ms=NOW + MINUTE)

    assert (first.state, first.leads, first.value) == (State.STALE, True, b"30 days")
    assert (second.state, second.leads, second.value) == (State.STALE, False, b"30 days")


def test_past_its_hard_lifetime_it_is_gone(shelf: Shelf) -> None:
    keep(shelf, hard_ms=1000)
    assert look(shelf).value == b"30 days"

    time.sleep(1.05)

    assert look(shelf) == Look(State.MISSING, True)


def test_a_leader_who_died_is_replaced_when_the_lock_ends(shelf: Shelf) -> None:
    assert look(shelf, "dies", lock_ms=1000).leads
    assert not look(shelf, "waits").leads

    time.sleep(1.05)

    assert look(shelf, "waits").leads
    assert not look(shelf, "third").leads


def test_a_lock_is_given_back_by_its_holder_alone(shelf: Shelf) -> None:
    look(shelf, "first")

    shelf.give_up(ACME, RETURNS, token="somebody-else")
    assert not look(shelf, "second").leads
    shelf.give_up(ACME, RETURNS, token="first")

    assert look(shelf, "second").leads


def test_keeping_an_answer_gives_the_lock_back_but_not_another_ones(shelf: Shelf) -> None:
    look(shelf, "slow", lock_ms=1)
    time.sleep(0.02)
    assert look(shelf, "next").leads

    keep(shelf, by="slow", hard_ms=1000)
    time.sleep(1.05)
    assert not look(shelf, "third").leads
    keep(shelf, by="next", hard_ms=1000)
    time.sleep(1.05)

    assert look(shelf, "third").leads


def test_an_answer_of_an_older_generation_is_not_kept(shelf: Shelf) -> None:
    keep(shelf, b"30 days", generation=8)

    assert not keep(shelf, b"14 days", generation=7)

    assert look(shelf).value == b"30 days"


def test_a_newer_generation_puts_every_older_answer_out_of_reach(shelf: Shelf) -> None:
    keep(shelf, b"30 days", generation=7)
    keep(shelf, b"5.00 EUR", at=PRICE, generation=8)

    assert look(shelf) == Look(State.MISSING, True)
    assert look(shelf, at=PRICE).value == b"5.00 EUR"


def test_a_refused_answer_is_removed_and_not_the_one_that_took_its_place(shelf: Shelf) -> None:
    keep(shelf, b"old", "one")
    keep(shelf, b"new", "two")

    shelf.drop(ACME, RETURNS, kept_by="one")
    assert look(shelf).value == b"new"
    shelf.drop(ACME, RETURNS, kept_by="two")

    assert look(shelf) == Look(State.MISSING, True)


def test_a_refusal_tells_the_generation_that_the_answer_lacked(shelf: Shelf) -> None:
    keep(shelf, b"30 days", generation=7)
    keep(shelf, b"5.00 EUR", at=PRICE, generation=7)

    shelf.drop(ACME, RETURNS, kept_by="a-keeper", generation=9, longest_ms=MINUTE)

    assert look(shelf, at=PRICE) == Look(State.MISSING, True)
    assert not keep(shelf, generation=8)
    assert keep(shelf, generation=9)


def test_two_merchants_answers_to_the_same_question_lie_apart(shelf: Shelf) -> None:
    keep(shelf, b"30 days", tenant=ACME, generation=7)
    keep(shelf, b"14 days", tenant=KITCHEN, generation=1)

    assert look(shelf, tenant=ACME).value == b"30 days"
    assert look(shelf, tenant=KITCHEN).value == b"14 days"


def test_a_merchant_is_forgotten_whole_and_nobody_else_is(shelf: Shelf) -> None:
    for number in range(20):
        keep(shelf, at=query_hash(f"Question {number}?", ()))
    keep(shelf, b"14 days", tenant=KITCHEN)

    assert shelf.forget(ACME) == 20

    assert all(look(shelf, at=query_hash(f"Question {number}?", ())).value is None for number in range(20))
    assert look(shelf, tenant=KITCHEN).value == b"14 days"
    assert shelf.forget(ACME) == 0
    assert keep(shelf, generation=1)  # the generation that was known is forgotten too


def test_a_merchant_has_so_many_answers_and_those_that_end_soonest_make_room(shelf: Shelf) -> None:
    hashes = [query_hash(f"Question {number}?", ()) for number in range(4)]
    for number, at in enumerate(hashes):
        keep(shelf, at=at, hard_ms=(10 + number) * MINUTE, most=3)

    assert [look(shelf, at=at).value is not None for at in hashes] == [False, True, True, True]


def test_a_full_shelf_still_takes_the_newest_answer_even_if_it_ends_first(shelf: Shelf) -> None:
    for number in range(3):
        keep(shelf, at=query_hash(f"Question {number}?", ()), hard_ms=10 * MINUTE, most=3)

    keep(shelf, hard_ms=MINUTE, most=3)

    assert look(shelf).value == b"30 days"


def test_of_fifty_at_once_one_leads(shelf: Shelf) -> None:
    with ThreadPoolExecutor(50) as pool:
        looks = list(pool.map(lambda number: look(shelf, f"looker-{number}"), range(50)))

    assert sum(one.leads for one in looks) == 1


@pytest.mark.parametrize("value", [b"", b"\x00\xff\r\n$5\r\n", "größe 42 · 5 €".encode(), b"x" * 200_000])
def test_any_bytes_come_back_as_they_were(shelf: Shelf, value: bytes) -> None:
    keep(shelf, value)

    assert look(shelf).value == value
