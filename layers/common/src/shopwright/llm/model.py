"""What we say to a model and what it says back, whoever runs it: changes when we need something else of one.

Two real ones stand behind `Model`: Bedrock's (bedrock.py) and any server that speaks OpenAI's wire (openai.py).
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, Protocol

from shopwright.costs.ladder import Rung
from shopwright.costs.price import Tokens
from shopwright.errors import Invalid, Unavailable
from shopwright.privacy.redact import Masked
from shopwright.resilience.breaker import CircuitOpen
from shopwright.resilience.deadline import Deadline


class ModelUnavailable(Unavailable):
    """The model, or what runs it, failed. The same again may work."""

    def __init__(self) -> None:
        super().__init__("The language model did not answer. Please try again.")


class ModelThrottled(ModelUnavailable):
    """Too much is asked of the model at the moment."""


class ModelStalled(ModelUnavailable):
    """The model began, or not even that, and then said nothing for too long."""


class ModelBrokenOff(ModelUnavailable):
    """The connection ended before the answer did."""


class ModelMalformed(ModelUnavailable):
    """What came is no answer: it cannot be read."""


class ModelEmpty(ModelUnavailable):
    """The model answered with nothing."""


class ModelLeftAlone(ModelUnavailable, CircuitOpen):
    """The model has failed again and again, and is not asked for a while."""


class ModelRefused(Invalid):
    """The model's server does not take such a request: it is made or configured wrongly, and will be again."""

    def __init__(self, kind: str) -> None:
        super().__init__("The language model cannot be asked this.")
        self.kind = kind  # the server's name for it, for the log


@dataclass(frozen=True, slots=True)
class Card:
    """One model, as it stands in models.toml."""

    name: str
    id: str
    rung: Rung
    cached_from: int = 0


class Role(StrEnum):
    """Who speaks."""

    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class Text:
    """Words. They have been masked: there is no way to say anything else to a model."""

    said: Masked


@dataclass(frozen=True, slots=True)
class ToolUse:
    """The model asks for a tool. What it gives is data, and never authority."""

    id: str
    name: str
    given: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool answered, masked."""

    id: str
    said: Masked
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of one speaker."""

    role: Role
    parts: tuple[Text | ToolUse | ToolResult, ...]


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that the model may ask for; `schema` is the JSON schema of what it is given."""

    name: str
    description: str
    schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """Everything that is said to a model. `instructions` are ours alone; `cached` keeps them for the next request."""

    model: str
    instructions: str
    messages: tuple[Message, ...]
    max_tokens: int
    tools: tuple[Tool, ...] = ()
    cached: bool = False

    def __repr__(self) -> str:
        return f"Request({self.model}, {len(self.messages)} messages)"  # what people say belongs in no log


class Stop(StrEnum):
    """Why a model stopped."""

    DONE = "done"
    CUT = "cut"  # it had more to say than it might
    TOOLS = "tools"
    FILTERED = "filtered"  # by its provider


@dataclass(frozen=True, slots=True)
class Said:
    """A piece of the answer's text."""

    text: str


@dataclass(frozen=True, slots=True)
class Over:
    """The end of a stream. `tokens` is what the provider metered; None: it did not say."""

    stop: Stop
    tokens: Tokens | None = None


Piece = Said | ToolUse | Over


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer."""

    text: str
    tools: tuple[ToolUse, ...]
    stop: Stop
    tokens: Tokens | None = None


class Model(Protocol):
    """Something that answers. It does not try again: whoever asks knows whether that makes sense."""

    def complete(self, request: Request, deadline: Deadline) -> Reply:
        """The whole answer at once."""

    def stream(self, request: Request, deadline: Deadline) -> Iterator[Piece]:
        """The answer as it comes, with an Over at its end. Closing it stops the model."""


@dataclass(slots=True)
class Gathered:
    """A stream's pieces as one reply; for whoever reads a stream to its end."""

    text: list[str] = field(default_factory=list)
    tools: list[ToolUse] = field(default_factory=list)
    over: Over | None = None

    def add(self, piece: Piece) -> None:
        match piece:
            case Said(text):
                self.text.append(text)
            case ToolUse():
                self.tools.append(piece)
            case Over():
                self.over = piece

    def reply(self) -> Reply:
        if self.over is None:
            raise ModelBrokenOff
        return Reply("".join(self.text), tuple(self.tools), self.over.stop, self.over.tokens)


def ours(text: str) -> Masked:
    """Words of our own, which hold nobody's data."""
    return Masked(text, ())


def own_cards(model: str) -> tuple[Card, ...]:
    """The one model of somebody's own server, under the server's name for it; it costs nothing (price book `own`)."""
    return (Card("own", model, Rung.SMALL),)


@cache
def cards() -> tuple[Card, ...]:
    """Bedrock's models, the cheapest first."""
    table = tomllib.loads(files("shopwright.llm").joinpath("models.toml").read_text("utf-8"))
    return tuple(Card(name, row["id"], Rung[row["rung"].upper()], row["cached_from"]) for name, row in table.items())
