"""Circuits' shared state in memory. It passes the contract tests of the real one (test_breaker.py)."""

from aws_lambda_powertools.utilities.circuit_breaker import CircuitState
from aws_lambda_powertools.utilities.circuit_breaker.persistence import (
    CircuitBreakerPersistenceLayer,
    CircuitStateRecord,
)
from aws_lambda_powertools.utilities.circuit_breaker.persistence.base import CircuitBreakerExistingLockError


class FakeCircuits:
    """What all environments share; `store` gives one environment's way to it. `down = True`: it does not answer."""

    def __init__(self) -> None:
        self.records: dict[str, CircuitStateRecord] = {}
        self.written = 0
        self.down = False

    def store(self) -> "FakeStore":
        return FakeStore(self)


class FakeStore(CircuitBreakerPersistenceLayer):
    """One environment's way to the circuits, with its own short memory."""

    def __init__(self, circuits: FakeCircuits) -> None:
        super().__init__()
        self._circuits = circuits

    def _get_record(self, name: str) -> CircuitStateRecord | None:
        self._answer()
        return self._circuits.records.get(name)

    def _put_record(
        self, record: CircuitStateRecord, condition: str | None = None, expected_opened_at: int | None = None
    ) -> None:
        self._answer()
        there = self._circuits.records.get(record.name)
        if condition == "half_open" and (
            there is None or there.state is not CircuitState.OPEN or there.opened_at != expected_opened_at
        ):
            raise CircuitBreakerExistingLockError
        self._write(record)

    def _update_record(self, record: CircuitStateRecord) -> None:
        self._answer()
        self._write(record)

    def _write(self, record: CircuitStateRecord) -> None:
        self._circuits.written += 1
        self._circuits.records[record.name] = record

    def _answer(self) -> None:
        if self._circuits.down:
            raise ConnectionError("The table did not answer.")
