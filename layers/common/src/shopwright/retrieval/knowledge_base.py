"""Bedrock Knowledge Bases as a source: changes when Retrieve does."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from shopwright.resilience.deadline import Deadline
from shopwright.retrieval import awssdk
from shopwright.retrieval.outside import MERCHANT, Found, SourceMalformed
from shopwright.tenancy.credentials import KEPT_CLIENTS, Credentials
from shopwright.tenancy.tenant import Tenant

Retrieve = Callable[..., Mapping[str, Any]]
"""`retrieve` of a bedrock-agent-runtime client."""

_LONGEST_QUESTION = 1000
_TITLE, _PLACE = "title", "source_uri"  # metadata that a merchant may give; else the place where the file lies counts


@lru_cache(KEPT_CLIENTS)
def client(
    credentials: Credentials = Credentials(),  # noqa: B008 - frozen: the execution role's own
    endpoint: str | None = None,
    region: str | None = None,
) -> Any:
    """A client of the service. Without an endpoint the environment's, else AWS's own."""
    return awssdk.client("bedrock-agent-runtime", credentials, endpoint, region)


class KnowledgeBase:
    """One knowledge base, in which each document carries its merchant's id as metadata."""

    name = "knowledge_base"

    def __init__(self, knowledge_base_id: str, retrieve: Retrieve) -> None:
        self._id = knowledge_base_id
        self._retrieve = retrieve

    def find(self, tenant: Tenant, question: str, *, limit: int, deadline: Deadline) -> Sequence[Found]:
        """Results of documents whose metadata name the merchant."""
        own = {"equals": {"key": MERCHANT, "value": tenant.merchant_id}}
        given = awssdk.asked(
            lambda: self._retrieve(
                knowledgeBaseId=self._id,
                retrievalQuery={"text": question[:_LONGEST_QUESTION]},
                retrievalConfiguration={"vectorSearchConfiguration": {"numberOfResults": limit, "filter": own}},
            ),
            deadline,
        )
        try:
            return [_found(one) for one in given["retrievalResults"]][:limit]
        except (AttributeError, KeyError, TypeError) as cause:
            raise SourceMalformed from cause


def _found(one: Mapping[str, Any]) -> Found:
    metadata = one.get("metadata") or {}
    merchant = metadata.get(MERCHANT)
    uri = _word(metadata.get(_PLACE)) or _where(one.get("location") or {})
    return Found(
        merchant_id=_word(merchant) or None,
        document_id=_word(one.get("documentId")) or uri,
        title=_word(metadata.get(_TITLE)) or uri.rstrip("/").rsplit("/", 1)[-1],
        uri=uri,
        text=_word(one["content"].get("text")),
    )


def _where(location: Mapping[str, Any]) -> str:
    """Each kind of location has its own name and one field, `uri` or `url`."""
    return next(
        (
            _word(place.get("uri") or place.get("url"))
            for place in location.values()
            if isinstance(place, Mapping) and ("uri" in place or "url" in place)
        ),
        "",
    )


def _word(value: object) -> str:
    """Metadata may be numbers, lists or anything: only a text is one."""
    return value if isinstance(value, str) else ""
