"""A double of the servers that models stand behind, and the two ways of speaking to it."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from shopwright.llm.bedrock import Bedrock, client
from shopwright.llm.model import Message, Model, Request, Role, Text, ours
from shopwright.llm.openai import OpenAI
from shopwright.resilience.deadline import Deadline
from shopwright.tenancy.credentials import Credentials

from local.models.server import Double, running

KEYS = Credentials("testing", "testing")
SILENCE_S = 2.0  # over what a busy machine keeps a double waiting, and far under STALL_MS
STALL_MS = 20_000  # longer than anybody waits: who has ended before has not waited for it


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the double plays, and a model that speaks to it."""

    double: Double
    endpoint: str
    model: Model


@pytest.fixture(scope="session")
def address() -> Iterator[tuple[Double, str]]:
    with running() as (double, endpoint):
        yield double, endpoint


@pytest.fixture
def double(address: tuple[Double, str]) -> Double:
    address[0].forget()
    return address[0]


@pytest.fixture
def bedrock(double: Double, address: tuple[Double, str]) -> Stage:
    return Stage(double, address[1], Bedrock(client(KEYS, address[1], "us-east-1"), silence_s=SILENCE_S))


@pytest.fixture
def openai(double: Double, address: tuple[Double, str]) -> Stage:
    return Stage(double, address[1], OpenAI(f"{address[1]}/v1", silence_s=SILENCE_S))


@pytest.fixture(params=["bedrock", "openai"])
def stage(request: pytest.FixtureRequest) -> Stage:
    made: Stage = request.getfixturevalue(request.param)
    return made


def request(question: str = "How long may I return things?", **more: object) -> Request:
    given: dict[str, object] = {
        "model": "amazon.nova-micro-v1:0",
        "instructions": "Answer from the passages.",
        "messages": (Message(Role.USER, (Text(ours(question)),)),),
        "max_tokens": 200,
        **more,
    }
    return Request(**given)  # type: ignore[arg-type]  # a test's own words


def soon(ms: int = 5000) -> Deadline:
    return Deadline(ms)
