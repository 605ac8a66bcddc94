"""An audit trail's parts in memory. Each passes the contract tests of the real one (test_trail.py)."""

from collections.abc import Iterator, Sequence

from shopwright.observability.audit import AuditUnavailable, Entry, Head, Record
from shopwright.observability.dynamodb import Heads
from shopwright.observability.s3 import Archive
from shopwright.observability.sqs import Audit
from shopwright.tenancy.tenant import Tenant


class FakeAudit(Audit):
    """Remembers what was handed in; `down = True` makes it a queue that does not answer."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.down = False

    def hand_in(self, record: Record) -> None:
        _answer(self.down)
        if record.id not in {one.id for one in self.records}:
            self.records.append(record)


class FakeHeads(Heads):
    """`dies = True` makes its next move one that never happens."""

    def __init__(self) -> None:
        self.heads: dict[Tenant, Head] = {}
        self.dies = False

    def of(self, tenant: Tenant) -> Head | None:
        return self.heads.get(tenant)

    def tenants(self) -> set[Tenant]:
        return set(self.heads)

    def move(self, tenant: Tenant, seen: Head, to: Head) -> None:
        if self.dies:
            self.dies = False
            _answer(True)
        now = self.heads.get(tenant)
        if now is None or (now.number, now.hash) == (seen.number, seen.hash):
            self.heads[tenant] = to


class FakeArchive(Archive):
    """Objects by their first entry's number."""

    def __init__(self) -> None:
        self.objects: dict[Tenant, dict[int, tuple[Entry | None, ...]]] = {}

    def add(self, tenant: Tenant, entries: Sequence[Entry]) -> bool:
        kept = self.objects.setdefault(tenant, {})
        if entries[0].number in kept:
            return False
        kept[entries[0].number] = tuple(entries)
        return True

    def at(self, tenant: Tenant, number: int) -> tuple[Entry | None, ...]:
        return self.objects[tenant][number]

    def all(self, tenant: Tenant) -> Iterator[Entry | None]:
        for _, entries in sorted(self.objects.get(tenant, {}).items()):
            yield from entries

    def tenants(self) -> set[Tenant]:
        return set(self.objects)


def _answer(down: bool) -> None:
    if down:
        raise AuditUnavailable("The audit trail does not answer.")
