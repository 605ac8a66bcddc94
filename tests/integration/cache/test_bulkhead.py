"""A gate counts alike in one environment and in Valkey for all of them."""

import threading
import time
from collections.abc import Iterator

import pytest
from redis.crc import key_slot
from shopwright.tenancy.bulkhead import Bulkhead, Entry, Gate, GateUnavailable, MerchantBusy, OwnGate
from shopwright.tenancy.limits import Compartment
from shopwright.tenancy.tenant import Tenant
from shopwright.tenancy.valkey import ClusterUnavailable, SharedGate

from local.valkey import Valkey

ACME, KITCHEN = Tenant("acme"), Tenant("kitchen")
SMALL = Compartment(at_once=2, waiting=2, wait_ms=60_000, lease_ms=60_000, per_second=1000)
SHORT = Compartment(at_once=1, waiting=1, wait_ms=1000, lease_ms=1000, per_second=1000)


@pytest.fixture
def shared(valkey_server: Valkey) -> Iterator[SharedGate]:
    valkey_server.start()
    with valkey_server.connect() as client:
        client.flushall()
    gate = gate_at(valkey_server)
    yield gate
    gate.close()


def gate_at(server: Valkey) -> SharedGate:
    return SharedGate("127.0.0.1", server.port, tls="disable", token=lambda: server.password, timeout_s=2.0)


@pytest.fixture(params=["shared", "own"])
def gate(request: pytest.FixtureRequest) -> Gate:
    if request.param == "own":
        return OwnGate()
    held: SharedGate = request.getfixturevalue("shared")
    return held


def test_as_many_come_in_as_fit_the_next_wait_and_the_rest_are_turned_away(gate: Gate) -> None:
    said = [gate.enter(ACME, f"t{number}", SMALL) for number in range(5)]

    assert said == [Entry.IN, Entry.IN, Entry.WAIT, Entry.WAIT, Entry.FULL]
    assert gate.enter(KITCHEN, "t9", SMALL) is Entry.IN


def test_whoever_came_first_comes_in_first(gate: Gate) -> None:
    for number in range(4):
        gate.enter(ACME, f"t{number}", SMALL)

    gate.leave(ACME, "t0")

    assert gate.enter(ACME, "t3", SMALL) is Entry.WAIT
    assert gate.enter(ACME, "late", SMALL) is Entry.FULL
    assert gate.enter(ACME, "t2", SMALL) is Entry.IN
    assert gate.enter(ACME, "t3", SMALL) is Entry.WAIT


def test_asking_again_takes_no_second_place(gate: Gate) -> None:
    for _ in range(3):
        assert gate.enter(ACME, "t0", SMALL) is Entry.IN
    gate.enter(ACME, "t1", SMALL)
    for _ in range(3):
        assert gate.enter(ACME, "t2", SMALL) is Entry.WAIT
    assert gate.enter(ACME, "t3", SMALL) is Entry.WAIT


def test_a_place_that_is_never_given_back_is_free_when_its_lease_ends(gate: Gate) -> None:
    assert gate.enter(ACME, "died", SHORT) is Entry.IN
    assert gate.enter(ACME, "waits", SHORT) is Entry.WAIT

    time.sleep(1.05)

    assert gate.enter(ACME, "comes", SHORT) is Entry.IN


def test_whoever_waits_no_more_leaves_the_queue(gate: Gate) -> None:
    for number in range(4):
        gate.enter(ACME, f"t{number}", SMALL)

    gate.leave(ACME, "t2")
    gate.leave(ACME, "t1")
    gate.leave(ACME, "never there")

    assert gate.enter(ACME, "t3", SMALL) is Entry.IN


def test_environments_count_together(valkey_server: Valkey, shared: SharedGate) -> None:
    other = gate_at(valkey_server)
    try:
        assert [shared.enter(ACME, "a", SMALL), other.enter(ACME, "b", SMALL)] == [Entry.IN, Entry.IN]
        assert other.enter(ACME, "c", SMALL) is Entry.WAIT
        shared.leave(ACME, "a")
        assert other.enter(ACME, "c", SMALL) is Entry.IN
    finally:
        other.close()


