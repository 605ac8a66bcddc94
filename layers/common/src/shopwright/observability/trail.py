"""Adding to an audit trail, and reading all of it: changes when the order of its two writes does.

The entries are written first and the head moves afterwards. Whoever is killed in between leaves entries that the head
does not know: the next one finds them in the place where its own would go, and goes on behind them.
"""

from collections.abc import Iterator, Sequence

from shopwright.observability import audit
from shopwright.observability.audit import Entry, Finding, Record
from shopwright.observability.dynamodb import Heads
from shopwright.observability.s3 import Archive
from shopwright.tenancy.tenant import Tenant


def append(tenant: Tenant, records: Sequence[Record], *, heads: Heads, archive: Archive) -> tuple[Entry, ...]:
    """Chain the records of one merchant and keep them. Gives the entries that were added: one that is in the trail
    already is not added again. Raises AuditUnavailable, and then the same call may be repeated."""
    while True:
        head = heads.of(tenant) or audit.beginning(tenant)
        left = [record for record in records if record.id not in head.recent]
        if not left:
            return ()
        entries = audit.linked(head, left)
        if archive.add(tenant, entries):
            heads.move(tenant, head, audit.after(head, entries))
            return entries
        heads.move(tenant, head, audit.after(head, _whole(archive.at(tenant, head.number + 1))))


def verify(tenant: Tenant, *, heads: Heads, archive: Archive) -> Iterator[Finding]:
    """Every flaw of a merchant's trail. What is added meanwhile is left to the next time: the head is read first."""
    head = heads.of(tenant)
    known = head.number if head else 0
    return audit.verify(tenant, _up_to(archive.all(tenant), known), head)


def _up_to(entries: Iterator[Entry | None], known: int) -> Iterator[Entry | None]:
    """What the head knows of. Behind it lies only what is on its way in."""
    for entry in entries:
        if entry is not None and entry.number > known:
            return
        yield entry


def _whole(entries: Sequence[Entry | None]) -> list[Entry]:
    if not entries or any(entry is None for entry in entries):
        raise audit.TrailBroken("What lies where the next entries belong cannot be read.")
    return [entry for entry in entries if entry is not None]
