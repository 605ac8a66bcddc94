"""How a function that needs PostgreSQL comes by it: changes when what such a function must be told does.

The driver is loaded when a database is made, not when this is imported: a function that answers without one, or that
has not been asked yet, does not pay for it.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from shopwright.runtime.settings import Settings
from shopwright.tenancy.passport import Signer
from shopwright.tenancy.secretsmanager import Secret

if TYPE_CHECKING:
    from shopwright.database.connection import Database, Reads


class DatabaseSettings(Settings):
    """The part of an `Environment` that names the database and our login to it."""

    database_host: str
    database_port: int
    database_name: str
    database_tls: str
    database_secret_arn: str

    def database(self, *, connect_timeout_s: int = 2, statement_timeout_ms: int = 2000) -> "Database":
        """A database that connects on first use."""
        return self._at(self.database_host, connect_timeout_s, statement_timeout_ms)

    def _at(
        self, host: str, connect_timeout_s: int, statement_timeout_ms: int, *, read_only: bool = False
    ) -> "Database":
        from shopwright.database.connection import Address, Database
        from shopwright.database.secrets import login_in

        return Database(
            Address(host, self.database_port, self.database_name, self.database_tls),
            login_in(Secret(self.database_secret_arn)),
            connect_timeout_s=connect_timeout_s,
            statement_timeout_ms=statement_timeout_ms,
            read_only=read_only,
        )


class TenantSettings(DatabaseSettings):
    """The same for a function that acts for a merchant: it also signs passports."""

    tenant_key_secret_arn: str

    def signer(self) -> Signer:
        """What signs the passports that the database asks for."""
        from shopwright.database.secrets import key_in

        return Signer(key_in(Secret(self.tenant_key_secret_arn)))


class ReadingSettings(TenantSettings):
    """The same for a function that also asks what the reader can answer."""

    database_reader_host: str

    def reading(self, guarded: "Callable[[str, Reads], Reads]" = lambda server, database: database) -> "Reads":
        """The reader, with the writer behind it; where the two are one server, there is nothing to fall back to.
        `guarded` puts each server behind its breaker: `writer` or `reader`."""
        from shopwright.database.reading import Reading
        from shopwright.observability import metrics

        if self.database_reader_host == self.database_host:
            return guarded("writer", self._at(self.database_host, 2, 2000, read_only=True))
        return Reading(
            guarded("reader", self._at(self.database_reader_host, 1, 1500, read_only=True)),
            guarded("writer", self.database()),
            fell_back=lambda: metrics.count("ReaderUnavailable"),
        )
