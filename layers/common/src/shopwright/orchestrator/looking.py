"""What a model has looked up before it answers: changes when a model may look into another thing.

Where words and examples are unsure of what is wanted, a model chooses tools (`llm/choose.py`) before one speaks. Two
are offered, and both only look: the shop's documents and its products. What it names beside them, and what does not fit
a tool, is not done. Whose shop it is comes from the verified caller, whatever the model writes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from shopwright.llm.choose import Chosen
from shopwright.llm.model import Tool
from shopwright.orchestrator.registry import Outcome
from shopwright.orchestrator.tool_schemas import converse
from shopwright.orchestrator.tools import definitions
from shopwright.retrieval.search import Passage

OFFERED = ("search_documents", "search_products")
MOST = 4  # of the tools that are asked for, those that are used
_PASSAGES = 12  # that a model is given in the end, what it chose first

Call = Callable[[str, Mapping[str, Any]], Outcome]


@dataclass(frozen=True, slots=True)
class Looked:
    """Passages to answer from, what was chosen first; and how many of the calls were refused or failed."""

    passages: tuple[Passage, ...]
    calls: int = 0
    refused: int = 0


@cache
def offered() -> tuple[Tool, ...]:
    """The tools as a model is told of them."""
    known = definitions()
    specs = (one["toolSpec"] for one in converse(known[name] for name in OFFERED)["tools"])
    return tuple(Tool(one["name"], one["description"], one["inputSchema"]["json"]) for one in specs)


def looked(chosen: Chosen, found: Sequence[Passage], *, call: Call) -> Looked:
    """Use the tools that a model asked for. `found` is what was found without it, and stays."""
    passages: list[Passage] = []
    calls = refused = 0
    for use in chosen.uses[:MOST]:
        if use.name not in OFFERED:
            refused += 1
            continue
        calls += 1
        outcome = call(use.name, use.given)
        if not outcome.done or outcome.value is None:
            refused += 1
            continue
        passages += _passages(use.name, outcome.value)
    own = {passage.chunk_id: passage for passage in found}  # measured by meaning: that one counts where both found it
    both = {passage.chunk_id: own.get(passage.chunk_id, passage) for passage in (*passages, *found)}
    return Looked(tuple(both.values())[:_PASSAGES], calls, refused)


def _passages(tool: str, value: Mapping[str, Any]) -> list[Passage]:
    told = value["passages"] if tool == "search_documents" else [one["passage"] for one in value["products"]]
    return [as_passage(one) for one in told if one is not None]


def as_passage(given: Mapping[str, Any]) -> Passage:
    """A passage as a tool gave it."""
    return Passage(
        chunk_id=given["chunk_id"],
        document_id=given["document_id"],
        version=given["version"],
        title=given["title"],
        section=tuple(given["section"]),
        start=given["start"],
        end=given["end"],
        source_uri=given["source_uri"],
        content=given["text"],
        similarity=given["similarity"],
        lexical=None,
        score=given["similarity"],
    )
