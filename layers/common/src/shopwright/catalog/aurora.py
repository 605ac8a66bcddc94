"""Products, facts and stock in PostgreSQL: changes when their tables do.

A feed is written in the transaction that makes its passages searchable, whose cursor is handed in: a reader sees the
old passages with the old facts, or the new with the new.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from typing import TypeVar
from uuid import UUID

from shopwright.catalog.facts import Choice, Kind, Sheet, Told, read_key, told_value
from shopwright.catalog.offer import ANY_PRICE, LONGEST_LIST, Listed, Offer, Overview, Range, name_of
from shopwright.catalog.passages import Owner
from shopwright.catalog.product import Feed, Product, Refused, Variant, Warned
from shopwright.catalog.shelf import (
    MAX_PAGE,
    MAX_SHOWN,
    MAX_SHOWN_LISTED,
    Article,
    Displayed,
    Left,
    Order,
    Page,
    ProductNotFound,
    Value,
)
from shopwright.database.connection import Cursor, Database, Reads, Row
from shopwright.database.paging import NotACursor, cursor_of, moment, read_cursor
from shopwright.database.queries import Queries
from shopwright.errors import Invalid
from shopwright.money import Money
from shopwright.tenancy.passport import Passport, Signer
from shopwright.tenancy.tenant import Tenant

_QUERIES = Queries.beside(__file__)
_BATCH = 500  # products in one statement
SHOWN_REFUSALS = 20
_TAKEN = "Another file of yours has a product with this id and another title. Give one of them another id."
_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a feed: `refused` holds the first rows that could not be read, `refused_count` counts all; so do
    `warned` and `warned_count` for articles."""

    products: int
    withdrawn: int
    refused: tuple[Refused, ...]
    refused_count: int
    warned: tuple[Warned, ...] = ()
    warned_count: int = 0


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
        """Make the document's feed this one. `owners` says of which product each of its passages is; those of a product
        that is refused here are removed."""
        self._alone(db)
        refused = list(feed.refused)
        written = self._products(db, document_id, feed.products)
        products = [product for product in feed.products if product.id in written]
        refused += [Refused(product.row, _TAKEN) for product in feed.products if product.id not in written]
        withdrawn = self._withdraw(db, document_id, sorted(written))
        facts = stock = 0
        warned = list(feed.warned)
        for batch in _batches(sorted(products, key=lambda product: product.id), _BATCH):
            changed = self._details(db, batch, warned)
            facts, stock = facts + changed[0], stock + changed[1]
        self._link(db, document_id, {chunk: owner for chunk, owner in owners.items() if owner.product_id in written})
        untold = [chunk for chunk, owner in owners.items() if owner.product_id not in written]
        self._run(db, "forget_passages", document=document_id, chunks=untold)
        refused.sort(key=lambda one: one.row)
        self._run(
            db,
            "report",
            document=document_id,
            products=len(products),
            withdrawn=withdrawn,
            refused=json.dumps([[one.row, one.reason] for one in refused[:SHOWN_REFUSALS]], ensure_ascii=False),
            refused_count=len(refused),
            warned=json.dumps([[one.sku, one.reason] for one in warned[:SHOWN_REFUSALS]], ensure_ascii=False),
            warned_count=len(warned),
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
        warned = tuple(Warned(sku, reason) for sku, reason in row["warned"])
        return Report(row["products"], row["withdrawn"], refused, row["refused_count"], warned, row["warned_count"])

    def whole(self, document_id: str) -> bool:
        """Whether a document still tells of all the products that it told of; so does one that is no feed."""
        with self._database.as_tenant(self._signer.sign(self._tenant)) as db:
            row = db.execute(_QUERIES["whole"], {"merchant": self._merchant, "document": document_id}).fetchone()
        return row is None or bool(row["whole"])

    def browse(
        self,
        limit: int = 20,
        cursor: str | None = None,
        *,
        order: Order = Order.NEWEST,
        text: str | None = None,
        available: bool = False,
    ) -> Page:
        """Products that are sold: those whose title has the text in it, those that can be had, or all of them."""
        if not 1 <= limit <= MAX_PAGE:
            raise Invalid(f"A page holds 1 to {MAX_PAGE} products.")
        values: dict[str, object] = {"text": text or None, "available": available, "limit": limit + 1}
        values |= _after(cursor, order)
        with self._database.as_tenant(self._signer.sign(self._tenant)) as db:
            query = "newest" if order is Order.NEWEST else "by_name"
            rows = db.execute(_QUERIES[query], {"merchant": self._merchant, **values}).fetchall()
            products = self._displayed(db, rows[:limit], MAX_SHOWN_LISTED)
        return Page(products, _next(products[-1], order) if len(rows) > limit else None)

    def find(self, sku: str) -> Displayed:
        """The product that has a variant of this SKU, or this id."""
        with self._database.as_tenant(self._signer.sign(self._tenant)) as db:
            rows = db.execute(_QUERIES["of_sku"], {"merchant": self._merchant, "sku": sku}).fetchall()
            if not rows:
                raise ProductNotFound("There is no such product.")
            return self._displayed(db, rows, MAX_SHOWN, sku)[0]

    def _displayed(self, db: Cursor, products: Sequence[Row], most: int, sku: str = "") -> tuple[Displayed, ...]:
        asked = {"merchant": self._merchant, "ids": [row["id"] for row in products]}
        variants = db.execute(_QUERIES["variants_shown"], {**asked, "most": most, "sku": sku}).fetchall()
        shown = {"products": [row["product_id"] for row in variants], "skus": [row["sku"] for row in variants]}
        facts: dict[tuple[str, str], dict[str, Value]] = defaultdict(dict)
        for row in db.execute(_QUERIES["facts_shown"], {**asked, **shown}).fetchall():
            of = row.pop("product_id"), row.pop("sku")
            facts[of][row["name"]] = Value(**{**row, "kind": Kind(row["kind"])})
        articles: dict[str, list[Article]] = defaultdict(list)
        counts: dict[str, int] = {}
        for row in variants:
            left = None if row["left"] is None else Left(row["left"], row["version"])
            key = row["product_id"], row["sku"]
            articles[row["product_id"]].append(Article(row["sku"], row["title"], facts[key], left))
            counts[row["product_id"]] = row["of_all"]
        return tuple(
            Displayed(
                **row, facts=facts[row["id"], ""], variants=tuple(articles[row["id"]]), variant_count=counts[row["id"]]
            )
            for row in products
        )

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

    def _details(self, db: Cursor, products: Sequence[Product], warned: list[Warned]) -> tuple[int, int]:
        """Variants, facts and stock of some products; how many facts and how many stocks changed. `warned` gets those
        of which the count brings back what was sold."""
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
        changed = self._changed(
            db,
            "write_facts",
            **keys,
            kinds=[fact.kind.value for _, _, fact in facts],
            amounts=[fact.amount for _, _, fact in facts],
            words=[fact.words for _, _, fact in facts],
            units=[fact.unit for _, _, fact in facts],
        )
        changed += self._changed(db, "forget_missing_facts", ids=ids, **keys)
        stock = self._counts(db, variants, skus, warned)
        self._run(db, "forget_missing_stock", ids=ids, **skus)
        if changed or stock:
            self._run(db, "touch", ids=sorted({*changed, *stock}))
        return len(changed), len(stock)

    def _counts(
        self, db: Cursor, variants: Sequence[tuple[str, int, Variant]], skus: Mapping[str, object], warned: list[Warned]
    ) -> list[str]:
        """Write what is on hand; the product of each that changed."""
        counts = {
            **skus,
            "on_hand": [one.on_hand for _, _, one in variants],
            "counted_at": [one.counted_at for _, _, one in variants],
        }
        self._run(db, "hold_stock", **skus, counted_at=counts["counted_at"])
        early = db.execute(_QUERIES["not_yet_counted"], {"merchant": self._merchant, **counts}).fetchall()
        warned += [Warned(row["sku"], _not_yet(row["counted_at"], known=row["known"])) for row in early]
        # Where no count is known, none of what was sold can come back: the new one counts from now on.
        known = {row["place"]: row["known"] for row in early}
        taken = [
            (product, one.sku, one.on_hand, None if place in known else one.counted_at)
            for place, (product, _, one) in enumerate(variants, start=1)
            if not known.get(place)
        ]
        names = ("products", "skus", "on_hand", "counted_at")
        counts = {name: [one[at] for one in taken] for at, name in enumerate(names)}
        rows = db.execute(_QUERIES["put_back"], {"merchant": self._merchant, **counts}).fetchall()
        warned += [Warned(row["sku"], _put_back(row["units"])) for row in rows]
        return self._changed(db, "write_stock", **counts)

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

    def _changed(self, db: Cursor, query: str, **values: object) -> list[str]:
        """The product of each row that a statement wrote."""
        rows = db.execute(_QUERIES[query], {"merchant": self._merchant, **values}).fetchall()
        return [row["product_id"] for row in rows]

    @property
    def _merchant(self) -> str:
        return self._tenant.merchant_id


class Facts:
    """Reads the facts of whoever the passport names."""

    def __init__(self, database: Reads) -> None:
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

    def of_product(self, passport: Passport, product_id: str, sku: str = "") -> Sheet:
        """The facts of a product, or of one of its variants, in one round trip; none when it is not sold."""
        rows = self._database.call(passport, _QUERIES["facts_of_product"], {"product": product_id, "sku": sku})
        return {row["name"]: _told(row) for row in rows}

    def of_variants(self, passport: Passport, product_ids: Sequence[str]) -> dict[str, tuple[Choice, ...]]:
        """The variants of each of these products, in their order, in one round trip; none of one that is not sold."""
        rows = self._database.call(passport, _QUERIES["facts_of_variants"], {"products": list(product_ids)})
        titles = {(row["product_id"], row["sku"]): row["title"] for row in rows}
        sheets: dict[tuple[str, str], dict[str, Told]] = {variant: {} for variant in titles}
        for row in rows:
            if row["name"] is not None:
                sheets[row["product_id"], row["sku"]][row["name"]] = _told(row)
        found: dict[str, tuple[Choice, ...]] = {}
        for (product, sku), title in titles.items():
            found[product] = (*found.get(product, ()), Choice(sku, title, sheets[product, sku]))
        return found

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


class Offers:
    """Reads what is sold by whomever the passport names."""

    def __init__(self, database: Reads) -> None:
        self._database = database

    def of(self, passport: Passport, skus: Sequence[str]) -> dict[str, tuple[Offer, ...]]:
        """What is sold now under these article numbers, in one round trip: more than one where products share one."""
        rows = self._database.call(passport, _QUERIES["offers_of"], {"skus": list(skus)})
        found: dict[str, tuple[Offer, ...]] = {}
        for row in rows:
            found[row["sku"]] = (*found.get(row["sku"], ()), _offer(row))
        return found

    def last_names(self, passport: Passport, skus: Sequence[str]) -> dict[str, str]:
        """What these articles were called when they were last sold, in one round trip."""
        rows = self._database.call(passport, _QUERIES["last_titles"], {"skus": list(skus)})
        return {row["sku"]: name_of(row["title"], row["variant"] or "") for row in rows}

    def overview(self, passport: Passport) -> Overview:
        """The brands, the categories and what is sold out, in one round trip."""
        rows = self._database.call(passport, _QUERIES["overview_of"], {"most": LONGEST_LIST})
        return Overview(
            tuple((row["value"], row["products"]) for row in rows if row["name"] == "brand"),
            tuple((row["value"], row["products"]) for row in rows if row["name"] == "category"),
            tuple(row["value"] for row in rows if row["name"] == "sold out"),
        )

    def find(
        self,
        passport: Passport,
        *,
        chunk_ids: Sequence[str] | None = None,
        product_ids: Sequence[str] | None = None,
        price: Range = ANY_PRICE,
        only_available: bool = False,
        limit: int = 10,
    ) -> tuple[Listed, ...]:
        """Of these products, or of those that these passages tell of, those that fit, in their order; of all products
        the cheapest that fit."""
        rows = self._database.call(
            passport,
            _QUERIES["find_products"],
            {
                "chunks": None if chunk_ids is None else list(chunk_ids),
                "products": None if product_ids is None else list(product_ids),
                "low": price.low,
                "high": price.high,
                "currency": price.currency,
                "available": only_available,
                "limit": max(1, min(limit, LONGEST_LIST)),
            },
        )
        return tuple(_listed(row) for row in rows)


class Names:
    """Reads what is sold by name by whomever the passport names."""

    def __init__(self, database: Reads) -> None:
        self._database = database

    def among(self, passport: Passport, stretches: Sequence[str]) -> dict[str, bool]:
        """Those of the stretches that stand, word for word, in the name of a product or of a brand, in one round trip;
        true where it is the whole of the name."""
        rows = self._database.call(passport, _QUERIES["names_of_goods"], {"stretches": list(stretches)})
        return {row["stretch"]: row["is_whole"] for row in rows}


def _put_back(units: int) -> str:
    return (
        f"{units} sold here since the count before may be for sale again: the count is higher than what was left, and "
        "no stock_as_of says when it was taken."
    )


def _not_yet(counted_at: datetime, *, known: bool) -> str:
    taken = "was not taken, and what was left before holds" if known else "was taken as one that does not say it"
    return (
        f"Its stock_as_of is a time to come ({counted_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}): its count {taken}. "
        "Look at the clock, and at the zone that is written."
    )


def _offer(row: Row) -> Offer:
    """One at a price of 0 has no price: nothing is sold for nothing."""
    return Offer(
        sku=row["sku"],
        product_id=row["product_id"],
        title=row["title"],
        variant=row["variant"],
        price=_price(row["amount"] or None, row["currency"]),
        price_version=row["price_version"] or 0,
        availability=row["availability"] or "",
        left=row["on_hand"],
        surcharge=_price(row["surcharge"], row["surcharge_currency"]),
    )


def _listed(row: Row) -> Listed:
    return Listed(
        product_id=row["product_id"],
        title=row["title"],
        skus=tuple(row["skus"]),
        low=_price(row["low"], row["currency"]),
        high=_price(row["high"], row["currency"]),
        is_out=row["is_out"],
        left=row["on_hand"],
        place=row["place"],
    )


def _price(amount: Decimal | None, currency: str) -> Money | None:
    return None if amount is None else Money(int(amount), currency)


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


def _after(cursor: str | None, order: Order) -> dict[str, object]:
    """Where a page goes on. A cursor of the other order is none."""
    if cursor is None:
        return {"after_time": None, "after_id": None}
    said, time, product = read_cursor(cursor, 3)
    if said != order.value:
        raise NotACursor
    return {"after_time": moment(time), "after_id": product}


def _next(last: Displayed, order: Order) -> str:
    return cursor_of(order.value, last.changed_at.isoformat(), last.id)


def _batches(items: Sequence[_Item], size: int) -> Iterator[Sequence[_Item]]:
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
