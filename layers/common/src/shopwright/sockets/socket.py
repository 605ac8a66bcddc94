"""What a socket may do before it is closed: changes when a limit on sockets is told in other words."""

from shopwright.errors import Denied, Exhausted, Invalid, NotFound, Unavailable


class SocketGone(NotFound):
    """Nobody is at the other end any more."""

    def __init__(self) -> None:
        super().__init__("This socket is closed.")


class SocketOver(Denied):
    """The socket has lived, or been silent, for as long as one may. It is closed."""

    def __init__(self) -> None:
        super().__init__("This socket's time is over. Open another one with a new ticket.")


class TooMuchAtOnce(Exhausted):
    """More messages or tickets than a minute allows."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__("That was too much at once. Please try again in a moment.")
        self.retry_after_s = retry_after_s


class EventTooLarge(Invalid):
    """An event that no socket can carry."""

    def __init__(self) -> None:
        super().__init__("The answer is too large to be told here. Ask for less, or with POST /v1/chat.")


class SocketsUnavailable(Unavailable):
    """Tickets and sockets cannot be looked up, or an event cannot be sent, at the moment."""

    def __init__(self) -> None:
        super().__init__("Conversations over a socket are not possible at the moment. Please try again.")
