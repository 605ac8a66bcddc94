"""What is handed over to a person of the shop: changes when they need to know more of it, or when we keep it longer.

A conversation is handed over once: who asks again renews the same hand-over, so that nobody fills a merchant's list. It
goes with the conversation when the shopper deletes that. Every text in it has been masked.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from shopwright.errors import NotFound, Unavailable
from shopwright.privacy.redact import Masked
from shopwright.tenancy.tenant import Tenant

LIFETIME_S = 30 * 24 * 3600
KEPT_TURNS = 6  # of the conversation, the newest
LONGEST_TEXT = 2000  # characters of a question or an answer
LONGEST_SUMMARY = 500


class State(StrEnum):
    """Whether somebody still has to look at it."""

    WAITING = "waiting"
    DONE = "done"


class HandoverNotFound(NotFound):
    """There is no such hand-over, it is over, or it is another merchant's: the three look the same."""

    def __init__(self) -> None:
        super().__init__("There is no such hand-over.")


class HandoversUnavailable(Unavailable):
    """Hand-overs can be neither kept nor read at the moment."""

    def __init__(self) -> None:
        super().__init__("Hand-overs cannot be kept or read at the moment. Please try again.")


class NoticeUnsent(Unavailable):
    """The merchant cannot be told at the moment. The hand-over waits in their list all the same."""

    def __init__(self) -> None:
        super().__init__("The merchant cannot be told at the moment.")


@dataclass(frozen=True, slots=True)
class Line:
    """A question of the shopper and what came back."""

    question: str
    answer: str

    def __repr__(self) -> str:
        return "Line()"  # what people say belongs in no log


@dataclass(frozen=True, slots=True)
class Handover:
    """One conversation that a person shall look at. Its reference is the conversation's id, `subject` whose that is;
    times in epoch seconds."""

    reference: str
    subject: str
    reason: str
    summary: str
    at: int
    expires_at: int
    lines: tuple[Line, ...] = ()
    state: State = State.WAITING

    def __repr__(self) -> str:
        return f"Handover({self.reference}, {self.reason}, {self.state.value})"


@dataclass(frozen=True, slots=True)
class Page:
    """Hand-overs, the newest first, and where the next page begins; None: there is none."""

    handovers: tuple[Handover, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Desk:
    """What must be within reach. `keep` gives whether it is news: nothing was waiting under its reference."""

    keep: Callable[[Tenant, Handover], bool]
    notify: Callable[[Tenant, Handover], None]
    mask: Callable[[str], Masked]
    missed: Callable[[NoticeUnsent], None]
    now: Callable[[], float]


def hand_over(
    tenant: Tenant, reason: str, summary: str, *, reference: str, subject: str, said: Sequence[Line], desk: Desk
) -> Handover:
    """Keep it, and tell the merchant if it is news. A merchant who cannot be told still finds it in the list."""
    now = int(desk.now())
    kept = Handover(
        reference,
        subject,
        reason,
        desk.mask(summary).text[:LONGEST_SUMMARY],
        now,
        now + LIFETIME_S,
        tuple(Line(one.question[:LONGEST_TEXT], one.answer[:LONGEST_TEXT]) for one in said[-KEPT_TURNS:]),
    )
    if desk.keep(tenant, kept):
        try:
            desk.notify(tenant, kept)
        except NoticeUnsent as failure:
            desk.missed(failure)
    return kept
