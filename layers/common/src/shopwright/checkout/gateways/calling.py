"""How long we wait for a gateway: changes when our patience does.

No call is repeated here, and neither SDK repeats one by itself: whoever called does, with the same key, because only
they know whether the one before may have acted.
"""

from shopwright.resilience.deadline import Deadline, DeadlinePassed

CONNECT_S = 2.0
READ_S = 20.0  # a bank may think that long about a card
LEAST_S = 0.5  # with less than this left, asking would only make an outcome unknown


def time_for(deadline: Deadline) -> tuple[float, float]:
    """Seconds to wait for a connection and for an answer. Without time for both, nothing is asked at all."""
    left = deadline.left_s()
    if left < LEAST_S:
        raise DeadlinePassed("This took longer than it may. Please try again.")
    connect = min(CONNECT_S, left / 4)
    return connect, min(READ_S, left - connect)
