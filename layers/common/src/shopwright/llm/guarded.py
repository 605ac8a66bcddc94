"""Models behind their breakers: changes when what may shut a model for everybody does."""

from collections.abc import Callable, Iterator

from shopwright.llm.model import Model, ModelEmpty, ModelMalformed, Piece, Reply, Request
from shopwright.resilience.breaker import Breaker
from shopwright.resilience.deadline import Deadline

EXCUSED = (ModelMalformed, ModelEmpty)  # the model is there; what it made of one question is no answer


class Guarded:
    """Each model has a circuit of its own: one that is throttled says nothing about the others. The breakers, by the
    model's id, must say ModelLeftAlone."""

    def __init__(self, model: Model, breaker: Callable[[str], Breaker]) -> None:
        self._model = model
        self._breaker = breaker

    def complete(self, request: Request, deadline: Deadline) -> Reply:
        return self._breaker(request.model).call(lambda: self._model.complete(request, deadline))

    def stream(self, request: Request, deadline: Deadline) -> Iterator[Piece]:
        return self._breaker(request.model).stream(lambda: self._model.stream(request, deadline))
