"""How much a shopper may ask for while nobody can count it for all: changes when an environment counts otherwise.

A socket that was opened before the table failed goes on: its ticket was used up and its owner verified then. Silence is
measured by API Gateway itself meanwhile, which closes a socket after ten minutes of it.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Protocol

from shopwright.sockets.limits import Limits, limits
from shopwright.sockets.socket import SocketsUnavailable, TooMuchAtOnce


class Paces(Protocol):
    """What counts messages."""

    def message(self, connection_id: str, shopper: str, *, opened_at: int) -> None:
        """Count one more message, or raise TooMuchAtOnce or SocketOver."""
        ...

    def closed(self, connection_id: str) -> None:
        """Forget a socket."""
        ...


class PacedAlone:
    """The pace that the table keeps, and while it cannot be reached, this environment's own. `report` hears of that."""

    def __init__(
        self,
        pace: Paces,
        *,
        figures: Limits | None = None,
        report: Callable[[SocketsUnavailable], None] = lambda failure: None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._pace = pace
        self._most = (figures or limits()).message.alone_per_shopper_per_minute
        self._report = report
        self._now = now
        self._minute = -1
        self._hits: Counter[str] = Counter()
        self._turn = threading.Lock()

    def message(self, connection_id: str, shopper: str, *, opened_at: int) -> None:
        """Count one more message, or raise TooMuchAtOnce; SocketOver when the socket was silent for too long."""
        try:
            self._pace.message(connection_id, shopper, opened_at=opened_at)
        except SocketsUnavailable as failure:
            self._report(failure)
            self._one_more(shopper)

    def closed(self, connection_id: str) -> None:
        """Forget a socket."""
        self._pace.closed(connection_id)

    def _one_more(self, shopper: str) -> None:
        now = int(self._now())
        with self._turn:
            if now // 60 != self._minute:
                self._minute, self._hits = now // 60, Counter()
            if self._hits[shopper] >= self._most:
                raise TooMuchAtOnce(60 - now % 60)
            self._hits[shopper] += 1
