"""What the tests of the ingestion functions share: changes when a step is called in another way."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from aws_lambda_powertools.utilities.typing import LambdaContext
from shopwright.catalog.passages import Owner
from shopwright.catalog.product import Feed
from shopwright.documents.aurora import Content, Outcome, VectorsGone
from shopwright.documents.document import Arrival, DocumentNotFound, Status, document_id
from shopwright.documents.work import Payload
from shopwright.embedding.model import Model
from shopwright.tenancy.tenant import Tenant

EVENTS = Path(__file__).parents[3] / "events"
KEY = "documents/kitchen/shipping.md"


class _Context:
    """What Lambda says about a call."""

    function_name = memory_limit_in_mb = function_version = "1"
    invoked_function_arn = "arn:aws:lambda:eu-central-1:000000000000:function:step"
    aws_request_id = "request-1"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 60_000


def context() -> LambdaContext:
    return cast(LambdaContext, _Context())


def drop(key: str = KEY, sequencer: str = "01", size: int = 100, **more: object) -> dict[str, Any]:
    """A step's input."""
    merchant = key.split("/")[1]
    return {
        "bucket": "documents",
        "key": key,
        "sequencer": sequencer,
        "size": size,
        "merchant_id": merchant,
        "document_id": document_id(key),
        **more,
    }


def sample(name: str) -> Any:
    return json.loads((EVENTS / name).read_text("utf-8"))


@dataclass
class Shelf:
    """Documents of one merchant, in memory: the sequencer rules of the real ones, tested there against PostgreSQL."""

    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    tenants: list[str] = field(default_factory=list)

    def of(self, tenant: Tenant) -> Any:
        self.tenants.append(tenant.merchant_id)
        return self

    def register(self, arrival: Arrival, *, title: str) -> Outcome:
        row = self.rows.get(arrival.document_id)
        if row and _rank(row["sequencer"]) > _rank(arrival.sequencer):
            return Outcome.SUPERSEDED
        ended = row and row["status"] in (Status.SEARCHABLE, Status.QUARANTINED, Status.DELETED)
        if row and ended and _rank(row["sequencer"]) == _rank(arrival.sequencer):
            return Outcome.UNCHANGED
        self.rows[arrival.document_id] = {
            "content": None,
            **(row or {}),
            "sequencer": arrival.sequencer,
            "status": Status.RECEIVED,
            "title": title,
        }
        return Outcome.GOES_ON

    def keep_if_unchanged(self, arrival: Arrival, *, sha256: str, pipeline: str) -> bool:
        row = self.rows[arrival.document_id]
        kept: Content | None = row["content"]
        if kept is None or (kept.sha256, kept.pipeline) != (sha256, pipeline):
            return False
        row["status"] = Status.SEARCHABLE
        return True

    def embedded(self, document_id: str, ids: Sequence[UUID], *, model: Model, pipeline: str) -> frozenset[UUID]:
        row = self.rows[document_id]
        kept: Content | None = row["content"]
        if kept is None or (kept.model, kept.pipeline) != (model, pipeline):
            return frozenset()
        return frozenset(ids) & self._vectors(row).keys()

    @staticmethod
    def _vectors(row: dict[str, Any]) -> dict[UUID, Sequence[float]]:
        kept: Content | None = row["content"]
        return {chunk.id: vector for chunk, vector in kept.passages if vector is not None} if kept else {}

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
        row = self.rows[arrival.document_id]
        if _rank(row["sequencer"]) != _rank(arrival.sequencer):
            return False
        if row["status"] in (Status.SEARCHABLE, Status.DELETED):
            return False
        row.update(status=status, reason=reason, code=code, passages=passages or row.get("passages"))
        if unread_pages is not None:
            row["unread_pages"] = unread_pages
        return True

    def quarantine(self, arrival: Arrival, *, reason: str, code: str) -> bool:
        return self.advance(arrival, Status.QUARANTINED, reason=reason, code=code)

    def fail(self, arrival: Arrival, *, reason: str, code: str) -> bool:
        return self.advance(arrival, Status.FAILED, reason=reason, code=code)

    def settled(self, arrival: Arrival) -> Outcome:
        row = self.rows[arrival.document_id]
        same = _rank(row["sequencer"]) == _rank(arrival.sequencer) and row["status"] == Status.SEARCHABLE
        return Outcome.UNCHANGED if same else Outcome.SUPERSEDED

    def replace(self, arrival: Arrival, content: Content, *, also: Callable[[Any], object]) -> Outcome:
        row = self.rows[arrival.document_id]
        if _rank(row["sequencer"]) > _rank(arrival.sequencer):
            return Outcome.SUPERSEDED
        also(None)
        stored = self._vectors(row)
        lost = [chunk.id for chunk, vector in content.passages if vector is None and chunk.id not in stored]
        if lost:
            raise VectorsGone("Passages of this document lost their vectors while it was on its way.")
        passages = [(chunk, stored[chunk.id] if vector is None else vector) for chunk, vector in content.passages]
        row.update(status=Status.SEARCHABLE, content=replace(content, passages=passages))
        return Outcome.SEARCHABLE

    def remove(self, arrival: Arrival, *, also: Callable[[Any], object]) -> Outcome:
        row = self.rows.get(arrival.document_id)
        if row and _rank(row["sequencer"]) > _rank(arrival.sequencer):
            return Outcome.SUPERSEDED
        also(None)
        self.rows[arrival.document_id] = {"sequencer": arrival.sequencer, "status": Status.DELETED, "content": None}
        return Outcome.REMOVED


