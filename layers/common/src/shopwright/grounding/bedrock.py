"""Bedrock's contextual grounding as a further check: changes when ApplyGuardrail does.

It asks a guardrail that the operator has made, with a contextual grounding policy, whether an answer follows from its
sources and belongs to its question. It may only take away: what our own checker refuses stays refused.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from shopwright.errors import Unavailable

Apply = Callable[..., Mapping[str, Any]]
"""`apply_guardrail` of a bedrock-runtime client."""

_SOURCE, _QUERY, _ANSWER = 100_000, 1_000, 5_000  # characters that the policy takes of each
_CALLS = 4


class GuardrailUnavailable(Unavailable):
    """Bedrock did not answer, or refused the call: our own verdict stands alone."""


class GuardrailUnfit(Unavailable):
    """The guardrail has no contextual grounding policy, and so has checked nothing."""


@dataclass(frozen=True, slots=True)
class Contextual:
    """The lowest score of each kind (None: not asked), and whether the guardrail let everything pass."""

    grounding: float | None
    relevance: float | None
    passes: bool


def client(region: str | None = None) -> Any:
    """A bedrock-runtime client with our time limits; region and address come from the environment otherwise."""
    # Imported here and not above: the SDK takes longer to import than most of our functions do without it.
    import boto3
    from botocore.config import Config

    config = Config(connect_timeout=0.5, read_timeout=2.0, retries={"total_max_attempts": 2, "mode": "standard"})
    return boto3.client("bedrock-runtime", region_name=region, config=config)


class ContextualGrounding:
    """One guardrail, in one version."""

    def __init__(self, guardrail_id: str, version: str, apply: Apply) -> None:
        self._guardrail = {"guardrailIdentifier": guardrail_id, "guardrailVersion": version}
        self._apply = apply

    def check(self, question: str, sources: Sequence[str], answer: str) -> Contextual:
        """Does the answer follow from the sources and belong to the question? What is too long does not."""
        pieces = list(_pieces(answer))
        if len(pieces) > _CALLS:
            return Contextual(None, None, passes=False)
        filters: list[Mapping[str, Any]] = []
        passes = True
        for piece in pieces:
            told = self._ask(question, "\n\n".join(sources), piece)
            passes &= told["action"] == "NONE"
            for assessment in told["assessments"]:
                filters += assessment.get("contextualGroundingPolicy", {}).get("filters", [])
        if pieces and not filters:
            raise GuardrailUnfit("Give the guardrail a contextual grounding policy, or name another one.")
        return Contextual(_lowest(filters, "GROUNDING"), _lowest(filters, "RELEVANCE"), passes)

    def _ask(self, question: str, source: str, answer: str) -> Mapping[str, Any]:
        content = [
            {"text": {"text": source[:_SOURCE], "qualifiers": ["grounding_source"]}},
            {"text": {"text": question[:_QUERY], "qualifiers": ["query"]}},
            {"text": {"text": answer, "qualifiers": ["guard_content"]}},
        ]
        try:
            return self._apply(**self._guardrail, source="OUTPUT", content=content)
        except (BotoCoreError, ClientError) as cause:
            raise GuardrailUnavailable from cause


def _pieces(answer: str) -> Iterator[str]:
    """The answer in pieces that the policy reads, cut at the end of a sentence where there is one."""
    while len(answer) > _ANSWER:
        at = answer.rfind(". ", 0, _ANSWER) + 1 or _ANSWER
        yield answer[:at]
        answer = answer[at:].lstrip()
    if answer:
        yield answer


def _lowest(filters: Sequence[Mapping[str, Any]], kind: str) -> float | None:
    return min((float(one["score"]) for one in filters if one["type"] == kind), default=None)
