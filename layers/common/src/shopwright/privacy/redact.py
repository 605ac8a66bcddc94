"""Masks personal data in a text: changes when what counts as personal, or how a mask looks, does.

This is the deterministic gate: checksums and numbering plans, no model. It runs before anything is stored, embedded,
searched or logged. Names and addresses are beyond it.
"""

from dataclasses import dataclass
from enum import StrEnum

from shopwright.privacy import card, contact, iban, view


class Kind(StrEnum):
    """What was found; the mask is the kind in brackets."""

    CARD = "card"
    IBAN = "iban"
    EMAIL = "email"
    PHONE = "phone"


@dataclass(frozen=True, slots=True)
class Finding:
    """Where something personal stood in the original. It never holds what it was."""

    kind: Kind
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Masked:
    """The text with a mask in place of each finding, and byte for byte the same everywhere else."""

    text: str
    found: tuple[Finding, ...]


def mask(text: str) -> Masked:
    """Replace card numbers, IBANs, e-mail addresses and phone numbers by `[card]`, `[iban]`, `[email]`, `[phone]`."""
    found = find(text)
    pieces: list[str] = []
    end = 0
    for finding in found:
        pieces += (text[end : finding.start], f"[{finding.kind.value}]")
        end = finding.end
    return Masked("".join((*pieces, text[end:])), found)


def find(text: str) -> tuple[Finding, ...]:
    """Everything personal that the gate knows, in order and without overlaps."""
    seen = view.read(text)
    taken: list[tuple[int, int, Kind]] = []
    for kind, finder in (
        (Kind.IBAN, iban.find),
        (Kind.CARD, card.find),
        (Kind.EMAIL, contact.emails),
        (Kind.PHONE, contact.phones),
    ):
        taken += ((start, end, kind) for start, end in finder(seen.text))
    return tuple(Finding(kind, *seen.span(start, end)) for start, end, kind in _apart(taken))


def _apart(spans: list[tuple[int, int, Kind]]) -> list[tuple[int, int, Kind]]:
    """Overlapping spans become one, so that no digit of either stays readable; the graver kind names it."""
    gravity = list(Kind)
    merged: list[tuple[int, int, Kind]] = []
    for start, end, kind in sorted(spans, key=lambda span: (span[0], span[1])):
        if merged and start < merged[-1][1]:
            before = merged[-1]
            merged[-1] = (before[0], max(before[1], end), min(before[2], kind, key=gravity.index))
        else:
            merged.append((start, end, kind))
    return merged
