"""Bedrock's contextual grounding is asked in its own terms, and may only take away."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber
from shopwright.grounding.bedrock import ContextualGrounding, client
from shopwright.grounding.further import GuardrailUnavailable, GuardrailUnfit

USAGE = dict.fromkeys(
    (
        "topicPolicyUnits", "contentPolicyUnits", "wordPolicyUnits", "sensitiveInformationPolicyUnits",
        "sensitiveInformationPolicyFreeUnits", "contextualGroundingPolicyUnits",
    ),
    1,
)  # fmt: skip


@pytest.fixture
def bedrock() -> Iterator[tuple[Any, Stubber]]:
    """A real client that sends nothing: its own model checks what we ask and what we are told."""
    runtime = boto3.client("bedrock-runtime", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
    with Stubber(runtime) as stub:
        yield runtime, stub


def asked(answer: str, question: str = "How long?", source: str = "You have 60 days.") -> dict[str, Any]:
    return {
        "guardrailIdentifier": "gr-1",
        "guardrailVersion": "3",
        "source": "OUTPUT",
        "content": [
            {"text": {"text": source, "qualifiers": ["grounding_source"]}},
            {"text": {"text": question, "qualifiers": ["query"]}},
            {"text": {"text": answer, "qualifiers": ["guard_content"]}},
        ],
    }


def told(grounding: float, relevance: float, *, passes: bool) -> dict[str, Any]:
    def row(kind: str, score: float) -> dict[str, Any]:
        return {"type": kind, "threshold": 0.7, "score": score, "action": "NONE" if score >= 0.7 else "BLOCKED"}

    filters = [row("GROUNDING", grounding), row("RELEVANCE", relevance)]
    return {
        "usage": USAGE,
        "action": "NONE" if passes else "GUARDRAIL_INTERVENED",
        "outputs": [],
        "assessments": [{"contextualGroundingPolicy": {"filters": filters}}],
    }


def test_an_answer_that_follows_from_its_sources_passes_with_its_scores(bedrock: tuple[Any, Stubber]) -> None:
    runtime, stub = bedrock
    stub.add_response("apply_guardrail", told(0.97, 0.9, passes=True), asked("You have 60 days."))

    checked = ContextualGrounding("gr-1", "3", runtime.apply_guardrail).check(
        "How long?", ["You have 60 days."], "You have 60 days."
    )

    assert (checked.grounding, checked.relevance, checked.passes) == (0.97, 0.9, True)


def test_an_answer_that_the_guardrail_stops_does_not_pass(bedrock: tuple[Any, Stubber]) -> None:
    runtime, stub = bedrock
    stub.add_response("apply_guardrail", told(0.2, 0.9, passes=False), asked("You have 90 days."))

    checked = ContextualGrounding("gr-1", "3", runtime.apply_guardrail).check(
        "How long?", ["You have 60 days."], "You have 90 days."
    )

    assert (checked.grounding, checked.passes) == (0.2, False)


def test_a_long_answer_is_asked_about_in_pieces_and_the_worst_counts(bedrock: tuple[Any, Stubber]) -> None:
    runtime, stub = bedrock
    sentence = "You have 60 days. "
    first, second = (sentence * 277).rstrip(), (sentence * 23).rstrip()
    stub.add_response("apply_guardrail", told(0.9, 0.9, passes=True), asked(first))
    stub.add_response("apply_guardrail", told(0.8, 0.9, passes=True), asked(second))

    checked = ContextualGrounding("gr-1", "3", runtime.apply_guardrail).check(
        "How long?", ["You have 60 days."], f"{first} {second}"
    )

    assert (checked.grounding, checked.passes) == (0.8, True)
    stub.assert_no_pending_responses()


def test_an_answer_that_is_longer_than_is_read_does_not_pass_and_asks_nothing(bedrock: tuple[Any, Stubber]) -> None:
    runtime, _ = bedrock

    assert not ContextualGrounding("gr-1", "3", runtime.apply_guardrail).check("How?", ["x"], "a" * 30_000).passes


def test_a_question_and_a_source_are_cut_to_what_the_policy_reads(bedrock: tuple[Any, Stubber]) -> None:
    runtime, stub = bedrock
    stub.add_response(
        "apply_guardrail", told(0.9, 0.9, passes=True), asked("Yes.", question="q" * 1000, source="s" * 100_000)
    )

    checked = ContextualGrounding("gr-1", "3", runtime.apply_guardrail).check("q" * 4000, ["s" * 120_000], "Yes.")

    assert checked.passes


def test_a_guardrail_without_the_policy_has_checked_nothing(bedrock: tuple[Any, Stubber]) -> None:
    runtime, stub = bedrock
    stub.add_response("apply_guardrail", {"usage": USAGE, "action": "NONE", "outputs": [], "assessments": []})

    with pytest.raises(GuardrailUnfit):
        ContextualGrounding("gr-1", "3", runtime.apply_guardrail).check("How?", ["x"], "Yes.")


@pytest.mark.parametrize("code", ["ThrottlingException", "AccessDeniedException", "ResourceNotFoundException"])
def test_a_refusal_of_bedrock_has_one_name(bedrock: tuple[Any, Stubber], code: str) -> None:
    runtime, stub = bedrock
    stub.add_client_error("apply_guardrail", code)

    with pytest.raises(GuardrailUnavailable):
        ContextualGrounding("gr-1", "3", runtime.apply_guardrail).check("How?", ["x"], "Yes.")


def test_bedrock_out_of_reach_has_the_same_name() -> None:
    def unreachable(**_: object) -> dict[str, Any]:
        raise EndpointConnectionError(endpoint_url="https://bedrock")

    with pytest.raises(GuardrailUnavailable):
        ContextualGrounding("gr-1", "3", unreachable).check("How?", ["x"], "Yes.")


def test_the_client_waits_no_longer_than_a_shopper_would(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    limits = vars(client("eu-west-1").meta.config)

    assert (limits["connect_timeout"] + limits["read_timeout"]) * limits["retries"]["total_max_attempts"] <= 5
