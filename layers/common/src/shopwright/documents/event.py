"""What S3 says of an object, as EventBridge brings it: changes when what we read of such an event does."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from shopwright.documents.document import document_id, tenant_of
from shopwright.documents.work import Change

# One version of an object was deleted for good: by the lifecycle rule, which removes versions that were replaced, or by
# our own remove-document. What the shop knows of the object was settled by the event that came before.
_OF_A_VERSION = "Permanently Deleted"


class _Named(BaseModel):
    name: str


class _Object(BaseModel):
    key: str
    sequencer: str
    size: int = 0


class _Detail(BaseModel):
    model_config = ConfigDict(populate_by_name=True)

    bucket: _Named
    object: _Object
    deletion_type: Annotated[str | None, Field(alias="deletion-type")] = None


class S3Event(BaseModel):
    """An object came or went. Keys come as they are, not URL-encoded as in S3's own notifications.

    `attempt` is ours: it tells a replay from the event that it repeats.
    """

    model_config = ConfigDict(populate_by_name=True)

    kind: Annotated[Literal["Object Created", "Object Deleted"], Field(alias="detail-type")]
    detail: _Detail
    attempt: str = ""

    @property
    def is_of_a_document(self) -> bool:
        """Not so: an empty folder, which the S3 console writes, and the end of an old version."""
        return not self.detail.object.key.endswith("/") and self.detail.deletion_type != _OF_A_VERSION

    @property
    def change(self) -> Change:
        """What is to be worked off. Raises NotADocument for a key that names no merchant of ours."""
        it = self.detail.object
        return Change(
            kind="created" if self.kind == "Object Created" else "deleted",
            bucket=self.detail.bucket.name,
            key=it.key,
            sequencer=it.sequencer,
            size=it.size,
            merchant_id=tenant_of(it.key).merchant_id,
            document_id=document_id(it.key),
        )

    @classmethod
    def of(cls, change: Change, *, attempt: str) -> Self:
        """The event that brings a change about once more."""
        return cls(
            kind="Object Created" if change.kind == "created" else "Object Deleted",
            detail=_Detail(
                bucket=_Named(name=change.bucket),
                object=_Object(key=change.key, sequencer=change.sequencer, size=change.size),
            ),
            attempt=attempt,
        )

    def text(self) -> str:
        """As it goes into a queue."""
        return self.model_dump_json(by_alias=True)
