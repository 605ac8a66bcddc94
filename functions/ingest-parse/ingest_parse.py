"""Ingestion, step 1: read the object, cut it into passages, lay them out in batches for the steps that follow."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import PurePosixPath

import shopwright_models
from shopwright.catalog import feeds
from shopwright.catalog.aurora import Catalog, CatalogRepository
from shopwright.catalog.passages import Telling
from shopwright.catalog.product import Feed
from shopwright.catalog.work import FeedPayload
from shopwright.documents.aurora import DocumentRepository, Documents, Outcome
from shopwright.documents.chunk import Chunk, chunk
from shopwright.documents.document import (
    PIPELINE,
    DocumentNotFound,
    Status,
    check_name,
    check_size,
    format_of,
    is_personal,
)
from shopwright.documents.parse import block
from shopwright.documents.parse.block import Parsed as Read
from shopwright.documents.parse.formats import named
from shopwright.documents.rejected import BrokenFeed, UnsupportedFormat
from shopwright.documents.s3 import DocumentsBucket, MerchantFiles, MerchantPayloads, WorkBucket
from shopwright.documents.sandbox import Sandbox
from shopwright.documents.work import Drop, batches
from shopwright.embedding.aurora import Models
from shopwright.embedding.model import Model
from shopwright.embedding.tokens import Tokens
from shopwright.runtime import task
from shopwright.runtime.database import TenantSettings
from shopwright.tenancy.tenant import Tenant

_QUOTED = re.compile(r" “[^”]*”")


class Environment(TenantSettings):
    documents_bucket: str
    artifacts_bucket: str
    ld_library_path: str = ""  # Lambda's own: its interpreter does not start without it


@dataclass(frozen=True, slots=True)
class Desk:
    documents_of: Callable[[Tenant], Documents]
    catalog_of: Callable[[Tenant], Catalog]
    files_of: Callable[[Tenant], MerchantFiles]
    work_of: Callable[[Tenant], MerchantPayloads]
    count: Callable[[str], int]
    read: Callable[[bytes, str], Read]
    products_in: Callable[[bytes, str], Feed | None]
    serving: Callable[[Tenant], Model]


@dataclass(frozen=True, slots=True)
class Parsed:
    """`outcome` is parsed, unchanged or superseded; only the first has batches. `feed` is empty unless it is one."""

    outcome: str
    sha256: str = ""
    chunks: int = 0
    batches: tuple[str, ...] = ()
    feed: str = ""
    model: str = ""  # which serves the merchant, so that the passages are embedded by it


@cache
def wire() -> Desk:
    env = Environment.read()
    database, signer = env.database(), env.signer()
    models = Models(database, signer)
    sandbox = Sandbox(libraries=env.ld_library_path)
    first = Model.read(shopwright_models.directory())  # for who has no document yet
    return Desk(
        documents_of=DocumentRepository(database, signer).of,
        catalog_of=CatalogRepository(database, signer).of,
        files_of=DocumentsBucket(env.documents_bucket).of,
        work_of=WorkBucket(env.artifacts_bucket).of,
        count=Tokens(shopwright_models.directory()).count,
        read=sandbox.read,
        products_in=partial(products_in, sandbox),
        serving=lambda tenant: models.of(tenant).serving() or first,
    )


def build(desk: Callable[[], Desk] = wire) -> task.TaskHandler:
    def parse(drop: Drop) -> Parsed:
        documents = desk().documents_of(drop.tenant)
        outcome = documents.register(drop.arrival, title=named(drop.key))
        if outcome is not Outcome.GOES_ON:
            return Parsed(outcome.value)
        if is_personal(drop.key):
            raise UnsupportedFormat(
                "This file's name holds an e-mail address or a telephone, card or account number. Rename the file."
            )
        check_name(drop.key)
        format_of(drop.key)
        check_size(drop.size)
        try:
            data = desk().files_of(drop.tenant).read(drop.key)
        except DocumentNotFound:
            catalog = desk().catalog_of(drop.tenant)
            # Deleted since; the event about that may be lost, or have come before.
            documents.remove(drop.arrival, also=lambda db: catalog.withdraw(db, drop.document_id))
            return Parsed(Outcome.SUPERSEDED.value)
        sha256 = hashlib.sha256(data).hexdigest()
        whole = desk().catalog_of(drop.tenant).whole(drop.document_id)  # else its products are to be told anew
        if whole and documents.keep_if_unchanged(drop.arrival, sha256=sha256, pipeline=PIPELINE):
            return Parsed(Outcome.UNCHANGED.value, sha256)
        parsed = desk().read(data, drop.key)
        feed = desk().products_in(data, drop.key)
        if feed is not None and PurePosixPath(drop.key).suffix.lower() == ".txt":  # Google's are called so
            parsed = desk().read(data, f"{drop.key[:-4]}.tsv")
        chunks, told = cut(parsed, feed, drop.document_id, desk().count)
        model = desk().serving(drop.tenant)
        embedded = documents.embedded(drop.document_id, [one.id for one in chunks], model=model, pipeline=PIPELINE)
        payloads = desk().work_of(drop.tenant)
        keys = tuple(
            payloads.write(f"{drop.work}cut/{number:04d}.json", batch)
            for number, batch in enumerate(batches(parsed.title, chunks, embedded, told.owners if told else ()))
        )
        feed_key = payloads.write(f"{drop.work}feed.json", told) if told else ""
        if not documents.advance(drop.arrival, Status.PARSED, passages=len(chunks), unread_pages=parsed.unread_pages):
            payloads.clear(drop.work)
            return Parsed(Outcome.SUPERSEDED.value)
        return Parsed("parsed", sha256, len(chunks), keys, feed_key, model.name)

    return task.handler(parse, Drop)


def products_in(sandbox: Sandbox, data: bytes, key: str) -> Feed | None:
    """The products that a file tells of; None when it is no product feed. Documents do not know catalogs, nor catalogs
    documents: here the reader of feeds is named to the process that reads documents."""
    if not feeds.may_be(PurePosixPath(key).suffix):
        return None
    return sandbox.tell(data, key, by=feeds.TOLD, form=feeds.FORM)


def cut(
    parsed: Read, feed: Feed | None, document_id: str, count: Callable[[str], int]
) -> tuple[tuple[Chunk, ...], FeedPayload | None]:
    """A file's passages, and its products with the passages that tell of them."""
    if feed is None:
        return chunk(document_id, parsed, count), None
    if not feed.products:
        raise BrokenFeed(_why_no_product(feed))
    telling = Telling(feed.products, feed.withheld)
    chunks = chunk(document_id, _told(parsed, telling), count)
    owners = {piece.id: telling.owner(piece.start, piece.section[-1] if piece.section else "") for piece in chunks}
    return chunks, FeedPayload(feed=feed, owners={one: owner for one, owner in owners.items() if owner})


def _why_no_product(feed: Feed) -> str:
    """Without what the file says: the message goes into the execution's history."""
    if not feed.refused:
        return "This is a product feed by its header, and no row of it can be read as a product."
    first = feed.refused[0]
    reason = _QUOTED.sub("", first.reason)
    return f"None of the {len(feed.refused):,} rows of this feed can be read as a product. Row {first.row}: {reason}"


def _told(parsed: Read, telling: Telling) -> Read:
    """The document with the passages of those products that are told anew in place of their rows. Every other product's
    row stands alone, whatever its columns are called. A row that was refused is told to the merchant, and to nobody
    else."""
    kept = [
        replace(one, row=False) if one.row and telling.owner(one.start, "") else one
        for one in parsed.blocks
        if not telling.gives_way(one.start)
    ]
    anew = [block.Block((one.name,), block.storable(one.text), one.start, one.end, whole=True) for one in telling.anew]
    return replace(parsed, blocks=tuple(sorted((*kept, *anew), key=lambda one: one.start)))


handler = build()
