"""Amazon Q Business as a source: changes when SearchRelevantContent does.

SearchRelevantContent and not ChatSync: it gives passages with the attributes of their documents, so that each can be
held to its merchant, where ChatSync gives prose of its own about documents that it does not tell the attributes of.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from shopwright.resilience.deadline import Deadline
from shopwright.retrieval import awssdk
from shopwright.retrieval.outside import MERCHANT, Found, SourceMalformed
from shopwright.tenancy.credentials import KEPT_CLIENTS, Credentials
from shopwright.tenancy.tenant import Tenant

Search = Callable[..., Mapping[str, Any]]
"""`search_relevant_content` of a qbusiness client."""

_LONGEST_QUESTION = 1000


@lru_cache(KEPT_CLIENTS)
def client(
    credentials: Credentials = Credentials(),  # noqa: B008 - frozen: the execution role's own
    endpoint: str | None = None,
    region: str | None = None,
) -> Any:
    """A client of the service. Without an endpoint the environment's, else AWS's own."""
    return awssdk.client("qbusiness", credentials, endpoint, region)


class QBusiness:
    """One application, through one of its retrievers."""

    name = "amazon_q"

    def __init__(self, application_id: str, retriever_id: str, search: Search) -> None:
        self._application_id = application_id
        self._retriever_id = retriever_id
        self._search = search

    def find(self, tenant: Tenant, question: str, *, limit: int, deadline: Deadline) -> Sequence[Found]:
        """Results of documents that have the merchant's id as their attribute."""
        given = awssdk.asked(
            lambda: self._search(
                applicationId=self._application_id,
                queryText=question[:_LONGEST_QUESTION],
                contentSource={"retriever": {"retrieverId": self._retriever_id}},
                attributeFilter={"equalsTo": {"name": MERCHANT, "value": {"stringValue": tenant.merchant_id}}},
                maxResults=limit,
            ),
            deadline,
        )
        try:
            return [_found(one) for one in given["relevantContent"]][:limit]
        except (AttributeError, KeyError, TypeError) as cause:
            raise SourceMalformed from cause


def _found(one: Mapping[str, Any]) -> Found:
    attributes = {row["name"]: row["value"].get("stringValue") for row in one.get("documentAttributes") or ()}
    return Found(
        merchant_id=attributes.get(MERCHANT),
        document_id=one.get("documentId") or "",
        title=one.get("documentTitle") or "",
        uri=one.get("documentUri") or "",
        text=one.get("content") or "",
    )
