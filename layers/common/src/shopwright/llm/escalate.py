"""Which model is asked: changes when need and means are weighed otherwise."""

from collections.abc import Sequence

from shopwright.costs.ladder import Rung
from shopwright.llm.model import Card


def models(need: Rung, allowed: Rung, cards: Sequence[Card], *, effort: int = 0) -> tuple[Card, ...]:
    """The models to ask, in the order in which to try them: the wanted one, then each cheaper one in turn.

    Wanted is the cheapest that stands on the rung that is needed, and for every `effort` (an answer before this one did
    not stand) the next dearer one. Money has the last word: nothing above the rung that is still allowed.
    """
    payable = [card for card in cards if Rung.SMALL <= card.rung <= allowed]
    if not payable:
        return ()
    wanted = next((at for at, card in enumerate(payable) if card.rung >= need), len(payable) - 1)
    return tuple(reversed(payable[: min(wanted + effort, len(payable) - 1) + 1]))
