"""Lambda, asynchronously from chat-socket: answer a question, and tell its socket the answer, part by part."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Literal

from shopwright.observability.sqs import Audit
from shopwright.orchestrator.answerer import Answerer
from shopwright.orchestrator.events import Done, Failed
from shopwright.orchestrator.visit import Question
from shopwright.resilience.deadline import DeadlinePassed
from shopwright.runtime import task, websocket
from shopwright.runtime.answering import AgentSettings, AnsweringSettings, answerer, environment
from shopwright.runtime.bulkhead import bulkhead
from shopwright.runtime.journal import logger
from shopwright.runtime.websocket import Asked, Line
from shopwright.sockets.awslambda import Messenger
from shopwright.tenancy.bulkhead import Bulkhead

LATEST_S = 20  # a question that has waited for so long is nobody's any more: they have asked again, or left


class Environment(AnsweringSettings):
    orchestrator: Literal["inline"]
    tell_function: str
    audit_queue_url: str


class AgentEnvironment(AgentSettings):
    tell_function: str
    audit_queue_url: str


@dataclass(frozen=True, slots=True)
class Desk:
    answerer: Answerer
    send: Callable[[str, str], None]  # connection id, text
    trail: Audit
    bulkhead: Bulkhead
    now: Callable[[], float] = time.time


@dataclass(frozen=True, slots=True)
class Streamed:
    """How many events the question has had, the last one perhaps in vain."""

    events: int


@cache
def wire() -> Desk:
    env = environment(Environment, AgentEnvironment)
    return Desk(
        answerer=answerer(env),
        send=Messenger(env.tell_function).send,
        trail=Audit(env.audit_queue_url),
        bulkhead=bulkhead(env),
    )


def build(desk: Callable[[], Desk] = wire) -> task.TaskHandler:
    def stream(asked: Asked) -> Streamed:
        at = desk()
        line = Line(at.send, asked.connection_id, asked.request_id, asked.message_id, told=asked.told)
        logger().append_keys(request_id=asked.request_id)
        with websocket.errors_told(line):
            if at.now() - asked.asked_at > LATEST_S:
                raise DeadlinePassed("The shop is very busy. Please ask again in a moment.")
            question = Question(asked.message, asked.caller, asked.session_id, asked.request_id)
            with at.bulkhead.admit(asked.caller.tenant, within_s=task.deadline().left_s()):
                said = at.answerer.answer(question, deadline=task.deadline(), tell=line.tell)
            if said.failure is not None:
                failure = said.failure
                logger().warning("question not answered", extra={"error": type(failure).__name__}, exc_info=failure)
                line.tell(Failed(type(failure).__name__, said.text, failure.retry_after_s))
            else:
                logger().info(
                    "question answered",
                    extra={
                        "verdict": said.verdict,
                        "confidence": said.confidence,
                        "citations": len(said.citations),
                        "cache": said.cache,
                    },
                )
                line.tell(Done(said))
        websocket.record(asked, line, at.trail, now=at.now())
        return Streamed(line.told)

    return task.handler(stream, Asked, kind="socket")


handler = build()
