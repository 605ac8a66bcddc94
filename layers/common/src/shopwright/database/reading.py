"""Read-only queries go to the reader: changes when which database answers a question does.

The reader follows the writer by some tens of milliseconds, so that only what may be that old is asked of it: a search,
and counts. While it is down, or lags so far that it cancels a query, the writer answers in its place.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any, LiteralString

from shopwright.database.connection import DatabaseUnavailable, Reads, Row
from shopwright.tenancy.passport import Passport

REST_S = 10.0


class Reading:
    """The reader's answer, or the writer's. A reader that failed is left alone for a while."""

    def __init__(
        self,
        reader: Reads,
        writer: Reads,
        *,
        fell_back: Callable[[], None] = lambda: None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._fell_back = fell_back
        self._now = now
        self._rests_until = 0.0

    def call(self, passport: Passport, query: LiteralString, parameters: Mapping[str, Any]) -> list[Row]:
        """One statement in one round trip. It must be one that only reads: it may be sent to both."""
        if self._now() >= self._rests_until:
            try:
                return self._reader.call(passport, query, parameters)
            except DatabaseUnavailable:
                self._rests_until = self._now() + REST_S
                self._fell_back()
        return self._writer.call(passport, query, parameters)
