"""GET, POST and DELETE /v1/documents: what a merchant has told the shop, and how far each document has come."""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from shopwright.catalog.aurora import Catalog, CatalogRepository, Report
from shopwright.documents.aurora import MAX_PAGE, DocumentRepository
from shopwright.documents.document import Document, DocumentNotFound, Status, document_id, is_personal, shown_key
from shopwright.documents.s3 import DocumentsBucket, MerchantFiles, MerchantPayloads, WorkBucket
from shopwright.documents.work import passages_in, work_of
from shopwright.observability.sqs import Audit
from shopwright.runtime import http
from shopwright.runtime.database import TenantSettings
from shopwright.runtime.s3 import MerchantUploads, Uploads
from shopwright.tenancy.dynamodb import Members
from shopwright.tenancy.tenant import Tenant

# Larger files than we read may be announced: they go to quarantine, where the merchant finds the reason.
LARGEST = 100 * 1024 * 1024
_MARKS = frozenset(" _-.,()+&'!=@")


class Environment(TenantSettings):
    documents_bucket: str
    artifacts_bucket: str
    members_table: str
    audit_queue_url: str


def _file_name(given: str) -> str:
    """A name that is safe in an object key, as it was given: two names never become one, and folders stay."""
    name = unicodedata.normalize("NFC", given)
    parts = name.split("/")
    if any(part in ("", ".", "..") for part in parts):
        raise ValueError("give a file name, with folders before it if you like: no empty, `.` or `..` part")
    odd = {character for part in parts for character in part if not _is_plain(character)}
    if odd:
        shown = " ".join(f"U+{ord(character):04X}" for character in sorted(odd)[:5])
        raise ValueError(f"use letters, digits, spaces and {''.join(sorted(_MARKS - {' '}))} in the name, not {shown}")
    if any(part.startswith((".", " ")) or part.endswith((".", " ")) for part in parts):
        raise ValueError("no part of the name may begin or end with a space or a dot")
    if not all(any(map(str.isalnum, PurePosixPath(part).stem)) for part in parts):
        raise ValueError("each part of the name needs a letter or a digit")
    if is_personal(name):
        raise ValueError("the name holds an e-mail address or a telephone, card or account number: rename the file")
    return name


def _is_plain(character: str) -> bool:
    return character in _MARKS or unicodedata.category(character)[0] in "LMN"


DocumentId = Annotated[str, Path(pattern="^d-[a-z2-7]{20}$", description="As the upload or the list gave it.")]


class Announced(BaseModel):
    """A file that is about to be uploaded."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: Annotated[str, Field(min_length=1, max_length=200, examples=["pages/returns.md"]), AfterValidator(_file_name)]
    media_type: Annotated[
        str, Field(max_length=100, pattern=r"^[a-z]+/[a-z0-9][a-z0-9.+-]*$", examples=["text/markdown"])
    ]
    size: Annotated[int, Field(ge=0, le=LARGEST, description="In bytes; exactly so many can be uploaded.")]


class Upload(BaseModel):
    """Send the file with this method to this address, with these headers, before the time is up."""

    method: Literal["PUT"]
    url: str
    headers: dict[str, str]
    expires_in: int


class Awaited(BaseModel):
    """The document that the upload will become."""

    document_id: str
    upload: Upload


class Shown(BaseModel):
    """One document. `chunks` and `version` are those that can be found now; `reason` says why a file was refused, and
    `reason_code` names it for a program. `received_at`, `parsed_at` and `embedded_at` are of the newest arrival of the
    file, `searchable_at` is of what can be found now."""

    document_id: str
    title: str
    source_key: str
    media_type: str
    status: Status
    reason: str | None
    reason_code: str | None
    chunks: int
    unread_pages: int = Field(description="Of a PDF: pages that are damaged. The others can be found.")
    masked: int
    bytes: int
    version: int
    received_at: datetime | None
    parsed_at: datetime | None
    embedded_at: datetime | None
    searchable_at: datetime | None
    updated_at: datetime


class RefusedRow(BaseModel):
    """A row of a feed that could not be read, by its number in the file."""

    row: int
    reason: str


class WarnedOf(BaseModel):
    """An article that was taken in, and why to look at it: a count that brings back what was sold, a price of 0."""

    sku: str
    reason: str


class Wares(BaseModel):
    """What the newest version of a product feed came to. `refused` holds the first rows that could not be read,
    `warned` the first articles that were taken in and should be looked at."""

    products: int
    withdrawn: int = Field(description="Products that the version before named, and this one does not.")
    refused: list[RefusedRow]
    refused_count: int
    warned: list[WarnedOf]
    warned_count: int


class Progress(BaseModel):
    """How many of a file's passages have passed each step. They become searchable together, at the end."""

    passages: int
    masked: int
    embedded: int
    searchable: int


class ShownWhole(Shown):
    """One document, how far it is on its way, and what became of it as a product feed; `catalog` is null for any other
    document. A list shows no `progress`, and takes no note between `parsed` and `embedded`."""

    progress: Progress
    catalog: Wares | None


class Listed(BaseModel):
    """Documents, the latest change first. `cursor` opens the next page; null: there is none."""

    documents: list[Shown]
    cursor: str | None


