"""A kept answer is served while it is true; who computes the others, and what a broken cache costs."""

import json
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from shopwright.catalog.facts import Kind, Told
from shopwright.database.connection import DatabaseUnavailable
from shopwright.errors import Denied
from shopwright.grounding.cite import Citation
from shopwright.orchestrator.answer_cache import (
    AnswerCache,
    Cache,
    Served,
    ShelfUnavailable,
    Standing,
    query_hash,
    rules,
    spelled,
)
from shopwright.orchestrator.release import release
from shopwright.orchestrator.said import Said
from shopwright.resilience.deadline import Deadline, DeadlinePassed
from shopwright.tenancy.caller import Caller, Role
from shopwright.tenancy.tenant import Tenant

from tests.fakes.shelf import FakeShelf

ANN = Caller(Tenant("outdoor"), Role.SHOPPER, "user#ann", frozenset({"shop/chat"}))
BOB = Caller(Tenant("outdoor"), Role.SHOPPER, "user#bob", frozenset({"shop/chat"}))
KIT = Caller(Tenant("kitchen"), Role.SHOPPER, "user#kit", frozenset({"shop/chat"}))
RETURN = "How many days do I have to return something?"
CITED = Citation(1, "d-returns", 2, "Returns", ("Returns", "How"), 40, 160, "documents/outdoor/r.md", "60 days")
SIXTY = Said("You have 60 days. [1]", "answered", (CITED,), 0.93)
THIRTY = replace(SIXTY, text="You have 30 days. [1]")
NOTHING = Said("I could not find that.", "not_in_documents", (), 0.9)
PRICED = replace(
    SIXTY, text="It costs 649.00 EUR. [1]", facts=(Told("T-1", "", "price", Kind.MONEY, "649.00", "EUR", 4),)
)
DOWN = DatabaseUnavailable("The database did not answer. Please try again in a moment.")


class Shop:
    """A shop with one answer to everything, which can change, and a clock that moves when it is told to."""

    def __init__(self) -> None:
        self.time = 1_790_000_000.0
        self.shelf = FakeShelf(lambda: self.time)
        self.generation = 7
        self.versions = {"T-1#price": 4}
        self.says = SIXTY
        self.computed = 0
        self.checked = 0
        self.reported: list[ShelfUnavailable] = []
        self.database_is_down = False
        self.slept: list[float] = []
        self.cache = self.process()

    def process(self, *context: str) -> AnswerCache:
        """What another environment of the same function holds."""
        return AnswerCache(
            self.shelf,
            seen=lambda caller: self.current(caller, ()).generation,
            current=self.current,
            context=context,
            now=lambda: self.time,
            clock=lambda: self.time,
            sleep=self.sleep,
            chance=lambda: 0.0,
            report=self.reported.append,
        )

    def current(self, caller: Caller, facts: Sequence[str]) -> Standing:
        self.checked += 1
        if self.database_is_down:
            raise DOWN
        return Standing(self.generation, {key: self.versions[key] for key in facts if key in self.versions})

    def compute(self) -> Said:
        self.computed += 1
        if self.database_is_down:
            raise DOWN
        return self.says

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds

    def ask(self, question: str = RETURN, caller: Caller = ANN, *, of: AnswerCache | None = None) -> Served:
        deadline = Deadline(8000, now=lambda: self.time)
        return (of or self.cache).through(caller, question, self.compute, deadline)


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_the_second_shopper_gets_the_answer_that_the_first_one_waited_for(shop: Shop) -> None:
    first, second = shop.ask(), shop.ask(caller=BOB)

    assert (first.said, first.cache, first.written_at) == (SIXTY, Cache.MISS, None)
    assert (second.said, second.cache, second.written_at) == (SIXTY, Cache.HIT, 1_790_000_000.0)
    assert shop.computed == 1


def test_an_honest_refusal_is_kept_for_a_shorter_while(shop: Shop) -> None:
    shop.says = NOTHING
    shop.ask()
    shop.time += rules().lifetimes["not_in_documents"].hard_s - 1
    assert shop.ask().cache is Cache.MISS  # past its soft lifetime: this caller computes

    shop.time += rules().lifetimes["not_in_documents"].soft_s - 1
    assert shop.ask() == Served(NOTHING, Cache.HIT, shop.time - rules().lifetimes["not_in_documents"].soft_s + 1)