@dataclass
class Wares:
    """The feeds of one merchant in memory, by document; the rules of the real catalog are tested against PostgreSQL."""

    feeds: dict[str, tuple[Feed, Mapping[UUID, Owner]]] = field(default_factory=dict)
    taken_over: set[str] = field(default_factory=set)  # documents of which another feed has a product
    tenants: list[str] = field(default_factory=list)

    def of(self, tenant: Tenant) -> Any:
        self.tenants.append(tenant.merchant_id)
        return self

    def replace(self, db: Any, document_id: str, feed: Feed, owners: Mapping[UUID, Owner]) -> None:
        self.feeds[document_id] = (feed, owners)

    def whole(self, document_id: str) -> bool:
        return document_id not in self.taken_over

    def withdraw(self, db: Any, document_id: str) -> int:
        return len(self.feeds.pop(document_id)[0].products) if document_id in self.feeds else 0


@dataclass
class Files:
    """The merchants' files in memory, and those that were set apart. It remembers whose were asked for."""

    files: dict[str, bytes] = field(default_factory=dict)
    apart: dict[str, str] = field(default_factory=dict)
    forgotten: list[str] = field(default_factory=list)
    tenants: list[str] = field(default_factory=list)

    def of(self, tenant: Tenant) -> Any:
        self.tenants.append(tenant.merchant_id)
        return self

    def read(self, key: str) -> bytes:
        if key not in self.files:
            raise DocumentNotFound("The file is not there any more.")
        return self.files[key]

    def forget(self, key: str) -> None:
        self.forgotten.append(key)

    def copy(self, key: str, *, to_bucket: str, to_key: str) -> bool:
        if key in self.files:
            self.apart[f"{to_bucket}/{to_key}"] = key
        return key in self.files


@dataclass
class Payloads:
    """The payloads of the steps in memory. It remembers whose were asked for."""

    files: dict[str, bytes] = field(default_factory=dict)
    tenants: list[str] = field(default_factory=list)

    def of(self, tenant: Tenant) -> Any:
        self.tenants.append(tenant.merchant_id)
        return self

    def write(self, key: str, payload: Payload) -> str:
        self.files[key] = payload.model_dump_json().encode()
        return key

    def read(self, key: str, model: Any) -> Any:
        return model.model_validate_json(self.files[key])

    def clear(self, prefix: str) -> None:
        self.files = {key: data for key, data in self.files.items() if not key.startswith(prefix)}


def _rank(sequencer: str) -> str:
    return sequencer.upper().ljust(64, "0")
