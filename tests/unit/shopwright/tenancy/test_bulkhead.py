"""A merchant whose shop is flooded waits alone: the others come in as before."""

import threading

import pytest
from shopwright.errors import Exhausted
from shopwright.tenancy import limits
from shopwright.tenancy.bulkhead import Bulkhead, Entry, GateUnavailable, MerchantBusy, OwnGate
from shopwright.tenancy.limits import Compartment
from shopwright.tenancy.tenant import Tenant

ACME, KITCHEN = Tenant("acme"), Tenant("kitchen")
SMALL = Compartment(at_once=2, waiting=1, wait_ms=400, lease_ms=30_000, per_second=100)


class Clock:
    """Moves when somebody sleeps, or when told to."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += seconds


class Broken:
    """A gate that does not answer."""

    def __init__(self) -> None:
        self.asked = 0

    def enter(self, tenant: Tenant, ticket: str, limits: Compartment) -> Entry:
        self.asked += 1
        raise GateUnavailable("It did not answer.")

    def leave(self, tenant: Tenant, ticket: str) -> None:
        raise GateUnavailable("It did not answer.")


class Dying:
    """A gate that lets in, and does not answer when somebody leaves."""

    def enter(self, tenant: Tenant, ticket: str, limits: Compartment) -> Entry:
        return Entry.IN

    def leave(self, tenant: Tenant, ticket: str) -> None:
        raise GateUnavailable("It did not answer.")


class Shop:
    """A bulkhead with a clock of the test's own, and what it reported."""

    def __init__(self, shared: Broken | Dying | OwnGate | None = None, own: Compartment = SMALL) -> None:
        self.clock = Clock()
        self.troubles: list[GateUnavailable] = []
        self.bulkhead = Bulkhead(
            shared or OwnGate(self.clock),
            limits=SMALL,
            own_limits=own,
            report=self.troubles.append,
            now=self.clock,
            sleep=self.clock.sleep,
        )


def test_a_flooding_merchant_is_turned_away_and_another_comes_in_as_before() -> None:
    shop = Shop()
    with shop.bulkhead.admit(ACME, within_s=5), shop.bulkhead.admit(ACME, within_s=5):
        with pytest.raises(MerchantBusy) as refusal, shop.bulkhead.admit(ACME, within_s=5):
            pass
        waited = shop.clock.at
        with shop.bulkhead.admit(KITCHEN, within_s=5):
            assert shop.clock.at == waited

    assert isinstance(refusal.value, Exhausted)
    assert refusal.value.retry_after_s >= 1
    assert waited == pytest.approx(100.4, abs=0.03)  # no longer than it may wait
    with shop.bulkhead.admit(ACME, within_s=0):
        pass


def test_nobody_waits_longer_than_the_request_has_time() -> None:
    shop = Shop()
    with shop.bulkhead.admit(ACME, within_s=5), shop.bulkhead.admit(ACME, within_s=5):
        with pytest.raises(MerchantBusy), shop.bulkhead.admit(ACME, within_s=0.1):
            pass
        assert shop.clock.at <= 100.15


def test_a_place_is_given_back_when_what_was_done_inside_fails() -> None:
    shop = Shop()
    for _ in range(3):
        with pytest.raises(ValueError, match="broken"), shop.bulkhead.admit(ACME, within_s=0):
            raise ValueError("broken")
    with shop.bulkhead.admit(ACME, within_s=0), shop.bulkhead.admit(ACME, within_s=0):
        pass


def test_while_nobody_can_be_asked_each_environment_counts_its_own() -> None:
    broken = Broken()
    shop = Shop(broken, own=Compartment(at_once=1, waiting=0, wait_ms=200, lease_ms=30_000, per_second=100))

    with shop.bulkhead.admit(ACME, within_s=5):
        with pytest.raises(MerchantBusy), shop.bulkhead.admit(ACME, within_s=5):
            pass
        with shop.bulkhead.admit(KITCHEN, within_s=5):
            pass

    assert (broken.asked, len(shop.troubles)) == (1, 1)  # it is left alone for a while
    shop.clock.at += 3
    with shop.bulkhead.admit(ACME, within_s=5):
        pass
    assert broken.asked == 2


def test_alone_an_environment_begins_only_so_many_requests_of_a_merchant_in_a_second() -> None:
    shop = Shop(Broken(), own=Compartment(at_once=8, waiting=0, wait_ms=200, lease_ms=30_000, per_second=3))
    for _ in range(3):
        with shop.bulkhead.admit(ACME, within_s=0):
            pass

    with pytest.raises(MerchantBusy), shop.bulkhead.admit(ACME, within_s=0):
        pass
    with shop.bulkhead.admit(KITCHEN, within_s=0):
        pass
    shop.clock.at += 1
    with shop.bulkhead.admit(ACME, within_s=0):
        pass


def test_a_gate_that_dies_while_somebody_is_inside_costs_nobody_the_answer() -> None:
    shop = Shop(Dying())

    with shop.bulkhead.admit(ACME, within_s=5):
        pass

    assert len(shop.troubles) == 1


def test_threads_of_one_environment_are_counted_rightly() -> None:
    gate = OwnGate()
    bulkhead = Bulkhead(gate, limits=SMALL, own_limits=SMALL, report=lambda _: None)
    inside, most, lock, refused = 0, 0, threading.Lock(), 0

    def request() -> None:
        nonlocal inside, most, refused
        try:
            with bulkhead.admit(ACME, within_s=5):
                with lock:
                    inside += 1
                    most = max(most, inside)
                with lock:
                    inside -= 1
        except MerchantBusy:
            with lock:
                refused += 1

    threads = [threading.Thread(target=request) for _ in range(24)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert 1 <= most <= 2
    assert refused < 24


def test_the_numbers_leave_room_for_more_than_one_merchant() -> None:
    assert limits.together().at_once * 2 <= 100  # what the smallest stage reserves for chat
    assert limits.alone().at_once < limits.together().at_once
    assert limits.together().wait_ms < 1000
