import socket

import pytest

from local import ports


def test_the_preferred_port_is_taken_when_it_is_free() -> None:
    said: list[str] = []
    wanted = ports.choose("gateway", None)

    assert ports.choose("gateway", wanted, say=said.append) == wanted
    assert said == []


def test_a_taken_port_gives_way_to_the_next_free_one_and_this_is_said() -> None:
    said: list[str] = []
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        if taken + ports.REACH > 65535:
            pytest.skip("the system gave the last ports of all")

        chosen = ports.choose("gateway", taken, say=said.append)

    assert taken < chosen < taken + ports.REACH
    assert len(said) == 1
    assert f"port {taken} for gateway is taken: using {chosen}" in said[0]


def test_one_port_is_not_given_twice_in_one_start() -> None:
    wanted = ports.choose("gateway", None)

    assert ports.choose("postgres", wanted, taken=[wanted], say=lambda text: None) != wanted