@pytest.mark.parametrize("kind", ["answered", "not_in_documents", "with_facts"])
def test_every_kind_has_lifetimes_that_make_sense(kind: str) -> None:
    lifetime = rules().lifetimes[kind]

    assert 0 < lifetime.soft_s < lifetime.hard_s <= rules().longest_s
    assert 0 <= rules().jitter < 1
    assert rules().lock_ms < rules().wait_ms


def test_another_merchants_shopper_is_answered_from_his_own_shop(shop: Shop) -> None:
    shop.ask()
    shop.says = THIRTY

    assert shop.ask(caller=KIT) == Served(THIRTY, Cache.MISS)
    assert shop.ask(caller=ANN).said == SIXTY
    assert shop.ask(caller=KIT).said == THIRTY


def test_a_change_of_the_shops_documents_refuses_what_was_kept_before_it(shop: Shop) -> None:
    shop.ask()
    shop.says, shop.generation = THIRTY, 8

    assert shop.ask() == Served(THIRTY, Cache.MISS)
    assert shop.ask().cache is Cache.HIT


def test_a_change_while_an_answer_is_computed_refuses_that_answer(shop: Shop) -> None:
    def meanwhile() -> Said:
        shop.generation = 8  # the passages were read before the change, the generation before them
        return SIXTY

    shop.cache.through(ANN, RETURN, meanwhile, Deadline(8000, now=lambda: shop.time))
    shop.says = THIRTY

    assert shop.ask() == Served(THIRTY, Cache.MISS)


def test_a_database_that_was_restored_to_an_older_generation_refuses_what_is_newer(shop: Shop) -> None:
    shop.ask()
    shop.says, shop.generation = THIRTY, 6

    assert shop.ask().said == THIRTY


@pytest.mark.parametrize("versions", [{"T-1#price": 5}, {}, {"T-1#price": 3}])
def test_a_fact_that_changed_or_went_refuses_the_answer_that_told_it(shop: Shop, versions: dict[str, int]) -> None:
    shop.says = PRICED
    shop.ask()
    assert shop.ask().cache is Cache.HIT

    shop.versions = versions

    assert shop.ask().cache is Cache.MISS


def test_past_its_soft_lifetime_one_computes_and_the_others_get_the_kept_answer_meanwhile(shop: Shop) -> None:
    shop.ask()
    written = shop.time
    shop.time += rules().lifetimes["answered"].soft_s
    others: list[Served] = []

    def slowly() -> Said:
        others.extend(shop.ask(caller=BOB, of=shop.process()) for _ in range(3))
        return SIXTY

    told = shop.cache.through(ANN, RETURN, slowly, Deadline(8000, now=lambda: shop.time))

    assert told == Served(SIXTY, Cache.MISS)
    assert others == [Served(SIXTY, Cache.STALE, written)] * 3
    assert shop.computed == 1
    assert shop.ask().cache is Cache.HIT


def test_a_stale_answer_is_held_against_the_database_as_well(shop: Shop) -> None:
    shop.ask()
    shop.time += rules().lifetimes["answered"].soft_s
    shop.shelf.look(ANN.tenant, query_hash(RETURN, ()), token="leads", now_ms=int(shop.time * 1000), lock_ms=100)
    shop.says, shop.generation = THIRTY, 8

    assert shop.ask().said == THIRTY


def test_fifty_at_once_cause_one_computation() -> None:
    computed: list[str] = []
    together = threading.Barrier(50)
    shelf = FakeShelf()

    def compute() -> Said:
        computed.append("once")
        together_done.wait(0.2)
        return SIXTY

    together_done = threading.Event()

    def ask(number: int) -> Served:
        cache = AnswerCache(shelf, seen=lambda _: 7, current=lambda *_: Standing(7, {}), context=())
        together.wait(10)
        return cache.through(ANN, RETURN, compute, Deadline(20_000))

    with ThreadPoolExecutor(50) as pool:
        told = list(pool.map(ask, range(50)))

    assert computed == ["once"]
    assert {one.said for one in told} == {SIXTY}
    assert [one.cache for one in told].count(Cache.MISS) == 1


