"""Two merchants' documents for the tests of the database: changes when those tests need other passages."""

import hashlib
import random
from collections.abc import Sequence

from shopwright.documents.aurora import Content, Passage
from shopwright.documents.chunk import chunk
from shopwright.documents.document import PIPELINE, Arrival
from shopwright.documents.parse.block import Block, Parsed
from shopwright.embedding.model import Model
from shopwright.tenancy.passport import Signer, SigningKey
from shopwright.tenancy.tenant import Tenant

KITCHEN, OUTDOOR = Tenant("kitchen"), Tenant("outdoor")
KEY = SigningKey("k1", b"0123456789abcdef" * 4)
SIGNER = Signer(lambda: KEY)
BGE = Model("bge-small-en-v1.5", 384, "68807e3ff2abb83cdd708d8243fd398246e397bfee2ba611c2bad728e27df743")


def vector(seed: object) -> list[float]:
    """A unit vector that depends on its seed alone."""
    dice = random.Random(str(seed))  # noqa: S311 - made-up vectors
    raw = [dice.gauss(0, 1) for _ in range(384)]
    length = sum(value * value for value in raw) ** 0.5
    return [value / length for value in raw]


def arrival(tenant: Tenant, name: str, sequencer: str) -> Arrival:
    return Arrival(f"documents/{tenant}/{name}", sequencer, 100)


def passages(drop: Arrival, texts: Sequence[str]) -> list[Passage]:
    blocks = tuple(Block((), text, n * 10, n * 10 + 9, whole=True) for n, text in enumerate(texts))
    cut = chunk(drop.document_id, Parsed("", blocks), lambda text: len(text.split()))
    return [(piece, vector(piece.content)) for piece in cut]


def content(drop: Arrival, texts: Sequence[str], *, title: str = "A page", model: Model = BGE) -> Content:
    return Content(
        title=title,
        sha256=hashlib.sha256("\n".join(texts).encode()).hexdigest(),
        pipeline=PIPELINE,
        masked=0,
        model=model,
        passages=passages(drop, texts),
    )
