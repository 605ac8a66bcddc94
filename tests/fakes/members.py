"""A members table in memory. It passes the contract tests of the real one (test_dynamodb.py)."""

from dataclasses import replace

from shopwright.tenancy.dynamodb import Members, MembersUnavailable
from shopwright.tenancy.member import Member, Renewals
from shopwright.tenancy.widget import Widget


class FakeMembers(Members):
    """Remembers rows and widgets; `down = True` makes it a table that does not answer."""

    def __init__(self, *rows: Member, widgets: tuple[Widget, ...] = ()) -> None:
        self.rows = {row.subject: row for row in rows}
        self.widgets = {widget.key: widget for widget in widgets}
        self.asked: list[str] = []
        self.down = False

    def row(self, subject: str) -> Member | None:
        self._answer()
        self.asked.append(subject)
        return self.rows.get(subject)

    def add(self, member: Member) -> None:
        self._answer()
        if member.subject in self.rows:
            raise MembersUnavailable("Membership cannot be checked at the moment. Please try again.")
        self.rows[member.subject] = member

    def renew(self, row: Member, renewals: Renewals, *, expires_at: int) -> bool:
        self._answer()
        if row.renewals is None:
            raise LookupError("Only a row that has a renewal can be renewed.")
        if self.rows.get(row.subject) != row or row.disabled:
            return False
        self.rows[row.subject] = replace(row, renewals=renewals, expires_at=expires_at)
        return True

    def sign_out(self, subject: str, *, at: int) -> None:
        self._answer()
        if subject in self.rows and self.rows[subject].not_before < at:
            self.rows[subject] = replace(self.rows[subject], not_before=at)

    def widget(self, key: str) -> Widget | None:
        self._answer()
        return self.widgets.get(key)

    def _answer(self) -> None:
        if self.down:
            raise MembersUnavailable("Membership cannot be checked at the moment. Please try again.")
