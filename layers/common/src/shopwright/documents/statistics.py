"""What a shop holds, counted: changes when a merchant wants to know another number."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Kind:
    """A merchant's documents of one media type and state."""

    media_type: str
    status: str
    documents: int
    passages: int
    masked: int
    bytes: int
    last_change: datetime


@dataclass(frozen=True, slots=True)
class Statistics:
    """As they were when they were counted; None: they never were yet."""

    counted_at: datetime | None
    by_kind: tuple[Kind, ...]

    def documents(self, status: str | None = None) -> int:
        return sum(one.documents for one in self.by_kind if status in (None, one.status))
