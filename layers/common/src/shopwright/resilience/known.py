"""What an environment knows of the circuits without waiting for their table: changes when how old that may be does.

A breaker asks for its circuit's state with every call, a request has several breakers, and an answer that is kept has
ten milliseconds: so the state is read in a thread of its own, and a call goes by what was read last. An environment
that has just begun takes every circuit for closed until its first reading has come.
"""

import threading
import time
from collections.abc import Callable

from aws_lambda_powertools.utilities.circuit_breaker import CircuitState
from aws_lambda_powertools.utilities.circuit_breaker.persistence import (
    CircuitBreakerPersistenceLayer,
    CircuitStateRecord,
)

_TRIAL_AGAIN_S = 1.0  # after another environment was quicker to try a circuit


class Known(CircuitBreakerPersistenceLayer):
    """The circuits of another store, as they were `known_s` ago at most while there are calls.

    A state that cannot be read is not known: then the circuit counts as closed, so that the breaker is never the
    outage. What this environment writes it knows at once.
    """

    def __init__(
        self,
        store: CircuitBreakerPersistenceLayer,
        *,
        known_s: float = 2.0,
        report: Callable[[BaseException], None] = lambda failure: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._store = store
        self._known_s = known_s
        self._tell = report
        self._clock = clock
        self._records: dict[str, tuple[float, CircuitStateRecord]] = {}
        self._reading: set[str] = set()
        self._tried: dict[str, float] = {}
        self._turn = threading.Lock()

    def get_state(self, name: str) -> CircuitStateRecord:
        """What was read last, at once; when that is too old somebody goes and reads it anew."""
        with self._turn:
            read_at, record = self._records.get(name, (float("-inf"), _closed(name)))
            stale = self._clock() - read_at >= self._known_s and name not in self._reading
            if stale:
                self._reading.add(name)
        if stale:
            threading.Thread(target=self._read, args=(name,), name="circuit", daemon=True).start()
        return record

    def try_acquire_half_open(self, name: str, owner: str, opened_at: int) -> bool:
        """As its base does it, but once a second at most: whoever lost does not ask the table with every call."""
        with self._turn:
            if self._clock() - self._tried.get(name, float("-inf")) < _TRIAL_AGAIN_S:
                return False
            self._tried[name] = self._clock()
        return super().try_acquire_half_open(name, owner, opened_at)

    def _read(self, name: str) -> None:
        began = self._clock()
        try:
            record = self._store._get_record(name) or _closed(name)
        except Exception as failure:
            record = _closed(name)
            self._tell(failure)
        with self._turn:
            self._reading.discard(name)
            if self._records.get(name, (float("-inf"), record))[0] <= began:  # else we have written it meanwhile
                self._records[name] = (self._clock(), record)

    def _get_record(self, name: str) -> CircuitStateRecord | None:
        return self._store._get_record(name)

    def _put_record(
        self, record: CircuitStateRecord, condition: str | None = None, expected_opened_at: int | None = None
    ) -> None:
        if condition is None:
            self._know(record)  # also when it cannot be written: this environment has seen it fail
        self._store._put_record(record, condition, expected_opened_at)
        self._know(record)

    def _update_record(self, record: CircuitStateRecord) -> None:
        self._know(record)
        self._store._update_record(record)

    def _know(self, record: CircuitStateRecord) -> None:
        with self._turn:
            self._records[record.name] = (self._clock(), record)


def _closed(name: str) -> CircuitStateRecord:
    return CircuitStateRecord(name=name, state=CircuitState.CLOSED)
