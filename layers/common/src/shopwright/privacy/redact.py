"""Masks personal data in a text: changes when what counts as personal, or how a mask looks, does.

This is the deterministic gate: checksums, numbering plans and the words that announce a value, no model. Names and
addresses are the recognizer's (`names.py`); `redactor.py` joins the two.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from shopwright.privacy import card, contact, iban, identity, spoken, view


class Kind(StrEnum):
    """What was found; the mask is the kind in brackets. The graver comes first: it names what overlaps."""

    CARD = "card"
    IBAN = "iban"
    SECRET = "secret"  # noqa: S105 - what was found, not one of ours
    ID = "id"
    ACCOUNT = "account"
    EMAIL = "email"
    PHONE = "phone"
    IP = "ip"
    BIRTH = "birth"
    ADDRESS = "address"
    NAME = "name"
    PLACE = "place"


STRUCTURED = frozenset(Kind) - {Kind.ADDRESS, Kind.NAME, Kind.PLACE}


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
    """The text with everything that the gate finds replaced by `[card]`, `[email]`, …"""
    return masked(text, find(text))


def masked(text: str, found: tuple[Finding, ...], token: Callable[[Finding], str] | None = None) -> Masked:
    """Replace the findings: by their kind in brackets, or by `[kind:token]` where there is one to give."""
    pieces: list[str] = []
    end = 0
    for finding in found:
        kept = f":{token(finding)}" if token else ""
        pieces += (text[end : finding.start], f"[{finding.kind.value}{kept}]")
        end = finding.end
    return Masked("".join((*pieces, text[end:])), found)


_MASK = re.compile(rf"\[(?:{'|'.join(kind.value for kind in Kind)})(?::[^\]]*)?\]")


def without_masks(text: str) -> str:
    """What is left of a masked text when its masks are gone: "[address]" is no word that somebody said."""
    return _MASK.sub(" ", text)


def find(text: str) -> tuple[Finding, ...]:
    """Everything personal that the gate knows, in order and without overlaps."""
    seen = view.read(text)
    return tuple(Finding(kind, *seen.span(start, end)) for start, end, kind in apart(_gate(seen.text)))


def _gate(text: str) -> Iterator[tuple[int, int, Kind]]:
    for kind, finder in (
        (Kind.IBAN, iban.find),
        (Kind.CARD, card.find),
        (Kind.EMAIL, contact.emails),
        (Kind.EMAIL, spoken.emails),
        (Kind.PHONE, contact.phones),
        (Kind.ID, identity.ids),
        (Kind.IP, identity.addresses),
    ):
        yield from ((start, end, kind) for start, end in finder(text))
    yield from ((start, end, Kind(kind)) for start, end, kind in identity.announced(text))
    yield from ((start, end, _spoken_kind(digits)) for start, end, digits in spoken.numbers(text))


def _spoken_kind(digits: str) -> Kind:
    """A number said in words is called what its length can be."""
    return Kind.CARD if card.SHORTEST <= len(digits) <= card.LONGEST else Kind.PHONE


def apart(spans: Iterable[tuple[int, int, Kind]]) -> list[tuple[int, int, Kind]]:
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
