"""What a conversation is and how long we remember it: changes when we keep more, or less, of what was said."""

from dataclasses import dataclass, replace

from shopwright.errors import Conflict, NotFound, Unavailable

LIFETIME_S = 24 * 3600  # after the last turn
MAX_TURNS = 200  # of one conversation
SHOWN_TURNS = 50  # the newest, to whoever reads the conversation
SUMMED_UP = 12  # turns, of which a line each is kept at hand
LONGEST_LINE = 120  # characters: with all of its lines, a summary is some 400 tokens at most
CONTEXT_LIFETIME_S = 180 * 24 * 3600  # after the last visit
MAX_LIKES = 20


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
class CartBefore:
    """What a turn found in the cart and changed: article numbers and quantities. `version` is the cart's after it."""

    version: int
    lines: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and what came back. Both texts have been masked; `at` is in epoch seconds.

    `products` were shown with the answer, `cost` is what it cost us in nano-dollars, `mode` how it was made, `cart`
    what it changed of the cart, if that can be taken back.
    """

    question: str
    answer: str
    verdict: str
    at: int
    mode: str = "extractive"
    products: tuple[str, ...] = ()
    cost: int = 0
    cart: CartBefore | None = None

    def __repr__(self) -> str:
        return f"Turn({self.verdict}, at={self.at})"  # what people say belongs in no log


@dataclass(frozen=True, slots=True)
class Tally:
    """What a conversation came to, for whoever counts: turns, answered ones, products shown, nano-dollars, and the
    verdict of its last turn. Times in epoch seconds."""

    began_at: int
    last_at: int
    turns: int = 0
    answered: int = 0
    products: int = 0
    cost: int = 0
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Session:
    """A conversation of one subject with one merchant. `turns` are the newest, oldest first; `length` counts all.

    `summary` has a line for each of the turns before, the newest dozen of them: what a model is reminded of when the
    turns themselves would be too many tokens.
    """

    id: str
    turns: tuple[Turn, ...]
    length: int
    expires_at: int
    tally: Tally
    summary: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Listed:
    """A conversation in a list: how long it is, and what it came to."""

    id: str
    expires_at: int
    tally: Tally


@dataclass(frozen=True, slots=True)
class Page:
    """Conversations, the newest first, and where the next page begins; None: there is none."""

    sessions: tuple[Listed, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a shopper lets us remember beyond a conversation. `likes` are products, the newest first."""

    size: str | None = None
    colour: str | None = None
    budget: str | None = None
    likes: tuple[str, ...] = ()

    def liking(self, products: tuple[str, ...]) -> "Preferences":
        """With these products in front."""
        return replace(self, likes=tuple(dict.fromkeys((*products, *self.likes)))[:MAX_LIKES])


@dataclass(frozen=True, slots=True)
class ShopperContext:
    """Kept from visit to visit because the shopper has agreed to it, and when that was."""

    preferences: Preferences
    consented_at: int
    expires_at: int


def counted(before: Tally | None, turn: Turn) -> Tally:
    """The tally with one more turn."""
    held = before or Tally(turn.at, turn.at)
    return replace(
        held,
        last_at=turn.at,
        turns=held.turns + 1,
        answered=held.answered + (turn.verdict == "answered"),
        products=held.products + len(turn.products),
        cost=held.cost + turn.cost,
        outcome=turn.verdict,
    )


def summed_up(before: tuple[str, ...], turn: Turn) -> tuple[str, ...]:
    """The summary with a line for one more turn: what was asked, and how what was told begins."""
    line = f"{_short(turn.question)} -> {_short(turn.answer)}"
    return (*before, line)[-SUMMED_UP:]


def _short(text: str) -> str:
    line = " ".join(text.split())
    half = LONGEST_LINE // 2 - 2
    return line if len(line) <= half else f"{line[: half - 1].rstrip()}…"
