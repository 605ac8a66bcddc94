"""How a function that answers shoppers comes by its members: changes when where they are, or who hears of it, does."""

from shopwright.errors import Unavailable
from shopwright.observability import metrics
from shopwright.runtime.journal import logger
from shopwright.tenancy import limits
from shopwright.tenancy.acquainted import Acquainted
from shopwright.tenancy.dynamodb import Members


def acquainted(table: str) -> Acquainted:
    """The members of that table, and who was one a moment ago while it cannot be read."""
    return Acquainted(Members(table), limits.acquaintance(), report=_counted)


def _counted(failure: Unavailable | None) -> None:
    metrics.count("StandingAsLastSeen")
    if failure is not None:
        logger().warning("members are known as last seen", exc_info=failure)
