"""Waits for what comes bit by bit, and no longer than there is time: changes when a silence is waited out otherwise."""

import threading
from collections.abc import Callable, Iterator
from queue import Empty, SimpleQueue
from typing import TypeVar

from shopwright.errors import Unavailable
from shopwright.resilience.deadline import Deadline

T = TypeVar("T")


class Silent(Unavailable):
    """Nothing came for longer than is waited."""


def within(begin: Callable[[], Iterator[T]], deadline: Deadline, *, silence_s: float) -> Iterator[T]:
    """What `begin` gives, one by one; Silent after `silence_s` without anything, DeadlinePassed at the deadline.

    It is read in a thread of its own, since a socket waits as long as its client was told to and knows no deadline.
    Whoever stops reading here stops the thread at the next thing that comes, or when its client's own patience ends.
    """
    came: SimpleQueue[tuple[T] | BaseException | None] = SimpleQueue()
    gone = threading.Event()

    def read() -> None:
        try:
            for one in begin():
                if gone.is_set():
                    return
                came.put((one,))
            came.put(None)
        except BaseException as failure:
            came.put(failure)

    deadline.check()  # before the thread: what there is no time for is not begun
    threading.Thread(target=read, name="within", daemon=True).start()
    try:
        while True:
            deadline.check()
            try:
                one = came.get(timeout=min(silence_s, deadline.left_s()))
            except Empty:
                deadline.check()
                raise Silent("Nothing came for too long. Please try again.") from None
            if one is None:
                return
            if isinstance(one, BaseException):
                raise one
            yield one[0]
    finally:
        gone.set()
