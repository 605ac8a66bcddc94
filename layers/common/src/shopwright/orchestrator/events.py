"""What is told while an answer comes about: changes when a listener can be told something new.

Sources come before the Delta that shows their number, again with more of them when there are more, and what is in a
Delta has passed the grounding check. Done is the last word: its text counts where it differs from the Deltas. Whoever
carries the events numbers them and names the request.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shopwright.catalog.facts import Told
from shopwright.grounding.cite import Citation
from shopwright.privacy.redact import Masked

if TYPE_CHECKING:
    from shopwright.orchestrator.answer import Answer


@dataclass(frozen=True, slots=True)
class Accepted:
    """The question can be asked, and is being worked on."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the answer leads to, by the numbers that its sentences show: all of it that is known by now."""

    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class Products:
    """Products' values that the answer tells, as the database has them now."""

    facts: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Delta:
    """More of the answer's text."""

    text: str


@dataclass(frozen=True, slots=True)
class Done:
    """All of the answer."""

    answer: "Answer"


@dataclass(frozen=True, slots=True)
class Failed:
    """There will be no answer. `error` stays the same; `message` is for a person, and says what to change."""

    error: str
    message: str
    retry_after_s: int | None = None


Event = Accepted | Sources | Products | Delta | Done | Failed
Tell = Callable[[Event], None]


class Telling:
    """One answer's way out to its listener, if it has one. `elapsed_ms` counts since the question came in."""

    def __init__(self, tell: Tell | None, elapsed_ms: Callable[[], float]) -> None:
        self._tell = tell
        self._elapsed_ms = elapsed_ms
        self.first_ms: float | None = None  # when the first words were told

    def again(self, events: Iterable[Event]) -> None:
        """What was told where nobody listened."""
        for event in events:
            if self._tell is None:
                continue
            if isinstance(event, Delta) and self.first_ms is None:
                self.first_ms = self._elapsed_ms()
            self._tell(event)

    def sources(self, citations: Iterable[Citation]) -> None:
        """Before the first words."""
        if self._tell is not None:
            self._tell(Sources(tuple(citations)))

    def products(self, facts: Iterable[Told]) -> None:
        """As soon as they are known to be told; nothing, when there are none."""
        told = tuple(facts)
        if self._tell is not None and told:
            self._tell(Products(told))

    def words(self, sentences: Iterable[str], *, mask: Callable[[str], Masked]) -> str:
        """Tell each sentence once it is there, and give the whole text. Whoever yields one has checked it.

        A sentence that begins with a line's end begins a line. What has been said so far is masked together, since a
        sentence may show what the one before it was about. When that changes words that are told already, nothing more
        is told: the text in Done is the right one.
        """
        said: list[str] = []
        told = ""
        for sentence in sentences:
            said.append(sentence)
            if self._tell is None:
                continue
            shown = mask(_joined(said)).text
            if shown.startswith(told) and shown != told:
                if self.first_ms is None:
                    self.first_ms = self._elapsed_ms()
                self._tell(Delta(shown.removeprefix(told)))
                told = shown
        return mask(_joined(said)).text


def _joined(sentences: Sequence[str]) -> str:
    text = ""
    for sentence in sentences:
        text += f" {sentence}" if text and not sentence.startswith("\n") else sentence
    return text.lstrip("\n")
