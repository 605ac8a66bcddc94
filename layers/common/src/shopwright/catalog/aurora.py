"""Products, facts and stock in PostgreSQL: changes when their tables do.

A feed is written in the transaction that makes its passages searchable, whose cursor is handed in: a reader sees the
old passages with the old facts, or the new with the new.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import TypeVar
from uuid import UUID

from shopwright.catalog.facts import Kind, Sheet, Told, read_key, told_value
from shopwright.catalog.passages import Owner
from shopwright.catalog.product import Feed, Product, Refused
from shopwright.database.connection import Cursor, Database, Row
from shopwright.database.queries import Queries
from shopwright.tenancy.passport import Passport, Signer
from shopwright.tenancy.tenant import Tenant

_QUERIES = Queries.beside(__file__)
_BATCH = 500  # products in one statement
SHOWN_REFUSALS = 20
_TAKEN = "Another file of yours has a product with this id and another title. Give one of them another id."
_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a feed: `refused` holds the first rows that could not be read, `refused_count` counts all."""

    products: int
    withdrawn: int
    refused: tuple[Refused, ...]
    refused_count: int


@dataclass(frozen=True, slots=True)
class Changed:
    """How many rows a feed wrote: facts and stock that have the same value as before are none of them."""

    products: int
    withdrawn: int
    facts: int
    stock: int


class CatalogRepository:
    """Every merchant's catalog; `of` gives that of one."""

    def __init__(self, database: Database, signer: Signer) -> None:
        self._database = database
        self._signer = signer

    def of(self, tenant: Tenant) -> "Catalog":
        return Catalog(self._database, self._signer, tenant)


class Catalog:
    """One merchant's catalog."""

    def __init__(self, database: Database, signer: Signer, tenant: Tenant) -> None:
        self._database = database
        self._signer = signer
        self._tenant = tenant

    def replace(self, db: Cursor, document_id: str, feed: Feed, owners: Mapping[UUID, Owner]) -> Changed:
        """Make the document's feed this one. `owners` says of which product each of its passages is."""
        self._alone(db)
        refused = list(feed.refused)
        written = self._products(db, document_id, feed.products)
        products = [product for product in feed.products if product.id in written]
        refused += [Refused(product.row, _TAKEN) for product in feed.products if product.id not in written]
        withdrawn = self._withdraw(db, document_id, sorted(written))
        facts = stock = 0
        for batch in _batches(sorted(products, key=lambda product: product.id), _BATCH):
            changed = self._details(db, batch)
            facts, stock = facts + changed[0], stock + changed[1]
        self._link(db, document_id, {chunk: owner for chunk, owner in owners.items() if owner.product_id in written})
        refused.sort(key=lambda one: one.row)
        self._run(
            db,
            "report",
            document=document_id,
            products=len(products),
            withdrawn=withdrawn,
            refused=json.dumps([[one.row, one.reason] for one in refused[:SHOWN_REFUSALS]], ensure_ascii=False),
            refused_count=len(refused),
        )
        return Changed(len(products), withdrawn, facts, stock)

    def withdraw(self, db: Cursor, document_id: str) -> int:
        """The document is gone, or no feed any more: so are its products. How many there were."""
        if db.execute(_QUERIES["no_feed"], {"merchant": self._merchant, "document": document_id}).fetchone() is None:
            return 0
        self._alone(db)
        self._run(db, "unlink_passages", document=document_id, chunks=[])
        return self._withdraw(db, document_id, [])

    def report(self, document_id: str) -> Report | None:
        """What became of a document that is a feed; None when it is none."""
        with self._database.as_tenant(self._signer.sign(self._tenant)) as db:
            row = db.execute(_QUERIES["read_report"], {"merchant": self._merchant, "document": document_id}).fetchone()
        if row is None:
            return None
        refused = tuple(Refused(number, reason) for number, reason in row["refused"])
        return Report(row["products"], row["withdrawn"], refused, row["refused_count"])

    def _alone(self, db: Cursor) -> None:
        self._run(db, "one_writer")

    def _products(self, db: Cursor, document_id: str, products: Sequence[Product]) -> frozenset[str]:
        written: set[str] = set()
        for batch in _batches(products, _BATCH):
            values = {"ids": [one.id for one in batch], "titles": [one.title for one in batch]}
            rows = db.execute(
                _QUERIES["write_products"], {"merchant": self._merchant, "document": document_id, **values}
            ).fetchall()
            written.update(row["id"] for row in rows)
        return frozenset(written)

    def _withdraw(self, db: Cursor, document_id: str, ids: Sequence[str]) -> int:
        rows = db.execute(
            _QUERIES["withdraw_missing"], {"merchant": self._merchant, "document": document_id, "ids": list(ids)}
        ).fetchall()
        gone = [row["id"] for row in rows]
        if gone:
            self._run(db, "forget_facts", ids=gone)
            self._run(db, "forget_stock", ids=gone)
            self._run(db, "withdraw_variants", ids=gone, products=[], skus=[])
        return len(gone)

    def _details(self, db: Cursor, products: Sequence[Product]) -> tuple[int, int]:
        """Variants, facts and stock of some products; how many facts and how many stocks changed."""
        ids = [product.id for product in products]
        variants = [(product.id, at, one) for product in products for at, one in enumerate(product.variants)]
        skus = {"products": [product for product, _, _ in variants], "skus": [one.sku for _, _, one in variants]}
        self._run(
            db,
            "write_variants",
            **skus,
            ordinals=[at for _, at, _ in variants],
            titles=[one.title for _, _, one in variants],
        )
        self._run(db, "withdraw_variants", ids=ids, **skus)
        facts = [(product.id, "", fact) for product in products for fact in product.facts]
        facts += [(product, one.sku, fact) for product, _, one in variants for fact in one.facts]
        keys = {
            "products": [product for product, _, _ in facts],
            "skus": [sku for _, sku, _ in facts],
            "names": [fact.name for _, _, fact in facts],
        }
        changed = self._count(
            db,
            "write_facts",
            **keys,
            kinds=[fact.kind.value for _, _, fact in facts],
            amounts=[fact.amount for _, _, fact in facts],
            words=[fact.words for _, _, fact in facts],
            units=[fact.unit for _, _, fact in facts],
        )
        changed += self._count(db, "forget_missing_facts", ids=ids, **keys)
        stock = self._count(db, "write_stock", **skus, on_hand=[one.on_hand for _, _, one in variants])
        self._run(db, "forget_missing_stock", ids=ids, **skus)
        return changed, stock

    def _link(self, db: Cursor, document_id: str, owners: Mapping[UUID, Owner]) -> None:
        self._run(db, "unlink_passages", document=document_id, chunks=list(owners))
        for batch in _batches(list(owners.items()), 4 * _BATCH):
            self._run(
                db,
                "link_passages",
                chunks=[chunk for chunk, _ in batch],
                products=[owner.product_id for _, owner in batch],
                skus=[owner.sku for _, owner in batch],
            )

    def _run(self, db: Cursor, query: str, **values: object) -> None:
        db.execute(_QUERIES[query], {"merchant": self._merchant, **values})

    def _count(self, db: Cursor, query: str, **values: object) -> int:
        return len(db.execute(_QUERIES[query], {"merchant": self._merchant, **values}).fetchall())

    @property
    def _merchant(self) -> str:
        return self._tenant.merchant_id


