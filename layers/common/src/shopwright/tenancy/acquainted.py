"""Who may still ask while the members table cannot be read: changes when how far an old reading is trusted does.

Only a row that this environment has read itself counts, only for minutes, and only of those who shop: whoever acts for
the merchant waits for the table. The row is held against the token's claims as a fresh one is, so that one that was
switched off, signed out or moved to another merchant is as good a reason to refuse as before; and whoever was not seen
here is not let in.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from shopwright.errors import Unavailable
from shopwright.tenancy.caller import Role
from shopwright.tenancy.dynamodb import MembersUnavailable
from shopwright.tenancy.limits import Acquaintance
from shopwright.tenancy.member import Member, Roll

_ACT_FOR_THE_MERCHANT = frozenset(role.value for role in (Role.MERCHANT, Role.OPERATOR, Role.MACHINE))


class Acquainted:
    """The members, and for a while after each reading what it said. `report` hears of each time that this counted."""

    def __init__(
        self,
        members: Roll,
        figures: Acquaintance,
        *,
        report: Callable[[Unavailable | None], None] = lambda failure: None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._members = members
        self._figures = figures
        self._report = report
        self._now = now
        self._seen: OrderedDict[str, tuple[float, Member | None]] = OrderedDict()
        self._failed_at = float("-inf")
        self._turn = threading.Lock()

    def row(self, subject: str) -> Member | None:
        """The subject's row as the table has it, else as it had it a moment ago; MembersUnavailable: neither."""
        known = self._known(subject)
        if known and 0 <= self._now() - self._failed_at < self._figures.asked_again_s:
            self._report(None)
            return known[0]
        try:
            row = self._members.row(subject)
        except MembersUnavailable as failure:
            self._failed_at = self._now()
            if not known:
                raise
            self._report(failure)
            return known[0]
        self._note(subject, row)
        return row

    def _known(self, subject: str) -> tuple[Member | None] | None:
        with self._turn:
            read_at, row = self._seen.get(subject, (float("-inf"), None))
        # A clock that was set back proves nothing.
        return (row,) if 0 <= self._now() - read_at <= self._figures.known_s else None

    def _note(self, subject: str, row: Member | None) -> None:
        with self._turn:
            self._seen.pop(subject, None)
            if row is not None and row.role in _ACT_FOR_THE_MERCHANT:
                return
            self._seen[subject] = (self._now(), row)
            if len(self._seen) > self._figures.most:
                self._seen.popitem(last=False)
