"""The sockets table and the sockets in memory. The table's halves pass the contract tests of the real ones."""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

from shopwright.sockets.dynamodb import Pace, Tickets
from shopwright.sockets.limits import limits
from shopwright.sockets.socket import SocketGone, SocketOver, SocketsUnavailable, TooMuchAtOnce
from shopwright.sockets.ticket import Ticket


class FakeTickets(Tickets):
    """Remembers tickets; `down = True` makes it a table that does not answer."""

    def __init__(self) -> None:
        self.kept: dict[str, Ticket] = {}
        self.down = False

    def keep(self, fingerprint: str, ticket: Ticket) -> None:
        if self.down:
            raise SocketsUnavailable
        self.kept[fingerprint] = ticket

    def take(self, fingerprint: str, *, now: float) -> Ticket | None:
        if self.down:
            raise SocketsUnavailable
        ticket = self.kept.get(fingerprint)
        if ticket is None or ticket.expires_at <= int(now):
            return None
        return self.kept.pop(fingerprint)


class FakePace(Pace):
    """Counts in memory."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        self.hits: Counter[str] = Counter()
        self.heard_at: dict[str, int] = {}
        self.down = False

    def ticket(self, shopper: str) -> None:
        self._one_more(f"tickets#{shopper}", limits().ticket.per_shopper_per_minute)

    def tool(self, merchant_id: str) -> None:
        self._one_more(f"tools#{merchant_id}", limits().tool.per_merchant_per_minute)

    def message(self, connection_id: str, shopper: str, *, opened_at: int) -> None:
        self._one_more(f"socket#{connection_id}", limits().message.per_socket_per_minute)
        now = int(self.now())
        heard_at = self.heard_at.get(connection_id, opened_at)
        self.heard_at[connection_id] = now
        if now - heard_at > limits().socket.idle_s:
            raise SocketOver
        self._one_more(f"messages#{shopper}", limits().message.per_shopper_per_minute)

    def closed(self, connection_id: str) -> None:
        if self.down:
            raise SocketsUnavailable
        self.heard_at.pop(connection_id, None)

    def _one_more(self, what: str, most: int) -> None:
        if self.down:
            raise SocketsUnavailable
        now = int(self.now())
        minute = f"{what}#{now // 60}"
        if self.hits[minute] >= most:
            raise TooMuchAtOnce(60 - now % 60)
        self.hits[minute] += 1


class Sockets:
    """Open sockets, and what has been sent to each. One in `gone` is closed; one that is `closed` was closed by us."""

    def __init__(self) -> None:
        self.sent: dict[str, list[dict[str, Any]]] = {}
        self.gone: set[str] = set()
        self.closed: list[str] = []
        self.down = False

    def send(self, connection_id: str, text: str) -> None:
        if self.down:
            raise SocketsUnavailable
        if connection_id in self.gone:
            raise SocketGone
        self.sent.setdefault(connection_id, []).append(json.loads(text))

    def close(self, connection_id: str) -> None:
        self.closed.append(connection_id)
        self.gone.add(connection_id)
