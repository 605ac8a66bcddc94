"""What is kept of every request, and how it is chained: changes when an auditor asks for another field.

Each merchant's entries form a chain: an entry's hash is taken over its number, the hash before it and its record, so
that a change, a gap, a swap or a missing end shows. The chain's head (the newest number and hash) is kept apart from
the entries: who cuts off the end of the one would have to forge the other as well.
"""

import hashlib
import json
import re
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from shopwright.errors import ShopwrightError, Unavailable
from shopwright.tenancy.tenant import Tenant

_HASH = re.compile(r"[0-9a-f]{64}")


class AuditUnavailable(Unavailable):
    """The audit trail can be neither read nor written at the moment."""


class TrailBroken(ShopwrightError):
    """What lies where the next entries belong does not go on from the chain's head: somebody has to look at it."""


@dataclass(frozen=True, slots=True)
class Record:
    """One request of a verified caller. Hashes stand for what was asked and answered; neither text is in it.

    `request_payload_hash` is the SHA-256 of the body as it came, `response_reference` names what was answered: by the
    SHA-256 of the body that went out.
    """

    id: str
    merchant_id: str
    at: str  # UTC, ISO 8601 with milliseconds
    request_id: str
    subject: str
    role: str
    route: str
    status: int
    request_payload_hash: str
    response_reference: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A record in its place. `number` counts from 1 for each merchant."""

    number: int
    before: str
    record: Record
    hash: str


@dataclass(frozen=True, slots=True)
class Head:
    """The newest entry of a chain, and the ids of the records that were added last, lest they are added twice."""

    number: int
    hash: str
    recent: tuple[str, ...] = ()


class Flaw(StrEnum):
    """What can be wrong with a trail."""

    CHANGED = "changed"  # the entry is not what its hash was taken of
    OUT_OF_PLACE = "out_of_place"  # it does not go on from the one before: lost, swapped, or put in between
    UNREADABLE = "unreadable"
    CUT_OFF = "cut_off"  # the head knows of entries that are not there


@dataclass(frozen=True, slots=True)
class Finding:
    """One flaw, and the number at which it shows."""

    flaw: Flaw
    number: int


def new_id() -> str:
    """A record's id, by which one that is delivered twice is known."""
    return uuid.uuid4().hex


def timestamp(epoch_s: float) -> str:
    """A moment as records have it."""
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(epoch_s))}.{int(epoch_s * 1000) % 1000:03d}Z"


def digest(body: bytes) -> str:
    """SHA-256, in hexadecimal."""
    return hashlib.sha256(body).hexdigest()


def beginning(tenant: Tenant) -> Head:
    """The head of a chain that has no entry yet."""
    return Head(0, digest(b"shopwright audit " + tenant.merchant_id.encode()))


def linked(head: Head, records: Iterable[Record]) -> tuple[Entry, ...]:
    """The records as the chain's next entries."""
    entries: list[Entry] = []
    number, before = head.number, head.hash
    for record in records:
        number += 1
        entry = Entry(number, before, record, _hash(number, before, record))
        entries.append(entry)
        before = entry.hash
    return tuple(entries)


def after(head: Head, entries: Sequence[Entry]) -> Head:
    """The head once the entries are in. Raises TrailBroken when they do not go on from it."""
    number, before = head.number, head.hash
    for entry in entries:
        if (entry.number, entry.before) != (number + 1, before) or not _sound(entry):
            raise TrailBroken(f"Entry {entry.number} does not go on from entry {number}.")
        number, before = entry.number, entry.hash
    return Head(number, before, tuple(entry.record.id for entry in entries))


def verify(tenant: Tenant, entries: Iterable[Entry | None], head: Head | None) -> Iterator[Finding]:
    """Every flaw of a trail, in order. `entries` come as they lie there; None is one that cannot be read."""
    at = beginning(tenant)
    head = head or at
    number, before = at.number, at.hash
    for entry in entries:
        if entry is None:
            number += 1
            yield Finding(Flaw.UNREADABLE, number)
            continue
        if not _sound(entry) or entry.record.merchant_id != tenant.merchant_id:
            yield Finding(Flaw.CHANGED, entry.number)
        if (entry.number, entry.before) != (number + 1, before):
            yield Finding(Flaw.OUT_OF_PLACE, entry.number)
        number, before = entry.number, entry.hash
    if number < head.number:
        yield Finding(Flaw.CUT_OFF, number + 1)
    elif before != head.hash:
        yield Finding(Flaw.CHANGED, number)


def line(entry: Entry) -> str:
    """An entry as one line of JSON."""
    return json.dumps(asdict(entry), sort_keys=True, separators=(",", ":"))


def parsed(text: str) -> Entry | None:
    """The entry that a line holds; None if it holds none."""
    try:
        told: dict[str, Any] = json.loads(text)
        record = Record(**told.pop("record"))
        entry = Entry(record=record, **told)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return entry if isinstance(entry.number, int) and _HASH.fullmatch(str(entry.hash)) else None


def _sound(entry: Entry) -> bool:
    return entry.hash == _hash(entry.number, entry.before, entry.record)


def _hash(number: int, before: str, record: Record) -> str:
    of = json.dumps([number, before, asdict(record)], sort_keys=True, separators=(",", ":"))
    return digest(of.encode())
