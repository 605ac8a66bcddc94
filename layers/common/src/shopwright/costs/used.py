"""What an answer used besides models: changes when answering uses another kind of thing.

This is metered and told, and held by nobody beforehand: it is some hundred times less than a model's call, and a hold
would cost more than what it holds.
"""

import math
from dataclasses import dataclass, field

from shopwright.costs.price import Bill, PriceBook, Unit, total


@dataclass(slots=True)
class Used:
    """Milliseconds of a function and, of those, of the database; units of DynamoDB; calls of other services, by their
    kind in the price book."""

    function_ms: float = 0.0
    database_ms: float = 0.0
    reads: int = 0
    writes: int = 0
    calls: list[str] = field(default_factory=list)


def bill(used: Used, book: PriceBook, *, memory_mb: int) -> Bill:
    """What that comes to. Of the database's time, a query's own counts as one whole unit of capacity (ACU)."""
    return total(
        (
            book.used(Unit.LAMBDA_REQUESTS, 1),
            book.used(Unit.LAMBDA_MB_MS, math.ceil(used.function_ms * memory_mb)),
            book.used(Unit.DATABASE_ACU_MS, math.ceil(used.database_ms)),
            book.used(Unit.DYNAMODB_READ_UNITS, used.reads),
            book.used(Unit.DYNAMODB_WRITE_UNITS, used.writes),
            *(book.call(kind) for kind in used.calls),
        )
    )
