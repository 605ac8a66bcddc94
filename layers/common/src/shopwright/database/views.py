"""Counts the materialized views again: changes when there is more to refresh than one call does."""

from datetime import datetime

from shopwright.database.connection import Database
from shopwright.database.queries import Queries

_QUERIES = Queries.beside(__file__)


def refresh(database: Database) -> datetime | None:
    """When the counts are from now on; None: somebody else is counting."""
    (row,) = database.run(_QUERIES["refresh_views"])
    counted: datetime | None = row["counted_at"]
    return counted
