"""Where answers are made: changes when what an entry point may ask of whoever makes them does."""

from dataclasses import dataclass
from typing import Protocol

from shopwright.orchestrator import answer as answering
from shopwright.orchestrator.answer import Answer
from shopwright.orchestrator.events import Tell
from shopwright.orchestrator.visit import Desk, Question
from shopwright.resilience.deadline import Deadline


class Answerer(Protocol):
    """Answers, here (`Inline`) or on Bedrock AgentCore (`agentcore.Agent`): the same package, and the same answers."""

    def answer(self, question: Question, *, deadline: Deadline, tell: Tell | None = None) -> Answer:
        """As `answer.answer`. A failure that costs the answer is in it; what the question itself is to blame for is
        raised."""


@dataclass(frozen=True, slots=True)
class Inline:
    """Answers in this very process."""

    desk: Desk

    def answer(self, question: Question, *, deadline: Deadline, tell: Tell | None = None) -> Answer:
        return answering.answer(question, desk=self.desk, deadline=deadline, tell=tell)
