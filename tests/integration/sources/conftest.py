"""A double of the sources beside our own, and the two ways of speaking to it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from shopwright.retrieval import knowledge_base, qbusiness
from shopwright.retrieval.knowledge_base import KnowledgeBase
from shopwright.retrieval.outside import Source
from shopwright.retrieval.qbusiness import QBusiness
from shopwright.tenancy.credentials import Credentials
from shopwright.tenancy.tenant import Tenant

from local.sources.server import Double, running
from local.sources.shelf import Document

KEYS = Credentials("testing", "testing")
OUTDOOR, KITCHEN = Tenant("outdoor"), Tenant("kitchen")
BASE = "KB12345678"
APPLICATION, RETRIEVER = "a" + "1" * 35, "b" + "2" * 35


@dataclass(frozen=True, slots=True)
class Stand:
    """Where the double listens, a source that speaks to it, and the name of what holds its documents."""

    double: Double
    source: Source
    holds: str

    def put(self, id: str, text: str, merchant: Any = "outdoor", **more: Any) -> None:
        attributes = {} if merchant is None else {"merchant_id": merchant}
        given = {"uri": f"https://outdoor.example/{id}.html", "title": id.title(), **more}
        self.double.put(self.holds, Document(id=id, text=text, attributes=attributes, **given))


@pytest.fixture(scope="session")
def place() -> Iterator[tuple[Double, str]]:
    with running() as (double, endpoint):
        yield double, endpoint


@pytest.fixture(params=["knowledge_base", "amazon_q"])
def stand(request: pytest.FixtureRequest, place: tuple[Double, str]) -> Stand:
    double, endpoint = place
    double.forget()
    if request.param == "knowledge_base":
        retrieve = knowledge_base.client(KEYS, endpoint, "us-east-1").retrieve
        return Stand(double, KnowledgeBase(BASE, retrieve), BASE)
    search = qbusiness.client(KEYS, endpoint, "us-east-1").search_relevant_content
    return Stand(double, QBusiness(APPLICATION, RETRIEVER, search), APPLICATION)
