"""What a model has looked up before it answers: changes when a model may look into another thing.

Where words and examples are unsure of what is wanted, a model chooses tools (`llm/choose.py`) before one speaks. Two
are offered, and both only look: the shop's documents and its products. What it names beside them, and what does not fit
a tool, is not done. Whose shop it is comes from the verified caller, whatever the model writes.
"""

from collections.abc import Callable, Mapping, Sequence
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


@cache
def offered() -> tuple[Tool, ...]:
    """The tools as a model is told of them."""
    known = definitions()
    specs = (one["toolSpec"] for one in converse(known[name] for name in OFFERED)["tools"])
    return tuple(Tool(one["name"], one["description"], one["inputSchema"]["json"]) for one in specs)


def looked(chosen: Chosen, found: Sequence[Passage], *, call: Call) -> tuple[Passage, ...]:
    """Use the tools that a model asked for: passages to answer from, what was chosen first. `found` is what was found
    without it, and stays; a tool that refuses or fails adds nothing."""
    passages: list[Passage] = []
    for use in chosen.uses[:MOST]:
        outcome = call(use.name, use.given) if use.name in OFFERED else None
        if outcome is not None and outcome.done and outcome.value is not None:
            passages += _passages(use.name, outcome.value)
    own = {passage.chunk_id: passage for passage in found}  # measured by meaning: that one counts where both found it
    both = {passage.chunk_id: own.get(passage.chunk_id, passage) for passage in (*passages, *found)}
    return tuple(both.values())[:_PASSAGES]


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
