"""How a queue of failures is emptied: changes when what is replayed, or how carefully, does.

A message is sent before it is deleted: nothing is lost when a function ends in between. What nobody can read is counted
and left where it is.
"""

from collections.abc import Callable
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from shopwright.documents.sqs import AT_MOST, Message, Queue
from shopwright.runtime import task

HOLD_S = 330  # longer than a function that replays runs: what it has seen does not come to it twice
SPARE_S = 15.0  # kept for letting go of what stays


class Asked(BaseModel):
    """What an operator asks. `dry`: only say what would be done."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=1000, ge=1)
    dry: bool = False


@dataclass(frozen=True, slots=True)
class Replayed:
    """`poison` is how many nobody can read; `left` is about how many lie in the queue now, those included."""

    queue: str
    replayed: int
    poison: int
    left: int
    dry: bool


def replay(
    name: str, asked: Asked, source: Queue, send: Callable[[str], None], again: Callable[[Message], str | None]
) -> Replayed:
    """Send what lies in `source` on its way again. `again` gives what is sent for a message; None: none can read it."""
    replayed, poison, stays = 0, 0, list[Message]()
    try:
        while (room := asked.limit - replayed - poison) > 0 and task.deadline().left_s() > SPARE_S:
            found = source.receive(min(room, AT_MOST), hold_s=HOLD_S)
            if not found:
                break
            for message in found:
                sent = again(message)
                if sent is None:
                    poison += 1
                    stays.append(message)
                elif asked.dry:
                    replayed += 1
                    stays.append(message)
                else:
                    send(sent)
                    source.delete(message)
                    replayed += 1
    finally:
        for message in stays:
            source.let_go(message)
    return Replayed(name, replayed, poison, source.waiting(), asked.dry)
