"""Two ways of writing many passages: our upsert in batches, and COPY into a staging table with one insert from there.

Both as the app's own login, under row-level security, in one transaction, with the full-text index and HNSW in place;
changes when the way a document is written does.
"""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from statistics import median
from uuid import UUID

from pgvector import HalfVector
from psycopg import sql
from shopwright.database.connection import Cursor
from shopwright.database.queries import Queries
from shopwright.documents import aurora
from shopwright.documents.document import Arrival
from shopwright.tenancy.tenant import Tenant

from bench.outcome import CannotMeasure
from bench.store import Store
from bench.street import street

BATCH = 500  # what the product writes at once
TENANT = Tenant("bench-bulk")
MODEL = "bge-small-en-v1.5"
_QUERIES = Queries.beside(aurora.__file__)
_STAGES = """
create temporary table coming_chunk (id uuid, ordinal int4, section jsonb, starts int4, ends int4, content text)
    on commit drop;
create temporary table coming_vector (id uuid, e public.halfvec) on commit drop
"""
_CHUNKS = """
insert into shopwright.chunk as known (merchant_id, id, document_id, version, ordinal, section, span, content)
select %(merchant)s, piece.id, %(document)s, %(version)s::int4, piece.ordinal,
       array(select jsonb_array_elements_text(piece.section)), int4range(piece.starts, piece.ends, '[)'), piece.content
  from coming_chunk as piece
    on conflict (merchant_id, id) do update
   set version = excluded.version, ordinal = excluded.ordinal, section = excluded.section, span = excluded.span,
       content = excluded.content
"""
_VECTORS = """
insert into {relation} as known (merchant_id, id, e) select %(merchant)s, piece.id, piece.e from coming_vector as piece
    on conflict (merchant_id, id) do update set e = excluded.e where known.e <> excluded.e
"""

Row = tuple[UUID, int, str, str, HalfVector]  # id, ordinal, section, content, vector
Write = Callable[[Cursor, dict[str, object], sql.Identifier, Sequence[Row]], None]


def measure(place: Store, *, standing: int, sizes: Sequence[int], rounds: int) -> dict[str, float]:
    """Rows a second of either way into an index that holds `standing` rows already, the ways in turn."""
    many = standing + 2 * rounds * sum(sizes)
    print(f"ingest: writing {many:,} passages in two ways", flush=True)
    rows = _rows(many)
    metrics = {"bulk: passages there before": float(standing)}
    _took(place, _upsert, list(_next(rows, standing)))
    for size in sizes:
        taken: dict[str, list[float]] = {"upsert": [], "COPY": []}
        ways: list[tuple[str, Write]] = [("upsert", _upsert), ("COPY", _copy)]
        for turn in range(rounds):
            for name, write in ways if turn % 2 else reversed(ways):
                taken[name].append(_took(place, write, list(_next(rows, size))))
        for name, _ in ways:
            metrics[f"bulk: {name}, rows/s, {size} at once"] = size / median(taken[name])
        metrics[f"bulk: COPY / upsert, {size} at once"] = median(taken["upsert"]) / median(taken["COPY"])
    return metrics


def _rows(many: int) -> Iterator[Row]:
    held = street(1, many, 1)
    for at in range(many):
        yield held.ids[at], at, json.dumps(["A guide"]), held.texts[at], HalfVector(held.vectors[at].tolist())


def _next(rows: Iterator[Row], many: int) -> Iterator[Row]:
    for _ in range(many):
        yield next(rows)


def _took(place: Store, write: Write, rows: Sequence[Row]) -> float:
    """Seconds for these rows as a document of their own, in a transaction as the product's."""
    arrival = Arrival(f"documents/{TENANT.merchant_id}/{rows[0][1]}.md", "01", 1)
    place.documents.of(TENANT).register(arrival, title="A guide")
    at = {"merchant": TENANT.merchant_id, "document": arrival.document_id, "version": 1}
    began = time.perf_counter()
    with place.database.as_tenant(place.signer.sign(TENANT, lifetime_s=300)) as db:
        known = db.execute(_QUERIES["vectors_of"], {"model": MODEL, "weights": _weights(db)}).fetchone()
        if known is None:
            raise CannotMeasure(f"The database does not know {MODEL}.")
        write(db, at, sql.Identifier("shopwright", known["relation"]), rows)
    return time.perf_counter() - began


def _weights(db: Cursor) -> str:
    row = db.execute("select sha256 from shopwright.embedding_model where name = %s", (MODEL,)).fetchone()
    return str(row["sha256"]) if row else ""


def _upsert(db: Cursor, at: dict[str, object], relation: sql.Identifier, rows: Sequence[Row]) -> None:
    for first in range(0, len(rows), BATCH):
        ids, ordinals, sections, contents, vectors = map(list, zip(*rows[first : first + BATCH], strict=True))
        places = {"starts": ordinals, "ends": [int(one) + 9 for one in ordinals]}
        written = {**at, **places, "ids": ids, "ordinals": ordinals, "sections": sections, "contents": contents}
        db.execute(_QUERIES["write_chunks"], written)
        vectored = {"merchant": at["merchant"], "ids": ids, "vectors": vectors}
        db.execute(sql.SQL(_QUERIES["write_vectors"]).format(relation=relation), vectored)


def _copy(db: Cursor, at: dict[str, object], relation: sql.Identifier, rows: Sequence[Row]) -> None:
    for stage in _STAGES.split(";"):
        db.execute(stage.encode())
    with db.copy("copy coming_chunk from stdin") as out:
        for one, ordinal, section, content, _ in rows:
            out.write_row((one, ordinal, section, ordinal, ordinal + 9, content))
    with db.copy("copy coming_vector from stdin (format binary)") as out:
        out.set_types(["uuid", "halfvec"])
        for one, *_, vector in rows:
            out.write_row((one, vector))
    db.execute(_CHUNKS.encode(), at)
    db.execute(sql.SQL(_VECTORS).format(relation=relation), at)
