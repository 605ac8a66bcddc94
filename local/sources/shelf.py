"""What the double holds and how it is searched: this changes when it finds or filters otherwise.

It knows documents with attributes, and ranks by the words that a question shares with them: enough to be asked, and a
filter that works as AWS documents it, `leaky` apart.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

_WORD = re.compile(r"\w+")
Passes = Callable[[Mapping[str, Any]], bool]


class Document(BaseModel):
    """One passage of a document, with whatever attributes it was put there with."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    text: str
    uri: str | None = None
    title: str | None = None
    attributes: dict[str, Any] = Field(default_factory=dict)


def ranked(documents: Sequence[Document], question: str, passes: Passes, limit: int) -> list[tuple[Document, float]]:
    """Those that pass and share a word with the question, best first."""
    asked = set(_WORD.findall(question.casefold()))

    def shared(document: Document) -> float:
        return len(asked & set(_WORD.findall(document.text.casefold()))) / max(1, len(asked))

    scored = [(document, shared(document)) for document in documents if passes(document.attributes)]
    return sorted((one for one in scored if one[1] > 0), key=lambda one: -one[1])[:limit]


def knowledge_base_filter(given: Mapping[str, Any] | None) -> Passes:
    """Retrieve's filter: `equals`, and `andAll` and `orAll` of such."""
    if given is None:
        return lambda attributes: True
    ((kind, rule),) = given.items()
    match kind:
        case "equals":
            return lambda attributes: attributes.get(rule["key"]) == rule["value"]
        case "andAll":
            every = [knowledge_base_filter(one) for one in rule]
            return lambda attributes: all(passes(attributes) for passes in every)
        case "orAll":
            some = [knowledge_base_filter(one) for one in rule]
            return lambda attributes: any(passes(attributes) for passes in some)
    raise ValueError(f"The double does not know the filter {kind}.")


def q_filter(given: Mapping[str, Any] | None) -> Passes:
    """SearchRelevantContent's filter: `equalsTo`, and `andAllFilters` and `orAllFilters` of such."""
    if not given:
        return lambda attributes: True
    ((kind, rule),) = given.items()
    match kind:
        case "equalsTo":
            return lambda attributes: attributes.get(rule["name"]) == rule["value"].get("stringValue")
        case "andAllFilters":
            every = [q_filter(one) for one in rule]
            return lambda attributes: all(passes(attributes) for passes in every)
        case "orAllFilters":
            some = [q_filter(one) for one in rule]
            return lambda attributes: any(passes(attributes) for passes in some)
    raise ValueError(f"The double does not know the filter {kind}.")