class Facts:
    """Reads the facts of whoever the passport names."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, passport: Passport, chunk_ids: Sequence[str]) -> dict[str, Sheet]:
        """The facts of the products that these passages tell of, in one round trip. A passage that is no product's has
        none; one that is gone since it was found is not in the answer."""
        rows = self._database.call(passport, _QUERIES["facts_of"], {"chunks": list(chunk_ids)})
        found: dict[str, dict[str, Told]] = {str(row["chunk_id"]): {} for row in rows}
        for row in rows:
            if row["name"] is not None:
                found[str(row["chunk_id"])][row["name"]] = _told(row)
        return dict(found)

    def versions(self, passport: Passport, keys: Sequence[str]) -> dict[str, int]:
        """The versions that these facts have now, by the keys of `Told`, in one round trip; none for what never was."""
        asked = {read_key(key): key for key in keys}
        rows = self._database.call(
            passport,
            _QUERIES["fact_versions"],
            {
                "products": [product for product, _, _ in asked],
                "skus": [sku for _, sku, _ in asked],
                "names": [name for _, _, name in asked],
            },
        )
        return {asked[row["product_id"], row["sku"], row["name"]]: row["version"] for row in rows}


def _told(row: Row) -> Told:
    kind = Kind(row["kind"])
    low: Decimal | None = row["low"]
    return Told(
        product_id=row["product_id"],
        sku=row["sku"],
        name=row["name"],
        kind=kind,
        value=told_value(kind, low, row["high"], row["words"] or (), row["unit"]),
        unit=row["unit"],
        version=row["version"],
    )


def _batches(items: Sequence[_Item], size: int) -> Iterator[Sequence[_Item]]:
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
