"""A database behind its breaker: changes when what may shut it for everybody does."""

from collections.abc import Mapping
from typing import Any, LiteralString

from shopwright.database.connection import DatabaseUnavailable, Reads, Row, StatementTooSlow
from shopwright.resilience.breaker import Breaker, CircuitOpen
from shopwright.tenancy.passport import Passport

EXCUSED = (StatementTooSlow,)  # one merchant's catalog, or one shopper's question


class DatabaseLeftAlone(DatabaseUnavailable, CircuitOpen):
    """PostgreSQL has not answered again and again, and is not asked for a while."""

    def __init__(self) -> None:
        super().__init__("The database does not answer at the moment. Please try again in a little while.")


class Guarded:
    """Asks the database, and while it is left alone says so at once. The breaker must say DatabaseLeftAlone."""

    def __init__(self, database: Reads, breaker: Breaker) -> None:
        self._database = database
        self._breaker = breaker

    def call(self, passport: Passport, query: LiteralString, parameters: Mapping[str, Any]) -> list[Row]:
        return self._breaker.call(lambda: self._database.call(passport, query, parameters))