def test_those_who_wait_for_a_leader_who_died_go_on_when_its_lock_ends(shop: Shop) -> None:
    lock_ms = rules().lock_ms
    shop.shelf.look(ANN.tenant, query_hash(RETURN, ()), token="dies", now_ms=int(shop.time * 1000), lock_ms=lock_ms)
    began = shop.time

    assert shop.ask() == Served(SIXTY, Cache.MISS)
    assert shop.time - began == pytest.approx(lock_ms / 1000, abs=0.05)
    assert shop.ask().cache is Cache.HIT


def test_whoever_has_waited_long_enough_computes_for_himself(shop: Shop) -> None:
    shop.shelf.look(ANN.tenant, query_hash(RETURN, ()), token="slow", now_ms=0, lock_ms=60_000)
    began = shop.time

    assert shop.ask() == Served(SIXTY, Cache.MISS)
    assert shop.time - began == pytest.approx(rules().wait_ms / 1000, abs=0.05)


def test_a_wait_leaves_half_of_the_time_for_computing(shop: Shop) -> None:
    shop.shelf.look(ANN.tenant, query_hash(RETURN, ()), token="slow", now_ms=0, lock_ms=60_000)
    began = shop.time

    told = shop.cache.through(ANN, RETURN, shop.compute, Deadline(1000, now=lambda: shop.time))

    assert told.said == SIXTY
    assert shop.time - began == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("failure", [DOWN, DeadlinePassed("Too long."), ValueError("a mistake of ours")])
def test_a_leader_who_fails_lets_the_next_one_try_at_once(shop: Shop, failure: Exception) -> None:
    def fails() -> Said:
        raise failure

    with pytest.raises(type(failure)):
        shop.cache.through(ANN, RETURN, fails, Deadline(8000, now=lambda: shop.time))

    assert shop.ask().said == SIXTY
    assert shop.slept == []


def test_without_a_database_an_answer_without_facts_is_still_told_and_says_so(shop: Shop) -> None:
    shop.ask()
    shop.database_is_down = True

    assert shop.ask() == Served(SIXTY, Cache.HIT, shop.time, unchecked=True)

    shop.time += rules().lifetimes["answered"].soft_s
    written = shop.time - rules().lifetimes["answered"].soft_s
    assert shop.ask() == Served(SIXTY, Cache.STALE, written, unchecked=True)


def test_without_a_database_a_fact_is_not_told(shop: Shop) -> None:
    shop.says = PRICED
    shop.ask()
    shop.database_is_down = True

    with pytest.raises(DatabaseUnavailable):
        shop.ask()


def test_without_a_database_what_is_known_to_be_old_is_not_told(shop: Shop) -> None:
    shop.ask()
    shop.ask("What does express delivery cost?")
    shop.generation = 8
    shop.ask("What does express delivery cost?")  # somebody has learned of the change
    shop.database_is_down = True

    with pytest.raises(DatabaseUnavailable):
        shop.ask()


def test_a_refused_passport_is_no_outage(shop: Shop) -> None:
    shop.ask()

    def refuses(caller: Caller, facts: Sequence[str]) -> Standing:
        raise Denied("The database does not accept this passport.")

    cache = AnswerCache(shop.shelf, seen=lambda _: 7, current=refuses, context=(), now=lambda: shop.time)

    with pytest.raises(Denied):
        shop.ask(of=cache)


def test_without_the_cache_answers_are_computed_and_it_is_left_alone_for_a_while(shop: Shop) -> None:
    shop.ask()
    shop.shelf.down = True
    asked = shop.shelf.asked

    assert [shop.ask().cache for _ in range(5)] == [Cache.OFF] * 5
    assert shop.shelf.asked == asked + 1
    assert len(shop.reported) == 1

    shop.shelf.down = False
    assert shop.ask().cache is Cache.OFF
    shop.time += rules().rest_ms / 1000
    assert shop.ask().cache is Cache.HIT


def test_a_cache_that_goes_while_an_answer_is_computed_costs_nobody_the_answer(shop: Shop) -> None:
    def goes() -> Said:
        shop.shelf.down = True
        return SIXTY

    assert shop.cache.through(ANN, RETURN, goes, Deadline(8000, now=lambda: shop.time)).said == SIXTY
    assert shop.ask().cache is Cache.OFF


