"""Asking with the model that serves a merchant: changes when how we learn which one that is does.

Which one it is changes perhaps once a year, so that it is not looked up with every question: the database refuses a
question that another model has embedded, and only then we ask it who serves.
"""

from collections.abc import Callable, Sequence

from shopwright.database.connection import ModelDoesNotServe
from shopwright.embedding.model import Model
from shopwright.retrieval.search import Passage
from shopwright.tenancy.tenant import Tenant

Search = Callable[[Model, str, Sequence[float]], Sequence[Passage]]


class Serving:
    """Finds with whichever model serves. `embed` gives a model and its vector of a question, by the model's name."""

    def __init__(
        self,
        default: Model,
        embed: Callable[[str, str], tuple[Model, Sequence[float]]],
        serving: Callable[[Tenant], Model | None],
    ) -> None:
        self._default = default
        self._embed = embed
        self._serving = serving
        self._known: dict[str, str] = {}

    def find(self, tenant: Tenant, question: str, vector: Sequence[float], search: Search) -> Sequence[Passage]:
        """`vector` is the default model's; for a merchant whom another one serves, that one embeds the question."""
        name = self._known.get(tenant.merchant_id, self._default.name)
        try:
            return self._search(name, question, vector, search)
        except ModelDoesNotServe:
            serves = self._serving(tenant)
            if serves is None or serves.name == name:
                raise  # the same name with other weights: not to be cured by asking again
            found = self._search(serves.name, question, vector, search)
            self._known[tenant.merchant_id] = serves.name
            return found

    def _search(self, name: str, question: str, vector: Sequence[float], search: Search) -> Sequence[Passage]:
        if name == self._default.name:
            return search(self._default, question, vector)
        model, other = self._embed(name, question)
        return search(model, question, other)
