"""POST /v1/chat: answer a shopper's question from the merchant's own documents, with citations."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler import Response
from shopwright.errors import Unavailable
from shopwright.observability.sqs import Audit
from shopwright.orchestrator.answer import Answer
from shopwright.orchestrator.answerer import Answerer
from shopwright.orchestrator.visit import Question
from shopwright.runtime import http
from shopwright.runtime.acquainted import acquainted
from shopwright.runtime.answering import AgentSettings, AnsweringSettings, answerer, environment
from shopwright.runtime.bulkhead import bulkhead
from shopwright.runtime.journal import logger
from shopwright.runtime.repeated import idempotency_key
from shopwright.runtime.said import Answered, Message, Unanswered, answered, unanswered
from shopwright.tenancy.bulkhead import Bulkhead
from shopwright.tenancy.member import Roll


class Environment(AnsweringSettings):
    orchestrator: Literal["inline"]
    audit_queue_url: str


class AgentEnvironment(AgentSettings):
    members_table: str
    audit_queue_url: str


Key = Annotated[
    str | None,
    idempotency_key("One for each message that is meant: sent again under it, a message changes the cart no further."),
]


@dataclass(frozen=True, slots=True)
class Desk:
    members: Roll
    trail: Audit
    bulkhead: Bulkhead
    answerer: Answerer


@cache
def wire() -> Desk:
    env = environment(Environment, AgentEnvironment)
    return Desk(
        members=acquainted(env.members_table),
        trail=Audit(env.audit_queue_url),
        bulkhead=bulkhead(env),
        answerer=answerer(env),
    )


def build(desk: Callable[[], Desk] = wire) -> http.Handler:
    api = http.api()

    @api.post(
        "/v1/chat",
        responses={
            200: {"description": "What the documents say.", "content": {"application/json": {"model": Answered}}},
            503: {"description": "Ask again later.", "content": {"application/json": {"model": Unanswered}}},
        },
    )
    def chat(message: Message, idempotency_key: Key = None) -> Response[Any]:
        caller, request_id = http.caller(api), http.request_id(api)
        question = Question(message.message, caller, message.session_id, request_id, idempotency_key)
        said = desk().answerer.answer(question, deadline=http.deadline(api))
        if said.failure is not None:
            return _unanswered(said, said.failure, request_id)
        logger().info(
            "question answered",
            extra={
                "verdict": said.verdict,
                "confidence": said.confidence,
                "citations": len(said.citations),
                "cache": said.cache,
            },
        )
        return http.json_response(200, answered(said, request_id))

    return http.handler(api, admit=lambda: desk().members, trail=lambda: desk().trail, bulkhead=lambda: desk().bulkhead)


def _unanswered(said: Answer, failure: Unavailable, request_id: str) -> Response[Any]:
    logger().warning("question not answered", extra={"error": type(failure).__name__}, exc_info=failure)
    told = unanswered(said, failure, request_id)
    return http.json_response(503, told, {"retry-after": str(failure.retry_after_s)})


handler = build()
