"""Documents and their passages in PostgreSQL: changes when their tables do.

Events of one object may come twice and out of order. Its S3 sequencer decides, under a lock on the document's row: an
older event never wins, an equal one is done already.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice
from uuid import UUID

from pgvector import HalfVector
from psycopg import sql

from shopwright.database import generation
from shopwright.database.connection import Cursor, Database, Reads, Row
from shopwright.database.paging import NotACursor, cursor_of, moment, read_cursor
from shopwright.database.queries import Queries
from shopwright.documents.chunk import Chunk
from shopwright.documents.document import (
    Arrival,
    Document,
    DocumentNotFound,
    Page,
    Status,
    is_document_id,
    media_type_of,
)
from shopwright.documents.statistics import Kind, Statistics
from shopwright.embedding.model import Model
from shopwright.errors import Conflict, Invalid
from shopwright.tenancy.passport import Passport, Signer
from shopwright.tenancy.tenant import Tenant

_QUERIES = Queries.beside(__file__)
_BATCH = 500
Passage = tuple[Chunk, Sequence[float] | None]
_LONG_S = 150  # a passport for writing a big document
MAX_PAGE = 100


class OtherModelServes(Conflict):
    """The vectors come from a model that the database does not know, or that does not serve this merchant."""


class VectorsGone(Conflict):
    """Passages that were to keep their vectors have lost them meanwhile: the document is read again."""


class ModelSwitched(OtherModelServes):
    """Another model has come to serve the merchant while the document was on its way: it is to be embedded anew."""


class Outcome(StrEnum):
    """What an arrival came to."""

    GOES_ON = "goes-on"
    SEARCHABLE = "searchable"
    UNCHANGED = "unchanged"
    SUPERSEDED = "superseded"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Content:
    """Everything that one arrival makes searchable. `passages` pairs each chunk, masked, with its vector.

    None stands for the vector that the passage has already.
    """

    title: str
    sha256: str
    pipeline: str
    masked: int
    model: Model
    passages: Sequence[Passage]


class DocumentRepository:
    """Every merchant's documents; `of` gives those of one."""

    def __init__(self, database: Database, signer: Signer) -> None:
        self._database = database
        self._signer = signer

    def of(self, tenant: Tenant) -> "Documents":
        """One merchant's documents: nothing can be read or written without saying whose."""
        return Documents(self._database, self._signer, tenant)


