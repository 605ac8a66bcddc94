"""Ingestion, step 4: make the passages searchable in one transaction, in place of those of the version before."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from pydantic import Field
from shopwright.catalog.aurora import Catalog, CatalogRepository
from shopwright.catalog.work import FeedPayload
from shopwright.database.connection import Cursor
from shopwright.documents.aurora import Content, DocumentRepository, Documents, OtherModelServes, Outcome
from shopwright.documents.document import PIPELINE, Status
from shopwright.documents.s3 import MerchantPayloads, WorkBucket
from shopwright.documents.work import Drop, EmbeddedBatch
from shopwright.runtime import task
from shopwright.runtime.database import TenantSettings
from shopwright.tenancy.tenant import Tenant


class Environment(TenantSettings):
    artifacts_bucket: str


@dataclass(frozen=True, slots=True)
class Desk:
    documents_of: Callable[[Tenant], Documents]
    catalog_of: Callable[[Tenant], Catalog]
    work_of: Callable[[Tenant], MerchantPayloads]


class Work(Drop):
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    batches: tuple[str, ...] = Field(min_length=1)
    feed: str = Field(default="", pattern=r"^(steps/.*)?$")


@dataclass(frozen=True, slots=True)
class Inserted:
    outcome: str
    chunks: int
    masked: int


@cache
def wire() -> Desk:
    env = Environment.read()
    database = env.database(statement_timeout_ms=20_000)  # five hundred rows into a vector index at a time
    signer = env.signer()
    return Desk(
        documents_of=DocumentRepository(database, signer).of,
        catalog_of=CatalogRepository(database, signer).of,
        work_of=WorkBucket(env.artifacts_bucket).of,
    )


def build(desk: Callable[[], Desk] = wire) -> task.TaskHandler:
    def insert(work: Work) -> Inserted:
        documents = desk().documents_of(work.tenant)
        payloads = desk().work_of(work.tenant)
        # Steps 2 and 3 do not reach the database: what they did is told here.
        if not documents.advance(work.arrival, Status.EMBEDDED):
            # A newer arrival came, or this step was done before and its answer was lost: then the payloads are gone.
            payloads.clear(work.work)
            return Inserted(documents.settled(work.arrival).value, 0, 0)
        batches = [payloads.read(key, EmbeddedBatch) for key in work.batches]
        models = {batch.model for batch in batches}
        if len(models) != 1:
            raise OtherModelServes("The embedding model changed while this document was being read. Upload it again.")
        content = Content(
            title=batches[0].title,
            sha256=work.sha256,
            pipeline=PIPELINE,
            masked=sum(batch.masked for batch in batches),
            model=models.pop(),
            passages=[passage for batch in batches for passage in batch.passages],
        )
        catalog = desk().catalog_of(work.tenant)
        feed = payloads.read(work.feed, FeedPayload) if work.feed else None

        def products(db: Cursor) -> None:
            if feed is None:
                catalog.withdraw(db, work.document_id)
            else:
                catalog.replace(db, work.document_id, feed.feed, feed.owners)

        outcome = documents.replace(work.arrival, content, also=products)
        payloads.clear(work.work)
        return Inserted(
            outcome.value,
            len(content.passages) if outcome is Outcome.SEARCHABLE else 0,
            content.masked if outcome is Outcome.SEARCHABLE else 0,
        )

    return task.handler(insert, Work)


handler = build()
