"""Keys, strangers' hands, redirects and failures: what only a real Valkey can show."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from redis.crc import key_slot
from shopwright.errors import Unavailable
from shopwright.orchestrator.answer_cache import Look, ShelfUnavailable, State
from shopwright.orchestrator.valkey import Shelf
from shopwright.tenancy.tenant import NotAMerchant, Tenant

from local import ports
from local.valkey import Valkey
from tests.integration.cache.conftest import shelf_at
from tests.integration.cache.test_shelf import ACME, KITCHEN, MINUTE, RETURNS, keep, look

ENTRY = f"merchant:{{acme}}:query_hash:{RETURNS}"


@pytest.fixture
def raw(valkey_server: Valkey, real: Shelf) -> Iterator["redis.Redis"]:
    """A hand in the cache that is not ours."""
    with valkey_server.connect() as client:
        yield client


def test_keys_carry_the_merchant_as_their_hash_tag_and_lie_in_one_slot(real: Shelf, raw: "redis.Redis") -> None:
    look(real, lock_ms=MINUTE)
    keep(real, by="somebody-else")

    keys = sorted(str(key) for key in raw.keys("*"))

    assert keys == sorted(
        [ENTRY, f"merchant:{{acme}}:lock:{RETURNS}", "merchant:{acme}:generation", "merchant:{acme}:kept"]
    )
    assert len({key_slot(key.encode()) for key in keys}) == 1


def test_nothing_is_kept_for_ever(real: Shelf, raw: "redis.Redis") -> None:
    look(real)
    keep(real, by="somebody-else")

    assert all(0 < raw.pttl(key) <= 60 * MINUTE for key in raw.keys("*"))


def test_of_a_forgotten_merchant_no_key_is_left(real: Shelf, raw: "redis.Redis") -> None:
    keep(real)
    keep(real, tenant=KITCHEN)

    real.forget(ACME)

    assert raw.keys("merchant:{acme}:*") == []
    assert len(raw.keys("merchant:{kitchen}:*")) == 3


@pytest.mark.parametrize(
    "merchant", ["a:b", "acme}", "{acme}", "ac*me", "acme:query_hash", "ac\nme", "acme ", "Acme", "", "a" * 41, "açme"]
)
def test_an_id_that_could_name_anothers_keys_is_no_merchants(merchant: str) -> None:
    with pytest.raises(NotAMerchant):
        Tenant(merchant)


@pytest.mark.parametrize("key", [ENTRY, "merchant:{acme}:generation"])
@pytest.mark.parametrize("kind", ["text", "list", "hash"])
def test_a_key_that_was_tampered_with_reads_as_nothing(real: Shelf, raw: "redis.Redis", key: str, kind: str) -> None:
    keep(real)
    raw.delete(key)
    if kind == "text":
        raw.set(key, "not a number")
    elif kind == "list":
        raw.rpush(key, "x")
    else:
        raw.hset(key, mapping={"value": "x", "soft": "soon"})

    found = look(real)

    assert found in (Look(State.MISSING, True), Look(State.FRESH, False, b"30 days", "a-keeper"))
    assert (found.state is State.MISSING) is (key == ENTRY)


def test_a_node_that_was_started_anew_is_taught_the_scripts_again(real: Shelf, raw: "redis.Redis") -> None:
    keep(real)
    raw.script_flush()

    assert look(real).value == b"30 days"


def test_a_cluster_that_is_not_there_is_gone_at_once(servers_folder: Path) -> None:
    shelf = Shelf("127.0.0.1", ports.choose("nobody", None), tls="disable", token=lambda: "x")
    began = time.monotonic()

    with pytest.raises(ShelfUnavailable):
        look(shelf)

    assert time.monotonic() - began < 5


def test_a_node_that_hangs_costs_little_and_is_found_again(valkey_server: Valkey, real: Shelf) -> None:
    shelf = shelf_at(valkey_server, timeout_s=0.6)
    keep(shelf)
    process = valkey_server.process
    assert process is not None
    os.kill(process.pid, signal.SIGSTOP)
    try:
        for _ in range(3):
            began = time.monotonic()
            with pytest.raises(ShelfUnavailable):
                look(shelf)
            assert time.monotonic() - began < 4  # two waits at most: for the answer, and to find the cluster
    finally:
        os.kill(process.pid, signal.SIGCONT)

    assert look(shelf).value == b"30 days"
    shelf.close()


def test_a_node_that_was_killed_is_found_again_and_empty(valkey_server: Valkey, real: Shelf) -> None:
    keep(real)
    valkey_server.kill()
    with pytest.raises(ShelfUnavailable):
        look(real)

    valkey_server.start()

    assert look(real) == Look(State.MISSING, True)


def test_a_refused_token_is_read_again(valkey_server: Valkey, real: Shelf) -> None:
    tokens = ["yesterdays", valkey_server.password]
    shelf = Shelf("127.0.0.1", valkey_server.port, tls="disable", token=lambda: tokens.pop(0), timeout_s=2)

    with pytest.raises(ShelfUnavailable) as refused:
        look(shelf)
    assert "yesterdays" not in str(refused.value)

    assert look(shelf).leads
    shelf.close()


def test_a_token_that_cannot_be_read_is_a_cache_that_cannot_be_reached(valkey_server: Valkey) -> None:
    def token() -> str:
        raise Unavailable("A part of the service is not reachable.")

    with pytest.raises(ShelfUnavailable):
        look(Shelf("127.0.0.1", valkey_server.port, tls="disable", token=token))


def test_a_cluster_that_speaks_plain_text_is_not_spoken_to_when_tls_is_required(valkey_server: Valkey) -> None:
    shelf = Shelf("127.0.0.1", valkey_server.port, tls="require", token=lambda: valkey_server.password)

    with pytest.raises(ShelfUnavailable):
        look(shelf)


def test_answers_are_found_where_the_cluster_has_moved_their_slot(servers_folder: Path) -> None:
    """Two nodes: the shelf has learned that the first owns every slot, then the merchant's slot moves to the second."""
    chosen = [ports.choose("a node", None)]
    for name in ("its bus", "another node", "its bus"):
        chosen.append(ports.choose(name, None, taken=chosen))
    first, second = (Valkey(servers_folder / f"node-{at}", chosen[at], chosen[at + 1]) for at in (0, 2))
    slot = key_slot(ENTRY.encode())
    shelf = shelf_at(first)
    try:
        first.start()
        second.start()
        second.require(first.password)
        with first.connect() as one, second.connect() as two:
            look(shelf, tenant=KITCHEN)  # the shelf discovers the cluster: one node
            two.execute_command("CLUSTER", "FLUSHSLOTS")
            one.execute_command("CLUSTER", "MEET", "127.0.0.1", chosen[2], chosen[3])
            _until(lambda: len(one.execute_command("CLUSTER NODES")) == len(two.execute_command("CLUSTER NODES")) == 2)
            moved_to = two.execute_command("CLUSTER", "MYID")
            for node in (two, one):
                node.execute_command("CLUSTER", "SETSLOT", slot, "NODE", moved_to)
            _until(lambda: two.execute_command("CLUSTER INFO")["cluster_state"] == "ok")

            keep(shelf)
            keep(shelf, b"14 days", tenant=KITCHEN)

            assert look(shelf).value == b"30 days"
            assert look(shelf, tenant=KITCHEN).value == b"14 days"
            assert two.exists(ENTRY) == 1
    finally:
        shelf.close()
        first.remove()
        second.remove()


def _until(true: Callable[[], bool]) -> None:
    for _ in range(500):
        if true():
            return
        time.sleep(0.02)
    raise AssertionError("the cluster did not come to agree")