class Leaving(BaseModel):
    """The file is deleted, and the document follows as soon as that is noticed."""

    document_id: str
    status: Literal["deleting"]


@dataclass(frozen=True, slots=True)
class Desk:
    members: Members
    trail: Audit
    documents: DocumentRepository
    catalog_of: Callable[[Tenant], Catalog]
    work_of: Callable[[Tenant], MerchantPayloads]
    uploads_of: Callable[[Tenant], MerchantUploads]
    files_of: Callable[[Tenant], MerchantFiles]


@cache
def wire() -> Desk:
    env = Environment.read()
    database, signer = env.database(), env.signer()
    return Desk(
        members=Members(env.members_table),
        trail=Audit(env.audit_queue_url),
        documents=DocumentRepository(database, signer),
        catalog_of=CatalogRepository(database, signer).of,
        work_of=WorkBucket(env.artifacts_bucket).of,
        uploads_of=Uploads(env.documents_bucket).of,
        files_of=DocumentsBucket(env.documents_bucket).of,
    )


def object_key(tenant: Tenant, name: str) -> str:
    """Where a merchant's upload lies: always under the merchant's own id."""
    return f"documents/{tenant.merchant_id}/uploads/{name}"


def build(desk: Callable[[], Desk] = wire) -> http.Handler:
    api = http.api()

    @api.get("/v1/documents")
    def listed(
        limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 50,
        cursor: Annotated[str | None, Query(max_length=400)] = None,
        status: Annotated[Status | None, Query(description="Only documents of this status.")] = None,
    ) -> Listed:
        page = desk().documents.of(http.caller(api).tenant).list(limit, cursor, status=status)
        return Listed(documents=[_shown(document) for document in page.documents], cursor=page.cursor)

    @api.post("/v1/documents", status_code=201)
    def announced(file: Announced) -> Awaited:
        tenant = http.caller(api).tenant
        key = object_key(tenant, file.name)
        leave = desk().uploads_of(tenant).leave(key, file.media_type, file.size)
        return Awaited(
            document_id=document_id(key),
            upload=Upload(method="PUT", url=leave.url, headers=leave.headers, expires_in=leave.expires_in),
        )

    @api.get("/v1/documents/<document_id>")
    def shown(document_id: DocumentId) -> ShownWhole:
        tenant = http.caller(api).tenant
        document = desk().documents.of(tenant).get(document_id)
        report = desk().catalog_of(tenant).report(document_id)
        status, progress = _progress(document, lambda prefix: desk().work_of(tenant).batches(prefix), tenant)
        whole = {**_shown(document).model_dump(), "status": status}
        return ShownWhole(**whole, progress=progress, catalog=_wares(report) if report else None)

    @api.delete(
        "/v1/documents/<document_id>",
        status_code=202,
        responses={
            202: {"description": "Its file is deleted.", "content": {"application/json": {"model": Leaving}}},
            204: {"description": "It is not there, which is what was asked for."},
        },
    )
    def leaving(document_id: DocumentId) -> Response[Any]:
        tenant = http.caller(api).tenant
        try:
            document = desk().documents.of(tenant).get(document_id)
        except DocumentNotFound:
            return http.no_content()
        desk().files_of(tenant).delete(document.source_key)
        return http.json_response(202, Leaving(document_id=document.id, status="deleting"))

    return http.handler(api, admit=lambda: desk().members, trail=lambda: desk().trail)


def _progress(
    document: Document, batches: Callable[[str], Mapping[str, frozenset[int]]], tenant: Tenant
) -> tuple[Status, Progress]:
    """Masking and embedding take no note of what they have done: the batches that they have laid out tell it."""
    done = document.status is Status.SEARCHABLE
    masked = embedded = document.passages if done or document.status is Status.EMBEDDED else 0
    status = document.status
    if status is Status.PARSED:
        laid_out = batches(work_of(tenant, document.id, document.sequencer))
        masked, embedded = (passages_in(laid_out.get(stage, ()), document.passages) for stage in ("masked", "embedded"))
        if masked == document.passages:
            status = Status.EMBEDDED if embedded == document.passages else Status.MASKED
    return status, Progress(
        passages=document.passages,
        masked=masked,
        embedded=embedded,
        searchable=document.passages if done else 0,
    )


def _shown(document: Document) -> Shown:
    return Shown(
        document_id=document.id,
        title=document.title,
        source_key=shown_key(document.source_key),
        media_type=document.media_type,
        status=document.status,
        reason=document.reason,
        reason_code=document.reason_code,
        chunks=document.chunks,
        unread_pages=document.unread_pages,
        masked=document.masked,
        bytes=document.bytes,
        version=document.version,
        received_at=document.received_at,
        parsed_at=document.parsed_at,
        embedded_at=document.embedded_at,
        searchable_at=document.searchable_at,
        updated_at=document.updated_at,
    )


def _wares(report: Report) -> Wares:
    return Wares(
        products=report.products,
        withdrawn=report.withdrawn,
        refused=[RefusedRow(row=one.row, reason=one.reason) for one in report.refused],
        refused_count=report.refused_count,
        warned=[WarnedOf(sku=one.sku, reason=one.reason) for one in report.warned],
        warned_count=report.warned_count,
    )


handler = build()
