"""How often a shopper may ask over a socket while the table that counts it cannot be reached."""

import pytest
from shopwright.sockets.alone import PacedAlone
from shopwright.sockets.limits import limits
from shopwright.sockets.socket import SocketOver, SocketsUnavailable, TooMuchAtOnce

from tests.fakes.sockets import FakePace

MOST = limits().message.alone_per_shopper_per_minute


class Line:
    """A shopper's socket, opened just now, and a clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.time = 1_790_000_000.0
        self.opened_at = int(self.time)
        self.pace = FakePace(lambda: self.time)
        self.told: list[SocketsUnavailable] = []
        self.alone = PacedAlone(self.pace, report=self.told.append, now=lambda: self.time)

    def message(self, shopper: str = "ann") -> None:
        self.alone.message(f"c-{shopper}", shopper, opened_at=self.opened_at)


def test_while_the_table_answers_its_count_alone_holds() -> None:
    line = Line()
    for _ in range(limits().message.per_socket_per_minute):
        line.message()

    with pytest.raises(TooMuchAtOnce):
        line.message()
    assert line.told == []


def test_without_the_table_an_environment_lets_through_fewer_by_itself() -> None:
    line = Line()
    line.pace.down = True
    for _ in range(MOST):
        line.message()

    with pytest.raises(TooMuchAtOnce) as refused:
        line.message()

    assert 0 < refused.value.retry_after_s <= 60
    assert len(line.told) == MOST + 1
    line.message("kit")
    line.time += 60
    line.message()


def test_four_environments_let_through_no_more_than_the_table_would() -> None:
    assert limits().message.per_shopper_per_minute >= 4 * MOST


def test_a_socket_that_the_table_says_is_over_is_over() -> None:
    line = Line()
    line.message()
    line.time += limits().socket.idle_s + 1

    with pytest.raises(SocketOver):
        line.message()
