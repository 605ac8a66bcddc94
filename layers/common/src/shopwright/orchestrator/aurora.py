"""What kept answers are held against, in PostgreSQL: changes when the function that says so does."""

from shopwright.database.connection import Reads
from shopwright.database.queries import Queries
from shopwright.tenancy.passport import Passport

_QUERIES = Queries.beside(__file__)


class Generations:
    """Tells a merchant's generation, which grows with every change to what its shoppers can be told."""

    def __init__(self, database: Reads) -> None:
        self._database = database

    def current(self, passport: Passport) -> int:
        """The generation of the passport's merchant."""
        return int(self._database.call(passport, _QUERIES["current_generation"], {})[0]["number"])
