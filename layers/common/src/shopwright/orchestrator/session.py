"""What a conversation is and how long we remember it: changes when we keep more, or less, of what was said."""

from dataclasses import dataclass

from shopwright.errors import Conflict, NotFound, Unavailable

LIFETIME_S = 24 * 3600  # after the last turn
MAX_TURNS = 200  # of one conversation
SHOWN_TURNS = 50  # the newest, to whoever reads the conversation


class SessionNotFound(NotFound):
    """There is no such conversation, it is over, or it is somebody else's: the three look the same."""

    def __init__(self) -> None:
        super().__init__("There is no such conversation. Ask without a session_id to begin a new one.")


class SessionFull(Conflict):
    """The conversation is as long as one may get."""

    def __init__(self) -> None:
        super().__init__(f"This conversation has {MAX_TURNS} turns. Ask without a session_id to begin a new one.")


class SessionBusy(Conflict):
    """Others wrote to the conversation at the same moment, again and again."""

    def __init__(self) -> None:
        super().__init__("This conversation is being written to from elsewhere. Please try again.")


class SessionsUnavailable(Unavailable):
    """Conversations can be neither read nor kept at the moment."""

    def __init__(self) -> None:
        super().__init__("Conversations cannot be read or kept at the moment. Please try again.")


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and what came back. Both texts have been masked; `at` is in epoch seconds."""

    question: str
    answer: str
    verdict: str
    at: int

    def __repr__(self) -> str:
        return f"Turn({self.verdict}, at={self.at})"  # what people say belongs in no log


@dataclass(frozen=True, slots=True)
class Session:
    """A conversation of one subject with one merchant. `turns` are the newest, oldest first; `length` counts all."""

    id: str
    turns: tuple[Turn, ...]
    length: int
    expires_at: int
