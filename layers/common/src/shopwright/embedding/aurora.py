"""Which model serves a merchant, and the vectors of one that is to: changes when how the two change places does."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from pgvector import HalfVector
from psycopg import sql

from shopwright.database import generation
from shopwright.database.connection import Cursor, Database, Reads
from shopwright.database.queries import Queries
from shopwright.embedding.model import Model
from shopwright.errors import Conflict, NotFound
from shopwright.tenancy.passport import Passport, Signer
from shopwright.tenancy.tenant import Tenant

_QUERIES = Queries.beside(__file__)
A_FEW = 50  # passages: a second of the model's work, for which documents can wait


class NoSuchModel(NotFound):
    """The database does not know this model."""


class StillLacking(Conflict):
    """Passages have come that the model has not embedded yet: embed them, then switch."""


class ModelServes(Conflict):
    """The model answers the merchant's questions: its vectors are needed."""


@dataclass(frozen=True, slots=True)
class Lacking:
    """A passage that a model has not embedded."""

    id: UUID
    section: tuple[str, ...]
    content: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a model is with a merchant's passages, and who serves. `serving` is None before the first document."""

    passages: int
    embedded: int
    serving: str | None
    previous: str | None


class Models:
    """Every merchant's models; `of` gives those of one."""

    def __init__(self, database: Database, signer: Signer) -> None:
        self._database = database
        self._signer = signer

    def of(self, tenant: Tenant) -> "MerchantModels":
        return MerchantModels(self._database, self._signer, tenant)


class MerchantModels:
    """The models of one merchant's passages."""

    def __init__(self, database: Database, signer: Signer, tenant: Tenant) -> None:
        self._database = database
        self._signer = signer
        self._tenant = tenant

    def serving(self) -> Model | None:
        """The model that answers; None before the first document."""
        with self._database.as_tenant(self._passport()) as db:
            row = db.execute(_QUERIES["serving_model"], self._whose).fetchone()
            return Model(row["name"], row["dimensions"], row["sha256"]) if row else None

    def standing(self, model: str) -> Standing:
        with self._database.as_tenant(self._passport()) as db:
            return self._standing(db, model)

    def lacking(self, model: str, *, after: UUID | None, limit: int) -> tuple[Lacking, ...]:
        """The next passages without a vector of the model, by id. What comes in meanwhile may lie before `after`."""
        with self._database.as_tenant(self._passport()) as db:
            return self._lacking(db, model, after, limit)

    def add(self, model: str, ids: Sequence[UUID], vectors: Sequence[Sequence[float]]) -> None:
        """Vectors of these passages. One that has gone since is left out, one that has a vector keeps it."""
        with self._database.as_tenant(self._passport()) as db:
            self._add(db, model, ids, vectors)

    def switch(self, model: str, embed: Callable[[Sequence[Lacking]], Sequence[Sequence[float]]]) -> Standing:
        """Let the model answer from now on. Raises StillLacking when it lacks more than A_FEW passages.

        In one transaction that keeps documents from becoming searchable meanwhile: one that comes after it has to be
        embedded by this model. What has come in just before is embedded in it, or a merchant who drops something every
        second would never be switched. Answers that were kept are of the generation before.
        """
        with self._database.as_tenant(self._passport()) as db:
            db.execute(_QUERIES["hold"], {**self._whose, "model": model})
            lacking = self._lacking(db, model, None, A_FEW + 1)
            if len(lacking) > A_FEW:
                raise StillLacking("More passages have come in than can be embedded while the documents wait.")
            if lacking:
                self._add(db, model, [one.id for one in lacking], embed(lacking))
            if not self._serves(db, model):
                db.execute(_QUERIES["switch"], {**self._whose, "model": model})
                db.execute(generation.NEXT, self._whose)
            return self._standing(db, model)

    def forget(self, model: str) -> Standing:
        """Remove the model's vectors of this merchant. Raises ModelServes for the one that answers."""
        removed = 1
        while removed:
            with self._database.as_tenant(self._passport()) as db:
                if self._serves(db, model):
                    raise ModelServes("This model answers the merchant's questions: switch to another one first.")
                removed = db.execute(self._on(db, "forget_some", model), self._whose).rowcount
                db.execute(_QUERIES["forget_previous"], {**self._whose, "model": model})
        return self.standing(model)

    def _lacking(self, db: Cursor, model: str, after: UUID | None, limit: int) -> tuple[Lacking, ...]:
        values = {**self._whose, "after": after, "limit": limit}
        rows = db.execute(self._on(db, "lacking", model), values).fetchall()
        return tuple(Lacking(row["id"], tuple(row["section"]), row["content"]) for row in rows)

    def _add(self, db: Cursor, model: str, ids: Sequence[UUID], vectors: Sequence[Sequence[float]]) -> None:
        db.execute(
            self._on(db, "add_vectors", model),
            {**self._whose, "ids": list(ids), "vectors": [HalfVector(list(vector)) for vector in vectors]},
        )

    def _serves(self, db: Cursor, model: str) -> bool:
        row = db.execute(_QUERIES["serving_held"], self._whose).fetchone()
        return row is not None and row["model"] == model

    def _standing(self, db: Cursor, model: str) -> Standing:
        counts = db.execute(self._on(db, "counts", model), self._whose).fetchone() or {"passages": 0, "embedded": 0}
        row = db.execute(_QUERIES["serving"], self._whose).fetchone() or {"model": None, "previous": None}
        return Standing(counts["passages"], counts["embedded"], row["model"], row["previous"])

    def _on(self, db: Cursor, query: str, model: str) -> sql.Composed:
        return sql.SQL(_QUERIES[query]).format(relation=self._relation(db, model))

    def _relation(self, db: Cursor, model: str) -> sql.Identifier:
        row = db.execute(_QUERIES["vectors_of"], {"model": model}).fetchone()
        if row is None:
            raise NoSuchModel("The database does not know this model: deploy the version that ships it first.")
        return sql.Identifier("shopwright", row["relation"])

    @property
    def _whose(self) -> dict[str, object]:
        return {"merchant": self._tenant.merchant_id}

    def _passport(self) -> Passport:
        return self._signer.sign(self._tenant)


def serving_model(database: Reads, passport: Passport) -> Model | None:
    """The model that answers the passport's merchant, as the database that is asked knows it."""
    rows = database.call(passport, _QUERIES["serving_of"], {})
    return Model(rows[0]["name"], rows[0]["dimensions"], rows[0]["sha256"]) if rows else None
