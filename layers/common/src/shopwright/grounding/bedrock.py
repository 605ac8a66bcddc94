"""Bedrock's contextual grounding as a further check: changes when ApplyGuardrail does.

It asks a guardrail that the operator has made, with a contextual grounding policy, whether an answer follows from its
sources and belongs to its question. It may only take away: what our own checker refuses stays refused.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from shopwright.grounding.further import Contextual, GuardrailRefused, GuardrailUnavailable, GuardrailUnfit

Apply = Callable[..., Mapping[str, Any]]
"""`apply_guardrail` of a bedrock-runtime client."""

_SOURCE, _QUERY, _ANSWER = 100_000, 1_000, 5_000  # characters that the policy takes of each
_CALLS = 4
_UNFIT = "Give the guardrail a contextual grounding policy, or name another one."


def client(region: str | None = None, endpoint: str | None = None) -> Any:
    """A bedrock-runtime client that waits for a sentence's verdict no longer than a shopper does, and does not try
    again; region and address come from the environment otherwise."""
    # Imported here and not above: the SDK takes longer to import than most of our functions do without it.
    import boto3
    from botocore.config import Config

    config = Config(connect_timeout=0.3, read_timeout=1.2, retries={"total_max_attempts": 1, "mode": "standard"})
    return boto3.client("bedrock-runtime", endpoint_url=endpoint, region_name=region, config=config)


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
        units = 0
        filters: list[Mapping[str, Any]] = []
        passes = True
        for piece in pieces:
            told = self._ask(question, "\n\n".join(sources), piece)
            try:
                passes &= told["action"] == "NONE"
                units += int(told["usage"]["contextualGroundingPolicyUnits"])
                for assessment in told["assessments"]:
                    filters += assessment.get("contextualGroundingPolicy", {}).get("filters", [])
            except (AttributeError, KeyError, TypeError) as cause:
                raise GuardrailUnavailable from cause
        if pieces and not filters:
            raise GuardrailUnfit(_UNFIT)
        return Contextual(_lowest(filters, "GROUNDING"), _lowest(filters, "RELEVANCE"), passes, units)

    def _ask(self, question: str, source: str, answer: str) -> Mapping[str, Any]:
        content = [
            {"text": {"text": source[:_SOURCE], "qualifiers": ["grounding_source"]}},
            {"text": {"text": question[:_QUERY], "qualifiers": ["query"]}},
            {"text": {"text": answer, "qualifiers": ["guard_content"]}},
        ]
        try:
            return self._apply(**self._guardrail, source="OUTPUT", content=content)
        except ClientError as cause:
            refused = cause.response.get("Error", {}).get("Code") == "ValidationException"
            raise (GuardrailRefused() if refused else GuardrailUnavailable()) from cause
        except (BotoCoreError, ResponseParserError, ValueError) as cause:
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
