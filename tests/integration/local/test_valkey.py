import pytest
import redis

from local.valkey import Valkey


def test_the_cluster_of_one_owns_every_slot(valkey_server: Valkey) -> None:
    with valkey_server.connect() as client:
        told: dict[str, str] = client.execute_command("CLUSTER INFO")

    assert told["cluster_state"] == "ok"
    assert told["cluster_slots_ok"] == "16384"


def test_a_cluster_client_finds_its_way(valkey_server: Valkey) -> None:
    client = redis.RedisCluster(host="127.0.0.1", port=valkey_server.port, password=valkey_server.password)
    try:
        client.set("merchant:{acme}:query_hash:x", "answer")
        assert client.get("merchant:{acme}:query_hash:x") == b"answer"
    finally:
        client.close()


def test_a_new_password_holds_at_once_and_after_a_crash(valkey_server: Valkey) -> None:
    old = valkey_server.password
    valkey_server.require("another'p\"ass\\word {#")

    valkey_server.kill()
    assert not valkey_server.running
    valkey_server.start()

    with valkey_server.connect() as client:
        assert client.ping()
    with (
        redis.Redis(host="127.0.0.1", port=valkey_server.port, password=old, socket_timeout=2) as stranger,
        pytest.raises(redis.AuthenticationError),
    ):
        stranger.ping()
