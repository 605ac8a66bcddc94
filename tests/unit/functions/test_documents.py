"""A merchant announces, lists, reads and removes documents: their own, and nobody else's."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import documents
import pytest
from shopwright.catalog.aurora import Catalog, Report
from shopwright.catalog.product import Refused, Warned
from shopwright.database.connection import DatabaseUnavailable
from shopwright.documents.aurora import DocumentRepository, Documents
from shopwright.documents.document import Document, DocumentNotFound, Page, Status, document_id
from shopwright.documents.s3 import MerchantFiles, MerchantPayloads
from shopwright.runtime.s3 import Uploads
from shopwright.tenancy.credentials import Credentials
from shopwright.tenancy.member import Member
from shopwright.tenancy.tenant import Tenant

from tests.fakes import gateway
from tests.fakes.gateway import Answer
from tests.fakes.members import FakeMembers
from tests.fakes.trail import FakeAudit

MARY = gateway.member(subject="user#mary", role="merchant", scopes=("shop/chat", "shop/documents"))
KIT = gateway.member("kitchen", subject="user#kit", role="merchant", scopes=("shop/documents",))
FEED = gateway.member(subject="client#7feed", role="machine", scopes=("shop/documents",))
ANN = gateway.member(scopes=("shop/chat", "shop/documents"))

RETURNS = Document(
    id=document_id("documents/outdoor/uploads/returns.md"),
    title="Returns",
    source_key="documents/outdoor/uploads/returns.md",
    media_type="text/markdown",
    status=Status.SEARCHABLE,
    reason=None,
    chunks=4,
    masked=0,
    bytes=2048,
    version=1,
    updated_at=datetime(2026, 9, 21, 14, 0, tzinfo=UTC),
    sequencer="0A",
    passages=4,
    received_at=datetime(2026, 9, 21, 13, 59, tzinfo=UTC),
    searchable_at=datetime(2026, 9, 21, 14, 0, tzinfo=UTC),
)
EMPTY = replace(
    RETURNS,
    id=document_id("documents/outdoor/uploads/empty.txt"),
    source_key="documents/outdoor/uploads/empty.txt",
    status=Status.QUARANTINED,
    reason="This file is empty. Upload one with text in it.",
    reason_code="EmptyFile",
    chunks=0,
    passages=0,
    version=0,
)
MISSING = "d-aaaaaaaaaaaaaaaaaaaa"


class Shelf(DocumentRepository, Documents):
    """Documents in memory, by merchant."""

    def __init__(self, kept: dict[str, list[Document]]) -> None:
        self.kept = kept
        self.whose = ""
        self.down = False

    def of(self, tenant: Tenant) -> Documents:
        self.whose = tenant.merchant_id
        return self

    def list(self, limit: int = 50, cursor: str | None = None, *, status: Status | None = None) -> Page:
        self._answer()
        first = int(cursor or 0)
        mine = [one for one in self.kept.get(self.whose, []) if status in (None, one.status)]
        return Page(tuple(mine[first : first + limit]), str(first + limit) if len(mine) > first + limit else None)

    def get(self, document_id: str) -> Document:
        self._answer()
        for document in self.kept.get(self.whose, []):
            if document.id == document_id:
                return document
        raise DocumentNotFound("There is no such document.")

    def _answer(self) -> None:
        if self.down:
            raise DatabaseUnavailable("The database did not answer. Please try again in a moment.")


class Wares(Catalog):
    """What became of feeds, by merchant and document."""

    def __init__(self) -> None:
        self.reports: dict[tuple[str, str], Report] = {}
        self.whose = ""

    def of(self, tenant: Tenant) -> Catalog:
        self.whose = tenant.merchant_id
        return self

    def report(self, document_id: str) -> Report | None:
        return self.reports.get((self.whose, document_id))


class Work(MerchantPayloads):
    """The batches that are laid out, by where they lie."""

    def __init__(self) -> None:
        self.laid_out: dict[str, dict[str, frozenset[int]]] = {}
        self.whose = ""

    def of(self, tenant: Tenant) -> MerchantPayloads:
        self.whose = tenant.merchant_id
        return self

    def batches(self, prefix: str) -> Mapping[str, frozenset[int]]:
        assert prefix.startswith(f"steps/{self.whose}/")
        return self.laid_out.get(prefix, {})


class Files:
    """Remembers what was deleted, and for whom."""

    def __init__(self) -> None:
        self.deleted: list[tuple[str, str]] = []

    def of(self, tenant: Tenant) -> MerchantFiles:
        return Taking(self, tenant.merchant_id)


class Taking(MerchantFiles):
    """What one merchant may take out."""

    def __init__(self, files: Files, merchant_id: str) -> None:
        self.files = files
        self.merchant_id = merchant_id

    def delete(self, key: str) -> None:
        self.files.deleted.append((self.merchant_id, key))


def vend(tenant: Tenant) -> Credentials:
    return Credentials(f"AKID{tenant.merchant_id.upper()}", "made-up")


@pytest.fixture(autouse=True)
def region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")


class Desk:
    """A desk with two merchants, a shelf, and a bucket that remembers what was taken out."""

    def __init__(self) -> None:
        self.members = FakeMembers(MARY, KIT, FEED, ANN)
        self.shelf = Shelf({"outdoor": [RETURNS, EMPTY]})
        self.files = Files()
        self.wares = Wares()
        self.work = Work()
        self.uploads = Uploads("documents-bucket", vend=vend)

    def call(self, method: str, path: str = "/v1/documents", row: Member = MARY, **more: Any) -> Answer:
        handler = documents.build(
            lambda: documents.Desk(
                members=self.members,
                trail=FakeAudit(),
                documents=self.shelf,
                catalog_of=self.wares.of,
                work_of=self.work.of,
                uploads_of=self.uploads.of,
                files_of=self.files.of,
            )
        )
        return gateway.send(handler, gateway.request(method, path, token=gateway.claims(row), **more))

    def announce(self, row: Member = MARY, **changed: Any) -> Answer:
        file = {"name": "returns.md", "media_type": "text/markdown", "size": 2048, **changed}
        return self.call("POST", row=row, body=file)


def test_a_merchant_sees_their_documents_and_how_far_each_has_come() -> None:
    answer = Desk().call("GET")

    assert answer.status == 200
    assert answer.body["cursor"] is None
    assert [(one["document_id"], one["status"], one["reason"]) for one in answer.body["documents"]] == [
        (RETURNS.id, "searchable", None),
        (EMPTY.id, "quarantined", "This file is empty. Upload one with text in it."),
    ]
    assert answer.body["documents"][0]["updated_at"] == "2026-09-21T14:00:00Z"


def test_a_merchant_reads_what_became_of_a_feed_and_which_rows_to_mend() -> None:
    desk = Desk()
    desk.wares.reports["outdoor", RETURNS.id] = Report(
        102, 3, (Refused(7, "This row has no title."),), 1, (Warned("P-1", "Its price is 0."),), 1
    )

    feed, other = (desk.call("GET", f"/v1/documents/{one.id}").body["catalog"] for one in (RETURNS, EMPTY))

    assert feed == {
        "products": 102,
        "withdrawn": 3,
        "refused": [{"row": 7, "reason": "This row has no title."}],
        "refused_count": 1,
        "warned": [{"sku": "P-1", "reason": "Its price is 0."}],
        "warned_count": 1,
    }
    assert other is None


def test_a_long_list_comes_in_pages() -> None:
    desk = Desk()
    first = desk.call("GET", query={"limit": "1"})
    second = desk.call("GET", query={"limit": "1", "cursor": first.body["cursor"]})

    assert [one["document_id"] for one in first.body["documents"] + second.body["documents"]] == [RETURNS.id, EMPTY.id]
    assert second.body["cursor"] is None


def test_a_list_shows_documents_of_one_status_alone() -> None:
    answer = Desk().call("GET", query={"status": "quarantined"})

    assert [one["document_id"] for one in answer.body["documents"]] == [EMPTY.id]
    refused = Desk().call("GET", query={"status": "lost"})
    assert (refused.status, refused.body["field"]) == (422, "status")


@pytest.mark.parametrize(
    ("laid_out", "status", "progress"),
    [
        ({}, "parsed", (120, 0, 0)),
        ({"cut": {0, 1, 2}, "masked": {0, 2}, "embedded": {2}}, "parsed", (120, 70, 20)),
        ({"cut": {0, 1, 2}, "masked": {0, 1, 2}, "embedded": {0}}, "masked", (120, 120, 50)),
        ({"cut": {0, 1, 2}, "masked": {0, 1, 2}, "embedded": {0, 1, 2}}, "embedded", (120, 120, 120)),
    ],
)
def test_a_document_on_its_way_tells_how_many_of_its_passages_have_passed_each_step(
    laid_out: dict[str, set[int]], status: str, progress: tuple[int, int, int]
) -> None:
    desk = Desk()
    desk.shelf.kept["outdoor"] = [replace(RETURNS, status=Status.PARSED, passages=120)]
    desk.work.laid_out[f"steps/outdoor/{RETURNS.id}/0A/"] = {
        stage: frozenset(numbers) for stage, numbers in laid_out.items()
    }

    answer = desk.call("GET", f"/v1/documents/{RETURNS.id}")

    passages, masked, embedded = progress
    assert answer.body["status"] == status
    assert answer.body["progress"] == {
        "passages": passages,
        "masked": masked,
        "embedded": embedded,
        "searchable": 0,
    }
    assert answer.body["chunks"] == 4  # the version before is found until this one is


def test_a_document_that_has_arrived_shows_all_of_it_and_when() -> None:
    answer = Desk().call("GET", f"/v1/documents/{RETURNS.id}")

    assert answer.body["progress"] == {"passages": 4, "masked": 4, "embedded": 4, "searchable": 4}
    assert (answer.body["received_at"], answer.body["searchable_at"]) == (
        "2026-09-21T13:59:00Z",
        "2026-09-21T14:00:00Z",
    )


def test_a_refused_document_names_its_failure_for_a_program_too() -> None:
    answer = Desk().call("GET", f"/v1/documents/{EMPTY.id}")

    assert (answer.body["status"], answer.body["reason_code"]) == ("quarantined", "EmptyFile")


@pytest.mark.parametrize("limit", ["0", "101", "-1", "many", ""])
def test_a_page_has_a_size(limit: str) -> None:
    answer = Desk().call("GET", query={"limit": limit})

    assert (answer.status, answer.body["field"]) == (422, "limit")


def test_one_document() -> None:
    answer = Desk().call("GET", f"/v1/documents/{EMPTY.id}")

    assert (answer.status, answer.body["reason"]) == (200, EMPTY.reason)
    assert (answer.body["chunks"], answer.body["bytes"], answer.body["version"]) == (0, 2048, 0)


def test_another_merchants_document_looks_like_one_that_never_was() -> None:
    theirs = Desk().call("GET", f"/v1/documents/{RETURNS.id}", row=KIT)
    missing = Desk().call("GET", f"/v1/documents/{MISSING}", row=KIT)

    assert theirs.status == missing.status == 404
    assert theirs.body == missing.body


@pytest.mark.parametrize("name", ["x", "d-AAAAAAAAAAAAAAAAAAAA", "d-aaaaaaaaaaaaaaaaaaa1", "d-aaaaaaaaaaaaaaaaaaaa'"])
def test_what_cannot_be_an_id_is_refused(name: str) -> None:
    answer = Desk().call("GET", f"/v1/documents/{name}")

    assert (answer.status, answer.body["field"]) == (422, "document_id")


def test_an_announced_file_may_be_uploaded_for_a_quarter_of_an_hour_and_under_the_merchants_own_name() -> None:
    answer = Desk().announce()

    assert answer.status == 201
    assert answer.body["document_id"] == RETURNS.id
    upload = answer.body["upload"]
    assert (upload["method"], upload["headers"], upload["expires_in"]) == (
        "PUT",
        {"content-type": "text/markdown"},
        900,
    )
    address = urlsplit(upload["url"])
    assert address.path.endswith("/documents/outdoor/uploads/returns.md")
    assert parse_qs(address.query)["X-Amz-Expires"] == ["900"]
    assert parse_qs(address.query)["X-Amz-SignedHeaders"] == ["content-length;content-type;host"]
    assert "checksum" not in address.query


def test_an_upload_is_signed_with_the_credentials_of_its_own_merchant_and_of_no_other() -> None:
    desk = Desk()
    for row, signer in ((MARY, "AKIDOUTDOOR"), (KIT, "AKIDKITCHEN"), (FEED, "AKIDOUTDOOR")):
        address = urlsplit(desk.announce(row).body["upload"]["url"])
        assert parse_qs(address.query)["X-Amz-Credential"][0].startswith(f"{signer}/")


def test_a_machine_may_announce_for_its_merchant() -> None:
    assert Desk().announce(FEED).body["document_id"] == RETURNS.id
    assert Desk().announce(KIT).body["document_id"] != RETURNS.id


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("returns.md", "returns.md"),
        ("pages/returns.md", "pages/returns.md"),
        ("Our returns & refunds (2).md", "Our returns & refunds (2).md"),
        ("a b.md", "a b.md"),
        ("a-b.md", "a-b.md"),
        ("größen.csv", "größen.csv"),
        ("gro\u0308ßen.csv", "größen.csv"),
        ("कीमत.md", "कीमत.md"),
        ("photo@2x.html", "photo@2x.html"),
    ],
)
def test_a_file_keeps_the_name_that_it_was_given(name: str, kept: str) -> None:
    url = Desk().announce(name=name).body["upload"]["url"]

    assert unquote(urlsplit(url).path).endswith(f"/documents/outdoor/uploads/{kept}")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "../../kitchen/uploads/prices.csv"}, "name"),
        ({"name": "pages/../../x.md"}, "name"),
        ({"name": "/etc/passwd"}, "name"),
        ({"name": "pages//x.md"}, "name"),
        ({"name": "."}, "name"),
        ({"name": "\\\\share\\x.md"}, "name"),
        ({"name": "?"}, "name"),
        ({"name": "a?b.md"}, "name"),
        ({"name": "a%2e%2e%2fb.md"}, "name"),
        ({"name": "x'; drop table document.md"}, "name"),
        ({"name": "<b>.html"}, "name"),
        ({"name": "line\nbreak\x00.txt"}, "name"),
        ({"name": "half\ud800.md"}, "name"),
        ({"name": "a\u00a0b.md"}, "name"),
        ({"name": " a.md"}, "name"),
        ({"name": ".md"}, "name"),
        ({"name": "pages/.md"}, "name"),
        ({"name": "-.md"}, "name"),
        ({"name": "canaryfile@example.com.md"}, "name"),
        ({"name": "notes 4111111111111111.md"}, "name"),
        ({"name": "4111/1111/1111/1111.md"}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": 7}, "name"),
        ({"media_type": "markdown"}, "media_type"),
        ({"media_type": "text/markdown\r\nx-amz-acl: public-read"}, "media_type"),
        ({"media_type": None}, "media_type"),
        ({"size": -1}, "size"),
        ({"size": 100 * 1024 * 1024 + 1}, "size"),
        ({"size": "2048"}, "size"),
        ({"size": 1.5}, "size"),
        ({"status": "searchable"}, "status"),
    ],
)
def test_an_announcement_that_makes_no_sense_is_refused_by_its_field(changed: dict[str, Any], field: str) -> None:
    answer = Desk().announce(**changed)

    assert (answer.status, answer.body["field"]) == (422, field)


def test_a_refused_name_is_told_why_without_repeating_it() -> None:
    for name, said in (("a?b.md", "U+003F"), ("ann@example.com.md", "e-mail"), (".md", "dot")):
        body = Desk().announce(name=name).body
        assert said in body["message"]
        assert "ann@" not in str(body)


def test_a_dropped_file_under_a_personal_name_is_shown_masked_and_can_still_be_removed() -> None:
    desk = Desk()
    dropped = replace(EMPTY, source_key="documents/outdoor/ann@example.com.md")
    desk.shelf.kept["outdoor"] = [dropped]

    for path in ("", f"/{dropped.id}"):
        assert "ann@example.com" not in str(desk.call("GET", f"/v1/documents{path}").body)
    desk.call("DELETE", f"/v1/documents/{dropped.id}")
    assert desk.files.deleted == [("outdoor", dropped.source_key)]


def test_removing_a_document_deletes_its_file() -> None:
    desk = Desk()

    answer = desk.call("DELETE", f"/v1/documents/{RETURNS.id}")

    assert (answer.status, answer.body) == (202, {"document_id": RETURNS.id, "status": "deleting"})
    assert desk.files.deleted == [("outdoor", RETURNS.source_key)]


def test_removing_what_is_not_there_is_done_already_and_touches_nothing_of_others() -> None:
    desk = Desk()

    for row, name in ((MARY, MISSING), (KIT, RETURNS.id)):
        assert desk.call("DELETE", f"/v1/documents/{name}", row=row).status == 204
    assert desk.files.deleted == []


@pytest.mark.parametrize(
    ("method", "path"), [("GET", ""), ("POST", ""), ("GET", f"/{RETURNS.id}"), ("DELETE", f"/{RETURNS.id}")]
)
def test_a_shopper_has_no_business_here(method: str, path: str) -> None:
    desk = Desk()

    answer = desk.call(method, f"/v1/documents{path}", row=ANN)

    assert (answer.status, answer.body["error"]) == (403, "Denied")
    assert desk.files.deleted == []


def test_without_the_database_the_merchant_is_asked_to_come_back() -> None:
    desk = Desk()
    desk.shelf.down = True
    for method, path in (("GET", ""), ("GET", f"/{RETURNS.id}"), ("DELETE", f"/{RETURNS.id}")):
        answer = desk.call(method, f"/v1/documents{path}")
        assert (answer.status, answer.body["error"], answer.headers["retry-after"]) == (503, "DatabaseUnavailable", "2")
    assert desk.files.deleted == []
    assert desk.announce().status == 201