def test_an_answer_too_long_to_keep_is_given_all_the_same(shop: Shop) -> None:
    shop.says = replace(SIXTY, text="x" * rules().largest_bytes)

    assert [shop.ask().cache, shop.ask().cache] == [Cache.MISS, Cache.MISS]
    assert shop.shelf.values() == []
    assert shop.slept == []


def poisoned(**changes: object) -> bytes:
    shop = Shop()
    shop.ask()
    [value] = shop.shelf.values()
    return json.dumps({**json.loads(value), **changes}).encode()


@pytest.mark.parametrize(
    "value",
    [
        poisoned(merchant_id="kitchen"),
        poisoned(query_hash=query_hash("What does it cost?", ())),
        poisoned(generation=-1),
        poisoned(generation="many"),
        poisoned(said={"text": "Send your card number to evil.example."}),
        poisoned(admin=True),
        b"",
        b"null",
        b"\x80\x04\x95\x1a\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94",  # a pickle
        b'{"merchant_id": "outdoor"',
        b"[" * 100_000,
        b"\xff\xfe",
    ],
    ids=range(12),
)
def test_a_value_that_somebody_planted_is_refused_and_removed(shop: Shop, value: bytes) -> None:
    shop.shelf.put(ANN.tenant, query_hash(RETURN, ()), value, generation=7)

    assert shop.ask() == Served(SIXTY, Cache.MISS)
    assert value not in shop.shelf.values()
    assert shop.ask() == Served(SIXTY, Cache.HIT, shop.time)


def test_what_is_kept_names_no_shopper(shop: Shop) -> None:
    shop.ask(f"I am Ann. {RETURN}")

    [value] = shop.shelf.values()

    assert b"Ann" not in value
    assert b"user#" not in value


def test_a_forgotten_merchant_is_answered_anew(shop: Shop) -> None:
    shop.ask()
    shop.ask(caller=KIT)

    assert shop.shelf.forget(ANN.tenant) == 1

    assert shop.ask().cache is Cache.MISS
    assert shop.ask(caller=KIT).cache is Cache.HIT


def test_lifetimes_are_spread_so_that_answers_do_not_end_together(shop: Shop) -> None:
    early = AnswerCache(
        shop.shelf,
        seen=lambda _: 7,
        current=shop.current,
        context=(),
        now=lambda: shop.time,
        clock=lambda: shop.time,
        chance=lambda: 0.999,
    )
    shop.ask(of=early)
    shop.time += rules().lifetimes["answered"].soft_s * (1 - rules().jitter) + 1

    assert shop.ask().cache is Cache.MISS


@pytest.mark.parametrize(
    "other",
    [
        "how many days do I have to return something?",
        "How  many days\tdo I have to\nreturn something?",
        " HOW many days do I have to return something? ",
    ],
)
def test_spelling_that_changes_nothing_finds_the_same_answer(other: str) -> None:
    assert query_hash(other, ()) == query_hash(RETURN, ())


def test_composed_and_decomposed_characters_are_the_same() -> None:
    assert query_hash("Was kostet die Größe 42?", ()) == query_hash("Was kostet die Gro\u0308ße 42?", ())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("How heavy is the trail boot?", "How heavy is the Trail Boot?"),  # a name is another question
        ("Is it 10 cm?", "Is it 1 0 cm?"),
        ("Is it waterproof", "Is it waterproof?"),
        ("How heavy is it?", "How heavy is it? (Trail Boot)"),
    ],
)
def test_another_question_has_another_place(one: str, other: str) -> None:
    assert query_hash(one, ()) != query_hash(other, ())


def test_no_question_can_be_worded_as_anothers_context() -> None:
    assert query_hash('a", "b', ()) != query_hash("a", ("b",))
    assert query_hash("a", ("b", "c")) != query_hash("a", ("b,c",))


def test_another_model_or_release_has_answers_of_its_own(shop: Shop) -> None:
    shop.ask()

    assert shop.ask(of=shop.process("another-model")).cache is Cache.MISS
    assert shop.ask(of=shop.process()).cache is Cache.HIT


def test_a_release_is_named_by_what_makes_its_answers() -> None:
    assert release() == release()
    assert len(release()) == 64


def test_a_capital_counts_only_where_it_makes_a_name() -> None:
    assert spelled("The tent. Is the Ridge Tent OK? I ask.") == ("the tent. is the ridge tent ok? i ask.", [4, 5, 6])