class Documents:
    """One merchant's documents."""

    def __init__(self, database: Database, signer: Signer, tenant: Tenant) -> None:
        self._database = database
        self._signer = signer
        self._tenant = tenant

    def list(self, limit: int = 50, cursor: str | None = None, *, status: Status | None = None) -> Page:
        """Documents, or those of one status, by their latest change, newest first.

        A document that changes meanwhile moves to the front.
        """
        if not 1 <= limit <= MAX_PAGE:
            raise Invalid(f"A page holds 1 to {MAX_PAGE} documents.")
        after_time, after_id = _read_cursor(cursor) if cursor else (None, None)
        with self._database.as_tenant(self._passport()) as db:
            rows = db.execute(
                _QUERIES["page"],
                {
                    "merchant": self._merchant,
                    "status": status.value if status else None,
                    "after_time": after_time,
                    "after_id": after_id,
                    "limit": limit + 1,
                },
            ).fetchall()
        shown = tuple(_document(row) for row in rows[:limit])
        return Page(shown, cursor_of(shown[-1].updated_at.isoformat(), shown[-1].id) if len(rows) > limit else None)

    def get(self, document_id: str) -> Document:
        """One document. Another merchant's, a deleted one and one that never was look the same."""
        with self._database.as_tenant(self._passport()) as db:
            row = db.execute(_QUERIES["one"], {"merchant": self._merchant, "document": document_id}).fetchone()
        if row is None:
            raise DocumentNotFound("There is no such document.")
        return _document(row)

    def register(self, arrival: Arrival, *, title: str) -> Outcome:
        """Take note that an object has arrived. GOES_ON: it is to be taken in. `title` holds until its own is known."""
        with self._database.as_tenant(self._passport()) as db:
            values = {
                **self._at(arrival),
                "key": arrival.key,
                "title": title,
                "media_type": media_type_of(arrival.key),
                "bytes": arrival.size,
            }
            if db.execute(_QUERIES["register"], values).fetchone() is not None:
                return Outcome.GOES_ON
            standing = self._standing(db, arrival)
            return Outcome.SUPERSEDED if standing["superseded"] else Outcome.UNCHANGED

    def keep_if_unchanged(self, arrival: Arrival, *, sha256: str, pipeline: str) -> bool:
        """Whether the arrival brings exactly what is searchable already; then it is done, and nothing is rewritten."""
        with self._database.as_tenant(self._passport()) as db:
            standing = self._standing(db, arrival)
            if standing["superseded"] or (standing["content_sha256"], standing["pipeline"]) != (sha256, pipeline):
                return False
            db.execute(_QUERIES["keep"], self._at(arrival))
            return True

    def embedded(self, document_id: str, ids: Sequence[UUID], *, model: Model, pipeline: str) -> frozenset[UUID]:
        """Which passages of a document need no new vector: they have the model's own, from the very same words."""
        with self._database.as_tenant(self._passport()) as db:
            known = db.execute(_QUERIES["vectors_of"], _model(model)).fetchone()
            if known is None:
                return frozenset()
            values = {"merchant": self._merchant, "document": document_id, "pipeline": pipeline, "ids": list(ids)}
            return frozenset(row["id"] for row in db.execute(_of("embedded", known), values).fetchall())

    def advance(
        self,
        arrival: Arrival,
        status: Status,
        *,
        passages: int | None = None,
        unread_pages: int | None = None,
        reason: str | None = None,
        code: str | None = None,
    ) -> bool:
        """Say how far an arrival has come; False when a newer one has taken its place, or it is searchable already.

        `passages` is how many it was cut into, of all pages but those unread; `code` is the name of the failure that
        `reason` explains.
        """
        with self._database.as_tenant(self._passport()) as db:
            values = {
                **self._at(arrival),
                "status": status.value,
                "passages": passages,
                "unread_pages": unread_pages,
                "reason": reason,
                "reason_code": code,
            }
            return db.execute(_QUERIES["advance"], values).fetchone() is not None

    def quarantine(self, arrival: Arrival, *, reason: str, code: str) -> bool:
        """The file was refused, and the merchant reads why. What was searchable before stays so."""
        return self.advance(arrival, Status.QUARANTINED, reason=reason, code=code)

    def fail(self, arrival: Arrival, *, reason: str, code: str) -> bool:
        """We could not take the file in, through no fault of it. What was searchable before stays so."""
        return self.advance(arrival, Status.FAILED, reason=reason, code=code)

    def settled(self, arrival: Arrival) -> Outcome:
        """What became of an arrival that goes on no more: it is searchable already, or another event came after it."""
        with self._database.as_tenant(self._passport()) as db:
            standing = self._standing(db, arrival)
            done = standing["is_applied"] and not standing["superseded"]
            return Outcome.UNCHANGED if done else Outcome.SUPERSEDED

    def replace(self, arrival: Arrival, content: Content, *, also: Callable[[Cursor], object] | None = None) -> Outcome:
        """Make these passages the document's only ones, in one transaction: a reader sees the old or the new.

        `also` is what becomes new together with them; the passages are written when it is called."""
        with self._database.as_tenant(self._passport(lifetime_s=_LONG_S)) as db:
            standing = self._standing(db, arrival)
            if standing["superseded"]:
                return Outcome.SUPERSEDED
            if standing["is_applied"] and standing["status"] == Status.SEARCHABLE:
                return Outcome.UNCHANGED
            if standing["status"] == Status.DELETED:
                return Outcome.SUPERSEDED
            version = standing["version"] + 1
            self._write(db, arrival, content, version)
            if also is not None:
                also(db)
            db.execute(
                _QUERIES["publish"],
                {
                    **self._at(arrival),
                    "title": content.title,
                    "media_type": media_type_of(arrival.key),
                    "sha256": content.sha256,
                    "pipeline": content.pipeline,
                    "version": version,
                    "masked": content.masked,
                },
            )
            db.execute(generation.NEXT, {"merchant": self._merchant})
            return Outcome.SEARCHABLE

    def remove(self, arrival: Arrival, *, also: Callable[[Cursor], object] | None = None) -> Outcome:
        """The object is gone: so are its passages, and so is what `also` takes away. A tombstone stays."""
        with self._database.as_tenant(self._passport()) as db:
            values = {**self._at(arrival), "media_type": media_type_of(arrival.key)}
            if db.execute(_QUERIES["bury"], values).fetchone() is None:
                return Outcome.SUPERSEDED
            if also is not None:
                also(db)
            db.execute(_QUERIES["drop_other_chunks"], {**self._at(arrival), "ids": []})
            db.execute(generation.NEXT, {"merchant": self._merchant})
            return Outcome.REMOVED

    def _write(self, db: Cursor, arrival: Arrival, content: Content, version: int) -> None:
        model = {**_model(content.model), "merchant": self._merchant}
        known = db.execute(_QUERIES["vectors_of"], model).fetchone()
        if known is None:
            raise OtherModelServes("These vectors come from a model that the database does not know.")
        serving = db.execute(_QUERIES["serve"], model).fetchone()
        if serving is None or serving["model"] != content.model.name:
            raise ModelSwitched("These vectors come from a model that does not serve this merchant.")
        db.execute(
            _QUERIES["drop_other_chunks"],
            {**self._at(arrival), "ids": [chunk.id for chunk, _ in content.passages]},
        )
        kept = [chunk.id for chunk, vector in content.passages if vector is None]
        found = db.execute(_of("count_vectors", known), {"merchant": self._merchant, "ids": kept}).fetchone()
        if found is None or found["found"] != len(kept):
            raise VectorsGone("Passages of this document lost their vectors while it was on its way.")
        for batch in _batches(content.passages):
            chunks = [chunk for chunk, _ in batch]
            values = {
                **self._at(arrival),
                "version": version,
                "ids": [chunk.id for chunk in chunks],
                "ordinals": [chunk.ordinal for chunk in chunks],
                "sections": [json.dumps(chunk.section, ensure_ascii=False) for chunk in chunks],
                "starts": [chunk.start for chunk in chunks],
                "ends": [chunk.end for chunk in chunks],
                "contents": [chunk.content for chunk in chunks],
            }
            db.execute(_QUERIES["write_chunks"], values)
            fresh = [(chunk.id, HalfVector(list(vector))) for chunk, vector in batch if vector is not None]
            if fresh:
                ids, vectors = zip(*fresh, strict=True)
                written = {"merchant": self._merchant, "ids": list(ids), "vectors": list(vectors)}
                db.execute(_of("write_vectors", known), written)

    def _standing(self, db: Cursor, arrival: Arrival) -> Row:
        row = db.execute(_QUERIES["standing"], self._at(arrival)).fetchone()
        if row is None:
            raise DocumentNotFound("This document was never registered.")
        return row

    @property
    def _merchant(self) -> str:
        return self._tenant.merchant_id

    def _at(self, arrival: Arrival) -> dict[str, object]:
        return {"merchant": self._merchant, "document": arrival.document_id, "sequencer": arrival.sequencer}

    def _passport(self, *, lifetime_s: int = 60) -> Passport:
        return self._signer.sign(self._tenant, lifetime_s=lifetime_s)


def statistics_of(database: Reads, passport: Passport) -> Statistics:
    """The passport's merchant's counts, as of the last refresh."""
    rows = database.call(passport, _QUERIES["statistics"], {})
    kinds = [{name: value for name, value in row.items() if name != "counted_at"} for row in rows if row["media_type"]]
    return Statistics(rows[0]["counted_at"] if rows else None, tuple(Kind(**kind) for kind in kinds))


def _model(model: Model) -> dict[str, object]:
    return {"model": model.name, "weights": model.sha256}


def _of(query: str, known: Row) -> sql.Composed:
    """A query about the table that holds a model's vectors."""
    return sql.SQL(_QUERIES[query]).format(relation=sql.Identifier("shopwright", known["relation"]))


def _batches(passages: Sequence[Passage]) -> Iterator[Sequence[Passage]]:
    rest = iter(passages)
    while batch := list(islice(rest, _BATCH)):
        yield batch


def _document(row: Row) -> Document:
    return Document(**{**row, "status": Status(row["status"])})


def _read_cursor(word: str) -> tuple[datetime, str]:
    time, document = read_cursor(word, 2)
    if not is_document_id(document):
        raise NotACursor
    return moment(time), document
