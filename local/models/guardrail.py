"""Bedrock's ApplyGuardrail with a contextual grounding policy: this changes when its wire does.

A sentence is grounded by the share of its longer words that its sources have, and its figures all; enough to tell what
follows from what does not.
"""

import math
import re
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import unquote

from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

THRESHOLD = 0.6
_WORD = re.compile(r"[^\W\d_]{4,}|\d+")
_UNIT = 1000  # characters
_OTHERS = (
    *("topicPolicyUnits", "contentPolicyUnits", "wordPolicyUnits", "sensitiveInformationPolicyUnits"),
    "sensitiveInformationPolicyFreeUnits",
)


class Refused(Exception):
    """Bedrock would not take this request; the message says why."""


def guardrail_of(path: str) -> tuple[str, str] | None:
    """The guardrail that a path names, and its version."""
    match path.split("/"):
        case ["", "guardrail", name, "version", version, "apply"]:
            return unquote(name), version
    return None


def check(name: str, version: str, body: Mapping[str, Any]) -> None:
    """Raise Refused unless Bedrock would take it."""
    named = {"guardrailIdentifier": name, "guardrailVersion": version}
    report = ParamValidator().validate({**named, **body}, _apply())
    if report.has_errors():
        raise Refused(report.generate_report())


def verdict(body: Mapping[str, Any], threshold: float = THRESHOLD) -> dict[str, Any]:
    """What a guardrail with the policy would say."""
    texts: dict[str, str] = {}
    for block in body["content"]:
        for qualifier in block["text"].get("qualifiers", ["guard_content"]):
            texts[qualifier] = texts.get(qualifier, "") + block["text"]["text"]
    source = set(_WORD.findall(texts.get("grounding_source", "").casefold()))
    said = _WORD.findall(texts.get("guard_content", "").casefold())
    score = 1.0 if not said else sum(word in source for word in said) / len(said)
    if any(word.isdigit() and word not in source for word in said):
        score = 0.0
    passes = score >= threshold
    policy = [
        {
            "type": kind,
            "threshold": threshold,
            "score": round(its, 3),
            "action": "NONE" if its >= threshold else "BLOCKED",
        }
        for kind, its in (("GROUNDING", score), ("RELEVANCE", 1.0))
    ]
    return {
        "usage": {
            **dict.fromkeys(_OTHERS, 0),
            "contextualGroundingPolicyUnits": sum(math.ceil(len(text) / _UNIT) for text in texts.values()),
        },
        "action": "NONE" if passes else "GUARDRAIL_INTERVENED",
        "outputs": [],
        "assessments": [{"contextualGroundingPolicy": {"filters": policy}}],
    }


@cache
def _apply() -> Any:
    described = Loader().load_service_model("bedrock-runtime", "service-2")
    return ServiceModel(described, "bedrock-runtime").operation_model("ApplyGuardrail").input_shape
