"""A breaker costs a call nothing that the caller would notice, and still hears of what other environments found."""

import itertools
import threading
import time
import uuid
from collections.abc import Iterator

import pytest
from aws_lambda_powertools.utilities.circuit_breaker.persistence import CircuitStateRecord
from shopwright.errors import Unavailable
from shopwright.resilience.breaker import Breaker, CircuitOpen, Tolerance
from shopwright.resilience.deadline import DeadlinePassed
from shopwright.resilience.known import Known

from tests.fakes.circuits import FakeCircuits, FakeStore
from tests.unit.shopwright.resilience.contract import Dependency, fail

QUICK = Tolerance(failures=3, open_s=2)
LONG = Tolerance(failures=3, open_s=60)


class Slow(FakeStore):
    """A way to the circuits that takes its time, and counts who comes."""

    def __init__(self, circuits: FakeCircuits) -> None:
        super().__init__(circuits)
        self.read = 0
        self.may = threading.Event()

    def _get_record(self, name: str) -> CircuitStateRecord | None:
        self.read += 1
        self.may.wait(5)
        return super()._get_record(name)


class DatabaseDown(Unavailable):
    """The database of these tests."""


class DatabaseLeftAlone(DatabaseDown, CircuitOpen):
    """The same, while it is left alone."""


@pytest.fixture
def name() -> str:
    return f"circuit-{uuid.uuid4()}"


def eventually(holds: object, within_s: float = 5.0) -> None:
    ends = time.monotonic() + within_s
    while not holds():  # type: ignore[operator]  # a test's own function
        assert time.monotonic() < ends, "it did not come"
        time.sleep(0.01)


def test_nobody_waits_for_the_table_and_one_reads_it_for_all(name: str) -> None:
    store = Slow(FakeCircuits())
    breaker = Breaker(name, Known(store), tolerance=QUICK)

    began = time.monotonic()
    answers = [breaker.call(lambda: "answer") for _ in range(50)]

    assert time.monotonic() - began < 5
    assert answers == ["answer"] * 50
    eventually(lambda: store.read == 1)
    store.may.set()


def test_an_environment_hears_of_what_another_found(name: str) -> None:
    shared, dependency = FakeCircuits(), Dependency()
    fail(Breaker(name, Known(shared.store()), tolerance=LONG), dependency, 3)
    other, dependency = Breaker(name, Known(shared.store()), tolerance=LONG), Dependency()

    def refused() -> bool:
        try:
            other.call(dependency)
        except CircuitOpen:
            return True
        return False

    eventually(refused)
    asked = dependency.asked
    assert refused()
    assert dependency.asked == asked


def test_what_was_read_is_read_again_when_it_is_too_old(name: str) -> None:
    store = Slow(FakeCircuits())
    store.may.set()
    now = itertools.count()
    known = Known(store, known_s=10, clock=lambda: float(next(now)))

    for _ in range(60):
        known.get_state(name)
        time.sleep(0.002)

    assert 3 <= store.read <= 20


def test_a_table_that_does_not_answer_shuts_nothing_and_is_told(name: str) -> None:
    shared = FakeCircuits()
    told: list[BaseException] = []
    shared.down = True
    breaker = Breaker(name, Known(shared.store(), known_s=0, report=told.append), tolerance=QUICK)

    assert breaker.call(lambda: "answer") == "answer"
    eventually(lambda: told)
    assert breaker.call(lambda: "answer") == "answer"


def test_without_the_table_an_environment_still_leaves_alone_what_it_saw_fail(name: str) -> None:
    shared, dependency = FakeCircuits(), Dependency()
    shared.down = True
    breaker = Breaker(name, Known(shared.store()), tolerance=LONG)

    fail(breaker, dependency, 3)

    with pytest.raises(CircuitOpen):
        breaker.call(dependency)


def test_who_lost_the_trial_does_not_ask_the_table_with_every_call(name: str) -> None:
    shared, dependency = FakeCircuits(), Dependency()
    store = shared.store()
    breaker = Breaker(name, Known(store, known_s=60), tolerance=QUICK)
    fail(breaker, dependency, 3)
    opened = shared.records[name].opened_at
    assert store.try_acquire_half_open(name, "somebody-else", opened or 0)
    time.sleep(3.05)

    for _ in range(5):
        with pytest.raises(CircuitOpen):
            breaker.call(dependency)

    assert dependency.asked == 3


def test_an_open_circuit_is_the_dependencys_own_failure(name: str) -> None:
    dependency = Dependency()
    breaker = Breaker(name, FakeCircuits().store(), tolerance=LONG, left_alone=DatabaseLeftAlone)
    fail(breaker, dependency, 3, DatabaseDown())

    with pytest.raises(DatabaseDown) as refusal:
        breaker.call(dependency)

    assert isinstance(refusal.value, CircuitOpen)
    assert dependency.asked == 3


def test_a_failure_that_one_merchant_brings_about_shuts_nothing_for_the_others(name: str) -> None:
    class QuestionTooHard(DatabaseDown):
        """It is the question."""

    dependency = Dependency()
    breaker = Breaker(name, FakeCircuits().store(), tolerance=QUICK, excused=(QuestionTooHard,))

    fail(breaker, dependency, 9, QuestionTooHard())

    dependency.failure = None
    assert breaker.call(dependency) == "answer"


class Speaker:
    """Says some words, and may fail after them."""

    def __init__(self, *words: str, failure: Exception | None = None) -> None:
        self.words, self.failure = words, failure
        self.began = 0
        self.said = 0
        self.closed = threading.Event()

    def __call__(self) -> Iterator[str]:
        self.began += 1
        try:
            for word in self.words:
                self.said += 1
                yield word
            if self.failure is not None:
                raise self.failure
        finally:
            self.closed.set()


def test_a_stream_that_breaks_off_in_the_middle_again_and_again_is_left_alone(name: str) -> None:
    speaker = Speaker("It", "is", failure=Unavailable("It broke off."))
    breaker = Breaker(name, FakeCircuits().store(), tolerance=LONG)

    for _ in range(3):
        heard: list[str] = []
        with pytest.raises(Unavailable, match="broke off"):
            heard.extend(breaker.stream(speaker))
    with pytest.raises(CircuitOpen):
        next(breaker.stream(speaker))

    assert speaker.began == 3


def test_a_stream_comes_whole_and_in_order(name: str) -> None:
    speaker = Speaker(*map(str, range(500)))

    assert list(Breaker(name, FakeCircuits().store()).stream(speaker)) == [str(number) for number in range(500)]


def test_who_has_heard_enough_stops_the_speaker_and_counts_nothing_against_it(name: str) -> None:
    breaker = Breaker(name, FakeCircuits().store(), tolerance=QUICK)

    class Endless(Speaker):
        def __call__(self) -> Iterator[str]:
            try:
                while True:
                    time.sleep(0.005)
                    yield "word"
            finally:
                self.closed.set()

    for _ in range(4):
        speaker = Endless()
        words = breaker.stream(speaker)
        assert next(words) == "word"
        words.close()  # type: ignore[attr-defined]  # a generator
        assert speaker.closed.wait(5)

    assert list(breaker.stream(Speaker("still", "there"))) == ["still", "there"]


def test_a_deadline_that_passes_while_a_stream_comes_says_nothing_about_its_speaker(name: str) -> None:
    breaker = Breaker(name, FakeCircuits().store(), tolerance=QUICK)

    for _ in range(5):
        with pytest.raises(DeadlinePassed):
            list(breaker.stream(Speaker("late", failure=DeadlinePassed("Too late."))))

    assert list(breaker.stream(Speaker("there"))) == ["there"]
