"""What is true now, in PostgreSQL: changes when the function that says so does."""

from collections.abc import Sequence

from shopwright.database.connection import Database
from shopwright.database.queries import Queries
from shopwright.orchestrator.answer_cache import Standing
from shopwright.tenancy.passport import Passport

_QUERIES = Queries.beside(__file__)


class Truth:
    """Tells what a kept answer is held against."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def standing(self, passport: Passport, facts: Sequence[str] = ()) -> Standing:
        """The generation of the passport's merchant and the named facts' versions; a fact that is gone has none."""
        rows = self._database.call(passport, _QUERIES["standing"], {"facts": list(facts)})
        return Standing(
            generation=rows[0]["generation"],
            versions={row["fact"]: row["version"] for row in rows if row["fact"] is not None},
        )
