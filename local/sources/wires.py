"""Retrieve and SearchRelevantContent over what was found: this changes when their wires do.

A request is held against botocore's own description of it, so that what passes here is a request that AWS would take.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Literal
from urllib.parse import unquote

from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

from local.sources.shelf import Document

Wire = Literal["knowledge_base", "amazon_q"]
_OPERATIONS: Mapping[Wire, tuple[str, str]] = {
    "knowledge_base": ("bedrock-agent-runtime", "Retrieve"),
    "amazon_q": ("qbusiness", "SearchRelevantContent"),
}
_CONFIDENCE = ((0.75, "VERY_HIGH"), (0.5, "HIGH"), (0.25, "MEDIUM"), (0.0, "LOW"))


class Refused(Exception):
    """AWS would not take this request; the message says why."""


def asked_of(path: str) -> tuple[Wire, str] | None:
    """Which wire a path is of, and the knowledge base or application that it names."""
    match path.split("/"):
        case ["", "knowledgebases", name, "retrieve"]:
            return "knowledge_base", unquote(name)
        case ["", "applications", name, "relevant-content"]:
            return "amazon_q", unquote(name)
    return None


def check(wire: Wire, name: str, body: Mapping[str, Any]) -> None:
    """Raise Refused unless AWS would take it."""
    named = {"knowledgeBaseId" if wire == "knowledge_base" else "applicationId": name}
    shape = _shape(wire)
    report = ParamValidator().validate({**named, **body}, shape)
    if report.has_errors():
        raise Refused(report.generate_report())
    pattern = shape.members[next(iter(named))].metadata["pattern"]  # which the SDK itself does not look at
    if not re.fullmatch(pattern, name):
        raise Refused(f"{next(iter(named))} must be like {pattern}.")


def retrieved(found: Sequence[tuple[Document, float]]) -> dict[str, Any]:
    """The answer of Retrieve."""
    return {
        "retrievalResults": [
            {
                "content": {"type": "TEXT", "text": document.text},
                "score": round(score, 4),
                **({"metadata": document.attributes} if document.attributes else {}),
                **({"location": _location(document.uri)} if document.uri else {}),
                "documentId": document.id,
            }
            for document, score in found
        ]
    }


def relevant(found: Sequence[tuple[Document, float]]) -> dict[str, Any]:
    """The answer of SearchRelevantContent."""
    return {
        "relevantContent": [
            {
                "content": document.text,
                "documentId": document.id,
                **({"documentTitle": document.title} if document.title else {}),
                **({"documentUri": document.uri} if document.uri else {}),
                "documentAttributes": [
                    {"name": name, "value": {"stringValue": value} if isinstance(value, str) else {"longValue": value}}
                    for name, value in document.attributes.items()
                ],
                "scoreAttributes": {
                    "scoreConfidence": next(word for least, word in _CONFIDENCE if score >= least),
                },
            }
            for document, score in found
        ]
    }


def _location(uri: str) -> dict[str, Any]:
    if uri.startswith("s3://"):
        return {"type": "S3", "s3Location": {"uri": uri}}
    return {"type": "WEB", "webLocation": {"url": uri}}


@cache
def _shape(wire: Wire) -> Any:
    service, operation = _OPERATIONS[wire]
    return (
        ServiceModel(Loader().load_service_model(service, "service-2"), service).operation_model(operation).input_shape
    )
