"""What the double answers: this changes when a model can behave in another way.

A reply is a list of steps, played in order. Each can be written as JSON, so that a script may be a file or come from
another process.
"""

import json
import math
import re
from collections.abc import Iterator
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Fault = Literal[
    "throttling", "unavailable", "internal", "model_error", "model_timeout", "model_not_ready", "validation", "denied"
]
Stop = Literal["end_turn", "max_tokens", "tool_use", "guardrail_intervened", "content_filtered", "stop_sequence"]

_FENCED = re.compile(r"<(?P<mark>passage-[0-9a-f]+) ref=\"(?P<ref>[0-9]+)\">\n(?P<text>.*?)</(?P=mark)>", re.S)
_SENTENCE = re.compile(r"[^.!?\n]{12,}[.!?]")


class _Step(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Text(_Step):
    """Says the pieces one by one, each `gap_ms` after the one before."""

    text: tuple[str, ...]
    gap_ms: int = 0


class Tool(_Step):
    """Asks for a tool. `raw` is sent as the tool's input as it stands, whatever it is; only a stream can carry it."""

    tool: str
    input: dict[str, Any] = Field(default_factory=dict)
    raw: str | None = None
    id: str = "tool-1"

    @property
    def said(self) -> str:
        return json.dumps(self.input) if self.raw is None else self.raw


class Stall(_Step):
    """Says nothing for a while."""

    stall_ms: int


class Fail(_Step):
    """Ends with a fault: as the answer when it comes first, else in the middle of the stream."""

    fault: Fault
    message: str = "The scene asks for this fault."


class Break(_Step):
    """Cuts the connection."""

    cut: Literal[True] = True


class Garbage(_Step):
    """Sends bytes that are no answer at all."""

    garbage: str


Step = Text | Tool | Stall | Fail | Break | Garbage


class Counted(BaseModel):
    """What the provider says it metered, where it is not what the double counts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    input: int | None = None
    output: int | None = None


class Reply(BaseModel):
    """One answer of the model."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    steps: tuple[Step, ...] = ()
    stop: Stop | None = None  # unless told: a tool's when one was asked for, else the end of its turn
    usage: Counted | None = None
    silent: bool = False  # the end of the stream says neither why nor what it cost

    @property
    def stopped(self) -> Stop:
        return self.stop or ("tool_use" if any(isinstance(step, Tool) for step in self.steps) else "end_turn")

    @property
    def text(self) -> str:
        return "".join("".join(step.text) for step in self.steps if isinstance(step, Text))


def says(*pieces: str, gap_ms: int = 0) -> Reply:
    """A reply that is nothing but these pieces."""
    return Reply(steps=(Text(text=pieces, gap_ms=gap_ms),))


def quoting(texts: str) -> Reply:
    """What the double says without a script: the first sentence of each of the first two passages, cited."""
    quotes = [
        f"“{sentence[0].strip()}” [{match['ref']}]"
        for match in _FENCED.finditer(texts)
        if (sentence := _SENTENCE.search(match["text"]))
    ]
    return says(*_words(" ".join(quotes[:2]) or "I cannot answer that from the shop's documents."))


def counted(text: str) -> int:
    """Tokens as the double counts them: four characters each."""
    return math.ceil(len(text) / 4)


def _words(text: str) -> Iterator[str]:
    yield from re.findall(r"\S+\s*", text)
