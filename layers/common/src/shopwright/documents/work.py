"""What the steps of ingestion hand to each other: changes when a step needs to know more.

Between states go only ids and S3 keys; the passages themselves lie in the artifacts bucket, as these payloads.
"""

import struct
from base64 import b64decode, b64encode
from collections.abc import Collection, Sequence
from typing import Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shopwright.documents.chunk import Chunk
from shopwright.documents.document import Arrival, document_id, tenant_of
from shopwright.embedding.model import Model
from shopwright.tenancy.tenant import Tenant

BATCH = 50  # passages in one payload: a step's work of seconds, not minutes
MAX_BATCHES = 200  # so that their keys fit into a state's payload many times over


class Payload(BaseModel):
    model_config = ConfigDict(frozen=True)


def work_of(tenant: Tenant, document_id: str, sequencer: str) -> str:
    """Where in the artifacts bucket the payloads of one arrival of a document lie."""
    return f"steps/{tenant.merchant_id}/{document_id}/{sequencer}/"


class Drop(Payload):
    """One event of one object. Whose it is follows from its key; that the two agree is checked at every step."""

    bucket: str = Field(min_length=3, max_length=63)
    key: str = Field(min_length=1, max_length=1024)
    sequencer: str = Field(pattern=r"^[0-9A-Fa-f]{1,64}$")
    size: int = Field(default=0, ge=0)
    merchant_id: str
    document_id: str

    @model_validator(mode="after")
    def _belongs(self) -> Self:
        if self.merchant_id != tenant_of(self.key).merchant_id or self.document_id != document_id(self.key):
            raise ValueError("merchant_id and document_id must be those of the key")
        return self

    @property
    def tenant(self) -> Tenant:
        return Tenant(self.merchant_id)

    @property
    def arrival(self) -> Arrival:
        return Arrival(self.key, self.sequencer, self.size)

    @property
    def work(self) -> str:
        """Where in the artifacts bucket this arrival's payloads lie."""
        return work_of(self.tenant, self.document_id, self.sequencer)


class Change(Drop):
    """What dispatch hands to the machine."""

    kind: Literal["created", "deleted"]


class Piece(Payload):
    """One passage. `embedded`: its vector is stored already, from the version before. `record`: it is a product's."""

    id: UUID
    ordinal: int
    section: tuple[str, ...]
    content: str
    start: int
    end: int
    embedded: bool = False
    record: bool = False

    @classmethod
    def of(cls, chunk: Chunk, *, embedded: bool = False, record: bool = False) -> Self:
        return cls(
            id=chunk.id,
            ordinal=chunk.ordinal,
            section=chunk.section,
            content=chunk.content,
            start=chunk.start,
            end=chunk.end,
            embedded=embedded,
            record=record,
        )

    @property
    def chunk(self) -> Chunk:
        return Chunk(self.id, self.ordinal, self.section, self.content, self.start, self.end)


class Batch(Payload):
    """Some passages of one document: as they were cut, or masked (then `masked` says how many findings)."""

    title: str
    pieces: tuple[Piece, ...]
    masked: int = 0


class EmbeddedBatch(Batch):
    """Masked passages with their vectors: half-precision numbers, little-endian, in base64. None: it is stored."""

    model_name: str
    model_dimensions: int
    model_sha256: str
    vectors: tuple[str | None, ...]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if [vector is None for vector in self.vectors] != [piece.embedded for piece in self.pieces]:
            raise ValueError("each piece needs its vector, unless that is stored")
        return self

    @property
    def model(self) -> Model:
        return Model(self.model_name, self.model_dimensions, self.model_sha256)

    @property
    def passages(self) -> tuple[tuple[Chunk, list[float] | None], ...]:
        return tuple(
            (piece.chunk, None if vector is None else unpacked(vector))
            for piece, vector in zip(self.pieces, self.vectors, strict=True)
        )


def batches(
    title: str, chunks: Sequence[Chunk], embedded: Collection[UUID] = (), records: Collection[UUID] = ()
) -> list[Batch]:
    """The chunks of one document as payloads, never more than MAX_BATCHES of them. `embedded` have their vectors,
    `records` are products'."""
    size = batch_size(len(chunks))
    pieces = [Piece.of(chunk, embedded=chunk.id in embedded, record=chunk.id in records) for chunk in chunks]
    return [Batch(title=title, pieces=tuple(pieces[n : n + size])) for n in range(0, len(pieces), size)]


def batch_size(passages: int) -> int:
    """How many passages each batch of a document holds, but for the last, which has the rest."""
    return max(BATCH, -(-passages // MAX_BATCHES))


def passages_in(numbers: Collection[int], passages: int) -> int:
    """How many of a document's passages the batches of these numbers hold."""
    size = batch_size(passages)
    return sum(max(0, min(size, passages - number * size)) for number in numbers)


def packed(vector: Sequence[float]) -> str:
    """A vector as the database will hold it: in half precision."""
    return b64encode(struct.pack(f"<{len(vector)}e", *vector)).decode("ascii")


def unpacked(text: str) -> list[float]:
    data = b64decode(text, validate=True)
    return list(struct.unpack(f"<{len(data) // 2}e", data))