def test_a_merchants_keys_lie_in_one_slot_and_none_stays_for_ever(valkey_server: Valkey, shared: SharedGate) -> None:
    for number in range(3):
        shared.enter(ACME, f"t{number}", SMALL)

    with valkey_server.connect() as raw:
        keys = [str(key) for key in raw.keys("*")]
        assert sorted(keys) == ["merchant:{acme}:bulkhead:inside", "merchant:{acme}:bulkhead:waiting"]
        assert len({key_slot(key.encode()) for key in keys}) == 1
        assert all(0 < raw.pttl(key) <= 60_000 for key in keys)


def test_a_key_in_a_strangers_shape_is_a_gate_that_does_not_answer(valkey_server: Valkey, shared: SharedGate) -> None:
    with valkey_server.connect() as raw:
        raw.set("merchant:{acme}:bulkhead:inside", "no set")

    with pytest.raises(GateUnavailable) as failure:
        shared.enter(ACME, "t0", SMALL)

    assert isinstance(failure.value.__cause__, ClusterUnavailable)


def test_with_valkey_gone_a_flood_is_bounded_in_each_environment_and_with_it_back_in_all(
    valkey_server: Valkey, shared: SharedGate
) -> None:
    troubles: list[GateUnavailable] = []
    now = [100.0]
    alone = Compartment(at_once=1, waiting=0, wait_ms=10, lease_ms=60_000, per_second=1000)
    bulkhead = Bulkhead(
        shared, limits=SMALL, own_limits=alone, report=troubles.append, now=lambda: now[0], sleep=lambda _: None
    )
    with bulkhead.admit(ACME, within_s=0):
        pass

    valkey_server.stop()
    try:
        with bulkhead.admit(ACME, within_s=0):
            with pytest.raises(MerchantBusy), bulkhead.admit(ACME, within_s=0):
                pass
            with bulkhead.admit(KITCHEN, within_s=0):
                pass
        assert len(troubles) == 1
    finally:
        valkey_server.start()

    now[0] += 3
    with bulkhead.admit(ACME, within_s=0), bulkhead.admit(ACME, within_s=0):
        assert len(troubles) == 1


def test_a_flood_over_many_environments_is_bounded_and_another_shop_waits_for_nobody(
    valkey_server: Valkey, shared: SharedGate
) -> None:
    limits = Compartment(at_once=3, waiting=2, wait_ms=40, lease_ms=60_000, per_second=1000)
    gates = [gate_at(valkey_server) for _ in range(4)]
    environments = [Bulkhead(gate, limits=limits, own_limits=limits, report=unexpected) for gate in gates]
    counting = threading.Lock()
    inside, most, served, refused = 0, 0, 0, 0

    def shopper(environment: Bulkhead) -> None:
        nonlocal inside, most, served, refused
        for _ in range(10):
            try:
                with environment.admit(ACME, within_s=5):
                    with counting:
                        inside += 1
                        most = max(most, inside)
                    time.sleep(0.02)
                    with counting:
                        inside -= 1
                        served += 1
            except MerchantBusy:
                with counting:
                    refused += 1

    flood = [threading.Thread(target=shopper, args=(environments[number % 4],)) for number in range(16)]
    for one in flood:
        one.start()
    others = 0
    while any(one.is_alive() for one in flood):
        with environments[others % 4].admit(KITCHEN, within_s=0):  # no time to wait, and none is needed
            others += 1
    for one in flood:
        one.join()
    for gate in gates:
        gate.close()

    assert most == 3
    assert served + refused == 160
    assert refused > 0
    assert served >= 3
    assert others > 0


def unexpected(failure: GateUnavailable) -> None:
    raise AssertionError("Valkey is there") from failure
