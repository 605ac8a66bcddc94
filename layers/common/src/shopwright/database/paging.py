"""How a list is read on from where a page ended: changes when pages are handed out in another way.

A cursor names the last row that was shown, so that what is added or moved meanwhile shifts nothing.
"""

import base64
import binascii
from datetime import datetime

from shopwright.errors import Invalid


class NotACursor(Invalid):
    """This is none of our cursors, or that of another list."""

    def __init__(self) -> None:
        super().__init__("Use the cursor that the page before gave, or none to begin again.")


def cursor_of(*parts: str) -> str:
    """Parts without a line end, as one word that is safe in an address."""
    return base64.urlsafe_b64encode("\n".join(parts).encode()).decode().rstrip("=")


def read_cursor(word: str, parts: int) -> tuple[str, ...]:
    """The parts that a cursor was made of."""
    try:
        text = base64.urlsafe_b64decode(word + "=" * (-len(word) % 4)).decode()
    except (binascii.Error, ValueError):
        raise NotACursor from None
    found = tuple(text.split("\n"))
    if len(found) != parts or not all(found) or "\0" in text:
        raise NotACursor
    return found


def moment(part: str) -> datetime:
    """A time in a cursor."""
    try:
        at = datetime.fromisoformat(part)
    except ValueError:
        raise NotACursor from None
    if at.tzinfo is None:
        raise NotACursor
    return at
